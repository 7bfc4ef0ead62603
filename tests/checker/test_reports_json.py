"""JSON: valid against the published schemas, the same for everything in one golden, and back from a trace file."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import plait
from plait.reports import rendered
from plait.reports.itf import dumps as itf, to_object as itf_object
from plait.reports.json import to_object
from plait.reports.result import Result
from plait.reports.trace_file import TraceFileError, dumps, loads
from plait.trace import Trace
from tests.checker import traces
from tests.checker.runs import everything, report, result, run
from tests.conftest import Golden

TRACES = [
    pytest.param(make(), id=name)
    for name, make in vars(traces).items()
    if callable(make) and getattr(make, "__annotations__", {}) == {"return": "Trace"}
]
KEYS = (
    "file protocol proposal parameters engine states transitions depth cut complete symmetry seconds unfired "
    "bounds_met model_error dead_ends budgets foreign_reads properties"
)


def validator(name: str) -> Draft202012Validator:
    schema = json.loads(files("plait.reports").joinpath(f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(closed(schema))


def closed(schema: Any) -> Any:
    """The schema with every object allowed its own properties only, so that a field nobody described is found."""
    match schema:
        case dict():
            inner = {key: closed(value) for key, value in schema.items()}
            return {"additionalProperties": False, **inner} if "properties" in schema and "type" in schema else inner
        case list():
            return [closed(item) for item in schema]
        case _:
            return schema


def test_there_are_traces_to_test_on() -> None:
    assert len(TRACES) > 5


def test_everything(golden: Golden) -> None:
    golden("report.json", rendered("json", everything()).replace(f'"{plait.__version__}"', '"VERSION"', 1))


def test_what_is_not_counted_is_said_not_to_be() -> None:
    proved = replace(run(report("A")), engine="symbolic", states=0, transitions=0, unfired=None, counted=False)
    text = rendered("json", result(proved, run(report("A"))))
    validator("report").validate(json.loads(text))
    assert [one["counted"] for one in json.loads(text)["runs"]] == [False, True]


@pytest.mark.parametrize("found", [everything(), Result(()), result(run(report("A")), interrupted=True)])
def test_reports_fit_their_schema(found: Result) -> None:
    validator("report").validate(json.loads(rendered("json", found)))


def test_runs_have_the_promised_fields() -> None:
    (first, *_) = to_object(everything())["runs"]
    assert set(KEYS.split()) <= set(first)
    fields = {"name", "kind", "verdict", "how", "engine", "steps", "expected", "ok", "trace"}
    assert all(fields <= set(found) for found in first["properties"])


def test_a_trace_in_a_report_is_complete_in_itself() -> None:
    failing = to_object(everything())["runs"][0]["properties"][1]
    assert failing["steps"] == len(failing["trace"]) == 6
    assert failing["trace"][1]["received"]["text"] == "Ask(o1)"
    assert [sent["text"] for sent in failing["trace"][1]["sent"]] == ["Answer(o1, Pending)"]


@pytest.mark.parametrize("trace", TRACES)
def test_trace_files_come_back(trace: Trace) -> None:
    assert loads(dumps(trace)) == trace


@pytest.mark.parametrize("trace", TRACES)
def test_trace_files_fit_their_schema(trace: Trace) -> None:
    validator("trace").validate(json.loads(dumps(trace)))


def test_a_trace_file(golden: Golden) -> None:
    golden("trace.json", dumps(traces.overtaking()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "not a trace file"),
        ('{"plait": 1}', "not a trace file"),
        ('{"plait_trace": 99}', "another version"),
        ('{"plait_trace": 1}', "damaged"),
        (dumps(traces.overtaking()).replace('"steps": [', '"steps": [[],'), "damaged"),
    ],
)
def test_what_is_no_trace_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(TraceFileError, match=words):
        loads(text)


def test_itf(golden: Golden) -> None:
    golden("trace.itf.json", itf(traces.overtaking()))


@pytest.mark.parametrize("trace", TRACES)
def test_itf_has_every_state_in_full(trace: Trace) -> None:
    shown = itf_object(trace)
    assert len(shown["states"]) == len(trace.steps) + 1
    wanted = {*shown["vars"], *shown["params"], "#meta"}
    assert all(set(state) == wanted for state in shown["states"])
    assert [state["#meta"]["index"] for state in shown["states"]] == list(range(len(trace.steps) + 1))


def test_itf_follows_the_changes() -> None:
    states = itf_object(traces.overtaking())["states"]
    assert [state[traces.VIEW] for state in states] == ["Pending"] * 5 + ["Finished", "Pending"]
    assert states[2]["in flight"] == ["answers: Answer(o1, Pending)"]
    assert states[0]["agents"] == {"#bigint": "1"}
    assert states[0][traces.DONE] is False
