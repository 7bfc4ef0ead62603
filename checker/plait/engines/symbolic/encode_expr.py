"""Expressions of GROUND to symbolic values, with the conditions under which their evaluation errs or is cut.

The meaning is that of `evaluation`, for all states at once: each operator is applied to every combination of values
that its operands can have.  What goes wrong is noted by a `Course` in the order of evaluation, under the conditions on
the way there: `and`, `or` and conditionals stop early, quantifiers do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Literal, assert_never

from plait.engines.symbolic.encode_layout import Content, Kept, Slots
from plait.engines.symbolic.formula import Formula, both, either, neither
from plait.engines.symbolic.symbols import (
    MOST_CASES,
    UNDEFINED,
    Cases,
    Items,
    Members,
    Row,
    Symbol,
    Truth,
    alike,
    cases,
    constant,
    counted,
    equal,
    gathered,
    items_of,
    mapped,
    members,
    merged,
    pairwise,
    row,
    selected,
    truth,
)
from plait.engines.symbolic.system import UnsupportedError
from plait.evaluation import arithmetic, compare, leaving
from plait_spec.domains import (
    Domain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    Value,
    contains,
    rank,
    size,
    size_within,
)
from plait_spec.ground import (
    And,
    Arithmetic,
    CellValue,
    Checked,
    Compare,
    Const,
    Expr,
    Field,
    Has,
    IfElse,
    InFlight,
    InSet,
    Item,
    Key,
    Let,
    Negate,
    Next,
    Not,
    OneOf,
    Or,
    SeqOp,
    SetOf,
    SetOp,
    Size,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from plait_spec.record import record

ZERO, ONE = Cases({0: True}), Cases({1: True})


@record
class Trouble:
    """A condition under which an evaluation ends early: an error, a cut by `bound`, or a step that is not enabled."""

    kind: Literal["error", "cut", "disabled"]
    when: Formula
    bound: str = ""


class Course:
    """What goes wrong on the way, in order."""

    def __init__(self) -> None:
        self.path: list[Formula] = []
        self.troubles: list[Trouble] = []

    @contextmanager
    def under(self, *conditions: Formula) -> Iterator[None]:
        """What is evaluated only where these conditions hold."""
        count = len(self.path)
        self.path += conditions
        yield
        del self.path[count:]

    def meet(self, kind: Literal["error", "cut", "disabled"], when: Formula, bound: str = "") -> None:
        """Something goes wrong here where the condition holds."""
        found = both((*self.path, when))
        if found is not False:
            self.troubles.append(Trouble(kind, found, bound))

    def decided(self) -> list[Trouble]:
        """The troubles, each where it is the first."""
        found: list[Trouble] = []
        for trouble in self.troubles:
            when = both((trouble.when, *(neither(before.when) for before in self.troubles[: len(found)])))
            found.append(Trouble(trouble.kind, when, trouble.bound))
        return found

    def calm(self) -> Formula:
        """That nothing goes wrong."""
        return both(neither(trouble.when) for trouble in self.troubles)


class Evaluator:
    """Expressions over these cells and slots (and, under `next`, the cells after a step)."""

    def __init__(
        self,
        cells: Sequence[Content],
        course: Course,
        slots: Mapping[int, Symbol] | None = None,
        after: Sequence[Content] | None = None,
    ) -> None:
        self.cells, self.course, self.after = cells, course, after
        self.slots = dict(slots or {})

    def truth(self, expr: Expr) -> Formula:
        """A condition."""
        return truth(self.symbol(expr))

    def symbol(self, expr: Expr) -> Symbol:
        """A value."""
        match expr:
            case Const(value):
                return constant(value)
            case CellValue(cell):
                return self.cell(cell)
            case Slot(slot):
                return self.slots.get(slot, UNDEFINED)
            case OneOf(cells, keys):
                ranks = self.ranks(keys, [None for _ in keys])
                return selected([(when, self.cell(cells[at])) for at, when in ranks.items()])
            case Item(of, key):
                entries = row(self.symbol(of))
                return selected([(when, entries[at]) for at, when in self.ranks((key,), [None]).items()])
            case Field(record, position):
                fields = row(self.symbol(record))
                return fields[position] if position < len(fields) else UNDEFINED
            case Tuple(items):
                return Row(tuple(map(self.symbol, items)))
            case WithItem(of, key, new):
                entries, at_rank = row(self.symbol(of)), self.ranks((key,), [None])
                entry = self.symbol(new)
                return Row(tuple(merged(at_rank.get(at, False), entry, old) for at, old in enumerate(entries)))
            case WithField(record, position, new):
                fields = row(self.symbol(record))
                return Row((*fields[:position], self.symbol(new), *fields[position + 1 :]))
            case Not(operand):
                return Truth(neither(self.truth(operand)))
            case Negate(operand):
                return mapped(lambda value: -value, self.symbol(operand))
            case And(items, every):
                return Truth(self.junction(items, every, until=False))
            case Or(items, every):
                return Truth(self.junction(items, every, until=True))
            case IfElse(condition, yes, no):
                return self.either_of(self.truth(condition), yes, no)
            case Compare(op, left, right):
                return Truth(self.comparison(op, self.symbol(left), self.symbol(right)))
            case Arithmetic():
                return self.arithmetic(expr)
            case _:
                return self.other(expr)

    def other(
        self,
        expr: Total | InSet | SetOf | SetOp | Size | SeqOp | Has | InFlight | Took | Next | Let | Unwrap | Checked,
    ) -> Symbol:
        """The rarer kinds."""
        match expr:
            case Total():
                return self.total(expr)
            case InSet(element, of, domain):
                return Truth(self.member(self.symbol(element), self.symbol(of), domain))
            case SetOf(domain, items):
                return self.set_of(domain, items)
            case SetOp(op, left, right):
                return _set_operation(op, self.symbol(left), self.symbol(right))
            case Size(of):
                elements = self.symbol(of)
                return counted(elements.has) if isinstance(elements, Members) else mapped(int.bit_count, elements)
            case SeqOp(op, args):
                return self.sequence(op, [self.symbol(arg) for arg in args])
            case Has(queues, channel, message, fields):
                wanted = [(2 + position, self.symbol(value)) for position, value in fields]
                return Truth(either(self.in_queue(queue, channel, message, wanted) for queue in queues))
            case InFlight(queues, channel):
                total = ZERO
                for queue in queues:
                    total = pairwise(lambda one, other: one + other, total, self.count(queue, channel))
                return total
            case Took():
                return Truth(when=False)
            case Next(operand):
                assert self.after is not None
                return Evaluator(self.after, self.course, self.slots).symbol(operand)
            case Let(slot, bound, body):
                slots = {**self.slots, slot: self.symbol(bound)}
                return Evaluator(self.cells, self.course, slots, self.after).symbol(body)
            case Unwrap(operand):
                return self.something(cases(self.symbol(operand)))
            case Checked(operand, domain, place):
                return self.checked(self.symbol(operand), domain, place)
            case _:
                assert_never(expr)

    def cell(self, index: int) -> Symbol:
        """What a cell that is no queue holds."""
        found = self.cells[index]
        assert not isinstance(found, Slots | Kept)
        return found

    # ---- keys

    def ranks(self, keys: Sequence[Key], found: Sequence[Symbol | None]) -> dict[int, Formula]:
        """The ranks that keys together can have; keys whose value is not given are evaluated one after the other."""
        rows: list[list[tuple[int, Formula]]] = []
        for key, given in zip(keys, found, strict=True):
            known = cases(self.symbol(key.expr) if given is None else given)
            inside = {value: contains(key.domain, value) for value in known}
            if not key.sure:
                self.course.meet("error", either(when for value, when in known.items() if not inside[value]))
            rows.append([(rank(key.domain, value), when) for value, when in known.items() if inside[value]])
        ranks: list[tuple[int, Formula]] = []
        for choice in product(*rows):
            at = 0
            for key, (place, _) in zip(keys, choice, strict=True):
                at = at * size(key.domain) + place
            ranks.append((at, both(when for _, when in choice)))
            if len(ranks) > MOST_CASES:
                raise UnsupportedError("a place with several keys", f"more than {MOST_CASES:,} are possible")
        return dict(gathered(ranks).cases)

    # ---- Booleans

    def junction(self, items: Sequence[Expr], every: bool, *, until: bool) -> Formula:
        """`and` (`until` false) or `or` (true) of the items; unless `every`, the first that is `until` ends it."""
        found: list[Formula] = []
        count = len(self.course.path)
        for item in items:
            value = self.truth(item)
            found.append(value)
            if not every:
                if value is until:
                    break
                self.course.path.append(neither(value) if until else value)
        del self.course.path[count:]
        return either(found) if until else both(found)

    def either_of(self, condition: Formula, yes: Expr, no: Expr) -> Symbol:
        """One of two values."""
        if isinstance(condition, bool):
            return self.symbol(yes if condition else no)
        with self.course.under(condition):
            one = self.symbol(yes)
        with self.course.under(neither(condition)):
            other = self.symbol(no)
        return merged(condition, one, other)

    def comparison(self, op: str, left: Symbol, right: Symbol) -> Formula:
        """`==`, `!=`, `<`, `<=`."""
        if op in ("==", "!="):
            found = equal(left, right)
            return found if op == "==" else neither(found)
        return truth(pairwise(lambda one, other: compare(op, one, other), left, right))

    # ---- numbers

    def arithmetic(self, expr: Arithmetic) -> Symbol:
        """Whole numbers."""
        left, right = self.symbol(expr.left), self.symbol(expr.right)
        if expr.op == "mod":
            divisors = cases(right)
            self.course.meet("error", divisors.get(0, False))
            right = Cases({value: when for value, when in divisors.items() if value != 0})
        return pairwise(lambda one, other: arithmetic(expr.op, one, other, expr.span), left, right)

    def total(self, expr: Total) -> Symbol:
        """`sum`, `min`, `max`."""
        terms: list[tuple[Formula, Symbol]] = []
        for condition, item in expr.items:
            when = self.truth(condition)
            if when is not False:
                with self.course.under(when):
                    terms.append((when, self.symbol(item)))
        if expr.op == "sum":
            if all(cases(value) == ONE.cases for _, value in terms):
                return counted(when for when, _ in terms)
            found: Symbol = ZERO
            for when, value in terms:
                found = pairwise(lambda one, other: one + other, found, merged(when, value, ZERO))
            return found
        nothing = Cases({None: True})
        best: Symbol = nothing
        operation = min if expr.op == "min" else max

        def better(one: Value, other: Value) -> Value:
            return other if one is None else one if other is None else operation(one, other)

        for when, value in terms:
            best = pairwise(better, best, merged(when, value, nothing))
        return self.something(cases(best))

    def something(self, known: Mapping[Value, Formula]) -> Symbol:
        """The value; `none` is an error."""
        self.course.meet("error", known.get(None, False))
        return Cases({value: when for value, when in known.items() if value is not None})

    # ---- sets

    def member(self, element: Symbol, of: Symbol, domain: Domain) -> Formula:
        """Membership; what is outside the domain is no member."""
        ranks = [(rank(domain, value), when) for value, when in cases(element).items() if contains(domain, value)]
        has = members(of, 1 + max((at for at, _ in ranks), default=0))
        return either(both((when, has[at])) for at, when in ranks)

    def set_of(self, domain: Domain, items: Sequence[tuple[Expr, Expr]]) -> Symbol:
        """The set of the elements whose condition is true."""
        count = size_within(domain, MOST_CASES)
        if count is None:
            raise UnsupportedError("a set", f"it has more than {MOST_CASES:,} possible elements")
        has: list[list[Formula]] = [[] for _ in range(count)]
        for condition, element in items:
            when = self.truth(condition)
            if when is False:
                continue
            with self.course.under(when):
                known = cases(self.symbol(element))
                self.course.meet("error", either(true for value, true in known.items() if not contains(domain, value)))
            for value, true in known.items():
                if contains(domain, value):
                    has[rank(domain, value)].append(both((when, true)))
        return Members(tuple(map(either, has)))

    # ---- sequences

    def sequence(self, op: str, args: Sequence[Symbol]) -> Symbol:
        """`length`, `first`, `last`, `rest`, `at`, `concat`."""
        found = items_of(args[0])
        lengths = found.lengths
        match op:
            case "length":
                return gathered(enumerate(lengths))
            case "concat":
                return _concatenation(found, items_of(args[1]))
            case "at":
                return self.item_at(found, cases(args[1]))
            case _:
                self.course.meet("error", lengths[0])
                if op == "rest":
                    return Items(lengths[1:] or (True,), found.items[1:])
                if op == "first":
                    return found.items[0] if found.items else UNDEFINED
                return selected([(when, found.items[length - 1]) for length, when in enumerate(lengths) if length])

    def item_at(self, found: Items, positions: Mapping[Value, Formula]) -> Symbol:
        """The item at a position; past the end is an error."""
        inside = {at: either(found.lengths[at + 1 :]) if 0 <= at < len(found.lengths) else False for at in positions}
        self.course.meet("error", either(both((when, neither(inside[at]))) for at, when in positions.items()))
        return selected([(when, found.items[at]) for at, when in positions.items() if 0 <= at < len(found.items)])

    # ---- queues

    def in_queue(self, queue: int, channel: int, message: int, wanted: Sequence[tuple[int, Symbol]]) -> Formula:
        """Whether such a message is in flight."""
        asked = [(position, cases(symbol)) for position, symbol in wanted]
        found: list[Formula] = []
        for value, when in in_flight(self.cells[queue]):
            if value[:2] == (channel, message):
                found.append(both((when, *(known.get(value[position], False) for position, known in asked))))
        return either(found)

    def count(self, queue: int, channel: int) -> Cases:
        """How many messages of a channel are in flight."""
        content = self.cells[queue]
        match content:
            case Kept(messages):
                return counted(when for value, when in messages.items() if value[0] == channel)
            case Slots(places):
                if all(value is None or value[0] == channel for place in places for value in place.cases):
                    return gathered(enumerate(lengths(content)))
                return counted(
                    either(when for value, when in place.cases.items() if value is not None and value[0] == channel)
                    for place in places
                )
            case _:
                raise AssertionError(content)

    # ---- domains

    def checked(self, symbol: Symbol, domain: Domain, place: str) -> Symbol:
        """The value without what is outside the domain; the first part that is decides between error and cut."""
        match symbol, domain:
            case Row(items), RecordDomain(_, fields):
                parts = zip(items, (of for _, of in fields), strict=True)
                return Row(tuple(self.checked(item, of, place) for item, of in parts))
            case Row(items), MapDomain(_, of):
                return Row(tuple(self.checked(item, of, place) for item in items))
            case (Row() | Items(), SeqDomain(of, capacity)):
                return self.checked_items(items_of(symbol), of, capacity, place)
            case (Truth() | Members(), _):
                return symbol
            case (Row() | Items(), OptionDomain(of)):
                return self.checked(symbol, of, place)
            case (Cases() | Row() | Items(), _):
                return self.checked_cases(cases(symbol), domain, place)
            case _:
                assert_never(symbol)

    def checked_items(self, found: Items, of: Domain, capacity: int, place: str) -> Symbol:
        """A sequence: its length, then its items."""
        self.course.meet("error", either(found.lengths[capacity + 1 :]))
        kept = found.items[:capacity]
        items: list[Symbol] = []
        for at, item in enumerate(kept):
            with self.course.under(either(found.lengths[at + 1 :])):
                items.append(self.checked(item, of, place))
        return Items(found.lengths[: capacity + 1], tuple(items))

    def checked_cases(self, known: Mapping[Value, Formula], domain: Domain, place: str) -> Symbol:
        """Value by value."""
        inside: dict[Value, Formula] = {}
        wrong: list[Formula] = []
        cut: dict[str, list[Formula]] = {}
        for value, when in known.items():
            match leaving(domain, value):
                case None:
                    inside[value] = when
                case (RangeDomain(lo, hi, within=True), int()):
                    cut.setdefault(f"{place}: within {lo}..{hi}", []).append(when)
                case _:
                    wrong.append(when)
        self.course.meet("error", either(wrong))
        for bound, whens in cut.items():
            self.course.meet("cut", either(whens), bound)
        return Cases(inside)


def _set_operation(op: str, left: Symbol, right: Symbol) -> Symbol:
    match alike(left, right):
        case Members(one), Members(other):
            if op == "union":
                return Members(tuple(either(pair) for pair in zip(one, other, strict=True)))
            return Members(tuple(both((has, neither(gone))) for has, gone in zip(one, other, strict=True)))
        case one, other:
            return pairwise(lambda has, more: has | more if op == "union" else has & ~more, one, other)


def _concatenation(one: Items, other: Items) -> Symbol:
    most = len(one.lengths) + len(other.lengths) - 1
    lengths = tuple(
        either(
            both((when, other.lengths[length - first]))
            for first, when in enumerate(one.lengths)
            if 0 <= length - first < len(other.lengths)
        )
        for length in range(most)
    )
    return Items(lengths, tuple(_item(one, other, at) for at in range(len(one.items) + len(other.items))))


def _item(one: Items, other: Items, at: int) -> Symbol:
    choices: list[tuple[Formula, Symbol]] = []
    if at < len(one.items):
        choices.append((either(one.lengths[at + 1 :]), one.items[at]))
    for first, when in enumerate(one.lengths[: at + 1]):
        if at - first < len(other.items):
            choices.append((when, other.items[at - first]))
    return selected(choices)


def in_flight(content: Content) -> list[tuple[Value, Formula]]:
    """Messages with conditions under which they are in flight, some of them several times."""
    match content:
        case Kept(messages):
            return list(messages.items())
        case Slots(places):
            return [pair for place in places for pair in place.cases.items() if pair[0] is not None]
        case _:
            raise AssertionError(content)


def lengths(content: Slots) -> tuple[Formula, ...]:
    """That the queue has 0, 1, ... messages."""
    nothing = [place.cases.get(None, False) for place in content.places]
    some = [True, *map(neither, nothing)]
    return tuple(both((some[at], none)) for at, none in enumerate((*nothing, True)))
