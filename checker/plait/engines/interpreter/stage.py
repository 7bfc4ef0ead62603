"""GROUND expressions and commands to closures, once per model: the same `match` as the reference, evaluated early.

A closure takes an *environment*, anything that can be indexed: the cells of a state first, then slots, then (for
properties of kind `step`) the cells after the step.  An expression without slots therefore runs on a state as it is.
Commands run on a list; its last two places hold the orders of `AnyOrder`s and the writes of the step.

No text of a model becomes code here: closures are picked and filled with values, nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from operator import add, eq, itemgetter, le, lt, mul, ne, sub
from typing import Any, TypeAlias, assert_never

from plait.evaluation import arithmetic, checked, key_rank, seq_op, set_of, total, unwrap
from plait_spec.domains import Domain, EnumDomain, IdsDomain, RangeDomain, Value, contains, rank, size, values
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
from plait_spec.ground_walk import can_err
from plait_spec.record import record

Env: TypeAlias = Any
Closure: TypeAlias = Callable[[Env], Any]
TABLE = 4096  # the most keys for which a table is made


@record
class Layout:
    """Where an environment holds what: cell 0, slot 0, and cell 0 of the state after the step."""

    cells: int
    slots: int
    after: int | None = None


def stage_expr(expr: Expr, layout: Layout) -> Closure:
    """A closure that gives the expression's value in an environment."""

    def stage(part: Expr) -> Closure:
        return stage_expr(part, layout)

    match expr:
        case Const(value):
            return lambda e: value
        case CellValue(cell):
            return itemgetter(layout.cells + cell)
        case Slot(slot):
            return itemgetter(layout.slots + slot)
        case OneOf(cells, keys):
            return _one_of(tuple(layout.cells + cell for cell in cells), stage_key(keys, layout))
        case Item(items, key):
            return _item(stage(items), stage_key((key,), layout))
        case Field(record, position):
            return _then(stage(record), itemgetter(position))
        case Tuple(items):
            return _tuple(tuple(map(stage, items)))
        case WithItem(items, key, value):
            return _with_item(stage(items), stage_key((key,), layout), stage(value))
        case WithField(record, position, value):
            return _with_item(stage(record), lambda e: position, stage(value))
        case Not(operand):
            inner = stage(operand)
            return lambda e: not inner(e)
        case Negate(operand):
            inner = stage(operand)
            return lambda e: -inner(e)
        case And(items, every):
            return _all(items, every, layout)
        case Or(items, every):
            return _any(items, every, layout)
        case IfElse(condition, yes, no):
            return _if_else(stage(condition), stage(yes), stage(no))
        case Compare(op, left, right):
            return _compare(op, left, right, layout)
        case Arithmetic():
            return _arithmetic(expr, layout)
        case Total(op, pairs, span):
            found = _chosen(pairs, layout)
            return lambda e: total(op, found(e), span)
        case InSet(element, of, domain):
            return _in_set(element, stage(of), domain, layout)
        case SetOf(domain, pairs, span):
            found = _chosen(pairs, layout)
            return lambda e: set_of(domain, found(e), span)
        case SetOp(op, left, right):
            one, other = stage(left), stage(right)
            return (lambda e: one(e) | other(e)) if op == "union" else (lambda e: one(e) & ~other(e))
        case Size(of):
            inner = stage(of)
            return lambda e: inner(e).bit_count()
        case SeqOp(op, args, span):
            row = tuple(map(stage, args))
            return lambda e: seq_op(op, [arg(e) for arg in row], span)
        case Has():
            return _has(expr, layout)
        case InFlight(queues, channel):
            places = tuple(layout.cells + queue for queue in queues)
            return lambda e: sum([item[0] == channel for place in places for item in e[place]])
        case Took():
            return lambda e: False
        case Next(operand):
            assert layout.after is not None
            return stage_expr(operand, Layout(layout.after, layout.slots))
        case Let(slot, value, body):
            return _let(layout.slots + slot, stage(value), stage(body))
        case Unwrap(operand, span):
            inner = stage(operand)
            return lambda e: unwrap(inner(e), span)
        case Checked(operand, domain, place, span):
            return _checked(stage(operand), domain, lambda value: checked(value, domain, place, span))
        case _:
            assert_never(expr)


