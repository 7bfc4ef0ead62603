"""More claims for a protocol from a text of their own: a certificate's invariant, checked like any text.

    load_with(path, name, claims) -> the model `name` of a file, with these lemmas added

The claims may say whatever a property may say in that model. They are no part of the file: nothing is written there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from plait_spec import syntax
from plait_spec.core import Model
from plait_spec.declarations import Placed
from plait_spec.diagnostics import Code, Diagnostic, Label, Sink, SpecError
from plait_spec.lower import lower
from plait_spec.parse import parse
from plait_spec.project import load_project
from plait_spec.proposals import flatten
from plait_spec.source import Source


def load_with(path: Path, name: str, claims: Source) -> Model:
    """The protocol or proposal `name`, with the lemmas of `claims` after its own declarations.

    `claims` is a module: `protocol` and any name, then lemmas. Raises `SpecError` where one of the texts is wrong, or
    the file has no such model that can be run.
    """
    lemmas = _lemmas(claims)
    sink = Sink()
    project = load_project(path)
    flat = next((one for one in flatten(project, sink) if one.name == name), None)
    sink.raise_if_any()
    if flat is None:
        here = project.checked.source.span(0, 0)
        raise SpecError(Diagnostic(Code.UNKNOWN_BASE, f"there is no protocol or proposal `{name}`", Label(here)))
    placed = tuple(Placed(lemma, None) for lemma in lemmas)
    model = lower(replace(flat, declarations=(*flat.declarations, *placed)), sink)
    sink.raise_if_any()
    if model is None:
        raise SpecError(Diagnostic(Code.UNKNOWN_BASE, f"`{name}` is abstract: it is not run itself", Label(flat.span)))
    return model


def _lemmas(claims: Source) -> tuple[syntax.Lemma, ...]:
    sink = Sink()
    found = []
    for item in parse(claims).items:
        match item:
            case syntax.Protocol():
                pass
            case syntax.Lemma():
                found.append(item)
            case _:
                sink.error(Code.MISPLACED_ITEM, item.span, "here only a `lemma` can stand")
    sink.raise_if_any()
    return tuple(found)
