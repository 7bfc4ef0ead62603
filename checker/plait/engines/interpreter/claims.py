"""Claims as the search asks about them: a state or a step in, 0, HIT or ERR out, remembered by what they read.

A claim is HIT where its value decides: an `always` or `step` that is false, a `never` that is true, a `reachable` or an
antecedent that is true.  ERR is an evaluation that errs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

from plait.engines.interpreter.moves import FULL, cells_getter
from plait.engines.interpreter.reads import has_slots, step_reads
from plait.engines.interpreter.run import Writes
from plait.engines.interpreter.stage import Layout, stage_expr
from plait.evaluation import BoundError, RunError
from plait.semantics import State
from plait_spec.core import PropertyKind
from plait_spec.ground import Choice, Const, Expr, Ground, Property, Receive
from plait_spec.ground_walk import cells_read, mentions_step
from plait_spec.grounding import resolve_took
from plait_spec.record import record

HIT, ERR = 1, 2
Part: TypeAlias = Literal["claim", "antecedent"]
OnState: TypeAlias = Callable[[State], int]
OnStep: TypeAlias = Callable[[State, Choice, State], int]
SEARCHED: frozenset[PropertyKind] = frozenset(("always", "never", "step", "reachable"))


@record
class Claim:
    """One thing to watch for: an expression of a property, and the value that decides."""

    property: Property
    part: Part
    expr: Expr
    deciding: bool


def claims_of(properties: Iterable[Property]) -> list[Claim]:
    """What to watch for these properties; kinds that are not searched have nothing."""
    found = []
    for about in properties:
        if about.kind in SEARCHED:
            found.append(Claim(about, "claim", about.expr, about.kind in ("never", "reachable")))
            if about.antecedent is not None:
                found.append(Claim(about, "antecedent", about.antecedent, deciding=True))
    return found


def on_states(ground: Ground, claim: Claim) -> OnState:
    """The claim in a state with no step before it."""
    expr = resolve_took(ground, claim.expr, None)
    count = len(ground.cells)
    closure = stage_expr(expr, Layout(0, count))
    pad = [None] * claim.property.slots if has_slots(expr) else []

    def ask(state: State) -> int:
        try:
            return HIT if closure([*state, *pad] if pad else state) == claim.deciding else 0
        except (RunError, BoundError):
            return ERR

    key = cells_getter(frozenset(cells_read(expr)))
    table: dict[Any, int] = {}

    def remembered(state: State) -> int:
        values = key(state)
        found = table.get(values)
        if found is None:
            if len(table) >= FULL:
                table.clear()
            found = table[values] = ask(state)
        return found

    return remembered


class StepClaim:
    """A claim about steps, made ready for each rule instance.

    `ask` looks at one step.  Most steps need no look: `concerns` is false where the claim says nothing about a step
    that it would not say of every other, and `idle` is what it says then, about a state that stays as it is.
    """

    def __init__(self, ground: Ground, claim: Claim) -> None:
        self.ground, self.claim = ground, claim
        self.about_two = claim.property.kind == "step"
        self.uniform = self.about_two and not mentions_step(claim.expr) and not has_slots(claim.expr)
        self.ahead = step_reads(claim.expr)[1] if self.uniform else frozenset[int]()
        self.variants: dict[Expr, OnStep] = {}
        self.silent: set[int] = set()
        count = len(ground.instances)
        if self.uniform:
            self.by_instance = [self._remembered(claim.expr)] * count
        else:
            self.by_instance = [self._variant(index) for index in range(count)]

    def ask(self, source: State, choice: Choice, target: State) -> int:
        """The claim on one step."""
        return self.by_instance[choice.instance](source, choice, target)

    def concerns(self, choice: Choice, writes: Writes) -> bool:
        """Whether the claim has to be asked about a step with these writes."""
        if self.uniform:
            return any(cell in self.ahead for cell, _ in writes)
        return choice.instance not in self.silent

    def idle(self, state: State) -> int:
        """What the claim says of the steps from a state that do not concern it."""
        return self.by_instance[0](state, NO_CHOICE, state) if self.uniform and self.by_instance else 0

    def _variant(self, index: int) -> OnStep:
        expr = resolve_took(self.ground, self.claim.expr, self.ground.instances[index])
        if isinstance(expr, Const) and expr.value != self.claim.deciding:
            self.silent.add(index)
        if has_slots(expr):
            return self._asked(expr)  # its message differs
        if expr not in self.variants:
            self.variants[expr] = self._remembered(expr)
        return self.variants[expr]

    def _asked(self, expr: Expr) -> OnStep:
        count, slots = len(self.ground.cells), self.claim.property.slots
        after = count + slots
        layout = Layout(0, count, after) if self.about_two else Layout(after, count)
        closure, deciding = stage_expr(expr, layout), self.claim.deciding
        instances = self.ground.instances

        def ask(source: State, choice: Choice, target: State) -> int:
            env = [*source, *(None,) * slots, *target]
            trigger = instances[choice.instance].trigger
            if isinstance(trigger, Receive):
                env[count] = source[trigger.queue][choice.at][2:]
            try:
                return HIT if closure(env) == deciding else 0
            except (RunError, BoundError):
                return ERR

        return ask

    def _remembered(self, expr: Expr) -> OnStep:
        """Without a message, the claim depends only on the cells that it reads in the two states."""
        ask = self._without_message(expr)
        if self.about_two:
            now, then = step_reads(expr)
        else:
            now, then = frozenset[int](), frozenset(cells_read(expr))
        first, second = cells_getter(now), cells_getter(then)
        table: dict[Any, int] = {}

        def remembered(source: State, choice: Choice, target: State) -> int:
            values = first(source), second(target)
            found = table.get(values)
            if found is None:
                if len(table) >= FULL:
                    table.clear()
                found = table[values] = ask(source, target)
            return found

        return remembered

    def _without_message(self, expr: Expr) -> Callable[[State, State], int]:
        """The claim on two states; for an expression without slots."""
        closure, deciding = stage_expr(expr, Layout(0, 0, len(self.ground.cells))), self.claim.deciding
        about_two = self.about_two

        def ask(source: State, target: State) -> int:
            try:
                return HIT if closure(source + target if about_two else target) == deciding else 0
            except (RunError, BoundError):
                return ERR

        return ask


NO_CHOICE = Choice(0)
