"""Proofs for any number of identities: what is proved, what must not be, and what ends a proof early."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from plait import cli, cli_any_size
from plait.engines import interpreter
from plait.engines.symbolic.any_size import prove as proving
from plait.engines.symbolic.any_size.encode import encode
from plait.engines.symbolic.any_size.houdini import Clock, OutOfTime, implied, inductive
from plait.engines.symbolic.any_size.instance import Instance
from plait.engines.symbolic.any_size.lift import lifted
from plait.engines.symbolic.any_size.logic import TRUE, Atom, Formula, Var, forall, implies, neg, normal
from plait.engines.symbolic.any_size.prove import prove_any_size
from plait.engines.symbolic.any_size.recheck import recheck
from plait.engines.symbolic.any_size.result import Proved, Undecided
from plait.engines.symbolic.any_size.search import Invariant, search
from plait.engines.symbolic.any_size.structures import Structure, test_of as meaning
from plait.engines.symbolic.any_size.system import System, after
from plait.engines.symbolic.any_size.wording import Words
from plait.limits import Limits
from plait.reports.result import Exit
from plait_spec import load
from plait_spec.annex import load_with
from plait_spec.core import Model
from plait_spec.grounding import default_parameters, ground
from plait_spec.restrict import restrict
from plait_spec.source import Source
from tests.checker.test_reports_json import validator

pytestmark = pytest.mark.symbolic

CLASSIC = Path(__file__).parent.parent.parent / "models" / "classic"


def system_of(path: Path, claim: str) -> tuple[Model, System]:
    model = restrict(load(path)[0], [claim])
    return model, encode(model, default_parameters(model))


def invariant_of(path: Path, claim: str) -> tuple[System, tuple[Formula, ...] | None]:
    model, system = system_of(path, claim)
    answer = search(system, [sort.name for sort in model.ids], Clock(monotonic() + 240))
    return system, answer.clauses if isinstance(answer, Invariant) else None


# ---- what is proved

CLAIMS = [
    ("two_phase", "Agreement"),
    ("two_phase", "OnlyIfAll"),
    ("two_phase", "Final"),
    ("lock_service", "Exclusion"),
    ("lock_service", "NotFree"),
    ("sharded_store", "OnePlace"),
    ("sharded_store", "Owned"),
    ("ring_election", "OneLeader"),
    ("ring_election", "Strongest"),
    ("quorum_consensus", "Agreement"),
    ("voted_leader", "OneLeader"),
    ("voted_leader", "Honest"),
    ("opsync_set", "ToldIsDone"),
    ("opsync_set", "AckIsTold"),
]


@pytest.mark.parametrize(("name", "claim"), CLAIMS)
def test_an_invariant_is_found_and_confirmed_from_its_words(name: str, claim: str) -> None:
    """What is checked is what the front-end reads, not what the search had in mind."""
    path = CLASSIC / f"{name}.plait"
    system, invariant = invariant_of(path, claim)
    assert invariant is not None
    said = [Words(system.symbols).say(clause) for clause in invariant]
    lemmas = [f"lemma Invariant{at}: {clause}" for at, clause in enumerate(said)]
    model = load_with(path, load(path)[0].protocol, Source("words", "\n".join(["protocol Words", *lemmas])))
    read = restrict(model, [claim, *(one.name for one in model.properties if one.kind == "lemma")])
    whole = encode(read, default_parameters(read))
    from_words = tuple(lemma.formula for lemma in whole.lemmas)
    assert len(from_words) >= len(invariant)
    assert [one.name for one in recheck(whole, from_words) if not one.holds] == []


def of_the_study(proposal: str) -> Model:
    models = load(CLASSIC.parent / "mesos" / "any_size.plait")
    model = next(model for model in models if model.proposal == proposal)
    lemmas = (one.name for one in model.properties if one.kind == "lemma")
    return restrict(model, ["NoDoubleExecution", *lemmas])


@pytest.mark.parametrize(
    ("proposal", "fence"), [("Ia", True), ("Ib", True), ("Ib", False), ("III", True), ("III", False), ("Adopted", True)]
)
def test_safe_designs_of_the_study_are_proved_by_their_lemmas(proposal: str, fence: bool) -> None:
    """Those that ask the agent need no fence."""
    model = of_the_study(proposal)
    system = encode(model, {**default_parameters(model), "fence": fence})
    wanted = [one.formula for one in (*system.claims, *system.lemmas)]
    kept = inductive(system, (), wanted, Clock(monotonic() + 600))
    assert {str(normal(one)) for one in kept} == {str(normal(one)) for one in wanted}
    duties = [(duty.formula, step) for step in system.steps for duty in step.duties]
    assert all(implied(system, kept, duty, step, Clock(monotonic() + 600)) for duty, step in duties)


@pytest.mark.parametrize(
    ("proposal", "changed"),
    [("January", {}), ("IaNaive", {}), ("Ia", {"fence": False}), ("Adopted", {"fence": False})],
)
def test_unsafe_designs_of_the_study_are_not(proposal: str, changed: dict[str, bool]) -> None:
    """What is left of the lemmas does not contain the claim."""
    model = of_the_study(proposal)
    system = encode(model, {**default_parameters(model), **changed})
    wanted = [one.formula for one in (*system.claims, *system.lemmas)]
    kept = inductive(system, (), wanted, Clock(monotonic() + 600))
    assert normal(system.claims[0].formula) not in [normal(one) for one in kept]


def test_a_proof_says_what_it_is() -> None:
    model = load(CLASSIC / "quorum_consensus.plait")[0]
    (found,) = prove_any_size(model, {}, ["Agreement"], Limits(timeout=120))
    assert isinstance(found, Proved)
    assert found.how == "any size"
    assert found.invariant == (
        "all v1: Value. v1 in decided implies "
        "(some q1: Quorum. all n1: Node. n1 in members[q1] implies vote[n1] == v1)",
    )
    assert [one.name for one in found.obligations] == [
        "initially",
        "step by step: cast",
        "step by step: decide",
        "implies Agreement",
    ]
    assert [dict(one.sizes) for one in found.looked] == [
        {"Node": 2, "Quorum": 2, "Value": 2},
        {"Node": 3, "Quorum": 3, "Value": 3},
    ]


KEPT = """
/// What was promised is kept, however the network behaves
protocol Promise(nodes: 1..3 = 2)
ids Node[nodes]
message Yes
channel c: node -> judge { ordered, capacity 1 }
role node[Node] { var said: bool = false   action say() when not said { said = true   send Yes() via c } }
role judge { var heard: set<Node> = {}   on Yes() from n { heard += {n} } }
always Honest: all n: Node. n in judge.heard implies node[n].said
"""


def test_ordered_channels_are_any_network(tmp_path: Path) -> None:
    path = tmp_path / "promise.plait"
    path.write_text(KEPT, encoding="utf-8")
    (found,) = prove_any_size(load(path)[0], {}, ["Honest"], Limits(timeout=60))
    assert isinstance(found, Proved)
    assert found.how == "any size, for any network"


def test_a_channel_that_keeps_too_much_decides_nothing() -> None:
    """A grant that comes twice breaks the lock, and the model's channels deliver once."""
    model = load(CLASSIC / "lock_server.plait")[0]
    (found,) = prove_any_size(model, {}, ["Exclusion"], Limits(timeout=60))
    assert isinstance(found, Undecided)
    assert "a network that keeps what is in" in found.reason


