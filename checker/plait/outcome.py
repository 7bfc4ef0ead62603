"""From what a search of states saw to a `Finding`: the same for every engine that searches states.

    Goal  = (property index, "claim" | "antecedent" | "error"), or MODEL_ERROR
    Run   = a run by its states and choices
    Seen  = counts, goals that were met, and a shortest run for each of them

An engine finds runs; here the reference semantics runs their ends again to say what went wrong, and the verdicts are
put into words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from plait.decide import Search, Sight, decide
from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.semantics import Failed, State, in_state, initial_states, on_step, run
from plait.trace import Choices
from plait.verdict import BoundMet, Budget, Finding, ModelError, Seconds, Symmetry
from plait_spec.diagnostics import Code
from plait_spec.ground import Choice, Ground, Property
from plait_spec.record import record

Goal: TypeAlias = tuple[int, str]
MODEL_ERROR: Goal = (-1, "error")


class Run:
    """A run by its choices, with the states that it passes (none after a step that errs)."""

    def __init__(self, start: State) -> None:
        self.states = [start]
        self.choices: list[Choice] = []

    def take(self, choice: Choice, target: State | None) -> None:
        """One step more."""
        self.choices.append(choice)
        if target is not None:
            self.states.append(target)


@record
class Seen:
    """What a search saw.

    `runs` are shortest runs for claims and errors; `met` are the goals that were met at all.  `fired` are step names.
    `start_error` is an error in the initial values, before any run begins.
    """

    engine: str
    states: int
    transitions: int
    depth: int
    cuts: Mapping[str, int]
    stopped: str | None
    symmetry: Symmetry
    seconds: Seconds
    fired: frozenset[str]
    dead_ends: int
    budgets: tuple[Budget, ...]
    met: frozenset[Goal]
    runs: Mapping[Goal, Run]
    start_error: RunError | None = None


def finding(ground: Ground, judged: Sequence[Property], seen: Seen) -> Finding:
    """The verdicts on the judged properties, with all that bears on them."""
    choices = numbered(ground, seen.runs)
    bounds = tuple(BoundMet(bound, cut) for bound, cut in sorted(seen.cuts.items()))
    error = model_error(ground, seen.runs, seen.start_error, choices)
    search = Search(seen.stopped, bounds, error, seen.fired)
    decisions = []
    for about in judged:
        claim = choices.get((about.index, "claim"))
        wrong = property_error(ground, about, seen.runs, choices)
        decisions.append(decide(about, Sight(claim, wrong, (about.index, "antecedent") in seen.met), search))
    return Finding(
        engine=seen.engine,
        states=seen.states,
        transitions=seen.transitions,
        depth=seen.depth,
        cut=sum(seen.cuts.values()),
        complete=seen.stopped is None,
        stopped=seen.stopped,
        symmetry=seen.symmetry,
        seconds=seen.seconds,
        unfired=_unfired(ground, seen.fired),
        bounds_met=bounds,
        dead_ends=seen.dead_ends,
        budgets=seen.budgets,
        error=error,
        decisions=tuple(decisions),
    )


def numbered(ground: Ground, runs: Mapping[Goal, Run]) -> dict[Goal, Choices]:
    """The runs as an engine hands them over, with the numbers of their initial states."""
    wanted = {found.states[0] for found in runs.values()}
    numbers: dict[State, int] = {}
    for number, state in enumerate(initial_states(ground) if wanted else ()):
        if state in wanted:
            numbers.setdefault(state, number)
            if len(numbers) == len(wanted):
                break
    if len(numbers) < len(wanted):
        raise EngineBug("a run starts in a state that is not initial")
    return {
        goal: Choices(
            numbers[found.states[0]],
            tuple((choice.instance, choice.at, choice.kept, choice.orders) for choice in found.choices),
        )
        for goal, found in runs.items()
    }


def _unfired(ground: Ground, fired: frozenset[str]) -> tuple[str, ...]:
    """The step names of rules that exist for these parameters, none of which had a transition."""
    names = dict.fromkeys(ground.model.rules[index].name for index in ground.rules)
    return tuple(name for name in names if name not in fired)


def model_error(
    ground: Ground, runs: Mapping[Goal, Run], start_error: RunError | None, choices: Mapping[Goal, Choices]
) -> ModelError | None:
    """The first error of the model."""
    if start_error is not None:
        return _error(start_error, Choices(0, ()), 0, None)
    if MODEL_ERROR not in runs:
        return None
    last = runs[MODEL_ERROR]
    outcome = run(ground, last.states[-1], last.choices[-1])
    if not isinstance(outcome, Failed):
        raise EngineBug("a step that errs in the search does not err under the reference semantics")
    failed = RunError(outcome.code, outcome.span, outcome.message)
    return _error(failed, choices[MODEL_ERROR], len(last.choices), None)


def property_error(
    ground: Ground, about: Property, runs: Mapping[Goal, Run], choices: Mapping[Goal, Choices]
) -> ModelError | None:
    """The first error in the evaluation of a property."""
    goal = (about.index, "error")
    if goal not in runs:
        return None
    try:
        _evaluate(ground, about, runs[goal])
    except RunError as error:
        failed = error
    except BoundError as met:
        failed = RunError(Code.OUTSIDE_TYPE, ground.model.properties[about.index].span, met.bound)
    else:
        raise EngineBug(f"`{about.name}` errs in the search but not under the reference semantics")
    return _error(failed, choices[goal], len(runs[goal].choices), about.name)


def _evaluate(ground: Ground, about: Property, at: Run) -> None:
    if about.kind == "deadlock free":
        for expr in ground.terminal:
            in_state(ground, expr, at.states[-1])
    elif about.on_steps and at.choices:
        on_step(ground, about, about.expr, at.states[-2], at.choices[-1], at.states[-1])
    else:
        in_state(ground, about.expr, at.states[-1])


def _error(error: RunError, choices: Choices, steps: int, in_property: str | None) -> ModelError:
    span = error.span
    return ModelError(
        str(error.code), error.message, span.source.name, span.line, span.column, choices, steps, in_property
    )
