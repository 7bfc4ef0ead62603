"""Rule instances to steps: what a trigger takes, then guard, monitors, body, monitors, for all states at once.

    made(layout, index) -> the steps of an instance, with the contents of all cells after each

An instance has a step for each position of its message (or each message of a set), for each pair of lengths that a
break keeps, and for each order of its `unordered for`s.  A body is run once for each of them; both blocks of an `if`
are run, and what they wrote is merged.  What goes wrong first decides, as in the reference semantics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import TypeAlias, assert_never

from plait.engines.symbolic.confinement import outside
from plait.engines.symbolic.encode_expr import Course, Evaluator
from plait.engines.symbolic.encode_layout import Content, Kept, Layout, Slots
from plait.engines.symbolic.encode_queues import at_least, emptied, joined, prefix, room, takings, with_message
from plait.engines.symbolic.formula import Formula, both, either, is_same, neither
from plait.engines.symbolic.symbols import (
    UNDEFINED,
    Row,
    Symbol,
    cases,
    constant,
    equal,
    items_of,
    members,
    merged,
    row,
)
from plait.engines.symbolic.system import Contains, Cut, Equals, Fact, ItemIs, NoItem, Step, UnsupportedError
from plait.errors import EngineBug
from plait_spec.domains import Value
from plait_spec.ground import (
    Act,
    AnyOrder,
    Assert,
    Block,
    Break,
    Choice,
    Command,
    Empty,
    Enqueue,
    Ground,
    If,
    Instance,
    Lose,
    Queue,
    Receive,
    SetCell,
    SetOneOf,
    SetSlot,
)
from plait_spec.ground_walk import commands
from plait_spec.record import record

MOST_SCRIPTS = 2_000

Decision: TypeAlias = bool | tuple[int, ...]
"""A block of an `if` with an `unordered for` in it, or the order of its passes."""

Script: TypeAlias = tuple[Decision, ...]


@record
class Made:
    """A step, the cells after it, and the fields of the message that it received (None: it received none)."""

    step: Step
    after: tuple[Content, ...]
    received: Symbol | None


@record
class Offer:
    """What a trigger does: its part of the choice, where it can, the cells that it changes, the message's fields."""

    at: int
    kept: tuple[int, ...]
    message: Value
    when: Formula
    changed: tuple[tuple[int, Content], ...]
    fields: Symbol | None


class _Open(Exception):  # noqa: N818 - not an error: the script ends before the body does
    """A body needs a decision; `options` are the decisions that it can be."""

    def __init__(self, options: Sequence[Decision]) -> None:
        self.options = options


def made(layout: Layout, index: int) -> Iterator[Made]:
    """The steps of an instance; those that nothing can enable are left out."""
    ground = layout.ground
    instance = ground.instances[index]
    for offer in _offers(ground, layout.cells, instance):
        count = 0
        waiting: list[Script] = [()]
        while waiting:
            script = waiting.pop()
            attempt = _Attempt(layout, offer, script)
            try:
                attempt.run(instance)
            except _Open as more:
                waiting += [(*script, option) for option in reversed(more.options)]
                count += len(more.options)
                if count > MOST_SCRIPTS:
                    name = ground.model.rules[instance.rule].name
                    raise UnsupportedError(
                        "`unordered for`", f"`{name}` has more than {MOST_SCRIPTS:,} orders"
                    ) from None
                continue
            step = _step(layout, index, offer, attempt, script)
            if step.guard is not False or step.error is not False or step.cuts:
                yield Made(step, tuple(attempt.cells), offer.fields)


def _step(layout: Layout, index: int, offer: Offer, attempt: _Attempt, script: Script) -> Step:
    ground = layout.ground
    troubles = attempt.course.decided()
    bounds = dict.fromkeys(trouble.bound for trouble in troubles if trouble.kind == "cut")
    cuts = {bound: either(one.when for one in troubles if one.kind == "cut" and one.bound == bound) for bound in bounds}
    guard = both((offer.when, attempt.course.calm()))
    return Step(
        choice=Choice(index, offer.at, offer.kept, tuple(part for part in script if not isinstance(part, bool))),
        name=ground.model.rules[ground.instances[index].rule].name,
        message=offer.message,
        guard=guard,
        error=either(trouble.when for trouble in troubles if trouble.kind == "error"),
        cuts=tuple(Cut(bound, when) for bound, when in cuts.items() if when is not False),
        updates=_updates(layout, attempt.cells),
        stray=either((*attempt.strays, both((guard, either(_strays(layout, attempt.cells)))))),
    )


def _updates(layout: Layout, after: Sequence[Content]) -> dict[int, Formula]:
    """The bits that change."""
    changed = {index for index, content in enumerate(after) if content is not layout.cells[index]}
    found: dict[int, Formula] = {}
    for index, bit in enumerate(layout.bits):
        if bit.fact.cell in changed:
            value = holds(bit.fact, after[bit.fact.cell])
            if not is_same(value, bit.term):
                found[index] = value
    return found


