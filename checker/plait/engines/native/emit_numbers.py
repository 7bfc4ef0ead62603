"""Numbers and sets as values of the subset: their least and greatest values are known, so no text is ever negative."""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.emit_queues import QueueReader
from plait.engines.native.layout import UnsupportedError, rows
from plait.engines.native.values import Int, Known, Mask, Val, as_mask, plus
from plait_spec.ground import CellValue, Expr


class NumberReader(QueueReader):
    """Does what numbers and sets can do."""

    def arithmetic(self, op: str, a: Int, b: Int) -> Val:
        """Numbers whose least and greatest values are known all the way, so that no text is ever negative."""
        match op:
            case "+":
                return small(Int(f"({a.text} + {b.text})", a.lo + b.lo, a.hi + b.hi))
            case "-":
                return small(Int(f"({a.text} + ({b.hi - b.lo} - {b.text}))", a.lo - b.hi, a.hi - b.lo))
            case "*":
                return self.product(a, b)
            case "mod" if b.lo >= 0 and (a.lo >= 0 or b.lo == b.hi > 0):
                divisor = self.code.name(plus(b.text, b.lo))
                if b.lo == 0:
                    self.code.fail_if(f"{divisor} == 0")
                start = a.lo if a.lo >= 0 else a.lo % b.lo
                return Int(f"({plus(a.text, start)} % {divisor})", 0, max(b.hi - 1, 0))
            case "min" | "max":
                least = min(a.lo, b.lo)
                x = self.code.name(plus(a.text, a.lo - least))
                y = self.code.name(plus(b.text, b.lo - least))
                keep = min if op == "min" else max
                sign = "<" if op == "min" else ">"
                lo, hi = keep(a.lo, b.lo), keep(a.hi, b.hi)
                return Int(plus(f"({x} if {x} {sign} {y} else {y})", least - lo), lo, hi)
            case _:
                return self.modulo(a, b)

    def modulo(self, a: Int, b: Int) -> Val:
        """`mod` where numbers may be negative: the sign is that of the divisor, whose distance from 0 is `size`."""
        x, y, span, turn = self.code.name(a.text), self.code.name(b.text), a.hi - a.lo, max(-b.lo, 0)
        size = self.code.name(f"({plus(y, b.lo)} if {y} >= {turn} else {turn} - {y})" if b.lo < 0 else plus(y, b.lo))
        self.code.fail_if(f"{size} == 0")
        start = str(a.lo) if a.lo >= 0 else f"({size} - {-a.lo} % {size})"
        up = f"(({x} + {start}) % {size})"
        if b.lo >= 0:
            return Int(up, 0, max(b.hi - 1, 0))
        start = str(-a.hi) if a.hi <= 0 else f"({size} - {a.hi} % {size})"
        down = f"((({span} - {x}) + {start}) % {size})"
        least = b.lo + 1
        return Int(f"({up} + {-least} if {y} >= {turn} else {-least} - {down})", least, max(b.hi - 1, 0))

    def product(self, a: Int, b: Int) -> Val:
        """(x + a.lo) * (y + b.lo), multiplied out; a term with a negative factor is counted from its other end."""
        if a.lo >= 0 and b.lo >= 0:
            return small(Int(f"({plus(a.text, a.lo)} * {plus(b.text, b.lo)})", 0, a.hi * b.hi))
        x, y = self.code.name(a.text), self.code.name(b.text)
        terms, least = [f"{x} * {y}"], a.lo * b.lo
        for factor, text, span in ((a.lo, y, b.hi - b.lo), (b.lo, x, a.hi - a.lo)):
            if factor < 0:
                terms.append(f"{-factor} * ({span} - {text})")
                least += factor * span
            elif factor:
                terms.append(f"{factor} * {text}")
        most = max(one * other for one in (a.lo, a.hi) for other in (b.lo, b.hi))
        return small(Int(f"({' + '.join(terms)})", least, most))

    def summed(self, found: Sequence[tuple[str, Int]]) -> Val:
        """The sum, each term moved so that it is never negative."""
        least = sum(min(value.lo, 0) if test != "1" else value.lo for test, value in found)
        most = sum(max(value.hi, 0) if test != "1" else value.hi for test, value in found)
        terms = []
        for test, value in found:
            base = min(value.lo, 0) if test != "1" else value.lo
            moved = plus(value.text, value.lo - base)
            if test == "1":
                terms.append(moved)
            elif value.text == "0" and value.lo == 1 and base == 0:
                terms.append(f"(1 if {test} else 0)")
            else:
                terms.append(f"({moved} if {test} else {-base})")
        return small(Int(f"({' + '.join(terms)})" if terms else "0", least, most))

    def extreme(self, op: str, found: Sequence[tuple[str, Int]]) -> Val:
        """The least or greatest; of nothing it is an error."""
        if not found:
            self.code.fail_if("1")
            return Int("0", 0, 0)
        least, most = min(value.lo for _, value in found), max(value.hi for _, value in found)
        best, seen = self.code.fresh(), self.code.fresh()
        self.code.add(f"{best} = 0", f"{seen} = 0")
        sign = "<" if op == "min" else ">"
        for test, value in found:
            text = self.code.name(plus(value.text, value.lo - least))
            better = f"(not {seen} or {text} {sign} {best})"
            with self.code.block(f"if {better}:" if test == "1" else f"if {test} and {better}:"):
                self.code.add(f"{best} = {text}", f"{seen} = 1")
        self.code.fail_if(f"not {seen}")
        return Int(best, least, most)

    def set_place(self, of: Expr, row: int) -> tuple[str, int] | None:
        """The word and shift of a field of a set that is a cell."""
        if not isinstance(of, CellValue):
            return None
        place = self.layout.places[of.cell][row]
        return f"{self.prefix}{place.word}", place.shift

    def set_op(self, op: str, a: Val, b: Val) -> Val:
        """Union and difference."""
        if isinstance(a, Known) and isinstance(b, Known):
            return Known(a.value | b.value if op == "union" else a.value & ~b.value)
        count = a.count if isinstance(a, Mask) else b.count if isinstance(b, Mask) else 0
        texts = []
        for bits, one, other in zip(rows(count), as_mask(a, count).texts, as_mask(b, count).texts, strict=True):
            if op == "union":
                texts.append(f"({one} | {other})")
            elif other.isdigit():
                texts.append(f"({one} & {((1 << bits) - 1) & ~int(other)})")
            else:
                texts.append(f"({one} & ({(1 << bits) - 1} ^ {other}))")
        return Mask(tuple(texts), count)


LARGEST = 1 << 60


def small(value: Int) -> Int:
    """The number, if no word can overflow on the way to it: a word wraps where the language does not."""
    if value.lo < -LARGEST or value.hi > LARGEST:
        raise UnsupportedError(f"numbers up to {max(value.hi, -value.lo):,}")
    return value
