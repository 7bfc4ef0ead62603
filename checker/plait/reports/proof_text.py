"""Proofs as text: what was checked again, and what refutes an invariant or a lemma.

a fresh process checked the invariant again
  initially     12 conjuncts
  step by step  67 steps of 17 actions: ...
  implies       ToldIsDone
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from plait.reports.prove_result import CertificateCheck, Obligation, ProofRun, Refuted
from plait.reports.trace_text import WIDTH
from plait.trace import TwoStates
from plait_spec.diagnostics import printable

_COLUMN = len("step by step") + 2
_WHERE = {
    "initially": "in an initial state",
    "step by step": "after a step",
    "implies": "in a state",
    "all runs": "in a run",
}


def evidence_text(run: ProofRun) -> str:
    """What holds the verdicts of a run of one size up, and what breaks its lemmas."""
    lemmas = {report.name for report in run.entry.run.properties if report.kind == "lemma"}
    lines: list[str] = []
    for proof in run.proofs:
        if not lemmas.issuperset(proof.properties):
            lines.append("  a fresh process checked the invariant again:")
            lines += [f"  {line}" for line in _answers(proof.obligations, proof.refuted)]
        elif any(one.answer != "met" for one in proof.obligations):
            lines += ["", f"  lemma {', '.join(proof.properties)}"]
            lines += [f"  {line}" for line in _answers(proof.obligations, proof.refuted)]
    return "".join(f"{line}\n" for line in lines)


def check_text(found: CertificateCheck) -> str:
    """What was said of a certificate."""
    parameters = ", ".join(f"{name} = {value}" for name, value in found.parameters)
    about = f"{found.proposal or found.protocol}  {', '.join(found.properties)}: {found.verdict}"
    lines = [printable(f"{about}  ({parameters})" if parameters else about)]
    lines += _answers(found.obligations, found.refuted)
    if found.reason is not None and found.answer != "not decided":
        lines.append(f"  {found.reason}")
    match found.answer:
        case "proved":
            lines.append("the certificate proves it")
        case "refused":
            lines.append("the certificate is refused")
        case _:
            lines.append(f"the certificate is not decided: {found.reason}")
    return "".join(f"{line}\n" for line in lines)


def _answers(obligations: Sequence[Obligation], refuted: Refuted | None) -> Iterator[str]:
    """A line for each obligation, with what was looked at or why it is not met."""
    column = max((len(one.name) + 2 for one in obligations), default=_COLUMN)
    for one in obligations:
        head = f"  {one.name:<{max(column, _COLUMN)}}"
        if one.answer == "refused" and refuted is not None:
            yield from refusal_lines(one.name, refuted.part, refuted.shown)
        else:
            told = {"met": one.extent or "met", "refused": "refused", "not decided": f"not decided: {one.extent}"}
            said = head + printable(told[one.answer])
            yield from textwrap.wrap(said, WIDTH, subsequent_indent=" " * len(head))


def refusal_lines(obligation: str, part: str | None, found: TwoStates) -> Iterator[str]:
    """Why an obligation is not met: the state, the step, and what it changes."""
    broken = "the claim does not follow" if part is None else f"`{part}` does not hold"
    where = _WHERE[obligation]
    yield f"  {obligation:<{_COLUMN}}refused: {broken} {where}"
    yield "    in the state" + (" where, otherwise as at the start:" if found.state else " as at the start")
    yield from (printable(f"      {place} = {value}") for place, value in found.state)
    if found.step is None:
        return
    who = f"{found.who}  " if found.who is not None else ""
    yield printable(f"    the step  {who}{found.step}")
    yield from (printable(f"      {told}") for told in _told(found) or ("sends nothing, and changes no variable",))


def _told(found: TwoStates) -> list[str]:
    """What the step does, in the words of a trace."""
    return [
        *(f"-> {message}" for message in found.sent),
        *(f"{end}: {message}" for end, message in found.removed),
        *(f"{place}: {before} -> {after}" for place, before, after in found.changes),
    ]
