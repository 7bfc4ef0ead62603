"""The engine: a ground model in, a `Finding` out."""

from __future__ import annotations

import time
from collections.abc import Collection

from plait.engines.interpreter.explore import Explored, Normal, explore, prepared
from plait.engines.interpreter.witness import runs
from plait.limits import Limits, Progress, Watch
from plait.outcome import Seen, finding
from plait.reduction import reduction_of
from plait.symmetry import normal_form
from plait.verdict import Budget, Finding, Seconds
from plait_spec.domains import RangeDomain
from plait_spec.ground import Ground

ENGINE = "interpreter"


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def check(
    ground: Ground,
    properties: Collection[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    symmetry: bool = True,
    watch: Watch = unwatched,
) -> Finding:
    """Search every state and judge the properties of these names (None: all)."""
    began = time.perf_counter()
    judged = [about for about in ground.properties if properties is None or about.name in properties]
    model = prepared(ground, judged)
    reduction = reduction_of(ground) if symmetry else None
    form = normal_form(ground) if symmetry else None
    normal: Normal | None = None if form is None else form.normal
    ready = time.perf_counter()
    explored = explore(model, limits, normal, watch)
    fired = frozenset(ground.model.rules[ground.instances[index].rule].name for index in explored.fired)
    found = runs(model, explored.levels, explored.hits, form)
    searched = time.perf_counter()
    seen = Seen(
        engine=ENGINE,
        states=explored.states,
        transitions=explored.transitions,
        depth=max(len(explored.levels) - 1, 0),
        cuts=explored.cuts,
        stopped=explored.stopped,
        symmetry="off" if reduction is None else "full" if reduction.exact else "partial",
        seconds=Seconds(searched - began, ready - began, searched - ready),
        fired=fired,
        dead_ends=explored.dead_ends,
        budgets=_budgets(ground, explored),
        met=frozenset(explored.hits),
        runs=found,
        start_error=explored.start_error,
    )
    return finding(ground, judged, seen)


def _budgets(ground: Ground, explored: Explored) -> tuple[Budget, ...]:
    """How much of each budget was used at most."""
    found = []
    for index, cell in enumerate(ground.cells):
        if cell.kind == "budget" and isinstance(cell.domain, RangeDomain):
            used = max((state[index] for level in explored.levels for state in level), default=cell.domain.lo)
            found.append(Budget(cell.variable, cell.domain.hi, used - cell.domain.lo))
    return tuple(found)
