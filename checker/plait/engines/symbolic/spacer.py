"""Spacer, z3's engine for constrained Horn clauses, on the same problems: a cross-check of IC3 for tests.

Komuravelli, Gurfinkel, Chaki, "SMT-based model checking for recursive programs", 2014. There is one rule for all steps
together (a rule a step never ended). Its invariant is read with `get_cover_delta` and has to be checked by others.
"""

from __future__ import annotations

from typing import Any

import z3

from plait.engines.symbolic.ic3_definitions import Definitions, exactly_one
from plait.engines.symbolic.ic3_problem import Problem, Term
from plait_spec.record import record


@record
class Safe:
    """No bad state is reachable; `invariant` is over the bits of the problem."""

    invariant: Term


@record
class Unsafe:
    """A bad state is reachable."""


@record
class NoAnswer:
    """Spacer gave up, was stopped, or ran out of its time."""

    reason: str


def prove(problem: Problem, milliseconds: int) -> Safe | Unsafe | NoAnswer:
    """Ask Spacer; its limit is a time, so it is no part of anything that has to be deterministic."""
    context = problem.context
    fixedpoint: Any = z3.Fixedpoint(ctx=context)
    fixedpoint.set(engine="spacer", timeout=milliseconds)
    bits = list(problem.bits)
    after = Definitions(problem).next
    fixedpoint.declare_var(*bits, *after)
    reached = z3.Function("reached", *(bit.sort() for bit in bits), z3.BoolSort(context))
    broken = z3.Function("broken", z3.BoolSort(context))
    fixedpoint.register_relation(reached, broken)
    groups = [one for group in problem.groups for one in exactly_one([bits[bit] for bit in group])]
    fixedpoint.rule(reached(*bits), [problem.initial, *groups, *problem.laws])
    fixedpoint.rule(reached(*after), [reached(*bits), _some_step(problem, after)])
    fixedpoint.rule(broken(), [reached(*bits), problem.bad])
    try:
        answer = fixedpoint.query(broken())
    except z3.Z3Exception as error:  # a limit raises, and then its `reason_unknown` says "ok"
        return NoAnswer(str(error))
    if answer == z3.sat:
        return Unsafe()
    if answer == z3.unknown:
        return NoAnswer(fixedpoint.reason_unknown())
    cover = fixedpoint.get_cover_delta(-1, reached)
    return Safe(z3.substitute_vars(cover, *bits))


def _some_step(problem: Problem, after: tuple[Term, ...]) -> Term:
    steps = []
    for step in problem.steps:
        moved = (after[at] == step.updates.get(at, bit) for at, bit in enumerate(problem.bits))
        steps.append(z3.And(step.guard, *moved))
    return z3.Or(*steps)
