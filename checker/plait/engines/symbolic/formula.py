"""Boolean formulas with constants folded: Python's `True` and `False`, or Boolean terms of z3 in its main context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import z3
from z3 import z3core

Formula: TypeAlias = Any
"""A Boolean term of z3, or a Python bool."""


def neither(formula: Formula) -> Formula:
    """Negation."""
    if isinstance(formula, bool):
        return not formula
    return formula.arg(0) if z3.is_not(formula) else z3.Not(formula)


def both(formulas: Iterable[Formula]) -> Formula:
    """Conjunction."""
    found: dict[int, Any] = {}
    for formula in formulas:
        if formula is False:
            return False
        if formula is not True:
            found[formula.get_id()] = formula
    parts = list(found.values())
    return z3.And(parts) if len(parts) > 1 else parts[0] if parts else True


def either(formulas: Iterable[Formula]) -> Formula:
    """Disjunction."""
    found: dict[int, Any] = {}
    for formula in formulas:
        if formula is True:
            return True
        if formula is not False:
            found[formula.get_id()] = formula
    parts = list(found.values())
    return z3.Or(parts) if len(parts) > 1 else parts[0] if parts else False


def implies(left: Formula, right: Formula) -> Formula:
    """Implication."""
    return either([neither(left), right])


def same(left: Formula, right: Formula) -> Formula:
    """Equivalence."""
    if isinstance(left, bool):
        return right if left else neither(right)
    if isinstance(right, bool):
        return left if right else neither(left)
    return True if left.eq(right) else left == right


def chosen(condition: Formula, yes: Formula, no: Formula) -> Formula:
    """`yes` where the condition holds, `no` elsewhere."""
    if isinstance(condition, bool):
        return yes if condition else no
    if isinstance(yes, bool):
        return either([condition, no]) if yes else both([neither(condition), no])
    if isinstance(no, bool):
        return either([neither(condition), yes]) if no else both([condition, yes])
    return yes if yes.eq(no) else z3.If(condition, yes, no)


def term(formula: Formula) -> Any:
    """As a term of z3."""
    return z3.BoolVal(formula) if isinstance(formula, bool) else formula


def is_same(left: Formula, right: Formula) -> bool:
    """Whether the two are written the same."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left.eq(right))


def is_true(model: Any, formula: Any) -> bool:
    """Whether a term is true in a model of z3; what the model leaves open counts as false."""
    return bool(z3.is_true(model.eval(formula, model_completion=True)))


class Renaming:
    """Constants for others, prepared once: z3's own `substitute` looks at each of them anew for each formula."""

    def __init__(self, old: Sequence[Any], new: Sequence[Any]) -> None:
        self.terms = (*old, *new)  # what the arrays point to must live
        self.count = len(old)
        array = z3.Ast * self.count
        self.old, self.new = array(*(one.as_ast() for one in old)), array(*(one.as_ast() for one in new))

    def of(self, formula: Any) -> Any:
        """The formula with the other constants."""
        if self.count == 0:
            return formula
        context = formula.ctx
        found = z3core.Z3_substitute(context.ref(), formula.as_ast(), self.count, self.old, self.new)
        return z3.BoolRef(found, context)
