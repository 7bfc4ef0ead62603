"""The engine: a ground model in, a `Finding` out; raises `UnsupportedError` for a model that has no encoding.

The search itself runs in a process of its own (`worker`); here what it tells is put together. No module of z3 is
imported here.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from plait.engines.symbolic.events import (
    ALL_RUNS,
    INDUCTIVE,
    Began,
    Deeper,
    Ended,
    Event,
    Learned,
    Met,
    Never,
    Over,
    Refused,
    Task,
    Wrong,
    cut,
    fired,
)
from plait.engines.symbolic.process import events
from plait.engines.symbolic.runs import orbits, run_of, trouble_at_start
from plait.evaluation import BoundError, RunError
from plait.known import Known, finding
from plait.limits import Limits, Progress, Watch
from plait.outcome import MODEL_ERROR, Goal, Run
from plait.verdict import Finding, Seconds
from plait_spec.ground import Ground, Property
from plait_spec.record import record

ENGINE = "symbolic"
RUNS, PROOFS = "looking for runs", "looking for an invariant"


class UnsupportedError(Exception):
    """The model has no encoding of a bearable size; the message says what, and why."""


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def check(
    ground: Ground,
    properties: Collection[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    symmetry: bool = True,
    watch: Watch = unwatched,
    rounds: int | None = None,
) -> Finding:
    """Look for runs and proofs, and judge the properties of these names (None: all).

    `limits.states` means nothing here; `limits.depth` bounds the runs that are looked at, not what is proved. The work
    is done in rounds, each with longer runs and more work for proofs; there are at most `rounds` of them.
    """
    return search(ground, properties, limits, symmetry, watch, rounds).finding


@record
class Proof:
    """A finding, and what shows that it is right of whatever holds in it.

    In no reachable state are all literals of one of `cubes` (as in `ic3_problem`) true. `reachable`: these are about
    the encoding of values that can be there. `longest`: the number of steps that no run exceeds, where it was needed.
    """

    finding: Finding
    cubes: tuple[frozenset[int], ...]
    reachable: bool
    longest: int | None


def search(
    ground: Ground,
    properties: Collection[str] | None,
    limits: Limits,
    symmetry: bool,
    watch: Watch,
    rounds: int | None = None,
) -> Proof:
    """As `check`, with the evidence for what holds."""
    judged = [about for about in ground.properties if properties is None or about.name in properties]
    listener = _Listener(ground, judged, limits, symmetry, watch)
    listener.task = replace(listener.task, rounds=rounds)
    return listener.proof()


def prove(
    ground: Ground, properties: Collection[str], lemmas: Collection[str], limits: Limits, symmetry: bool, watch: Watch
) -> Proof:
    """As `search`, with an inductive invariant for whatever holds; `lemmas` are properties that are so together.

    What is said of lemmas takes into account, as of other properties, that the model errs or meets a bound.
    """
    judged = [about for about in ground.properties if about.name in properties]
    listener = _Listener(ground, judged, limits, symmetry, watch)
    listener.task = replace(listener.task, lemmas=tuple(lemmas), certify=True)
    known = [about for about in ground.properties if about.name in lemmas]
    listener.judged = [*judged, *known]
    listener.never = {(about.index, part): INDUCTIVE for about in known for part in ("claim", "error")}
    return listener.proof()


class _Listener:
    """What the process told so far."""

    def __init__(self, ground: Ground, judged: list[Property], limits: Limits, symmetry: bool, watch: Watch) -> None:
        self.ground, self.judged, self.limits, self.watch = ground, judged, limits, watch
        self.began = time.perf_counter()
        self.task = Task(ground, tuple(about.name for about in judged), limits.depth, symmetry, limits.memory)
        self.orbit = orbits(ground, symmetry)
        self.names = tuple(dict.fromkeys(ground.model.rules[index].name for index in ground.rules))
        self.depth, self.reason, self.doing = 0, "", "encoding"
        self.compiled = self.began
        self.met: dict[Goal, Run | None] = {}
        self.never: dict[Goal, str] = {}
        self.start_error: RunError | None = None
        self.bounds: tuple[str, ...] = ()
        self.cubes: list[frozenset[int]] = []
        self.longest: int | None = None

    def proof(self) -> Proof:
        """All of it, with its evidence."""
        found = self.finding()
        held = [about.index for about in self.judged if about.kind != "reachable"]
        goals = [*((index, part) for index in held for part in ("claim", "error")), MODEL_ERROR, *map(cut, self.bounds)]
        in_all_runs = any(self.never.get(goal) == ALL_RUNS for goal in goals)
        cubes, longest = tuple(dict.fromkeys(self.cubes)), self.longest if in_all_runs else None
        return Proof(found, cubes, not self.task.certify, longest)

    def finding(self) -> Finding:
        """All of it."""
        try:
            for event in events(self.task, self.limits.timeout, self.pulse):
                self.hear(event)
        except KeyboardInterrupt:
            self.reason = "interrupted"
        return finding(self.ground, self.judged, self.known())

    def pulse(self) -> None:
        """Tell where the search is."""
        seconds = time.perf_counter() - self.began
        self.watch(Progress(self.depth, 0, 0, growing=False, seconds=seconds, doing=self.doing))

    def hear(self, event: Event) -> None:
        """One event more."""
        match event:
            case Began(_, _, bounds):
                self.compiled, self.bounds, self.doing = time.perf_counter(), bounds, RUNS
            case Deeper(depth, proving):
                self.depth = max(depth, 0)
                self.doing = RUNS if proving is None else PROOFS
            case Met(goal, _, by_step, chain):
                orbit = self.orbit or (lambda state: (state,))
                told = bool(chain)
                self.met[goal] = run_of(self.ground, self.judged, goal, chain, by_step, orbit) if told else None
            case Never(goal, how):
                self.never[goal] = how
            case Learned(cubes):
                self.cubes += cubes
            case Refused(reason):
                raise UnsupportedError(reason)
            case Over(longest):
                self.longest = longest
            case Wrong():
                self.wrong()
            case Ended(reason):
                self.reason = reason

    def wrong(self) -> None:
        """No run begins, and so nothing is met: say why, as the reference semantics does."""
        about = [(one.index, part) for one in self.judged for part in ("claim", "error", "antecedent")]
        goals = [*about, MODEL_ERROR, *map(cut, self.bounds), *map(fired, self.names)]
        self.never = {goal: self.never.get(goal, ALL_RUNS) for goal in goals}
        match trouble_at_start(self.ground):
            case RunError() as error:
                self.start_error = error
            case BoundError(bound=bound):
                self.bounds = (bound,)
                self.met[cut(bound)] = None
            case None:
                pass

    def known(self) -> Known:
        """What can be said now."""
        now = time.perf_counter()
        return Known(
            engine=ENGINE,
            depth=self.depth,
            reason=self.reason,
            symmetry="off" if self.orbit is None else "full",
            seconds=Seconds(now - self.began, self.compiled - self.began, now - self.compiled),
            runs={goal: run for goal, run in self.met.items() if run is not None},
            met=frozenset(self.met),
            never=self.never,
            cuts={bound: cut(bound) for bound in self.bounds},
            fired={name: fired(name) for name in self.names},
            start_error=self.start_error,
        )
