"""A trace in the Informal Trace Format (ITF) that other tools of the field read: every state in full.

Numbers and truth values are written as ITF has them, all other values are the words of the language.  A variable that
is no place of the model, `in flight`, lists the messages on their way; `mbt::actionTaken` is the step that led to a
state, by the name that tools look for.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from plait.trace import Step, Trace

Object: TypeAlias = dict[str, Any]

ACTION = "mbt::actionTaken"
IN_FLIGHT = "in flight"


def dumps(trace: Trace) -> str:
    """The trace as the text of an .itf.json file."""
    return json.dumps(to_object(trace), indent=2, ensure_ascii=False) + "\n"


def to_object(trace: Trace) -> Object:
    """The trace as plain JSON values."""
    shown: Object = {
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": trace.file,
            "description": f"{trace.goal}: {trace.what}",
        },
        "params": [name for name, _ in trace.parameters],
        "vars": [ACTION, *(place for place, _ in trace.start), IN_FLIGHT],
        "states": _states(trace),
    }
    if trace.loop is not None:
        shown["loop"] = trace.loop
    return shown


def _states(trace: Trace) -> list[Object]:
    fixed = {name: itf_value(value) for name, value in trace.parameters}
    now = dict(trace.start)
    states = [_state(trace, fixed, now, None)]
    for step in trace.steps:
        now.update((change.place, change.after) for change in step.changes if change.place in now)
        states.append(_state(trace, fixed, now, step))
    return states


def _state(trace: Trace, fixed: Object, now: dict[str, str], step: Step | None) -> Object:
    number = step.number if step else 0
    action = "init" if step is None else step.label if step.lane is None else f"{step.lane}.{step.label}"
    in_flight = [
        f"{message.channel}: {message.text}"
        for message in trace.messages
        if message.sent <= number and (message.ended is None or message.ended > number)
    ]
    places = {place: itf_value(value) for place, value in now.items()}
    return {"#meta": {"index": number}, **fixed, ACTION: action, **places, IN_FLIGHT: in_flight}


def itf_value(text: str) -> bool | str | Object:
    """A value of the language as ITF writes it."""
    if text in ("true", "false"):
        return text == "true"
    return {"#bigint": text} if re.fullmatch(r"-?\d+", text) else text
