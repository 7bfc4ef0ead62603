"""Whatever a design of the study does over ordered queues, its counterpart in any_size.plait does in any order.

What `plait prove --any-size` says of any_size.plait is about proposals.plait only as far as the one allows all that the
other does. Here that is checked for small sizes, step by step: from a pair of states that look alike each step of the
ordered design is followed by a few steps of the other, to a pair that looks alike again. So the pairs are a simulation,
and every run of the design has a counterpart in which framework, master and agents go through the same values, which is
all that `NoDoubleExecution` reads.

Non-goals: other sizes. What any_size.plait says of them is an argument, and this is what it leans on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from plait.semantics import Failed, Reached, State, initial_states, steps, steps_of
from plait_spec import load
from plait_spec.domains import Value
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground, parse_parameters
from plait_spec.restrict import restrict

MESOS = Path(__file__).parent.parent / "models" / "mesos"

FINISHED, DROPPED, GONE, UNKNOWN = 1, 2, 3, 4  # of `Status`
UP = 0  # of `Health`

CALLED = {
    "framework.ask": (),  # the question is put when its counterpart arrives
    "framework.ask_all": (),
    "framework.on Answer": ("framework.on Event",),
    "master.on Reconcile": ("framework.ask", "master.on Reconcile", "master.timeout", "inquiry.lose"),
    "master.on Inventory": ("master.on List", "master.on Away"),
    "master.on Reply": ("master.on Reply", "framework.ask", "master.on Reconcile", "inquiry.lose"),
}
"""What a step of the ordered design is over there, where it has another name or is more than one step."""


@dataclass
class Design:
    """A design at one size, with its state by name; `successors` are remembered."""

    ground: Ground
    successors: dict[tuple[State, str], list[State]] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[tuple[str, tuple[Value, ...]], int]:
        return {(cell.variable, cell.keys): at for at, cell in enumerate(self.ground.cells) if cell.queue is None}

    @cached_property
    def rules(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at in range(len(self.ground.instances)):
            found.setdefault(self.name(at), []).append(at)
        return found

    @cached_property
    def ops(self) -> range:
        return range(dict(self.ground.ids)["Op"])

    @cached_property
    def agents(self) -> range:
        return range(dict(self.ground.ids)["Agent"])

    def name(self, instance: int) -> str:
        return self.ground.model.rules[self.ground.instances[instance].rule].name

    def has(self, variable: str) -> bool:
        return any(name == variable for name, _ in self.places)

    def get(self, state: State, variable: str, *keys: Value) -> Any:
        return state[self.places[variable, keys]]

    def members(self, state: State, variable: str) -> set[int]:
        """A set of identities."""
        return elements(self.get(state, variable))

    def final(self, state: State, o: int) -> bool:
        return self.get(state, "framework.view", o) in (FINISHED, DROPPED, GONE)

    def in_flight(self, state: State) -> Iterator[tuple[str, dict[str, Any], Any]]:
        """Each message in the order of its queue: its name, its fields, and the agent at one end."""
        for cell, items in zip(self.ground.cells, state, strict=True):
            if cell.queue is not None:
                for _, kind, *values in items:
                    about = self.ground.messages[kind]
                    yield (
                        about.name,
                        dict(zip([name for name, _ in about.fields], values, strict=True)),
                        cell.queue.left,
                    )

    def after(self, state: State, name: str) -> list[State]:
        """Where the steps of this name lead."""
        if (state, name) not in self.successors:
            outcomes = [out for at in self.rules.get(name, ()) for _, out in steps_of(self.ground, state, at)]
            assert not any(isinstance(out, Failed) for out in outcomes)
            self.successors[state, name] = [out.state for out in outcomes if isinstance(out, Reached)]
        return self.successors[state, name]


def elements(value: int) -> set[int]:
    return {at for at in range(value.bit_length()) if value >> at & 1}


def design(file: str, name: str, **parameters: object) -> Design:
    model = next(model for model in load(MESOS / file) if model.proposal == name)
    model = restrict(model, ["NoDoubleExecution"])
    chosen = parse_parameters(model, {key: str(value) for key, value in parameters.items()})
    return Design(ground(model, {**default_parameters(model), **chosen}))


# ---- what looks alike


@dataclass(frozen=True)
class Picture:
    """What the roles hold, and the messages on their way (but `Reconcile`), each once and in no order."""

    held: tuple[Any, ...]
    messages: frozenset[tuple[Any, ...]]


def held(of: Design, state: State, versions: str, life: Any, waiting: set[int]) -> tuple[Any, ...]:
    """What the roles hold. The master's version counts only of a provider that is up: nobody reads it elsewhere."""

    def get(variable: str, *keys: Value) -> Any:
        return of.get(state, variable, *keys)

    return (
        tuple((get("home", o), get("framework.view", o), get("framework.restarted", o)) for o in of.ops),
        tuple(get("master.known", o) for o in of.ops),
        tuple((get("master.contact", a), get("master.provider", a)) for a in of.agents),
        tuple(life(get(f"master.{versions}", a)) if get("master.provider", a) == UP else None for a in of.agents),
        tuple(get("agent.work", a, o) for a in of.agents for o in of.ops),
        tuple((get("agent.provider", a), get("agent.connected", a)) for a in of.agents),
        tuple(life(get(f"agent.{versions}", a)) for a in of.agents),
        frozenset(waiting),
    )


