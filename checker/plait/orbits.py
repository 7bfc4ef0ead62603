"""The least image of a value under the permutations that an ordered partition still allows.

A *partition* has for each sort its identities in classes; the classes stand in the order of the names that their
members will get, and within a class nothing is decided yet.  A `Least` function takes a value and a partition and gives
the least image of the value (as a key that compares like the values) with the partitions that attain it.  Where the
given partition is among them unchanged, the image is the same under all permutations that are left.

Identities used as keys, members of sets and single values only sort or split classes.  What remains coupled (a relation
between identities neither of which is decided) gives several partitions, all of which are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations, product
from typing import Any, TypeAlias, assert_never

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
    order_key,
    renamed,
    size,
)

Class: TypeAlias = tuple[int, ...]
Partition: TypeAlias = tuple[tuple[Class, ...], ...]
Key: TypeAlias = Any
Least: TypeAlias = Callable[[Value, Partition], tuple[Key, list[Partition]]]
Sorts: TypeAlias = dict[str, int]
"""The place of each sort in a partition; sorts of one identity have none."""


def sorts_in(domain: Domain, sorts: Sorts) -> set[str]:
    """The sorts whose identities occur in the values of a domain, as keys, elements or values."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return set()
        case IdsDomain(name):
            return {name} if name in sorts else set()
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of):
            return sorts_in(of, sorts)
        case RecordDomain(_, fields):
            return set[str]().union(*(sorts_in(of, sorts) for _, of in fields))
        case MapDomain(key, of):
            return sorts_in(key, sorts) | sorts_in(of, sorts)
        case _:
            assert_never(domain)


def least(domain: Domain, sorts: Sorts) -> Least:
    """The least images of values of a domain."""
    if not sorts_in(domain, sorts):
        return fixed(order_key(domain))
    match domain:
        case IdsDomain(name):
            return _identity(sorts[name])
        case OptionDomain(of):
            return _option(least(of, sorts))
        case RecordDomain(_, fields):
            return in_turn([least(of, sorts) for _, of in fields])
        case SetDomain(IdsDomain(name)):
            return _members(sorts[name])
        case MapDomain(IdsDomain(name), of) if name in sorts and not sorts_in(of, sorts):
            return plain_row(sorts[name], order_key(of))
        case MapDomain(IdsDomain(name), of) if name in sorts:
            return row(sorts[name], least(of, sorts), own=name in sorts_in(of, sorts))
        case MapDomain(key, of) if not sorts_in(key, sorts):
            return in_turn([least(of, sorts)] * size(key))
        case SeqDomain(of):
            return _sequence(least(of, sorts))
        case _:
            return _every_order(domain, sorts)


def classes_split(partition: Partition, sort: int, parts: Iterable[Iterable[Class]]) -> Partition:
    """The partition with each class of a sort replaced by its parts; the same object where nothing was split."""
    classes = tuple([part for row in parts for part in row])
    if len(classes) == len(partition[sort]):
        return partition
    return (*partition[:sort], classes, *partition[sort + 1 :])


def fixed(key: Callable[[Value], Key]) -> Least:
    """Values without identities."""
    return lambda value, partition: (key(value), [partition])


def in_turn(parts: Sequence[Least]) -> Least:
    """Tuples of fixed length, part by part."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        keys, found = [], [partition]
        for part, item in zip(parts, value, strict=True):
            key, found = best(part, item, found)
            keys.append(key)
        return tuple(keys), found

    return closure


def best(of: Least, value: Value, partitions: list[Partition]) -> tuple[Key, list[Partition]]:
    """The least image under several partitions, and those (refined) that attain it."""
    if len(partitions) == 1:
        return of(value, partitions[0])
    tried = [of(value, partition) for partition in partitions]
    low = min(key for key, _ in tried)
    return low, list(dict.fromkeys(found for key, row in tried if key == low for found in row))


def _sequence(item: Least) -> Least:
    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        keys, found = in_turn([item] * len(value))(value, partition)
        return (len(value), keys), found

    return closure


def _option(inner: Least) -> Least:
    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        if value is None:
            return (), [partition]
        key, found = inner(value, partition)
        return (key,), found

    return closure


def _identity(sort: int) -> Least:
    """An identity goes to the front of its class."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        start = 0
        for members in partition[sort]:
            if value in members:
                return start, [to_front(partition, sort, members, value)]
            start += len(members)
        raise AssertionError(value)

    return closure


def to_front(partition: Partition, sort: int, members: Class, identity: int) -> Partition:
    """The partition with an identity decided to be the first of its class."""
    if len(members) == 1:
        return partition
    rest = tuple([other for other in members if other != identity])
    parts = (((identity,), rest) if old is members else (old,) for old in partition[sort])
    return classes_split(partition, sort, parts)


