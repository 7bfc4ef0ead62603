"""The engine: a ground model in, a `Finding` out; raises `UnsupportedError` for a model that it does not hold.

A search begins in the interpreted tier, which needs no compiler, and begins again in machine code if the model turns
out to be large (`tiers`): small models are finished before a compiler would be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Literal

from plait.engines.native import cache
from plait.engines.native.explore import Explored, explore
from plait.engines.native.layout import UnsupportedError as UnsupportedError
from plait.engines.native.program import Program, program_of
from plait.engines.native.store import Interpreted, Store, TrialOverError
from plait.engines.native.tiers import trial_of
from plait.engines.native.witness import at_start, runs
from plait.evaluation import BoundError, RunError
from plait.limits import Limits, Progress, Watch
from plait.outcome import Seen, finding
from plait.semantics import State, initial_states
from plait.symmetry import normal_form
from plait.verdict import Budget, Finding, Seconds
from plait_spec.domains import RangeDomain
from plait_spec.ground import Ground, Property

ENGINE = "native"
Tier = Literal["auto", "interpreted", "compiled"]


class NoCompilerError(Exception):
    """The model needs machine code, and there is nothing here that makes it; the message says what is missing."""


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

    Raises NoCompilerError where machine code is needed and cannot be made; the interpreted tier never needs it.  A
    search that ends by itself says the same for any number of threads; of one that a limit ends, which states it
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


def _need_compiler() -> None:
    try:
        import llvmlite.binding  # noqa: F401
    except (ImportError, OSError) as error:  # OSError: its shared library is not for this machine
        raise NoCompilerError(f"llvmlite cannot be imported: {error}") from error


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
        """Search in a tier; `auto` gives the interpreted one a trial, unless this model is known to outgrow it."""
        if tier == "interpreted":
            return self.searched(Interpreted)
        outgrown = ("outgrown", self.program.source)
        if tier == "auto" and cache.known(outgrown) is None:
            with suppress(TrialOverError):
                return self.searched(partial(Interpreted, trial=trial_of(self.program)))
            cache.keep(outgrown, b"yes")
        _need_compiler()
        from plait.engines.native.compiled import Compiled

        return self.searched(partial(Compiled, threads=threads))

    def searched(self, make: Callable[[Program], Store]) -> Seen:
        """Search with a store, and read off what it saw."""
        with closing(make(self.program)) as store:
            ready, explored = self.explored(store)
            return self.read(store, ready, explored)

    def explored(self, store: Store) -> tuple[float, Explored]:
        """When the search began, and what it saw."""
        ready = time.perf_counter()
        found = explore(
            store, self.program.info, self.program.layout, self.initial, self.limits, self.watch, self.began
        )
        return ready, found

    def read(self, store: Store, ready: float, explored: Explored) -> Seen:
        """The counters by their names, and the runs."""
        done = time.perf_counter()
        info = self.program.info
        form = normal_form(self.ground) if self.program.reduced and explored.hits else None
        found = runs(self.ground, store, info, self.program.layout, explored, form)
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
            symmetry=self.program.symmetry,
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
