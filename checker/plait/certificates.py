"""Certificates of one size: what holds is written down as text, and checked by a fresh process.

    certified(ground, proof, ...)            -> Certified   a finding with the certificate of whatever holds in it
    check(path, certificate, name, limits)   -> Checked     whether a certificate proves what it says
    replies(job, limits, watch)              -> Reply...    what a fresh process answers

A certificate of ours is read through the front-end like any text, and the process that checks it shares nothing with
the search but the encoding of the model. If that refuses it, it is an EngineBug.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import plait
from plait.engines.symbolic.certificate import Certificate, Head, dumps, loads
from plait.engines.symbolic.engine import Proof, UnsupportedError, search
from plait.engines.symbolic.events import Ended, Refused
from plait.engines.symbolic.obligations_answers import Refusal, Undecided
from plait.engines.symbolic.process import told
from plait.engines.symbolic.prove_tasks import Certify, Job, Judged, Lemmas, NoSuchFact, Reply, Texts, Write
from plait.errors import EngineBug, JobError
from plait.limits import Limits, Progress, Watch
from plait.parameters import in_words, shown
from plait.tools import Installed
from plait.verdict import Decision, Finding
from plait_spec.core import Model, PropertyKind
from plait_spec.diagnostics import SpecError
from plait_spec.ground import Ground
from plait_spec.record import record
from plait_spec.restrict import restrict
from plait_spec.source import Source

CLAIMS: frozenset[PropertyKind] = frozenset(("always", "never", "step", "deadlock free"))
PROVABLE: frozenset[PropertyKind] = CLAIMS | {"lemma"}
COMMAND = (sys.executable, "-P", "-m", "plait.engines.symbolic.prove_worker")


def _unwatched(progress: Progress) -> None:
    """Nobody watches."""


@record
class Checked:
    """The answer about a certificate; `ground` is what its states and choices are about."""

    certificate: Certificate
    judged: Judged
    ground: Ground


@record
class Certified:
    """A finding; the text that proves what holds in it (None where nothing does), and how that was judged."""

    finding: Finding
    text: str | None
    judged: Judged | None


class Certifying(Installed):
    """The tools of a search by the symbolic engine that adds the certificates of what it proves to `texts`."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__("symbolic")
        self.texts = texts

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        """As the symbolic engine, and what holds is checked again."""
        try:
            proof = search(ground, properties, limits, symmetry, watch)
        except UnsupportedError as unsupported:
            raise JobError(f"--engine symbolic does not hold this model: {unsupported}") from None
        done = certified(ground, proof, (), limits, watch)
        self.texts += [] if done.text is None else [done.text]
        return done.finding


def certified(ground: Ground, proof: Proof, using: tuple[str, ...], limits: Limits, watch: Watch) -> Certified:
    """The finding of a proof, after what holds was written down and checked again; undetermined where that failed.

    `using` are lemmas of the model that are inductive together, on which the proof rests. What a single run shows,
    that something is reachable, needs no certificate.
    """
    kinds = {one.name: one.kind for one in ground.model.properties}
    found = [one for one in proof.finding.decisions if one.property not in using]
    held = [one for one in found if holds(one) and kinds[one.property] in PROVABLE]
    if not held:
        return Certified(proof.finding, None, None)
    try:
        text = _text(ground, held, proof, using, limits, watch)
        return Certified(proof.finding, text, _confirmed(_file(ground), text, limits, watch))
    except (NotDecided, KeyboardInterrupt) as reason:
        how = f"it was proved, and that was not checked again: {str(reason) or 'interrupted'}"
        left = {one.property: Decision(one.property, "undetermined", how, None) for one in held}
    decisions = tuple(left.get(one.property, one) for one in proof.finding.decisions)
    return Certified(replace(proof.finding, decisions=decisions), None, None)


def holds(decision: Decision | None) -> bool:
    """Whether it says that the property holds, if only within bounds."""
    return decision is not None and decision.word in ("holds", "holds within")


def _file(ground: Ground) -> Path:
    return Path(ground.model.span.source.name)


