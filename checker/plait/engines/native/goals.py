"""What a search watches for, as bits that emitted code sets, and the other numbers that it counts.

Goal = (property index, "claim" | "antecedent" | "error"), or MODEL_ERROR, or TOO_MANY_ORDERS
Info = places in one array of words: errors, events, dead ends, goals, fired rules, cuts by bound
"""

from __future__ import annotations

from itertools import count
from typing import TypeAlias

from plait.engines.native.code import Code, Functions, words_in
from plait.engines.native.emit_expr import Reader
from plait.engines.native.layout import Layout
from plait.engines.native.values import Val, renamed
from plait_spec.core import PropertyKind
from plait_spec.ground import Expr, Ground, Property
from plait_spec.ground_walk import can_err
from plait_spec.record import record

Goal: TypeAlias = tuple[int, str]
MODEL_ERROR: Goal = (-1, "error")
TOO_MANY_ORDERS: Goal = (-2, "error")
"""More passes of an `unordered for` than the reference semantics looks at: it says so when the run is read back."""
SEARCHED: frozenset[PropertyKind] = frozenset(("always", "never", "step", "reachable"))


class Info:
    """The places of the counters; bounds get theirs as they are met in the text."""

    errors = 0
    events = 1
    dead = 2
    first_goal = 3

    def __init__(self, goals: list[Goal], rules: list[str]) -> None:
        self.goals, self.rules = goals, rules
        self.bounds: list[str] = []

    @property
    def goal_words(self) -> int:
        """How many words the goals take."""
        return (len(self.goals) + 63) // 64

    @property
    def first_fired(self) -> int:
        """Where the fired rules begin."""
        return self.first_goal + self.goal_words

    @property
    def fired_words(self) -> int:
        """How many words the fired rules take."""
        return (len(self.rules) + 63) // 64

    @property
    def first_cut(self) -> int:
        """Where the counters of bounds begin."""
        return self.first_fired + self.fired_words

    @property
    def size(self) -> int:
        """All words."""
        return self.first_cut + len(self.bounds)

    def sums(self) -> list[bool]:
        """Of each word whether it counts, and adds up; the others are bits that were set once."""
        bits = range(self.first_goal, self.first_cut)
        return [at not in bits for at in range(self.size)]

    def hit(self, goal: Goal) -> str:
        """The line that notes a goal."""
        at = self.goals.index(goal)
        return f"info[{self.first_goal + at // 64}] |= {1 << at % 64}"

    def cut(self, bound: str) -> int:
        """The counter of a bound."""
        if bound not in self.bounds:
            self.bounds.append(bound)
        return self.first_cut + self.bounds.index(bound)

    def fired(self, rule: str) -> tuple[int, int]:
        """The word and bit of a fired rule."""
        at = self.rules.index(rule)
        return at // 64, 1 << at % 64


def goals_of(ground: Ground, properties: list[Property]) -> list[Goal]:
    """Everything to watch for."""
    found: list[Goal] = [MODEL_ERROR, TOO_MANY_ORDERS]
    for about in properties:
        if about.kind in SEARCHED or about.kind == "deadlock free":
            found += [(about.index, "claim"), (about.index, "error")]
        if about.kind in SEARCHED and about.antecedent is not None:
            found.append((about.index, "antecedent"))
    return found


@record
class StepClaim:
    """A claim about one step, with step names resolved: `deciding` is the value that hits the goal."""

    about: Property
    expr: Expr
    deciding: bool
    info: Info
    goal: Goal

    def write(self, layout: Layout, code: Code, message: Val | None, functions: Functions) -> None:
        """Lines that note the goal where the step has it; `s` are the words before it, `t` those after."""
        if can_err(self.expr):
            self.write_apart(layout, code, message, functions)
            return
        reader = self.reader(layout, code)
        if message is not None:
            reader.slots[0] = message
        write_claim(reader, self)

    def reader(self, layout: Layout, code: Code) -> Reader:
        """What the claim looks at."""
        step = self.about.kind == "step"
        return Reader(layout, code, "s" if step else "t", "t" if step else None)

    def write_apart(self, layout: Layout, code: Code, message: Val | None, functions: Functions) -> None:
        """A claim whose evaluation may err, as a function of its own, which an error ends."""
        error = (self.info.hit((self.about.index, "error")),) if self.goal[1] == "claim" else ()
        fail = (*error, "return")
        inside = Code(lambda: fail, lambda _: fail)
        reader = self.reader(layout, inside)
        given: list[str] = []
        taken: list[str] = []
        if message is not None:
            reader.slots[0], given = renamed(message, (f"m{number}" for number in count()))
            taken = [f"m{number}" for number in range(len(given))]
        write_claim(reader, self)
        words = words_in(inside.lines)
        head = [f"{word}: u64" for word in [*words, *taken]]
        name = functions.add([*head, "info: u64s"], [*inside.lines, "    return"])
        code.add(f"{name}({', '.join([*words, *given, 'info'])})")


@record
class StateClaim:
    """A claim about a state."""

    about: Property
    expr: Expr
    deciding: bool
    info: Info
    goal: Goal


def write_claim(reader: Reader, claim: StepClaim | StateClaim) -> None:
    """The test, and the line that notes the goal."""
    test = reader.truth(claim.expr)
    if not claim.deciding:
        test = str(1 - int(test)) if test in ("0", "1") else f"not {test}"
    if test != "0":
        with reader.code.block(f"if {test}:"):
            reader.code.add(claim.info.hit(claim.goal))
