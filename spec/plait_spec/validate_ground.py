"""The laws of GROUND: what every expansion keeps, and what every state of it looks like.

`validate_ground(ground)` and `check_state(ground, state)` raise `BrokenLaw` with the name of the law.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from plait_spec.domains import RecordDomain, Value, contains, size
from plait_spec.ground import (
    Act,
    And,
    AnyOrder,
    Assert,
    Block,
    Break,
    Cell,
    CellValue,
    Command,
    Const,
    Empty,
    Enqueue,
    Expr,
    Fix,
    Free,
    Ground,
    Has,
    If,
    InFlight,
    Instance,
    Key,
    Let,
    Lose,
    Next,
    OneOf,
    Or,
    Property,
    Receive,
    SetCell,
    SetOneOf,
    SetSlot,
    Slot,
    Took,
)
from plait_spec.ground_walk import expressions, message_key, parts
from plait_spec.laws import BrokenLaw as BrokenLaw, require


def validate_ground(ground: Ground) -> None:
    """Raise `BrokenLaw` if the expansion breaks a law of GROUND."""
    laws = _Laws(ground)
    laws.cells()
    laws.start()
    for index in range(len(ground.instances)):
        laws.instance(index)
    for claim in ground.properties:
        laws.property(claim)
    for condition in ground.terminal:
        laws.expression(condition, frozenset(), None, "terminal")


def check_state(ground: Ground, state: tuple[Value, ...]) -> None:
    """Raise `BrokenLaw` if this can be no state: a value outside its domain, a bag out of order, a queue too long."""
    require(len(state) == len(ground.cells), "a state has a value for each cell", str(len(state)))
    for cell, value in zip(ground.cells, state, strict=True):
        if cell.domain is not None:
            require(contains(cell.domain, value), "values are in their domains", f"{cell.name} = {value}")
        else:
            _check_queue(ground, cell, value)


def _check_queue(ground: Ground, cell: Cell, value: Value) -> None:
    queue = cell.queue
    assert queue is not None
    require(isinstance(value, tuple), "queues are tuples of messages", cell.name)
    require(len(value) <= queue.bound, "queues keep within their bounds", f"{cell.name} holds {len(value)}")
    for message in value:
        _check_message(ground, cell, message)
    keys = [message_key(ground)(message) for message in value]
    require(queue.ordered or keys == sorted(keys), "bags are sorted", cell.name)
    distinct = len(set(value)) == len(value)
    require(distinct or not queue.distinct, "distinct queues hold no message twice", cell.name)


def _check_message(ground: Ground, cell: Cell, message: Value) -> None:
    assert cell.queue is not None
    channel, kind, *fields = message
    carried = 0 <= channel < len(ground.channels) and ground.channels[channel].carrier == cell.queue.carrier
    require(carried, "messages travel in the queues of their carrier", f"{cell.name}: channel {channel}")
    require(contains(ground.messages[kind], tuple(fields)), "values are in their domains", f"{cell.name}: {message}")


class _Laws:
    """The laws of one expansion."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.kinds = [cell.kind for cell in ground.cells]

    # ---- state

    def cells(self) -> None:
        """Cells are values or queues; names tell them apart."""
        seen: set[str] = set()
        for cell in self.ground.cells:
            require((cell.domain is None) == (cell.queue is not None), "cells are values or queues", cell.name)
            require((cell.kind == "queue") == (cell.queue is not None), "cells are values or queues", cell.name)
            require(cell.name not in seen, "names of cells are unique", cell.name)
            seen.add(cell.name)
            for domain, key in zip(cell.key_domains, cell.keys, strict=True):
                require(contains(domain, key), "keys are in their domains", cell.name)

    def start(self) -> None:
        """Every cell starts once."""
        started: list[int] = []
        for part in self.ground.start:
            match part:
                case Fix(cells, values):
                    require(len(cells) == len(values), "every cell starts once", str(cells))
                    for value in values:
                        self.expression(value, frozenset(), None, "start")
                case Free(cells, where):
                    self.expression(where, frozenset(), None, "start")
                case _:
                    assert_never(part)
            started += cells
        require(sorted(started) == list(range(len(self.kinds))), "every cell starts once", str(started))

    # ---- steps

    def instance(self, index: int) -> None:
        """One instance."""
        instance = self.ground.instances[index]
        rules = self.ground.model.rules
        where = f"instance {index}"
        require(0 <= instance.rule < len(rules), "instances are of rules", where)
        require(instance.rule in self.ground.rules, "instances are of rules that exist", where)
        rule = rules[instance.rule]
        where = f"instance {index} of {rule.name}"
        require(len(instance.args) == len(rule.params), "instances have all arguments", where)
        require(len(instance.picks) == len(rule.picks), "instances have all picks", where)
        if index:
            require(
                self.ground.instances[index - 1].rule <= instance.rule, "instances are in the order of rules", where
            )
        slots = frozenset({0}) if self.trigger(instance, where) else frozenset[int]()
        never = isinstance(instance.guard, Const) and not instance.guard.value
        require(not never, "guards can be true", where)
        self.expression(instance.guard, slots, instance.slots, where)
        self.block(instance.before, slots, instance, where, frozenset({"monitor"}))
        self.block(instance.body, slots, instance, where, _OWN)
        self.block(instance.after, slots, instance, where, frozenset({"monitor"}))

    def trigger(self, instance: Instance, where: str) -> bool:
        """A trigger names queue cells; returns whether there is a message."""
        match instance.trigger:
            case Act():
                return False
            case Receive(queue, channel, message):
                self.is_queue((queue,), where)
                require(0 <= channel < len(self.ground.channels), "channels are in range", where)
                require(0 <= message < len(self.ground.messages), "messages are in range", where)
                return True
            case Lose(queue):
                self.is_queue((queue,), where)
                return False
            case Break(forth, back):
                self.is_queue((forth,) if back is None else (forth, back), where)
                return False
            case _:
                assert_never(instance.trigger)

    def block(
        self, block: Block, slots: frozenset[int], instance: Instance, where: str, kinds: frozenset[str]
    ) -> frozenset[int]:
        """Commands; returns the slots that are set after them."""
        for command in block:
            for expr in expressions(command):
                slots = self.expression(expr, slots, instance.slots, where)
                require(not _mentions(expr, (Took, Next)), "steps know nothing of steps", where)
            slots = self.command(command, slots, instance, where, kinds)
        return slots

    def command(
        self, command: Command, slots: frozenset[int], instance: Instance, where: str, kinds: frozenset[str]
    ) -> frozenset[int]:
        """What a command writes may be written here."""
        match command:
            case SetCell(cell):
                self.writable((cell,), where, kinds)
            case SetOneOf(cells, keys):
                self.writable(cells, where, kinds)
                _choosable(cells, keys, where)
            case SetSlot(slot):
                require(0 < slot < instance.slots, "slots are in range", where)
                return slots | {slot}
            case Enqueue(queues, keys, channel, message):
                self.is_queue(queues, where)
                _choosable(queues, keys, where)
                require(0 <= channel < len(self.ground.channels), "channels are in range", where)
                require(0 <= message < len(self.ground.messages), "messages are in range", where)
                require(kinds == _OWN, "monitors write monitors only", where)
            case Empty(queues):
                self.is_queue(queues, where)
                require(kinds == _OWN, "monitors write monitors only", where)
            case Assert():
                pass
            case If(_, yes, no):
                return self.block(yes, slots, instance, where, kinds) & self.block(no, slots, instance, where, kinds)
            case AnyOrder(passes):
                for _, body in passes:
                    self.block(body, slots, instance, where, kinds)
            case _:
                assert_never(command)
        return slots

    def writable(self, cells: Iterable[int], where: str, kinds: frozenset[str]) -> None:
        """Cells that hold values and are not constant."""
        for cell in cells:
            require(0 <= cell < len(self.kinds), "cells are in range", f"{where}: {cell}")
            require(self.kinds[cell] in kinds, "only what may change is written", f"{where}: {self.kinds[cell]}")

    def is_queue(self, cells: Iterable[int], where: str) -> None:
        """Cells that are queues."""
        for cell in cells:
            is_one = 0 <= cell < len(self.kinds) and self.kinds[cell] == "queue"
            require(is_one, "queues that are referred to are queues", f"{where}: {cell}")

    # ---- expressions

    def property(self, claim: Property) -> None:
        """One property."""
        require(0 <= claim.index < len(self.ground.model.properties), "properties are of the model", claim.name)
        for expr in (claim.expr, *(() if claim.antecedent is None else (claim.antecedent,))):
            self.expression(expr, frozenset(), claim.slots, claim.name)
            require(claim.on_steps or not _mentions(expr, (Took, Next)), "steps are asked for on steps", claim.name)
            require(claim.kind == "step" or not _mentions(expr, (Next,)), "`next` is for `step`", claim.name)

    def expression(
        self, expr: Expr, slots: frozenset[int], count: int | None, where: str, held: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        """Cells, queues and slots, under `let`s that hold slots; returns the slots that are still good after it."""
        self.node(expr, slots, where)
        if isinstance(expr, Let):
            require(expr.slot > 0 and (count is None or expr.slot < count), "slots are in range", where)
            require(expr.slot not in held, "slots in use are not taken again", f"{where}: {expr.slot}")
            slots = self.expression(expr.value, slots, count, where, held) | {expr.slot}
            return self.expression(expr.body, slots, count, where, held | {expr.slot}) - {expr.slot}
        for part in parts(expr):
            slots = self.expression(part, slots, count, where, held)
        return slots

    def node(self, expr: Expr, slots: frozenset[int], where: str) -> None:
        """What one expression refers to itself."""
        match expr:
            case CellValue(cell):
                self.is_value((cell,), where)
            case OneOf(cells, keys):
                self.is_value(cells, where)
                require(bool(keys), "keys choose among cells", where)
                _choosable(cells, keys, where)
            case Has(queues, channel, message):
                self.is_queue(queues, where)
                require(0 <= channel < len(self.ground.channels), "channels are in range", where)
                require(0 <= message < len(self.ground.messages), "messages are in range", where)
                self.fields(expr, self.ground.messages[message], where)
            case InFlight(queues, channel):
                self.is_queue(queues, where)
                require(0 <= channel < len(self.ground.channels), "channels are in range", where)
            case Slot(slot):
                require(slot in slots, "slots are set before they are read", f"{where}: {slot}")
            case And(items) | Or(items):
                require(len(items) > 1, "and, or have several items", where)
            case _:
                pass

    def fields(self, expr: Has, record: RecordDomain, where: str) -> None:
        """Positions of fields."""
        for position, _ in expr.fields:
            require(0 <= position < len(record.fields), "fields are in range", where)

    def is_value(self, cells: Iterable[int], where: str) -> None:
        """Cells that hold values."""
        for cell in cells:
            is_one = 0 <= cell < len(self.kinds) and self.kinds[cell] != "queue"
            require(is_one, "values are read from cells of values", f"{where}: {cell}")


_OWN = frozenset({"variable", "ghost", "budget", "up"})


def _choosable(cells: tuple[int, ...], keys: tuple[Key, ...], where: str) -> None:
    """As many cells as there are tuples of keys."""
    count = 1
    for key in keys:
        count *= size(key.domain)
    require(len(cells) == count, "keys choose among as many cells", f"{where}: {len(cells)} cells, {count} keys")


def _mentions(expr: Expr, kinds: tuple[type, ...]) -> bool:
    return isinstance(expr, kinds) or any(_mentions(part, kinds) for part in parts(expr))
