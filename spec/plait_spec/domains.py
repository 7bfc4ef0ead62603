"""Finite sets of values: a type once the parameters are known.

    Domain = BoolDomain | RangeDomain(lo, hi) | EnumDomain | IdsDomain | OptionDomain | RecordDomain | SetDomain
           | MapDomain | SeqDomain
    Value  = bool | int | None | tuple[Value, ...]

How a value is written down, the same for everybody who handles GROUND values (an engine may pack them as it likes):

    bool            False, True
    range           the number
    enum, ids       the index of the label or identity, from 0
    option          None for `none`, otherwise the value itself
    record          a tuple, one value a field
    map             a tuple, one value a key, in the order of the keys
    set             an int, bit i for the i-th value of the element's domain
    seq             a tuple of its values

`rank` numbers the values of a domain from 0 in its order: false before true, numbers ascending, labels as declared,
`none` first, tuples lexicographically, sets by their rows of membership bits, shorter sequences first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias, assert_never

from plait_spec.record import record

Value: TypeAlias = Any
"""bool, int, None or a tuple of values; `Any` because tuples nest without end."""


@record
class BoolDomain:
    """False and true."""


@record
class RangeDomain:
    """The numbers lo..hi; `within`: leaving it cuts the behaviour instead of being a model error.  lo <= hi."""

    lo: int
    hi: int
    within: bool = False


@record
class EnumDomain:
    """The labels of an enum."""

    name: str
    labels: tuple[str, ...]


@record
class IdsDomain:
    """Interchangeable identities."""

    name: str
    count: int


@record
class OptionDomain:
    """A value of `of`, or none."""

    of: Domain


@record
class RecordDomain:
    """Named fields."""

    name: str
    fields: tuple[tuple[str, Domain], ...]


@record
class SetDomain:
    """All subsets of `of`."""

    of: Domain


@record
class MapDomain:
    """All functions from `key` to `value`."""

    key: Domain
    value: Domain


@record
class SeqDomain:
    """All sequences of at most `capacity` values of `of`."""

    of: Domain
    capacity: int


Domain: TypeAlias = (
    BoolDomain | RangeDomain | EnumDomain | IdsDomain | OptionDomain | RecordDomain | SetDomain | MapDomain | SeqDomain
)


def size(domain: Domain) -> int:
    """How many values there are (an exact int, possibly huge: 2**n for sets)."""
    match domain:
        case BoolDomain():
            return 2
        case RangeDomain(lo, hi):
            return hi - lo + 1
        case EnumDomain(_, labels):
            return len(labels)
        case IdsDomain(_, count):
            return count
        case OptionDomain(of):
            return 1 + size(of)
        case RecordDomain(_, fields):
            total = 1
            for _, of in fields:
                total *= size(of)
            return total
        case SetDomain(of):
            return 1 << size(of)
        case MapDomain(key, value):
            return int(size(value) ** size(key))
        case SeqDomain(of, capacity):
            return sum(int(size(of) ** length) for length in range(capacity + 1))
        case _:
            assert_never(domain)


def size_within(domain: Domain, limit: int) -> int | None:
    """`size`, or None where it is above the limit; never counts much further than that."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain():
            return _capped(size(domain), limit)
        case OptionDomain(of):
            inner = size_within(of, limit)
            return None if inner is None else _capped(inner + 1, limit)
        case RecordDomain(_, fields):
            return _product((size_within(of, limit) for _, of in fields), limit)
        case SetDomain(of):
            inner = size_within(of, limit.bit_length())
            return None if inner is None else _capped(1 << inner, limit)
        case MapDomain(key, value):
            return _power(size_within(value, limit), size_within(key, limit), limit)
        case SeqDomain(of, capacity):
            return _lengths(size_within(of, limit), capacity, limit)
        case _:
            assert_never(domain)


def _capped(count: int, limit: int) -> int | None:
    return count if count <= limit else None


def _product(sizes: Iterable[int | None], limit: int) -> int | None:
    total: int | None = 1
    for factor in sizes:
        if factor == 0:
            return 0
        total = None if total is None or factor is None else _capped(total * factor, limit)
    return total


def _power(base: int | None, exponent: int | None, limit: int) -> int | None:
    """How many functions there are; None stands for more than the limit."""
    if base in (0, 1):
        return 1 if base == 1 or exponent == 0 else 0
    if exponent is not None and exponent > limit.bit_length():
        return None
    return None if exponent is None else _product((base for _ in range(exponent)), limit)


def _lengths(items: int | None, capacity: int, limit: int) -> int | None:
    """How many sequences there are over so many items; None stands for more than the limit."""
    if items in (0, 1):
        return _capped(1 if items == 0 else capacity + 1, limit)
    total = 0
    for length in range(capacity + 1):
        count = _power(items, length, limit)
        if count is None or total + count > limit:
            return None
        total += count
    return total


