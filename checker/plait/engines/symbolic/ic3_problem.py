"""What IC3 proves something about: a Boolean transition system with functional steps, and a set of bad states.

    Problem = bits, groups (exactly one true), initial states, steps, bad states, images of cubes under symmetry
    Cube    = the states where these literals hold; the clause that excludes them is its negation
    Literal = bit b true: b + 1; bit b false: -(b + 1)

A step leads from each state where its guard holds to exactly one state; bits that it does not write stay. A bad
*transition* is given as a bad state: one where a step that breaks the claim can be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from plait_spec.record import record

Term: TypeAlias = Any
"""A Boolean z3 expression over the bits of the problem."""

Literal: TypeAlias = int
Cube: TypeAlias = frozenset[Literal]


@record
class Step:
    """One step: where it can be taken, and what it writes (bit to its value after the step)."""

    guard: Term
    updates: Mapping[int, Term]


@record
class Problem:
    """All terms belong to the context `context`; `bits` are its Boolean constants.

    `laws` hold initially and are kept by every step: they may be used, and are proved by whoever checks the invariant.
    `images` gives every image of a cube under the symmetries of the system, itself included; a cube whose images are
    too many to be listed has only itself. `fixed` are literals that hold in every initial state (a hint, may be empty).
    """

    context: Any
    bits: tuple[Term, ...]
    groups: tuple[tuple[int, ...], ...]
    laws: tuple[Term, ...]
    initial: Term
    steps: tuple[Step, ...]
    bad: Term
    images: Callable[[Cube], tuple[Cube, ...]]
    fixed: frozenset[Literal] = frozenset()


@record
class Budget:
    """How much work a proof may take: solver queries in all, and z3's resource units for each of them.

    `obstacles` is how many states in the way of one literal are excluded before it is kept: that takes longer where a
    proof is easy, and is sevenfold less work where it is not.
    """

    queries: int = 200_000
    rlimit: int = 200_000_000
    obstacles: int = 0


@record
class Proved:
    """The conjunction of the negations of `cubes` holds at the start, is kept by every step, and excludes the bad."""

    cubes: tuple[Cube, ...]
    frames: int
    queries: int


@record
class Refuted:
    """A run reaches a bad state by these steps (indices of `Problem.steps`); it need not be the shortest."""

    steps: tuple[int, ...]
    queries: int


@record
class Unknown:
    """Neither; `reason` is for users."""

    reason: str
    queries: int


Answer: TypeAlias = Proved | Refuted | Unknown
