"""`plait trace show|draw|replay|minimise|diff`: a trace from a file, or of a property of a model that is searched."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli import Function, installed_of, job_of, limit_options, model_options
from plait.errors import EngineBug, JobError
from plait.interrupts import Interrupts
from plait.limits import Watch
from plait.parameters import parse_wish
from plait.plan import Loaded, Plan, plans
from plait.progress import Watcher
from plait.reports.result import Entry, Exit
from plait.session import SUFFIX, Job, find, load_file, search
from plait.trace import Choices, Trace
from plait.verdict import ModelError
from plait_spec.diagnostics import SpecError, counted, printable
from plait_spec.ground import Ground

if TYPE_CHECKING:
    from plait.faults import Levels
    from plait.tools import Tools

_CODE = re.compile(r"P5\d\d")


def search_options(function: Function) -> Function:
    """The options that say which run of a model is meant."""
    environment = click.option("--environment", is_flag=True, help="Environment actions count as faults.")
    faults = click.option("--faults", metavar="NAME=N,...|none", help="Nothing else may go wrong (see `plait faults`).")
    return model_options(faults(environment(limit_options(function))))


@click.group(short_help="Print, draw, replay, shorten and compare traces.")
def trace() -> None:
    """Print, draw, re-run, shorten a trace: TARGET is a trace file, or a model with --property (--proposal, --set)."""


@trace.command(short_help="Print it, as text or as a file.")
@click.argument("target", metavar="TARGET")
@search_options
@click.option("--format", "format", type=click.Choice(["text", "json", "itf"]), default="text", show_default=True)
def show(target: str, format: str, **options: Any) -> int:
    """Print it: as text, as a trace file, or in the Informal Trace Format."""
    found = _trace_of(target, options)
    if found is None:
        return Exit.WRONG_INPUT
    _print(found, format)
    return Exit.MET


def _print(found: Trace, format: str) -> None:
    match format:
        case "text":
            from plait.reports.trace_text import render

            click.echo(render(found), nl=False)
        case "json":
            from plait.reports.trace_file import dumps

            click.echo(dumps(found), nl=False)
        case _:
            from plait.reports.itf import dumps as itf

            click.echo(itf(found), nl=False)


@trace.command()
@click.argument("target", metavar="TARGET")
@search_options
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help=".svg, .png or .dot")
@click.option("--causal", is_flag=True, help="Grey out the steps that did not contribute to what broke.")
def draw(target: str, out: Path, causal: bool, **options: Any) -> int:
    """Draw it: a lane for each instance, a row for each step."""
    from plait import evidence

    if out.suffix not in evidence.DRAWINGS:
        raise JobError(f"{printable(str(out))}: the name must end in {', '.join(evidence.DRAWINGS)}")
    evidence.check_writable(out)
    found = _trace_of(target, options)
    if found is None:
        return Exit.WRONG_INPUT
    evidence.draw(found, out, causal=causal)
    return Exit.MET


@trace.command(short_help="Run it again on the model as it is now.")
@click.argument("target", metavar="TARGET")
@search_options
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="The model, if it has moved.")
def replay(target: str, model: Path | None, **options: Any) -> int:
    """Re-run its choices under the reference semantics, and say whether the same happens."""
    found = _trace_of(target, options)
    if found is None:
        return Exit.WRONG_INPUT
    from plait.tools import Installed

    tools = Installed()
    file = str(model) if model is not None else found.file
    try:
        again = replayed(found, file, tools)
    except SpecError as error:
        click.echo(str(error), err=True)
        return Exit.WRONG_INPUT
    except EngineBug as error:
        click.echo(f"{printable(found.goal)}: does not replay: {error}")
        return Exit.NOT_MET
    difference = first_difference(found, again)
    if difference is not None:
        click.echo(f"{printable(found.goal)}: replays, but not as it was: {difference}")
        return Exit.NOT_MET
    click.echo(f"{printable(found.goal)}: replays, and is identical ({counted(len(found.steps), 'step')})")
    return Exit.MET


@trace.command(short_help="Leave out every step that it does not need.")
@click.argument("target", metavar="TARGET")
@search_options
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="The model, if it has moved.")
@click.option("--format", "format", type=click.Choice(["text", "json", "itf"]), default="text", show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a trace file.")
def minimise(target: str, model: Path | None, format: str, out: Path | None, **options: Any) -> int:
    """Leave out every step that it does not need: what is left shows the same, and no single step can go.

    A shortest trace of a search has none to spare. A run from elsewhere (a random walk, a log, by hand) usually has.
    """
    from plait import evidence
    from plait.tools import Installed

    if out is not None:
        evidence.check_writable(out)
    found = _trace_of(target, options)
    if found is None:
        return Exit.WRONG_INPUT
    try:
        small = minimised(found, str(model) if model is not None else found.file, Installed())
    except SpecError as error:
        click.echo(str(error), err=True)
        return Exit.WRONG_INPUT
    except EngineBug as error:
        raise JobError(f"{printable(found.goal)}: this trace does not replay: {error}") from error
    if out is not None:
        from plait.reports.trace_file import dumps

        evidence.write_text(out, dumps(small))
    _print(small, format)
    before, after = len(found.steps), len(small.steps)
    shorter = f"{counted(before, 'step')} before, {after} now" if after < before else "no step can be left out"
    click.echo(f"{printable(found.goal)}: {shorter}", err=True)
    return Exit.MET


@trace.command(short_help="Say where two trace files part.")
@click.argument("one", metavar="TRACE")
@click.argument("other", metavar="TRACE")
def diff(one: str, other: str) -> int:
    """Say where two trace files part, and what is different at their ends.

    Exit: 0 they are alike, 1 they are not.
    """
    from plait.reports.trace_diff import differences

    told = differences((one, from_file(one)), (other, from_file(other)))
    click.echo("\n".join(told.lines))
    return Exit.MET if told.alike else Exit.NOT_MET


# ---- where a trace comes from


def _trace_of(target: str, options: dict[str, Any]) -> Trace | None:
    """The trace; None where the text of the model is wrong, which has been said."""
    if os.path.isdir(target) or target.endswith(SUFFIX):
        try:
            job, tools = job_of((target,), options), installed_of(options)
            if options["faults"] is None:
                return searched(job, tools)
            return searched_under(job, tools, parse_faults(options["faults"]), environment=options["environment"])
        except SpecError as error:
            click.echo(str(error), err=True)
            return None
    if options["sets"] or options["proposals"] or options["properties"] or options["faults"] is not None:
        message = (
            "--set, --proposal, --property and --faults choose what is searched; a trace file is one trace already"
        )
        raise JobError(message)
    return from_file(target)


def from_file(target: str) -> Trace:
    """The trace in a file."""
    from plait.reports.trace_file import TraceFileError, loads

    try:
        return loads(Path(target).read_bytes().decode("utf-8"))
    except OSError as error:
        raise JobError(f"{printable(target)}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise JobError(f"{printable(target)}: this is not a trace file") from error
    except TraceFileError as error:
        raise JobError(f"{printable(target)}: {error} (the name of a model ends in {SUFFIX})") from error


def searched(job: Job, tools: Tools) -> Trace:
    """Search for the one trace that the options name; raises JobError where there is none, or more than one."""
    goal = _goal(job)
    plan = _one_plan(job, goal, tools)
    with _watched(plan) as watch:
        interrupts = Interrupts(watch)
        entry = search(plan, tools, job.limits, symmetry=job.symmetry, interrupts=interrupts)
    found = _evidence(entry, goal)
    if found is None and interrupts.asked:
        raise KeyboardInterrupt
    if found is None:
        raise JobError(f"{entry.name} {goal}: there is no trace to show: {_verdict(entry, goal)}")
    return found


def searched_under(job: Job, tools: Tools, allowed: Levels, *, environment: bool) -> Trace:
    """The same where nothing may go wrong but what is allowed."""
    from plait.faults_search import How, run_under

    goal = _goal(job)
    plan = _one_plan(job, goal, tools)
    with _watched(plan) as watch:
        how = How(tools, job.limits, job.symmetry, lambda: watch)
        entry, found = run_under(plan, goal, allowed, how, environment=environment)
    if found is None:
        raise JobError(f"{entry.name} {goal}: there is no trace to show with these faults: {_verdict(entry, goal)}")
    return found


@contextmanager
def _watched(plan: Plan) -> Iterator[Watch | None]:
    """Who watches a search: it is shown where it is, on stderr."""
    watcher = Watcher("auto", lambda line: click.echo(line, err=True), terminal=sys.stderr.isatty())
    try:
        yield watcher.watch(plan.model.proposal or plan.model.protocol)
    finally:
        watcher.stop()


def _goal(job: Job) -> str:
    if len(job.properties) != 1:
        raise JobError("name the property whose trace you want: --property NAME")
    return job.properties[0]


def parse_faults(text: str) -> Levels:
    """`none`, or sources by name, each with how often it may happen: `master.restart=1,wire.reorder`."""
    found: dict[str, int | None] = {}
    for part in text.split(",") if text != "none" else ():
        name, equals, level = (word.strip() for word in part.partition("="))
        if not name or (equals and not re.fullmatch(r"[0-9]{1,9}", level)):
            raise JobError(f"--faults {text}: `{part}` is neither a name nor name=number, nor is all of it `none`")
        found[name] = int(level) if equals else None
    return found


def _one_plan(job: Job, goal: str, tools: Tools) -> Plan:
    loaded = tuple(entry for file in find(job.paths) for entry in load_file(file, tools))
    wanted = () if _CODE.fullmatch(goal) else (goal,)
    made = plans(loaded, job.wishes, job.proposals, wanted)
    chosen = made if job.wishes else tuple(plan for plan in made if plan.by_default)
    match chosen:
        case (plan,):
            return plan
        case ():
            raise JobError("there is no such run")
        case _:
            names = dict.fromkeys(plan.model.proposal or plan.model.protocol for plan in chosen)
            if len(names) > 1:
                raise JobError(f"--proposal is needed: there is {', '.join(names)}")
            raise JobError("more than one run is meant: give each --set one value")


def _evidence(entry: Entry, goal: str) -> Trace | None:
    if entry.run.model_error is not None and entry.run.model_error.code == goal:
        return entry.run.error_trace
    return next((report.trace for report in entry.run.properties if report.name == goal), None)


def _verdict(entry: Entry, goal: str) -> str:
    for report in entry.run.properties:
        if report.name == goal:
            return f"{report.verdict}{f' ({report.how})' if report.how else ''}"
    return "no such error was met"


# ---- the same again


def replayed(stored: Trace, file: str, tools: Tools) -> Trace:
    """The stored choices, run again on the model as it is now."""
    return _shown(stored, stored.choices, ground_of(stored, file, tools), file, tools)


def minimised(stored: Trace, file: str, tools: Tools) -> Trace:
    """A run of some of its steps that shows the same, and does not without any one of them."""
    from plait.minimise import minimise as shorten

    ground = ground_of(stored, file, tools)
    return _shown(stored, shorten(ground, stored), ground, file, tools)


def ground_of(stored: Trace, file: str, tools: Tools) -> Ground:
    """The model that a trace is of, as it is now, expanded for the parameters of the trace."""
    if not os.path.exists(file):
        raise JobError(f"{printable(file)}: the model of this trace is not there (--model says where it is)")
    loaded = load_file(file, tools)
    wanted = (stored.proposal or stored.protocol,)
    here: tuple[Loaded, ...] = tuple(entry for entry in loaded if entry.model.proposal == stored.proposal)
    wishes = tuple(parse_wish(f"{name}={value}") for name, value in stored.parameters)
    made = plans(here, wishes, wanted)
    if len(made) != 1:
        raise JobError(f"{printable(file)}: {printable(wanted[0])} has other parameters than this trace")
    return tools.ground(made[0].model, dict(made[0].parameters))


def _shown(stored: Trace, choices: Choices, ground: Ground, file: str, tools: Tools) -> Trace:
    """The trace of these choices, about what the stored trace is about."""
    shortest = stored.shortest and len(choices.steps) == len(stored.choices.steps)
    if stored.kind != "error":
        return tools.replay(ground, stored.file, choices, stored.goal, None, shortest)
    about = None if _CODE.fullmatch(stored.goal) else stored.goal
    error = ModelError(stored.goal, stored.what, file, 0, 0, choices, len(choices.steps), about)
    return tools.replay(ground, stored.file, choices, about, error, shortest)


def first_difference(stored: Trace, again: Trace) -> str | None:
    """The first thing in which two traces of the same choices differ, in words; the name of the file does not count."""
    parts: list[tuple[str, object, object]] = [("the initial state differs", stored.start, again.start)]
    for before, now in zip(stored.steps, again.steps, strict=False):
        parts.append((f"step {before.number} differs", before, now))
    parts += [
        ("the number of steps differs", len(stored.steps), len(again.steps)),
        ("the messages differ", stored.messages, again.messages),
        ("what breaks differs", (stored.goal, stored.broken), (again.goal, again.broken)),
        ("the choices differ", stored.choices, again.choices),
        ("the lanes or channels differ", (stored.lanes, stored.channels), (again.lanes, again.channels)),
        ("the words about it differ", (stored.kind, stored.what), (again.kind, again.what)),
    ]
    return next((words for words, before, now in parts if before != now), None)