def stage_key(keys: tuple[Key, ...], layout: Layout) -> Closure:
    """A closure that gives the rank of the keys together."""
    exprs = tuple(stage_expr(key.expr, layout) for key in keys)
    if not keys:
        return lambda e: 0
    count = 1
    for key in keys:
        count *= size(key.domain)
    if count > TABLE:
        return lambda e: key_rank(keys, [expr(e) for expr in exprs])
    ranks = {row: at for at, row in enumerate(product(*(values(key.domain) for key in keys)))}
    if len(exprs) > 1:
        several = _tuple(exprs)
        return lambda e: _known(ranks.get(row := several(e)), keys, row)
    (only,) = exprs
    singles = {row[0]: at for row, at in ranks.items()}
    return lambda e: _known(singles.get(value := only(e)), keys, (value,))


def _known(at: int | None, keys: tuple[Key, ...], row: tuple[Value, ...]) -> int:
    return key_rank(keys, row) if at is None else at


def _then(inner: Closure, outer: Closure) -> Closure:
    return lambda e: outer(inner(e))


def _one_of(places: tuple[int, ...], at: Closure) -> Closure:
    return lambda e: e[places[at(e)]]


def _item(items: Closure, at: Closure) -> Closure:
    return lambda e: items(e)[at(e)]


def _with_item(items: Closure, at: Closure, value: Closure) -> Closure:
    def closure(e: Env) -> Value:
        row = items(e)
        here = at(e)
        return (*row[:here], value(e), *row[here + 1 :])

    return closure


def _tuple(items: tuple[Closure, ...]) -> Closure:
    match items:
        case (only,):
            return lambda e: (only(e),)
        case (first, second):
            return lambda e: (first(e), second(e))
        case _:
            return lambda e: tuple([item(e) for item in items])


def _if_else(condition: Closure, yes: Closure, no: Closure) -> Closure:
    return lambda e: yes(e) if condition(e) else no(e)


def _let(place: int, value: Closure, body: Closure) -> Closure:
    def closure(e: Env) -> Value:
        kept = e[place]
        e[place] = value(e)
        try:
            return body(e)
        finally:
            e[place] = kept

    return closure


# ---- conditions


def _all(items: tuple[Expr, ...], every: bool, layout: Layout) -> Closure:
    if every and any(map(can_err, items)):
        closures = tuple(stage_expr(item, layout) for item in items)
        return lambda e: False not in [closure(e) for closure in closures]
    return _conjunction(_merged(items, "==", layout, _all_equal))


def _any(items: tuple[Expr, ...], every: bool, layout: Layout) -> Closure:
    if every and any(map(can_err, items)):
        closures = tuple(stage_expr(item, layout) for item in items)
        return lambda e: True in [closure(e) for closure in closures]
    negated = _merged(items, "!=", layout, lambda places, known: _negated(_all_equal(places, known)))
    return _disjunction(negated)


def _negated(inner: Closure) -> Closure:
    return lambda e: not inner(e)


def _all_equal(places: tuple[int, ...], known: tuple[Value, ...]) -> Closure:
    found = itemgetter(*places)
    return lambda e: found(e) == known


def _merged(
    items: tuple[Expr, ...],
    op: str,
    layout: Layout,
    join: Callable[[tuple[int, ...], tuple[Value, ...]], Closure],
) -> list[Closure]:
    """The items' closures, with runs of `cell op constant` joined into one comparison of tuples."""
    closures: list[Closure] = []
    places: list[int] = []
    known: list[Value] = []
    for item in (*items, None):
        match item:
            case Compare(found, CellValue(cell), Const(value)) if found == op:
                places.append(layout.cells + cell)
                known.append(value)
                continue
            case _:
                pass
        if len(places) == 1:
            closures.append(_compare_constant(op, places[0], known[0]))
        elif places:
            closures.append(join(tuple(places), tuple(known)))
        places, known = [], []
        if item is not None:
            closures.append(stage_expr(item, layout))
    return closures


