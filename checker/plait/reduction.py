"""How far the states of a model are reduced by symmetry: decided here, once, for every engine that searches states.

Identities of a sort that never meet can be *sorted*, however many there are: each place speaks of one of them at most,
and of no other sort beside it.  All other sorts together have so many permutations.  Few are all regarded, and the
normal form is then the least member of the orbit (`exact`).  Where there are many it is a member at which no *exchange*
of two neighbouring identities makes the state less; that is cheap and misses nothing, but not the same for all members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import factorial, prod

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
)
from plait_spec.ground import Cell, Enqueue, Ground
from plait_spec.ground_walk import commands
from plait_spec.record import record
from plait_spec.types import IdsType

MAX_PERMUTATIONS = 1_000  # that are all regarded: six identities of one sort have 720
MAX_MEMBERS = 64  # of a set of identities that are sorted
SIMPLE = (BoolDomain, RangeDomain, EnumDomain, IdsDomain)


@record
class Reduction:
    """Sorts with something to exchange, and their sizes: those that are sorted, and those that are moved together."""

    apart: Mapping[str, int]
    together: Mapping[str, int]

    @property
    def permutations(self) -> int:
        """Of the sorts that are moved together."""
        return prod(factorial(count) for count in self.together.values())

    @property
    def exact(self) -> bool:
        """Whether normal forms are the least of their orbits."""
        return self.permutations <= MAX_PERMUTATIONS

    def exchanges(self) -> Iterator[tuple[str, Sequence[int]]]:
        """Of each two neighbouring identities that are moved together: the sort, and what each is called after it."""
        for name, count in self.together.items():
            for one in range(count - 1):
                row = list(range(count))
                row[one], row[one + 1] = one + 1, one
                yield name, row


def reduction_of(ground: Ground) -> Reduction | None:
    """What is done with the sorts of a model; None where there is nothing to exchange."""
    counts = {name: count for name, count in ground.ids if count > 1}
    if not counts:
        return None
    spoken = [[name for name in sorts if name in counts] for sorts in cell_sorts(ground)]
    apart = {name: count for name, count in counts.items() if _never_meets(ground, spoken, name)}
    return Reduction(apart, {name: count for name, count in counts.items() if name not in apart})


def _never_meets(ground: Ground, spoken: Sequence[Sequence[str]], sort: str) -> bool:
    """Whether each place speaks of at most one identity of the sort, and of no other sort beside it."""
    for cell, here in zip(ground.cells, spoken, strict=True):
        if sort not in here:
            continue
        if len(here) > 1 or cell.queue is not None:
            return False
        keyed = any(sort in sorts_of(domain) for domain in cell.key_domains)
        if not (all(isinstance(domain, SIMPLE) for domain in cell.key_domains) if keyed else _is_one(cell.domain)):
            return False
    return True


def _is_one(domain: Domain | None) -> bool:
    """Whether a value is an identity, an identity or none, or a set of identities."""
    match domain:
        case IdsDomain() | OptionDomain(IdsDomain()):
            return True
        case SetDomain(IdsDomain(_, count)):
            return count <= MAX_MEMBERS
        case _:
            return False


# ---- what identities occur in


def sorts_of(domain: Domain) -> Iterator[str]:
    """The sorts in the values of a domain, each as often as it occurs."""
    match domain:
        case IdsDomain(name):
            yield name
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of, _):
            yield from sorts_of(of)
        case RecordDomain(_, fields):
            for _, of in fields:
                yield from sorts_of(of)
        case MapDomain(key, of):
            yield from sorts_of(key)
            yield from sorts_of(of)
        case BoolDomain() | RangeDomain() | EnumDomain():
            return


def cell_sorts(ground: Ground) -> list[list[str]]:
    """For each cell the sorts that it speaks of: those of its keys or ends, then those in what it can hold."""
    sent: dict[int, set[int]] = {}
    for instance in ground.instances:
        for command in commands(instance.body):
            if isinstance(command, Enqueue):
                for queue in command.queues:
                    sent.setdefault(queue, set()).add(command.message)
    found = []
    for index, cell in enumerate(ground.cells):
        if cell.queue is None:
            assert cell.domain is not None
            keys = [name for domain in cell.key_domains for name in sorts_of(domain)]
            found.append([*keys, *sorts_of(cell.domain)])
        else:
            ends = [name for name in queue_ends(ground, cell) if name is not None]
            records = [ground.messages[message] for message in sorted(sent.get(index, ()))]
            found.append([*ends, *(name for record in records for name in sorts_of(record))])
    return found


def queue_ends(ground: Ground, cell: Cell) -> tuple[str | None, str | None]:
    """The sorts of the identities at the ends of a queue."""
    assert cell.queue is not None
    channel = ground.model.channels[cell.queue.carrier]
    ends = (channel.left.family, channel.right.family)
    left, right = (end.name if isinstance(end, IdsType) else None for end in ends)
    return left, right
