"""Breadth-first search of every state over a `Store`: counts, and the level where each goal is first noted.

The store expands a level as a whole; what was noted meanwhile belongs to the steps of that level, and what a review of
the new states notes belongs to them.  Which state or step it was is asked afterwards (`witness`), so the search keeps
no parents.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from plait.engines.native.goals import Goal, Info
from plait.engines.native.layout import Layout
from plait.engines.native.store import FullError, Seen, Store
from plait.limits import Limits, Progress, Watch, affordable, resident
from plait.semantics import State
from plait_spec.diagnostics import counted
from plait_spec.record import record

PULSE = 0.2  # seconds between two reports of progress
LOOK = 0.01  # and between two looks at the memory
LEVELS = 1 << 20  # levels that a store may search at once: it has limits of its own


@record
class Hit:
    """A goal was first noted on this level: by a state itself, or by one of its steps."""

    depth: int
    seen: Seen


class Explored:
    """What a search saw.  `levels` are the numbers where levels begin, and where the last one ends."""

    def __init__(self) -> None:
        self.levels = [0]
        self.hits: dict[Goal, Hit] = {}
        self.stopped: str | None = None


class StopError(Exception):
    """A limit was reached; the message is the reason."""


def limit_of_states(count: int) -> str:
    """The reason of a search that has seen as many states as it may."""
    return f"limit of {count:,} states"


def explore(
    store: Store, info: Info, layout: Layout, initial: Sequence[State], limits: Limits, watch: Watch, began: float
) -> Explored:
    """Search until nothing is new or a limit is reached; what was found so far is kept in any case."""
    search = _Search(store, info, limits, watch, began)
    try:
        search.run(layout, initial)
    except (StopError, FullError) as reached:
        search.found.stopped = str(reached)
    except KeyboardInterrupt:
        search.found.stopped = "interrupted"
    search.last()
    return search.found


class _Search:
    def __init__(self, store: Store, info: Info, limits: Limits, watch: Watch, began: float) -> None:
        self.store, self.info, self.limits, self.watch, self.began = store, info, limits, watch, began
        self.memory = affordable() if limits.memory is None else limits.memory
        self.found = Explored()
        self.open = dict(enumerate(info.goals))  # not met so far
        self.told = self.looked = began
        self.milestone = limits.milestone
        self.reviewed = 0

    def run(self, layout: Layout, initial: Sequence[State]) -> None:
        for state in initial:
            self.store.enter(layout.encode(state))
        depth = 0
        while self.store.count > self.found.levels[-1]:
            self.found.levels.append(self.store.count)
            self.review(depth)
            self.look(depth)
            depth = self.descend(depth)
            self.level(depth)
            depth += 1

    def look(self, depth: int) -> None:
        """Stop where the newest level is the last one within the limits."""
        if self.limits.states is not None and self.store.count > self.limits.states:
            raise StopError(limit_of_states(self.limits.states))
        if self.limits.depth is not None and depth >= self.limits.depth:
            left = self.store.count - self.found.levels[-2]
            raise StopError(f"limit of depth {self.limits.depth}: {counted(left, 'state')} not expanded")

    def descend(self, depth: int) -> int:
        """Narrow levels, many at once; the depth of the newest level."""
        most = LEVELS if self.limits.depth is None else self.limits.depth - depth
        ends, stepped = self.store.descend(most, self.limits.states)
        if ends:
            self.found.levels += ends
            self.reviewed = ends[-1]
            depth += len(ends)
            self.note("step" if stepped else "state", depth)
            self.look(depth)
        elif stepped:
            self.note("step", depth)
        return depth

    def last(self) -> None:
        """The states that a search which ended early had no time to inspect."""
        if self.limits.states is not None:
            self.store.drop(max(self.limits.states, self.found.levels[-1]))
        self.review(len(self.found.levels) - 1)
        if self.store.count > self.found.levels[-1]:
            self.found.levels.append(self.store.count)

    def level(self, depth: int) -> None:
        """Expand the newest level."""
        upto = self.found.levels[-1]
        try:
            while not self.store.expand(upto):
                self.pulse(depth)
        finally:
            self.note("step", depth)
        self.pulse(depth)

    def review(self, depth: int) -> None:
        """Inspect the states that are new."""
        self.store.review(self.reviewed, self.store.count)
        self.reviewed = self.store.count
        self.note("state", depth)

    def note(self, seen: Seen, depth: int) -> None:
        """Goals that were not noted before."""
        if not self.open:
            return
        words = self.store.info
        met = [goal for at, goal in self.open.items() if words[self.info.first_goal + at // 64] >> at % 64 & 1]
        if met:
            self.found.hits.update((goal, Hit(depth, seen)) for goal in met)
            self.open = {at: goal for at, goal in self.open.items() if goal not in self.found.hits}

    def pulse(self, depth: int) -> None:
        """Look at the limits and tell who watches."""
        now = time.perf_counter()
        limits = self.limits
        if limits.states is not None and self.store.count > limits.states:
            raise StopError(limit_of_states(limits.states))
        if limits.timeout is not None and now - self.began > limits.timeout:
            raise StopError(f"limit of {limits.timeout:g} seconds")
        if self.memory is not None and (now - self.looked >= LOOK or self.store.wanted()):
            self.looked = now
            if (resident() or 0) + self.store.wanted() > self.memory:
                raise StopError(f"limit of {self.memory / 1e6:,.0f} MB of memory")
        due = now - self.told >= PULSE
        if self.milestone is not None and self.store.count > self.milestone:
            self.milestone, due = None, True
        if due:
            self.told = now
            levels = self.found.levels
            waiting = self.store.count - levels[-1]
            growing = len(levels) < 3 or waiting > levels[-1] - levels[-2]
            self.watch(Progress(depth, self.store.count, waiting, growing, now - self.began))
