"""From what an engine knows to a `Finding`, where it looks for runs and proofs instead of visiting all states.

    Known = goals that are met (with shortest runs), goals that no run meets (and why), and why the others stay open

Verdicts are the same words as `decide` gives for a complete search; whatever they would need that is not known makes
them `undetermined`.  States and transitions are not counted, and of bounds it is said that they are met, not how often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plait.decide import NOT_CHECKED, length
from plait.evaluation import RunError
from plait.outcome import MODEL_ERROR, Goal, Run, model_error, numbered, property_error
from plait.trace import Choices
from plait.verdict import BoundMet, Decision, Finding, ModelError, Seconds, Symmetry, Word
from plait_spec.ground import Ground, Property
from plait_spec.record import record


@record
class Known:
    """What an engine knows.

    `met` and `never` are goals that some run meets and that none meets, the latter with the reason for reports; `runs`
    are shortest runs for claims and errors that are met.  `reason` is why nothing is known of other goals.  `cuts` and
    `fired` are the goals that a bound is met and that a step of a name is taken.  `depth` is the greatest number of
    steps for which all runs were looked at.
    """

    engine: str
    depth: int
    reason: str
    symmetry: Symmetry
    seconds: Seconds
    runs: Mapping[Goal, Run]
    met: frozenset[Goal]
    never: Mapping[Goal, str]
    cuts: Mapping[str, Goal]
    fired: Mapping[str, Goal]
    start_error: RunError | None = None


def finding(ground: Ground, judged: Sequence[Property], known: Known) -> Finding:
    """The verdicts on the judged properties."""
    choices = numbered(ground, known.runs)
    error = model_error(ground, known.runs, known.start_error, choices)
    judge, decisions = _Judge(known, error), []
    for about in judged:
        wrong = property_error(ground, about, known.runs, choices)
        decisions.append(judge.decision(about, choices, wrong))
    complete = not judge.left
    fired = [goal in known.met for goal in known.fired.values()]
    decided = all(goal in known.met or goal in known.never for goal in known.fired.values())
    return Finding(
        engine=known.engine,
        states=0,
        transitions=0,
        depth=known.depth,
        cut=0,
        complete=complete,
        stopped=None if complete else known.reason,
        symmetry=known.symmetry,
        seconds=known.seconds,
        unfired=tuple(name for name, was in zip(known.fired, fired, strict=True) if not was) if decided else None,
        bounds_met=tuple(BoundMet(bound, 0) for bound, goal in sorted(known.cuts.items()) if goal in known.met),
        dead_ends=0,
        budgets=(),
        error=error,
        decisions=tuple(decisions),
        counted=False,
    )


class _Judge:
    """Verdicts from what is known."""

    def __init__(self, known: Known, error: ModelError | None) -> None:
        self.known, self.error = known, error
        self.left = 0  # how many verdicts want an answer

    def is_open(self, *goals: Goal) -> bool:
        """Whether it is not known of one of the goals whether it is met."""
        return any(goal not in self.known.met and goal not in self.known.never for goal in goals)

    def open(self, about: Property, what: str) -> Decision:
        """Undetermined, for want of an answer."""
        self.left += 1
        return Decision(about.name, "undetermined", f"{self.known.reason}{what}", None)

    def decision(self, about: Property, choices: Mapping[Goal, Choices], wrong: ModelError | None) -> Decision:
        """The verdict on one property."""
        if about.kind in NOT_CHECKED:
            code = NOT_CHECKED[about.kind]
            return Decision(about.name, "undetermined", f"{code}: not checked by this version: {code.title}", None)
        found = choices.get((about.index, "claim"))
        if found is not None:
            word: Word = "holds" if about.kind == "reachable" else "fails"
            return Decision(about.name, word, length(about, found), found)
        if self.is_open((about.index, "claim")):
            return self.open(about, "")
        if wrong is not None:
            return Decision(about.name, "error", f"{wrong.code}: {wrong.message}", None, wrong)
        if self.is_open((about.index, "error")):
            return self.open(about, ": its evaluation may err")
        return self.unreached(about) if about.kind == "reachable" else self.unbroken(about)

    def unreached(self, about: Property) -> Decision:
        """No run reaches it."""
        met = self.bounds_met()
        if met:
            return Decision(about.name, "undetermined", f"not reached; {met}", None)
        if self.is_open(*self.known.cuts.values()):
            return self.open(about, ": a bound may be met")
        return Decision(about.name, "fails", f"unreachable: {self.how(about)}", None)

    def unbroken(self, about: Property) -> Decision:
        """No run breaks it."""
        if self.error is not None:
            return Decision(about.name, "error", f"{self.error.code}: the model errs", None, self.error)
        if self.known.start_error is None and self.is_open(MODEL_ERROR):
            return self.open(about, ": the model may err")
        if about.antecedent is not None:
            antecedent = (about.index, "antecedent")
            if antecedent in self.known.never:
                return Decision(about.name, "vacuous", "the left side of its `implies` is never true", None)
            if self.is_open(antecedent):
                return self.open(about, ": its left side may never be true")
        if about.kind == "never" and about.steps:
            goals = [self.known.fired[name] for name in about.steps if name in self.known.fired]
            if not any(goal in self.known.met for goal in goals):
                if self.is_open(*goals):
                    return self.open(about, ": its steps may never be taken")
                return Decision(about.name, "vacuous", f"never fired: {', '.join(about.steps)}", None)
        met = self.bounds_met()
        if met:
            return Decision(about.name, "holds within", met, None)
        if self.is_open(*self.known.cuts.values()):
            return self.open(about, ": a bound may be met")
        return Decision(about.name, "holds", self.how(about), None)

    def bounds_met(self) -> str:
        """The bounds that are met, for reports."""
        return "; ".join(f"{bound}: met" for bound, goal in sorted(self.known.cuts.items()) if goal in self.known.met)

    def how(self, about: Property) -> str:
        """Why no run meets the claim."""
        return self.known.never[about.index, "claim"]
