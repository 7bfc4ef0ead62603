"""The process that thinks about any size: a `Task` on standard input, an `Answer` on standard output, by pickle.

    python -P -m plait.engines.symbolic.any_size.worker

z3 is C++ that may crash, run out of memory or not come back; whatever happens here becomes a reason over there.
"""

from __future__ import annotations

from time import monotonic
from typing import assert_never

from plait.engines.symbolic.any_size.tasks import Answer, Checked, Find, Found, NotFound, Recheck, Task
from plait.engines.symbolic.serve import refusal, serve


def main() -> None:
    """Do the task."""
    serve(lambda task, tell: tell(do(task)))


def do(task: Task) -> Answer:
    """The answer to a task; what the solver refuses becomes a reason."""
    try:
        import z3
    except ImportError as error:
        return NotFound(f"z3 does not load: {error}")
    from plait.engines.symbolic.any_size.vocabulary import CannotExpress

    try:
        match task:
            case Find():
                return _find(task)
            case Recheck():
                return _recheck(task)
            case _:
                assert_never(task)
    except CannotExpress as reason:
        return NotFound(reason.reason, reason.span)
    except z3.Z3Exception as error:
        return NotFound(refusal(error))


def _find(task: Find) -> Answer:
    from plait.engines.symbolic.any_size.crosscheck import cross_check
    from plait.engines.symbolic.any_size.encode import encode
    from plait.engines.symbolic.any_size.houdini import Clock, OutOfTime
    from plait.engines.symbolic.any_size.search import Broken, Invariant, Nothing, search
    from plait.engines.symbolic.any_size.wording import Words

    parameters = dict(task.parameters)
    system = encode(task.model, parameters)
    try:
        answer = search(system, [sort.name for sort in task.model.ids], Clock(monotonic() + task.seconds))
    except OutOfTime:
        return NotFound(f"no invariant was found in {task.seconds:g} seconds")
    match answer:
        case Nothing(reason):
            return NotFound(reason)
        case Broken(sizes, steps):
            return NotFound(_broken(sizes, steps, system.kept))
        case Invariant(clauses):
            looked = cross_check(task.model, parameters, system, clauses, task.look)
            words = Words(system.symbols)
            return Found(clauses, tuple(words.say(clause) for clause in clauses), system.kept, looked)
        case _:
            assert_never(answer)


def _broken(sizes: tuple[tuple[str, int], ...], steps: tuple[str, ...], kept: tuple[str, ...]) -> str:
    """A run of the encoding, which allows more than the model does, is no run of the model."""
    how_many = ", ".join(f"{count} {sort}" for sort, count in sizes)
    network = f", with a network that keeps what is in {', '.join(kept)}" if kept else ""
    return f"with {how_many}{network}, a run of {len(steps)} steps breaks it: {', '.join(steps)}"


def _recheck(task: Recheck) -> Answer:
    from plait.engines.symbolic.any_size.encode import encode
    from plait.engines.symbolic.any_size.recheck import recheck

    system = encode(task.model, dict(task.parameters))
    said = tuple(lemma.formula for lemma in system.lemmas if lemma.name in task.lemmas)
    missing = [name for name in task.lemmas if all(lemma.name != name for lemma in system.lemmas)]
    if missing:
        return NotFound(f"for any size nothing can be said about {', '.join(missing)}")
    return Checked(recheck(system, (*task.invariant, *said)), system.kept)


if __name__ == "__main__":
    main()
