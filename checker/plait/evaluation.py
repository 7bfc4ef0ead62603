"""GROUND expressions to values, by plain `match`: the reference meaning.

`evaluate` looks at the cells of a state, at slots, and (in properties of kind `step`) at the state after the step.  It
raises `RunError` where the model errs and `BoundError` where a bound of the model cuts the run.

Non-goals: speed, and steps (see `semantics`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias, assert_never

from plait_spec.diagnostics import Code
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    contains,
    rank,
    size,
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
from plait_spec.source import Span

Cells: TypeAlias = Sequence[Value]
Slots: TypeAlias = Mapping[int, Value]
NO_SLOTS: Slots = MappingProxyType({})


class RunError(Exception):
    """The model errs: its code, the place in the text, and what went wrong."""

    def __init__(self, code: Code, span: Span, message: str) -> None:
        super().__init__(code, span, message)
        self.code = code
        self.span = span
        self.message = message


class BoundError(Exception):
    """A bound of the model cuts the run: `capacity of link`, `now: within 0..6`."""

    def __init__(self, bound: str) -> None:
        super().__init__(bound)
        self.bound = bound


def evaluate(expr: Expr, cells: Cells, slots: Slots = NO_SLOTS, after: Cells | None = None) -> Value:
    """The value of an expression; `after` is the state that `Next` looks at.  A step name left in it is false."""

    def value(part: Expr) -> Value:
        return evaluate(part, cells, slots, after)

    match expr:
        case Const(known):
            return known
        case CellValue(cell):
            return cells[cell]
        case Slot(slot):
            return slots[slot]
        case OneOf(choices, keys):
            return cells[choices[key_rank(keys, map(value, (key.expr for key in keys)))]]
        case Item(items, key):
            row = value(items)
            return row[key_rank((key,), (value(key.expr),))]
        case Field(record, position):
            return value(record)[position]
        case Tuple(items):
            return tuple([value(item) for item in items])
        case WithItem(items, key, new):
            row = value(items)
            at = key_rank((key,), (value(key.expr),))
            return replaced(row, at, value(new))
        case WithField(record, position, new):
            return replaced(value(record), position, value(new))
        case Not(operand):
            return not value(operand)
        case Negate(operand):
            return -value(operand)
        case And(parts, every=True):
            return all(tuple(map(value, parts)))
        case And(parts):
            return all(value(part) for part in parts)
        case Or(parts, every=True):
            return any(tuple(map(value, parts)))
        case Or(parts):
            return any(value(part) for part in parts)
        case IfElse(condition, yes, no):
            return value(yes) if value(condition) else value(no)
        case Compare(op, left, right):
            return compare(op, value(left), value(right))
        case Arithmetic(op, left, right, span):
            return arithmetic(op, value(left), value(right), span)
        case Total(op, pairs, span):
            return total(op, [value(item) for condition, item in pairs if value(condition)], span)
        case InSet(element, of, domain):
            found, mask = value(element), value(of)
            return contains(domain, found) and bool(mask >> rank(domain, found) & 1)
        case SetOf(domain, pairs, span):
            return set_of(domain, [value(item) for condition, item in pairs if value(condition)], span)
        case SetOp(op, left, right):
            return value(left) | value(right) if op == "union" else value(left) & ~value(right)
        case Size(of):
            return value(of).bit_count()
        case SeqOp(op, args, span):
            return seq_op(op, [value(arg) for arg in args], span)
        case Has(queues, channel, message, fields):
            wanted = [(2 + position, value(field)) for position, field in fields]
            return any(has(cells[queue], channel, message, wanted) for queue in queues)
        case InFlight(queues, channel):
            return sum(item[0] == channel for queue in queues for item in cells[queue])
        case Took():
            return False
        case Next(operand):
            assert after is not None
            return evaluate(operand, after, slots)
        case Let(slot, bound, body):
            return evaluate(body, cells, {**slots, slot: value(bound)}, after)
        case Unwrap(operand, span):
            return unwrap(value(operand), span)
        case Checked(operand, domain, place, span):
            return checked(value(operand), domain, place, span)
        case _:
            assert_never(expr)


# ---- what the operators do, once their operands are values; the staged closures use the same


def key_rank(keys: Sequence[Key], found: Iterable[Value]) -> int:
    """The rank of several keys together, the last varying fastest."""
    at = 0
    for key, value in zip(keys, found, strict=True):
        if not contains(key.domain, value):
            raise no_such_key(key, value)
        at = at * size(key.domain) + rank(key.domain, value)
    return at


def no_such_key(key: Key, value: Value) -> RunError:
    """The error of an index into nothing."""
    return RunError(Code.NO_SUCH_KEY, key.span, f"there is nothing at {_shown(value)}: {_outside(key.domain, value)}")


def replaced(row: tuple[Value, ...], at: int, new: Value) -> tuple[Value, ...]:
    """The tuple with one item replaced."""
    return (*row[:at], new, *row[at + 1 :])


def compare(op: str, left: Value, right: Value) -> bool:
    """`==`, `!=`, `<`, `<=`."""
    match op:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case _:
            return bool(left <= right)


def arithmetic(op: str, left: int, right: int, span: Span) -> int:
    """Whole numbers of any size; `mod` has the sign of the divisor."""
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "min":
            return min(left, right)
        case "max":
            return max(left, right)
        case _:
            if right == 0:
                raise RunError(Code.DIVISION_BY_ZERO, span, f"{left} mod 0")
            return left % right


def total(op: str, found: Sequence[int], span: Span) -> int:
    """`sum`, `min` or `max` of the values."""
    if op == "sum":
        return sum(found)
    if not found:
        raise RunError(Code.NOTHING_TO_CHOOSE, span, f"`{op}` over nothing")
    return min(found) if op == "min" else max(found)


def set_of(domain: Domain, elements: Iterable[Value], span: Span) -> int:
    """The set of these elements as a number."""
    mask = 0
    for element in elements:
        if not contains(domain, element):
            raise RunError(Code.OUTSIDE_TYPE, span, f"an element of a set: {_outside(domain, element)}")
        mask |= 1 << rank(domain, element)
    return mask


def seq_op(op: str, args: Sequence[Value], span: Span) -> Value:
    """`length`, `first`, `last`, `rest`, `at`, `concat`."""
    items = args[0]
    match op:
        case "length":
            return len(items)
        case "concat":
            return items + args[1]
        case "at":
            if not 0 <= args[1] < len(items):
                raise RunError(Code.PAST_THE_END, span, f"no item {args[1]} in a sequence of {len(items)}")
            return items[args[1]]
        case _:
            if not items:
                raise RunError(Code.PAST_THE_END, span, f"`{op}` of an empty sequence")
            return items[0] if op == "first" else items[-1] if op == "last" else items[1:]


def has(queue: Sequence[Value], channel: int, message: int, wanted: Sequence[tuple[int, Value]]) -> bool:
    """Whether one message of the queue is of this channel and kind and has the wanted values at these positions."""
    return any(
        item[0] == channel and item[1] == message and all(item[at] == value for at, value in wanted) for item in queue
    )


def unwrap(value: Value, span: Span) -> Value:
    """The value of an option."""
    if value is None:
        raise RunError(Code.NONE_USED, span, "`none` is used as a value")
    return value


def checked(value: Value, domain: Domain, place: str, span: Span) -> Value:
    """The value, if it is in the domain; otherwise the part of it that leaves the domain first decides."""
    match leaving(domain, value):
        case None:
            return value
        case RangeDomain(lo, hi, within=True), int():
            raise BoundError(f"{place}: within {lo}..{hi}")
        case part, found:
            raise RunError(Code.OUTSIDE_TYPE, span, f"{place}: {_outside(part, found)}")


def leaving(domain: Domain, value: Value) -> tuple[Domain, Value] | None:
    """The first part of the value that is outside its part of the domain, with that part of the domain."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain() | SetDomain():
            return None if contains(domain, value) else (domain, value)
        case OptionDomain(of):
            return None if value is None else leaving(of, value)
        case RecordDomain(_, fields):
            pairs = list(zip((of for _, of in fields), value, strict=True))
        case MapDomain(_, of):
            pairs = [(of, item) for item in value]
        case SeqDomain(of, capacity):
            if len(value) > capacity:
                return domain, value
            pairs = [(of, item) for item in value]
        case _:
            assert_never(domain)
    return next((found for of, item in pairs if (found := leaving(of, item)) is not None), None)


def _outside(domain: Domain, value: Value) -> str:
    match domain:
        case RangeDomain(lo, hi):
            return f"{_shown(value)} is outside {lo}..{hi}"
        case SeqDomain(_, capacity) if isinstance(value, tuple) and len(value) > capacity:
            return f"a sequence of {len(value)} is longer than {capacity}"
        case EnumDomain(name) | IdsDomain(name):
            return f"{_shown(value)} is not a value of {name}"
        case _:
            return f"{_shown(value)} is not a value of the type"


def _shown(value: Value) -> str:
    match value:
        case None:
            return "none"
        case int():
            return str(value)
        case _:
            return "this value"
