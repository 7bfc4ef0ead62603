"""The encoding against the reference semantics: on each state reached, the same steps, errors, cuts, goals.

States are found by the reference semantics; formulas are evaluated here, without a solver.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from plait.engines.symbolic.encode import system_of
from plait.engines.symbolic.events import cut, fired
from plait.engines.symbolic.reachable_values import Reachable, reachable_values
from plait.engines.symbolic.system import System, UnsupportedError, decoded, encoded
from plait.evaluation import BoundError, RunError, evaluate
from plait.outcome import MODEL_ERROR
from plait.semantics import Cut, Failed, Reached, State, in_state, initial_states, on_step, state_key, steps
from plait_spec import load
from plait_spec.ground import Choice, Expr, Ground, Property
from plait_spec.grounding import default_parameters, ground
from tests.checker.symbolic_truth import Truths
from tests.strategies import seeded_model

pytestmark = pytest.mark.symbolic

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 1_000 if SOAK else 60
SLICES = 10
MOST = 80  # states of a model that are looked at
HERE = Path(__file__).parent.parent
FOLDERS = (
    HERE.parent / "models" / "classic",
    HERE.parent / "models" / "constructs",
    HERE / "rules",
    HERE / "regressions",
)
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.plait"))
REFUSED = {"native_wraps"}  # a range of four thousand million numbers


def truths(system: System, state: State) -> Truths:
    bits = encoded(system, state)
    return Truths({bit.name: on for bit, on in zip(system.bits, bits, strict=True)})


def compare(whole: Ground, reachable: Reachable | None = None) -> None:
    """All of a model's encoding, on its first states; with bits for these values alone."""
    system = system_of(whole, whole.properties, reachable)
    try:
        starts = set(initial_states(whole))
    except (RunError, BoundError):
        return
    waiting, seen = list(starts), set(starts)
    looked: list[State] = []
    while waiting and len(looked) < MOST:
        state = waiting.pop()
        looked.append(state)
        for target in compare_state(system, state, state in starts):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    compare_order(system, looked)


def compare_state(system: System, state: State, initial: bool) -> list[State]:
    whole, here = system.ground, truths(system, state)
    assert decoded(system, encoded(system, state)) == state
    for group in system.groups:
        assert sum(here.of(system.bits[bit].term) for bit in group) == 1
    assert all(map(here.of, system.laws))
    assert here.of(system.initial) == initial
    assert not (initial and here.of(system.no_start))
    wanted: Counter[Any] = Counter()
    goals: set[tuple[int, str]] = set()
    reached: list[State] = []
    names = [whole.model.rules[instance.rule].name for instance in whole.instances]
    offered = steps(whole, state)
    for choice, outcome in offered:
        match outcome:
            case Reached(target):
                wanted[choice.instance, target] += 1
                reached.append(target)
            case Cut(bound):
                wanted[choice.instance, bound] = 1  # several orders may have one cut before them
                goals.add(cut(bound))
            case Failed():
                wanted[choice.instance, "error"] = 1
                goals.add(MODEL_ERROR)
        if not isinstance(outcome, Cut):
            goals.add(fired(names[choice.instance]))
    found: Counter[Any] = Counter()
    for step in system.steps:
        ends = [here.of(step.guard), here.of(step.error), *(here.of(one.when) for one in step.cuts)]
        assert sum(ends) <= 1
        assert not here.of(step.stray)
        instance = step.choice.instance
        if ends[0]:
            bits = list(encoded(system, state))
            for bit, after in step.updates.items():
                bits[bit] = here.of(after)
            target = decoded(system, bits)
            assert encoded(system, target) == tuple(bits)
            found[instance, target] += 1
        if ends[1]:
            found[instance, "error"] = 1
        for one, met in zip(step.cuts, ends[2:], strict=True):
            if met:
                found[instance, one.bound] = 1
    assert found == wanted
    for about in whole.properties:
        goals |= met_goals(whole, about, state, offered, initial)
    assert goals == {
        target.goal
        for target in system.targets
        if here.of(target.state) or (initial and here.of(target.start)) or any(map(here.of, target.steps.values()))
    }
    return reached


def met_goals(
    whole: Ground, about: Property, state: State, offered: list[tuple[Choice, Any]], initial: bool
) -> set[tuple[int, str]]:
    """The goals of a property that this state, or a step from it, meets."""
    if about.kind == "deadlock free":
        return set() if offered else dead_end(whole, about, state)
    if about.kind not in ("always", "never", "step", "reachable"):
        return set()
    found: set[tuple[int, str]] = set()
    claims: list[tuple[str, Expr, bool]] = [("claim", about.expr, about.kind in ("never", "reachable"))]
    if about.antecedent is not None:
        claims.append(("antecedent", about.antecedent, True))
    for part, expr, deciding in claims:

        def ask(value: Any, part: str = part, deciding: bool = deciding) -> None:
            try:
                if value() == deciding:
                    found.add((about.index, part))
            except (RunError, BoundError):
                if part == "claim":
                    found.add((about.index, "error"))

        if not about.on_steps or (initial and about.kind != "step"):
            ask(lambda expr=expr: in_state(whole, expr, state))
        if about.on_steps:
            for choice, outcome in offered:
                if isinstance(outcome, Reached):
                    ask(lambda c=choice, t=outcome.state, e=expr: on_step(whole, about, e, state, c, t))
    return found


def dead_end(whole: Ground, about: Property, state: State) -> set[tuple[int, str]]:
    ended = False
    wrong = False
    for expr in whole.terminal:
        try:
            ended |= bool(evaluate(expr, state))
        except (RunError, BoundError):
            wrong = True
    return {(about.index, "error")} if wrong else set() if ended else {(about.index, "claim")}


def compare_order(system: System, states: list[State]) -> None:
    """Digits order states as their values do."""

    def digits(state: State) -> list[int]:
        here = truths(system, state)
        return [[here.of(alternative) for alternative in digit].index(True) for digit in system.digits]

    assert sorted(states, key=digits) == sorted(states, key=state_key(system.ground))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_models_of_the_repository(path: Path) -> None:
    for model in load(path):
        whole = ground(model, default_parameters(model))
        if path.stem in REFUSED:
            with pytest.raises(UnsupportedError):
                system_of(whole, whole.properties)
        else:
            compare(whole)
            if path.parent.name == "constructs":
                compare(whole, reachable_values(whole))


@pytest.mark.parametrize("part", range(SLICES))
def test_models_of_seeds(part: int, tmp_path: Path) -> None:
    refused = 0
    file = tmp_path / "model.plait"
    for seed in range(part, SEEDS, SLICES):
        file.write_text(seeded_model(seed), encoding="utf-8")
        for model in load(file):
            whole = ground(model, default_parameters(model))
            try:
                compare(whole, reachable_values(whole) if seed // SLICES % 2 else None)
            except UnsupportedError:
                refused += 1
            except BaseException:
                print(f"seed {seed}\n{file.read_text(encoding='utf-8')}")
                raise
    assert refused <= SEEDS // SLICES // 5