def values(domain: Domain) -> Iterator[Value]:
    """All values, by ascending rank.  Callers bound `size` first."""
    match domain:
        case BoolDomain():
            yield from (False, True)
        case RangeDomain(lo, hi):
            yield from range(lo, hi + 1)
        case EnumDomain(_, labels):
            yield from range(len(labels))
        case IdsDomain(_, count):
            yield from range(count)
        case OptionDomain(of):
            yield None
            yield from values(of)
        case RecordDomain(_, fields):
            yield from product(*(tuple(values(of)) for _, of in fields))
        case SetDomain(of):
            count = size(of)
            for row in product((0, 1), repeat=count):
                yield sum(bit << i for i, bit in enumerate(row))
        case MapDomain(key, value):
            yield from product(tuple(values(value)), repeat=size(key))
        case SeqDomain(of, capacity):
            items = tuple(values(of))
            for length in range(capacity + 1):
                yield from product(items, repeat=length)
        case _:
            assert_never(domain)


def rank(domain: Domain, value: Value) -> int:
    """The place of `value` in `values(domain)`, from 0.  `value` must be in the domain."""
    match domain:
        case BoolDomain():
            return int(value)
        case RangeDomain(lo, _):
            return int(value) - lo
        case EnumDomain() | IdsDomain():
            return int(value)
        case OptionDomain(of):
            return 0 if value is None else 1 + rank(of, value)
        case RecordDomain(_, fields):
            total = 0
            for (_, of), item in zip(fields, value, strict=True):
                total = total * size(of) + rank(of, item)
            return total
        case SetDomain(of):
            total = 0
            for i in range(size(of)):
                total = 2 * total + (int(value) >> i & 1)
            return total
        case MapDomain(_, of):
            total = 0
            for item in value:
                total = total * size(of) + rank(of, item)
            return total
        case SeqDomain(of, _):
            total = sum(int(size(of) ** length) for length in range(len(value)))
            offset = 0
            for item in value:
                offset = offset * size(of) + rank(of, item)
            return total + offset
        case _:
            assert_never(domain)


def contains(domain: Domain, value: Value) -> bool:
    """Whether `value` is written down as a value of the domain."""
    match domain:
        case BoolDomain():
            return isinstance(value, bool)
        case RangeDomain(lo, hi):
            return type(value) is int and lo <= value <= hi
        case EnumDomain(_, labels):
            return type(value) is int and 0 <= value < len(labels)
        case IdsDomain(_, count):
            return type(value) is int and 0 <= value < count
        case OptionDomain(of):
            return value is None or contains(of, value)
        case RecordDomain(_, fields):
            return (
                isinstance(value, tuple)
                and len(value) == len(fields)
                and all(contains(of, item) for (_, of), item in zip(fields, value, strict=True))
            )
        case SetDomain(of):
            return type(value) is int and 0 <= value < 1 << size(of)
        case MapDomain(key, of):
            return isinstance(value, tuple) and len(value) == size(key) and all(contains(of, item) for item in value)
        case SeqDomain(of, capacity):
            return isinstance(value, tuple) and len(value) <= capacity and all(contains(of, item) for item in value)
        case _:
            assert_never(domain)


def order_key(domain: Domain) -> Callable[[Value], Any]:
    """A function to keys that compare as the values are ordered (see `rank`), without counting the whole domain."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain():
            return _itself
        case OptionDomain(of):
            inner = order_key(of)
            return lambda value: () if value is None else (inner(value),)
        case RecordDomain(_, fields):
            keys = tuple(order_key(of) for _, of in fields)
            return lambda value: tuple(key(item) for key, item in zip(keys, value, strict=True))
        case SetDomain(of):
            count = size(of)
            return lambda value: tuple(value >> i & 1 for i in range(count))
        case MapDomain(_, of):
            each = order_key(of)
            return lambda value: tuple(map(each, value))
        case SeqDomain(of, _):
            each = order_key(of)
            return lambda value: (len(value), tuple(map(each, value)))
        case _:
            assert_never(domain)


def renamed(domain: Domain, value: Value, renaming: Mapping[str, Sequence[int]]) -> Value:
    """The value with identity i of a sort called `renaming[sort][i]` instead; sorts that are left out keep theirs."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return value
        case IdsDomain(name, _):
            return renaming[name][value] if name in renaming else value
        case OptionDomain(of):
            return None if value is None else renamed(of, value, renaming)
        case RecordDomain(_, fields):
            return tuple(renamed(of, item, renaming) for (_, of), item in zip(fields, value, strict=True))
        case SetDomain(of):
            return sum(1 << rank(of, renamed(of, element, renaming)) for element in members(domain, value))
        case MapDomain(key, of):
            places = [rank(key, renamed(key, at, renaming)) for at in values(key)]
            moved = dict(zip(places, (renamed(of, item, renaming) for item in value), strict=True))
            return tuple(moved[place] for place in range(len(places)))
        case SeqDomain(of, _):
            return tuple(renamed(of, item, renaming) for item in value)
        case _:
            assert_never(domain)


def members(domain: SetDomain, value: int) -> Iterator[Value]:
    """The elements of a set, by ascending rank.  Only for element domains small enough to be enumerated."""
    return (element for i, element in enumerate(values(domain.of)) if value >> i & 1)


def _itself(value: Value) -> Value:
    return value
