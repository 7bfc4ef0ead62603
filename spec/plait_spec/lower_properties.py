"""Properties, measures and expectations of one protocol, into CORE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from plait_spec import syntax
from plait_spec.agreement import an
from plait_spec.core import (
    Binary,
    Expectation,
    Expr,
    LetIn,
    Literal,
    Monitor,
    Outcome,
    ParameterDecl,
    Property,
    PropertyKind,
    Quantifier,
    Setting,
    Variable,
)
from plait_spec.declarations import key
from plait_spec.diagnostics import Code, Sink
from plait_spec.elaborate import Context, Elaborator, Mode
from plait_spec.lower_channels import true
from plait_spec.monitors import lower_past, monitors_read
from plait_spec.record import record
from plait_spec.suggest import did_you_mean
from plait_spec.types import BOOL, INT, BoolType, EnumType, Type

DEADLOCK_FREE = "deadlock free"

Claim = syntax.Property | syntax.Lemma | syntax.Knows | syntax.Measure | syntax.DeadlockFree


@record
class Claims:
    """The properties of a protocol and the monitors that they need."""

    properties: tuple[Property, ...]
    variables: tuple[Variable, ...]
    monitors: tuple[Monitor, ...]
    terminal: tuple[Expr, ...]


def lower_claims(elaborator: Elaborator, claims: tuple[Claim, ...], terminals: tuple[syntax.Terminal, ...]) -> Claims:
    """Every property in order."""
    properties: list[Property] = []
    variables: list[Variable] = []
    monitors: list[Monitor] = []
    names = tuple(key(claim)[1] for claim in claims)
    for claim in claims:
        _check_names(elaborator, claim, names)
        raw = _claim(elaborator, claim)
        lowered = lower_past(raw.expr, raw.name)
        expr = lowered.expr
        read = monitors_read(expr, lowered.monitors)
        antecedent = raw.antecedent if raw.kind == "knows" else _antecedent(expr, raw.kind)
        properties.append(replace(raw, expr=expr, monitors=read, antecedent=antecedent))
        variables += lowered.variables
        monitors += lowered.monitors
    # A state is terminal or not, however it was reached: nothing here may look back or name a step.
    conditions = tuple(elaborator.condition(item.condition, Context(ghost=True)) for item in terminals)
    return Claims(tuple(properties), tuple(variables), tuple(monitors), conditions)


def _check_names(elaborator: Elaborator, item: Claim, known: tuple[str, ...]) -> None:
    """The role that knows something, and the properties that a lemma uses."""
    match item:
        case syntax.Knows(role=role) if role.text not in elaborator.scope.ends and not elaborator.scope.flat.abstract:
            help = did_you_mean(role.text, elaborator.scope.ends)
            elaborator.sink.error(Code.UNKNOWN_NAME, role.span, f"there is no role `{role.text}`", help=help)
        case syntax.Lemma(using=using):
            for name in using:
                if name.text not in known:
                    message = f"there is no property `{name.text}` to use"
                    help = did_you_mean(name.text, known)
                    elaborator.sink.error(Code.UNKNOWN_NAME, name.span, message, help=help)
        case _:
            pass


def _claim(elaborator: Elaborator, item: Claim) -> Property:
    """A property before its past-time operators are lowered."""
    match item:
        case syntax.Property(kind, name, formula, doc, span):
            condition = elaborator.condition(formula, Context(mode=_mode(kind)))
            return Property(name.text, kind, condition, None, (), span, doc)
        case syntax.Lemma(name, formula, using, doc, span):
            condition = elaborator.condition(formula, Context(mode="property"))
            used = tuple(dict.fromkeys(each.text for each in using))
            return Property(name.text, "lemma", condition, None, (), span, doc, used)
        case syntax.Knows(name, _, fact, when, doc, span):
            context = Context(mode="property")
            known = elaborator.condition(fact, context)
            condition = true(span) if when is None else elaborator.condition(when, context)
            return Property(
                name.text, "knows", Binary("implies", condition, known, BOOL, span), condition, (), span, doc
            )
        case syntax.Measure(name, _, subject, interval, doc, span):
            context = Context(mode="property")
            if interval is not None:
                for edge in (interval.start, interval.end):
                    elaborator.condition(edge, context)
                context = context.bind("sent", Literal(0, INT, span))
            return Property(name.text, "measure", elaborator.expression(subject, context, INT), None, (), span, doc)
        case syntax.DeadlockFree(doc, span):
            return Property(DEADLOCK_FREE, "deadlock free", true(span), None, (), span, doc)
        case _:
            assert_never(item)


def _mode(kind: PropertyKind) -> Mode:
    """What the formula of a property may say."""
    match kind:
        case "step":
            return "step property"
        case "eventually" | "always eventually" | "eventually always":
            return "run property"
        case _:
            return "property"


def _antecedent(expr: Expr, kind: PropertyKind) -> Expr | None:
    """That some binding makes the left side of the outermost `implies` true."""
    if kind not in ("always", "step", "lemma"):
        return None
    match expr:
        case Quantifier("all", binders, where, body, type, span):
            inside = _antecedent(body, kind)
            return None if inside is None else Quantifier("some", binders, where, inside, type, span)
        case LetIn(_, _, body):
            inside = _antecedent(body, kind)
            return None if inside is None else replace(expr, body=inside)
        case Binary("implies", left):
            return left
        case _:
            return None


# ---- expectations


def lower_expectations(
    elaborator: Elaborator,
    items: tuple[syntax.Expect, ...],
    parameters: tuple[ParameterDecl, ...],
    properties: tuple[Property, ...],
    sink: Sink,
) -> tuple[Expectation, ...]:
    """What the file says of the properties, with their names and the parameters' looked up."""
    known = tuple(property.name for property in properties)
    types = {parameter.name: parameter.type for parameter in parameters}
    found = []
    for item in items:
        settings = lower_settings(elaborator, item.settings, types)
        outcomes = []
        for outcome in item.outcomes:
            name = DEADLOCK_FREE if outcome.property is None else outcome.property.text
            span = outcome.span if outcome.property is None else outcome.property.span
            if name not in known:
                sink.error(
                    Code.UNKNOWN_NAME, span, f"there is no property `{name}` to expect anything of",
                    help=suggestion(name, known),
                )  # fmt: skip
                continue
            outcomes.append(Outcome(name, outcome.verdict, outcome.steps, outcome.span))
        found.append(Expectation(settings, tuple(outcomes), item.span))
    return tuple(found)


