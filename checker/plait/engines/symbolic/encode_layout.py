"""The bits of a state: what they say, and the symbolic value of each cell that they make up.

See `system` for the encoding.  A cell is laid out by its domain, part by part; a queue by the messages that some
instance can put into it.  Where it is known which values a cell can hold (`Reachable`), only these have bits; a part
that always has one value has none, and is told by `given`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Any, TypeAlias, assert_never

import z3

from plait.engines.symbolic.formula import Formula, both, either, implies, neither
from plait.engines.symbolic.reachable_values import Reachable
from plait.engines.symbolic.symbols import Cases, Items, Members, Row, Symbol, Truth, constant, counted, equal
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
    order_key,
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

Known: TypeAlias = Sequence[Sequence[Value] | None]
"""For each cell what it can hold, as far as that is known."""

BOTH = frozenset((False, True))


class Layout:
    """All bits, and for each cell its content; `given` are facts that are true of every state."""

    def __init__(self, ground: Ground, reachable: Reachable | None = None) -> None:
        self.ground = ground
        self.known: Known = (None,) * len(ground.cells) if reachable is None else reachable.cells
        self.bits: list[Bit] = []
        self.given: list[Fact] = []
        self.groups: list[tuple[int, ...]] = []
        self.laws: list[Formula] = []
        self.digits: list[tuple[Formula, ...]] = []
        sent = sent_messages(ground, self.known)
        self.cells: list[Content] = []
        for index, cell in enumerate(ground.cells):
            if cell.domain is not None:
                self.cells.append(self.value(cell.domain, index, self.known[index]))
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
        """New bits of which exactly one is true; none for a fact that is alone."""
        found = tuple(facts)
        if len(found) == 1:
            self.given.append(found[0])
            return (True,)
        first = len(self.bits)
        terms = tuple(self.bit(fact) for fact in found)
        self.groups.append(tuple(range(first, len(self.bits))))
        return terms

    def truth(self, fact: Fact, found: frozenset[bool]) -> Formula:
        """A bit for a fact; none where it is always true, or always false."""
        if len(found) == 2:
            return self.bit(fact)
        if True in found:
            self.given.append(fact)
        return True in found

    def digit(self, choices: Iterable[Formula]) -> None:
        """The next digit, unless it is always the same."""
        found = tuple(choices)
        if not any(isinstance(one, bool) for one in found):
            self.digits.append(found)

    def one_of(self, choices: Sequence[Value], cell: int, path: Path) -> Symbol:
        """A bit for each value."""
        if len(choices) > MOST_VALUES:
            raise self.too_many(cell, f"it has {len(choices):,} values, and more than {MOST_VALUES} are too many")
        terms = self.group(Equals(cell, path, value) for value in choices)
        self.digit(terms)
        return Cases(dict(zip(choices, terms, strict=True)))

    def too_many(self, cell: int, reason: str) -> UnsupportedError:
        """A cell that would take too many bits."""
        return UnsupportedError(f"`{self.ground.cells[cell].name}`", reason)

    # ---- values

    def value(self, domain: Domain, cell: int, known: Sequence[Value] | None) -> Symbol:
        """A cell that is no queue: its parts, and that they make up one of the known values."""
        found = self.part(domain, cell, (), known)
        if known is not None and not isinstance(found, Truth | Cases):
            law = either(equal(found, constant(value)) for value in known)
            self.laws += [] if law is True or len(known) == size_within(domain, len(known)) else [law]
        return found

    def part(self, domain: Domain, cell: int, path: Path, known: Sequence[Value] | None) -> Symbol:
        """A part of a cell's value, which is one of these (None: any of the domain)."""
        match domain:
            case BoolDomain():
                true = self.truth(Equals(cell, path, value=True), BOTH if known is None else frozenset(known))
                self.digit((neither(true), true))
                return Truth(true)
            case RangeDomain() | EnumDomain() | IdsDomain() | OptionDomain():
                return self.one_of(self.choices(domain, cell, known), cell, path)
            case RecordDomain(_, fields):
                parts = enumerate(of for _, of in fields)
                return Row(tuple(self.part(of, cell, (*path, at), at_place(known, at)) for at, of in parts))
            case MapDomain(key, of):
                return Row(tuple(self.part(of, cell, (*path, at), at_place(known, at)) for at in range(size(key))))
            case SetDomain(of):
                elements = enumerate(self.listed(of, cell))
                has = tuple(
                    self.truth(Contains(cell, path, element, index), membership(known, index))
                    for index, element in elements
                )
                for member in has:
                    self.digit((neither(member), member))
                return Members(has)
            case SeqDomain(of, capacity):
                return self.sequence(of, capacity, cell, path, known)
            case _:
                assert_never(domain)

    def sequence(self, of: Domain, capacity: int, cell: int, path: Path, known: Sequence[Value] | None) -> Symbol:
        """A sequence: its places."""
        if known is None:
            rows = [self.listed(of, cell)] * capacity
            places = self.places(rows, 0, cell, path)
        else:
            longest, shortest = max(map(len, known)), min(map(len, known))
            rows = [self.choices(of, cell, at_place(known, at)) for at in range(longest)]
            places = self.places(rows, shortest, cell, path)
        items = [{value: when for value, when in place.items() if value is not _NOTHING} for place in places]
        return Items(_lengths([place.get(_NOTHING, False) for place in places]), tuple(map(Cases, items)))

    def choices(self, domain: Domain, cell: int, known: Sequence[Value] | None) -> tuple[Value, ...]:
        """These values in the order of the domain, or all of it."""
        return self.listed(domain, cell) if known is None else tuple(sorted(set(known), key=order_key(domain)))

    def listed(self, domain: Domain, cell: int) -> tuple[Value, ...]:
        """The values of a domain, if they are few."""
        if size_within(domain, MOST_VALUES) is None:
            raise self.too_many(cell, f"a part of it has more than {MOST_VALUES} values")
        return tuple(values(domain))

    def places(self, rows: Sequence[Sequence[Value]], filled: int, cell: int, path: Path) -> list[dict[Value, Formula]]:
        """Places without gaps, each for one of its values or (`_NOTHING`) for none; so many are always filled."""
        if sum(map(len, rows)) > MOST_PLACES:
            count = max(map(len, rows))
            raise self.too_many(cell, f"{len(rows)} places for {count:,} different items are too many")
        found: list[dict[Value, Formula]] = []
        for at, choices in enumerate(rows):
            facts: list[Fact] = [ItemIs(cell, path, at, value) for value in choices]
            if at < filled:
                found.append(dict(zip(choices, self.group(facts), strict=True)))
            else:
                terms = self.group((NoItem(cell, path, at), *facts))
                found.append(dict(zip((_NOTHING, *choices), terms, strict=True)))
        nothing = [place[_NOTHING] for place in found[filled:]]
        self.laws += [implies(one, after) for one, after in pairwise(nothing)]
        for none in nothing:
            self.digit((none, neither(none)))
        for place in found:
            self.digit(place.values())
        return found

    # ---- queues

    def queue(self, about: Queue, cell: int, sent: Sequence[Value]) -> Content:
        """A queue for these messages."""
        if about.distinct and not about.ordered:
            return self.kept(cell, sent)
        places = self.places([sent] * (about.bound if sent else 0), 0, cell, ())
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


def at_place(known: Sequence[Value] | None, at: int) -> tuple[Value, ...] | None:
    """What stands at a place of tuples that are long enough."""
    return None if known is None else tuple(dict.fromkeys(value[at] for value in known if at < len(value)))


def membership(known: Sequence[Value] | None, index: int) -> frozenset[bool]:
    """Whether sets have this element."""
    return BOTH if known is None else frozenset(bool(value >> index & 1) for value in known)


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


def sent_messages(ground: Ground, known: Known) -> dict[int, tuple[Value, ...]]:
    """For each queue the messages that are known, or else those that some instance can put into it, in order."""
    found: dict[int, set[Value]] = {index: set() for index, cell in enumerate(ground.cells) if cell.queue is not None}
    seen: set[Enqueue] = set()
    for instance in ground.instances:
        for command in commands(instance.body):
            if isinstance(command, Enqueue) and command not in seen:
                seen.add(command)
                unknown = [queue for queue in command.queues if known[queue] is None]
                messages = _messages(ground, command) if unknown else ()
                for queue in unknown:
                    found[queue].update(messages)
    key = message_key(ground)
    return {queue: tuple(sorted(known[queue] or messages, key=key)) for queue, messages in found.items()}


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
