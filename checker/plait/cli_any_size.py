"""`plait prove --any-size`: claims proved for any number of identities, with the invariant that proves them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from plait.errors import JobError
from plait.limits import Limits
from plait.reports.result import Exit, Result

if TYPE_CHECKING:
    from plait.engines.symbolic.any_size.result import AnySize, Proved, Undecided
    from plait.plan import Plan
    from plait.reports.result import Problem

WIDTH = 112
KINDS = ("always", "never", "step")


def prove_any_size(planned: Sequence[Plan], named: Sequence[str], problems: list[Problem], limits: Limits) -> Exit:
    """Prove what can be proved of these runs; claims that the file expects to fail are tried only if they are named.

    A failure to prove is no verdict: expectations about single sizes are not judged.
    """
    from plait.engines.symbolic.any_size.prove import prove_any_size as prove
    from plait.session import problem_of

    found: list[AnySize] = []
    for plan in _once(planned):
        wanted = [name for name in _wanted(plan) if name in named or not _fails(plan, name)]
        if not wanted:
            continue
        click.echo("\n".join(_head(plan)))
        for name in wanted:
            try:
                (one,) = prove(plan.model, dict(plan.parameters), (name,), limits)
            except KeyboardInterrupt:
                return Exit.INTERRUPTED
            except Exception as error:
                problems.append(problem_of(plan.file, error))
                continue
            found.append(one)
            click.echo("\n".join(_lines(one)))
        click.echo()
    for problem in problems:
        click.echo(problem.text, err=True)
    if not found and not problems:
        raise JobError("there is nothing to prove for any size: no always, never or step in these runs")
    proved = sum(1 for one in found if _is_proved(one))
    click.echo(f"{proved} of {len(found)} claims hold for any size")
    if problems:
        return Result((), tuple(problems)).exit_code
    return Exit.MET if proved == len(found) else Exit.OPEN


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
    from plait.parameters import in_words, shown
    from plait_spec.types import ParameterBound

    sizes = {sort.size.name for sort in plan.model.ids if isinstance(sort.size, ParameterBound)}
    values = shown(plan.model, plan.parameters)
    return ", ".join(f"{name} = {in_words(value)}" for name, value in values if name not in sizes)


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
    sorts = ", ".join(sort.name for sort in model.ids) or "nothing"
    yield f"{name}  {plan.file}"
    yield f"  any number of {sorts}" + (f", {chosen}" if chosen else "")


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
    looked = [
        f"{each.states:,} states{'' if each.complete else ' (not all)'} with "
        + ", ".join(f"{count} {sort}" for sort, count in each.sizes)
        for each in one.looked
    ]
    if looked:
        yield from _wrapped(f"compared with the reference semantics in {'; '.join(looked)}", "    ", "      ")


def _undecided(one: Undecided) -> Iterator[str]:
    yield f"  {one.property}  undetermined  ({one.seconds:.1f} s)"
    yield from _wrapped(one.reason, "    ", "    ")
    if one.span is not None:
        yield f"    at {one.span}: {one.span.text.splitlines()[0] if one.span.text else ''}"


def _wrapped(text: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False)
