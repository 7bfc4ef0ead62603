"""Syntax in, CORE out: names and types are resolved, and every `def` is inlined.

`Elaborator` turns the expressions, statements and types of one protocol or proposal into CORE, one at a time, wherever
they stand (`Context`). What is wrong goes into the sink, once each, and stands in the result as a literal of type
`POISON` that agrees with everything.

Non-goals: whether the declarations make a protocol (handlers, budgets, properties), which is for lowering.
"""

from plait_spec import core, syntax
from plait_spec.diagnostics import Sink
from plait_spec.elaborate_context import Body as Body, Context as Context, Mode as Mode
from plait_spec.scope import Scope
from plait_spec.types import Bound, Type


class Elaborator:
    """The elaboration of one protocol or proposal."""

    foreign_reads: tuple[core.ForeignRead, ...] = ()

    def __init__(self, scope: Scope, sink: Sink) -> None:
        self.scope, self.sink = scope, sink

    def fresh(self, name: str, type: Type) -> core.Local:
        """A new bound name."""
        raise NotImplementedError

    def type(self, expr: syntax.TypeExpr) -> Type:
        """What a type means."""
        raise NotImplementedError

    def bound(self, expr: syntax.Expr) -> Bound:
        """A number over parameters."""
        raise NotImplementedError

    def expression(self, expr: syntax.Expr, context: Context, expected: Type | None) -> core.Expr:
        """An expression, made to fit `expected` where that is given."""
        raise NotImplementedError

    def condition(self, expr: syntax.Expr, context: Context) -> core.Expr:
        """An expression of type bool."""
        raise NotImplementedError

    def body(self, statements: tuple[syntax.Stmt, ...], context: Context) -> Body:
        """The body of an action or handler."""
        raise NotImplementedError

    def check_defs(self) -> None:
        """Elaborate every `def` once, whether or not anybody calls it."""
        raise NotImplementedError
