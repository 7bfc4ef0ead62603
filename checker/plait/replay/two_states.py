"""A step from any state in words: what refutes an invariant, and counterexamples to induction.

Only what differs from the initial state is told, since the state was chosen to differ in few places.
"""

from __future__ import annotations

from plait.errors import EngineBug
from plait.replay.history import history_from
from plait.replay.messages import Flights
from plait.replay.wording import Wording, appearances, changed
from plait.semantics import Reached, State, initial_states, steps_of
from plait.trace import TwoStates
from plait_spec.ground import Choice, Ground


def in_words(ground: Ground, state: State, choice: Choice | None) -> TwoStates:
    """The state, and the step from there if there is one; identities are counted as they appear."""
    history = history_from(ground, state, () if choice is None else (choice,))
    wording, flights = Wording(ground), Flights(ground, history)
    wording.count_by_appearance(appearances(wording, history, flights))
    told = apart_from_start(wording, state)
    if not history.steps:
        return TwoStates(told)
    (step,), (traffic,) = history.steps, flights.traffic
    changes = [
        (wording.place(at), wording.held(cell, step.before[at]), wording.held(cell, step.after[at]))
        for at in wording.in_order(changed(wording, step))
        for cell in (ground.cells[at],)
    ]
    return TwoStates(
        state=told,
        who=wording.lane(step),
        step=wording.label(step, flights),
        sent=tuple(wording.message(flights.all[id]) for id in traffic.sent),
        removed=tuple((flights.all[id].end, wording.message(flights.all[id])) for id in traffic.removed),
        changes=tuple(changes),
    )


def apart_from_start(wording: Wording, state: State) -> tuple[tuple[str, str], ...]:
    """The places where a state differs from the first initial state, with their values."""
    cells = wording.ground.cells
    first = next(initial_states(wording.ground), None)
    differ = (at for at in range(len(state)) if first is None or state[at] != first[at])
    return tuple(
        (wording.place(at), wording.held(cells[at], state[at]))
        for at in wording.in_order(differ)
        if cells[at].kind != "monitor"
    )


def choice_between(ground: Ground, state: State, choice: Choice, after: State) -> Choice:
    """The least choice of the same instance that leads there under the reference semantics."""
    found = [
        one
        for one, outcome in steps_of(ground, state, choice.instance)
        if isinstance(outcome, Reached) and outcome.state == after
    ]
    if not found:
        raise EngineBug("a step of the formulas leads where it does not under the reference semantics")
    return min(found, key=lambda one: (one.at, one.kept, one.orders))
