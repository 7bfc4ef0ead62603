"""`plait prove`: proofs with certificates, and the check of a certificate."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli import Size, model_options
from plait.errors import JobError
from plait.limits import Limits
from plait.parameters import parse_wish
from plait.reports.prove_result import ProofRun, ProveResult
from plait.reports.result import Result

if TYPE_CHECKING:
    from plait.plan import Plan
    from plait.proving import Proven
    from plait.reports.result import Problem

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_options
@click.option("--certificate", type=_FILE, metavar="FILE", help="Write the invariants here.")
@click.option("--check", "checked", type=_FILE, metavar="FILE", help="Check these certificates instead.")
@click.option("--draw", type=_FILE, metavar="DIR", help="Draw each step that breaks a lemma.")
@click.option("--any-size", is_flag=True, help="For any number of identities (ids), not only for these.")
@click.option("--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--out", type=_FILE, metavar="FILE", help="Write the result here.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Of each process.")
@click.option("--memory", type=Size(), metavar="SIZE", help="Of each process: 2G, 500M.")
def prove(
    paths: tuple[str, ...],
    certificate: Path | None,
    checked: Path | None,
    draw: Path | None,
    any_size: bool,
    format: str,
    out: Path | None,
    timeout: float | None,
    memory: int | None,
    **options: Any,
) -> int:
    """Prove always, never, step and lemma by inductive invariants, which a fresh solver checks again.

    Exit: 0 every expectation met, 1 one is not (or a certificate is refused), 2 usage or a wrong text, 3 something
    stayed open, 4 an error of plait, 130 interrupted.
    """
    from plait import evidence

    if checked is not None and (certificate is not None or draw is not None or any_size or any(options.values())):
        raise JobError("--check FILE stands alone with its PATH: the certificates say what they are about")
    if any_size and draw is not None:
        raise JobError("--any-size draws nothing: there is no step to draw")
    for file in (certificate, out):
        if file is not None:
            evidence.check_writable(file)
    if draw is not None:
        evidence.make_folder(draw)
    limits = Limits(timeout=timeout, memory=memory)
    told: list[str] = []
    say = partial(click.echo, nl=False) if format == "text" and out is None else told.append
    texts: list[str] = []
    if checked is not None:
        from plait.cli_certificates import check_certificates

        result = check_certificates(paths, checked, limits, say)
    else:
        problems: list[Problem] = []
        planned = _planned(paths, options, problems)
        if any_size:
            from plait.cli_any_size import prove_any_size

            result, texts = prove_any_size(planned, options["properties"], problems, limits, say)
        else:
            result, texts = _prove(planned, problems, draw, limits, say)
    for problem in result.problems:
        click.echo(problem.text, err=True)
    if certificate is not None:
        from plait.cli_certificates import write_certificates

        write_certificates(certificate, texts)
    if format == "json":
        from plait.reports.prove_json import render

        told = [render(result)]
    if out is not None:
        evidence.write_text(out, "".join(told))
    elif told:
        click.echo("".join(told), nl=False)
    return result.exit_code


# ---- proving


def _prove(
    planned: list[Plan], problems: list[Problem], draw: Path | None, limits: Limits, say: Callable[[str], None]
) -> tuple[ProveResult, list[str]]:
    """The runs one after another, said as they end; and their certificates."""
    from plait.interrupts import Interrupts
    from plait.progress import Watcher
    from plait.proving import prove
    from plait.proving_report import run_of
    from plait.reports.proof_text import evidence_text
    from plait.reports.text import end_text, run_text
    from plait.session import problem_of

    runs: list[ProofRun] = []
    texts: list[str] = []
    watcher = Watcher("auto", lambda line: click.echo(line, err=True), terminal=sys.stderr.isatty())
    interrupted = False
    for plan in planned:
        interrupts = Interrupts(watcher.watch(plan.model.proposal or plan.model.protocol))
        try:
            found = prove(plan, limits, interrupts=interrupts)
        except KeyboardInterrupt:
            interrupted = True
            break
        except Exception as error:
            problems.append(problem_of(plan.file, error))
            continue
        finally:
            watcher.stop()
        interrupted = interrupts.asked
        run = run_of(found)
        runs.append(run)
        texts += [] if found.certificate is None else [found.certificate]
        say(run_text(found.entry))
        say(evidence_text(run) + "\n")
        if draw is not None:
            _draw_lemmas(found, draw)
        if interrupted:
            break
    result = Result(tuple(run.entry for run in runs), tuple(problems), interrupted=interrupted)
    say(end_text(result))
    return ProveResult(tuple(runs), (), tuple(problems), interrupted, result.exit_code), texts


def _planned(paths: tuple[str, ...], options: dict[str, Any], problems: list[Problem]) -> list[Plan]:
    """The runs, with what can be proved in each."""
    from plait.certificates import CLAIMS
    from plait.plan import plans
    from plait.proving import provable
    from plait.session import find, load_all
    from plait.tools import Installed

    loaded = load_all(find(paths), Installed(), problems)
    wishes = tuple(map(parse_wish, options["sets"]))
    found = plans(loaded, wishes, options["proposals"], options["properties"]) if loaded else ()
    named = {one.name: one.kind for entry in loaded for one in entry.model.properties}
    for name in options["properties"]:
        if named.get(name) not in (*CLAIMS, "lemma"):
            kinds = "always, never, step, deadlock free, lemma"
            raise JobError(f"--property {name}: it is `{named[name]}`; what is proved is {kinds}")
    kept = [plan for plan in map(provable, found) if plan.properties]
    if not kept and not problems:
        raise JobError("there is nothing to prove: no always, never, step, deadlock free or lemma in these runs")
    return kept


def _draw_lemmas(found: Proven, folder: Path) -> None:
    """The steps that break lemmas, drawn as traces of one step."""
    from plait import evidence
    from plait.engines.symbolic.obligations_answers import Refusal
    from plait.replay.assemble import replay_step
    from plait.replay.two_states import choice_between

    for judged in found.lemmas:
        match judged.answer:
            case Refusal("step by step", _, state, choice, _, after) if choice is not None and after is not None:
                step = choice_between(found.ground, state, choice, after)
                trace = replay_step(found.ground, found.entry.run.file, state, step, judged.about)
                for suffix in (".svg", ".png"):
                    evidence.draw(trace, folder / f"{found.entry.file_name(judged.about)}{suffix}")
            case _:
                pass
