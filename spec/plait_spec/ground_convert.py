"""Values with the domains they are known to lie in, and their way into the domain of a place.

A `Term` is an expression with a domain beside it (see `known`).  `stored` brings it into a place: converted where sets
are written down otherwise there, checked where it might lie outside.
"""

from __future__ import annotations

from collections.abc import Callable

from plait_spec import fold, known
from plait_spec.domains import (
    Domain,
    MapDomain,
    OptionDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    size,
    size_within,
    values,
)
from plait_spec.ground import Const, Expr, Key, Slot
from plait_spec.ground_walk import can_err, is_simple, slots_of
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.source import Span


@record
class Term:
    """An expression and a domain that its values lie in."""

    expr: Expr
    domain: Domain


class Slots:
    """Which slots are taken: those below `depth` now, those below `used` at some time."""

    def __init__(self, depth: int = 1) -> None:
        self.depth = self.used = depth

    def take(self) -> int:
        """A slot for the rest of what is being expanded; whoever takes it lowers `depth` again."""
        self.depth += 1
        self.used = max(self.used, self.depth)
        return self.depth - 1

    def clear(self, *exprs: Expr) -> None:
        """Raise `depth` above the slots of expressions that were expanded before, and run while a new one is held."""
        self.depth = max(self.depth, slots_of(*exprs))
        self.used = max(self.used, self.depth)

    def beyond(self) -> int:
        """A slot that nothing else uses."""
        self.used += 1
        return self.used - 1

    def held(self, term: Term, use: Callable[[Term], Expr]) -> Expr:
        """What `use` makes of the value, which is evaluated once."""
        if is_simple(term.expr):
            return use(term)
        mark = self.depth
        slot = self.take()
        body = use(Term(Slot(slot), term.domain))
        self.depth = mark
        return fold.let(slot, term.expr, body)


def converted(term: Term, want: Domain, slots: Slots, span: Span) -> Expr:
    """The value written down as those of `want` are, be it in `want` or not."""
    have = term.domain
    if known.alike(have, want):
        return term.expr
    match have, want:
        case SetDomain(of), SetDomain(wanted):
            return slots.held(term, lambda held: _converted_set(held, of, wanted, span))
        case OptionDomain(of), OptionDomain(wanted):
            return slots.held(term, lambda held: _converted_option(held, of, wanted, slots, span))
        case _, OptionDomain(wanted):
            return converted(term, wanted, slots, span)
        case RecordDomain(), RecordDomain():
            return slots.held(term, lambda held: _converted_record(held, want, slots, span))
        case MapDomain(key, _), MapDomain(wanted_key, _) if known.same(key, wanted_key):
            return slots.held(term, lambda held: _converted_map(held, want, slots, span))
        case SeqDomain(), SeqDomain() if isinstance(term.expr, Const):
            items = [Term(Const(item), have.of) for item in term.expr.value]
            return fold.make_tuple([converted(item, want.of, slots, span) for item in items])
        case _:
            raise BrokenLaw("types agree where values meet", f"{span}: {have} and {want}")


def _converted_set(held: Term, have: Domain, want: Domain, span: Span) -> Expr:
    items = [(fold.in_set(Const(value), held.expr, have), Const(value)) for value in values(have)]
    return fold.set_of(want, items, span)


def _converted_option(held: Term, have: Domain, want: Domain, slots: Slots, span: Span) -> Expr:
    is_none = fold.compare("==", held.expr, Const(None))
    if fold.is_true(is_none):
        return Const(None)
    return fold.if_else(is_none, Const(None), converted(Term(held.expr, have), want, slots, span))


def _converted_record(held: Term, want: RecordDomain, slots: Slots, span: Span) -> Expr:
    assert isinstance(held.domain, RecordDomain)
    parts = [Term(fold.field(held.expr, i), of) for i, (_, of) in enumerate(held.domain.fields)]
    pairs = zip(parts, want.fields, strict=True)
    return fold.make_tuple([converted(part, of, slots, span) for part, (_, of) in pairs])


def _converted_map(held: Term, want: MapDomain, slots: Slots, span: Span) -> Expr:
    assert isinstance(held.domain, MapDomain)
    of = held.domain.value
    items = [Term(value_at(held.expr, i, want.key, span), of) for i in range(size(want.key))]
    return fold.make_tuple([converted(item, want.value, slots, span) for item in items])


def value_at(map: Expr, position: int, keys: Domain, span: Span) -> Expr:
    """A map's value at its key number `position`."""
    key = next(value for i, value in enumerate(values(keys)) if i == position)
    return fold.item(map, Key(Const(key), keys, span, sure=True))


def stored(term: Term, want: Domain, place: str, slots: Slots, span: Span) -> Expr:
    """The value as a place of domain `want` takes it; what may lie outside is checked."""
    if known.included(term.domain, want):
        return term.expr
    if known.alike(term.domain, want):
        return fold.checked(term.expr, want, place, span)
    value = converted(term, want, slots, span)
    if isinstance(want, SetDomain):
        return value
    return fold.checked(value, want, place, span)


def key_of(term: Term, domain: Domain, slots: Slots, span: Span) -> Key:
    """The value as a key."""
    sure = known.included(term.domain, domain)
    if sure and not isinstance(term.expr, Const) and not can_err(term.expr):
        term = Term(only(domain) or term.expr, domain)
    return Key(converted(term, domain, slots, span), domain, span, sure)


def only(domain: Domain) -> Const | None:
    """The value of a domain that has no other."""
    return Const(next(values(domain))) if size_within(domain, 1) == 1 else None


def equal(left: Term, right: Term, slots: Slots, span: Span) -> Expr:
    """Whether two values are the same one."""
    if known.apart(left.domain, right.domain) and not can_err(left.expr) and not can_err(right.expr):
        return fold.truth(False)
    if left.domain == known.BOOLS == right.domain:
        return fold.same_truth(left.expr, right.expr)
    common = known.join(left.domain, right.domain)
    return fold.compare("==", converted(left, common, slots, span), converted(right, common, slots, span))
