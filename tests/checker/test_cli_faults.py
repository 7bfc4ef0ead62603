"""`plait faults` as a command: what it says of models whose answers are known, its formats, files and exit codes."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import plait
from plait import cli
from plait.reports.result import Exit
from plait.reports.trace_file import from_object, loads
from tests.checker.test_reports_json import validator
from tests.checker.walks import ROOT
from tests.conftest import Golden

NOTES = ROOT / "tests" / "faults" / "notes.plait"
HIDDEN = """
protocol Hidden
role r { may restart   var n: bool = false   action go() when not n { n = true } }
deadlock free
"""
ERRING = """
protocol Erring(losses: 0..2 = 2)
message M
channel c: a -> b { capacity 3, may lose losses }
role a {
  var sent, n: 0..2 = 0
  action go() when sent < 2 { sent += 1   send M() via c }
  action count_on() when sent == 2 and size(c) == 0 and b.got == 0 { n += 1 }
}
role b { var got: 0..2 = 0   on M() { got += 1 } }
always Fine: a.n < 3
"""
ENOUGH = """
protocol Enough
role a { may restart 2   durable var n: 0..2 = 0   on restart { n += 1 } }
role b { may restart 1   durable var n: 0..1 = 0   on restart { n += 1 } }
role c { var out: bool = false   environment action storm() when not out { out = true } }
/// Two failures of any kind are too much
always Few: a.n + b.n < 2
always Dry: not c.out
"""
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write models by name into the folder in which the command then runs."""
    monkeypatch.chdir(tmp_path)

    def writes(**texts: str) -> None:
        for name, text in texts.items():
            Path(f"{name}.plait").write_text(text, encoding="utf-8")

    return writes


def faults(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = Exit.MET) -> str:
    assert cli.run(["faults", *arguments, "--progress", "off"]) == code
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = Exit.MET) -> Any:
    found = json.loads(faults(capsys, *arguments, "--format", "json", code=code))
    validator("faults").validate(found)
    assert found["exit"] == code
    return found


def answers(found: Any) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """For each property the outcome, and its sets with the lengths of their runs."""
    return {
        one["name"]: (one["outcome"], [(each["option"], each["steps"]) for each in one["sets"]])
        for run in found["runs"]
        for one in run["properties"]
    }


# ---- what it finds


def test_answers_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert answers(as_json(capsys, str(NOTES))) == {
        "InOrder": ("with", [("wire.reorder", 4)]),
        "AllThere": ("with", [("wire.lose=1", 4)]),
        "Silence": ("with", [("wire.lose=2", 4)]),
        # say, a copy of it, the message itself, say, take: with two copies a second `say` can be saved.
        "Echo": ("with", [("wire.duplicate=1", 5)]),
        "Either": ("with", [("wire.duplicate=1", 5), ("wire.lose=2", 4)]),
        "Twins": ("with", [("wire.lose=1,wire.duplicate=1", 5)]),
        "Counted": ("never", []),
        "Done": ("without", [("none", 4)]),
        "Three": ("with", [("wire.duplicate=1", 5)]),
    }


