"""What is emitted for steps: places at run time, guards that steps share, guards that are no branch.

All of it must mean what the reference semantics says, and be what it is for.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines.native import rolled
from plait.engines.native.emit_cells import evenly
from plait.engines.native.engine import Tier
from plait.engines.native.layout import layout_of
from plait.engines.native.program import in_turn, program_of
from plait.engines.native.rolled import by_guard
from plait.limits import Limits
from tests.test_agreement_native import agree
from tests.test_agreement_shapes import grounded

BOTH: tuple[Tier, ...] = ("interpreted", "compiled")
SHELVES = """
protocol Shelves(n: 2..40 = 3, filler: 1..30 = 1)
type Shelf = 1..n
type Thing = { label: 0..2, put_on: Shelf? }
enum Mark { Red, Green, Blue }
var spare: 1..filler -> bool = true
var free: 1..n + 1 = 1
var things: Shelf -> Thing = Thing(label: 1, put_on: none)
var mark: Shelf -> Mark? = none
var beside: Shelf -> set<Mark> = {}
var copies: Shelf -> 1..4 = 1
action put(m: Mark) when free <= n and mark[free] == none and size(beside[free]) < 2 {
  mark[free] = m
  beside[free] = beside[free] + {m}
  things[free] = Thing(label: things[free].label + (if m == Blue then 1 else 0), put_on: free)
  copies[free] = copies[free] + 1
  free += 1
}
action back(s: Shelf) when free > 1 and things[free - 1].put_on == s and m_of(s) { free -= 1   mark[free] = none }
def m_of(s: Shelf): bool = mark[s] != Green and (copies[s] < 4 or things[s].label == 2)
always Few: all s: Shelf. copies[s] < 5 and (mark[s] != Blue or Blue in beside[s])
"""


@pytest.mark.parametrize(("shelves", "filler"), [(2, 1), (3, 1), (3, 30), (4, 20)])
def test_places_at_run_time(tmp_path: Path, shelves: int, filler: int) -> None:
    """Maps of numbers, options, sets and records, at places found at run time, in one word or across two."""
    assert agree(grounded(SHELVES, tmp_path, n=shelves, filler=filler), Limits(states=20_000), BOTH)


def test_what_lies_evenly(tmp_path: Path) -> None:
    """A row in one word has one distance between its cells; one that goes on in the next word has not."""
    whole = grounded(SHELVES, tmp_path, n=40)
    layout = layout_of(whole)
    cells = [at for at, cell in enumerate(whole.cells) if cell.variable == "mark"]
    places = [layout.places[cell][0] for cell in cells]
    cut = next(at for at, place in enumerate(places) if place.word != places[0].word)
    assert evenly(layout, cells) is None
    assert evenly(layout, cells[:cut]) == [(places[0], places[0].bits)]
    assert evenly(layout, [cells[0], cells[2], cells[1]]) is None


GUARDS = """
protocol Guards
enum Phase { Off, Low, High }
var phase: 0..1 -> Phase = Off
var load: 0..1 -> 0..5 = 0
var total: within 0..4 = 0
action raise(i: 0..1) when phase[i] == Off { phase[i] = Low   load[i] = load[i] + 1   total = total + 1 }
action climb(i: 0..1) when phase[i] == Low and 6 mod load[1 - i] == 0 { phase[i] = High }
action climb_more(i: 0..1) when phase[i] == Low and load[i] > load[1 - i] { phase[i] = High   load[i] = load[i] + 2 }
action stay(i: 0..1) when phase[i] == Low and (load[i] == 1 or load[1 - i] == 2) {}
action fall(i: 0..1) when phase[i] == High and (all j: 0..1. load[j] < 5) and load[i] > 1 { phase[i] = Off }
action rest(i: 0..1) when phase[i] == High { phase[i] = Off   load[i] = 0 }
always Bounded: load[0] + load[1] < 9
"""


def test_guards(tmp_path: Path) -> None:
    """Guards with a common test, with an error behind it, and with a last part that is no branch."""
    for text in (GUARDS, GUARDS.replace("total: within 0..4", "total: 0..6")):
        assert agree(grounded(text, tmp_path), Limits(), BOTH)
    whole = grounded(GUARDS, tmp_path)
    source = program_of(whole, whole.properties).source
    heads = [line for line in source.splitlines() if line.startswith("    if ((s0 ")]
    assert len(heads) == len(set(heads)) == 6  # two indices, three phases
    assert " c = " in source


def test_no_more_than_is_quickly_written() -> None:
    """Where a successor is long, or its body may go wrong, the last guard stays a branch."""
    step = rolled.Step(("    if A:", "        if B:", "            t0 = 2"), 3, ("return n",), "f0 |= 1", False)
    assert step.guard == "A"
    assert step.opened(1).lines == ("    if A:", "        c = B != 0", "        t0 = 2")
    assert step.opened(1).depth == 2
    assert not step.unguarded().unguarded().opened(1).open
    assert not step.opened(3).open
    failing = rolled.Step((*step.lines, "            if t0:", "                return n"), 3, (), "f0 |= 1", False)
    assert not failing.opened(1).open


def test_instances_in_turn(tmp_path: Path) -> None:
    """The first instance of each rule, then the second of each; and guards in the order of their first step."""
    whole = grounded(GUARDS, tmp_path)
    rules = [instance.rule for instance in in_turn(whole.instances)]
    assert rules == [0, 1, 2, 3, 4, 5] * 2
    one = rolled.Step(("    if t0 == 1:", "        t0 = 2"), 2, ("return n",), "f0 |= 1", False)
    other = rolled.Step(("    t0 = 3",), 1, ("return n",), "f0 |= 2", False)
    found = by_guard([one, other, one])
    assert list(found) == ["s0 == 1", None]
    assert [step.lines for step in found["s0 == 1"]] == [("    t0 = 2",)] * 2


def test_a_guard_of_many_tests_that_may_err(tmp_path: Path) -> None:
    """Each stands under those before it, and Python reads no more than a hundred levels."""
    tests = " and ".join(f"f[f[x] + 1] != {at % 4}" for at in range(110))
    text = f"""
protocol Deep
var f: 0..3 -> 0..3 = 0
var x: 0..3 = 0
action a() when {tests} {{ x = (x + 1) mod 4 }}
action b(k: 0..3) when f[k] < 2 {{ f[k] = f[k] + 1 }}
"""
    assert agree(grounded(text, tmp_path), Limits(states=20_000), BOTH)


def test_a_message_that_is_not_there_is_not_computed_with(tmp_path: Path) -> None:
    """Nor in a program so large that steps are written one by one."""
    text = (Path(__file__).parents[1] / "regressions" / "trigger_not_there.plait").read_text(encoding="utf-8")
    text = text.replace("1..3 = 2", "1..3000 = 1500").replace("0..200", "0..100000")
    large = grounded(text, tmp_path)
    assert agree(large, Limits(states=20_000), ("interpreted",))