def _members(sort: int) -> Least:
    """A set of identities: in each class those outside come first."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        bits: list[int] = []
        parts: list[tuple[Class, ...]] = []
        for members in partition[sort]:
            inside = tuple([one for one in members if value >> one & 1])
            outside = len(members) - len(inside)
            bits += [0] * outside + [1] * len(inside)
            if inside and outside:
                parts.append((tuple([one for one in members if not value >> one & 1]), inside))
            else:
                parts.append((members,))
        return tuple(bits), [classes_split(partition, sort, parts)]

    return closure


def by_signature(partition: Partition, sort: int, signatures: Sequence[Key]) -> tuple[list[Key], Partition]:
    """Each class of a sort sorted by what is known of its members; the signatures in that order."""
    image: list[Key] = []
    parts: list[list[Class]] = []
    for members in partition[sort]:
        row = [signatures[one] for one in members]
        if row.count(row[0]) == len(row):
            image += row
            parts.append([members])
            continue
        groups: dict[Key, list[int]] = {}
        for one in members:
            groups.setdefault(signatures[one], []).append(one)
        order = sorted(groups)
        for key in order:
            image += [key] * len(groups[key])
        parts.append([tuple(groups[key]) for key in order])
    return image, classes_split(partition, sort, parts)


def plain_row(sort: int, key: Callable[[Value], Key]) -> Least:
    """A row with one value without identities for each identity."""

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        image, refined = by_signature(partition, sort, [key(item) for item in value])
        return tuple(image), [refined]

    return closure


def row(sort: int, inner: Least, *, own: bool) -> Least:
    """A row with one value for each identity of a sort; `own`: the values hold identities of the same sort."""
    step = _own_block if own else _block

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        count = len(value)
        low: list[Key] | None = None
        attained: dict[Partition, None] = {}
        waiting: list[tuple[list[Key], Partition]] = [([], partition)]
        while waiting:
            image, current = waiting.pop()
            if low is not None and image > low[: len(image)]:
                continue
            if len(image) < count:
                waiting += step(sort, inner, value, image, current)
            elif low is None or image < low:
                low, attained = image, {current: None}
            else:
                attained[current] = None
        assert low is not None
        return tuple(low), list(attained)

    return closure


Branches: TypeAlias = list[tuple[list[Key], Partition]]


def _class_at(partition: Partition, sort: int, position: int) -> Class:
    for members in partition[sort]:
        if position == 0:
            return members
        position -= len(members)
    raise AssertionError(position)


def _block(sort: int, inner: Least, value: Value, image: list[Key], partition: Partition) -> Branches:
    """The next positions of a row, all with the least image that is possible there."""
    members = _class_at(partition, sort, len(image))
    tried = {one: inner(value[one], partition) for one in members}
    low = min(key for key, _ in tried.values())
    fitting = [one for one in members if tried[one][0] == low]
    open_ones = [one for one in fitting if tried[one][1] != [partition]]
    if not open_ones:
        return [(image + [low] * len(fitting), _first(partition, sort, members, fitting))]
    branches: Branches = []
    for refined in dict.fromkeys(found for one in open_ones for found in tried[one][1]):
        block = [one for one in members if inner(value[one], refined) == (low, [refined])]
        branches.append((image + [low] * len(block), _first(refined, sort, members, block)))
    return branches


def _own_block(sort: int, inner: Least, value: Value, image: list[Key], partition: Partition) -> Branches:
    """As `_block`, where deciding a value may decide members of the class itself."""
    members = _class_at(partition, sort, len(image))
    bounds = {one: inner(value[one], partition) for one in members}
    low = min(key for key, _ in bounds.values())
    fitting = [one for one in members if bounds[one][0] == low]
    if all(bounds[one][1] == [partition] for one in fitting):
        return [(image + [low] * len(fitting), _first(partition, sort, members, fitting))]
    branches: Branches = []
    for one in members:
        key, found = inner(value[one], to_front(partition, sort, members, one))
        branches += [([*image, key], refined) for refined in found]
    low = min(key[-1] for key, _ in branches)
    return [(key, refined) for key, refined in branches if key[-1] == low]


def _first(partition: Partition, sort: int, members: Class, block: Sequence[int]) -> Partition:
    """The partition with these members of a class before its others."""
    if len(block) == len(members):
        return partition
    rest = tuple([one for one in members if one not in block])
    parts = ((tuple(block), rest) if old == members else (old,) for old in partition[sort])
    return classes_split(partition, sort, parts)


def _every_order(domain: Domain, sorts: Sorts) -> Least:
    """Anything else: decide all its identities, in every way."""
    names = {name: sorts[name] for name in sorts_in(domain, sorts)}
    key = order_key(domain)

    def closure(value: Value, partition: Partition) -> tuple[Key, list[Partition]]:
        tried = []
        for decided in decisions(partition, names.values()):
            renaming = {name: naming(decided[sort]) for name, sort in names.items()}
            tried.append((key(renamed(domain, value, renaming)), decided))
        low = min(image for image, _ in tried)
        return low, [decided for image, decided in tried if image == low]

    return closure


def decisions(partition: Partition, sorts: Iterable[int]) -> Iterable[Partition]:
    """Every way to decide all identities of these sorts."""
    chosen = sorted(sorts)
    orders = [product(*(permutations(members) for members in partition[sort])) for sort in chosen]
    for picked in product(*(tuple(order) for order in orders)):
        classes = list(partition)
        for sort, row in zip(chosen, picked, strict=True):
            classes[sort] = tuple((one,) for members in row for one in members)
        yield tuple(classes)


def naming(classes: tuple[Class, ...]) -> list[int]:
    """What each identity is called: its place in the classes; members of a class in the order in which they stand."""
    order = [one for members in classes for one in members]
    names = [0] * len(order)
    for name, one in enumerate(order):
        names[one] = name
    return names
