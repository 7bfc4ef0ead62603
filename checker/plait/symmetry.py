"""The normal form of a state under permutations of identities.

`normal_form(ground)` is None where no sort has two identities.  Where `reduction` says that it is exact, the normal
form is the least member of the orbit, in the order of states: the cells are taken in their order, and each narrows an
ordered partition of every sort (see `orbits`) to the permutations that make it least.  What is left undecided at the
end makes no difference.  Elsewhere that is done for the sorts whose identities never meet, and the others are moved by
exchanges of two neighbouring identities as long as one makes the state less: some member of the orbit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from plait.orbits import (
    Class,
    Key,
    Least,
    Partition,
    Sorts,
    best,
    by_signature,
    fixed,
    in_turn,
    least,
    naming,
    plain_row,
    row,
    sorts_in,
)
from plait.orbits_queues import queue_least, queue_sorts
from plait.reduction import Reduction, reduction_of
from plait.renamings import Renaming, renamer
from plait.semantics import State, cell_key, message_key, state_key
from plait_spec.core import End
from plait_spec.domains import BoolDomain, Domain, EnumDomain, IdsDomain, RangeDomain, Value, size
from plait_spec.ground import Cell, Ground, Queue
from plait_spec.record import record
from plait_spec.types import IdsType

REMEMBERED = 200_000
SCALARS = (BoolDomain, RangeDomain, EnumDomain)  # their values compare as they are


class Form(Protocol):
    """How states are reduced."""

    def normal(self, state: State) -> State:
        """The state that stands for the orbit, or for a part of it: the same for the same state."""

    def renaming(self, state: State) -> Renaming:
        """A renaming that makes the state its normal form."""

    def image(self, state: State, renaming: Renaming) -> State:
        """The state under a renaming; sorts that it does not name stay."""


def normal_form(ground: Ground) -> Form | None:
    """How to reduce the states of a model; None where there is nothing to permute."""
    reduction = reduction_of(ground)
    if reduction is None:
        return None
    if reduction.exact:
        return LeastForm(ground, {**reduction.apart, **reduction.together})
    return DescendedForm(ground, reduction)


def then(first: Renaming, second: Renaming) -> Renaming:
    """One renaming after another, as one."""
    moved = {name: [second[name][to] if name in second else to for to in row] for name, row in first.items()}
    return {**second, **moved}


class Trail:
    """The way of a run through normal forms: its states are those, renamed, and how is kept from step to step.

    A normal form that is not the least of its orbit is the same for the same state, not for a renamed one.  By the
    symmetry of the model a renamed state has the renamed steps, so that one of them leads on.
    """

    def __init__(self, form: Form | None) -> None:
        self.form = form
        self.back: Renaming = {}  # from the names of the run to those of the normal form

    def leads(self, state: State, target: State) -> bool:
        """Whether the normal form that comes next is this one, if the run goes on to the state."""
        if self.form is None:
            return state == target
        return self.form.normal(self.form.image(state, self.back)) == target

    def go(self, state: State) -> None:
        """The run goes on to the state."""
        if self.form is not None:
            self.back = then(self.back, self.form.renaming(self.form.image(state, self.back)))


class LeastForm:
    """The least member of the orbit under permutations of some sorts; remembers what it reduced."""

    def __init__(self, ground: Ground, counts: Mapping[str, int]) -> None:
        self.sorts: Sorts = {name: at for at, name in enumerate(counts)}
        self.start: Partition = tuple((tuple(range(count)),) for count in counts.values())
        units = [_Movable(ground, unit, self.sorts) for unit in units_of(ground)]
        self.units = [unit for unit in units if unit.symmetric]
        runs = [list(run) for _, run in groupby(self.units, lambda unit: unit.is_plain_row)]
        self.stages = [(_by_sort(run, self.sorts) if run[0].is_plain_row else {}, run) for run in runs]
        self.known: dict[State, State] = {}

    def normal(self, state: State) -> State:
        """The least member of the state's orbit."""
        return _remembered(self.known, state, lambda: self.image(state, self.renaming(state)))

    def renaming(self, state: State) -> Renaming:
        """A renaming that makes the state the least of its orbit."""
        partitions = [self.start]
        for rows, units in self.stages:
            if len(partitions) == 1 and all(map(_is_decided, partitions[0])):
                break
            if rows and len(partitions) == 1:
                partitions = [_sorted_rows(rows, state, partitions[0])]
                continue
            for unit in units:
                _, partitions = best(unit.least, unit.nested(state), partitions)
        return {name: naming(partitions[0][at]) for name, at in self.sorts.items()}

    def image(self, state: State, renaming: Renaming) -> State:
        """The state with every identity renamed."""
        if all(list(names) == sorted(names) for names in renaming.values()):
            return state
        cells = list(state)
        for unit in self.units:
            unit.move(state, renaming, cells)
        return tuple(cells)


