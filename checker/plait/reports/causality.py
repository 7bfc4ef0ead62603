"""The causal past of a violation: trace to the numbers of the steps that could have had a part in it.

A step happens because of

* the step before it on each of its lanes,
* the step that sent the message which it receives, loses or clears, and the one that duplicated it,
* the steps that took earlier messages out of the same queue, so that this one came to be its head,
* the last steps that wrote the places which it reads.

The violation itself is the last step, the last writers of the places that the broken property reads, and in a lasso
every step that repeats.  What is left out cannot have mattered; what is in need not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from plait.trace import Message, Step, Trace


def loop_steps(trace: Trace) -> range:
    """The numbers of the steps that repeat for ever: after the last one, the state is the one after step `loop`."""
    last = len(trace.steps)
    return range(last + 1, last + 1) if trace.loop is None else range(trace.loop + 1, last + 1)


def causal_past(trace: Trace) -> frozenset[int]:
    """The numbers of the steps in the causal past of the violation, itself included."""
    steps = {step.number: step for step in trace.steps}
    past: set[int] = set()
    todo = [number for number in _roots(trace) if number in steps]
    while todo:
        number = todo.pop()
        if number not in past:
            past.add(number)
            todo += [cause for cause in _causes(trace, steps[number]) if cause in steps]
    return frozenset(past)


def _roots(trace: Trace) -> Iterator[int]:
    if trace.steps:
        yield trace.steps[-1].number
    yield from loop_steps(trace)
    end = len(trace.steps) + 1
    for place, _ in trace.broken.values:
        yield from _writers(trace, place, end)
        if trace.kind == "step":  # the claim is about the last two states
            yield from _writers(trace, place, end - 1)


def _causes(trace: Trace, step: Step) -> Iterator[int]:
    for lane in lanes_of(step):
        yield from _before_on(trace, lane, step.number)
    for message in _touched(trace, step):
        yield from _makers(trace, message)
        yield from _removed_before(trace, message, step.number)
    for place in step.reads:
        yield from _writers(trace, place, step.number)


def lanes_of(step: Step) -> tuple[str, ...]:
    """All lanes of a step, its own first."""
    own = () if step.lane is None else (step.lane,)
    return own + tuple(lane for lane in step.lanes if lane not in own)


def origin(trace: Trace, message: Message) -> Message:
    """The message that was sent, of which this may be a copy of a copy."""
    seen = {message.id}
    while message.copy_of is not None and message.copy_of not in seen:
        message = trace.messages[message.copy_of]
        seen.add(message.id)
    return message


def _touched(trace: Trace, step: Step) -> Iterator[Message]:
    if step.received is not None:
        yield trace.messages[step.received]
    yield from (trace.messages[id] for id in step.removed)


def _makers(trace: Trace, message: Message) -> Iterator[int]:
    yield message.sent
    if message.copy_of is not None and message.copy_of != message.id:
        copied = trace.messages[message.copy_of]
        if copied.ended is not None:
            yield copied.ended
        yield origin(trace, message).sent


def _before_on(trace: Trace, lane: str, number: int) -> Iterator[int]:
    earlier = [step.number for step in trace.steps if step.number < number and lane in lanes_of(step)]
    yield from earlier[-1:]


def _writers(trace: Trace, place: str, number: int) -> Iterator[int]:
    earlier = [step.number for step in trace.steps if step.number < number and writes(step, place)]
    yield from earlier[-1:]


def writes(step: Step, place: str) -> bool:
    """Whether the step writes the place, also when named `next(place)`."""
    bare = place.removeprefix("next(").removesuffix(")") if place.startswith("next(") else place
    return bare in step.writes or any(change.place == bare for change in step.changes)


def _removed_before(trace: Trace, message: Message, number: int) -> Iterator[int]:
    queue = (message.channel, message.sender, message.receiver)
    for other in trace.messages:
        same_queue = (other.channel, other.sender, other.receiver) == queue and other.id != message.id
        if same_queue and other.sent <= message.sent and other.ended is not None and other.ended < number:
            yield other.ended
