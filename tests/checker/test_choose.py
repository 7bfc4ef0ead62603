"""`--engine auto`: whose answer it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from plait import choose
from plait.engines import native
from plait.engines.interpreter import explore as interpreter_explore, search as interpreter_search
from plait.engines.native import engine as native_engine, explore as native_explore
from plait.engines.symbolic import engine as symbolic
from plait.limits import Limits, Progress, Watch, resident
from plait.verdict import Finding, Seconds
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


class Symbolic:
    """Stands for the symbolic engine: notes what it is given, and says what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Finding | None = None) -> None:
        self.given: list[Limits] = []
        self.answer = answer
        monkeypatch.setattr(symbolic, "check", self.check)

    def check(
        self, ground: Ground, names: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch, rounds: int
    ) -> Finding:
        self.given.append(limits)
        if self.answer is None:
            raise symbolic.UnsupportedError("too large")
        return self.answer


def timeless(found: Finding) -> Finding:
    return replace(found, seconds=Seconds(0, 0, 0))


@pytest.fixture(params=[0.0, float("inf")], ids=["told at each look", "told by the milestone alone"])
def pulse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How often the watcher is told makes no difference."""
    for module in (native_explore, interpreter_explore):
        monkeypatch.setattr(module, "PULSE", request.param)


@pytest.mark.usefixtures("pulse")
@pytest.mark.parametrize("engine", ["native", "interpreter"])
def test_what_nobody_proves_is_searched_to_the_end(
    two_phase: Ground, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search goes on with what it has, in either engine: it is begun once, and the other tries once."""
    begun: list[ModuleType] = []

    def counting(module: ModuleType) -> None:
        inner = module.explore

        def explore(*given: object) -> object:
            begun.append(module)
            return inner(*given)

        monkeypatch.setattr(module, "explore", explore)

    counting(native_engine)
    counting(interpreter_search)
    if engine == "interpreter":
        monkeypatch.setattr(native, "check", refused)
    wanted = auto(two_phase)
    begun.clear()
    monkeypatch.setattr(choose, "JOIN", 20)
    nobody = Symbolic(monkeypatch)
    found = auto(two_phase)
    assert timeless(found) == timeless(wanted)
    assert (found.engine, found.complete, len(begun), len(nobody.given)) == (engine, True, 1, 1)


def refused(*given: object, **named: object) -> Finding:
    raise native.UnsupportedError("too odd")


@pytest.mark.usefixtures("pulse")
@pytest.mark.parametrize("engine", ["native", "interpreter"])
@pytest.mark.parametrize("more", [0, 1])
def test_one_state_more_is_enough(two_phase: Ground, engine: str, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the symbolic engine joins depends on the number of states, and not on when somebody looks."""
    if engine == "interpreter":
        monkeypatch.setattr(native, "check", refused)
    monkeypatch.setattr(choose, "JOIN", auto(two_phase).states - more)
    nobody = Symbolic(monkeypatch)
    auto(two_phase)
    assert len(nobody.given) == more


def test_a_complete_answer_ends_the_search(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the search had nothing open: it would only count, for nobody knows how long."""
    answer = replace(auto(two_phase), engine="symbolic")
    monkeypatch.setattr(choose, "JOIN", 20)
    Symbolic(monkeypatch, answer)
    found = auto(two_phase)
    assert timeless(found) == timeless(answer)
    assert found.seconds.total > 0


def test_half_an_answer_counts_where_the_search_has_less(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    full = auto(two_phase)
    half = replace(full.decisions[0], word="undetermined")
    partly = replace(full, engine="symbolic", complete=False, decisions=(half, *full.decisions[1:]))
    monkeypatch.setattr(choose, "JOIN", 20)
    Symbolic(monkeypatch, partly)
    assert auto(two_phase).engine == "native"
    assert auto(two_phase, Limits(states=25)).engine == "symbolic"


def test_an_interrupt_ends_the_search_too(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tuple(replace(each, word="undetermined") for each in auto(two_phase).decisions)
    stopped = replace(auto(two_phase), complete=False, stopped="interrupted", decisions=nothing)
    monkeypatch.setattr(choose, "JOIN", 20)
    Symbolic(monkeypatch, stopped)
    found = auto(two_phase)
    assert (found.engine, found.complete, found.stopped) == ("native", False, "interrupted")
    assert {decision.how for decision in found.decisions if decision.word == "undetermined"} == {"interrupted"}


def test_the_search_keeps_its_memory_and_the_time_it_took(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "JOIN", 20)
    nobody = Symbolic(monkeypatch)
    auto(two_phase, Limits(memory=10**10, timeout=1_000))
    (given,) = nobody.given
    held = resident() or 0
    assert given.memory is not None
    assert given.timeout is not None
    assert abs(10**10 - held - given.memory) < held / 2
    assert 900 < given.timeout < 1_000


def test_a_limit_that_somebody_set_is_the_limit(two_phase: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "JOIN", 50)
    found = auto(two_phase, Limits(states=20))
    assert (found.engine, found.stopped) == ("native", "limit of 20 states")
