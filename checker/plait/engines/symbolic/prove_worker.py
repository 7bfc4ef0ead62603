"""The process that checks what is to be proved, apart from the one that found it: a `Job` in, `Reply`s out.

    python -P -m plait.engines.symbolic.prove_worker

It has its own process for the reasons of `worker`, and because whatever was left behind by the search of an invariant
must not be there when it is checked. Of the search it shares only the encoding of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, assert_never

from plait.engines.symbolic.events import Ended, Refused
from plait.engines.symbolic.prove_tasks import Certify, Job, Judged, Lemmas, Met, NoSuchFact, Reply, Texts, Write
from plait.engines.symbolic.serve import refusal, serve
from plait_spec.ground import Ground, Property

if TYPE_CHECKING:
    from plait.engines.symbolic.obligations import Checker
    from plait.engines.symbolic.system import Target


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
    from plait.engines.symbolic.system import UnsupportedError

    try:
        match job:
            case Write(ground, cubes):
                tell(written(ground, cubes))
            case Certify():
                tell(certified(job))
            case Lemmas():
                for judged in inductive(job):
                    tell(judged)
            case _:
                assert_never(job)
    except UnsupportedError as refused:
        tell(Refused(str(refused)))
    except z3.Z3Exception as error:
        tell(Ended(refusal(error)))
    tell(Ended(""))


def written(ground: Ground, cubes: tuple[frozenset[int], ...]) -> Texts:
    """The cubes in words."""
    from plait.engines.symbolic.certificate_write import write
    from plait.engines.symbolic.encode import system_of

    found = write(system_of(ground, ()), cubes)
    return Texts(found.lemmas, found.excluded)


def certified(job: Certify) -> Judged | NoSuchFact:
    """Whether the invariant proves the properties."""
    from plait.engines.symbolic.certificate_facts import UnknownFact, clauses
    from plait.engines.symbolic.encode import system_of
    from plait.engines.symbolic.obligations import Checker, Part, holds
    from plait.engines.symbolic.system import cuts_of
    from plait.outcome import MODEL_ERROR

    system = system_of(job.ground, _named(job.ground, (*job.properties, *job.lemmas)))
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
    return checked(checker, "invariant", [found for found in system.targets if found.goal in goals])


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


def checked(checker: Checker, about: str, goals: list[Target] | None) -> Judged:
    """The obligations in order, up to the first that is not met; without goals there are two."""
    met: list[Met] = []
    answer = checker.initially(goals or ())
    if answer is None:
        met.append(Met("initially", checker.conjuncts()))
        answer = checker.step_by_step()
        if answer is None:
            met.append(Met("step by step", checker.steps()))
            if goals is not None:
                answer = checker.implies(goals)
                if answer is None:
                    met.append(Met("implies", ""))
    return Judged(about, tuple(met), answer)


def _named(ground: Ground, names: tuple[str, ...]) -> list[Property]:
    return [about for about in ground.properties if about.name in names]


if __name__ == "__main__":
    main()
