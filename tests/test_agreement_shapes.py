"""The native explorer on models that are large in one way or another, against the interpreter.

Thousands of rule instances, which are compiled as few functions; long `unordered for`s; sets and states of many words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines import interpreter
from plait.engines.native import engine as native, program
from plait.errors import JobError
from plait.limits import Limits
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground
from tests.strategies import seeded_model
from tests.test_agreement_native import FILES, MOST, REFUSED, agree

SEEDS = range(1_000_000, 1_000_120)
GRID = """
protocol Grid(n: 2..30 = 3)
type Place = 0..n - 1
enum Mood { Idle, Busy, Done }
var mood: Place -> Mood = Idle
var held: Place -> Place? = none
var busy: 0..2 = 0
action take(p: Place, q: Place) when mood[p] == Idle and held[q] == none and p != q and busy < 2 {
  mood[p] = Busy
  held[q] = p
  busy += 1
}
action give(p: Place, q: Place) when mood[p] == Busy and held[q] == p { mood[p] = Done   held[q] = none   busy -= 1 }
action move(p: Place, q: Place) when held[p] != none and held[q] == none { held[q] = held[p]   held[p] = none }
always Held: all p: Place. held[p] != none implies mood[held[p]] == Busy
never AllDone: all p: Place. mood[p] == Done
"""


def grounded(text: str, folder: Path, **parameters: int) -> Ground:
    """The one model of a text."""
    file = folder / "model.plait"
    file.write_text(text, encoding="utf-8")
    (model,) = load(file)
    return ground(model, default_parameters(model) | parameters)


# ---- many instances


@pytest.fixture
def rolled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever can share a function does so."""
    monkeypatch.setattr(program, "SMALL", 0)
    monkeypatch.setattr(program, "ALIKE", 2)


@pytest.mark.usefixtures("rolled")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rolled_models_of_the_repository(path: Path) -> None:
    for model in load(path):
        held = agree(ground(model, default_parameters(model)), Limits(states=MOST), ("interpreted",))
        assert held == (path.stem not in REFUSED)


@pytest.mark.usefixtures("rolled")
def test_rolled_models_of_seeds(tmp_path: Path) -> None:
    for seed in SEEDS:
        file = tmp_path / "model.plait"
        file.write_text(seeded_model(seed), encoding="utf-8")
        for model in load(file):
            agree(ground(model, default_parameters(model)), Limits(states=MOST), ("interpreted",))


@pytest.mark.usefixtures("rolled")
def test_rolled_machine_code(tmp_path: Path) -> None:
    assert agree(grounded(GRID, tmp_path), Limits(), ("interpreted", "compiled"))


def test_what_is_compiled_stays_with_the_rules(tmp_path: Path) -> None:
    """2,670 instances of three rules; places of one word differ in numbers only, so there are few shapes."""
    whole = grounded(GRID, tmp_path, n=30)
    assert len(whole.instances) > 2_500
    assert program.program_of(whole, whole.properties).source.count("\n") < 2_000


# ---- unordered for

PASSES = """
protocol Passes(n: 1..9 = 3)
type Place = 0..n - 1
var there: set<Place> = any
var line: seq<Place, n> = []
var done: bool = false
action run() when not done {
  done = true
  unordered for p in there { line = line + [p] }
}
reachable Long: size(line) == n
"""

NESTED = """
protocol Nested
type Place = 0..2
var there: set<Place> = any
var line: seq<Place, 8> = []
action run() when size(line) == 0 {
  unordered for p: Place {
    line = line + [p]
    if p in there { unordered for q in there { if size(line) < 8 { line = line + [q] } } }
  }
}
reachable Long: size(line) == 8
"""


def test_seven_passes(tmp_path: Path) -> None:
    """Of 7 things each of the C(7, k) choices of k has k! orders: 13,700 runs, and 128 states to begin with."""
    whole = grounded(PASSES, tmp_path, n=7)
    assert agree(whole, Limits(), ("compiled",))
    found = native.check(whole)
    assert (found.states, found.transitions) == (13_828, 13_700)


def test_an_unordered_for_inside_another(tmp_path: Path) -> None:
    """With all 3 there: 3! orders of 3 passes, each with 3! of its own; what is written stops at 8."""
    assert agree(grounded(NESTED, tmp_path), Limits(), ("interpreted", "compiled"))


def test_more_passes_than_anybody_looks_at(tmp_path: Path) -> None:
    """Nine that may run are no obstacle, nine that do are an error of both engines, in the same words."""
    whole = grounded(PASSES.replace("= any", "= { p: Place }"), tmp_path, n=9)
    said = []
    for engine in (interpreter, native):
        with pytest.raises(JobError) as caught:
            engine.check(whole)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert agree(grounded(PASSES.replace("= any", "= {0, 4, 8}"), tmp_path, n=9), Limits(), ("interpreted", "compiled"))