def lower_settings(
    elaborator: Elaborator, items: tuple[syntax.Setting, ...], types: Mapping[str, Type]
) -> tuple[Setting, ...]:
    """Values, or ranges of them, for some of the parameters, each of the parameter's type."""
    sink = elaborator.sink
    found: list[Setting] = []
    for item in items:
        name = item.name.text
        if any(other.name == name for other in found):
            sink.error(Code.DUPLICATE_NAME, item.name.span, f"`{name}` is set twice")
            continue
        if name not in types:
            message, help = f"there is no parameter `{name}`", suggestion(name, tuple(types))
            sink.error(Code.UNKNOWN_NAME, item.name.span, message, help=help)
            continue
        if isinstance(item.value, syntax.Range) and isinstance(types[name], BoolType | EnumType):
            message = f"`{name}` is {an(types[name])}, and only numbers have ranges"
            help = "give each value an expectation of its own"
            sink.error(Code.TYPE_MISMATCH, item.value.span, message, help=help)
            continue
        ends = (item.value.low, item.value.high) if isinstance(item.value, syntax.Range) else (item.value,)
        context = Context(mode="parameters", before="")
        values = [elaborator.expression(end, context, types[name]) for end in ends]
        found.append(Setting(name, values[0], values[1] if len(values) > 1 else None, item.span))
    return tuple(found)


def suggestion(name: str, known: tuple[str, ...]) -> str | None:
    """A line of help: the nearest known name, or all of them if they are few."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "there are " + ", ".join(f"`{other}`" for other in known) if 0 < len(known) <= 12 else None
