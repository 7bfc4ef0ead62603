"""Rule instances as functions of the subset: one for each *variant* of an instance.

A variant fixes what else the state could offer: the position of the message that is taken or lost, the lengths kept at
a break, the order of each `unordered for`.  Its function takes the words of a state and

    returns n                    not enabled, cut (then a counter of `info` goes up) or an error (a counter and a goal)
    writes out[n], returns n+W   the successor's words

Order of a step as in the reference semantics: trigger, guard, monitors that look back, body, monitors that look at the
new state, then the claims about steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import assert_never

from plait.engines.native.code import Code
from plait.engines.native.emit_expr import Reader, as_bit
from plait.engines.native.emit_values import joined
from plait.engines.native.goals import MODEL_ERROR, Info, StepClaim
from plait.engines.native.layout import Layout, QueueShape, UnsupportedError
from plait.engines.native.values import Val, fitted, texts_of
from plait.errors import EngineBug
from plait_spec.ground import (
    Act,
    AnyOrder,
    Assert,
    Block,
    Break,
    Command,
    Empty,
    Enqueue,
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

FULL = (1 << 64) - 1
MAX_VARIANTS = 400
MAX_PASSES = 5


@dataclass(frozen=True, slots=True)
class Variant:
    """What a state offers to an instance, fixed: the position, the kept lengths, the passes that run in which order."""

    at: int = 0
    kept: tuple[int, ...] = ()
    orders: tuple[tuple[int, ...], ...] = ()


def variants(layout: Layout, instance: Instance) -> list[Variant]:
    """Every variant of an instance, in the order of choices."""
    ground = layout.ground
    loops = [command for command in commands(instance.body) if isinstance(command, AnyOrder)]
    if any(isinstance(inner, AnyOrder) for loop in loops for _, block in loop.passes for inner in commands(block)):
        raise UnsupportedError("an `unordered for` inside another")
    if any(len(loop.passes) > MAX_PASSES for loop in loops):
        raise UnsupportedError(f"an `unordered for` over more than {MAX_PASSES}")
    orders = [tuple(_arrangements(len(loop.passes))) for loop in loops]
    places: Sequence[tuple[int, tuple[int, ...]]]
    match instance.trigger:
        case Act():
            places = [(0, ())]
        case Receive(queue, channel, message):
            shape = layout.shapes[queue]
            assert isinstance(shape, QueueShape)
            there = any((kind.channel, kind.message) == (channel, message) for kind in shape.kinds)
            count = min(_bound(ground, queue), 1) if _ordered(ground, queue) else _bound(ground, queue)
            places = [(at, ()) for at in range(count if there else 0)]
        case Lose(queue):
            places = [(at, ()) for at in range(_bound(ground, queue))]
        case Break(forth, back):
            cells = (forth,) if back is None else (forth, back)
            places = [(0, kept) for kept in product(*(range(_bound(ground, cell) + 1) for cell in cells))]
        case _:
            assert_never(instance.trigger)
    count = len(places)
    for order in orders:
        count *= len(order)
    if count > MAX_VARIANTS:
        raise UnsupportedError(f"a step with {count:,} variants")
    return [Variant(at, kept, chosen) for at, kept in places for chosen in product(*orders)]


def _arrangements(count: int) -> Iterator[tuple[int, ...]]:
    for length in range(count + 1):
        yield from permutations(range(count), length)


def _bound(ground: Ground, cell: int) -> int:
    about = ground.cells[cell].queue
    assert about is not None
    return about.bound


def _ordered(ground: Ground, cell: int) -> bool:
    about = ground.cells[cell].queue
    assert about is not None
    return about.ordered


class StepWriter:
    """Writes the function of one variant."""

    def __init__(self, layout: Layout, info: Info, instance: Instance, variant: Variant) -> None:
        self.layout, self.info, self.instance, self.variant = layout, info, instance, variant
        word, bit = info.fired(layout.ground.model.rules[instance.rule].name)
        fired = f"info[{info.first_fired + word}] |= {bit}"
        fail = (f"info[{info.errors}] += 1", f"info[{info.events}] += 1", info.hit(MODEL_ERROR), fired, "return n")
        self.code = Code(lambda: (*self.other_orders(), *fail), lambda bound: (*self.other_orders(), *self.cut(bound)))
        self.now = Reader(layout, self.code, "t")
        self.orders = list(variant.orders)
        self.reached: list[tuple[str, bool]] = []
        self.base = self.code.depth

    def other_orders(self) -> tuple[str, ...]:
        """Where a step ends early, `unordered for`s that it did not come to have no order: it counts only once."""
        if any(self.orders):
            return ("return n",)
        return tuple(line for flag, needed in self.reached if needed for line in (f"if not {flag}:", "    return n"))

    def cut(self, bound: str) -> tuple[str, ...]:
        """What a bound does to the step."""
        return (f"info[{self.info.cut(bound)}] += 1", f"info[{self.info.events}] += 1", "return n")

    def write_all(self, claims: Sequence[StepClaim], functions: list[str]) -> None:
        """The whole step, with the claims about it, up to the writing of the successor.

        Claims that need a function of their own add it to `functions`.
        """
        self.code.add(*(f"t{word} = s{word}" for word in range(self.layout.words)))
        self.trigger()
        self.stop_unless(self.now.truth(self.instance.guard))
        self.look_back()
        self.block(self.instance.body)
        for flag, needed in self.reached:
            if needed:
                self.stop_unless(flag)
        self.block(self.instance.after)
        for claim in claims:
            claim.write(self.layout, self.code, self.now.slots.get(0), functions)
        words = self.layout.words
        self.code.add(*(f"out[n + {word}] = t{word}" if word else "out[n] = t0" for word in range(words)))

    @property
    def inlinable(self) -> bool:
        """Whether nothing in it ends a function early."""
        return not any(line.strip() == "return n" for line in self.code.lines)

    def flags(self) -> list[str]:
        """The flags of `unordered for`s, which start as 0."""
        return [f"{flag} = 0" for flag, _ in self.reached]

    def function(self, name: str) -> list[str]:
        """The step as a function of its own."""
        head = ", ".join(f"s{word}: u64" for word in range(self.layout.words))
        flags = [f"    {flag}" for flag in self.flags()]
        body = [*self.code.lines, "    " * self.code.depth + f"return n + {self.layout.words}"]
        end = [] if self.code.depth == 1 else ["    return n"]
        return [f"def {name}({head}, out: u64s, n: u64, info: u64s) -> u64:", *flags, *body, *end]

    def inline(self, fired: str) -> list[str]:
        """The step as a part of the function that takes all steps."""
        flags = [f"    {flag}" for flag in self.flags()]
        inner = "    " * self.code.depth
        return [*flags, *self.code.lines, f"{inner}n += {self.layout.words}", f"{inner}{fired}"]

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
        if self.code.depth == self.base:
            self.code.add(f"if {condition}:")
            self.code.depth += 1
            self.base += 1
            return
        with self.code.block(f"if not {condition}:" if condition != "0" else "if 1 == 1:"):
            self.code.add("return n")

    def receive(self, queue: int, channel: int, message: int, keep: bool) -> None:
        """Take a message."""
        at = self.variant.at
        tag = self.now.tag(queue, channel, message)
        assert tag is not None  # otherwise it has no variants
        self.stop_unless(self.now.holds(queue, at, tag))
        self.first_copy(queue, at)
        self.now.slots[0] = self.now.named(self.now.message(queue, tag, self.now.slot(queue, at)))
        if not keep:
            self.remove(queue, at)

    def first_copy(self, queue: int, at: int) -> None:
        """In a bag, only the first of equal messages counts."""
        if at and not _ordered(self.layout.ground, queue):
            mine, before = self.now.slot(queue, at), self.now.slot(queue, at - 1)
            same = joined([f"({one} == {other})" for one, other in zip(mine, before, strict=True) if one != "0"], "and")
            self.stop_unless(f"(not {same})" if same != "1" else "0")

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
        self.first_copy(queue, at)
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
            shape = self.now.queue(queue)
            width = len(shape.slot)
            texts: dict[int, str] = {0: str(kept)}
            texts |= {1 + at * width + part: "0" for at in range(kept, shape.bound) for part in range(width)}
            self.write_fields(queue, texts)

    def remove(self, queue: int, at: int) -> None:
        """Take the message at a place out of a queue; those behind it move up."""
        shape = self.now.queue(queue)
        width = len(shape.slot)
        texts = {0: f"({self.now.field(queue, 0)} - 1)"}
        for place in range(at, shape.bound):
            following = self.now.slot(queue, place + 1) if place + 1 < shape.bound else ["0"] * width
            for part in range(width):
                texts[1 + place * width + part] = following[part]
        self.write_fields(queue, texts)

    # ---- writing

    def write_fields(self, cell: int, texts: dict[int, str]) -> None:
        """Give fields of a cell new values, all read before any is written."""
        places = self.layout.places[cell]
        words: dict[int, tuple[int, int, list[str]]] = {}
        for at, text in texts.items():
            place = places[at]
            if place.bits == 0:
                continue
            mask, known, moving = words.get(place.word, (0, 0, []))
            if text.isdigit():
                known |= int(text) << place.shift
            else:
                moving = [*moving, f"({text} << {place.shift})" if place.shift else text]
            words[place.word] = (mask | place.mask, known, moving)
        news = []
        for word, (mask, known, moving) in words.items():
            kept = [f"(t{word} & {FULL ^ mask})"] if mask != FULL else []
            parts = [*kept, *([str(known)] if known else []), *moving]
            news.append((word, " | ".join(parts) or "0"))
        if len(news) > 1:
            named = [(word, self.code.fresh(), text) for word, text in news]
            self.code.add(*(f"{name} = {text}" for _, name, text in named))
            news = [(word, name) for word, name, _ in named]
        self.code.add(*(f"t{word} = {text}" for word, text in news))

    def write(self, cell: int, value: Val) -> None:
        """Give a cell a new value."""
        found = texts_of(fitted(value, self.now.domain(cell)))
        self.write_fields(cell, dict(enumerate(found)))

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

    def any_order(self, passes: Sequence[tuple[object, Block]]) -> None:
        """The passes of this variant, in its order; every other choice of passes is another variant."""
        order = self.orders.pop(0)
        flag = f"w{len(self.reached)}"
        self.reached.append((flag, bool(order)))
        tests = [self.code.name(self.now.truth(condition)) for condition, _ in passes]  # type: ignore[arg-type]
        for place, test in enumerate(tests):
            wanted = place in order
            if test in ("0", "1"):
                if (test == "1") != wanted:
                    self.stop_unless("0")
                continue
            self.stop_unless(test if wanted else f"(not {test})")
        self.code.add(f"{flag} = 1")
        for place in order:
            self.block(passes[place][1])

    # ---- queues

    def enqueue_one_of(self, queues: Sequence[int], at: str, channel: int, message: int, row: Val) -> None:
        """Send to the queue at a place found at run time."""
        if at.isdigit():
            self.enqueue(queues[int(at)], channel, message, row)
            return
        for place, queue in enumerate(queues):
            with self.code.block(f"if {at} == {place}:"):
                self.enqueue(queue, channel, message, row)

    def enqueue(self, queue: int, channel: int, message: int, row: Val) -> None:
        """Send: what happens where the queue is full or holds the message is the queue's."""
        about = self.layout.ground.cells[queue].queue
        assert about is not None
        shape = self.now.queue(queue)
        tag = self.now.tag(queue, channel, message)
        assert tag is not None
        slot = [self.code.name(text) for text in packed(self.now, queue, tag, row)]
        length = self.code.name(self.now.field(queue, 0))
        room = f"{length} == {shape.bound}" if shape.bound else "1 == 1"
        bound = f"capacity of {self.carrier(about.carrier)}"
        full = ("return n",) if about.blocking else self.code.cut(bound)
        if not about.distinct:
            with self.code.block(f"if {room}:"):
                self.code.add(*full)
            self.insert(queue, slot, length, about.ordered)
            return
        there = self.code.name(as_bit(self.already(queue, slot)))
        with self.code.block(f"if not {there}:"):
            with self.code.block(f"if {room}:"):
                self.code.add(*full)
            self.insert(queue, slot, length, about.ordered)

    def carrier(self, channel: int) -> str:
        """The name of a channel."""
        return self.layout.ground.channels[channel].name

    def already(self, queue: int, slot: Sequence[str]) -> str:
        """That the queue holds a message equal to this one."""
        length = self.now.field(queue, 0)
        found = []
        for at in range(self.now.queue(queue).bound):
            there = self.now.slot(queue, at)
            same = [f"({one} == {other})" for one, other in zip(there, slot, strict=True) if one != "0"]
            found.append(joined([f"({length} > {at})", *same], "and"))
        return joined(found, "or") if found else "0"

    def insert(self, queue: int, slot: Sequence[str], length: str, ordered: bool) -> None:
        """Append, or insert into a bag's order."""
        shape = self.now.queue(queue)
        width = len(shape.slot)
        slots = [self.now.slot(queue, at) for at in range(shape.bound)]
        texts: dict[int, str] = {0: f"({length} + 1)"}
        if ordered:
            for at, old in enumerate(slots):
                for part in range(width):
                    if old[part] != "0":
                        texts[1 + at * width + part] = f"({slot[part]} if {length} == {at} else {old[part]})"
        else:
            self.insert_sorted(slots, slot, length, texts)
        self.write_fields(queue, texts)

    def insert_sorted(self, slots: list[list[str]], slot: Sequence[str], length: str, texts: dict[int, str]) -> None:
        """Each slot keeps its message, takes the new one, or that of the slot before it."""
        width = len(slot)
        goes = [self.code.name(as_bit(f"({length} <= {at} or {_before(slot, old)})")) for at, old in enumerate(slots)]
        for at, old in enumerate(slots):
            for part in range(width):
                if old[part] == "0":
                    continue
                earlier = slots[at - 1][part] if at else "0"
                moved = slot[part] if at == 0 else f"({earlier} if {goes[at - 1]} else {slot[part]})"
                blank = f"({moved} if {length} >= {at} else 0)" if at else moved
                texts[1 + at * width + part] = f"({blank} if {goes[at]} else {old[part]})"

    def empty(self, queue: int, channel: int | None) -> None:
        """Remove the messages of a channel."""
        shape = self.now.queue(queue)
        kinds = shape.kinds
        tags = [tag for tag, kind in enumerate(kinds) if channel is None or kind.channel == channel]
        if not tags:
            return
        width = len(shape.slot)
        if len(tags) == len(kinds):
            self.write_fields(queue, dict.fromkeys(range(1 + shape.bound * width), "0"))
            return
        for at in range(shape.bound - 1, -1, -1):
            gone = joined([self.now.holds(queue, at, tag) for tag in tags], "or")
            with self.code.block(f"if {gone}:"):
                self.remove(queue, at)


def packed(reader: Reader, queue: int, tag: int, row: Val) -> list[str]:
    """The fields of a slot that holds a message of a kind."""
    shape = reader.queue(queue)
    kind = shape.kinds[tag]
    texts = texts_of(fitted(row, reader.layout.ground.messages[kind.message]))
    chunks: list[list[str]] = [[] for _ in shape.chunks]
    for (chunk, shift, bits), text in zip(kind.places, texts, strict=True):
        if bits and text != "0":
            moved = str(int(text) << shift) if text.isdigit() else f"({text} << {shift})"
            chunks[chunk].append(moved)
    return [str(tag), *(f"({' | '.join(parts)})" if len(parts) > 1 else "".join(parts) or "0" for parts in chunks)]


def _before(slot: Sequence[str], old: Sequence[str]) -> str:
    """That a message stands before another in a bag."""
    text = "0"
    for new, there in reversed(list(zip(slot, old, strict=True))):
        if there == "0":
            continue
        less, same = f"({new} < {there})", f"({new} == {there})"
        text = less if text == "0" else f"({less} or ({same} and {text}))"
    return text
