"""Hypothesis strategies for texts: random well-typed models, texts with a few mistakes, and anything at all.

models()            a model that loads without a diagnostic (see `strategies_models`)
mutations(texts)    one of the texts with tokens deleted, doubled, swapped or replaced, or with lines cut
token_soup()        words and signs of the language in any order
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from plait_spec.tokens import RESERVED
from tests.strategies_models import Model
from tests.strategies_types import DrawnDice, SeededDice

PIECE = re.compile(r"///?[^\n]*|\s+|\w+|\.\.|->|<->|[=!<>+-]=|.", re.DOTALL)
SIGNS = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    ",",
    ":",
    ".",
    "..",
    "?",
    "=",
    "==",
    "!=",
    "<=",
    ">=",
    "+=",
    "-=",
    "+",
    "-",
    "*",
    "->",
    "<->",
    "///",
    "//",
    '"',
    "0",
    "1",
    "7",
    "-1",
    "99999999999999999999",
    "x",
    "Op",
]
OTHERS = [
    "\n",
    "\t",
    "\0",
    "\r",
    "\N{BYTE ORDER MARK}",
    "é",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\N{MATHEMATICAL FRAKTUR CAPITAL U}",
    "\x1b[31m",
    ";",
    "#",
    "&&",
]
VOCABULARY = sorted(RESERVED) + SIGNS + ["lose", "crash", "break", "ordered", "capacity", "fair", "type", "if"]


@st.composite
def models(draw: st.DrawFn) -> str:
    """The text of a well-typed model with a small state space."""
    return Model(DrawnDice(draw)).text()


def seeded_model(seed: int) -> str:
    """The model of a seed: the same on every machine."""
    return Model(SeededDice(seed)).text()


@st.composite
def mutations(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """A good text with one to four mistakes."""
    pieces = PIECE.findall(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "replace", "insert", "copy", "cut lines", "end"])):
            case "delete":
                del pieces[at]
            case "double":
                pieces.insert(at, pieces[at])
            case "swap":
                other = draw(st.integers(0, len(pieces) - 1))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case "replace":
                pieces[at] = draw(st.sampled_from(VOCABULARY + OTHERS))
            case "insert":
                pieces.insert(at, f" {draw(st.sampled_from(VOCABULARY + OTHERS))} ")
            case "copy":
                pieces[at] = pieces[draw(st.integers(0, len(pieces) - 1))]
            case "cut lines":
                lines = "".join(pieces).split("\n")
                first = draw(st.integers(0, len(lines) - 1))
                del lines[first : first + draw(st.integers(1, 4))]
                pieces = PIECE.findall("\n".join(lines))
            case _:
                del pieces[at:]
        if not pieces:
            break
    return "".join(pieces)


def token_soup() -> st.SearchStrategy[str]:
    """Words and signs of the language, and others."""
    return st.lists(st.sampled_from(VOCABULARY + OTHERS), max_size=40).map(" ".join)
