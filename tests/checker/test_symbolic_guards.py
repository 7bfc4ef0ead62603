"""Faults of ours put into what finds proofs: none of them becomes a verdict, and the obligations miss nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import z3

from plait.engines.symbolic import confinement, ic3, search
from plait.engines.symbolic.bmc import GaveUp
from plait.engines.symbolic.encode import system_of
from plait.engines.symbolic.events import Never
from plait.engines.symbolic.ic3_problem import Proved
from plait.engines.symbolic.obligations import Checker, check
from plait.engines.symbolic.obligations_answers import Refusal, Undecided
from plait.engines.symbolic.search import Round, Search
from plait.engines.symbolic.system import System, target
from plait.errors import EngineBug
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground

pytestmark = pytest.mark.symbolic

# `Few` holds, but not by itself: `up` may be taken from a state with 2 that no run reaches.
TEXT = """
protocol Switch
var lit: bool = false
var high: 0..3 = 0
action turn() when not lit           { lit = true }
action up()   when lit and high == 0 { high = 1 }
action more() when high == 2      { high = 3 }
always Few: high < 3
always Moving: turn or up or more
"""


@pytest.fixture
def switch(tmp_path: Path) -> Ground:
    file = tmp_path / "model.plait"
    file.write_text(TEXT, encoding="utf-8")
    (model,) = load(file)
    return ground(model, default_parameters(model))


def only(whole: Ground, name: str) -> System:
    return system_of(whole, [about for about in whole.properties if about.name == name])


def proved(whole: Ground, name: str) -> set[str]:
    """What a search that proves at once says can never be met."""
    system = only(whole, name)
    judged = [about for about in whole.properties if about.name == name]
    found = Search(system, judged, lambda state: (state,), 1, (Round(0, 1_000),), certify=True)
    return {event.goal[1] for event in found.events() if isinstance(event, Never)}


def test_it_is_proved_without_faults(switch: Ground) -> None:
    assert "claim" in proved(switch, "Few")


def test_an_invariant_that_proves_nothing(switch: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ic3, "prove", lambda *_: Proved((), 0, 0))
    with pytest.raises(EngineBug, match="what IC3 found does not prove its goal"):
        proved(switch, "Few")


def test_a_bit_that_is_not_constant(switch: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever it is: of a bit that changes, neither value is all there is."""

    def all_stay(*_: object) -> frozenset[int]:
        return frozenset(-(at + 1) for at in range(len(only(switch, "Few").bits)))

    monkeypatch.setattr(search, "constants", all_stay)
    with pytest.raises(EngineBug, match="a bit that is taken for constant is not"):
        proved(switch, "Few")


def test_a_solver_that_cannot_tell_is_no_fault_of_ours(switch: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "check", lambda *_: Undecided("step by step", "tired"))
    with pytest.raises(GaveUp, match="tired"):
        proved(switch, "Few")


@pytest.mark.parametrize("about", ["initial", "steps"])
def test_nor_where_it_is_asked_whether_values_are_left(
    about: str, switch: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tired(z3.Solver):  # type: ignore[misc]
        def check(self, *_: object) -> z3.CheckSatResult:
            return z3.unknown

    whole = only(switch, "Few")
    stray = z3.Bool("stray")
    step = replace(whole.steps[0], stray=stray)
    asked = replace(whole, stray=stray) if about == "initial" else replace(whole, steps=(step,))
    with pytest.raises(EngineBug, match="leaves the values"):
        confinement.confined(asked)
    monkeypatch.setattr(z3, "SolverFor", lambda _: Tired())
    with pytest.raises(GaveUp):
        confinement.confined(asked)


def test_a_claim_about_steps_that_is_false_at_the_start_only(switch: Ground) -> None:
    """After every step it is true, so no other obligation can notice."""
    system = only(switch, "Moving")
    (about,) = (each for each in switch.properties if each.name == "Moving")
    goals = [target(system, (about.index, "claim"))]
    checker = Checker(system, [])
    assert checker.initially() is None
    assert checker.step_by_step() is None
    assert checker.implies(goals) is None
    refused = check(system, [], goals)
    assert isinstance(refused, Refusal)
    assert refused.obligation == "initially"
