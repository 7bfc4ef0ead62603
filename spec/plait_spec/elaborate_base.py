"""What all of elaboration shares: errors, poison, fresh names, the budget, and making a value fit a type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

from plait_spec import core, syntax
from plait_spec.agreement import agrees, an, fits, present, show, unsettled
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.elaborate_context import Context
from plait_spec.scope import Scope
from plait_spec.source import Span
from plait_spec.types import (
    BOOL,
    POISON,
    Bound,
    EmptyType,
    IntType,
    MapType,
    NoneType,
    Number,
    OptionType,
    PoisonType,
    RangeType,
    SeqType,
    SetType,
    Type,
)
from plait_spec.weight import Weights

MAX_NODES = 100_000
"""How much of a text is elaborated for one protocol, with what is inlined counted at each call."""
MAX_DEPTH = 120
"""How deep expressions and statements are nested, with what is inlined."""


class Base(ABC):
    """The state of an elaboration, and the judgements that every part of it makes."""

    def __init__(self, scope: Scope, sink: Sink) -> None:
        self.scope, self.sink = scope, sink
        self._locals = 0
        self._nodes = 0
        self._depth = 0
        self._deep = False
        self._large = False
        self._weights = Weights(scope)
        self._reads: dict[tuple[str, str], core.ForeignRead] = {}

    @property
    def foreign_reads(self) -> tuple[core.ForeignRead, ...]:
        """The variables of other roles that steps read, each with its first place."""
        return tuple(self._reads.values())

    def fresh(self, name: str, type: Type) -> core.Local:
        """A new bound name."""
        self._locals += 1
        return core.Local(self._locals, name, type)

    def type(self, expr: syntax.TypeExpr) -> Type:
        """What a type means."""
        return self.scope.types.resolve(expr)

    def bound(self, expr: syntax.Expr) -> Bound:
        """A number over parameters."""
        return self.scope.types.bound(expr)

    @abstractmethod
    def infer(self, expr: syntax.Expr, context: Context, hint: Type | None) -> core.Expr:
        """An expression with whatever type it has; `hint` is what would be welcome."""

    def expression(self, expr: syntax.Expr, context: Context, expected: Type | None) -> core.Expr:
        """An expression, made to fit `expected` where that is given."""
        found = self.infer(expr, context, expected)
        return self.settled(found) if expected is None else self.fit(found, expected)

    def condition(self, expr: syntax.Expr, context: Context) -> core.Expr:
        """An expression of type bool."""
        return self.expression(expr, context, BOOL)

    # ---- making a value fit

    def fit(self, expr: core.Expr, wanted: Type) -> core.Expr:
        """The expression as a value of the wanted type, or an error."""
        if not fits(expr.type, wanted):
            if isinstance(expr.type, NoneType):
                message = f"`none` is no value of type `{show(wanted)}`"
                help = f"only {an(OptionType(wanted))} may be `none`" if not isinstance(wanted, EmptyType) else None
            else:
                message, help = f"this is {an(expr.type)}, and {an(wanted)} is needed", _instead(expr.type, wanted)
            self.sink.error(Code.TYPE_MISMATCH, expr.span, message, help=help)
            return self.poison(expr.span)
        return self._fitted(expr, wanted)

    def _fitted(self, expr: core.Expr, wanted: Type) -> core.Expr:
        """The expression as a value of a type that it fits."""
        actual = expr.type
        if isinstance(actual, PoisonType) or isinstance(wanted, PoisonType):
            return expr
        if isinstance(actual, NoneType | EmptyType) or (unsettled(actual) and not isinstance(wanted, MapType)):
            return self._settle(expr, wanted)
        if isinstance(wanted, MapType) and not agrees(actual, wanted):
            return core.Fill(self._fitted(expr, wanted.value), wanted, expr.span)
        if isinstance(actual, OptionType) and not isinstance(wanted, OptionType):
            return core.Unwrap(expr, actual.of, expr.span)
        if isinstance(wanted, OptionType) and not isinstance(actual, OptionType):
            return self._fitted(expr, wanted.of)
        return expr

    def _settle(self, expr: core.Expr, wanted: Type) -> core.Expr:
        """`none`, `{}` and `[]` with the type that is wanted, also at the ends of branches."""
        if isinstance(wanted, MapType) and not isinstance(expr.type, MapType):
            return core.Fill(self._fitted(expr, wanted.value), wanted, expr.span)
        match expr:
            case core.IfElse(_, yes, no):
                return replace(expr, yes=self._fitted(yes, wanted), no=self._fitted(no, wanted), type=wanted)
            case core.LetIn(_, _, body):
                return replace(expr, body=self._fitted(body, wanted), type=wanted)
            case core.Literal() | core.MakeSet() | core.MakeSeq() | core.MapWhere():
                return replace(expr, type=wanted if isinstance(expr, core.Literal) else present(wanted))
            case core.Binary("union" | "difference" | "concat", left, right):
                inner = present(wanted)
                return replace(expr, left=self._fitted(left, inner), right=self._fitted(right, inner), type=inner)
            case _:
                return expr

    def settled(self, expr: core.Expr) -> core.Expr:
        """The expression, if its type is known by itself."""
        if not unsettled(expr.type):
            return expr
        help = "give it to something that has a type: a variable, a field, an argument"
        match expr.type:
            case NoneType():
                message = "nothing here says of which type this `none` is"
            case EmptyType(of):
                message = f"nothing here says what this empty {'set' if of == 'set' else 'sequence'} could hold"
            case _:
                message = "nothing here says the range of these numbers"
                help = "give them to something that has a type; or bind a name to a range: `x: 1..3`"
        self.sink.error(Code.NO_TYPE, expr.span, message, help=help)
        return self.poison(expr.span)

    def typed(self, expr: core.Expr, declared: Type, name: str) -> core.Expr:
        """The value with its declared type: a number is checked to be in its range, a `T` may be used as a `T?`."""
        if expr.type == declared or isinstance(expr.type, PoisonType) or isinstance(declared, PoisonType):
            return expr
        if isinstance(expr, core.Literal) and within(expr, declared):
            return replace(expr, type=declared)
        local = self.fresh(name, declared)
        return core.LetIn(local, expr, core.Use(local, expr.span), declared, expr.span)

    # ---- errors

    def distinct(self, names: Iterable[syntax.Name]) -> None:
        """Names that are bound together: each of them once."""
        first: dict[str, syntax.Name] = {}
        for name in names:
            if first.setdefault(name.text, name) is not name:
                note = (Label(first[name.text].span, "the first time"),)
                self.sink.error(Code.DUPLICATE_NAME, name.span, f"`{name.text}` is bound twice", notes=note)

    def poison(self, span: Span) -> core.Literal:
        """What stands where an error was reported."""
        return core.Literal(value=False, type=POISON, span=span)

    def wrong(
        self, code: Code, span: Span, message: str, *, notes: tuple[Label, ...] = (), help: str | None = None
    ) -> core.Expr:
        """Report an error; poison stands for the expression."""
        self.sink.error(code, span, message, notes=notes, help=help)
        return self.poison(span)

    def misplaced(self, code: Code, span: Span, message: str, context: Context, help: str | None = None) -> core.Expr:
        """Report something that may not be said here, with the calls that led here."""
        calls = (context.chain[1:] if context.mode == "any" else context.chain)[-5:]
        notes = tuple(Label(called, "inserted here") for _, called in calls)
        return self.wrong(code, span, message, notes=notes, help=help)

    def spend(self, span: Span) -> bool:
        """Count one node; False if there have been too many."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.too_large("this protocol", self.scope.flat.span)
            return False
        if self._depth > MAX_DEPTH:
            if not self._deep:
                help = "a `def` is inserted wherever it is called: look for a long chain of calls"
                message = "this is nested too deeply when every `def` is inserted where it is called"
                self.sink.error(Code.TOO_LARGE, span, message, help=help)
            self._deep = True
            return False
        return True

    def too_large(self, what: str, span: Span) -> None:
        """Report that there are too many nodes, once."""
        if not self._large:
            help = "a `def` is inserted wherever it is called: look for one that calls others more than once"
            message = f"{what} becomes too large when every `def` is inserted where it is called"
            self.sink.error(Code.TOO_LARGE, span, message, help=help)
        self._large = True


