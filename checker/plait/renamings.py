"""Values under a renaming of identities, as closures made once for each domain.

They give what `domains.renamed` gives, sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, assert_never

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
    renamed,
)

Renaming: TypeAlias = Mapping[str, Sequence[int]]
Renamer: TypeAlias = Callable[[Value, Renaming], Value]


def renamer(domain: Domain) -> Renamer | None:
    """A function that renames the identities in values of a domain; None where there are none."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return None
        case IdsDomain(name):
            return lambda value, renaming: renaming[name][value] if name in renaming else value
        case OptionDomain(of):
            return _option(renamer(of))
        case RecordDomain(_, fields):
            return _parts([renamer(of) for _, of in fields])
        case SetDomain(IdsDomain(name, count)):
            return _set(name, count)
        case SetDomain():
            return lambda value, renaming: renamed(domain, value, renaming)
        case MapDomain(IdsDomain(name), of):
            return _row(name, renamer(of))
        case MapDomain(BoolDomain() | RangeDomain() | EnumDomain(), of) | SeqDomain(of, _):
            return _items(renamer(of))
        case MapDomain():
            return lambda value, renaming: renamed(domain, value, renaming)
        case _:
            assert_never(domain)


def _option(inner: Renamer | None) -> Renamer | None:
    return None if inner is None else lambda value, renaming: None if value is None else inner(value, renaming)


def _items(inner: Renamer | None) -> Renamer | None:
    return None if inner is None else lambda value, renaming: tuple([inner(item, renaming) for item in value])


def _parts(inner: Sequence[Renamer | None]) -> Renamer | None:
    if all(part is None for part in inner):
        return None

    def closure(value: Value, renaming: Renaming) -> Value:
        pairs = zip(inner, value, strict=True)
        return tuple([item if part is None else part(item, renaming) for part, item in pairs])

    return closure


def _set(name: str, count: int) -> Renamer:
    def closure(value: Value, renaming: Renaming) -> Value:
        if name not in renaming:
            return value
        names, result = renaming[name], 0
        for identity in range(count):
            if value >> identity & 1:
                result |= 1 << names[identity]
        return result

    return closure


def _row(name: str, inner: Renamer | None) -> Renamer:
    def closure(value: Value, renaming: Renaming) -> Value:
        items = value if inner is None else [inner(item, renaming) for item in value]
        if name not in renaming:
            return tuple(items)
        names, result = renaming[name], [None] * len(value)
        for identity, item in enumerate(items):
            result[names[identity]] = item
        return tuple(result)

    return closure
