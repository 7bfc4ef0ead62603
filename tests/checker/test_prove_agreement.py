"""Proofs against the interpreter: on models of the repository and random ones, and against Spacer on small ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import z3

from plait.certificates import CLAIMS
from plait.engines import interpreter
from plait.engines.symbolic import ic3, spacer
from plait.engines.symbolic.certificate_facts import clauses
from plait.engines.symbolic.certificate_write import write
from plait.engines.symbolic.encode import system_of
from plait.engines.symbolic.events import Learned, Met, Never
from plait.engines.symbolic.ic3_problem import Cube, Proved, Refuted
from plait.engines.symbolic.ic3_system import excluded, is_run, problem_of
from plait.engines.symbolic.obligations import Part, check
from plait.engines.symbolic.search import Round, Search
from plait.engines.symbolic.system import System, UnsupportedError, target
from plait.limits import Limits
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import ground
from tests.strategies import seeded_model

pytestmark = pytest.mark.symbolic

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 600 if SOAK else 40
MOST = 2_000  # states of a random model
MODELS = Path(__file__).parents[2] / "models"
FILES = sorted((MODELS / "constructs").glob("*.plait"))
ROUNDS = (Round(2, 2_000), Round(12, 5_000))


def wholes(path: Path) -> list[Ground]:
    return [ground(model, {}) for model in load(path)]


def agree(whole: Ground) -> tuple[int, int]:
    """Compare verdicts on claims, and check what was learned; how many are proved, and how many stayed open."""
    words = interpreter.check(whole, None, Limits(), False, lambda progress: None)
    claims = [one for one in whole.properties if one.kind in CLAIMS]
    system = system_of(whole, claims)
    if system.no_start is not False:
        return 0, 0
    cubes: list[Cube] = []
    never: set[tuple[int, str]] = set()
    met: set[tuple[int, str]] = set()
    for event in Search(system, claims, lambda state: (state,), None, ROUNDS, certify=True).events():
        match event:
            case Learned(more):
                cubes += more
            case Never(goal):
                never.add(goal)
            case Met(goal):
                met.add(goal)
            case _:
                pass
    truth = {one.property: one.word for one in words.decisions}
    for about in claims:
        if (about.index, "claim") in never:
            assert truth[about.name] != "fails", about.name
        if (about.index, "claim") in met:
            assert truth[about.name] == "fails", about.name
    if not met & {(-1, "error")} and (-1, "error") in never:
        assert words.error is None
    invariant = [Part("", excluded(system, sorted(cube))) for cube in cubes]
    goals = [one for one in system.targets if one.goal in never]
    assert check(system, invariant, goals) is None
    proved = [about for about in claims if (about.index, "claim") in never]
    left = [about for about in claims if (about.index, "claim") not in never | met]
    return len(proved), len(left)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_models_of_the_repository(path: Path) -> None:
    for whole in wholes(path):
        assert agree(whole)[1] == 0


def test_random_models(tmp_path: Path) -> None:
    proved = left = 0
    file = tmp_path / "model.plait"
    for seed in range(SEEDS):
        file.write_text(seeded_model(seed), encoding="utf-8")
        (whole, *_) = wholes(file)
        if interpreter.check(whole, None, Limits(states=MOST), False, lambda progress: None).stopped is not None:
            continue
        try:
            more, still = agree(whole)
        except UnsupportedError:
            continue
        proved, left = proved + more, left + still
    assert proved > SEEDS // 4
    assert left <= proved // 10


# ---- words for what was learned


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_facts_are_read_back_as_they_were_meant(path: Path) -> None:
    """Every bit as an `excluded` line, true and false."""
    for whole in wholes(path):
        system = system_of(whole, ())
        written = write(
            system, [frozenset({number}) for bit in range(len(system.bits)) for number in (bit + 1, -bit - 1)]
        )
        assert written.lemmas or written.excluded or not system.bits
        for facts in written.excluded:
            assert clauses(system, facts)


# ---- Spacer


def small(path: str, name: str, **parameters: int) -> System:
    model = next(one for one in load(MODELS / path) if (one.proposal or one.protocol) == name)
    whole = ground(model, parameters)
    return system_of(whole, whole.properties)


@pytest.mark.parametrize(
    ("system", "claim", "safe"),
    [
        (small("classic/two_phase.plait", "TwoPhase", managers=2), "Agreement", True),
        (small("classic/two_phase.plait", "Majority", managers=3), "Agreement", False),
        (small("classic/opsync_set.plait", "OpsyncSet"), "ToldIsDone", True),
        (small("classic/opsync_set.plait", "OpsyncSet"), "LostButDone", False),
        (small("classic/lock_service.plait", "LockService", clients=2), "Exclusion", True),
        (small("constructs/past.plait", "Door"), "KeyFirst", True),
    ],
)
def test_spacer_says_the_same(system: System, claim: str, safe: bool) -> None:
    index = next(one.index for one in system.ground.properties if one.name == claim)
    goal = target(system, (index, "claim"))
    problem = problem_of(system, [goal])
    mine, other = ic3.prove(problem), spacer.prove(problem, 30_000)
    if safe:
        assert isinstance(mine, Proved)
        assert isinstance(other, spacer.Safe)
        main = z3.main_ctx()
        assert check(system, [Part("", other.invariant.translate(main))], [goal]) is None
    else:
        assert isinstance(mine, Refuted)
        assert isinstance(other, spacer.Unsafe)
        assert is_run(system, mine.steps, goal)
