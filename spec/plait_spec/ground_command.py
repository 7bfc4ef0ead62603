"""Commands of CORE into GROUND: places into cells, loops into passes, sends into queue cells.

Whatever is evaluated once in CORE is evaluated once here: where a value is needed in several cells, or by passes that
run after others, it waits in a slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from plait_spec import core, fold
from plait_spec.domains import Domain, MapDomain, RecordDomain, contains, values
from plait_spec.ground import (
    AnyOrder,
    Assert,
    Block,
    Command,
    Const,
    Empty,
    Enqueue,
    Expr,
    If,
    Key,
    Let,
    SetCell,
    SetOneOf,
    SetSlot,
    Slot,
    Tuple,
)
from plait_spec.ground_context import Layout
from plait_spec.ground_convert import Slots, Term, key_of, stored
from plait_spec.ground_expr import Expander
from plait_spec.ground_queues import QueueKeys, family_of, selected
from plait_spec.ground_scope import Spread, View
from plait_spec.ground_walk import can_err, cells_read, cells_written, is_simple
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.source import Span


@record
class Write:
    """A value for one cell, or for the one of several that keys choose."""

    cells: tuple[int, ...]
    keys: tuple[Key, ...]
    value: Expr

    def command(self) -> Command:
        """As a command."""
        if not self.keys:
            return SetCell(self.cells[0], self.value)
        return SetOneOf(self.cells, self.keys, self.value)

    def read(self) -> set[int]:
        """The cells that it looks at."""
        found = cells_read(self.value)
        for key in self.keys:
            found |= cells_read(key.expr)
        return found


class Commander:
    """Expands commands; names and slots are those of its expander."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.context = expander.context
        self.slots = expander.slots

    def block(self, commands: core.Block) -> Block:
        """Commands one after the other; names and slots that they bind end with them."""
        mark = self.slots.depth
        found: list[Command] = []
        for command in commands:
            found += self.command(command)
        self.slots.depth = mark
        return tuple(found)

    def command(self, command: core.Command) -> Sequence[Command]:
        """One command."""
        self.context.spend(command.span)
        match command:
            case core.Assign(place, value):
                return self.assign(place, value)
            case core.Send():
                return self.send(command)
            case core.Clear(queues):
                return self.clear(queues, command.span)
            case core.Bind(local, value):
                return self.let(local, value)
            case core.Assert(condition):
                claim = self.expander.truth(condition)
                return () if fold.is_true(claim) else (Assert(claim, command.span),)
            case core.When(condition, yes, no):
                return self.when(condition, yes, no)
            case core.ForEach():
                return self.unordered(command) if command.unordered else self.ordered(command)
            case _:
                assert_never(command)

    # ---- names and conditions -----------------------------------------------------------------------------------

    def let(self, local: core.Local, value: core.Expr) -> Sequence[Command]:
        """A name for a value as it is now: later writes do not change it."""
        view = self.expander.declared(local, self.expander.view(value), value.span)
        if self.lasting(view):
            self.expander.bind(local, view)
            return ()
        term = self.expander.whole(view, value.span)
        slot, commands = self.kept(term.expr)
        self.expander.bind(local, Term(slot, term.domain))
        return commands

    def lasting(self, view: View) -> bool:
        """Whether the value is simple and no command can change it."""
        if isinstance(view, Spread):
            return False
        return is_simple(view.expr) and not cells_read(view.expr)

    def kept(self, expr: Expr) -> tuple[Expr, list[Command]]:
        """The value in a slot for the rest of the block, unless it is simple and lasts."""
        if is_simple(expr) and not cells_read(expr):
            return expr, []
        slot = self.slots.take()
        return Slot(slot), [SetSlot(slot, expr)]

    def when(self, condition: core.Expr, yes: core.Block, no: core.Block) -> Sequence[Command]:
        """One of two blocks."""
        test = self.expander.truth(condition)
        if isinstance(test, Const):
            return self.block(yes if test.value else no)
        return self.choice(test, self.block(yes), self.block(no))

    def choice(self, test: Expr, yes: Block, no: Block) -> Sequence[Command]:
        """`if`, unless it makes no difference."""
        if not yes and not no and not can_err(test):
            return ()
        return (If(test, yes, no),)

    # ---- loops --------------------------------------------------------------------------------------------------

    def ordered(self, loop: core.ForEach) -> Sequence[Command]:
        """Passes in order; a condition that an earlier pass could change or precede with an error waits in a slot."""
        mark = self.slots.depth
        found, passes = self.conditions(loop)
        result: list[Command] = []
        written: set[int] = set()
        for slot, condition, body in passes:
            late = can_err(condition) or not written.isdisjoint(cells_read(condition))
            if isinstance(condition, Const):
                result += body
            elif late:
                found.append(SetSlot(slot, condition))
                result += self.choice(Slot(slot), body, ())
            else:
                result += self.choice(condition, body, ())
            written |= cells_written(body)
        self.slots.depth = mark
        return [*found, *result]

    def conditions(self, loop: core.ForEach) -> tuple[list[Command], list[tuple[int, Expr, Block]]]:
        """Sets to be evaluated first, and for each pass a slot for its condition, the condition, and the body."""
        expander = self.expander
        sources, lets = expander.sources(loop.binders, loop.span)
        locals = [binder.local for binder in loop.binders]
        chosen = [
            (condition, [expander.named(local) for local in locals])
            for condition in expander.passes(sources, loop.where)
        ]
        self.slots.clear(*(condition for condition, _ in chosen))
        slots = [self.slots.take() for _ in chosen] if any(not fold.is_true(when) for when, _ in chosen) else []
        passes: list[tuple[int, Expr, Block]] = []
        for i, (condition, bound) in enumerate(chosen):
            for local, view in zip(locals, bound, strict=True):
                expander.bind(local, view)
            passes.append((slots[i] if slots else 0, condition, self.block(loop.body)))
        return [SetSlot(slot, value) for slot, value in lets], passes

    def unordered(self, loop: core.ForEach) -> Sequence[Command]:
        """Passes in any order."""
        mark = self.slots.depth
        first, passes = self.conditions(loop)
        self.slots.depth = mark
        if not passes or not (any(body for _, _, body in passes) or any(can_err(when) for _, when, _ in passes)):
            return first
        return [*first, AnyOrder(tuple((condition, body) for _, condition, body in passes))]

    # ---- assignment ---------------------------------------------------------------------------------------------

    def assign(self, place: core.Place, value: core.Expr) -> Sequence[Command]:
        """`place = value`: keys first, then the value, then the writes."""
        mark = self.slots.depth
        layout = self.context.layout(place.variable)
        if layout.known is not None:
            raise BrokenLaw("constants are never written", place.variable)
        outer = min(len(layout.keys), len(place.path))
        before: list[Command] = []
        keys: list[Key] = []
        for i, part in enumerate(place.path[:outer]):
            keys.append(self.place_key(part, layout.keys[i], place.span))
        inner = place.path[outer:]
        self.slots.clear(*(key.expr for key in keys))
        if inner or len(keys) < len(layout.keys):
            keys = [self.reused(key, before) for key in keys]
        if inner:
            writes = [self.inside(layout, tuple(keys), inner, value, place, before)]
        else:
            writes = self.spread(layout, tuple(keys), self.expander.view(value), value.span, before)
        commands = [*before, *in_one_go(writes, self.slots)]
        self.slots.depth = mark
        return commands

    def place_key(self, part: core.Expr | str, domain: Domain, span: Span) -> Key:
        """A key of a place."""
        if isinstance(part, str):
            raise BrokenLaw("places fit their variables", f"{span}: `{part}` is no key")
        return key_of(self.expander.term(part), domain, self.slots, part.span)

    def reused(self, key: Key, before: list[Command]) -> Key:
        """The key as something that may be evaluated several times."""
        if is_simple(key.expr):
            return key
        expr, commands = self.kept(key.expr)
        before += commands
        return Key(expr, key.domain, key.span, key.sure)

    def inside(
        self,
        layout: Layout,
        keys: tuple[Key, ...],
        path: tuple[core.Expr | str, ...],
        value: core.Expr,
        place: core.Place,
        before: list[Command],
    ) -> Write:
        """A value for a part of what one cell holds."""
        cells, open_keys = layout.chosen(keys)
        steps = self.steps(layout.value, path, place.span, before)
        current = Term(fold.one_of(cells, open_keys), layout.value)
        changed = self.changed(current, steps, self.expander.term(value), layout.name, value.span)
        return Write(cells, open_keys, changed)

    def steps(
        self, domain: Domain, path: Sequence[core.Expr | str], span: Span, before: list[Command]
    ) -> list[Key | int]:
        """The way into a value: keys and field positions."""
        found: list[Key | int] = []
        for part in path:
            match domain, part:
                case RecordDomain(_, fields), str():
                    position = next(i for i, (name, _) in enumerate(fields) if name == part)
                    found.append(position)
                    domain = fields[position][1]
                case MapDomain(key, of), _:
                    found.append(self.reused(self.place_key(part, key, span), before))
                    domain = of
                case _:
                    raise BrokenLaw("places fit their variables", str(span))
        return found

    def changed(self, current: Term, steps: Sequence[Key | int], value: Term, place: str, span: Span) -> Expr:
        """The current value with one part replaced."""
        if not steps:
            return stored(value, current.domain, place, self.slots, span)
        match steps[0], current.domain:
            case int(position), RecordDomain(_, fields):
                part = Term(fold.field(current.expr, position), fields[position][1])
                return fold.with_field(current.expr, position, self.changed(part, steps[1:], value, place, span))
            case Key() as key, MapDomain(_, of):
                part = Term(fold.item(current.expr, key), of)
                return fold.with_item(current.expr, key, self.changed(part, steps[1:], value, place, span))
            case _:
                raise BrokenLaw("places fit their variables", str(span))

    def spread(
        self, layout: Layout, keys: tuple[Key, ...], view: View, span: Span, before: list[Command]
    ) -> list[Write]:
        """A value for a cell, or one for each cell of what is left of a map."""
        if len(keys) == len(layout.keys):
            term = self.expander.whole(view, span)
            cells, open_keys = layout.chosen(keys)
            return [Write(cells, open_keys, stored(term, layout.value, layout.name, self.slots, span))]
        domain = layout.keys[len(keys)]
        parts = self.parts(view, domain, span, before)
        found: list[Write] = []
        for value, part in zip(values(domain), parts, strict=True):
            key = Key(Const(value), domain, span, sure=True)
            found += self.spread(layout, (*keys, key), part, span, before)
        return found

    def parts(self, view: View, keys: Domain, span: Span, before: list[Command]) -> list[View]:
        """The values of a map, one by one."""
        if isinstance(view, Term) and not isinstance(view.expr, Const | Tuple):
            view = self.opened(view, before)
        return self.expander.items(view, keys, span)

    def opened(self, map: Term, before: list[Command]) -> Term:
        """A map as a tuple if it is one under `let`s, otherwise in a slot."""
        expr = map.expr
        while isinstance(expr, Let):
            self.slots.clear(expr)
            before.append(SetSlot(expr.slot, expr.value))
            expr = expr.body
        if not isinstance(expr, Const | Tuple):
            expr, commands = self.kept(expr)
            before += commands
        return Term(expr, map.domain)

    # ---- channels -----------------------------------------------------------------------------------------------

    def send(self, command: core.Send) -> Sequence[Command]:
        """A message for one queue."""
        channel, declared = self.context.channel(command.channel)
        _, carrier = self.context.channel(declared.carrier)
        message, record = self.context.message(command.message)
        queues = [queue for queue in self.context.queues[declared.carrier] if queue.forward == command.forward]
        keys: list[Key] = []
        for end, given, side in ((carrier.left, command.left, "left"), (carrier.right, command.right, "right")):
            domain = family_of(self.context, end, command.span)
            if domain is None:
                continue
            if given is None:
                raise BrokenLaw("a message goes to one queue", str(command.span))
            key = key_of(self.expander.term(given), domain, self.slots, given.span)
            if isinstance(key.expr, Const) and contains(domain, key.expr.value):
                queues = [queue for queue in queues if getattr(queue, side) == key.expr.value]
            else:
                keys.append(key)
        fields = self.expander.fields(command.fields, record)
        return (Enqueue(tuple(queue.cell for queue in queues), tuple(keys), channel, message, fields),)

    def clear(self, ref: core.QueueRef, span: Span) -> Sequence[Command]:
        """Empties queues."""
        expander = self.expander
        keys = QueueKeys(*(None if end is None else expander.term(end) for end in (ref.left, ref.right)))
        index, declared = self.context.channel(ref.channel)
        shared = any(other.carrier == declared.carrier != other.name for other in self.context.model.channels)
        channel = index if shared else None
        mark = self.slots.depth
        chosen, lets = selected(self.context, ref, keys, self.slots, span)
        commands: list[Command] = [SetSlot(slot, value) for slot, value in lets]
        for when, cells in chosen:
            empty = Empty(cells, channel)
            commands += (empty,) if fold.is_true(when) else (If(when, (empty,), ()),)
        self.slots.depth = mark
        return commands


def in_one_go(writes: Sequence[Write], slots: Slots) -> list[Command]:
    """All the writes, none of which sees another: where one would, all values are evaluated first."""
    written: set[int] = set()
    for write in writes:
        if not written.isdisjoint(write.read()):
            return _after_all(writes, slots)
        written.update(write.cells)
    return [write.command() for write in writes]


def _after_all(writes: Sequence[Write], slots: Slots) -> list[Command]:
    first: list[Command] = []
    then: list[Command] = []
    for write in writes:
        if is_simple(write.value) and not cells_read(write.value):
            value = write.value
        else:
            slot = slots.beyond()
            first.append(SetSlot(slot, write.value))
            value = Slot(slot)
        keys = tuple(_remembered(key, slots, first) for key in write.keys)
        then.append(Write(write.cells, keys, value).command())
    return [*first, *then]


def _remembered(key: Key, slots: Slots, first: list[Command]) -> Key:
    if not cells_read(key.expr):
        return key
    slot = slots.beyond()
    first.append(SetSlot(slot, key.expr))
    return Key(Slot(slot), key.domain, key.span, key.sure)
