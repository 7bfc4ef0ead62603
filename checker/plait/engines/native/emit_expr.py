"""GROUND expressions as texts of the subset.

`Reader` turns an expression into a `Val`; what must happen before (a check, a value used twice) it writes as lines.
An operand that is evaluated only sometimes has its lines under an `if`, so that errors happen when they do in the
reference semantics and not otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from plait.engines.native.emit_cells import Test
from plait.engines.native.emit_numbers import NumberReader
from plait.engines.native.emit_values import (
    chosen,
    equal,
    joined,
    member,
    number,
    rank_text,
    unified,
)
from plait.engines.native.layout import WORD, rows
from plait.engines.native.values import (
    Int,
    Items,
    Known,
    Many,
    Mask,
    Opt,
    Perhaps,
    Val,
    as_mask,
    fitted,
    plus,
    scalar,
    texts_of,
)
from plait.evaluation import leaving
from plait_spec.domains import (
    Domain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    contains,
    size,
    values,
)
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


class Reader(NumberReader):
    """Turns expressions into values."""

    def truth(self, expr: Expr) -> str:
        """A condition as a text that is 0 (false) or not."""
        match expr:
            case Const(value):
                return str(int(value))
            case Not(operand):
                inner = self.truth(operand)
                return self.negated(inner)
            case And(items, every):
                return self.junction(items, every, "and")
            case Or(items, every):
                return self.junction(items, every, "or")
            case Compare(op, left, right):
                return self.compare(op, left, right)
            case InSet(element, of, domain):
                return self.in_set(element, of, domain)
            case Has(queues, channel, message, fields):
                return self.has(queues, channel, message, fields)
            case IfElse(condition, yes, no):
                return number(self.branches(condition, yes, no)).text
            case _:
                value = number(self.value(expr))
                return plus(value.text, value.lo)

    def junction(self, items: Sequence[Expr], every: bool, word: str) -> str:
        """`and`, `or`: what an item writes first happens only where the items before leave it open."""
        neutral, final = ("1", "0") if word == "and" else ("0", "1")
        texts: list[str] = []
        for item in items:
            lines: list[str] = []
            with self.code.aside(lines):
                text = self.truth(item)
            if lines and texts and not every:
                so_far = self.code.fresh()
                self.code.add(f"{so_far} = {joined(self.merged(texts, word), word)}")
                self.code.add(f"if {so_far}:" if word == "and" else f"if not {so_far}:")
                self.code.deeper(lines, f"{so_far} = {text}")
                texts = [so_far]
                continue
            self.code.here(lines)
            if text == final and not every:
                return joined(self.merged([*texts, text], word), word) if texts else final
            if text != neutral:
                texts.append(text)
        return self.together(self.merged(texts, word), word) if texts else neutral

    def merged(self, texts: list[str], word: str) -> list[str]:
        """Tests of fields of one word that stand together, as one test."""
        found: list[str] = []
        last: Test | None = None
        for text in texts:
            test = self.tests.get(text) if word == "and" else None
            if test is not None and last is not None and test[0] == last[0] and not test[1] & last[1]:
                last = (last[0], last[1] | test[1], last[2] | test[2])
                found[-1] = self.test(last)
            else:
                last = test
                found.append(text)
        return found

    def compare(self, op: str, left: Expr, right: Expr) -> str:
        """`==`, `!=` of any values, `<`, `<=` of numbers."""
        if isinstance(left, Const) and not isinstance(right, Const) and op in ("==", "!="):
            left, right = right, left
        if isinstance(left, CellValue) and isinstance(right, Const) and op in ("==", "!="):
            direct = self.direct(left.cell, right)
            if direct is not None:
                return direct if op == "==" else self.negated(direct)
        one, other = self.value(left), self.value(right)
        if op in ("==", "!="):
            same = self.bit(equal(one, other))
            return same if op == "==" else self.negated(same)
        a, b = number(one), number(other)
        if a.hi < b.lo or (op == "<=" and a.hi <= b.lo):
            return "1"
        if a.lo > b.hi or (op == "<" and a.lo >= b.hi):
            return "0"
        moved = a.lo - b.lo
        return self.bit(f"({plus(a.text, max(moved, 0))} {op} {plus(b.text, max(-moved, 0))})")

    def direct(self, cell: int, wanted: Const) -> str | None:
        """A test of a cell's one field against a constant."""
        places = self.layout.places[cell]
        if len(places) != 1 or places[0].bits == 0:
            return None
        if not contains(self.domain(cell), wanted.value):
            return "0"
        constant = fitted(Known(wanted.value), self.domain(cell))
        text = texts_of(constant)[0] if isinstance(constant, Int | Opt | Mask) else ""
        if not text.isdigit() or int(text).bit_length() > places[0].bits:
            return None
        place = places[0]
        return self.test((f"{self.prefix}{place.word}", place.mask, int(text) << place.shift))

    def value(self, expr: Expr) -> Val:
        """The value of any expression."""
        match expr:
            case Const(value):
                return Known(value)
            case CellValue(cell):
                return self.cell(cell)
            case Slot(slot):
                return self.slots[slot]
            case OneOf(cells, keys):
                at = self.code.name(self.place(keys))
                domain = self.domain(cells[0])
                found = None if at.isdigit() else self.one_of(cells, at)
                return found or chosen(at, [fitted(self.cell(cell), domain) for cell in cells])
            case Item(items, key):
                row = self.value(items)
                if isinstance(row, Known):
                    row = self.spread(row.value)
                assert isinstance(row, Many)
                at = self.rank(key)
                return row.parts[int(at)] if at.isdigit() else chosen(self.code.name(at), list(row.parts))
            case Field(record, position):
                value = self.value(record)
                if isinstance(value, Known):
                    return Known(value.value[position])
                assert isinstance(value, Many)
                return value.parts[position]
            case Tuple(items):
                return Many(tuple([self.value(item) for item in items]))
            case WithItem(items, key, new):
                return self.with_item(items, key, new)
            case WithField(record, position, new):
                row = self.value(record)
                assert isinstance(row, Many)
                return Many((*row.parts[:position], self.value(new), *row.parts[position + 1 :]))
            case Not() | And() | Or() | Compare() | InSet() | Has():
                return Int(as_bit(self.truth(expr)), 0, 1)
            case Negate(operand):
                value = number(self.value(operand))
                return Int(f"({value.hi - value.lo} - {value.text})", -value.hi, -value.lo)
            case IfElse(condition, yes, no):
                return self.branches(condition, yes, no)
            case Arithmetic(op, left, right):
                return self.arithmetic(op, number(self.value(left)), number(self.value(right)))
            case Total(op, pairs):
                return self.total(op, pairs)
            case SetOf(domain, pairs):
                return self.set_of(domain, pairs)
            case SetOp(op, left, right):
                return self.set_op(op, self.value(left), self.value(right))
            case Size(of):
                mask = self.value(of)
                if isinstance(mask, Known):
                    return Known(mask.value.bit_count())
                assert isinstance(mask, Mask)
                counts = [f"popcount({text})" for text in mask.texts]
                return Int(f"({' + '.join(counts)})" if len(counts) > 1 else counts[0], 0, mask.count)
            case SeqOp(op, args):
                return self.seq_op(op, [self.value(arg) for arg in args])
            case InFlight(queues, channel):
                return self.in_flight(queues, channel)
            case Took():
                return Int("0", 0, 0)
            case Next(operand):
                assert self.after is not None
                return self.seeing(self.after).value(operand)
            case Let(slot, bound, body):
                self.slots[slot] = self.named(self.value(bound))
                return self.value(body)
            case Unwrap(operand):
                return self.unwrap(self.value(operand))
            case Checked(operand, domain, place):
                return self.checked(self.value(operand), domain, place)
            case _:
                assert_never(expr)

    def branches(self, condition: Expr, yes: Expr, no: Expr) -> Val:
        """One of two values; what a branch writes happens only where it is taken."""
        test = self.truth(condition)
        if test in ("0", "1"):
            return self.value(yes if test == "1" else no)
        parts = []
        for branch in (yes, no):
            lines: list[str] = []
            with self.code.aside(lines):
                parts.append((self.value(branch), lines))
        (then, before), (otherwise, instead) = parts
        if before or instead:
            test = self.code.name(test)
            for head, lines in ((f"if {test}:", before), (f"if not {test}:", instead)):
                if lines:
                    self.code.add(head)
                    self.code.deeper(lines)
        return unified(test, then, otherwise)

    def rank(self, key: Key) -> str:
        """The rank of a key, checked unless that is known."""
        value = self.value(key.expr)
        if not key.sure:
            value = self.named(value)
            inside = member(value, key.domain)
            if inside == "0":
                self.code.fail_if("1")
                return "0"
            if inside != "1":
                self.code.fail_if(f"not {inside}")
        return rank_text(value, key.domain)

    def place(self, keys: Sequence[Key]) -> str:
        """The rank of several keys together, the last varying fastest."""
        text = "0"
        for key in keys:
            rank = self.rank(key)
            text = rank if text == "0" else f"({text} * {size(key.domain)} + {rank})"
        return text

    def spread(self, row: tuple[object, ...]) -> Many:
        """A constant map by its values."""
        return Many(tuple(Known(item) for item in row))

    def with_item(self, items: Expr, key: Key, new: Expr) -> Val:
        """A map with the value at one key replaced."""
        row = self.value(items)
        if isinstance(row, Known):
            row = self.spread(row.value)
        assert isinstance(row, Many)
        at = self.rank(key)
        value = self.named(self.value(new))
        if at.isdigit():
            return Many(tuple(value if place == int(at) else part for place, part in enumerate(row.parts)))
        at = self.code.name(at)
        return Many(tuple(unified(f"({at} == {place})", value, part) for place, part in enumerate(row.parts)))

    def total(self, op: str, pairs: Sequence[tuple[Expr, Expr]]) -> Val:
        """Sum, least or greatest of the values whose condition is true, each evaluated only then."""
        found: list[tuple[str, Int]] = []
        for condition, item in pairs:
            test = self.truth(condition)
            if test == "0":
                continue
            test = test if test == "1" else self.code.name(test)
            lines: list[str] = []
            with self.code.aside(lines):
                value = number(self.value(item))
                name = self.code.fresh() if lines else ""
            if lines and test != "1":
                self.code.add(f"{name} = 0", f"if {test}:")
                self.code.deeper(lines, f"{name} = {value.text}")
                value = Int(name, value.lo, value.hi)
            else:
                self.code.here(lines)
            found.append((test, value))
        return self.summed(found) if op == "sum" else self.extreme(op, found)

    def checked(self, value: Val, domain: Domain, place: str) -> Val:
        """The value in its domain; the first part that leaves it decides between an error and a cut."""
        if isinstance(value, Known):
            return self.checked_constant(value, domain, place)
        value = self.named(value)
        known = scalar(domain)
        if known is not None:
            assert isinstance(value, Int)
            self.in_range(value, known[0], known[0] + known[1] - 1, domain, place, "")
            lo, hi = max(value.lo, known[0]), min(value.hi, known[0] + known[1] - 1)
            return Int(plus(value.text, value.lo - lo), lo, max(lo, hi))
        match domain, value:
            case OptionDomain(of), Opt(text, lo, count):
                inner = scalar(of)
                assert inner is not None
                inside = Int(plus(text, -1), lo, lo + count - 1)
                self.in_range(inside, inner[0], inner[0] + inner[1] - 1, of, place, text)
                return value
            case OptionDomain(of), Int():
                return self.checked(value, of, place)
            case OptionDomain(of), Perhaps(there, inside_value):
                lines: list[str] = []
                with self.code.aside(lines):
                    self.checked(inside_value, of, place)
                if lines:
                    self.code.add(f"if {there}:")
                    self.code.deeper(lines)
                return value
            case OptionDomain(of), _:
                return self.checked(value, of, place)
            case RecordDomain(_, fields), Many(parts):
                return Many(tuple([self.checked(part, of, place) for part, (_, of) in zip(parts, fields, strict=True)]))
            case MapDomain(_, of), Many(parts):
                return Many(tuple([self.checked(part, of, place) for part in parts]))
            case SeqDomain(), Many(parts):
                return self.checked(Items(Int("0", len(parts), len(parts)), parts), domain, place)
            case SeqDomain(of, capacity), Items():
                return self.checked_items(value, of, capacity, place)
            case _:
                return value

    def checked_items(self, value: Items, of: Domain, capacity: int, place: str) -> Val:
        """A sequence: its length first, then the items that there are, in order."""
        length = plus(value.length.text, value.length.lo)
        if value.length.hi > capacity:
            self.code.fail_if(f"{length} > {capacity}")
        kept = []
        for at, part in enumerate(value.parts[:capacity]):
            lines: list[str] = []
            with self.code.aside(lines):
                kept.append(self.checked(part, of, place))
            if lines:
                self.code.add(f"if {length} > {at}:")
                self.code.deeper(lines)
        return Items(Int(length, 0, capacity), tuple(kept))

    def checked_constant(self, value: Known, domain: Domain, place: str) -> Val:
        """A constant: whether it is in the domain is known here."""
        match leaving(domain, value.value):
            case None:
                return fitted(value, domain)
            case RangeDomain(lo, hi, within=True), int():
                self.code.cut_if("1", f"{place}: within {lo}..{hi}")
            case _:
                self.code.fail_if("1")
        return Known(next(values(domain)))  # nothing comes here

    def in_range(self, value: Int, lo: int, hi: int, domain: Domain, place: str, there: str) -> None:
        """A number in its range, unless there is none (`there` is 0)."""
        outside = []
        if value.lo < lo:
            outside.append(f"{value.text} < {lo - value.lo}")
        if value.hi > hi:
            outside.append(f"{value.text} > {hi - value.lo}" if hi >= value.lo else "1")
        if not outside:
            return
        condition = f"({' or '.join(outside)})"
        if there:
            condition = f"{there} and {condition}"
        if isinstance(domain, RangeDomain) and domain.within:
            self.code.cut_if(condition, f"{place}: within {lo}..{hi}")
        else:
            self.code.fail_if(condition)

    def unwrap(self, value: Val) -> Val:
        """The value of an option; none is an error."""
        match value:
            case Opt(text, lo, count):
                name = self.code.name(text)
                self.code.fail_if(f"{name} == 0")
                return Int(plus(name, -1), lo, lo + count - 1)
            case Perhaps(there, inside):
                self.code.fail_if(f"not {there}")
                return inside
            case Known(None):
                self.code.fail_if("1")
                return Known(0)
            case _:
                return value

    def in_set(self, element: Expr, of: Expr, domain: Domain) -> str:
        """Membership; a value outside the domain is no member."""
        value, mask = self.value(element), self.value(of)
        value = self.named(value)
        inside = member(value, domain)
        if inside == "0":
            return "0"
        count = size(domain)
        texts = as_mask(mask, count).texts
        at = rank_text(value, domain)
        if at.isdigit():
            row = int(at) // WORD
            bit = 1 << (rows(count)[row] - 1 - int(at) % WORD)
            text = f"({texts[row]} & {bit})"
            place = self.set_place(of, row)
            if place is not None:
                text = self.test((place[0], bit << place[1], bit << place[1]))
        else:
            at = self.code.name(at) if len(texts) > 1 else at
            bits = [
                f"(({text} >> ({WORD * row + size - 1} - {at})) & 1)"
                for row, (size, text) in enumerate(zip(rows(count), texts, strict=True))
            ]
            text = bits[-1]
            for row in range(len(bits) - 2, -1, -1):
                text = f"({bits[row]} if {at} < {WORD * (row + 1)} else {text})"
        return text if inside == "1" else f"({inside} and {text})"

    def set_of(self, domain: Domain, pairs: Sequence[tuple[Expr, Expr]]) -> Val:
        """The set of the elements whose condition is true."""
        count = size(domain)
        terms: list[list[str]] = [[] for _ in rows(count)]
        for condition, element in pairs:
            test = self.truth(condition)
            if test == "0":
                continue
            test = test if test == "1" else self.code.name(test)
            lines: list[str] = []
            with self.code.aside(lines):
                value = self.named(self.value(element))
                inside = member(value, domain)
                if inside != "1":
                    self.code.fail_if(f"not {inside}" if inside != "0" else "1")
                at = rank_text(value, domain) if inside != "0" else "0"
                bits = self.element(at, count)
                if lines and not at.isdigit():
                    bits = {row: self.code.name(bit) for row, bit in bits.items()}
            if lines and test != "1":
                names = {row: self.code.fresh() for row in bits}
                self.code.add(*(f"{name} = 0" for name in names.values()), f"if {test}:")
                self.code.deeper(lines, *(f"{name} = {bits[row]}" for row, name in names.items()))
                for row, name in names.items():
                    terms[row].append(name)
            else:
                self.code.here(lines)
                for row, bit in bits.items():
                    terms[row].append(bit if test == "1" else f"({bit} if {test} else 0)")
        return Mask(tuple(f"({' | '.join(bits)})" if bits else "0" for bits in terms), count)

    def element(self, at: str, count: int) -> dict[int, str]:
        """The bit of the element with a rank, by the field that it may be in."""
        sizes = rows(count)
        if at.isdigit():
            row = int(at) // WORD
            return {row: str(1 << (sizes[row] - 1 - int(at) % WORD))}
        if len(sizes) == 1:
            return {0: f"(1 << ({count - 1} - {at}))"}
        at = self.code.name(at)
        found = {}
        for row, bits in enumerate(sizes):
            first = WORD * row
            inside = f"{at} >= {first} and {at} < {first + bits}" if row else f"{at} < {bits}"
            found[row] = f"((1 << ({first + bits - 1} - {at})) if {inside} else 0)"
        return found


def as_bit(condition: str) -> str:
    """A condition as 0 or 1."""
    return condition if condition in ("0", "1") else f"(1 if {condition} else 0)"
