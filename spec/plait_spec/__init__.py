"""The language front-end of plait: from the text of a protocol to CORE and GROUND."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait_spec.core import Model
    from plait_spec.proposals import Flat
    from plait_spec.source import Span

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
            if flat.proposal is not None and not _in_its_own_text(flat, found.span):
                found = replace(found, notes=(*found.notes, Label(flat.span, "in this proposal")))
            sink.add(found)
    sink.raise_if_any()
    return tuple(model for model in models if model is not None)


def _in_its_own_text(flat: Flat, span: Span) -> bool:
    """Whether a place is in the text of a proposal itself, not in what it inherits."""
    if span.source.name != flat.span.source.name or span.start < flat.span.start:
        return False
    inherited = (each.span for each in flat.scenarios if each.protocol.text != flat.name)
    return not any(each.source.name == span.source.name and each.start <= span.start < each.end for each in inherited)
