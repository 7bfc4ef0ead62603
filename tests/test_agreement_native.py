"""The native explorer against the interpreter: the same counts, verdicts, choices, errors and unfired steps.

On every model of the repository, and on models made from seeds; in both tiers, which read the same emitted text.  A
model that the native engine does not hold is refused as such: none of the seeds is.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from plait.engines import interpreter
from plait.engines.native.engine import Tier, check
from plait.engines.native.layout import UnsupportedError, layout_of
from plait.evaluation import BoundError, RunError
from plait.limits import Limits, Progress
from plait.semantics import Reached, initial_states, state_key, steps
from plait.verdict import Finding, Seconds
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground, symmetric_sorts
from tests.strategies import seeded_model

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 5_000 if SOAK else 500
COMPILED_EVERY = 25  # seeds: compiling takes longer than searching such small models
SLICES = 10
HERE = Path(__file__).parent
FOLDERS = (HERE.parent / "models", HERE / "rules", HERE / "regressions")
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.plait"))
MOST = 2_000
LARGEST = 45_000  # states of a model of the repository; only some designs for any size have more
REFUSED = {"native_wraps"}  # models that the native engine must not take


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def plain(finding: Finding) -> Finding:
    """What both engines must say alike."""
    return replace(finding, seconds=Seconds(0, 0, 0), engine="")


def agree(whole: Ground, limits: Limits, tiers: tuple[Tier, ...]) -> bool:
    """Compare the engines, with and without symmetry; False where the native one does not hold the model."""
    for symmetry in (False, True) if symmetric_sorts(whole) else (False,):
        wanted = interpreter.check(whole, None, limits, symmetry, unwatched)
        if wanted.stopped is not None:
            continue  # where an engine stops between two levels is its own affair
        for tier in tiers:
            try:
                found = check(whole, None, limits, symmetry, unwatched, tier)
            except UnsupportedError:
                return False
            assert plain(found) == plain(wanted), (tier, symmetry)
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_models_of_the_repository(path: Path) -> None:
    """Every model of the repository, in both tiers, where the interpreter is done in seconds."""
    for model in load(path):
        held = agree(ground(model, default_parameters(model)), Limits(states=LARGEST), ("interpreted", "compiled"))
        assert held == (path.stem not in REFUSED)


@pytest.mark.parametrize("part", range(SLICES))
def test_models_of_seeds(part: int, tmp_path: Path) -> None:
    """Random models in the interpreted tier, some of them compiled too."""
    refused = 0
    file = tmp_path / "model.plait"
    for seed in range(part, SEEDS, SLICES):
        text = seeded_model(seed)
        file.write_text(text, encoding="utf-8")
        for model in load(file):
            whole = ground(model, default_parameters(model))
            tiers: tuple[Tier, ...] = ("interpreted", "compiled") if seed % COMPILED_EVERY == part else ("interpreted",)
            try:
                refused += not agree(whole, Limits(states=MOST), tiers)
            except BaseException:
                print(f"seed {seed}\n{text}")
                raise
    assert not refused


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_order_as_values_do(path: Path) -> None:
    """States come back from their words, and the words compare as the values do."""
    for model in load(path):
        whole = ground(model, default_parameters(model))
        layout, key = layout_of(whole), state_key(whole)
        try:
            seen = set(list(initial_states(whole))[:50])
        except (RunError, BoundError):
            continue  # no run begins
        waiting = list(seen)
        while waiting and len(seen) < 200:
            for _, outcome in steps(whole, waiting.pop()):
                if isinstance(outcome, Reached) and outcome.state not in seen:
                    seen.add(outcome.state)
                    waiting.append(outcome.state)
        states = sorted(seen, key=key)
        words = [layout.encode(state) for state in states]
        assert [layout.decode(each) for each in words] == states
        assert words == sorted(words)
