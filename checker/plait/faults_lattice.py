"""The least vectors of a finite lattice with some property, asked for as rarely as that can be done.

    least(limits, ask, monotone) -> Least

A vector says how often each of several things may happen, 0 to its limit.  `ask` answers for one vector whether it
shows what is looked for, and with how much of it: whatever shows it also shows it with no more than it used.

First the sets (each member up to its limit, all else 0), then for each least set the least vectors of it.  Where more
never shows less (`monotone`) the sets are explored as minimal unsatisfiable subsets are: Liffiton, Previti, Malik and
Marques-Silva, *Fast, flexible MUS enumeration*, Constraints 21, 2016.  A largest set of which nothing is known is
asked; where it does not show it none of its subsets does, and where it does a least set is looked for among what it
used, smallest first.  Otherwise, and once an answer was not to be had, all sets are asked by size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from math import prod
from typing import TypeAlias

from plait.errors import EngineBug, JobError
from plait_spec.record import record

Vector: TypeAlias = tuple[int, ...]
Set: TypeAlias = frozenset[int]

MOST_SOURCES = 16
MOST_SETS = 256  # that are asked where nothing follows from one for another
MOST_VECTORS = 10_000


@record
class Answer:
    """Whether a vector shows it (None: not known), and if so a vector below it that suffices."""

    shows: bool | None
    used: Vector = ()


Ask: TypeAlias = Callable[[Vector], Answer]


@record
class Least:
    """The least vectors that show it: fewest members first, then least in total, then the earliest members.

    `unknown` are the vectors for which there was no answer, `left` is how many sets were never asked: unless there are
    none of both, a least vector may be missing, or one that was found may not be least.
    """

    vectors: tuple[Vector, ...]
    unknown: tuple[Vector, ...] = ()
    left: int = 0


def least(limits: Vector, ask: Ask, *, monotone: bool) -> Least:
    """The least vectors up to these limits (each at least 1)."""
    if len(limits) > MOST_SOURCES:
        message = f"{len(limits)} sources of faults have too many sets to ask: switch some off (--set)"
        raise JobError(f"{message}; at most {MOST_SOURCES} can be")
    explored = _Explored(limits, ask, monotone)
    explored.sets()
    vectors = [vector for members in explored.least for vector in explored.vectors(members)]
    order = sorted(vectors, key=lambda one: (len(_members(one)), sum(one), tuple(-level for level in one)))
    return Least(tuple(order), tuple(dict.fromkeys(explored.unknown)), explored.left())


def _members(vector: Vector) -> Set:
    return frozenset(index for index, level in enumerate(vector) if level)


class _Explored:
    """What is known of the sets so far."""

    def __init__(self, limits: Vector, ask: Ask, monotone: bool) -> None:
        self.limits, self.monotone = limits, monotone
        self._ask = ask
        self.least: list[Set] = []
        self.without: list[Set] = []  # sets that do not show it
        self.asked: set[Set] = set()
        self.unknown: list[Vector] = []
        members = range(len(limits))
        self.by_size = [frozenset(one) for size in range(len(limits) + 1) for one in combinations(members, size)]

    # ---- sets

    def sets(self) -> None:
        """Find all least sets."""
        while (seed := self.seed()) is not None:
            answer = self.ask(seed)
            if answer.shows:
                self.least.append(self.shrink(_members(answer.used), seed))

    def seed(self) -> Set | None:
        """The next set to ask; None where all is known, or too many were asked."""
        if not self.monotone and len(self.asked) >= MOST_SETS:
            return None
        from_the_top = self.monotone and not self.unknown
        return next(filter(self.is_open, reversed(self.by_size) if from_the_top else self.by_size), None)

    def is_open(self, members: Set) -> bool:
        """Whether neither an answer nor what follows from others settles the set."""
        if members in self.asked or any(found <= members for found in self.least):
            return False
        return not (self.monotone and any(members <= found for found in self.without))

    def ask(self, members: Set) -> Answer:
        """Ask one set."""
        self.asked.add(members)
        vector = tuple(limit if i in members else 0 for i, limit in enumerate(self.limits))
        answer = self._ask(vector)
        if answer.shows is None:
            self.unknown.append(vector)
        elif not answer.shows:
            self.without.append(members)
        return answer

    def shrink(self, enough: Set, seed: Set) -> Set:
        """A least set within one that is enough, the smallest first; `seed` is the set that was asked."""
        for members in self.by_size:
            if members <= enough and members != seed and self.is_open(members) and self.ask(members).shows:
                return members
        if enough != seed and enough in self.without:
            raise EngineBug("a run is not found where nothing else may happen than what it uses")
        return enough

    def left(self) -> int:
        """How many sets nothing is known of."""
        return sum(map(self.is_open, self.by_size))

    # ---- how much of each

    def vectors(self, members: Set) -> Iterator[Vector]:
        """The least vectors of a least set."""
        whole = tuple(limit if i in members else 0 for i, limit in enumerate(self.limits))
        found: list[Vector] = []
        without: list[Vector] = []
        for vector in self.up_to(whole):
            if any(_below(one, vector) for one in found):
                continue
            if self.monotone and any(_below(vector, one) for one in without):
                continue
            answer = self._ask(vector)
            if answer.shows:
                found.append(vector)
            elif answer.shows is None:
                self.unknown.append(vector)
            else:
                without.append(vector)
        yield from found

    def up_to(self, whole: Vector) -> Sequence[Vector]:
        """The vectors of exactly these members, least in total first."""
        if prod(max(level, 1) for level in whole) > MOST_VECTORS:
            whole = self._ask(whole).used
        ranges = [range(1, level + 1) if level else range(1) for level in whole]
        return sorted(product(*ranges), key=lambda one: (sum(one), tuple(-level for level in one)))


def _below(one: Vector, other: Vector) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
