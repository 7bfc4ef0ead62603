"""`plait prove`: proofs with certificates, and the check of a certificate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli import Size, model_options
from plait.errors import JobError
from plait.limits import Limits
from plait.parameters import parse_wish
from plait.reports.result import Exit, Result

if TYPE_CHECKING:
    from plait.engines.symbolic.prove_tasks import Judged
    from plait.plan import Plan
    from plait.proving import Proven
    from plait.reports.result import Problem
    from plait_spec.ground import Ground

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_options
@click.option("--certificate", type=_FILE, metavar="FILE", help="Write the invariant here.")
@click.option("--check", "checked", type=_FILE, metavar="FILE", help="Check this certificate instead.")
@click.option("--draw", type=_FILE, metavar="DIR", help="Draw each step that breaks a lemma.")
@click.option("--any-size", is_flag=True, help="For any number of identities (ids), not only for these.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Of each process.")
@click.option("--memory", type=Size(), metavar="SIZE", help="Of each process: 2G, 500M.")
def prove(
    paths: tuple[str, ...],
    certificate: Path | None,
    checked: Path | None,
    draw: Path | None,
    any_size: bool,
    timeout: float | None,
    memory: int | None,
    **options: Any,
) -> int:
    """Prove always, never, step and lemma by inductive invariants, which a fresh solver checks again.

    Exit: 0 every expectation met, 1 one is not, 2 usage or a wrong text, 3 something stayed open, 4 an error of plait,
    130 interrupted.
    """
    limits = Limits(timeout=timeout, memory=memory)
    if checked is not None:
        if certificate is not None or draw is not None or any_size or any(options.values()) or len(paths) != 1:
            raise JobError("--check FILE stands alone with one PATH: the certificate says what it is about")
        return _check(Path(paths[0]), checked, limits)
    if any_size:
        if draw is not None:
            raise JobError("--any-size draws nothing: there is no step to draw")
        return _prove_any_size(paths, certificate, limits, options)
    from plait import evidence

    if certificate is not None:
        evidence.check_writable(certificate)
    if draw is not None:
        evidence.make_folder(draw)
    return _prove(paths, certificate, draw, limits, options)


# ---- proving


def _prove(
    paths: tuple[str, ...], certificate: Path | None, draw: Path | None, limits: Limits, options: dict[str, Any]
) -> Exit:
    from plait.interrupts import Interrupts
    from plait.progress import Watcher
    from plait.proving import prove
    from plait.reports.text import end_text, run_text
    from plait.session import problem_of

    problems: list[Problem] = []
    planned = _planned(paths, options, problems)
    if certificate is not None and len(planned) > 1:
        names = ", ".join(dict.fromkeys(plan.model.proposal or plan.model.protocol for plan in planned))
        message = f"--certificate: {len(planned)} runs have one each ({names}); choose with --proposal, or --set"
        raise JobError(message)
    proven: list[Proven] = []
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
        proven.append(found)
        click.echo(run_text(found.entry), nl=False)
        click.echo("\n".join(_evidence(found)))
        if draw is not None:
            _draw_lemmas(found, draw)
        if interrupted:
            break
    if certificate is not None:
        _write(certificate, proven)
    for problem in problems:
        click.echo(problem.text, err=True)
    result = Result(tuple(one.entry for one in proven), tuple(problems), interrupted=interrupted)
    click.echo(end_text(result), nl=False)
    return result.exit_code


def _prove_any_size(paths: tuple[str, ...], certificate: Path | None, limits: Limits, options: dict[str, Any]) -> Exit:
    from plait.cli_any_size import prove_any_size
    from plait.evidence import check_writable

    if certificate is not None:
        check_writable(certificate)
    problems: list[Problem] = []
    planned = _planned(paths, options, problems)
    return prove_any_size(planned, options["properties"], problems, certificate, limits)


def _planned(paths: tuple[str, ...], options: dict[str, Any], problems: list[Problem]) -> list[Plan]:
    """The runs, with what can be proved in each."""
    from plait.plan import plans
    from plait.proving import CLAIMS, provable
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


def _evidence(found: Proven) -> list[str]:
    """What holds the verdicts up, and what breaks the lemmas."""
    lines: list[str] = []
    if found.checked is not None:
        lines.append("  a fresh process checked the invariant again:")
        lines += [f"  {line}" for line in _answer(found.checked, found.ground)]
    for judged in found.lemmas:
        if judged.answer is not None:
            lines += ["", f"  lemma {judged.about}"]
            lines += [f"  {line}" for line in _answer(judged, found.ground)]
    return lines


def _answer(judged: Judged, ground: Ground) -> list[str]:
    from plait.engines.symbolic.obligations_answers import Refusal, Undecided
    from plait.replay.two_states import choice_between, in_words
    from plait.reports.proof_text import obligation_lines, refusal_lines

    lines = list(obligation_lines([(one.obligation, one.extent) for one in judged.met]))
    match judged.answer:
        case None:
            pass
        case Undecided(obligation, reason):
            lines.append(f"  {obligation}  not decided: {reason}")
        case Refusal(obligation, part, state, choice, _, after):
            step = None
            if choice is not None and after is not None:
                step = choice_between(ground, state, choice, after)
            lines += refusal_lines(obligation, part, in_words(ground, state, step))
    return lines


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


def _write(path: Path, proven: list[Proven]) -> None:
    from plait.evidence import write_text

    texts = [one.certificate for one in proven if one.certificate is not None]
    if texts:
        write_text(path, texts[0])
    else:
        click.echo("nothing was proved, so there is no certificate", err=True)


# ---- checking


def _check(path: Path, file: Path, limits: Limits) -> Exit:
    from plait.cli_any_size import check_certificate
    from plait.engines.symbolic.certificate import ANY_SIZE, loads
    from plait.engines.symbolic.obligations_answers import Refusal
    from plait.proving import NotDecided, check
    from plait_spec.diagnostics import SpecError, printable

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(
            f"{printable(str(file))}: {getattr(error, 'strerror', None) or 'this is not UTF-8 text'}"
        ) from None
    try:
        read = loads(text, str(file))
        if read.head.verdict in ANY_SIZE:
            return check_certificate(path, read, str(file), limits)
        found = check(path, text, str(file), limits)
    except SpecError as error:
        click.echo(str(error), err=True)
        return Exit.WRONG_INPUT
    except NotDecided as reason:
        click.echo(f"the certificate is not decided: {reason}")
        return Exit.OPEN
    head = found.certificate.head
    parameters = ", ".join(f"{name} = {value}" for name, value in head.parameters)
    about = f"{head.model}  {', '.join(head.properties)}: {head.verdict}"
    click.echo(printable(f"{about}  ({parameters})" if parameters else about))
    click.echo("\n".join(_answer(found.judged, found.ground)))
    match found.judged.answer:
        case None:
            click.echo("the certificate proves it")
            return Exit.MET
        case Refusal():
            click.echo("the certificate is refused")
            return Exit.NOT_MET
        case _:
            click.echo("the certificate is not decided")
            return Exit.OPEN
