"""Which sorts must have more identities because others have: no circle, or a question may have no end.

A formula "for all x: S there is y: T", and a function from S to T, are an edge from S to T. Without a circle all
questions are in the fragment that is decidable (Ge and de Moura 2009; Padon et al., "Paxos made EPR", 2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, assert_never

from plait.engines.symbolic.any_size.logic import (
    And,
    Atom,
    Equal,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    Truth,
    negated,
    normal,
)
from plait.engines.symbolic.any_size.system import System, laws
from plait.engines.symbolic.any_size.vocabulary import Symbol

Edge: TypeAlias = tuple[str, str]


def edges(formula: Formula) -> frozenset[Edge]:
    """The edges of a formula that is assumed, in negation normal form."""
    return frozenset(_edges(formula, ()))


def _edges(formula: Formula, universal: tuple[str, ...]) -> Iterator[Edge]:
    match formula:
        case Truth() | Equal() | Atom() | Not():
            pass
        case And(items) | Or(items):
            for item in items:
                yield from _edges(item, universal)
        case Exists(variables, body):
            for variable in variables:
                yield from ((sort, variable.sort) for sort in universal)
            yield from _edges(body, universal)
        case Forall(variables, body):
            yield from _edges(body, (*universal, *(variable.sort for variable in variables)))
        case _:
            assert_never(formula)


def both_ways(formula: Formula) -> frozenset[Edge]:
    """The edges of a formula that is assumed in one question and denied in another."""
    return edges(normal(formula)) | edges(negated(formula))


def of_functions(symbols: Sequence[Symbol]) -> frozenset[Edge]:
    """The edges of constants that name identities."""
    return frozenset((sort, symbol.result) for symbol in symbols if symbol.kind == "function" for sort in symbol.sorts)


def of_system(system: System) -> frozenset[Edge]:
    """The edges of every question about a system: its laws, axioms, guards, and claims."""
    assumed = (*laws(system.symbols), *system.axioms, *(step.guard for step in system.steps))
    found = of_functions(system.symbols).union(*(edges(normal(formula)) for formula in assumed))
    claims = (duty.formula for step in system.steps for duty in step.duties)
    found = found.union(*(edges(negated(formula)) for formula in claims))
    return found.union(*(both_ways(claim.formula) for claim in system.claims))


def circle(found: Iterable[Edge]) -> tuple[str, ...] | None:
    """The sorts of a circle, if there is one."""
    onwards: dict[str, set[str]] = {}
    for one, other in found:
        onwards.setdefault(one, set()).add(other)

    def search(at: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if at in path:
            return path[path.index(at) :]
        return next((loop for to in sorted(onwards.get(at, ())) if (loop := search(to, (*path, at)))), None)

    return next((loop for start in sorted(onwards) if (loop := search(start, ()))), None)
