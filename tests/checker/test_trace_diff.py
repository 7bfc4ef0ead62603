"""Two traces side by side."""

from dataclasses import replace
from pathlib import Path

import pytest

from plait import cli
from plait.reports.result import Exit
from plait.reports.trace_diff import differences
from plait.reports.trace_file import dumps
from plait.trace import Trace
from tests.checker.traces import in_flight, overtaking


def lines(a: Trace, b: Trace) -> list[str]:
    told = differences(("a.json", a), ("b.json", b))
    return [line.rstrip() for line in told.lines[2:]]


def test_the_same() -> None:
    told = differences(("a.json", overtaking()), ("b.json", replace(overtaking(), file="moved.plait")))
    assert told.alike
    assert told.lines[-1] == "the same 6 steps"


def test_where_one_goes_on() -> None:
    whole = overtaking()
    shorter = replace(whole, steps=whole.steps[:5], messages=(
        whole.messages[0], replace(whole.messages[1], end="in flight", ended=None), *whole.messages[2:],
    ))  # fmt: skip
    assert lines(shorter, whole) == [
        "the same 5 steps, then:",
        "  A  (ends here)",
        "  B  6  framework  on Answer(o1, Pending)  view[o1]: Finished -> Pending",
        "at the end:",
        "  framework.view[o1]                            A Finished             B Pending",
        "  in flight from master to framework (answers)  A Answer(o1, Pending)  B -",
    ]


def test_another_parameter_and_another_start() -> None:
    trace = overtaking()
    name, _ = trace.parameters[0]
    other = replace(trace, parameters=((name, "9"), *trace.parameters[1:]), start=(("extra", "1"), *trace.start))
    told = lines(trace, other)
    assert told[0] == "parameters:"
    assert told[1].endswith("B 9")
    assert told[2:4] == ["at the start:", "  extra  A -  B 1"]
    # What is there from the start is there at the end.
    assert told[4:] == ["at the end:", "  extra  A -  B 1"]


def test_the_same_steps_for_another_reason() -> None:
    trace = overtaking()
    assert lines(trace, replace(trace, goal="Other"))[0].startswith("the same 6 steps, for ")


def test_messages_are_told_apart_by_what_they_say_not_by_their_numbers() -> None:
    trace = in_flight()
    assert lines(trace, trace) == [f"the same {len(trace.steps)} steps"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(dumps(overtaking()))
    Path("b.json").write_text(dumps(in_flight()))
    assert cli.run(["trace", "diff", "a.json", "a.json"]) == Exit.MET
    assert cli.run(["trace", "diff", "a.json", "b.json"]) == Exit.NOT_MET
    assert "the same 1 step, then:\n  A  2  master  on Ask(o1)" in capsys.readouterr().out
    assert cli.run(["trace", "diff", "a.json", "absent.json"]) == Exit.WRONG_INPUT
