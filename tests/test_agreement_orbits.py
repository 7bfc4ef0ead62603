"""Symmetry of many identities that meet: both engines use the same cheap normal form, and say the same to the choices.

Random models whose states relate seven or eight identities to each other, in cells, sets, rows and queues; most of
their properties fail, some of them on steps.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from plait.engines import interpreter
from plait.engines.native import compiled, engine as native
from plait.engines.native.engine import Tier
from plait.limits import Limits
from plait.verdict import Finding
from plait_spec import load
from plait_spec.grounding import default_parameters, ground
from tests.test_agreement_native import plain, unwatched

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 600 if SOAK else 30
COMPILED = 150 if SOAK else 6
SIZES = ((7, 1), (8, 1), (5, 4), (4, 5), (3, 7))  # of the two sorts
MOST = 300  # states

HEAD = """
protocol Crowd(n: 1..9 = {n}, m: 1..9 = {m}, k: 0..4 = {k})
ids Node[n]
ids Tool[m]
var left: 0..k = k
"""
VARIABLES = {
    "chief": "Node? = none",
    "last": "Node? = none",
    "likes": "Node -> Node? = none",
    "uses": "Node -> Tool? = none",
    "seen": "Node -> set<Node> = {}",
    "mood": "Node -> 0..2 = 0",
    "pairs": "Node -> Node -> bool = false",
    "line": "seq<Node, 3> = []",
}
# Each takes from what is left, so that runs end; `{}` is a further guard.
ACTIONS = (
    "action like(a: Node, b: Node) when left > 0 and likes[a] == none{} {{ likes[a] = b   left -= 1 }}",
    "action take(a: Node, t: Tool) when left > 0 and uses[a] == none{} {{ uses[a] = t   left -= 1 }}",
    "action see(a: Node, b: Node) when left > 0 and b not in seen[a]{} {{ seen[a] += {{b}}   left -= 1 }}",
    "action cheer(a: Node) when left > 0 and mood[a] < 2{} {{ mood[a] += 1   left -= 1 }}",
    "action pair(a: Node, b: Node) when left > 0 and a != b and not pairs[a][b]{} {{ pairs[a][b] = true   left -= 1 }}",
    "action join(a: Node) when left > 0 and size(line) < 3{} {{ line = line + [a]   left -= 1 }}",
    "action crown(a: Node) when chief == none and some b: Node. likes[b] == a{} {{ chief = a }}",
    "action mourn(a: Node) when chief == a{} {{ chief = none   likes[a] = none }}",
    """message Letter {{ of: Node, to: Node }}
channel post: sender -> receiver {{ unordered, capacity 2 }}
role sender {{
  action write(a: Node, b: Node) when left > 0{} {{ send Letter(of: a, to: b) via post   left -= 1 }}
}}
role receiver {{ on Letter(l) {{ seen[l.of] += {{l.to}}   last = l.to }} }}""",
    """message Note {{ of: Node, with: Tool }}
