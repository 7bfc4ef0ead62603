"""The least vectors of a finite lattice with some property, asked for as rarely as that can be done.

    least(limits, ask, monotone) -> Least

A vector says how often each of several things may happen, 0 to its limit.  `ask` answers for one vector whether it
shows what is looked for, and with how much of it: whatever shows it also shows it with no more than it used.

Where more never shows less (`monotone`) the vectors are explored as minimal unsatisfiable subsets are: Liffiton,
Previti, Malik and Marques-Silva, *Fast, flexible MUS enumeration*, Constraints 21, 2016, with levels for members.  A
largest vector of which nothing is known is asked.  Where it does not show it nothing below it does; where it does, what
its run used is lowered, one level after the other, until no level can be less.  Otherwise, and once an answer was not
to be had, vectors are asked one by one, small ones first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from math import prod
from typing import TypeAlias

from plait.errors import EngineBug, JobError
from plait_spec.record import record

Vector: TypeAlias = tuple[int, ...]

MOST_SOURCES = 16
MOST_ASKED = 256
MOST_VECTORS = 100_000  # that are looked at one by one for one to ask


@record
class Answer:
    """Whether a vector shows it (None: not known), and if so a vector below it that suffices."""

    shows: bool | None
    used: Vector = ()


Ask: TypeAlias = Callable[[Vector], Answer]


@record
class Least:
    """The vectors that show it, of which no level can be less: fewest members first, then least in total.

    `unknown` are the vectors for which there was no answer; `left` says that some were never asked.  Unless there are
    none of both, a least vector may be missing, or one that was found may not be least.
    """

    vectors: tuple[Vector, ...]
    unknown: tuple[Vector, ...] = ()
    left: bool = False


def least(limits: Vector, ask: Ask, *, monotone: bool) -> Least:
    """The least vectors up to these limits (each at least 1)."""
    if len(limits) > MOST_SOURCES:
        message = f"{len(limits)} sources of faults have too many sets to ask: switch some off (--set)"
        raise JobError(f"{message}; at most {MOST_SOURCES} can be")
    explored = _Explored(limits, ask, monotone)
    while (vector := explored.next()) is not None:
        explored.look(vector)
    found = [one for one in explored.found if not any(_below(other, one) and other != one for other in explored.found)]
    order = sorted(found, key=lambda one: (sum(map(bool, one)), sum(one), tuple(-level for level in one)))
    return Least(tuple(order), explored.unknown(), explored.left)


class _Explored:
    """What is known of the vectors so far."""

    def __init__(self, limits: Vector, ask: Ask, monotone: bool) -> None:
        self.limits, self.monotone = limits, monotone
        self._ask = ask
        self.answers: dict[Vector, Answer] = {}
        self.found: list[Vector] = []  # that show it
        self.without: list[Vector] = []  # that do not
        self.tops = [limits]  # the largest vectors that are not above one that was found
        self.upward = islice(_by_total(limits), MOST_VECTORS)
        self.left = False

    def unknown(self) -> tuple[Vector, ...]:
        """The vectors for which there was no answer."""
        return tuple(vector for vector, answer in self.answers.items() if answer.shows is None)

    def next(self) -> Vector | None:
        """The vector to ask next; None where all is known, or too much was asked."""
        from_the_top = self.monotone and not self.unknown()
        vector = next(filter(self.is_open, self.tops if from_the_top else self.upward), None)
        if vector is None:
            self.left = not from_the_top and prod(limit + 1 for limit in self.limits) > MOST_VECTORS
        elif len(self.answers) >= MOST_ASKED:
            self.left, vector = True, None
        return vector

    def is_open(self, vector: Vector) -> bool:
        """Whether neither its answer nor what follows from others settles the vector."""
        if vector in self.answers or any(_below(one, vector) for one in self.found):
            return False
        return not (self.monotone and any(_below(vector, one) for one in self.without))

    def look(self, vector: Vector) -> None:
        """Ask; where it shows it, a least one is found."""
        answer = self.ask(vector)
        if answer.shows:
            self.add(self.lowered(answer.used) if self.monotone else vector)

    def ask(self, vector: Vector) -> Answer:
        """The answer for one vector."""
        if vector not in self.answers:
            self.answers[vector] = self._ask(vector)
            if self.answers[vector].shows is False:
                self.without.append(vector)
        return self.answers[vector]

    def add(self, least: Vector) -> None:
        """What was found bounds what is left: one of its levels is not reached there."""
        self.found.append(least)
        tops: list[Vector] = []
        for top in self.tops:
            tops += _parted(top, least) if _below(least, top) else [top]
        self.tops = [one for one in dict.fromkeys(tops) if not any(_below(one, two) and one != two for two in tops)]

    # ---- less of it

    def lowered(self, enough: Vector) -> Vector:
        """A least vector below one that is enough: nothing if that will do, or else level by level."""
        nothing = (0,) * len(enough)
        if self.ask(nothing).shows:
            return nothing
        for at in range(len(enough)):
            enough = self.lowered_at(enough, at)
        if self.ask(enough).shows is False:
            raise EngineBug("a run is not found where nothing else may happen than what it uses")
        return enough

    def lowered_at(self, enough: Vector, at: int) -> Vector:
        """One level as low as it can be beside the others."""
        low = 0
        while low < enough[at]:
            level = (low + enough[at]) // 2
            fewer = (*enough[:at], level, *enough[at + 1 :])
            answer = self.ask(fewer) if not any(_below(fewer, one) for one in self.without) else Answer(False)
            if answer.shows:
                enough = answer.used
            else:
                low = level + 1
        return enough


def _parted(top: Vector, found: Vector) -> Iterator[Vector]:
    """The largest vectors below the one that are not above the other."""
    for at, level in enumerate(found):
        if level:
            yield (*top[:at], level - 1, *top[at + 1 :])


def _by_total(limits: Vector) -> Iterator[Vector]:
    """All vectors, least in total first."""
    for total in range(sum(limits) + 1):
        yield from _of_total(limits, total)


def _of_total(limits: Vector, total: int) -> Iterator[Vector]:
    if not limits:
        yield ()
        return
    first, *rest = limits
    for level in range(min(first, total), max(0, total - sum(rest)) - 1, -1):
        yield from ((level, *others) for others in _of_total(tuple(rest), total - level))


def _below(one: Vector, other: Vector) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
