"""Walking CORE: the parts of an expression, the same expression with other parts, and everything below a block.

For passes that touch few kinds of node.  A pass that gives each kind its meaning has a `match` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import assert_never

from plait_spec.core import (
    Aggregate,
    Assert,
    Assign,
    At,
    Binary,
    Bind,
    Binder,
    Block,
    Clear,
    Command,
    Expr,
    Fill,
    ForEach,
    Has,
    IfElse,
    LetIn,
    Literal,
    Local,
    MakeRecord,
    MakeSeq,
    MakeSet,
    MapWhere,
    Member,
    Negate,
    Next,
    Not,
    Parameter,
    Past,
    Quantifier,
    QueueRef,
    QueueSize,
    Read,
    Send,
    SeqCall,
    SetWhere,
    Temporal,
    Took,
    Unwrap,
    Use,
    When,
)


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with `change` applied to each of its direct parts."""
    match expr:
        case Literal() | Parameter() | Use() | Read():
            return expr
        case At(map, key):
            return replace(expr, map=change(map), key=change(key))
        case Member(record):
            return replace(expr, record=change(record))
        case Not(operand) | Negate(operand) | Unwrap(operand) | Next(operand):
            return replace(expr, operand=change(operand))
        case Binary(_, left, right):
            return replace(expr, left=change(left), right=change(right))
        case IfElse(condition, yes, no):
            return replace(expr, condition=change(condition), yes=change(yes), no=change(no))
        case Fill(value):
            return replace(expr, value=change(value))
        case MakeRecord(fields):
            return replace(expr, fields=tuple(map_each(fields, change)))
        case MakeSet(items) | MakeSeq(items):
            return replace(expr, items=tuple(map_each(items, change)))
        case SetWhere(binder, where):
            return replace(expr, binder=_binder(binder, change), where=change(where))
        case MapWhere(_, value):
            return replace(expr, value=change(value))
        case Quantifier(_, binders, where, body):
            bound = tuple(_binder(binder, change) for binder in binders)
            return replace(expr, binders=bound, where=change(where), body=change(body))
        case Aggregate(_, binders, where, value):
            bound = tuple(_binder(binder, change) for binder in binders)
            return replace(expr, binders=bound, where=change(where), value=change(value))
        case SeqCall(_, args):
            return replace(expr, args=tuple(map_each(args, change)))
        case Has(queues, _, fields):
            named = tuple((name, change(value)) for name, value in fields)
            return replace(expr, queues=_queues(queues, change), fields=named)
        case QueueSize(queues):
            return replace(expr, queues=_queues(queues, change))
        case Took(_, args):
            return replace(expr, args=tuple((name, change(value)) for name, value in args))
        case LetIn(_, value, body):
            return replace(expr, value=change(value), body=change(body))
        case Past(_, operands) | Temporal(_, operands):
            return replace(expr, operands=tuple(map_each(operands, change)))
        case _:
            assert_never(expr)


def map_each(items: tuple[Expr, ...], change: Callable[[Expr], Expr]) -> Iterator[Expr]:
    """`change` applied to each item."""
    return (change(item) for item in items)


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, in the order of the text."""
    found: list[Expr] = []

    def keep(part: Expr) -> Expr:
        found.append(part)
        return part

    rebuild(expr, keep)
    return tuple(found)


def below(expr: Expr) -> Iterator[Expr]:
    """The expression and everything inside it, outermost first."""
    yield expr
    for part in parts(expr):
        yield from below(part)


def bound_by(expr: Expr) -> tuple[Local, ...]:
    """The locals that the expression itself binds, in order."""
    match expr:
        case SetWhere(binder):
            return (binder.local,)
        case MapWhere(local) | LetIn(local):
            return (local,)
        case Quantifier(_, binders) | Aggregate(_, binders):
            return tuple(binder.local for binder in binders)
        case _:
            return ()


def commands_below(block: Block) -> Iterator[Command]:
    """Every command of a block, nested ones included, in the order of the text."""
    for command in block:
        yield command
        match command:
            case When(_, yes, no):
                yield from commands_below(yes)
                yield from commands_below(no)
            case ForEach(_, _, body):
                yield from commands_below(body)
            case Assign() | Send() | Clear() | Bind() | Assert():
                pass
            case _:
                assert_never(command)


def _binder(binder: Binder, change: Callable[[Expr], Expr]) -> Binder:
    return binder if binder.over is None else replace(binder, over=change(binder.over))


def _queues(queues: QueueRef, change: Callable[[Expr], Expr]) -> QueueRef:
    left = None if queues.left is None else change(queues.left)
    right = None if queues.right is None else change(queues.right)
    return replace(queues, left=left, right=right)
