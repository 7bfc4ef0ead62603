"""Makers of GROUND expressions: what they simplify, what they must keep, and values written down otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from plait.evaluation import RunError, evaluate
from plait_spec import fold, known
from plait_spec.core import Expr as CoreExpr
from plait_spec.diagnostics import Code
from plait_spec.domains import (
    BoolDomain,
    Domain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    values,
)
from plait_spec.ground import (
    FALSE,
    TRUE,
    And,
    CellValue,
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
    SetOf,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from plait_spec.ground_convert import Slots, Term, converted, equal, stored
from plait_spec.ground_walk import below, can_err
from plait_spec.grounding import ground
from plait_spec.laws import BrokenLaw
from plait_spec.took import refold
from tests.spec.core_meaning import natural
from tests.spec.core_models import SPAN, claim, model
from tests.spec.test_grounding_meaning import PARAMETERS, VARIABLES, cases

X, Y, FLAG = CellValue(0), CellValue(1), CellValue(2)
ERRS = Compare("==", Unwrap(CellValue(3), SPAN), Const(0))
SMALL = RangeDomain(0, 3)
KEY = Key(CellValue(0), SMALL, SPAN, sure=True)
UNSURE = Key(CellValue(0), SMALL, SPAN)


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (fold.conjunction(()), TRUE),
        (fold.conjunction((FLAG,)), FLAG),
        (fold.conjunction((TRUE, FLAG, FALSE, ERRS)), FALSE),
        (fold.conjunction((ERRS, FALSE)), And((ERRS, FALSE), every=False)),
        (fold.conjunction((FALSE, ERRS), every=True), And((ERRS, FALSE), every=True)),
        (fold.conjunction((FLAG, And((X, Y), every=False))), And((FLAG, X, Y), every=False)),
        (fold.conjunction((FLAG, And((ERRS, Y), every=True))), And((FLAG, And((ERRS, Y), every=True)), every=False)),
        (fold.conjunction((X, Y), every=True), And((X, Y), every=False)),
        (fold.disjunction(()), FALSE),
        (fold.disjunction((FLAG, TRUE)), TRUE),
        (fold.disjunction((ERRS, X), every=True), Or((ERRS, X), every=True)),
        (fold.implication(FALSE, ERRS), TRUE),
        (fold.negation(Not(FLAG)), FLAG),
        (fold.negation(Compare("!=", X, Y)), Compare("==", X, Y)),
        (fold.negation(Compare("<", X, Y)), Not(Compare("<", X, Y))),
        (fold.if_else(TRUE, X, Y), X),
        (fold.if_else(FLAG, TRUE, FALSE), FLAG),
        (fold.if_else(FLAG, FALSE, TRUE), Not(FLAG)),
        (fold.if_else(FLAG, Const(1), Const(1)), Const(1)),
        (fold.if_else(FLAG, Const(1), Const(value=True)), IfElse(FLAG, Const(1), Const(value=True))),
        (fold.if_else(ERRS, Const(1), Const(1)), IfElse(ERRS, Const(1), Const(1))),
        (fold.compare("!=", X, X), FALSE),
        (fold.compare("<=", X, X), TRUE),
        (fold.compare("<", Const(1), Const(2)), TRUE),
        (fold.compare("<=", Const(3), Const(2)), FALSE),
        (fold.compare("==", Tuple((X, Const(1))), Const((2, 1))), Compare("==", X, Const(2))),
        (fold.compare("==", Tuple((X,)), Const(())), Compare("==", Tuple((X,)), Tuple(()))),
        (fold.same_truth(FALSE, FLAG), Not(FLAG)),
        (fold.same_truth(FLAG, TRUE), FLAG),
        (fold.same_truth(FLAG, X), Compare("==", FLAG, X)),
        (fold.negative(X), Negate(X)),
        (fold.arithmetic("+", Const(0), X, SPAN), X),
        (fold.arithmetic("mod", Const(-1), Const(3), SPAN), Const(2)),
        (fold.total("min", [(TRUE, Const(2)), (TRUE, Const(1))], SPAN), Const(1)),
        (fold.total("max", [(FALSE, X), (TRUE, Y)], SPAN), Y),
        (fold.total("max", [(FALSE, X)], SPAN), Total("max", (), SPAN)),
        (fold.field(Tuple((X, Y)), 1), Y),
        (fold.field(Tuple((ERRS, Y)), 1), Field(Tuple((ERRS, Y)), 1)),
        (fold.item(Const((5, 6, 7, 8)), Key(Const(2), SMALL, SPAN)), Const(7)),
        (fold.item(X, Key(Const(9), SMALL, SPAN)), Item(X, Key(Const(9), SMALL, SPAN))),
        (fold.with_field(Tuple((X, Y)), 0, FLAG), Tuple((FLAG, Y))),
        (fold.with_field(Tuple((ERRS, Y)), 0, FLAG), WithField(Tuple((ERRS, Y)), 0, FLAG)),
        (fold.with_item(Const((0, 0, 0, 0)), Key(Const(1), SMALL, SPAN), Const(3)), Const((0, 3, 0, 0))),
        (fold.with_item(X, KEY, Y), WithItem(X, KEY, Y)),
        (fold.one_of((4,), ()), CellValue(4)),
        (fold.in_set(Const(9), Const(3), SMALL), FALSE),
        (fold.in_set(X, Const(0), SMALL), FALSE),
        (fold.in_set(Const(1), SetOf(SMALL, ((FLAG, Const(1)), (TRUE, Const(2))), SPAN), SMALL), FLAG),
        (fold.in_set(Const(3), SetOf(SMALL, ((FLAG, Const(1)),), SPAN), SMALL), FALSE),
        (
            fold.in_set(Const(1), SetOf(SMALL, ((FLAG, Const(1)), (FLAG, Const(9))), SPAN), SMALL),
            InSet(Const(1), SetOf(SMALL, ((FLAG, Const(1)), (FLAG, Const(9))), SPAN), SMALL),
        ),
        (fold.set_of(SMALL, [(TRUE, Const(1)), (FALSE, X), (TRUE, Const(3))], SPAN), Const(0b1010)),
        (fold.set_op("union", Const(0), X), X),
        (fold.set_op("difference", X, Const(0)), X),
        (fold.set_op("difference", Const(0b11), Const(0b01)), Const(0b10)),
        (fold.size_of(Const(0b101)), Const(2)),
        (fold.seq_op("last", (Const((4, 5)),), SPAN), Const(5)),
        (fold.has((), 0, 0, ()), FALSE),
        (fold.has((), 0, 0, ((0, ERRS),)), Has((), 0, 0, ((0, ERRS),))),
        (fold.in_flight((), 0), Const(0)),
        (fold.in_flight((7,), 0), InFlight((7,), 0)),
        (fold.after_step(Field(Slot(1), 0)), Field(Slot(1), 0)),
        (fold.after_step(X), Next(X)),
        (fold.let(1, X, TRUE), TRUE),
        (fold.let(1, ERRS, TRUE), Let(1, ERRS, TRUE)),
        (fold.unwrap(Const(3), SPAN), Const(3)),
        (fold.unwrap(Const(None), SPAN), Unwrap(Const(None), SPAN)),
    ],
)  # fmt: skip
def test_simplifications(made: Expr, wanted: Expr) -> None:
    assert made == wanted


@pytest.mark.parametrize(
    ("expr", "answer"),
    [
        (X, False),
        (OneOf((0, 1), (KEY,)), False),
        (OneOf((0, 1), (UNSURE,)), True),
        (fold.arithmetic("mod", X, Const(2), SPAN), False),
        (fold.arithmetic("mod", X, Const(0), SPAN), True),
        (fold.seq_op("length", (X,), SPAN), False),
        (fold.seq_op("first", (X,), SPAN), True),
        (Total("sum", (), SPAN), False),
        (Total("max", ((FLAG, X),), SPAN), True),
        (Total("max", ((TRUE, X), (FLAG, Y)), SPAN), False),
    ],
)
def test_what_can_err(expr: Expr, answer: bool) -> None:
    assert can_err(expr) is answer


@settings(max_examples=200)
@given(cases())
def test_folding_again_changes_nothing(case: tuple[CoreExpr, dict[str, Any]]) -> None:
    """Expressions of every kind are put together again from their parts."""
    expanded = ground(model(*VARIABLES.values(), properties=(claim("Claim", case[0]),)), PARAMETERS)
    for part in below(expanded.properties[0].expr):
        again = refold(part, lambda inner: inner)
        assert again == part or not isinstance(part, And | Or)


@pytest.mark.parametrize(
    "expr",
    [
        Took("ask", (("op", X),)),
        Next(X),
        Has((7,), 0, 0, ((0, X),)),
        InFlight((7,), 0),
        WithItem(X, KEY, Y),
        WithField(X, 0, Y),
        Slot(3),
        fold.checked(X, SMALL, "x", SPAN),
        fold.seq_op("concat", (X, Y), SPAN),
        Negate(X),
        OneOf((0, 1, 4, 5), (KEY,)),
        Field(X, 0),
        fold.size_of(X),
        fold.set_op("union", X, Y),
        Let(1, ERRS, Slot(1)),
    ],
)
def test_rarer_kinds_are_put_together_again(expr: Expr) -> None:
    assert refold(expr, lambda part: part) == expr


# ---- values written down otherwise ------------------------------------------------------------------------------

LESS, MORE = RangeDomain(1, 2), RangeDomain(0, 4)
PAIRS: list[tuple[Domain, Domain]] = [
    (SetDomain(LESS), SetDomain(MORE)),
    (OptionDomain(SetDomain(LESS)), OptionDomain(SetDomain(MORE))),
    (SetDomain(LESS), OptionDomain(SetDomain(MORE))),
    (RecordDomain("R", (("x", SetDomain(LESS)),)), RecordDomain("R", (("x", SetDomain(MORE)),))),
    (MapDomain(BoolDomain(), SetDomain(LESS)), MapDomain(BoolDomain(), SetDomain(MORE))),
]


@pytest.mark.parametrize(("have", "want"), PAIRS)
def test_conversions_keep_values(have: Domain, want: Domain) -> None:
    for value in values(have):
        for expr in (CellValue(0), Const(value)):
            new = converted(Term(expr, have), want, Slots(), SPAN)
            assert natural(want, evaluate(new, (value,))) == natural(have, value)
            assert evaluate(stored(Term(expr, have), want, "x", Slots(), SPAN), (value,)) == evaluate(new, (value,))


@pytest.mark.parametrize(("want", "have"), [pair for pair in PAIRS if type(pair[0]) is type(pair[1])])
def test_conversions_find_what_lies_outside(have: Domain, want: Domain) -> None:
    new = stored(Term(CellValue(0), have), want, "x", Slots(), SPAN)
    codes: set[Code | None] = set()
    for value in values(have):
        try:
            assert natural(want, evaluate(new, (value,))) == natural(have, value)
            codes.add(None)
        except RunError as error:
            codes.add(error.code)
    assert codes == {None, Code.OUTSIDE_TYPE}


def test_constant_sequences_of_sets() -> None:
    have, want = SeqDomain(SetDomain(LESS), 2), SeqDomain(SetDomain(MORE), 2)
    assert converted(Term(Const((0b11,)), have), want, Slots(), SPAN) == Const((0b110,))
    with pytest.raises(BrokenLaw, match="types agree"):
        converted(Term(CellValue(0), have), want, Slots(), SPAN)


def test_values_that_are_never_equal() -> None:
    below_zero = Term(CellValue(0), RangeDomain(-3, -1))
    assert equal(below_zero, Term(CellValue(1), SMALL), Slots(), SPAN) == FALSE
    assert equal(below_zero, Term(Const(None), known.NONE), Slots(), SPAN) == FALSE


def test_equality_of_sets_over_other_elements() -> None:
    one, other = Term(CellValue(0), SetDomain(LESS)), Term(CellValue(1), SetDomain(MORE))
    same = equal(one, other, Slots(), SPAN)
    found: list[tuple[Value, Value]] = [
        (a, b) for a in values(SetDomain(LESS)) for b in values(SetDomain(MORE)) if evaluate(same, (a, b))
    ]
    assert found == [(0b00, 0b00000), (0b10, 0b00100), (0b01, 0b00010), (0b11, 0b00110)]
