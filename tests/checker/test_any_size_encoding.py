"""The encoding for any size against the reference semantics: states, steps, claims and errors of small instances.

Every step of a run must be a step of the encoding, every claim must mean the same in every state, and an error must be
an error there. What the encoding refuses, it refuses at its place.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from plait.engines.symbolic.any_size.crosscheck import cross_check
from plait.engines.symbolic.any_size.encode import encode
from plait.engines.symbolic.any_size.logic import Atom, Var, forall, neg
from plait.engines.symbolic.any_size.system import System
from plait.engines.symbolic.any_size.vocabulary import CannotExpress
from plait.errors import EngineBug
from plait_spec import load
from plait_spec.core import Model
from plait_spec.grounding import default_parameters
from plait_spec.restrict import restrict
from tests.strategies import seeded_model

ROOT = Path(__file__).parent.parent.parent
CLASSIC = ROOT / "models" / "classic"
FILES = sorted((ROOT / "models" / "constructs").glob("*.plait")) + sorted((ROOT / "tests" / "rules").glob("*.plait"))
SEEDS = 1_500 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 60
PROVED = ["lock_service", "opsync_set", "quorum_consensus", "ring_election", "sharded_store", "two_phase"]
PROVED += ["voted_leader"]


def claims(model: Model) -> list[Model]:
    """The model with each of its claims alone."""
    return [restrict(model, [one.name]) for one in model.properties if one.kind in ("always", "never", "step")]


def encoded(model: Model) -> System | None:
    try:
        return encode(model, default_parameters(model))
    except CannotExpress:
        return None


def compare(model: Model, seconds: float = 0.6) -> str:
    system = encoded(model)
    if system is None:
        return "refused"
    looked = cross_check(model, default_parameters(model), system, (), seconds)
    return "compared" if any(one.states > 1 for one in looked) else "nothing to compare"


def test_models_of_constructs_and_rules() -> None:
    """One claim of each model; most can be expressed."""
    found: Counter[str] = Counter()
    for path in FILES:
        for model in load(path)[:2]:
            for alone in claims(model)[:1]:
                try:
                    found[compare(alone)] += 1
                except EngineBug as bug:
                    pytest.fail(f"{path}: {bug}")
    assert found["compared"] >= 40, found


@pytest.mark.parametrize("name", PROVED)
def test_models_that_are_proved(name: str) -> None:
    for model in load(CLASSIC / f"{name}.plait"):
        for alone in claims(model):
            if "Majority" not in (alone.proposal or ""):
                assert compare(alone) == "compared"


def test_models_of_seeds(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    for seed in range(SEEDS):
        path = tmp_path / "random.plait"
        path.write_text(seeded_model(seed), encoding="utf-8")
        for alone in claims(load(path)[0]):
            try:
                found[compare(alone)] += 1
            except EngineBug as bug:
                pytest.fail(f"seed {seed}: {bug}")
    assert found["compared"] >= SEEDS / 10, found


# ---- the comparison notices what is wrong


def two_phase() -> tuple[Model, System]:
    model = restrict(load(CLASSIC / "two_phase.plait")[0], ["Agreement"])
    system = encoded(model)
    assert system is not None
    return model, system


def test_a_wrong_invariant_is_noticed() -> None:
    model, system = two_phase()
    manager = Var("m", "Manager")
    wrong = forall((manager,), neg(Atom("state[_]", 2, (manager,))))  # nobody ever commits
    with pytest.raises(EngineBug, match="false in a reachable state"):
        cross_check(model, default_parameters(model), system, [wrong], 5)


@pytest.mark.parametrize("what", ["no updates", "no step", "no claim"])
def test_a_wrong_encoding_is_noticed(what: str) -> None:
    model, system = two_phase()
    commit = next(step for step in system.steps if step.name == "commit")
    others = tuple(step for step in system.steps if step is not commit)
    match what:
        case "no updates":
            system = replace(system, steps=(*others, replace(commit, updates=())))
        case "no step":
            system = replace(system, steps=others)
        case _:
            flipped = [replace(claim, formula=neg(claim.formula)) for claim in system.claims]
            system = replace(system, claims=tuple(flipped))
    with pytest.raises(EngineBug, match="differ"):
        cross_check(model, default_parameters(model), system, (), 5)


# ---- what cannot be said

HEAD = "protocol P(nodes: 1..3 = 2)\nids Node[nodes]\n"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("var n: 0..nodes = 0\nalways A: n == 0", "var n: 0..nodes = 0", "`nodes`, the number of identities"),
        ("var s: set<Node> = {}\nalways A: size(s) <= nodes", "nodes", "`nodes` is the number of identities"),
        ("var s: set<Node> = {}\nalways A: 2 * size(s) <= 3", "size(s)", "counts"),
        ("var s: set<Node> = {}\nalways A: size(s) <= 7", "size(s) <= 7", "beyond 3"),
        ("var s: set<Node> = {}\nalways A: (sum of 1 for n in s) <= 1", "sum of 1 for n in s", "calculates"),
        ("var q: seq<Node, 2> = []\nalways A: q == []", "q: seq<Node, 2>", "a sequence"),
        ("var t: within 0..3 = 0\naction tick() { t += 1 }\nalways A: t <= 3", "t: within 0..3", "cuts the behaviour"),
        ("var t: 0..99 = 0\nalways A: t == 0", "t: 0..99", "64"),
        ("deadlock free", "deadlock free", "not proved for any size"),
    ],
)
def test_what_cannot_be_said_is_refused_where_it_stands(tmp_path: Path, text: str, place: str, reason: str) -> None:
    path = tmp_path / "p.plait"
    path.write_text(HEAD + text + "\n", encoding="utf-8")
    (model,) = load(path)
    with pytest.raises(CannotExpress) as refused:
        encode(model, default_parameters(model))
    assert reason in refused.value.reason
    assert place in refused.value.span.text or refused.value.span.text in place


@pytest.mark.parametrize(
    ("parameters", "size", "can_be_empty"),
    [
        ("n: 0..3 = 2", "n", True),
        ("n: 1..3 = 2", "n", False),
        ("n: 1..3 = 2", "n - 1", True),
        ("n: 0..3 = 2", "n + 1", False),
        ("n: 1..3 = 2, m: 0..2 = 1", "n * m", True),
        ("n: bool = true", "2", False),
        ("n: bool = true", "0", True),
    ],
)
def test_sorts_that_can_be_empty(tmp_path: Path, parameters: str, size: str, can_be_empty: bool) -> None:
    """With nobody there, the claim is false, and with anybody it is true."""
    path = tmp_path / "p.plait"
    path.write_text(f"protocol P({parameters})\nids Node[{size}]\nalways A: some n: Node. n == n\n", encoding="utf-8")
    (model,) = load(path)
    if can_be_empty:
        with pytest.raises(CannotExpress, match="no Node at all"):
            encode(model, default_parameters(model))
    else:
        encode(model, default_parameters(model))


CHANNEL = """
message M
channel c: a -> b { ordered }
role a { action go() { send M() via c } }
role b { on M() { } }
"""


@pytest.mark.parametrize("claim", ["always A: not c has M", "always A: size(c) < 9", "never A: once c has M"])
def test_a_claim_reads_no_channel_that_is_kept(tmp_path: Path, claim: str) -> None:
    path = tmp_path / "p.plait"
    path.write_text(HEAD + CHANNEL + claim + "\n", encoding="utf-8")
    (model,) = load(path)
    with pytest.raises(CannotExpress):
        encode(model, default_parameters(model))
