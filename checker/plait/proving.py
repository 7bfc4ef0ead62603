"""Proofs of one run: claims by invariants that are checked again from their certificate, and lemmas by induction.

prove(plan, limits)   -> Proven   the entry of the report, and the evidence for what holds
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from plait.certificates import CLAIMS, NotDecided, certified, holds, replies
from plait.engines.symbolic.engine import UnsupportedError, prove as search_proof
from plait.engines.symbolic.obligations_answers import Refusal
from plait.engines.symbolic.prove_tasks import Judged, Lemmas
from plait.errors import JobError
from plait.interrupts import Interrupts
from plait.limits import Limits, Watch
from plait.plan import Plan
from plait.reports.result import Entry
from plait.session import search
from plait.tools import Installed
from plait.verdict import Decision, Finding
from plait_spec.core import Model
from plait_spec.domains import Value
from plait_spec.ground import Ground
from plait_spec.record import record


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
        self.using = {one.name: one.using for one in plan.model.properties if one.kind == "lemma"}
        self.ground_model: Ground | None = None
        self.judged: list[Judged] = []
        self.inductive: tuple[str, ...] = ()
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
        done = certified(ground, proof, self.inductive, limits, watch)
        self.certificate, self.checked = done.text, done.judged
        decisions = {one.property: one for one in done.finding.decisions}
        decisions |= {name: Decision(name, "undetermined", why, None) for name in lemmas if name not in decisions}
        decisions |= {one.about: self.decision(one, decisions) for one in self.judged}
        return replace(done.finding, decisions=tuple(decisions[name] for name in properties))

    def decision(self, judged: Judged, claims: Mapping[str, Decision]) -> Decision:
        """The verdict on a lemma."""
        using = self.using[judged.about]
        relative = f", using {', '.join(using)}" if using else ""
        match judged.answer:
            case None:
                known = claims.get(judged.about)
                if judged.about in self.inductive and known is not None and known.word != "holds":
                    return known  # the model errs, or meets a bound
                left = [name for name in using if name not in self.inductive and not holds(claims.get(name))]
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
    for reply in replies(Lemmas(ground, job, limits.memory), limits, watch):
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
