"""Makers of GROUND expressions that do at once what needs no state.

Each function makes one kind of node, or something simpler that has the same value and the same errors wherever it is
evaluated.  An operand is dropped only if it cannot err.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal as Word, assert_never

from plait_spec.domains import Domain, Value, contains, rank
from plait_spec.ground import (
    FALSE,
    TRUE,
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
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from plait_spec.ground_walk import can_err, cells_read, is_simple, mentions_step
from plait_spec.source import Span

ZERO = Const(0)
NO_ITEMS = Const(())

# ---- truth ------------------------------------------------------------------------------------------------------


def truth(value: bool) -> Const:
    """`true` or `false`."""
    return TRUE if value else FALSE


def is_true(expr: Expr) -> bool:
    """Whether it is the constant `true`."""
    return isinstance(expr, Const) and expr.value is True


def is_false(expr: Expr) -> bool:
    """Whether it is the constant `false`."""
    return isinstance(expr, Const) and expr.value is False


def negation(operand: Expr) -> Expr:
    """`not p`."""
    match operand:
        case Const(value):
            return truth(not value)
        case Not(inner):
            return inner
        case Compare("==", left, right):
            return Compare("!=", left, right)
        case Compare("!=", left, right):
            return Compare("==", left, right)
        case _:
            return Not(operand)


def conjunction(items: Sequence[Expr], every: bool = False) -> Expr:
    """All of the items; `every` as in `And`."""
    kept = _joined(And, items, neutral=True, every=every)
    return kept if isinstance(kept, Const) else kept[0] if len(kept) == 1 else And(kept, _matters(kept, every))


def disjunction(items: Sequence[Expr], every: bool = False) -> Expr:
    """Some of the items; `every` as in `Or`."""
    kept = _joined(Or, items, neutral=False, every=every)
    return kept if isinstance(kept, Const) else kept[0] if len(kept) == 1 else Or(kept, _matters(kept, every))


def _joined(kind: type[And] | type[Or], items: Sequence[Expr], neutral: bool, every: bool) -> tuple[Expr, ...] | Const:
    """The items without neutral ones, nested ones of the same kind spread out, and nothing after one that decides."""
    kept: list[Expr] = []
    decided = False
    for item in items:
        if isinstance(item, Const):
            if item.value is neutral:
                continue
            decided = True
            if not every:
                break
        elif isinstance(item, kind) and (item.every == every or not can_err(item)):
            kept += item.items
        else:
            kept.append(item)
    if decided:
        return truth(not neutral) if not any(map(can_err, kept)) else (*kept, truth(not neutral))
    return tuple(kept) if kept else truth(neutral)


def _matters(items: Sequence[Expr], every: bool) -> bool:
    """Where nothing can err it makes no difference whether all are evaluated."""
    return every and any(map(can_err, items))


def implication(left: Expr, right: Expr) -> Expr:
    """`left implies right`."""
    return disjunction((negation(left), right))


def if_else(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """One of two values."""
    match condition, yes, no:
        case Const(value), _, _:
            return yes if value else no
        case _, Const(True), Const(False):
            return condition
        case _, Const(False), Const(True):
            return negation(condition)
        case _, Const(one), Const(other) if _same(one, other) and not can_err(condition):
            return yes
        case _:
            return IfElse(condition, yes, no)


def compare(op: Word["==", "!=", "<", "<="], left: Expr, right: Expr) -> Expr:
    """Equality or order; maps and records that are known part by part are compared part by part."""
    if op == "!=":
        return negation(compare("==", left, right))
    match left, right:
        case Const(one), Const(other):
            return truth(_compared(op, one, other))
        case _ if is_simple(left) and left == right:
            return truth(op != "<")
        case _:
            pass
    if op == "==" and (isinstance(left, Tuple) or isinstance(right, Tuple)):
        one, other = _tuple_items(left), _tuple_items(right)
        if one is not None and other is not None:
            return _compare_parts(one, other)
    return Compare(op, left, right)


def same_truth(left: Expr, right: Expr) -> Expr:
    """Equality of two bools."""
    match left, right:
        case (Const(value), other) | (other, Const(value)):
            return other if value else negation(other)
        case _:
            return compare("==", left, right)


def _compare_parts(left: tuple[Expr, ...], right: tuple[Expr, ...]) -> Expr:
    if len(left) != len(right):
        return Compare("==", Tuple(left), Tuple(right))
    return conjunction([compare("==", one, other) for one, other in zip(left, right, strict=True)], every=True)


def _compared(op: Word["==", "<", "<="], left: Value, right: Value) -> bool:
    match op:
        case "==":
            return bool(left == right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case _:
            assert_never(op)


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and bool(one == other)


# ---- numbers ----------------------------------------------------------------------------------------------------


def negative(operand: Expr) -> Expr:
    """The number with the other sign."""
    return Const(-operand.value) if isinstance(operand, Const) else Negate(operand)


def arithmetic(op: Word["+", "-", "*", "mod", "min", "max"], left: Expr, right: Expr, span: Span) -> Expr:
    """An operation on numbers; `mod` by a constant 0 stays, to be an error when it runs."""
    match left, right:
        case Const(a), Const(b) if op != "mod" or b != 0:
            return Const(_calculated(op, a, b))
        case _, Const(0) if op in ("+", "-"):
            return left
        case Const(0), _ if op == "+":
            return right
        case _:
            return Arithmetic(op, left, right, span)


def _calculated(op: Word["+", "-", "*", "mod", "min", "max"], a: int, b: int) -> int:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "mod":
            return a % b
        case "min":
            return min(a, b)
        case "max":
            return max(a, b)
        case _:
            assert_never(op)


def total(op: Word["sum", "min", "max"], items: Sequence[tuple[Expr, Expr]], span: Span) -> Expr:
    """`sum`, `min` or `max` of the values whose condition is true."""
    kept = tuple(item for item in items if not is_false(item[0]))
    if op == "sum" and not kept:
        return ZERO
    numbers = [value.value for when, value in kept if is_true(when) and isinstance(value, Const)]
    if kept and len(numbers) == len(kept):
        return Const(sum(numbers) if op == "sum" else min(numbers) if op == "min" else max(numbers))
    if len(kept) == 1 and is_true(kept[0][0]):
        return kept[0][1]
    return Total(op, kept, span)


# ---- records and maps -------------------------------------------------------------------------------------------


def make_tuple(items: Sequence[Expr]) -> Expr:
    """A record, map or sequence from its parts."""
    if all(isinstance(item, Const) for item in items):
        return Const(tuple(item.value for item in items if isinstance(item, Const)))
    return Tuple(tuple(items))


def _tuple_items(expr: Expr) -> tuple[Expr, ...] | None:
    """The parts of a tuple that is written out, or None."""
    match expr:
        case Tuple(items):
            return items
        case Const(tuple() as values):
            return tuple(map(Const, values))
        case _:
            return None


def _part(whole: Expr, position: int) -> Expr | None:
    """One part of a tuple that is written out, if the others cannot err."""
    match whole:
        case Const(values):
            return Const(values[position])
        case Tuple(items) if not any(can_err(item) for i, item in enumerate(items) if i != position):
            return items[position]
        case _:
            return None


def field(record: Expr, position: int) -> Expr:
    """A record's field."""
    part = _part(record, position)
    return Field(record, position) if part is None else part


