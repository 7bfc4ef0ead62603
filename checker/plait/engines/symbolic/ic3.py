"""IC3, also called property directed reachability: an inductive invariant, or a run to a bad state.

    prove(problem, budget) -> Proved(cubes) | Refuted(steps) | Unknown(reason)

Bradley, "SAT-based model checking without unrolling", 2011; Een, Mishchenko, Brayton, "Efficient implementation of
property directed reachability", 2011. Frames F_0 (the initial states), F_1, F_2, ... over-approximate what 0, 1, 2, ...
steps reach. A bad state of the last frame is an obligation: either a predecessor in the frame before becomes one as
well, down to an initial state, or a clause that excludes it and whatever can be excluded along with it joins the
frames. Clauses that a step keeps are pushed forwards; two equal frames are an inductive invariant.

What is particular here: steps are functional, so predecessors are lifted by unsat cores of what one step does; and
where the system is symmetric, each clause joins with all its images, and only one of them is ever looked at.

The answer is a function of the problem and the budget: no clock is read. The invariant is to be checked by others
(`obligations`), since whatever is wrong here would be a wrong verdict.
"""

from __future__ import annotations

from heapq import heappop, heappush

from plait.engines.symbolic.ic3_constants import constants, without
from plait.engines.symbolic.ic3_definitions import Definitions
from plait.engines.symbolic.ic3_problem import (
    Answer,
    Budget,
    Cube,
    Literal,
    Problem,
    Proved,
    Refuted,
    Unknown,
)
from plait.engines.symbolic.ic3_queries import Lifting, OutOfBudget, Queries, Source
from plait_spec.record import record

DEFAULT = Budget()
DEPTH = 1  # obstacles of obstacles are left


def prove(problem: Problem, budget: Budget = DEFAULT, never: frozenset[Literal] | None = None) -> Answer:
    """An invariant that excludes the bad states, or a run that reaches one.

    `never` are what `ic3_constants.constants` gives for this system, where somebody has asked before.
    """
    reduced = without(problem, constants(problem, budget) if never is None else never)
    search = _Search(reduced.problem, budget)
    try:
        answer = search.run()
    except OutOfBudget as reason:
        return Unknown(str(reason), search.spent)
    if not isinstance(answer, Proved):
        return answer
    units = (frozenset({-literal}) for literal in sorted(reduced.literals, key=abs))
    return Proved((*units, *map(reduced.back, answer.cubes)), answer.frames, answer.queries)


@record
class _Obligation:
    """A cube that must be shown unreachable; `step` leads from it into the cube of `then` (None: it is bad)."""

    cube: Cube
    step: int
    then: _Obligation | None


class _RefutedBy(Exception):  # noqa: N818 - how the search ends
    """An obligation that contains an initial state."""

    def __init__(self, last: _Obligation) -> None:
        self.last = last


@record
class _Lemma:
    """A clause with all its images; the first is the one that is looked at, and `whole` is all that it implies."""

    images: tuple[Cube, ...]
    whole: Cube


