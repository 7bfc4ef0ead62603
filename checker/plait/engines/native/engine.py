"""The engine: a ground model in, a `Finding` out; raises `UnsupportedError` for a model that it does not hold.

A search begins in the interpreted tier, which needs no compiler, and begins again in machine code if the model turns
out to be large: small models are finished before a compiler would be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Literal

from plait.engines.native.explore import Explored, explore, limit_of_states
from plait.engines.native.layout import UnsupportedError as UnsupportedError
from plait.engines.native.program import Program, program_of
from plait.engines.native.store import Interpreted, Store
from plait.engines.native.witness import at_start, runs
from plait.evaluation import BoundError, RunError
from plait.limits import Limits, Progress, Watch
from plait.outcome import Seen, finding
from plait.semantics import State, initial_states
from plait.verdict import Budget, Finding, Seconds
from plait_spec.domains import RangeDomain
from plait_spec.ground import Ground, Property

ENGINE = "native"
SMALL = 15_000  # states that the interpreted tier finishes about as soon as a compiler is ready
Tier = Literal["auto", "interpreted", "compiled"]


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def check(
    ground: Ground,
    properties: Collection[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    symmetry: bool = True,
    watch: Watch = unwatched,
    tier: Tier = "auto",
    threads: int = 1,
) -> Finding:
    """Search every state and judge the properties of these names (None: all).

    A search that ends by itself says the same for any number of threads; of one that a limit ends, which states it
    has seen by then may differ.
    """
    began = time.perf_counter()
    judged = [about for about in ground.properties if properties is None or about.name in properties]
    program = program_of(ground, judged, symmetry=symmetry)
    try:
        initial = list(initial_states(ground))
        failed = None
    except (RunError, BoundError) as error:
        initial, failed = [], error
    search = _Searcher(ground, judged, program, initial, limits, watch, began)
    seen = search.seen(tier, threads)
    match failed:
        case RunError():
            seen = replace(seen, start_error=failed)
        case BoundError(bound=bound):
            seen = replace(seen, cuts={bound: 1})
        case None:
            pass
    return finding(ground, judged, seen)


class _Searcher:
    """One search, in one tier or the other."""

    def __init__(
        self,
        ground: Ground,
        judged: list[Property],
        program: Program,
        initial: list[State],
        limits: Limits,
        watch: Watch,
        began: float,
    ) -> None:
        self.ground, self.judged, self.program, self.initial = ground, judged, program, initial
        self.limits, self.watch, self.began = limits, watch, began

    def seen(self, tier: Tier, threads: int) -> Seen:
        """Search in a tier; `auto` tries the interpreted one up to a number of states."""
        if tier == "interpreted":
            return self.searched(Interpreted, self.limits)
        if tier == "auto":
            most = self.limits.states
            if most is not None and most <= SMALL:
                return self.searched(Interpreted, self.limits)
            with closing(Interpreted(self.program)) as store:
                ready, explored = self.explored(store, replace(self.limits, states=SMALL))
                if explored.stopped != limit_of_states(SMALL):
                    return self.read(store, ready, explored)
        from plait.engines.native.compiled import Compiled

        return self.searched(partial(Compiled, threads=threads), self.limits)

    def searched(self, make: Callable[[Program], Store], limits: Limits) -> Seen:
        """Search with a store, and read off what it saw."""
        with closing(make(self.program)) as store:
            ready, explored = self.explored(store, limits)
            return self.read(store, ready, explored)

    def explored(self, store: Store, limits: Limits) -> tuple[float, Explored]:
        """When the search began, and what it saw."""
        ready = time.perf_counter()
        found = explore(store, self.program.info, self.program.layout, self.initial, limits, self.watch, self.began)
        return ready, found

    def read(self, store: Store, ready: float, explored: Explored) -> Seen:
        """The counters by their names, and the runs."""
        done = time.perf_counter()
        info = self.program.info
        found = runs(self.ground, store, info, self.program.layout, explored)
        found |= at_start(self.ground, self.judged, self.initial)
        counters = list(store.info)
        cuts = {bound: counters[info.first_cut + at] for at, bound in enumerate(info.bounds)}
        fired = frozenset(
            rule for at, rule in enumerate(info.rules) if counters[info.first_fired + at // 64] >> at % 64 & 1
        )
        return Seen(
            engine=ENGINE,
            states=store.count,
            transitions=store.transitions + counters[info.errors],
            depth=max(len(explored.levels) - 2, 0),
            cuts={bound: count for bound, count in cuts.items() if count},
            stopped=explored.stopped,
            symmetry="full" if self.program.reduced else "off",
            seconds=Seconds(time.perf_counter() - self.began, ready - self.began, done - ready),
            fired=fired,
            dead_ends=counters[info.dead],
            budgets=self.budgets(store),
            met=frozenset(explored.hits) | frozenset(found),
            runs=found,
        )

    def budgets(self, store: Store) -> tuple[Budget, ...]:
        """How much of each budget was used at most."""
        found = []
        for index, cell in enumerate(self.ground.cells):
            if cell.kind == "budget" and isinstance(cell.domain, RangeDomain):
                (place,) = self.program.layout.places[index]
                used = store.greatest(place) if place.bits else 0
                found.append(Budget(cell.variable, cell.domain.hi, used))
        return tuple(found)
