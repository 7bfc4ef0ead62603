"""Which cells can make a difference to a step or a claim.

The search remembers what a step did for the values that it read, so `instance_reads` must name every cell that can
matter: all cells that a key may choose, and the queue that a send looks at for room.  Cells only written need no
mention: what a step writes is remembered too.
"""

from __future__ import annotations

from typing import assert_never

from plait_spec.ground import (
    Act,
    AnyOrder,
    Block,
    Break,
    Empty,
    Enqueue,
    Expr,
    Has,
    Instance,
    Let,
    Lose,
    Next,
    OneOf,
    Receive,
    Slot,
    Trigger,
)
from plait_spec.ground_walk import below, cells_read, commands, expressions, parts


def instance_reads(instance: Instance) -> frozenset[int]:
    """Every cell whose value can make a difference to the steps of an instance."""
    found = cells_read(instance.guard) | _trigger_reads(instance.trigger)
    for block in (instance.before, instance.body, instance.after):
        found |= block_reads(block)
    return frozenset(found)


def block_reads(block: Block) -> set[int]:
    """Every cell whose value can make a difference to what the commands do."""
    found: set[int] = set()
    for command in commands(block):
        found = found.union(*map(cells_read, expressions(command)))
        if isinstance(command, Enqueue | Empty):
            found |= set(command.queues)
    return found


def _trigger_reads(trigger: Trigger) -> set[int]:
    match trigger:
        case Act():
            return set()
        case Receive(queue) | Lose(queue):
            return {queue}
        case Break(forth, back):
            return {forth} if back is None else {forth, back}
        case _:
            assert_never(trigger)


def has_orders(block: Block) -> bool:
    """Whether an `AnyOrder` stands in the block."""
    return any(isinstance(command, AnyOrder) for command in commands(block))


def has_slots(expr: Expr) -> bool:
    """Whether the expression reads or binds a slot."""
    return any(isinstance(part, Slot | Let) for part in below(expr))


def step_reads(expr: Expr) -> tuple[frozenset[int], frozenset[int]]:
    """The cells that a claim about a step reads before it, and those that it reads after it."""
    if isinstance(expr, Next):
        return frozenset(), frozenset(cells_read(expr.operand))
    now, then = frozenset(cells_read(expr)), frozenset[int]()
    if not any(isinstance(part, Next) for part in below(expr)):
        return now, then
    now = frozenset(expr.cells if isinstance(expr, OneOf) else expr.queues if isinstance(expr, Has) else ())
    for part in parts(expr):
        before, after = step_reads(part)
        now, then = now | before, then | after
    return now, then
