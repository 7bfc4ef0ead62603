"""Which faults it takes, as text: a block for each run of a model, a line for each property.

January (Operations)  models/mesos/proposals.plait
  NoDoubleExecution  fails in 11 steps if master restarts once
  NoRegress          fails in 10 steps without any fault
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator

from plait.reports.faults_result import Cause, Explained, Explanation, FaultsResult, most, option, words
from plait.reports.result import Exit, stem
from plait.reports.trace_text import WIDTH, trace_lines
from plait_spec.diagnostics import counted, printable


def entry_text(entry: Explanation, *, show: bool) -> str:
    """The block of one run; with `show`, the shortest run of each least set."""
    lines = [*_head(entry), *_rows(entry)]
    if show:
        lines += _traces(entry)
    lines += _to_paste(entry)
    return "\n".join(lines) + "\n"


def end_text(result: FaultsResult) -> str:
    """How it ended."""
    asked = sum(len(entry.properties) for entry in result.entries)
    runs = counted(len(result.entries), "run")
    told = f"{asked:,} answers in {runs}" if asked != 1 else f"1 answer in {runs}"
    match result.exit_code:
        case Exit.INTERRUPTED:
            return f"interrupted; {told} until then\n"
        case Exit.OPEN:
            return f"{told}, not all of them complete: lift the limit\n"
        case Exit.WRONG_INPUT:
            return f"{told}; some could not be asked\n" if result.entries else "nothing was asked\n"
        case Exit.INTERNAL:
            return f"{told}; plait failed on some\n"
        case _:
            return f"{told}\n"


def render(result: FaultsResult, *, show: bool = False) -> str:
    """All of it."""
    blocks = [entry_text(entry, show=show) for entry in result.entries]
    blocks += [problem.text + "\n" for problem in result.problems]
    return "\n".join([*blocks, end_text(result)])


def _head(entry: Explanation) -> Iterator[str]:
    name = entry.protocol if entry.proposal is None else f"{entry.proposal} ({entry.protocol})"
    yield f"{name}  {printable(entry.file)}"
    if entry.changed:
        yield from _wrapped("  with ", ", ".join(f"{name} = {value}" for name, value in entry.changed))
    faults = "; ".join(map(most, entry.sources))
    yield from _wrapped("  what may go wrong: ", faults or "nothing")
    searches = "1 search" if entry.searches == 1 else f"{entry.searches:,} searches"
    yield f"  {searches}, {counted(entry.states, 'state')}, {entry.engine}, {entry.seconds:.2f} s"


def _rows(entry: Explanation) -> Iterator[str]:
    width = max((len(found.name) for found in entry.properties), default=0)
    for found in entry.properties:
        first, *more = _answer(found, any_fault=bool(entry.sources))
        yield from _wrapped(f"  {found.name:<{width}}  ", first)
        for line in more:
            yield from _wrapped(f"  {'':<{width}}    ", line)
    if entry.not_asked:
        yield from _wrapped("  not asked (no search decides it): ", ", ".join(entry.not_asked))


def _answer(found: Explained, *, any_fault: bool) -> list[str]:
    """A line, and others below it."""
    within = f" (within {', '.join(found.bounds)})" if found.bounds else ""
    match found.outcome:
        case "never":
            whatever = ", whatever goes wrong" if any_fault and not found.note else ""
            return [f"{_never(found)}{whatever}{within}"]
        case "open":
            return ["not known", *found.missing]
        case "without":
            without = " without any fault," if any_fault else ""
            return [f"{_shown(found)}{without} in {_length(found, found.causes[0])}"]
        case "with":
            return [*_causes(found, within), *(f"there may be more: {reason}" for reason in found.missing)]


def _causes(found: Explained, within: str) -> list[str]:
    texts = [f"{_faults(cause)}, in {_length(found, cause)}" for cause in found.causes]
    if len(texts) == 1:
        return [f"{_shown(found)} only if {texts[0]}{within}"]
    return [f"{_shown(found)} only if one of these is so{within}:", *texts]


def _length(found: Explained, cause: Cause) -> str:
    """The length of the run, and of the shortest of all where that is another."""
    steps = counted(cause.steps, "step")
    if found.note:
        return f"{steps} ({found.note})"
    same = found.shortest in (None, cause.steps)
    return steps if same else f"{steps} ({found.shortest} where everything may go wrong)"


def _faults(cause: Cause) -> str:
    """`master restarts once (of 2), link loses 1 message and wire reorders messages`."""
    texts = [
        words(source, level) + (f" (of {source.limit})" if source.limit is not None and level < source.limit else "")
        for source, level in cause.faults
    ]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _shown(found: Explained) -> str:
    match found.kind:
        case "reachable":
            return "is reached"
        case "error":
            return f"the model errs ({printable(found.title)})"
        case _:
            return "fails"


def _never(found: Explained) -> str:
    if found.note:
        return printable(found.note)
    return "is not reached" if found.kind == "reachable" else "holds"


def _traces(entry: Explanation) -> Iterator[str]:
    for found in entry.properties:
        for cause in found.causes:
            if cause.trace is None:
                continue
            yield ""
            yield f"  {found.name}, {_faults(cause) or 'without any fault'}"
            yield from (f"  {line}" for line in trace_lines(cause.trace))


def _to_paste(entry: Explanation) -> Iterator[str]:
    """The commands that draw the runs; that something is reached without any fault needs no picture."""
    commands = [
        draw_command(entry, found, cause)
        for found in entry.properties
        if found.kind != "reachable" or found.outcome == "with"
        for cause in found.causes
        if cause.trace is not None
    ]
    if commands:
        yield "  to draw it:" if len(commands) == 1 else "  to draw them:"
        yield from (f"  {command}" for command in commands)


def draw_command(entry: Explanation, found: Explained, cause: Cause) -> str:
    """The command that finds and draws the shortest run with no more than these faults."""
    sets = [word for name, value in entry.changed for word in ("--set", f"{name}={value}")]
    asked = ["--environment"] if entry.environment else []
    faults = ["--faults", option(cause.faults), *asked] if entry.sources else []
    words = ["plait", "trace", "draw", entry.file, "--proposal", entry.name, "--property", found.name, *sets, *faults]
    return printable(shlex.join([*words, "-o", f"{file_name(entry, found, cause)}.svg"]))


def file_name(entry: Explanation, found: Explained, cause: Cause) -> str:
    """The stem of files about one least set: `January.NoRegress.none`."""
    return f"{stem(entry.name, found.name, entry.changed)}.{option(cause.faults).replace(',', '+')}"


def _wrapped(head: str, text: str) -> list[str]:
    """A line, or several: where it is too long it goes on below its beginning."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * min(len(head), WIDTH // 2),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
