"""Which engine searches a model.

`auto` is the native explorer, and the interpreter for a model that this does not hold: the choice depends on the model,
its properties and the options alone.  Where no machine code can be made, `auto` goes on without it.
"""

from __future__ import annotations

from collections.abc import Collection
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
            return _auto(ground, properties, limits, symmetry, watch, threads)
        case "interpreter":
            from plait.engines.interpreter import check as interpreter

            return interpreter(ground, properties, limits, symmetry, watch)
        case "native":
            return _native(ground, properties, limits, symmetry, watch, threads)
        case "symbolic":
            return _symbolic(ground, properties, limits, symmetry, watch)
        case _:
            assert_never(engine)


def _auto(
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
