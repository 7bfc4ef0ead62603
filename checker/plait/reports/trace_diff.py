"""Two traces side by side: the first step in which they part, and what is different at their ends.

Steps are compared by what a reader sees of them. Identities are named by first appearance in each trace, so that `o1`
of one need not be `o1` of the other where they appear in another order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from plait.reports.trace_text import step_line
from plait.trace import Step, Trace
from plait_spec.diagnostics import counted, printable
from plait_spec.record import record


@record
class Differences:
    """The text, and whether there is nothing to tell."""

    lines: tuple[str, ...]
    alike: bool


def differences(one: tuple[str, Trace], other: tuple[str, Trace]) -> Differences:
    """Two traces, each with the name that the text uses for it."""
    (_, a), (_, b) = one, other
    body = [*_about(a, b), *_starts(a, b), *_parting(a, b), *_ends(a, b)]
    head = [f"{mark}  {printable(name)}: {_heading(trace)}" for mark, (name, trace) in (("A", one), ("B", other))]
    return Differences((*head, *(body or [f"the same {counted(len(a.steps), 'step')}"])), not body)


def _heading(trace: Trace) -> str:
    owner = trace.protocol if trace.proposal is None else f"{trace.proposal} ({trace.protocol})"
    return printable(f"{trace.goal}, {owner}, {counted(len(trace.steps), 'step')}")


def _about(a: Trace, b: Trace) -> Iterator[str]:
    yield from _table("parameters:", dict(a.parameters), dict(b.parameters))


def _starts(a: Trace, b: Trace) -> Iterator[str]:
    yield from _table("at the start:", dict(a.start), dict(b.start))


def _parting(a: Trace, b: Trace) -> Iterator[str]:
    """The first step that is not the same."""
    for number, (mine, theirs) in enumerate(zip_longest(a.steps, b.steps), start=1):
        if mine is not None and theirs is not None and _seen(a, mine) == _seen(b, theirs):
            continue
        before = number - 1
        yield f"the same {counted(before, 'step')}, then:" if before else "from the first step on:"
        for mark, trace, step in (("A", a, mine), ("B", b, theirs)):
            yield f"  {mark}  {step_line(trace, step) if step is not None else '(ends here)'}"
        return
    if (a.goal, a.broken) != (b.goal, b.broken):
        yield f"the same {counted(len(a.steps), 'step')}, for {_claim(a)} and for {_claim(b)}"


def _claim(trace: Trace) -> str:
    binding = ", ".join(f"{name} = {value}" for name, value in trace.broken.binding)
    return printable(f"{trace.goal} ({binding})" if binding else trace.goal)


def _seen(trace: Trace, step: Step) -> tuple[object, ...]:
    """All that a reader sees of a step."""
    moved = [(trace.messages[id].text, trace.messages[id].receiver) for id in (*step.sent, *step.removed)]
    return step.lanes, step.name, step.label, step.changes, len(step.sent), tuple(moved)


def _ends(a: Trace, b: Trace) -> Iterator[str]:
    yield from _table("at the end:", _end(a), _end(b))


def _end(trace: Trace) -> dict[str, str]:
    """The values at the end, and what is in flight on each channel."""
    queues = {note.name for note in trace.channels}
    places = {place: value for place, value in trace.start if place.partition(" ")[0] not in queues}
    for step in trace.steps:
        places |= {change.place: change.after for change in step.changes}
    waiting: dict[str, list[str]] = {}
    for message in trace.messages:
        if message.end == "in flight":
            queue = f"in flight from {message.sender} to {message.receiver} ({message.channel})"
            waiting.setdefault(queue, []).append(message.text)
    return places | {queue: ", ".join(texts) for queue, texts in waiting.items()}


def _table(title: str, a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[str]:
    """What is different, place by place."""
    changed = [place for place in dict.fromkeys((*a, *b)) if a.get(place) != b.get(place)]
    if not changed:
        return
    yield title
    width = max(map(len, changed))
    values = [a.get(place, "-") for place in changed]
    column = max(map(len, values))
    for place, value in zip(changed, values, strict=True):
        yield printable(f"  {place:<{width}}  A {value:<{column}}  B {b.get(place, '-')}")
