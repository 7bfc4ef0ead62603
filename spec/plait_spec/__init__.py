"""The language front-end of plait: from the text of a protocol to CORE and GROUND."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait_spec.core import Model

__all__ = ["load"]


def load(path: Path) -> tuple[Model, ...]:
    """Every protocol and proposal of a file that can be run, in the order of the text.

    Raises `diagnostics.SpecError` with all that is wrong with the text, and `OSError` where the file cannot be read.
    """
    from plait_spec.diagnostics import Label, Sink
    from plait_spec.lower import lower
    from plait_spec.project import load_project
    from plait_spec.proposals import flatten

    sink = Sink()
    flats = flatten(load_project(path), sink)
    models = []
    for flat in flats:
        mine = Sink()
        models.append(lower(flat, mine))
        for found in mine.diagnostics:
            place = found.span.source.name, found.span.start
            if flat.proposal is not None and (place[0] != flat.span.source.name or place[1] < flat.span.start):
                found = replace(found, notes=(*found.notes, Label(flat.span, "in this proposal")))
            sink.add(found)
    sink.raise_if_any()
    return tuple(model for model in models if model is not None)
