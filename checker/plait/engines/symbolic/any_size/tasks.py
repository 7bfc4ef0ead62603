"""What is said between a process that thinks about any size and the one that starts it.

Task   = Find | Recheck
Answer = Found | Checked | NotFound
"""

from __future__ import annotations

from typing import TypeAlias

from plait.engines.symbolic.any_size.logic import Formula
from plait.engines.symbolic.any_size.result import Looked, Obligation
from plait_spec.core import Model
from plait_spec.domains import Value
from plait_spec.record import record
from plait_spec.source import Span


@record
class Find:
    """Look for an invariant of a model whose properties are all to be proved; times in seconds, memory in bytes."""

    model: Model
    parameters: tuple[tuple[str, Value], ...]
    seconds: float
    look: float
    memory: int | None


@record
class Recheck:
    """Check that an invariant, and these lemmas of the model, prove its other properties."""

    model: Model
    parameters: tuple[tuple[str, Value], ...]
    invariant: tuple[Formula, ...]
    lemmas: tuple[str, ...]
    memory: int | None


@record
class Found:
    """An invariant, in formulas and in words; `kept`: the channels that were replaced by more liberal ones."""

    invariant: tuple[Formula, ...]
    words: tuple[str, ...]
    kept: tuple[str, ...]
    looked: tuple[Looked, ...]


@record
class Checked:
    """What must be so, and is or is not; `kept` as in `Found`."""

    obligations: tuple[Obligation, ...]
    kept: tuple[str, ...]


@record
class NotFound:
    """Why there is no invariant."""

    reason: str
    span: Span | None = None


Task: TypeAlias = Find | Recheck
Answer: TypeAlias = Found | Checked | NotFound
