"""States as packed words: which bits of which word hold what, and the way there and back.

    Shape  = Number(count) | Bits(count) | Maybe(of) | Row(parts) | Items(capacity, of) | QueueShape(bound, kinds, slot)
    Field  = (word, shift, bits)

Every value becomes a few *fields*, each a number in some bits of one 64-bit word.  Fields are laid out in the order of
the cells from the highest bit of word 0 downwards and never straddle two words, and each field's numbers ascend with
the values that they stand for (sets: membership bits, the first element highest).  So states compare as their words do,
as unsigned numbers from word 0 on, in the value order of `semantics.state_key`.  What is not used (slots of queues,
items of sequences, bits left over) is 0: equal states have equal words.

Raises `UnsupportedError` for a model that this layout does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, assert_never

from plait.semantics import State
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    rank,
    size,
    values,
)
from plait_spec.ground import Block, Enqueue, Ground
from plait_spec.ground_walk import commands
from plait_spec.record import record

WORD = 64
MOST_FIELDS = 20_000  # of one variable, or one message: the emitted text grows with them


class UnsupportedError(Exception):
    """The model has something that the native engine does not hold; the message says what."""


@record
class Number:
    """One of `count` values, by rank."""

    count: int

    @property
    def bits(self) -> int:
        """How many bits the ranks need."""
        return (self.count - 1).bit_length()


@record
class Bits:
    """A subset of `count` elements, in fields of at most 64 bits; the first element is the highest bit."""

    count: int


@record
class Maybe:
    """A value that is no `Number`, or none: a bit that says which, and the value's fields (0 for none)."""

    of: Shape


@record
class Row:
    """Several values: the fields of a record, the values of a map."""

    parts: tuple[Shape, ...]


@record
class Items:
    """A length and that many values; those past the length are 0."""

    capacity: int
    of: Shape


@record
class Kind:
    """A kind of message in a queue: its channel, its message, its fields' shape, and where they lie in a slot."""

    channel: int
    message: int
    shape: Row
    places: tuple[tuple[int, int, int], ...]


@record
class QueueShape:
    """A length and slots of a tag (which kind) and chunks of bits that every kind uses in its own way."""

    bound: int
    kinds: tuple[Kind, ...]
    chunks: tuple[int, ...]

    @property
    def tag(self) -> Number:
        """The tag of a slot: the index of the kind."""
        return Number(max(len(self.kinds), 1))

    @property
    def slot(self) -> tuple[int, ...]:
        """The bits of a slot's fields: the tag, then the chunks."""
        return (self.tag.bits, *self.chunks)


Shape: TypeAlias = Number | Bits | Maybe | Row | Items | QueueShape


