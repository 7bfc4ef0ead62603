"""A job from paths to a result: find, load, plan, search, replay, judge.

    check(job, tools, watch, on_entry) -> Result
    search(plan, tools, ...)           -> Entry       one run, for those who plan by themselves

A wrong text, a job that cannot be done and an error of the tool end what they concern and nothing else; each becomes a
`Problem` of the result.  An engine's choices become a trace only through `replay`: where the two disagree it is an
EngineBug, and so a problem, never a verdict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from plait.errors import EngineBug, JobError
from plait.interrupts import Interrupts
from plait.judge import judge, steps
from plait.limits import Limits, Watch
from plait.parameters import Wish, in_words, shown
from plait.plan import Loaded, Plan, choose, runs_of
from plait.reports.result import Entry, Problem, Result
from plait.tools import Tools
from plait.trace import Choices, Trace
from plait.verdict import Decision, Finding, ModelError, PropertyReport, Run
from plait_spec.core import Property
from plait_spec.diagnostics import Diagnostic, SpecError, printable, render
from plait_spec.ground import Ground
from plait_spec.record import record
from plait_spec.restrict import restrict

SUFFIX = ".plait"
UNLIMITED = Limits()


@record
class Job:
    """What `plait check` is asked for.  Empty `proposals` and `properties` mean all of them."""

    paths: tuple[str, ...]
    wishes: tuple[Wish, ...] = ()
    proposals: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    limits: Limits = UNLIMITED
    symmetry: bool = True


def check(
    job: Job,
    tools: Tools,
    watch: Callable[[Plan], Watch | None] = lambda plan: None,
    on_entry: Callable[[Entry], None] = lambda entry: None,
) -> Result:
    """Everything that the job asks for; raises JobError if it asks for what is not there.

    `watch` gives each run its watcher, `on_entry` hears of each run as it ends.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    try:
        loaded = load_all(find(job.paths), tools, problems)
        for plan in _planned(job, loaded, problems):
            interrupts = Interrupts(watch(plan))
            try:
                entry = search(plan, tools, job.limits, symmetry=job.symmetry, interrupts=interrupts)
            except Exception as error:
                found = problem_of(plan.file, error)
                if found not in problems:  # what is inherited is wrong in every proposal
                    problems.append(found)
            else:
                entries.append(entry)
                on_entry(entry)
            if interrupts.asked:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        return Result(tuple(entries), tuple(problems), interrupted=True)
    return Result(tuple(entries), tuple(problems))


# ---- files


def find(paths: Sequence[str]) -> tuple[str, ...]:
    """The model files: those named, and those in the folders named, each folder sorted; each file once."""
    found: dict[str, str] = {}
    for path in paths:
        for file in _files_at(path):
            found.setdefault(os.path.realpath(file), file)
    return tuple(found.values())


def _files_at(path: str) -> tuple[str, ...]:
    if os.path.isdir(path):
        files = tuple(_in_folder(path))
        if not files:
            raise JobError(f"{printable(path)}: there is no *{SUFFIX} file in this folder")
        return files
    if not os.path.exists(path):
        raise JobError(f"{printable(path)}: no such file or folder")
    return (path,)


def _in_folder(folder: str) -> Iterator[str]:
    for at, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(SUFFIX):
                yield os.path.join(at, name)


def load_all(files: Sequence[str], tools: Tools, problems: list[Problem]) -> tuple[Loaded, ...]:
    """The models of these files; whatever is wrong with some of them is added to the problems."""
    loaded: list[Loaded] = []
    for file in files:
        try:
            loaded += load_file(file, tools)
        except SpecError as error:
            problems += text_problems(error)
        except Exception as error:
            problems.append(problem_of(file, error))
    return tuple(loaded)


def load_file(file: str, tools: Tools) -> tuple[Loaded, ...]:
    """The models of one file that can be run; raises SpecError."""
    try:
        models = tools.load(Path(file))
    except OSError as error:
        raise JobError(f"{printable(file)}: {error.strerror or error}") from error
    return tuple(Loaded(file, model) for model in models)


def _planned(job: Job, loaded: tuple[Loaded, ...], problems: list[Problem]) -> tuple[Plan, ...]:
    try:
        chosen = choose(loaded, job.wishes, job.proposals, job.properties)
    except JobError:
        # What is named may stand in the text that is wrong: then that is all there is to say.
        if problems:
            return ()
        raise
    planned: list[Plan] = []
    for entry in chosen:
        try:
            planned += runs_of(entry, job.wishes, job.properties)
        except SpecError as error:
            problems += text_problems(error)
        except JobError as error:
            if job.wishes:
                raise
            problems.append(problem_of(entry.file, error))
    if not planned and not problems:
        raise JobError("there is nothing to check: no protocol that is not abstract, or none with these parameters")
    return tuple(planned)


# ---- one run


