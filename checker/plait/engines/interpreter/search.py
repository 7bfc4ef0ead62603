"""The engine: a ground model in, a `Finding` out."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from plait.decide import Search, Sight, decide
from plait.engines.interpreter.explore import MODEL_ERROR, Explored, Goal, Normal, explore, prepared
from plait.engines.interpreter.witness import Run, numbered, runs
from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.limits import Limits, Progress, Watch
from plait.semantics import Failed, in_state, on_step, run
from plait.symmetry import normal_form
from plait.trace import Choices
from plait.verdict import BoundMet, Budget, Finding, ModelError, Seconds, Symmetry
from plait_spec.diagnostics import Code
from plait_spec.domains import RangeDomain
from plait_spec.ground import Ground, Property
from plait_spec.source import Span

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
    form = normal_form(ground) if symmetry else None
    normal: Normal | None = None if form is None else form.normal
    ready = time.perf_counter()
    explored = explore(model, limits, normal, watch)
    fired = frozenset(explored.fired)
    found = runs(model, explored.levels, explored.hits, normal)
    choices = numbered(ground, found)
    searched = time.perf_counter()
    word: Symmetry = "off" if form is None else "full" if form.exact else "partial"
    seconds = Seconds(searched - began, ready - began, searched - ready)
    return _finding(ground, judged, explored, fired, _Runs(ground, found, choices), word, seconds)


class _Runs:
    """The runs of a search by goal, and the errors that they end in."""

    def __init__(self, ground: Ground, found: Mapping[Goal, Run], choices: Mapping[Goal, Choices]) -> None:
        self.ground, self.found, self.choices = ground, found, choices

    def model_error(self, explored: Explored) -> ModelError | None:
        """The first error of the model."""
        if explored.start_error is not None:
            return _error(explored.start_error, Choices(0, ()), 0, None)
        if MODEL_ERROR not in self.found:
            return None
        last = self.found[MODEL_ERROR]
        outcome = run(self.ground, last.states[-1], last.choices[-1])
        if not isinstance(outcome, Failed):
            raise EngineBug("a step that errs in the search does not err under the reference semantics")
        failed = RunError(outcome.code, outcome.span, outcome.message)
        return _error(failed, self.choices[MODEL_ERROR], len(last.choices), None)

    def property_error(self, about: Property) -> ModelError | None:
        """The first error in the evaluation of a property."""
        goal = (about.index, "error")
        if goal not in self.found:
            return None
        at = self.found[goal]
        try:
            self._evaluate(about, at)
        except RunError as error:
            failed = error
        except BoundError as met:
            failed = RunError(Code.OUTSIDE_TYPE, self.ground.model.properties[about.index].span, met.bound)
        else:
            raise EngineBug(f"`{about.name}` errs in the search but not under the reference semantics")
        return _error(failed, self.choices[goal], len(at.choices), about.name)

    def _evaluate(self, about: Property, at: Run) -> None:
        if about.kind == "deadlock free":
            for expr in self.ground.terminal:
                in_state(self.ground, expr, at.states[-1])
        elif about.on_steps and at.choices:
            on_step(self.ground, about, about.expr, at.states[-2], at.choices[-1], at.states[-1])
        else:
            in_state(self.ground, about.expr, at.states[-1])


def _error(error: RunError, choices: Choices, steps: int, in_property: str | None) -> ModelError:
    span: Span = error.span
    return ModelError(
        str(error.code), error.message, span.source.name, span.line, span.column, choices, steps, in_property
    )


def _finding(
    ground: Ground,
    judged: Sequence[Property],
    explored: Explored,
    fired: frozenset[int],
    found: _Runs,
    symmetry: Symmetry,
    seconds: Seconds,
) -> Finding:
    names = frozenset(ground.model.rules[ground.instances[index].rule].name for index in fired)
    bounds = tuple(BoundMet(bound, cut) for bound, cut in sorted(explored.cuts.items()))
    error = found.model_error(explored)
    search = Search(explored.stopped, bounds, error, names)
    decisions = tuple(decide(about, _sight(about, explored, found), search) for about in judged)
    return Finding(
        engine=ENGINE,
        states=explored.states,
        transitions=explored.transitions,
        depth=max(len(explored.levels) - 1, 0),
        cut=sum(explored.cuts.values()),
        complete=explored.stopped is None,
        stopped=explored.stopped,
        symmetry=symmetry,
        seconds=seconds,
        unfired=_unfired(ground, names),
        bounds_met=bounds,
        dead_ends=explored.dead_ends,
        budgets=_budgets(ground, explored),
        error=error,
        decisions=decisions,
    )


def _sight(about: Property, explored: Explored, found: _Runs) -> Sight:
    antecedent = (about.index, "antecedent") in explored.hits
    return Sight(found.choices.get((about.index, "claim")), found.property_error(about), antecedent)


def _unfired(ground: Ground, fired: frozenset[str]) -> tuple[str, ...]:
    """The step names of rules that exist for these parameters, none of which had a transition."""
    names = dict.fromkeys(ground.model.rules[index].name for index in ground.rules)
    return tuple(name for name in names if name not in fired)


def _budgets(ground: Ground, explored: Explored) -> tuple[Budget, ...]:
    """How much of each budget was used at most."""
    found = []
    for index, cell in enumerate(ground.cells):
        if cell.kind == "budget" and isinstance(cell.domain, RangeDomain):
            used = max((state[index] for level in explored.levels for state in level), default=cell.domain.lo)
            found.append(Budget(cell.variable, cell.domain.hi, used - cell.domain.lo))
    return tuple(found)
