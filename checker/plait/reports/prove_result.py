"""What `plait prove` hands to the renderers.

ProveResult = ProofRun*, CertificateCheck*, problems, interrupted, the exit code
ProofRun    = an entry as `plait check` has it, and the proofs behind its verdicts
Proof       = an invariant or a lemma, the obligations that it meets, and what refutes it
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait.reports.result import Entry, Exit, Problem
from plait.trace import TwoStates
from plait_spec.record import record

Answer: TypeAlias = Literal["met", "refused", "not decided"]
Judgement: TypeAlias = Literal["proved", "refused", "not decided"]


@record
class Obligation:
    """A question to a solver in words; `extent` is what was looked at, or why it is not decided."""

    name: str
    answer: Answer
    extent: str


@record
class Refuted:
    """Why an obligation is not met: the conjunct that does not hold (None: the claim does not follow), and where."""

    part: str | None
    shown: TwoStates


@record
class Compared:
    """One small size that the reference semantics were asked about; see `Looked` of the engine."""

    sizes: tuple[tuple[str, int], ...]
    states: int
    complete: bool
    occasion: bool | None
    unfired: tuple[str, ...]


@record
class Proof:
    """What was asked to prove these properties, and the answers.

    `invariant` are sentences of the language, and `excluded` rows of facts that are never true together; of a lemma
    both are empty. `using` are lemmas of the model that were taken as known.
    """

    properties: tuple[str, ...]
    using: tuple[str, ...]
    invariant: tuple[str, ...]
    excluded: tuple[tuple[str, ...], ...]
    obligations: tuple[Obligation, ...]
    refuted: Refuted | None = None
    compared: tuple[Compared, ...] = ()


@record
class ProofRun:
    """A run with its proofs; `any_number_of` are the sorts for any size of which it was done (None: one size)."""

    entry: Entry
    proofs: tuple[Proof, ...]
    any_number_of: tuple[str, ...] | None = None


@record
class CertificateCheck:
    """What was said of one certificate; `reason` is why it is not decided, or what more there is to say."""

    protocol: str
    proposal: str | None
    parameters: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]
    verdict: str
    answer: Judgement
    reason: str | None
    obligations: tuple[Obligation, ...]
    refuted: Refuted | None = None


@record
class ProveResult:
    """Everything there is to tell."""

    runs: tuple[ProofRun, ...]
    certificates: tuple[CertificateCheck, ...]
    problems: tuple[Problem, ...]
    interrupted: bool
    exit_code: Exit
