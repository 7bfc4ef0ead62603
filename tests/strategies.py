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


WAYS = ["word", "delete", "double", "swap", "replace", "insert", "copy", "cut lines", "end"]


@st.composite
def mutations(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """A good text with one to four mistakes; in half of the cases only words and numbers trade places."""
    pieces = PIECE.findall(draw(st.sampled_from(texts)))
    ways = ["word"] if draw(st.booleans()) else WAYS
    for _ in range(draw(st.integers(1, 4))):
        if pieces:
            pieces = _mistaken(draw, pieces, draw(st.sampled_from(ways)))
    return "".join(pieces)


def _mistaken(draw: st.DrawFn, pieces: list[str], way: str) -> list[str]:
    """The pieces of a text with one mistake."""

    def anywhere() -> int:
        return draw(st.integers(0, len(pieces) - 1))

    at = anywhere()
    match way:
        case "word":
            words = [place for place, piece in enumerate(pieces) if piece.isidentifier() or piece.isdigit()]
            names = sorted({pieces[place] for place in words} - RESERVED | {"0", "2", "none", "true", "self", "x"})
            if words:
                pieces[draw(st.sampled_from(words))] = draw(st.sampled_from(names))
        case "delete":
            del pieces[at]
        case "double":
            pieces.insert(at, pieces[at])
        case "swap":
            other = anywhere()
            pieces[at], pieces[other] = pieces[other], pieces[at]
        case "replace":
            pieces[at] = draw(st.sampled_from(VOCABULARY + OTHERS))
        case "insert":
            pieces.insert(at, f" {draw(st.sampled_from(VOCABULARY + OTHERS))} ")
        case "copy":
            pieces[at] = pieces[anywhere()]
        case "cut lines":
            lines = "".join(pieces).split("\n")
            first = draw(st.integers(0, len(lines) - 1))
            del lines[first : first + draw(st.integers(1, 4))]
            return PIECE.findall("\n".join(lines))
        case _:
            del pieces[at:]
    return pieces


def token_soup() -> st.SearchStrategy[str]:
    """Words and signs of the language, and others."""
    return st.lists(st.sampled_from(VOCABULARY + OTHERS), max_size=40).map(" ".join)
