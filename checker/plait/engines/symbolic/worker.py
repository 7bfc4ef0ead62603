"""The process with the solver: a `Task` on standard input, `Event`s on standard output, both by pickle.

    python -P -m plait.engines.symbolic.worker

Why it is a process of its own, `serve` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from plait.engines.symbolic.events import Began, Ended, Event, Refused, Task, Wrong
from plait.engines.symbolic.runs import orbits
from plait.engines.symbolic.serve import refusal, serve

if TYPE_CHECKING:
    from plait.engines.symbolic.search import Round

QUICK_BITS = 300


def main() -> None:
    """Do the task."""
    serve(search)


def search(task: Task, tell: Callable[[Event], None]) -> None:
    """Encode, search, prove; whatever the solver refuses ends it with a reason."""
    try:
        import z3
    except ImportError as error:
        tell(Ended(f"z3 does not load: {error}"))
        return
    from plait.engines.symbolic.bmc import GaveUp, begins
    from plait.engines.symbolic.confinement import confined
    from plait.engines.symbolic.encode import system_of
    from plait.engines.symbolic.obligations import without_lemmas
    from plait.engines.symbolic.reachable_values import reachable_values
    from plait.engines.symbolic.search import PROOFS, ROUNDS, Search
    from plait.engines.symbolic.system import UnsupportedError, cuts_of

    judged = [about for about in task.ground.properties if about.name in task.properties]
    lemmas = [about for about in task.ground.properties if about.name in task.lemmas]
    try:
        # A certificate names bits of the whole encoding, and does not rest on what is found out about values here.
        reachable = None if task.certify else reachable_values(task.ground)
        system, known = without_lemmas(system_of(task.ground, [*judged, *lemmas], reachable), lemmas)
        tell(Began(len(system.bits), len(system.steps), tuple(cuts_of(system))))
        if not begins(system):
            tell(Wrong())
            return
        confined(system)
        orbit = orbits(task.ground, task.symmetry) or (lambda state: (state,))
        rounds = (PROOFS if task.certify else _rounds(len(system.bits), ROUNDS))[: task.rounds]
        searched = Search(system, judged, orbit, task.depth, rounds, known, certify=task.certify)
        for event in searched.events():
            tell(event)
    except UnsupportedError as refused:
        tell(Refused(str(refused)))
    except GaveUp as reason:
        tell(Ended(str(reason)))
    except z3.Z3Exception as error:
        tell(Ended(refusal(error)))


def _rounds(bits: int, rounds: Sequence[Round]) -> tuple[Round, ...]:
    """A query about more bits takes longer: fewer are asked."""
    fewer = max(1, bits // QUICK_BITS)
    return tuple(replace(one, queries=one.queries // fewer) for one in rounds)


if __name__ == "__main__":
    main()