def _text(
    ground: Ground, held: Collection[Decision], proof: Proof, using: tuple[str, ...], limits: Limits, watch: Watch
) -> str:
    """The certificate of what holds."""
    texts = _answer(Write(ground, proof.cubes, proof.reachable, limits.memory), limits, watch)
    assert isinstance(texts, Texts)
    model, names = ground.model, {one.property for one in held}
    head = Head(
        version=plait.__version__,
        file=_file(ground).name,
        protocol=model.protocol,
        proposal=model.proposal,
        parameters=tuple((name, in_words(value)) for name, value in shown(model, ground.parameters)),
        properties=tuple(one.property for one in held),
        beside=tuple(one.name for one in model.properties if one.monitors and one.name not in {*names, *using}),
        using=using,
        reachable=proof.reachable,
        verdict="holds" if all(one.word == "holds" for one in held) else "holds within",
    )
    return dumps(head, texts.lemmas, texts.excluded, proof.longest)


def check(path: Path, certificate: Certificate, name: str, limits: Limits, watch: Watch = _unwatched) -> Checked:
    """Whether a certificate proves what it says about the model at `path`; `name` is the file of the certificate.

    Raises SpecError where a lemma is no sentence of the model, JobError where the certificate is about something else,
    NotDecided where the process ended early.
    """
    from plait_spec.annex import load_with

    model = load_with(path, certificate.head.model, Source(name, certificate.lemmas))
    job = question(model, certificate, name, limits.memory)
    reply = _answer(job, limits, watch)
    if isinstance(reply, NoSuchFact):
        raise JobError(f"{name}:{reply.line}: `{reply.fact}` is no fact of this model")
    assert isinstance(reply, Judged)
    return Checked(certificate, reply, job.ground)


def question(model: Model, certificate: Certificate, name: str, memory: int | None) -> Certify:
    """What is to be checked; `model` has the lemmas of the certificate, whose places in the text are in `name`."""
    from plait_spec.grounding import ground, parse_parameters

    head = certificate.head
    if model.protocol != head.protocol:
        raise JobError(f"{name}: `{head.model}` is a proposal for {model.protocol}, not for {head.protocol}")
    kinds = {one.name: one.kind for one in model.properties}
    for one in head.properties:
        if kinds.get(one) not in PROVABLE:
            raise JobError(f"{name}: there is no `always`, `never`, `step`, `deadlock free` or `lemma` called `{one}`")
    for one in head.beside:
        if one not in kinds:
            raise JobError(f"{name}: there is no property `{one}`")
    for one in head.using:
        if kinds.get(one) != "lemma":
            raise JobError(f"{name}: there is no lemma `{one}`")
    own = tuple(one.name for one in model.properties if one.span.source.name == name)
    lemmas = (*head.using, *own)
    parameters = parse_parameters(model, dict(head.parameters))
    whole = ground(restrict(model, {*head.properties, *head.beside, *lemmas}), parameters)
    for about in whole.properties:
        if about.name in lemmas and about.on_steps:
            raise JobError(f"{name}: `{about.name}` names steps, and an invariant is about states")
    within = head.verdict == "holds within"
    excluded, longest = certificate.excluded, certificate.longest
    return Certify(whole, head.properties, lemmas, excluded, head.reachable, longest, within, memory)


def _confirmed(path: Path, certificate: str, limits: Limits, watch: Watch) -> Judged:
    """The check of a certificate of ours, which it must pass."""
    name = "the invariant found"
    try:
        judged = check(path, loads(certificate, name), name, limits, watch).judged
    except SpecError as error:
        raise EngineBug(f"the invariant that was found is no text of the language: {error}") from None
    match judged.answer:
        case Refusal():
            raise EngineBug(f"the invariant that was found is refused: {judged.answer}")
        case Undecided(_, reason):
            raise NotDecided(reason)
        case None:
            return judged


# ---- processes

_DOING: Mapping[type[Job], str] = {
    Write: "writing the invariant down",
    Certify: "checking the invariant again",
    Lemmas: "looking at the lemmas",
}


class NotDecided(Exception):  # noqa: N818 - no error: a limit, or a solver that is not there or gave up
    """A process ended before it answered; the message says why."""


def _answer(job: Job, limits: Limits, watch: Watch) -> Reply:
    return next(replies(job, limits, watch))


def replies(job: Job, limits: Limits, watch: Watch) -> Iterator[Reply]:
    """What a fresh process answers; raises NotDecided where it ends early."""
    began = time.monotonic()

    def pulse() -> None:
        watch(Progress(0, 0, 0, growing=False, seconds=time.monotonic() - began, doing=_DOING[type(job)]))

    for event in told(job, limits.timeout, pulse, COMMAND):
        match event:
            case Ended(""):
                return
            case Ended(reason):
                raise NotDecided(reason)
            case Refused(reason):
                raise JobError(f"this model has no symbolic encoding: {reason}")
            case _:
                yield event
