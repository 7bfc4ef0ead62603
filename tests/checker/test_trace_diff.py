"""Two traces side by side."""

from dataclasses import replace
from pathlib import Path

import pytest

from plait import cli
from plait.replay import history_of, replay
from plait.reports.result import Exit
from plait.reports.trace_diff import differences
from plait.reports.trace_file import dumps
from plait.semantics import steps
from plait.trace import Choices, Trace
from tests.checker.traces import in_flight, overtaking
from tests.checker.walks import expanded, row, told, walk


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


def test_messages_that_are_lost_are_seen(tmp_path: Path) -> None:
    """Of two messages a break takes the second one, or both; the steps are alike in all else."""
    path = tmp_path / "cut.plait"
    path.write_text(
        "protocol Cut\nmessage M\nchannel link: a -> b { ordered, capacity 2, may break 1 }\n"
        "role a { action go() { send M() via link } }\nrole b { on M() { } }\nnever Broken: once link.break\n"
    )
    found = expanded(path)
    sent = walk(found, "a.go", "a.go")
    state = history_of(found, sent).end
    cuts = [choice for choice, _ in steps(found, state) if told(found, state, choice)[0] == "link.break"]
    runs = [Choices(0, (*sent.steps, row(choice))) for choice in cuts]
    one, both = (replay(found, "cut.plait", run, "Broken", None, False) for run in runs)
    assert lines(one, both)[:3] == [
        "the same 2 steps, then:",
        "  A  3  a, b  link breaks  lost: M  lost: M",
        "  B  3  a, b  link breaks  lost: M",
    ]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(dumps(overtaking()))
    Path("b.json").write_text(dumps(in_flight()))
    assert cli.run(["trace", "diff", "a.json", "a.json"]) == Exit.MET
    assert cli.run(["trace", "diff", "a.json", "b.json"]) == Exit.NOT_MET
    assert "the same 1 step, then:\n  A  2  master  on Ask(o1)" in capsys.readouterr().out
    assert cli.run(["trace", "diff", "a.json", "absent.json"]) == Exit.WRONG_INPUT
