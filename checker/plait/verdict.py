"""What a run found: plain data that engines hand to the session, and the session to the reports.

    Finding = counts and, for each property, what the search decided, with choices instead of traces (from engines)
    Run     = one entry of the report: the same with expectations judged and traces replayed (for reports)

Non-goals: how anything was found, and how it is printed.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait.trace import Choices, Trace
from plait_spec.record import record

Word: TypeAlias = Literal["holds", "holds within", "fails", "undetermined", "vacuous", "error"]
Symmetry: TypeAlias = Literal["full", "partial", "off"]


@record
class ModelError:
    """An error of the model met in a run: its code, what went wrong, where in the text, and the run up to it.

    The last choice of `choices` is the step that errs.  In a property's evaluation the error is met in the state after
    the last step, and `in_property` names it.  `steps` counts the steps, the erring one included.
    """

    code: str
    message: str
    file: str
    line: int
    column: int
    choices: Choices
    steps: int
    in_property: str | None = None


@record
class Decision:
    """What an engine decided about one property.

    `how` carries reasons, bounds and codes (`exhausted`, `capacity of calls: 12 steps cut`, `P401 ...`).  `choices`
    is the run that shows a failure or a witness, None where there is none.
    """

    property: str
    word: Word
    how: str
    choices: Choices | None
    error: ModelError | None = None


@record
class BoundMet:
    """A bound of the model that cut steps: `capacity of link` or `now: within 0..6`, and how many transitions."""

    bound: str
    cut: int


@record
class Budget:
    """A budget of faults: its step name, its limit, and the most that was used in any state."""

    step: str
    limit: int
    used: int


@record
class Seconds:
    """Wall-clock seconds of a run."""

    total: float
    compile: float
    search: float


@record
class Finding:
    """The outcome of a search of one ground model.

    `states`, `transitions`, `depth` as DESIGN section 4 counts them; `cut` counts steps cut by bounds.  `complete` is
    false where a limit or an interrupt (`stopped`: the reason) ended the search early.  `unfired` are step names of
    rules that exist but never fired, None where this is not known.  Where `counted` is false the
    engine visits no states: states, transitions, cuts and dead ends are 0, of bounds it is known only which are met.
    """

    engine: str
    states: int
    transitions: int
    depth: int
    cut: int
    complete: bool
    stopped: str | None
    symmetry: Symmetry
    seconds: Seconds
    unfired: tuple[str, ...] | None
    bounds_met: tuple[BoundMet, ...]
    dead_ends: int
    budgets: tuple[Budget, ...]
    error: ModelError | None
    decisions: tuple[Decision, ...]
    counted: bool = True


@record
class PropertyReport:
    """One property of one run, judged.

    `expected` is the expectation that applies (None: none does), `ok` whether it was met; `stated` is false where
    nobody wrote an expectation down, so that `holds` is expected.  `steps` is the length of the trace.  `line` and
    `column` are its place in `file`; `text` its claim as written; `title` its doc line.
    """

    name: str
    kind: str
    verdict: Word
    how: str
    engine: str
    steps: int | None
    expected: str | None
    ok: bool
    trace: Trace | None
    title: str
    text: str
    file: str
    line: int
    column: int
    stated: bool = True


@record
class Run:
    """One entry of the report: one protocol or proposal at one set of parameters.

    `model_error` comes with its own trace.  `foreign_reads` are (step, variable) pairs.
    """

    file: str
    protocol: str
    proposal: str | None
    parameters: tuple[tuple[str, int | bool | str], ...]
    engine: str
    states: int
    transitions: int
    depth: int
    cut: int
    complete: bool
    stopped: str | None
    symmetry: Symmetry
    seconds: Seconds
    unfired: tuple[str, ...] | None
    bounds_met: tuple[BoundMet, ...]
    model_error: ModelError | None
    error_trace: Trace | None
    dead_ends: int
    budgets: tuple[Budget, ...]
    foreign_reads: tuple[tuple[str, str], ...]
    properties: tuple[PropertyReport, ...]
    counted: bool = True


@record
class Report:
    """Everything a command found, in the order of the files and of the declarations in them."""

    version: str
    runs: tuple[Run, ...]
