"""A search with nothing clever in it, straight over the reference semantics, and the brute force of symmetry.

    explore(ground, most)   states, counts, and for each property the shortest length and the verdict (None: too large)
    orbits(ground, states)  how many classes of states there are up to names of identities

What engines find is compared with this.  Non-goals: speed, traces, anything shared with an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from plait.evaluation import BoundError, RunError
from plait.semantics import Cut, Failed, Reached, State, in_state, initial_states, message_key, on_step, steps
from plait_spec.domains import (
    Domain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    values,
)
from plait_spec.ground import Expr, Ground, Property
from plait_spec.types import IdsType, Type


@dataclass
class Seen:
    """What was seen of one property: the lengths of the shortest runs that decide it and that make it err."""

    hit: int | None = None
    error: int | None = None
    antecedent: bool = False

    def note(self, what: str, steps: int) -> None:
        """Keep the shortest length."""
        before = getattr(self, what)
        setattr(self, what, steps if before is None else min(before, steps))


@dataclass
class Explored:
    """The whole state space.  `depths` has each state with its distance."""

    depths: dict[State, int] = field(default_factory=dict)
    transitions: int = 0
    cuts: dict[str, int] = field(default_factory=dict)
    dead_ends: int = 0
    fired: set[str] = field(default_factory=set)
    error: int | None = None
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """The largest distance."""
        return max(self.depths.values(), default=0)


def explore(ground: Ground, most: int) -> Explored | None:
    """Everything that can be reached, or None where that is more than so many states."""
    found = Explored(seen={about.name: Seen() for about in ground.properties})
    level = []
    try:
        for state in initial_states(ground):
            if state not in found.depths:
                found.depths[state] = 0
                level.append(state)
    except RunError:
        # No run begins where an initial value is none.
        return replace(found, depths={}, error=0)
    except BoundError as met:
        return replace(found, depths={}, cuts={met.bound: 1})
    for state in level:
        _judge_start(ground, found, state)
    depth = 0
    while level:
        following: list[State] = []
        for state in level:
            _judge_state(ground, found, state, depth)
            for target in _expand(ground, found, state, depth):
                if target not in found.depths:
                    found.depths[target] = depth + 1
                    following.append(target)
            if len(found.depths) > most:
                return None
        level = following
        depth += 1
    return found


def _expand(ground: Ground, found: Explored, state: State, depth: int) -> Iterator[State]:
    offered = steps(ground, state)
    for choice, outcome in offered:
        name = ground.model.rules[ground.instances[choice.instance].rule].name
        match outcome:
            case Cut(bound):
                found.cuts[bound] = found.cuts.get(bound, 0) + 1
            case Failed():
                found.transitions += 1
                found.fired.add(name)
                found.error = depth + 1 if found.error is None else found.error
            case Reached(target):
                found.transitions += 1
                found.fired.add(name)
                for about in ground.properties:
                    if about.on_steps:
                        _note(found, about, depth + 1, lambda expr: on_step(ground, about, expr, state, choice, target))  # noqa: B023
                yield target
    if not offered:
        found.dead_ends += 1
        for about in ground.properties:
            if about.kind == "deadlock free":
                _judge_dead_end(ground, found.seen[about.name], state, depth)


def _judge_dead_end(ground: Ground, seen: Seen, state: State, depth: int) -> None:
    terminal = erring = False
    for expr in ground.terminal:
        try:
            terminal = in_state(ground, expr, state) or terminal
        except (RunError, BoundError):
            erring = True
    if erring:
        seen.note("error", depth)
    elif not terminal:
        seen.note("hit", depth)


def _judge_start(ground: Ground, found: Explored, state: State) -> None:
    """Claims about steps, in an initial state: every step name is false."""
    for about in ground.properties:
        if about.on_steps and about.kind != "step":
            _note(found, about, 0, lambda expr: in_state(ground, expr, state))


def _judge_state(ground: Ground, found: Explored, state: State, depth: int) -> None:
    for about in ground.properties:
        if not about.on_steps and about.kind in ("always", "never", "reachable"):
            _note(found, about, depth, lambda expr: in_state(ground, expr, state))


def _note(found: Explored, about: Property, steps: int, ask: Callable[[Expr], bool]) -> None:
    seen = found.seen[about.name]
    try:
        if ask(about.expr) == (about.kind in ("never", "reachable")):
            seen.note("hit", steps)
    except (RunError, BoundError):
        seen.note("error", steps)
    if about.antecedent is not None:
        with suppress(RunError, BoundError):
            seen.antecedent = seen.antecedent or ask(about.antecedent)


def verdict(found: Explored, about: Property) -> str:
    """The word for one property."""
    seen = found.seen[about.name]
    if seen.hit is not None:
        return "holds" if about.kind == "reachable" else "fails"
    if seen.error is not None:
        return "error"
    if about.kind == "reachable":
        return "undetermined" if found.cuts else "fails"
    if found.error is not None:
        return "error"
    if about.antecedent is not None and not seen.antecedent:
        return "vacuous"
    if about.kind == "never" and about.steps and not found.fired & set(about.steps):
        return "vacuous"
    return "holds within" if found.cuts else "holds"


# ---- symmetry by brute force


def orbits(ground: Ground, states: Iterable[State]) -> int:
    """The number of classes; asserts that a state with other names for its identities is a state, too."""
    swaps = [Swap(ground, sort, at) for sort, count in ground.ids for at in range(count - 1)]
    left = set(states)
    everything = frozenset(left)
    classes = 0
    while left:
        classes += 1
        waiting = [left.pop()]
        while waiting:
            state = waiting.pop()
            for swap in swaps:
                other = swap.state(state)
                assert other in everything, "the states are not symmetric"
                if other in left:
                    left.remove(other)
                    waiting.append(other)
    return classes


class Swap:
    """Two neighbouring identities of one sort trade names."""

    def __init__(self, ground: Ground, sort: str, at: int) -> None:
        self.ground, self.sort, self.at = ground, sort, at
        self.key = message_key(ground)
        self.channels = {channel.name: channel for channel in ground.model.channels}
        places = {self.place(cell, moved=False): index for index, cell in enumerate(range(len(ground.cells)))}
        self.to = [places[self.place(cell, moved=True)] for cell in range(len(ground.cells))]

    def place(self, cell: int, moved: bool) -> Any:
        """What tells a cell apart, after the swap or before."""
        about = self.ground.cells[cell]
        if about.queue is None:
            keys = zip(about.key_domains, about.keys, strict=True)
            return about.variable, tuple(self.value(of, key) if moved else key for of, key in keys)
        channel = self.channels[self.ground.channels[about.queue.carrier].name]
        ends = [(channel.left.family, about.queue.left), (channel.right.family, about.queue.right)]
        return channel.name, about.queue.forward, tuple(self.end(*end) if moved else end[1] for end in ends)

    def end(self, family: Type | None, value: Value) -> Value:
        return self.identity(value) if isinstance(family, IdsType) and family.name == self.sort else value

    def identity(self, value: int) -> int:
        return {self.at: self.at + 1, self.at + 1: self.at}.get(value, value)

    def state(self, state: State) -> State:
        """The state with the two names traded."""
        moved: list[Value] = [None] * len(state)
        for cell, value in enumerate(state):
            moved[self.to[cell]] = self.cell(cell, value)
        return tuple(moved)

    def cell(self, cell: int, value: Value) -> Value:
        about = self.ground.cells[cell]
        if about.queue is None:
            assert about.domain is not None
            return self.value(about.domain, value)
        items = [(head, kind, *self.value(self.ground.messages[kind], tuple(rest))) for head, kind, *rest in value]
        return tuple(items if about.queue.ordered else sorted(items, key=self.key))

    def value(self, domain: Domain, value: Value) -> Value:
        match domain:
            case IdsDomain(name):
                return self.identity(value) if name == self.sort else value
            case OptionDomain(of):
                return None if value is None else self.value(of, value)
            case RecordDomain(_, fields):
                return tuple(self.value(of, item) for (_, of), item in zip(fields, value, strict=True))
            case SeqDomain(of):
                return tuple(self.value(of, item) for item in value)
            case SetDomain(of):
                elements = list(values(of))
                chosen = [self.value(of, element) for at, element in enumerate(elements) if value >> at & 1]
                return sum(1 << elements.index(element) for element in chosen)
            case MapDomain(key, of):
                keys = list(values(key))
                pairs = {self.value(key, at): self.value(of, item) for at, item in zip(keys, value, strict=True)}
                return tuple(pairs[at] for at in keys)
            case _:
                return value
