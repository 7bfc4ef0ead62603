"""The least image of what a queue holds, under the permutations that an ordered partition still allows.

An ordered queue is a sequence of messages.  Of a bag only the sorted result counts: the message with the least image
comes first, and so on.  Where every message has at most one identity, the identities can be sorted by what is in
flight for each of them, so nothing branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.orbits import Key, Least, Partition, Sorts, by_signature, in_turn, least, sorts_in
from plait_spec.domains import IdsDomain, RecordDomain, Value, order_key
from plait_spec.record import record


def queue_least(records: Sequence[RecordDomain], sorts: Sorts, *, ordered: bool) -> Least:
    """The least images of the contents of a queue for these messages."""
    fields = [in_turn([least(of, sorts) for _, of in record.fields]) for record in records]

    def message(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        key, found = fields[value[1]](value[2:], partition)
        return (value[0], value[1], key), found

    if ordered:
        return _in_order(message)
    kinds = [_kind(record, sorts) for record in records]
    if any(kind is None for kind in kinds):
        return _bag(message)
    return _sorted_bag([kind for kind in kinds if kind is not None])


def queue_sorts(records: Sequence[RecordDomain], sorts: Sorts) -> set[str]:
    """The sorts whose identities such messages can carry."""
    return set[str]().union(*(sorts_in(record, sorts) for record in records))


def _in_order(message: Least) -> Least:
    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        keys, found = in_turn([message] * len(value))(value, partition)
        return (len(value), keys), found

    return closure


def _bag(message: Least) -> Least:
    """Any messages: whichever can come first does, in every way."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        keys: list[Key] = []
        branches: dict[tuple[Partition, tuple[Value, ...]], None] = {(partition, value): None}
        for _ in value:
            tried = [
                (*message(item, current), at, rest)
                for current, rest in branches
                for at, item in enumerate(rest)
                if at == 0 or rest[at - 1] != item
            ]
            low = min(key for key, _, _, _ in tried)
            keys.append(low)
            branches = {
                (refined, rest[:at] + rest[at + 1 :]): None
                for key, found, at, rest in tried
                if key == low
                for refined in found
            }
        return (len(value), tuple(keys)), list(dict.fromkeys(refined for refined, _ in branches))

    return closure


@record
class _Kind:
    """A message with at most one identity: `before` and `after` are keys of the fields around it."""

    before: Any
    sort: int | None
    after: Any


def _kind(record: RecordDomain, sorts: Sorts) -> _Kind | None:
    """How to sort these messages, or None where they carry more."""
    coupled = [at for at, (_, of) in enumerate(record.fields) if sorts_in(of, sorts)]
    if not coupled:
        key = order_key(record)
        return _Kind(key, None, lambda fields: ())
    (_, of), at = record.fields[coupled[0]], coupled[0]
    if len(coupled) > 1 or not isinstance(of, IdsDomain):
        return None
    front = order_key(RecordDomain("", record.fields[:at]))
    back = order_key(RecordDomain("", record.fields[at + 1 :]))
    return _Kind(lambda fields: front(fields[:at]), sorts[of.name], lambda fields: (fields[at], back(fields[at + 1 :])))


NO_MORE = (1,)  # after every (0, key)


def _sorted_bag(kinds: Sequence[_Kind]) -> Least:
    """Messages with at most one identity each: group by what stands before it, then sort the identities."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        groups: dict[Any, list[Any]] = {}
        for item in value:
            kind = kinds[item[1]]
            groups.setdefault((item[0], item[1], kind.before(item[2:])), []).append(kind.after(item[2:]))
        image: list[Key] = []
        for head in sorted(groups):
            sort = kinds[head[1]].sort
            if sort is None:
                image.append((head, -len(groups[head])))  # the more copies, the later comes what is greater
                continue
            signatures: list[list[Key]] = [[] for _ in range(sum(map(len, partition[sort])))]
            for identity, rest in sorted(groups[head]):
                signatures[identity].append((0, rest))
            order, partition = by_signature(partition, sort, [(*row, NO_MORE) for row in signatures])
            image.append((head, tuple(order)))
        return (len(value), tuple(image)), [partition]

    return closure