def ordered(of: Design, state: State) -> Picture:
    """A state of proposals.plait."""
    found: set[tuple[Any, ...]] = set()
    ahead: set[int] = set()  # operations with a Finished nearer to the head of the stream

    def tell(o: int, status: int, reliable: bool) -> None:
        found.add(("Event", o, status, reliable, status == UNKNOWN and o in ahead and not of.final(state, o)))
        if status == FINISHED:
            ahead.add(o)

    def answer(says: tuple[Any, ...]) -> None:
        for o, status in enumerate(says):
            if status is not None:
                found.add(("Event", o, status, False, False))

    for name, the, a in of.in_flight(state):
        match name:
            case "Reconcile":
                pass
            case "Accept" | "Acknowledge":
                found.add((name, the["op"]))
            case "Event":
                tell(the["op"], the["status"], the["reliable"])
            case "Answer":
                answer(the["says"])
            case "Reregister":
                found.add((name, a))
            case "Apply":
                found.add((name, a, the["op"], the["life"]))
            case "Forget":
                found.add((name, a, the["op"]))
            case "Inventory" if the["provider"] == UP:
                found.add(("List", a, the["life"], the["work"]))
            case "Inventory":
                found.add(("Away", a, the["life"], the["provider"]))
            case "Outcome":
                assert the["reliable"]
                found.add((name, a, the["op"], the["status"]))
            case "Query":
                found |= {(name, a, o) for o in elements(the["about"])}
            case "Reply" if "says" in the:
                found |= {(name, a, o, status) for o, status in enumerate(the["says"]) if status is not None}
            case "Reply":
                found.add((name, a, the["op"], the["status"]))
            case _:
                raise AssertionError(f"any_size.plait says that nobody sends {name}")
    waiting: set[int] = set()
    if of.has("master.wanted"):
        silent = of.members(state, "master.waiting")
        waiting = {o for o in of.members(state, "master.wanted") if of.get(state, "home", o) in silent}
        answer(tuple(of.get(state, "master.got", o) for o in of.ops))  # what waits for others is an answer already
    return Picture(held(of, state, "life", lambda life: life, waiting), frozenset(found))


def relaxed(of: Design, state: State, lives: int) -> Picture:
    """A state of any_size.plait, where the versions of each provider are numbered in a row."""
    found: set[tuple[Any, ...]] = set()
    for name, the, a in of.in_flight(state):
        match name:
            case "Accept" | "Acknowledge" | "Reconcile":
                found.add((name, the["op"]))
            case "Event":
                behind = the.get("behind", False) and not of.final(state, the["op"])
                found.add((name, the["op"], the["status"], the["reliable"], behind))
            case "Reregister":
                found.add((name, a))
            case "Apply":
                found.add((name, a, the["op"], the["version"] % lives))
            case "Forget" | "Query":
                found.add((name, a, the["op"]))
            case "List":
                contents = tuple(of.get(state, "contents", the["version"], o) for o in of.ops)
                found.add((name, a, the["version"] % lives, contents))
            case "Away":
                found.add((name, a, the["version"] % lives, the["health"]))
            case "Outcome" | "Reply":
                found.add((name, a, the["op"], the["status"]))
            case _:
                raise AssertionError(name)
    waiting = of.members(state, "master.waiting") if of.has("master.waiting") else set()
    return Picture(held(of, state, "version", lambda version: version % lives, waiting), frozenset(found))


