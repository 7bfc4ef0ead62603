"""`--engine auto`: whose answer it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait import choose
from plait.engines.symbolic import engine as symbolic
from plait.limits import Limits, Progress
from plait.verdict import Finding
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground

MODELS = Path(__file__).parent.parent.parent / "models"


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


@pytest.fixture
def two_phase() -> Ground:
    (found, _) = load(MODELS / "classic" / "two_phase.plait")
    return ground(found, default_parameters(found))


def auto(whole: Ground, limits: Limits = Limits()) -> Finding:  # noqa: B008 - frozen
    names = tuple(about.name for about in whole.properties)
    return choose.check("auto", whole, names, limits, True, unwatched, 1)


def test_what_ends_soon_is_searched(two_phase: Ground) -> None:
    found = auto(two_phase)
    assert (found.engine, found.complete, found.counted) == ("native", True, True)


@pytest.mark.symbolic
def test_what_does_not_is_proved(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "JOIN", 20)
    found = auto(two_phase)
    assert (found.engine, found.complete, found.counted) == ("symbolic", True, False)
    assert {decision.word for decision in found.decisions} == {"holds"}


def test_what_nobody_proves_is_searched_to_the_end(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "JOIN", 20)

    def refuses(*given: object, **named: object) -> Finding:
        raise symbolic.UnsupportedError("too large")

    monkeypatch.setattr(symbolic, "check", refuses)
    found = auto(two_phase)
    assert (found.engine, found.complete) == ("native", True)


def test_a_limit_that_somebody_set_is_the_limit(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "JOIN", 50)
    found = auto(two_phase, Limits(states=20))
    assert (found.engine, found.stopped) == ("native", "limit of 20 states")
