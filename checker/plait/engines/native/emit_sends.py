"""What a step does to queues: take a message out, cut a queue short, send.

What is not used of a queue is 0, so sending is adding the bits of a message at the first place that is free.  Where all
slots lie in one word (`QueueReader.run`), a place that is known only at run time is a distance to shift by, and the
slots behind a place move together; otherwise each field of each slot is chosen for itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from plait.engines.native.code import Code
from plait.engines.native.emit_cells import evenly, shift_of
from plait.engines.native.emit_expr import Reader, as_bit
from plait.engines.native.emit_queues import Slots, packed
from plait.engines.native.emit_values import joined
from plait.engines.native.layout import Layout
from plait.engines.native.values import Val, fitted, plus, texts_of

FULL = (1 << 64) - 1


class CellWriter(ABC):
    """Writes cells of the state that is being made, whose words are `t` 0, 1, ..."""

    layout: Layout
    code: Code
    now: Reader

    @abstractmethod
    def cut(self, bound: str) -> tuple[str, ...]:
        """The lines with which a bound ends the step."""

    @abstractmethod
    def leave(self) -> tuple[str, ...]:
        """The lines with which the step ends because it is not enabled."""

    def write_fields(
        self,
        cell: int,
        texts: Mapping[int, str],
        moves: Mapping[int, int] | None = None,
        added: int = 0,
    ) -> None:
        """Give fields of a cell new values, all read before any is written.

        `texts` by field; `moves`: fields that get what another field held; `added` to the cell's first field.
        """
        places = self.layout.places[cell]
        masks: dict[int, int] = {}
        known: dict[int, int] = {}
        terms: dict[int, list[str]] = {}
        for at, text in texts.items():
            place = places[at]
            if place.bits == 0:
                continue
            masks[place.word] = masks.get(place.word, 0) | place.mask
            if text.isdigit():
                known[place.word] = known.get(place.word, 0) | int(text) << place.shift
            else:
                moved = f"({text} << {place.shift})" if place.shift else text
                terms.setdefault(place.word, []).append(moved)
        together: dict[tuple[int, int, int], int] = {}
        for to, source in (moves or {}).items():
            old, new = places[source], places[to]
            if new.bits:
                masks[new.word] = masks.get(new.word, 0) | new.mask
                key = (old.word, new.word, new.shift - old.shift)
                together[key] = together.get(key, 0) | old.mask
        for (source, to, distance), mask in together.items():
            terms.setdefault(to, []).append(shifted(f"(t{source} & {mask})", distance))
        if added and places[0].bits:
            masks.setdefault(places[0].word, 0)
        news = []
        for word, mask in masks.items():
            kept = [] if mask == FULL else [f"(t{word} & {FULL ^ mask})" if mask else f"t{word}"]
            parts = [*kept, *([str(known[word])] if known.get(word) else []), *terms.get(word, [])]
            text = " | ".join(parts) or "0"
            if added and word == places[0].word:
                text = plus(f"({text})" if len(parts) > 1 else text, added << places[0].shift)
            news.append((word, text))
        if len(news) > 1:
            named = [(word, self.code.fresh(), text) for word, text in news]
            self.code.add(*(f"{name} = {text}" for _, name, text in named))
            news = [(word, name) for word, name, _ in named]
        self.code.add(*(f"t{word} = {text}" for word, text in news))

    def write(self, cell: int, value: Val) -> None:
        """Give a cell a new value."""
        found = texts_of(fitted(value, self.now.domain(cell)))
        self.write_fields(cell, dict(enumerate(found)))

    def write_evenly(self, cells: Sequence[int], at: str, value: Val) -> bool:
        """Give the cell at a place found at run time a new value, in short names; False unless the cells lie evenly."""
        rows = evenly(self.layout, cells)
        if rows is None:
            return False
        texts = texts_of(fitted(value, self.now.domain(cells[0])))
        for (first, step), text in zip(rows, texts, strict=True):
            if first.bits:
                far, word = self.code.name(shift_of(first, step, at)), f"t{first.word}"
                self.code.add(f"{word} = ({word} & ({FULL} ^ ({first.low} << {far}))) | ({text} << {far})")
        return True


class QueueWriter(CellWriter):
    """Takes messages out of queues and sends them."""

    def first_copy(self, queue: int, at: int) -> str:
        """That the message at a place is not equal to the one before it."""
        mine, before = self.now.slot(queue, at), self.now.slot(queue, at - 1)
        same = joined([f"({one} == {other})" for one, other in zip(mine, before, strict=True) if one != "0"], "and")
        return f"(not {same})" if same != "1" else "0"

    def remove(self, queue: int, at: int) -> None:
        """Take the message at a place out of a queue; those behind it move up."""
        shape = self.now.queue(queue)
        width = len(shape.slot)
        end = 1 + shape.bound * width
        moves = {field: field + width for field in range(1 + at * width, end - width)}
        self.write_fields(queue, dict.fromkeys(range(end - width, end), "0"), moves, added=-1)

    def shorten(self, queue: int, kept: int) -> None:
        """Cut a queue to a prefix."""
        shape = self.now.queue(queue)
        width = len(shape.slot)
        gone = range(1 + kept * width, 1 + shape.bound * width)
        self.write_fields(queue, {0: str(kept)} | dict.fromkeys(gone, "0"))

    def empty(self, queue: int, channel: int | None) -> None:
        """Remove the messages of a channel."""
        shape = self.now.queue(queue)
        tags = [tag for tag, kind in enumerate(shape.kinds) if channel is None or kind.channel == channel]
        if not tags:
            return
        if len(tags) == len(shape.kinds):
            self.shorten(queue, 0)
            return
        for at in range(shape.bound - 1, -1, -1):
            gone = joined([self.now.holds(queue, at, tag) for tag in tags], "or")
            with self.code.block(f"if {gone}:"):
                self.remove(queue, at)

    # ---- sending

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
        bound = f"capacity of {self.layout.ground.channels[about.carrier].name}"
        full = self.leave() if about.blocking else self.cut(bound)
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
        """Append, or insert into a bag's order, where there is room."""
        shape = self.now.queue(queue)
        if not shape.bound:
            return
        at = length if ordered or shape.bound == 1 else self.code.name(self.place_in_bag(queue, slot, length))
        run = self.now.slots_in_one_word(queue)
        if run is not None and at == length:
            text = self.at_place(queue, run, slot, at)
            if text != "0":
                self.code.add(f"t{run.word} |= {text}")
            self.write_fields(queue, {}, added=1)
        elif run is not None:
            moving = self.code.fresh()
            region = ((1 << run.bits * shape.bound) - 1) << run.low
            self.code.add(f"{moving} = t{run.word} & ({region} >> {times(at, run.bits)}) & {region}")
            text = self.at_place(queue, run, slot, at)
            new = "" if text == "0" else f" | {text}"
            self.code.add(f"t{run.word} = (t{run.word} ^ {moving}) | ({moving} >> {run.bits}){new}")
            self.write_fields(queue, {}, added=1)
        else:
            self.insert_by_fields(queue, slot, length, at)

    def place_in_bag(self, queue: int, slot: Sequence[str], length: str) -> str:
        """Where a message belongs: before those that are greater.  What is not used is 0, hence never greater."""
        slots = [self.now.slot(queue, at) for at in range(self.now.queue(queue).bound)]
        greater = [as_bit(_before(slot, old)) for old in slots]
        greater = [text for text in greater if text != "0"]
        return f"({length} - ({' + '.join(greater)}))" if greater else length

    def at_place(self, queue: int, run: Slots, slot: Sequence[str], at: str) -> str:
        """The bits of a slot, where those of the slot at this place lie."""
        bits, parts, left = self.now.queue(queue).slot, [], run.bits
        for size, text in zip(bits, slot, strict=True):
            left -= size
            if text != "0":
                parts.append(f"({text} << {left})" if left else text)
        if not parts:
            return "0"
        whole = f"({' | '.join(parts)})" if len(parts) > 1 else parts[0]
        first = run.low + run.bits * (self.now.queue(queue).bound - 1)
        if self.now.queue(queue).bound == 1:
            return f"({whole} << {first})" if first else whole
        return f"({whole} << ({first} - {times(at, run.bits)}))"

    def insert_by_fields(self, queue: int, slot: Sequence[str], length: str, at: str) -> None:
        """Each slot keeps its message, takes the new one, or that of the slot before it."""
        shape = self.now.queue(queue)
        width = len(shape.slot)
        texts: dict[int, str] = {}
        for place in range(shape.bound):
            for part, old in enumerate(self.now.slot(queue, place)):
                if old == "0":
                    continue
                if at == length:
                    text = f"({slot[part]} if {at} == {place} else {old})"
                elif place == 0:
                    text = f"({slot[part]} if {at} == 0 else {old})"
                else:
                    before = self.now.slot(queue, place - 1)[part]
                    text = f"({old} if {at} > {place} else ({slot[part]} if {at} == {place} else {before}))"
                texts[1 + place * width + part] = text
        self.write_fields(queue, texts, added=1)


def _before(slot: Sequence[str], old: Sequence[str]) -> str:
    """That a message stands before another in a bag."""
    text = "0"
    for new, there in reversed(list(zip(slot, old, strict=True))):
        if there == "0":
            continue
        less, same = f"({new} < {there})", f"({new} == {there})"
        text = less if text == "0" else f"({less} or ({same} and {text}))"
    return text


def shifted(text: str, distance: int) -> str:
    """Bits moved up, or down."""
    return f"({text} << {distance})" if distance > 0 else f"({text} >> {-distance})" if distance else text


def times(text: str, number: int) -> str:
    """A multiple of a number that may be known."""
    if text.isdigit():
        return str(int(text) * number)
    return text if number == 1 else f"({text} * {number})"
