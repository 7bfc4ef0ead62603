"""A goal of a system as a problem of IC3, in a z3 context of its own (a shared one makes runs differ)."""

from __future__ import annotations

from collections.abc import Sequence

import z3

from plait.engines.symbolic.formula import Formula, both, either, neither, term
from plait.engines.symbolic.ic3_problem import Problem, Step, Term
from plait.engines.symbolic.ic3_symmetry import Images
from plait.engines.symbolic.system import System, Target


def problem_of(system: System, goals: Sequence[Target], known: Sequence[Formula] = ()) -> Problem:
    """Whether any of the goals is met; `known` are invariants that were proved before."""
    context = z3.Context()

    def own(formula: Formula) -> Term:
        return term(formula).translate(context)

    bad = either([one for goal in goals for one in (goal.state, *goal.steps.values())])
    return Problem(
        context=context,
        bits=tuple(own(bit.term) for bit in system.bits),
        groups=system.groups,
        laws=tuple(own(law) for law in (*system.laws, *known)),
        initial=own(system.initial),
        steps=tuple(
            Step(own(step.guard), {bit: own(after) for bit, after in sorted(step.updates.items())})
            for step in system.steps
        ),
        bad=own(bad),
        images=Images(system).of,
        fixed=_fixed(system),
    )


def _fixed(system: System) -> frozenset[int]:
    """Literals that all initial states have, as far as they stand there as such."""
    parts = system.initial.children() if z3.is_expr(system.initial) and z3.is_and(system.initial) else [system.initial]
    numbers = {bit.term.get_id(): at + 1 for at, bit in enumerate(system.bits)}
    found = set[int]()
    for part in parts:
        if z3.is_expr(part):
            if part.get_id() in numbers:
                found.add(numbers[part.get_id()])
            elif z3.is_not(part) and part.arg(0).get_id() in numbers:
                found.add(-numbers[part.arg(0).get_id()])
    for group in system.groups:
        for bit in group:
            if bit + 1 in found:
                found |= {-(other + 1) for other in group if other != bit}
    return frozenset(found)


def is_run(system: System, steps: Sequence[int], goal: Target) -> bool:
    """Whether some initial state has these steps one after the other, and what they lead to meets the goal."""
    reaches = either((goal.state, *goal.steps.values()))
    for number in reversed(steps):
        step = system.steps[number]
        moves = [(system.bits[bit].term, term(after)) for bit, after in step.updates.items()]
        moved = reaches if isinstance(reaches, bool) else z3.substitute(reaches, *moves)
        reaches = both((step.guard, moved))
    solver = z3.SolverFor("QF_FD")
    solver.add(term(system.initial), term(reaches))
    return bool(solver.check() == z3.sat)


def excluded(system: System, cube: Sequence[int]) -> Formula:
    """The clause that excludes a cube, over the bits of the system."""
    return neither(both(_literal(system, one) for one in cube))


def _literal(system: System, literal: int) -> Formula:
    found = system.bits[abs(literal) - 1].term
    return found if literal > 0 else neither(found)
