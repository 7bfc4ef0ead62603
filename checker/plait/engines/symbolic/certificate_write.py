"""Cubes that IC3 excluded, as lemmas of a certificate.

A cube whose images under exchanges of identities are excluded as well becomes one lemma over "all different
identities". Where not all of them were learned the lemma says more than IC3 found; it is still right, for the images
of an invariant of a symmetric system are invariants, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from math import prod

from plait.engines.symbolic.certificate_words import Identity, Words
from plait.engines.symbolic.ic3_problem import Cube
from plait.engines.symbolic.ic3_symmetry import closure, exchanges
from plait.engines.symbolic.system import System
from plait_spec.record import record

MOST_LITERALS = 60  # of a lemma; the parser refuses expressions that are nested too deep
MOST_EXPRESSIONS = 1_000_000  # of lemmas with their quantifiers written out; what is beyond is said as facts


@record
class Written:
    """Lemmas (`name: expression`) and the facts of `excluded` lines."""

    lemmas: tuple[str, ...]
    excluded: tuple[tuple[str, ...], ...]


def write(system: System, cubes: Iterable[Cube]) -> Written:
    """The invariant that excludes these cubes and all their images."""
    words = Words(system)
    moves = exchanges(system)
    moved = [sort for sort, _ in moves]
    movable = frozenset(sort for sort, count in system.ground.ids if moved.count(sort) == count - 1)
    prefix = _prefix(system)
    lemmas: list[str] = []
    excluded: list[tuple[str, ...]] = []
    left = MOST_EXPRESSIONS
    for cube in _first_images(_in_sets(system, cubes), [moved for _, moved in moves]):
        said = _lemma(words, cube, movable)
        cost = _expressions(words, cube)
        left -= cost
        if said is None or len(cube) > MOST_LITERALS or cost > MOST_EXPRESSIONS // 20 or left < 0:
            excluded.append(tuple(_place(words, literal) for literal in sorted(cube, key=abs)))
        else:
            lemmas.append(f"{prefix}{len(lemmas) + 1}: {said}")
    return Written(tuple(lemmas), tuple(excluded))


def _in_sets(system: System, cubes: Iterable[Cube]) -> Iterator[Cube]:
    """The cubes, with "it is one of the others" for all single values of a group that are excluded."""
    never = {literal for cube in cubes if len(cube) == 1 for literal in cube}
    merged = set[int]()
    for group in system.groups:
        excluded = {bit + 1 for bit in group} & never
        if len(excluded) > 1:
            merged |= excluded
            yield frozenset(-(bit + 1) for bit in group if bit + 1 not in excluded)
    yield from (cube for cube in cubes if len(cube) != 1 or not cube & merged)


def _first_images(cubes: Iterable[Cube], moves: list[list[int]]) -> Iterator[Cube]:
    """One of each class of images: the first in the order of bits."""
    done = set[Cube]()
    for cube in sorted(cubes, key=lambda one: (len(one), sorted(map(abs, one)), sorted(one))):
        if cube not in done:
            yield cube
            done |= set(closure(cube, moves, None))


def _lemma(words: Words, cube: Cube, movable: frozenset[str]) -> str | None:
    """The lemma that excludes a cube; None where the language has no words for it."""
    said = [words.literal(abs(literal) - 1, true=literal > 0) for literal in sorted(cube, key=abs)]
    identities = sorted(set[Identity]().union(*(words.identities(abs(literal) - 1) for literal in cube)))
    facts = [one for one in said if one is not None]
    if len(facts) < len(said) or any(sort not in movable for sort, _ in identities):
        return None
    binders = ", ".join(f"{words.names.identity(*one)}: {one[0]}" for one in identities)
    different = " and ".join(
        f"{words.names.identity(*one)} != {words.names.identity(*other)}"
        for one, other in combinations(identities, 2)
        if one[0] == other[0]
    )
    where = f" where {different}" if different else ""
    head = f"all {binders}{where}. " if identities else ""
    return f"{head}not ({' and '.join(facts)})"


def _expressions(words: Words, cube: Cube) -> int:
    """About how many expressions a lemma becomes when its quantifiers are written out."""
    sizes = dict(words.ground.ids)
    identities = set[Identity]().union(*(words.identities(abs(literal) - 1) for literal in cube))
    bindings = prod(sizes[sort] for sort, _ in identities)
    return bindings * (3 * len(cube) + 2 * len(identities) ** 2)


def _place(words: Words, literal: int) -> str:
    said = words.place(abs(literal) - 1)
    return said if literal > 0 else f"not {said}"


def _prefix(system: System) -> str:
    """The beginning of names that no property of the model has."""
    prefix = "Invariant"
    while any(one.name.startswith(prefix) for one in system.ground.model.properties):
        prefix += "_"
    return prefix
