"""Whether an invariant proves a claim: three obligations, each put to a fresh plain solver.

    initially      every initial state satisfies the invariant, and the claim as far as it is about the start
    step by step   every step from a state that satisfies the invariant leads to one that does; one query a step
    implies        in a state that satisfies the invariant no goal is met, nor by a step from there

The laws of the encoding (of each group exactly one bit is true, and `System.laws`; where only some values have bits,
that no state leaves them) are part of every invariant and are checked along with it, so nothing has to be believed but
the encoding of steps and goals. This is shared by IC3's
results, certificates and lemmas, and it uses nothing of IC3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import z3

from plait.engines.symbolic.formula import Formula, both, either, is_true, neither, term
from plait.engines.symbolic.obligations_answers import LAW, Answer, Obligation, Refusal, Undecided
from plait.engines.symbolic.system import Step, System, Target, decoded, encoded, target
from plait.errors import JobError
from plait.semantics import State, initial_states
from plait_spec.diagnostics import counted
from plait_spec.domains import IdsDomain
from plait_spec.ground import Choice, Property
from plait_spec.record import record


@record
class Part:
    """A conjunct of an invariant: `name` is for reports; `formula` is about states."""

    name: str
    formula: Formula


def check(system: System, invariant: Sequence[Part], goals: Sequence[Target], rlimit: int = 0) -> Answer:
    """None if all three obligations are met."""
    checker = Checker(system, invariant, rlimit)
    return checker.initially(goals) or checker.step_by_step() or checker.implies(goals)


def without_lemmas(system: System, lemmas: Sequence[Property]) -> tuple[System, list[Formula]]:
    """The system without the targets of these properties, and that these properties hold (and do not err)."""
    indices = {about.index for about in lemmas}
    targets = tuple(found for found in system.targets if found.goal[0] not in indices)
    return replace(system, targets=targets), [holds(system, about) for about in lemmas]


def holds(system: System, about: Property) -> Formula:
    """That an `always` holds in a state, and its evaluation does not err there."""
    broken = (target(system, (about.index, "claim")).state, target(system, (about.index, "error")).state)
    return neither(either(broken))


def laws(system: System) -> Iterator[Part]:
    """What the encoding says of every state."""
    for group in system.groups:
        bits = [system.bits[bit].term for bit in group]
        yield Part(LAW, z3.And(z3.Or(bits), z3.AtMost(*bits, 1)) if len(bits) > 1 else bits[0])
    for law in system.laws:
        yield Part(LAW, law)


class Checker:
    """The obligations of one invariant; those that are `assumed` hold before a step, and need not hold after it."""

    def __init__(
        self, system: System, invariant: Sequence[Part], rlimit: int = 0, assumed: Sequence[Part] = ()
    ) -> None:
        self.system, self.rlimit = system, rlimit
        self.invariant = [*laws(system), *_split(invariant)]
        self.assumed = tuple(assumed)
        numbers = {bit.term.get_id(): at for at, bit in enumerate(system.bits)}
        self.reads = [frozenset(_bits(part.formula, numbers)) for part in self.invariant]
        self.readers: dict[int, list[int]] = {}
        for at, read in enumerate(self.reads):
            for bit in read:
                self.readers.setdefault(bit, []).append(at)

    def initially(self, goals: Sequence[Target] = ()) -> Answer:
        """Every initial state satisfies the invariant and meets no goal."""
        solver = self.solver([self.system.initial])
        broken: list[Formula] = [self.system.stray, *(neither(part.formula) for part in self.invariant)]
        for goal in goals:
            broken += [goal.start, goal.state]
        return self.ask(solver, "initially", either(broken))

    def step_by_step(self) -> Answer:
        """Every step keeps the invariant."""
        solver = self.solver([part.formula for part in (*self.invariant, *self.assumed)])
        for at, step in enumerate(self.system.steps):
            broken = both([step.guard, either(neither(after) for _, after in self.moved(step))])
            found = self.ask(solver, "step by step", either([step.stray, broken]), at)
            if found is not None:
                return found
        return None

    def implies(self, goals: Sequence[Target]) -> Answer:
        """Where the invariant holds, no goal is met."""
        solver = self.solver([part.formula for part in (*self.invariant, *self.assumed)])
        for goal in goals:
            found = self.ask(solver, "implies", goal.state)
            for at, when in goal.steps.items():
                found = found or self.ask(solver, "implies", when, at)
            if found is not None:
                return found
        return None

    # ---- queries

    def solver(self, facts: Sequence[Formula]) -> Any:
        """A fresh solver that knows these facts."""
        solver = z3.SolverFor("QF_FD")
        if self.rlimit:
            solver.set("rlimit", self.rlimit)
        solver.add(*(term(fact) for fact in facts))
        return solver

    def ask(self, solver: Any, obligation: Obligation, broken: Formula, step: int | None = None) -> Answer:
        """None if the formula cannot be true."""
        if broken is False:
            return None
        solver.push()
        try:
            solver.add(term(broken))
            answer = solver.check()
            if answer == z3.unsat:
                return None
            if answer == z3.unknown:
                return Undecided(obligation, f"the solver gave up: {solver.reason_unknown()}")
            return self.refusal(self.plainest(solver), obligation, step)
        finally:
            solver.pop()

    def plainest(self, solver: Any) -> Any:
        """A model whose state is like an initial one in as many places as can be had by trying one after the other."""
        model = solver.model()
        for identical in self.as_initially():
            if solver.check(*identical) == z3.sat:
                model = solver.model()
                solver.add(*identical)
        return model

    def as_initially(self) -> Iterator[list[Any]]:
        """For each cell that it is as in the first initial state; the cells of the last identities come first."""
        try:
            first = next(initial_states(self.system.ground), None)
        except JobError:  # too many to look at
            return
        if first is None:
            return
        cells: dict[int, list[Any]] = {}
        for bit, on in zip(self.system.bits, encoded(self.system, first), strict=True):
            cells.setdefault(bit.fact.cell, []).append(bit.term if on else z3.Not(bit.term))
        identities: dict[tuple[str, int], list[int]] = {}
        for at, cell in enumerate(self.system.ground.cells):
            for domain, key in zip(cell.key_domains, cell.keys, strict=True):
                if isinstance(domain, IdsDomain) and at in cells:
                    identities.setdefault((domain.name, key), []).append(at)
        for _, mine in sorted(identities.items(), key=lambda pair: -pair[0][1]):
            yield [literal for at in mine for literal in cells[at]]
        yield from (cells[at] for at in sorted(cells, reverse=True))

    def refusal(self, model: Any, obligation: Obligation, number: int | None) -> Refusal:
        """The state or step of a model, in values."""

        def holds(formula: Formula) -> bool:
            return is_true(model, term(formula))

        name: str | None = None
        if number is None:
            strays = obligation == "initially" and holds(self.system.stray)
            parts = self.invariant if obligation == "initially" else ()
            name = LAW if strays else next((part.name for part in parts if not holds(part.formula)), None)
        elif obligation == "step by step":
            moved = self.moved(self.system.steps[number])
            strays = holds(self.system.steps[number].stray)
            name = LAW if strays else next(part.name for part, formula in moved if not holds(formula))
        state, choice, step, after = self.moment(holds, number)
        return Refusal(obligation, name, state, choice, step, None if name == LAW else after)

    def moment(
        self, holds: Callable[[Formula], bool], number: int | None
    ) -> tuple[State, Choice | None, str | None, State | None]:
        """The state of which these formulas hold, and the step of this number from there, if it leads to a state."""
        state = self.state(tuple(holds(bit.term) for bit in self.system.bits))
        if number is None:
            return state, None, None, None
        step = self.system.steps[number]
        after = None
        if holds(step.guard):
            after = self.state(tuple(holds(step.updates.get(at, bit.term)) for at, bit in enumerate(self.system.bits)))
        return state, step.choice, step.name, after

    def conjuncts(self) -> str:
        """How much there is to check in a state."""
        count = sum(part.name != LAW for part in self.invariant)
        return counted(count, "conjunct")

    def steps(self) -> str:
        """How many steps of how many actions there are."""
        names = dict.fromkeys(step.name for step in self.system.steps)
        return f"{counted(len(self.system.steps), 'step')} of {counted(len(names), 'action')}: {', '.join(names)}"

    def state(self, bits: tuple[bool, ...]) -> State:
        """The state with these bits."""
        return decoded(self.system, bits)

    # ---- what a step does to a conjunct

    def moved(self, step: Step) -> Iterator[tuple[Part, Formula]]:
        """The conjuncts that read what the step writes, and as they are after it; it keeps all others."""
        for at in sorted({at for bit in step.updates for at in self.readers.get(bit, ())}):
            part = self.invariant[at]
            read = sorted(self.reads[at] & step.updates.keys())
            moves = [(self.system.bits[bit].term, term(step.updates[bit])) for bit in read]
            yield part, z3.substitute(part.formula, *moves)


def _bits(formula: Formula, numbers: Mapping[int, int]) -> Iterator[int]:
    """The bits that a formula mentions."""
    seen: set[int] = set()
    waiting = [] if isinstance(formula, bool) else [formula]
    while waiting:
        one = waiting.pop()
        if one.get_id() in seen:
            continue
        seen.add(one.get_id())
        if one.get_id() in numbers:
            yield numbers[one.get_id()]
        waiting += one.children()


def _split(parts: Sequence[Part]) -> Iterator[Part]:
    """Conjunctions as their conjuncts: a step then touches fewer of them."""
    for part in parts:
        formula = part.formula
        if formula is True:
            continue
        if z3.is_expr(formula) and z3.is_and(formula):
            yield from _split([Part(part.name, one) for one in formula.children()])
        elif z3.is_expr(formula) and z3.is_not(formula) and z3.is_or(formula.arg(0)):
            yield from _split([Part(part.name, neither(one)) for one in formula.arg(0).children()])
        else:
            yield part