def _strays(layout: Layout, after: Sequence[Content]) -> Iterator[Formula]:
    """Where a cell has a value without bits after the step."""
    for index, content in enumerate(after):
        domain = layout.ground.cells[index].domain
        if content is not layout.cells[index] and domain is not None:
            assert not isinstance(content, Slots | Kept)
            yield outside(domain, content, layout.known[index])


def holds(fact: Fact, content: Content) -> Formula:
    """Whether a fact is true of the content of its cell."""
    if isinstance(content, Kept):
        assert isinstance(fact, Contains)
        return content.messages[fact.element]
    if isinstance(content, Slots):
        assert isinstance(fact, ItemIs | NoItem)
        return content.places[fact.position].cases.get(None if isinstance(fact, NoItem) else fact.value, False)
    part: Symbol = content
    for position in fact.path:
        part = row(part)[position]
    match fact:
        case Equals(_, _, value):
            return cases(part).get(value, False)
        case Contains(_, _, _, index):
            return members(part, index + 1)[index]
        case ItemIs(_, _, position, value):
            found = items_of(part)
            if position >= len(found.items):
                return False
            return both((either(found.lengths[position + 1 :]), cases(found.items[position]).get(value, False)))
        case NoItem(_, _, position):
            return either(items_of(part).lengths[: position + 1])
        case _:
            assert_never(fact)


# ---- triggers


def _offers(ground: Ground, cells: Sequence[Content], instance: Instance) -> Iterator[Offer]:
    match instance.trigger:
        case Act():
            yield Offer(0, (), None, True, (), None)
        case Receive(queue, channel, message, keep):
            for one in takings(cells[queue], _queue(ground, queue), channel, message, heads=True):
                changed = () if keep else ((queue, one.left),)
                yield Offer(one.at, (), one.message, one.when, changed, one.fields)
        case Lose(queue, channel):
            for one in takings(cells[queue], _queue(ground, queue), channel, None, heads=False):
                yield Offer(one.at, (), one.message, one.when, ((queue, one.left),), None)
        case Break(forth, back, unharmed):
            cut = (forth,) if back is None else (forth, back)
            for kept in product(*(range(_places(cells[queue]) + 1) for queue in cut)):
                pairs = tuple(zip(cut, kept, strict=True))
                long = both(at_least(cells[queue], length) for queue, length in pairs)
                harmed = either(_longer(cells[queue], length) for queue, length in pairs)
                when = both((long, True if unharmed else harmed))
                if when is not False:
                    prefixes = tuple((queue, prefix(cells[queue], length)) for queue, length in pairs)
                    yield Offer(0, kept, None, when, prefixes, None)
        case _:
            assert_never(instance.trigger)


def _queue(ground: Ground, queue: int) -> Queue:
    found = ground.cells[queue].queue
    assert found is not None
    return found


def _places(content: Content) -> int:
    assert isinstance(content, Slots)
    return len(content.places)


def _longer(content: Content, length: int) -> Formula:
    return length < _places(content) and at_least(content, length + 1)


# ---- bodies


