"""The command: options, streams, files and exit codes, with parts that only pretend."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plait import cli
from plait.limits import Limits
from plait.reports.result import Exit
from plait.reports.trace_file import dumps, loads
from plait.session import Job
from plait.verdict import Finding
from plait_spec.core import Model
from plait_spec.domains import Value
from tests.checker import traces
from tests.checker.doubles import Pretended, all_hold, decision, expect, finding, model, wrong_text

Pretend = Callable[..., Path]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put parts that pretend into the command; gives the path of the model file."""

    def install(
        *models: Model | Exception,
        answer: Callable[[Model, dict[str, Value], tuple[str, ...]], Finding] = lambda found, values, names: all_hold(
            names
        ),
    ) -> Path:
        wrong = next((found for found in models if isinstance(found, Exception)), None)
        right = tuple(found for found in models if not isinstance(found, Exception))
        tools = Pretended({"toy.plait": wrong if wrong is not None else right}, answer)
        monkeypatch.setattr("plait.tools.Installed", lambda *options: tools)
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "toy.plait"
        path.write_text("")
        return path

    return install


def failing(*_: object) -> Finding:
    return finding(decision("A"), decision("B", "fails", 6, how=""))


# ---- exit codes and streams


def test_all_met(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model())
    assert cli.run(["check", "toy.plait"]) == Exit.MET
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Toy  toy.plait"
    assert out.splitlines()[-1] == "2 of 2 expectations met in 1 run"
    assert err == ""


def test_a_failure(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model(), answer=failing)
    assert cli.run(["check", "toy.plait"]) == Exit.NOT_MET
    out = capsys.readouterr().out
    assert "on Answer(o1, Pending)" in out
    assert out.splitlines()[-1] == "plait trace draw toy.plait --proposal Toy --property B -o Toy.B.svg"


def test_the_text_on_stdout_is_the_text_in_a_file(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model(expect({"A": ("fails", None)}, ops=2)), answer=lambda *_: failing())
    cli.run(["check", "toy.plait"])
    out = capsys.readouterr().out
    cli.run(["check", "toy.plait", "--out", "report.txt"])
    assert Path("report.txt").read_text() == out


def test_what_stays_open(pretend: Pretend) -> None:
    pretend(model(), answer=lambda *_: finding(decision("A"), decision("B", "undetermined")))
    assert cli.run(["check", "toy.plait"]) == Exit.OPEN


