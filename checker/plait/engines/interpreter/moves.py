"""What is possible in a state, remembered by what it depends on.

Instances that read the same cells, or some of them, form a group.  A group keeps a table from the values of its cells
to its `Moves`: in most models few combinations occur, and a look-up replaces guards and bodies.  A group that keeps
meeting new combinations is split into instances, and an instance that does is run directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, TypeAlias

from plait.engines.interpreter.run import Moves, StagedInstance, Writes, joined
from plait.engines.interpreter.stage import Closure
from plait.semantics import State
from plait_spec.ground import Choice, Ground

MANY = 3000  # entries below which a table is not judged
FULL = 100_000  # entries at which a table starts anew

Concerns: TypeAlias = Callable[[Choice, Writes], Iterable[int]]


def nobody(choice: Choice, writes: Writes) -> Iterable[int]:
    """No claim is about steps."""
    return ()


def cells_getter(cells: frozenset[int]) -> Closure:
    """A function from a state to the values of these cells, as one hashable value."""
    return itemgetter(*sorted(cells)) if cells else lambda state: ()


def written(state: State, writes: Writes) -> State:
    """The state after these writes."""
    cells = list(state)
    for cell, value in writes:
        cells[cell] = value
    return tuple(cells)


class Group:
    """Instances with a common table; `remember=False` runs them each time."""

    def __init__(
        self, members: list[StagedInstance], fired: set[int], concerns: Concerns, *, remember: bool = True
    ) -> None:
        self.members, self.fired, self.concerns, self.remember = members, fired, concerns, remember
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
        asked = [
            (number, choice, writes)
            for choice, writes in zip(moves.choices, moves.writes, strict=True)
            for number in self.concerns(choice, writes)
        ]
        if asked:
            moves = moves._replace(asked=tuple(asked))
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
            return [Group(self.members, self.fired, self.concerns, remember=False)]
        return [Group(members, self.fired, self.concerns) for members in by_reads.values()]


class Mover:
    """All instances of a model, in groups; `fired` are those that had a transition somewhere.

    `concerns` says which claims about steps (by number) a step has to be shown to.
    """

    def __init__(self, ground: Ground, concerns: Concerns = nobody) -> None:
        self.fired: set[int] = set()
        staged = [StagedInstance(ground, index) for index in range(len(ground.instances))]
        self.groups = [Group(members, self.fired, concerns) for members in _grouped(staged)]

    def retune(self, looked: int) -> None:
        """Take notice of how often each table was of use; `looked` states were expanded since the last time."""
        self.groups = [group for old in self.groups for group in old.retuned(looked)]

    def reached(self, state: State) -> Iterator[tuple[Choice, State]]:
        """Every choice that leads to a state, in no particular order."""
        for group in self.groups:
            moves = group.table.get(group.key(state)) or group.find(state)
            for choice, writes in zip(moves.choices, moves.writes, strict=True):
                yield choice, written(state, writes)

    def targets(self, state: State) -> Iterator[State]:
        """Every state that a step leads to, some of them several times."""
        for group in self.groups:
            for writes in (group.table.get(group.key(state)) or group.find(state)).writes:
                cells = list(state)
                for cell, value in writes:
                    cells[cell] = value
                yield tuple(cells)

    def failures(self, state: State) -> list[Choice]:
        """Every choice that errs."""
        return [choice for group in self.groups for choice in group.find(state).failures]


def _grouped(staged: list[StagedInstance]) -> list[list[StagedInstance]]:
    """Instances put with one that reads all that they read, if there is one."""
    kept: list[list[StagedInstance]] = []
    for instance in sorted(staged, key=lambda one: (-len(one.reads), one.index)):
        home = next((members for members in kept if instance.reads <= members[0].reads), None)
        if home is None:
            kept.append([instance])
        else:
            home.append(instance)
    return [sorted(members, key=lambda one: one.index) for members in kept]