class _Attempt:
    """A run of an instance from every state where an offer is made, with the decisions of a script."""

    def __init__(self, layout: Layout, offer: Offer, script: Script) -> None:
        self.ground, self.before, self.known = layout.ground, layout.cells, layout.known
        self.cells = list(self.before)
        for cell, content in offer.changed:
            self.cells[cell] = content
        self.slots: dict[int, Symbol] = {} if offer.fields is None else {0: offer.fields}
        self.course = Course()
        self.course.path.append(offer.when)
        self.script, self.decided = script, 0
        self.strays: list[Formula] = []

    def run(self, instance: Instance) -> None:
        """All of it, in order."""
        self.course.meet("disabled", neither(self.now().truth(instance.guard)))
        for command in instance.before:
            self.look_at(command, self.before)
        self.block(instance.body)
        for command in instance.after:
            self.look_at(command, self.cells)

    def now(self) -> Evaluator:
        """Expressions over the cells as they are."""
        return Evaluator(self.cells, self.course, self.slots)

    def look_at(self, command: Command, cells: Sequence[Content]) -> None:
        """One command of a monitor, which reads these cells."""
        match command:
            case SetCell(cell, value):
                self.cells[cell] = Evaluator(cells, self.course, self.slots).symbol(value)
            case SetSlot(slot, value):
                self.slots[slot] = Evaluator(cells, self.course, self.slots).symbol(value)
            case _:
                raise EngineBug("a monitor does more than write its variable")

    def block(self, block: Block) -> None:
        for command in block:
            self.command(command)

    def command(self, command: Command) -> None:
        match command:
            case SetCell(cell, value):
                self.cells[cell] = self.now().symbol(value)
            case SetOneOf(cells, keys, value):
                ranks = self.now().ranks(keys, [self.now().symbol(key.expr) for key in keys])
                found = self.now().symbol(value)
                for at, when in ranks.items():
                    self.cells[cells[at]] = joined(when, found, self.cells[cells[at]])
            case SetSlot(slot, value):
                self.slots[slot] = self.now().symbol(value)
            case Enqueue():
                self.send(command)
            case Empty(queues, channel):
                for queue in queues:
                    self.cells[queue] = emptied(self.cells[queue], channel)
            case Assert(condition):
                self.course.meet("error", neither(self.now().truth(condition)))
            case If(condition, yes, no):
                self.branch(self.now().truth(condition), yes, no)
            case AnyOrder(passes):
                self.any_order([self.now().truth(condition) for condition, _ in passes], [body for _, body in passes])
            case _:
                assert_never(command)

    def branch(self, condition: Formula, yes: Block, no: Block) -> None:
        """One of two blocks: both, and then what each wrote where it was the one."""
        if isinstance(condition, bool):
            self.block(yes if condition else no)
        elif any(isinstance(command, AnyOrder) for command in (*commands(yes), *commands(no))):
            taken = self.decision((False, True))
            self.course.meet("disabled", neither(condition) if taken else condition)
            self.block(yes if taken else no)
        else:
            cells, slots = list(self.cells), dict(self.slots)
            with self.course.under(condition):
                self.block(yes)
            first, bound = self.cells, self.slots
            self.cells, self.slots = cells, slots
            with self.course.under(neither(condition)):
                self.block(no)
            for cell, content in enumerate(first):
                if content is not self.cells[cell]:
                    self.cells[cell] = joined(condition, content, self.cells[cell])
            for slot, symbol in bound.items():
                self.slots[slot] = merged(condition, symbol, self.slots.get(slot, UNDEFINED))

    def decision(self, options: Sequence[Decision]) -> Decision:
        """The next decision of the script."""
        if self.decided == len(self.script):
            raise _Open(options)
        self.decided += 1
        return self.script[self.decided - 1]

    def any_order(self, conditions: Sequence[Formula], bodies: Sequence[Block]) -> None:
        """The passes whose conditions hold, in the order that the script says."""
        order = self.decision(_orders(conditions))
        assert isinstance(order, tuple)
        for at, condition in enumerate(conditions):
            self.course.meet("disabled", neither(condition) if at in order else condition)
        for at in order:
            self.block(bodies[at])

    def send(self, command: Enqueue) -> None:
        """A message for one of the queues."""
        ranks = self.now().ranks(command.keys, [self.now().symbol(key.expr) for key in command.keys])
        fields = row(self.now().symbol(command.fields))
        for at, when in ranks.items():
            queue = command.queues[at]
            about = _queue(self.ground, queue)
            messages = self.messages(command, fields, queue)
            if self.known[queue] is not None:
                calm = self.course.calm()  # what goes wrong later may do so because this message is left out
                self.strays.append(both((*self.course.path, calm, when, neither(either(messages.values())))))
            if not messages:
                continue
            adding, no_room = room(self.cells[queue], about, when, messages)
            if about.blocking:
                self.course.meet("disabled", no_room)
            else:
                self.course.meet("cut", no_room, f"capacity of {self.ground.channels[about.carrier].name}")
            self.cells[queue] = with_message(self.cells[queue], about, adding, messages)

    def messages(self, command: Enqueue, fields: Sequence[Symbol], queue: int) -> dict[Value, Formula]:
        """The messages of the queue that this can be, each with what it takes."""
        kind = (command.channel, command.message)
        known = self.known[queue]
        if known is None:
            return {(*kind, *value): when for value, when in cases(Row(tuple(fields))).items()}
        is_value: dict[tuple[int, Value], Formula] = {}
        found: dict[Value, Formula] = {}
        for message in known:
            if message[:2] == kind:
                for pair in enumerate(message[2:]):
                    if pair not in is_value:
                        is_value[pair] = equal(fields[pair[0]], constant(pair[1]))
                found[message] = both(is_value[pair] for pair in enumerate(message[2:]))
        return {message: when for message, when in found.items() if when is not False}


def _orders(conditions: Sequence[Formula]) -> list[Decision]:
    """Every order of every choice of passes that the conditions leave open."""
    found: list[Decision] = []
    for chosen in product(*((False, True) if not isinstance(when, bool) else (when,) for when in conditions)):
        for order in permutations(at for at, taken in enumerate(chosen) if taken):
            found.append(order)
            if len(found) > MOST_SCRIPTS:
                return found
    return found
