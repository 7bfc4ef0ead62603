"""`plait prove`: verdicts, lemmas, certificates and exit codes, on files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plait import certificates, cli
from plait.engines.symbolic import process
from plait.engines.symbolic.prove_tasks import Job, Reply, Texts
from plait.limits import Limits, Watch
from plait.reports.result import Exit
from tests.checker.test_reports_json import validator

pytestmark = pytest.mark.symbolic

CLASSIC = Path(__file__).parents[2] / "models" / "classic"

LEMMAS = """\
protocol Commit(managers: 1..4 = 3)
ids Manager[managers]
enum State   { Working, Prepared, Committed, Aborted }
enum Verdict { Commit, Abort }
var state:  Manager -> State = Working
var offers: set<Manager> = {}
var heard:  set<Manager> = {}
var verdict: Verdict? = none
action prepare(m: Manager)         when state[m] == Working { state[m] = Prepared   offers += {m} }
action choose_to_abort(m: Manager) when state[m] == Working { state[m] = Aborted }
action hear(m: Manager)            when verdict == none and m in offers { heard += {m} }
action commit()                    when verdict == none and all m: Manager. m in heard { verdict = Commit }
action abort()                     when verdict == none { verdict = Abort }
action obey(m: Manager) when verdict != none { state[m] = if verdict == Commit then Committed else Aborted }
always Agreement: not (some m: Manager. state[m] == Committed) or not (some m: Manager. state[m] == Aborted)
"""


def plait(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["prove", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "commit.plait"
    path.write_text(LEMMAS)
    return path


def add(path: Path, *lines: str) -> str:
    path.write_text("\n".join([path.read_text(), *lines, ""]))
    return str(path)


# ---- certificates from end to end


def test_a_proof_its_certificate_and_its_check(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "it.certificate")
    code, out, _ = plait(capsys, str(model), "--certificate", file)
    assert code == Exit.MET
    assert "ok  Agreement  holds  inductive invariant" in out
    assert "a fresh process checked the invariant again" in out
    code, out, _ = plait(capsys, str(model), "--check", file)
    assert code == Exit.MET
    first, *_, last = out.splitlines()
    assert first == "Commit  Agreement: holds  (managers = 3)"
    assert [line.split("  ")[1] for line in out.splitlines()[1:4]] == ["initially", "step by step", "implies"]
    assert "14 steps of 6 actions: prepare, choose_to_abort, hear, commit, abort, obey" in out
    assert last == "the certificate proves it"


def test_a_certificate_of_another_model_is_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "it.certificate")
    assert plait(capsys, str(model), "--certificate", file)[0] == Exit.MET
    model.write_text(LEMMAS.replace("all m: Manager. m in heard { ", "(some m: Manager. m in heard) { "))
    code, out, _ = plait(capsys, str(model), "--check", file)
    assert code == Exit.NOT_MET
    assert "step by step  refused: `Invariant" in out
    assert "    the step  commit\n      verdict: none -> Commit\n" in out
    assert out.splitlines()[-1] == "the certificate is refused"


def test_a_lemma_of_a_certificate_with_a_mistake(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "it.certificate"
    assert plait(capsys, str(model), "--certificate", str(file))[0] == Exit.MET
    text = file.read_text().replace("Committed", "Comitted", 1)
    file.write_text(text)
    code, _, err = plait(capsys, str(model), "--check", str(file))
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "Comitted" in line)
    assert code == Exit.WRONG_INPUT
    assert f"it.certificate:{line}:" in err
    assert "`Committed`" in err


def test_what_is_cut_is_proved_within_its_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clock.plait"
    path.write_text(
        "protocol Clock\nvar now: within 0..3 = 0\nvar late: bool = false\n"
        "action tick() { now += 1 }\naction miss() when now > 5 { late = true }\nalways Never: not late\n"
        "expect Never holds within\n"
    )
    file = tmp_path / "it.certificate"
    assert plait(capsys, str(path), "--certificate", str(file))[0] == Exit.MET
    assert "verdict: holds within" in file.read_text()
    assert plait(capsys, str(path), "--check", str(file))[0] == Exit.MET
    file.write_text(file.read_text().replace("holds within", "holds"))
    code, out, _ = plait(capsys, str(path), "--check", str(file))
    assert code == Exit.NOT_MET
    assert "the step  tick" in out or "now = 3" in out


def test_certificates_of_several_runs_stand_in_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named and judged by itself; one that is wrong is refused, and the places of mistakes are right."""
    model, file = str(CLASSIC / "two_phase.plait"), tmp_path / "it.certificate"
    assert plait(capsys, model, "--certificate", str(file))[0] == Exit.MET
    text = file.read_text()
    assert text.count("plait certificate 1\n") == 3
    code, out, _ = plait(capsys, str(CLASSIC), "--check", str(file))
    assert code == Exit.MET
    heads = [line for line in out.splitlines() if line.startswith(("TwoPhase", "Majority"))]
    assert heads == [
        "TwoPhase  Agreement, OnlyIfAll, Final: holds  (managers = 3)",
        "TwoPhase  Agreement, OnlyIfAll: holds  (managers = 5)",  # what its `expect with` names
        "Majority  Final: holds  (managers = 3)",
    ]
    assert out.count("the certificate proves it") == 3
    assert out.endswith("3 of 3 certificates prove what they say\n")
    lines = text.splitlines()
    second, third = (at for at, line in enumerate(lines) if at and line == "plait certificate 1")
    at = next(number for number, line in enumerate(lines) if number > second and line.startswith("lemma"))
    file.write_text("\n".join([*lines[:at], *lines[third:], ""]))
    code, out, _ = plait(capsys, model, "--check", str(file))
    assert code == Exit.NOT_MET
    answers = [line for line in out.splitlines() if line.startswith("the certificate")]
    assert answers == ["the certificate proves it", "the certificate is refused", "the certificate proves it"]
    file.write_text("\n".join([*lines[:at], "lemma Wrong: nobody == 3", *lines[third:], ""]))
    code, out, err = plait(capsys, model, "--check", str(file))
    assert code == Exit.WRONG_INPUT
    assert f"it.certificate:{at + 1}:14: error P101" in err
    assert out.count("the certificate proves it") == 2


