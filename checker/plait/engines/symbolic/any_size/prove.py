"""Properties for any number of identities: the way in. No module of z3 is imported here.

One process finds an invariant, a second one checks that it proves the property. What is told is a proof or nothing:
that an encoding which allows more than the model breaks a claim says nothing about the model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Mapping

from plait.engines.symbolic.any_size.result import ANY_NETWORK, ANY_SIZE, AnySize, Proved, Undecided
from plait.engines.symbolic.any_size.tasks import Answer, Checked, Find, Found, NotFound, Recheck, Task
from plait.engines.symbolic.events import Ended
from plait.engines.symbolic.process import told
from plait.errors import EngineBug
from plait.limits import Limits
from plait_spec.core import Model
from plait_spec.domains import Value
from plait_spec.grounding import default_parameters
from plait_spec.restrict import restrict

KINDS = frozenset({"always", "never", "step"})
SECONDS = 300.0
LOOK = 4.0
COMMAND = (sys.executable, "-P", "-m", "plait.engines.symbolic.any_size.worker")


def unwatched() -> None:
    """Nobody watches."""


def prove_any_size(
    model: Model,
    parameters: Mapping[str, Value],
    properties: Collection[str],
    limits: Limits,
    pulse: Callable[[], None] = unwatched,
) -> tuple[AnySize, ...]:
    """What is known of each of these properties (`always`, `never`, `step`) for any size of the model's `ids`.

    Parameters that only say how many identities there are do not matter; all others keep the values given, or their
    defaults. `limits.timeout` is for each property; `limits.memory` for each process; `pulse` is called ten times a
    second. Raises `EngineBug` where the encoding and the reference semantics disagree.
    """
    chosen = {**default_parameters(model), **parameters}
    judged = [claim.name for claim in model.properties if claim.name in properties]
    return tuple(_prove(model, chosen, name, limits, pulse) for name in judged)


def check_lemmas(
    model: Model, parameters: Mapping[str, Value], properties: Collection[str], lemmas: Collection[str], limits: Limits
) -> Checked | NotFound:
    """Whether these lemmas of the model are an invariant that proves these properties for any size."""
    restricted = restrict(model, [*properties, *lemmas])
    values = tuple({**default_parameters(model), **parameters}.items())
    seconds = SECONDS if limits.timeout is None else limits.timeout
    answer = _ask(Recheck(restricted, values, (), tuple(lemmas), limits.memory), seconds)
    assert isinstance(answer, Checked | NotFound)
    return answer


def _prove(
    model: Model, parameters: Mapping[str, Value], name: str, limits: Limits, pulse: Callable[[], None]
) -> AnySize:
    began = time.monotonic()

    def undecided(reason: NotFound) -> Undecided:
        return Undecided(name, reason.reason, reason.span, time.monotonic() - began)

    claim = next(one for one in model.properties if one.name == name)
    if claim.kind not in KINDS:
        return undecided(
            NotFound(f"`{claim.kind}` is not proved for any size: `always`, `never` and `step` are", claim.span)
        )
    if not model.ids:
        return undecided(NotFound("the model has no `ids`, so it has one size only", model.span))
    lemmas = [one.name for one in model.properties if one.kind == "lemma"]
    restricted = restrict(model, [name, *lemmas])
    values = tuple(parameters.items())
    seconds = SECONDS if limits.timeout is None else limits.timeout
    found = _ask(Find(restricted, values, seconds, LOOK, limits.memory), seconds + 2 * LOOK, pulse)
    if isinstance(found, NotFound):
        return undecided(found)
    assert isinstance(found, Found)
    checked = _ask(Recheck(restricted, values, found.invariant, (), limits.memory), seconds, pulse)
    if isinstance(checked, NotFound):
        return undecided(NotFound(f"an invariant was found, and not checked: {checked.reason}"))
    assert isinstance(checked, Checked)
    open_ones = [one.name for one in checked.obligations if not one.holds]
    if open_ones:
        return undecided(
            NotFound(f"an invariant was found, and a second solver did not confirm: {', '.join(open_ones)}")
        )
    how = ANY_NETWORK if found.kept else ANY_SIZE
    took = time.monotonic() - began
    return Proved(name, how, found.words, found.invariant, checked.obligations, found.looked, took)


def _ask(task: Task, seconds: float, pulse: Callable[[], None] = unwatched) -> Answer:
    """What a process of its own answers."""
    for event in told(task, seconds, pulse, COMMAND):
        match event:
            case Found() | Checked() | NotFound():
                return event
            case Ended(reason):
                return NotFound(reason)
            case _:
                break
    raise EngineBug("the solver process told something that nobody asked for")
