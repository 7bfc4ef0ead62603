"""Clauses about a few identities as guesses about any number of them.

A clause that IC3 learned on an instance speaks of identities by number. By symmetry it holds for all distinct ones;
it may hold for all, distinct or not; and where it speaks of every identity of a sort there is, all but a few of them
alike, "one of them all" becomes "there is one" (Goel and Sakallah, "On symmetry and quantification", NFM 2021). Where
a small instance had too few identities, one that stands in several literals may have to be several. Which of these
guesses is right is for others to find out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from plait.engines.symbolic.any_size.instance import Fact, Instance
from plait.engines.symbolic.any_size.logic import (
    FALSE,
    Atom,
    Formula,
    Not,
    Var,
    conj,
    disj,
    equal,
    exists,
    forall,
    free_variables,
    neg,
    negated,
    normal,
)
from plait.engines.symbolic.ic3_problem import Cube


def lifted(instance: Instance, cube: Cube) -> Iterator[Formula]:
    """The first guesses that a cube gives rise to."""
    yield from _for_all(instance, cube)
    for sort, size in instance.sizes.items():
        found = _exists_one(instance, cube, sort, size)
        if found is not None:
            yield found


def variants(instance: Instance, cube: Cube) -> Iterator[Formula]:
    """More guesses, which say more and are seldom right."""
    for sort in instance.sizes:
        yield from _split(instance, cube, sort)


def named(sort: str, number: int) -> Var:
    """The variable for an identity of an instance."""
    return Var(f"{sort.lower()}{number + 1}", sort)


def _for_all(instance: Instance, cube: Cube) -> Iterator[Formula]:
    clause = negated(instance.cube_formula(cube, named))
    variables = _ordered(clause)
    same = [equal(one, other) for one, other in combinations(variables, 2) if one.sort == other.sort]
    yield forall(variables, clause)
    if same:
        yield forall(variables, disj((clause, *same)))


def _split(instance: Instance, cube: Cube, sort: str) -> Iterator[Formula]:
    """The identities of a sort are others in each literal; literals that are alike may still be the same."""
    uses = [number for literal in cube for number in _numbers(instance, literal, sort)]
    if len(set(uses)) == len(uses):
        return
    literals: list[Formula] = []
    for at, literal in enumerate(sorted(cube)):

        def name(of: str, number: int, at: int = at) -> Var:
            plain = named(of, number)
            return Var(f"{plain.name}_{at + 1}", of) if of == sort else plain

        literals.append(negated(instance.literal(literal, name)))
    alike = [same for one, other in combinations(literals, 2) if (same := _same_place(one, other)) != FALSE]
    clause = disj((*literals, *alike))
    variables = _ordered(clause)
    apart = [equal(a, b) for a, b in combinations(variables, 2) if a.sort == b.sort != sort]
    yield normal(forall(variables, disj((clause, *apart))))


def _same_place(one: Formula, other: Formula) -> Formula:
    """Two literals about the same symbol are about the same identities."""
    match one, other:
        case Not(Atom() as left), Not(Atom() as right):
            return _same_place(left, right)
        case Atom(symbol, value, args), Atom(also, too, others) if symbol == also and value == too:
            return conj(equal(a, b) for a, b in zip(args, others, strict=True))
        case _:
            return FALSE


def _ordered(formula: Formula) -> tuple[Var, ...]:
    return tuple(sorted(free_variables(formula), key=lambda var: (var.sort, var.name)))


def _exists_one(instance: Instance, cube: Cube, sort: str, size: int) -> Formula | None:
    """Where the cube says the same of several identities, and something of all: there is one other of which not."""
    mine: dict[int, set[tuple[object, ...]]] = {}
    for literal in cube:
        numbers = _numbers(instance, literal, sort)
        if len(numbers) > 1:
            return None
        for number in numbers:
            mine.setdefault(number, set()).add(_without(instance, literal, sort))
    if len(mine) < size or size < 2:
        return None
    kinds: dict[frozenset[tuple[object, ...]], list[int]] = {}
    for number, said in mine.items():
        kinds.setdefault(frozenset(said), []).append(number)
    several = [numbers for numbers in kinds.values() if len(numbers) > 1]
    if len(several) != 1:
        return None
    (alike,) = several
    one = named(sort, alike[0])
    inner = frozenset(literal for literal in cube if alike[0] in _numbers(instance, literal, sort))
    outer = frozenset(literal for literal in cube if not _numbers(instance, literal, sort) & set(alike))
    rest = negated(instance.cube_formula(outer, named))
    others = tuple(var for var in _ordered(rest) if var.sort == sort)
    witness = conj((negated(instance.cube_formula(inner, named)), *(neg(equal(one, other)) for other in others)))
    clause = disj((rest, exists((one,), witness)))
    variables = _ordered(clause)
    same = [equal(one, other) for one, other in combinations(variables, 2) if one.sort == other.sort]
    return normal(forall(variables, disj((clause, *same))))


def _numbers(instance: Instance, literal: int, sort: str) -> set[int]:
    """The identities of a sort in a literal."""
    fact = instance.facts[abs(literal) - 1]
    symbol = instance.symbols[fact.symbol]
    sorts = symbol.sorts[:-1] if fact.nothing else symbol.sorts
    found = {arg for arg, of in zip(fact.args, sorts, strict=True) if of == sort}
    if symbol.kind == "function" and symbol.result == sort and isinstance(fact.value, int):
        found.add(fact.value)
    return found


def _without(instance: Instance, literal: int, sort: str) -> tuple[object, ...]:
    """What a literal says, whichever identity of the sort it speaks of."""
    fact: Fact = instance.facts[abs(literal) - 1]
    symbol = instance.symbols[fact.symbol]
    sorts = symbol.sorts[:-1] if fact.nothing else symbol.sorts
    args = tuple(None if of == sort else arg for arg, of in zip(fact.args, sorts, strict=True))
    value = None if symbol.kind == "function" and symbol.result == sort else fact.value
    return literal > 0, fact.symbol, value, args, fact.nothing
