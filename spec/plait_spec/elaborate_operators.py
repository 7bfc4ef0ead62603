"""Operators between values: arithmetic, comparisons, sets, logic, what looks back in a run and what looks ahead.

Where one side of a comparison says nothing about its type (`none`, `{}`, a label of several enums), the other side
does, whichever comes first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

from plait_spec import core, syntax
from plait_spec.agreement import agrees, an, fits, is_number, join, present, show, unsettled
from plait_spec.diagnostics import Code
from plait_spec.elaborate_calls import Calls
from plait_spec.elaborate_context import PROPERTIES, Context
from plait_spec.source import Span
from plait_spec.types import (
    BOOL,
    INT,
    BoolType,
    BoundOf,
    EmptyType,
    MapType,
    NoneType,
    OptionType,
    PoisonType,
    SeqType,
    SetType,
    Type,
)


class Operators(Calls):
    """Expressions with operators."""

    def unary(self, expr: syntax.Unary, context: Context) -> core.Expr:
        """An operator before its operand."""
        match expr.op:
            case "-":
                value = self.number(expr.operand, context, "-")
                if isinstance(value, core.Literal) and isinstance(value.value, int) and value.type == INT:
                    return core.Literal(-value.value, INT, expr.span)
                return core.Negate(value, expr.span)
            case "not":
                return core.Not(self.condition(expr.operand, context), expr.span)
            case "once" | "previously" | "historically":
                return self._past(expr.op, (expr.operand,), expr.span, context)
            case "always" | "eventually":
                return self._temporal(expr.op, (expr.operand,), expr.span, context)
            case _:
                assert_never(expr.op)

    def binary(self, expr: syntax.Binary, context: Context, hint: Type | None) -> core.Expr:
        """An operator between its operands."""
        match expr.op:
            case "and" | "or" | "implies" | "iff":
                left, right = self.condition(expr.left, context), self.condition(expr.right, context)
                return core.Binary(expr.op, left, right, BOOL, expr.span)
            case "==" | "!=":
                return self._equal(expr, expr.op, context)
            case "<" | "<=" | ">" | ">=":
                left, right = self._ordered(expr.left, expr.op, context), self._ordered(expr.right, expr.op, context)
                return core.Binary(expr.op, left, right, BOOL, expr.span)
            case "in" | "not in":
                found = self._in(expr, context)
                return core.Not(found, expr.span) if expr.op == "not in" else found
            case "*" | "mod":
                left, right = self.number(expr.left, context, expr.op), self.number(expr.right, context, expr.op)
                return core.Binary(expr.op, left, right, INT, expr.span)
            case "+" | "-":
                left, right = self._both(expr.left, expr.right, context, hint)
                return self.sum(expr.op, left, right, expr.span)
            case "since":
                return self._past("since", (expr.left, expr.right), expr.span, context)
            case "until" | "leads to":
                return self._temporal(expr.op, (expr.left, expr.right), expr.span, context)
            case _:
                assert_never(expr.op)

    # ---- comparisons

    def _equal(self, expr: syntax.Binary, op: Literal["==", "!="], context: Context) -> core.Expr:
        left, right = self._both(expr.left, expr.right, context, None)
        if isinstance(left.type, PoisonType) or isinstance(right.type, PoisonType):
            return self.poison(expr.span)
        if isinstance(right.type, NoneType | EmptyType) or unsettled(right.type):
            left = self.settled(left)
        if isinstance(left.type, PoisonType):
            return self.poison(expr.span)
        message = f"{an(left.type)} cannot be compared with {an(right.type)}"
        for none, other in ((left, right), (right, left)):
            if isinstance(none.type, NoneType) and not isinstance(leaf_value(other.type), OptionType):
                message = f"{an(other.type)} is never `none`"
                return self.wrong(Code.TYPE_MISMATCH, other.span, message, help="only a `T?` can be")
        wanted = common(left.type, right.type)
        if wanted is None:
            return self.wrong(Code.TYPE_MISMATCH, expr.span, message)
        return core.Binary(op, self._as(left, wanted), self._as(right, wanted), BOOL, expr.span)

    def _as(self, expr: core.Expr, wanted: Type) -> core.Expr:
        """One side of a comparison; an option stays one."""
        return expr if agrees(expr.type, wanted) and not unsettled(expr.type) else self.fit(expr, wanted)

    def _ordered(self, expr: syntax.Expr, op: str, context: Context) -> core.Expr:
        value = self.infer(expr, context, INT)
        if is_number(present(value.type)) or isinstance(value.type, PoisonType):
            return self.fit(value, INT)
        help = "identities and labels have no order"
        if isinstance(value.type, SetType):
            help = "for sets: `all x in s. x in t`"
        elif isinstance(value.type, BoolType):
            help = "a quantifier reaches as far to the right as it can; parentheses around it end it"
        message = f"`{op}` compares numbers, and this is {an(value.type)}"
        return self.wrong(Code.BAD_OPERAND, value.span, message, help=help)

    def _in(self, expr: syntax.Binary, context: Context) -> core.Expr:
        literal = isinstance(expr.right, syntax.SetOf)
        if literal and not self._weak(expr.left, context):
            left = self.settled(self.infer(expr.left, context, None))
            right = self.infer(expr.right, context, SetType(present(left.type)))
        else:
            right = self.settled(self.infer(expr.right, context, None))
            of = present(right.type)
            left = self.infer(expr.left, context, of.of if isinstance(of, SetType) else None)
        if isinstance(left.type, PoisonType) or isinstance(right.type, PoisonType):
            return self.poison(expr.span)
        wanted = present(right.type)
        if isinstance(wanted, EmptyType) and wanted.of == "set":
            wanted = SetType(present(left.type))
        if not isinstance(wanted, SetType):
            message = f"`in` looks into a set, and this is {an(right.type)}"
            return self.wrong(Code.BAD_OPERAND, right.span, message)
        if isinstance(left.type, NoneType) and isinstance(wanted.of, OptionType):
            left = self.fit(left, wanted.of)
        if not agrees(present(left.type), present(wanted.of)):
            message = f"{an(left.type)} is never in {an(wanted)}"
            return self.wrong(Code.TYPE_MISMATCH, left.span, message)
        right = self.fit(right, wanted)
        if isinstance(right, core.MakeSet) and is_number(wanted.of):
            return self._one_of(left, right, expr.span)
        return core.Binary("in", left, right, BOOL, expr.span)

    def _one_of(self, left: core.Expr, right: core.MakeSet, span: Span) -> core.Expr:
        """A number among others: it equals one of them, and none of them needs a range."""
        local = self.fresh("element", left.type)
        result: core.Expr | None = None
        for item in right.items:
            equal = core.Binary("==", core.Use(local, left.span), item, BOOL, span)
            result = equal if result is None else core.Binary("or", result, equal, BOOL, span)
        return self.poison(span) if result is None else core.LetIn(local, left, result, BOOL, span)

    # ---- sums

    def sum(self, op: Literal["+", "-"], left: core.Expr, right: core.Expr, span: Span) -> core.Expr:
        """`+` and `-` of numbers, sets and, for `+`, sequences."""
        one, other = present(left.type), present(right.type)
        if isinstance(one, PoisonType) or isinstance(other, PoisonType):
            return self.poison(span)
        if is_number(one) and is_number(other):
            return core.Binary(op, self.fit(left, INT), self.fit(right, INT), INT, span)
        together = join(one, other)
        match together:
            case SetType():
                kind: core.BinaryOp = "union" if op == "+" else "difference"
                return core.Binary(kind, self.fit(left, together), self.fit(right, together), together, span)
            case SeqType() if op == "+":
                if isinstance(one, SeqType) and isinstance(other, SeqType):
                    together = SeqType(together.of, BoundOf("+", one.capacity, other.capacity))
                return core.Binary("concat", self.fit(left, together), self.fit(right, together), together, span)
            case EmptyType():
                return left
            case _:
                takes = "two numbers, two sets or two sequences" if op == "+" else "two numbers or two sets"
                message = f"`{op}` takes {takes}, and these are `{show(left.type)}` and `{show(right.type)}`"
                help = None
                if isinstance(one, SetType) and fits(right.type, one.of):
                    help = "`{x}` is a set of one"
                elif isinstance(one, SeqType) and op == "+" and fits(right.type, one.of):
                    help = "`[x]` is a sequence of one"
                return self.wrong(Code.BAD_OPERAND, span, message, help=help)

    def conditional(self, expr: syntax.Conditional, context: Context, hint: Type | None) -> core.Expr:
        """`if p then a else b`."""
        condition = self.condition(expr.condition, context)
        yes, no = self._both(expr.then, expr.otherwise, context, hint)
        type = join(yes.type, no.type)
        if hint is not None and fits(yes.type, hint) and fits(no.type, hint) and unsettled(type or INT):
            type = hint
        if type is None:
            if hint is None or not (fits(yes.type, hint) and fits(no.type, hint)):
                message = f"one branch is {an(yes.type)}, the other {an(no.type)}"
                return self.wrong(Code.TYPE_MISMATCH, expr.span, message)
            type = hint
        if not isinstance(type, NoneType | EmptyType):
            yes, no = self.fit(yes, type), self.fit(no, type)
        return core.IfElse(condition, yes, no, type, expr.span)

    def _both(
        self, left: syntax.Expr, right: syntax.Expr, context: Context, hint: Type | None
    ) -> tuple[core.Expr, core.Expr]:
        """Two values that are of one type: the side that knows it helps the other."""
        if self._weak(left, context) and not self._weak(right, context):
            second = self.infer(right, context, hint)
            return self.infer(left, context, hint or self._hint(second)), second
        first = self.infer(left, context, hint)
        return first, self.infer(right, context, hint or self._hint(first))

    def _hint(self, expr: core.Expr) -> Type | None:
        return None if isinstance(expr.type, PoisonType) or unsettled(expr.type) else expr.type

    def _weak(self, expr: syntax.Expr, context: Context) -> bool:
        """Whether an expression needs to be told its type."""
        match expr:
            case syntax.Nothing() | syntax.Integer():
                return True
            case syntax.Name(text):
                unbound = text not in context.locals and text in self.scope.labels
                return unbound and len(self.scope.labels[text]) > 1
            case syntax.SetOf(elements) | syntax.SeqOf(elements):
                return all(self._weak(element, context) for element in elements)
            case syntax.Conditional(_, then, otherwise):
                return self._weak(then, context) and self._weak(otherwise, context)
            case syntax.Binary("+" | "-", left, right):
                return self._weak(left, context) and self._weak(right, context)
            case _:
                return False

    # ---- back and ahead

    def _past(
        self,
        op: Literal["once", "previously", "historically", "since"],
        operands: tuple[syntax.Expr, ...],
        span: Span,
        context: Context,
    ) -> core.Expr:
        refused = None
        if context.mode not in PROPERTIES:
            refused = f"`{op}` looks back in a run: only a property can"
        elif context.under == "next":
            refused = f"`{op}` inside `next(...)`: what is behind is seen from before the step"
        if refused is not None:
            return self.misplaced(Code.ONLY_IN_PROPERTIES, span, refused, context)
        inner = replace(context, under="past")
        return core.Past(op, tuple(self.condition(operand, inner) for operand in operands), span)

    def _temporal(
        self,
        op: Literal["leads to", "until", "eventually", "always"],
        operands: tuple[syntax.Expr, ...],
        span: Span,
        context: Context,
    ) -> core.Expr:
        refused = None
        if context.mode not in ("run property", "any"):
            refused = f"`{op}` looks ahead in a run: only an `eventually` property can"
        elif context.under is not None:
            refused = f"`{op}` looks ahead in a run, inside an operator that does not"
        if refused is not None:
            return self.misplaced(Code.ONLY_IN_PROPERTIES, span, refused, context)
        return core.Temporal(op, tuple(self.condition(operand, context) for operand in operands), span)


def leaf_value(type: Type) -> Type:
    """What stands at the ends of maps, options as they are."""
    while isinstance(type, MapType):
        type = type.value
    return type


def common(left: Type, right: Type) -> Type | None:
    """The type as which two values are compared; an option and a value are compared as they are."""
    one, other = present(left), present(right)
    if isinstance(left, NoneType) or isinstance(right, NoneType):
        return right if isinstance(left, NoneType) else left
    if agrees(one, other) and not (unsettled(one) or unsettled(other)):
        optional = isinstance(left, OptionType) or isinstance(right, OptionType)
        return OptionType(one) if optional else one
    for wanted, actual in ((left, right), (right, left)):
        if not unsettled(wanted) and not is_number(wanted) and fits(actual, wanted):
            return wanted
    return None
