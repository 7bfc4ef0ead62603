"""Queues and sequences as values of the subset."""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.emit_cells import CellReader
from plait.engines.native.emit_values import chosen, equal, joined, number, unified
from plait.engines.native.layout import QueueShape
from plait.engines.native.values import Int, Items, Known, Many, Val, fitted, of_texts, plus, texts_of
from plait_spec.ground import Expr
from plait_spec.record import record


@record
class Slots:
    """Slots that all lie in one word: the word, the bits of a slot, and the lowest bit of the last one."""

    word: int
    bits: int
    low: int


class QueueReader(CellReader):
    """Reads queues, and does what sequences can do."""

    def seq_op(self, op: str, args: Sequence[Val]) -> Val:
        """`length`, `first`, `last`, `rest`, `at`, `concat`."""
        items = self.items(self.named(args[0]))
        length = plus(items.length.text, items.length.lo)
        match op:
            case "length":
                return items.length
            case "concat":
                return self.concat(items, self.items(self.named(args[1])))
            case "at":
                at = number(args[1])
                if at.lo < 0:
                    at = Int(self.code.name(at.text), at.lo, at.hi)
                    self.code.fail_if(f"{at.text} < {-at.lo}")
                place = self.code.name(plus(at.text, at.lo))
                self.code.fail_if(f"{place} >= {length}")
                return chosen(place, list(items.parts)) if items.parts else Known(0)
            case _:
                self.code.fail_if(f"{length} == 0")
        if not items.parts:
            return Known(0)
        match op:
            case "first":
                return items.parts[0]
            case "last":
                return chosen(self.code.name(plus(length, -1)), list(items.parts))
            case _:
                short = Int(plus(length, -1), 0, max(items.length.hi - 1, 0))
                return Items(short, items.parts[1:])

    def items(self, value: Val) -> Items:
        """A sequence, also a constant one or one written out."""
        match value:
            case Items():
                return value
            case Known(known):
                return Items(Int("0", len(known), len(known)), tuple(Known(item) for item in known))
            case Many(parts):
                return Items(Int("0", len(parts), len(parts)), parts)
            case _:
                raise AssertionError(value)

    def concat(self, a: Items, b: Items) -> Val:
        """One after the other."""
        start = self.code.name(plus(a.length.text, a.length.lo))
        parts: list[Val] = []
        for at in range(len(a.parts) + len(b.parts)):
            value: Val | None = a.parts[at] if at < len(a.parts) else None
            for place, part in enumerate(b.parts):
                if 0 <= at - place <= len(a.parts):
                    value = part if value is None else unified(f"({start} == {at - place})", part, value)
            assert value is not None
            parts.append(value)
        length = Int(f"({a.length.text} + {b.length.text})", a.length.lo + b.length.lo, a.length.hi + b.length.hi)
        return self.named(Items(length, tuple(parts)))

    def queue(self, cell: int) -> QueueShape:
        """The shape of a queue cell."""
        shape = self.layout.shapes[cell]
        assert isinstance(shape, QueueShape)
        return shape

    def slot(self, cell: int, at: int) -> list[str]:
        """The fields of one slot: the tag, then the chunks."""
        width = len(self.queue(cell).slot)
        return [self.field(cell, 1 + at * width + part) for part in range(width)]

    def slots_in_one_word(self, cell: int) -> Slots | None:
        """Where the slots lie if they need no second word; they follow each other without a gap."""
        shape = self.queue(cell)
        used = [place for place in self.layout.places[cell][1:] if place.bits]
        if not used:
            return Slots(0, 0, 0)
        if used[0].word != used[-1].word:
            return None
        return Slots(used[0].word, sum(shape.slot), used[-1].shift)

    def message(self, cell: int, tag: int, slot: Sequence[str]) -> Many:
        """The fields of a message of a known kind in a slot."""
        kind = self.queue(cell).kinds[tag]
        texts = [part_of(slot[1 + chunk], shift, bits) for chunk, shift, bits in kind.places]
        value = of_texts(self.layout.ground.messages[kind.message], texts)
        assert isinstance(value, Many)
        return value

    def tag(self, cell: int, channel: int, message: int) -> int | None:
        """The tag of a kind of message in a queue; None where it is never there."""
        for at, kind in enumerate(self.queue(cell).kinds):
            if (kind.channel, kind.message) == (channel, message):
                return at
        return None

    def holds(self, cell: int, at: int, tag: int) -> str:
        """That a slot is used, by a message of a kind."""
        length = self.field(cell, 0)
        used = f"({length} > {at})" if length != "0" else "0"
        shape = self.queue(cell)
        if len(shape.kinds) == 1:
            return used
        place = self.layout.places[cell][1 + at * len(shape.slot)]
        of_kind = self.test((f"{self.prefix}{place.word}", place.mask, tag << place.shift))
        return of_kind if tag else joined([used, of_kind], "and")  # what is not used has the tag 0

    def has(self, queues: Sequence[int], channel: int, message: int, fields: Sequence[tuple[int, Expr]]) -> str:
        """Some slot of the queues holds such a message."""
        wanted = [(position, self.named(self.value(expr))) for position, expr in fields]
        found = []
        for cell in queues:
            tag = self.tag(cell, channel, message)
            if tag is None:
                continue
            for at in range(self.queue(cell).bound):
                parts = self.message(cell, tag, self.slot(cell, at)).parts
                same = [equal(parts[position], value) for position, value in wanted]
                found.append(joined([self.holds(cell, at, tag), *(text for text in same if text != "1")], "and"))
        return joined(found, "or") if found else "0"

    def in_flight(self, queues: Sequence[int], channel: int) -> Val:
        """How many messages of a channel the queues hold."""
        terms, most = [], 0
        for cell in queues:
            shape = self.queue(cell)
            tags = [at for at, kind in enumerate(shape.kinds) if kind.channel == channel]
            if not tags:
                continue
            most += shape.bound
            if len(tags) == len(shape.kinds):
                terms.append(self.field(cell, 0))
                continue
            for at in range(shape.bound):
                terms += [f"(1 if {self.holds(cell, at, tag)} else 0)" for tag in tags]
        return Int(f"({' + '.join(terms)})" if terms else "0", 0, most)


def packed(reader: QueueReader, queue: int, tag: int, row: Val) -> list[str]:
    """The fields of a slot that holds a message of a kind."""
    shape = reader.queue(queue)
    kind = shape.kinds[tag]
    texts = texts_of(fitted(row, reader.layout.ground.messages[kind.message]))
    chunks: list[list[str]] = [[] for _ in shape.chunks]
    for (chunk, shift, bits), text in zip(kind.places, texts, strict=True):
        if bits and text != "0":
            moved = str(int(text) << shift) if text.isdigit() else f"({text} << {shift})" if shift else text
            chunks[chunk].append(moved)
    return [str(tag), *(f"({' | '.join(parts)})" if len(parts) > 1 else "".join(parts) or "0" for parts in chunks)]


def part_of(text: str, shift: int, bits: int) -> str:
    """Some bits of a chunk."""
    if bits == 0:
        return "0"
    return f"(({text} >> {shift}) & {(1 << bits) - 1})" if shift else f"({text} & {(1 << bits) - 1})"
