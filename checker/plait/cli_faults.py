"""`plait faults`: the least sets of faults under which each property fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli import installed_of, job_of, limit_options, model_options
from plait.errors import JobError
from plait.progress import Mode, Watcher
from plait_spec.diagnostics import SpecError

if TYPE_CHECKING:
    from plait.plan import Plan
    from plait.reports.faults_result import Explanation, FaultsResult
    from plait.reports.result import Problem
    from plait.session import Job
    from plait.tools import Tools

_PATH = click.Path(path_type=Path)


@click.command(short_help="Find the least faults under which properties fail.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_options
@limit_options
@click.option("--environment", is_flag=True, help="Count environment actions among the faults.")
@click.option("--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--out", type=_PATH, metavar="FILE", help="Write the result here.")
@click.option("--show", is_flag=True, help="Print the shortest run of each least set (text).")
@click.option("--traces", type=_PATH, metavar="DIR", help="Write a trace file for each least set.")
@click.option("--draw", type=_PATH, metavar="DIR", help="Write an SVG and a PNG for each least set.")
@click.option("--progress", type=click.Choice(["auto", "plain", "off"]), default="auto", show_default=True)
def faults(
    paths: tuple[str, ...],
    environment: bool,
    format: str,
    out: Path | None,
    show: bool,
    traces: Path | None,
    draw: Path | None,
    progress: Mode,
    **options: Any,
) -> int:
    """Find what has to go wrong at least for each property to fail, and for each `reachable` to be reached.

    At the defaults, or in the runs that --set names. A fault is what the text declares with `may`, and that an
    `unordered` channel reorders. Each limit is one of each search.

    Exit: 0 every question is answered, 2 usage or a wrong text, 3 something stayed open, 4 an error of plait,
    130 interrupted. Whether an answer is welcome is for the expectations of `plait check` to say.
    """
    from plait import evidence
    from plait.reports import faults_json, faults_text

    job = job_of(paths, options)
    if out is not None:
        evidence.check_writable(out)
    for folder in (traces, draw):
        if folder is not None:
            evidence.make_folder(folder)
    stream = format == "text" and out is None

    def on_entry(entry: Explanation) -> None:
        if stream:
            click.echo(faults_text.entry_text(entry, show=show))

    watcher = Watcher(progress, lambda line: click.echo(line, err=True), terminal=sys.stderr.isatty())
    result = explained(job, installed_of(options), watcher, on_entry, environment=environment)
    for problem in result.problems:
        click.echo(problem.text, err=True)
    if stream:
        click.echo(faults_text.end_text(result), nl=False)
    else:
        text = faults_json.render(result) if format == "json" else faults_text.render(result, show=show)
        if out is None:
            click.echo(text, nl=False)
        else:
            evidence.write_text(out, text)
    _write(result, traces, draw)
    return result.exit_code


def explained(
    job: Job, tools: Tools, watcher: Watcher, on_entry: Callable[[Explanation], None], *, environment: bool
) -> FaultsResult:
    """An explanation for each run of the job; what kept others from one is among the problems."""
    from plait.faults_search import How, explain
    from plait.reports.faults_result import FaultsResult
    from plait.session import problem_of

    entries: list[Explanation] = []
    problems: list[Problem] = []
    try:
        for plan in _planned(job, tools, problems):
            how = How(
                tools, job.limits, job.symmetry, partial(watcher.watch, plan.model.proposal or plan.model.protocol)
            )
            try:
                entry = explain(plan, how, environment=environment)
            except Exception as error:
                found = problem_of(plan.file, error)
                problems += [] if found in problems else [found]
            else:
                entries.append(entry)
                watcher.stop()
                on_entry(entry)
    except KeyboardInterrupt:
        return FaultsResult(tuple(entries), tuple(problems), interrupted=True)
    finally:
        watcher.stop()
    return FaultsResult(tuple(entries), tuple(problems))


def _planned(job: Job, tools: Tools, problems: list[Problem]) -> list[Plan]:
    """The runs: those that --set names, or else each model at its defaults."""
    from plait.faults_search import ASKED
    from plait.plan import choose, runs_of
    from plait.session import find, load_all, text_problems

    loaded = load_all(find(job.paths), tools, problems)
    if problems and not loaded:
        return []
    planned: list[Plan] = []
    for entry in choose(loaded, job.wishes, job.proposals, job.properties):
        try:
            runs = tuple(runs_of(entry, job.wishes, job.properties))
        except SpecError as error:
            problems += text_problems(error)
        else:
            planned += runs if job.wishes else [plan for plan in runs if plan.by_default]
    kinds = {found.name: found.kind for plan in planned for found in plan.model.properties}
    for name in job.properties:
        if name in kinds and kinds[name] not in ASKED:
            raise JobError(f"--property {name}: no search decides `{kinds[name]}`: there is nothing to ask")
    if not planned and not problems:
        raise JobError("there is nothing to ask: no protocol that is not abstract, or none with these parameters")
    return planned


def _write(result: FaultsResult, traces: Path | None, draw: Path | None) -> None:
    from plait import evidence
    from plait.reports.faults_text import file_name

    shown = [
        (file_name(entry, found, cause), cause.trace)
        for entry in result.entries
        for found in entry.properties
        for cause in found.causes
        if cause.trace is not None
    ]
    if traces is not None:
        evidence.write_traces(evidence.told_apart(shown), traces)
    if draw is not None:
        evidence.draw_all(evidence.told_apart(shown), draw)
