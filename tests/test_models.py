"""The models of this repository, counted: what every correct checker finds in them, whatever its engine.

The expectations in the files themselves are items of `pytest models/`.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from plait.engines.interpreter import check
from plait.session import Job, check as run
from plait.tools import Installed
from plait_spec import load
from plait_spec.grounding import ground

MODELS = Path(__file__).parent.parent / "models"
CLASSIC = MODELS / "classic"


def counts(file: str, parameters: Mapping[str, int], *, symmetry: bool) -> tuple[int, int, int]:
    model = load(CLASSIC / file)[0]
    finding = check(ground(model, parameters), (), symmetry=symmetry)
    assert finding.complete
    assert finding.cut == 0
    return finding.states, finding.transitions, finding.depth


@pytest.mark.parametrize(
    ("file", "parameters", "expected"),
    [
        pytest.param("counter.plait", {}, (10, 10, 9), id="counter"),
        pytest.param("filter_lock.plait", {"processes": 3}, (524, 1_194, 17), id="filter lock, 3"),
        pytest.param("filter_lock.plait", {"processes": 4}, (11_316, 31_528, 31), id="filter lock, 4"),
        pytest.param(
            "filter_lock.plait", {"processes": 5}, (264_582, 879_430, 48), id="filter lock, 5", marks=pytest.mark.slow
        ),
        pytest.param("two_phase.plait", {"managers": 3}, (288, 1_145, 10), id="two-phase commit, 3"),
        pytest.param("two_phase.plait", {"managers": 6}, (50_816, 402_305, 19), id="two-phase commit, 6"),
        pytest.param("opsync.plait", {}, (739, 4_120, 24), id="opsync, 1"),
        pytest.param("opsync_set.plait", {}, (739, 4_120, 24), id="opsync over channels, 1"),
        pytest.param(
            "opsync.plait", {"agents": 2, "ops": 2, "room": 2}, (27_437, 130_439, 28), id="opsync, 2 in little room"
        ),
        pytest.param(
            "opsync.plait",
            {"agents": 2, "ops": 2, "room": 16},
            (318_965, 3_446_202, 47),
            id="opsync, 2",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_counts_without_symmetry(file: str, parameters: dict[str, int], expected: tuple[int, int, int]) -> None:
    assert counts(file, parameters, symmetry=False) == expected


@pytest.mark.parametrize(
    ("file", "parameters", "expected"),
    [
        pytest.param("two_phase.plait", {"managers": 7}, (920, 8_409, 22), id="two-phase commit, 7"),
        pytest.param("two_phase.plait", {"managers": 8}, (1_461, 15_286, 25), id="two-phase commit, 8"),
        pytest.param("filter_lock.plait", {"processes": 5}, (3_000, 10_477, 48), id="filter lock, 5"),
    ],
)
def test_orbits_under_symmetry(file: str, parameters: dict[str, int], expected: tuple[int, int, int]) -> None:
    assert counts(file, parameters, symmetry=True) == expected


# ---- the study: the runs are the ones that the designs are known to fail by


def counterexample(proposal: str, claim: str) -> list[str]:
    """The steps of a run that breaks a claim, at the defaults of a proposal: who, and what."""
    job = Job((str(MODELS / "mesos" / "proposals.plait"),), (), (proposal,), (claim,))
    result = run(job, Installed())
    (report,) = [about for about in result.entries[0].run.properties if about.name == claim]
    assert report.trace is not None
    return [f"{step.lane}: {step.label}" for step in report.trace.steps]


def test_january_starts_again_what_has_finished() -> None:
    """A failover, an answer before the agent's list was read, and the operation was done all the time."""
    steps = counterexample("January", "NoDoubleExecution")
    said = [step for step in steps if "on Answer" in step]
    assert len(steps) == 11
    assert any("restart" in step for step in steps)
    assert len(said) == 1
    assert "Unknown" in said[0]
    assert "give_up" in steps[-1]


def test_the_answer_races_with_the_stream() -> None:
    """Composed before the outcome, delivered after it."""
    steps = counterexample("January", "NoRegress")
    asked, told, answered = (
        next(at for at, step in enumerate(steps) if word in step) for word in ("on Reconcile", "on Event", "on Answer")
    )
    assert asked < told < answered == len(steps) - 1
