"""Formulas in the language of the model: what a reviewer, or `lemma`, can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import assert_never

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
    Term,
    Truth,
    Var,
    negated,
    normal,
)
from plait.engines.symbolic.any_size.vocabulary import Symbol


class Words:
    """Says formulas over some symbols."""

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self.symbols = {symbol.name: symbol for symbol in symbols}

    def say(self, formula: Formula) -> str:
        """A closed formula."""
        return self._say(normal(formula), {})

    def _say(self, formula: Formula, names: Mapping[Var, str]) -> str:
        nothing = self._nothing(formula, names)
        if nothing is not None:
            return nothing
        match formula:
            case Truth(value):
                return "true" if value else "false"
            case Atom() | Equal() | Not():
                return self._literal(formula, names)
            case And(items):
                return " and ".join(self._inner(item, names) for item in items)
            case Or(items):
                return self._clause(items, names)
            case Exists(variables, body):
                return self._quantified("some", variables, body, names)
            case Forall(variables, body):
                return self._quantified("all", variables, body, names)
            case _:
                assert_never(formula)

    def _inner(self, formula: Formula, names: Mapping[Var, str]) -> str:
        """A part of something larger."""
        said = self._say(formula, names)
        simple = isinstance(formula, Truth | Atom | Equal | Not) or self._nothing(formula, names) is not None
        return said if simple else f"({said})"

    def _clause(self, items: tuple[Formula, ...], names: Mapping[Var, str]) -> str:
        """What is denied first, as what implies the rest."""
        given = [item for item in items if isinstance(item, Not)]
        then: list[Formula] = [item for item in items if not isinstance(item, Not)]
        if given and not then:
            then = [given.pop()]
        said = " or ".join(self._inner(item, names) for item in then)
        if not given:
            return said
        return f"{' and '.join(self._inner(negated(item), names) for item in given)} implies {said}"

    def _quantified(self, word: str, variables: tuple[Var, ...], body: Formula, names: Mapping[Var, str]) -> str:
        mine = self._named(variables, names)
        inner = {**names, **mine}
        bound = ", ".join(f"{mine[variable]}: {variable.sort}" for variable in variables)
        where: list[str] = []
        kind: type[And] | type[Or] = Or if word == "all" else And
        if isinstance(body, kind):
            apart = [item for item in body.items if self._is_apart(item, word)]
            where = [self._literal(negated(item) if word == "all" else item, inner) for item in apart]
            rest = tuple(item for item in body.items if item not in apart)
            body = kind(rest) if len(rest) > 1 else rest[0] if rest else Truth(word == "some")
        condition = f" where {' and '.join(where)}" if where else ""
        return f"{word} {bound}{condition}. {self._say(body, inner)}"

    def _is_apart(self, item: Formula, word: str) -> bool:
        return isinstance(item, Equal) if word == "all" else isinstance(item, Not) and isinstance(item.operand, Equal)

    def _named(self, variables: tuple[Var, ...], names: Mapping[Var, str]) -> dict[Var, str]:
        taken = set(names.values())
        found: dict[Var, str] = {}
        for variable in variables:
            letter = variable.sort[0].lower()
            found[variable] = next(name for at in count(1) if (name := f"{letter}{at}") not in taken)
            taken.add(found[variable])
        return found

    def _nothing(self, formula: Formula, names: Mapping[Var, str]) -> str | None:
        """`x == none` and `x != none`."""
        match formula:
            case Forall((variable,), Not(Atom(symbol, _, (*args, last)))) if last == variable:
                relation = "=="
            case Exists((variable,), Atom(symbol, _, (*args, last))) if last == variable:
                relation = "!="
            case _:
                return None
        known = self.symbols.get(symbol)
        if known is None or known.kind != "one" or variable in args:
            return None
        return f"{self._place(known, tuple(args), names)} {relation} none"

    def _literal(self, formula: Atom | Equal | Not | Formula, names: Mapping[Var, str]) -> str:
        match formula:
            case Not(Equal(left, right)):
                return f"{self._term(left, names)} != {self._term(right, names)}"
            case Equal(left, right):
                return f"{self._term(left, names)} == {self._term(right, names)}"
            case Not(Atom() as atom):
                return self._atom(atom, names, denied=True)
            case Atom():
                return self._atom(formula, names, denied=False)
            case _:
                return f"not ({self._say(negated(formula), names)})"

    def _atom(self, atom: Atom, names: Mapping[Var, str], *, denied: bool) -> str:
        symbol = self.symbols[atom.symbol]
        relation = "!=" if denied else "=="
        if symbol.kind == "finite":
            at = next(
                i for i, value in enumerate(symbol.values) if type(value) is type(atom.value) and value == atom.value
            )
            return f"{self._place(symbol, atom.args, names)} {relation} {symbol.labels[at]}"
        if symbol.kind == "one":
            return f"{self._place(symbol, atom.args[:-1], names)} {relation} {self._term(atom.args[-1], names)}"
        place = self._place(symbol, atom.args, names)
        if " in " in place and " has " not in place:
            return place.replace(" in ", " not in ", 1) if denied else place
        return f"not {place}" if denied else place

    def _place(self, symbol: Symbol, args: tuple[Term, ...], names: Mapping[Var, str]) -> str:
        return symbol.text.format(*(self._term(arg, names) for arg in args))

    def _term(self, term: Term, names: Mapping[Var, str]) -> str:
        match term:
            case Var(name):
                return names.get(term, name)
            case Apply(symbol, args):
                return self._place(self.symbols[symbol], args, names)
            case _:
                assert_never(term)
