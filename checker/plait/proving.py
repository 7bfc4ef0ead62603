"""Proofs of one run: claims by invariants that are checked again, lemmas by induction, certificates.

    prove(plan, limits)                      -> Proven   the entry of the report, and the evidence for what holds
    check(path, certificate, name, limits)   -> Checked  whether a certificate proves what it says

Whatever is proved is written as a certificate, read through the front-end like any text, and checked by a fresh
process that shares nothing with the search but the encoding of the model. If that refuses it, it is an EngineBug.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from plait.engines.symbolic.certificate import Certificate, Head, dumps, loads
from plait.engines.symbolic.engine import UnsupportedError, prove as search_proof
from plait.engines.symbolic.events import Ended, Refused
from plait.engines.symbolic.obligations_answers import Refusal, Undecided
from plait.engines.symbolic.process import told
from plait.engines.symbolic.prove_tasks import Certify, Job, Judged, Lemmas, NoSuchFact, Reply, Texts, Write
from plait.errors import EngineBug, JobError
from plait.interrupts import Interrupts
from plait.limits import Limits, Progress, Watch
from plait.parameters import in_words, shown
from plait.plan import Plan
from plait.reports.result import Entry
from plait.session import search
from plait.tools import Installed
from plait.verdict import Decision, Finding
from plait_spec.core import Model, PropertyKind
from plait_spec.domains import Value
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
class Proven:
    """A run and its evidence.

    `certificate` is the text that proves what holds (None where nothing does), `checked` how the fresh process judged
    it. `lemmas` are the answers about the lemmas. `ground` is what states and choices in them are about.
    """

    entry: Entry
    certificate: str | None
    checked: Judged | None
    lemmas: tuple[Judged, ...]
    ground: Ground


@record
class Checked:
    """The answer about a certificate; `ground` is what its states and choices are about."""

    certificate: Certificate
    judged: Judged
    ground: Ground


def provable(plan: Plan) -> Plan:
    """The plan with those of its properties that can be proved, and the lemmas first."""
    kinds = {one.name: one.kind for one in plan.model.properties}
    lemmas = [name for name, kind in kinds.items() if kind == "lemma"]
    claims = [name for name in plan.properties if kinds[name] in CLAIMS]
    return replace(plan, properties=(*lemmas, *claims))


def prove(plan: Plan, limits: Limits, *, symmetry: bool = True, interrupts: Interrupts | None = None) -> Proven:
    """Prove what the plan judges; `plan` as `provable` gives it."""
    prover = _Prover(plan)
    entry = search(plan, prover, limits, symmetry=symmetry, interrupts=interrupts)
    assert prover.ground_model is not None
    return Proven(entry, prover.certificate, prover.checked, tuple(prover.judged), prover.ground_model)


class _Prover(Installed):
    """The tools of a proof, in place of those of a search; keeps what was learned."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("symbolic")
        self.plan = plan
        self.using = {one.name: one.using for one in plan.model.properties if one.kind == "lemma"}
        self.ground_model: Ground | None = None
        self.judged: list[Judged] = []
        self.inductive: tuple[str, ...] = ()
        self.cubes: tuple[frozenset[int], ...] = ()
        self.certificate: str | None = None
        self.checked: Judged | None = None

    def ground(self, model: Model, parameters: Mapping[str, Value]) -> Ground:
        """As ever, and kept."""
        self.ground_model = super().ground(model, parameters)
        return self.ground_model

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        """Lemmas by induction, then claims with the lemmas as known."""
        lemmas = tuple(name for name in properties if name in self.using)
        claims = tuple(name for name in properties if name not in self.using)
        why = ""
        try:
            self.judged += _induction(ground, lemmas, self.using, limits, watch)
        except NotDecided as reason:
            why = str(reason)
        self.inductive = _together(self.judged, self.using)
        try:
            proof = search_proof(ground, claims, self.inductive, limits, symmetry, watch)
        except UnsupportedError as unsupported:
            raise JobError(f"this model has no symbolic encoding: {unsupported}") from None
        self.cubes = proof.cubes
        decisions = {one.property: one for one in proof.finding.decisions}
        decisions |= self.certified([one for one in decisions.values() if _holds(one)], ground, limits, watch)
        decisions |= {name: Decision(name, "undetermined", why, None) for name in lemmas}
        decisions |= {one.about: self.decision(one, decisions) for one in self.judged}
        return replace(proof.finding, decisions=tuple(decisions[name] for name in properties))

    def certified(self, held: list[Decision], ground: Ground, limits: Limits, watch: Watch) -> dict[str, Decision]:
        """What holds, after its invariant was written down and checked again; the verdicts where that went wrong."""
        if not held:
            return {}
        try:
            self.certificate = self.written(held, ground, limits, watch)
            self.checked = _confirmed(self.plan, self.certificate, limits, watch)
        except NotDecided as reason:
            how = f"an invariant was found and not checked again: {reason}"
            return {one.property: Decision(one.property, "undetermined", how, None) for one in held}
        return {}

    def decision(self, judged: Judged, claims: Mapping[str, Decision]) -> Decision:
        """The verdict on a lemma."""
        using = self.using[judged.about]
        relative = f", using {', '.join(using)}" if using else ""
        match judged.answer:
            case None:
                left = [name for name in using if name not in self.inductive and not _holds(claims.get(name))]
                if left and judged.about not in self.inductive:
                    how = f"inductive only if these hold, which is not proved: {', '.join(left)}"
                    return Decision(judged.about, "undetermined", how, None)
                return Decision(judged.about, "holds", f"inductive{relative}", None)
            case Refusal(obligation="initially"):
                return Decision(judged.about, "undetermined", "not inductive: an initial state breaks it", None)
            case Refusal(name=str(name)):
                return Decision(judged.about, "undetermined", f"not inductive{relative}: {name} breaks it", None)
            case found:
                reason = getattr(found, "reason", "not inductive")
                return Decision(judged.about, "undetermined", str(reason), None)

    def written(self, held: list[Decision], ground: Ground, limits: Limits, watch: Watch) -> str:
        """The certificate of what holds."""
        texts = _answer(Write(ground, self.cubes, limits.memory), limits, watch)
        assert isinstance(texts, Texts)
        model, names = self.plan.model, {one.property for one in held}
        read = [one.name for one in model.properties if one.name in self.plan.properties and one.monitors]
        head = Head(
            version=_version(),
            file=Path(self.plan.file).name,
            protocol=model.protocol,
            proposal=model.proposal,
            parameters=tuple((name, in_words(value)) for name, value in shown(model, self.plan.parameters)),
            properties=tuple(one.property for one in held),
            beside=tuple(name for name in read if name not in names and name not in self.inductive),
            using=self.inductive,
            verdict="holds" if all(one.word == "holds" for one in held) else "holds within",
        )
        return dumps(head, texts.lemmas, texts.excluded)


