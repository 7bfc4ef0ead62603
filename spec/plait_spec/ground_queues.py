"""Which queue cells a mention of a channel means."""

from __future__ import annotations

from plait_spec import core, fold
from plait_spec.domains import Domain, Value, contains, values
from plait_spec.ground import Const, Expr, Item, Key, Slot
from plait_spec.ground_context import Context
from plait_spec.ground_convert import Slots, Term, key_of
from plait_spec.ground_walk import is_simple
from plait_spec.record import record
from plait_spec.source import Span


@record
class QueueKeys:
    """The identities at the ends of a channel, where they are given."""

    left: Term | None
    right: Term | None


def selected(
    context: Context, ref: core.QueueRef, keys: QueueKeys, slots: Slots, span: Span
) -> tuple[list[tuple[Expr, tuple[int, ...]]], list[tuple[int, Expr]]]:
    """The queue cells under the conditions under which they are meant, and the keys to be evaluated first, in slots.

    One entry for each value that the keys which are not constant can have.
    """
    _, channel = context.channel(ref.channel)
    lets: list[tuple[int, Expr]] = []
    slots.clear(*(key.expr for key in (keys.left, keys.right) if key is not None))
    left = _end(context, channel.left, keys.left, slots, lets, span)
    right = _end(context, channel.right, keys.right, slots, lets, span)
    groups: dict[tuple[Value, Value], list[int]] = {}
    for queue in context.queues[channel.carrier]:
        if ref.forward not in (None, queue.forward) or not (_fits(left, queue.left) and _fits(right, queue.right)):
            continue
        group = (queue.left if _is_open(left) else None, queue.right if _is_open(right) else None)
        groups.setdefault(group, []).append(queue.cell)
    chosen = [
        (fold.conjunction((_is(left, one), _is(right, other))), tuple(cells)) for (one, other), cells in groups.items()
    ]
    return chosen, lets


def family_of(context: Context, end: core.End, span: Span) -> Domain | None:
    """The identities of the role at an end, if it is a family."""
    return None if end.family is None else context.domain(end.family, span)


def _end(
    context: Context, end: core.End, key: Term | None, slots: Slots, lets: list[tuple[int, Expr]], span: Span
) -> Expr | None:
    """The identity at one end as something simple: None where any is meant."""
    domain = family_of(context, end, span)
    if key is None or domain is None:
        return None
    if isinstance(key.expr, Const) and contains(domain, key.expr.value):
        return key.expr
    expr = _looked_up(key_of(key, domain, slots, span))
    if is_simple(expr):
        return expr
    slot = slots.take()
    lets.append((slot, expr))
    return Slot(slot)


def _looked_up(key: Key) -> Expr:
    """The key itself, and the model error of a key that is none."""
    return key.expr if key.sure else Item(Const(tuple(values(key.domain))), key)


def _is_open(end: Expr | None) -> bool:
    return end is not None and not isinstance(end, Const)


def _fits(end: Expr | None, identity: Value) -> bool:
    return not isinstance(end, Const) or bool(end.value == identity)


def _is(end: Expr | None, identity: Value) -> Expr:
    if end is None or isinstance(end, Const):
        return fold.truth(True)
    return fold.compare("==", end, Const(identity))
