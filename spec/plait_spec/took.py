"""Step names in GROUND expressions, decided for one instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from plait_spec import fold
from plait_spec.core import Rule
from plait_spec.domains import Domain, RecordDomain, Value
from plait_spec.ground import (
    And,
    Arithmetic,
    CellValue,
    Checked,
    Compare,
    Const,
    Expr,
    Field,
    Has,
    IfElse,
    InFlight,
    InSet,
    Item,
    Key,
    Let,
    Negate,
    Next,
    Not,
    OneOf,
    Or,
    SeqOp,
    SetOf,
    SetOp,
    Size,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from plait_spec.ground_walk import mentions_step

MESSAGE = Slot(0)
"""Where the record of the received message is."""


def resolved(expr: Expr, rule: Rule | None, args: tuple[Value, ...], message: RecordDomain | None) -> Expr:
    """The expression for an instance of `rule` with these arguments; without a rule, where there was no step."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Took):
            named = tuple((name, change(value)) for name, value in part.args)
            return _decided(Took(part.step, named), rule, args, message)
        return refold(part, change)

    return change(expr) if mentions_step(expr) else expr


def _decided(took: Took, rule: Rule | None, args: tuple[Value, ...], message: RecordDomain | None) -> Expr:
    if rule is None or rule.name != took.step:
        return fold.truth(False)
    compared: list[Expr] = []
    for name, value in took.args:
        actual = argument(name, rule, args, message)
        compared.append(fold.truth(False) if actual is None else fold.compare("==", value, actual))
    return fold.conjunction(compared, every=True)


def argument(name: str, rule: Rule, args: tuple[Value, ...], message: RecordDomain | None) -> Expr | None:
    """What `name` is in an instance: an argument of the rule, or else a field of the message that it received.

    None where this rule has neither: another one of the same step name has it.
    """
    position = parameter_position(name, rule)
    if position is not None:
        return Const(args[position])
    for index, (field, _) in enumerate(() if message is None else message.fields):
        if field == name:
            return fold.field(MESSAGE, index)
    return None


def parameter_position(name: str, rule: Rule) -> int | None:
    """Which parameter of the rule the name means: `self`, `from`, or one by its own name."""
    if name == "self" and rule.member:
        return 0
    if name == "from" and rule.sender is not None:
        return rule.sender
    return next((i for i, local in enumerate(rule.params) if local.name == name), None)


def refold(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with `change` applied to each of its direct parts, folded again."""
    match expr:
        case Const() | CellValue() | Slot() | InFlight():
            return expr
        case OneOf(cells, keys):
            return OneOf(cells, tuple(_key(key, change) for key in keys))
        case Item(map, key):
            return fold.item(change(map), _key(key, change))
        case Field(record, position):
            return fold.field(change(record), position)
        case Tuple(items):
            return fold.make_tuple([change(item) for item in items])
        case WithItem(map, key, value):
            return fold.with_item(change(map), _key(key, change), change(value))
        case WithField(record, position, value):
            return fold.with_field(change(record), position, change(value))
        case Not(operand):
            return fold.negation(change(operand))
        case Negate(operand):
            return fold.negative(change(operand))
        case And(items, every):
            return fold.conjunction([change(item) for item in items], every)
        case Or(items, every):
            return fold.disjunction([change(item) for item in items], every)
        case IfElse(condition, yes, no):
            return fold.if_else(change(condition), change(yes), change(no))
        case Compare(op, left, right):
            return fold.compare(op, change(left), change(right))
        case Arithmetic(op, left, right, span):
            return fold.arithmetic(op, change(left), change(right), span)
        case _:
            return _refold_rest(expr, change)


def _refold_rest(
    expr: Total | InSet | SetOf | SetOp | Size | SeqOp | Has | Took | Next | Let | Unwrap | Checked,
    change: Callable[[Expr], Expr],
) -> Expr:
    match expr:
        case Total(op, items, span):
            return fold.total(op, [(change(when), change(value)) for when, value in items], span)
        case InSet(element, set, domain):
            return fold.in_set(change(element), change(set), domain)
        case SetOf(domain, items, span):
            return fold.set_of(domain, [(change(when), change(value)) for when, value in items], span)
        case SetOp(op, left, right):
            return fold.set_op(op, change(left), change(right))
        case Size(set):
            return fold.size_of(change(set))
        case SeqOp(op, args, span):
            return fold.seq_op(op, [change(arg) for arg in args], span)
        case Has(queues, channel, message, fields):
            return fold.has(queues, channel, message, [(position, change(value)) for position, value in fields])
        case Took(step, args):
            return Took(step, tuple((name, change(value)) for name, value in args))
        case Next(operand):
            return fold.after_step(change(operand))
        case Let(slot, value, body):
            return fold.let(slot, change(value), change(body))
        case Unwrap(operand, span):
            return fold.unwrap(change(operand), span)
        case Checked(operand, domain, place, span):
            return fold.checked(change(operand), domain, place, span)
        case _:
            assert_never(expr)


def _key(key: Key, change: Callable[[Expr], Expr]) -> Key:
    return Key(change(key.expr), key.domain, key.span, key.sure)


def wanted_domain(name: str, rule: Rule, params: tuple[Domain, ...], message: RecordDomain | None) -> Domain | None:
    """The domain of what `name` is in instances of the rule."""
    position = parameter_position(name, rule)
    if position is not None:
        return params[position]
    return next((domain for field, domain in (() if message is None else message.fields) if field == name), None)