channel wire: here -> there {{ ordered, capacity 2 }}
role here {{
  action send_note(a: Node, t: Tool) when left > 0{} {{ send Note(of: a, with: t) via wire   left -= 1 }}
}}
role there {{ on Note(l) {{ uses[l.of] = l.with   last = l.of }} }}""",
)
GUARDS = ("", "", " and a not in seen[a]", " and mood[a] == 0", " and likes[a] == none", " and last != a")
PROPERTIES = (
    "never P{}: some a: Node, b: Node. likes[a] == b and likes[b] == a",
    "never P{}: some a: Node. chief == a and mood[a] > 0",
    "always P{}: all a: Node. a in seen[a] implies uses[a] != none",
    "never P{}: some a: Node, b: Node. pairs[a][b] and b in seen[a]",
    "always P{}: size(line) > 1 implies likes[first(line)] == none",
    "never P{}: some t: Tool. 2 <= count a: Node. uses[a] == t",
    "step P{}: all a: Node. likes[a] != none implies next(likes[a]) == likes[a]",
    "step P{}: last == none or next(last) == last",
    "reachable P{}: last != none and chief == last",
    "reachable P{}: some a: Node, b: Node. seen[a] == {{b}} and seen[b] == {{a}} and a != b",
)


def crowd(seed: int) -> str:
    """A model of many identities that meet."""
    random = Random(seed)
    n, m = random.choice(SIZES)
    lines = [action.format(random.choice(GUARDS)) for action in random.sample(ACTIONS, random.randint(2, 3))]
    lines += [each.format(number) for number, each in enumerate(random.sample(PROPERTIES, 3))]
    lines += ["never Spent: left == 0"]
    text = "\n".join(lines)
    used = [f"var {name}: {rest}" for name, rest in VARIABLES.items() if name in text]
    return "\n".join([HEAD.format(n=n, m=m, k=random.randint(2, 3)), *random.sample(used, len(used)), text]) + "\n"


def agreed(seed: int, folder: Path, tier: Tier, threads: int) -> Finding | None:
    """What both engines say; None where it would take the interpreter too long."""
    file = folder / f"crowd{seed}.plait"
    file.write_text(crowd(seed), encoding="utf-8")
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    wanted = interpreter.check(whole, None, Limits(states=MOST), symmetry=True, watch=unwatched)
    if wanted.stopped is not None:
        return None
    found = native.check(whole, tier=tier, threads=threads)
    assert plain(found) == plain(wanted), file.read_text(encoding="utf-8")
    return found


def test_random_crowds(tmp_path: Path) -> None:
    found = [agreed(seed, tmp_path, "interpreted", 1) for seed in range(SEEDS)]
    compared = [one for one in found if one is not None and one.symmetry == "partial"]
    assert len(compared) >= SEEDS // 3
    long = [each for one in compared for each in one.decisions if each.choices and len(each.choices.steps) > 1]
    assert len(long) >= SEEDS // 3  # only such a run goes through renamed states


@pytest.mark.native
def test_random_crowds_in_machine_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and levels so small that nothing is left to one thread."""
    for name, value in (("CHUNK", 4), ("FIRST_SLOTS", 16), ("ALONE", 0), ("SLICE", 3)):
        monkeypatch.setattr(compiled, name, value)
    found = [agreed(seed, tmp_path, "compiled", 1 + seed % 3) for seed in range(COMPILED)]
    assert any(one is not None and one.symmetry == "partial" for one in found)


GRAPH = """
protocol Graph(n: 2..8 = 7, k: 0..8 = 4)
ids Node[n]
var left: 0..k = k
var seen: Node -> set<Node> = {}
action see(a: Node, b: Node) when left > 0 and b not in seen[a] { seen[a] += {b}   left -= 1 }
"""


def pattern(number: int, random: Random) -> str:
    """That no four edges are these, between different nodes."""
    edges = [(random.choice("abcd"), random.choice("abcd")) for _ in range(4)]
    names = sorted({name for edge in edges for name in edge})
    seen = [f"{two} in seen[{one}]" for one, two in edges]
    apart = [f"{one} != {two}" for one in names for two in names if one < two]
    return f"never P{number}: some {', '.join(f'{name}: Node' for name in names)}. {' and '.join(seen + apart)}"


def test_runs_through_renamed_states(tmp_path: Path) -> None:
    """A graph of four edges has several normal forms; what leads to one of them need not lead from a renamed state."""
    random, file = Random(0), tmp_path / "graph.plait"
    file.write_text(GRAPH + "\n".join(pattern(number, random) for number in range(12)) + "\n", encoding="utf-8")
    (model,) = load(file)
    whole = ground(model, default_parameters(model))
    wanted, found = interpreter.check(whole), native.check(whole)
    assert (plain(wanted), found.symmetry) == (plain(found), "partial")
    assert sum(decision.word == "fails" for decision in found.decisions) > 8
