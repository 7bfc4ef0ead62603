"""Which values a cell can ever hold, and which messages a queue: an over-approximation, before anything is encoded.

    reachable_values(ground) -> Reachable: for each cell its values, for each queue its messages; None: not known

A set of values for each cell, whatever the others hold at the time; for each queue the messages that can be in it, in
any number and order; the least such sets that the initial states are in and no step leads out of (the cartesian
abstraction: Cousot, Cousot, "Abstract interpretation: a unified lattice model", 1977). A step is run by the reference
evaluation, on a state of which a cell gets its value when it is first looked at: one of those known so far, and in turn
each of them. Whether a queue holds a message, and how many, has every answer that its messages allow; capacities stop
nothing. So what depends on one step alone, as the fields of one message do, stays together.

Work is counted in such runs, never in seconds. An instance with too many of them may write anything; where there are
too many in all, nothing is known.

Nobody has to believe this module: `Step.stray` says where a step leads out of these sets, and `confinement.confined`
has a solver show that none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, assert_never

from plait.engines.symbolic.queue_questions import Question, Rewriter, Rewritten
from plait.engines.symbolic.reachable_runs import Decisions, Impossible, Run, TooMany
from plait.evaluation import BoundError, RunError
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
    order_key,
    size_within,
    values,
)
from plait_spec.ground import (
    Fix,
    Free,
    Ground,
    Receive,
    SetCell,
)
from plait_spec.ground_walk import cells_written, message_key
from plait_spec.record import record

MOST_VALUES = 512  # of a cell with numbers, labels, identities, options
MOST_TUPLES = 64  # of a cell with records, maps, sets, sequences
MOST_MESSAGES = 2_048  # of a queue
MOST_RUNS = 2_000  # of an instance, with one message, from the values of one time
MOST_WORK = 16_000  # runs of all of them


@record
class Reachable:
    """For each cell, in order: the values (of a queue: messages) that it can hold, ascending, or None."""

    cells: tuple[tuple[Value, ...] | None, ...]


def reachable_values(ground: Ground) -> Reachable:
    """What each cell can hold."""
    table = _Table(ground)
    try:
        table.start()
        table.close()
    except _TooMuchWork:
        return Reachable((None,) * len(ground.cells))
    kinds = (_in_order(ground, index) for index in range(len(ground.cells)))
    found = tuple(
        None if known is None else tuple(sorted(known, key=key)) for known, key in zip(table.known, kinds, strict=True)
    )
    if any(row == () and cell.queue is None for row, cell in zip(found, ground.cells, strict=True)):
        return Reachable((None,) * len(ground.cells))  # no initial state: there is nothing to be said
    return Reachable(found)


def _in_order(ground: Ground, cell: int) -> Callable[[Value], Any]:
    domain = ground.cells[cell].domain
    return message_key(ground) if domain is None else order_key(domain)


class _TooMuchWork(Exception):  # noqa: N818 - likewise
    """There were too many runs in all."""


# ---- the sets


class _Unit:
    """Runs of an instance, with one message of the queue that it receives from."""

    def __init__(self, instance: Rewritten, message: Value) -> None:
        self.instance, self.message = instance, message
        self.read: dict[int, int] | None = None  # how many values each cell had that was looked at; None: never run
        self.runs = 0


def _most(domain: Domain | None) -> int:
    """How many values are kept: of a queue, or a cell with this domain."""
    match domain:
        case None:
            return MOST_MESSAGES
        case RecordDomain() | MapDomain() | SetDomain() | SeqDomain():
            return MOST_TUPLES
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain() | OptionDomain():
            return MOST_VALUES
        case _:
            assert_never(domain)


class _Table:
    """The values known so far, and the instances that add to them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.count = len(ground.cells)
        self.known: list[list[Value] | None] = [[] for _ in ground.cells]
        self.members: list[set[Value]] = [set() for _ in ground.cells]
        self.most = [_most(cell.domain) for cell in ground.cells]
        rewriter = Rewriter(ground)
        self.instances = [rewriter.instance(one) for one in ground.instances]
        self.starts = [
            tuple(rewriter.command(SetCell(cell, value)) for cell, value in zip(one.cells, one.values, strict=True))
            if isinstance(one, Fix)
            else one
            for one in ground.start
        ]
        self.questions = list(rewriter.questions)
        self.read: set[int] = set()
        self.work = 0

    def size(self, cell: int) -> int:
        """How many values are known."""
        found = self.known[cell]
        return -1 if found is None else len(found)

    # ---- what a run asks

    def options(self, cell: int) -> Sequence[Value]:
        """What a cell can hold."""
        self.read.add(cell)
        found = self.known[cell]
        if found is None or self.ground.cells[cell].queue is not None:
            raise TooMany
        return found

    def answers(self, cell: int) -> Sequence[Value]:
        """What can be answered about queues."""
        about = self.questions[cell - self.count]
        self.read.update(about.queues)
        possible = any(self.fits(about, queue) for queue in about.queues)
        if about.most:
            return range(about.most + 1) if possible else (0,)
        return (False, True) if possible else (False,)

    def fits(self, about: Question, queue: int) -> bool:
        """Whether a message that is asked for can be in the queue."""
        found = self.known[queue]
        return found is None or any(
            one[0] == about.channel
            and about.message in (None, one[1])
            and all(one[2 + at] == value for at, value in about.wanted)
            for one in found
        )

    # ---- what a run adds

    def add(self, cell: int, value: Value) -> None:
        """A value that the cell can hold."""
        found = self.known[cell]
        if found is None or value in self.members[cell]:
            return
        found.append(value)
        self.members[cell].add(value)
        if len(found) > self.most[cell]:
            self.known[cell] = None

    def widen(self, cell: int) -> None:
        """Any value may be there."""
        domain = self.ground.cells[cell].domain
        if domain is None or size_within(domain, self.most[cell]) is None:
            self.known[cell] = None
        else:
            for value in values(domain):
                self.add(cell, value)

    # ---- runs

    def runs(self, message: Value, body: Callable[[Run], None]) -> bool:
        """Every run; whether there were not too many."""
        decisions = Decisions()
        for _ in range(MOST_RUNS):
            self.work += 1
            if self.work > MOST_WORK:
                raise _TooMuchWork
            run = Run(self, decisions, message)
            try:
                body(run)
                for cell, value in run.cells.written.items():
                    self.add(cell, value)
            except (Impossible, RunError, BoundError):
                pass
            except TooMany:
                return False
            if not decisions.advance():
                return True
        return False

    def start(self) -> None:
        """The values of initial states; a condition on free cells is not looked at."""
        for item in self.starts:
            if isinstance(item, Free):
                for cell in item.cells:
                    self.widen(cell)
                continue
            plain = tuple(
                command
                for command in item
                if isinstance(command, SetCell) and self.ground.cells[command.cell].queue is None
            )
            if not self.runs(None, lambda run, block=plain: run.block(block)):  # type: ignore[misc]
                for cell in cells_written(plain):
                    self.widen(cell)

    def close(self) -> None:
        """Run whatever looked at something of which more is known now, until there is nothing; the short ones first."""
        units: list[list[_Unit]] = [[] for _ in self.instances]
        lost: set[int] = set()
        while True:
            stale = [
                (index, unit)
                for index, instance in enumerate(self.instances)
                if index not in lost
                for unit in self.stale(instance, units[index])
            ]
            most = 10 + 4 * min((unit.runs for _, unit in stale), default=0)
            for index, unit in stale:
                if unit.runs <= most and not self.finish(unit):
                    lost.add(index)
                    source = unit.instance.source
                    for cell in cells_written((*source.before, *source.body, *source.after)):
                        self.widen(cell)
            if not stale:
                return

    def stale(self, instance: Rewritten, units: list[_Unit]) -> Iterator[_Unit]:
        """The units of an instance that have to be run (again); new messages make new ones."""
        trigger = instance.source.trigger
        if not isinstance(trigger, Receive):
            units += [] if units else [_Unit(instance, None)]
        else:
            found = self.known[trigger.queue]
            if found is None:
                units[:] = [_Unit(instance, None)]  # `finish` refuses it: nobody knows the messages
            else:
                seen = {unit.message for unit in units}
                fits = (one for one in found if one[:2] == (trigger.channel, trigger.message))
                units += [_Unit(instance, one) for one in fits if one not in seen]
        for unit in units:
            if unit.read is None or any(self.size(cell) != size for cell, size in unit.read.items()):
                yield unit

    def finish(self, unit: _Unit) -> bool:
        """All runs of the unit; False where there are too many."""
        if unit.message is None and isinstance(unit.instance.source.trigger, Receive):
            return False
        sizes = list(map(self.size, range(len(self.known))))
        self.read = set()
        before = self.work
        fine = self.runs(unit.message, lambda run: run.instance(unit.instance))
        unit.read = {cell: sizes[cell] for cell in self.read}
        unit.runs = self.work - before
        return fine
