"""Files about traces: where `--traces`, `--draw` and `plait trace draw` write, and under which names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from plait.errors import JobError
from plait.reports.result import Entry
from plait.trace import Trace
from plait_spec.diagnostics import printable

DRAWINGS = (".svg", ".png", ".dot")


def named_traces(entries: Sequence[Entry]) -> Iterator[tuple[str, Trace]]:
    """The traces of failures and errors with a name each, `PROPOSAL.PROPERTY`, told apart where two would be alike."""
    return told_apart((entry.file_name(goal), trace) for entry in entries for goal, trace in failures(entry))


def told_apart(named: Iterable[tuple[str, Trace]]) -> Iterator[tuple[str, Trace]]:
    """The traces, with a number behind a name that another one has already."""
    taken: dict[str, int] = {}
    for name, trace in named:
        taken[name] = taken.get(name, 0) + 1
        yield (name if taken[name] == 1 else f"{name}.{taken[name]}"), trace


def failures(entry: Entry) -> Iterator[tuple[str, Trace]]:
    """The traces of a run that show something wrong, each with what it is about."""
    for report in entry.run.properties:
        shows = report.verdict in ("fails", "error") and report.trace != entry.run.error_trace
        if report.trace is not None and shows:
            yield report.name, report.trace
    if entry.run.model_error is not None and entry.run.error_trace is not None:
        yield entry.run.model_error.code, entry.run.error_trace


def write_traces(named: Iterable[tuple[str, Trace]], folder: Path) -> None:
    """A trace file for each."""
    from plait.reports.trace_file import dumps

    for name, trace in named:
        write_text(folder / f"{name}.trace.json", dumps(trace))


def draw_all(named: Iterable[tuple[str, Trace]], folder: Path) -> None:
    """A picture of each, to zoom into and to paste."""
    for name, trace in named:
        for suffix in (".svg", ".png"):
            draw(trace, folder / f"{name}{suffix}")


def draw(trace: Trace, path: Path, *, causal: bool = False) -> None:
    """One picture, in the format that the name of its file says."""
    from plait.reports.diagram import dot_text
    from plait.reports.render import RenderError, render

    dot = dot_text(trace, causal=causal)
    try:
        match path.suffix:
            case ".dot":
                write_text(path, dot)
            case ".svg":
                with_reason(path, lambda: render(dot, "svg", path))
            case ".png":
                with_reason(path, lambda: render(dot, "png", path))
            case _:
                raise JobError(f"{printable(str(path))}: the name must end in {', '.join(DRAWINGS)}")
    except RenderError as error:
        raise JobError(f"{printable(str(path))}: {error}") from error


def write_text(path: Path, text: str) -> None:
    """Write a file; what no encoding can express is escaped."""
    data = text.encode("utf-8", "backslashreplace")
    with_reason(path, lambda: path.write_bytes(data))


def with_reason(path: Path, write: Callable[[], object]) -> None:
    """Run a writer; say which file it was that could not be written."""
    try:
        write()
    except OSError as error:
        raise JobError(f"{printable(str(path))}: cannot be written: {error.strerror or error}") from error


def make_folder(path: Path) -> None:
    """Make a folder to write into, before any work is done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"{printable(str(path))}: cannot be made a folder: {error.strerror or error}") from error


def check_writable(path: Path) -> None:
    """Whether a file can be written, before any work is done."""
    if path.is_dir():
        raise JobError(f"{printable(str(path))}: cannot be written: it is a folder")
    if not path.exists() and not path.parent.is_dir():
        raise JobError(f"{printable(str(path))}: cannot be written: there is no folder {printable(str(path.parent))}")
