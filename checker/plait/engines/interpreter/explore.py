"""Breadth-first search of every state: counts, and the first place where each claim is decided.

A level is expanded whole before the next one, so the first level in which something is found is the shortest distance;
within it the least state by value counts (and on a step the least choice), whatever the order of the search.  A search
goes on to the end after a violation.

`explore` never raises for a limit or a KeyboardInterrupt: `Explored.stopped`
says why it ended early.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from plait.engines.interpreter.claims import ERR, HIT, Claim, StepClaim, claims_of, on_states
from plait.engines.interpreter.moves import Mover, written
from plait.engines.interpreter.run import Moves, Writes
from plait.evaluation import BoundError, RunError
from plait.limits import Limits, Progress, Watch, affordable, resident
from plait.outcome import MODEL_ERROR, Goal
from plait.semantics import State, initial_states, state_key
from plait_spec.diagnostics import counted
from plait_spec.ground import Choice, Expr, Ground, Property
from plait_spec.ground_walk import slots_of
from plait_spec.record import record

Normal: TypeAlias = Callable[[State], State]
BATCH = 64  # states between two looks at the clock
PULSE = 0.2  # seconds between two reports of progress


@record
class Hit:
    """Where a goal was first met: in a state, or on the step that `choice` takes from it; `depth` is the state's."""

    depth: int
    key: Any
    state: State
    choice: Choice | None

    @property
    def steps(self) -> int:
        """The length of the run that shows it."""
        return self.depth + (self.choice is not None)

    @property
    def order(self) -> tuple[Any, ...]:
        """What makes one hit come before another."""
        return (self.steps, self.key, () if self.choice is None else (_order(self.choice),))


def _order(choice: Choice) -> tuple[Any, ...]:
    return (choice.instance, choice.at, choice.kept, choice.orders)


@dataclass
class Explored:
    """What a search saw.  `levels` are the distinct states by distance."""

    levels: list[list[State]] = field(default_factory=list)
    transitions: int = 0
    cuts: dict[str, int] = field(default_factory=dict)
    dead_ends: int = 0
    fired: set[int] = field(default_factory=set)
    hits: dict[Goal, Hit] = field(default_factory=dict)
    stopped: str | None = None
    start_error: RunError | None = None

    @property
    def states(self) -> int:
        """How many distinct states were found."""
        return sum(map(len, self.levels))


class StopError(Exception):
    """A limit was reached; the message is the reason."""


@record
class Prepared:
    """A model made ready for a search: its claims about steps, and everything that its instances do."""

    ground: Ground
    properties: Sequence[Property]
    on_steps: list[StepClaim]
    mover: Mover


def prepared(ground: Ground, properties: Sequence[Property]) -> Prepared:
    """Stage a model with what is to be judged of it."""
    on_steps = [StepClaim(ground, claim) for claim in claims_of(properties) if claim.property.on_steps]

    def concerns(choice: Choice, writes: Writes) -> list[int]:
        return [number for number, step in enumerate(on_steps) if step.concerns(choice, writes)]

    return Prepared(ground, properties, on_steps, Mover(ground, concerns))


def explore(ready: Prepared, limits: Limits, normal: Normal | None, watch: Watch) -> Explored:
    """Search until nothing is new or a limit is reached."""
    search = _Search(ready, limits, normal, watch)
    try:
        search.run()
    except StopError as reached:
        search.found.stopped = str(reached)
    except KeyboardInterrupt:
        search.found.stopped = "interrupted"
    search.found.levels = [level for level in search.found.levels if level]
    return search.found


