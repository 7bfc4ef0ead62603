"""Certificates of `plait check --engine symbolic`: about all runs where they are short, about possible values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plait import certificates, cli
from plait.certificates import Certifying, question
from plait.engines import interpreter
from plait.engines.symbolic import reachable_values as values
from plait.engines.symbolic.certificate import Certificate, Head, dumps, loads
from plait.engines.symbolic.obligations_answers import LAW, Refusal, Undecided
from plait.engines.symbolic.prove_tasks import Judged, Met
from plait.engines.symbolic.prove_worker import certified
from plait.errors import JobError
from plait.limits import Limits
from plait.reports.result import Exit
from plait.semantics import Reached, State, initial_states, steps
from plait_spec import load
from plait_spec.annex import load_with
from plait_spec.core import Literal, Model, Rule
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground
from plait_spec.source import Source
from plait_spec.types import BOOL

pytestmark = pytest.mark.symbolic

HERE = Path(__file__).parent.parent
NAME = "it.certificate"
SHORT = (
    HERE.parent / "models" / "constructs" / "break.plait",
    HERE.parent / "models" / "constructs" / "unordered_for.plait",
    HERE / "rules" / "atoms_of_messages.plait",
    HERE / "rules" / "crash_keeps_messages.plait",
    HERE / "rules" / "handler_for_each_channel.plait",
)


def unwatched(progress: object) -> None:
    """Nobody watches."""


def written(path: Path) -> Certificate:
    """The certificate that `plait check` writes for the first model of a file."""
    (model, *_) = load(path)
    texts: list[str] = []
    whole = ground(model, default_parameters(model))
    names = tuple(one.name for one in whole.properties)
    Certifying(texts).check(whole, names, Limits(), True, unwatched)
    (text,) = texts
    return loads(text, NAME)


def read(path: Path, certificate: Certificate) -> Model:
    return load_with(path, certificate.head.model, Source(NAME, certificate.lemmas))


def judge(model: Model, certificate: Certificate) -> Judged:
    found = certified(question(model, certificate, NAME, None))
    assert isinstance(found, Judged)
    return found


def levels(whole: Ground, most: int = 100) -> list[set[State]]:
    """The states after 0, 1, 2, ... steps of any run, as long as there is one."""
    found: list[set[State]] = []
    states = set(initial_states(whole))
    while states and len(found) <= most:
        found.append(states)
        states = {to.state for one in states for _, to in steps(whole, one) if isinstance(to, Reached)}
    return found


# ---- all runs


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
def test_the_longest_run_is_the_longest(path: Path) -> None:
    certificate = written(path)
    model = read(path, certificate)
    assert certificate.longest == len(levels(question(model, certificate, NAME, None).ground)) - 1
    (*_, last) = judge(model, certificate).met
    assert last == Met("all runs", f"none has more than {certificate.longest} steps")


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
@pytest.mark.parametrize("less", [1, 2])
def test_a_longer_run_refutes_it(path: Path, less: int) -> None:
    """With a state that so many steps lead to, and a step from there."""
    certificate = written(path)
    model = read(path, certificate)
    assert certificate.longest is not None
    short = replace(certificate, longest=certificate.longest - less)
    refusal = judge(model, short).answer
    assert isinstance(refusal, Refusal)
    assert refusal.obligation == "all runs"
    assert refusal.part == f"no run has more than {short.longest} steps"
    reached = levels(question(model, short, NAME, None).ground)
    assert short.longest is not None
    assert refusal.state in reached[short.longest]
    assert refusal.after in reached[short.longest + 1]


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
def test_more_steps_than_any_run_has_are_no_mistake(path: Path) -> None:
    certificate = written(path)
    assert certificate.longest is not None
    assert judge(read(path, certificate), replace(certificate, longest=certificate.longest + 2)).answer is None


def mutants(model: Model) -> Iterator[Model]:
    """The model with a guard left out, or a command of a body."""
    for at, rule in enumerate(model.rules):
        without: list[Rule] = [replace(rule, guard=Literal(True, BOOL, rule.span))]
        bodies = ((*rule.body[:number], *rule.body[number + 1 :]) for number in range(len(rule.body)))
        without += [replace(rule, body=body) for body in bodies]
        yield from (replace(model, rules=(*model.rules[:at], other, *model.rules[at + 1 :])) for other in without)


def test_changed_models_are_refused() -> None:
    """Unless it holds there, too, and no run is longer; refused they are with a state of the very run."""
    refused = 0
    for path in SHORT:
        certificate = written(path)
        assert certificate.longest is not None
        for model in mutants(read(path, certificate)):
            job = question(model, certificate, NAME, None)
            truth = interpreter.check(job.ground, certificate.head.properties, Limits(states=20_000), False, unwatched)
            fails = any(one.word not in ("holds", "vacuous") for one in truth.decisions)
            runs = levels(job.ground, certificate.longest + 1)
            longer = len(runs) > certificate.longest + 1
            found = judge(model, certificate)
            if found.answer is None:
                assert not fails
                assert not longer
                continue
            refused += 1
            assert isinstance(found.answer, Refusal)
            if found.answer.obligation == "all runs":
                assert fails or longer
                assert any(found.answer.state in states for states in runs)
    assert refused >= 15


def test_a_claim_that_fails_is_refused_with_the_state(tmp_path: Path) -> None:
    path = tmp_path / "model.plait"
    path.write_text(
        """
