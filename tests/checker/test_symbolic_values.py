"""Which values can be reached: none that is reached is missing, by explicit search and by the solver's own proof."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plait.engines.symbolic.confinement import confined
from plait.engines.symbolic.encode import system_of
from plait.engines.symbolic.reachable_values import Reachable, reachable_values
from plait.engines.symbolic.system import UnsupportedError
from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.semantics import Reached, State, initial_states, steps
from plait_spec import load
from plait_spec.domains import Value
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground
from tests.strategies import seeded_model

pytestmark = pytest.mark.symbolic

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 3_000 if SOAK else 100
SLICES = 4
MOST = 3_000 if SOAK else 150  # states of a model that are looked at
HERE = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in (HERE.parent / "models", HERE / "rules", HERE / "regressions")
    for path in folder.rglob("*.plait")
    if path.stem != "base"  # an abstract protocol
)

TEXT = """protocol Pairs

message Pair { left: 0..9, right: 0..9, again: bool }
channel c: giver -> taker { ordered, capacity 3 }

role giver {
  var number: 0..9 = 2
  var idle: 0..9 = 7
  action give() when number < 4 {
    send Pair(left: number, right: number + 1, again: number == 2) via c
    number += 1
  }
}
role taker {
  var total: 0..18 = 0
  var never_so: set<0..3> = {}
  on Pair(p) { total = p.left + p.right   if total == 8 { never_so += {2} } }
}
"""


def states_of(whole: Ground, most: int) -> Iterator[State]:
    """Some states that can be reached: none where a start is an error."""
    try:
        starts = list(dict.fromkeys(initial_states(whole)))
    except (RunError, BoundError):
        return
    waiting, seen, looked = starts, set(starts), 0
    while waiting and looked < most:
        state = waiting.pop(looked * 7919 % len(waiting))
        looked += 1
        yield state
        for _, outcome in steps(whole, state):
            if isinstance(outcome, Reached) and outcome.state not in seen:
                seen.add(outcome.state)
                waiting.append(outcome.state)


def values_of(whole: Ground, cell: int, state: State) -> tuple[Value, ...]:
    """What the sets speak of: the value of a cell, the messages of a queue."""
    return state[cell] if whole.cells[cell].queue is not None else (state[cell],)


def compare(whole: Ground) -> int:
    """No value is missing, and the solver says so, too; how many cells something is known of."""
    found = reachable_values(whole)
    sets = [None if row is None else set(row) for row in found.cells]
    for state in states_of(whole, MOST):
        for cell, known in enumerate(sets):
            if known is not None:
                for value in values_of(whole, cell, state):
                    assert value in known, f"{whole.cells[cell].name} is {value}"
    try:
        confined(system_of(whole, (), found))
    except UnsupportedError:
        assert None in sets
    return sum(known is not None for known in sets)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_models_of_the_repository(path: Path) -> None:
    for model in load(path):
        compare(ground(model, default_parameters(model)))


@pytest.mark.parametrize("part", range(SLICES))
def test_models_of_seeds(part: int, tmp_path: Path) -> None:
    """Of most of them everything is known."""
    known = cells = 0
    file = tmp_path / "model.plait"
    for seed in range(part, SEEDS, SLICES):
        file.write_text(seeded_model(seed), encoding="utf-8")
        for model in load(file):
            whole = ground(model, default_parameters(model))
            try:
                known += compare(whole)
            except BaseException:
                print(f"seed {seed}\n{file.read_text(encoding='utf-8')}")
                raise
            cells += len(whole.cells)
    assert known > cells * 9 // 10


@pytest.fixture
def pairs(tmp_path: Path) -> Ground:
    file = tmp_path / "model.plait"
    file.write_text(TEXT, encoding="utf-8")
    (model,) = load(file)
    return ground(model, default_parameters(model))


def named(whole: Ground, found: Reachable) -> dict[str, tuple[Value, ...] | None]:
    return {cell.name: row for cell, row in zip(whole.cells, found.cells, strict=True)}


def test_by_hand(pairs: Ground) -> None:
    """The fields of a message stay together; what no run does is not there: a sum of 8 needs the 4, which is not given.

    A message in flight may be received whenever, so the sums are those of the two messages: 2 + 3 and 3 + 4.
    """
    found = named(pairs, reachable_values(pairs))
    assert found.pop("c giver -> taker") == ((0, 0, 2, 3, True), (0, 0, 3, 4, False))
    assert found == {
        "giver.number": (2, 3, 4),
        "giver.idle": (7,),
        "taker.total": (0, 5, 7),
        "taker.never_so": (0,),
    }


def test_bits_are_made_for_these_values_alone(pairs: Ground) -> None:
    """Three of `number`, three of `total`, and at three places one of two messages or none."""
    system = system_of(pairs, (), reachable_values(pairs))
    assert len(system.bits) == 3 + 3 + 3 * 3
    assert len(system_of(pairs, ()).bits) == 10 + 10 + 19 + 4 + 3 * (1 + 200)


def lacking(found: Reachable) -> Iterator[Reachable]:
    """The sets with one value less, in turn each that is left out."""
    for cell, row in enumerate(found.cells):
        for at in range(len(row or ())):
            assert row is not None
            less = (*row[:at], *row[at + 1 :])
            yield replace(found, cells=(*found.cells[:cell], less, *found.cells[cell + 1 :]))


def test_a_value_that_is_left_out_is_noticed(pairs: Ground) -> None:
    """By the proof that no step leaves the encoding; of a cell with no value at all there is nothing to be encoded."""
    whole = reachable_values(pairs)
    confined(system_of(pairs, (), whole))
    noticed = 0
    for less in lacking(whole):
        if all(row or cell.queue for row, cell in zip(less.cells, pairs.cells, strict=True)):
            with pytest.raises(EngineBug, match="leaves the values"):
                confined(system_of(pairs, (), less))
            noticed += 1
    assert noticed == 3 + 3 + 2


def test_a_message_that_is_left_out_cannot_hide_behind_what_follows(tmp_path: Path) -> None:
    """The step goes on only if the message is there: it would seem not to be taken where the message has no bit."""
    file = tmp_path / "model.plait"
    file.write_text(
        """protocol Echo
