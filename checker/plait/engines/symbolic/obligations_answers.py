"""What the check of an obligation answers: plain data, without z3."""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait.semantics import State
from plait_spec.ground import Choice
from plait_spec.record import record

Obligation: TypeAlias = Literal["initially", "step by step", "implies", "all runs"]
LAW = "the encoding of states"
NO_RUN = -1  # steps of the longest run, where none begins


@record
class Refusal:
    """Why an invariant proves nothing: the obligation, and a state or a step that refutes it.

    `part` is the conjunct that does not hold (None: the goal is met), or of "all runs" that none is longer. `state` is
    the initial state, or the one before the step; `choice` and `name` are the step (the position in its choice means
    nothing where a queue is a set) and `after` is the state after it, if there is one.
    """

    obligation: Obligation
    part: str | None
    state: State
    choice: Choice | None
    name: str | None
    after: State | None


@record
class Undecided:
    """The solver gave up, or the work that was allowed is done."""

    obligation: Obligation
    reason: str


Answer: TypeAlias = Refusal | Undecided | None
"""None: the obligation is met."""