def _holds(decision: Decision | None) -> bool:
    return decision is not None and decision.word in ("holds", "holds within")


def _version() -> str:
    import plait

    return plait.__version__


# ---- lemmas


def _induction(
    ground: Ground, lemmas: tuple[str, ...], using: Mapping[str, tuple[str, ...]], limits: Limits, watch: Watch
) -> Iterator[Judged]:
    """The answers about the lemmas; one that uses what is not there is about nothing."""
    if not lemmas:
        return
    about = {one.name: one for one in ground.properties}
    for name in dict.fromkeys(one for lemma in lemmas for one in (lemma, *using[lemma])):
        if name in about and (about[name].on_steps or about[name].kind not in ("always", "never")):
            raise JobError(f"`{name}`: what is inductive is about states, and this is about steps or runs")
    job = tuple((name, tuple(one for one in using[name] if one in about)) for name in lemmas)
    for reply in _replies(Lemmas(ground, job, limits.memory), limits, watch):
        assert isinstance(reply, Judged)
        yield reply


def _together(judged: Collection[Judged], using: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The lemmas that are inductive together: the greatest set of which each uses only others of the set."""
    kept = {one.about for one in judged if one.answer is None}
    while True:
        fewer = {name for name in kept if set(using[name]) <= kept}
        if fewer == kept:
            return tuple(one.about for one in judged if one.about in kept)
        kept = fewer


# ---- certificates


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
    from plait_spec.grounding import ground, parse_parameter

    head = certificate.head
    if model.protocol != head.protocol:
        raise JobError(f"{name}: `{head.model}` is a proposal for {model.protocol}, not for {head.protocol}")
    kinds = {one.name: one.kind for one in model.properties}
    for one in (*head.properties, *head.beside):
        if kinds.get(one) not in CLAIMS:
            raise JobError(f"{name}: there is no `always`, `never`, `step` or `deadlock free` called `{one}`")
    for one in head.using:
        if kinds.get(one) != "lemma":
            raise JobError(f"{name}: there is no lemma `{one}`")
    own = tuple(one.name for one in model.properties if one.span.source.name == name)
    lemmas = (*head.using, *own)
    parameters = {key: parse_parameter(model, key, value) for key, value in head.parameters}
    whole = ground(restrict(model, {*head.properties, *head.beside, *lemmas}), parameters)
    for about in whole.properties:
        if about.name in lemmas and about.on_steps:
            raise JobError(f"{name}: `{about.name}` names steps, and an invariant is about states")
    within = head.verdict == "holds within"
    return Certify(whole, head.properties, lemmas, certificate.excluded, within, memory)


def _confirmed(plan: Plan, certificate: str, limits: Limits, watch: Watch) -> Judged:
    """The check of a certificate of ours, which it must pass."""
    name = "the invariant found"
    judged = check(Path(plan.file), loads(certificate, name), name, limits, watch).judged
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
    return next(_replies(job, limits, watch))


def _replies(job: Job, limits: Limits, watch: Watch) -> Iterator[Reply]:
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