class _Search:
    """One run of IC3."""

    def __init__(self, problem: Problem, budget: Budget) -> None:
        self.problem, self.budget = problem, budget
        definitions = Definitions(problem)
        self.queries = Queries(definitions, budget)
        self.lifting = Lifting(definitions, budget)
        self.lemmas: list[list[_Lemma]] = [[]]
        self.values = {
            bit + 1: frozenset(-(other + 1) for other in group if other != bit)
            for group in problem.groups
            for bit in group
        }
        self.starts_without = frozenset(-literal for literal in problem.fixed)
        self.counter = 0

    @property
    def spent(self) -> int:
        """Queries so far."""
        return self.queries.spent + self.lifting.spent

    def run(self) -> Answer:
        """Frame by frame."""
        if self.queries.bad_state(0) is not None:
            return Refuted((), self.spent)
        try:
            self.extend()
            while True:
                self.block_bad()
                self.extend()
                level = self.push()
                if level is not None:
                    cubes = {cube for lemmas in self.lemmas[level:] for lemma in lemmas for cube in lemma.images}
                    return Proved(tuple(sorted(cubes, key=sorted)), level - 1, self.spent)
        except _RefutedBy as found:
            return Refuted(tuple(_steps(found.last)), self.spent)

    def extend(self) -> None:
        """One more frame, without clauses."""
        self.queries.add_frame()
        self.lemmas.append([])

    def block_bad(self) -> None:
        """Exclude the bad states of the last frame."""
        last = len(self.lemmas) - 1
        while True:
            state = self.queries.bad_state(last)
            if state is None:
                return
            self.check_budget()
            self.block(_Obligation(self.lifting.lift_bad(state), -1, None), last)

    def check_budget(self) -> None:
        if self.spent > self.budget.queries:
            raise OutOfBudget(f"no proof within {self.budget.queries:,} queries")

    # ---- obligations

    def block(self, first: _Obligation, last: int) -> None:
        """Show that the obligation cannot be met within `last` steps; raises `_RefutedBy` if it can."""
        waiting: list[tuple[int, int, _Obligation]] = []
        self.add(waiting, first, last)
        while waiting:
            self.check_budget()
            level, _, about = heappop(waiting)
            if not self.is_excluded(about.cube, level):
                found = self.queries.into(about.cube, level - 1)
                if isinstance(found, Source):
                    source = self.lifting.lift(found.state, found.step, about.cube)
                    self.add(waiting, _Obligation(source, found.step, about), level - 1)
                    self.again(waiting, about, level)
                    continue
                level = self.learn(self.generalised(about.cube, found, level, last), level, last)
            if level < last:
                self.again(waiting, about, level + 1)

    def add(self, waiting: list[tuple[int, int, _Obligation]], about: _Obligation, level: int) -> None:
        """Take on an obligation; one that an initial state meets ends everything."""
        if self.meets_initial(about.cube):
            raise _RefutedBy(about)
        self.again(waiting, about, level)

    def again(self, waiting: list[tuple[int, int, _Obligation]], about: _Obligation, level: int) -> None:
        self.counter += 1
        heappush(waiting, (level, self.counter, about))

    def is_excluded(self, cube: Cube, level: int) -> bool:
        """Whether a clause of the frame excludes the cube as it stands."""
        whole = self.whole(cube)
        return any(image <= whole for lemmas in self.lemmas[level:] for lemma in lemmas for image in lemma.images)

    def whole(self, cube: Cube) -> Cube:
        """The cube with all that its literals say of their groups: what has one value has no other."""
        return cube.union(*(self.values[literal] for literal in cube if literal in self.values))

    def meets_initial(self, cube: Cube) -> bool:
        """Whether some initial state is in the cube."""
        return not cube & self.starts_without and self.queries.meets_initial(cube)

    # ---- clauses

    def generalised(self, cube: Cube, core: Cube, level: int, last: int, depth: int = 0) -> Cube:
        """A smaller cube (more states) that no state of the frame before leads into, by dropping literals.

        What stands in the way of dropping one, a state of the frame before, is excluded if that is possible at once
        ("counterexamples to generalization": Hassan, Bradley, Somenzi 2013).
        """
        kept = self.away_from_initial(core, cube)
        for literal in self.order(kept):
            if literal not in kept or len(kept) == 1:
                continue
            smaller = kept - {literal}
            if self.meets_initial(smaller):
                continue
            part = self.dropped(smaller, level, last, depth)
            if part is not None:
                kept = self.away_from_initial(part, smaller)
        return self.widened(kept, level)

    def dropped(self, cube: Cube, level: int, last: int, depth: int) -> Cube | None:
        """A part of the cube that no state of the frame before leads into, as `blocked`; None where there is none."""
        for _ in range(self.budget.obstacles if depth < DEPTH and level > 1 else 0):
            found = self.queries.into(cube, level - 1)
            if not isinstance(found, Source):
                return found
            obstacle = self.lifting.lift(found.state, found.step, cube)
            core = None if self.meets_initial(obstacle) else self.queries.blocked(obstacle, level - 2)
            if core is None:
                return None
            self.learn(self.generalised(obstacle, core, level - 1, last, depth + 1), level - 1, last)
        return self.queries.blocked(cube, level - 1)

    def widened(self, cube: Cube, level: int) -> Cube:
        """The cube with sets of values instead of single ones: "none of these others" instead of "this one".

        The unsat core says which of the others matter; one clause then does the work of many.
        """
        for literal in self.order(cube):
            others = self.values.get(literal, frozenset())
            if len(others) < 2:
                continue
            wide = cube - {literal} | others
            core = self.queries.blocked(wide, level - 1)
            if core is not None:
                wider = self.away_from_initial(core, wide)
                cube = wider if len(wider & others) < len(others) else cube
        return cube

    def order(self, cube: Cube) -> list[Literal]:
        """In which order literals are tried."""
        return sorted(cube, key=lambda literal: (abs(literal), literal))

    def away_from_initial(self, core: Cube, cube: Cube) -> Cube:
        """The core with as many literals of the cube as are needed to contain no initial state."""
        if core & self.starts_without:
            return core
        helpful = cube & self.starts_without
        if helpful:
            return core | {min(helpful, key=abs)}
        for literal in self.order(cube - core):
            if not self.meets_initial(core):
                break
            core |= {literal}
        return core

    def learn(self, cube: Cube, level: int, last: int) -> int:
        """Let the clause and its images join the frames, as far as it holds; the last of these frames."""
        while level < last and self.queries.blocked(cube, level) is not None:
            level += 1
        self.join(self.lemma(cube), level)
        return level

    def lemma(self, cube: Cube) -> _Lemma:
        """The clause that excludes a cube, with its images."""
        return _Lemma(self.problem.images(cube), self.whole(cube))

    def join(self, lemma: _Lemma, level: int) -> None:
        """Add a clause; those that it implies leave."""
        for at in range(1, level + 1):
            old = self.lemmas[at]
            kept = [one for one in old if not any(image <= one.whole for image in lemma.images)]
            if len(kept) < len(old):
                self.replace(at, kept)
        self.lemmas[level].append(lemma)
        self.queries.exclude(lemma.images, level)

    def replace(self, level: int, lemmas: list[_Lemma]) -> None:
        self.lemmas[level] = lemmas
        self.queries.frames[level] = [cube for lemma in lemmas for cube in lemma.images]

    def push(self) -> int | None:
        """Move clauses to later frames where steps keep them; the level from which on they are an invariant."""
        for level in range(1, len(self.lemmas) - 1):
            for lemma in self.lemmas[level]:
                if not any(one is lemma for one in self.lemmas[level]):
                    continue
                self.check_budget()
                core = self.queries.blocked(lemma.images[0], level)
                if core is not None:
                    core = self.away_from_initial(core, lemma.images[0])
                    better = lemma if core == lemma.images[0] else self.lemma(core)
                    self.join(better, level + 1)
                    self.replace(level, [one for one in self.lemmas[level] if one is not lemma])
            if not self.lemmas[level]:
                return level + 1
        return None


def _steps(obligation: _Obligation) -> list[int]:
    """The steps from an initial state to a bad one."""
    found = []
    about: _Obligation | None = obligation
    while about is not None and about.then is not None:
        found.append(about.step)
        about = about.then
    return found
