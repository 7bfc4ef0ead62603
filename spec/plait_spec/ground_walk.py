"""Walking GROUND: the parts of an expression, the cells that it reads, the cells that a block writes.

For passes that touch few kinds of node.  A pass that gives each kind its meaning has a `match` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, assert_never

from plait_spec.domains import Value, contains, order_key
from plait_spec.ground import (
    And,
    AnyOrder,
    Arithmetic,
    Assert,
    Block,
    CellValue,
    Checked,
    Command,
    Compare,
    Const,
    Empty,
    Enqueue,
    Expr,
    Field,
    Ground,
    Has,
    If,
    IfElse,
    InFlight,
    InSet,
    Item,
    Let,
    Negate,
    Next,
    Not,
    OneOf,
    Or,
    SeqOp,
    SetCell,
    SetOf,
    SetOneOf,
    SetOp,
    SetSlot,
    Size,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, in the order in which they are evaluated."""
    match expr:
        case Const() | CellValue() | Slot() | InFlight():
            return ()
        case Compare(_, left, right) | Arithmetic(_, left, right) | SetOp(_, left, right):
            return (left, right)
        case And(items) | Or(items) | Tuple(items):
            return items
        case Not(operand) | Negate(operand) | Next(operand) | Unwrap(operand) | Checked(operand) | Size(operand):
            return (operand,)
        case Field(record):
            return (record,)
        case OneOf(_, keys):
            return tuple(key.expr for key in keys)
        case Item(map, key):
            return (map, key.expr)
        case IfElse(condition, yes, no):
            return (condition, yes, no)
        case Has(_, _, _, fields):
            return tuple(value for _, value in fields)
        case Total(_, items) | SetOf(_, items):
            return tuple(part for item in items for part in item)
        case InSet(element, set):
            return (element, set)
        case SeqOp(_, args):
            return args
        case Took(_, args):
            return tuple(value for _, value in args)
        case Let(_, value, body):
            return (value, body)
        case WithItem(map, key, value):
            return (map, key.expr, value)
        case WithField(record, _, value):
            return (record, value)
        case _:
            assert_never(expr)


def below(expr: Expr) -> Iterator[Expr]:
    """The expression and everything inside it."""
    waiting = [expr]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(parts(found))


def cells_read(expr: Expr) -> set[int]:
    """The cells, queues included, that an evaluation may look at."""
    found: set[int] = set()
    for part in below(expr):
        match part:
            case CellValue(cell):
                found.add(cell)
            case OneOf(cells) | Has(cells) | InFlight(cells):
                found.update(cells)
            case _:
                pass
    return found


def commands(block: Block) -> Iterator[Command]:
    """Every command of a block, nested ones included."""
    for command in block:
        yield command
        match command:
            case If(_, yes, no):
                yield from commands(yes)
                yield from commands(no)
            case AnyOrder(passes):
                for _, body in passes:
                    yield from commands(body)
            case SetCell() | SetOneOf() | SetSlot() | Enqueue() | Empty() | Assert():
                pass
            case _:
                assert_never(command)


def cells_written(block: Block) -> set[int]:
    """The cells, queues included, that a run of the block may change."""
    found: set[int] = set()
    for command in commands(block):
        match command:
            case SetCell(cell):
                found.add(cell)
            case SetOneOf(cells) | Enqueue(cells) | Empty(cells):
                found.update(cells)
            case SetSlot() | Assert() | If() | AnyOrder():
                pass
            case _:
                assert_never(command)
    return found


def expressions(command: Command) -> tuple[Expr, ...]:
    """The expressions of a command itself, nested commands left out, in the order in which they are evaluated."""
    match command:
        case SetCell(_, value) | SetSlot(_, value):
            return (value,)
        case SetOneOf(_, keys, value):
            return (*(key.expr for key in keys), value)
        case Enqueue(_, keys, _, _, fields):
            return (*(key.expr for key in keys), fields)
        case Empty():
            return ()
        case Assert(condition) | If(condition):
            return (condition,)
        case AnyOrder(passes):
            return tuple(condition for condition, _ in passes)
        case _:
            assert_never(command)


def slots_of(*exprs: Expr) -> int:
    """How many slots an evaluation of these expressions needs, slot 0 included."""
    highest = 0
    for expr in exprs:
        for part in below(expr):
            if isinstance(part, Slot | Let):
                highest = max(highest, part.slot)
    return highest + 1


def can_err(expr: Expr) -> bool:
    """Whether an evaluation could end in a model error or a cut, as far as the expression alone shows."""
    return any(_may_err(part) for part in below(expr))


def mentions_step(expr: Expr) -> bool:
    """Whether the expression asks for a step name."""
    return any(isinstance(part, Took) for part in below(expr))


def _may_err(expr: Expr) -> bool:
    match expr:
        case Unwrap() | Checked():
            return True
        case OneOf(_, keys):
            return not all(key.sure for key in keys)
        case Item(_, key) | WithItem(_, key):
            return not key.sure
        case Arithmetic(op, _, right):
            return op == "mod" and not (isinstance(right, Const) and right.value != 0)
        case Total(op, items):
            return op != "sum" and not any(isinstance(when, Const) and when.value for when, _ in items)
        case SetOf(domain, items):
            return not all(isinstance(element, Const) and contains(domain, element.value) for _, element in items)
        case SeqOp(op):
            return op not in ("length", "concat")
        case _:
            return False


def is_simple(expr: Expr) -> bool:
    """Whether evaluating it again costs nothing and cannot err."""
    match expr:
        case Const() | Slot() | CellValue():
            return True
        case Field(record):
            return is_simple(record)
        case _:
            return False


def message_key(ground: Ground) -> Callable[[tuple[Value, ...]], Any]:
    """Keys by which messages in flight compare: by channel, message, then fields in the order of their domains."""
    records = [order_key(record) for record in ground.messages]
    return lambda message: (message[0], message[1], records[message[1]](message[2:]))
