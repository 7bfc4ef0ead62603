"""A run under the reference semantics: an initial state by number and choices in, states and what happened out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.semantics import Cut, Failed, Observed, Reached, State, initial_state, observe
from plait.trace import Choices
from plait_spec.core import Rule
from plait_spec.domains import Value
from plait_spec.ground import Choice, Ground, Instance, Lose, Receive
from plait_spec.record import record


@record
class Taken:
    """One step: where it started, what it did, and where it led (`after` is `before` where it errs)."""

    number: int
    choice: Choice
    instance: Instance
    rule: Rule
    before: State
    after: State
    observed: Observed

    @property
    def erred(self) -> bool:
        """Whether it ends in a model error."""
        return isinstance(self.observed.outcome, Failed)

    @property
    def message(self) -> Value | None:
        """The message that it takes from a queue, or loses."""
        match self.instance.trigger:
            case Receive(queue) | Lose(queue):
                return self.before[queue][self.choice.at]
            case _:
                return None


@record
class History:
    """A run; `failure` is the model error that its last step ends in."""

    start: State
    steps: tuple[Taken, ...]
    failure: Failed | None

    @property
    def end(self) -> State:
        """The last state."""
        return self.steps[-1].after if self.steps else self.start


def history_of(ground: Ground, choices: Choices) -> History:
    """Run the choices; raises EngineBug where one of them is not offered or does not lead on."""
    missing = EngineBug(f"there is no initial state number {choices.initial}")
    if choices.initial > sys.maxsize:
        raise missing
    try:
        start = initial_state(ground, choices.initial)
    except StopIteration:
        raise missing from None
    except (RunError, BoundError) as error:
        raise EngineBug(f"the model has no initial state: {error}") from None
    return history_from(ground, start, [Choice(*row) for row in choices.steps])


def history_from(ground: Ground, start: State, choices: Sequence[Choice]) -> History:
    """Run the choices from any state, reachable or not; EngineBug as above."""
    state, failure = start, None
    steps: list[Taken] = []
    for number, choice in enumerate(choices, start=1):
        if choice.instance >= len(ground.instances):
            raise EngineBug(f"step {number} of a run is none that this model has")
        instance = ground.instances[choice.instance]
        rule = ground.model.rules[instance.rule]
        observed = observe(ground, state, choice)
        if observed is None or failure is not None:
            raise EngineBug(f"step {number} of a run, {rule.name}, is not possible under the reference semantics")
        match observed.outcome:
            case Reached(after):
                pass
            case Failed():
                failure, after = observed.outcome, state
            case Cut(bound):
                raise EngineBug(f"step {number} of a run is cut under the reference semantics: {bound}")
        steps.append(Taken(number, choice, instance, rule, state, after, observed))
        state = after
    return History(start, tuple(steps), failure)
