"""The bits of a state: what they say, and the symbolic value of each cell that they make up.

See `system` for the encoding.  A cell is laid out by its domain, part by part; a queue by the messages that some
instance can put into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Any, TypeAlias, assert_never

import z3

from plait.engines.symbolic.formula import Formula, both, either, implies, neither
from plait.engines.symbolic.symbols import Cases, Items, Members, Row, Symbol, Truth, counted
from plait.engines.symbolic.system import Bit, Contains, Equals, Fact, ItemIs, NoItem, Path, UnsupportedError
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
    size,
    size_within,
    values,
)
from plait_spec.ground import Const, Enqueue, Expr, Ground, Queue, Tuple
from plait_spec.ground_walk import commands, message_key
from plait_spec.record import record

MOST_VALUES = 512
MOST_PLACES = 8_192  # places of a queue times messages


@record
class Slots:
    """An ordered queue or a bag: at each place a message, or None where there is none; there are no gaps.

    `order` numbers the messages in their order.
    """

    places: tuple[Cases, ...]
    order: Mapping[Value, int]


@record
class Kept:
    """An `unordered, distinct` queue: whether each message is in flight, in the order of messages."""

    messages: Mapping[Value, Formula]


Content: TypeAlias = Symbol | Slots | Kept
"""What a cell holds."""


class Layout:
    """All bits, and for each cell its content."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.bits: list[Bit] = []
        self.groups: list[tuple[int, ...]] = []
        self.laws: list[Formula] = []
        self.digits: list[tuple[Formula, ...]] = []
        sent = sent_messages(ground)
        self.cells: list[Content] = []
        for index, cell in enumerate(ground.cells):
            if cell.domain is not None:
                self.cells.append(self.part(cell.domain, index, ()))
            elif cell.queue is not None:
                self.cells.append(self.queue(cell.queue, index, sent[index]))

    # ---- bits

    def bit(self, fact: Fact) -> Any:
        """A new bit."""
        name = f"b{len(self.bits)}"
        found = z3.Bool(name)
        self.bits.append(Bit(found, name, fact))
        return found

    def group(self, facts: Iterable[Fact]) -> tuple[Formula, ...]:
        """New bits of which exactly one is true."""
        first = len(self.bits)
        terms = tuple(self.bit(fact) for fact in facts)
        self.groups.append(tuple(range(first, len(self.bits))))
        return terms

    def one_of(self, choices: Sequence[Value], cell: int, path: Path) -> Symbol:
        """A bit for each value."""
        if len(choices) == 1:
            return Cases({choices[0]: True})
        if len(choices) > MOST_VALUES:
            raise self.too_many(cell, f"it has {len(choices):,} values, and more than {MOST_VALUES} are too many")
        terms = self.group(Equals(cell, path, value) for value in choices)
        self.digits.append(terms)
        return Cases(dict(zip(choices, terms, strict=True)))

    def too_many(self, cell: int, reason: str) -> UnsupportedError:
        """A cell that would take too many bits."""
        return UnsupportedError(f"`{self.ground.cells[cell].name}`", reason)

    # ---- values

    def part(self, domain: Domain, cell: int, path: Path) -> Symbol:
        """A part of a cell's value."""
        match domain:
            case BoolDomain():
                true = self.bit(Equals(cell, path, value=True))
                self.digits.append((neither(true), true))
                return Truth(true)
            case RangeDomain() | EnumDomain() | IdsDomain() | OptionDomain():
                return self.one_of(self.listed(domain, cell), cell, path)
            case RecordDomain(_, fields):
                return Row(tuple(self.part(of, cell, (*path, at)) for at, (_, of) in enumerate(fields)))
            case MapDomain(key, of):
                return Row(tuple(self.part(of, cell, (*path, at)) for at in range(size(key))))
            case SetDomain(of):
                elements = enumerate(self.listed(of, cell))
                has = tuple(self.bit(Contains(cell, path, element, index)) for index, element in elements)
                self.digits += [(neither(member), member) for member in has]
                return Members(has)
            case SeqDomain(of, capacity):
                places = self.places(capacity, self.listed(of, cell), cell, path)
                items = [{value: when for value, when in place.items() if value is not _NOTHING} for place in places]
                return Items(_lengths([place[_NOTHING] for place in places]), tuple(map(Cases, items)))
            case _:
                assert_never(domain)

    def listed(self, domain: Domain, cell: int) -> tuple[Value, ...]:
        """The values of a domain, if they are few."""
        if size_within(domain, MOST_VALUES) is None:
            raise self.too_many(cell, f"a part of it has more than {MOST_VALUES} values")
        return tuple(values(domain))

    def places(self, count: int, choices: Sequence[Value], cell: int, path: Path) -> list[dict[Value, Formula]]:
        """Places without gaps, each for one of the values or (`_NOTHING`) for none."""
        if count * len(choices) > MOST_PLACES:
            raise self.too_many(cell, f"{count} places for {len(choices):,} different items are too many")
        found: list[dict[Value, Formula]] = []
        for at in range(count):
            facts = [ItemIs(cell, path, at, value) for value in choices]
            terms = self.group((NoItem(cell, path, at), *facts))
            found.append(dict(zip((_NOTHING, *choices), terms, strict=True)))
        nothing = [place[_NOTHING] for place in found]
        self.laws += [implies(one, after) for one, after in pairwise(nothing)]
        self.digits += [(none, neither(none)) for none in nothing]
        self.digits += [tuple(place.values()) for place in found]
        return found

    # ---- queues

    def queue(self, about: Queue, cell: int, sent: Sequence[Value]) -> Content:
        """A queue for these messages."""
        if about.distinct and not about.ordered:
            return self.kept(cell, sent)
        places = self.places(about.bound if sent else 0, sent, cell, ())
        slots = [{None if value is _NOTHING else value: when for value, when in place.items()} for place in places]
        for one, after in pairwise(slots):
            self.laws += _ordered(one, after, sent) if not about.ordered else ()
            if about.distinct:
                later = slots[slots.index(after) :]
                self.laws += [neither(both((one[value], other[value]))) for other in later for value in sent]
        return Slots(tuple(map(Cases, slots)), {value: at for at, value in enumerate(sent)})

    def kept(self, cell: int, sent: Sequence[Value]) -> Kept:
        """A queue that is a set."""
        if len(sent) > MOST_PLACES:
            raise self.too_many(cell, f"{len(sent):,} different messages are too many")
        has = {message: self.bit(Contains(cell, (), message, at)) for at, message in enumerate(sent)}
        if has:
            self.digits.append(tuple(counted(has.values()).cases.values()))
        self.digits += [(true, neither(true)) for true in has.values()]
        return Kept(has)