protocol Falls
var left: 0..3 = 3
action fall() when left > 0 { left -= 1 }
always High: left > 0
step   Slow: next(left) > 0
""",
        encoding="utf-8",
    )
    for name, state, after in (("High", (0,), None), ("Slow", (1,), (0,))):
        certificate = about(path, "Falls", (name,), longest=3)
        found = judge(read(path, certificate), certificate).answer
        assert isinstance(found, Refusal)
        assert (found.obligation, found.part, found.state, found.after) == ("all runs", None, state, after)


def about(
    path: Path, protocol: str, names: tuple[str, ...], *, longest: int | None, verdict: str = "holds"
) -> Certificate:
    """A certificate that somebody wrote by hand."""
    head = Head("0.1.0", path.name, protocol, None, (), names, (), (), True, verdict)
    return loads(dumps(head, (), (), longest), NAME)


# ---- where no run begins

ERRS = "protocol Errs\nconstant at: 0..3 = any\nvar two: 0..2 = at\nalways Low: at < 4\n"
CUT = "protocol Cut\nconstant at: 0..3 = any\nvar two: within 0..2 = at\nalways Low: at < 4\n"
NONE = "protocol None\nvar at: 0..3 = any v where v > 3\naction go() { at = 0 }\nalways Low: at < 4\n"


def written_by_hand(path: Path, text: str, longest: int | None, verdict: str) -> Judged:
    path.write_text(text, encoding="utf-8")
    protocol = text.split()[1]
    certificate = about(path, protocol, ("Low",), longest=longest, verdict=verdict)
    return judge(read(path, certificate), certificate)


@pytest.mark.parametrize("longest", [None, 0, -1])
def test_a_start_that_errs_proves_nothing(tmp_path: Path, longest: int | None) -> None:
    found = written_by_hand(tmp_path / "model.plait", ERRS, longest, "holds within")
    assert found.met == ()
    assert isinstance(found.answer, Undecided)
    assert found.answer.reason.startswith("no run begins: P501")


def test_a_start_that_is_cut_holds_within(tmp_path: Path) -> None:
    found = written_by_hand(tmp_path / "model.plait", CUT, None, "holds")
    assert isinstance(found.answer, Undecided)
    within = written_by_hand(tmp_path / "model.plait", CUT, None, "holds within")
    assert within == Judged("invariant", (Met("initially", "no run begins: two: within 0..2"),), None)


def test_where_there_is_no_initial_state(tmp_path: Path) -> None:
    path = tmp_path / "model.plait"
    assert written_by_hand(path, NONE, -1, "holds").answer is None
    begun = written_by_hand(path, NONE.replace("v > 3", "v > 2"), -1, "holds").answer
    assert isinstance(begun, Refusal)
    assert (begun.obligation, begun.part, begun.state) == ("all runs", "no run begins", (3,))


# ---- values that can be there


def test_values_that_cannot_be_there(tmp_path: Path) -> None:
    """Only with them is `High` an invariant by itself: nothing leads to 2, nor from there to 3."""
    path = tmp_path / "model.plait"
    path.write_text(
        """
