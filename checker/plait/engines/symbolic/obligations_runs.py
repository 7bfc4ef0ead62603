"""That no run is longer than is said, and that none of these runs meets a goal: an obligation for where runs are short.

    all runs       no run from an initial state has more than so many steps, and no state or step of one meets a goal

The runs are written down once more, in the plainest way: of the search nothing is used, which leaves out orders of
steps that do not depend on each other, and cuts runs short by what it has learned. An invariant whose other obligations
are met makes the queries easier.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from plait.engines.symbolic.formula import Formula, Renaming, either, is_true, term
from plait.engines.symbolic.obligations import Checker
from plait.engines.symbolic.obligations_answers import Answer, Refusal, Undecided
from plait.engines.symbolic.system import Target


def all_runs(checker: Checker, goals: Sequence[Target], longest: int) -> Answer:
    """None if no run has more than `longest` steps (-1: there is none at all), and none of them meets a goal."""
    runs = _Runs(checker)
    for _ in range(longest + 1):
        found = runs.meets(goals)
        if found is not None:
            return found
        runs.extend()
    return runs.exists(longest)


class _Runs:
    """The runs of a system, so and so many steps long: `frames` are the bits of their states."""

    def __init__(self, checker: Checker) -> None:
        self.checker, self.system = checker, checker.system
        self.bits = [bit.term for bit in self.system.bits]
        self.frames = [self.bits]
        self.taken: list[list[Any]] = []  # between two frames, whether each step is the one
        self.renamings = [Renaming(self.bits, self.bits)]
        self.solver = checker.solver([self.system.initial, *(part.formula for part in checker.invariant)])

    def now(self, formula: Formula) -> Any:
        """A formula about the last states."""
        return self.renamings[-1].of(term(formula))

    def extend(self) -> None:
        """One step more."""
        depth = len(self.frames)
        before, steps = self.frames[-1], self.system.steps
        taken = [z3.Bool(f"t{at}@{depth}") for at in range(len(steps))]
        writers: dict[int, list[Any]] = {}
        after = list(before)
        for one, step in zip(taken, steps, strict=True):
            self.solver.add(z3.Implies(one, self.now(step.guard)))
            for bit, value in step.updates.items():
                after[bit] = z3.Bool(f"b{bit}@{depth}")
                writers.setdefault(bit, []).append(one)
                self.solver.add(z3.Implies(one, after[bit] == self.now(value)))
        self.solver.add(*(z3.Or(*who, after[bit] == before[bit]) for bit, who in writers.items()))
        self.solver.add(*([z3.Or(taken), z3.AtMost(*taken, 1)] if taken else [z3.BoolVal(False)]))
        self.frames.append(after)
        self.taken.append(taken)
        self.renamings.append(Renaming(self.bits, after))
        self.solver.add(*(self.now(part.formula) for part in self.checker.invariant))

    def meets(self, goals: Sequence[Target]) -> Answer:
        """Whether a goal is met by the last state of a run, or by a step from there."""
        start = len(self.frames) == 1
        asked: list[tuple[int | None, Formula]] = []
        for goal in goals:
            asked += [(None, goal.state), (None, goal.start if start else False), *goal.steps.items()]
        if self.ask([self.now(either(when for _, when in asked))], None, None) is None:
            return None
        answers = (self.ask([self.now(when)], None, at) for at, when in asked)
        return next(found for found in answers if found is not None)

    def exists(self, longest: int) -> Answer:
        """Whether there is a run of this length."""
        return self.ask([], f"no run has more than {longest} steps" if longest >= 0 else "no run begins", None)

    def ask(self, formulas: Sequence[Any], part: str | None, step: int | None) -> Answer:
        """None if there is no such run; else its last state, and the step that it takes there."""
        if any(z3.is_false(one) for one in formulas):
            return None
        answer = self.solver.check(*formulas)
        if answer == z3.unsat:
            return None
        if answer == z3.unknown:
            return Undecided("all runs", f"the solver gave up: {self.solver.reason_unknown()}")
        model = self.solver.model()
        frame = self.renamings[-1]
        if part is not None and self.taken:
            frame = self.renamings[-2]
            step = next(at for at, one in enumerate(self.taken[-1]) if is_true(model, one))
        state, choice, name, after = self.checker.moment(lambda formula: is_true(model, frame.of(term(formula))), step)
        return Refusal("all runs", part, state, choice, name, after)
