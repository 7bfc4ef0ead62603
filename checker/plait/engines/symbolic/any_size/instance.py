"""A `System` with so many identities of each sort, as a problem of IC3: where guesses come from, no more.

Symbols become Boolean bits for each tuple of identities; a symbol with values is a group of bits of which exactly one
is true (with one more for "none"). Quantifiers are written out. A step with free symbols becomes one step for each
valuation of them, or, where these are many, for the extreme ones: what is learned is only ever a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias, assert_never

import z3

from plait.engines.symbolic.any_size.logic import (
    And,
    Apply,
    Atom,
    Equal,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    Scalar,
    Term,
    Truth,
    Var,
    conj,
    equal,
    forall,
    neg,
    negated,
)
from plait.engines.symbolic.any_size.system import Step, System
from plait.engines.symbolic.any_size.vocabulary import Symbol
from plait.engines.symbolic.formula import both, either, neither, term as as_term
from plait.engines.symbolic.ic3_problem import Cube, Problem, Step as GroundStep
from plait.engines.symbolic.ic3_symmetry import closure
from plait_spec.record import record

MAX_FREE = 6
MAX_IMAGES = 400
Environment: TypeAlias = Mapping[Var, int]


@record
class Fact:
    """What a bit says: a symbol has this value at these identities (or, of a symbol of the kind "one": no last one).

    `value` of a constant that names an identity is the number of that identity.
    """

    symbol: str
    value: Scalar
    args: tuple[int, ...]
    nothing: bool = False


class Instance:
    """The system with `sizes[sort]` identities of each sort."""

    def __init__(self, system: System, sizes: Mapping[str, int]) -> None:
        self.system, self.sizes = system, dict(sizes)
        self.symbols = {symbol.name: symbol for symbol in system.symbols}
        self.facts: list[Fact] = []
        self.groups: list[tuple[int, ...]] = []
        for symbol in system.symbols:
            self._lay_out(symbol)
        self.names: list[str] = []
        self.numbers = {_key(fact): at for at, fact in enumerate(self.facts)}
        self.bits = [z3.Bool(f"b{at}") for at in range(len(self.facts))]

    def _lay_out(self, symbol: Symbol) -> None:
        keys = symbol.sorts[:-1] if symbol.kind == "one" else symbol.sorts
        for args in self.tuples(keys):
            facts = list(self._values(symbol, args))
            if symbol.kind != "truth":
                self.groups.append(tuple(range(len(self.facts), len(self.facts) + len(facts))))
            self.facts += facts

    def _values(self, symbol: Symbol, args: tuple[int, ...]) -> Iterator[Fact]:
        match symbol.kind:
            case "truth":
                yield Fact(symbol.name, True, args)
            case "finite":
                for value in symbol.values:
                    yield Fact(symbol.name, value, args)
            case "function":
                for identity in range(self.sizes[symbol.result]):
                    yield Fact(symbol.name, identity, args)
            case "one":
                if not symbol.total:
                    yield Fact(symbol.name, None, args, nothing=True)
                for identity in range(self.sizes[symbol.sorts[-1]]):
                    yield Fact(symbol.name, True, (*args, identity))
            case _:
                assert_never(symbol.kind)

    def tuples(self, sorts: Sequence[str]) -> Iterator[tuple[int, ...]]:
        """All tuples of identities of these sorts."""
        return product(*(range(self.sizes[sort]) for sort in sorts))

    # ---- formulas

    def emit(self, formula: Formula, env: Environment, free: Mapping[tuple[object, ...], bool] | None = None) -> Any:
        """A formula over the bits; `env` has its free variables, `free` the facts of free symbols."""
        match formula:
            case Truth(value):
                return value
            case Equal(left, right):
                return either(
                    both((when, too))
                    for (one, when), (other, too) in product(self.terms(left, env), self.terms(right, env))
                    if one == other
                )
            case Atom(symbol, value, args):
                found = []
                for choice in product(*(self.terms(arg, env) for arg in args)):
                    key = (symbol, type(value), value, tuple(one for one, _ in choice), False)
                    bit = free[key] if free is not None and key in free else self.bits[self.numbers[key]]
                    found.append(both((*(when for _, when in choice), bit)))
                return either(found)
            case Not(operand):
                return neither(self.emit(operand, env, free))
            case And(items):
                return both(self.emit(item, env, free) for item in items)
            case Or(items):
                return either(self.emit(item, env, free) for item in items)
            case Exists(variables, body):
                return either(self.emit(body, more, free) for more in self.bindings(variables, env))
            case Forall(variables, body):
                return both(self.emit(body, more, free) for more in self.bindings(variables, env))
            case _:
                assert_never(formula)

    def bindings(self, variables: tuple[Var, ...], env: Environment) -> Iterator[Environment]:
        """The environment with all values for more variables."""
        for args in self.tuples([variable.sort for variable in variables]):
            yield {**env, **dict(zip(variables, args, strict=True))}

    def terms(self, term: Term, env: Environment) -> list[tuple[int, Any]]:
        """The identities that a term can be, and when."""
        match term:
            case Var():
                return [(env[term], True)]
            case Apply(symbol, args):
                found: list[tuple[int, Any]] = []
                for choice in product(*(self.terms(arg, env) for arg in args)):
                    at = tuple(one for one, _ in choice)
                    for identity in range(self.sizes[term.sort]):
                        bit = self.bits[self.numbers[symbol, int, identity, at, False]]
                        found.append((identity, both((*(when for _, when in choice), bit))))
                return found
            case _:
                assert_never(term)

    # ---- the problem

    def problem(self, wanted: Sequence[Formula], known: Sequence[Formula]) -> Problem:
        """Whether all of `wanted` and every duty of a step can be kept; `known` are invariants."""
        context = z3.Context()

        def own(formula: Any) -> Any:
            return as_term(formula).translate(context)

        axioms = both(self.emit(axiom, {}) for axiom in self.system.axioms)
        initial = both((axioms, *(self.emit(start, {}) for start in self.system.initial)))
        broken = [neither(self.emit(claim, {})) for claim in wanted]
        steps: list[GroundStep] = []
        self.names = []
        for step in self.system.steps:
            for env in self.bindings(step.params, {}):
                for free in self._valuations(step):
                    broken += [neither(self.emit(duty.formula, env, free)) for duty in step.duties]
                    found = self._step(step, env, free)
                    if found is not None:
                        self.names.append(step.name)
                        steps.append(GroundStep(own(found[0]), {bit: own(to) for bit, to in found[1].items()}))
        return Problem(
            context=context,
            bits=tuple(own(bit) for bit in self.bits),
            groups=tuple(self.groups),
            laws=(own(axioms), *(own(self.emit(one, {})) for one in known)),
            initial=own(initial),
            steps=tuple(steps),
            bad=own(either(broken)),
            images=self.images,
        )

    def _valuations(self, step: Step) -> Iterator[Mapping[tuple[object, ...], bool]]:
        keys = [(symbol.name, bool, True, args, False) for symbol in step.free for args in self.tuples(symbol.sorts)]
        if len(keys) <= MAX_FREE:
            for values in product((False, True), repeat=len(keys)):
                yield dict(zip(keys, values, strict=True))
            return
        for every in (False, True):
            yield dict.fromkeys(keys, every)
            for key in keys:
                yield {**dict.fromkeys(keys, every), key: not every}

    def _step(
        self, step: Step, env: Environment, free: Mapping[tuple[object, ...], bool]
    ) -> tuple[Any, dict[int, Any]] | None:
        guard = self.emit(step.guard, env, free)
        if guard is False:
            return None
        updates: dict[int, Any] = {}
        for update in step.updates:
            symbol = self.symbols[update.symbol]
            for more in self.bindings(update.args, env):
                args = tuple(more[variable] for variable in update.args)
                cases = {(type(value), value): when for value, when in update.cases}
                for value in symbol.values:
                    case = cases.get((type(value), value))
                    bit = self.numbers[symbol.name, type(value), value, args, False]
                    updates[bit] = False if case is None else self.emit(case, more, free)
            if symbol.kind == "one" and not symbol.total:
                for args in self.tuples(symbol.sorts[:-1]):
                    last = [
                        updates[self.numbers[symbol.name, bool, True, (*args, one), False]]
                        for one in range(self.sizes[symbol.sorts[-1]])
                    ]
                    nothing = self.numbers[symbol.name, type(None), None, args, True]
                    updates[nothing] = neither(either(last))
        changed = {bit: to for bit, to in updates.items() if isinstance(to, bool) or not to.eq(self.bits[bit])}
        return guard, changed

    # ---- symmetry

    @cached_property
    def exchanges(self) -> list[list[int]]:
        """For each exchange of neighbouring identities, the positive literal that each becomes (place 0 is unused)."""
        found = []
        for sort, count in self.sizes.items():
            for first in range(count - 1):
                swap = {first: first + 1, first + 1: first}
                moved = [self.numbers[_key(self._renamed(fact, sort, swap))] + 1 for fact in self.facts]
                found.append([0, *moved])
        return found

    def _renamed(self, fact: Fact, sort: str, swap: Mapping[int, int]) -> Fact:
        symbol = self.symbols[fact.symbol]
        sorts = symbol.sorts[:-1] if fact.nothing else symbol.sorts
        args = tuple(swap.get(arg, arg) if of == sort else arg for arg, of in zip(fact.args, sorts, strict=True))
        value = fact.value
        if symbol.kind == "function" and symbol.result == sort and isinstance(value, int):
            value = swap.get(value, value)
        return Fact(fact.symbol, value, args, fact.nothing)

    def images(self, cube: Cube) -> tuple[Cube, ...]:
        """The cube and its images under symmetry; the cube alone where they are too many."""
        return closure(cube, self.exchanges, MAX_IMAGES) or (cube,)

    def orbits(self, cubes: Iterable[Cube]) -> Iterator[Cube]:
        """One cube of each that are images of each other."""
        seen: set[Cube] = set()
        for cube in cubes:
            if cube not in seen:
                seen.update(self.images(cube))
                yield cube

    # ---- the way back

    def names_of(self, steps: Iterable[int]) -> tuple[str, ...]:
        """The names of steps of the last problem."""
        return tuple(self.names[step] for step in steps)

    def literal(self, literal: int, name: Callable[[str, int], Var]) -> Formula:
        """What a literal says of identities that are named."""
        fact = self.facts[abs(literal) - 1]
        symbol = self.symbols[fact.symbol]
        if fact.nothing:
            keys = tuple(name(sort, one) for sort, one in zip(symbol.sorts[:-1], fact.args, strict=True))
            last = Var(f"other of {symbol.name}", symbol.sorts[-1])
            said: Formula = forall((last,), neg(Atom(symbol.name, True, (*keys, last))))
        else:
            args = tuple(name(sort, one) for sort, one in zip(symbol.sorts, fact.args, strict=True))
            if symbol.kind == "function":
                assert isinstance(fact.value, int)
                said = equal(Apply(symbol.name, args, symbol.result), name(symbol.result, fact.value))
            else:
                said = Atom(symbol.name, fact.value, args)
        return said if literal > 0 else negated(said)

    def cube_formula(self, cube: Cube, name: Callable[[str, int], Var]) -> Formula:
        """All literals of a cube."""
        return conj(self.literal(literal, name) for literal in sorted(cube))


def _key(fact: Fact) -> tuple[object, ...]:
    return fact.symbol, type(fact.value), fact.value, fact.args, fact.nothing
