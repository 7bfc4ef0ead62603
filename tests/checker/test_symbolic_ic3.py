"""IC3 on systems made by hand and at random, against a search of all states; k-induction and Spacer agree with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product

import pytest
import z3

from plait.engines.symbolic import ic3, induction, spacer
from plait.engines.symbolic.ic3_constants import constants, without
from plait.engines.symbolic.ic3_problem import Budget, Cube, Problem, Proved, Refuted, Step, Term, Unknown
from tests.checker.symbolic_truth import Truths

pytestmark = pytest.mark.symbolic

State = tuple[bool, ...]


def alone(cube: Cube) -> tuple[Cube, ...]:
    return (cube,)


# ---- the truth, by looking at all states


def truths(problem: Problem, state: State) -> Truths:
    return Truths({str(bit): on for bit, on in zip(problem.bits, state, strict=True)})


def all_states(problem: Problem) -> Iterator[State]:
    for state in product((False, True), repeat=len(problem.bits)):
        if all(sum(state[bit] for bit in group) == 1 for group in problem.groups):
            yield state


def successor(problem: Problem, state: State, step: Step) -> State | None:
    known = truths(problem, state)
    if not known.of(step.guard):
        return None
    return tuple(known.of(step.updates.get(bit, problem.bits[bit])) for bit in range(len(state)))


def shortest(problem: Problem) -> int | None:
    """The fewest steps to a bad state."""
    level = {state for state in all_states(problem) if truths(problem, state).of(problem.initial)}
    seen: set[State] = set(level)
    depth = 0
    while level:
        if any(truths(problem, state).of(problem.bad) for state in level):
            return depth
        after = {successor(problem, state, step) for state in level for step in problem.steps}
        level = {state for state in after if state is not None} - seen
        seen |= level
        depth += 1
    return None


def is_in(state: State, cube: Cube) -> bool:
    return all(state[abs(literal) - 1] == (literal > 0) for literal in cube)


def proves(problem: Problem, cubes: tuple[Cube, ...]) -> bool:
    """The three obligations, on every state."""
    for state in all_states(problem):
        known = truths(problem, state)
        inside = not any(is_in(state, cube) for cube in cubes)
        if known.of(problem.initial) and not inside:
            return False
        if inside and known.of(problem.bad):
            return False
        for step in problem.steps if inside else ():
            after = successor(problem, state, step)
            if after is not None and any(is_in(after, cube) for cube in cubes):
                return False
    return True


def is_run_to_bad(problem: Problem, steps: tuple[int, ...]) -> bool:
    level = {state for state in all_states(problem) if truths(problem, state).of(problem.initial)}
    for number in steps:
        after = {successor(problem, state, problem.steps[number]) for state in level}
        level = {state for state in after if state is not None}
    return any(truths(problem, state).of(problem.bad) for state in level)


# ---- systems made by hand


class Maker:
    """Bits and groups of a problem."""

    def __init__(self) -> None:
        self.context = z3.Context()
        self.bits: list[Term] = []
        self.groups: list[tuple[int, ...]] = []

    def bit(self) -> int:
        self.bits.append(z3.Bool(f"b{len(self.bits)}", self.context))
        return len(self.bits) - 1

    def group(self, count: int) -> tuple[int, ...]:
        self.groups.append(tuple(self.bit() for _ in range(count)))
        return self.groups[-1]

    def true(self, value: bool = True) -> Term:
        return z3.BoolVal(value, self.context)

    def to(self, group: tuple[int, ...], chosen: int) -> dict[int, Term]:
        """The updates that give a group a value."""
        return {bit: self.true(at == chosen) for at, bit in enumerate(group)}

    def problem(
        self,
        initial: list[Term],
        steps: list[Step],
        bad: Term,
        images: Callable[[Cube], tuple[Cube, ...]] = alone,
        fixed: frozenset[int] = frozenset(),
    ) -> Problem:
        return Problem(
            self.context, tuple(self.bits), tuple(self.groups), (), z3.And(initial), tuple(steps), bad, images, fixed
        )


def two_phase(managers: int, *, hasty: bool = False, symmetric: bool = True) -> Problem:
    """Two-phase commit: states of managers, offers, what was heard, the verdict. Hasty: commits without hearing."""
    make = Maker()
    states = [make.group(4) for _ in range(managers)]  # working, prepared, committed, aborted
    offers = [make.bit() for _ in range(managers)]
    heard = [make.bit() for _ in range(managers)]
    verdict = make.group(3)  # none, commit, abort
    bit, true = make.bits, make.true()
    steps = []
    for mine, offer, hear in zip(states, offers, heard, strict=True):
        steps.append(Step(bit[mine[0]], {**make.to(mine, 1), offer: true}))
        steps.append(Step(bit[mine[0]], make.to(mine, 3)))
        steps.append(Step(z3.And(bit[verdict[0]], bit[offer]), {hear: true}))
        obeyed = {mine[0]: make.true(False), mine[1]: make.true(False)}
        obeyed |= {mine[2]: bit[verdict[1]], mine[3]: z3.Not(bit[verdict[1]])}
        steps.append(Step(z3.Not(bit[verdict[0]]), obeyed))
    everybody = [] if hasty else [bit[hear] for hear in heard]
    steps.append(Step(z3.And(bit[verdict[0]], *everybody), make.to(verdict, 1)))
    steps.append(Step(bit[verdict[0]], make.to(verdict, 2)))
    initial = [bit[mine[0]] for mine in states] + [z3.Not(bit[one]) for one in (*offers, *heard)] + [bit[verdict[0]]]
    bad = z3.And(z3.Or([bit[mine[2]] for mine in states]), z3.Or([bit[mine[3]] for mine in states]))
    own = [[*mine, offer, hear] for mine, offer, hear in zip(states, offers, heard, strict=True)]

    def images(cube: Cube) -> tuple[Cube, ...]:
        found = {cube: None}
        for order in permutations(range(managers)):
            moved = {at: own[order[mine]][k] for mine, places in enumerate(own) for k, at in enumerate(places)}
            found[frozenset((moved.get(abs(o) - 1, abs(o) - 1) + 1) * (1 if o > 0 else -1) for o in cube)] = None
        return tuple(found)

    return make.problem(initial, steps, bad, images if symmetric else alone)


def ring(stations: int) -> Problem:
    """A token goes round; who has it may work; two at work are bad."""
    make = Maker()
    token, works = make.group(stations), [make.bit() for _ in range(stations)]
    bit = make.bits
    steps = []
    for at in range(stations):
        idle = z3.And(bit[token[at]], z3.Not(bit[works[at]]))
        steps.append(Step(idle, make.to(token, (at + 1) % stations)))
        steps.append(Step(idle, {works[at]: make.true()}))
        steps.append(Step(bit[works[at]], {works[at]: make.true(False)}))
    pairs = [z3.And(bit[one], bit[other]) for one in works for other in works if one < other]
    return make.problem([bit[token[0]], *(z3.Not(bit[one]) for one in works)], steps, z3.Or(pairs))


@pytest.mark.parametrize("problem", [two_phase(2), two_phase(2, symmetric=False), ring(3)])
def test_what_is_safe_is_proved(problem: Problem) -> None:
    found = ic3.prove(problem)
    assert isinstance(found, Proved)
    assert proves(problem, found.cubes)


def test_a_refutation_is_a_run() -> None:
    # A manager aborts by itself, the coordinator commits all the same, another manager obeys: 3 steps.
    problem = two_phase(2, hasty=True)
    assert shortest(problem) == 3
    found = ic3.prove(problem)
    assert isinstance(found, Refuted)
    assert is_run_to_bad(problem, found.steps)


def test_a_bad_state_without_steps_is_found() -> None:
    make = Maker()
    place = make.group(3)
    bit = make.bits
    steps = [Step(bit[place[0]], make.to(place, 1)), Step(bit[place[1]], make.to(place, 2))]
    found = ic3.prove(make.problem([bit[place[0]]], steps, bit[place[2]]))
    assert found == Refuted((0, 1), found.queries)


def test_a_bad_start_is_found() -> None:
    make = Maker()
    on = make.bit()
    assert isinstance(ic3.prove(make.problem([make.bits[on]], [], make.bits[on])), Refuted)


def test_without_steps_the_start_is_all_there_is() -> None:
    make = Maker()
    on = make.bit()
    problem = make.problem([make.bits[on]], [], z3.Not(make.bits[on]))
    found = ic3.prove(problem)
    assert isinstance(found, Proved)
    assert proves(problem, found.cubes)


def test_two_runs_give_one_answer() -> None:
    assert ic3.prove(two_phase(4)) == ic3.prove(two_phase(4))


def test_a_budget_that_is_spent_is_said() -> None:
    found = ic3.prove(two_phase(4), Budget(queries=20))
    assert isinstance(found, Unknown)
    assert found.reason == "no proof within 20 queries"


def test_obstacles_are_excluded() -> None:
    problem = two_phase(2)
    found = ic3.prove(problem, Budget(obstacles=3))
    assert isinstance(found, Proved)
    assert proves(problem, found.cubes)


def test_images_close_the_invariant() -> None:
    problem = two_phase(3)
    found = ic3.prove(problem)
    assert isinstance(found, Proved)
    assert {image for cube in found.cubes for image in problem.images(cube)} == set(found.cubes)


def test_bits_that_never_change_are_put_in() -> None:
    make = Maker()
    place, dead = make.group(4), make.bit()
    bit = make.bits
    steps = [Step(bit[place[0]], make.to(place, 1)), Step(bit[dead], make.to(place, 3))]
    fixed = frozenset({1, -2, -3, -4, -5})
    problem = make.problem([bit[place[0]], z3.Not(bit[dead])], steps, bit[place[3]], fixed=fixed)
    never = constants(problem, Budget())
    assert never == frozenset({-3, -4, -5})  # place is 0 or 1, and `dead` stays false
    assert len(without(problem, never).problem.bits) == 2
    found = ic3.prove(problem)
    assert isinstance(found, Proved)
    assert proves(problem, found.cubes)


# ---- k-induction and Spacer


def test_k_induction_needs_simple_paths_for_two_phase_commit() -> None:
    # One manager is committed, the verdict is an abort that the other one may take any time: it waits for ever.
    problem = two_phase(2)
    assert isinstance(induction.prove(problem, 6), Unknown)
    assert isinstance(induction.prove(problem, 30, simple_path=True), induction.Inductive)


def test_k_induction_of_the_ring() -> None:
    # Work without the token is found out when the token has come round to it, after two moves.
    assert induction.prove(ring(3), 6) == induction.Inductive(3, 8)


def test_k_induction_refutes_by_a_shortest_run() -> None:
    problem = two_phase(2, hasty=True)
    found = induction.prove(problem, 5)
    assert isinstance(found, Refuted)
    assert len(found.steps) == 3
    assert is_run_to_bad(problem, found.steps)


@pytest.mark.parametrize("problem", [two_phase(2), ring(3)])
def test_spacer_agrees(problem: Problem) -> None:
    found = spacer.prove(problem, 20_000)
    assert isinstance(found, spacer.Safe)
    for state in all_states(problem):
        if truths(problem, state).of(problem.initial):
            assert truths(problem, state).of(found.invariant)
        if truths(problem, state).of(problem.bad):
            assert not truths(problem, state).of(found.invariant)


def test_spacer_refutes() -> None:
    assert isinstance(spacer.prove(two_phase(2, hasty=True), 20_000), spacer.Unsafe)


# ---- systems at random


def random_problem(seed: int) -> Problem:
    """Five bits, three of them a group; a few steps with guards and updates of two literals."""
    chance = random.Random(seed)
    make = Maker()
    group, one, other = make.group(3), make.bit(), make.bit()

    def literal() -> Term:
        found = make.bits[chance.randrange(5)]
        return found if chance.random() < 0.5 else z3.Not(found)

    def some() -> Term:
        return chance.choice((z3.And, z3.Or))(literal(), literal())

    steps = []
    for _ in range(chance.randint(3, 6)):
        updates: dict[int, Term] = {}
        if chance.random() < 0.5:
            updates |= make.to(group, chance.randrange(3))
        for bit in (one, other):
            if chance.random() < 0.5:
                updates[bit] = some()
        steps.append(Step(some(), updates))
    initial = [make.bits[group[0]], *(literal() for _ in range(chance.randint(0, 2)))]
    return make.problem(initial, steps, z3.And(make.bits[group[2]], make.bits[one], make.bits[other]))


@pytest.mark.parametrize("seed", range(80))
def test_random_systems(seed: int) -> None:
    problem = random_problem(seed)
    length = shortest(problem)
    found = ic3.prove(problem, Budget(obstacles=seed % 4))
    if length is None:
        assert isinstance(found, Proved)
        assert proves(problem, found.cubes)
    else:
        assert isinstance(found, Refuted)
        assert len(found.steps) >= length
        assert is_run_to_bad(problem, found.steps)
    by_induction = induction.prove(problem, 12, simple_path=True)
    assert isinstance(by_induction, induction.Inductive) == (length is None)
    if isinstance(by_induction, Refuted):
        assert len(by_induction.steps) == length


def test_random_systems_are_of_both_kinds() -> None:
    lengths = [shortest(random_problem(seed)) for seed in range(80)]
    assert sum(length is None for length in lengths) > 20
    assert sum(length is not None and length > 0 for length in lengths) > 10


def test_a_mistake_in_images_cannot_pass_for_a_proof() -> None:
    problem = two_phase(2, hasty=True)
    wrong = replace(problem, images=lambda cube: (cube, frozenset({1})))  # as if nobody ever worked
    found = ic3.prove(wrong)
    assert not isinstance(found, Proved) or not proves(problem, found.cubes)