def _conjunction(closures: list[Closure]) -> Closure:
    match closures:
        case []:
            return lambda e: True
        case [only]:
            return only
        case [first, second]:
            return lambda e: first(e) and second(e)
        case [first, second, third]:
            return lambda e: first(e) and second(e) and third(e)
        case _:
            row = tuple(closures)
            return lambda e: all(closure(e) for closure in row)


def _disjunction(closures: list[Closure]) -> Closure:
    match closures:
        case []:
            return lambda e: False
        case [only]:
            return only
        case [first, second]:
            return lambda e: first(e) or second(e)
        case [first, second, third]:
            return lambda e: first(e) or second(e) or third(e)
        case _:
            row = tuple(closures)
            return lambda e: any(closure(e) for closure in row)


def _compare(op: str, left: Expr, right: Expr, layout: Layout) -> Closure:
    match left, right:
        case (CellValue(cell), Const(value)) if op in ("==", "!="):
            return _compare_constant(op, layout.cells + cell, value)
        case _:
            one, other = stage_expr(left, layout), stage_expr(right, layout)
            joined = {"==": eq, "!=": ne, "<": lt, "<=": le}[op]
            return lambda e: joined(one(e), other(e))


def _compare_constant(op: str, place: int, value: Value) -> Closure:
    return (lambda e: e[place] == value) if op == "==" else (lambda e: e[place] != value)


def _arithmetic(expr: Arithmetic, layout: Layout) -> Closure:
    op, span = expr.op, expr.span
    one, other = stage_expr(expr.left, layout), stage_expr(expr.right, layout)
    match op:
        case "+" | "-" | "*":
            joined = {"+": add, "-": sub, "*": mul}[op]
            return lambda e: joined(one(e), other(e))
        case _:
            return lambda e: arithmetic(op, one(e), other(e), span)


def _chosen(pairs: tuple[tuple[Expr, Expr], ...], layout: Layout) -> Closure:
    """A closure that lists the values whose condition is true."""
    closures = tuple((stage_expr(condition, layout), stage_expr(value, layout)) for condition, value in pairs)
    return lambda e: [value(e) for condition, value in closures if condition(e)]


def _in_set(element: Expr, of: Closure, domain: Domain, layout: Layout) -> Closure:
    if isinstance(element, Const):
        mask = 1 << rank(domain, element.value) if contains(domain, element.value) else 0
        return lambda e: of(e) & mask != 0
    inner = stage_expr(element, layout)
    if size(domain) > TABLE:
        return lambda e: contains(domain, value := inner(e)) and bool(of(e) >> rank(domain, value) & 1)
    masks = {value: 1 << at for at, value in enumerate(values(domain))}
    return lambda e: masks.get(inner(e), 0) & of(e) != 0


def _has(expr: Has, layout: Layout) -> Closure:
    places = tuple(layout.cells + queue for queue in expr.queues)
    channel, message = expr.channel, expr.message
    if not expr.fields:
        return lambda e: any(item[0] == channel and item[1] == message for place in places for item in e[place])
    found = itemgetter(0, 1, *(2 + position for position, _ in expr.fields))
    fields = tuple(stage_expr(value, layout) for _, value in expr.fields)

    def closure(e: Env) -> bool:
        wanted = (channel, message, *[field(e) for field in fields])
        for place in places:
            for item in e[place]:
                if item[0] == channel and item[1] == message and found(item) == wanted:
                    return True
        return False

    return closure


def _checked(inner: Closure, domain: Domain, check: Callable[[Value], Value]) -> Closure:
    """The check, with a short way for values that are plainly inside."""
    match domain:
        case RangeDomain(lo, hi):
            return lambda e: value if (value := inner(e)) is not None and lo <= value <= hi else check(value)
        case EnumDomain(_, labels):
            return lambda e: value if (value := inner(e)) is not None and 0 <= value < len(labels) else check(value)
        case IdsDomain(_, count):
            return lambda e: value if (value := inner(e)) is not None and 0 <= value < count else check(value)
        case _:
            return lambda e: check(inner(e))
