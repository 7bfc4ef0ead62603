"""The search of one system: bounded model checking and proofs in turn, until every goal that matters is decided.

The order of the work is fixed, and no clock is read: a run of the same version gives the same answers.  First runs up
to a length, then a proof for each goal that is still open, with a budget; then longer runs and larger budgets.  What a
proof refutes is reachable, and is then looked for by longer runs until its shortest one is found.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from plait.engines.symbolic import ic3
from plait.engines.symbolic.bmc import GaveUp, Orbit, Unrolling
from plait.engines.symbolic.events import (
    ALL_RUNS,
    INDUCTIVE,
    Deeper,
    Ended,
    Event,
    Learned,
    Met,
    Never,
    Over,
    fired,
)
from plait.engines.symbolic.formula import Formula, either
from plait.engines.symbolic.ic3_constants import constants
from plait.engines.symbolic.ic3_problem import Answer, Budget, Cube, Proved, Refuted, Unknown
from plait.engines.symbolic.ic3_system import excluded, is_run, problem_of
from plait.engines.symbolic.obligations import Part, check
from plait.engines.symbolic.obligations_answers import Refusal, Undecided
from plait.engines.symbolic.system import System, Target, cuts_of
from plait.errors import EngineBug
from plait.outcome import MODEL_ERROR, Goal
from plait_spec.ground import Property
from plait_spec.record import record

MOST_WORK = 2_000_000  # of z3, at one depth, for goals that need no shortest run
SHARE = 4  # of the queries of a proof that failed


@record
class Round:
    """Runs up to this length, then proofs with so many queries each, and so many obstacles (`ic3_problem.Budget`).

    As long as the runs of all rounds took less than `work` (in z3's units), runs twice as long are looked at.
    """

    depth: int
    queries: int
    obstacles: int = 0
    work: int = 0


ROUNDS = (Round(8, 1_000, work=15_000_000), Round(16, 10_000, work=60_000_000), Round(24, 100_000, 3, 400_000_000))
PROOFS = (Round(2, 5_000), Round(6, 20_000, 3), Round(12, 100_000, 3), Round(40, 400_000, 3))  # where a proof is wanted


class Search:
    """One search; `events` tells what it finds."""

    def __init__(
        self,
        system: System,
        properties: Sequence[Property],
        orbit: Orbit,
        depth: int | None,
        rounds: Sequence[Round],
        lemmas: Sequence[Formula] = (),
        *,
        certify: bool = False,
    ) -> None:
        self.system, self.orbit, self.most, self.rounds = system, orbit, depth, rounds
        self.certify = certify
        self.properties = properties
        self.runs = Unrolling(system)
        self.open = {target.goal: target for target in system.targets}
        self.met: set[Goal] = set()
        self.refuted: dict[Goal, int] = {}
        self.known: list[Formula] = list(lemmas)
        self.learned: set[Cube] = set()
        self.constants: frozenset[int] | None = None
        self.searched = -1  # the greatest depth without an open goal
        self.asked_untold = True  # whether that is also true of goals that need no shortest run

    def events(self) -> Iterator[Event]:
        """All of it."""
        for goal, target in list(self.open.items()):
            if either((target.state, target.start, *target.steps.values())) is False:
                yield self.never(goal, INDUCTIVE)
        why = ""
        for number, one in enumerate(self.rounds):
            yield from self.deepen(max(one.depth, *self.refuted.values(), 0), one.work)
            if not self.wanted():
                break
            share = yield from self.prove_together(one)
            for goal in self.wanted():
                if goal in self.open and goal not in self.refuted:
                    yield from self.prove([goal], share)
            if not self.wanted():
                break
            why = f", and no proof in {one.queries:,} queries"
            if number + 1 == len(self.rounds):
                yield from self.deepen(max((0, *self.refuted.values())))
        yield Ended(f"no counterexample within {self.searched + 1} steps{why}")

    # ---- what is open

    def wanted(self) -> list[Goal]:
        """Open goals that still matter, the claims first."""
        found: list[Goal] = []
        undecided = [
            about for about in self.properties if (about.index, "claim") not in self.met and about.kind != "reachable"
        ]
        found += [(about.index, part) for about in self.properties for part in ("claim", "error")]
        found += [MODEL_ERROR, *cuts_of(self.system).values()]
        found += [(about.index, "antecedent") for about in undecided]
        found += [fired(name) for about in undecided if about.kind == "never" for name in about.steps]
        return [goal for goal in dict.fromkeys(found) if goal in self.open and self.matters(goal)]

    def matters(self, goal: Goal) -> bool:
        """Whether the goal bears on a verdict that is still open."""
        index, part = goal
        return index < 0 or part == "claim" or (index, "claim") not in self.met

    def never(self, goal: Goal, how: str) -> Never:
        """No run meets the goal."""
        del self.open[goal]
        return Never(goal, how)

    # ---- runs

    def deepen(self, depth: int, work: int = 0) -> Iterator[Event]:
        """Look at runs up to this length, and up to twice of it as long as that has taken less than this work."""
        most = 2 * depth if self.most is None else self.most
        while self.searched < min(depth if self.runs.spent >= work else 2 * depth, most) and self.open:
            if self.runs.depth <= self.searched:
                self.runs.extend()
            yield from self.look()
            self.searched = self.runs.depth
            yield Deeper(self.searched)
            if self.open and not self.certify and self.runs.is_over():
                if not self.asked_untold:
                    yield from self.look_again()
                yield Over(self.searched - 1)
                for goal in list(self.open):
                    yield self.never(goal, ALL_RUNS)

    def look(self) -> Iterator[Event]:
        """What the runs of this depth meet; what needs no shortest run is asked for as long as that is little work."""
        for by_step in (False, True):
            for target in self.runs.met(self.told(), by_step=by_step) or ():
                yield self.found(target, by_step=by_step)
        for by_step in (False, True):
            if self.asked_untold:
                untold = [target for goal, target in self.open.items() if not _is_told(goal)]
                found = self.runs.met(untold, by_step=by_step, work=MOST_WORK)
                self.asked_untold = found is not None
                for target in found or ():
                    yield self.found(target, by_step=by_step)

    def look_again(self) -> Iterator[Event]:
        """No run is longer: what was too much work to ask for is asked for at each depth, whatever it takes."""
        last = self.runs.depth
        self.runs = Unrolling(self.system)
        self.runs.learn(self.known)
        while self.open:
            for by_step in (False, True):
                for target in self.runs.met(self.open.values(), by_step=by_step) or ():
                    yield self.found(target, by_step=by_step)
            if self.runs.depth == last:
                return
            self.runs.extend()

    def told(self) -> list[Target]:
        """The open targets whose shortest runs somebody wants to see."""
        return [target for goal, target in self.open.items() if _is_told(goal)]

    def believed(self, target: Target, steps: Sequence[int]) -> Iterator[Event]:
        """A goal that these steps meet, of which nobody wants to know the shortest run."""
        if not is_run(self.system, steps, target):
            raise EngineBug("the steps that refute an invariant are no run")
        del self.open[target.goal]
        self.met.add(target.goal)
        yield Met(target.goal, len(steps), by_step=False, chain=())

    def found(self, target: Target, *, by_step: bool) -> Met:
        """A goal is met at this depth, for the first time."""
        chain = tuple(self.runs.chain(target, self.orbit, by_step=by_step)) if _is_told(target.goal) else ()
        del self.open[target.goal]
        self.met.add(target.goal)
        return Met(target.goal, self.runs.depth, by_step, chain)

    # ---- proofs

    def prove_together(self, one: Round) -> Generator[Event, None, Round]:
        """Try to show at once that no goal is met that nobody hopes to be met: one proof is less work than many.

        What each of them may take alone: where all together took too much, less, for the same will often happen again.
        """
        goals = [goal for goal in self.wanted() if goal not in self.refuted and self.is_feared(goal)]
        if len(goals) > 1:
            answer = yield from self.prove(goals, one)
            if isinstance(answer, Unknown):
                return replace(one, queries=max(1, one.queries // SHARE))
        return one

    def checked(self, literals: Cube) -> list[Formula]:
        """Constant bits as formulas, after a fresh solver has confirmed them: runs are cut short by what is learned."""
        found = [excluded(self.system, [-literal]) for literal in sorted(literals)]
        self.confirm([*self.known, *found], [], "a bit that is taken for constant is not")
        return found

    def confirm(self, invariant: Sequence[Formula], targets: Sequence[Target], fault: str) -> None:
        """Have a fresh solver check what was found; raises EngineBug with the fault, or GaveUp if it cannot tell."""
        match check(self.system, [Part(INDUCTIVE, formula) for formula in invariant], targets):
            case None:
                return
            case Undecided(_, reason):
                raise GaveUp(reason)
            case Refusal() as wrong:
                raise EngineBug(f"{fault}: {wrong}")

    def is_feared(self, goal: Goal) -> bool:
        """Whether meeting the goal is bad news."""
        index, part = goal
        hoped = {about.index for about in self.properties if about.kind == "reachable"}
        return part != "antecedent" and not part.startswith("fired ") and not (part == "claim" and index in hoped)

    def prove(self, goals: Sequence[Goal], one: Round) -> Generator[Event, None, Answer]:
        """Try to show that no run meets the goals; what shows it is checked again by a fresh solver."""
        targets = [self.open[goal] for goal in goals]
        yield Deeper(self.searched, ", ".join(map(str, goals)))
        problem = problem_of(self.system, targets, self.known)
        budget = Budget(queries=one.queries, obstacles=one.obstacles)
        if self.constants is None:
            self.constants = constants(problem, budget)
            self.runs.learn(self.checked(self.constants))
        answer = ic3.prove(problem, budget, self.constants)
        if isinstance(answer, Refuted):
            if len(goals) == 1 and not _is_told(goals[0]):
                yield from self.believed(targets[0], answer.steps)
            elif len(goals) == 1:
                self.refuted[goals[0]] = len(answer.steps)
        elif isinstance(answer, Proved):
            cubes = [cube for cube in answer.cubes if cube not in self.learned]
            self.learned |= set(cubes)
            clauses = [excluded(self.system, sorted(cube)) for cube in cubes]
            self.confirm([*self.known, *clauses], targets, "what IC3 found does not prove its goal")
            self.known += clauses
            self.runs.learn(clauses)
            yield Learned(tuple(cubes))
            for goal in goals:
                yield self.never(goal, INDUCTIVE)
        return answer


def _is_told(goal: Goal) -> bool:
    """Whether somebody wants to see a run that meets the goal."""
    return goal[1] in ("claim", "error")
