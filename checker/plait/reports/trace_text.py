"""A trace as text: a line for each step with what it sent and only what it changed, then the instance that broke.

 1  framework  ask(o1)              -> Ask(o1)
 2  master     on Ask(o1)           -> Answer(o1, Pending)
 3  agent[a1]  finish(o1)           -> Update(o1, Finished)   done[o1]: false -> true
broken for o = o1: framework.view[o] == Finished implies ...
"""

from __future__ import annotations

from collections.abc import Iterator

from plait.trace import Broken, Change, Message, Step, Trace
from plait_spec.diagnostics import counted, printable

WIDTH = 120
_LANE_MAX = 24
_LABEL_MAX = 36


def trace_lines(trace: Trace) -> list[str]:
    """The steps and what broke, without a heading and without indentation."""
    if not trace.steps:
        lines = ["  (the initial state)"]
    else:
        lanes = _column((_who(step) for step in trace.steps), _LANE_MAX)
        labels = _column((step.label for step in trace.steps), _LABEL_MAX)
        number = len(str(len(trace.steps)))
        lines = [line for step in trace.steps for line in _step_lines(trace, step, number, lanes, labels)]
    if trace.loop is not None:
        lines.append(f"  for ever: after step {len(trace.steps)} it goes on as after step {trace.loop}")
    return [printable(line) for line in (*lines, *_broken_lines(trace.broken), *_in_flight(trace))]


def heading(trace: Trace) -> str:
    """What the trace is about, in one line."""
    length = counted(len(trace.steps), "step")
    parameters = ", ".join(f"{name} = {value}" for name, value in trace.parameters)
    owner = trace.protocol if trace.proposal is None else f"{trace.proposal} ({trace.protocol})"
    parts = [trace.goal, owner, parameters, f"shortest, {length}" if trace.shortest else length]
    return printable("  ".join(part for part in parts if part))


def render(trace: Trace) -> str:
    """The trace as a text of its own."""
    about = [f"  {printable(trace.what)}"] if trace.what else []
    initial = [printable(f"  {place} = {value}") for place, value in trace.start]
    lines = [heading(trace), *about, "", "at the start:", *initial, "", *trace_lines(trace)]
    return "\n".join(lines) + "\n"


def step_line(trace: Trace, step: Step) -> str:
    """One step by itself, in one line."""
    return printable("  ".join([str(step.number), _who(step), step.label, *_parts(trace, step)]))


def _column(texts: Iterator[str], most: int) -> int:
    """The width of a column: of its widest text, but a few very wide ones do not push all others away."""
    return min(max(map(len, texts)), most)


def _who(step: Step) -> str:
    return ", ".join(step.lanes) if step.lane is None else step.lane


def _step_lines(trace: Trace, step: Step, number: int, lanes: int, labels: int) -> Iterator[str]:
    head = f"  {step.number:>{number}}  {_who(step):<{lanes}}  {step.label:<{labels}}"
    margin = " " * (number + lanes + labels + 6)
    line, filled = head, False
    for part in _parts(trace, step):
        if filled and len(line) + 3 + len(part) > WIDTH:
            yield line.rstrip()
            line, filled = margin, False
        line += f"{'  ' if not filled else '   '}{part}"
        filled = True
    yield line.rstrip()


def _parts(trace: Trace, step: Step) -> Iterator[str]:
    for id in step.sent:
        yield f"-> {_addressed(trace, step, trace.messages[id])}"
    for id in step.removed:
        message = trace.messages[id]
        yield f"{'lost' if message.end == 'lost' else 'cleared'}: {message.text}"
    for change in step.changes:
        yield f"{_place(change, step)}: {change.before} -> {change.after}"


def _addressed(trace: Trace, step: Step, message: Message) -> str:
    """The message, and to whom it goes where the same step sends the same text to somebody else too."""
    texts = [trace.messages[id].text for id in step.sent]
    return f"{message.text} to {message.receiver}" if texts.count(message.text) > 1 else message.text


def _place(change: Change, step: Step) -> str:
    """The place as its owner would write it, if the owner takes this step."""
    own = change.lane is not None and change.lane == step.lane
    return change.place.removeprefix(f"{change.lane}.") if own else change.place


def _broken_lines(broken: Broken) -> Iterator[str]:
    binding = ", ".join(f"{name} = {value}" for name, value in broken.binding)
    if binding and broken.text:
        yield f"  for {binding}: {broken.text}"
    elif binding or broken.text:
        yield f"  {broken.text or 'for ' + binding}"
    for place, value in broken.values:
        yield f"    {place} = {value}"


def _in_flight(trace: Trace) -> Iterator[str]:
    waiting = [f"{message.text} ({message.channel})" for message in trace.messages if message.end == "in flight"]
    if waiting:
        yield f"  in flight at the end: {', '.join(waiting)}"