def test_a_lemma_of_the_user_helps(tmp_path: Path) -> None:
    """It is a guess like others: true ones are used, false ones are dropped."""
    text = (CLASSIC / "quorum_consensus.plait").read_text(encoding="utf-8").split("/// Votes can be changed")[0]
    path = tmp_path / "lemma.plait"
    wrong = "lemma Wrong: decided == {}\n"
    right = "lemma Behind: all v in decided. some q: Quorum. all n in members[q]. vote[n] == v\n"
    path.write_text(text + wrong + right, encoding="utf-8")
    model = restrict(load(path)[0], ["Agreement", "Wrong", "Behind"])
    system = encode(model, default_parameters(model))
    goals = [one.formula for one in (*system.claims, *system.lemmas)]
    kept = inductive(system, (), goals, Clock(monotonic() + 600))
    assert [normal(one) for one in kept] == [normal(goals[0]), normal(goals[2])]


# ---- what must not be proved: the claim fails at the defaults of each of these

MUTANTS = [
    ("two_phase", "Agreement", "when verdict == none and all m: Manager. m in heard {", "when verdict == none {"),
    ("two_phase", "Agreement", "when verdict == none and m in offers {", "when verdict == none {"),
    ("two_phase", "Agreement", "choose_to_abort(m: Manager) when state[m] == Working", "choose_to_abort(m: Manager)"),
    ("two_phase", "Agreement", "abort()                     when verdict == none", "abort()"),
    ("two_phase", "Final", "abort()                     when verdict == none", "abort()"),
    ("two_phase", "OnlyIfAll", "when verdict == none and m in offers {", "when verdict == none {"),
    ("lock_service", "Exclusion", "from c when free {", "from c {"),
    ("lock_service", "Exclusion", "{ free = false   send", "{ send"),
    ("lock_service", "Exclusion", "{ holds = false   send", "{ send"),
    ("lock_service", "NotFree", "{ free = false   send", "{ send"),
    ("sharded_store", "OnePlace", "mine[self] -= {k}   table", "table"),
    ("sharded_store", "OnePlace", "   table[self][k] = none", ""),
    ("sharded_store", "OnePlace", " when k in mine[self] {", " {"),
    ("sharded_store", "Owned", "mine[self] += {m.key}   ", ""),
    ("ring_election", "OneLeader", "name in travelling[n] and neighbour(n, next_one) {", "name in travelling[n] {"),
    ("ring_election", "Strongest", "else if beaten(n, name) {", "else {"),
    ("quorum_consensus", "Agreement", "when vote[n] == none {", "{"),
    ("quorum_consensus", "Agreement", "when all n in members[q]. vote[n] == v {", "{"),
    ("quorum_consensus", "Agreement", " m where all p: Quorum, q: Quorum. some n: Node. n in m[p] and n in m[q]", ""),
    ("voted_leader", "OneLeader", " when voted_for == none {", " {"),
    ("voted_leader", "OneLeader", "when all n in members[q]. n in supporters {", "{"),
    ("voted_leader", "OneLeader", "voted_for = candidate   send", "send"),
    ("opsync_set", "ToldIsDone", "when side[o] == Held and tool[o] == Applied {", "when side[o] == Held {"),
    ("opsync_set", "ToldIsDone", "if mind[m.op] == Closed {", "if mind[m.op] == Open {"),
    ("opsync_set", "AckIsTold", "{ view[m.op] = Told   send", "{ send"),
]


