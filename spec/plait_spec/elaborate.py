"""Syntax in, CORE out: names and types are resolved, and every `def` is inserted where it is called.

`Elaborator` turns the expressions, statements and types of one protocol or proposal into CORE, one at a time, wherever
they stand (`Context`). What is wrong goes into the sink, once each, and stands in the result as a literal of type
`POISON` that agrees with everything.

Non-goals: whether the declarations make a protocol (handlers, budgets, properties), which is for lowering.
"""

from __future__ import annotations

from typing import assert_never

from plait_spec import core, syntax
from plait_spec.diagnostics import Code
from plait_spec.elaborate_context import Actor as Actor, Body as Body, Context as Context, Mode as Mode
from plait_spec.elaborate_statements import Statements
from plait_spec.types import BOOL, INT, NoneType, OptionType, Type


class Elaborator(Statements):
    """The elaboration of one protocol or proposal.

    `expression` and `condition` are for values, `body` for what an action or handler does, `type` and `bound` for
    types; `fresh` makes bound names. `foreign_reads` are the variables of other roles that steps read.
    """

    def infer(self, expr: syntax.Expr, context: Context, hint: Type | None) -> core.Expr:
        """An expression with whatever type it has; `hint` is what would be welcome."""
        self._depth += 1
        try:
            return self._infer(expr, context, hint) if self.spend(expr.span) else self.poison(expr.span)
        finally:
            self._depth -= 1

    def _infer(self, expr: syntax.Expr, context: Context, hint: Type | None) -> core.Expr:
        match expr:
            case syntax.Name():
                return self.name(expr, context, hint)
            case syntax.Integer(value, span):
                return core.Literal(value, INT, span)
            case syntax.Boolean(value, span):
                return core.Literal(value, BOOL, span)
            case syntax.Nothing(span):
                return core.Literal(None, hint if isinstance(hint, OptionType) else NoneType(), span)
            case syntax.Self(span):
                return self._self(expr, context)
            case syntax.Member():
                return self.member(expr, context)
            case syntax.StepOf(span=span):
                return self.handler_step(expr, None, span, context)
            case syntax.Index():
                return self.index(expr, context)
            case syntax.Call():
                return self.call(expr, context, hint)
            case syntax.Unary():
                return self.unary(expr, context)
            case syntax.Binary():
                return self.binary(expr, context, hint)
            case syntax.Has():
                return self.has(expr, context)
            case syntax.Quantified():
                return self.quantified(expr, context)
            case syntax.Aggregate():
                return self.aggregate(expr, context)
            case syntax.Conditional():
                return self.conditional(expr, context, hint)
            case syntax.SetOf():
                return self.set_of(expr, context, hint)
            case syntax.SeqOf():
                return self.seq_of(expr, context, hint)
            case syntax.SetWhere():
                return self.set_where(expr, context)
            case syntax.MapOf():
                return self.map_of(expr, context, hint)
            case _:
                assert_never(expr)

    def _self(self, expr: syntax.Self, context: Context) -> core.Expr:
        if context.self_local is None:
            message = "`self` is an instance of a family, and this is not inside one"
            return self.wrong(Code.WHICH_INSTANCE, expr.span, message)
        return core.Use(context.self_local, expr.span)

    def check_defs(self) -> None:
        """Elaborate every `def`, whether or not anybody calls it, as something that may be said anywhere."""
        for placed in self.scope.flat.declarations:
            item = placed.item
            if not isinstance(item, syntax.Function | syntax.Procedure):
                continue
            family = None if placed.role is None else self.scope.ends[placed.role].family
            member = None if family is None else self.fresh("self", family)
            context = Context(
                role=placed.role,
                self_local=member,
                mode="any",
                inherited=placed.inherited,
                chain=((placed, item.span),),
            )
            self.distinct(formal.name for formal in item.formals)
            for formal in item.formals:
                local = self.fresh(formal.name.text, self.type(formal.type))
                context = context.bind(formal.name.text, core.Use(local, formal.name.span))
            if isinstance(item, syntax.Function):
                self.expression(item.value, context, self.type(item.result))
            else:
                self.body(item.body.statements, context)
