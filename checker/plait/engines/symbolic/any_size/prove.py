"""Properties for any number of identities: the way in. No module of z3 is imported here.

One process finds an invariant, a second one checks that it proves the property. What is told is a proof or nothing:
that an encoding which allows more than the model breaks a claim says nothing about the model.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping

from plait.engines.symbolic.any_size.result import ANY_NETWORK, ANY_SIZE, AnySize, Proved, Undecided
from plait.engines.symbolic.any_size.tasks import Answer, Checked, Find, Found, NotFound, Recheck, Task
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


def prove_any_size(
    model: Model, parameters: Mapping[str, Value], properties: Collection[str], limits: Limits
) -> tuple[AnySize, ...]:
    """What is known of each of these properties (`always`, `never`, `step`) for any size of the model's `ids`.

    Parameters that only say how many identities there are do not matter; all others keep the values given, or their
    defaults. `limits.timeout` is for each property; `limits.memory` for each process. Raises `EngineBug` where the
    encoding and the reference semantics disagree.
    """
    chosen = {**default_parameters(model), **parameters}
    judged = [claim.name for claim in model.properties if claim.name in properties]
    return tuple(_prove(model, chosen, name, limits) for name in judged)


def _prove(model: Model, parameters: Mapping[str, Value], name: str, limits: Limits) -> AnySize:
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
    found = _ask(Find(restricted, values, seconds, LOOK, limits.memory), seconds + LOOK)
    if isinstance(found, NotFound):
        return undecided(found)
    assert isinstance(found, Found)
    checked = _ask(Recheck(restricted, values, found.invariant, limits.memory), seconds)
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


def _ask(task: Task, seconds: float) -> Answer:
    """What a process of its own answers."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            COMMAND,
            input=pickle.dumps(task),
            capture_output=True,
            env=environment,
            timeout=seconds + 5,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return NotFound(f"limit of {seconds:g} seconds")
    except OSError as error:
        return NotFound(f"the solver process does not start: {error.strerror or error}")
    if done.returncode == 0 and done.stdout:
        answer = pickle.loads(done.stdout)
        assert isinstance(answer, Found | Checked | NotFound)
        return answer
    return _died(done.returncode, done.stderr.decode("utf-8", errors="replace").strip(), task)


def _died(code: int, said: str, task: Task) -> NotFound:
    """Why there was no answer; an exception of ours is raised again as what it is."""
    if task.memory is not None and (code < 0 or "memory" in said.lower()):
        return NotFound(f"limit of {task.memory / 1e6:,.0f} MB of memory")
    if code < 0:
        return NotFound(f"the solver process died: {signal.strsignal(-code) or f'signal {-code}'}")
    if "Traceback" in said:
        raise EngineBug(f"the solver process failed:\n{said}")
    return NotFound(f"the solver process ended with code {code}" + (f": {said.splitlines()[-1]}" if said else ""))