class DescendedForm:
    """A member of the orbit that no exchange of two neighbouring identities makes less; remembers what it reduced."""

    def __init__(self, ground: Ground, reduction: Reduction) -> None:
        self.apart = LeastForm(ground, reduction.apart)
        self.all = LeastForm(ground, {**reduction.apart, **reduction.together})
        self.exchanges = [{name: row} for name, row in reduction.exchanges()]
        self.key = state_key(ground)
        self.known: dict[State, State] = {}

    def normal(self, state: State) -> State:
        """The member of the state's orbit that the exchanges lead to."""
        return _remembered(self.known, state, lambda: self.image(state, self.renaming(state)))

    def renaming(self, state: State) -> Renaming:
        """The exchanges that are made, in turn and until none makes the state less, as one renaming."""
        found = self.apart.renaming(state)
        low, more = self.image(state, found), True
        while more:
            more = False
            for exchange in self.exchanges:
                image = self.image(low, exchange)
                if self.key(image) < self.key(low):
                    found, low, more = then(found, exchange), image, True
        return found

    def image(self, state: State, renaming: Renaming) -> State:
        """The state with every identity renamed."""
        return self.all.image(state, renaming)


def _remembered(known: dict[State, State], state: State, find: Callable[[], State]) -> State:
    found = known.get(state)
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[state] = find()
    return found


def _by_sort(units: list[_Movable], sorts: Sorts) -> dict[int, list[_Movable]]:
    """Rows of values without identities, for each sort that they are indexed by."""
    found: dict[int, list[_Movable]] = {}
    for unit in units:
        axis = unit.unit.axes[0]
        assert isinstance(axis, IdsDomain)
        found.setdefault(sorts[axis.name], []).append(unit)
    return found


def _sorted_rows(rows: dict[int, list[_Movable]], state: State, partition: Partition) -> Partition:
    """Several rows at once: sorting by the first, then by the second, is sorting by both."""
    for sort, units in rows.items():
        if not _is_decided(partition[sort]):
            columns = [unit.signatures(state) for unit in units]
            _, partition = by_signature(partition, sort, list(zip(*columns, strict=True)))
    return partition


def _is_decided(classes: tuple[Class, ...]) -> bool:
    return all(len(members) == 1 for members in classes)


def _each(key: Callable[[Value], Any]) -> Callable[[Value], Any]:
    """Keys of tuples, item by item."""
    return lambda items: tuple(map(key, items))


# ---- units


@record
class Unit:
    """The consecutive cells of one variable, or of one direction of a channel: one for each tuple of keys, in order."""

    axes: tuple[Domain, ...]
    first: int
    count: int
    cell: Cell


def units_of(ground: Ground) -> list[Unit]:
    """The cells of the model in units, in their order."""
    found: list[Unit] = []
    at = 0
    while at < len(ground.cells):
        cell = ground.cells[at]
        axes = cell.key_domains if cell.queue is None else _ends(ground, cell.queue)
        count = 1
        for axis in axes:
            count *= size(axis)
        found.append(Unit(axes, at, count, cell))
        at += count
    return found


def _ends(ground: Ground, queue: Queue) -> tuple[Domain, ...]:
    """The identities at the ends of a queue that are families."""
    if queue.left is None and queue.right is None:
        return ()
    channel = ground.model.channels[queue.carrier]
    return tuple(_axis(ground, queue.carrier, end) for end in (channel.left, channel.right) if end.family is not None)


