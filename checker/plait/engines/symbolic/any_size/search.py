"""An invariant for any size: guesses from small instances, tried in rounds until those that are left imply the claims.

IC3 proves the claims on an instance; its clauses are lifted (`lift`) and weakened to what is inductive for any size
(`houdini`). Where that is not enough, there are more guesses of other kinds (`lift.variants`, `history`). What is left
is known to every later round, so IC3 has less to find on the next, larger instance. Guesses that close a circle of
sorts, on which z3 may well find no answer, come last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from plait.engines.symbolic.any_size.history import remembered
from plait.engines.symbolic.any_size.houdini import Clock, implied, inductive, without_repetition
from plait.engines.symbolic.any_size.instance import Instance
from plait.engines.symbolic.any_size.lift import lifted, variants
from plait.engines.symbolic.any_size.logic import Formula
from plait.engines.symbolic.any_size.stratify import both_ways, circle, of_system
from plait.engines.symbolic.any_size.system import System
from plait.engines.symbolic.ic3 import prove
from plait.engines.symbolic.ic3_problem import Budget, Proved, Refuted, Unknown
from plait_spec.record import record

MAX_BITS = 1_500
MAX_GUESSES = 300  # in one round
BUDGET = Budget(queries=30_000)


@record
class Invariant:
    """Closed formulas that hold in every reachable state, and imply the claims."""

    clauses: tuple[Formula, ...]


@record
class Broken:
    """With so many identities the encoding has a run that breaks a claim: its steps by name."""

    sizes: tuple[tuple[str, int], ...]
    steps: tuple[str, ...]


@record
class Nothing:
    """No invariant was found; the reason is for users."""

    reason: str


Answer: TypeAlias = Invariant | Broken | Nothing


def search(system: System, sorts: Sequence[str], clock: Clock) -> Answer:
    """An invariant, or why there is none; raises `OutOfTime`."""
    base = of_system(system)
    loop = circle(base)
    if loop is not None:
        path = " -> ".join((*loop, loop[0]))
        return Nothing(f"quantifiers alternate in a circle ({path}), so that questions about it may have no end")
    return _Search(system, sorts, clock).run()


class _Search:
    def __init__(self, system: System, sorts: Sequence[str], clock: Clock) -> None:
        self.system, self.sorts, self.clock = system, sorts, clock
        self.base = of_system(system)
        self.goals = [claim.formula for claim in system.claims]
        self.lemmas = [lemma.formula for lemma in system.lemmas]
        self.known: list[Formula] = []

    def run(self) -> Answer:
        """Round by round."""
        self.keep([*self.goals, *self.lemmas])
        if self.enough():
            return self.found()
        for choose in (self.stratified, list[Formula]):
            for sizes in self.instances():
                broken = self.round(sizes, choose)
                if broken is not None:
                    return broken
                if self.enough():
                    return self.found()
        return Nothing("no invariant was found from instances of up to three identities of each sort")

    def round(self, sizes: dict[str, int], choose: Callable[[Iterable[Formula]], list[Formula]]) -> Broken | None:
        """What instances of this size teach is known from then on; a run that breaks a claim ends it all."""
        self.clock.check()
        instance = Instance(self.system, sizes)
        if len(instance.facts) > MAX_BITS:
            return None
        answer = prove(instance.problem(self.goals, self.known), BUDGET)
        match answer:
            case Refuted(steps):
                return Broken(tuple(sizes.items()), instance.names_of(steps))
            case Unknown():
                return None
            case Proved(cubes):
                orbits = list(instance.orbits(cubes))
        first = choose(guess for cube in orbits for guess in lifted(instance, cube))
        self.keep(first)
        if not self.enough():
            more = choose(guess for cube in orbits for guess in variants(instance, cube))
            self.keep([*choose(remembered(self.system)), *first, *more])
        return None

    def instances(self) -> Iterator[dict[str, int]]:
        """The sizes that are tried."""
        yield dict.fromkeys(self.sorts, 2)
        yield dict.fromkeys(self.sorts, 3)
        if len(self.sorts) > 1:
            for sort in self.sorts:
                yield {**dict.fromkeys(self.sorts, 2), sort: 4}

    def keep(self, guesses: Sequence[Formula]) -> None:
        """What of the guesses is inductive is known from now on."""
        said = {str(one) for one in self.known}
        fresh = {str(guess): guess for guess in guesses if str(guess) not in said}
        wanted = [*self.goals, *(guess for guess in fresh.values() if guess not in self.goals)]
        asked = [one for one in wanted if one not in self.known]
        self.known += inductive(self.system, self.known, asked[:MAX_GUESSES], self.clock)

    def stratified(self, guesses: Iterable[Formula]) -> list[Formula]:
        """Those that close no circle of sorts; of the others z3 may know nothing."""
        return [guess for guess in guesses if circle(self.base | both_ways(guess)) is None]

    def enough(self) -> bool:
        """Whether what is known implies every claim, and that no step errs."""
        duties = [(duty.formula, step) for step in self.system.steps for duty in step.duties]
        wanted = [*((goal, None) for goal in self.goals), *duties]
        return all(implied(self.system, self.known, formula, step, self.clock) for formula, step in wanted)

    def found(self) -> Invariant:
        """What is known, without repetition."""
        return Invariant(tuple(without_repetition(self.system, self.known, self.clock)))