def search(
    plan: Plan,
    tools: Tools,
    limits: Limits = UNLIMITED,
    *,
    symmetry: bool = True,
    interrupts: Interrupts | None = None,
) -> Entry:
    """Search the model of a plan, replay what was found, and judge it."""
    heard = interrupts or Interrupts(None)
    ground = tools.ground(restrict(plan.model, plan.properties), dict(plan.parameters))
    with heard:
        finding = tools.check(ground, plan.properties, limits, symmetry, heard.watch)
    show = _Replayer(plan, ground, tools)
    decisions = {decision.property: decision for decision in finding.decisions}
    missing = [name for name in plan.properties if name not in decisions]
    if missing:
        raise EngineBug(f"{finding.engine} says nothing about {', '.join(missing)}")
    declared = {found.name: found for found in plan.model.properties}
    reports = tuple(_report(plan, declared[name], decisions[name], finding, show) for name in plan.properties)
    changed = dict(shown(plan.model, plan.changed))
    return Entry(_run(plan, finding, reports, show), tuple((name, in_words(value)) for name, value in changed.items()))


class _Replayer:
    """Choices of this run into traces; a model error, which many properties may name, once."""

    def __init__(self, plan: Plan, ground: Ground, tools: Tools) -> None:
        self._plan, self._ground, self._tools = plan, ground, tools
        self._errors: dict[ModelError, Trace | None] = {}

    def property(self, found: Property, choices: Choices) -> Trace:
        return self._tools.replay(self._ground, self._plan.file, choices, found.name, None, True)

    def error(self, error: ModelError) -> Trace | None:
        """None for an error before there is any state: no run leads to it."""
        if error.steps == 0 and error.in_property is None:
            return None
        if error not in self._errors:
            file, choices, about = self._plan.file, error.choices, error.in_property
            self._errors[error] = self._tools.replay(self._ground, file, choices, about, error, True)
        return self._errors[error]


def _report(plan: Plan, found: Property, decision: Decision, finding: Finding, show: _Replayer) -> PropertyReport:
    verdict = judge(plan, decision)
    trace = None
    if decision.error is not None:
        trace = show.error(decision.error)
    elif decision.choices is not None:
        trace = show.property(found, decision.choices)
    return PropertyReport(
        name=found.name,
        kind=found.kind,
        verdict=decision.word,
        how=decision.how,
        engine=finding.engine,
        steps=steps(decision),
        expected=verdict.expected,
        ok=verdict.ok,
        trace=trace,
        title=found.doc[0] if found.doc else "",
        text=" ".join(found.expr.span.text.split()),
        file=found.span.source.name,
        line=found.span.line,
        column=found.span.column,
        stated=verdict.stated,
    )


def _run(plan: Plan, finding: Finding, reports: tuple[PropertyReport, ...], show: _Replayer) -> Run:
    return Run(
        file=plan.file,
        protocol=plan.model.protocol,
        proposal=plan.model.proposal,
        parameters=shown(plan.model, plan.parameters),
        engine=finding.engine,
        states=finding.states,
        transitions=finding.transitions,
        depth=finding.depth,
        cut=finding.cut,
        complete=finding.complete,
        stopped=finding.stopped,
        symmetry=finding.symmetry,
        seconds=finding.seconds,
        unfired=finding.unfired,
        bounds_met=finding.bounds_met,
        model_error=finding.error,
        error_trace=None if finding.error is None else show.error(finding.error),
        dead_ends=finding.dead_ends,
        budgets=finding.budgets,
        foreign_reads=tuple((read.reader, read.variable) for read in plan.model.foreign_reads),
        properties=reports,
        counted=finding.counted,
    )


# ---- what went wrong


def text_problems(error: SpecError) -> Iterator[Problem]:
    """A problem for each diagnostic."""
    yield from map(_text_problem, error.diagnostics)


def _text_problem(found: Diagnostic) -> Problem:
    span = found.span
    return Problem(
        kind="text",
        file=span.source.name,
        message=found.message,
        text=render(found),
        code=str(found.code),
        line=span.line,
        column=span.column,
    )


def problem_of(file: str, error: Exception) -> Problem:
    """What kept a file or a run from being checked."""
    match error:
        case SpecError(diagnostics=(first, *_)):
            found = _text_problem(first)
            return Problem(
                "text", found.file, found.message, str(error), code=found.code, line=found.line, column=found.column
            )
        case JobError():
            return Problem("job", file, str(error), f"error: {error}")
        case _:
            return Problem("internal", file, f"{type(error).__name__}: {error}", internal_error_text(file, error))


def internal_error_text(file: str, error: BaseException) -> str:
    """What to print of an error that is ours, and how to report it."""
    import traceback

    frames = "".join(traceback.format_exception(error)).rstrip()
    return (
        f"{printable(file)}: internal error of plait, not a verdict about the model\n"
        + "\n".join(f"  {printable(line)}" for line in frames.splitlines())
        + "\nPlease report this with the command, the model and the lines above."
    )
