"""Rule instances as functions of the subset: one for each *variant* of an instance.

A variant fixes what else the state could offer: the position of the message that is taken or lost, or the lengths kept
at a break.  Its function takes the words of a state and

    returns n                    not enabled, cut (then a counter of `info` goes up) or an error (a counter and a goal)
    writes out[n], returns n+W   the successor's words

Where a body has `unordered for`s, the function takes one more number r, which says in which order the passes run, and
leaves the next such number in `out` behind what it returns, 0 after the last: r has a digit for each `unordered for` in
the order in which they are met, the rank of a permutation of the passes that run, to the base of the most there can be.

Order of a step as in the reference semantics: trigger, guard, monitors that look back, body, monitors that look at the
new state, then the claims about steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import factorial, prod
from typing import assert_never

from plait.engines.native.code import Code, Functions
from plait.engines.native.emit_expr import Reader
from plait.engines.native.emit_sends import QueueWriter
from plait.engines.native.emit_values import joined
from plait.engines.native.goals import MODEL_ERROR, TOO_MANY_ORDERS, Info, StepClaim
from plait.engines.native.layout import Layout, QueueShape, UnsupportedError
from plait.engines.native.rolled import Step
from plait.engines.native.values import Val
from plait.errors import EngineBug
from plait.semantics import MAX_PASSES
from plait_spec.ground import (
    Act,
    And,
    AnyOrder,
    Assert,
    Block,
    Break,
    Command,
    Empty,
    Enqueue,
    Expr,
    Ground,
    If,
    Instance,
    Lose,
    Receive,
    SetCell,
    SetOneOf,
    SetSlot,
)
from plait_spec.ground_walk import commands
from plait_spec.record import record

DEEP = 40  # levels of guards under each other
MOST_ORDERS = 1_000_000  # of one step: each is a successor, and there is a buffer for them all


@record
class Variant:
    """What a state offers to an instance, fixed: the position of the message, or the kept lengths."""

    at: int = 0
    kept: tuple[int, ...] = ()


def variants(layout: Layout, instance: Instance) -> list[Variant]:
    """Every variant of an instance, in the order of choices."""
    ground = layout.ground
    match instance.trigger:
        case Act():
            return [Variant()]
        case Receive(queue, channel, message):
            shape = layout.shapes[queue]
            assert isinstance(shape, QueueShape)
            there = any((kind.channel, kind.message) == (channel, message) for kind in shape.kinds)
            count = min(_bound(ground, queue), 1) if _ordered(ground, queue) else _bound(ground, queue)
            return [Variant(at) for at in range(count if there else 0)]
        case Lose(queue):
            return [Variant(at) for at in range(_bound(ground, queue))]
        case Break(forth, back):
            cells = (forth,) if back is None else (forth, back)
            lengths = product(*(range(_bound(ground, cell) + 1) for cell in cells))
            return [Variant(0, kept) for kept in lengths]
        case _:
            assert_never(instance.trigger)


def orders(instance: Instance) -> int:
    """At most so many orders of all `unordered for`s of a body.  Raises `UnsupportedError` where they are too many."""
    loops = [command for command in commands(instance.body) if isinstance(command, AnyOrder)]
    found = prod(factorial(min(len(loop.passes), MAX_PASSES)) for loop in loops)
    if found > MOST_ORDERS:
        raise UnsupportedError(f"a step with {found:,} orders of its `unordered for`s")
    if any(len(loop.passes) > 64 for loop in loops):
        raise UnsupportedError("an `unordered for` over more than 64")
    return found


def _bound(ground: Ground, cell: int) -> int:
    about = ground.cells[cell].queue
    assert about is not None
    return about.bound


def _ordered(ground: Ground, cell: int) -> bool:
    about = ground.cells[cell].queue
    assert about is not None
    return about.ordered


class StepWriter(QueueWriter):
    """Writes the function of one variant."""

    def __init__(self, layout: Layout, info: Info, instance: Instance, variant: Variant) -> None:
        self.layout, self.info, self.instance, self.variant = layout, info, instance, variant
        loops = [command for command in commands(instance.body) if isinstance(command, AnyOrder)]
        self.ordered = any(len(loop.passes) > 1 for loop in loops)
        word, bit = info.fired(layout.ground.model.rules[instance.rule].name)
        self.fired = f"f{word} |= {bit}"
        fired = f"info[{info.first_fired + word}] |= {bit}"
        fail = (f"info[{info.errors}] += 1", f"info[{info.events}] += 1", info.hit(MODEL_ERROR), fired, *self.leave())
        self.code = Code(lambda: fail, self.cut)
        self.now = Reader(layout, self.code, "t")
        self.guarded = self.code.depth

    def leave(self) -> tuple[str, ...]:
        """The lines with which the step ends because it is not enabled."""
        return ("out[n] = x", "return n") if self.ordered else ("return n",)

    def cut(self, bound: str) -> tuple[str, ...]:
        """The lines with which a bound ends the step."""
        return (f"info[{self.info.cut(bound)}] += 1", f"info[{self.info.events}] += 1", *self.leave())

    def step(self, claims: Sequence[StepClaim], functions: Functions) -> Step:
        """The whole step, with the claims about it.

        Claims that need a function of their own add it to `functions`.
        """
        self.trigger()
        held = self.code.depth
        self.guard(self.instance.guard)
        self.look_back()
        self.block(self.instance.body)
        self.block(self.instance.after)
        for claim in claims:
            claim.write(self.layout, self.code, self.now.slots.get(0), functions)
        return Step(tuple(self.code.lines), self.code.depth, self.leave(), self.fired, self.ordered, held)

    def guard(self, expr: Expr) -> None:
        """The guard: its first test stands alone, so that steps can share it; what an item writes comes after it."""
        items = expr.items if isinstance(expr, And) and not expr.every else (expr,)
        texts: list[str] = []
        for at, item in enumerate(items):
            if self.code.depth > DEEP:  # Python reads no more than a hundred levels
                self.tests(texts)
                self.stop_unless(self.now.truth(And(items[at:], every=False)))
                return
            lines: list[str] = []
            with self.code.aside(lines):
                written = 4 * self.code.depth
                text = self.now.truth(item)
            if lines and texts:
                self.tests(texts)
                texts = []
            self.code.add(*(line[written:] for line in lines))
            texts.append(text)
        self.tests(texts)

    def tests(self, texts: list[str]) -> None:
        """Not enabled unless all of these hold."""
        first, *rest = self.now.merged([text for text in texts if text != "1"], "and") or ["1"]
        self.stop_unless(first)
        self.stop_unless(self.now.together(rest, "and"))

    # ---- triggers

    def trigger(self) -> None:
        """What the trigger takes away; returns where it finds nothing to do."""
        match self.instance.trigger:
            case Act():
                pass
            case Receive(queue, channel, message, keep):
                self.receive(queue, channel, message, keep)
            case Lose(queue, channel):
                self.lose(queue, channel)
            case Break(forth, back, unharmed):
                self.breaks((forth,) if back is None else (forth, back), unharmed)
            case _:
                assert_never(self.instance.trigger)

    def stop_unless(self, condition: str) -> None:
        """Not enabled unless the condition holds."""
        if condition == "1":
            return
        if self.code.depth == self.guarded:
            self.code.add(f"if {condition}:")
            self.code.depth += 1
            self.guarded += 1
            return
        with self.code.block(f"if not {condition}:" if condition != "0" else "if 1 == 1:"):
            self.code.add(*self.leave())

    def receive(self, queue: int, channel: int, message: int, keep: bool) -> None:
        """Take a message."""
        at = self.variant.at
        tag = self.now.tag(queue, channel, message)
        assert tag is not None  # otherwise it has no variants
        self.stop_unless(self.now.holds(queue, at, tag))
        if at and not _ordered(self.layout.ground, queue):
            self.stop_unless(self.first_copy(queue, at))
        self.now.slots[0] = self.now.named(self.now.message(queue, tag, self.now.slot(queue, at)))
        if not keep:
            self.remove(queue, at)

    def lose(self, queue: int, channel: int | None) -> None:
        """Lose a message."""
        at = self.variant.at
        length = self.now.field(queue, 0)
        self.stop_unless(f"({length} > {at})")
        if channel is not None:
            kinds = self.now.queue(queue).kinds
            tags = [tag for tag, kind in enumerate(kinds) if kind.channel == channel]
            if len(tags) < len(kinds):
                tag = self.now.slot(queue, at)[0]
                self.stop_unless(joined([f"({tag} == {one})" for one in tags], "or"))
        if at and not _ordered(self.layout.ground, queue):
            self.stop_unless(self.first_copy(queue, at))
        self.remove(queue, at)

    def breaks(self, queues: tuple[int, ...], unharmed: bool) -> None:
        """Cut queues to prefixes."""
        whole = []
        for queue, kept in zip(queues, self.variant.kept, strict=True):
            length = self.now.field(queue, 0)
            self.stop_unless(f"({length} >= {kept})" if kept else "1")
            whole.append(f"({length} == {kept})")
        if not unharmed:
            self.stop_unless(f"(not {joined(whole, 'and')})")
        for queue, kept in zip(queues, self.variant.kept, strict=True):
            self.shorten(queue, kept)

    # ---- commands

    def look_back(self) -> None:
        """Monitors that look at the state before the step."""
        before = self.now.seeing("s")
        values = []
        for command in self.instance.before:
            match command:
                case SetCell(cell, value):
                    values.append((cell, self.now.named(before.value(value))))
                case SetSlot(slot, value):
                    self.now.slots[slot] = self.now.named(before.value(value))
                case _:
                    raise EngineBug("a monitor does more than write its variable")
        for cell, found in values:
            self.write(cell, found)

    def block(self, block: Block) -> None:
        """One command after the other."""
        for command in block:
            self.command(command)

    def command(self, command: Command) -> None:
        """One command."""
        match command:
            case SetCell(cell, value):
                self.write(cell, self.now.value(value))
            case SetOneOf(cells, keys, value):
                at = self.code.name(self.now.place(keys))
                new = self.now.named(self.now.value(value))
                self.write_one_of(cells, at, new)
            case SetSlot(slot, value):
                self.set_slot(slot, self.now.value(value))
            case Enqueue(queues, keys, channel, message, fields):
                at = self.code.name(self.now.place(keys)) if keys else "0"
                row = self.now.named(self.now.value(fields))
                self.enqueue_one_of(queues, at, channel, message, row)
            case Empty(queues, channel):
                for queue in queues:
                    self.empty(queue, channel)
            case Assert(condition):
                test = self.now.truth(condition)
                if test != "1":
                    self.code.fail_if(f"not {test}")
            case If(condition, yes, no):
                self.branch(self.now.truth(condition), yes, no)
            case AnyOrder(passes):
                self.any_order(passes)
            case _:
                assert_never(command)

    def set_slot(self, slot: int, value: Val) -> None:
        """A slot whose names are its own, so that a branch may set it."""
        self.now.slots[slot] = self.now.named(value)

    def write_one_of(self, cells: Sequence[int], at: str, value: Val) -> None:
        """The cell at a place found at run time."""
        if at.isdigit():
            self.write(cells[int(at)], value)
            return
        if self.write_evenly(cells, at, value):
            return
        for place, cell in enumerate(cells):
            with self.code.block(f"if {at} == {place}:"):
                self.write(cell, value)

    def branch(self, test: str, yes: Block, no: Block) -> None:
        """`if`: locals of a branch end with it."""
        if test in ("0", "1"):
            self.block(yes if test == "1" else no)
            return
        test = self.code.name(test)
        for head, block in ((f"if {test}:", yes), (f"if not {test}:", no)):
            if block:
                with self.code.block(head):
                    self.block(block)

    def any_order(self, passes: Sequence[tuple[Expr, Block]]) -> None:
        """The passes whose conditions hold, in the order that a digit of r says; x is the next r, if there is one."""
        code = self.code
        if len(passes) < 2:
            for condition, block in passes:
                self.branch(self.now.truth(condition), block, ())
            return
        left, count, ways, digit = (code.fresh() for _ in range(4))
        terms = [f"({1 << at} if {code.name(self.now.truth(of))} else 0)" for at, (of, _) in enumerate(passes)]
        code.add(f"{left} = {' | '.join(terms) or '0'}", f"{count} = popcount({left})")
        if len(passes) > MAX_PASSES:
            with code.block(f"if {count} > {MAX_PASSES}:"):
                code.add(self.info.hit(TOO_MANY_ORDERS), *self.leave())
        most = factorial(min(len(passes), MAX_PASSES))
        table = str(most)
        for known in range(min(len(passes), MAX_PASSES) - 1, 0, -1):
            table = f"({factorial(known)} if {count} <= {known} else {table})"
        code.add(f"{ways} = {table}", f"{digit} = (r // p) % {most}")
        with code.block(f"if {digit} + 1 < {ways}:"):
            code.add(f"x = (r % p) + ({digit} + 1) * p")
        code.add(f"p = p * {most}")
        skip, bit = code.fresh(), code.fresh()
        with code.block(f"while {count} > 0:"):
            code.add(f"{ways} = {ways} // {count}", f"{skip} = {digit} // {ways}", f"{digit} = {digit} % {ways}")
            code.add(f"{count} = {count} - 1", f"{bit} = {left}")
            with code.block(f"while {skip} > 0:"):
                code.add(f"{bit} = {bit} & ({bit} - 1)", f"{skip} = {skip} - 1")
            code.add(f"{bit} = {bit} ^ ({bit} & ({bit} - 1))", f"{left} = {left} ^ {bit}")
            for at, (_, block) in enumerate(passes):
                with code.block(f"if {bit} == {1 << at}:"):
                    self.block(block)
