"""The language front-end of plait: from the text of a protocol to CORE and GROUND."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait_spec.core import Model

__all__ = ["load"]


def load(path: Path) -> tuple[Model, ...]:
    """Every protocol and proposal of a file that can be run, in the order of the text.

    Raises `diagnostics.SpecError` with all that is wrong with the text, and `OSError` where the file cannot be read.
    """
    from plait_spec.diagnostics import Sink
    from plait_spec.lower import lower
    from plait_spec.project import load_project
    from plait_spec.proposals import flatten

    sink = Sink()
    flats = flatten(load_project(path), sink)
    models = [lower(flat, sink) for flat in flats]
    sink.raise_if_any()
    return tuple(model for model in models if model is not None)
