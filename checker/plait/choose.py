"""Which engine searches a model.

`auto` is the native explorer, and the interpreter for a model that this does not hold.  Where no machine code can be
made, `auto` goes on without it.  Once there are more states than `JOIN`, the search waits while the symbolic engine
tries, with a fixed amount of work; if that leaves something open, the search goes on.  Whose answer it is depends on
the model, its properties and the options alone, as long as no limit of time or memory ends it.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Literal, assert_never

from plait.errors import JobError
from plait.limits import Limits, Progress, Watch, resident
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


class _AnsweredError(Exception):
    """The symbolic engine left nothing open, so that the search need not go on."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


class _Joined:
    """Watches an explicit search, and has the symbolic engine try while that waits; `tried` is what came of it."""

    def __init__(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> None:
        self.ground, self.properties, self.limits, self.symmetry = ground, properties, limits, symmetry
        self.began, self.inner = time.monotonic(), watch
        self.has_tried = False
        self.tried: Finding | None = None

    def watch(self, progress: Progress) -> None:
        """Pass the progress on, or try."""
        self.inner(progress)
        if progress.states <= JOIN or self.has_tried:
            return
        self.has_tried = True
        self.tried = found = _tried(self.ground, self.properties, self.left(), self.symmetry, self.inner)
        if found is not None and found.complete:
            total = time.monotonic() - self.began
            raise _AnsweredError(replace(found, seconds=replace(found.seconds, total=total)))
        if found is not None and found.stopped == "interrupted":
            raise KeyboardInterrupt

    def left(self) -> Limits:
        """What the search has left of the limits: of the time, and of the memory, which it keeps."""
        timeout, memory = self.limits.timeout, self.limits.memory
        if timeout is not None:
            timeout = max(0.0, timeout - (time.monotonic() - self.began))
        if memory is not None:
            memory = max(0, memory - (resident() or 0))
        return replace(self.limits, timeout=timeout, memory=memory)


def _auto(
    ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch, threads: int
) -> Finding:
    joined = _Joined(ground, properties, limits, symmetry, watch)
    try:
        found = _explicit(ground, properties, replace(limits, milestone=JOIN), symmetry, joined.watch, threads)
    except _AnsweredError as answered:
        return answered.finding
    return found if joined.tried is None else min((found, joined.tried), key=_open)


def _tried(ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch) -> Finding | None:
    from plait.engines.symbolic.engine import UnsupportedError, check as symbolic

    try:
        return symbolic(ground, properties, limits, symmetry, watch, rounds=ROUNDS)
    except UnsupportedError:
        return None


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
