"""A run made shorter: steps that what it shows does not need are left out.

    minimise(ground, trace) -> Choices

Delta debugging by replay: Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input*, IEEE
Transactions on Software Engineering 28(2), 2002, algorithm *ddmin*.  A part of the steps is run again under the
reference semantics, each found again by what it does (`rematch`); a step that is not possible any more is left out as
well, and the run ends as soon as it shows what the trace shows: the same property broken, or the same error at the
same place of the text.

Then two identities are made one (`identities`) wherever the run still shows it and is no longer for it, and what is
left is shortened again.

What comes back is 1-minimal: without any single one of its steps, what is left does not show it.  It need not be the
shortest run there is: only a search finds that.  No step is put in that was not there, and none is moved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from plait.errors import EngineBug, JobError
from plait.evaluation import BoundError, RunError
from plait.identities import merged, merges
from plait.rematch import Finder, Move, as_choices, moves_of
from plait.replay import history_of
from plait.semantics import Failed, Outcome, Reached, State, in_state, on_step, steps
from plait.trace import Choices, Trace
from plait_spec.diagnostics import printable
from plait_spec.ground import Choice, Ground, Property
from plait_spec.record import record

_CODE = re.compile(r"P5\d\d")


@record
class Part:
    """Steps that are possible one after the other, with the choices that they were."""

    moves: tuple[Move, ...]
    choices: tuple[Choice, ...]

    def __len__(self) -> int:
        return len(self.moves)


Test: TypeAlias = Callable[[Sequence[Move]], Part | None]
"""The part of these moves that is possible and shows it, no longer than need be; None where they do not show it."""


def minimise(ground: Ground, trace: Trace) -> Choices:
    """The choices of a run of some of the steps of the trace that shows the same, 1-minimal.

    `ground` is the expansion in which the trace's choices replay; EngineBug where they do not, or do not show it.
    """
    if trace.loop is not None:
        raise JobError(f"{printable(trace.goal)}: a run that repeats for ever cannot be minimised by this version")
    history = history_of(ground, trace.choices)
    goal = _goal(ground, trace, history.failure)
    start, finder = history.start, Finder(ground)

    def test(moves: Sequence[Move]) -> Part | None:
        return _run(finder, start, goal, moves)

    whole = test(moves_of(ground, history))
    if whole is None:
        raise EngineBug(f"{trace.goal}: its run does not show it under the reference semantics")
    return as_choices(trace.choices.initial, _with_fewer_identities(ground, ddmin(whole, test), test).choices)


def _with_fewer_identities(ground: Ground, part: Part, test: Test) -> Part:
    """The same with two identities made one wherever that shows it as well, until no two are left."""
    for merge in merges(ground, part.moves):
        found = test([merged(ground, move, merge) for move in part.moves])
        if found is not None:
            return _with_fewer_identities(ground, ddmin(found, test), test)
    return part


def ddmin(whole: Part, test: Test) -> Part:
    """The algorithm, on a part that passes the test: a part of it that does, and without any one step does not."""
    current, pieces = whole, 2
    while current.moves:
        pieces = min(pieces, len(current))
        smaller, pieces_left = _smaller(current, pieces, test)
        if smaller is not None:
            current, pieces = smaller, pieces_left
        elif pieces == len(current):
            return current
        else:
            pieces *= 2
    return current


def _smaller(current: Part, pieces: int, test: Test) -> tuple[Part | None, int]:
    """One of the pieces, or all but one of them, that passes; and in how many pieces to cut it next."""
    cuts = [len(current) * number // pieces for number in range(pieces + 1)]
    spans = list(pairwise(cuts))
    if pieces > 1:
        for first, last in spans:
            if (found := test(current.moves[first:last])) is not None:
                return found, 2
    for first, last in spans:
        if (found := test(current.moves[:first] + current.moves[last:])) is not None:
            return found, max(pieces - 1, 2)
    return None, pieces


# ---- one attempt


def _run(finder: Finder, start: State, goal: Goal, moves: Sequence[Move]) -> Part | None:
    """Run the moves that are possible until they show it."""
    state = start
    done: list[tuple[Move, Choice]] = []
    if goal.in_start(start):
        return _part(done)
    for move in moves:
        found = finder.find(state, move)
        if found is None:
            continue
        choice, outcome = found
        if goal.on_step(state, choice, outcome):
            return _part([*done, (move, choice)])
        if isinstance(outcome, Reached):
            state = outcome.state
            done.append((move, choice))
    return None


def _part(done: Sequence[tuple[Move, Choice]]) -> Part:
    return Part(tuple(move for move, _ in done), tuple(choice for _, choice in done))


# ---- what has to be shown


@record
class Goal:
    """What a run shows: at its start, before any step, or by its last step (source, choice, outcome)."""

    in_start: Callable[[State], bool]
    on_step: Callable[[State, Choice, Outcome], bool]


def _goal(ground: Ground, trace: Trace, failure: Failed | None) -> Goal:
    if trace.kind == "error" and _CODE.fullmatch(trace.goal):
        return _model_error(trace, failure)
    about = next((found for found in ground.properties if found.name == trace.goal), None)
    if about is None:
        raise JobError(f"the model has no property {printable(trace.goal)} any more")
    return _of_states(ground, about, _erring if trace.kind == "error" else _decided)


def _model_error(trace: Trace, failure: Failed | None) -> Goal:
    """The step errs with the same code at the same place."""
    if failure is None:
        raise EngineBug(f"the run for {trace.goal} does not end in this error under the reference semantics")

    def on_step(state: State, choice: Choice, outcome: Outcome) -> bool:
        return isinstance(outcome, Failed) and (outcome.code, outcome.span) == (failure.code, failure.span)

    return Goal(lambda start: False, on_step)


Look: TypeAlias = Callable[[Ground, Property, Callable[[], bool]], bool]


def _of_states(ground: Ground, about: Property, look: Look) -> Goal:
    """The property is decided (or errs) in a state, or on the step to it."""

    def in_state_of(state: State) -> bool:
        if about.kind == "step":
            return False
        return look(ground, about, lambda: _holds_in(ground, about, state))

    def on(state: State, choice: Choice, outcome: Outcome) -> bool:
        if not isinstance(outcome, Reached):
            return False
        after = outcome.state
        if not about.on_steps:
            return in_state_of(after)
        return look(ground, about, lambda: on_step(ground, about, about.expr, state, choice, after))

    return Goal(in_state_of, on)


def _holds_in(ground: Ground, about: Property, state: State) -> bool:
    if about.kind == "deadlock free":
        ended = any(in_state(ground, expr, state) for expr in ground.terminal)
        return ended or bool(steps(ground, state))
    return in_state(ground, about.expr, state)


def _decided(ground: Ground, about: Property, value: Callable[[], bool]) -> bool:
    """Whether it breaks, or (`reachable`) is reached."""
    try:
        found = value()
    except (RunError, BoundError):
        return False
    match about.kind:
        case "always" | "step" | "deadlock free" | "lemma":
            return not found
        case "never" | "reachable":
            return found
        case _:
            raise JobError(f"{about.name}: a trace of `{about.kind}` cannot be minimised by this version")


def _erring(ground: Ground, about: Property, value: Callable[[], bool]) -> bool:
    """Whether its evaluation errs."""
    try:
        value()
    except (RunError, BoundError):
        return True
    return False
