"""A model for any number of identities: symbols, laws, initial states, steps and claims as formulas.

    System = symbols, axioms, initial, steps, claims
    Step   = a rule with its identities as parameters: guard, updates, what it owes (claims about steps; no errors)

A step is a function of the state, its parameters and its free symbols (sets that are its arguments, and what it sees
of a channel that is kept). So what holds after it is said in terms of the state before it: `after`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plait.engines.symbolic.any_size.logic import (
    TRUE,
    Atom,
    Equal,
    Formula,
    Not,
    Scalar,
    Var,
    apart,
    conj,
    disj,
    equal,
    exists,
    forall,
    iff,
    neg,
    normal,
    rewrite,
    substitute,
)
from plait.engines.symbolic.any_size.vocabulary import Symbol
from plait_spec.record import record


@record
class Update:
    """What a symbol is after a step: for its arguments, each value and when it has it."""

    symbol: str
    args: tuple[Var, ...]
    cases: tuple[tuple[Scalar, Formula], ...]


@record
class Duty:
    """What must be true whenever a step is taken (or, without a step, in some states); `name` says whose claim."""

    name: str
    formula: Formula


@record
class Step:
    """One rule; its finite arguments have values, `params` are its identities."""

    name: str
    params: tuple[Var, ...]
    free: tuple[Symbol, ...]
    guard: Formula
    updates: tuple[Update, ...]
    duties: tuple[Duty, ...]


@record
class System:
    """The whole; `axioms` are true in every state, `claims` are wanted in every state."""

    symbols: tuple[Symbol, ...]
    axioms: tuple[Formula, ...]
    initial: tuple[Formula, ...]
    starts: tuple[Duty, ...]
    steps: tuple[Step, ...]
    claims: tuple[Duty, ...]
    lemmas: tuple[Duty, ...]
    kept: tuple[str, ...]

    def symbol(self, name: str) -> Symbol:
        """A symbol by name."""
        return next(symbol for symbol in self.symbols if symbol.name == name)


def after(formula: Formula, step: Step) -> Formula:
    """The formula in the state after the step, in terms of the state before it."""
    updates = {update.symbol: update for update in step.updates}

    def change(literal: Atom | Equal) -> Formula:
        if isinstance(literal, Equal) or literal.symbol not in updates:
            return literal
        update = updates[literal.symbol]
        for value, when in update.cases:
            if type(value) is type(literal.value) and value == literal.value:
                return substitute(when, dict(zip(update.args, literal.args, strict=True)))
        return neg(TRUE)

    parameters = frozenset(param.name for param in step.params)
    return normal(rewrite(apart(formula, parameters), change))


def arguments(symbol: Symbol) -> tuple[Var, ...]:
    """Variables for the arguments of a symbol."""
    return tuple(Var(f"{symbol.name}/{at}", sort) for at, sort in enumerate(symbol.sorts))


def laws(symbols: Sequence[Symbol]) -> Iterator[Formula]:
    """What symbols of each kind obey by their nature."""
    for symbol in symbols:
        args = arguments(symbol)
        match symbol.kind:
            case "truth" | "function":
                pass
            case "finite":
                atoms = [Atom(symbol.name, value, args) for value in symbol.values]
                yield forall(args, disj(atoms))
                for at, one in enumerate(atoms):
                    for other in atoms[at + 1 :]:
                        yield forall(args, disj((Not(one), Not(other))))
            case "one":
                last = Var(f"{symbol.name}/other", symbol.sorts[-1])
                one = Atom(symbol.name, True, args)
                other = Atom(symbol.name, True, (*args[:-1], last))
                yield forall((*args, last), disj((Not(one), Not(other), equal(args[-1], last))))
                if symbol.total:
                    yield forall(args[:-1], exists((args[-1],), one))


def starts_as(symbol: Symbol, args: tuple[Var, ...], cases: tuple[tuple[Scalar, Formula], ...]) -> Formula:
    """A symbol has a value given by cases."""
    if symbol.kind == "finite":
        return forall(args, disj(conj((when, Atom(symbol.name, value, args))) for value, when in cases))
    ((_, when),) = cases
    return forall(args, iff(Atom(symbol.name, True, args), when))
