"""What is possible in a state, remembered by what it depends on.

Instances that read the same cells, or some of them, form a group.  A group keeps a table from the values of its cells
to its `Moves`: in most models few combinations occur, and a look-up replaces guards and bodies.  A group that keeps
meeting new combinations is split into instances, and an instance that does is run directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from plait.engines.interpreter.run import Moves, StagedInstance, joined
from plait.engines.interpreter.stage import Closure
from plait.semantics import State
from plait_spec.ground import Choice, Ground

MANY = 3000  # entries below which a table is not judged
FULL = 100_000  # entries at which a table starts anew


def cells_getter(cells: frozenset[int]) -> Closure:
    """A function from a state to the values of these cells, as one hashable value."""
    return itemgetter(*sorted(cells)) if cells else lambda state: ()


class Group:
    """Instances with a common table; `remember=False` runs them each time."""

    def __init__(self, members: list[StagedInstance], fired: set[int], *, remember: bool = True) -> None:
        self.members, self.fired, self.remember = members, fired, remember
        self.reads = frozenset[int]().union(*(member.reads for member in members))
        self.key = cells_getter(self.reads) if remember else itemgetter(0)
        self.table: dict[Any, Moves] = {}
        self.looked = 0

    def find(self, state: State) -> Moves:
        """The moves of a state that the table does not know."""
        found = []
        for member in self.members:
            moves = member.moves(state)
            if moves.transitions:
                self.fired.add(member.index)
            found.append(moves)
        moves = joined(found)
        if self.remember:
            if len(self.table) >= FULL:
                self.table.clear()
            self.table[self.key(state)] = moves
        return moves

    def retuned(self, looked: int) -> list[Group]:
        """This group, or what takes its place, after so many more look-ups."""
        self.looked += looked
        if not self.remember or len(self.table) < MANY or 3 * len(self.table) < self.looked:
            return [self]
        by_reads: dict[frozenset[int], list[StagedInstance]] = {}
        for member in self.members:
            by_reads.setdefault(member.reads, []).append(member)
        if len(by_reads) == 1:
            return [Group(self.members, self.fired, remember=False)]
        return [Group(members, self.fired) for members in by_reads.values()]


class Mover:
    """All instances of a model, in groups; `fired` are those that had a transition somewhere."""

    def __init__(self, ground: Ground) -> None:
        self.fired: set[int] = set()
        self.groups = _grouped([StagedInstance(ground, index) for index in range(len(ground.instances))], self.fired)

    def retune(self, looked: int) -> None:
        """Take notice of how often each table was of use; `looked` states were expanded since the last time."""
        self.groups = [group for old in self.groups for group in old.retuned(looked)]

    def reached(self, state: State) -> Iterator[tuple[Choice, State]]:
        """Every choice that leads to a state, in no particular order."""
        for group in self.groups:
            moves = group.table.get(group.key(state)) or group.find(state)
            for choice, writes in zip(moves.choices, moves.writes, strict=True):
                cells = list(state)
                for cell, value in writes:
                    cells[cell] = value
                yield choice, tuple(cells)

    def failures(self, state: State) -> list[Choice]:
        """Every choice that errs."""
        return [choice for group in self.groups for choice in group.find(state).failures]


def _grouped(staged: list[StagedInstance], fired: set[int]) -> list[Group]:
    """Instances put with one that reads all that they read, if there is one."""
    kept: list[list[StagedInstance]] = []
    for instance in sorted(staged, key=lambda one: (-len(one.reads), one.index)):
        home = next((members for members in kept if instance.reads <= members[0].reads), None)
        if home is None:
            kept.append([instance])
        else:
            home.append(instance)
    return [Group(sorted(members, key=lambda one: one.index), fired) for members in kept]
