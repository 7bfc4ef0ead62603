"""The least sets of faults, against every combination of faults searched by itself.

It also tests what the search for them takes for granted: that more faults never take a run away, reordering included.
"""

from __future__ import annotations

import os
from itertools import product
from math import prod
from pathlib import Path

import pytest

from plait.faults import Source, limited, sources_of
from plait.faults_lattice import Vector
from plait.faults_search import ASKED, MONOTONE, How, explain
from plait.limits import Limits
from plait.plan import Loaded, Plan, runs_of
from plait.session import UNLIMITED
from plait.tools import Installed
from plait_spec import load
from plait_spec.core import Model
from plait_spec.diagnostics import SpecError
from plait_spec.grounding import ground
from tests.strategies import seeded_model

ROOT = Path(__file__).parent.parent
FILES = [
    *sorted((ROOT / "tests" / "rules").glob("*.plait")),
    *sorted((ROOT / "models").glob("c*/*.plait")),
    ROOT / "tests" / "faults" / "notes.plait",
]
MOST_VECTORS = 40
MOST_STATES = 1_000
TOOLS = Installed("interpreter")


def plan_of(file: Path) -> Plan | None:
    """The first model of a file at its defaults, if it is one and small enough."""
    try:
        model = load(file)[0]
        plan = next(runs_of(Loaded(str(file), model), (), ()))
        whole = ground(model, {})
    except (SpecError, IndexError):
        return None
    vectors = prod(source.most + 1 for source in sources_of(whole))
    if not 1 < vectors <= MOST_VECTORS:
        return None
    names = tuple(one.name for one in whole.properties)
    finding = TOOLS.check(whole, names, Limits(states=MOST_STATES), False, lambda progress: None)
    return plan if finding.complete else None


def shown(model: Model, names: tuple[str, ...]) -> dict[str, bool]:
    """For each property whether a run decides it; under the empty name, whether the model errs."""
    found = TOOLS.check(ground(model, {}), names, UNLIMITED, False, lambda progress: None)
    told = {one.property: one.choices is not None for one in found.decisions}
    return {**told, "": found.error is not None}


def check(plan: Plan) -> int:
    """Compare; the number of properties that take some fault."""
    model = plan.model
    kinds = {one.name: one.kind for one in model.properties}
    names = tuple(name for name in plan.properties if kinds[name] in ASKED)
    sources = sources_of(ground(model, {}))
    vectors = list(product(*(range(source.most + 1) for source in sources)))
    shows = {vector: shown(limited(model, levels(sources, vector)), names) for vector in vectors}
    found = {
        one.name if one.kind != "error" else "": one for one in explain(plan, How(TOOLS, UNLIMITED, True)).properties
    }
    for name in (*names, ""):
        monotone = name == "" or kinds[name] in MONOTONE
        holding = [vector for vector in vectors if shows[vector][name]]
        if monotone:
            assert all(shows[other][name] for vector in holding for other in vectors if below(vector, other)), name
        wanted = sorted(least(holding))
        if name == "" and not wanted:
            assert "" not in found
            continue
        told = sorted(
            tuple({one.name: level for one, level in cause.faults}.get(source.name, 0) for source in sources)
            for cause in found[name].causes
        )
        assert told == wanted, name
    return sum(one.outcome == "with" for one in found.values())


def levels(sources: tuple[Source, ...], vector: Vector) -> dict[str, int | None]:
    pairs = zip(sources, vector, strict=True)
    return {one.name: None if one.limit is None and level else level for one, level in pairs}


def below(one: Vector, other: Vector) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def least(shown: list[Vector]) -> list[Vector]:
    """Those of which no level can be less."""
    return [one for one in shown if not any(other != one and below(other, one) for other in shown)]


SEEDS = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 120
PLANS = [pytest.param(plan, id=file.stem) for file in FILES if (plan := plan_of(file)) is not None]


@pytest.mark.parametrize("plan", PLANS)
def test_models(plan: Plan) -> None:
    check(plan)


@pytest.mark.parametrize("part", range(4))
def test_random_models(part: int, tmp_path: Path) -> None:
    looked_at = 0
    for seed in range(part, SEEDS, 4):
        file = tmp_path / "random.plait"
        file.write_text(seeded_model(seed), encoding="utf-8")
        plan = plan_of(file)
        if plan is not None:
            looked_at += 1
            try:
                check(plan)
            except BaseException:
                print(f"seed {seed}\n{file.read_text(encoding='utf-8')}")
                raise
    assert looked_at > SEEDS / 40
