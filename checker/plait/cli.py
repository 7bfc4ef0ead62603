"""The command `plait`: options in, exit codes out; what the verbs do is in the session and the reports.

stdout is the result, stderr everything else.  A mistake of the user is one sentence and exit 2, a mistake of ours says
so and is exit 4; nothing else ever prints a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plait.errors import JobError
from plait.limits import Limits
from plait.parameters import parse_wish
from plait.plan import Plan
from plait.progress import Mode, Watcher
from plait.reports import FORMATS, rendered
from plait.reports.result import Entry, Exit, Result
from plait.session import Job, internal_error_text

if TYPE_CHECKING:
    from plait.tools import Installed


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; the exit code."""
    try:
        given = sys.argv[1:] if arguments is None else arguments
        # Not `plait.main`: it ends the program by itself where a pipe is broken.
        with plait.make_context("plait", list(given)) as context:
            code = plait.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return Exit.WRONG_INPUT
    except JobError as error:
        _complain(f"error: {error}")
        return Exit.WRONG_INPUT
    except BrokenPipeError:
        return _broken_pipe()
    except OSError as error:
        if error.filename is None:
            _complain(f"error: the result cannot be written: {error.strerror or error}")
            _drop_stdout()
            return Exit.WRONG_INPUT
        _complain(internal_error_text("plait", error))
        return Exit.INTERNAL
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return Exit.INTERRUPTED
    except Exception as error:
        _complain(internal_error_text("plait", error))
        return Exit.INTERNAL
    return code if isinstance(code, int) else Exit.MET


def _broken_pipe() -> int:
    """Whoever read the result has gone; nothing more can be told there, not even at the interpreter's own end."""
    _drop_stdout()
    _complain("error: the result cannot be written: whoever was reading it has stopped")
    return Exit.WRONG_INPUT


def _complain(text: str) -> None:
    """On stderr; the exit code says as much where nobody can read it."""
    with suppress(OSError):
        click.echo(text, err=True)


def _drop_stdout() -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    del option
    if wanted and not context.resilient_parsing:
        import plait as package

        click.echo(f"plait {package.__version__}")
        context.exit()


