"""The command as a process, from the text of a model to its report."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from plait.reports.result import Exit
from tests.checker.test_reports_json import validator

ROOT = Path(__file__).parents[2]
COUNTER = """
protocol Counter(limit: 2..100 = 10)
var n: 0..limit - 1 = 0
action count_on() { n = (n + 1) mod limit }
/// It never reaches its end
always Low: n < limit - 1
reachable Full: n == limit - 1
expect Low fails in 9
"""
ERRING = """
protocol Erring
var n: 0..2 = 0
action up() { n += 1 }
"""
ENDLESS = """
protocol Endless
var a, b, c, d, e, f: 0..99 = 0
action one()   { a = (a + 1) mod 100 }
action two()   { b = (b + 1) mod 100 }
action three() { c = (c + 1) mod 100 }
action four()  { d = (d + 1) mod 100 }
action five()  { e = (e + 1) mod 100 }
action six()   { f = (f + 1) mod 100 }
never Far: a == 99 and f == 99
"""
COMMAND = [sys.executable, "-m", "plait"]


def plait(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=at, capture_output=True, text=True, check=False, timeout=120)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.plait").write_text(text, encoding="utf-8")


def report(folder: Path, *arguments: str) -> Any:
    done = plait("check", *arguments, "--format", "json", at=folder)
    found = json.loads(done.stdout)
    assert found["exit"] == done.returncode
    validator("report").validate(found)
    return found


def test_a_toy(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    done = plait("check", "counter.plait", at=tmp_path)
    assert (done.returncode, done.stderr) == (Exit.MET, "")
    assert "10 states, 10 transitions, depth 9" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("plait trace draw counter.plait --proposal Counter --property Low")


def test_what_a_toy_needs_not_is_not_imported(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    code = (
        "import sys; from plait.cli import run; run(['check', 'counter.plait']);"
        "print([name for name in sys.argv[1:] if name in sys.modules], file=sys.stderr)"
    )
    libraries = ["z3", "llvmlite", "numpy", "pygraphviz", "rich", "junitparser", "jsonschema", "lark"]
    others = ["importlib.metadata", "plait_spec.validate", "plait_spec.validate_ground"]
    others += ["plait.engines.interpreter", "plait.engines.native.machine", "plait.engines.native.subset"]
    command = [sys.executable, "-c", code, *libraries, *others]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("model", "streams", "code"),
    [
        ("counter", "2>&-", Exit.MET),
        ("counter", ">&-", Exit.WRONG_INPUT),
        ("counter", ">&- 2>&-", Exit.WRONG_INPUT),
        ("nothing", "2>&-", Exit.WRONG_INPUT),
        ("nothing", "2>/dev/full", Exit.WRONG_INPUT),
    ],
)
def test_streams_that_are_closed_or_full(model: str, streams: str, code: Exit, tmp_path: Path) -> None:
    """The exit code says what happened, though nobody can read it."""
    write(tmp_path, "counter", COUNTER)
    command = f'"$0" -m plait check {model}.plait {streams}'
    assert subprocess.run(["sh", "-c", command, sys.executable], cwd=tmp_path, check=False).returncode == code


def test_the_fields_of_a_run(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    (run,) = report(tmp_path, "counter.plait")["runs"]
    assert (run["file"], run["protocol"], run["proposal"]) == ("counter.plait", "Counter", None)
    assert (run["parameters"], run["states"], run["transitions"], run["depth"]) == ({"limit": 10}, 10, 10, 9)
    low, full = run["properties"]
    assert (low["verdict"], low["expected"], low["steps"], low["ok"]) == ("fails", "fails in 9", 9, True)
    assert (full["verdict"], full["expected"], full["steps"], full["ok"]) == ("holds", "holds", 9, True)
    assert [len(found["trace"]) for found in (low, full)] == [9, 9]
    assert (low["title"], low["text"], low["line"]) == ("It never reaches its end", "n < limit - 1", 6)


def test_set_makes_the_runs_that_it_names(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    found = report(tmp_path, "counter.plait", "--set", "limit=4..5")
    assert [run["states"] for run in found["runs"]] == [4, 5]
    assert {(entry["expected"], entry["ok"]) for run in found["runs"] for entry in run["properties"]} == {(None, True)}
    assert found["exit"] == Exit.MET


def test_a_model_error(tmp_path: Path) -> None:
    write(tmp_path, "erring", ERRING)
    found = report(tmp_path, "erring.plait")
    error = found["runs"][0]["model_error"]
    assert (error["code"], error["steps"], len(error["trace"])) == ("P501", 3, 3)
    assert found["exit"] == Exit.NOT_MET
    text = plait("check", "erring.plait", at=tmp_path).stdout
    assert "ERROR  P501  erring.plait:4:" in text


def test_a_wrong_file_among_others(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    write(tmp_path, "wrong", "protocol Wrong\nvar n: 0..2 = m\n")
    found = report(tmp_path, ".")
    assert [run["protocol"] for run in found["runs"]] == ["Counter"]
    assert [problem["kind"] for problem in found["problems"]] == ["text"]
    assert found["exit"] == Exit.WRONG_INPUT


@pytest.mark.parametrize("limit", [("--max-states", "4"), ("--max-depth", "3")])
def test_limits_leave_it_open(tmp_path: Path, limit: tuple[str, str]) -> None:
    write(tmp_path, "counter", COUNTER.replace("expect Low fails in 9", ""))
    found = report(tmp_path, "counter.plait", *limit)
    assert {entry["verdict"] for entry in found["runs"][0]["properties"]} == {"undetermined"}
    assert not found["runs"][0]["complete"]
    assert found["exit"] == Exit.OPEN


def test_a_failure_before_the_limit_stays(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER.replace("n < limit - 1", "n < 2").replace("fails in 9", "fails in 2"))
    (run,) = report(tmp_path, "counter.plait", "--max-depth", "4")["runs"]
    assert run["properties"][0]["verdict"] == "fails"
    assert not run["complete"]


def test_time_is_a_limit(tmp_path: Path) -> None:
    write(tmp_path, "endless", ENDLESS)
    found = report(tmp_path, "endless.plait", "--timeout", "0.5")
    assert found["runs"][0]["properties"][0]["verdict"] == "undetermined"
    assert found["exit"] == Exit.OPEN


def test_an_interrupt_leaves_a_report(tmp_path: Path) -> None:
    write(tmp_path, "endless", ENDLESS)
    command = [*COMMAND, "check", "endless.plait", "--format", "json"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == Exit.INTERRUPTED, err
    (run,) = json.loads(out)["runs"]
    assert run["states"] > 1
    assert run["stopped"] == "interrupted"


def test_drawings_and_traces_beside_the_report(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    done = plait("check", "counter.plait", "--draw", "pictures", "--traces", "traces", at=tmp_path)
    assert done.returncode == Exit.MET, done.stderr
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "pictures").iterdir()}
    assert set(pictures) == {"Counter.Low.svg", "Counter.Low.png"}
    assert b"<svg" in pictures["Counter.Low.svg"]
    assert pictures["Counter.Low.png"].startswith(b"\x89PNG")
    assert [path.name for path in (tmp_path / "traces").iterdir()] == ["Counter.Low.trace.json"]


def test_the_line_to_paste_draws(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    last = plait("check", "counter.plait", at=tmp_path).stdout.splitlines()[-1].split()
    done = plait(*last[1:], at=tmp_path)
    assert (done.returncode, done.stderr) == (Exit.MET, "")
    assert (tmp_path / last[-1]).exists()


@pytest.mark.parametrize("text", [COUNTER, ERRING])
def test_a_stored_trace_replays(tmp_path: Path, text: str) -> None:
    write(tmp_path, "toy", text)
    plait("check", "toy.plait", "--traces", ".", at=tmp_path)
    (stored,) = tmp_path.glob("*.trace.json")
    done = plait("trace", "replay", stored.name, at=tmp_path)
    assert (done.returncode, done.stderr) == (Exit.MET, "")
    assert "identical" in done.stdout
    shown = plait("trace", "show", stored.name, at=tmp_path)
    assert shown.returncode == Exit.MET


def test_a_trace_of_another_model_does_not_replay(tmp_path: Path) -> None:
    write(tmp_path, "toy", COUNTER)
    plait("check", "toy.plait", "--traces", ".", at=tmp_path)
    (stored,) = tmp_path.glob("*.trace.json")
    write(tmp_path, "toy", COUNTER.replace("(n + 1)", "(n + 2)"))
    done = plait("trace", "replay", stored.name, at=tmp_path)
    assert done.returncode == Exit.NOT_MET
    assert "replay" in done.stdout
    write(tmp_path, "toy", COUNTER.replace("count_on", "step_on"))
    done = plait("trace", "replay", stored.name, at=tmp_path)
    assert done.returncode == Exit.NOT_MET
    assert "step 1 differs" in done.stdout


def test_a_trace_is_searched_for(tmp_path: Path) -> None:
    write(tmp_path, "counter", COUNTER)
    shown = plait("trace", "show", "counter.plait", "--property", "Low", "--set", "limit=4", at=tmp_path)
    assert shown.returncode == Exit.MET, shown.stderr
    assert "shortest, 3 steps" in shown.stdout
    none = plait("trace", "show", "counter.plait", "--property", "Absent", at=tmp_path)
    assert none.returncode == Exit.WRONG_INPUT


def test_small_models_have_valid_reports() -> None:
    assert os.path.isdir(ROOT / "models" / "constructs")
    found = report(ROOT, "models/constructs", "models/classic/counter.plait")
    assert [problem["message"] for problem in found["problems"] if problem["kind"] == "internal"] == []
