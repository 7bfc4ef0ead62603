"""A transition system as clauses for a solver: names for what steps do, and the relation between two states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import z3
from z3 import z3core

from plait.engines.symbolic.ic3_problem import Cube, Literal, Problem, Term


class Definitions:
    """What the terms of a problem are called in solvers: bits now and next, guards, written values, selectors.

    Whatever is no constant and no bit gets a constant that is defined to be equal (`clauses`).
    """

    def __init__(self, problem: Problem) -> None:
        context = problem.context
        self.problem = problem
        self.clauses: list[Term] = []
        self.now = problem.bits
        self.next = tuple(z3.Bool(f"n{i}", context) for i in range(len(problem.bits)))
        self.taken = tuple(z3.Bool(f"t{i}", context) for i in range(len(problem.steps)))
        self.not_now = tuple(map(z3.Not, self.now))
        self.not_next = tuple(map(z3.Not, self.next))
        self._known = {term.get_id() for term in (*self.now, z3.BoolVal(True, context), z3.BoolVal(False, context))}
        self._named: dict[int, tuple[Term, Term]] = {}
        self.guards = tuple(self._name(step.guard) for step in problem.steps)
        self.updates = tuple({bit: self._name(to) for bit, to in step.updates.items()} for step in problem.steps)
        self.bad = self._name(problem.bad)
        self.initial = self._name(problem.initial)

    def _name(self, term: Term) -> Term:
        """A constant that is equal to the term."""
        if term.get_id() in self._known:
            return term
        if term.get_id() not in self._named:
            name = z3.Bool(f"d{len(self._named)}", self.problem.context)
            self._named[term.get_id()] = (name, term)
            self.clauses.append(name == term)
        return self._named[term.get_id()][0]

    def literal(self, literal: Literal) -> Term:
        """The literal of the state now."""
        return self.now[literal - 1] if literal > 0 else self.not_now[-literal - 1]

    def literal_next(self, literal: Literal) -> Term:
        """The literal of the state after the step."""
        return self.next[literal - 1] if literal > 0 else self.not_next[-literal - 1]

    def excluded(self, cube: Cube) -> list[Term]:
        """The literals of the clause that excludes a cube."""
        return [self.literal(-literal) for literal in sorted(cube)]


def clause(context: Any, terms: Sequence[Term]) -> Term:
    """A disjunction, made without the checks of z3's Python layer, which cost more than the query that it is for."""
    return z3.BoolRef(z3core.Z3_mk_or(context.ref(), len(terms), _array(terms)), context)


def _array(terms: Sequence[Term]) -> Any:
    found = (z3.Ast * len(terms))()
    for at, one in enumerate(terms):
        found[at] = one.ast
    return found


def check(solver: Any, assumptions: Sequence[Term]) -> int:
    """What the solver says under these assumptions: 1 satisfiable, -1 not, 0 unknown."""
    return int(
        z3core.Z3_solver_check_assumptions(solver.ctx.ref(), solver.solver, len(assumptions), _array(assumptions))
    )


def assume(solver: Any, term: Term) -> None:
    """Assert a term that is known to be Boolean."""
    z3core.Z3_solver_assert(solver.ctx.ref(), solver.solver, term.ast)


def exactly_one(terms: Sequence[Term]) -> Iterable[Term]:
    """Clauses that make one of the terms true."""
    yield z3.Or(*terms)
    yield from at_most_one(terms)


def at_most_one(terms: Sequence[Term]) -> Iterable[Term]:
    """Clauses that make at most one of the terms true: pairs where they are few, else Sinz' counter (2005)."""
    if len(terms) <= 6:
        for i, one in enumerate(terms):
            for other in terms[:i]:
                yield z3.Or(z3.Not(one), z3.Not(other))
        return
    context = terms[0].ctx
    before = terms[0]
    for at, term in enumerate(terms[1:], 1):
        yield z3.Or(z3.Not(before), z3.Not(term))
        if at < len(terms) - 1:
            some = z3.FreshBool("amo", context)
            yield z3.Or(z3.Not(before), some)
            yield z3.Or(z3.Not(term), some)
            before = some


def relation(names: Definitions) -> Iterator[Term]:
    """Clauses: at most one step is taken, where its guard holds, and `next` is the state after it.

    With no step taken `next` is the state itself. The definitions (`names.clauses`) are not among these clauses.
    """
    problem = names.problem
    if names.taken:
        yield from at_most_one(names.taken)
    for group in problem.groups:
        yield z3.Or(*(names.next[bit] for bit in group))
    writers: dict[int, list[Term]] = {bit: [] for bit in range(len(problem.bits))}
    for taken, guard, updates in zip(names.taken, names.guards, names.updates, strict=True):
        yield z3.Or(z3.Not(taken), guard)
        for bit, after in updates.items():
            writers[bit].append(taken)
            yield z3.Implies(taken, names.next[bit] == after)
    for bit, taken_by in writers.items():
        yield z3.Or(names.next[bit] == names.now[bit], *taken_by)