protocol Switch
var high: 0..3 = 0
action up()   when high == 0 { high = 1 }
action down() when high == 1 { high = 0 }
action more() when high == 2 { high = 3 }
always High: high < 3
""",
        encoding="utf-8",
    )
    certificate = about(path, "Switch", ("High",), longest=None)
    model = read(path, certificate)
    assert judge(model, certificate).answer is None
    whole = replace(certificate, head=replace(certificate.head, reachable=False))
    found = judge(model, whole).answer
    assert isinstance(found, Refusal)
    assert (found.obligation, found.state) == ("implies", (3,))


def test_nobody_believes_which_values_can_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too few were found, a start or a step that leaves them refutes it."""
    path = tmp_path / "model.plait"
    path.write_text(
        "protocol Rises\nvar at: 0..3 = 0\naction rise() when at < 3 { at += 1 }\nalways Low: at < 2\n",
        encoding="utf-8",
    )
    certificate = about(path, "Rises", ("Low",), longest=None)
    model = read(path, certificate)
    for known, obligation in (((0, 1), "step by step"), ((1, 2), "initially")):
        monkeypatch.setattr(values, "reachable_values", lambda whole, known=known: values.Reachable((known,)))
        found = judge(model, certificate).answer
        assert isinstance(found, Refusal)
        assert (found.obligation, found.part, found.after) == (obligation, LAW, None)


# ---- the text and the commands


def test_text_and_back() -> None:
    head = Head("0.1.0", "toy.plait", "Toy", None, (), ("A",), (), (), True, "holds within")
    for longest, line in ((12, "longest run: 12"), (-1, "longest run: none")):
        text = dumps(head, ("Invariant1: x == 1",), (), longest)
        assert f"\n{line}\n" in text
        found = loads(text, NAME)
        assert (found.head, found.longest) == (head, longest)
        assert "longest" not in found.lemmas


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("values: reachable", "values: some", "`values` are `all` or `reachable`, not `some`"),
        ("longest run: 3\n", "longest run: 3\nlongest run: 4\n", "it.certificate:14: the longest run is said twice"),
    ],
)
def test_a_text_that_is_wrong(old: str, new: str, message: str) -> None:
    head = Head("0.1.0", "toy.plait", "Toy", None, (), ("A",), (), (), True, "holds")
    with pytest.raises(JobError, match=re.escape(message)):
        loads(dumps(head, (), (), 3).replace(old, new), NAME)


def test_from_command_to_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, file = str(SHORT[0]), str(tmp_path / "it.certificate")
    assert cli.run(["check", model, "--engine", "symbolic", "--certificate", file]) == Exit.MET
    assert cli.run(["prove", model, "--check", file]) == Exit.MET
    told = capsys.readouterr().out
    assert "  all runs      none has more than 10 steps\nthe certificate proves it\n" in told
    assert told.endswith("2 of 2 certificates prove what they say\n")
    text = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(text.replace("longest run: 10", "longest run: 9"), encoding="utf-8")
    assert cli.run(["prove", model, "--check", file]) == Exit.NOT_MET
    assert "refused: `no run has more than 9 steps` does not hold in a run" in capsys.readouterr().out


def test_an_explicit_search_has_no_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "it.certificate"
    for engine in ([], ["--engine", "native"]):
        assert cli.run(["check", str(SHORT[0]), *engine, "--certificate", str(file)]) == Exit.WRONG_INPUT
        assert "--certificate FILE wants --engine symbolic" in capsys.readouterr().err
        assert not file.exists()


# ---- what a text can be


def certified_by_commands(tmp_path: Path, text: str, *options: str) -> str:
    """The certificate that `plait check` writes, after `plait prove --check` found it right."""
    model, file = tmp_path / "model.plait", tmp_path / "it.certificate"
    model.write_text(text, encoding="utf-8")
    cli.run(["check", str(model), "--engine", "symbolic", "--certificate", str(file), *options])
    assert cli.run(["prove", str(model), "--check", str(file)]) == Exit.MET
    return file.read_text(encoding="utf-8")


