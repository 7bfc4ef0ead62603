"""Where a compiled search ends early: the limits, an interrupt, a store that is full; and the threads that run it."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from plait.engines.native import compiled, explore
from plait.engines.native.engine import Tier, check, unwatched
from plait.engines.native.team import Team
from plait.limits import Limits, Progress, Watch, affordable, resident
from plait.verdict import Finding, Seconds
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground

MODELS = Path(__file__).parents[2] / "models"
STATES, TRANSITIONS, DEPTH = 50_816, 402_305, 19  # two-phase commit of six managers
THREADS = (1, 2, 3)
pytestmark = pytest.mark.native


def managers(count: int) -> Ground:
    """Two-phase commit, of which `Agreement` fails in the second proposal only."""
    return ground(load(MODELS / "classic" / "two_phase.plait")[0], {"managers": count})


def search(
    whole: Ground,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    watch: Watch = unwatched,
    threads: int = 1,
    tier: Tier = "compiled",
) -> Finding:
    """Without symmetry."""
    return check(whole, None, limits, False, watch, tier, threads)


@pytest.mark.parametrize("proposal", [0, 1])
def test_any_number_of_threads_says_the_same(proposal: int) -> None:
    """Verdicts, counts, depth and the trace, on levels that are large enough to be shared."""
    whole = ground(load(MODELS / "classic" / "two_phase.plait")[proposal], {"managers": 6})
    found = [replace(search(whole, threads=threads), seconds=Seconds(0, 0, 0)) for threads in THREADS]
    if proposal == 0:
        assert (found[0].states, found[0].transitions, found[0].depth) == (STATES, TRANSITIONS, DEPTH)
    assert found[1:] == found[:-1]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("tier", ["compiled", "interpreted"])
def test_so_many_states_and_no_more(tier: Tier, threads: int) -> None:
    """`states` counts what was kept; what is claimed of it is not the whole truth, and says so."""
    found = search(managers(6), Limits(states=30_000), threads=threads, tier=tier)
    assert (found.states, found.complete, found.stopped) == (30_000, False, "limit of 30,000 states")
    assert {decision.word for decision in found.decisions} == {"undetermined", "holds"}  # `holds`: was reached


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    """As many states as there are are not too many."""
    found = search(managers(6), Limits(states=STATES))
    assert (found.states, found.complete) == (STATES, True)


def failures(found: Finding) -> dict[str, int]:
    """The lengths of the traces of what fails."""
    return {each.property: len(each.choices.steps) for each in found.decisions if each.word == "fails" and each.choices}


@pytest.mark.parametrize("threads", THREADS)
def test_a_failure_on_the_last_level_is_still_one(threads: int) -> None:
    """States that are not expanded any more are looked at all the same."""
    whole = ground(load(MODELS / "classic" / "two_phase.plait")[1], {"managers": 6})
    wanted = failures(search(whole))
    assert wanted
    for steps in wanted.values():
        found = search(whole, Limits(depth=steps), threads=threads)
        assert not found.complete
        assert failures(found) == {name: length for name, length in wanted.items() if length <= steps}


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("tier", ["compiled", "interpreted"])
def test_a_failure_on_a_level_that_is_not_complete_is_one_too(tier: Tier, threads: int) -> None:
    """All states but one up to the level where the first failures are: several states fail there."""
    whole = ground(load(MODELS / "classic" / "two_phase.plait")[1], {"managers": 6})
    wanted = failures(search(whole))
    steps = min(wanted.values())
    states = search(whole, Limits(depth=steps)).states
    found = search(whole, Limits(states=states - 1), threads=threads, tier=tier)
    assert (found.states, found.complete) == (states - 1, False)
    assert failures(found) == {name: length for name, length in wanted.items() if length == steps}


@pytest.mark.parametrize("threads", THREADS)
def test_depth(threads: int) -> None:
    """Whole levels up to the limit."""
    whole = managers(6)
    found = search(whole, Limits(depth=7), threads=threads)
    assert found.depth == 7
    assert found.stopped is not None
    assert found.stopped.startswith("limit of depth 7: ")
    again = search(whole, Limits(depth=7))
    assert (found.states, found.transitions) == (again.states, again.transitions)


def test_memory_of_the_process() -> None:
    """A search stops when the process holds as much as it may: here, hardly more than it has anyhow."""
    held = resident()
    assert held is not None
    found = search(managers(8), Limits(memory=held + 8_000_000))
    assert not found.complete
    assert found.stopped is not None
    assert found.stopped.endswith("MB of memory")
    assert 0 < found.states < 1_745_408


def test_a_table_that_would_be_too_large_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next table takes more than this one counts before it is there; nothing else does here.

    From 2^20 slots of four bytes, full with 838,860 states, it would be 2^21.
    """
    monkeypatch.setattr(explore, "resident", lambda: 0)
    monkeypatch.setattr(compiled, "FIRST_SLOTS", 1 << 15)
    grown: list[int] = []
    grow = compiled.Compiled._grow

    def noted(store: compiled.Compiled, items: compiled.Items) -> None:
        grow(store, items)
        grown.append(items.slots)

    monkeypatch.setattr(compiled.Compiled, "_grow", noted)
    found = search(managers(8), Limits(memory=4_000_000))
    assert found.stopped == "limit of 4 MB of memory"
    assert grown[-1] == 1 << 20
    assert 838_860 <= found.states < 1_000_000