@pytest.mark.parametrize(("name", "claim", "old", "new"), MUTANTS)
def test_a_broken_model_is_not_proved(tmp_path: Path, name: str, claim: str, old: str, new: str) -> None:
    text = (CLASSIC / f"{name}.plait").read_text(encoding="utf-8").split("\nproposal ")[0]
    assert text.count(old) == 1
    path = tmp_path / f"{name}.plait"
    path.write_text("\n".join(line for line in text.replace(old, new).splitlines() if not line.startswith("///")))
    model = restrict(load(path)[0], [claim])
    finding = interpreter.check(ground(model, default_parameters(model)), (claim,))
    assert [one.word for one in finding.decisions] == ["fails"]
    _, invariant = invariant_of(path, claim)
    assert invariant is None


# ---- what must not be confirmed


@pytest.fixture(scope="module")
def proof() -> tuple[System, tuple[Formula, ...]]:
    system, invariant = invariant_of(CLASSIC / "lock_service.plait", "Exclusion")
    assert invariant is not None
    return system, invariant


def open_obligations(system: System, invariant: tuple[Formula, ...]) -> list[str]:
    return [one.name for one in recheck(system, invariant) if not one.holds]


def test_every_clause_of_an_invariant_matters(proof: tuple[System, tuple[Formula, ...]]) -> None:
    system, invariant = proof
    for clause in invariant:
        assert open_obligations(system, tuple(one for one in invariant if one is not clause)) != []


