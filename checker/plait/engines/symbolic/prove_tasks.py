"""What `plait prove` asks of solver processes, and what they answer: plain data, written by pickle.

    Write   -> Texts      cubes that a search excluded, as lemmas of a certificate
    Certify -> Judged     whether the invariant of a certificate proves its properties
    Lemmas  -> Judged...  whether each lemma is inductive relative to those that it uses

All properties named here are properties of the ground model; lemmas are `always` in it.
"""

from __future__ import annotations

from typing import TypeAlias

from plait.engines.symbolic.obligations_answers import Answer, Obligation
from plait_spec.ground import Ground
from plait_spec.record import record


@record
class Write:
    """Put cubes into words; `reachable`: they are about the encoding of values that can be there (`Certify`)."""

    ground: Ground
    cubes: tuple[frozenset[int], ...]
    reachable: bool
    memory: int | None


@record
class Certify:
    """Check an invariant: lemmas, and facts that exclude each other by the number of their line.

    `reachable`: values that no run can lead to (as far as `reachable_values` tells) have no bits, and that no step
    leads to one is checked, too. `longest`: no run is said to have more steps, and what the invariant does not imply
    is looked for in all runs. `within`: bounds of the model may be met.
    """

    ground: Ground
    properties: tuple[str, ...]
    lemmas: tuple[str, ...]
    excluded: tuple[tuple[int, tuple[str, ...]], ...]
    reachable: bool
    longest: int | None
    within: bool
    memory: int | None


@record
class Lemmas:
    """Check lemmas: each with the names of the properties that it uses."""

    ground: Ground
    lemmas: tuple[tuple[str, tuple[str, ...]], ...]
    memory: int | None


Job: TypeAlias = Write | Certify | Lemmas


@record
class Texts:
    """Lemmas (`name: expression`) and the facts of `excluded` lines."""

    lemmas: tuple[str, ...]
    excluded: tuple[tuple[str, ...], ...]


@record
class Met:
    """An obligation that is met, and what was looked at: `12 conjuncts`, `421 steps of 17 actions`."""

    obligation: Obligation
    extent: str


@record
class Judged:
    """The answer to one check: the obligations that are met, and why the next one is not, if it is not."""

    about: str
    met: tuple[Met, ...]
    answer: Answer


@record
class NoSuchFact:
    """An `excluded` line says what is no fact of the model."""

    line: int
    fact: str


Reply: TypeAlias = Texts | Judged | NoSuchFact
