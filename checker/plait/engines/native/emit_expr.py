"""GROUND expressions as texts of the subset.

`Reader` turns an expression into a `Val`; what must happen before (a check, a value used twice) it writes as lines.  An
operand that is evaluated only sometimes has its lines under an `if`, so that errors happen when they do in the reference
semantics and not otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import assert_never

from plait.engines.native.code import Code
from plait.engines.native.layout import Layout, Number, QueueShape, UnsupportedError, widths
from plait.engines.native.values import (
    Int,
    Items,
    Known,
    Many,
    Mask,
    Opt,
    Perhaps,
    Val,
    constant,
    fitted,
    of_texts,
    plus,
    scalar,
    texts_of,
)
from plait_spec.domains import Domain, MapDomain, OptionDomain, RangeDomain, RecordDomain, SeqDomain, size
from plait_spec.ground import (
    And,
    Arithmetic,
    CellValue,
    Checked,
    Compare,
    Const,
    Expr,
    Field,
    Has,
    IfElse,
    InFlight,
    InSet,
    Item,
    Key,
    Let,
    Negate,
    Next,
    Not,
    OneOf,
    Or,
    SeqOp,
    SetOf,
    SetOp,
    Size,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)

FULL = (1 << 64) - 1


class Reader:
    """Turns expressions into values, reading the words named `prefix` 0, 1, ... (`after` for `Next`)."""

    def __init__(self, layout: Layout, code: Code, prefix: str, after: str | None = None) -> None:
        self.layout, self.code, self.prefix, self.after = layout, code, prefix, after
        self.slots: dict[int, Val] = {}

    # ---- cells

    def field(self, cell: int, at: int) -> str:
        """One field of a cell."""
        place = self.layout.places[cell][at]
        if place.bits == 0:
            return "0"
        word = f"{self.prefix}{place.word}"
        shifted = f"{word} >> {place.shift}" if place.shift else word
        if place.shift + place.bits == 64:
            return f"({shifted})" if place.shift else word
        return f"({shifted} & {(1 << place.bits) - 1})"

    def cell(self, cell: int) -> Val:
        """The value of a cell that is no queue."""
        domain = self.layout.ground.cells[cell].domain
        assert domain is not None
        return of_texts(domain, [self.field(cell, at) for at in range(len(self.layout.places[cell]))])

    # ---- conditions

    def truth(self, expr: Expr) -> str:
        """A condition as a text: 0 is false."""
        match expr:
            case Const(value):
                return str(int(value))
            case Not(operand):
                inner = self.truth(operand)
                return str(1 - int(inner)) if inner in ("0", "1") else f"(not {inner})"
            case And(items, every):
                return self.junction(items, every, "and")
            case Or(items, every):
                return self.junction(items, every, "or")
            case Compare(op, left, right):
                return self.compare(op, left, right)
            case _:
                value = self.value(expr)
                if isinstance(value, Known):
                    return str(int(value.value))
                assert isinstance(value, Int)
                return plus(value.text, value.lo)

    def junction(self, items: Sequence[Expr], every: bool, word: str) -> str:
        """`and`, `or`: what an item writes first happens only where the items before leave it open."""
        neutral, final = ("1", "0") if word == "and" else ("0", "1")
        texts: list[str] = []
        for item in items:
            lines: list[str] = []
            with self.code.aside(lines):
                text = self.truth(item)
            if lines and not every and texts:
                so_far = self.code.fresh()
                self.code.add(f"{so_far} = {joined(texts, word)}")
                self.code.add(f"if {so_far if word == 'and' else f'not {so_far}'}:")
                self.code.lines += lines
                with self.code.aside([]) as _, self.code.aside([]) as _:
                    pass
                self.code.depth += 1
                self.code.add(f"{so_far} = {text}")
                self.code.depth -= 1
                texts = [so_far]
            else:
                self.code.lines += [line[4:] for line in lines]
                if text == final and not every:
                    return final if not texts else joined([*texts, text], word)
                if text != neutral:
                    texts.append(self.code.name(text) if every and lines else text)
        if not texts:
            return neutral
        return joined(self.merged(texts, word), word)

    def merged(self, texts: list[str], word: str) -> list[str]:
        """Tests of fields of the same word, one after the other, as one test."""
        if word == "or":
            return texts
        found: list[str] = []
        tests: list[tuple[str, int, int] | None] = []
        for text in texts:
            test = self.tests.get(text)
            if test is not None and tests and tests[-1] is not None and tests[-1][0] == test[0]:
                name, mask, value = tests[-1]
                if not mask & test[1]:
                    tests[-1] = (name, mask | test[1], value | test[2])
                    found[-1] = f"({name} & {tests[-1][1]}) == {tests[-1][2]}"
                    continue
            found.append(text)
            tests.append(test)
        return [f"({text})" if " == " in text and not text.startswith("((") else text for text in found]

    @property
    def tests(self) -> dict[str, tuple[str, int, int]]:
        """Texts that test some bits of one word against a constant."""
        return self._tests

    _tests: dict[str, tuple[str, int, int]] = {}