def key_position(key: Key) -> int | None:
    """The position of a constant key among the keys, or None where it is not constant or in no map."""
    if isinstance(key.expr, Const) and contains(key.domain, key.expr.value):
        return rank(key.domain, key.expr.value)
    return None


def item(map: Expr, key: Key) -> Expr:
    """A map's value at a key."""
    position = key_position(key)
    part = None if position is None else _part(map, position)
    return Item(map, key) if part is None else part


def with_item(map: Expr, key: Key, value: Expr) -> Expr:
    """A map with one value replaced."""
    position = key_position(key)
    changed = None if position is None else _with_part(map, position, value)
    return WithItem(map, key, value) if changed is None else changed


def with_field(record: Expr, position: int, value: Expr) -> Expr:
    """A record with one field replaced."""
    changed = _with_part(record, position, value)
    return WithField(record, position, value) if changed is None else changed


def _with_part(whole: Expr, position: int, value: Expr) -> Expr | None:
    items = _tuple_items(whole)
    if items is None or can_err(items[position]):
        return None
    return make_tuple([*items[:position], value, *items[position + 1 :]])


def one_of(cells: Sequence[int], keys: Sequence[Key]) -> Expr:
    """The value of the cell that keys choose."""
    return CellValue(cells[0]) if not keys else OneOf(tuple(cells), tuple(keys))