def test_a_clause_that_is_turned_round_is_refused(proof: tuple[System, tuple[Formula, ...]]) -> None:
    system, invariant = proof
    for at, clause in enumerate(invariant):
        assert open_obligations(system, (*invariant[:at], neg(clause), *invariant[at + 1 :])) != []


def test_obligations_name_the_step(proof: tuple[System, tuple[Formula, ...]]) -> None:
    system, invariant = proof
    client = Var("c", "Client")
    never = forall((client,), neg(Atom("client.waits[_]", True, (client,))))
    assert open_obligations(system, (*invariant, never)) == ["step by step: client.want"]


def test_a_step_without_its_guard_is_refused(proof: tuple[System, tuple[Formula, ...]]) -> None:
    system, invariant = proof
    bare = [replace(one, guard=TRUE) if one.name == "client.release" else one for one in system.steps]
    assert open_obligations(replace(system, steps=tuple(bare)), invariant) == ["step by step: client.release"]


# ---- parts


def test_what_no_step_keeps_is_dropped() -> None:
    _, system = system_of(CLASSIC / "two_phase.plait", "Agreement")
    manager = Var("m", "Manager")
    heard, offered = (Atom(name, True, (manager,)) for name in ("heard[_]", "offers[_]"))
    good = forall((manager,), implies(heard, offered))
    assert inductive(system, (), [forall((manager,), neg(heard)), good], Clock(monotonic() + 600)) == [good]


def test_the_state_after_a_step_does_not_catch_names() -> None:
    """The formula binds a name that the step uses for its parameter."""
    _, system = system_of(CLASSIC / "two_phase.plait", "Agreement")
    prepare = next(step for step in system.steps if step.name == "prepare")
    (param,) = prepare.params
    everybody_offers = meaning(after(forall((param,), Atom("offers[_]", True, (param,))), prepare))
    one_offers = Structure({"Manager": 2}, frozenset({("offers[_]", True, (1,))}), {})
    assert everybody_offers(one_offers, {param: 0})
    assert not everybody_offers(one_offers, {param: 1})


def test_a_clause_about_everybody_becomes_there_is_one() -> None:
    """`verdict == Commit`, and of all managers nobody is in `heard`: not so if somebody is."""
    _, system = system_of(CLASSIC / "two_phase.plait", "Agreement")
    instance = Instance(system, {"Manager": 3})
    number = {(fact.symbol, fact.value, fact.args): at + 1 for at, fact in enumerate(instance.facts)}
    cube = frozenset((number["verdict", 0, ()], *(-number["heard[_]", True, (one,)] for one in range(3))))
    said = [Words(system.symbols).say(guess) for guess in lifted(instance, cube)]
    assert "verdict == Commit implies (some m1: Manager. m1 in heard)" in said


# ---- what ends a proof early


def test_time_that_is_over_is_no_verdict() -> None:
    model, system = system_of(CLASSIC / "two_phase.plait", "Agreement")
    with pytest.raises(OutOfTime):
        search(system, [sort.name for sort in model.ids], Clock(monotonic() - 1))
    (found,) = prove_any_size(model, {}, ["Agreement"], Limits(timeout=0.01))
    assert isinstance(found, Undecided)
    assert "seconds" in found.reason


def test_memory_that_is_used_up_is_no_verdict() -> None:
    model = load(CLASSIC / "two_phase.plait")[0]
    (found,) = prove_any_size(model, {}, ["Agreement"], Limits(timeout=60, memory=60_000_000))
    assert isinstance(found, Undecided)
    assert "memory" in found.reason


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "Segmentation fault"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Killed"),
        ("raise SystemExit(3)", "code 3"),
    ],
)
def test_a_solver_that_dies_is_no_verdict(monkeypatch: pytest.MonkeyPatch, program: str, reason: str) -> None:
    monkeypatch.setattr(proving, "COMMAND", (sys.executable, "-c", program))
    model = load(CLASSIC / "two_phase.plait")[0]
    (found,) = prove_any_size(model, {}, ["Agreement"], Limits(timeout=60))
    assert isinstance(found, Undecided)
    assert reason in found.reason


