"""What is known of a property for any number of identities, as plain data.

AnySize    = Proved | Undecided
Obligation = one question that a solver answered with no: "can this go wrong?"
"""

from __future__ import annotations

from typing import TypeAlias

from plait.engines.symbolic.any_size.logic import Formula
from plait_spec.record import record
from plait_spec.source import Span

ANY_SIZE = "any size"
ANY_NETWORK = "any size, for any network"


@record
class Looked:
    """How much of an instance was compared with the reference semantics; `complete` if all of it.

    `occasion`: whether the occasion of the claim came (the left side of its `implies`, a step that a `never` names);
    None if it has none. `unfired` are the steps that did not happen.
    """

    sizes: tuple[tuple[str, int], ...]
    states: int
    steps: int
    complete: bool
    occasion: bool | None
    unfired: tuple[str, ...]


@record
class Obligation:
    """What must be so for the invariant to prove the property, in words, and whether it is."""

    name: str
    holds: bool


@record
class Proved:
    """The property holds for any number of identities.

    `how` is the words for reports: "for any network" where channels were replaced by ones that keep all messages and
    deliver them in any order, any number of times, or never. `invariant` is in the language of the model, and
    `formulas` is the same; `obligations` were checked by a process of their own.
    """

    property: str
    how: str
    invariant: tuple[str, ...]
    formulas: tuple[Formula, ...]
    obligations: tuple[Obligation, ...]
    looked: tuple[Looked, ...]
    seconds: float


@record
class Undecided:
    """Nothing is known; `reason` is for users, `span` the construct that cannot be said for any size, if it is one."""

    property: str
    reason: str
    span: Span | None
    seconds: float


AnySize: TypeAlias = Proved | Undecided
