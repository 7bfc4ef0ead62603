"""Past-time operators into monitor variables.

    once p          m := m or p                       after each step; starts as p
    historically p  m := m and p                      after each step; starts as p
    p since q       m := q or (m and p)               after each step; starts as q
    previously p    m := p                            before each step; starts false

Each operator becomes one bit for each value of the names bound around it (Havelund and Rosu, "Synthesizing monitors
for safety properties", 2002, with quantifiers turned into keys).  A step name is true of the step that led to a state,
which the state does not remember: `previously` of something with a step name therefore looks at a copy of it that is
brought up to date after each step.
"""

from __future__ import annotations

from collections.abc import Callable

from plait_spec.core import (
    At,
    Binary,
    BinaryOp,
    Expr,
    Fill,
    LetIn,
    Literal,
    Local,
    Monitor,
    Past,
    Read,
    Took,
    Use,
    Variable,
)
from plait_spec.core_walk import below, bound_by, rebuild
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import BOOL, MapType, Type


@record
class Lowered:
    """A formula without past-time operators, and the monitors that it reads, inner ones first."""

    expr: Expr
    variables: tuple[Variable, ...]
    monitors: tuple[Monitor, ...]


def lower_past(formula: Expr, owner: str) -> Lowered:
    """Replace every `Past` in the formula of the property `owner` by a monitor variable, indexed by what is bound."""
    lowering = _Lowering(owner)
    expr = lowering.formula(formula, ())
    return Lowered(expr, tuple(lowering.variables), tuple(lowering.monitors))


class _Lowering:
    """Collects the monitors of one property."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.variables: list[Variable] = []
        self.monitors: list[Monitor] = []

    def formula(self, expr: Expr, scope: tuple[Local, ...]) -> Expr:
        """The expression without past-time operators; `scope` is what is bound around it, outermost first."""
        match expr:
            case Past(op, operands, span):
                inner = tuple(self.formula(operand, scope) for operand in operands)
                return self.operator(op, inner, scope, span)
            case LetIn(local, value, body) if _looks_back(body):
                return self.formula(substitute(body, {local.id: value}), scope)
            case _:
                inside = scope + bound_by(expr)
                return rebuild(expr, lambda part: self.formula(part, inside))

    def operator(self, op: str, operands: tuple[Expr, ...], scope: tuple[Local, ...], span: Span) -> Expr:
        """The value of a monitor for one operator over operands that are lowered already."""
        last = operands[-1]
        match op:
            case "once":
                return self.monitor(op, operands, scope, span, last, lambda own: _binary("or", own, last))
            case "historically":
                return self.monitor(op, operands, scope, span, last, lambda own: _binary("and", own, last))
            case "since":
                kept = operands[0]
                return self.monitor(
                    op, operands, scope, span, last, lambda own: _binary("or", last, _binary("and", own, kept))
                )
            case _:
                return self.previously(last, scope, span)

    def previously(self, operand: Expr, scope: tuple[Local, ...], span: Span) -> Expr:
        """`previously p`; where p mentions a step, of a copy of p that follows each step."""
        if any(isinstance(part, Took) for part in below(operand)):
            operand = self.monitor("now", (operand,), scope, span, operand, lambda _: operand)
        start = Literal(value=False, type=BOOL, span=span)
        return self.monitor("previously", (operand,), scope, span, start, lambda _: operand, before=True)

    def monitor(
        self,
        op: str,
        operands: tuple[Expr, ...],
        scope: tuple[Local, ...],
        span: Span,
        start: Expr,
        update: Callable[[Expr], Expr],
        before: bool = False,
    ) -> Expr:
        """Declare a monitor indexed by the names that its operands use; its value is the result."""
        used = {part.local.id for operand in operands for part in below(operand) if isinstance(part, Use)}
        binders = tuple(local for local in scope if local.id in used)
        name = f"{self.owner}.{op}{len(self.monitors) + 1}"
        type: Type = BOOL
        for local in reversed(binders):
            type = MapType(local.type, type)
        value: Expr = Read(name, type, span)
        for local in binders:
            assert isinstance(type, MapType)
            type = type.value
            value = At(value, Use(local, span), type, span)
        self.variables.append(Variable(name, None, None, _type_of(binders), _all_false(binders, span), "monitor", span))
        self.monitors.append(Monitor(name, binders, start, update(value), before))
        return value


def substitute(expr: Expr, values: dict[int, Expr]) -> Expr:
    """The expression with uses of locals (by id) replaced."""
    if isinstance(expr, Use):
        return values.get(expr.local.id, expr)
    return rebuild(expr, lambda part: substitute(part, values))


def monitors_read(expr: Expr, monitors: tuple[Monitor, ...]) -> tuple[str, ...]:
    """The monitor variables that the expression reads, directly or through the updates of others, in their order."""
    by_name = {monitor.variable: monitor for monitor in monitors}
    found: set[str] = set()
    waiting = [expr]
    while waiting:
        for part in below(waiting.pop()):
            if isinstance(part, Read) and part.variable in by_name and part.variable not in found:
                found.add(part.variable)
                waiting += [by_name[part.variable].start, by_name[part.variable].update]
    return tuple(monitor.variable for monitor in monitors if monitor.variable in found)


def _looks_back(expr: Expr) -> bool:
    return any(isinstance(part, Past) for part in below(expr))


def _binary(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    return Binary(op, left, right, BOOL, left.span)


def _type_of(binders: tuple[Local, ...]) -> Type:
    type: Type = BOOL
    for local in reversed(binders):
        type = MapType(local.type, type)
    return type


def _all_false(binders: tuple[Local, ...], span: Span) -> Expr:
    value: Expr = Literal(value=False, type=BOOL, span=span)
    for count in range(1, len(binders) + 1):
        value = Fill(value, _type_of(binders[-count:]), span)
    return value
