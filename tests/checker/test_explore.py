"""The search: published counts, verdict words, shortest runs, limits and interrupts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plait.engines.interpreter import check
from plait.engines.interpreter.moves import Group, Mover, nobody
from plait.engines.interpreter.run import StagedInstance
from plait.limits import Limits, Progress
from plait.semantics import Cut, Failed, Outcome, Reached, initial_states, steps
from plait.verdict import BoundMet, Budget, Decision, Finding
from plait_spec.domains import OptionDomain, RangeDomain
from plait_spec.ground import (
    FALSE,
    TRUE,
    And,
    Assert,
    Cell,
    Compare,
    Const,
    Enqueue,
    Expr,
    Fix,
    Ground,
    Next,
    Not,
    Or,
    Receive,
    SetCell,
    Took,
    Unwrap,
)
from tests.checker.ground_models import SPAN, Maker, at, both, equals, filter_lock, plus, put, toy, two_phase

SMALL = RangeDomain(0, 3)


@pytest.mark.parametrize(
    ("ground", "states", "transitions", "depth"),
    [
        (toy(), 10, 10, 9),
        (filter_lock(3), 524, 1_194, 17),
        (filter_lock(4), 11_316, 31_528, 31),
        (two_phase(3), 288, 1_145, 10),
        (two_phase(6), 50_816, 402_305, 19),
    ],
    ids=["T", "A3", "A4", "B3", "B6"],
)
def test_published_counts(ground: Ground, states: int, transitions: int, depth: int) -> None:
    found = check(ground, symmetry=False)
    assert (found.states, found.transitions, found.depth) == (states, transitions, depth)
    assert found.complete
    assert found.dead_ends == 0
    assert found.unfired == ()
    assert found.symmetry == "off"
    assert [(one.word, one.how) for one in found.decisions] == [("holds", "exhausted")]


def counter(*, bound: int = 3, top: RangeDomain = SMALL) -> tuple[Maker, int]:
    """A number that may be counted up to a bound."""
    maker = Maker()
    (n,) = maker.variable("n", top, 0)
    maker.rule("up", Compare("<", at(n), Const(bound)), (plus(n, 1, top),))
    return maker, n


def judged(maker: Maker, **options: bool) -> Decision:
    (decision,) = check(maker.made(), **options).decisions  # type: ignore[arg-type]
    return decision


def length(decision: Decision) -> int | None:
    return None if decision.choices is None else len(decision.choices.steps)


# ---- words


@pytest.mark.parametrize(
    ("kind", "claim", "word", "steps"),
    [
        ("always", lambda n: Compare("<", at(n), Const(2)), "fails", 2),
        ("always", lambda n: Compare("<", at(n), Const(4)), "holds", None),
        ("always", lambda n: FALSE, "fails", 0),
        ("never", lambda n: equals(n, 3), "fails", 3),
        ("never", lambda n: equals(n, 4), "holds", None),
        ("reachable", lambda n: equals(n, 3), "holds", 3),
        ("reachable", lambda n: equals(n, 4), "fails", None),
        ("step", lambda n: Compare("<", at(n), Next(at(n))), "holds", None),
        ("step", lambda n: Or((Not(equals(n, 1)), Compare("==", Next(at(n)), at(n))), every=False), "fails", 2),
        ("deadlock free", lambda n: TRUE, "fails", 3),
        ("eventually", lambda n: TRUE, "undetermined", None),
        ("measure", lambda n: TRUE, "undetermined", None),
    ],
)
def test_words(kind: str, claim: Callable[[int], Expr], word: str, steps: int | None) -> None:
    maker, n = counter()
    maker.property("P", kind, claim(n))  # type: ignore[arg-type]
    decision = judged(maker)
    assert (decision.word, length(decision)) == (word, steps)


def test_what_is_not_checked_says_so_with_its_code() -> None:
    maker, _ = counter()
    for index, kind in enumerate(["eventually", "always reachable", "knows", "measure"]):
        maker.property(f"P{index}", kind)  # type: ignore[arg-type]
    found = check(maker.made())
    assert [one.how.partition(":")[0] for one in found.decisions] == ["P401", "P402", "P403", "P404"]


def test_terminal_states_are_no_deadlocks() -> None:
    maker, n = counter()
    maker.terminal.append(equals(n, 3))
    maker.property("deadlock free", "deadlock free")
    assert judged(maker).word == "holds"
    assert check(maker.made()).dead_ends == 1


def test_properties_by_name() -> None:
    maker, n = counter()
    maker.property("A", "always", equals(n, 0))
    maker.property("B", "always", TRUE)
    assert [one.property for one in check(maker.made(), ("B",)).decisions] == ["B"]


# ---- bounds


def bounded(kind: str, claim: Callable[[int], Expr]) -> Decision:
    """A counter that a `within` cuts at 3."""
    maker, n = counter(bound=9, top=RangeDomain(0, 3, within=True))
    maker.property("P", kind, claim(n))  # type: ignore[arg-type]
    return judged(maker)


@pytest.mark.parametrize(
    ("kind", "claim", "word"),
    [
        ("always", lambda n: Compare("<", at(n), Const(9)), "holds within"),
        ("always", lambda n: Compare("<", at(n), Const(3)), "fails"),
        ("reachable", lambda n: equals(n, 3), "holds"),
        ("reachable", lambda n: equals(n, 4), "undetermined"),
        ("deadlock free", lambda n: TRUE, "holds within"),
    ],
)
def test_words_where_a_bound_was_met(kind: str, claim: Callable[[int], Expr], word: str) -> None:
    assert bounded(kind, claim).word == word


def test_bounds_are_counted_and_a_state_with_a_cut_step_is_no_dead_end() -> None:
    maker, _ = counter(bound=9, top=RangeDomain(0, 3, within=True))
    (wire,) = maker.channel(bound=1)
    message = maker.message("M")
    maker.rule("send", body=(Enqueue((wire,), (), 0, message, Const(())),))
    maker.property("P", "always")
    found = check(maker.made())
    assert found.bounds_met == (BoundMet("capacity of wire", 4), BoundMet("n: within 0..3", 2))
    assert (found.states, found.transitions, found.cut, found.dead_ends) == (8, 10, 6, 0)
    assert found.decisions[0].how == "capacity of wire: 4 steps cut; n: within 0..3: 2 steps cut"


# ---- vacuity


def test_an_antecedent_that_is_never_true() -> None:
    maker, n = counter()
    maker.property("P", "always", Or((Not(equals(n, 9)), FALSE), every=False), antecedent=equals(n, 9))
    maker.property("Q", "always", Or((Not(equals(n, 3)), TRUE), every=False), antecedent=equals(n, 3))
    assert [one.word for one in check(maker.made()).decisions] == ["vacuous", "holds"]


def test_vacuous_beats_a_bound_but_no_failure() -> None:
    maker, n = counter(bound=9, top=RangeDomain(0, 3, within=True))
    maker.property("P", "always", TRUE, antecedent=equals(n, 9))
    maker.property("Q", "always", Not(equals(n, 1)), antecedent=equals(n, 9))
    assert [one.word for one in check(maker.made()).decisions] == ["vacuous", "fails"]


def test_an_antecedent_about_steps() -> None:
    maker, n = counter()
    went = Took("up", ())
    claim = Or((Not(went), Compare("<", Const(0), at(n))), every=False)
    maker.property("P", "always", claim, antecedent=went, on_steps=True, steps=("up",))
    assert judged(maker).word == "holds"


def test_a_never_about_steps_that_never_fire() -> None:
    maker, n = counter()
    maker.rule("down", equals(n, 9))
    maker.property("P", "never", Took("down", ()), on_steps=True, steps=("down",))
    maker.property("Q", "never", both(Took("up", ()), equals(n, 0)), on_steps=True, steps=("up",))
    maker.property("R", "never", both(Took("up", ()), equals(n, 2)), on_steps=True, steps=("up",))
    found = check(maker.made())
    assert [(one.word, length(one)) for one in found.decisions] == [("vacuous", None), ("holds", None), ("fails", 2)]
    assert found.unfired == ("down",)


def test_steps_to_known_states_are_judged_too() -> None:
    maker = Maker()
    (n,) = maker.variable("n", SMALL, 0)
    maker.rule("stay")
    maker.property("P", "never", both(Took("stay", ()), equals(n, 0)), on_steps=True, steps=("stay",))
    maker.property("Q", "step", Not(Compare("==", at(n), Next(at(n)))))
    assert [length(one) for one in check(maker.made()).decisions] == [1, 1]


# ---- errors


def test_an_error_of_the_model_spoils_what_would_hold() -> None:
    maker, n = counter(bound=9)
    maker.property("Holds", "always", TRUE)
    maker.property("Fails", "always", Not(equals(n, 1)))
    maker.property("Reached", "reachable", equals(n, 3))
    maker.property("Unreached", "reachable", equals(n, 9))
    found = check(maker.made())
    assert [one.word for one in found.decisions] == ["error", "fails", "holds", "fails"]
    assert found.error is not None
    assert (found.error.code, found.error.steps, found.error.in_property) == ("P501", 4, None)
    assert found.error.message == "n: 4 is outside 0..3"
    assert (found.states, found.transitions, found.dead_ends) == (4, 4, 0)


def test_the_first_error_is_the_nearest_then_of_the_least_state_then_of_the_least_choice() -> None:
    maker = Maker()
    cells = maker.variable("x", RangeDomain(0, 2), 0, keys=RangeDomain(0, 1))
    for cell in cells[::-1]:
        maker.rule("set", equals(cell, 0), (put(cell, 1),))
    maker.rule("late", both(equals(cells[0], 1), equals(cells[1], 1)), (Assert(FALSE, SPAN),))
    maker.rule("here", equals(cells[0], 1), (Assert(FALSE, SPAN),))
    maker.rule("there", equals(cells[1], 1), (Assert(FALSE, SPAN),))
    maker.rule("too", equals(cells[1], 1), (Assert(FALSE, SPAN),))
    error = check(maker.made()).error
    assert error is not None
    # (0, 1) comes before (1, 0): it is reached by the first instance and errs in `there`, which stands before `too`.
    assert [step[0] for step in error.choices.steps] == [0, 4]


def test_an_error_in_a_property_is_the_propertys() -> None:
    maker, n = counter()
    (x,) = maker.variable("x", OptionDomain(SMALL), None)
    maker.rule("set", equals(n, 2), (put(x, 1),))
    erring = Or((Not(equals(n, 1)), Compare("==", Unwrap(at(x), SPAN), Const(1))), every=False)
    maker.property("P", "always", erring)
    maker.property("Q", "always", TRUE)
    maker.property("R", "always", And((erring, Not(equals(n, 3))), every=False))
    found = check(maker.made())
    assert [one.word for one in found.decisions] == ["error", "holds", "fails"]
    assert found.error is None
    error = found.decisions[0].error
    assert error is not None
    assert (error.code, error.steps, error.in_property) == ("P503", 1, "P")
    assert (error.file, error.line, error.column) == ("made.plait", 1, 1)


def test_an_initial_value_that_errs() -> None:
    maker, _ = counter()
    maker.start.append(Fix((0,), (Unwrap(Const(None), SPAN),)))
    maker.property("P", "always", TRUE)
    found = check(maker.made())
    assert found.error is not None
    assert (found.error.code, found.error.steps, found.states) == ("P503", 0, 0)
    assert found.decisions[0].word == "error"


# ---- the one shortest run


def grid() -> Maker:
    """Two numbers that are counted up independently."""
    maker = Maker()
    for cell in maker.variable("x", SMALL, 0, keys=RangeDomain(0, 1)):
        maker.rule("up", Compare("<", at(cell), Const(3)), (plus(cell, 1, SMALL),))
    return maker


def test_the_least_state_of_the_level_by_the_least_predecessors() -> None:
    maker = grid()
    sum_is_three = Or(tuple(both(equals(0, i), equals(1, 3 - i)) for i in range(4)), every=False)
    maker.property("P", "never", sum_is_three)
    decision = judged(maker)
    assert decision.choices is not None
    assert [step[0] for step in decision.choices.steps] == [1, 1, 1]  # to (0, 3)


def test_on_a_step_the_least_source_counts_before_the_least_choice() -> None:
    maker = grid()
    maker.property("P", "step", Not(both(Not(equals(0, 0)), Compare("<", at(0), Next(at(0))))))
    decision = judged(maker)
    assert decision.choices is not None
    assert [step[0] for step in decision.choices.steps] == [0, 0]


def test_the_initial_state_counts_by_its_number() -> None:
    maker = Maker()
    (n,) = maker.variable("n", SMALL, free=True)
    maker.rule("up", equals(n, 1), (put(n, 0),))
    maker.property("P", "always", Compare("<", at(n), Const(2)))
    decision = judged(maker)
    assert decision.choices is not None
    assert (decision.choices.initial, decision.choices.steps) == (2, ())


@pytest.mark.parametrize("name", ["Agreement", "Heard"])
def test_runs_have_the_same_length_with_and_without_symmetry(name: str) -> None:
    ground = two_phase(3)
    lengths = []
    for symmetry in (True, False):
        maker = Maker(
            cells=list(ground.cells), start=list(ground.start), rules=list(ground.model.rules),
            instances=list(ground.instances), sorts=[ground.cells[0].key_domains[0]],  # type: ignore[list-item]
        )  # fmt: skip
        heard, state = len(ground.cells) - 4, 0
        claim = equals(heard, 0b110) if name == "Heard" else both(equals(state, 2), equals(state + 2, 2))
        maker.property(name, "reachable", claim)
        maker.property("Symmetric", "reachable", equals(heard, 0b111))
        found = check(maker.made(), symmetry=symmetry)
        lengths.append(length(found.decisions[1]))
    assert lengths[0] == lengths[1] == 6


# ---- limits


def test_a_limit_of_states() -> None:
    maker, n = counter()
    maker.property("P", "always", Not(equals(n, 1)))
    maker.property("Q", "always", TRUE)
    maker.property("R", "reachable", equals(n, 3))
    found = check(maker.made(), limits=Limits(states=2))
    assert (found.states, found.complete, found.stopped) == (2, False, "limit of 2 states")
    assert [one.word for one in found.decisions] == ["fails", "undetermined", "undetermined"]
    assert check(maker.made(), limits=Limits(states=4)).complete


def test_a_limit_of_depth() -> None:
    maker, n = counter()
    maker.property("P", "always", Not(equals(n, 2)))
    found = check(maker.made(), limits=Limits(depth=2))
    assert (found.states, found.depth, found.transitions, found.complete) == (3, 2, 2, False)
    assert found.stopped == "limit of depth 2: 1 state not expanded"
    assert found.decisions[0].word == "fails"


def test_a_limit_of_time() -> None:
    found = check(two_phase(6), limits=Limits(timeout=0.0), symmetry=False)
    assert not found.complete
    assert found.stopped == "limit of 0 seconds"


def test_a_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.engines.interpreter.explore.PULSE", 0.0)
    found = check(two_phase(6), limits=Limits(memory=10**6), symmetry=False)
    assert found.stopped == "limit of 1 MB of memory"


def test_watching_and_interrupting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.engines.interpreter.explore.PULSE", 0.0)
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if progress.states > 1_000:
            raise KeyboardInterrupt

    found = check(two_phase(6), symmetry=False, watch=watch)
    assert (found.complete, found.stopped) == (False, "interrupted")
    assert found.decisions[0].word == "undetermined"
    assert [one.states for one in seen] == sorted(one.states for one in seen)
    assert seen[0].depth == 0


# ---- counts


def test_budgets_and_the_most_that_was_used() -> None:
    maker = Maker()
    maker.cells.append(Cell("wire.lose", (), (), SMALL, None, "budget", "wire.lose"))
    maker.start.append(Fix((0,), (Const(0),)))
    maker.rule("wire.lose", Compare("<", at(0), Const(2)), (plus(0, 1, SMALL),), kind="lose")
    assert check(maker.made()).budgets == (Budget("wire.lose", 3, 2),)


def explored_again(ground: Ground) -> tuple[int, int, int]:
    """States, transitions and dead ends by the reference alone."""
    seen = set(initial_states(ground))
    waiting, transitions, ends = list(seen), 0, 0
    while waiting:
        found: list[Outcome] = [outcome for _, outcome in steps(ground, waiting.pop())]
        ends += not found
        for outcome in found:
            match outcome:
                case Reached(state):
                    transitions += 1
                    if state not in seen:
                        seen.add(state)
                        waiting.append(state)
                case Failed():
                    transitions += 1
                case Cut():
                    pass
    return len(seen), transitions, ends


def counts(found: Finding) -> tuple[int, int, int]:
    return found.states, found.transitions, found.dead_ends


def relay() -> Ground:
    """Numbers sent through a bag and counted at the other end."""
    maker = Maker()
    (sent,) = maker.variable("sent", SMALL, 0)
    (seen,) = maker.variable("seen", RangeDomain(0, 9), 0)
    (bag,) = maker.channel(ordered=False, bound=2)
    message = maker.message("M", value=SMALL)
    fields = Const((1,))
    maker.rule(
        "send", Compare("<", at(sent), Const(3)), (plus(sent, 1, SMALL), Enqueue((bag,), (), 0, message, fields))
    )
    for keep in (False, True):
        maker.rule("on M", body=(plus(seen, 1, RangeDomain(0, 9)),), trigger=Receive(bag, 0, message, keep=keep))
    return maker.made()


@pytest.mark.parametrize("ground", [relay(), filter_lock(3), two_phase(2)], ids=["relay", "A3", "B2"])
@pytest.mark.parametrize("many", [0, 3_000])
def test_tables_make_no_difference(ground: Ground, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether groups keep their tables, are split or give up."""
    monkeypatch.setattr("plait.engines.interpreter.moves.MANY", many)
    monkeypatch.setattr("plait.engines.interpreter.moves.FULL", 5 if many else 100_000)
    assert counts(check(ground, symmetry=False)) == explored_again(ground)