def _axis(ground: Ground, carrier: int, end: End) -> Domain:
    if isinstance(end.family, IdsType):
        return IdsDomain(end.family.name, dict(ground.ids)[end.family.name])
    is_left = end is ground.model.channels[carrier].left
    queues = (cell.queue for cell in ground.cells if cell.queue is not None and cell.queue.carrier == carrier)
    return RangeDomain(1, len({queue.left if is_left else queue.right for queue in queues}))  # only its size counts


class _Movable:
    """One unit under permutations: its least images, and where its cells go."""

    def __init__(self, ground: Ground, unit: Unit, sorts: Sorts) -> None:
        self.unit, self.ground = unit, ground
        self.message_key = message_key(ground)
        self.renamer = None if unit.cell.domain is None else renamer(unit.cell.domain)
        self.records = [renamer(record) for record in ground.messages]
        inside = self._sorts_inside(sorts)
        self.symmetric = bool(inside) or any(sorts_in(axis, sorts) for axis in unit.axes)
        self.fixed = not inside
        self.sizes = [size(axis) for axis in unit.axes]
        indexed = [bool(sorts_in(axis, sorts)) for axis in unit.axes]
        self.is_plain_row = self.fixed and indexed[:1] == [True] and not any(indexed[1:])
        self.key: Callable[[Value], Key] | None = None
        self.least = self._least(sorts, inside)

    def _sorts_inside(self, sorts: Sorts) -> set[str]:
        """The sorts that occur in what one cell holds."""
        domain = self.unit.cell.domain
        return queue_sorts(self.ground.messages, sorts) if domain is None else sorts_in(domain, sorts)

    def _least(self, sorts: Sorts, inside: set[str]) -> Least:
        cell = self.unit.cell
        key = cell_key(self.ground, cell)
        found: Least = fixed(key)
        if inside:
            found = (
                least(cell.domain, sorts)
                if cell.queue is None and cell.domain is not None
                else queue_least(self.ground.messages, sorts, ordered=cell.queue is not None and cell.queue.ordered)
            )
        for axis in reversed(self.unit.axes):
            if not isinstance(axis, IdsDomain) or axis.name not in sorts:
                found, key = in_turn([found] * size(axis)), _each(key)
            elif inside:
                found = row(sorts[axis.name], found, own=axis.name in inside)
            else:
                found = plain_row(sorts[axis.name], key)
                self.key = None if isinstance(cell.domain, SCALARS) and len(self.sizes) == 1 else key
            inside = inside | sorts_in(axis, sorts)
        return found

    def nested(self, state: State) -> Value:
        """The unit's value as maps in maps."""
        unit = self.unit
        if not unit.axes:
            return state[unit.first]
        found = state[unit.first : unit.first + unit.count]
        for count in self.sizes[:0:-1]:
            found = tuple([found[at : at + count] for at in range(0, len(found), count)])
        return found

    def signatures(self, state: State) -> Sequence[Key]:
        """For each identity of the first axis what a plain row holds for it."""
        found = self.nested(state)
        return found if self.key is None else list(map(self.key, found))

    def move(self, state: State, renaming: Renaming, cells: list[Value]) -> None:
        """Write the unit's cells as they are under the renaming."""
        targets = [0]
        for axis, count in zip(self.unit.axes, self.sizes, strict=True):
            names = renaming.get(axis.name, range(count)) if isinstance(axis, IdsDomain) else range(count)
            targets = [target * count + name for target in targets for name in names]
        first = self.unit.first
        for offset, target in enumerate(targets):
            value = state[first + offset]
            cells[first + target] = value if self.fixed else self.rename(value, renaming)

    def rename(self, value: Value, renaming: Renaming) -> Value:
        """What a cell holds under the renaming."""
        cell = self.unit.cell
        if cell.queue is None:
            return value if self.renamer is None else self.renamer(value, renaming)
        moved = [self.message(item, renaming) for item in value]
        return tuple(moved) if cell.queue.ordered else tuple(sorted(moved, key=self.message_key))

    def message(self, item: Value, renaming: Renaming) -> Value:
        """A message in flight under the renaming."""
        fields = self.records[item[1]]
        return item if fields is None else (*item[:2], *fields(item[2:], renaming))
