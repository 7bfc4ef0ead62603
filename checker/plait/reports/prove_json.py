"""Proofs as one JSON object, as `prove.schema.json` describes it: the runs of `report.schema.json`, and more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import plait
from plait.reports.json import problem_object, run_object
from plait.reports.prove_result import (
    CertificateCheck,
    Compared,
    Obligation,
    Proof,
    ProofRun,
    ProveResult,
    Refuted,
)

Object: TypeAlias = dict[str, Any]


def render(result: ProveResult) -> str:
    """The text of the object."""
    return json.dumps(to_object(result), indent=2, ensure_ascii=False) + "\n"


def to_object(result: ProveResult) -> Object:
    """The object itself."""
    return {
        "plait": plait.__version__,
        "exit": int(result.exit_code),
        "interrupted": result.interrupted,
        "runs": [_run(run) for run in result.runs],
        "certificates": [_certificate(found) for found in result.certificates],
        "problems": [problem_object(problem) for problem in result.problems],
    }


def _run(run: ProofRun) -> Object:
    return {
        **run_object(run.entry.run),
        "any_number_of": None if run.any_number_of is None else list(run.any_number_of),
        "proofs": [_proof(proof) for proof in run.proofs],
    }


def _proof(proof: Proof) -> Object:
    return {
        "properties": list(proof.properties),
        "using": list(proof.using),
        "invariant": list(proof.invariant),
        "excluded": [list(facts) for facts in proof.excluded],
        "obligations": _obligations(proof.obligations),
        "refuted": _refuted(proof.refuted),
        "compared": [_compared(looked) for looked in proof.compared],
    }


def _certificate(found: CertificateCheck) -> Object:
    return {
        "protocol": found.protocol,
        "proposal": found.proposal,
        "parameters": dict(found.parameters),
        "properties": list(found.properties),
        "verdict": found.verdict,
        "answer": found.answer,
        "reason": found.reason,
        "obligations": _obligations(found.obligations),
        "refuted": _refuted(found.refuted),
    }


def _obligations(obligations: Sequence[Obligation]) -> list[Object]:
    return [{"name": one.name, "answer": one.answer, "extent": one.extent} for one in obligations]


def _refuted(refuted: Refuted | None) -> Object | None:
    if refuted is None:
        return None
    shown = refuted.shown
    step = {
        "lane": shown.who,
        "label": shown.step,
        "sent": list(shown.sent),
        "removed": [{"message": message, "end": end} for end, message in shown.removed],
        "changes": [{"place": place, "before": before, "after": after} for place, before, after in shown.changes],
    }
    return {
        "part": refuted.part,
        "state": [{"place": place, "value": value} for place, value in shown.state],
        "step": None if shown.step is None else step,
    }


def _compared(looked: Compared) -> Object:
    return {
        "sizes": dict(looked.sizes),
        "states": looked.states,
        "complete": looked.complete,
        "occasion": looked.occasion,
        "unfired": list(looked.unfired),
    }
