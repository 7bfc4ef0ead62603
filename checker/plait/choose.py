"""Which engine searches a model.

`auto` is the interpreter, which reduces symmetry and holds every model; `native` is to be asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

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
    if engine == "symbolic":
        return _symbolic(ground, properties, limits, symmetry, watch)
    if engine != "native":
        from plait.engines.interpreter import check as interpreter

        return interpreter(ground, properties, limits, symmetry, watch)
    from plait.engines.native import UnsupportedError, check as native

    try:
        return native(ground, properties, limits, symmetry, watch, threads=threads)
    except UnsupportedError as unsupported:
        raise JobError(f"--engine native does not hold this model: {unsupported}") from None


def _symbolic(ground: Ground, properties: Collection[str], limits: Limits, symmetry: bool, watch: Watch) -> Finding:
    from plait.engines.symbolic.engine import UnsupportedError, check as symbolic

    try:
        return symbolic(ground, properties, limits, symmetry, watch)
    except UnsupportedError as unsupported:
        raise JobError(f"--engine symbolic does not hold this model: {unsupported}") from None
