"""That no run is longer than is said, and that none of these runs meets a goal: an obligation for where runs are short.

    all runs       no run from an initial state has more than so many steps, and no state or step of one meets a goal

The runs are written down once more, in a plain way. Of two steps in a row that do not depend on each other the one that
is declared first is taken first, as in the search (`bmc.dependent`): without that, runs of independent steps are
pigeonhole problems. An invariant whose other obligations are met makes the queries easier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import z3

from plait.engines.symbolic.bmc import dependent
from plait.engines.symbolic.formula import Formula, Renaming, either, is_true, term
from plait.engines.symbolic.obligations import Checker
from plait.engines.symbolic.obligations_answers import Answer, Refusal, Undecided
from plait.engines.symbolic.system import System, Target
from plait_spec.diagnostics import counted


def all_runs(checker: Checker, goals: Sequence[Target], longest: int) -> Answer:
    """None if no run has more than `longest` steps (or `NO_RUN`), and none of them meets a goal."""
    runs = _Runs(checker)
    some = runs.exist()
    for _ in range(longest + 1):
        if some is None:
            return None
        found = runs.meets(goals)
        if found is not None:
            return found
        runs.extend()
        some = runs.exist()
    return some if some is None or isinstance(some, Undecided) else runs.longer(longest, some)


class _Runs:
    """The runs of a system, so and so many steps long: `frames` are the bits of their states."""

    def __init__(self, checker: Checker) -> None:
        self.checker, self.system = checker, checker.system
        self.bits = [bit.term for bit in self.system.bits]
        self.frames = [self.bits]
        self.taken: list[list[Any]] = []  # between two frames, whether each step is the one
        self.dependent = _dependent(checker.system)
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
        if self.taken:
            self.solver.add(*self.in_order(self.taken[-1], taken, depth))
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
        some = self.model([self.now(either(when for _, when in asked))])
        if some is None or isinstance(some, Undecided):
            return some
        at = next(at for at, when in asked if is_true(some, self.now(when)))
        return self.refusal(some, None, at, self.renamings[-1])

    def in_order(self, before: Sequence[Any], taken: Sequence[Any], depth: int) -> Iterator[Any]:
        """That of two steps in a row the one declared first comes first, unless they depend on each other."""
        upto: Any = z3.BoolVal(val=False)  # the step before is declared no later than this one
        for at, (last, one) in enumerate(zip(before, taken, strict=True)):
            known = z3.Bool(f"u{at}@{depth}")
            yield known == z3.Or(upto, last)
            upto = known
            yield z3.Or(z3.Not(one), upto, *(before[other] for other in self.dependent[at]))

    def exist(self) -> Any:
        """A model of runs of this length; None if there is none, or Undecided."""
        return self.model([])

    def longer(self, longest: int, model: Any) -> Refusal:
        """That a run has a step more than is said, or that one begins."""
        if not self.taken:
            return self.refusal(model, "no run begins", None, self.renamings[-1])
        step = next(at for at, one in enumerate(self.taken[-1]) if is_true(model, one))
        return self.refusal(model, f"no run has more than {counted(longest, 'step')}", step, self.renamings[-2])

    def model(self, formulas: Sequence[Any]) -> Any:
        """A model of runs of which these are true; None if there is none, or Undecided."""
        if any(z3.is_false(one) for one in formulas):
            return None
        answer = self.solver.check(*formulas)
        if answer == z3.unknown:
            return Undecided("all runs", f"the solver gave up: {self.solver.reason_unknown()}")
        return self.solver.model() if answer == z3.sat else None

    def refusal(self, model: Any, part: str | None, step: int | None, frame: Renaming) -> Refusal:
        """A state of a run, and the step that is taken there."""
        state, choice, name, after = self.checker.moment(lambda formula: is_true(model, frame.of(term(formula))), step)
        return Refusal("all runs", part, state, choice, name, after)


def _dependent(system: System) -> list[list[int]]:
    """For each step those declared after it that it depends on."""
    found: list[list[int]] = [[] for _ in system.steps]
    for at, earlier in enumerate(dependent(system)):
        for other in earlier:
            found[other].append(at)
    return found