def shape_of(domain: Domain) -> Shape:
    """How the values of a domain are held."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain():
            return Number(size(domain))
        case OptionDomain(of):
            inner = shape_of(of)
            return Number(inner.count + 1) if isinstance(inner, Number) else Maybe(inner)
        case RecordDomain(_, fields):
            return Row(tuple(shape_of(of) for _, of in fields))
        case SetDomain(of):
            return Bits(size(of))
        case MapDomain(key, of):
            return Row((shape_of(of),) * size(key))
        case SeqDomain(of, capacity):
            return Items(capacity, shape_of(of))
        case _:
            assert_never(domain)


def widths(shape: Shape) -> Iterator[int]:
    """The bits of the fields of a shape, in order."""
    match shape:
        case Number():
            yield shape.bits
        case Bits(count):
            yield from rows(count)
        case Maybe(of):
            yield 1
            yield from widths(of)
        case Row(parts):
            for part in parts:
                yield from widths(part)
        case Items(capacity, of):
            yield Number(capacity + 1).bits
            for _ in range(capacity):
                yield from widths(of)
        case QueueShape(bound):
            yield Number(bound + 1).bits
            for _ in range(bound):
                yield from shape.slot
        case _:
            assert_never(shape)


def fields(shape: Shape) -> Iterator[int]:
    """As `widths`; raises `UnsupportedError` where they are too many, or one has no room in a word."""
    for number, bits in enumerate(widths(shape), 1):
        if bits > WORD:
            raise UnsupportedError(f"a number of {bits:,} bits")
        if number > MOST_FIELDS:
            raise UnsupportedError(f"a variable or message of more than {MOST_FIELDS:,} parts")
        yield bits


def rows(count: int) -> list[int]:
    """The bits of the fields of a set: words of 64 elements, and what is left."""
    return [min(WORD, count - first) for first in range(0, count, WORD)] or [0]


def set_rows(count: int, value: int) -> list[int]:
    """The fields of a set whose element i is the bit i of a number: the first element of a field is its highest bit."""
    firsts = range(0, max(count, 1), WORD)
    return [
        sum(1 << (bits - 1 - at) for at in range(bits) if value >> (first + at) & 1)
        for first, bits in zip(firsts, rows(count), strict=True)
    ]


def queue_shape(ground: Ground, cell: int) -> QueueShape:
    """The shape of a queue: only the kinds of messages that some instance sends to it can be in it."""
    about = ground.cells[cell].queue
    assert about is not None
    kinds = sorted(
        {
            (channel, message)
            for instance in ground.instances
            for queue, channel, message in _sends(instance.body)
            if queue == cell
        }
    )
    shapes = [shape_of(ground.messages[message]) for _, message in kinds]
    rows = [shape for shape in shapes if isinstance(shape, Row)]
    packed = [_chunked(tuple(fields(row))) for row in rows]
    count = max((len(sizes) for sizes, _ in packed), default=0)
    chunks = tuple(max((sizes[at] for sizes, _ in packed if at < len(sizes)), default=0) for at in range(count))
    found = []
    for (channel, message), row, (_, places) in zip(kinds, rows, packed, strict=True):
        moved = tuple((chunk, chunks[chunk] - offset - bits, bits) for chunk, offset, bits in places)
        found.append(Kind(channel, message, row, moved))
    return QueueShape(about.bound, tuple(found), chunks)


def _chunked(sizes: tuple[int, ...]) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Fields into chunks of at most a word, in order: the chunks' bits, and (chunk, bits before, bits) a field."""
    chunks: list[int] = []
    places = []
    for bits in sizes:
        if not chunks or chunks[-1] + bits > WORD:
            chunks.append(0)
        places.append((len(chunks) - 1, chunks[-1], bits))
        chunks[-1] += bits
    return chunks, places


def _sends(block: Block) -> Iterator[tuple[int, int, int]]:
    for command in commands(block):
        if isinstance(command, Enqueue):
            for queue in command.queues:
                yield queue, command.channel, command.message


@record
class Place:
    """Some bits of one word."""

    word: int
    shift: int
    bits: int

    @property
    def mask(self) -> int:
        """The bits where they stand."""
        return ((1 << self.bits) - 1) << self.shift

    @property
    def low(self) -> int:
        """As many bits from the lowest on."""
        return (1 << self.bits) - 1


@record
class Layout:
    """Where each cell of a model lies: its shape and its fields, in the order of `widths`."""

    ground: Ground
    words: int
    shapes: tuple[Shape, ...]
    places: tuple[tuple[Place, ...], ...]

    def encode(self, state: State) -> tuple[int, ...]:
        """The words of a state."""
        words = [0] * self.words
        for cell, shape, places, value in zip(self.ground.cells, self.shapes, self.places, state, strict=True):
            numbers = _queue_numbers(shape, self.ground, value) if isinstance(shape, QueueShape) else None
            found = list(numbers if numbers is not None else _numbers(shape, cell.domain, value))
            for place, number in zip(places, found, strict=True):
                words[place.word] |= number << place.shift
        return tuple(words)

    def decode(self, words: Sequence[int]) -> State:
        """The state in some words."""
        state = []
        for cell, shape, places in zip(self.ground.cells, self.shapes, self.places, strict=True):
            numbers = iter([words[place.word] >> place.shift & ((1 << place.bits) - 1) for place in places])
            if isinstance(shape, QueueShape):
                state.append(_queue_value(shape, self.ground, numbers))
            else:
                assert cell.domain is not None
                state.append(_value(shape, cell.domain, numbers))
        return tuple(state)


def layout_of(ground: Ground) -> Layout:
    """Lay out the cells of a model, highest bits first."""
    shapes = tuple(
        queue_shape(ground, index) if cell.queue is not None else shape_of(_known(cell.domain))
        for index, cell in enumerate(ground.cells)
    )
    word, left = 0, WORD
    places = []
    for shape in shapes:
        mine = []
        for bits in fields(shape):
            if bits > left:
                word, left = word + 1, WORD
            left -= bits
            mine.append(Place(word, left, bits))
        places.append(tuple(mine))
    return Layout(ground, word + 1, shapes, tuple(places))


