"""Certificates: their text, and that what is wrong with them, or with the model, is refused with a state or a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from plait.certificates import question
from plait.engines import interpreter
from plait.engines.symbolic.certificate import Certificate, Head, dumps, loads
from plait.engines.symbolic.obligations_answers import Refusal
from plait.engines.symbolic.prove_tasks import Judged, NoSuchFact
from plait.engines.symbolic.prove_worker import certified
from plait.errors import JobError
from plait.evaluation import evaluate
from plait.limits import Limits
from plait.parameters import assign
from plait.plan import Loaded, Plan, runs_of
from plait.proving import provable, prove
from plait.semantics import Reached, initial_states, steps_of
from plait_spec import load
from plait_spec.annex import load_with
from plait_spec.core import Block, Command, ForEach, Literal, Model, Rule, When
from plait_spec.diagnostics import SpecError
from plait_spec.grounding import ground
from plait_spec.restrict import restrict
from plait_spec.source import Source
from plait_spec.types import BOOL

pytestmark = pytest.mark.symbolic

CLASSIC = Path(__file__).parents[2] / "models" / "classic"
NAME = "it.certificate"
Case = tuple[Path, str, dict[str, int], tuple[str, ...]]
CASES: dict[str, Case] = {
    "two_phase": (CLASSIC / "two_phase.plait", "TwoPhase", {"managers": 3}, ("Agreement", "OnlyIfAll")),
    "opsync_set": (CLASSIC / "opsync_set.plait", "OpsyncSet", {"agents": 2, "ops": 1}, ("ToldIsDone", "AckIsTold")),
}
MORE: dict[str, Case] = {
    "lock_server": (CLASSIC / "lock_server.plait", "LockServer", {}, ("Exclusion", "Known")),
    "filter_lock": (CLASSIC / "filter_lock.plait", "FilterLock", {}, ("Exclusion",)),
    "ticket_lock": (CLASSIC / "ticket_lock.plait", "TicketLock", {}, ("Unique",)),
    "alternating_bit": (CLASSIC / "alternating_bit.plait", "AlternatingBit", {}, ("InOrder", "Close")),
}


def plan_of(path: Path, name: str, parameters: dict[str, int], properties: tuple[str, ...]) -> Plan:
    model = next(one for one in load(path) if (one.proposal or one.protocol) == name)
    (plan, *_) = runs_of(Loaded(str(path), model), (), properties)
    return replace(plan, parameters=assign(model, parameters), properties=properties)


@cache
def proved(case: str) -> str:
    """The certificate of a case."""
    found = prove(provable(plan_of(*(CASES | MORE)[case])), Limits())
    assert found.certificate is not None
    return found.certificate


def judge(case: str, text: str) -> Judged:
    """What the checker says, in this process."""
    certificate = loads(text, NAME)
    path = CASES[case][0]
    model = load_with(path, certificate.head.model, Source(NAME, certificate.lemmas))
    return answer(model, certificate)


def answer(model: Model, certificate: Certificate) -> Judged:
    found = certified(question(model, certificate, NAME, None))
    assert isinstance(found, Judged)
    return found


def refutes(judged: Judged, model: Model, certificate: Certificate) -> bool:
    """Whether the state or step of a refusal is there under the reference semantics."""
    refusal = judged.answer
    assert isinstance(refusal, Refusal)
    whole = question(model, certificate, NAME, None).ground
    if refusal.obligation == "initially":
        return refusal.state in set(initial_states(whole))
    if refusal.choice is None or refusal.after is None:
        return True
    outcomes = [outcome for _, outcome in steps_of(whole, refusal.state, refusal.choice.instance)]
    broken = next((one for one in whole.properties if one.name == refusal.part), None)
    kept = broken is not None and evaluate(broken.expr, refusal.after)  # None: a line of facts
    return not kept and Reached(refusal.after) in outcomes


# ---- the text

HEAD = Head("0.1.0", "toy.plait", "Toy", None, (("n", "3"),), ("A", "B"), (), (), False, "holds")


def test_text_and_back() -> None:
    text = dumps(
        HEAD, ("Invariant1: all o1: Op. not (x[o1] == A)",), (("link has nothing at 0", "not up[a1] is true"),)
    )
    found = loads(text, NAME)
    assert found.head == HEAD
    assert found.excluded == ((14, ("link has nothing at 0", "not up[a1] is true")),)
    lines = found.lemmas.splitlines()
    assert lines[0] == "protocol Certificate"
    assert lines[12] == "lemma Invariant1: all o1: Op. not (x[o1] == A)"  # at its own line, for messages
    assert [line for line in lines[1:] if line] == [lines[12]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("plait certificate 1", "a letter", "it.certificate: this is not a certificate"),
        ("plait certificate 1", "plait certificate 2", "a certificate of format 2; this version reads format 1"),
        ("written by plait 0.1.0", "written by hand", "it.certificate:2: here it says who wrote"),
        ("protocol: Toy", "colour: blue", "it.certificate:4: `colour` is no line of a certificate's head"),
        ("verdict: holds", "verdict: perhaps", "proves `holds` or `holds within`, not `perhaps`"),
        ("verdict: holds\n", "", "the head does not say: verdict"),
        ("parameters: n = 3", "parameters: n", "`n` is no value of a parameter"),
    ],
)
def test_a_head_that_is_wrong(old: str, new: str, message: str) -> None:
    with pytest.raises(JobError, match=re.escape(message)):
        loads(dumps(HEAD, (), ()).replace(old, new), NAME)


# ---- what is proved


@pytest.mark.parametrize("case", CASES)
def test_a_certificate_is_confirmed(case: str) -> None:
    found = judge(case, proved(case))
    assert found.answer is None
    assert [one.obligation for one in found.met] == ["initially", "step by step", "implies"]


def test_the_invariant_is_in_the_language_of_the_model() -> None:
    text = proved("two_phase")
    assert "excluded:" not in text
    assert "all m1: Manager, m2: Manager where m1 != m2. not (state[m1] == Committed and state[m2] == Aborted)" in text


def test_an_empty_invariant_is_refused() -> None:
    text = "".join(line for line in proved("two_phase").splitlines(keepends=True) if not line.startswith("lemma"))
    found = judge("two_phase", text).answer
    assert isinstance(found, Refusal)
    assert found.obligation == "implies"


def lemma_lines(text: str) -> list[int]:
    return [at for at, line in enumerate(text.splitlines()) if line.startswith("lemma")]


def without_line(text: str, at: int) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:at], "", *lines[at + 1 :]]) + "\n"


def weakest(case: str) -> str:
    """The certificate without the lemmas that it can do without."""
    text = proved(case)
    for at in lemma_lines(text):
        less = without_line(text, at)
        if judge(case, less).answer is None:
            text = less
    return text


def changed(text: str) -> Iterator[str]:
    """Certificates with one lemma left out, with one literal turned round, and with one literal less (stronger)."""
    lines = text.splitlines()
    for at in lemma_lines(text):
        yield without_line(text, at)
        head, _, literals = lines[at].partition("not (")
        parts = literals.removesuffix(")").split(" and ")
        for number, part in enumerate(parts):
            other = part.replace(" == ", " != ") if " == " in part else part.replace(" != ", " == ")
            if other == part:
                other = part.replace(" not in ", " in ") if " not in " in part else part.replace(" in ", " not in ")
            if other == part:
                other = f"not {part}"
            turned = " and ".join([*parts[:number], other, *parts[number + 1 :]])
            fewer = " and ".join([*parts[:number], *parts[number + 1 :]]) or "true"
            for what in (turned, fewer):
                yield "\n".join([*lines[:at], f"{head}not ({what})", *lines[at + 1 :]]) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_changed_certificates_are_refused(case: str) -> None:
    """Unless what is left is an invariant all the same, which the interpreter then has to say as well."""
    text = weakest(case)
    refused = 0
    for other in changed(text):
        certificate = loads(other, NAME)
        model = load_with(CASES[case][0], certificate.head.model, Source(NAME, certificate.lemmas))
        found = answer(model, certificate)
        if found.answer is None:
            assert all_true(model, certificate), other
        else:
            assert refutes(found, model, certificate), other
            refused += 1
    assert refused >= 20


def all_true(model: Model, certificate: Certificate) -> bool:
    """Whether every lemma and every claim is true in all reachable states."""
    job = question(model, certificate, NAME, None)
    found = interpreter.check(job.ground, None, Limits(), False, lambda progress: None)
    return all(one.word in ("holds", "vacuous") for one in found.decisions)


# ---- models that were changed


def fewer_commands(block: Block) -> Iterator[Block]:
    """The block without one of its commands."""
    for at, command in enumerate(block):
        yield (*block[:at], *block[at + 1 :])
        inner: list[Command] = []
        match command:
            case When(_, yes, no):
                inner += [replace(command, yes=less) for less in fewer_commands(yes)]
                inner += [replace(command, no=less) for less in fewer_commands(no)]
            case ForEach(body=body):
                inner += [replace(command, body=less) for less in fewer_commands(body)]
            case _:
                pass
        yield from ((*block[:at], one, *block[at + 1 :]) for one in inner)


def mutants(model: Model) -> Iterator[tuple[str, Model]]:
    """The model with a guard left out, or a command."""
    for at, rule in enumerate(model.rules):

        def with_rule(other: Rule, at: int = at) -> Model:
            return replace(model, rules=(*model.rules[:at], other, *model.rules[at + 1 :]))

        yield f"{rule.name} without its guard", with_rule(replace(rule, guard=Literal(True, BOOL, rule.span)))
        for number, body in enumerate(fewer_commands(rule.body)):
            yield f"{rule.name} without command {number}", with_rule(replace(rule, body=body))


def test_changed_models_are_refused() -> None:
    """Where the claims fail, a certificate must not pass; where they hold, what it is refused with must be there."""
    refused: list[str] = []
    for case, (path, name, parameters, properties) in (CASES | MORE).items():
        certificate = loads(proved(case), NAME)
        model = load_with(path, name, Source(NAME, certificate.lemmas))
        for what, mutant in mutants(model):
            whole = ground(restrict(mutant, properties), dict(assign(model, parameters)))
            truth = interpreter.check(whole, None, Limits(), True, lambda progress: None)
            fails = any(one.word in ("fails", "error", "holds within") for one in truth.decisions)
            found = certified(question(mutant, certificate, NAME, None))
            if isinstance(found, NoSuchFact):  # a message that nobody sends any more
                refused.append(what)
                continue
            if found.answer is not None:
                assert refutes(found, mutant, certificate), what
                refused.append(what)
            assert not fails or found.answer is not None, what
    assert len(refused) >= 30


# ---- what the language has no words for


def test_facts_without_words() -> None:
    """What stands where in a queue is said in `excluded` lines, and read back."""
    text = proved("alternating_bit")
    assert "excluded: data sender -> receiver has " in text
    certificate = loads(text, NAME)
    fewer = replace(certificate, excluded=())
    whole = load_with(CLASSIC / "alternating_bit.plait", "AlternatingBit", Source(NAME, certificate.lemmas))
    assert answer(whole, certificate).answer is None
    assert isinstance(answer(whole, fewer).answer, Refusal)
    wrong = replace(certificate, excluded=((99, ("the moon is green",)),))
    assert certified(question(whole, wrong, NAME, None)) == NoSuchFact(99, "the moon is green")


# ---- certificates about something else


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("protocol: TwoPhase", "protocol: Other", "there is no protocol or proposal `Other`"),
        ("properties: Agreement", "properties: Nothing", "called `Nothing`"),
        ("using: none", "using: Agreement", "there is no lemma `Agreement`"),
        ("managers = 3", "managers = 99", "`managers` cannot be 99"),
        ("state[m1]", "colour[m1]", "colour"),
        ("lemma Invariant1", "always Invariant1", "here only a `lemma` can stand"),
    ],
)
def test_a_certificate_about_something_else(old: str, new: str, message: str) -> None:
    text = proved("two_phase")
    assert old in text
    with pytest.raises((JobError, SpecError), match=re.escape(message)):
        judge("two_phase", text.replace(old, new, 1))