def test_other_kinds_and_models_of_one_size_are_undecided() -> None:
    model = load(CLASSIC / "two_phase.plait")[0]
    (found,) = prove_any_size(model, {}, ["Commits"], Limits())
    assert isinstance(found, Undecided)
    assert "`reachable` is not proved" in found.reason
    counter = load(CLASSIC / "counter.plait")[0]
    (found,) = prove_any_size(counter, {}, ["Forward"], Limits())
    assert isinstance(found, Undecided)
    assert "no `ids`" in found.reason


# ---- the command

Command = Callable[..., str]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str, code: Exit) -> str:
        assert cli.run(["prove", *arguments, "--any-size"]) == code
        return capsys.readouterr().out

    return run


def test_the_command_shows_the_invariant(command: Command) -> None:
    out = command(str(CLASSIC / "two_phase.plait"), "--property", "OnlyIfAll", "--proposal", "TwoPhase", code=Exit.MET)
    assert "OnlyIfAll  holds  any size" in out
    assert "all m1: Manager. m1 in heard implies m1 in offers" in out
    assert "step by step: prepare, choose_to_abort, hear, commit, abort, obey" in out
    assert out.count("OnlyIfAll  holds") == 1, "the runs differ only in how many managers there are"


def test_a_certificate_is_written_checked_and_refused(command: Command, tmp_path: Path, capsys: Capture) -> None:
    file, model = tmp_path / "ring.txt", str(CLASSIC / "ring_election.plait")
    command(model, "--property", "Strongest", "--proposal", "RingElection", "--certificate", str(file), code=Exit.MET)
    text = file.read_text(encoding="utf-8")
    assert "verdict: holds for any size\n" in text
    assert cli.run(["prove", model, "--check", str(file)]) == Exit.MET
    assert "the certificate proves it" in capsys.readouterr().out
    lines = [line for line in text.splitlines() if not line.endswith("not leader[n1]")]
    assert len(lines) == len(text.splitlines()) - 1
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert cli.run(["prove", model, "--check", str(file)]) == Exit.NOT_MET
    out = capsys.readouterr().out
    assert "implies Strongest      refused" in out
    assert "the certificate is refused" in out
    file.write_text(text.replace("leader[", "leadr["), encoding="utf-8")
    assert cli.run(["prove", model, "--check", str(file)]) == Exit.WRONG_INPUT


def test_the_command_says_what_cannot_be_said(command: Command) -> None:
    out = command(str(CLASSIC / "two_phase.plait"), "--property", "Final", "--proposal", "Majority", code=Exit.OPEN)
    assert "Final  undetermined" in out
    assert "two_phase.plait:35:56: size(heard)" in out


def test_claims_that_are_expected_to_fail_are_left_out(command: Command) -> None:
    out = command(str(CLASSIC / "quorum_consensus.plait"), code=Exit.MET)
    assert "SecondThoughts" not in out


def test_a_long_proof_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """An interrupt ends it."""
    asked: list[int] = []

    def interrupt(*_: object) -> Callable[[], None]:
        def pulse() -> None:
            asked.append(1)
            raise KeyboardInterrupt

        return pulse

    monkeypatch.setattr(cli_any_size, "_said_every", interrupt)
    assert cli.run(["prove", str(CLASSIC / "two_phase.plait"), "--any-size"]) == Exit.INTERRUPTED
    assert asked == [1]
    monkeypatch.undo()
    cli_any_size._said_every(0.0, "Agreement")()
    assert "Agreement: looking for an invariant, 0 s" in capsys.readouterr().err


IDLE = """
protocol Idle(nodes: 1..3 = 2)
ids Node[nodes]
var lit: set<Node> = {}
var off: bool = false
action go(n: Node) when off { lit += {n} }
action stay() when not off { lit = {} }
always Empty: all n: Node. n not in lit
always Then: off implies (all n: Node. n in lit)
never Went: some n: Node. go(n)
never Stayed: stay and off
"""