# ---- sets and sequences -----------------------------------------------------------------------------------------


def in_set(element: Expr, set: Expr, domain: Domain) -> Expr:
    """Membership; what is no value of `domain` is no member."""
    match element, set:
        case Const(value), Const(mask):
            return truth(contains(domain, value) and bool(mask >> rank(domain, value) & 1))
        case _, Const(0) if not can_err(element):
            return FALSE
        case Const(value), SetOf(of, items) if contains(of, value) and _one_by_one(set):
            return next((when for when, found in items if found == element), FALSE)
        case _:
            return InSet(element, set, domain)


def _one_by_one(set: SetOf) -> bool:
    """Whether each element is a constant that stands once, and nothing can err."""
    values = [element.value for _, element in set.items if isinstance(element, Const)]
    return len(values) == len(set.items) == len(frozenset(values)) and not can_err(set)


def set_of(domain: Domain, items: Sequence[tuple[Expr, Expr]], span: Span) -> Expr:
    """The set of the elements whose condition is true."""
    kept = tuple(item for item in items if not is_false(item[0]))
    mask = 0
    for when, element in kept:
        if not (is_true(when) and isinstance(element, Const) and contains(domain, element.value)):
            return SetOf(domain, kept, span)
        mask |= 1 << rank(domain, element.value)
    return Const(mask)


def set_op(op: Word["union", "difference"], left: Expr, right: Expr) -> Expr:
    """Union or difference of sets over the same elements."""
    match left, right:
        case Const(a), Const(b):
            return Const(a | b if op == "union" else a & ~b)
        case _, Const(0):
            return left
        case Const(0), _ if op == "union":
            return right
        case _:
            return SetOp(op, left, right)


def size_of(set: Expr) -> Expr:
    """How many elements a set has."""
    return Const(set.value.bit_count()) if isinstance(set, Const) else Size(set)


def seq_op(op: Word["length", "first", "last", "rest", "at", "concat"], args: Sequence[Expr], span: Span) -> Expr:
    """An operation on sequences; where it would err it stays, to be an error when it runs."""
    values = [arg.value for arg in args if isinstance(arg, Const)]
    if len(values) == len(args):
        result = _sequenced(op, values)
        if result is not None:
            return result
    return SeqOp(op, tuple(args), span)


def _sequenced(op: Word["length", "first", "last", "rest", "at", "concat"], values: Sequence[Value]) -> Const | None:
    items = values[0]
    match op:
        case "length":
            return Const(len(items))
        case "first":
            return Const(items[0]) if items else None
        case "last":
            return Const(items[-1]) if items else None
        case "rest":
            return Const(items[1:]) if items else None
        case "at":
            return Const(items[values[1]]) if 0 <= values[1] < len(items) else None
        case "concat":
            return Const(items + values[1])
        case _:
            assert_never(op)


# ---- the rest ---------------------------------------------------------------------------------------------------


def has(queues: tuple[int, ...], channel: int, message: int, fields: Sequence[tuple[int, Expr]]) -> Expr:
    """Whether one of the queues holds such a message."""
    if not queues and not any(can_err(value) for _, value in fields):
        return FALSE
    return Has(queues, channel, message, tuple(fields))


def in_flight(queues: tuple[int, ...], channel: int) -> Expr:
    """How many messages of the channel the queues hold."""
    return InFlight(queues, channel) if queues else ZERO


def after_step(operand: Expr) -> Expr:
    """The value in the state after the step."""
    return Next(operand) if mentions_step(operand) or cells_read(operand) else operand


def let(slot: int, value: Expr, body: Expr) -> Expr:
    """`slot` holds `value` in `body`."""
    return body if isinstance(body, Const) and not can_err(value) else Let(slot, value, body)


def unwrap(operand: Expr, span: Span) -> Expr:
    """The value of an option."""
    return operand if isinstance(operand, Const) and operand.value is not None else Unwrap(operand, span)


def checked(operand: Expr, domain: Domain, place: str, span: Span) -> Expr:
    """A value that must be in a domain."""
    if isinstance(operand, Const) and contains(domain, operand.value):
        return operand
    return Checked(operand, domain, place, span)
