"""Operators on values that are expanded already: numbers, comparison, sets, sequences."""

from __future__ import annotations

from typing import Literal as Word

from plait_spec import core, fold, known
from plait_spec.domains import Domain, RangeDomain, SeqDomain, SetDomain, size
from plait_spec.ground import Const, Expr
from plait_spec.ground_convert import Slots, Term, converted, equal
from plait_spec.ground_walk import can_err
from plait_spec.laws import BrokenLaw
from plait_spec.source import Span


def binary(op: core.BinaryOp, left: Term, right: Term, slots: Slots, span: Span) -> Term:
    """`left op right`."""
    match op:
        case "and":
            return _truth(fold.conjunction((left.expr, right.expr)))
        case "or":
            return _truth(fold.disjunction((left.expr, right.expr)))
        case "implies":
            return _truth(fold.implication(left.expr, right.expr))
        case "iff":
            return _truth(fold.same_truth(left.expr, right.expr))
        case "==":
            return _truth(equal(left, right, slots, span))
        case "!=":
            return _truth(fold.negation(equal(left, right, slots, span)))
        case "<":
            return _truth(_less(left, right, slots, span))
        case "<=":
            return _truth(_at_most(left, right, slots, span))
        case ">":
            return _truth(_less(right, left, slots, span))
        case ">=":
            return _truth(_at_most(right, left, slots, span))
        case "in":
            return _truth(_contained(left, right, slots, span))
        case "union" | "difference":
            return _set_operation(op, left, right, slots, span)
        case "concat":
            return _concatenation(left, right, slots, span)
        case "+" | "-" | "*" | "mod" | "min" | "max":
            expr = fold.arithmetic(op, left.expr, right.expr, span)
            return Term(expr, known.combined(op, left.domain, right.domain))


def _truth(expr: Expr) -> Term:
    return Term(expr, known.BOOLS)


def _less(left: Term, right: Term, slots: Slots, span: Span) -> Expr:
    if isinstance(left.domain, SetDomain):
        different = fold.negation(equal(left, right, slots, span))
        return fold.conjunction((_at_most(left, right, slots, span), different))
    if _calm(left, right):
        (left_lo, left_hi), (right_lo, right_hi) = known.interval(left.domain), known.interval(right.domain)
        if left_hi < right_lo or left_lo >= right_hi:
            return fold.truth(left_hi < right_lo)
    return fold.compare("<", left.expr, right.expr)


def _at_most(left: Term, right: Term, slots: Slots, span: Span) -> Expr:
    if isinstance(left.domain, SetDomain):
        return fold.compare("==", _set_operation("difference", left, right, slots, span).expr, Const(0))
    if _calm(left, right):
        (left_lo, left_hi), (right_lo, right_hi) = known.interval(left.domain), known.interval(right.domain)
        if left_hi <= right_lo or left_lo > right_hi:
            return fold.truth(left_hi <= right_lo)
    return fold.compare("<=", left.expr, right.expr)


def _calm(left: Term, right: Term) -> bool:
    """Whether neither side can err, so that intervals alone may decide."""
    nothing = known.is_nothing(left.domain) or known.is_nothing(right.domain)
    return not (nothing or can_err(left.expr) or can_err(right.expr))


def _contained(element: Term, container: Term, slots: Slots, span: Span) -> Expr:
    match container.domain:
        case SetDomain(of):
            if known.apart(element.domain, of) and not (can_err(element.expr) or can_err(container.expr)):
                return fold.truth(False)
            return fold.in_set(converted(element, of, slots, span), container.expr, of)
        case SeqDomain(of, capacity):
            mark = slots.depth
            slots.clear(element.expr)
            found = slots.held(
                container,
                lambda seq: slots.held(element, lambda item: _in_sequence(item, seq, of, capacity, slots, span)),
            )
            slots.depth = mark
            return found
        case _:
            raise BrokenLaw("`in` asks a set or a sequence", str(span))


def _in_sequence(item: Term, seq: Term, of: Domain, capacity: int, slots: Slots, span: Span) -> Expr:
    length = fold.seq_op("length", (seq.expr,), span)
    return fold.disjunction(
        [
            fold.conjunction(
                (
                    fold.compare("<", Const(i), length),
                    equal(Term(fold.seq_op("at", (seq.expr, Const(i)), span), of), item, slots, span),
                )
            )
            for i in range(capacity)
        ]
    )


def _set_operation(op: Word["union", "difference"], left: Term, right: Term, slots: Slots, span: Span) -> Term:
    common = known.join(left.domain, right.domain)
    expr = fold.set_op(op, converted(left, common, slots, span), converted(right, common, slots, span))
    return Term(expr, common)


def _concatenation(left: Term, right: Term, slots: Slots, span: Span) -> Term:
    one, other = left.domain, right.domain
    if not (isinstance(one, SeqDomain) and isinstance(other, SeqDomain)):
        raise BrokenLaw("`+` joins sequences", str(span))
    domain = SeqDomain(known.join(one.of, other.of), one.capacity + other.capacity)
    args = (converted(left, domain, slots, span), converted(right, domain, slots, span))
    return Term(fold.seq_op("concat", args, span), domain)


def call(function: str, args: tuple[Term, ...], span: Span) -> Term:
    """`size`, `first`, `last`, `rest`, `at`."""
    domain = args[0].domain
    if isinstance(domain, SetDomain):
        count = 0 if known.is_nothing(domain.of) else size(domain.of)
        return Term(fold.size_of(args[0].expr), RangeDomain(0, count))
    if not isinstance(domain, SeqDomain):
        raise BrokenLaw("sequence functions take sequences", str(span))
    exprs = tuple(arg.expr for arg in args)
    match function:
        case "size":
            return Term(fold.seq_op("length", exprs, span), RangeDomain(0, domain.capacity))
        case "rest":
            return Term(fold.seq_op("rest", exprs, span), SeqDomain(domain.of, max(domain.capacity - 1, 0)))
        case "first" | "last" | "at":
            return Term(fold.seq_op(function, exprs, span), domain.of)
        case _:
            raise BrokenLaw("sequence functions are known", function)
