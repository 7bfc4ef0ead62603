"""The native explorer on models that are large in one way or another, against the interpreter.

Thousands of rule instances, which are compiled as few functions; long `unordered for`s; sets and states of many words.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial
from pathlib import Path

import pytest

from plait import reduction
from plait.engines import interpreter
from plait.engines.native import engine as native, program
from plait.engines.native.canonical import plain_changes
from plait.engines.native.layout import layout_of
from plait.errors import JobError
from plait.limits import Limits
from plait.reduction import reduction_of
from plait.verdict import Decision
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground, symmetric_sorts
from tests.strategies import seeded_model
from tests.test_agreement_native import FILES, MOST, REFUSED, agree, plain

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


# ---- symmetry of many identities


@pytest.mark.parametrize("count", range(1, 7))
def test_plain_changes_come_to_every_order_once(count: int) -> None:
    row = tuple(range(count))
    seen = [row]
    for at in plain_changes(count):
        row = (*row[:at], row[at + 1], row[at], *row[at + 2 :])
        seen.append(row)
    assert sorted(seen) == sorted(permutations(range(count)))


PAIRS = """
protocol Pairs(n: 2..12 = 5, m: 1..4 = 1)
ids Node[n]
ids Tool[m]
type Letter = { of: Node, to: Node }
var chief: Node? = none
var likes: Node -> Node? = none
var uses: Node -> Tool? = none
var mail: set<Node> = {}
var sent: 0..3 = 0
action like(a: Node, b: Node) when likes[a] == none and a != b and sent < 3 { likes[a] = b   sent += 1 }
action take(a: Node, t: Tool) when uses[a] == none and sent < 3 { uses[a] = t   sent += 1 }
action call(a: Node) when chief == none and some b: Node. likes[b] == a { chief = a }
action post(a: Node) when a not in mail and size(mail) < 2 { mail += {a} }
never Two: some a: Node. chief == a and some b: Node. likes[a] == b and likes[b] == a
always Free: chief != none implies some b: Node. likes[b] != none
"""


def test_six_identities_that_meet_are_exact(tmp_path: Path) -> None:
    """720 permutations, none of them written out."""
    whole = grounded(PAIRS, tmp_path, n=6)
    assert agree(whole, Limits(), ("compiled",))
    assert native.check(whole).symmetry == "full"


def test_two_sorts_are_exact_together(tmp_path: Path) -> None:
    assert agree(grounded(PAIRS, tmp_path, n=4, m=3), Limits(), ("interpreted", "compiled"))


def test_many_identities_have_a_cheaper_normal_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both engines the same one; states between those of exact symmetry and twice as many, lengths as there."""
    whole = grounded(PAIRS, tmp_path, n=8)
    found = native.check(whole)
    assert found.symmetry == "partial"
    assert plain(interpreter.check(whole)) == plain(found) == plain(native.check(whole, tier="compiled", threads=2))
    monkeypatch.setattr(reduction, "MAX_PERMUTATIONS", factorial(8))
    exact = interpreter.check(whole)
    assert exact.symmetry == "full"
    assert exact.states < found.states < 2 * exact.states
    assert [(mine.word, mine.how) for mine in found.decisions] == [(each.word, each.how) for each in exact.decisions]
    assert "fails" in {decision.word for decision in found.decisions}


APART = """
protocol Apart(n: 2..40 = 9)
ids Node[n]
var left: 0..4 = 4
var a: Node -> 0..1000000 = 0
var b: Node -> 0..1000000 = 500000
var c: Node -> 0..1000000 = 999999
var d: Node -> 0..1000000 = 1
var best: Node? = none
var lost: set<Node> = {}
action up(x: Node, y: 1..2) when left > 0 and a[x] < 3 { a[x] += y   left -= 1 }
action down(x: Node) when left > 0 and a[x] > 0 { b[x] -= 250000 * a[x] - 250000   d[x] = c[x]   left -= 1 }
action swap(x: Node) when left > 0 and d[x] > 1 { c[x] = a[x]   left -= 1 }
action win(x: Node) when best == none and c[x] < 9 { best = x }
action lose(x: Node) when x not in lost and b[x] == 0 { lost += {x} }
never Both: some x: Node. best == x and x in lost
never Three: size(lost) == 2
"""


@pytest.mark.parametrize("count", [9, 40])
def test_identities_with_more_than_a_word_to_tell_of_each(count: int, tmp_path: Path) -> None:
    """They never meet, so they are sorted, however many there are: by keys of 82 bits."""
    whole = grounded(APART, tmp_path, n=count)
    wanted = interpreter.check(whole)
    assert wanted.symmetry == "full"
    assert wanted.states > 100
    for tier in ("interpreted", "compiled"):
        assert plain(native.check(whole, tier=tier)) == plain(wanted)
    assert native.check(grounded(APART, tmp_path, n=12)).states == native.check(grounded(APART, tmp_path, n=8)).states


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two identities that meet are too many for exact symmetry."""
    monkeypatch.setattr(reduction, "MAX_PERMUTATIONS", 1)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_models_of_the_repository_with_partial_symmetry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both engines say the same, to the choices; verdicts and lengths are those of exact symmetry."""
    for model in load(path):
        whole = ground(model, default_parameters(model))
        if path.stem in REFUSED or not symmetric_sorts(whole):
            continue
        agree(whole, Limits(states=MOST), ("interpreted",))
        found = native.check(whole, tier="interpreted")
        monkeypatch.setattr(reduction, "MAX_PERMUTATIONS", 1_000)
        exact = native.check(whole, tier="interpreted")
        monkeypatch.setattr(reduction, "MAX_PERMUTATIONS", 1)
        assert [verdict(each) for each in found.decisions] == [verdict(each) for each in exact.decisions]
        assert found.unfired == exact.unfired
        assert found.states >= exact.states
        assert found.depth >= exact.depth  # a second state of an orbit may come later than the first


