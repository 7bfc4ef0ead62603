"""An invariant as obligations, each asked of a solver that knows nothing but it.

    initially          the invariant holds in every initial state
    step by step       each step keeps each clause of it
    implies            it implies the property, and that no step errs

Nothing of how the invariant was found is used: a plain solver, a context of its own for every question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plait.engines.symbolic.any_size.epr import Epr
from plait.engines.symbolic.any_size.logic import Formula, negated
from plait.engines.symbolic.any_size.result import Obligation
from plait.engines.symbolic.any_size.system import Step, System, after

EFFORT = 50_000_000


def recheck(system: System, invariant: Sequence[Formula]) -> tuple[Obligation, ...]:
    """All obligations, in order."""
    return tuple(_obligations(system, invariant))


def _obligations(system: System, invariant: Sequence[Formula]) -> Iterator[Obligation]:
    wanted = [*invariant, *(duty.formula for duty in system.starts)]
    yield Obligation("initially", all(_follows(system, system.initial, one, None) for one in wanted))
    for name in dict.fromkeys(step.name for step in system.steps):
        steps = [step for step in system.steps if step.name == name]
        kept = all(
            _follows(system, (*invariant, step.guard), after(clause, step), step)
            for step in steps
            for clause in invariant
        )
        yield Obligation(f"step by step: {name}", kept)
    for claim in dict.fromkeys(duty.name for duty in system.claims):
        mine = [duty.formula for duty in system.claims if duty.name == claim]
        yield Obligation(f"implies {claim}", all(_follows(system, invariant, one, None) for one in mine))
    owed: dict[str, list[tuple[Step, Formula]]] = {}
    for step in system.steps:
        for duty in step.duties:
            owed.setdefault(f"{step.name}: {duty.name}", []).append((step, duty.formula))
    for name, duties in owed.items():
        yield Obligation(name, all(_follows(system, invariant, formula, step) for step, formula in duties))


def _follows(system: System, assumed: Sequence[Formula], wanted: Formula, step: Step | None) -> bool:
    free = () if step is None else step.free
    epr = Epr((*system.symbols, *free), system.axioms, EFFORT)
    return epr.ask(epr.plain(assumed), [negated(wanted)]) == "unsat"
