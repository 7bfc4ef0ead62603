"""The process that thinks about any size: a `Task` on standard input, an `Answer` on standard output, by pickle.

    python -P -m plait.engines.symbolic.any_size.worker

z3 is C++ that may crash, run out of memory or not come back; whatever happens here becomes a reason over there.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import threading
from time import monotonic
from typing import assert_never

from plait.engines.symbolic.any_size.tasks import Answer, Checked, Find, Found, NotFound, Recheck, Task
from plait.engines.symbolic.events import Ended
from plait.engines.symbolic.worker import LENGTH, OUT_OF_MEMORY


def main() -> None:
    """Do the task."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that z3 prints may stand before the answer

    def tell(answer: Answer | Ended) -> None:
        data = pickle.dumps(answer)
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()

    (length,) = LENGTH.unpack(sys.stdin.buffer.read(LENGTH.size))
    task: Task = pickle.loads(sys.stdin.buffer.read(length))
    threading.Thread(target=_end_with_caller, daemon=True).start()
    if task.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (task.memory, task.memory))
    try:
        tell(do(task))
    except MemoryError:
        tell(Ended(OUT_OF_MEMORY))


def _end_with_caller() -> None:
    while os.read(0, 1):  # not by `sys.stdin`, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


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
        return NotFound(OUT_OF_MEMORY if "memory" in str(error) else f"the solver failed: {error}")


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
