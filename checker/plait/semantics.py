"""The reference semantics: initial states, steps and properties of a GROUND model, by plain `match`.

    initial_states(ground)        every initial state, in order
    steps(ground, state)          every choice of a state with its outcome, in the order of ties
    run(ground, state, choice)    the outcome of one choice
    Outcome = Reached(state) | Cut(bound) | Failed(code, span, message)

Everything else that runs a model must agree with this module.  Non-goals: speed, search.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from itertools import islice, product
from typing import Any, TypeAlias, assert_never

from plait.errors import EngineBug, JobError
from plait.evaluation import NO_SLOTS, BoundError, RunError, Slots, evaluate, key_rank
from plait_spec.diagnostics import Code
from plait_spec.domains import RecordDomain, Value, order_key, size_within, values
from plait_spec.ground import (
    Act,
    AnyOrder,
    Assert,
    Block,
    Break,
    Cell,
    Choice,
    Command,
    Empty,
    Enqueue,
    Expr,
    Fix,
    Free,
    Ground,
    If,
    Instance,
    Lose,
    Property,
    Receive,
    SetCell,
    SetOneOf,
    SetSlot,
    Start,
    Trigger,
)
from plait_spec.grounding import resolve_took
from plait_spec.record import record
from plait_spec.source import Span

State: TypeAlias = tuple[Value, ...]
Orders: TypeAlias = tuple[tuple[int, ...], ...]
MAX_INITIAL = 2_000_000
MAX_PASSES = 8  # of an `unordered for`: they have 40,320 orders


@record
class Reached:
    """The step leads to this state."""

    state: State


@record
class Cut:
    """A bound of the model cuts the step; `bound` is its text for reports."""

    bound: str


@record
class Failed:
    """The model errs in this step."""

    code: Code
    span: Span
    message: str


Outcome: TypeAlias = Reached | Cut | Failed


class BlockedError(Exception):
    """A send to a full blocking queue: the step is not enabled."""


# ---- initial states


def initial_states(ground: Ground) -> Iterator[State]:
    """Every initial state: free cells vary in their order, the last fastest.

    Raises `RunError` or `BoundError` where an initial value is none, and `JobError` where there are too many.
    """
    empty = [() if cell.queue is not None else None for cell in ground.cells]
    tried = 0
    for tried, state in enumerate(_started(ground, ground.start, empty)):
        if tried >= MAX_INITIAL:
            break
        if state is not None:
            yield state
    if tried >= MAX_INITIAL:
        raise _too_many()


def _too_many() -> JobError:
    return JobError(f"there are more than {MAX_INITIAL:,} initial states: make a domain of an `= any` smaller")


def initial_state(ground: Ground, number: int) -> State:
    """The initial state with this number."""
    return next(islice(initial_states(ground), number, None))


def _started(ground: Ground, start: tuple[Start, ...], cells: list[Value]) -> Iterator[State | None]:
    """The states that the items of `start` lead to; None for each combination that a condition refuses."""
    if not start:
        yield tuple(cells)
        return
    match start[0]:
        case Fix(places, exprs):
            for cell, expr in zip(places, exprs, strict=True):
                cells[cell] = evaluate(expr, cells)
            yield from _started(ground, start[1:], cells)
        case Free(places, where):
            rows = RecordDomain("", tuple((ground.cells[cell].name, _domain(ground, cell)) for cell in places))
            if size_within(rows, MAX_INITIAL) is None:
                raise _too_many()
            for row in product(*(tuple(values(_domain(ground, cell))) for cell in places)):
                for cell, value in zip(places, row, strict=True):
                    cells[cell] = value
                if evaluate(where, cells):
                    yield from _started(ground, start[1:], list(cells))
                else:
                    yield None
        case _:
            assert_never(start[0])


def _domain(ground: Ground, cell: int) -> Any:
    return ground.cells[cell].domain


# ---- steps


def steps(ground: Ground, state: State) -> list[tuple[Choice, Outcome]]:
    """Every choice that the state offers, with what it leads to."""
    return [found for index in range(len(ground.instances)) for found in steps_of(ground, state, index)]


def steps_of(ground: Ground, state: State, index: int) -> Iterator[tuple[Choice, Outcome]]:
    """The choices of one instance."""
    instance = ground.instances[index]
    for offer in offers(ground, state, instance.trigger):
        script: Orders | None = ()
        while script is not None:
            attempt = _Attempt(ground, state, offer, script)
            outcome = attempt.outcome(instance)
            met = tuple(attempt.met)
            if outcome is not None:
                yield Choice(index, offer.at, offer.kept, met), outcome
            script = next_orders(met)


def run(ground: Ground, state: State, choice: Choice) -> Outcome | None:
    """What one choice leads to; None where the state does not offer it."""
    instance = ground.instances[choice.instance]
    for offer in offers(ground, state, instance.trigger):
        if (offer.at, offer.kept) == (choice.at, choice.kept):
            attempt = _Attempt(ground, state, offer, choice.orders)
            outcome = attempt.outcome(instance)
            return outcome if tuple(attempt.met) == choice.orders else None
    return None


@record
class Sent:
    """A message was put into a queue."""

    queue: int
    message: Value


@record
class Emptied:
    """The messages of a channel (None: all) were taken out of a queue."""

    queue: int
    channel: int | None


@record
class Observed:
    """An outcome with what guard and body did on the way: cells read and written, in order, and changes of queues.

    Cells that they had written themselves are not read; monitors are left out.
    """

    outcome: Outcome
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    events: tuple[Sent | Emptied, ...]


def observe(ground: Ground, state: State, choice: Choice) -> Observed | None:
    """As `run`, with what happened on the way."""
    instance = ground.instances[choice.instance]
    for offer in offers(ground, state, instance.trigger):
        if (offer.at, offer.kept) == (choice.at, choice.kept):
            attempt = _Attempt(ground, state, offer, choice.orders)
            spy = Spy(attempt.cells, attempt.written)
            attempt.seen = spy
            outcome = attempt.outcome(instance)
            if outcome is None or tuple(attempt.met) != choice.orders:
                return None
            return Observed(outcome, tuple(spy.read), tuple(attempt.written), tuple(attempt.events))
    return None


class Spy(Sequence[Value]):
    """Cells that note which of them are read, those in `written` aside."""

    def __init__(self, cells: Sequence[Value], written: Container[int] = ()) -> None:
        self.cells, self.written = cells, written
        self.read: dict[int, None] = {}

    def __getitem__(self, cell: Any) -> Any:
        if cell not in self.written:
            self.read[cell] = None
        return self.cells[cell]

    def __len__(self) -> int:
        return len(self.cells)


def few_enough(passes: list[int]) -> None:
    """Raises `JobError` where an `unordered for` has more orders than anybody can look at."""
    if len(passes) > MAX_PASSES:
        message = f"an `unordered for` makes {len(passes)} passes, and each of their orders is a step"
        raise JobError(f"{message}: at most {MAX_PASSES} can be looked at")


def next_orders(met: Orders) -> Orders | None:
    """The orders to try after these: the last one that can still be permuted advances, those after it start anew."""
    for last in range(len(met) - 1, -1, -1):
        order = list(met[last])
        fall = next((i for i in range(len(order) - 2, -1, -1) if order[i] < order[i + 1]), None)
        if fall is not None:
            other = max(i for i in range(fall + 1, len(order)) if order[i] > order[fall])
            order[fall], order[other] = order[other], order[fall]
            order[fall + 1 :] = reversed(order[fall + 1 :])
            return (*met[:last], tuple(order))
    return None


@record
class Offer:
    """What a trigger does: its part of the choice, the cells that it changes, and the slots that it fills."""

    at: int = 0
    kept: tuple[int, ...] = ()
    changed: tuple[tuple[int, Value], ...] = ()
    slots: Slots = NO_SLOTS


def offers(ground: Ground, state: State, trigger: Trigger) -> Iterator[Offer]:
    """What the trigger finds to do in a state, in the order of ties."""
    match trigger:
        case Act():
            yield Offer()
        case Receive(queue, channel, message, keep):
            items = state[queue]
            for at in _positions(ground, queue, items, heads=True):
                if items[at][:2] == (channel, message):
                    changed = () if keep else ((queue, _without(items, at)),)
                    yield Offer(at, changed=changed, slots={0: items[at][2:]})
        case Lose(queue, channel):
            items = state[queue]
            for at in _positions(ground, queue, items, heads=False):
                if channel is None or items[at][0] == channel:
                    yield Offer(at, changed=((queue, _without(items, at)),))
        case Break(forth, back, unharmed):
            cut = (forth,) if back is None else (forth, back)
            whole = tuple(len(state[queue]) for queue in cut)
            for kept in product(*(range(length + 1) for length in whole)):
                if unharmed or kept != whole:
                    pairs = zip(cut, kept, strict=True)
                    yield Offer(kept=kept, changed=tuple((queue, state[queue][:length]) for queue, length in pairs))
        case _:
            assert_never(trigger)


def _positions(ground: Ground, queue: int, items: tuple[Value, ...], heads: bool) -> Iterator[int]:
    """Where a message can be taken: at the head or (not `heads`) anywhere; in a bag, the first copy of each value."""
    about = ground.cells[queue].queue
    assert about is not None
    if about.ordered:
        yield from range(min(len(items), 1) if heads else len(items))
    else:
        yield from (at for at, item in enumerate(items) if at == 0 or items[at - 1] != item)


def _without(items: tuple[Value, ...], at: int) -> tuple[Value, ...]:
    return items[:at] + items[at + 1 :]


class _Attempt:
    """One run of an instance from a state, under a script of orders; `met` are the orders as they were run."""

    def __init__(self, ground: Ground, state: State, offer: Offer, script: Orders) -> None:
        self.ground = ground
        self.before = state
        self.cells = list(state)
        for cell, value in offer.changed:
            self.cells[cell] = value
        self.seen: Sequence[Value] = self.cells
        self.slots = dict(offer.slots)
        self.script = script
        self.met: list[tuple[int, ...]] = []
        self.written: dict[int, None] = {}
        self.events: list[Sent | Emptied] = []

    def outcome(self, instance: Instance) -> Outcome | None:
        """What the instance does, or None where it is not enabled."""
        try:
            if not self.value(instance.guard):
                return None
            for command in instance.before:
                self.look_at(command, self.before)
            self.block(instance.body)
            for command in instance.after:
                self.look_at(command, self.cells)
        except BlockedError:
            return None
        except BoundError as met:
            return Cut(met.bound)
        except RunError as met:
            return Failed(met.code, met.span, met.message)
        return Reached(tuple(self.cells))

    def value(self, expr: Expr) -> Value:
        return evaluate(expr, self.seen, self.slots)

    def look_at(self, command: Command, state: Sequence[Value]) -> None:
        """One command of a monitor, which reads this state."""
        match command:
            case SetCell(cell, value):
                self.cells[cell] = evaluate(value, state, self.slots)
            case SetSlot(slot, value):
                self.slots[slot] = evaluate(value, state, self.slots)
            case _:
                raise EngineBug("a monitor does more than write its variable")

    def block(self, block: Block) -> None:
        for command in block:
            self.command(command)

    def command(self, command: Command) -> None:
        match command:
            case SetCell(cell, value):
                self.write(cell, self.value(value))
            case SetOneOf(cells, keys, value):
                cell = cells[key_rank(keys, [self.value(key.expr) for key in keys])]
                self.write(cell, self.value(value))
            case SetSlot(slot, value):
                self.slots[slot] = self.value(value)
            case Enqueue(queues, keys, channel, message, fields):
                queue = queues[key_rank(keys, [self.value(key.expr) for key in keys])]
                self.send(queue, (channel, message, *self.value(fields)))
            case Empty(queues, channel):
                for queue in queues:
                    self.write(queue, emptied(self.cells[queue], channel))
                    self.events.append(Emptied(queue, channel))
            case Assert(condition, span):
                if not self.value(condition):
                    raise RunError(Code.ASSERTION_FAILED, span, "the assertion is false")
            case If(condition, yes, no):
                self.block(yes if self.value(condition) else no)
            case AnyOrder(passes):
                chosen = [index for index, (condition, _) in enumerate(passes) if self.value(condition)]
                for index in self.order(chosen):
                    self.block(passes[index][1])
            case _:
                assert_never(command)

    def write(self, cell: int, value: Value) -> None:
        self.cells[cell] = value
        self.written[cell] = None

    def send(self, queue: int, message: Value) -> None:
        items = sent(self.ground, queue, self.cells[queue], message)
        if len(items) > len(self.cells[queue]):
            self.write(queue, items)
            self.events.append(Sent(queue, message))

    def order(self, chosen: list[int]) -> tuple[int, ...]:
        """The order of the passes that the script gives, or else their own."""
        few_enough(chosen)
        at = len(self.met)
        order = self.script[at] if at < len(self.script) else tuple(chosen)
        if sorted(order) != chosen:
            order = tuple(chosen)  # not a script for this state: `run` sees the difference
        self.met.append(order)
        return order


def sent(ground: Ground, queue: int, items: tuple[Value, ...], message: Value) -> tuple[Value, ...]:
    """The queue after a send; raises `BlockedError` or `BoundError` where it is full."""
    about = ground.cells[queue].queue
    assert about is not None
    if about.distinct and message in items:
        return items
    if len(items) >= about.bound:
        if about.blocking:
            raise BlockedError
        raise BoundError(f"capacity of {ground.channels[about.carrier].name}")
    if about.ordered:
        return (*items, message)
    return tuple(sorted((*items, message), key=message_key(ground)))


def emptied(items: tuple[Value, ...], channel: int | None) -> tuple[Value, ...]:
    """The queue without the messages of a channel (None: without any)."""
    return () if channel is None else tuple(item for item in items if item[0] != channel)


# ---- orders


def message_key(ground: Ground) -> Callable[[Value], Any]:
    """Keys that order messages in flight: channel, message, fields."""
    keys = [order_key(record) for record in ground.messages]
    return lambda message: (message[0], message[1], keys[message[1]](message[2:]))


def cell_key(ground: Ground, cell: Cell) -> Callable[[Value], Any]:
    """Keys that order what a cell can hold; of queues the shorter first, then message by message."""
    if cell.domain is not None:
        return order_key(cell.domain)
    message = message_key(ground)
    return lambda items: (len(items), tuple([message(item) for item in items]))


def state_key(ground: Ground) -> Callable[[State], Any]:
    """Keys that order states, cell by cell."""
    keys = [cell_key(ground, cell) for cell in ground.cells]
    return lambda state: tuple([key(value) for key, value in zip(keys, state, strict=True)])


# ---- properties


def in_state(ground: Ground, claim: Expr, state: State) -> bool:
    """The value of a state predicate; as in an initial state, every step name is false."""
    return bool(evaluate(claim, state))


def on_step(ground: Ground, about: Property, claim: Expr, source: State, choice: Choice, target: State) -> bool:
    """The value of the claim (or antecedent) of an `on_steps` property on one step."""
    instance = ground.instances[choice.instance]
    claim = resolve_took(ground, claim, instance)
    slots: Slots = NO_SLOTS
    if isinstance(instance.trigger, Receive):
        slots = {0: source[instance.trigger.queue][choice.at][2:]}
    if about.kind == "step":
        return bool(evaluate(claim, source, slots, target))
    return bool(evaluate(claim, target, slots))
