"""What the process with the solver tells the one that started it; plain data, written by pickle.

Event = Began | Deeper | Met | Never | Learned | Over | Wrong | Refused | Ended
"""

from __future__ import annotations

from typing import TypeAlias

from plait.outcome import Goal
from plait.semantics import State
from plait_spec.ground import Ground
from plait_spec.record import record

INDUCTIVE = "inductive invariant"
ALL_RUNS = "exhausted"  # no run is longer than those that were looked at


@record
class Task:
    """What to search: properties by name; `depth` is the length of the longest runs to look at (None: no limit).

    `lemmas` are names of properties of the ground model that are known to be inductive together. `certify`: what holds
    is to be proved by invariants, also where all runs have been looked at. `rounds`: how many there may be (None: all).
    """

    ground: Ground
    properties: tuple[str, ...]
    depth: int | None
    symmetry: bool
    memory: int | None
    lemmas: tuple[str, ...] = ()
    certify: bool = False
    rounds: int | None = None


@record
class Began:
    """The model was encoded; the search begins.  `bounds` are those that some step could meet."""

    bits: int
    steps: int
    bounds: tuple[str, ...]


@record
class Deeper:
    """No run of `depth` steps meets a goal that is still open; or what is proved now, if `proving` says so."""

    depth: int
    proving: str | None = None


@record
class Met:
    """A goal is met after `depth` steps, or by the step after them (`by_step`), and not sooner.

    `chain` are the states of the shortest trace up to there; () where nobody wants a trace.
    """

    goal: Goal
    depth: int
    by_step: bool
    chain: tuple[State, ...]


@record
class Never:
    """No run meets the goal: `how` is the reason for reports."""

    goal: Goal
    how: str


@record
class Learned:
    """A proof ended: in no reachable state are all literals of one of these cubes true (as in `ic3_problem.Cube`)."""

    cubes: tuple[frozenset[int], ...]


@record
class Over:
    """No run has more than `longest` steps."""

    longest: int


@record
class Wrong:
    """An initial value errs or is cut: no run begins."""


@record
class Refused:
    """The model has no encoding: why."""

    reason: str


@record
class Ended:
    """The search is over; goals of which nothing was said stay open, for this reason."""

    reason: str


Event: TypeAlias = Began | Deeper | Met | Never | Learned | Over | Wrong | Refused | Ended


# ---- goals that bear on all properties


def cut(bound: str) -> Goal:
    """The goal of the target that a step is cut by this bound."""
    return -1, f"cut {bound}"


def fired(name: str) -> Goal:
    """The goal of the target that a step of this name is taken (or errs)."""
    return -1, f"fired {name}"