class _Verbs(click.Group):
    """The verbs; those below are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "faults", "prove", "trace"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "trace":
            from plait.cli_trace import trace

            return trace
        if cmd_name == "faults":
            from plait.cli_faults import faults

            return faults
        if cmd_name == "prove":
            from plait.cli_prove import prove

            return prove
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def plait() -> None:
    """Check designs of distributed protocols: which is right, what does each cost, and how do I know?"""


MOST_THREADS = 256
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class Size(click.ParamType[int]):
    """A number of bytes: `2G`, `500M`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes that a text says."""
        if isinstance(value, int):
            return value
        text = str(value).strip().lower().removesuffix("b").removesuffix("i")
        digits, unit = (text[:-1], text[-1]) if text and text[-1] in _UNITS else (text, "")
        try:
            count = float(digits) * _UNITS[unit]
        except ValueError:
            count = 0.0
        if not 1 <= count < 1e18:
            self.fail(f"{value!r} is not a size such as 2G or 500M", param, ctx)
        return int(count)


Function = TypeVar("Function", bound=Callable[..., Any])


def model_options(function: Function) -> Function:
    """The options that choose what is checked."""
    for option in reversed(
        (
            click.option("--set", "sets", multiple=True, metavar="k=v|k=lo..hi", help="Make only these runs."),
            click.option("--proposal", "proposals", multiple=True, metavar="NAME", help="Only this one."),
            click.option("--property", "properties", multiple=True, metavar="NAME", help="Only this one."),
        )
    ):
        function = option(function)
    return function


def limit_options(function: Function) -> Function:
    """The options that say how, and how far, to search."""
    engines = click.Choice(["auto", "interpreter", "native", "symbolic"])
    for option in reversed(
        (
            click.option("--engine", type=engines, default="auto", show_default=True, help="What searches."),
            click.option(
                "--threads", type=click.IntRange(min=1, max=MOST_THREADS), metavar="N", help="All cores if not given."
            ),
            click.option("--no-symmetry", is_flag=True, help="Tell interchangeable identities apart."),
            click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop at so many states."),
            click.option("--max-depth", type=click.IntRange(min=0), metavar="N", help="Look no deeper."),
            click.option(
                "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Of each search."
            ),
            click.option("--memory", type=Size(), metavar="SIZE", help="Stop at so much memory: 2G, 500M."),
        )
    ):
        function = option(function)
    return function


def job_of(paths: Sequence[str], options: dict[str, Any]) -> Job:
    """The job that these options describe; raises JobError."""
    return Job(
        paths=tuple(paths),
        wishes=tuple(map(parse_wish, options["sets"])),
        proposals=options["proposals"],
        properties=options["properties"],
        limits=Limits(options["max_states"], options["max_depth"], options["timeout"], options["memory"]),
        symmetry=not options["no_symmetry"],
    )


_PATH = click.Path(path_type=Path)


@plait.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_options
@limit_options
@click.option("--format", "format", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--out", type=_PATH, metavar="FILE", help="Write the result here.")
@click.option("--traces", type=_PATH, metavar="DIR", help="Write a trace file for each failure.")
@click.option("--draw", type=_PATH, metavar="DIR", help="Write an SVG and a PNG for each failure.")
@click.option("--certificate", type=_PATH, metavar="FILE", help="Write what proves it, with --engine symbolic.")
@click.option("--progress", type=click.Choice(["auto", "plain", "off"]), default="auto", show_default=True)
def check(
    paths: tuple[str, ...],
    format: str,
    out: Path | None,
    traces: Path | None,
    draw: Path | None,
    certificate: Path | None,
    progress: Mode,
    **options: Any,
) -> int:
    """Search every run of the models at PATH (files, or folders with *.plait files).

    Exit: 0 every expectation met, 1 one is not, 2 usage or a wrong text, 3 something stayed open, 4 an error of plait,
    130 interrupted.
    """
    from plait import evidence

    job = job_of(paths, options)
    for file in (out, certificate):
        if file is not None:
            evidence.check_writable(file)
    for folder in (traces, draw):
        if folder is not None:
            evidence.make_folder(folder)
    texts: list[str] = []
    tools = installed_of(options) if certificate is None else _certifying(options, texts)
    result = _checked(job, tools, progress, _printer(stream=format == "text" and out is None))
    for problem in result.problems:
        click.echo(problem.text, err=True)
    _hand_over(result, format, out)
    if traces is not None:
        evidence.write_traces(evidence.named_traces(result.entries), traces)
    if draw is not None:
        evidence.draw_all(evidence.named_traces(result.entries), draw)
    if certificate is not None:
        from plait.cli_certificates import write_certificates

        write_certificates(certificate, texts)
    return result.exit_code


def _certifying(options: dict[str, Any], texts: list[str]) -> Installed:
    """The symbolic engine, which adds its certificates to the texts."""
    if options["engine"] != "symbolic":
        raise JobError("--certificate FILE wants --engine symbolic: an explicit search has nothing to write down")
    from plait.certificates import Certifying

    return Certifying(texts)


def _printer(*, stream: bool) -> Callable[[Entry], None]:
    """What to do with a run as it ends: in text, it is printed at once."""
    if not stream:
        return lambda entry: None
    from plait.reports.text import run_text

    return lambda entry: click.echo(run_text(entry))


def installed_of(options: dict[str, Any]) -> Installed:
    """The engine that these options ask for."""
    from plait.tools import Installed

    return Installed(options["engine"], options["threads"] or len(os.sched_getaffinity(0)))


def _checked(job: Job, installed: Installed, progress: Mode, on_entry: Callable[[Entry], None]) -> Result:
    from plait.session import check as search_all

    watcher = Watcher(progress, lambda line: click.echo(line, err=True), terminal=sys.stderr.isatty())

    def ended(entry: Entry) -> None:
        watcher.stop()
        on_entry(entry)

    def watch(plan: Plan) -> Any:
        return watcher.watch(plan.model.proposal or plan.model.protocol)

    try:
        return search_all(job, installed, watch, ended)
    finally:
        watcher.stop()


def _hand_over(result: Result, format: str, out: Path | None) -> None:
    """The result where it is wanted; text on stdout was printed run by run already, and only its end is missing."""
    if out is not None:
        from plait.evidence import write_text

        write_text(out, rendered(format, result))
    elif format == "text":
        from plait.reports.text import end_text

        click.echo(end_text(result), nl=False)
    else:
        click.echo(rendered(format, result), nl=False)
