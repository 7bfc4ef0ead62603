"""What fits a schema: against the library that knows all of JSON Schema, and trace files that speak of nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.resources import files
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator

from plait.errors import EngineBug
from plait.reports.schema import misfit
from plait.reports.trace_file import TraceFileError, dumps, loads
from tests.checker.traces import crash, overtaking

SCHEMA = json.loads(files("plait.reports").joinpath("trace.schema.json").read_text(encoding="utf-8"))
LIBRARY = Draft202012Validator(SCHEMA)
GOOD = json.loads(dumps(crash()))
Way: TypeAlias = tuple[str | int, ...]


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    """Every place in a value."""
    yield way
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from ways(item, (*way, key))


def at(value: Any, way: Way) -> Any:
    for key in way:
        value = value[key]
    return value


values = st.sampled_from([None, True, -1, 0, 7, "", "lost", [], ["a"], [3], {}, {"a": "b"}, {"a": 1}])


@given(st.sampled_from([way for way in ways(GOOD) if way]), st.none() | values, st.booleans())
def test_one_thing_is_other_than_it_should_be(way: Way, other: Any, gone: bool) -> None:
    changed = deepcopy(GOOD)
    place = at(changed, way[:-1])
    if gone and isinstance(place, dict):
        del place[way[-1]]
    else:
        place[way[-1]] = other
    assert (misfit(SCHEMA, changed) is None) == LIBRARY.is_valid(changed)


def test_what_is_wrong_is_said_where_it_is() -> None:
    changed = deepcopy(GOOD)
    changed["steps"][2]["label"] = None
    assert misfit(SCHEMA, changed) == "steps[2].label: this is no string"
    del changed["steps"][1]["name"]
    assert misfit(SCHEMA, changed) == "steps[1]: `name` is missing"
    assert misfit(SCHEMA, []) == "this is no object"
    assert misfit({"type": ["integer", "null"]}, True) == "this is no integer or null"
    assert misfit({"const": 1}, True) == "this is none of 1"


def test_a_word_that_nobody_knows_is_a_bug() -> None:
    with pytest.raises(EngineBug, match="`pattern`"):
        misfit({"type": "string", "pattern": "a"}, "a")


Change: TypeAlias = Callable[[dict[str, Any]], None]


def setting(*way: str | int, to: Any) -> Change:
    def change(trace: dict[str, Any]) -> None:
        at(trace, way[:-1])[way[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (setting("loop", to=99), "loop: there is no such step"),
        (setting("steps", 1, "number", to=5), r"steps\[1\].number"),
        (setting("steps", 0, "sent", to=[99]), r"steps\[0\]: it is about a message"),
        (setting("steps", 0, "received", to=99), r"steps\[0\]: it is about a message"),
        (setting("steps", 0, "lane", to="nobody"), r"steps\[0\]: it is of a lane"),
        (setting("steps", 0, "lanes", to=["nobody"]), r"steps\[0\]: it is of a lane"),
        (setting("messages", 1, "id", to=0), r"messages\[1\]: the messages are not numbered"),
        (setting("messages", 1, "copy_of", to=1), r"messages\[1\]: the messages are not numbered"),
        (setting("messages", 0, "sent", to=99), r"messages\[0\]: it is about a step"),
        (setting("messages", 0, "ended", to=99), r"messages\[0\]: it is about a step"),
        (setting("messages", 0, "end", to="in flight"), r"messages\[0\]: it ended"),
        (setting("messages", 0, "receiver", to="nobody"), r"messages\[0\]: it is of a lane"),
    ],
)
def test_a_trace_that_speaks_of_what_is_not_there(change: Change, words: str) -> None:
    changed = json.loads(dumps(overtaking()))
    change(changed)
    with pytest.raises(TraceFileError, match=words):
        loads(json.dumps(changed))
