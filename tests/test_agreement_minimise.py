"""Random runs of random models made shorter: against a plain account of what may be left out, and shortest runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plait.engines.interpreter import check
from plait.limits import Limits
from plait.minimise import minimise
from plait.replay import history_of, replay
from plait.semantics import initial_states
from plait.trace import Trace
from plait_spec import load
from plait_spec.diagnostics import SpecError
from plait_spec.ground import Ground
from plait_spec.grounding import ground
from tests.checker.walks import random_walks, shown_without, told
from tests.strategies import seeded_model

SEEDS = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 160
WALKS, LONGEST, MOST_STATES = 15, 24, 1_000
KINDS = ("always", "never", "step")


def small_enough(file: Path) -> tuple[Ground, dict[str, int]] | None:
    """A model, and the lengths of its shortest counterexamples that take a step; None where there is none to be had."""
    try:
        found = ground(load(file)[0], {})
    except (SpecError, IndexError):
        return None
    names = tuple(one.name for one in found.properties if one.kind in KINDS)
    finding = check(found, names, Limits(states=MOST_STATES), symmetry=False)
    runs = {one.property: one.choices for one in finding.decisions if one.error is None}
    lengths = {name: len(run.steps) for name, run in runs.items() if run is not None and run.steps}
    return (found, lengths) if finding.complete and finding.error is None and lengths else None


def is_minimal(found: Ground, name: str, shortest: int, trace: Trace) -> None:
    small = minimise(found, trace)
    assert shortest <= len(small.steps) <= len(trace.steps)
    assert replay(found, "model.plait", small, name, None, False).steps
    history = history_of(found, small)
    whole = [told(found, step.before, step.choice) for step in history.steps]
    if any(step.choice.kept or step.choice.orders for step in history.steps):
        return  # what a break keeps and the order of a loop are no part of `told`
    assert shown_without(found, name, small.initial, whole)
    for left_out in range(len(whole)):
        assert not shown_without(found, name, small.initial, whole[:left_out] + whole[left_out + 1 :]), left_out


@pytest.mark.parametrize("part", range(4))
def test_random_models(part: int, tmp_path: Path) -> None:
    shortened = 0
    for seed in range(part, SEEDS, 4):
        file = tmp_path / "random.plait"
        file.write_text(seeded_model(seed), encoding="utf-8")
        looked_at = small_enough(file)
        if looked_at is None or next(initial_states(looked_at[0]), None) is None:
            continue
        found, lengths = looked_at
        for name, shortest in lengths.items():
            for trace in random_walks(found, name, seed, LONGEST, WALKS):
                shortened += len(trace.steps) > shortest
                try:
                    is_minimal(found, name, shortest, trace)
                except BaseException:
                    print(f"seed {seed}, {name}\n{file.read_text(encoding='utf-8')}")
                    raise
    assert shortened > SEEDS / 20
