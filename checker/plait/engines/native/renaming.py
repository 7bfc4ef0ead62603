"""Values of emitted code under a permutation of identities that is known while the code is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from plait.engines.native.layout import WORD, rows
from plait.engines.native.values import Int, Items, Known, Many, Mask, Opt, Perhaps, Val
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
    rank,
    renamed,
    values,
)

FEW = 8  # entries of a table that are compared one after the other
Renaming: TypeAlias = Mapping[str, Sequence[int]]
"""For each sort, the new identity of each old one."""


def under(value: Val, domain: Domain, renaming: Renaming) -> Val:
    """The value with its identities renamed."""
    match domain, value:
        case ((BoolDomain() | RangeDomain() | EnumDomain()), _):
            return value
        case _, Known(known):
            return Known(renamed(domain, known, renaming))
        case IdsDomain(name, count), Int(text):
            return Int(_looked_up(text, renaming[name]), 0, count - 1) if name in renaming else value
        case OptionDomain(IdsDomain(name, count)), Opt(text):
            row = [0, *(to + 1 for to in renaming.get(name, range(count)))]
            return Opt(_looked_up(text, row), 0, count)
        case OptionDomain(of), Perhaps(there, inside):
            return Perhaps(there, under(inside, of, renaming))
        case OptionDomain(), _:
            return value
        case RecordDomain(_, fields), Many(parts):
            return Many(tuple(under(part, of, renaming) for part, (_, of) in zip(parts, fields, strict=True)))
        case SetDomain(of), Mask(texts, count):
            return Mask(_moved_bits(texts, count, [rank(of, renamed(of, at, renaming)) for at in values(of)]), count)
        case MapDomain(key, of), Many(parts):
            places = [rank(key, renamed(key, at, renaming)) for at in values(key)]
            moved = {place: under(part, of, renaming) for place, part in zip(places, parts, strict=True)}
            return Many(tuple(moved[place] for place in range(len(parts))))
        case SeqDomain(of, _), Items(length, parts):
            return Items(length, tuple(under(part, of, renaming) for part in parts))
        case _:
            raise AssertionError(f"{value} is no value of {domain}")


def _looked_up(text: str, row: Sequence[int]) -> str:
    """The entry of a short table."""
    if list(row) == list(range(len(row))):
        return text
    if len(row) > FEW:
        return f"({', '.join(map(str, row))})[{text}]"
    result = str(row[-1])
    for at in range(len(row) - 2, -1, -1):
        result = f"({row[at]} if {text} == {at} else {result})"
    return result


def _moved_bits(texts: Sequence[str], count: int, places: Sequence[int]) -> tuple[str, ...]:
    """The bits of a set, each at its new place; bits that stay, and those that move alike, go together."""
    sizes = rows(count)
    alike: dict[tuple[int, int, int], int] = {}  # by field, new field and distance
    for at, to in enumerate(places):
        shifts = [sizes[place // WORD] - 1 - place % WORD for place in (at, to)]
        key = (at // WORD, to // WORD, shifts[1] - shifts[0])
        alike[key] = alike.get(key, 0) | 1 << shifts[0]
    terms: list[list[str]] = [[] for _ in sizes]
    for (field, new, distance), mask in alike.items():
        kept = f"({texts[field]} & {mask})"
        moved = f"({kept} << {distance})" if distance > 0 else f"({kept} >> {-distance})" if distance else kept
        terms[new].append(moved)
    return tuple(f"({' | '.join(parts)})" if parts else "0" for parts in terms)
