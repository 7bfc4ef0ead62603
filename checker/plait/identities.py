"""Moves in which two identities of a sort are made one.

A run that is about two operations may show the same with one: where it said `o2` it now says `o1`.  Whether it does is
for a replay to say; this module only rewrites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from plait.rematch import Move
from plait.replay.wording import identities
from plait_spec.core import End
from plait_spec.domain_of import domain_of
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
    members,
    rank,
)
from plait_spec.ground import Ground
from plait_spec.record import record
from plait_spec.types import IdsType, Type


@record
class Merge:
    """`gone` becomes `stays`, both of one sort."""

    sort: str
    gone: int
    stays: int


def merges(ground: Ground, moves: Sequence[Move]) -> Iterator[Merge]:
    """Every way to make two identities one that these moves mention: later ones go first, into the earliest."""
    here = {mentioned for move in moves for mentioned in _mentioned(ground, move)}
    for sort, count in ground.ids:
        present = [identity for identity in range(count) if (sort, identity) in here]
        for gone in reversed(present):
            yield from (Merge(sort, gone, stays) for stays in present if stays != gone)


def _mentioned(ground: Ground, move: Move) -> Iterator[tuple[str, int]]:
    rule, parameters = ground.model.rules[move.rule], dict(ground.parameters)
    locals = (*rule.params, *(pick.local for pick in rule.picks))
    for local, value in zip(locals, (*move.args, *move.picks), strict=True):
        yield from identities(domain_of(local.type, parameters), value)
    for carrier, _, left, right in move.queues:
        channel = ground.model.channels[carrier]
        for end, value in ((channel.left, left), (channel.right, right)):
            if isinstance(end.family, IdsType):
                yield end.family.name, value
    for message in (*(() if move.message is None else (move.message,)), *(one for queue in move.kept for one in queue)):
        yield from identities(ground.messages[message[1]], message[2:])


def merged(ground: Ground, move: Move, merge: Merge) -> Move:
    """The move with one identity for two."""
    rule = ground.model.rules[move.rule]
    return replace(
        move,
        args=_locals(ground, [local.type for local in rule.params], move.args, merge),
        picks=_locals(ground, [pick.local.type for pick in rule.picks], move.picks, merge),
        queues=tuple(_queue(ground, queue, merge) for queue in move.queues),
        message=None if move.message is None else _message(ground, move.message, merge),
        kept=tuple(tuple(_message(ground, one, merge) for one in queue) for queue in move.kept),
    )


def _locals(ground: Ground, types: list[Type], values: tuple[Value, ...], merge: Merge) -> tuple[Value, ...]:
    parameters = dict(ground.parameters)
    pairs = zip(types, values, strict=True)
    return tuple(_value(domain_of(type, parameters), value, merge) for type, value in pairs)


def _queue(ground: Ground, queue: tuple[int, bool, Value, Value], merge: Merge) -> tuple[int, bool, Value, Value]:
    carrier, forward, left, right = queue
    channel = ground.model.channels[carrier]
    return carrier, forward, _end(channel.left, left, merge), _end(channel.right, right, merge)


def _end(end: End, value: Value, merge: Merge) -> Value:
    here = isinstance(end.family, IdsType) and end.family.name == merge.sort and value == merge.gone
    return merge.stays if here else value


def _message(ground: Ground, message: Value, merge: Merge) -> Value:
    channel, kind, *fields = message
    return (channel, kind, *_value(ground.messages[kind], tuple(fields), merge))


def _value(domain: Domain, value: Value, merge: Merge) -> Value:
    """A value; what a map says of the one that goes is forgotten."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return value
        case IdsDomain(name):
            return merge.stays if (name, value) == (merge.sort, merge.gone) else value
        case OptionDomain(of):
            return None if value is None else _value(of, value, merge)
        case RecordDomain(_, fields):
            return tuple(_value(of, item, merge) for (_, of), item in zip(fields, value, strict=True))
        case SetDomain(of):
            ranks = {rank(of, _value(of, element, merge)) for element in members(domain, value)}
            return sum(1 << at for at in ranks)
        case MapDomain(_, of) | SeqDomain(of, _):
            return tuple(_value(of, item, merge) for item in value)
        case _:
            assert_never(domain)
