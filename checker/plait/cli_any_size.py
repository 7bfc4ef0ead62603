"""`plait prove --any-size`: claims proved for any number of identities, with the invariant that proves them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import click

from plait.errors import JobError
from plait.limits import Limits
from plait.reports.prove_result import ProofRun, ProveResult
from plait.reports.result import Exit, exit_of
from plait_spec.diagnostics import counted

if TYPE_CHECKING:
    from plait.engines.symbolic.any_size.result import AnySize, Looked, Proved, Undecided
    from plait.plan import Plan
    from plait.reports.result import Problem

WIDTH = 112
KINDS = ("always", "never", "step")


def prove_any_size(
    planned: Sequence[Plan], named: Sequence[str], problems: list[Problem], limits: Limits, say: Callable[[str], None]
) -> tuple[ProveResult, list[str]]:
    """Prove what can be proved of these runs; claims that the file expects to fail are tried only if they are named.

    A failure to prove is no verdict: expectations about single sizes are not judged. `say` prints the result as text.
    The certificates come with it.
    """
    from plait.proving_report import any_size_run_of

    runs: list[ProofRun] = []
    texts: list[str] = []
    proved = tried = 0
    interrupted = False
    for plan in _once(planned):
        wanted = [name for name in _wanted(plan) if name in named or not _fails(plan, name)]
        if not wanted or interrupted:
            continue
        say("".join(f"{line}\n" for line in _head(plan)))
        found: list[AnySize] = []
        for one in _proofs(plan, wanted, limits, problems):
            if one is None:
                interrupted = True
                break
            found.append(one)
            say("".join(f"{line}\n" for line in _lines(one)))
            texts += _certificate(plan, one, say)
        say("\n")
        runs.append(any_size_run_of(plan, found))
        proved += sum(map(_is_proved, found))
        tried += len(found)
    if not runs and not problems:
        raise JobError("there is nothing to prove for any size: no always, never or step in these runs")
    if runs and not interrupted:
        say(f"{proved} of {tried} claims hold for any size\n")
    trouble = exit_of(tuple(problems), interrupted=interrupted)
    code = Exit.MET if proved == tried else Exit.OPEN
    return ProveResult(tuple(runs), (), tuple(problems), interrupted, code if trouble is None else trouble), texts


def _proofs(plan: Plan, names: Sequence[str], limits: Limits, problems: list[Problem]) -> Iterator[AnySize | None]:
    """What is known of each claim, one after another; None where it is interrupted."""
    from plait.engines.symbolic.any_size.prove import prove_any_size as prove
    from plait.session import problem_of

    for name in names:
        try:
            yield from prove(plan.model, dict(plan.parameters), (name,), limits, _said_every(10.0, name))
        except KeyboardInterrupt:
            yield None
        except Exception as error:
            problems.append(problem_of(plan.file, error))


def _said_every(seconds: float, name: str) -> Callable[[], None]:
    """Something that says now and then, on standard error, that a proof is still looked for."""
    began = last = monotonic()

    def pulse() -> None:
        nonlocal last
        if monotonic() - last >= seconds:
            last = monotonic()
            click.echo(f"{name}: looking for an invariant, {last - began:.0f} s", err=True)

    return pulse


def _certificate(plan: Plan, one: AnySize, say: Callable[[str], None]) -> list[str]:
    """The certificate of a claim, or a word on why it has none."""
    from plait.engines.symbolic.any_size.result import Proved
    from plait.proving_any_size import certificate_of, without_words

    if not isinstance(one, Proved):
        return []
    unsaid = without_words(plan.model, one)
    if not unsaid:
        return [certificate_of(plan, one)]
    told = (
        f"it has no certificate: its invariant speaks of {', and of '.join(unsaid)}, for which a lemma has no words; "
        "a `ghost var` that keeps it can be read by lemmas, and a certificate of one size (no --any-size) can say it"
    )
    say("".join(f"{line}\n" for line in _wrapped(told, "    ", "      ")))
    return []


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
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
