"""Bits that never change: found first, and put into the problem, which is then smaller.

The largest set of literals of the initial states that every step keeps, by throwing out of all of them what a step
breaks until none does ("Houdini": Flanagan, Leino 2001). Where messages have many fields most of what a queue could
hold is never sent, and this is where that is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from plait.engines.symbolic.ic3_definitions import Definitions, assume, check, clause, exactly_one, relation
from plait.engines.symbolic.ic3_problem import Budget, Cube, Literal, Problem, Step, Term
from plait_spec.record import record

CHUNK = 64


@record
class Reduced:
    """A problem without its constant bits; `literals` are these, `places[i]` is what bit i was in the whole one."""

    problem: Problem
    literals: frozenset[Literal]
    places: tuple[int, ...]

    def back(self, cube: Cube) -> Cube:
        """A cube of the reduced problem as one of the whole."""
        return frozenset(
            self.places[literal - 1] + 1 if literal > 0 else -(self.places[-literal - 1] + 1) for literal in cube
        )


def constants(problem: Problem, budget: Budget) -> frozenset[Literal]:
    """The literals among `problem.fixed` that hold in every reachable state because each step keeps all of them."""
    names = Definitions(problem)
    solver = z3.SolverFor("QF_FD", ctx=problem.context)
    solver.set("rlimit", budget.rlimit)
    for group in problem.groups:
        solver.add(*exactly_one([problem.bits[bit] for bit in group]))
    solver.add(*problem.laws, *names.clauses, *relation(names), clause(problem.context, names.taken))
    kept = set(problem.fixed)
    chunks = _Chunks(problem.context, solver, names, sorted(kept, key=abs))
    for _ in range(len(kept)):
        switch = z3.FreshBool("round", problem.context)
        some_breaks = [names.literal_next(-one) for one in sorted(kept)]
        assume(solver, clause(problem.context, [z3.Not(switch), *some_breaks]))
        answer = check(solver, [switch, *chunks.switches])
        if answer <= 0:
            return frozenset(kept) if answer < 0 else frozenset()
        model = solver.model()
        broken = (one for one in kept if not z3.is_true(model.eval(names.literal_next(one), model_completion=True)))
        gone = {image for one in broken for images in problem.images(frozenset({one})) for image in images}
        kept -= gone
        chunks.drop(gone)
        assume(solver, z3.Not(switch))
    return frozenset()


class _Chunks:
    """Literals that are assumed many at a time: a solver takes long over thousands of assumptions."""

    def __init__(self, context: Any, solver: Any, names: Definitions, literals: list[Literal]) -> None:
        self.context, self.solver, self.names = context, solver, names
        self.chunks = [literals[at : at + CHUNK] for at in range(0, len(literals), CHUNK)]
        self.switches = [self._switch(chunk) for chunk in self.chunks]

    def _switch(self, chunk: list[Literal]) -> Term:
        """A constant that implies the literals."""
        switch = z3.FreshBool("chunk", self.context)
        for one in chunk:
            assume(self.solver, clause(self.context, [z3.Not(switch), self.names.literal(one)]))
        return switch

    def drop(self, gone: set[Literal]) -> None:
        """Assume these no longer."""
        for at, chunk in enumerate(self.chunks):
            left = [one for one in chunk if one not in gone]
            if len(left) < len(chunk):
                self.chunks[at], self.switches[at] = left, self._switch(left)


def without(problem: Problem, literals: frozenset[Literal]) -> Reduced:
    """The problem with these literals taken as known."""
    context = problem.context
    values = {abs(one) - 1: z3.BoolVal(one > 0, context) for one in literals}
    pairs = [(problem.bits[bit], value) for bit, value in sorted(values.items())]
    places = tuple(bit for bit in range(len(problem.bits)) if bit not in values)
    numbers = {bit: at for at, bit in enumerate(places)}
    moved = {bit + 1: at + 1 for bit, at in numbers.items()} | {-(bit + 1): -(at + 1) for bit, at in numbers.items()}
    known: dict[int, tuple[Term, Term]] = {}

    def less(term: Term) -> Term:
        if term.get_id() not in known:
            known[term.get_id()] = (term, z3.simplify(z3.substitute(term, *pairs)))
        return known[term.get_id()][1]

    steps = []
    for step in problem.steps:
        guard = less(step.guard)
        updates = {numbers[bit]: less(after) for bit, after in step.updates.items() if bit in numbers}
        steps.append(Step(guard, {} if z3.is_false(guard) else updates))
    reduced = Problem(
        context=context,
        bits=tuple(problem.bits[bit] for bit in places),
        groups=tuple(
            left for group in problem.groups if (left := tuple(numbers[bit] for bit in group if bit in numbers))
        ),
        laws=tuple(law for law in map(less, problem.laws) if not z3.is_true(law)),
        initial=less(problem.initial),
        steps=tuple(steps),
        bad=less(problem.bad),
        images=_images(problem.images, places, moved),
        fixed=frozenset(moved[one] for one in problem.fixed if one in moved),
    )
    return Reduced(reduced, literals, places)


def _images(
    whole: Callable[[Cube], tuple[Cube, ...]], places: tuple[int, ...], moved: dict[Literal, Literal]
) -> Callable[[Cube], tuple[Cube, ...]]:
    """Images of cubes of the reduced problem; constants are mapped to constants, so these have images there."""

    def images(cube: Cube) -> tuple[Cube, ...]:
        back = frozenset((places[abs(one) - 1] + 1) * (1 if one > 0 else -1) for one in cube)
        return tuple(frozenset(moved[one] for one in image) for image in whole(back))

    return images
