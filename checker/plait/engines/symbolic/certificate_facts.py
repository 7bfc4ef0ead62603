"""The facts of `excluded` lines back into formulas."""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.symbolic.certificate_words import Words
from plait.engines.symbolic.formula import Formula, both, neither
from plait.engines.symbolic.ic3_symmetry import closure, exchanges
from plait.engines.symbolic.system import System


class UnknownFact(Exception):  # noqa: N818 - a text that is no fact of the model
    """No fact of the model is called so."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def clauses(system: System, facts: Sequence[str]) -> list[Formula]:
    """That these facts are never true together, nor after any exchange of identities; raises UnknownFact."""
    words = Words(system)
    bits = {words.place(bit): bit for bit in range(len(system.bits))}
    cube: set[int] = set()
    for fact in facts:
        plain = fact.removeprefix("not ")
        if plain not in bits:
            raise UnknownFact(fact)
        cube.add((bits[plain] + 1) * (1 if plain == fact else -1))
    moves = [moved for _, moved in exchanges(system)]
    images = closure(frozenset(cube), moves, None)
    return [neither(both(_literal(system, one) for one in sorted(image))) for image in images]


def _literal(system: System, literal: int) -> Formula:
    found = system.bits[abs(literal) - 1].term
    return found if literal > 0 else neither(found)
