"""The process that checks what is to be proved, apart from the one that found it: a `Job` in, `Reply`s out.

    python -P -m plait.engines.symbolic.prove_worker

It has its own process for the reasons of `worker`, and because whatever was left behind by the search of an invariant
must not be there when it is checked. Of the search it shares the encoding of the model, and which of its steps do not
depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, assert_never

from plait.engines.symbolic.events import Ended, Refused
from plait.engines.symbolic.obligations_answers import NO_RUN, Answer, Obligation, Undecided
from plait.engines.symbolic.prove_tasks import Certify, Job, Judged, Lemmas, Met, NoSuchFact, Reply, Texts, Write
from plait.engines.symbolic.serve import refusal, serve
from plait.errors import EngineBug, JobError
from plait_spec.diagnostics import counted
from plait_spec.ground import Ground, Property

if TYPE_CHECKING:
    from plait.engines.symbolic.obligations import Checker
    from plait.engines.symbolic.system import System, Target


def main() -> None:
    """Do the job."""
    serve(do)


def do(job: Job, tell: Callable[[Reply | Ended | Refused], None]) -> None:
    """Encode the model and answer; whatever the solver refuses ends it with a reason."""
    try:
        import z3
    except ImportError as error:
        tell(Ended(f"z3 does not load: {error}"))
        return
    from plait.engines.symbolic.bmc import GaveUp
    from plait.engines.symbolic.system import UnsupportedError

    try:
        match job:
            case Write():
                tell(written(job))
            case Certify():
                tell(certified(job))
            case Lemmas():
                for judged in inductive(job):
                    tell(judged)
            case _:
                assert_never(job)
    except UnsupportedError as refused:
        tell(Refused(str(refused)))
    except (GaveUp, JobError) as reason:
        tell(Ended(str(reason)))
    except z3.Z3Exception as error:
        tell(Ended(refusal(error)))
    tell(Ended(""))


def written(job: Write) -> Texts:
    """The cubes in words."""
    from plait.engines.symbolic.certificate_write import write

    found = write(_system(job.ground, (), reachable=job.reachable), job.cubes)
    return Texts(found.lemmas, found.excluded)


def certified(job: Certify) -> Judged | NoSuchFact:
    """Whether the invariant proves the properties."""
    from plait.engines.symbolic.bmc import begins
    from plait.engines.symbolic.certificate_facts import UnknownFact, clauses
    from plait.engines.symbolic.obligations import Checker, Part, holds
    from plait.engines.symbolic.system import cuts_of
    from plait.outcome import MODEL_ERROR

    system = _system(job.ground, (*job.properties, *job.lemmas), reachable=job.reachable)
    if not begins(system):
        return _not_begun(job)
    invariant = [Part(about.name, holds(system, about)) for about in _named(job.ground, job.lemmas)]
    try:
        for line, facts in job.excluded:
            invariant += [Part(f"line {line}", clause) for clause in clauses(system, facts)]
    except UnknownFact as unknown:
        return NoSuchFact(line, unknown.fact)
    judged = _named(job.ground, job.properties)
    goals = {(about.index, part) for about in judged for part in ("claim", "error")} | {MODEL_ERROR}
    goals |= set() if job.within else set(cuts_of(system).values())
    checker = Checker(system, invariant)
    return checked(checker, "invariant", [one for one in system.targets if one.goal in goals], job.longest)


def _not_begun(job: Certify) -> Judged:
    """The answer where an initial value errs, or is cut by a bound: no run begins."""
    from plait.engines.symbolic.runs import trouble_at_start
    from plait.evaluation import BoundError, RunError

    match trouble_at_start(job.ground):
        case BoundError(bound=bound) if job.within:
            return Judged("invariant", (Met("initially", f"no run begins: {bound}"),), None)
        case BoundError(bound=bound):
            reason = bound
        case RunError(code=code, message=message):
            reason = f"{code}: {message}"
        case None:
            raise EngineBug("the formulas say that no run begins, and the reference semantics begins one")
    return Judged("invariant", (), Undecided("initially", f"no run begins: {reason}"))


def inductive(job: Lemmas) -> Iterator[Judged]:
    """Whether each lemma holds initially and is kept, where it and those that it uses hold."""
    from plait.engines.symbolic.encode import system_of
    from plait.engines.symbolic.obligations import Checker, Part, holds

    names = dict.fromkeys(name for lemma, using in job.lemmas for name in (lemma, *using))
    abouts = {about.name: about for about in _named(job.ground, tuple(names))}
    system = system_of(job.ground, list(abouts.values()))
    for lemma, using in job.lemmas:
        assumed = [Part(name, holds(system, abouts[name])) for name in using]
        yield checked(Checker(system, [Part(lemma, holds(system, abouts[lemma]))], assumed=assumed), lemma, None)


def checked(checker: Checker, about: str, goals: list[Target] | None, longest: int | None = None) -> Judged:
    """The obligations in order, up to the first that is not met; without goals there are two."""
    met: list[Met] = []
    for obligation, ask, extent in _obligations(checker, goals, longest):
        answer = ask()
        if answer is not None:
            return Judged(about, tuple(met), answer)
        met.append(Met(obligation, extent))
    return Judged(about, tuple(met), None)


def _obligations(
    checker: Checker, goals: list[Target] | None, longest: int | None
) -> Iterator[tuple[Obligation, Callable[[], Answer], str]]:
    """Each obligation, how to ask for it, and what is looked at."""
    from plait.engines.symbolic.obligations_runs import all_runs

    yield "initially", lambda: checker.initially(goals or ()), checker.conjuncts()
    yield "step by step", checker.step_by_step, checker.steps()
    if goals is not None and longest is not None:
        extent = "there is none" if longest == NO_RUN else f"none has more than {counted(longest, 'step')}"
        yield "all runs", lambda: all_runs(checker, goals, longest), extent
    elif goals is not None:
        yield "implies", lambda: checker.implies(goals), ""


def _system(ground: Ground, properties: tuple[str, ...], *, reachable: bool) -> System:
    """The encoding, with all values or those that can be there."""
    from plait.engines.symbolic.encode import system_of
    from plait.engines.symbolic.reachable_values import reachable_values

    return system_of(ground, _named(ground, properties), reachable_values(ground) if reachable else None)


def _named(ground: Ground, names: tuple[str, ...]) -> list[Property]:
    return [about for about in ground.properties if about.name in names]


if __name__ == "__main__":
    main()
