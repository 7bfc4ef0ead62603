"""Runs of real models, step by step as a test names them, or at random: long ones, which no search would find."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TypeAlias

from plait.evaluation import BoundError, RunError
from plait.replay import replay
from plait.semantics import Failed, Reached, State, in_state, initial_states, on_step, steps
from plait.trace import Choices, Trace
from plait.verdict import ModelError
from plait_spec import load
from plait_spec.domains import Value
from plait_spec.ground import Choice, Ground, Lose, Receive
from plait_spec.grounding import ground

ROOT = Path(__file__).parents[2]
Told: TypeAlias = tuple[str, tuple[Value, ...], tuple[Value, ...] | None]


def expanded(path: Path, **parameters: Value) -> Ground:
    """The first model of a file."""
    return ground(load(path)[0], parameters)


def told(found: Ground, state: State, choice: Choice) -> Told:
    """A choice as tests name it: step name, arguments and picks, fields of the message taken or lost."""
    instance = found.instances[choice.instance]
    fields = None
    if isinstance(instance.trigger, Receive | Lose):
        fields = state[instance.trigger.queue][choice.at][2:]
    return found.model.rules[instance.rule].name, (*instance.args, *instance.picks), fields


def row(choice: Choice) -> tuple[int, int, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    return choice.instance, choice.at, choice.kept, choice.orders


def walk(found: Ground, *wanted: str | Told) -> Choices:
    """The choices of a run by the names of its steps; `name` alone stands for the first such choice."""
    state, rows = next(initial_states(found)), []
    for one in wanted:
        offered = [(choice, outcome) for choice, outcome in steps(found, state)]
        fits = [
            (choice, outcome)
            for choice, outcome in offered
            if one in (told(found, state, choice), told(found, state, choice)[0])
        ]
        assert fits, (one, [told(found, state, choice) for choice, _ in offered])
        choice, outcome = fits[0]
        rows.append(row(choice))
        if isinstance(outcome, Reached):
            state = outcome.state
    return Choices(0, tuple(rows))


def shows(found: Ground, name: str, before: State, choice: Choice, after: State) -> bool:
    """Whether a step decides a property that is about states or steps."""
    about = next(one for one in found.properties if one.name == name)
    try:
        if about.kind == "deadlock free":
            return not steps(found, after) and not any(in_state(found, expr, after) for expr in found.terminal)
        value = (
            on_step(found, about, about.expr, before, choice, after)
            if about.on_steps
            else in_state(found, about.expr, after)
        )
    except (RunError, BoundError):
        return False
    return value == (about.kind in ("never", "reachable"))


def shown_without(found: Ground, name: str, initial: int, wanted: Sequence[Told]) -> bool:
    """Whether these steps, those left out that are not possible any more, still break the property."""
    state = list(initial_states(found))[initial]
    for one in wanted:
        for choice, outcome in steps(found, state):
            if told(found, state, choice) == one and isinstance(outcome, Reached):
                if shows(found, name, state, choice, outcome.state):
                    return True
                state = outcome.state
                break
    return False


def random_walks(
    found: Ground, name: str, seed: int, longest: int = 60, attempts: int | None = None
) -> Iterator[Trace]:
    """Traces of random runs that decide the property by their last step, of so many runs (None: endless)."""
    dice = random.Random(seed)
    starts = list(initial_states(found))
    for _ in count() if attempts is None else range(attempts):
        number = dice.randrange(len(starts))
        state, rows = starts[number], []
        for _ in range(longest):
            offered = [(choice, one) for choice, one in steps(found, state) if isinstance(one, Reached)]
            if not offered:
                break
            choice, outcome = dice.choice(offered)
            rows.append(row(choice))
            if shows(found, name, state, choice, outcome.state):
                yield replay(found, "model.plait", Choices(number, tuple(rows)), name, None, False)
                break
            state = outcome.state


def error_trace(found: Ground, choices: Choices) -> Trace:
    """The trace of a run whose last step errs."""
    state, outcome = list(initial_states(found))[choices.initial], None
    for one in choices.steps:
        outcome = {row(choice): out for choice, out in steps(found, state)}[one]
        state = outcome.state if isinstance(outcome, Reached) else state
    assert isinstance(outcome, Failed)
    error = ModelError(str(outcome.code), outcome.message, "model.plait", 1, 1, choices, len(choices.steps))
    return replay(found, "model.plait", choices, None, error, False)
