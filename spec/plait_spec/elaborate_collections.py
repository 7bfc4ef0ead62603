"""Quantifiers, aggregates, and sets, maps and sequences as they are written."""

from __future__ import annotations

from plait_spec import core, syntax
from plait_spec.agreement import KEYS, an, join, leaf, present, show
from plait_spec.diagnostics import Code
from plait_spec.elaborate_base import true
from plait_spec.elaborate_context import Context
from plait_spec.elaborate_operators import Operators
from plait_spec.source import Span
from plait_spec.types import (
    BOOL,
    INT,
    POISON,
    EmptyType,
    MapType,
    NoneType,
    Number,
    PoisonType,
    SeqType,
    SetType,
    Type,
)


class Collections(Operators):
    """Expressions with binders or several values."""

    def binder(self, item: syntax.Binder, context: Context) -> tuple[core.Binder, Context]:
        """One bound name, and the place in which it is visible."""
        match item:
            case syntax.OverType(name, type):
                local, over = self.fresh(name.text, self.type(type)), None
            case syntax.OverSet(name, expr):
                over = self.settled(self.infer(expr, context, None))
                type_of = present(over.type)
                of: Type = POISON
                if isinstance(type_of, SetType):
                    over, of = self.fit(over, type_of), type_of.of
                elif not isinstance(type_of, PoisonType):
                    message = f"a name is bound to the members of a set, and this is {an(over.type)}"
                    over = self.wrong(Code.BAD_OPERAND, over.span, message)
                local = self.fresh(name.text, of)
        return core.Binder(local, over), context.bind(item.name.text, core.Use(local, item.name.span))

    def binders(
        self, item: syntax.Binders, context: Context, span: Span
    ) -> tuple[tuple[core.Binder, ...], core.Expr, Context]:
        """Bound names with their condition, and the place in which they are visible."""
        found = []
        self.distinct(tuple(each.name for each in item.binders))
        for each in item.binders:
            bound, context = self.binder(each, context)
            found.append(bound)
        where = true(span) if item.condition is None else self.condition(item.condition, context)
        return tuple(found), where, context

    def quantified(self, expr: syntax.Quantified, context: Context) -> core.Expr:
        """`all x: T. p`, `some`, `count`."""
        binders, where, inner = self.binders(expr.binders, context, expr.span)
        body = self.condition(expr.body, inner)
        type: Type = INT if expr.quantifier == "count" else BOOL
        return core.Quantifier(expr.quantifier, binders, where, body, type, expr.span)

    def aggregate(self, expr: syntax.Aggregate, context: Context) -> core.Expr:
        """`max of e for x: T`."""
        item = syntax.Binders((expr.binder,), expr.condition, expr.span)
        binders, where, inner = self.binders(item, context, expr.span)
        value = self.number(expr.value, inner, expr.function)
        return core.Aggregate(expr.function, binders, where, value, INT, expr.span)

    def set_where(self, expr: syntax.SetWhere, context: Context) -> core.Expr:
        """`{ x: T where p }`."""
        if len(expr.binders.binders) > 1:
            message = "a set is made of the values of one name"
            return self.wrong(Code.BAD_OPERAND, expr.binders.binders[1].span, message)
        (binder,), where, _ = self.binders(expr.binders, context, expr.span)
        if isinstance(binder.local.type, PoisonType):
            return self.poison(expr.span)
        return core.SetWhere(binder, where, SetType(binder.local.type), expr.span)

    def map_of(self, expr: syntax.MapOf, context: Context, hint: Type | None) -> core.Expr:
        """`{ x: T -> e }`."""
        if isinstance(expr.binder, syntax.OverSet):
            message = "a map has a value for every key of a type"
            help = "write `{ x: T -> if x in s then ... else ... }`"
            return self.wrong(Code.BAD_OPERAND, expr.binder.span, message, help=help)
        binder, inner = self.binder(expr.binder, context)
        wanted = hint.value if isinstance(hint, MapType) else None
        value = self.expression(expr.value, inner, None) if wanted is None else self.infer(expr.value, inner, wanted)
        key = binder.local.type
        if isinstance(value.type, PoisonType) or isinstance(key, PoisonType):
            return self.poison(expr.span)
        if not isinstance(key, KEYS):
            message = f"a map cannot have keys of type `{show(key)}`"
            help = "keys are of a range, an enum, `ids` or bool"
            return self.wrong(Code.BAD_TYPE, expr.binder.type.span, message, help=help)
        if wanted is not None:
            value = self.fit(value, wanted)
        return core.MapWhere(binder.local, value, MapType(key, value.type if wanted is None else wanted), expr.span)

    def set_of(self, expr: syntax.SetOf, context: Context, hint: Type | None) -> core.Expr:
        """`{a, b}`."""
        wanted = leaf(hint)
        of = wanted.of if isinstance(wanted, SetType) else None
        if not expr.elements:
            empty: Type = EmptyType("set") if of is None else SetType(of)
            return core.MakeSet((), empty, expr.span)
        items, common = self._elements(expr.elements, context, of)
        return self.poison(expr.span) if common is None else core.MakeSet(items, SetType(common), expr.span)

    def seq_of(self, expr: syntax.SeqOf, context: Context, hint: Type | None) -> core.Expr:
        """`[a, b]`."""
        wanted = leaf(hint)
        of = wanted.of if isinstance(wanted, SeqType) else None
        if not expr.elements:
            empty: Type = EmptyType("seq") if of is None else SeqType(of, Number(0))
            return core.MakeSeq((), empty, expr.span)
        items, common = self._elements(expr.elements, context, of)
        if common is None:
            return self.poison(expr.span)
        return core.MakeSeq(items, SeqType(common, Number(len(items))), expr.span)

    def _elements(
        self, elements: tuple[syntax.Expr, ...], context: Context, of: Type | None
    ) -> tuple[tuple[core.Expr, ...], Type | None]:
        """Elements of one type: the wanted one, or the one that all have; `none` is no element."""
        found = []
        common: Type | None = None
        for element in elements:
            value = self.infer(element, context, of if of is not None else common)
            found.append(value)
            if isinstance(value.type, PoisonType):
                return (), None
            if of is not None:
                common = of
                continue
            together = present(value.type) if common is None else join(common, present(value.type))
            if together is None or isinstance(together, NoneType):
                message = f"{an(value.type)} among elements of type `{'?' if common is None else show(common)}`"
                self.sink.error(Code.TYPE_MISMATCH, value.span, message)
                return (), None
            common = together
        if common is None:
            return (), None
        items = tuple(self.fit(value, common) for value in found)
        if any(isinstance(item.type, PoisonType) for item in items):
            return (), None
        return items, common