def _instead(actual: Type, wanted: Type) -> str | None:
    """What to write instead of an empty set or sequence of another kind."""
    match actual, wanted:
        case EmptyType(), MapType(key):
            return f"a map has a value for every key: `{{ x: {show(key)} -> ... }}`, or one value for all"
        case EmptyType("set"), SeqType():
            return "the empty sequence is `[]`"
        case EmptyType("seq"), SetType():
            return "the empty set is `{}`"
        case _:
            return None


def true(span: Span) -> core.Literal:
    """The condition that always holds."""
    return core.Literal(value=True, type=BOOL, span=span)


def both(conditions: Iterable[core.Expr], span: Span) -> core.Expr:
    """All of these conditions; those that are `true` are left out."""
    result: core.Expr | None = None
    for condition in conditions:
        if isinstance(condition, core.Literal) and condition.value is True:
            continue
        result = condition if result is None else core.Binary("and", result, condition, BOOL, span)
    return true(span) if result is None else result


def within(literal: core.Literal, type: Type) -> bool:
    """Whether a literal is a value of the type, whatever the parameters are."""
    match present(type), literal.value, literal.type:
        case RangeType(Number(lo), Number(hi)), int(value), IntType() | RangeType():
            return lo <= value <= hi and not isinstance(type, OptionType)
        case _:
            return False
