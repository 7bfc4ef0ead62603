"""Which engine and which tier search a model, and what happens where no machine code can be made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plait.choose import check
from plait.engines.native import tiers
from plait.engines.native.engine import check as native
from plait.engines.native.program import Program, program_of
from plait.engines.native.store import Interpreted, TrialOverError
from plait.errors import JobError
from plait.limits import Limits, Progress
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import ground

ROOT = Path(__file__).parents[2]
CLASSIC = ROOT / "models" / "classic"
WITHOUT = "import sys; sys.modules['llvmlite'] = None; from plait.cli import main; main()"


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def model(name: str, **parameters: int) -> Ground:
    first, *_ = load(CLASSIC / f"{name}.plait")
    return ground(first, parameters)


def lock(processes: int) -> Ground:
    return model("filter_lock", processes=processes)


def test_auto_is_the_native_explorer() -> None:
    found = check("auto", lock(3), ("Exclusion",), Limits(), False, unwatched, 1)
    assert (found.engine, found.states) == ("native", 524)


def test_a_model_that_is_not_held_goes_to_the_interpreter() -> None:
    whole = ground(load(ROOT / "tests/regressions/native_wraps.plait")[0], {})
    names = tuple(found.name for found in whole.properties)
    assert check("auto", whole, names, Limits(), True, unwatched, 1).engine == "interpreter"
    with pytest.raises(JobError, match="--engine native does not hold this model"):
        check("native", whole, names, Limits(), True, unwatched, 1)


def end_of_trial(program: Program) -> tuple[int, int]:
    """How many states there are, and how many are expanded, when the trial of a large model is over."""
    store = Interpreted(program, tiers.trial_of(program))
    store.enter((0,) * program.layout.words)
    try:
        for _ in range(1_000_000):
            store.expand(store.count)
    except TrialOverError:
        return store.count, store.next
    raise AssertionError("the trial does not end")


def test_a_trial_ends_at_the_same_state_every_time() -> None:
    program = program_of(lock(5), ())
    states, expanded = end_of_trial(program)
    assert (states, expanded) == end_of_trial(program)
    assert 0 < expanded < states < 264_582


def test_a_trial_is_longer_for_a_program_that_takes_longer_to_compile() -> None:
    small, large = (tiers.trial_of(program_of(lock(count), ())) for count in (2, 5))
    assert small.patience < large.patience <= tiers.MOST
    assert small.successor == 0.0  # no symmetry is reduced
    assert tiers.trial_of(program_of(lock(3), (), symmetry=True)).successor > 0.0


def test_a_trial_counts_states_and_successors() -> None:
    trial = tiers.Trial(patience=10.0, state=2.0, successor=1.0)
    assert not trial.is_over(states=3, successors=4)
    assert trial.is_over(states=3, successors=5)


def test_the_tiers_say_the_same_of_a_model_that_begins_again() -> None:
    whole = lock(4)
    one, other = (native(whole, None, symmetry=False, tier=tier) for tier in ("auto", "interpreted"))
    assert (one.states, one.transitions, one.depth) == (other.states, other.transitions, other.depth)
    assert one.states == 11_316


def without_llvmlite(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, "check", str(CLASSIC / "two_phase.plait"), "--proposal", "TwoPhase"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_small_models_need_no_compiler() -> None:
    done = without_llvmlite("--set", "managers=3", "--engine", "native", "--no-symmetry")
    assert (done.returncode, done.stderr) == (0, "")
    assert "288 states" in done.stdout


def test_auto_goes_on_without_a_compiler() -> None:
    done = without_llvmlite("--set", "managers=6", "--no-symmetry", "--format", "json", "--progress", "off")
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, run["engine"], run["states"]) == (0, "native", 50_816)


def test_native_says_what_is_missing_and_what_to_do() -> None:
    done = without_llvmlite("--set", "managers=6", "--no-symmetry", "--engine", "native")
    assert done.returncode == 2
    assert "llvmlite cannot be imported" in done.stderr
    assert "--engine auto" in done.stderr
    assert "Traceback" not in done.stderr
