"""k-induction: a claim that holds in the first k states, and after any k states in a row where it holds.

Sheeran, Singh, Stalmarck, "Checking safety properties using induction and a SAT-solver", 2000. With `simple_path` the
states in a row are all different, which makes the method complete for finite systems and each query quadratic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import z3

from plait.engines.symbolic.ic3_definitions import Definitions, clause, exactly_one, relation
from plait.engines.symbolic.ic3_problem import Budget, Problem, Refuted, Term, Unknown
from plait_spec.record import record


@record
class Inductive:
    """No bad state is reachable, since the claim is k-inductive."""

    k: int
    queries: int


Answer: TypeAlias = Inductive | Refuted | Unknown
DEFAULT = Budget()


def prove(problem: Problem, limit: int, *, simple_path: bool = False, budget: Budget = DEFAULT) -> Answer:
    """k-induction for k = 0, 1, ... up to `limit`; a refutation is a shortest one."""
    base, step = _Unrolled(problem, budget), _Unrolled(problem, budget)
    base.solver.add(*base.at(0, [base.names.initial]))
    for k in range(limit + 1):
        reached, left = base.ask(k, base.names.bad), step.ask(k, step.names.bad)
        spent = base.spent + step.spent
        if reached == z3.sat:
            return Refuted(tuple(base.steps(k)), spent)
        if z3.unknown in (reached, left):
            return Unknown("the solver gave up", spent)
        if left == z3.unsat:
            return Inductive(k, spent)
        base.go_on(k)
        step.go_on(k)
        if simple_path:
            step.differs_from_all_before(k + 1)
    return Unknown(f"not inductive within {limit} steps", base.spent + step.spent)


class _Unrolled:
    """Good states in a row, in a solver of their own; `ask` is about the state after the last of them."""

    def __init__(self, problem: Problem, budget: Budget) -> None:
        self.problem = problem
        self.names = Definitions(problem)
        self.relation = (*relation(self.names), clause(problem.context, self.names.taken))
        groups = (exactly_one([problem.bits[bit] for bit in group]) for group in problem.groups)
        self.always = (*(one for group in groups for one in group), *problem.laws, *self.names.clauses)
        later = {bit.get_id(): at for at, bit in enumerate(self.names.next)}
        every = {one.get_id(): one for one in _constants((*self.relation, *self.always, *problem.bits))}
        self.constants = [(one, later.get(one.get_id())) for one in every.values()]
        self.spent = 0
        self.solver = z3.SolverFor("QF_FD", ctx=problem.context)
        self.solver.set("rlimit", budget.rlimit)
        self.solver.add(*self.at(0, self.always))

    def at(self, time: int, terms: Iterable[Term]) -> list[Term]:
        """Terms about the state at a time and the step from there."""
        own = ((one, z3.Bool(f"{one}@{time}", self.problem.context)) for one, bit in self.constants if bit is None)
        later = ((one, self.bit(bit, time + 1)) for one, bit in self.constants if bit is not None)
        pairs = [*own, *later]
        return [z3.substitute(term, *pairs) for term in terms]

    def bit(self, bit: int, time: int) -> Term:
        """A bit of the state at a time."""
        return z3.Bool(f"{self.problem.bits[bit]}@{time}", self.problem.context)

    def ask(self, time: int, term: Term) -> Any:
        """Whether the term can be true at a time."""
        self.spent += 1
        return self.solver.check(*self.at(time, [term]))

    def go_on(self, time: int) -> None:
        """The state at a time is good, and a step leads from there to one more."""
        self.solver.add(*self.at(time, (z3.Not(self.names.bad), *self.relation)), *self.at(time + 1, self.always))

    def differs_from_all_before(self, time: int) -> None:
        """The state at a time is none of those before."""
        for before in range(time):
            pairs = ((self.bit(at, before), self.bit(at, time)) for at in range(len(self.problem.bits)))
            self.solver.add(z3.Or(*(one != other for one, other in pairs)))

    def steps(self, count: int) -> list[int]:
        """The first steps of the model that was found."""
        model = self.solver.model()
        taken = [self.at(time, self.names.taken) for time in range(count)]
        return [next(at for at, one in enumerate(terms) if z3.is_true(model[one])) for terms in taken]


def _constants(terms: Iterable[Term]) -> Iterable[Term]:
    seen = set[int]()
    waiting = list(terms)
    while waiting:
        one = waiting.pop()
        if one.get_id() not in seen:
            seen.add(one.get_id())
            waiting += one.children()
            if z3.is_const(one) and one.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                yield one
