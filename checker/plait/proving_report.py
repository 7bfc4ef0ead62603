"""What proofs found, for the renderers: answers of engines into the records of `reports.prove_result`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from plait.engines.symbolic.any_size.result import AnySize, Looked, Proved, Undecided as Open
from plait.engines.symbolic.any_size.tasks import Checked as AnyChecked, NotFound
from plait.engines.symbolic.certificate import ANY_SIZE, Certificate, Head, loads
from plait.engines.symbolic.obligations_answers import Refusal, Undecided
from plait.engines.symbolic.prove_tasks import Judged
from plait.parameters import in_words as value_in_words, shown
from plait.plan import Plan
from plait.proving import Proven
from plait.proving_any_size import chosen_parameters
from plait.replay.two_states import choice_between, in_words
from plait.reports.prove_result import CertificateCheck, Compared, Judgement, Obligation, Proof, ProofRun, Refuted
from plait.reports.result import Entry
from plait.verdict import PropertyReport, Run, Seconds
from plait_spec.core import Property
from plait_spec.ground import Ground

STEP = "step by step: "


# ---- of one size


def run_of(found: Proven) -> ProofRun:
    """A run of one size, with the proof of what holds and one for each lemma."""
    proofs: list[Proof] = []
    if found.certificate is not None and found.checked is not None:
        written = loads(found.certificate, "")
        facts = tuple(facts for _, facts in written.excluded)
        proofs.append(proof_of(found.checked, found.ground, written.head, sentences(written), facts))
    for judged in found.lemmas:
        using = next(one.using for one in found.ground.model.properties if one.name == judged.about)
        obligations, refuted = answers(judged, found.ground)
        proofs.append(Proof((judged.about,), using, (), (), obligations, refuted))
    return ProofRun(found.entry, tuple(proofs))


def proof_of(
    judged: Judged, ground: Ground, head: Head, invariant: tuple[str, ...], excluded: tuple[tuple[str, ...], ...]
) -> Proof:
    """The proof that a certificate is."""
    obligations, refuted = answers(judged, ground)
    return Proof(head.properties, head.using, invariant, excluded, obligations, refuted)


def answers(judged: Judged, ground: Ground) -> tuple[tuple[Obligation, ...], Refuted | None]:
    """Obligations in order, the last of which may not be met, and why it is not."""
    met = tuple(Obligation(one.obligation, "met", one.extent) for one in judged.met)
    match judged.answer:
        case None:
            return met, None
        case Undecided(obligation, reason):
            return (*met, Obligation(obligation, "not decided", reason)), None
        case Refusal(obligation, part, state, choice, _, after):
            step = None
            if choice is not None and after is not None:
                step = choice_between(ground, state, choice, after)
            refuted = Refuted(part, in_words(ground, state, step))
            return (*met, Obligation(obligation, "refused", "")), refuted
        case _:
            assert_never(judged.answer)


def sentences(certificate: Certificate) -> tuple[str, ...]:
    """The lemmas of a certificate that we wrote, without their names."""
    lines = certificate.lemmas.splitlines()
    return tuple(line.partition(": ")[2] for line in lines if line.startswith("lemma "))


# ---- of any size


def any_size_run_of(plan: Plan, found: Sequence[AnySize]) -> ProofRun:
    """A run for any number of identities. Nothing is expected of it: expectations are about single sizes."""
    model = plan.model
    declared = {one.name: one for one in model.properties}
    chosen = {name for name, _ in chosen_parameters(model, plan.parameters)}
    spent = sum(one.seconds for one in found)
    run = Run(
        file=plan.file,
        protocol=model.protocol,
        proposal=model.proposal,
        parameters=tuple((name, value) for name, value in shown(model, plan.parameters) if name in chosen),
        engine="symbolic",
        states=0,
        transitions=0,
        depth=0,
        cut=0,
        complete=True,
        stopped=None,
        symmetry="off",
        seconds=Seconds(spent, 0.0, spent),
        unfired=None,
        bounds_met=(),
        model_error=None,
        error_trace=None,
        dead_ends=0,
        budgets=(),
        foreign_reads=tuple((read.reader, read.variable) for read in model.foreign_reads),
        properties=tuple(_report(declared[one.property], one) for one in found),
        counted=False,
    )
    changed = tuple((name, value_in_words(value)) for name, value in shown(model, plan.changed) if name in chosen)
    proofs = tuple(_proof(one) for one in found if isinstance(one, Proved))
    return ProofRun(Entry(run, changed), proofs, tuple(sort.name for sort in model.ids))


def _report(about: Property, found: AnySize) -> PropertyReport:
    match found:
        case Proved():
            how = found.how
        case Open(_, reason, span):
            how = reason if span is None else f"{reason}, at {span}"
        case _:
            assert_never(found)
    return PropertyReport(
        name=about.name,
        kind=about.kind,
        verdict="holds" if isinstance(found, Proved) else "undetermined",
        how=how,
        engine="symbolic",
        steps=None,
        expected=None,
        ok=True,
        trace=None,
        title=about.doc[0] if about.doc else "",
        text=" ".join(about.expr.span.text.split()),
        file=about.span.source.name,
        line=about.span.line,
        column=about.span.column,
        stated=False,
    )


def _proof(found: Proved) -> Proof:
    return Proof(
        properties=(found.property,),
        using=(),
        invariant=found.invariant,
        excluded=(),
        obligations=tuple(Obligation(one.name, "met" if one.holds else "refused", "") for one in found.obligations),
        compared=tuple(map(_compared, found.looked)),
    )


def _compared(looked: Looked) -> Compared:
    return Compared(looked.sizes, looked.states, looked.complete, looked.occasion, looked.unfired)


# ---- certificates that were checked


def check_of(head: Head, judged: Judged, ground: Ground) -> CertificateCheck:
    """The answer about a certificate of one size."""
    obligations, refuted = answers(judged, ground)
    match judged.answer:
        case None:
            return _check(head, "proved", obligations)
        case Refusal():
            return _check(head, "refused", obligations, refuted=refuted)
        case Undecided(_, reason):
            return _check(head, "not decided", obligations, reason)
        case _:
            assert_never(judged.answer)


def any_size_check_of(head: Head, answer: AnyChecked | NotFound) -> CertificateCheck:
    """The answer about a certificate for any size."""
    match answer:
        case NotFound(reason):
            return undecided_check(head, reason)
        case AnyChecked(asked, kept):
            met = tuple(Obligation(one.name, "met" if one.holds else "refused", "") for one in asked)
            told = all(one.holds for one in asked)
            network = None
            if kept and head.verdict == ANY_SIZE[0]:
                network = f"it is for any network: what is in {', '.join(kept)} is kept"
            return _check(head, "proved" if told else "refused", met, network)
        case _:
            assert_never(answer)


def undecided_check(head: Head, reason: str) -> CertificateCheck:
    """A certificate about which no solver answered."""
    return _check(head, "not decided", (), reason)


def _check(
    head: Head,
    answer: Judgement,
    obligations: tuple[Obligation, ...],
    reason: str | None = None,
    refuted: Refuted | None = None,
) -> CertificateCheck:
    return CertificateCheck(
        protocol=head.protocol,
        proposal=head.proposal,
        parameters=head.parameters,
        properties=head.properties,
        verdict=head.verdict,
        answer=answer,
        reason=reason,
        obligations=obligations,
        refuted=refuted,
    )