class _Search:
    def __init__(self, ready: Prepared, limits: Limits, normal: Normal | None, watch: Watch) -> None:
        self.ground, self.mover, self.on_steps = ready.ground, ready.mover, ready.on_steps
        self.limits, self.normal, self.watch = limits, normal, watch
        self.memory = affordable() if limits.memory is None else limits.memory
        self.open = set(range(len(self.on_steps)))
        ground, mover, properties = ready.ground, ready.mover, ready.properties
        self.found = Explored(fired=mover.fired)
        self.seen: set[State] = set()
        self.key = state_key(ground)
        claims = claims_of(properties)
        self.in_states = [(claim, on_states(ground, claim)) for claim in claims if not claim.property.on_steps]
        self.at_start = [(claim, on_states(ground, claim)) for claim in claims if _judged_at_start(claim)]
        self.deadlock = [about for about in properties if about.kind == "deadlock free"]
        self.terminal = [_terminal(ground, expr) for expr in ground.terminal]
        self.most = limits.states
        self.began = self.told = time.perf_counter()
        self.milestone = limits.milestone

    def run(self) -> None:
        level = self.start()
        depth = 0
        while level:
            self.judge_level(level, depth)
            if self.most is not None and len(self.seen) > self.most:
                raise StopError(f"limit of {self.most:,} states")
            if self.limits.depth is not None and depth >= self.limits.depth:
                raise StopError(f"limit of depth {self.limits.depth}: {counted(len(level), 'state')} not expanded")
            self.pulse(depth, len(level), growing=True)
            following: list[State] = []
            self.found.levels.append(following)
            try:
                self.expand_level(level, following, depth)
            except StopError:
                self.judge_level(following, depth + 1)
                raise
            self.mover.retune(len(level))
            self.open = {number for number in self.open if not self.met(self.on_steps[number].claim)}
            level = following
            depth += 1

    def start(self) -> list[State]:
        """The initial states, one for each orbit; none where one of them has no value: no run begins then."""
        level: list[State] = []
        self.found.levels.append(level)
        try:
            for state in initial_states(self.ground):
                if self.normal is not None:
                    state = self.normal(state)
                if state not in self.seen:
                    self.seen.add(state)
                    level.append(state)
        except (RunError, BoundError) as error:
            level.clear()
            self.seen.clear()
            if isinstance(error, RunError):
                self.found.start_error = error
            else:
                self.cut((error.bound,))
        for claim, ask in self.at_start:
            self.judge(claim, ask, level, 0)
        return level

    # ---- claims about states

    def judge_level(self, level: list[State], depth: int) -> None:
        """Ask the claims that are still open about every state of a level."""
        for claim, ask in self.in_states:
            if not self.met(claim):
                self.judge(claim, ask, level, depth)

    def met(self, claim: Claim) -> bool:
        """Whether nothing more is to be learnt about a claim on a later level."""
        return (claim.property.index, claim.part) in self.found.hits

    def judge(self, claim: Claim, ask: Callable[[State], int], level: list[State], depth: int) -> None:
        for state in level:
            code = ask(state)
            if code:
                self.meet(claim, code, depth, state, None)

    def meet(self, claim: Claim, code: int, depth: int, state: State, choice: Choice | None) -> None:
        """Note that a claim is decided, or errs, here."""
        if code == HIT:
            self.keep((claim.property.index, claim.part), depth, state, choice)
        elif code == ERR and claim.part == "claim":
            self.keep((claim.property.index, "error"), depth, state, choice)

    def keep(self, goal: Goal, depth: int, state: State, choice: Choice | None) -> None:
        """Keep the least hit of a goal."""
        best = self.found.hits.get(goal)
        steps = depth + (choice is not None)
        if best is not None and best.steps < steps:
            return
        hit = Hit(depth, self.key(state), state, choice)
        if best is None or hit.order < best.order:
            self.found.hits[goal] = hit

    # ---- steps

    def expand_level(self, level: list[State], following: list[State], depth: int) -> None:
        """Every step of every state of a level; `following` gets the new states."""
        for start in range(0, len(level), BATCH):
            self.pulse(depth, len(level) - start + len(following), growing=len(following) > start)
            self.expand(level[start : start + BATCH], following, depth)

    def expand(self, batch: list[State], following: list[State], depth: int) -> None:
        seen, normal = self.seen, self.normal
        idle = [step for step in self.on_steps if step.uniform]
        most = sys.maxsize if self.most is None else self.most
        transitions = 0
        groups = [(group.key, group.table, group.find) for group in self.mover.groups]
        try:
            for source in batch:
                before, cut = transitions, False
                for key, table, find in groups:
                    moves = table.get(key(source)) or find(source)
                    transitions += moves[0]
                    if moves[3] or moves[4]:
                        cut = self.odd(moves, depth, source) or cut
                    if moves[5]:
                        self.watch_steps(moves, depth, source)
                    for writes in moves[1]:
                        cells = list(source)
                        for cell, value in writes:
                            cells[cell] = value
                        target = tuple(cells)
                        if normal is not None:
                            target = normal(target)
                        if target not in seen:
                            if len(seen) >= most:
                                raise StopError(f"limit of {most:,} states")
                            seen.add(target)
                            following.append(target)
                if transitions == before and not cut:
                    self.dead_end(depth, source)
                for step in idle:
                    if step.idle(source):
                        self.watch_idle(step, depth, source)
        finally:
            self.found.transitions += transitions

    def odd(self, moves: Moves, depth: int, source: State) -> bool:
        """Cut and erring steps; whether some step was cut."""
        self.cut(moves.cuts)
        for choice in moves.failures:
            self.keep(MODEL_ERROR, depth, source, choice)
        return bool(moves.cuts)

    def cut(self, bounds: Iterable[str]) -> None:
        for bound in bounds:
            self.found.cuts[bound] = self.found.cuts.get(bound, 0) + 1

    def watch_steps(self, moves: Moves, depth: int, source: State) -> None:
        """Show steps to the claims that they concern, those that lead to known states included."""
        for number, choice, writes in moves.asked:
            if number in self.open:
                step = self.on_steps[number]
                code = step.ask(source, choice, written(source, writes))
                if code:
                    self.meet(step.claim, code, depth, source, choice)

    def watch_idle(self, step: StepClaim, depth: int, source: State) -> None:
        """A claim decides every step from a state that does not concern it."""
        if self.met(step.claim) and self.found.hits[step.claim.property.index, step.claim.part].depth < depth:
            return
        for choice, target in self.mover.reached(source):
            code = step.ask(source, choice, target)
            if code:
                self.meet(step.claim, code, depth, source, choice)

    def dead_end(self, depth: int, state: State) -> None:
        self.found.dead_ends += 1
        if not self.deadlock:
            return
        codes = [ask(state) for ask in self.terminal]
        for about in self.deadlock:
            if ERR in codes:
                self.keep((about.index, "error"), depth, state, None)
            elif HIT not in codes:
                self.keep((about.index, "claim"), depth, state, None)

    # ---- limits

    def pulse(self, depth: int, queue: int, *, growing: bool) -> None:
        """Look at the clock and the memory, and tell where the search is."""
        now = time.perf_counter()
        limits = self.limits
        if limits.timeout is not None and now - self.began > limits.timeout:
            raise StopError(f"limit of {limits.timeout:g} seconds")
        due = now - self.told >= PULSE
        if self.milestone is not None and len(self.seen) > self.milestone:
            self.milestone, due = None, True
        if not due:
            return
        self.told = now
        if self.memory is not None and (resident() or 0) > self.memory:
            raise StopError(f"limit of {self.memory / 1e6:,.0f} MB of memory")
        self.watch(Progress(depth, len(self.seen), queue, growing, now - self.began))


def _judged_at_start(claim: Claim) -> bool:
    """Claims about steps also hold of a start, where no step was taken, unless they look ahead."""
    return claim.property.on_steps and claim.property.kind != "step"


def _terminal(ground: Ground, expr: Expr) -> Callable[[State], int]:
    about = Property(-1, "terminal", "reachable", expr, None, False, slots_of(expr), ())
    return on_states(ground, Claim(about, "claim", expr, deciding=True))
