"""A trace as a file and back: JSON in a fixed order, without a time or a place of this machine in it.

The same objects, messages written out, make the `trace` of a property in the JSON report.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from plait.reports.schema import misfit
from plait.trace import Broken, Change, ChannelNote, Choices, Message, Step, Trace

Object: TypeAlias = dict[str, Any]

FORMAT = 1


class TraceFileError(Exception):
    """The text is not a trace file of this version."""


def dumps(trace: Trace) -> str:
    """The trace as the text of a file."""
    return json.dumps(to_object(trace), indent=2, ensure_ascii=False) + "\n"


def loads(text: str) -> Trace:
    """The trace in the text of a file."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise TraceFileError(f"this is not JSON: {error}") from error
    if not isinstance(found, dict) or "plait_trace" not in found:
        raise TraceFileError("this is not a trace file")
    if found["plait_trace"] != FORMAT:
        raise TraceFileError(f"this is a trace file of another version ({found['plait_trace']!r}, not {FORMAT})")
    from importlib.resources import files

    schema = json.loads((files("plait.reports") / "trace.schema.json").read_text(encoding="utf-8"))
    wrong = misfit(schema, found) or _broken_reference(trace := from_object(found))
    if wrong is not None:
        raise TraceFileError(f"this trace file is damaged: {wrong}")
    return trace


def _broken_reference(trace: Trace) -> str | None:
    """What speaks of a step, a message or a lane that is not there."""
    steps, messages, lanes = len(trace.steps), len(trace.messages), set(trace.lanes)
    if trace.loop is not None and trace.loop > steps:
        return "loop: there is no such step"
    for at, step in enumerate(trace.steps):
        if step.number != at + 1:
            return f"steps[{at}].number: the steps are not numbered from 1"
        taken = () if step.received is None else (step.received,)
        if any(id >= messages for id in (*taken, *step.sent, *step.removed)):
            return f"steps[{at}]: it is about a message that is not there"
        if not lanes.issuperset((*step.lanes, *(() if step.lane is None else (step.lane,)))):
            return f"steps[{at}]: it is of a lane that is not there"
    for at, message in enumerate(trace.messages):
        if message.id != at or (message.copy_of is not None and message.copy_of >= at):
            return f"messages[{at}]: the messages are not numbered as they are sent"
        if message.sent > steps or (message.ended or 0) > steps:
            return f"messages[{at}]: it is about a step that is not there"
        if (message.ended is None) != (message.end == "in flight"):
            return f"messages[{at}]: it ended, and is in flight"
        if not lanes.issuperset((message.sender, message.receiver)):
            return f"messages[{at}]: it is of a lane that is not there"
    return None


def to_object(trace: Trace) -> Object:
    """The trace as plain JSON values."""
    return {
        "plait_trace": FORMAT,
        "file": trace.file,
        "protocol": trace.protocol,
        "proposal": trace.proposal,
        "parameters": dict(trace.parameters),
        "goal": trace.goal,
        "kind": trace.kind,
        "what": trace.what,
        "shortest": trace.shortest,
        "lanes": list(trace.lanes),
        "channels": [{"name": note.name, "text": note.text} for note in trace.channels],
        "start": dict(trace.start),
        "steps": [_step(step) for step in trace.steps],
        "messages": [message_object(message) for message in trace.messages],
        "broken": broken_object(trace.broken),
        "loop": trace.loop,
        "choices": choices_object(trace.choices),
    }


def message_object(message: Message) -> Object:
    """One message copy."""
    return {
        "id": message.id,
        "channel": message.channel,
        "name": message.name,
        "fields": dict(message.fields),
        "text": message.text,
        "sender": message.sender,
        "receiver": message.receiver,
        "sent": message.sent,
        "end": message.end,
        "ended": message.ended,
        "copy_of": message.copy_of,
    }


def broken_object(broken: Broken) -> Object:
    """Why the trace ends."""
    return {
        "binding": [{"name": name, "value": value} for name, value in broken.binding],
        "text": broken.text,
        "values": [{"place": place, "value": value} for place, value in broken.values],
    }


def choices_object(choices: Choices) -> Object:
    """The run for machines."""
    steps = [
        {"instance": instance, "at": at, "kept": list(kept), "orders": [list(order) for order in orders]}
        for instance, at, kept, orders in choices.steps
    ]
    return {"initial": choices.initial, "steps": steps}


def step_head(step: Step) -> Object:
    """What a step is."""
    return {
        "number": step.number,
        "lane": step.lane,
        "lanes": list(step.lanes),
        "name": step.name,
        "label": step.label,
        "kind": step.kind,
        "environment": step.environment,
    }


def changes_object(step: Step) -> list[Object]:
    """What a step changed."""
    return [
        {"place": change.place, "before": change.before, "after": change.after, "lane": change.lane}
        for change in step.changes
    ]


def _step(step: Step) -> Object:
    return {
        **step_head(step),
        "received": step.received,
        "sent": list(step.sent),
        "removed": list(step.removed),
        "changes": changes_object(step),
        "reads": list(step.reads),
        "writes": list(step.writes),
    }


def from_object(found: Object) -> Trace:
    """The trace that `to_object` wrote."""
    return Trace(
        file=found["file"],
        protocol=found["protocol"],
        proposal=found["proposal"],
        parameters=tuple(found["parameters"].items()),
        goal=found["goal"],
        kind=found["kind"],
        what=found["what"],
        shortest=found["shortest"],
        lanes=tuple(found["lanes"]),
        channels=tuple(ChannelNote(note["name"], note["text"]) for note in found["channels"]),
        messages=tuple(_to_message(message) for message in found["messages"]),
        start=tuple(found["start"].items()),
        steps=tuple(_to_step(step) for step in found["steps"]),
        broken=_to_broken(found["broken"]),
        choices=_to_choices(found["choices"]),
        loop=found["loop"],
    )


def _to_message(found: Object) -> Message:
    return Message(
        id=found["id"],
        channel=found["channel"],
        name=found["name"],
        fields=tuple(found["fields"].items()),
        sender=found["sender"],
        receiver=found["receiver"],
        sent=found["sent"],
        end=found["end"],
        ended=found["ended"],
        copy_of=found["copy_of"],
    )


def _to_step(found: Object) -> Step:
    return Step(
        number=found["number"],
        lane=found["lane"],
        lanes=tuple(found["lanes"]),
        name=found["name"],
        label=found["label"],
        kind=found["kind"],
        environment=found["environment"],
        received=found["received"],
        sent=tuple(found["sent"]),
        removed=tuple(found["removed"]),
        changes=tuple(
            Change(change["place"], change["before"], change["after"], change["lane"]) for change in found["changes"]
        ),
        reads=tuple(found["reads"]),
        writes=tuple(found["writes"]),
    )


def _to_broken(found: Object) -> Broken:
    return Broken(
        binding=tuple((item["name"], item["value"]) for item in found["binding"]),
        text=found["text"],
        values=tuple((item["place"], item["value"]) for item in found["values"]),
    )


def _to_choices(found: Object) -> Choices:
    steps = tuple(
        (step["instance"], step["at"], tuple(step["kept"]), tuple(tuple(order) for order in step["orders"]))
        for step in found["steps"]
    )
    return Choices(found["initial"], steps)
