"""The trial of the interpreted tier: what it is given, and that a search ends it by the work that it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines.native import cache, engine as native, tiers
from plait.engines.native.program import Program, program_of
from plait.engines.native.store import Interpreted, TrialOverError
from plait.engines.native.tiers import MOST, READ_BYTE, Trial, expected, trial_of
from plait.semantics import initial_states
from plait_spec import load
from plait_spec.grounding import default_parameters, ground

MODELS = Path(__file__).parents[2] / "models"


def program(path: str, *, symmetry: bool = False, **parameters: int) -> Program:
    model = load(MODELS / path)[0]
    whole = ground(model, default_parameters(model) | parameters)
    return program_of(whole, whole.properties, symmetry=symmetry)


def test_a_trial_counts_states_and_successors() -> None:
    trial = Trial(patience=100.0, state=2.0, successor=0.5)
    assert not trial.is_over(50, 0)
    assert trial.is_over(51, 0)
    assert trial.is_over(50, 1)
    assert not trial.is_over(0, 200)


def test_successors_cost_something_where_they_are_reduced() -> None:
    plain, reduced = program("classic/lock_service.plait"), program("classic/lock_service.plait", symmetry=True)
    assert trial_of(plain).successor == 0
    assert trial_of(reduced).successor > reduced.rounds > 1
    assert trial_of(plain).state == pytest.approx(trial_of(reduced).state)


def test_a_large_program_is_given_more_to_a_limit_and_its_reading_is_counted() -> None:
    small, large = program("classic/counter.plait"), program("classic/opsync.plait")
    assert trial_of(small).patience < trial_of(large).patience < MOST
    huge = Program("#" * 300_000 + "def canonical", large.layout, large.info, large.successors, "off", 1)
    assert trial_of(huge).patience == pytest.approx(MOST - READ_BYTE * len(huge.source))
    beyond = Program("#" * 2_000_000 + "def canonical", large.layout, large.info, large.successors, "off", 1)
    assert trial_of(beyond).patience == 0


def expand_all(store: Interpreted) -> None:
    """Level by level."""
    while store.next < store.count:
        upto = store.count
        while not store.expand(upto):
            pass


def test_a_search_ends_when_its_trial_is_over() -> None:
    """At the first look after it, with states that wait counted as if they were expanded."""
    store = started(program("classic/counter.plait"), Trial(patience=5.0, state=1.0, successor=0.0))
    with pytest.raises(TrialOverError):
        expand_all(store)
    assert store.count == 6
    assert store.next == 5


def started(model: Program, trial: Trial) -> Interpreted:
    store = Interpreted(model, trial)
    store.enter(model.layout.encode(next(iter(initial_states(model.layout.ground)))))
    return store


def two_phase(trial: Trial) -> Interpreted:
    """50,816 states, by level: 1, 13, 78, 292, 781, 1,632, and so on."""
    return started(program("classic/two_phase.plait", managers=6), trial)


def test_levels_fall_as_they_rose() -> None:
    assert expected([0, 1]) == 1
    assert expected([0, 1, 11]) == 11
    assert expected([0, 10, 30, 70]) == 70 + 80 + 30
    assert expected([0, 10, 40, 60, 90]) == 90  # no rise for two levels
    assert expected([0, 10, 40, 60]) == 60


@pytest.mark.parametrize(("patience", "ended"), [(300.0, 92), (1_000.0, 384), (2_000.0, 1_165)])
def test_a_search_ends_when_its_levels_rise_beyond_its_trial(patience: float, ended: int) -> None:
    store = two_phase(Trial(patience=patience, state=1.0, successor=0.0))
    with pytest.raises(TrialOverError):
        expand_all(store)
    assert store.count == ended


def test_successors_to_come_count_as_well() -> None:
    for successor, over in ((0.05, False), (1.0, True)):
        store = two_phase(Trial(patience=2_500.0, state=1.0, successor=successor))
        with pytest.raises(TrialOverError):
            expand_all(store)
        assert (store.count < 1_165) == over


@pytest.mark.native
@pytest.mark.parametrize(("share", "compiled"), [(0.0, True), (1e9, False)])
def test_auto_compiles_what_outgrows_its_trial(share: float, compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "SHARE", share)
    monkeypatch.setattr(tiers, "MOST", 1e12)
    monkeypatch.setattr(cache, "known", lambda key: None)
    asked = []
    monkeypatch.setattr(native, "_need_compiler", lambda: asked.append(1))
    model = load(MODELS / "classic" / "two_phase.plait")[0]
    found = native.check(ground(model, {"managers": 5}), symmetry=False)
    assert found.states == 8_832
    assert bool(asked) == compiled
