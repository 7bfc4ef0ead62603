"""Bounded model checking: the shortest run to each goal, by unrolling the steps of a system.

One incremental solver holds `frames`: the bits of the state after 0, 1, 2, ... steps, and between two frames a
selector for each step, of which exactly one is true.  Goals are asked for at each depth before the next one is made, so
that the first answer is a shortest run (Biere, Cimatti, Clarke, Zhu, "Symbolic model checking without BDDs", 1999).

What is known of every state is said of every frame: of each group one bit is true, and what was asked for and not found
does not hold. That follows from the steps, but not by unit propagation.

Of two steps in a row that do not depend on each other the one that is declared first is taken first (`dependent`): as
in partial-order reduction, the other runs lead to the same states by the same steps.

Of all shortest runs `chain` gives the states of the one that DESIGN calls the shortest trace: the least state that
meets the goal, then backwards the least state with a step into the one after it (into its orbit, under symmetry).
Each is found digit by digit, by asking whether the next digit can be less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import z3

from plait.engines.symbolic.formula import Formula, Renaming, either, is_true, term
from plait.engines.symbolic.ic3_definitions import exactly_one
from plait.engines.symbolic.system import System, Target, decoded, encoded
from plait.semantics import State

Orbit = Callable[[State], Sequence[State]]


class GaveUp(Exception):  # noqa: N818 - an answer of the solver, not an error
    """The solver knows no answer, and says why."""


def begins(system: System) -> bool:
    """Whether every initial value is one: none errs or is cut."""
    solver = z3.SolverFor("QF_FD")
    solver.add(term(system.no_start))
    answer = solver.check()
    if answer == z3.unknown:
        raise GaveUp(f"the solver gave up: {solver.reason_unknown()}")
    return bool(answer == z3.unsat)


class Unrolling:
    """The runs of a system, so and so many steps long."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.solver = z3.SolverFor("QF_FD")
        written = {bit for step in system.steps for bit in step.updates}
        self.moving = sorted(written)
        self.frames: list[list[Any]] = [[bit.term for bit in system.bits]]
        self.next = {bit: z3.Bool(f"n{bit}") for bit in self.moving}
        self.taken = [z3.Bool(f"t{at}") for at in range(len(system.steps))]
        self.relation = self._relation()
        self.spent = 0  # of what z3 counts, in `met`
        self.renamings = [Renaming([], [])]
        self.learned: list[Formula] = []
        self.ordered = z3.Bool("ordered")
        self.before = [z3.Bool(f"p{at}") for at in range(len(system.steps))]
        self.later = [z3.Bool(f"l{at}") for at in range(len(system.steps))]
        self.order = self._order()
        self.solver.add(term(system.initial), *self._groups(self.frames[0]))

    def _relation(self) -> Any:
        """One step, over bits, `next` bits and selectors."""
        system = self.system
        writers: dict[int, list[Any]] = {bit: [] for bit in self.moving}
        parts: list[Any] = []
        for taken, step in zip(self.taken, system.steps, strict=True):
            parts.append(z3.Implies(taken, term(step.guard)))
            for bit, value in step.updates.items():
                parts.append(z3.Implies(taken, self.next[bit] == term(value)))
                writers[bit].append(taken)
        for bit, who in writers.items():
            parts.append(z3.Or(*who, self.next[bit] == system.bits[bit].term))
        if self.taken:
            parts += [z3.Or(self.taken), z3.AtMost(*self.taken, 1)]
        return z3.And(parts) if parts else z3.BoolVal(False)

    def _order(self) -> Any:
        """Where `ordered` holds: after a step (`before`) none declared earlier (`later`), unless it depends on it."""
        parts: list[Any] = []
        for at, earlier in enumerate(dependent(self.system)):
            rest = self.later[at + 1 : at + 2]
            parts.append(z3.Or(z3.Not(self.later[at]), self.taken[at], *rest))
            allowed = (self.taken[other] for other in earlier)
            parts.append(z3.Or(z3.Not(self.ordered), z3.Not(self.before[at]), self.later[at], *allowed))
        return z3.And(parts) if parts else z3.BoolVal(True)

    def _groups(self, frame: Sequence[Any]) -> list[Any]:
        """That exactly one bit of each group is true."""
        return [one for group in self.system.groups for one in exactly_one([frame[bit] for bit in group])]

    @property
    def depth(self) -> int:
        """How many steps the runs have."""
        return len(self.frames) - 1

    def extend(self) -> None:
        """One step more."""
        depth = self.depth + 1
        now = self.frames[-1]
        after = list(now)
        for bit in self.moving:
            after[bit] = z3.Bool(f"b{bit}@{depth}")
        taken = [z3.Bool(f"t{at}@{depth}") for at in range(len(self.taken))]
        bits = [self.system.bits[bit].term for bit in self.moving]
        step = Renaming(
            [*bits, *self.next.values(), *self.taken],
            [*(now[bit] for bit in self.moving), *(after[bit] for bit in self.moving), *taken],
        )
        self.frames.append(after)
        self.renamings.append(Renaming(bits, [after[bit] for bit in self.moving]))
        self.solver.add(
            step.of(self.relation), *self._groups(after), *(self.at(formula, depth) for formula in self.learned)
        )
        if depth > 1:
            before = [z3.Bool(f"t{at}@{depth - 1}") for at in range(len(taken))]
            later = [z3.Bool(f"l{at}@{depth}") for at in range(len(taken))]
            order = Renaming([*self.before, *self.taken, *self.later], [*before, *taken, *later])
            self.solver.add(order.of(self.order))

    def learn(self, formulas: Iterable[Formula]) -> None:
        """These are true of all states that can be reached: searching is less work if that is known."""
        for formula in formulas:
            self.learned.append(formula)
            self.solver.add(*(self.at(formula, depth) for depth in range(len(self.frames))))

    def at(self, formula: Formula, depth: int) -> Any:
        """A formula about the state after so many steps."""
        return self.renamings[depth].of(term(formula))

    def holds(self, *formulas: Any) -> Any:
        """A model of runs in which these formulas hold, or None; raises `GaveUp`."""
        self.solver.push()
        try:
            self.solver.add(*formulas)
            return self.model()
        finally:
            self.solver.pop()

    def model(self) -> Any:
        """A model of the runs as they are restricted, or None; raises `GaveUp`."""
        answer = self.solver.check()
        if answer == z3.unknown:
            raise GaveUp(f"the solver gave up: {self.solver.reason_unknown()}")
        return self.solver.model() if answer == z3.sat else None

    # ---- goals

    def met(self, targets: Iterable[Target], *, by_step: bool, work: int = 0) -> list[Target] | None:
        """Those of the targets that a run of this length meets with its last state, or `by_step` with one step more.

        None where that takes more than `work` (in z3's units; 0: no limit).
        """
        asked = [(target, self.at(self.here(target, by_step=by_step), self.depth)) for target in targets]
        asked = [(target, formula) for target, formula in asked if not z3.is_false(formula)]
        found: list[Target] = []
        self.solver.set("rlimit", work)
        before = self._count()
        try:
            while asked:
                some = z3.Or([formula for _, formula in asked])
                model = self.holds(self.ordered, some)
                if model is None:
                    self.solver.add(z3.Or(z3.Not(self.ordered), z3.Not(some)))
                    break
                found += [target for target, formula in asked if is_true(model, formula)]
                asked = [(target, formula) for target, formula in asked if not is_true(model, formula)]
        except GaveUp:
            if work == 0:
                raise
            return None
        finally:
            self.solver.set("rlimit", 0)
            self.spent += self._count() - before
        return found

    def _count(self) -> int:
        """What z3 has counted so far."""
        found = self.solver.statistics()
        return int(found.get_key_value("rlimit count")) if "rlimit count" in found.keys() else 0  # noqa: SIM118

    def here(self, target: Target, *, by_step: bool) -> Formula:
        """The last states of such runs that meet a target, or from where a step meets it."""
        if by_step:
            return either(target.steps.values())
        return either((target.state, target.start if self.depth == 0 else False))

    def is_over(self) -> bool:
        """Whether no run is so long."""
        return self.holds(self.ordered) is None

    # ---- the one run

    def chain(self, target: Target, orbit: Orbit, *, by_step: bool) -> list[State]:
        """The states of the shortest trace, from its start to the state that meets the target or has the step."""
        self.solver.push()
        self.solver.add(self.at(self.here(target, by_step=by_step), self.depth))
        found = [self._least(self.depth)]
        self.solver.pop()
        for depth in range(self.depth - 1, -1, -1):
            self.solver.push()
            self.solver.add(z3.Or([self._is(state, depth + 1) for state in orbit(found[-1])]))
            found.append(self._least(depth))
            self.solver.pop()
        return found[::-1]

    def _is(self, state: State, depth: int) -> Any:
        bits = zip(self.frames[depth], encoded(self.system, state), strict=True)
        return z3.And([bit if on else z3.Not(bit) for bit, on in bits])

    def _least(self, depth: int) -> State:
        """The least state at this depth, as the runs are restricted now."""
        model = self.model()
        for digit in self.system.digits:
            choices = [self.at(choice, depth) for choice in digit]
            at = _first(model, choices)
            while at > 0:
                less = self.holds(z3.Or(choices[:at]))
                if less is None:
                    break
                model = less
                at = _first(model, choices)
            self.solver.add(choices[at])
        bits = [is_true(model, bit) for bit in self.frames[depth]]
        return decoded(self.system, bits)


