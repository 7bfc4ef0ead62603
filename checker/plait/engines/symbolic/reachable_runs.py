"""Runs of an instance on a state that is not known: a cell gets its value when it is first looked at.

Which one is a decision; a run is repeated with other decisions until every combination has been.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Protocol, assert_never

from plait.engines.symbolic.queue_questions import Rewritten
from plait.evaluation import evaluate, key_rank
from plait_spec.domains import Value
from plait_spec.ground import AnyOrder, Assert, Block, Command, Empty, Enqueue, Expr, If, SetCell, SetOneOf, SetSlot

MOST_PASSES = 4  # of an `unordered for`


class Possible(Protocol):
    """What is possible so far; cells from `count` on are questions about queues."""

    count: int

    def options(self, cell: int) -> Sequence[Value]:
        """What a cell can hold."""

    def answers(self, cell: int) -> Sequence[Value]:
        """What can be answered about queues."""

    def add(self, cell: int, value: Value) -> None:
        """A value that the cell (a message that the queue) can hold."""


class TooMany(Exception):  # noqa: N818 - not an error: what the instance writes is not known then
    """A run looks at something of which too much is possible."""


class Impossible(Exception):  # noqa: N818 - the run is none
    """Something has no possible value yet, or is not as it has to be."""


class Decisions:
    """What a run decides, one after the other: in turn every combination."""

    def __init__(self) -> None:
        self.script: list[int] = []
        self.counts: list[int] = []
        self.at = 0

    def one_of(self, options: Sequence[Value]) -> Value:
        """The option of this combination."""
        if not options:
            raise Impossible
        if self.at == len(self.script):
            self.script.append(0)
            self.counts.append(0)
        self.counts[self.at] = len(options)
        self.at += 1
        return options[self.script[self.at - 1]]

    def advance(self) -> bool:
        """To the next combination; False where there is none."""
        del self.script[self.at :], self.counts[self.at :]
        self.at = 0
        while self.script and self.script[-1] + 1 == self.counts[-1]:
            del self.script[-1], self.counts[-1]
        if self.script:
            self.script[-1] += 1
        return bool(self.script)


class _Before(Sequence[Value]):
    """The state before a step, whose cells get a value when they are looked at."""

    def __init__(self, possible: Possible, decisions: Decisions) -> None:
        self.possible, self.decisions = possible, decisions
        self.decided: dict[int, Value] = {}

    def __getitem__(self, cell: Any) -> Any:
        if cell >= self.possible.count:  # asked of a queue: it may have changed since it was last asked
            return self.decisions.one_of(self.possible.answers(cell))
        if cell not in self.decided:
            self.decided[cell] = self.decisions.one_of(self.possible.options(cell))
        return self.decided[cell]

    def __len__(self) -> int:
        return self.possible.count


class _After(Sequence[Value]):
    """The state that a step makes: what it wrote, and the state before where it wrote nothing."""

    def __init__(self, before: _Before) -> None:
        self.before = before
        self.written: dict[int, Value] = {}

    def __getitem__(self, cell: Any) -> Any:
        return self.written[cell] if cell in self.written else self.before[cell]

    def __len__(self) -> int:
        return len(self.before)


class Run:
    """One run of a block, with a combination of decisions."""

    def __init__(self, possible: Possible, decisions: Decisions, message: Value) -> None:
        self.possible, self.decisions = possible, decisions
        self.before = _Before(possible, decisions)
        self.cells = _After(self.before)
        self.slots: dict[int, Value] = {} if message is None else {0: message[2:]}

    def instance(self, instance: Rewritten) -> None:
        """A whole step."""
        if not self.value(instance.guard):
            raise Impossible
        for command in instance.before:
            self.monitor(command, self.before)
        self.block(instance.body)
        for command in instance.after:
            self.monitor(command, self.cells)

    def value(self, expr: Expr) -> Value:
        """An expression, as things are now."""
        return evaluate(expr, self.cells, self.slots)

    def monitor(self, command: Command, cells: Sequence[Value]) -> None:
        """One command of a monitor, which reads these cells."""
        match command:
            case SetCell(cell, value):
                self.cells.written[cell] = evaluate(value, cells, self.slots)
            case SetSlot(slot, value):
                self.slots[slot] = evaluate(value, cells, self.slots)
            case _:
                raise TooMany

    def block(self, block: Block) -> None:
        """Every command."""
        for command in block:
            self.command(command)

    def command(self, command: Command) -> None:
        """One command, and those inside it."""
        match command:
            case SetCell(cell, value):
                self.cells.written[cell] = self.value(value)
            case SetOneOf(cells, keys, value):
                cell = cells[key_rank(keys, [self.value(key.expr) for key in keys])]
                self.cells.written[cell] = self.value(value)
            case SetSlot(slot, value):
                self.slots[slot] = self.value(value)
            case Enqueue(queues, keys, channel, message, fields):
                queue = queues[key_rank(keys, [self.value(key.expr) for key in keys])]
                # At once, whatever becomes of the step: what follows may ask for it, and `Step.stray` sees no further.
                self.possible.add(queue, (channel, message, *self.value(fields)))
            case Empty():
                pass
            case Assert(condition):
                if not self.value(condition):
                    raise Impossible
            case If(condition, yes, no):
                self.block(yes if self.value(condition) else no)
            case AnyOrder(passes):
                chosen = [at for at, (condition, _) in enumerate(passes) if self.value(condition)]
                if len(chosen) > MOST_PASSES:
                    raise TooMany
                for at in self.decisions.one_of(tuple(permutations(chosen))):
                    self.block(passes[at][1])
            case _:
                assert_never(command)
