"""Numbers that are known, and counts that are compared with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import TypeAlias

from plait.engines.symbolic.any_size.logic import TRUE, Formula, Scalar, Var, conj, disj, exists, neg, substitute
from plait.engines.symbolic.any_size.values import Names, Point, same_point

Counted: TypeAlias = Callable[[int], Formula]
"""Of a count: there are at least so many."""

MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def number_of(value: Scalar) -> int:
    """A value that is a number."""
    assert isinstance(value, int)
    return value


def calculated(op: str, one: int, other: int) -> int:
    """An operation on two numbers."""
    match op:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "mod":
            return one % other
        case "min":
            return min(one, other)
        case "max":
            return max(one, other)
        case _:
            raise AssertionError(f"unknown operator {op}")


def compared(op: str, one: int, other: int) -> bool:
    """Two numbers in order."""
    match op:
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other
        case _:
            raise AssertionError(f"unknown operator {op}")


def at_least(kinds: Sequence[tuple[tuple[Var, ...], Point, Formula]], names: Names) -> Counted:
    """That there are so many different ones; each kind is a pattern of what is counted, and when it counts."""

    def many(number: int) -> Formula:
        return disj(_apart(chosen, names) for chosen in product(kinds, repeat=number)) if number > 0 else TRUE

    return many


def _apart(chosen: Sequence[tuple[tuple[Var, ...], Point, Formula]], names: Names) -> Formula:
    variables: list[Var] = []
    points: list[Point] = []
    claims: list[Formula] = []
    for bound, point, claim in chosen:
        fresh = {var: names.fresh(var.sort) for var in bound}
        variables += fresh.values()
        points.append(tuple(fresh.get(atom, atom) if isinstance(atom, Var) else atom for atom in point))
        claims.append(substitute(claim, fresh))
    different = [neg(same_point(one, other)) for one, other in combinations(points, 2)]
    return exists(tuple(variables), conj((*different, *claims)))


def counted_against(counted: Counted, op: str, number: int) -> Formula:
    """A count against a number."""
    match op:
        case ">=":
            return counted(number)
        case ">":
            return counted(number + 1)
        case "<":
            return neg(counted(number))
        case "<=":
            return neg(counted(number + 1))
        case "==":
            return conj((counted(number), neg(counted(number + 1))))
        case "!=":
            return neg(conj((counted(number), neg(counted(number + 1)))))
        case _:
            raise AssertionError(f"unknown relation {op}")