def verdict(decision: Decision) -> tuple[str, int | None]:
    """The word, and the length of the run; how many steps a bound cut depends on the representatives."""
    return decision.word, None if decision.choices is None else len(decision.choices.steps)


@pytest.mark.usefixtures("few")
def test_models_of_seeds_with_partial_symmetry(tmp_path: Path) -> None:
    met = 0
    for seed in SEEDS:
        file = tmp_path / "model.plait"
        file.write_text(seeded_model(seed), encoding="utf-8")
        for model in load(file):
            whole = ground(model, default_parameters(model))
            reduced = reduction_of(whole)
            met += reduced is not None and not reduced.exact
            agree(whole, Limits(states=MOST), ("interpreted",))
    assert met > len(SEEDS) // 4


# ---- sets and states of many words

SETS = """
protocol Sets(n: 2..200 = 130)
type Place = 0..n - 1
var seen: set<Place> = {}
var left: set<Place> = { p: Place where p mod 7 == 3 }
var at: Place = 0
var last: Place? = none
def far(): Place = (at * 5 + 63) mod n
var hops: 0..3 = 0
action hop(d: 1..2) when hops < 3 { hops += 1   at = (at + d * 31) mod n }
action go() when size(seen) < 6 and at not in seen { seen += {at, far()}   at = far() }
action drop() when far() in left { left -= {far(), 64}   last = if at in seen then at else none }
action swap() when at < 3 and seen != left { seen = { p: Place where p in left and p not in seen }   at = 63 }
always Small: size(seen) + size(left) < 40
never Met: 64 in seen and 127 in seen
always Kept: last != none implies last in seen
step Grows: size(next(left)) <= size(left)
reachable Half: size(left) < 15
"""

WIDE = """
protocol Wide(n: 2..400 = 150, k: 1..8 = 2)
type Place = 0..n - 1
enum Mood { Idle, Busy, Done }
type Note = { of: Place, mood: Mood, old: bool }
var at: Place = 0
var mood: Place -> Mood = Idle
var note: Place -> Note? = none
var work: 0..k = 0
action begin(p: Place) when p >= at and p < at + 2 and work < k and mood[p] == Idle {
  mood[p] = Busy
  note[p] = Note(of: at, mood: mood[at], old: false)
  work += 1
}
action end() when mood[at] == Busy { mood[at] = Done   work -= 1   note[at] = Note(of: at, mood: Done, old: true) }
action next_one() when mood[at] == Done and at < 4 { at = at + 1   mood[(at * 37) mod n] = Done }
always Counted: work == count p: Place. mood[p] == Busy
never Late: some p: Place. mood[p] == Done and note[p] == none and p > 4
reachable Four: at == 4
"""


@pytest.mark.parametrize("size", [64, 65, 128, 130])
def test_sets_of_several_words(size: int, tmp_path: Path) -> None:
    assert agree(grounded(SETS, tmp_path, n=size), Limits(), ("interpreted", "compiled"))


@pytest.mark.parametrize(("places", "bits"), [(150, 1_500), (330, 4_000)])
def test_states_of_thousands_of_bits(places: int, bits: int, tmp_path: Path) -> None:
    whole = grounded(WIDE, tmp_path, n=places)
    assert 64 * layout_of(whole).words > bits
    assert agree(whole, Limits(), ("interpreted", "compiled"))


# ---- rare operands

MOD = """
protocol Mod
var a: 0..7 = any
var b: 0..7 = any
var rest: 0..14 = 7
action divide() when b != 3 and rest == 7 { rest = ((a - 3) mod (b - 3)) + 7 }
action shrink() when b > 4 and rest == 7 { rest = ((0 - a - 1) mod (0 - b)) + 7 }
action wrong() when b == 3 and a == 4 { rest = (a - 9) mod (b - 3) }
never Minus: rest == 4
reachable Plus: rest == 10
"""

ELEMENTS = """
protocol Elements
type Pair = { one: 0..2, two: bool }
var pairs: set<Pair?> = {}
var lines: set<seq<0..2, 2>> = {}
var pair: Pair? = none
var line: seq<0..2, 2> = []
var puts: 0..2 = 0
action fill(n: 0..2) when size(line) < 2 { line = line + [n] }
action write() when line not in lines and puts == 0 { lines += {line} }
action turn() when pair not in pairs { pairs += {pair} }
action put(n: 0..2) when puts < 2 { pair = Pair(one: n, two: puts == 1)   puts += 1 }
never Odd: none in pairs and [1, 2] in lines
reachable Both: Pair(one: 2, two: true) in pairs and size(pairs) == 2
"""


def test_remainders_of_negative_numbers(tmp_path: Path) -> None:
    """All dividends -3..4 with all divisors -3..4, and more; a remainder has the sign of the divisor."""
    assert agree(grounded(MOD, tmp_path), Limits(), ("interpreted", "compiled"))


def test_elements_that_are_options_of_records_or_sequences(tmp_path: Path) -> None:
    assert agree(grounded(ELEMENTS, tmp_path), Limits(), ("interpreted", "compiled"))
