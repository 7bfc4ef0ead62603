"""The largest set of guesses that is inductive together (Flanagan and Leino, "Houdini", 2001), for any size.

A guess goes if it does not hold initially, or if some step from a state where all that are left hold leads to one
where it does not. What z3 cannot decide in time goes, too. The rest is an invariant.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from plait.engines.symbolic.any_size.epr import Epr
from plait.engines.symbolic.any_size.logic import Formula, neg, negated, symbols_in
from plait.engines.symbolic.any_size.system import Step, System, after
from plait_spec.record import record


class OutOfTime(Exception):  # noqa: N818 - the reason why a proof ends, not an error
    """The time for a proof is over."""


@record
class Clock:
    """When the time is over, on the clock of `monotonic`, and how much work one question is worth (z3's `rlimit`)."""

    end: float
    effort: int = 3_000_000

    def check(self) -> None:
        """Raise `OutOfTime` if it is."""
        if monotonic() > self.end:
            raise OutOfTime


def inductive(system: System, known: Sequence[Formula], guesses: Sequence[Formula], clock: Clock) -> list[Formula]:
    """The guesses that are an invariant together with `known`, which is one already."""
    epr = _epr(system, (), clock)
    starts = epr.solver(system.initial)
    left = []
    for guess in guesses:
        clock.check()
        if epr.ask(starts, [negated(guess)]) == "unsat":
            left.append(guess)
    return _kept(system, known, left, clock)


def _epr(system: System, free: Sequence[Step], clock: Clock) -> Epr:
    symbols = (*system.symbols, *(symbol for step in free for symbol in step.free))
    return Epr(symbols, system.axioms, clock.effort)


def _kept(system: System, known: Sequence[Formula], guesses: list[Formula], clock: Clock) -> list[Formula]:
    """Without those that some step does not keep, until every step keeps all that are left."""
    left = list(guesses)
    quiet = 0  # steps in a row that keep everything
    at = 0
    while quiet < len(system.steps):
        step = system.steps[at % len(system.steps)]
        dropped = _dropped(system, known, left, step, clock)
        left = [guess for number, guess in enumerate(left) if number not in dropped]
        quiet = 0 if dropped else quiet + 1
        at += 1
    return left


def _dropped(system: System, known: Sequence[Formula], left: Sequence[Formula], step: Step, clock: Clock) -> set[int]:
    """The numbers of guesses that the step does not keep."""
    written = {update.symbol for update in step.updates}
    concerned = [number for number, guess in enumerate(left) if symbols_in(guess) & written]
    if not concerned:
        return set()
    epr = _epr(system, (step,), clock)
    dropped: set[int] = set()
    solver = epr.solver((*known, *left, step.guard))
    for number in concerned:
        clock.check()
        if epr.ask(solver, [negated(after(left[number], step))]) != "unsat":
            dropped.add(number)
    return dropped


def implied(system: System, invariant: Sequence[Formula], wanted: Formula, step: Step | None, clock: Clock) -> bool:
    """Whether the invariant implies a formula (about what a step does, if one is given)."""
    clock.check()
    epr = _epr(system, () if step is None else (step,), clock)
    return epr.ask(epr.solver(invariant), [negated(wanted)]) == "unsat"


def without_repetition(system: System, invariant: Sequence[Formula], clock: Clock) -> list[Formula]:
    """The invariant without what the rest of it implies, the longest first."""
    left = list(invariant)
    epr = _epr(system, (), clock)
    for guess in sorted(invariant, key=lambda one: -len(repr(one))):
        clock.check()
        rest = [one for one in left if one is not guess]
        if epr.ask(epr.solver(rest), [neg(guess)]) == "unsat":
            left = rest
    return left
