"""Which engine searches a model.

`auto` is the native explorer, and the interpreter for a model that this does not hold.  Where no machine code can be
made, `auto` goes on without it.  If it is not through after so many states (`JOIN`), the symbolic engine tries, with a
fixed amount of work; if that leaves something open, explicit search begins again, without that limit.  Whose answer it
is depends on the model, its properties and the options alone, as long as no limit of time or memory ends it.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Literal, assert_never

from plait.errors import JobError
from plait.limits import Limits, Watch
from plait.verdict import Finding
from plait_spec.ground import Ground


def check(
    engine: Literal["auto", "interpreter", "native", "symbolic"],
    ground: Ground,
    properties: Collection[str],
    limits: Limits,
    symmetry: bool,
    watch: Watch,
    threads: int,
) -> Finding:
    """Search by the engine that is named, with so many threads where it can use them.

    Raises JobError where the engine does not hold the model.
    """
    match engine:
        case "auto":
            return _auto(ground, tuple(properties), limits, symmetry, watch, threads)
        case "interpreter":
            from plait.engines.interpreter import check as interpreter

            return interpreter(ground, properties, limits, symmetry, watch)
        case "native":
            return _native(ground, properties, limits, symmetry, watch, threads)
        case "symbolic":
            return _symbolic(ground, properties, limits, symmetry, watch)
        case _:
            assert_never(engine)


JOIN = 20_000_000  # states after which the symbolic engine tries
ROUNDS = 2  # of its work


def _auto(
    ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch, threads: int
) -> Finding:
    began = time.monotonic()
    if limits.states is not None and limits.states <= JOIN:
        return _explicit(ground, properties, limits, symmetry, watch, threads)
    first = _explicit(ground, properties, replace(limits, states=JOIN), symmetry, watch, threads)
    if first.stopped != f"limit of {JOIN:,} states":
        return first
    second = _tried(ground, properties, _left(limits, began), symmetry, watch) or first
    if second.complete and _open(second) < _open(first):
        return second
    if second.stopped == "interrupted":
        return _ended(min((first, second), key=_open), "interrupted")
    if limits.timeout is not None and _left(limits, began).timeout == 0:
        return _ended(min((first, second), key=_open), f"limit of {limits.timeout:g} seconds")
    third = _explicit(ground, properties, _left(limits, began), symmetry, watch, threads)
    return min((third, second), key=_open)


def _tried(ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch) -> Finding | None:
    from plait.engines.symbolic.engine import UnsupportedError, check as symbolic

    try:
        return symbolic(ground, properties, limits, symmetry, watch, rounds=ROUNDS)
    except UnsupportedError:
        return None


def _left(limits: Limits, began: float) -> Limits:
    """The limits of what follows: the time that is left."""
    if limits.timeout is None:
        return limits
    return replace(limits, timeout=max(0.0, limits.timeout - (time.monotonic() - began)))


def _ended(found: Finding, reason: str) -> Finding:
    """The same, ended for this reason and not where the symbolic engine joined."""
    decisions = (
        replace(each, how=reason) if each.word == "undetermined" and each.how == found.stopped else each
        for each in found.decisions
    )
    return replace(found, stopped=reason, decisions=tuple(decisions))


def _open(found: Finding) -> int:
    """How many verdicts an engine left open."""
    return sum(decision.word == "undetermined" for decision in found.decisions)


def _explicit(
    ground: Ground, properties: Collection[str], limits: Limits, symmetry: bool, watch: Watch, threads: int
) -> Finding:
    from plait.engines.native import NoCompilerError, UnsupportedError, check as native

    try:
        return native(ground, properties, limits, symmetry, watch, threads=threads)
    except NoCompilerError:
        return native(ground, properties, limits, symmetry, watch, tier="interpreted")
    except UnsupportedError:
        from plait.engines.interpreter import check as interpreter

        return interpreter(ground, properties, limits, symmetry, watch)


def _native(
    ground: Ground, properties: Collection[str], limits: Limits, symmetry: bool, watch: Watch, threads: int
) -> Finding:
    from plait.engines.native import NoCompilerError, UnsupportedError, check as native

    try:
        return native(ground, properties, limits, symmetry, watch, threads=threads)
    except UnsupportedError as unsupported:
        raise JobError(f"--engine native does not hold this model: {unsupported}") from None
    except NoCompilerError as missing:
        raise JobError(
            f"--engine native makes machine code for a model of this size, and {missing}; "
            "--engine auto searches without it, slowly"
        ) from None


def _symbolic(ground: Ground, properties: Collection[str], limits: Limits, symmetry: bool, watch: Watch) -> Finding:
    from plait.engines.symbolic.engine import UnsupportedError, check as symbolic

    try:
        return symbolic(ground, properties, limits, symmetry, watch)
    except UnsupportedError as unsupported:
        raise JobError(f"--engine symbolic does not hold this model: {unsupported}") from None
