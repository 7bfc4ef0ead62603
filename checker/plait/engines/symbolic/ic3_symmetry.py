"""Images of cubes under exchanges of interchangeable identities.

A renaming of identities maps each fact about a state to a fact about the renamed state, and so bits to bits. Where a
bag is written down sorted, it does not: sorts that messages of such a bag may mention are left in place.

A system is closed under renaming, so every image of a clause that holds in all states within k steps holds there, too.
A mistake here costs a proof, never its truth: whatever is proved is checked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

from plait.engines.symbolic.ic3_problem import Cube
from plait.engines.symbolic.system import Contains, Equals, Fact, ItemIs, NoItem, Path, System
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
    rank,
    renamed,
    values,
)
from plait_spec.ground import Cell, Ground, Queue
from plait_spec.types import IdsType

MAX_IMAGES = 400  # a clause with more of them joins alone

Renaming: TypeAlias = Mapping[str, Sequence[int]]


class Images:
    """Images of cubes of one system, as the closure under exchanges of neighbouring identities."""

    def __init__(self, system: System) -> None:
        self.exchanges = tuple(moved for _, moved in exchanges(system))

    def of(self, cube: Cube) -> tuple[Cube, ...]:
        """The cube, then its other images; the cube alone where they are too many."""
        return closure(cube, self.exchanges, MAX_IMAGES) or (cube,)


def closure(cube: Cube, exchanges: Sequence[Sequence[int]], most: int | None) -> tuple[Cube, ...]:
    """The cube and all its images, it first; none where there are more than `most`."""
    found = {cube: None}
    fresh = [cube]
    while fresh:
        one = fresh.pop()
        for moved in exchanges:
            other = frozenset(moved[literal] if literal > 0 else -moved[-literal] for literal in one)
            if other not in found:
                if len(found) == most:
                    return ()
                found[other] = None
                fresh.append(other)
    return tuple(found)


def exchanges(system: System) -> list[tuple[str, list[int]]]:
    """For each exchange of neighbours: its sort, and the positive literal that each becomes (place 0 is unused)."""
    ground = system.ground
    places = {_place(cell): at for at, cell in enumerate(ground.cells)}
    bits = {_numberless(bit.fact): at + 1 for at, bit in enumerate(system.bits)}
    fixed = _unmoved(ground)
    found = []
    for sort, count in ground.ids:
        for first in range(count - 1):
            renaming = {sort: [*range(first), first + 1, first, *range(first + 2, count)]}
            facts = (_renamed(ground, places, bit.fact, renaming) for bit in system.bits)
            moved = [0, *(bits.get(_numberless(fact), 0) for fact in facts)]
            if sort not in fixed and all(moved[1:]):
                found.append((sort, moved))
    return found


def _numberless(fact: Fact) -> Fact:
    """The fact without the index of its element, which says nothing more."""
    return Contains(fact.cell, fact.path, fact.element, 0) if isinstance(fact, Contains) else fact


def _unmoved(ground: Ground) -> frozenset[str]:
    """The sorts that messages in sorted bags mention."""
    bags = [cell for cell in ground.cells if cell.queue and not cell.queue.ordered and not cell.queue.distinct]
    return frozenset[str]().union(*(map(sorts_of, ground.messages) if bags else ()))


def sorts_of(domain: Domain) -> frozenset[str]:
    """The sorts whose identities values of a domain can mention."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return frozenset()
        case IdsDomain(name):
            return frozenset({name})
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of, _):
            return sorts_of(of)
        case MapDomain(key, value):
            return sorts_of(key) | sorts_of(value)
        case RecordDomain(_, fields):
            return frozenset[str]().union(*(sorts_of(of) for _, of in fields))
        case _:
            assert_never(domain)


def _place(cell: Cell) -> tuple[object, ...]:
    """What tells cells apart."""
    if cell.queue is not None:
        return (cell.queue.carrier, cell.queue.forward, cell.queue.left, cell.queue.right)
    return (cell.variable, *cell.keys)


def _renamed(ground: Ground, places: Mapping[tuple[object, ...], int], fact: Fact, renaming: Renaming) -> Fact:
    """The fact about the renamed state."""
    cell = ground.cells[fact.cell]
    if cell.queue is not None:
        at = places[_renamed_queue(ground, cell.queue, renaming)]
        match fact:
            case Contains(_, path, message):
                return Contains(at, path, _renamed_message(ground, message, renaming), 0)
            case ItemIs(_, path, position, message):
                return ItemIs(at, path, position, _renamed_message(ground, message, renaming))
            case NoItem(_, path, position):
                return NoItem(at, path, position)
            case Equals():
                raise AssertionError("a queue equals nothing")
    keys = zip(cell.key_domains, cell.keys, strict=True)
    at = places[(cell.variable, *(renamed(domain, key, renaming) for domain, key in keys))]
    assert cell.domain is not None
    path, domain = _renamed_path(cell.domain, fact.path, renaming)
    match fact, domain:
        case Equals(_, _, value), _:
            return Equals(at, path, renamed(domain, value, renaming))
        case Contains(_, _, element), SetDomain(of):
            return Contains(at, path, renamed(of, element, renaming), 0)
        case ItemIs(_, _, position, value), SeqDomain(of):
            return ItemIs(at, path, position, renamed(of, value, renaming))
        case NoItem(_, _, position), _:
            return NoItem(at, path, position)
        case _:
            raise AssertionError("only sets and sequences have items")


def _renamed_message(ground: Ground, message: tuple[Value, ...], renaming: Renaming) -> tuple[Value, ...]:
    return (*message[:2], *renamed(ground.messages[message[1]], message[2:], renaming))


def _renamed_queue(ground: Ground, queue: Queue, renaming: Renaming) -> tuple[object, ...]:
    channel = next(one for one in ground.model.channels if one.name == ground.channels[queue.carrier].name)
    ends = []
    for end, identity in ((channel.left, queue.left), (channel.right, queue.right)):
        sort = end.family.name if isinstance(end.family, IdsType) else ""
        ends.append(renaming[sort][identity] if sort in renaming else identity)
    return (queue.carrier, queue.forward, *ends)


def _renamed_path(domain: Domain, path: Path, renaming: Renaming) -> tuple[Path, Domain]:
    """The way to the renamed part, and the domain of what is there."""
    if not path:
        return (), domain
    match domain:
        case RecordDomain(_, fields):
            rest, end = _renamed_path(fields[path[0]][1], path[1:], renaming)
            return (path[0], *rest), end
        case MapDomain(key, of):
            at = rank(key, renamed(key, list(values(key))[path[0]], renaming))
            rest, end = _renamed_path(of, path[1:], renaming)
            return (at, *rest), end
        case OptionDomain(of):
            return _renamed_path(of, path, renaming)
        case _:
            raise AssertionError("a path goes through records and maps only")
