"""From the states of a run to its choices, by the reference semantics; and the orbits of states.

The states come from formulas. That each has a step into the next is found out here by running the model, so that a
mistake of the encoding is an EngineBug and never a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product
from math import factorial, prod

from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.outcome import MODEL_ERROR, Goal, Run
from plait.semantics import Failed, Reached, State, initial_states, on_step, steps
from plait.symmetry import normal_form
from plait_spec.ground import Choice, Ground, Property

MOST_RENAMINGS = 200

Orbit = Callable[[State], Sequence[State]]


def orbits(ground: Ground, symmetry: bool) -> Orbit | None:
    """The states that a state can be renamed to; None where states are told apart.

    That is without symmetry, without identities, and where there are too many renamings to try all of them.
    """
    form = normal_form(ground) if symmetry else None
    if form is None:
        return None
    sizes = [(sort, count) for sort, count in ground.ids if count > 1]
    if prod(factorial(count) for _, count in sizes) > MOST_RENAMINGS:
        return None
    orders = product(*(permutations(range(count)) for _, count in sizes))
    renamings = [{sort: order for (sort, _), order in zip(sizes, row, strict=True)} for row in orders]

    def orbit(state: State) -> list[State]:
        return list(dict.fromkeys(form.image(state, renaming) for renaming in renamings))

    return orbit


def trouble_at_start(ground: Ground) -> RunError | BoundError | None:
    """What goes wrong before there is any state, as the reference semantics says it; None where nothing does."""
    try:
        for _ in initial_states(ground):
            pass
    except (RunError, BoundError) as trouble:
        return trouble
    return None


def run_of(
    ground: Ground, properties: Sequence[Property], goal: Goal, chain: Sequence[State], by_step: bool, orbit: Orbit
) -> Run:
    """The run through the orbits of these states by the least choices, and the least step that meets the goal."""
    run = Run(chain[0])
    for target in chain[1:]:
        among = set(orbit(target))
        run.take(
            *_least(
                (choice, outcome.state)
                for choice, outcome in steps(ground, run.states[-1])
                if isinstance(outcome, Reached) and outcome.state in among
            )
        )
    if by_step:
        run.take(*_least(_deciding(ground, properties, goal, run.states[-1])))
    return run


def _least(found: Iterator[tuple[Choice, State | None]]) -> tuple[Choice, State | None]:
    choices = list(found)
    if not choices:
        raise EngineBug("a run that the formulas have is none under the reference semantics")
    return min(choices, key=lambda pair: (pair[0].instance, pair[0].at, pair[0].kept, pair[0].orders))


def _deciding(
    ground: Ground, properties: Sequence[Property], goal: Goal, source: State
) -> Iterator[tuple[Choice, State | None]]:
    """The steps that meet a goal."""
    for choice, outcome in steps(ground, source):
        if goal == MODEL_ERROR:
            if isinstance(outcome, Failed):
                yield choice, None
        elif isinstance(outcome, Reached) and _decides(ground, properties, goal, source, choice, outcome.state):
            yield choice, outcome.state


def _decides(
    ground: Ground, properties: Sequence[Property], goal: Goal, source: State, choice: Choice, target: State
) -> bool:
    about = next(about for about in properties if about.index == goal[0])
    try:
        value = on_step(ground, about, about.expr, source, choice, target)
    except (RunError, BoundError):
        return goal[1] == "error"
    return goal[1] == "claim" and value == (about.kind in ("never", "reachable"))
