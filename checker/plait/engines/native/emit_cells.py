"""What every reader of expressions needs: the words of a state, slots, short names for texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self, assert_never

from plait.engines.native.code import Code
from plait.engines.native.layout import Layout
from plait.engines.native.values import Int, Items, Known, Many, Mask, Opt, Perhaps, Val, of_texts
from plait_spec.domains import Domain
from plait_spec.ground import Expr

Test = tuple[str, int, int]
"""A word, some of its bits, and the value that they must have."""


class CellReader(ABC):
    """Reads the words named `prefix` 0, 1, ... (`after` for `Next`)."""

    def __init__(self, layout: Layout, code: Code, prefix: str, after: str | None = None) -> None:
        self.layout, self.code, self.prefix, self.after = layout, code, prefix, after
        self.slots: dict[int, Val] = {}
        self.tests: dict[str, Test] = {}

    def seeing(self, prefix: str) -> Self:
        """The same slots and code, with other words."""
        other = type(self)(self.layout, self.code, prefix)
        other.slots, other.tests = self.slots, self.tests
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
        return text

    @abstractmethod
    def value(self, expr: Expr) -> Val:
        """The value of any expression."""

    @abstractmethod
    def truth(self, expr: Expr) -> str:
        """A condition as a text that is 0 (false) or not."""