def _known(domain: Domain | None) -> Domain:
    assert domain is not None
    return domain


# ---- values and numbers


def _numbers(shape: Shape, domain: Domain | None, value: Value) -> Iterator[int]:
    """The numbers of a value's fields."""
    match shape, domain:
        case Number(), OptionDomain(of):
            yield 0 if value is None else 1 + rank(of, value)
        case Number(), _:
            yield rank(_known(domain), value)
        case Bits(count), SetDomain():
            yield from set_rows(count, value)
        case Maybe(of), OptionDomain(inner):
            yield int(value is not None)
            yield from _zeros(of) if value is None else _numbers(of, inner, value)
        case Row(parts), RecordDomain(_, fields):
            for part, (_, of), item in zip(parts, fields, value, strict=True):
                yield from _numbers(part, of, item)
        case Row(parts), MapDomain(_, of):
            for part, item in zip(parts, value, strict=True):
                yield from _numbers(part, of, item)
        case Items(capacity, of), SeqDomain(inner):
            yield len(value)
            for item in value:
                yield from _numbers(of, inner, item)
            for _ in range(capacity - len(value)):
                yield from _zeros(of)
        case _:
            raise AssertionError(f"{shape} does not hold {domain}")


def _zeros(shape: Shape) -> Iterator[int]:
    return (0 for _ in widths(shape))


def _value(shape: Shape, domain: Domain, numbers: Iterator[int]) -> Value:
    """The value in the next numbers."""
    match shape, domain:
        case Number(), OptionDomain(of):
            at = next(numbers)
            return None if at == 0 else _ranked(of, at - 1)
        case Number(), _:
            return _ranked(domain, next(numbers))
        case Bits(count), SetDomain():
            found = 0
            for first, bits in zip(range(0, max(count, 1), WORD), rows(count), strict=True):
                row = next(numbers)
                found |= sum(1 << first + at for at in range(bits) if row >> (bits - 1 - at) & 1)
            return found
        case Maybe(of), OptionDomain(inner):
            there = next(numbers)
            value = _value(of, inner, numbers)
            return value if there else None
        case Row(parts), RecordDomain(_, fields):
            return tuple([_value(part, of, numbers) for part, (_, of) in zip(parts, fields, strict=True)])
        case Row(parts), MapDomain(_, of):
            return tuple([_value(part, of, numbers) for part in parts])
        case Items(capacity, of), SeqDomain(inner):
            length = next(numbers)
            items = [_value(of, inner, numbers) for _ in range(capacity)]
            return tuple(items[:length])
        case _:
            raise AssertionError(f"{shape} does not hold {domain}")


def _ranked(domain: Domain, at: int) -> Value:
    match domain:
        case BoolDomain():
            return bool(at)
        case RangeDomain(lo, _):
            return lo + at
        case EnumDomain() | IdsDomain():
            return at
        case _:
            return next(value for place, value in enumerate(values(domain)) if place == at)


def _queue_numbers(shape: QueueShape, ground: Ground, queue: Value) -> list[int]:
    """The numbers of a queue's fields."""
    found = [len(queue)]
    tags = {(kind.channel, kind.message): at for at, kind in enumerate(shape.kinds)}
    for item in queue:
        tag = tags[item[0], item[1]]
        kind = shape.kinds[tag]
        chunks = [0] * len(shape.chunks)
        numbers = _numbers(kind.shape, ground.messages[kind.message], item[2:])
        for (chunk, shift, _), number in zip(kind.places, numbers, strict=True):
            chunks[chunk] |= number << shift
        found += [tag, *chunks]
    return found + [0] * (len(shape.slot) * (shape.bound - len(queue)))


def _queue_value(shape: QueueShape, ground: Ground, numbers: Iterator[int]) -> Value:
    length = next(numbers)
    items = []
    for at in range(shape.bound):
        tag, *chunks = [next(numbers) for _ in shape.slot]
        if at < length:
            kind = shape.kinds[tag]
            row = iter([chunks[chunk] >> shift & ((1 << bits) - 1) for chunk, shift, bits in kind.places])
            items.append((kind.channel, kind.message, *_value(kind.shape, ground.messages[kind.message], row)))
    return tuple(items)