_NOTHING = "nothing"  # no value of the language is a text


def _lengths(nothing: Sequence[Formula]) -> tuple[Formula, ...]:
    """That there are 0, 1, ... items, from what says that there is none at each place."""
    count = len(nothing)
    some = [True, *map(neither, nothing)]
    return tuple(both((some[length], nothing[length] if length < count else True)) for length in range(count + 1))


def _ordered(one: dict[Value, Formula], after: dict[Value, Formula], sent: Sequence[Value]) -> list[Formula]:
    """In a bag no message stands before a smaller one."""
    return [
        neither(both((one[value], either(after[less] for less in sent[:at])))) for at, value in enumerate(sent) if at
    ]


def sent_messages(ground: Ground) -> dict[int, tuple[Value, ...]]:
    """For each queue the messages that some instance can put into it, in the order of messages."""
    found: dict[int, set[Value]] = {index: set() for index, cell in enumerate(ground.cells) if cell.queue is not None}
    known: set[Enqueue] = set()
    for instance in ground.instances:
        for command in commands(instance.body):
            if isinstance(command, Enqueue) and command not in known:
                known.add(command)
                messages = _messages(ground, command)
                for queue in command.queues:
                    found[queue].update(messages)
    key = message_key(ground)
    return {queue: tuple(sorted(messages, key=key)) for queue, messages in found.items()}


def _messages(ground: Ground, command: Enqueue) -> list[Value]:
    """What a send can send: the values of a field, unless the text gives one."""
    about = ground.messages[command.message]
    exprs: Sequence[Expr]
    match command.fields:
        case Const(given):
            return [(command.channel, command.message, *given)]
        case Tuple(items):
            exprs = items
        case _:
            exprs = (command.fields,) * len(about.fields)
    choices: list[tuple[Value, ...]] = []
    count = 1
    for expr, (name, domain) in zip(exprs, about.fields, strict=True):
        most = size_within(domain, MOST_PLACES)
        count *= 1 if isinstance(expr, Const) else most or MOST_PLACES + 1
        if count > MOST_PLACES:
            raise UnsupportedError(f"messages `{about.name}`", f"with `{name}`, more than {MOST_PLACES:,} are possible")
        choices.append((expr.value,) if isinstance(expr, Const) else tuple(values(domain)))
    return [(command.channel, command.message, *row) for row in product(*choices)]
