"""Expressions of CORE into GROUND: quantifiers unrolled, bound names replaced, maps looked up cell by cell.

Names, variables and maps are looked up as `ground_scope` says; here is one method for each kind of expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, assert_never

from plait_spec import core, fold, known
from plait_spec.core_walk import below
from plait_spec.domain_of import is_finite
from plait_spec.domains import (
    Domain,
    MapDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
)
from plait_spec.ground import Const, Expr, Slot, Took
from plait_spec.ground_context import MAX_BINDINGS, too_many
from plait_spec.ground_convert import Term, converted, stored
from plait_spec.ground_operators import binary, call
from plait_spec.ground_queues import QueueKeys, selected
from plait_spec.ground_scope import Scope, View
from plait_spec.ground_walk import is_simple
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.took import wanted_domain
from plait_spec.types import EmptyType, IntType, MapType, OptionType, RangeType, SetType, Type

Lets: TypeAlias = list[tuple[int, Expr]]


@record
class Source:
    """What a binder ranges over: `values`, all or those in `within`; or the set `over`, which reads other binders."""

    local: core.Local
    domain: Domain
    values: tuple[Value, ...]
    within: Term | None
    over: core.Expr | None


ONE = Const(1)


class Expander(Scope):
    """Expands expressions under a binding of names."""

    # ---- views --------------------------------------------------------------------------------------------------

    def truth(self, expr: core.Expr) -> Expr:
        """A condition."""
        return self.term(expr).expr

    def term(self, expr: core.Expr) -> Term:
        """A value, read whole."""
        return self.whole(self.view(expr), expr.span)

    def view(self, expr: core.Expr) -> View:
        """A value, or a variable of which some keys are given."""
        self.context.spend(expr.span)
        match expr:
            case core.Use(local):
                return self.named(local)
            case core.Literal(value, type):
                return Term(Const(value), self.literal_domain(value, type, expr.span))
            case core.Read(variable):
                return self.variable(variable)
            case core.At(map, key):
                return self.at(self.view(map), self.term(key), expr.span)
            case core.Binary():
                return self.binary(expr)
            case core.Member(record, name):
                return self.member(self.term(record), name)
            case core.Not(operand):
                return Term(fold.negation(self.truth(operand)), known.BOOLS)
            case core.IfElse():
                return self.if_else(expr)
            case core.LetIn(local, value, body):
                return self.let_in(local, value, body)
            case core.Parameter(name, type):
                value = self.context.parameters[name]
                return Term(Const(value), self.literal_domain(value, type, expr.span))
            case core.Quantifier():
                return self.quantifier(expr)
            case core.Aggregate():
                return self.aggregate(expr)
            case _:
                return self.other(expr)

    def other(
        self,
        expr: core.Negate
        | core.Unwrap
        | core.Fill
        | core.MakeRecord
        | core.MakeSet
        | core.MakeSeq
        | core.SetWhere
        | core.MapWhere
        | core.SeqCall
        | core.Has
        | core.QueueSize
        | core.Took
        | core.Next
        | core.Past
        | core.Temporal,
    ) -> View:
        """The rarer kinds."""
        match expr:
            case core.Negate(operand):
                number = self.term(operand)
                return Term(fold.negative(number.expr), known.negated(number.domain))
            case core.Unwrap(operand):
                return self.unwrap(self.term(operand), expr.span)
            case core.Fill():
                return self.fill(expr)
            case core.MakeRecord():
                return self.record(expr)
            case core.MakeSet():
                return self.make_set(expr)
            case core.MakeSeq(items):
                return self.make_seq(items, expr.span)
            case core.SetWhere():
                return self.set_where(expr)
            case core.MapWhere():
                return self.map_where(expr)
            case core.SeqCall(function, args):
                return call(function, tuple(self.term(arg) for arg in args), expr.span)
            case core.Has() | core.QueueSize():
                return self.queues(expr)
            case core.Took():
                return Term(self.took(expr), known.BOOLS)
            case core.Next(operand):
                after = self.term(operand)
                return Term(fold.after_step(after.expr), after.domain)
            case core.Past():
                raise BrokenLaw("no past-time operator is left", str(expr.span))
            case core.Temporal():
                raise BrokenLaw("operators about whole runs have no value in a state", str(expr.span))
            case _:
                assert_never(expr)

    def literal_domain(self, value: Value, type: Type, span: Span) -> Domain:
        """The least domain of a literal or parameter."""
        if value is None:
            return known.NONE
        if isinstance(value, bool):
            return known.BOOLS
        if isinstance(type, OptionType):
            return self.literal_domain(value, type.of, span)
        return known.exactly(value) if isinstance(type, IntType | RangeType) else self.context.domain(type, span)

    # ---- names --------------------------------------------------------------------------------------------------

    def let_in(self, local: core.Local, value: core.Expr, body: core.Expr) -> View:
        """A name for a value: in place of it where that costs nothing, in a slot otherwise."""
        view = self.declared(local, self.view(value), value.span)
        if self.repeatable(view):
            return self.under(local, view, body)
        term = self.whole(view, value.span)
        mark = self.slots.depth
        slot = self.slots.take()
        result = self.whole(self.under(local, Term(Slot(slot), term.domain), body), body.span)
        self.slots.depth = mark
        return Term(fold.let(slot, term.expr, result.expr), result.domain)

    def declared(self, local: core.Local, view: View, span: Span) -> View:
        """The value as one of the type that its name was declared with: outside its range it is an error."""
        if not isinstance(view, Term) or not is_finite(local.type):
            return view
        want = self.context.domain(local.type, span)
        if known.included(view.domain, want):
            return view
        return Term(stored(view, want, local.name, self.slots, span), want)

    def under(self, local: core.Local, view: View, body: core.Expr) -> View:
        """An expression where a name is bound."""
        outer = self.env.get(local.id)
        self.env[local.id] = view
        result = self.view(body)
        if outer is not None:
            self.env[local.id] = outer
        return result

    # ---- operators ----------------------------------------------------------------------------------------------

    def binary(self, expr: core.Binary) -> Term:
        """Two operands; the right one is not looked at where the left one decides for any state."""
        left = self.term(expr.left)
        if isinstance(left.expr, Const):
            decides = {"and": False, "or": True, "implies": False}.get(expr.op)
            if decides is not None and left.expr.value is decides:
                return Term(fold.truth(expr.op != "and"), known.BOOLS)
        return binary(expr.op, left, self.term(expr.right), self.slots, expr.span)

    def if_else(self, expr: core.IfElse) -> View:
        """One of two values."""
        condition = self.truth(expr.condition)
        if isinstance(condition, Const):
            return self.view(expr.yes if condition.value else expr.no)
        yes, no = self.term(expr.yes), self.term(expr.no)
        domain = known.join(yes.domain, no.domain)
        one, other = (converted(branch, domain, self.slots, expr.span) for branch in (yes, no))
        return Term(fold.if_else(condition, one, other), domain)

    # ---- records, maps, sets, sequences -------------------------------------------------------------------------

    def record(self, expr: core.MakeRecord) -> Term:
        """A record."""
        domain = self.context.domain(expr.type, expr.span)
        assert isinstance(domain, RecordDomain)
        return Term(self.fields(expr.fields, domain), domain)

    def fields(self, given: Sequence[core.Expr], record: RecordDomain) -> Expr:
        """Values for the fields of a record or message."""
        return fold.make_tuple(
            [
                stored(self.term(expr), domain, f"{record.name}.{name}", self.slots, expr.span)
                for expr, (name, domain) in zip(given, record.fields, strict=True)
            ]
        )

    def fill(self, expr: core.Fill) -> Term:
        """A map with one value at every key."""
        domain = self.keys_of(expr.type, expr.span)
        count = len(self.context.values(domain, expr.span))
        value = self.term(expr.value)
        filled = self.slots.held(value, lambda held: fold.make_tuple([held.expr] * count))
        return Term(filled, MapDomain(domain, value.domain))

    def map_where(self, expr: core.MapWhere) -> Term:
        """A map, value by value."""
        domain = self.keys_of(expr.type, expr.span)
        items: list[Term] = []
        for value in self.context.values(domain, expr.span):
            self.bind(expr.local, Term(Const(value), _narrow(domain, value)))
            items.append(self.term(expr.value))
        common = known.join_all([item.domain for item in items])
        exprs = [converted(item, common, self.slots, expr.span) for item in items]
        return Term(fold.make_tuple(exprs), MapDomain(domain, common))

    def keys_of(self, type: Type, span: Span) -> Domain:
        """The keys of a map type."""
        if not isinstance(type, MapType):
            raise BrokenLaw("maps have map types", str(span))
        return self.context.domain(type.key, span)

    def make_set(self, expr: core.MakeSet) -> Term:
        """`{a, b}`."""
        items = [self.term(item) for item in expr.items]
        domain = self.elements_of(expr.type, [item.domain for item in items], expr.span)
        pairs = [(fold.truth(True), converted(item, domain, self.slots, expr.span)) for item in items]
        return Term(fold.set_of(domain, pairs, expr.span), SetDomain(domain))

    def elements_of(self, type: Type, items: Sequence[Domain], span: Span) -> Domain:
        """The domain of a set's elements: as its type says, or what its items are where the type says only `int`."""
        if isinstance(type, SetType) and is_finite(type.of):
            return self.context.domain(type.of, span)
        if isinstance(type, EmptyType) and not items:
            return known.NOTHING
        return known.join_all(items)

    def make_seq(self, given: Sequence[core.Expr], span: Span) -> Term:
        """`[a, b]`."""
        items = [self.term(item) for item in given]
        domain = known.join_all([item.domain for item in items])
        exprs = [converted(item, domain, self.slots, span) for item in items]
        return Term(fold.make_tuple(exprs), SeqDomain(domain, len(items)))

    def set_where(self, expr: core.SetWhere) -> Term:
        """`{ x: T where p }`."""
        domain = self.elements_of(expr.type, [], expr.span)
        if known.is_nothing(domain):
            domain = self.context.domain(expr.binder.local.type, expr.span)
        mark = self.slots.depth
        sources, lets = self.sources((expr.binder,), expr.span)
        items: list[tuple[Expr, Expr]] = []
        for condition in self.passes(sources, expr.where):
            element = self.whole(self.named(expr.binder.local), expr.span)
            items.append((condition, converted(element, domain, self.slots, expr.span)))
        self.slots.depth = mark
        return Term(_wrapped(lets, fold.set_of(domain, items, expr.span)), SetDomain(domain))

    # ---- binders ------------------------------------------------------------------------------------------------

    def sources(self, binders: Sequence[core.Binder], span: Span) -> tuple[list[Source], Lets]:
        """What the binders range over, and the sets that have to be evaluated first, in slots that stay taken.

        A set that reads none of the other names is evaluated once, even if those have nothing to range over.
        """
        found: list[Source] = []
        lets: Lets = []
        product = 1
        for binder in binders:
            local, over = binder.local, binder.over
            within: Term | None = None
            if over is not None and not _reads(over, found):
                within, over = self.held(self.term(over), lets), None
            domain = known.NOTHING if over is not None else self.domain_of(local, within, span)
            choices = self.choices(domain, span) if over is None else ()
            product *= max(len(choices), 1)
            if product > MAX_BINDINGS:
                raise too_many(span)
            found.append(Source(local, domain, choices, within, over))
        return found, lets

    def domain_of(self, local: core.Local, within: Term | None, span: Span) -> Domain:
        """What a name ranges over: a set's elements, or its type."""
        if within is None:
            return self.context.domain(local.type, span)
        if not isinstance(within.domain, SetDomain):
            raise BrokenLaw("names range over types and sets", f"{local.name} at {span}")
        return within.domain.of

    def choices(self, domain: Domain, span: Span) -> tuple[Value, ...]:
        """All values of a domain, perhaps none."""
        return () if known.is_nothing(domain) else self.context.values(domain, span)

    def held(self, term: Term, lets: Lets) -> Term:
        """The value in a slot, unless it is simple."""
        if is_simple(term.expr):
            return term
        slot = self.slots.take()
        lets.append((slot, term.expr))
        return Term(Slot(slot), term.domain)

    def passes(self, sources: Sequence[Source], where: core.Expr, so_far: tuple[Expr, ...] = ()) -> Iterator[Expr]:
        """Bind the names in every way that may satisfy the condition; yields what is left of the condition."""
        if not sources:
            condition = fold.conjunction((*so_far, self.truth(where)))
            if not fold.is_false(condition):
                yield condition
            return
        source, among = sources[0], sources[0].within
        domain, choices = source.domain, source.values
        if source.over is not None:
            among = self.term(source.over)
            domain = self.domain_of(source.local, among, source.over.span)
            choices = self.choices(domain, source.over.span)
        for value in choices:
            term = Term(Const(value), _narrow(domain, value))
            self.bind(source.local, term)
            member = fold.truth(True) if among is None else binary("in", term, among, self.slots, where.span).expr
            if not fold.is_false(member):
                yield from self.passes(sources[1:], where, (*so_far, member))

    def quantifier(self, expr: core.Quantifier) -> Term:
        """`all`, `some`, `count`."""
        mark = self.slots.depth
        sources, lets = self.sources(expr.binders, expr.span)
        items: list[Expr] = []
        for condition in self.passes(sources, expr.where):
            body = self.truth(expr.body)
            items.append((fold.implication if expr.kind == "all" else _both)(condition, body))
        self.slots.depth = mark
        match expr.kind:
            case "all":
                return Term(_wrapped(lets, fold.conjunction(items, every=True)), known.BOOLS)
            case "some":
                return Term(_wrapped(lets, fold.disjunction(items, every=True)), known.BOOLS)
            case "count":
                total = fold.total("sum", [(item, ONE) for item in items], expr.span)
                return Term(_wrapped(lets, total), RangeDomain(0, len(items)))
            case _:
                assert_never(expr.kind)

    def aggregate(self, expr: core.Aggregate) -> Term:
        """`max`, `min`, `sum`."""
        mark = self.slots.depth
        sources, lets = self.sources(expr.binders, expr.span)
        items: list[tuple[Expr, Term]] = []
        for condition in self.passes(sources, expr.where):
            items.append((condition, self.term(expr.value)))
        self.slots.depth = mark
        total = fold.total(expr.kind, [(condition, value.expr) for condition, value in items], expr.span)
        bounds = [known.interval(value.domain) for _, value in items]
        if expr.kind == "sum":
            domain: Domain = RangeDomain(sum(min(lo, 0) for lo, _ in bounds), sum(max(hi, 0) for _, hi in bounds))
        else:
            domain = known.join_all([value.domain for _, value in items])
        return Term(_wrapped(lets, total), domain)

    # ---- channels and steps -------------------------------------------------------------------------------------

    def queues(self, expr: core.Has | core.QueueSize) -> Term:
        """A question about messages in flight."""
        ref = expr.queues
        keys = QueueKeys(*(None if end is None else self.term(end) for end in (ref.left, ref.right)))
        channel, _ = self.context.channel(ref.channel)
        mark = self.slots.depth
        chosen, lets = selected(self.context, ref, keys, self.slots, expr.span)
        if isinstance(expr, core.Has):
            index, fields = self.has_fields(expr)
            found = [_both(when, fold.has(cells, channel, index, fields)) for when, cells in chosen]
            result = Term(fold.disjunction(found), known.BOOLS)
        else:
            counts = [(when, fold.in_flight(cells, channel)) for when, cells in chosen]
            most = max((len(cells) for _, cells in chosen), default=0) * self.context.capacity(ref.channel)
            result = Term(fold.total("sum", counts, expr.span), RangeDomain(0, most))
        self.slots.depth = mark
        return Term(_wrapped(lets, result.expr), result.domain)

    def has_fields(self, expr: core.Has) -> tuple[int, list[tuple[int, Expr]]]:
        """The message's index, and what is asked of its fields by position."""
        index, record = self.context.message(expr.message)
        positions = {name: i for i, (name, _) in enumerate(record.fields)}
        asked: list[tuple[int, Expr]] = []
        for name, value in expr.fields:
            position = positions[name]
            want = record.fields[position][1]
            asked.append((position, converted(self.term(value), want, self.slots, value.span)))
        return index, asked

    def took(self, expr: core.Took) -> Expr:
        """A step name; false if no such step exists for these parameters."""
        rules = self.context.steps.get(expr.step)
        if rules is None:
            return fold.truth(False)
        args: list[tuple[str, Expr]] = []
        for name, value in expr.args:
            wanted = [domain for rule in rules if (domain := self.argument(name, rule)) is not None]
            if not wanted:
                raise BrokenLaw("arguments of a step name", f"`{expr.step}` has no `{name}`")
            args.append((name, converted(self.term(value), wanted[0], self.slots, value.span)))
        return Took(expr.step, tuple(args))

    def argument(self, name: str, rule: core.Rule) -> Domain | None:
        """The domain of what a step name's argument means in a rule."""
        params = tuple(self.context.domain(local.type, rule.span) for local in rule.params)
        return wanted_domain(name, rule, params, self.context.received(rule))


def _both(one: Expr, other: Expr) -> Expr:
    return fold.conjunction((one, other))


def _wrapped(lets: Lets, body: Expr) -> Expr:
    for slot, value in reversed(lets):
        body = fold.let(slot, value, body)
    return body


def _reads(expr: core.Expr, sources: Sequence[Source]) -> bool:
    """Whether the expression uses one of the names bound so far by the same binders."""
    bound = {source.local.id for source in sources}
    return bool(bound) and any(isinstance(part, core.Use) and part.local.id in bound for part in below(expr))


def _narrow(domain: Domain, value: Value) -> Domain:
    """The domain of one value, where it makes a difference."""
    return known.exactly(value) if isinstance(domain, RangeDomain) else domain
