"""Expressions and types as text, with as few parentheses as the grammar allows.

Two things decide on parentheses: how strongly the place binds, and whether it is closed, which means that the text goes
on after it with an operator or a brace. `all`, `some`, `count`, `if ... else` and `max of` take all that follows, so in
a closed place they are put in parentheses wherever they end an expression.
"""

from collections.abc import Iterable
from typing import assert_never

from plait_spec import syntax
from plait_spec.syntax import Argument, BinaryOp, Binder, Binders, Expr, Field, Pattern, TypeExpr

LEADS, IMPLIES, OR, AND, WHILE, PREFIX, COMPARE, SUM, PRODUCT, NEGATIVE, POSTFIX = range(11)


def expression(e: Expr, level: int = LEADS, *, closed: bool = False) -> str:
    """The text of an expression in a place that binds as strongly as `level`."""
    if _level(e) < level or (closed and isinstance(e, syntax.Quantified | syntax.Aggregate | syntax.Conditional)):
        return f"({_bare(e, closed=False)})"
    return _bare(e, closed=closed)


def _level(e: Expr) -> int:
    """How strongly the outermost operator binds; whatever reaches to the end may stand after any operator."""
    match e:
        case syntax.Binary():
            return _levels(e.op)[0]
        case syntax.Unary():
            return NEGATIVE if e.op == "-" else PREFIX
        case syntax.Has():
            return COMPARE
        case syntax.Quantified() | syntax.Aggregate() | syntax.Conditional():
            return NEGATIVE
        case _:
            return POSTFIX


def _levels(op: BinaryOp) -> tuple[int, int, int]:
    """How strongly an operator binds, and how strongly its operands have to."""
    match op:
        case "leads to":
            return LEADS, IMPLIES, IMPLIES
        case "implies":
            return IMPLIES, OR, IMPLIES
        case "iff":
            return IMPLIES, OR, OR
        case "or":
            return OR, OR, AND
        case "and":
            return AND, AND, WHILE
        case "since" | "until":
            return WHILE, PREFIX, PREFIX
        case "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in":
            return COMPARE, SUM, SUM
        case "+" | "-":
            return SUM, SUM, PRODUCT
        case "*" | "mod":
            return PRODUCT, PRODUCT, NEGATIVE
        case _:
            assert_never(op)


def _bare(e: Expr, *, closed: bool) -> str:
    match e:
        case syntax.Name():
            return e.text
        case syntax.Integer():
            return str(e.value)
        case syntax.Boolean():
            return "true" if e.value else "false"
        case syntax.Nothing():
            return "none"
        case syntax.Self():
            return "self"
        case syntax.Member():
            return f"{_base(e.base)}.{e.name.text}"
        case syntax.StepOf():
            return f"{_base(e.base)}.on {e.message.text}"
        case syntax.Index():
            return f"{_base(e.base)}[{expression(e.index)}]"
        case syntax.Call():
            return f"{_base(e.function)}({arguments(e.arguments)})"
        case syntax.Unary("-"):
            return f"-{expression(e.operand, NEGATIVE, closed=closed)}"
        case syntax.Unary():
            return f"{e.op} {expression(e.operand, PREFIX, closed=closed)}"
        case syntax.Binary():
            _, left, right = _levels(e.op)
            return f"{expression(e.left, left, closed=True)} {e.op} {expression(e.right, right, closed=closed)}"
        case syntax.Has():
            return f"{expression(e.channel, SUM, closed=True)} has {pattern(e.pattern)}"
        case syntax.Quantified():
            return f"{e.quantifier} {binders(e.binders)}. {expression(e.body)}"
        case syntax.Aggregate():
            where = "" if e.condition is None else f" where {expression(e.condition)}"
            return f"{e.function} of {expression(e.value)} for {binder(e.binder)}{where}"
        case syntax.Conditional():
            branches = f"then {expression(e.then)} else {expression(e.otherwise)}"
            return f"if {expression(e.condition)} {branches}"
        case syntax.SetOf():
            return f"{{{', '.join(expression(element, SUM) for element in e.elements)}}}"
        case syntax.SeqOf():
            return f"[{', '.join(map(expression, e.elements))}]"
        case syntax.SetWhere():
            return f"{{ {binders(e.binders)} }}"
        case syntax.MapOf():
            return f"{{ {binder(e.binder)} -> {expression(e.value)} }}"
        case _:
            assert_never(e)


def _base(e: Expr) -> str:
    return expression(e, POSTFIX)


def arguments(given: Iterable[Argument]) -> str:
    """`a, name: b`, without the parentheses."""
    return ", ".join(
        expression(argument.value) if argument.name is None else f"{argument.name.text}: {expression(argument.value)}"
        for argument in given
    )


def pattern(wanted: Pattern) -> str:
    """`Message`, `Message(name: a)`."""
    return wanted.message.text if wanted.arguments is None else f"{wanted.message.text}({arguments(wanted.arguments)})"


def binder(bound: Binder) -> str:
    """`x: T`, `x in s`."""
    match bound:
        case syntax.OverType():
            return f"{bound.name.text}: {type_expression(bound.type)}"
        case syntax.OverSet():
            return f"{bound.name.text} in {expression(bound.over, SUM, closed=True)}"
        case _:
            assert_never(bound)


def binders(bound: Binders) -> str:
    """`x: T, y in s where p`."""
    where = "" if bound.condition is None else f" where {expression(bound.condition)}"
    return ", ".join(map(binder, bound.binders)) + where


def type_expression(t: TypeExpr) -> str:
    """The text of a type."""
    match t:
        case syntax.NamedType():
            return t.name.text
        case syntax.BoolType():
            return "bool"
        case syntax.Range():
            return f"{expression(t.low, SUM)}..{expression(t.high, SUM)}"
        case syntax.Within():
            return f"within {type_expression(t.range)}"
        case syntax.OptionalType():
            return f"{type_expression(t.inner)}?"
        case syntax.SetType():
            return f"set<{type_expression(t.element)}>"
        case syntax.SeqType():
            return f"seq<{type_expression(t.element)}, {expression(t.capacity, SUM)}>"
        case syntax.RecordType():
            return f"{{ {fields(t.fields)} }}"
        case syntax.MapType():
            return f"{type_expression(t.key)} -> {type_expression(t.value)}"
        case _:
            assert_never(t)


def fields(declared: Iterable[Field]) -> str:
    """`a: T, b: U = default`, without the braces."""
    return ", ".join(_field(field) for field in declared)


def _field(declared: Field) -> str:
    default = "" if declared.default is None else f" = {expression(declared.default)}"
    return f"{declared.name.text}: {type_expression(declared.type)}{default}"
