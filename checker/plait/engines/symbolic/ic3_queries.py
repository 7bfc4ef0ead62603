"""The questions that IC3 asks, as incremental queries to z3.

`Queries` holds the transition relation and the frames. A selector says which step is taken (at most one), and the
`next` bits are the state after it. A clause of a frame is guarded by the switch of its frame; frame F_k is the
switches k, k + 1, ... together. `Lifting` knows what steps do, and no frames: it finds a small part of a state that
suffices for a step to lead where it led (Chockler, Ivrii, Matsliah, Moran, Nevo 2011).

The question for bad states does not contain the transition relation: a bad state without any step would be missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import z3
from z3 import z3core

from plait.engines.symbolic.ic3_definitions import Definitions, assume, check, clause, exactly_one, relation
from plait.engines.symbolic.ic3_problem import Budget, Cube, Term
from plait.errors import EngineBug
from plait_spec.record import record

_Result = TypeVar("_Result")

MAX_RETIRED = 2_000  # temporary clauses in a solver before it is built anew


class OutOfBudget(Exception):  # noqa: N818 - the reason why a proof ends, not an error
    """The work that was allowed is done, or the solver gave up; the text says which."""


@record
class Source:
    """A state with a step into a cube; `state` has a literal for each group and each other bit."""

    state: Cube
    step: int


class _Solver:
    """A solver with clauses that can be switched off again, built anew when too many of them are."""

    def __init__(self, definitions: Definitions, budget: Budget) -> None:
        self.definitions, self.budget = definitions, budget
        self.context = definitions.problem.context
        self.spent = 0
        self.retired = 0
        self.solver: Any = None
        self._true = z3.BoolVal(True, self.context).as_ast().value
        self._groups = [[(bit, self._decl(bit)) for bit in group] for group in definitions.problem.groups]
        grouped = {bit for group in definitions.problem.groups for bit in group}
        self._free = [(bit, self._decl(bit)) for bit in range(len(definitions.now)) if bit not in grouped]
        self._start()

    def _decl(self, bit: int) -> Any:
        return self.definitions.now[bit].decl().ast

    def _start(self) -> None:
        self.retired = 0
        self.solver = z3.SolverFor("QF_FD", ctx=self.context)
        self.solver.set("rlimit", self.budget.rlimit)
        self.solver.add(*self.permanent())

    def permanent(self) -> list[Term]:
        """What always holds: groups, laws and definitions."""
        found: list[Term] = []
        for group in self.definitions.problem.groups:
            found += exactly_one([self.definitions.now[bit] for bit in group])
        return [*found, *self.definitions.problem.laws, *self.definitions.clauses]

    def switch(self) -> Term:
        """A constant that switches temporary clauses on."""
        self.retired += 1
        if self.retired > MAX_RETIRED:
            self._start()
        return z3.Bool(f"s{self.retired}", self.context)

    def ask(self, assumptions: Sequence[Term]) -> bool:
        """Whether there is a model."""
        self.spent += 1
        answer = check(self.solver, assumptions)
        if answer == 0:
            raise OutOfBudget(f"the solver gave up: {self.solver.reason_unknown()}")
        return answer > 0

    def add_clause(self, terms: Sequence[Term]) -> None:
        """Assert a disjunction."""
        assume(self.solver, clause(self.context, terms))

    def core(self) -> set[int]:
        """The ids of the assumptions that contradict each other."""
        return {term.get_id() for term in self.solver.unsat_core()}

    def state(self) -> Cube:
        """The state of the model: of each group the bit that is true, of other bits the value."""
        model = z3core.Z3_solver_get_model(self.context.ref(), self.solver.solver)
        z3core.Z3_model_inc_ref(self.context.ref(), model)
        try:
            found = [bit + 1 if self._holds(model, decl) else -(bit + 1) for bit, decl in self._free]
            for group in self._groups:
                bit = next((bit for bit, decl in group if self._holds(model, decl)), None)
                if bit is None:
                    raise EngineBug("a model of the solver leaves a group without a value")
                found.append(bit + 1)
            return frozenset(found)
        finally:
            z3core.Z3_model_dec_ref(self.context.ref(), model)

    def _holds(self, model: Any, decl: Any) -> bool:
        value = z3core.Z3_model_get_const_interp(self.context.ref(), model, decl)
        return value is not None and value.value == self._true


class Lifting(_Solver):
    """Small parts of states that suffice for what one of their steps did, or for being bad."""

    def lift(self, state: Cube, step: int, target: Cube) -> Cube:
        """A part of the state all of whose states have this step, and it leads into the target."""
        names = self.definitions
        updates = names.updates[step]
        fails = [z3.Not(names.guards[step])]
        for literal in target:
            bit = abs(literal) - 1
            after = updates.get(bit, names.now[bit])
            fails.append(z3.Not(after) if literal > 0 else after)
        return self._part(state, fails)

    def lift_bad(self, state: Cube) -> Cube:
        """A part of the state all of whose states are bad."""
        return self._part(state, [z3.Not(self.definitions.bad)])

    def _part(self, state: Cube, fails: Sequence[Term]) -> Cube:
        switch = self.switch()
        self.add_clause([z3.Not(switch), *fails])
        by_id = {self.definitions.literal(literal).get_id(): literal for literal in state}
        terms = [self.definitions.literal(literal) for literal in sorted(state)]
        if self.ask([switch, *terms]):
            raise EngineBug("a step of the solver's model does not lead where it led")
        core = frozenset(by_id[one] for one in self.core() if one in by_id)
        assume(self.solver, z3.Not(switch))
        return core


class Queries(_Solver):
    """The solver with the transition relation and the frames."""

    def __init__(self, definitions: Definitions, budget: Budget) -> None:
        problem = definitions.problem
        self.frames: list[list[Cube]] = [[]]
        self.switches = [z3.Bool("f0", problem.context)]
        self._relevant: dict[frozenset[int], Term] = {}
        self.writers: dict[int, frozenset[int]] = {bit: frozenset() for bit in range(len(problem.bits))}
        for at, step in enumerate(problem.steps):
            for bit in step.updates:
                self.writers[bit] |= {at}
        super().__init__(definitions, budget)

    def permanent(self) -> list[Term]:
        """What always holds, and the clauses of the frames under their switches."""
        self._relevant = {}
        names = self.definitions
        found = super().permanent() + list(relation(names))
        found.append(z3.Or(z3.Not(self.switches[0]), names.initial))
        for switch, cubes in zip(self.switches[1:], self.frames[1:], strict=True):
            found += [z3.Or(z3.Not(switch), *names.excluded(cube)) for cube in cubes]
        return found

    def add_frame(self) -> None:
        """One more frame at the end, without clauses of its own."""
        self.switches.append(z3.Bool(f"f{len(self.switches)}", self.context))
        self.frames.append([])

    def exclude(self, cubes: Iterable[Cube], level: int) -> None:
        """Add the clauses to frames 1 to `level`."""
        for cube in cubes:
            self.frames[level].append(cube)
            self.add_clause([z3.Not(self.switches[level]), *self.definitions.excluded(cube)])

    def bad_state(self, level: int) -> Cube | None:
        """A bad state in the frame."""
        if not self.ask([*self.switches[level:], self.definitions.bad]):
            return None
        return self.state()

    def meets_initial(self, cube: Cube) -> bool:
        """Whether an initial state is in the cube."""
        return self.ask([self.switches[0], *map(self.definitions.literal, sorted(cube))])

    def into(self, cube: Cube, level: int) -> Source | Cube:
        """A state of the frame outside of the cube with a step into it, or else `blocked`."""
        return self._into(cube, level, lambda: Source(self.state(), self._step()))

    def blocked(self, cube: Cube, level: int) -> Cube | None:
        """A part of the cube such that no state of the frame outside of the part has a step into it.

        None where a state of the frame outside of the cube has a step into the cube.
        """
        return self._into(cube, level, lambda: None)

    def _into(self, cube: Cube, level: int, found: Callable[[], _Result]) -> _Result | Cube:
        """What the question whether a step leads from the frame into the cube finds, or why there is none."""
        names = self.definitions
        switch = self.switch()
        relevant = self._some_writer(cube)
        after = [names.literal_next(literal) for literal in sorted(cube)]
        self.add_clause([z3.Not(switch), *names.excluded(cube)])
        if self.ask([*self.switches[level:], switch, relevant, *after]):
            answer: _Result | Cube = found()
        else:
            core = self.core()
            answer = frozenset(literal for literal in cube if names.literal_next(literal).get_id() in core)
        assume(self.solver, z3.Not(switch))
        return answer

    def _some_writer(self, cube: Cube) -> Term:
        """A constant that says: a step is taken that writes some bit of the cube; no other can lead into it."""
        steps = frozenset[int]().union(*(self.writers[abs(literal) - 1] for literal in cube))
        if steps not in self._relevant:
            name = z3.Bool(f"w{len(self._relevant)}_{self.spent}", self.context)
            self.add_clause([z3.Not(name), *(self.definitions.taken[at] for at in sorted(steps))])
            self._relevant[steps] = name
        return self._relevant[steps]

    def _step(self) -> int:
        """The step that the model takes."""
        model = self.solver.model()
        for at, taken in enumerate(self.definitions.taken):
            if z3.is_true(model[taken]):
                return at
        raise EngineBug("a model of the solver takes no step")
