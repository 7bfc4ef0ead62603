"""Every way to keep states says the same: threads, trees of pairs, slots of 64 bits, tables that grow at each turn.

The sizes at which these begin are made so small that every model of the repository meets them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines import interpreter
from plait.engines.native import compiled
from plait.engines.native.compiled import NARROW, Compiled
from plait.engines.native.engine import check
from plait.limits import Limits
from plait_spec import load
from plait_spec.grounding import default_parameters, ground, symmetric_sorts
from plait_spec.record import record
from tests.test_agreement_native import FILES, MOST, REFUSED, plain, unwatched


@record
class Way:
    """Threads, words from which states are trees, the greatest number for a slot of 32 bits."""

    threads: int
    wide: int
    narrow: int


WAYS = {
    "one thread": Way(1, 99, NARROW),
    "three threads": Way(3, 99, NARROW),
    "trees": Way(1, 2, NARROW),
    "trees, three threads": Way(3, 2, NARROW),
    "big slots": Way(1, 99, 5),
    "big slots, trees, two threads": Way(2, 2, 5),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks, tables and levels so small that everything grows, and nothing is left to one thread."""
    for name, value in (("CHUNK", 4), ("FIRST_SLOTS", 16), ("ALONE", 0), ("SLICE", 3)):
        monkeypatch.setattr(compiled, name, value)


@pytest.mark.native
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("path", [path for path in FILES if path.stem not in REFUSED], ids=lambda path: path.stem)
@pytest.mark.usefixtures("small")
def test_models_of_the_repository(path: Path, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole finding, with and without symmetry, where a search is not too long for the interpreter."""
    monkeypatch.setattr(compiled, "WIDE", way.wide)
    monkeypatch.setattr(compiled, "NARROW", way.narrow)
    for model in load(path):
        whole = ground(model, default_parameters(model))
        for symmetry in (False, True) if symmetric_sorts(whole) else (False,):
            wanted = interpreter.check(whole, None, Limits(states=MOST), symmetry, unwatched)
            if wanted.stopped is None:
                found = check(whole, None, Limits(), symmetry, unwatched, "compiled", way.threads)
                assert plain(found) == plain(wanted)


@pytest.mark.native
def test_every_way_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shapes that the test above is about do come up: it would say nothing otherwise."""
    met = set()
    close = Compiled.close

    def noted(store: Compiled) -> None:
        met.add((store.shape.shared, store.shape.tree, store.shape.big))
        close(store)

    for name, value in (("CHUNK", 4), ("FIRST_SLOTS", 16), ("WIDE", 2)):
        monkeypatch.setattr(compiled, name, value)
    monkeypatch.setattr(Compiled, "close", noted)
    model = load(next(path for path in FILES if path.stem == "proposals"))[0]  # of three words
    whole = ground(model, default_parameters(model))
    for narrow in (5, NARROW):
        monkeypatch.setattr(compiled, "NARROW", narrow)
        for threads in (1, 2):
            check(whole, None, Limits(), False, unwatched, "compiled", threads)
    assert met == {(shared, True, big) for shared in (False, True) for big in (False, True)}
