"""What every reader of expressions needs: the words of a state, slots, short names for texts."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self, assert_never

from plait.engines.native.code import PLAIN, Code
from plait.engines.native.emit_values import joined
from plait.engines.native.layout import Layout, Place
from plait.engines.native.values import Int, Items, Known, Many, Mask, Opt, Perhaps, Val, of_texts
from plait_spec.domains import Domain
from plait_spec.ground import Expr

SLOW = re.compile(r"\b(and|or|if)\b|[/%]")
SIGNS = {"and": " & ", "or": " | "}
Test = tuple[str, int, int]
"""A word, some of its bits, and the value that they must have."""


class CellReader(ABC):
    """Reads the words named `prefix` 0, 1, ... (`after` for `Next`)."""

    def __init__(self, layout: Layout, code: Code, prefix: str, after: str | None = None) -> None:
        self.layout, self.code, self.prefix, self.after = layout, code, prefix, after
        self.slots: dict[int, Val] = {}
        self.tests: dict[str, Test] = {}
        self.bits: set[str] = set()  # conditions that are 0 or 1, and quickly evaluated

    def seeing(self, prefix: str) -> Self:
        """The same slots and code, with other words."""
        other = type(self)(self.layout, self.code, prefix)
        other.slots, other.tests, other.bits = self.slots, self.tests, self.bits
        return other

    def field(self, cell: int, at: int) -> str:
        """One field of a cell."""
        place = self.layout.places[cell][at]
        if place.bits == 0:
            return "0"
        word = f"{self.prefix}{place.word}"
        if place.shift + place.bits == 64:
            return f"({word} >> {place.shift})" if place.shift else word
        low = (1 << place.bits) - 1
        return f"(({word} >> {place.shift}) & {low})" if place.shift else f"({word} & {low})"

    def one_of(self, cells: Sequence[int], at: str) -> Val | None:
        """The cell at a place found at run time; None unless the cells lie evenly."""
        rows = evenly(self.layout, cells)
        if rows is None:
            return None
        texts = []
        for first, step in rows:
            word = f"{self.prefix}{first.word}"
            texts.append(f"(({word} >> {shift_of(first, step, at)}) & {first.low})" if first.bits else "0")
        return of_texts(self.domain(cells[0]), texts)

    def domain(self, cell: int) -> Domain:
        """The domain of a cell that is no queue."""
        domain = self.layout.ground.cells[cell].domain
        assert domain is not None
        return domain

    def cell(self, cell: int) -> Val:
        """The value of a cell that is no queue."""
        return of_texts(self.domain(cell), [self.field(cell, at) for at in range(len(self.layout.places[cell]))])

    def named(self, value: Val) -> Val:
        """The value with short texts."""
        match value:
            case Known():
                return value
            case Int(text, lo, hi):
                return Int(self.code.name(text), lo, hi)
            case Opt(text, lo, count):
                return Opt(self.code.name(text), lo, count)
            case Mask(texts, count):
                return Mask(tuple([self.code.name(text) for text in texts]), count)
            case Many(parts):
                return Many(tuple(self.named(part) for part in parts))
            case Perhaps(there, inside):
                return Perhaps(self.code.name(there), self.named(inside))
            case Items(length, parts):
                short = self.named(length)
                assert isinstance(short, Int)
                return Items(short, tuple(self.named(part) for part in parts))
            case _:
                assert_never(value)

    def test(self, test: Test) -> str:
        """The text of a test, remembered."""
        name, mask, value = test
        text = f"(({name} & {mask}) == {value})"
        self.tests[text] = test
        return self.bit(text)

    def bit(self, text: str) -> str:
        """A comparison, remembered if it takes no branch and little time."""
        if len(text) <= PLAIN and not SLOW.search(text):
            self.bits.add(text)
        return text

    def negated(self, text: str) -> str:
        """The opposite of a condition."""
        if text in ("0", "1"):
            return str(1 - int(text))
        return self.bit(f"(not {text})") if text in self.bits else f"(not {text})"

    def together(self, texts: Sequence[str], word: str) -> str:
        """Conditions joined by `and` or `or`: without branches where all of them are quickly evaluated."""
        if len(texts) > 1 and self.bits.issuperset(texts):
            return self.bit(f"({SIGNS[word].join(texts)})")
        return joined(texts, word)

    @abstractmethod
    def value(self, expr: Expr) -> Val:
        """The value of any expression."""

    @abstractmethod
    def truth(self, expr: Expr) -> str:
        """A condition as a text that is 0 (false) or not."""


def evenly(layout: Layout, cells: Sequence[int]) -> list[tuple[Place, int]] | None:
    """For each field of cells of one domain, its place in the first of them and how far on it is in the next.

    None unless each field is in one word for all of them, and always as far on.
    """
    rows = []
    for places in zip(*(layout.places[cell] for cell in cells), strict=True):
        first, step = places[0], places[0].shift - places[1].shift if len(places) > 1 else 0
        even = (Place(first.word, first.shift - at * step, first.bits) for at in range(len(places)))
        if first.bits and any(place != there for place, there in zip(places, even, strict=True)):
            return None
        rows.append((first, step))
    domains = [layout.ground.cells[cell].domain for cell in cells]
    return rows if all(domain == domains[0] for domain in domains) else None


def shift_of(first: Place, step: int, at: str) -> str:
    """How far from the lowest bit a field is, of the cell at a place found at run time."""
    return f"({first.shift} - {at} * {step})"
