"""Commands and rule instances as closures: `StagedInstance.moves(state)` is everything an instance does in a state.

The same order and the same outcomes as `plait.semantics`, told as *writes* (which cells get which values) rather than
as states, so that what an instance did can be remembered for every state that looks the same to it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple, TypeAlias, assert_never

from plait.engines.interpreter.reads import has_orders, has_slots, instance_reads
from plait.engines.interpreter.stage import Closure, Env, Layout, stage_expr, stage_key
from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.semantics import BlockedError, Offer, Orders, State, emptied, few_enough, message_key, next_orders, offers
from plait_spec.diagnostics import Code
from plait_spec.domains import Value
from plait_spec.ground import (
    Act,
    AnyOrder,
    Assert,
    Block,
    Choice,
    Command,
    Empty,
    Enqueue,
    Ground,
    If,
    SetCell,
    SetOneOf,
    SetSlot,
)

Writes: TypeAlias = tuple[tuple[int, Value], ...]
Action: TypeAlias = Callable[[Env], None]
ORDERS, WRITES = -2, -1  # places at the end of the environment of commands


class Moves(NamedTuple):
    """What is possible in a state: how many transitions, and of those that lead to a state, writes and choices.

    `cuts` are the bounds of the steps that are cut, `failures` the choices that err (also counted).  `asked` are the
    claims about steps (by number) that have something to say about one of these steps, with that step.
    """

    transitions: int
    writes: tuple[Writes, ...]
    choices: tuple[Choice, ...]
    cuts: tuple[str, ...]
    failures: tuple[Choice, ...]
    asked: tuple[tuple[int, Choice, Writes], ...] = ()


NOTHING = Moves(0, (), (), (), ())


def joined(all_moves: list[Moves]) -> Moves:
    """The moves of several instances as one."""
    some = [moves for moves in all_moves if moves is not NOTHING]
    if len(some) <= 1:
        return some[0] if some else NOTHING
    return Moves(
        sum(moves.transitions for moves in some),
        tuple(chain.from_iterable(moves.writes for moves in some)),
        tuple(chain.from_iterable(moves.choices for moves in some)),
        tuple(chain.from_iterable(moves.cuts for moves in some)),
        tuple(chain.from_iterable(moves.failures for moves in some)),
    )


class _Script:
    """Which order each `AnyOrder` takes: as given, then ascending; `met` are the orders that were taken."""

    def __init__(self, given: Orders) -> None:
        self.given = given
        self.met: list[tuple[int, ...]] = []

    def take(self, chosen: list[int]) -> tuple[int, ...]:
        few_enough(chosen)
        at = len(self.met)
        order = self.given[at] if at < len(self.given) else tuple(chosen)
        self.met.append(order)
        return order


class StagedInstance:
    """One rule instance, its expressions and commands made into closures."""

    def __init__(self, ground: Ground, index: int) -> None:
        instance = ground.instances[index]
        self.ground, self.index, self.instance = ground, index, instance
        self.reads = instance_reads(instance)
        count = len(ground.cells)
        layout = Layout(0, count)
        self.guard = stage_expr(instance.guard, layout)
        self.before = stage_before(instance.before, layout)
        self.body = stage_block(ground, (*instance.body, *instance.after), layout)
        self.pad: tuple[Any, ...] = (None,) * instance.slots
        self.direct = isinstance(instance.trigger, Act) and not has_slots(instance.guard)
        self.ordered = any(map(has_orders, (instance.body, instance.after)))
        self.choice = Choice(index)

    def moves(self, state: State) -> Moves:
        """What the instance does in a state."""
        if self.direct:
            try:
                if not self.guard(state):
                    return NOTHING
            except RunError:
                return Moves(1, (), (), (), (self.choice,))
        if self.direct and not self.ordered:
            return self.attempt(state, None, _Script(()), self.choice)
        found = []
        for offer in offers(self.ground, state, self.instance.trigger):
            orders: Orders | None = ()
            while orders is not None:
                script = _Script(orders)
                moves = self.attempt(state, offer, script, Choice(self.index, offer.at, offer.kept))
                found.append(_with_orders(moves, tuple(script.met)))
                orders = next_orders(tuple(script.met))
        return joined(found)

    def attempt(self, state: State, offer: Offer | None, script: _Script, choice: Choice) -> Moves:
        """One run; of an offer (None: the guard is known to be true), in the orders of the script."""
        written: dict[int, Value] = {}
        e: list[Any] = [*state, *self.pad, script, written]
        try:
            if offer is not None and not self.enter(e, offer, written):
                return NOTHING
            if self.before is not None:
                self.look_back(state, e, written)
            self.body(e)
        except BlockedError:
            return NOTHING
        except BoundError as met:
            return Moves(0, (), (), (met.bound,), ())
        except RunError:
            return Moves(1, (), (), (), (choice,))
        return Moves(1, (tuple(written.items()),), (choice,), (), ())

    def enter(self, e: list[Any], offer: Offer, written: dict[int, Value]) -> bool:
        """Put what the trigger does into the environment, and ask the guard."""
        for cell, value in offer.changed:
            e[cell] = written[cell] = value
        for slot, value in offer.slots.items():
            e[len(self.ground.cells) + slot] = value
        return bool(self.guard(e))

    def look_back(self, state: State, e: list[Any], written: dict[int, Value]) -> None:
        """Monitors that read the state before the step."""
        assert self.before is not None
        for cell, value in self.before([*state, *e[len(state) :]]):
            e[cell] = written[cell] = value


def _with_orders(moves: Moves, met: Orders) -> Moves:
    """The moves of one run, with the orders in its choice."""
    if not met or moves is NOTHING:
        return moves
    named = [tuple(Choice(c.instance, c.at, c.kept, met) for c in row) for row in (moves.choices, moves.failures)]
    return Moves(moves.transitions, moves.writes, named[0], moves.cuts, named[1])


# ---- commands


def stage_before(block: Block, layout: Layout) -> Closure | None:
    """A closure that gives what the monitors write, from the state before the step."""
    actions: list[tuple[bool, int, Closure]] = []
    for command in block:
        match command:
            case SetCell(cell, value):
                actions.append((True, cell, stage_expr(value, layout)))
            case SetSlot(slot, value):
                actions.append((False, layout.slots + slot, stage_expr(value, layout)))
            case _:
                raise EngineBug("a monitor does more than write its variable")

    def run(e: Env) -> list[tuple[int, Value]]:
        written = []
        for is_cell, place, value in actions:
            if is_cell:
                written.append((place, value(e)))
            else:
                e[place] = value(e)
        return written

    return run if actions else None


def stage_block(ground: Ground, block: Block, layout: Layout) -> Action:
    """The commands one after the other."""
    actions = tuple(stage_command(ground, command, layout) for command in block)
    match actions:
        case ():
            return lambda e: None
        case (only,):
            return only
        case _:

            def run(e: Env) -> None:
                for action in actions:
                    action(e)

            return run


def stage_command(ground: Ground, command: Command, layout: Layout) -> Action:
    """A closure that runs the command in an environment and notes what it writes."""
    match command:
        case SetCell(cell, value):
            return _set(lambda e: cell, stage_expr(value, layout))
        case SetOneOf(cells, keys, value):
            return _set(_pick(cells, stage_key(keys, layout)), stage_expr(value, layout))
        case SetSlot(slot, value):
            return _set_slot(layout.slots + slot, stage_expr(value, layout))
        case Enqueue(queues, keys, channel, message, fields):
            return _enqueue(ground, queues, stage_key(keys, layout), (channel, message), stage_expr(fields, layout))
        case Empty(queues, channel):
            return _empty(queues, channel)
        case Assert(condition, span):
            return _assert(stage_expr(condition, layout), RunError(Code.ASSERTION_FAILED, span, ""))
        case If(condition, yes, no):
            blocks = stage_block(ground, yes, layout), stage_block(ground, no, layout)
            return _if(stage_expr(condition, layout), *blocks)
        case AnyOrder(passes):
            bodies = [stage_block(ground, body, layout) for _, body in passes]
            return _any_order([stage_expr(condition, layout) for condition, _ in passes], bodies)
        case _:
            assert_never(command)


def _pick(cells: tuple[int, ...], at: Closure) -> Closure:
    return lambda e: cells[at(e)]


def _set(place: Closure, value: Closure) -> Action:
    def run(e: Env) -> None:
        cell = place(e)
        e[cell] = e[WRITES][cell] = value(e)

    return run


def _set_slot(place: int, value: Closure) -> Action:
    def run(e: Env) -> None:
        e[place] = value(e)

    return run


def _enqueue(ground: Ground, queues: tuple[int, ...], at: Closure, head: tuple[int, int], fields: Closure) -> Action:
    key = message_key(ground)
    abouts = [ground.cells[queue].queue for queue in queues]

    def run(e: Env) -> None:
        here = at(e)
        queue, about = queues[here], abouts[here]
        assert about is not None
        items, message = e[queue], (*head, *fields(e))
        if about.distinct and message in items:
            return
        if len(items) >= about.bound:
            raise BlockedError if about.blocking else BoundError(f"capacity of {ground.channels[about.carrier].name}")
        new = (*items, message) if about.ordered else tuple(sorted((*items, message), key=key))
        e[queue] = e[WRITES][queue] = new

    return run


def _empty(queues: tuple[int, ...], channel: int | None) -> Action:
    def run(e: Env) -> None:
        for queue in queues:
            e[queue] = e[WRITES][queue] = emptied(e[queue], channel)

    return run


def _assert(condition: Closure, error: RunError) -> Action:
    def run(e: Env) -> None:
        if not condition(e):
            raise error

    return run


def _if(condition: Closure, yes: Action, no: Action) -> Action:
    def run(e: Env) -> None:
        if condition(e):
            yes(e)
        else:
            no(e)

    return run


def _any_order(conditions: list[Closure], bodies: list[Action]) -> Action:
    def run(e: Env) -> None:
        chosen = [index for index, condition in enumerate(conditions) if condition(e)]
        for index in e[ORDERS].take(chosen):
            bodies[index](e)

    return run
