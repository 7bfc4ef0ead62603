"""Bounded search by itself: lengths, the least run, and what its shortcuts must not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines.symbolic import bmc
from plait.engines.symbolic.bmc import Unrolling, dependent
from plait.engines.symbolic.encode import system_of
from plait.engines.symbolic.system import System, Target, target
from plait.outcome import Goal
from plait_spec import load
from plait_spec.grounding import default_parameters, ground

pytestmark = pytest.mark.symbolic

# Two counters that do not know of each other, and one that waits for both.
TEXT = """
protocol Counters
var left, right: 0..3 = 0
var both: bool = false
action step_left()  when left < 3  { left = left + 1 }
action step_right() when right < 3 { right = right + 1 }
action meet()       when left == 2 and right == 2 { both = true }
never Met: both
never Over: left == 3 and right == 3
reachable Nothing: left == 1 and both and right == 1
"""


@pytest.fixture
def counters(tmp_path: Path) -> System:
    file = tmp_path / "model.plait"
    file.write_text(TEXT, encoding="utf-8")
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    return system_of(whole, whole.properties)


def depths(system: System, most: int) -> dict[Goal, int]:
    """At which depth each goal of a property is met first."""
    runs, found = Unrolling(system), {}
    wanted: dict[Goal, Target] = {one.goal: one for one in system.targets if one.goal[0] >= 0}
    for depth in range(most + 1):
        if depth:
            runs.extend()
        for one in runs.met(list(wanted.values()), by_step=False) or ():
            found[one.goal] = depth
            del wanted[one.goal]
    return found


def test_shortest_lengths(counters: System) -> None:
    """Two steps each and `meet`; three steps each; never."""
    assert depths(counters, 8) == {(0, "claim"): 5, (1, "claim"): 6}


def test_the_end_of_all_runs(counters: System) -> None:
    """Three steps of each counter, and `meet` again and again: there is always a longer run until both are at 3."""
    runs = Unrolling(counters)
    for _ in range(6):
        assert not runs.is_over()
        runs.extend()
    assert not runs.is_over()


def test_the_least_run(counters: System) -> None:
    """Backwards the least state: the right counter moves last, so the left one is as far behind as it can be."""
    runs = Unrolling(counters)
    for _ in range(5):
        runs.extend()
    states = runs.chain(target(counters, (0, "claim")), lambda state: (state,), by_step=False)
    assert states == [
        (0, 0, False),
        (0, 1, False),
        (0, 2, False),
        (1, 2, False),
        (2, 2, False),
        (2, 2, True),
    ]


def test_what_does_not_depend_on_each_other(counters: System) -> None:
    """`meet` reads what both others write; these two do not touch each other."""
    names = [step.name for step in counters.steps]
    assert names == ["step_left", "step_right", "meet"]
    assert dependent(counters) == [[], [], [0, 1]]


def test_steps_that_depend_on_each_other_must_keep_their_order(
    counters: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were nothing dependent, `meet` could not follow an earlier step's later turn: lengths would change."""
    monkeypatch.setattr(bmc, "dependent", lambda system: [[] for _ in system.steps])
    wrong = depths(counters, 8)
    assert wrong.get((0, "claim")) == 5  # `meet` is declared last: it may always follow
    monkeypatch.setattr(bmc, "dependent", lambda system: [[] for _ in system.steps])
    reordered = System(
        **{
            **{name: getattr(counters, name) for name in counters.__match_args__},
            "steps": tuple(reversed(counters.steps)),
            "targets": tuple(one for one in counters.targets if not one.steps),
        }
    )
    assert (0, "claim") not in depths(reordered, 8)
    monkeypatch.undo()
    assert depths(reordered, 8)[0, "claim"] == 5


def test_what_is_learned_narrows_the_runs(counters: System) -> None:
    """Here it is wrong on purpose: nothing may be learned that is not true."""
    runs = Unrolling(counters)
    runs.learn([False])
    assert runs.is_over()