def test_a_wrong_text(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(wrong_text())
    assert cli.run(["check", "toy.plait"]) == Exit.WRONG_INPUT
    assert "toy.plait:1:10: error P004: unexpected `{`" in capsys.readouterr().err


def test_an_error_of_ours_says_so(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> Finding:
        raise ZeroDivisionError("oops")

    pretend(model(), answer=broken)
    assert cli.run(["check", "toy.plait"]) == Exit.INTERNAL
    out, err = capsys.readouterr()
    assert "internal error of plait" in err
    assert "Please report" in err
    assert "oops" not in out


def test_an_error_outside_of_runs_is_ours_too(
    pretend: Pretend, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    pretend(model())
    monkeypatch.setattr("plait.session.check", broken)
    assert cli.run(["check", "toy.plait"]) == Exit.INTERNAL
    assert "Please report" in capsys.readouterr().err


def test_an_interrupt_prints_what_was_found(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(found: Model, values: dict[str, Value], names: tuple[str, ...]) -> Finding:
        if found.protocol == "Second":
            raise KeyboardInterrupt
        return all_hold(names)

    pretend(model(protocol="First"), model(protocol="Second"), answer=interrupted)
    assert cli.run(["check", "toy.plait"]) == Exit.INTERRUPTED
    out = capsys.readouterr().out
    assert out.startswith("First  toy.plait")
    assert out.splitlines()[-1] == "interrupted; 2 of 2 expectations met in 1 run until then"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "Missing argument"),
        (["check", "absent.plait"], "no such file or folder"),
        (["check", "toy.plait", "--set", "ops"], "neither name=value"),
        (["check", "toy.plait", "--set", "ops=9"], "a number of 1..4"),
        (["check", "toy.plait", "--proposal", "Toi"], "did you mean Toy"),
        (["check", "toy.plait", "--property", "Z"], "there is no property"),
        (["check", "toy.plait", "--engine", "magic"], "magic"),
        (["check", "toy.plait", "--memory", "much"], "2G"),
        (["check", "toy.plait", "--memory", "-1"], "2G"),
        (["check", "toy.plait", "--max-states", "0"], "0"),
        (["check", "toy.plait", "--timeout", "0"], "0"),
        (["check", "toy.plait", "--format", "pdf"], "pdf"),
        (["check", "toy.plait", "--out", "."], "it is a folder"),
        (["check", "toy.plait", "--out", "absent/report.txt"], "there is no folder"),
        (["check", "toy.plait", "--traces", "toy.plait"], "cannot be made a folder"),
        (["chekc", "toy.plait"], "No such command"),
        (["trace", "show", "absent.json"], "No such file"),
        (["trace", "show", "toy.plait"], "--property NAME"),
        (["trace", "draw", "toy.plait", "--property", "A", "-o", "a.gif"], ".svg"),
    ],
)
def test_usage(arguments: list[str], words: str, pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model())
    assert cli.run(arguments) == Exit.WRONG_INPUT
    out, err = capsys.readouterr()
    assert words in err
    assert out == ""
    assert "Traceback" not in err


def test_options_become_a_job() -> None:
    given = {
        "engine": "auto",
        "sets": ("ops=1..2",),
        "proposals": ("Better",),
        "properties": ("A",),
        "max_states": 5,
        "max_depth": 6,
        "timeout": 7.5,
        "memory": 8,
        "no_symmetry": True,
    }
    job = cli.job_of(["a"], given)
    assert job.limits == Limits(5, 6, 7.5, 8)
    assert isinstance(job, Job)
    assert not job.symmetry
    assert [(wish.name, wish.value, wish.upto) for wish in job.wishes] == [("ops", "1", "2")]


@pytest.mark.parametrize(
    ("text", "count"), [("2G", 2 * 10**9), ("500m", 5 * 10**8), ("1.5k", 1500), ("4GB", 4 * 10**9), ("10", 10)]
)
def test_sizes(text: str, count: int) -> None:
    assert cli.Size().convert(text, None, None) == count


# ---- files


def test_json_to_a_file(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model(), answer=failing)
    assert cli.run(["check", "toy.plait", "--format", "json", "--out", "report.json"]) == Exit.NOT_MET
    assert capsys.readouterr().out == ""
    found = json.loads(Path("report.json").read_text())
    assert [report["verdict"] for report in found["runs"][0]["properties"]] == ["holds", "fails"]


def test_junit_on_stdout(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model(), answer=failing)
    cli.run(["check", "toy.plait", "--format", "junit"])
    assert capsys.readouterr().out.startswith("<?xml")


def test_traces_of_failures(pretend: Pretend) -> None:
    pretend(model(expect({"B": ("fails", 6)}, ops=2)), model(proposal="Better"), model(), answer=lambda *_: failing())
    cli.run(["check", "toy.plait", "--traces", "deep/traces"])
    names = {"Better.B", "Toy.B", "Toy.B.2", "Toy.B.ops=2"}
    assert {path.name for path in Path("deep/traces").iterdir()} == {f"{name}.trace.json" for name in names}
    stored = loads(Path("deep/traces/Toy.B.trace.json").read_text())
    assert (stored.goal, len(stored.steps)) == ("B", 6)


def test_the_same_report_with_and_without_progress(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(model())
    for mode in ("auto", "plain", "off"):
        cli.run(["check", "toy.plait", "--progress", mode])
    first, second, third = capsys.readouterr().out.split("Toy  ")[1:]
    assert first == second == third


# ---- traces


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "cx.trace.json"
    path.write_text(dumps(traces.overtaking()), encoding="utf-8")
    return path


def test_show(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["trace", "show", str(stored)]) == Exit.MET
    text = capsys.readouterr().out
    assert "on Answer(o1, Pending)" in text
    assert cli.run(["trace", "show", str(stored), "--format", "json"]) == Exit.MET
    assert capsys.readouterr().out == stored.read_text(encoding="utf-8")
    assert cli.run(["trace", "show", str(stored), "--format", "itf"]) == Exit.MET
    assert json.loads(capsys.readouterr().out)["#meta"]["format"] == "ITF"


def test_draw_as_dot(stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "cx.dot"
    assert cli.run(["trace", "draw", str(stored), "-o", str(out)]) == Exit.MET
    whole = out.read_text(encoding="utf-8")
    assert whole.startswith("digraph")
    assert cli.run(["trace", "draw", str(stored), "-o", str(out), "--causal"]) == Exit.MET


@pytest.mark.parametrize("text", ["", "{}", "\ud800", '{"plait_trace": 1}'])
def test_what_is_no_trace_file(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cx.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert cli.run(["trace", "show", str(path)]) == Exit.WRONG_INPUT
    assert "trace file" in capsys.readouterr().err or text == ""


def test_a_search_for_a_trace_that_is_interrupted(pretend: Pretend, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> Finding:
        os.kill(os.getpid(), signal.SIGINT)
        return finding(decision("A", "undetermined", how="interrupted"))

    pretend(model(properties=("A",)), answer=interrupted)
    assert cli.run(["trace", "show", "toy.plait", "--property", "A"]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_a_trace_file_is_one_trace_already(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["trace", "show", str(stored), "--property", "A"]) == Exit.WRONG_INPUT
    assert "one trace already" in capsys.readouterr().err


def test_replay_misses_a_model_that_has_moved(
    stored: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["trace", "replay", str(stored)]) == Exit.WRONG_INPUT
    assert "--model" in capsys.readouterr().err


# ---- as a process


def plait(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plait", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_version_and_help() -> None:
    assert plait("--version").stdout.startswith("plait 0.")
    assert "trace" in plait("--help").stdout
    assert plait().returncode == Exit.WRONG_INPUT


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_full_disk(stored: Path, format: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.fail("/dev/full is needed to pretend that a disk is full")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "plait", "trace", "show", str(stored)]
        done = subprocess.run(
            [*command, "--format", format], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == Exit.WRONG_INPUT
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_pipe(stored: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "plait", "trace", "show", str(stored)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == Exit.WRONG_INPUT
    assert done.stderr == "error: the result cannot be written: whoever was reading it has stopped\n"
