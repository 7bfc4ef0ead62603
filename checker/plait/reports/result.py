"""What a command hands to the renderers: the report, and what went wrong beside it.

    Result  = Entry*, problems, interrupted
    Entry   = a run, and which of its parameters are not at their defaults
    Problem = a wrong text, a job that cannot be done, or an error of the tool: what kept a file or a run from a verdict

`exit_code` is a function of nothing but this value.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeAlias

from plait.verdict import PropertyReport, Run
from plait_spec.record import record

ProblemKind: TypeAlias = Literal["text", "job", "internal"]


class Exit(IntEnum):
    """The exit codes of `plait check`."""

    MET = 0
    NOT_MET = 1
    WRONG_INPUT = 2
    OPEN = 3
    INTERNAL = 4
    INTERRUPTED = 130


@record
class Problem:
    """Why something was not checked.

    `text` is the whole of it as a reader sees it, `message` its first sentence.  A wrong text has a code and a place;
    for the others `file` is what was being checked.
    """

    kind: ProblemKind
    file: str
    message: str
    text: str
    code: str | None = None
    line: int | None = None
    column: int | None = None


@record
class Entry:
    """A run; `changed` are those of its parameters that are not at their defaults, in words."""

    run: Run
    changed: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What `--proposal` calls it: the proposal, or the protocol where it is none."""
        return self.run.proposal or self.run.protocol

    def file_name(self, goal: str) -> str:
        """`PROPOSAL.PROPERTY`, and the parameters that are not at their defaults: the stem of files about a trace."""
        return stem(self.name, goal, self.changed)


@record
class Result:
    """Everything there is to tell."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> Exit:
        """The one code that says it all: an interrupt first, then 4 > 2 > 1 > 3 > 0."""
        trouble = exit_of(self.problems, interrupted=self.interrupted)
        if trouble is not None:
            return trouble
        runs = [entry.run for entry in self.entries]
        judged = [report for run in runs for report in run.properties]
        failed = any(not report.ok and not stays_open(report) for report in judged)
        if failed or any(run.model_error is not None for run in runs):
            return Exit.NOT_MET
        return Exit.OPEN if any(map(stays_open, judged)) else Exit.MET


def exit_of(problems: tuple[Problem, ...], *, interrupted: bool) -> Exit | None:
    """The code of what kept a job from its end: an interrupt first, then an error of plait, then wrong input."""
    if interrupted:
        return Exit.INTERRUPTED
    kinds = {problem.kind for problem in problems}
    if "internal" in kinds:
        return Exit.INTERNAL
    return Exit.WRONG_INPUT if kinds else None


def stem(name: str, goal: str, changed: tuple[tuple[str, str], ...]) -> str:
    """The stem of files about one goal: `PROPOSAL.PROPERTY`, and the parameters that are not at their defaults."""
    told = [",".join(f"{parameter}={value}" for parameter, value in changed)] if changed else []
    return ".".join([name, goal.replace(" ", "_"), *told])


def stays_open(report: PropertyReport) -> bool:
    """Whether nobody stated what to expect, and the search could not say that the property simply holds."""
    unstated = report.expected is not None and not report.stated
    return unstated and report.verdict in ("undetermined", "holds within")


def is_green(report: PropertyReport) -> bool:
    """Whether a property may look as if all were well: what is not known, though nobody expected that, may not."""
    unknown = report.verdict == "undetermined" and report.expected != "undetermined"
    return report.ok and not unknown