# ---- the simulation


@dataclass
class Simulation:
    """The search for it; `pairs` are those that look alike."""

    left: Design
    right: Design
    lives: int
    pairs: set[tuple[State, State]] = field(default_factory=set)

    def run(self) -> str | None:
        """None: every run of the left design has a counterpart; otherwise the step that has none."""
        queue = [(state, self.start(ordered(self.left, state))) for state in initial_states(self.left.ground)]
        self.pairs |= set(queue)
        for state, other in queue:
            for choice, outcome in steps(self.left.ground, state):
                if isinstance(outcome, Reached):
                    name = self.left.name(choice.instance)
                    match = self.follow(other, name, ordered(self.left, outcome.state))
                    if match is None:
                        return name
                    pair = outcome.state, match
                    if pair not in self.pairs:
                        self.pairs.add(pair)
                        queue.append(pair)
        return None

    def start(self, wanted: Picture) -> State:
        """The state in which everybody is back, as the ordered designs begin."""
        for state in initial_states(self.right.ground):
            if all(self.right.get(state, "first", a) == a * self.lives for a in self.right.agents):
                found = self.reach(state, ("agent.reregister", "master.on Reregister", "master.on List"), wanted, 3)
                if found is not None:
                    return found
        raise AssertionError("the counterpart does not begin so")

    def follow(self, other: State, name: str, wanted: Picture) -> State | None:
        """A state that looks as wanted after what the step is called over there."""
        most = len(self.right.ops) * (4 if name in ("master.on Reconcile", "master.on Reply") else 1)
        return self.reach(other, CALLED.get(name, (name,)), wanted, most)

    def reach(self, state: State, names: tuple[str, ...], wanted: Picture, most: int) -> State | None:
        """Breadth-first, over steps of these names."""
        level, seen = [state], {state}
        for left in range(most, -1, -1):
            for found in level:
                if relaxed(self.right, found, self.lives) == wanted:
                    return found
            nexts = (after for found in level for name in names for after in self.right.after(found, name))
            level = list(dict.fromkeys(after for after in nexts if after not in seen)) if left else []
            seen |= set(level)
        return None


def simulation(left: str, right: str, **parameters: int) -> Simulation:
    agents, lives = parameters.get("agents", 1), parameters.get("downs", 1) + 1
    ops = parameters.get("ops", 1)
    removals = parameters.get("removals", 0) > 0
    return Simulation(
        design("proposals.plait", left, merge="Absorb", collect="true", **parameters),
        design(
            "any_size.plait", right, agents=agents, ops=ops, versions=agents * lives, removals=str(removals).lower()
        ),
        lives,
    )


SIZES = [
    {"requests": 1, "removals": 1},
    {"requests": 2, "removals": 1},
    {"requests": 1, "ops": 2, "downs": 0},
    {"requests": 1, "ops": 2, "failovers": 0},
]


@pytest.mark.parametrize(("left", "right"), [("IIa", "Ia"), ("IIb", "Ib"), ("III", "III"), ("Adopted", "Adopted")])
def test_every_run_has_a_counterpart(left: str, right: str) -> None:
    found = simulation(left, right, requests=1)
    assert found.run() is None
    assert len(found.pairs) > 3_000


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("left", "right"),
    [("Ia", "Ia"), ("IIa", "Ia"), ("Ib", "Ib"), ("IIb", "Ib"), ("III", "III"), ("Adopted", "Adopted")],
)
def test_at_larger_sizes(left: str, right: str, size: dict[str, int]) -> None:
    assert simulation(left, right, **size).run() is None


@pytest.mark.parametrize(
    ("left", "right"), [("January", "Ia"), ("IaNaive", "Ia"), ("Ib", "III"), ("Adopted", "III"), ("III", "Ia")]
)
def test_a_design_is_no_counterpart_of_another(left: str, right: str) -> None:
    """They answer questions in different ways."""
    assert simulation(left, right, requests=1).run() == "master.on Reconcile"
