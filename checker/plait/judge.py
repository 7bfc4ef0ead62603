"""Whether a decision is what the file says: a plan and a decision in, the expectation and whether it is met out."""

from __future__ import annotations

from plait.plan import Plan
from plait.verdict import Decision, Word
from plait_spec.core import Expected
from plait_spec.record import record


@record
class Judgement:
    """`expected` as the file writes it (None: nothing is expected in this run); `stated`: it does write it."""

    expected: str | None
    ok: bool
    stated: bool


def judge(plan: Plan, decision: Decision) -> Judgement:
    """Compare.  Words must be the same: an `undetermined` that turned out to hold is a file that is out of date.

    Where nothing is expected only an error is wrong.  `fails in N` is about the shortest trace; what cannot be shown
    by one (an unreachable state) has no length, so it never fails in any number of steps.
    """
    outcome = plan.stated.get(decision.property)
    if outcome is not None:
        same = decision.word == _word(outcome.expected)
        length = outcome.steps is None or outcome.steps == steps(decision)
        return Judgement(_written(outcome.expected, outcome.steps), same and length, stated=True)
    if plan.by_default:
        return Judgement("holds", decision.word == "holds", stated=False)
    return Judgement(None, decision.word != "error", stated=False)


def steps(decision: Decision) -> int | None:
    """The length of the run that shows a failure or a witness."""
    if decision.error is not None:
        return decision.error.steps
    return None if decision.choices is None else len(decision.choices.steps)


def _word(expected: Expected) -> Word:
    return expected


def _written(expected: Expected, length: int | None) -> str:
    return expected if length is None else f"{expected} in {length}"