def test_a_certificate_finds_its_file(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "it.certificate"
    assert plait(capsys, str(model), "--certificate", str(file))[0] == Exit.MET
    assert plait(capsys, str(CLASSIC), str(tmp_path), "--check", str(file))[0] == Exit.MET
    code, _, err = plait(capsys, str(CLASSIC), "--check", str(file))
    assert code == Exit.WRONG_INPUT
    assert "it is about commit.plait, and none of the files is called so; name the file as PATH" in err


# ---- as JSON


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: Exit) -> Any:
    assert cli.run(["prove", *arguments, "--format", "json"]) == code
    found = json.loads(capsys.readouterr().out)
    validator("prove").validate(found)
    assert found["exit"] == code
    return found


def test_the_schema_has_what_the_schema_of_reports_has() -> None:
    ours, theirs = (validator(name).schema for name in ("prove", "report"))
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    for name, shape in theirs["$defs"].items():
        if name != "run":
            assert ours["$defs"][name] == shape, name
    run = ours["$defs"]["run"]
    assert {**run["properties"], **theirs["$defs"]["run"]["properties"]} == run["properties"]
    assert set(run["properties"]) - set(theirs["$defs"]["run"]["properties"]) == {"any_number_of", "proofs"}


def test_a_proof_as_json(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(
        model,
        "lemma Offered: all m: Manager. m in heard implies m in offers",
        "lemma Late: all m: Manager. state[m] == Aborted implies verdict != Commit using Offered",
    )
    (run,) = told(capsys, path, code=Exit.OPEN)["runs"]
    assert run["any_number_of"] is None
    verdicts = {one["name"]: (one["kind"], one["verdict"], one["how"]) for one in run["properties"]}
    assert verdicts["Agreement"] == ("always", "holds", "inductive invariant")
    assert verdicts["Offered"] == ("lemma", "holds", "inductive")
    whole, offered, late = run["proofs"]
    assert (whole["properties"], whole["using"], whole["refuted"]) == (["Agreement"], ["Offered"], None)
    assert [(one["name"], one["answer"]) for one in whole["obligations"]] == [
        ("initially", "met"),
        ("step by step", "met"),
        ("implies", "met"),
    ]
    assert all(isinstance(sentence, str) and "Manager" in sentence for sentence in whole["invariant"])
    assert whole["invariant"]
    assert (offered["properties"], offered["refuted"]) == (["Offered"], None)
    assert (late["properties"], late["using"]) == (["Late"], ["Offered"])
    assert late["obligations"][-1] == {"name": "step by step", "answer": "refused", "extent": ""}
    assert late["refuted"]["part"] == "Late"
    assert late["refuted"]["state"] == [{"place": "verdict", "value": "Commit"}]
    step = late["refuted"]["step"]
    assert step["label"] == "choose_to_abort(m1)"
    assert step["changes"] == [{"place": "state[m1]", "before": "Working", "after": "Aborted"}]


def test_what_fails_has_its_trace_in_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "it.json"
    arguments = ["prove", str(CLASSIC / "two_phase.plait"), "--proposal", "Majority", "--format", "json"]
    assert cli.run([*arguments, "--out", str(out)]) == Exit.MET
    assert capsys.readouterr().out == ""
    found = json.loads(out.read_text())
    validator("prove").validate(found)
    (agreement,) = (one for one in found["runs"][0]["properties"] if one["name"] == "Agreement")
    assert (agreement["verdict"], len(agreement["trace"])) == ("fails", 7)


def test_certificates_as_json(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "it.certificate")
    assert plait(capsys, str(model), "--certificate", file)[0] == Exit.MET
    found = told(capsys, str(model), "--check", file, code=Exit.MET)
    assert found["runs"] == []
    (one,) = found["certificates"]
    assert (one["protocol"], one["properties"], one["answer"]) == ("Commit", ["Agreement"], "proved")
    model.write_text(LEMMAS.replace("all m: Manager. m in heard { ", "(some m: Manager. m in heard) { "))
    (one,) = told(capsys, str(model), "--check", file, code=Exit.NOT_MET)["certificates"]
    assert one["answer"] == "refused"
    assert one["refuted"]["step"]["label"] == "commit"


def test_the_result_as_text_in_a_file(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["prove", str(model), "--out", str(tmp_path / "it.txt")]) == Exit.MET
    assert capsys.readouterr().out == ""
    text = (tmp_path / "it.txt").read_text()
    assert "Agreement  holds  inductive invariant" in text
    assert text.endswith("1 of 1 expectations met in 1 run\n")


def test_what_fails_has_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = plait(capsys, str(CLASSIC / "two_phase.plait"), "--proposal", "Majority")
    assert code == Exit.MET
    assert "ok  Agreement  fails in 7  as expected" in out
    assert "ok  Final      holds       inductive invariant" in out


def test_what_is_not_proved_is_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = plait(capsys, str(CLASSIC / "two_phase.plait"), "--property", "Commits")
    assert code == Exit.WRONG_INPUT
    assert "--property Commits: it is `reachable`; what is proved is always, never, step, deadlock free, lemma" in err


# ---- lemmas


def test_lemmas_that_are_inductive(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(
        model,
        "lemma Offered: all m: Manager. m in heard implies m in offers",
        "lemma All: all m: Manager. verdict == Commit implies m in heard using Offered",
    )
    file = tmp_path / "it.certificate"
    code, out, _ = plait(capsys, path, "--certificate", str(file))
    assert code == Exit.MET
    assert "Offered    holds  inductive\n" in out
    assert "All        holds  inductive, using Offered\n" in out
    assert "using: Offered, All" in file.read_text()
    assert plait(capsys, path, "--check", str(file))[0] == Exit.MET


def test_a_counterexample_to_induction_has_few_facts(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(model, "lemma Late: all m: Manager. state[m] == Aborted implies verdict != Commit")
    code, out, _ = plait(capsys, path)
    assert code == Exit.OPEN
    assert "OPEN  Late       undetermined  not inductive: choose_to_abort breaks it" in out
    wanted = """\
  lemma Late
    initially     3 conjuncts
    step by step  refused: `Late` does not hold after a step
      in the state where, otherwise as at the start:
        verdict = Commit
      the step  choose_to_abort(m1)
        state[m1]: Working -> Aborted
"""
    assert wanted in out


def test_a_lemma_that_needs_another_one(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By itself it breaks from a commit while somebody works; with the others nobody works any more then."""
    lemma = "lemma Late: all m: Manager. verdict == Commit implies state[m] in {Prepared, Committed}"
    path = add(model, lemma)
    assert plait(capsys, path)[0] == Exit.OPEN
    model.write_text(LEMMAS)
    path = add(
        model,
        f"{lemma} using Offered, Ready",
        "lemma Offered: all m: Manager. m in heard implies m in offers",
        "lemma Ready: all m: Manager. m in offers and verdict == none implies state[m] == Prepared",
    )
    code, out, _ = plait(capsys, path)
    assert code == Exit.MET
    assert "Late       holds  inductive, using Offered, Ready" in out


def test_a_lemma_that_leans_on_what_is_wrong(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(
        model,
        "lemma Nobody: all m: Manager. state[m] != Committed using Never",
        "lemma Never: verdict != Commit",
        "expect Nobody undetermined, Never undetermined",
    )
    code, out, _ = plait(capsys, path)
    assert code == Exit.MET
    assert "inductive only if these hold, which is not proved: Never" in out
    assert "Never      undetermined  not inductive: commit breaks it" in out
    assert "ok  Agreement  holds         inductive invariant" in out.replace("ok    ", "ok  ")


def test_lemmas_that_lean_on_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "swap.plait"
    path.write_text(
        "protocol Swap\nvar a, b: 0..3 = 0\naction turn() when a < 3 { let old = a   a = b   b = old }\n"
        "lemma Left: a == 0 using Right\nlemma Right: b == 0 using Left\nalways Both: a + b == 0\n"
    )
    code, out, _ = plait(capsys, str(path))
    assert code == Exit.MET
    assert "Left   holds  inductive, using Right" in out
    assert "Right  holds  inductive, using Left" in out


@pytest.mark.parametrize("proposal", ["Ib", "Adopted"])
def test_the_lemmas_of_the_study_are_inductive_together(proposal: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And S1 follows, at a size that a search needs millions of states for."""
    model = str(CLASSIC.parent / "mesos" / "any_size.plait")
    size = ["--set", "ops=2", "--set", "versions=2"]
    arguments = [model, "--proposal", proposal, *size, "--property", "NoDoubleExecution"]
    (run,) = told(capsys, *arguments, code=Exit.MET)["runs"]
    verdicts = {one["name"]: one["verdict"] for one in run["properties"]}
    lemmas = ["Once", "Versions", "InStep", "Finals", "Missing", "Replies", "Certain"]
    assert verdicts == dict.fromkeys([*lemmas, "NoDoubleExecution"], "holds")
    assert run["proofs"][0]["using"] == lemmas


def test_a_lemma_about_steps_is_none(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(model, "lemma Last: commit implies verdict == Commit")
    code, _, err = plait(capsys, path)
    assert code == Exit.WRONG_INPUT
    assert "`Last`: what is inductive is about states, and this is about steps or runs" in err


def test_a_broken_lemma_is_drawn(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add(model, "lemma Late: all m: Manager. state[m] == Aborted implies verdict != Commit")
    assert plait(capsys, path, "--draw", str(tmp_path / "drawn"))[0] == Exit.OPEN
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == ["Commit.Late.png", "Commit.Late.svg"]


# ---- a solver that is not there, or dies


def test_a_solver_that_dies_decides_nothing(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(process, "COMMAND", killed)
    code, out, _ = plait(capsys, str(model))
    assert code == Exit.OPEN
    assert "undetermined  the solver process died: Killed" in out


def test_a_checker_that_dies_decides_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "it.certificate")
    assert plait(capsys, str(model), "--certificate", file)[0] == Exit.MET
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(certificates, "COMMAND", killed)
    code, out, _ = plait(capsys, str(model), "--check", file)
    assert code == Exit.OPEN
    head = "Commit  Agreement: holds  (managers = 3)\n"
    assert out == f"{head}the certificate is not decided: the solver process died: Killed\n"
    path = add(model, "lemma Offered: all m: Manager. m in heard implies m in offers")
    code, out, _ = plait(capsys, path)
    assert code == Exit.OPEN
    assert "Offered    undetermined  the solver process died: Killed" in out
    assert "Agreement  undetermined  it was proved, and that was not checked again: the solver process died" in out


def test_the_parent_does_not_load_z3(model: Path) -> None:
    script = f"import sys; from plait import cli; cli.run(['prove', {str(model)!r}]); assert 'z3' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, json.dumps(done.stderr)


def test_an_invariant_of_ours_that_is_refused_is_our_fault(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written down with nothing in it, and then checked as anybody's would be."""
    answer = certificates._answer

    def forgetful(job: Job, limits: Limits, watch: Watch) -> Reply:
        found = answer(job, limits, watch)
        return Texts((), ()) if isinstance(found, Texts) else found

    monkeypatch.setattr(certificates, "_answer", forgetful)
    code, out, err = plait(capsys, str(model), "--certificate", str(tmp_path / "kept.plait"))
    assert code == Exit.INTERNAL
    assert "the invariant that was found is refused" in out + err
    assert "holds" not in out
    assert not (tmp_path / "kept.plait").exists()


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("constant at: 0..3 = any\nvar fine: bool = 6 mod at == 0\nlemma High: at < 9", "High  error", Exit.NOT_MET),
        ("var x: 0..3 = 0\naction up() { x += 1 }\nlemma High: x < 9", "High  error", Exit.NOT_MET),
        ("var x: within 0..3 = 0\naction up() { x += 1 }\nlemma High: x < 9", "High  holds within", Exit.OPEN),
    ],
)
def test_an_inductive_lemma_of_a_model_that_errs_or_is_cut(
    text: str, said: str, code: Exit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As for any other property."""
    path = tmp_path / "model.plait"
    path.write_text(f"protocol P\n{text}\n", encoding="utf-8")
    found, out, _ = plait(capsys, str(path))
    assert said in out
    assert found == code
