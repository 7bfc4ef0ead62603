"""Certificates of proofs for any size: the invariant as lemmas, read by the front-end like any text.

without_words(model, proved)                   -> what the language has no words for: then there is no text
certificate_of(plan, proved)                   -> the text
check(path, certificate, name, limits)         -> Checked | NotFound   whether it proves what it says
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import plait
from plait.engines.symbolic.any_size.logic import symbols_in
from plait.engines.symbolic.any_size.prove import KINDS, check_lemmas
from plait.engines.symbolic.any_size.result import Proved
from plait.engines.symbolic.any_size.tasks import Checked, NotFound
from plait.engines.symbolic.certificate import Certificate, Head, dumps
from plait.errors import JobError
from plait.limits import Limits
from plait.parameters import Assignment, in_words, shown
from plait.plan import Plan
from plait_spec.annex import load_with
from plait_spec.core import Model, VariableKind
from plait_spec.grounding import parse_parameters
from plait_spec.source import Source
from plait_spec.types import ParameterBound

HIDDEN: Mapping[VariableKind, str] = {
    "monitor": "what `{text}` remembers (`{name}`)",
    "budget": "how often `{name}` has happened",
    "up": "who is up (`{name}`)",
}
"""Variables that the text of a model does not declare, in words."""


def chosen_parameters(model: Model, parameters: Assignment) -> tuple[tuple[str, str], ...]:
    """The parameters, in words, that do not only say how many identities there are."""
    sizes = {sort.size.name for sort in model.ids if isinstance(sort.size, ParameterBound)}
    return tuple((name, in_words(value)) for name, value in shown(model, parameters) if name not in sizes)


def without_words(model: Model, proved: Proved) -> tuple[str, ...]:
    """What the invariant speaks of and a lemma cannot: what is remembered of the past, budgets, who is up."""
    mentioned = {symbol for formula in proved.formulas for symbol in symbols_in(formula)}
    found: list[str] = []
    for variable in model.variables:
        here = re.compile(rf"{re.escape(variable.name)}(?!\w)")
        if variable.kind in HIDDEN and any(here.match(symbol) for symbol in mentioned):
            found.append(HIDDEN[variable.kind].format(name=variable.name, text=" ".join(variable.span.text.split())))
    return tuple(found)


def certificate_of(plan: Plan, proved: Proved) -> str:
    """The text that proves it."""
    model = plan.model
    head = Head(
        version=plait.__version__,
        file=Path(plan.file).name,
        protocol=model.protocol,
        proposal=model.proposal,
        parameters=chosen_parameters(model, plan.parameters),
        properties=(proved.property,),
        beside=(),
        using=(),
        reachable=False,
        verdict=f"holds for {proved.how}",
    )
    return dumps(head, tuple(f"Invariant{at}: {clause}" for at, clause in enumerate(proved.invariant, 1)), ())


def check(path: Path, certificate: Certificate, name: str, limits: Limits) -> Checked | NotFound:
    """What a fresh process says of the certificate in the file `name`, about the model at `path`.

    Raises SpecError where a lemma is no sentence of the model, JobError where the certificate is about something else.
    """
    head = certificate.head
    model = load_with(path, head.model, Source(name, certificate.lemmas))
    if model.protocol != head.protocol:
        raise JobError(f"{name}: `{head.model}` is a proposal for {model.protocol}, not for {head.protocol}")
    kinds = {one.name: one.kind for one in model.properties}
    for claim in head.properties:
        if kinds.get(claim) not in KINDS:
            raise JobError(f"{name}: there is no `always`, `never` or `step` called `{claim}`")
    if certificate.excluded:
        raise JobError(f"{name}:{certificate.excluded[0][0]}: an invariant for any size is made of lemmas")
    if certificate.longest is not None or head.reachable:
        raise JobError(f"{name}: for any size no run is the longest, and `values` are `all`")
    own = [one.name for one in model.properties if one.span.source.name == name]
    parameters = parse_parameters(model, dict(head.parameters))
    return check_lemmas(model, parameters, head.properties, own, limits)