message Word { of: 0..3 }
channel c: one -> two { ordered, capacity 1 }
role one {
  var said: bool = false
  action say() when not said { send Word(of: 2) via c   assert c has Word(of: 2)   said = true }
}
role two { on Word(w) { } }
""",
        encoding="utf-8",
    )
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    found = reachable_values(whole)
    assert named(whole, found) == {"one.said": (False, True), "c one -> two": ((0, 0, 2),)}
    with pytest.raises(EngineBug, match="a step leaves"):
        confined(system_of(whole, (), replace(found, cells=((False, True), ()))))


def test_too_much_work_leaves_everything_open(tmp_path: Path) -> None:
    """Seven numbers of ten values each are more combinations than are looked at: `last` may be anything then."""
    file = tmp_path / "model.plait"
    numbers = " + ".join(f"n{at}" for at in range(7))
    text = "protocol Sum\n" + "".join(f"var n{at}: 0..9 = any\n" for at in range(7))
    text += f"var last: 0..63 = 0\nvar other: 0..9 = 3\naction add() {{ last = {numbers} }}\n"
    file.write_text(text, encoding="utf-8")
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    found = named(whole, reachable_values(whole))
    assert found["last"] == tuple(range(64))
    assert found["other"] == (3,)


def test_a_start_that_errs_is_no_start(tmp_path: Path) -> None:
    """What `since` remembers has no first value, for `given` has none; what it is later tells nothing of the start."""
    file = tmp_path / "model.plait"
    file.write_text(
        """protocol Unset
var given: bool? = none
action give() { given = true }
never Once: (not given) since given
""",
        encoding="utf-8",
    )
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    assert list(states_of(whole, 1)) == []
    confined(system_of(whole, (), reachable_values(whole)))
