"""Obligations for any size: each is there, and is refused by itself where only what it is about is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.engines.symbolic.any_size.encode import encode
from plait.engines.symbolic.any_size.recheck import recheck
from plait_spec import load
from plait_spec.grounding import default_parameters

pytestmark = pytest.mark.symbolic

SETS = """
protocol Sets
ids Node[2]
var members: set<Node> = {}
action join(n: Node) { members += {n} }
"""
LEAVES = "action leave(n: Node) { members -= {n} }\n"
ASSERTS = "action rest(n: Node) { assert n in members }\n"


@pytest.mark.parametrize(
    ("text", "not_met"),
    [
        # Whoever is in stays in: that everybody is in is kept, but not so at the start.
        ("lemma Everybody: all n: Node. n in members\n", ["initially"]),
        (LEAVES + "lemma Nobody: all n: Node. n not in members\n", ["step by step: join"]),
        ("always Empty: all n: Node. n not in members\n", ["implies Empty"]),
        (LEAVES + "step Stays: all n: Node. n in members implies next(n in members)\n", ["leave: Stays"]),
        (ASSERTS + "step Stays: all n: Node. n in members implies next(n in members)\n", ["rest: no step errs"]),
        # Of the step just taken: at the start there is none, and every step is one.
        ("always Joined: join\n", ["initially"]),
        ("step Stays: all n: Node. n in members implies next(n in members)\n", []),
    ],
)
def test_the_obligation_that_is_not_met(tmp_path: Path, text: str, not_met: list[str]) -> None:
    path = tmp_path / "sets.plait"
    path.write_text(SETS + text, encoding="utf-8")
    (model,) = load(path)
    system = encode(model, default_parameters(model))
    invariant = tuple(lemma.formula for lemma in system.lemmas)
    assert [one.name for one in recheck(system, invariant) if not one.holds] == not_met