def test_identities_are_called_what_nothing_else_is(tmp_path: Path) -> None:
    text = """
protocol Names(managers: 1..4 = 3)
ids Manager[managers]
var m1: bool = false
var manager1: bool = false
var hot: Manager -> bool = false
action go(m: Manager) when not m1 and all x: Manager. not hot[x] { hot[m] = true  manager1 = true  m1 = true }
action off(m: Manager) when hot[m] { hot[m] = false  m1 = false  manager1 = false }
always Two: all m: Manager. hot[m] implies manager1
"""
    found = certified_by_commands(tmp_path, text)
    assert "all manager_1: Manager. not (not manager1 and hot[manager_1])" in found


def test_a_cube_that_is_no_sentence_any_more(tmp_path: Path) -> None:
    """The parser refuses an expression that is nested so deep."""
    text = """
protocol Wide
var x: 0..165 = 0
var b: bool = false
action up() when x < 165 { x += 1 }
action mark() when x > 40 { b = true }
always Late: b implies x > 40
"""
    assert "excluded: " in certified_by_commands(tmp_path, text)


def test_a_parameter_whose_bound_is_another(tmp_path: Path) -> None:
    text = """
protocol Depends(agents: 1..3 = 1, leader: 0..agents = 0)
var x: 0..3 = 0
action up() when x < 2 { x += 1 }
always Low: x + leader < 6
"""
    found = certified_by_commands(tmp_path, text, "--set", "agents=3", "--set", "leader=3")
    assert "parameters: agents = 3, leader = 3" in found


def test_steps_in_any_order(tmp_path: Path) -> None:
    """All orders of nine independent steps would be a pigeonhole problem."""
    text = """
protocol Any(workers: 1..16 = 9)
type W = 0..workers-1
var at: W -> bool = false
action go(w: W) when not at[w] { at[w] = true }
always Fine: at[0] or not (all w: W. at[w])
"""
    assert "longest run: 9" in certified_by_commands(tmp_path, text)


def test_longer_runs_than_there_are_cost_nothing() -> None:
    certificate = replace(written(SHORT[0]), longest=999_999)
    assert judge(read(SHORT[0], certificate), certificate).answer is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("properties: A", "properties: A, A", "`properties` says something twice"),
        ("properties: A", "properties: none", "`properties` are none"),
        ("parameters: n = 3", "parameters: n = 3, n = 4", "`parameters` give a value twice"),
    ],
)
def test_a_head_that_says_nothing_clear(old: str, new: str, message: str) -> None:
    head = Head("0.1.0", "toy.plait", "Toy", None, (("n", "3"),), ("A",), (), (), True, "holds")
    with pytest.raises(JobError, match=re.escape(message)):
        loads(dumps(head, (), (), 3).replace(old, new), NAME)


def test_an_interrupt_before_it_is_checked_again_leaves_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not checked again is undetermined, and what else was found stays."""
    (model, *_) = load(SHORT[0])
    whole = ground(model, default_parameters(model))
    names = tuple(one.name for one in whole.properties)

    def interrupted(*rest: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(certificates, "_answer", interrupted)
    texts: list[str] = []
    found = {one.property: one for one in Certifying(texts).check(whole, names, Limits(), True, unwatched).decisions}
    assert texts == []
    assert found["Done"].word == "holds"  # by a run
    assert found["Gap"].word == "undetermined"
    assert found["Gap"].how == "it was proved, and that was not checked again: interrupted"


def test_too_many_starts_to_look_at(tmp_path: Path) -> None:
    """What is refused is refused, though no initial state is there to compare it with."""
    path = tmp_path / "model.plait"
    path.write_text(
        """
protocol Many
type I = 0..24
var b: I -> bool = any
var x: 0..3 = 0
action up() when x < 3 { x += 1 }
always Low: x < 3
""",
        encoding="utf-8",
    )
    certificate = about(path, "Many", ("Low",), longest=None)
    found = judge(read(path, certificate), certificate).answer
    assert isinstance(found, Refusal)
    assert found.obligation == "implies"


def test_an_old_certificate_does_not_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing holds now, what stands in the file would be taken for it."""
    model, file = tmp_path / "model.plait", tmp_path / "it.certificate"
    file.write_text("an older one", encoding="utf-8")
    model.write_text("protocol P\nvar x: 0..1 = 0\nalways Never: x == 1\n", encoding="utf-8")
    assert cli.run(["check", str(model), "--engine", "symbolic", "--certificate", str(file)]) == Exit.NOT_MET
    assert "there is no certificate to write" in capsys.readouterr().err
    assert not file.exists()