@pytest.mark.parametrize("threads", THREADS)
def test_an_interrupt_ends_with_what_was_found(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no thread goes on."""
    monkeypatch.setattr(explore, "PULSE", 0.0)  # progress is told after each slice, however fast the search is
    before = threading.active_count()

    def impatient(progress: Progress) -> None:
        raise KeyboardInterrupt

    found = search(managers(8), watch=impatient, threads=threads)
    assert found.stopped == "interrupted"
    assert threading.active_count() == before


def test_time() -> None:
    """A limit of no time at all is reached at the first look."""
    found = search(managers(8), Limits(timeout=1e-9))
    assert (found.complete, found.stopped) == (False, "limit of 1e-09 seconds")


def roomy(monkeypatch: pytest.MonkeyPatch, states: int) -> None:
    """Room for so many states, and what is expanded at once."""
    init = compiled.Items.__init__

    def cramped(items: compiled.Items, set: int, width: int, margin: int, most: int, region: object) -> None:
        init(items, set, width, margin, margin + states, region)  # type: ignore[arg-type]

    monkeypatch.setattr(compiled.Items, "__init__", cramped)


@pytest.mark.parametrize("threads", THREADS)
def test_a_store_that_is_full(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more can be numbered the search ends, and says why."""
    roomy(monkeypatch, 30_000)
    found = search(managers(6), threads=threads)
    assert not found.complete
    assert found.states >= 30_000
    assert found.stopped == "the store is full: it has no more numbers than for 30,000 states"
    assert {found.stopped} == {each.how for each in found.decisions if each.word == "undetermined"}


def test_a_store_that_is_full_to_the_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """No larger table is made where it could not help; small steps, so that the limit is met exactly."""
    for name, value in (("CHUNK", 1), ("FIRST_SLOTS", 16), ("SLICE", 1)):
        monkeypatch.setattr(compiled, name, value)
    counts = set()
    for states in range(3_000, 3_012):
        with monkeypatch.context() as patch:
            roomy(patch, states)
            found = search(managers(6), Limits(memory=(resident() or 0) + 50_000_000))
        assert found.stopped == f"the store is full: it has no more numbers than for {states:,} states"
        counts.add(found.states - states)
    assert 0 in counts


@pytest.mark.parametrize("threads", THREADS)
def test_wide_states_of_too_many_parts(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of nodes end before those of states do: that is a limit like any other."""
    for name, value in (("WIDE", 2), ("CHUNK", 4), ("MOST_NODES", 5_000)):
        monkeypatch.setattr(compiled, name, value)
    model = next(each for each in load(MODELS / "mesos" / "proposals.plait") if each.proposal == "IIb")
    found = search(ground(model, default_parameters(model)), threads=threads)
    assert not found.complete
    assert 1_000 < found.states < 25_907
    assert found.stopped is not None
    assert found.stopped.startswith("the store is full: it has no more numbers than for ")
    assert found.stopped.endswith(" different parts of states")
    assert "holds" in {each.word for each in found.decisions if each.how != found.stopped}  # what was reached is
    assert {each.word for each in found.decisions if each.how == found.stopped} == {"undetermined"}


def test_a_team_ends_what_it_began() -> None:
    """All parts run, each on a thread of its own, and an error of one is raised when all are done."""
    crew = Team(3)
    together = threading.Barrier(3, timeout=10)
    try:
        assert crew.run([lambda at=at: together.wait() * 0 + at for at in range(3)]) == [0, 1, 2]  # type: ignore[misc]
        ended = []

        def late() -> int:
            ended.append(1)
            return 0

        def wrong() -> int:
            raise ValueError("wrong")

        with pytest.raises(ValueError, match="wrong"):
            crew.run([late, wrong, late])
        assert ended == [1, 1]
        assert crew.run([lambda: 7]) == [7]
    finally:
        crew.close()
    assert not [thread for thread in crew._threads if thread.is_alive()]


def test_memory_ends_before_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit of the user's there is one all the same."""
    held = resident()
    assert held is not None
    monkeypatch.setattr(explore, "affordable", lambda: held + 8_000_000)
    found = search(managers(8))
    assert not found.complete
    assert found.stopped is not None
    assert found.stopped.endswith("MB of memory")


def test_what_a_process_can_afford() -> None:
    """More than it holds, and not all that there is."""
    most, held = affordable(), resident()
    assert most is not None
    assert held is not None
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert held < most < total