def test_groups_are_split_then_given_up() -> None:
    ground = filter_lock(3)
    group = max(Mover(ground).groups, key=lambda one: len(one.members))
    assert group.retuned(10**6) == [group]
    group.table = dict.fromkeys(range(5_000), group.find(next(initial_states(ground))))
    parts = group.retuned(1)
    assert sorted(member.index for part in parts for member in part.members) == sorted(
        member.index for member in group.members
    )
    single = Group([StagedInstance(ground, 0)], set(), nobody)
    single.table = dict.fromkeys(range(5_000), single.find(next(initial_states(ground))))
    (given_up,) = single.retuned(1)
    assert not given_up.remember


def test_nothing_to_do_at_all() -> None:
    maker = Maker()
    maker.property("P", "always", TRUE)
    maker.property("deadlock free", "deadlock free")
    found = check(maker.made())
    assert (found.states, found.transitions, found.dead_ends) == (1, 0, 1)
    assert [(one.word, length(one)) for one in found.decisions] == [("holds", None), ("fails", 0)]


def test_a_body_that_writes_what_is_there_already() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    (y,) = maker.variable("y", SMALL, 0)
    maker.rule("set", equals(x, 0), (put(y, 1),))
    maker.rule("flip", body=(SetCell(x, Const(1)),))
    assert counts(check(maker.made())) == (4, 6, 0)