def dependent(system: System) -> list[list[int]]:
    """For each step those declared before it that write what it reads or writes, or read what it writes."""
    numbers = {bit.term.get_id(): at for at, bit in enumerate(system.bits)}
    readers: dict[int, set[int]] = {}
    writers: dict[int, set[int]] = {}
    found: list[list[int]] = []
    for at, step in enumerate(system.steps):
        formulas = [term(formula) for formula in (step.guard, *step.updates.values())]
        read, written = _read(formulas, numbers), step.updates.keys()
        earlier: set[int] = set()
        for bit in read:
            earlier |= writers.get(bit, set())
        for bit in written:
            earlier |= writers.get(bit, set()) | readers.get(bit, set())
        found.append(sorted(earlier))
        for bit in read:
            readers.setdefault(bit, set()).add(at)
        for bit in written:
            writers.setdefault(bit, set()).add(at)
    return found


def _read(formulas: Iterable[Any], numbers: Mapping[int, int]) -> set[int]:
    """The bits that formulas read."""
    found: set[int] = set()
    seen: set[int] = set()
    waiting = list(formulas)
    while waiting:
        one = waiting.pop()
        key = one.get_id()
        if key in seen:
            continue
        seen.add(key)
        if key in numbers:
            found.add(numbers[key])
        waiting += one.children()
    return found


def _first(model: Any, choices: Sequence[Any]) -> int:
    return next(at for at, choice in enumerate(choices) if is_true(model, choice))
