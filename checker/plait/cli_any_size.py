"""`plait prove --any-size`: claims proved for any number of identities, with the invariant that proves them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from plait.engines.symbolic.certificate import ANY_SIZE
from plait.errors import JobError
from plait.limits import Limits
from plait.reports.result import Exit, Result
from plait_spec.diagnostics import counted

if TYPE_CHECKING:
    from plait.engines.symbolic.any_size.result import AnySize, Looked, Proved, Undecided
    from plait.engines.symbolic.certificate import Certificate
    from plait.plan import Plan
    from plait.reports.result import Problem

WIDTH = 112
KINDS = ("always", "never", "step")


def prove_any_size(
    planned: Sequence[Plan], named: Sequence[str], problems: list[Problem], certificate: Path | None, limits: Limits
) -> Exit:
    """Prove what can be proved of these runs; claims that the file expects to fail are tried only if they are named.

    A failure to prove is no verdict: expectations about single sizes are not judged. `certificate` is the file for the
    invariant of the one claim that is proved.
    """
    from plait.engines.symbolic.any_size.prove import prove_any_size as prove
    from plait.session import problem_of

    found: list[AnySize] = []
    texts: list[str] = []
    for plan in _once(planned):
        wanted = [name for name in _wanted(plan) if name in named or not _fails(plan, name)]
        if not wanted:
            continue
        click.echo("\n".join(_head(plan)))
        for name in wanted:
            try:
                (one,) = prove(plan.model, dict(plan.parameters), (name,), limits, _said_every(10.0, name))
            except KeyboardInterrupt:
                return Exit.INTERRUPTED
            except Exception as error:
                problems.append(problem_of(plan.file, error))
                continue
            found.append(one)
            texts += _certificates(plan, one)
            click.echo("\n".join(_lines(one)))
        click.echo()
    for problem in problems:
        click.echo(problem.text, err=True)
    if not found and not problems:
        raise JobError("there is nothing to prove for any size: no always, never or step in these runs")
    if certificate is not None:
        _write(certificate, texts)
    proved = sum(1 for one in found if _is_proved(one))
    click.echo(f"{proved} of {len(found)} claims hold for any size")
    if problems:
        return Result((), tuple(problems)).exit_code
    return Exit.MET if proved == len(found) else Exit.OPEN


def _said_every(seconds: float, name: str) -> Callable[[], None]:
    """Something that says now and then, on standard error, that a proof is still looked for."""
    began = last = monotonic()

    def pulse() -> None:
        nonlocal last
        if monotonic() - last >= seconds:
            last = monotonic()
            click.echo(f"{name}: looking for an invariant, {last - began:.0f} s", err=True)

    return pulse


def _certificates(plan: Plan, one: AnySize) -> list[str]:
    from plait.engines.symbolic.any_size.result import Proved
    from plait.proving_any_size import certificate_of

    return [certificate_of(plan, one)] if isinstance(one, Proved) else []


def _write(path: Path, texts: Sequence[str]) -> None:
    from plait.evidence import write_text

    if len(texts) > 1:
        raise JobError(f"--certificate: {len(texts)} claims have one each; choose with --property and --proposal")
    if texts:
        write_text(path, texts[0])
    else:
        click.echo("nothing was proved, so there is no certificate", err=True)


def check_certificate(path: Path, certificate: Certificate, name: str, limits: Limits) -> Exit:
    """Check a certificate for any size."""
    from plait.engines.symbolic.any_size.tasks import Checked, NotFound
    from plait.proving_any_size import check

    head = certificate.head
    click.echo(f"{head.model}  {', '.join(head.properties)}: {head.verdict}")
    answer = check(path, certificate, name, limits)
    match answer:
        case NotFound(reason):
            click.echo(f"the certificate is not decided: {reason}")
            return Exit.OPEN
        case Checked(obligations, kept):
            for one in obligations:
                click.echo(f"  {'met    ' if one.holds else 'not met'}  {one.name}")
            if kept and head.verdict == ANY_SIZE[0]:
                click.echo(f"  it is for any network: what is in {', '.join(kept)} is kept")
            proved = all(one.holds for one in obligations)
            click.echo("the certificate proves it" if proved else "the certificate is refused")
            return Exit.MET if proved else Exit.NOT_MET


def _once(planned: Sequence[Plan]) -> Iterator[Plan]:
    """One plan for all that differ only in how many identities there are."""
    seen: set[tuple[object, ...]] = set()
    for plan in planned:
        key = (plan.file, plan.model.protocol, plan.model.proposal, _chosen(plan))
        if key not in seen:
            seen.add(key)
            yield plan


def _chosen(plan: Plan) -> str:
    """The parameters that do not say how many identities there are."""
    from plait.proving_any_size import chosen_parameters

    return ", ".join(f"{name} = {value}" for name, value in chosen_parameters(plan.model, plan.parameters))


def _wanted(plan: Plan) -> list[str]:
    return [one.name for one in plan.model.properties if one.name in plan.properties and one.kind in KINDS]


def _fails(plan: Plan, name: str) -> bool:
    stated = plan.stated.get(name)
    return stated is not None and stated.expected == "fails"


def _is_proved(one: AnySize) -> bool:
    from plait.engines.symbolic.any_size.result import Proved

    return isinstance(one, Proved)


# ---- as text


def _head(plan: Plan) -> Iterator[str]:
    model, chosen = plan.model, _chosen(plan)
    name = f"{model.proposal} ({model.protocol})" if model.proposal else model.protocol
    sorts = ", ".join(sort.name for sort in model.ids)
    yield f"{name}  {plan.file}"
    yield (f"  any number of {sorts}" if sorts else "  without `ids`") + (f", {chosen}" if chosen else "")


def _lines(one: AnySize) -> Iterator[str]:
    from plait.engines.symbolic.any_size.result import Proved, Undecided

    match one:
        case Proved():
            yield from _proved(one)
        case Undecided():
            yield from _undecided(one)


def _proved(one: Proved) -> Iterator[str]:
    yield f"  {one.property}  holds  {one.how}  ({one.seconds:.1f} s)"
    if one.invariant:
        yield "    because in every reachable state"
        for clause in one.invariant:
            yield from _wrapped(clause, "      ", "        ")
    steps = [name for each in one.obligations if (name := each.name.removeprefix("step by step: ")) != each.name]
    yield "    a fresh process checked it again:"
    yield from _wrapped("initially", "      ", "")
    yield from _wrapped(f"step by step: {', '.join(steps)}", "      ", "        ")
    rest = dict.fromkeys(each.name.rpartition(": ")[2] for each in one.obligations[len(steps) + 1 :])
    yield from _wrapped(", ".join(rest), "      ", "        ")
    yield from _compared(one.looked)


def _compared(looked: tuple[Looked, ...]) -> Iterator[str]:
    """What the reference semantics say of small sizes; the invariant says nothing of whether anything happens."""
    if not looked:
        return
    told = [
        f"{counted(each.states, 'state')}{'' if each.complete else ' (not all)'} with "
        + ", ".join(f"{count} {sort}" for sort, count in each.sizes)
        for each in looked
    ]
    yield from _wrapped(f"compared with the reference semantics in {'; '.join(told)}", "    ", "      ")
    if all(each.occasion is False for each in looked):
        everywhere = all(each.complete for each in looked)
        yield "    " + (
            "vacuous there: its occasion never comes"
            if everywhere
            else "its occasion did not come there: it may be vacuous"
        )
    unfired = [name for name in looked[0].unfired if all(name in each.unfired for each in looked)]
    if unfired:
        yield from _wrapped(f"never fired there: {', '.join(unfired)}", "    ", "      ")


def _undecided(one: Undecided) -> Iterator[str]:
    yield f"  {one.property}  undetermined  ({one.seconds:.1f} s)"
    yield from _wrapped(one.reason, "    ", "    ")
    if one.span is not None:
        yield f"    at {one.span}: {one.span.text.splitlines()[0] if one.span.text else ''}"


def _wrapped(text: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False)
