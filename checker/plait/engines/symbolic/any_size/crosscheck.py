"""Before anybody is told "any size": small sizes, by the reference semantics, state by state.

The invariant must hold in every reachable state of the instances with two and three identities of each sort, as far as
time allows, and steps must be steps of the encoding. Where they are not, the encoding is wrong, and that is ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic

from plait.engines.symbolic.any_size.logic import Formula
from plait.engines.symbolic.any_size.result import Looked
from plait.engines.symbolic.any_size.structures import Stepper, Structure, Translator, test_of
from plait.engines.symbolic.any_size.system import System
from plait.errors import EngineBug, JobError
from plait.evaluation import BoundError, RunError
from plait.semantics import Reached, State, initial_states, steps
from plait_spec.core import Model
from plait_spec.diagnostics import SpecError
from plait_spec.domain_of import bound_of
from plait_spec.domains import Value
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
    whole = ground(model, parameters)
    translator, stepper = Translator(whole, system), Stepper(system)
    tests = [(clause, test_of(clause)) for clause in invariant]
    end = monotonic() + seconds
    seen: set[tuple[State, frozenset[object]]] = set()
    waiting: deque[tuple[State, Structure]] = deque()
    compared = 0

    def meet(state: State, structure: Structure) -> None:
        key = (state, structure.facts if system.kept else frozenset())
        if key in seen:
            return
        seen.add(key)
        for clause, test in tests:
            if not test(structure, {}):
                raise EngineBug(f"an invariant for any size is false in a reachable state of {whole.ids}: {clause}")
        waiting.append((state, structure))

    for state in initial_states(whole):
        meet(state, translator.structure(state))
        if monotonic() > end:
            return Looked(whole.ids, len(seen), compared, complete=False)
    while waiting:
        state, structure = waiting.popleft()
        for choice, outcome in steps(whole, state):
            if not isinstance(outcome, Reached):
                continue
            then = translator.structure(outcome.state, structure)
            name = model.rules[whole.instances[choice.instance].rule].name
            if compared < MAX_STEPS:
                compared += 1
                if not stepper.allows(name, structure, then):
                    raise EngineBug(f"the encoding for any size has no step {name} that a run of {whole.ids} takes")
            meet(outcome.state, then)
        if monotonic() > end or len(seen) > MAX_STATES:
            return Looked(whole.ids, len(seen), compared, complete=False)
    return Looked(whole.ids, len(seen), compared, complete=True)
