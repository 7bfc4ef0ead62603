"""Before anybody is told "any size": small sizes, by the reference semantics, state by state.

The invariant must hold in every reachable state of the instances with two and three identities of each sort, as far as
time allows, and steps must be steps of the encoding. Where they are not, the encoding is wrong, and that is ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic

from plait.engines.symbolic.any_size.encode import NO_ERRORS
from plait.engines.symbolic.any_size.logic import Formula
from plait.engines.symbolic.any_size.result import Looked
from plait.engines.symbolic.any_size.structures import Stepper, Structure, Translator, test_of
from plait.engines.symbolic.any_size.system import System
from plait.errors import EngineBug, JobError
from plait.evaluation import BoundError, RunError
from plait.semantics import Cut, Failed, Reached, State, in_state, initial_states, on_step, steps
from plait_spec.core import Clear, Model
from plait_spec.core_walk import commands_below
from plait_spec.diagnostics import SpecError
from plait_spec.domain_of import bound_of
from plait_spec.domains import Value
from plait_spec.ground import Choice, Ground, Property
from plait_spec.grounding import ground
from plait_spec.types import ParameterBound, RangeType

MAX_STATES = 4_000
MAX_STEPS = 400  # that are looked for in the encoding


def cross_check(
    model: Model, parameters: Mapping[str, Value], system: System, invariant: Sequence[Formula], seconds: float
) -> tuple[Looked, ...]:
    """What was looked at, at two and three identities; raises `EngineBug` where the two disagree."""
    found: list[Looked] = []
    for size in (2, 3):
        chosen = {**parameters, **_sizes(model, parameters, size)}
        try:
            looked = _instance(model, chosen, system, invariant, seconds / 2)
        except (SpecError, JobError, RunError, BoundError):
            continue  # this size makes no sense, or has too many initial states
        found.append(looked)
    return tuple(found)


def _sizes(model: Model, parameters: Mapping[str, Value], size: int) -> dict[str, int]:
    """The parameters that say how many identities there are, at this size or the nearest that they can have."""
    named = {sort.size.name for sort in model.ids if isinstance(sort.size, ParameterBound)}
    found: dict[str, int] = {}
    for parameter in model.parameters:
        if parameter.name in named and isinstance(parameter.type, RangeType):
            lo, hi = (bound_of(bound, parameters) for bound in (parameter.type.lo, parameter.type.hi))
            found[parameter.name] = max(lo, min(size, hi))
    return found


def _instance(
    model: Model, parameters: Mapping[str, Value], system: System, invariant: Sequence[Formula], seconds: float
) -> Looked:
    look = _Look(ground(model, parameters), system, invariant)
    return look.around(monotonic() + seconds)


class _Look:
    """A search of one instance, state by state, as a system and as a ground model."""

    def __init__(self, whole: Ground, system: System, invariant: Sequence[Formula]) -> None:
        self.whole, self.system = whole, system
        self.translator, self.stepper = Translator(whole, system), Stepper(system)
        self.tests = [(clause, test_of(clause)) for clause in invariant]
        self.on_states = [
            about for about in whole.properties if not about.on_steps and about.kind in ("always", "never")
        ]
        lemmas = {about.name for about in whole.model.properties if about.kind == "lemma"}
        self.claimed = [about for about in whole.properties if about.name not in lemmas]
        self.on_steps = [about for about in self.claimed if about.on_steps]
        self.occasion = False
        self.fired: set[str] = set()
        self.claims = [(claim.name, test_of(claim.formula)) for claim in system.claims]
        self.seen: set[tuple[State, frozenset[object]]] = set()
        self.waiting: deque[tuple[State, Structure]] = deque()
        self.compared = 0
        self.clears = any(
            isinstance(command, Clear) for rule in whole.model.rules for command in commands_below(rule.body)
        )

    def around(self, end: float) -> Looked:
        """Breadth first, until the time is over."""
        for state in initial_states(self.whole):
            self.meet(state, self.translator.structure(state))
            if monotonic() > end:
                return self.looked(complete=False)
        while self.waiting:
            self.leave(*self.waiting.popleft())
            if monotonic() > end or len(self.seen) > MAX_STATES:
                return self.looked(complete=False)
        return self.looked(complete=True)

    def looked(self, complete: bool) -> Looked:
        """How far it came."""
        has_one = any(about.antecedent is not None or (about.kind == "never" and about.steps) for about in self.claimed)
        names = dict.fromkeys(self.name_of(instance.rule) for instance in self.whole.instances)
        unfired = tuple(name for name in names if name not in self.fired)
        occasion = self.occasion if has_one else None
        return Looked(self.whole.ids, len(self.seen), self.compared, complete, occasion, unfired)

    def name_of(self, rule: int) -> str:
        """The name of a step."""
        return self.whole.model.rules[rule].name

    def meet(self, state: State, structure: Structure) -> None:
        """A state: the invariant is true, and claims mean the same."""
        key = (state, structure.facts if self.system.kept else frozenset())
        if key in self.seen:
            return
        self.seen.add(key)
        for clause, test in self.tests:
            if not test(structure, {}):
                raise EngineBug(f"proved for any size and false in a reachable state of {self.whole.ids}: {clause}")
        for about in self.on_states:
            claims = [test for name, test in self.claims if name == about.name]
            if not claims:
                continue  # it names steps that do not matter
            claimed = all(test(structure, {}) for test in claims)
            if claimed != self.holds(about, state):
                raise EngineBug(f"{about.name} for any size differs from {about.name} in a state of {self.whole.ids}")
        self.waiting.append((state, structure))
        self.comes(state)

    def comes(self, state: State) -> None:
        """Note whether the claim has its occasion in a state."""
        for about in self.claimed:
            if not self.occasion and about.antecedent is not None and not about.on_steps:
                with suppress(RunError, BoundError):
                    self.occasion = in_state(self.whole, about.antecedent, state)

    def comes_with(self, choice: Choice, state: State, target: State, name: str) -> None:
        """Note whether the claim has its occasion in a step."""
        self.fired.add(name)
        for about in self.claimed:
            self.occasion |= about.kind == "never" and name in about.steps
            if not self.occasion and about.antecedent is not None and about.on_steps:
                with suppress(RunError, BoundError):
                    self.occasion = on_step(self.whole, about, about.antecedent, state, choice, target)

    def holds(self, about: Property, state: State) -> bool:
        """Whether a claim is true, without an error, by the reference semantics."""
        try:
            return in_state(self.whole, about.expr, state) == (about.kind == "always")
        except (RunError, BoundError):
            return False

    def leave(self, state: State, structure: Structure) -> None:
        """All steps from a state: each is one of the system, and so are errors and broken claims."""
        for choice, outcome in steps(self.whole, state):
            name = self.name_of(self.whole.instances[choice.instance].rule)
            match outcome:
                case Cut():
                    pass
                case Failed():
                    self.expect(self.stepper.breaks(name, NO_ERRORS, structure), f"{name} does not err")
                case Reached(target):
                    self.comes_with(choice, state, target, name)
                    then = self.translator.structure(target, structure)
                    if self.compared < MAX_STEPS or self.clears:
                        self.compared += 1
                        followed = self.stepper.follow(name, structure, then)
                        self.expect(followed is not None, f"{name} is no such step")
                        then = followed or then
                        self.claims_on(choice, state, target, name, structure)
                    self.meet(target, then)

    def claims_on(self, choice: Choice, state: State, target: State, name: str, structure: Structure) -> None:
        """What a step breaks here, it breaks there."""
        for about in self.on_steps:
            try:
                kept = on_step(self.whole, about, about.expr, state, choice, target) == (about.kind != "never")
            except (RunError, BoundError):
                kept = False
            if not kept:
                self.expect(self.stepper.breaks(name, about.name, structure), f"{name} does not break {about.name}")

    def expect(self, found: bool, what: str) -> None:
        """The two agree."""
        if not found:
            raise EngineBug(f"the encoding for any size and a run of {self.whole.ids} differ: {what}")
