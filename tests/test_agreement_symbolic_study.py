"""The symbolic engine against explicit search on the designs of the study: verdicts, and the very same shortest runs.

Without faults and with one question every property is decided. With them proofs take long: what is listed is decided,
and whatever else is said must be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from plait.engines.native import engine as native
from plait.engines.symbolic.engine import check
from plait.parameters import Scalar, assign
from plait.verdict import Decision
from plait_spec import load
from plait_spec.core import Model
from plait_spec.ground import Ground
from plait_spec.grounding import ground
from plait_spec.record import record

pytestmark = [pytest.mark.symbolic, pytest.mark.native]

STUDY = Path(__file__).parent.parent / "models" / "mesos" / "proposals.plait"
DESIGNS = ("January", "Ia", "IaNaive", "Ib", "IIa", "IIb", "III", "Adopted")
SAFETY = ("NoDoubleExecution", "NoForgottenResource", "NoRegress", "Recorded", "Works")


@record
class Case:
    """A design with parameters; `decided` are the properties that so many rounds of work must decide."""

    design: str
    parameters: tuple[tuple[str, Scalar], ...]
    decided: tuple[str, ...]
    rounds: int = 1

    def __str__(self) -> str:
        """For the names of tests."""
        return "-".join((self.design, *(f"{name}={value}" for name, value in self.parameters)))


def case(design: str, decided: str, rounds: int = 1, /, **parameters: Scalar) -> Case:
    return Case(design, tuple(parameters.items()), tuple(decided.split()), rounds)


CALM = [case(design, " ".join(SAFETY), requests=1, failovers=0, downs=0) for design in DESIGNS]
FAULTS = [
    case("January", "NoRegress Recorded NoDoubleExecution Works", requests=1),
    case("Ia", "NoRegress Recorded", requests=1),
    case("IaNaive", "NoDoubleExecution"),
    case("Ib", "NoRegress", requests=1),
    case("IIb", "NoRegress", requests=1),
    case("IIa", "NoRegress", collect=True),
    case("III", "Works", requests=1),
    case("Ia", "NoRegress Recorded", ops=2, requests=1, failovers=0, downs=0),
    case("Adopted", "NoDoubleExecution", merge=1, agent_default=True, downs=0),
]
MORE = [
    case("January", "NoRegress Recorded NoDoubleExecution Works", 2),
    case("Ia", "NoRegress Recorded Works", 2),
    case("IaNaive", "NoRegress Recorded NoDoubleExecution Works", 2),
    case("Ib", "NoRegress Recorded Works", 2),
    case("IIa", "Works", 2),
    case("IIb", "NoRegress Recorded Works", 2),
    case("III", "Works", 2),
    case("Adopted", "NoRegress Works", 2),
    case("Ia", "NoDoubleExecution", merge=1, collect=True, fence=False),
    case("Adopted", "NoDoubleExecution", merge=1, fence=False, requests=1),
    *(
        case(design, " ".join(SAFETY), 2, requests=1, failovers=0, merge=1)
        for design in ("January", "Ia", "IaNaive", "IIa", "III")
    ),
]


@cache
def models() -> Mapping[str | None, Model]:
    return {model.proposal: model for model in load(STUDY)}


def grounded(about: Case) -> Ground:
    model = models()[about.design]
    return ground(model, dict(assign(model, dict(about.parameters))))


def facts(decision: Decision) -> object:
    """What both engines must say alike: the run itself, too."""
    return decision.property, decision.word, decision.choices, decision.error


@pytest.mark.parametrize("about", [*CALM, *FAULTS], ids=str)
def test_the_designs_of_the_study(about: Case) -> None:
    agree(about)


@pytest.mark.slow
@pytest.mark.parametrize("about", MORE, ids=str)
def test_more_of_the_designs(about: Case) -> None:
    agree(about)


def agree(about: Case) -> None:
    whole = grounded(about)
    wanted = native.check(whole, about.decided)
    found = check(whole, about.decided, rounds=about.rounds)
    assert [decision.property for decision in found.decisions] == [decision.property for decision in wanted.decisions]
    for one, other in zip(found.decisions, wanted.decisions, strict=True):
        assert facts(one) == facts(other)


def test_what_takes_too_long_is_left_open() -> None:
    """Adopted breaks `NoRegress` in 14 steps; one round looks less far, and it says how far it looked."""
    about = case("Adopted", "NoRegress")
    whole = grounded(about)
    (found,) = check(whole, about.decided, rounds=1).decisions
    (wanted,) = native.check(whole, about.decided).decisions
    assert wanted.choices is not None
    assert wanted.word == "fails"
    assert len(wanted.choices.steps) == 14
    assert found.word == "undetermined"
    assert found.how.startswith("no counterexample within 1")
