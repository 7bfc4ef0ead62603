"""A result as text for people: a block for each run, a line for each property, and the runs that say why.

A trace is shown of what fails at the defaults, expected or not, of what fails elsewhere and nobody expected, and of
every model error. `plait trace show` prints any of them, with the values at the start.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from plait.reports.result import Entry, Exit, Result, stays_open
from plait.reports.trace_text import WIDTH, trace_lines
from plait.trace import Trace
from plait.verdict import PropertyReport, Run
from plait_spec.diagnostics import counted, printable

_HANGING = 12  # columns kept free at least for what goes on below its line


def render(result: Result) -> str:
    """All runs, what kept others from being checked, and a line that sums up."""
    blocks = [run_text(entry) for entry in result.entries]
    blocks += [problem.text + "\n" for problem in result.problems]
    return "\n".join([*blocks, end_text(result)])


def run_text(entry: Entry) -> str:
    """The block of one run, with a line end at its end."""
    run = entry.run
    lines = [*_head(entry), *_rows(run.properties), *_notes(run)]
    for report in run.properties:
        if report.trace is not None and _shows_trace(entry, report) and report.trace != run.error_trace:
            lines += ["", *_failure(report, report.trace)]
    lines += _error(run)
    return "\n".join(lines) + "\n"


def end_text(result: Result) -> str:
    """How it all ended, and the line to paste after a failure."""
    return "\n".join([_sum(result), *_to_paste(result)]) + "\n"


def surprises(report: PropertyReport) -> bool:
    """Whether the verdict is a failure that nobody expected."""
    unexpected = report.expected is None or not report.ok
    return unexpected and report.verdict in ("fails", "error")


def _shows_trace(entry: Entry, report: PropertyReport) -> bool:
    at_the_defaults = not entry.changed
    return surprises(report) or (at_the_defaults and report.verdict in ("fails", "error"))


def property_text(entry: Entry, report: PropertyReport) -> str:
    """One property of a run by itself, with its trace and the command that draws it."""
    lines = [*_head(entry), *_rows([report])]
    if report.trace is not None and report.verdict in ("fails", "error"):
        lines += ["", *_failure(report, report.trace), draw_command(entry, report.name)]
    return "\n".join(lines)


def error_text(entry: Entry) -> str:
    """The model error of a run by itself."""
    return "\n".join([*_head(entry, counts=False), *_error(entry.run)])


def _head(entry: Entry, *, counts: bool = True) -> Iterator[str]:
    yield _title(entry.run)
    yield from _parameters(entry)
    if counts:
        yield from _wrapped("  ", _counts(entry.run))


def _wrapped(head: str, text: str) -> list[str]:
    """A line, or several: where it is too long it goes on below its beginning."""
    indent = " " * (len(head) if len(head) <= WIDTH // 2 else _HANGING)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [head.rstrip()]


def _title(run: Run) -> str:
    name = run.protocol if run.proposal is None else f"{run.proposal} ({run.protocol})"
    return f"{name}  {printable(run.file)}"


def _parameters(entry: Entry) -> list[str]:
    """Those that are not at their defaults first."""
    changed = [name for name, _ in entry.changed]
    shown = [(name in changed, f"{name} = {_word(value)}") for name, value in entry.run.parameters]
    parts = [", ".join(text for first, text in shown if first is wanted) for wanted in (True, False)]
    together = "; ".join(part for part in parts if part) or "no parameters"
    # A parameter and its value stay on one line.
    return [line.replace("\0", " ") for line in _wrapped("  ", together.replace(" = ", "\0=\0"))]


def _word(value: int | bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _counts(run: Run) -> str:
    numbers = [counted(run.states, "state"), counted(run.transitions, "transition")]
    parts = [*(numbers if run.counted else ["states not counted"]), f"depth {run.depth}"]
    if run.cut:
        parts.append(f"{counted(run.cut, 'step')} cut")
    parts += [run.engine, f"symmetry {run.symmetry}", f"{run.seconds.total:.2f} s"]
    if not run.complete:
        parts.append(f"not complete: {run.stopped or 'stopped early'}")
    return printable(", ".join(parts))


def _rows(reports: Sequence[PropertyReport]) -> Iterator[str]:
    rows = [(_mark(report), report.name, _verdict(report), _how(report)) for report in reports]
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for mark, name, verdict, how in rows:
        head = f"  {mark:<{widths[0]}}  {name:<{widths[1]}}  {verdict:<{widths[2]}}  "
        yield from _wrapped(head, printable(how))


def _mark(report: PropertyReport) -> str:
    if stays_open(report):
        return "OPEN"
    if not report.ok:
        return "WRONG"
    return "-" if report.expected is None else "ok"


def _verdict(report: PropertyReport) -> str:
    if report.verdict == "fails" and report.steps is not None:
        return f"fails in {report.steps}"
    return report.verdict


def _how(report: PropertyReport) -> str:
    # The length of a failure stands in the verdict already.
    told = report.verdict == "fails" and report.steps is not None
    parts = [report.how] if report.how and not told else []
    if report.expected is None:
        parts.append("nothing is expected of it here")
    elif not report.ok:
        unstated = "" if report.stated else ", as nothing else is stated"
        parts.append(f"expected: {report.expected}{unstated}")
    elif report.expected != "holds":
        parts.append("as expected")
    return "; ".join(parts)


def _notes(run: Run) -> Iterator[str]:
    if run.unfired is None:
        yield "  never fired: not known"
    elif run.unfired:
        never = "never fired" if run.complete else "not fired so far"
        yield from _wrapped(f"  {never}: ", ", ".join(run.unfired))
    for met in run.bounds_met:
        yield f"  bound met: {met.bound}" + (f" ({counted(met.cut, 'step')} cut)" if run.counted else "")
    if run.dead_ends:
        yield f"  dead ends: {counted(run.dead_ends, 'state')} without a next step"
    used = [f"{budget.step} {budget.used} of {budget.limit}" for budget in run.budgets if budget.limit]
    if used:
        yield from _wrapped("  faults used: ", ", ".join(used))
    readers: dict[str, list[str]] = {}
    for reader, variable in run.foreign_reads:
        readers.setdefault(reader, []).append(variable)
    for reader, variables in readers.items():
        read = ", ".join(dict.fromkeys(variables))
        yield from _wrapped("  ", f"{reader} reads {read} though no message carries it")


def _failure(report: PropertyReport, trace: Trace) -> Iterator[str]:
    yield from _evidence("FAILS" if report.verdict == "fails" else "ERROR", report.name, _place(report), trace)


def _place(report: PropertyReport) -> str:
    return f"{report.file}:{report.line}"


def _error(run: Run) -> Iterator[str]:
    error = run.model_error
    if error is None:
        return
    yield ""
    place = f"{error.file}:{error.line}:{error.column}"
    if run.error_trace is None:
        yield printable(f"  ERROR  {error.code}  {place}: {error.message}")
        return
    yield from _evidence("ERROR", error.code, f"{place}: {error.message}", run.error_trace)


def _evidence(word: str, name: str, place: str, trace: Trace) -> Iterator[str]:
    length = counted(len(trace.steps), "step")
    shortest = f"shortest, {length}" if trace.shortest else length
    yield printable(f"  {word}  {name}  {place}  ({shortest})")
    if trace.what and not place.endswith(f": {trace.what}"):
        yield f"    {printable(trace.what)}"
    yield from (f"  {line}" for line in trace_lines(trace))


def _sum(result: Result) -> str:
    runs = [entry.run for entry in result.entries]
    judged = [report for run in runs for report in run.properties if report.expected is not None]
    met = sum(report.ok for report in judged)
    left_open = sum(map(stays_open, judged))
    erring = sum(run.model_error is not None for run in runs)
    ran = counted(len(runs), "run")
    nothing = bool(runs) and not judged
    told = f"{ran}, of which nothing is expected" if nothing else f"{met} of {len(judged)} expectations met in {ran}"
    told += f", {left_open} open" if left_open else ""
    told += f"; the model errs in {erring}" if erring else ""
    match result.exit_code:
        case Exit.MET | Exit.NOT_MET:
            return told
        case Exit.WRONG_INPUT:
            return f"{told}; some could not be checked" if runs else "nothing was checked"
        case Exit.OPEN:
            return f"{told}: state what is expected of them, or lift the limit"
        case Exit.INTERNAL:
            return f"{told}; plait failed on some"
        case Exit.INTERRUPTED:
            return f"interrupted; {told} until then"


def _to_paste(result: Result) -> Iterator[str]:
    """The command that draws the most telling failure: an unexpected one, or else the first."""
    found = [
        (surprises(report), entry, report.name)
        for entry in result.entries
        for report in entry.run.properties
        if report.trace is not None and report.verdict in ("fails", "error")
    ]
    erring = [
        (True, entry, entry.run.model_error.code)
        for entry in result.entries
        if entry.run.model_error is not None and entry.run.error_trace is not None
    ]
    telling = next((one for one in found if one[0]), None) or next(iter([*erring, *found]), None)
    if telling is not None:
        yield draw_command(telling[1], telling[2])


def draw_command(entry: Entry, goal: str) -> str:
    """The command that draws the trace of a property (or, by its code, of a model error)."""
    sets = [word for name, value in entry.changed for word in ("--set", f"{name}={value}")]
    words = ["plait", "trace", "draw", entry.run.file, "--proposal", entry.name, "--property", goal, *sets]
    return printable(shlex.join([*words, "-o", f"{entry.file_name(goal)}.svg"]))
