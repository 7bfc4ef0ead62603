"""Expressions of CORE as values made of formulas, with what can go wrong while they are evaluated.

`Reader` evaluates in one state; errors are kept as conditions (`Fault`) under which the reference semantics would
raise them. What counts or orders identities has no such form, with one exception: a count (or the size of a set) that
is compared with a small number is "there are so many different ones".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import assert_never

from plait.engines.symbolic.any_size.fitting import fitted
from plait.engines.symbolic.any_size.logic import (
    FALSE,
    TRUE,
    Formula,
    Scalar,
    Var,
    conj,
    disj,
    exists,
    forall,
    iff,
    implies,
    neg,
)
from plait.engines.symbolic.any_size.numbers import (
    MIRRORED,
    Counted,
    at_least,
    calculated,
    compared,
    counted_against,
    number_of,
)
from plait.engines.symbolic.any_size.scope import Flights, Locals, Noting, State, TakenStep, flying
from plait.engines.symbolic.any_size.values import (
    NO_VALUE,
    Choice,
    FiniteValue,
    IdValue,
    MapValue,
    Point,
    RecordValue,
    SetValue,
    Symbolic,
    TruthValue,
    constant,
    filled,
    finite,
    is_point,
    matches,
    merge,
    points_of,
    same_value,
    select,
)
from plait.engines.symbolic.any_size.vocabulary import MAX_VALUES, CannotExpress, Vocabulary
from plait_spec.core import (
    Aggregate,
    At,
    Binary,
    Binder,
    Expr,
    Fill,
    Has,
    IfElse,
    LetIn,
    Literal,
    MakeRecord,
    MakeSeq,
    MakeSet,
    MapWhere,
    Member,
    Negate,
    Next,
    Not,
    Parameter,
    Past,
    Quantifier,
    QueueSize,
    Read,
    SeqCall,
    SetWhere,
    Temporal,
    Took,
    Unwrap,
    Use,
)
from plait_spec.diagnostics import Code
from plait_spec.source import Span
from plait_spec.took import parameter_position
from plait_spec.types import (
    BoolType,
    MapType,
    RecordType,
    SetType,
    Type,
)

MAX_COUNT = 3


class Reader(Noting):
    """Evaluates expressions in a state; `after` is the state after the step, where `next` may be said."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        state: State,
        locals: Locals,
        after: State | None = None,
        taken: TakenStep | None = None,
        flights: Flights | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.names = vocabulary.names
        self.state, self.after, self.taken, self.flights = state, after, taken, flights
        self.locals = dict(locals)

    # ---- values

    def truth(self, expr: Expr) -> Formula:
        """The formula of a bool."""
        value = self.value(expr)
        if isinstance(value, FiniteValue):
            return disj(when for scalar, when in value.cases if scalar is True)
        assert isinstance(value, TruthValue)
        return value.formula

    def value(self, expr: Expr) -> Symbolic:
        """The value of an expression."""
        match expr:
            case Literal(None):
                return NO_VALUE
            case Literal(bool() as value):
                return TruthValue(TRUE if value else FALSE)
            case Literal(value):
                return constant(value)
            case Parameter(name, type, span):
                return self.parameter(name, type, span)
            case Use(local):
                return self.locals[local.id]
            case Read(variable):
                return self.state[variable]
            case At(map, key, _, span):
                return self.at(self.value(map), self.value(key), span)
            case Member(of, name):
                return self.member(of, name)
            case Not(operand):
                return TruthValue(neg(self.truth(operand)))
            case Negate(operand):
                return finite((-number_of(value), when) for value, when in self.numbers(operand))
            case Binary():
                return self.binary(expr)
            case IfElse(condition, yes, no):
                return self.if_else(condition, yes, no)
            case Unwrap(operand, type, span):
                return self.unwrap(self.value(operand), type, span)
            case Fill(value, type, span):
                return self.fill(self.value(value), type, span)
            case MakeRecord(fields, type):
                made = (
                    self.fit(self.value(each), of, expr.span) for each, (_, of) in zip(fields, type.fields, strict=True)
                )
                return RecordValue(tuple(made))
            case MakeSet(items, type, span):
                return self.make_set(items, type, span)
            case SetWhere(binder, where, type, span):
                return self.set_where(binder, where, type, span)
            case MapWhere():
                return self.map_where(expr)
            case Quantifier("count"):
                return self.small_count(expr)
            case Quantifier():
                return TruthValue(self.quantifier(expr))
            case Has():
                return TruthValue(self.has(expr))
            case Took():
                return TruthValue(self.took(expr))
            case Next(operand):
                return self.next(operand, expr.span)
            case LetIn(local, value, body):
                self.locals[local.id] = self.value(value)
                return self.value(body)
            case MakeSeq(_, _, span):
                raise CannotExpress(span, "a sequence has an order and counts, which identities have not")
            case Aggregate(kind, _, _, _, _, span):
                raise CannotExpress(span, f"`{kind} of` calculates over what there may be any number of")
            case SeqCall("size", _, _, span):
                raise CannotExpress(span, "`size` counts what there may be any number of")
            case SeqCall(_, _, _, span):
                raise CannotExpress(span, "a sequence has an order and counts, which identities have not")
            case QueueSize(_, span):
                raise CannotExpress(span, "the messages in flight are a set here, and are not counted")
            case Past(_, _, span) | Temporal(_, _, span):
                raise CannotExpress(span, "it speaks about whole runs")
            case _:
                assert_never(expr)

    def parameter(self, name: str, type: Type, span: Span) -> Symbolic:
        """The value that was chosen."""
        if name in self.vocabulary.sizes:
            raise CannotExpress(span, f"`{name}` is the number of identities, which is any number here")
        value = self.vocabulary.parameters[name]
        return TruthValue(TRUE if value else FALSE) if isinstance(type, BoolType) else constant(value)

    def at(self, map: Symbolic, key: Symbolic, span: Span) -> Symbolic:
        """`map[key]`."""
        assert isinstance(map, MapValue)
        choices: list[Choice] = []
        for when, variables, point in points_of(key, self.names):
            if _fits(point, map):
                choices.append((when, variables, map.at(point)))
            else:
                self.fault(exists(variables, when), Code.NO_SUCH_KEY, span)
        if not choices:  # always an error; any value will do
            _, point = filled(map.keys[0], self.names)
            return map.at(point)
        return select(choices)

    def member(self, record: Expr, name: str) -> Symbolic:
        """`record.name`."""
        value = self.value(record)
        type = record.type
        assert isinstance(value, RecordValue)
        assert isinstance(type, RecordType)
        return value.fields[[field for field, _ in type.fields].index(name)]

    def if_else(self, condition: Expr, yes: Expr, no: Expr) -> Symbolic:
        """One of two values."""
        decided = self.truth(condition)
        with self.under(decided):
            one = self.value(yes)
        with self.under(neg(decided)):
            other = self.value(no)
        return merge(decided, one, other)

    def unwrap(self, value: Symbolic, type: Type, span: Span) -> Symbolic:
        """The value of an option; the rest of it is of no consequence where it is `none`."""
        match value:
            case IdValue(sort, terms, same, none):
                self.fault(none, Code.NONE_USED, span)
                return IdValue(sort, terms, same, FALSE)
            case FiniteValue(cases):
                for scalar, when in cases:
                    if scalar is None:
                        self.fault(when, Code.NONE_USED, span)
                kept = tuple((scalar, when) for scalar, when in cases if scalar is not None)
                if isinstance(type, BoolType):
                    return TruthValue(disj(when for scalar, when in kept if scalar is True))
                return FiniteValue(kept)
            case TruthValue() | RecordValue() | MapValue() | SetValue():
                return value
            case _:
                assert_never(value)

    def fill(self, value: Symbolic, type: Type, span: Span) -> Symbolic:
        """A map of one value."""
        assert isinstance(type, MapType)
        inner = value
        if isinstance(type.value, MapType) and not isinstance(value, MapValue):
            inner = self.fill(value, type.value, span)
        inner = self.fit(inner, type.value, span)
        return MapValue(self.vocabulary.patterns(type.key, span), lambda _: inner)

    def fit(self, value: Symbolic, type: Type, span: Span) -> Symbolic:
        """A value as one of a type: a model error where it is outside of a range."""
        return fitted(self, self.vocabulary, value, type, span)

    # ---- operators

    def numbers(self, expr: Expr) -> tuple[tuple[Scalar, Formula], ...]:
        """The cases of a number."""
        value = self.value(expr)
        assert isinstance(value, FiniteValue)
        return value.cases

    def binary(self, expr: Binary) -> Symbolic:
        """Two operands."""
        left, right, span = expr.left, expr.right, expr.span
        match expr.op:
            case "and" | "or" | "implies":
                first = self.truth(left)
                with self.under(neg(first) if expr.op == "or" else first):
                    second = self.truth(right)
                joined = {"and": lambda: conj((first, second)), "or": lambda: disj((first, second))}
                return TruthValue(joined.get(expr.op, lambda: implies(first, second))())
            case "iff":
                return TruthValue(iff(self.truth(left), self.truth(right)))
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return TruthValue(self.compare(expr.op, left, right, span))
            case "in":
                inside = self.value(right)
                assert isinstance(inside, SetValue)
                return TruthValue(self.contains(inside, self.value(left)))
            case "union" | "difference":
                return self.joined_sets(expr.op, self.value(left), self.value(right))
            case "concat":
                raise CannotExpress(span, "a sequence has an order and counts, which identities have not")
            case "+" | "-" | "*" | "mod" | "min" | "max":
                return self.arithmetic(expr.op, left, right, span)
            case _:
                assert_never(expr.op)

    def contains(self, inside: SetValue, element: Symbolic) -> Formula:
        """`element in set`."""
        return disj(
            exists(variables, conj((when, inside.has(point))))
            for when, variables, point in points_of(element, self.names)
            if any(matches(point, pattern) for pattern in inside.elements)
        )

    def joined_sets(self, op: str, left: Symbolic, right: Symbolic) -> Symbolic:
        """Union or difference."""
        assert isinstance(left, SetValue)
        assert isinstance(right, SetValue)

        def has(point: Point) -> Formula:
            one, other = left.has(point), right.has(point)
            return disj((one, other)) if op == "union" else conj((one, neg(other)))

        return SetValue(left.elements or right.elements, has)

    def arithmetic(self, op: str, left: Expr, right: Expr, span: Span) -> Symbolic:
        """Numbers of few values."""
        cases: list[tuple[Scalar, Formula]] = []
        for (one, when), (other, too) in product(self.numbers(left), self.numbers(right)):
            both = conj((when, too))
            if op == "mod" and other == 0:
                self.fault(both, Code.DIVISION_BY_ZERO, span)
            elif both != FALSE:
                cases.append((calculated(op, number_of(one), number_of(other)), both))
        joined = finite(cases)
        if len(joined.cases) > 2 * MAX_VALUES:
            raise CannotExpress(span, "a number of too many values: proofs here do not count")
        return joined

    def compare(self, op: str, left: Expr, right: Expr, span: Span) -> Formula:
        """Equality, order, and counts against small numbers."""
        for one, other, relation in ((left, right, op), (right, left, MIRRORED[op])):
            counted = self.counted(one)
            if counted is not None:
                return self.against(counted, relation, other, span)
        if op in ("==", "!="):
            same = same_value(self.value(left), self.value(right), self.names)
            return same if op == "==" else neg(same)
        return disj(
            conj((when, too))
            for (one, when), (other, too) in product(self.numbers(left), self.numbers(right))
            if compared(op, number_of(one), number_of(other))
        )

    # ---- counting up to a small number

    def against(self, counted: Counted, relation: str, other: Expr, span: Span) -> Formula:
        """A count against a number."""
        if self.counted(other) is not None:
            raise CannotExpress(span, "it compares two counts of identities")
        if any(number_of(value) > MAX_COUNT for value, _ in self.numbers(other)):
            raise CannotExpress(span, f"it counts identities beyond {MAX_COUNT}: proofs here do not count")
        return disj(
            conj((when, counted_against(counted, relation, number_of(value)))) for value, when in self.numbers(other)
        )

    def counted(self, expr: Expr) -> Counted | None:
        """Of a count: "at least so many"; None for any other expression, or a count of finitely many."""
        match expr:
            case Quantifier("count", binders, where, body):
                if all(self._finite_binder(binder) for binder in binders):
                    return None
                return at_least(list(self.bindings(binders, where, body)), self.names)
            case SeqCall("size", (of,)) if isinstance(of.type, SetType):
                value = self.value(of)
                assert isinstance(value, SetValue)
                found = [(*filled(pattern, self.names), value) for pattern in value.elements]
                return at_least(
                    [(variables, point, members.has(point)) for variables, point, members in found], self.names
                )
            case _:
                return None

    def _finite_binder(self, binder: Binder) -> bool:
        return binder.over is None and self.vocabulary.scalars(binder.local.type, _NOWHERE) is not None

    def small_count(self, expr: Quantifier) -> Symbolic:
        """How many of finitely many."""
        if not all(self._finite_binder(binder) for binder in expr.binders):
            raise CannotExpress(expr.span, "it counts identities, of which there may be any number")
        cases: list[tuple[Scalar, Formula]] = [(0, TRUE)]
        for _, _, claim in self.bindings(expr.binders, expr.where, expr.body):
            more = [(number_of(total) + 1, conj((when, claim))) for total, when in cases]
            cases = list(finite((*more, *((total, conj((when, neg(claim)))) for total, when in cases))).cases)
        return FiniteValue(tuple(cases))

    # ---- binders

    def ranges(self, binder: Binder) -> Iterator[tuple[tuple[Var, ...], Point, Formula, Symbolic]]:
        """What a binder ranges over: variables, the point, when it is in the range, and the value."""
        type = binder.local.type
        members: SetValue | None = None
        if binder.over is not None:
            found = self.value(binder.over)
            assert isinstance(found, SetValue)
            members = found
        for pattern in self.vocabulary.patterns(type, _span(binder)):
            variables, point = filled(pattern, self.names)
            value, _ = self.vocabulary.value_at(type, point, _span(binder))
            yield variables, point, TRUE if members is None else members.has(point), value

    def bindings(
        self, binders: tuple[Binder, ...], where: Expr, body: Expr | None
    ) -> Iterator[tuple[tuple[Var, ...], Point, Formula]]:
        """Each binding with "the condition and the body are true of it"; faults are noted."""
        yield from self._bindings(binders, where, body, (), (), TRUE)

    def _bindings(
        self,
        binders: tuple[Binder, ...],
        where: Expr,
        body: Expr | None,
        variables: tuple[Var, ...],
        point: Point,
        inside: Formula,
    ) -> Iterator[tuple[tuple[Var, ...], Point, Formula]]:
        if binders:
            for more, part, member, value in self.ranges(binders[0]):
                self.locals[binders[0].local.id] = value
                yield from self._bindings(
                    binders[1:], where, body, variables + more, point + part, conj((inside, member))
                )
            return
        with self.under(inside, variables):
            condition = self.truth(where)
        chosen = conj((inside, condition))
        if body is None:
            yield variables, point, chosen
            return
        with self.under(chosen, variables):
            claim = self.truth(body)
        yield variables, point, conj((chosen, claim))

    def quantifier(self, expr: Quantifier) -> Formula:
        """`all` and `some`."""
        if expr.kind == "some":
            some = self.bindings(expr.binders, expr.where, expr.body)
            return disj(exists(variables, claim) for variables, _, claim in some)
        every = Not(expr.body, expr.body.span)
        broken = self.bindings(expr.binders, expr.where, every)
        return conj(forall(variables, neg(claim)) for variables, _, claim in broken)

    def make_set(self, items: tuple[Expr, ...], type: Type, span: Span) -> SetValue:
        """`{a, b}`."""
        values = [self.value(item) for item in items]
        assert isinstance(type, SetType)
        patterns = self.vocabulary.patterns(type.of, span)
        return SetValue(patterns, lambda point: disj(is_point(value, point, self.names) for value in values))

    def set_where(self, binder: Binder, where: Expr, type: Type, span: Span) -> SetValue:
        """`{ x: T where p }`."""
        for _ in self.bindings((binder,), where, None):
            pass  # notes the faults
        assert isinstance(type, SetType)

        def has(point: Point) -> Formula:
            before, faults = self.locals.get(binder.local.id), list(self.faults)
            value, _ = self.vocabulary.value_at(binder.local.type, point, span)
            self.locals[binder.local.id] = value
            claims = [self.truth(where)]
            if binder.over is not None:
                inside = self.value(binder.over)
                assert isinstance(inside, SetValue)
                claims.append(inside.has(point))
            self.faults = faults
            if before is not None:
                self.locals[binder.local.id] = before
            return conj(claims)

        return SetValue(self.vocabulary.patterns(type.of, span), self._closed(has))

    def map_where(self, expr: MapWhere) -> MapValue:
        """`{ k: K -> e }`."""
        local = expr.local
        for pattern in self.vocabulary.patterns(local.type, expr.span):
            variables, point = filled(pattern, self.names)
            with self.under(TRUE, variables):
                self.locals[local.id], _ = self.vocabulary.value_at(local.type, point, expr.span)
                self.value(expr.value)

        kept = Reader(self.vocabulary, dict(self.state), self.locals, self.after, self.taken, self.flights)

        def at(point: Point) -> Symbolic:
            kept.locals[local.id], _ = self.vocabulary.value_at(local.type, point, expr.span)
            return kept.value(expr.value)

        return MapValue(self.vocabulary.patterns(local.type, expr.span), at)

    def _closed(self, has: Callable[[Point], Formula]) -> Callable[[Point], Formula]:
        """The function, evaluated with the names and the state of now."""
        locals, state = dict(self.locals), dict(self.state)

        def later(point: Point) -> Formula:
            kept, then = self.locals, self.state
            self.locals, self.state = dict(locals), state
            try:
                return has(point)
            finally:
                self.locals, self.state = kept, then

        return later

    # ---- messages and steps

    def has(self, expr: Has) -> Formula:
        """`link has Update(op: o)`."""
        channel = self.vocabulary.channels[expr.queues.channel]
        type = self.vocabulary.flight_type(channel, expr.message)
        wanted: dict[str, Symbolic] = {name: self.value(value) for name, value in expr.fields}
        for side, end in (("left", expr.queues.left), ("right", expr.queues.right)):
            if end is not None:
                wanted[side] = self.value(end)
        found: list[Formula] = []
        for forward in (True, False) if channel.both_ways else (True,):
            if expr.queues.forward in (None, forward):
                name = self.vocabulary.flight(channel.name, forward, expr.message)
                if name in self.state:
                    found.append(self._flying(expr, name, type, wanted))
        return disj(found)

    def _flying(self, expr: Has, name: str, type: RecordType, wanted: Mapping[str, Symbolic]) -> Formula:
        def agrees(point: Point) -> Formula:
            claims: list[Formula] = []
            for field, of in type.fields:
                value, point = self.vocabulary.value_at(of, point, expr.span)
                if field in wanted:
                    claims.append(same_value(value, wanted[field], self.names))
            return conj(claims)

        if self.flights is not None:
            return self.flights(expr, agrees, name, self.state)
        return flying(self.state, name, agrees, self.vocabulary)

    def took(self, expr: Took) -> Formula:
        """Whether the step just taken is this one."""
        taken = self.taken
        if taken is None or taken.rule.name != expr.step:
            return FALSE
        claims: list[Formula] = []
        for name, wanted in expr.args:
            position = parameter_position(name, taken.rule)
            actual = taken.args[position] if position is not None else taken.message.get(name)
            claims.append(FALSE if actual is None else same_value(actual, self.value(wanted), self.names))
        return conj(claims)

    def next(self, operand: Expr, span: Span) -> Symbolic:
        """`next(e)`."""
        if self.after is None:
            raise CannotExpress(span, "`next` outside of a step")
        now, self.state = self.state, self.after
        value = self.value(operand)
        self.state = now
        return value


_NOWHERE: Span = None  # type: ignore[assignment]


def _span(binder: Binder) -> Span:
    return _NOWHERE if binder.over is None else binder.over.span


def _fits(point: Point, map: MapValue) -> bool:
    return any(matches(point, pattern) for pattern in map.keys)