def test_a_proof_says_whether_anything_happens(tmp_path: Path, command: Command) -> None:
    """By all states of two and three nodes; an invariant says nothing of that."""
    path = tmp_path / "idle.plait"
    path.write_text(IDLE, encoding="utf-8")
    names = ["Empty", "Then", "Went", "Stayed"]
    found = [one for one in prove_any_size(load(path)[0], {}, names, Limits(timeout=60)) if isinstance(one, Proved)]
    came = [[each.occasion for each in one.looked] for one in found]
    assert came == [[None, None], [False, False], [False, False], [True, True]]
    assert {each.unfired for one in found for each in one.looked} == {("go",)}
    told = command(str(path), "--property", "Then", code=Exit.MET).splitlines()
    assert told[-4:-2] == ["    vacuous there: its occasion never comes", "    never fired there: go"]
    assert "vacuous" not in command(str(path), "--property", "Empty", "--property", "Stayed", code=Exit.MET)


REMEMBERS = """
protocol Chairs(nodes: 1..3 = 2)
ids Node[nodes]
var sat, gone: set<Node> = {}
action sit(n: Node) when n not in gone { sat += {n} }
action go(n: Node) when n in sat { sat -= {n}   gone += {n} }
never Skipped: some n: Node. n in gone and not once sit(n)
always Once: all n: Node. n in sat implies n not in gone
"""


def test_an_invariant_without_words_has_no_certificate(tmp_path: Path, capsys: Capture) -> None:
    """What `once` remembers is no part of the language; with a ghost in its place there is a certificate."""
    path, file = tmp_path / "chairs.plait", tmp_path / "it.certificate"
    path.write_text(REMEMBERS, encoding="utf-8")
    assert cli.run(["prove", str(path), "--any-size", "--certificate", str(file)]) == Exit.MET
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "its invariant speaks of what `once sit(n)` remembers (`Skipped.once1`), for which a lemma has no words" in out
    )
    assert file.read_text(encoding="utf-8").count("properties: Once") == 1
    assert "Skipped" not in file.read_text(encoding="utf-8")
    text = REMEMBERS.replace("n not in gone {", "n not in gone { seen += {n}  ").replace("once sit(n)", "n in seen")
    path.write_text(f"{text}ghost var seen: set<Node> = {{}}\n", encoding="utf-8")
    assert cli.run(["prove", str(path), "--any-size", "--certificate", str(file)]) == Exit.MET
    assert file.read_text(encoding="utf-8").count("plait certificate 1") == 2
    capsys.readouterr()
    assert cli.run(["prove", str(path), "--check", str(file)]) == Exit.MET
    assert capsys.readouterr().out.endswith("2 of 2 certificates prove what they say\n")


def test_any_size_as_json(tmp_path: Path, capsys: Capture) -> None:
    model = str(CLASSIC / "two_phase.plait")
    arguments = [model, "--any-size", "--property", "Final", "--format", "json"]
    assert cli.run(["prove", *arguments]) == Exit.OPEN
    found = json.loads(capsys.readouterr().out)
    validator("prove").validate(found)
    assert [(run["protocol"], run["proposal"], run["any_number_of"]) for run in found["runs"]] == [
        ("TwoPhase", None, ["Manager"]),
        ("TwoPhase", "Majority", ["Manager"]),
    ]
    first, second = (run["properties"][0] for run in found["runs"])
    assert (first["verdict"], first["how"], first["expected"]) == ("holds", "any size", None)
    assert second["verdict"] == "undetermined"
    assert "two_phase.plait:35:56" in second["how"]
    (proof,) = found["runs"][0]["proofs"]
    assert [one["answer"] for one in proof["obligations"]] == ["met"] * len(proof["obligations"])
    assert [one["sizes"] for one in proof["compared"]] == [{"Manager": 2}, {"Manager": 3}]
    assert found["runs"][0]["parameters"] == {}
    file = tmp_path / "it.certificate"
    options = ["--property", "OnlyIfAll", "--proposal", "TwoPhase", "--any-size"]
    assert cli.run(["prove", model, *options, "--certificate", str(file)]) == Exit.MET
    capsys.readouterr()
    assert cli.run(["prove", model, "--check", str(file), "--format", "json"]) == Exit.MET
    found = json.loads(capsys.readouterr().out)
    validator("prove").validate(found)
    assert [one["answer"] for one in found["certificates"]] == ["proved"]
