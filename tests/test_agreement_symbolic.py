"""The symbolic engine against the interpreter: the same verdicts, lengths, and runs, on models and on random ones.

Where the symbolic engine does not decide, it says so; it may on few.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plait.engines import interpreter
from plait.engines.symbolic.engine import UnsupportedError, check
from plait.limits import Limits, Progress
from plait.verdict import Decision, Finding
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground
from tests.strategies import seeded_model

pytestmark = pytest.mark.symbolic

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 1_000 if SOAK else 40
SLICES = 5
MOST = 3_000  # states of a random model
HERE = Path(__file__).parent
CLASSIC = sorted((HERE.parent / "models" / "classic").glob("*.plait"))
SMALL = sorted(
    path for name in ("../models/constructs", "rules", "regressions") for path in (HERE / name).glob("*.plait")
)


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def agree(whole: Ground, limits: Limits = Limits()) -> int | None:  # noqa: B008 - frozen
    """Compare the engines; how many verdicts stayed open, None where the interpreter did not finish."""
    wanted = interpreter.check(whole, None, limits, True, unwatched)
    if wanted.stopped is not None:
        return None
    found = check(whole)
    left = 0
    for one, other in zip(found.decisions, wanted.decisions, strict=True):
        if one.word == "undetermined" != other.word:
            left += 1
        else:
            assert facts(one) == facts(other), one.property
    if left == 0:
        assert error_of(found) == error_of(wanted)
        assert [met.bound for met in found.bounds_met] == [met.bound for met in wanted.bounds_met]
    if found.unfired is not None:
        assert found.unfired == wanted.unfired
    assert found.complete == (left == 0)
    return left


def facts(decision: Decision) -> object:
    """What both engines must say alike: the run itself, too."""
    return decision.property, decision.word, decision.choices, decision.error


def error_of(finding: Finding) -> object:
    return finding.error


@pytest.mark.parametrize("path", [*CLASSIC, *SMALL], ids=lambda path: path.stem)
def test_models_of_the_repository(path: Path) -> None:
    """Nothing stays open on them."""
    for model in load(path):
        whole = ground(model, default_parameters(model))
        assert agree(whole) == 0


@pytest.mark.parametrize("part", range(SLICES))
def test_models_of_seeds(part: int, tmp_path: Path) -> None:
    left, properties = 0, 0
    file = tmp_path / "model.plait"
    for seed in range(part, SEEDS, SLICES):
        file.write_text(seeded_model(seed), encoding="utf-8")
        for model in load(file):
            whole = ground(model, default_parameters(model))
            properties += len(whole.properties)
            try:
                left += agree(whole, Limits(states=MOST)) or 0
            except UnsupportedError:
                left += len(whole.properties)
            except BaseException:
                print(f"seed {seed}\n{file.read_text(encoding='utf-8')}")
                raise
    assert left <= properties // 5