def test_the_text(capsys: pytest.CaptureFixture[str], golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    golden(
        "faults.txt",
        re.sub(
            r"\d\.\d\d s", "0.00 s", faults(capsys, "tests/faults/notes.plait", "--show", "--engine", "interpreter")
        ),
    )


def test_the_json(capsys: pytest.CaptureFixture[str], golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = faults(
        capsys, "tests/faults/notes.plait", "--property", "Either", "--format", "json", "--engine", "interpreter"
    )
    text = re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', text)
    golden("faults.json", text.replace(f'"{plait.__version__}"', '"VERSION"', 1))


def test_a_dead_end_that_a_fault_hides(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(hidden=HIDDEN)
    assert answers(as_json(capsys, "hidden.plait")) == {"deadlock free": ("without", [("none", 1)])}
    text = faults(capsys, "hidden.plait", "--traces", "traces")
    assert "fails without any fault, in 1 step (holds where everything may go wrong)" in text
    # In the whole model there is a step that leaves it.
    assert cli.run(["trace", "replay", "traces/Hidden.deadlock_free.none.trace.json"]) == Exit.NOT_MET


def test_a_model_error(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(erring=ERRING)
    # Both are sent and lost, and the third count is one too many.
    assert answers(as_json(capsys, "erring.plait"))["P501"] == ("with", [("c.lose=2", 7)])
    assert answers(as_json(capsys, "erring.plait", "--set", "losses=1")) == {"Fine": ("never", [])}
    show = ["trace", "show", "erring.plait", "--property", "P501", "--format", "json", "--faults"]
    assert cli.run([*show, "c.lose=2"]) == Exit.MET
    assert len(loads(capsys.readouterr().out).steps) == 7
    assert cli.run([*show, "c.lose=1"]) == Exit.WRONG_INPUT


def test_an_error_before_there_is_a_state(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(start="protocol Start\ntype Small = 0..2\nconstant o: Small? = any\nvar n: 0..9 = o + 1\n"
          "role r { may restart 1 }\nalways True: n >= 0\n")  # fmt: skip
    found = as_json(capsys, "start.plait")
    assert answers(found)["P503"] == ("without", [("none", 0)])
    assert found["runs"][0]["properties"][0]["sets"][0]["trace"] is None


def test_the_environment(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(storm="protocol Storm\nvar n: 0..2 = 0\nenvironment action storm() when n == 0 { n = 1 }\n"
          "action go() when n == 1 { n = 2 }\nalways Calm: n < 2\n")  # fmt: skip
    assert answers(as_json(capsys, "storm.plait")) == {"Calm": ("without", [("none", 2)])}
    assert answers(as_json(capsys, "storm.plait", "--environment")) == {"Calm": ("with", [("storm", 2)])}


def test_bounds_are_said(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(bound="protocol Bound\nvar n: within 0..3 = 0\naction up() { n += 1 }\nalways Low: n < 9\n")
    (found,) = as_json(capsys, "bound.plait")["runs"][0]["properties"]
    assert (found["outcome"], found["bounds"]) == ("never", ["n: within 0..3"])


def test_vacuous_is_not_holds(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(idle="protocol Idle\nvar n: 0..1 = 0\naction up() when n == 0 { n = 1 }\nalways Low: n > 1 implies n > 2\n")
    assert "vacuous: the left side" in faults(capsys, "idle.plait")


# ---- the evidence


def test_every_run_replays_on_the_whole_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, str(NOTES), "--traces", str(tmp_path))
    files = sorted(path.name for path in tmp_path.iterdir())
    assert "Notes.Twins.wire.lose=1+wire.duplicate=1.trace.json" in files
    assert len(files) == sum(len(one["sets"]) for run in found["runs"] for one in run["properties"])
    for name in files:
        assert cli.run(["trace", "replay", str(tmp_path / name)]) == Exit.MET
    capsys.readouterr()
    for one in found["runs"][0]["properties"]:
        for each in one["sets"]:
            trace = from_object(each["trace"])
            assert len(trace.steps) == each["steps"]
            kinds = {"lose": 0, "duplicate": 0}
            for step in trace.steps:
                if step.kind in kinds:
                    kinds[step.kind] += 1
            used = [f"wire.{kind}={count}" for kind, count in kinds.items() if count]
            wanted = [part for part in each["option"].split(",") if "=" in part]
            assert sorted(used) == sorted(wanted)  # a least set is used up, in a shortest run and in any other


def test_the_commands_that_are_printed_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.plait").write_text(NOTES.read_text())
    text = faults(capsys, "notes.plait", "--show")
    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("  plait trace draw ")]
    assert len(commands) == 8  # all but Done, which takes no fault, and Counted
    for words in commands:
        out = words.index("-o")
        assert cli.run(["trace", "show", *words[3:out]]) == Exit.MET
        shown = capsys.readouterr().out
        steps = re.findall(r"^  +\d+  \S.*", shown, re.MULTILINE)
        assert all(step.strip() in re.sub(r"^  ", "", text, flags=re.MULTILINE) for step in steps)
        words[out + 1] = "picture.dot"
        assert cli.run(words[1:]) == Exit.MET
    capsys.readouterr()


def test_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults(capsys, str(NOTES), "--property", "Silence", "--draw", str(tmp_path))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png", ".svg"]


def test_one_trace_with_fewer_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def show(*arguments: str) -> int:
        return cli.run(["trace", "show", str(NOTES), "--property", "Echo", "--format", "json", *arguments])

    assert show("--faults", "wire.duplicate=1") == Exit.MET
    fewer = loads(capsys.readouterr().out)
    assert show("--faults", "wire.duplicate") == Exit.MET
    all_copies = loads(capsys.readouterr().out)
    assert (len(fewer.steps), fewer.shortest) == (5, False)
    assert len(all_copies.steps) == 4
    assert show("--faults", "wire.lose,wire.reorder") == Exit.WRONG_INPUT
    assert "no trace to show with these faults: holds" in capsys.readouterr().err


def test_one_fault_more_often_hides_no_two_others(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(enough=ENOUGH)
    both = ("with", [("a.restart=2", 2), ("a.restart=1,b.restart=1", 2)])
    assert answers(as_json(capsys, "enough.plait", "--property", "Few")) == {"Few": both}


@pytest.mark.parametrize(
    ("option", "fault"), [("unordered", "wire.reorder"), ("ordered, may duplicate 1", "wire.duplicate=1")]
)
def test_a_step_that_errs_used_the_fault(
    write: Write, capsys: pytest.CaptureFixture[str], option: str, fault: str
) -> None:
    """The message that comes too early or twice breaks the assertion at once: no later step tells what happened."""
    write(
        asserts=f"""
protocol Asserts
message Note {{ number: 1..2 }}
channel wire: a -> b {{ {option}, capacity 2 }}
role a {{ var sent: 0..2 = 0   action say() when sent < 2 {{ sent += 1   send Note(number: sent) via wire }} }}
role b {{ var last: 0..2 = 0   on Note(n) {{ assert n.number == last + 1   last = n.number }} }}
"""
    )
    ((outcome, sets),) = answers(as_json(capsys, "asserts.plait")).values()
    assert (outcome, [found for found, _ in sets]) == ("with", [fault])


def test_files_of_models_with_one_name_are_told_apart(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(one=ENOUGH, two=ENOUGH)
    faults(capsys, ".", "--property", "Dry", "--traces", "traces", "--draw", "pictures")
    assert {path.name for path in Path("traces").iterdir()} == {
        "Enough.Dry.none.trace.json",
        "Enough.Dry.none.2.trace.json",
    }
    files = [loads(Path(f"traces/Enough.Dry.none{number}.trace.json").read_text()).file for number in ("", ".2")]
    assert files == ["./one.plait", "./two.plait"]
    assert len(list(Path("pictures").iterdir())) == 4


def test_the_environment_is_asked_for(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(enough=ENOUGH)
    show = ["trace", "show", "enough.plait", "--property", "Dry", "--faults", "c.storm"]
    assert cli.run(show) == Exit.WRONG_INPUT
    assert "it counts as a fault with --environment" in capsys.readouterr().err
    assert cli.run([*show, "--environment"]) == Exit.MET
    assert "storm" in capsys.readouterr().out


# ---- options, exits


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["faults"], "Missing argument"),
        (["faults", "absent.plait"], "no such file"),
        (["faults", str(NOTES), "--property", "Told"], "no search decides `knows`"),
        (["faults", str(NOTES), "--property", "Tolt"], "did you mean Told"),
        (["faults", str(NOTES), "--set", "losses=4"], "a number of 0..3"),
        (["trace", "show", str(NOTES), "--property", "Echo", "--faults", "wire.lost"], "nothing of this name"),
        (["trace", "show", str(NOTES), "--property", "Echo", "--faults", "wire.lose=4"], "3 at most"),
        (["trace", "show", str(NOTES), "--property", "Echo", "--faults", "wire.reorder=1"], "not counted"),
        (["trace", "show", str(NOTES), "--property", "Echo", "--faults", "wire.lose=x"], "neither a name"),
    ],
)
def test_mistakes_of_the_user(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == Exit.WRONG_INPUT
    assert words in capsys.readouterr().err


def test_a_wrong_text_beside_a_right_one(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(hidden=HIDDEN, wrong="protocol Wrong\nvar n: 0..2 = m\n")
    found = as_json(capsys, ".", code=Exit.WRONG_INPUT)
    assert [run["protocol"] for run in found["runs"]] == ["Hidden"]
    assert [problem["kind"] for problem in found["problems"]] == ["text"]


def test_what_a_limit_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, str(NOTES), "--property", "Twins", "--max-states", "12", code=Exit.OPEN)
    (twins,) = found["runs"][0]["properties"]
    assert twins["missing"]
    text = faults(capsys, str(NOTES), "--property", "Twins", "--max-states", "3", code=Exit.OPEN)
    assert "not known" in text
    assert text.splitlines()[-1] == "1 answer in 1 run, not all of them complete: lift the limit"


def test_the_text_in_a_file_is_that_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "faults.txt"
    text = faults(capsys, str(NOTES), "--property", "Silence")
    assert faults(capsys, str(NOTES), "--property", "Silence", "--out", str(out)) == ""
    assert re.sub(r"\d\.\d\d s", "", out.read_text()) == re.sub(r"\d\.\d\d s", "", text)


def test_an_interrupt_keeps_what_was_found(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from plait import faults_search

    write(a=HIDDEN, b=HIDDEN.replace("Hidden", "Other"))
    explain = faults_search.explain

    def interrupted(plan: Any, *rest: Any, **named: Any) -> Any:
        if plan.model.protocol == "Other":
            raise KeyboardInterrupt
        return explain(plan, *rest, **named)

    monkeypatch.setattr(faults_search, "explain", interrupted)
    found = as_json(capsys, ".", code=Exit.INTERRUPTED)
    assert found["interrupted"]
    assert [run["protocol"] for run in found["runs"]] == ["Hidden"]


@pytest.mark.symbolic
def test_a_solver_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, str(NOTES), "--property", "Either", "--engine", "symbolic")
    assert answers(found) == {"Either": ("with", [("wire.duplicate=1", 5), ("wire.lose=2", 4)])}


def test_both_engines_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (as_json(capsys, str(NOTES), "--engine", engine) for engine in ("interpreter", "native"))
    assert one["runs"][0]["properties"] == other["runs"][0]["properties"]
