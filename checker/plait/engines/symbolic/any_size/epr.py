"""Questions to z3 about any number of identities.

Identities are uninterpreted sorts, symbols relations: a finite symbol is one relation for each of its values, whose
laws say that exactly one holds. In such formulas (Bernays-Schoenfinkel-Ramsey, here with functions that are
stratified) satisfiability is decidable, and z3 decides it by instantiating quantifiers with the models it finds (Ge
and de Moura, "Complete instantiation for quantified formulas in SMT", 2009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, assert_never

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
)
from plait.engines.symbolic.any_size.system import laws
from plait.engines.symbolic.any_size.vocabulary import Symbol

LAST_RESORT = 20_000  # milliseconds: not everything that z3 does is counted as work

Answer: TypeAlias = Literal["unsat", "sat", "unknown"]


class Epr:
    """Formulas over some symbols, in a context of their own; `effort` bounds z3's work on each question."""

    def __init__(self, symbols: Sequence[Symbol], axioms: Sequence[Formula], effort: int) -> None:
        self.context = z3.Context()
        self.effort = effort
        self.sorts: dict[str, Any] = {}
        self.relations: dict[tuple[str, type, Scalar], Any] = {}
        self.functions: dict[str, Any] = {}
        for symbol in symbols:
            self.declare(symbol)
        self.always = [self.emit(law) for law in (*laws(symbols), *axioms)]

    def declare(self, symbol: Symbol) -> None:
        """The relations (or the function) of a symbol."""
        sorts = [self.sort(name) for name in symbol.sorts]
        if symbol.kind == "function":
            self.functions[symbol.name] = z3.Function(symbol.name, *sorts, self.sort(symbol.result))
        for value in symbol.values:
            name = symbol.name if symbol.kind != "finite" else f"{symbol.name}={value}"
            self.relations[symbol.name, type(value), value] = z3.Function(name, *sorts, z3.BoolSort(self.context))

    def sort(self, name: str) -> Any:
        """The sort of these identities."""
        if name not in self.sorts:
            self.sorts[name] = z3.DeclareSort(name, self.context)
        return self.sorts[name]

    # ---- formulas

    def emit(self, formula: Formula, bound: Mapping[Var, Any] | None = None) -> Any:
        """A formula; its free variables are constants."""
        known = bound or {}
        match formula:
            case Truth(value):
                return z3.BoolVal(value, self.context)
            case Equal(left, right):
                return self.term(left, known) == self.term(right, known)
            case Atom(symbol, value, args):
                return self.relations[symbol, type(value), value](*(self.term(arg, known) for arg in args))
            case Not(operand):
                return z3.Not(self.emit(operand, known))
            case And(items):
                return z3.And(*(self.emit(item, known) for item in items))
            case Or(items):
                return z3.Or(*(self.emit(item, known) for item in items))
            case Exists(variables, body):
                mine, inner = self._bind(variables, known)
                return z3.Exists(mine, self.emit(body, inner))
            case Forall(variables, body):
                mine, inner = self._bind(variables, known)
                return z3.ForAll(mine, self.emit(body, inner))
            case _:
                assert_never(formula)

    def _bind(self, variables: tuple[Var, ...], known: Mapping[Var, Any]) -> tuple[list[Any], dict[Var, Any]]:
        mine = [z3.Const(f"{variable.name}!", self.sort(variable.sort)) for variable in variables]
        return mine, {**known, **dict(zip(variables, mine, strict=True))}

    def term(self, term: Term, known: Mapping[Var, Any]) -> Any:
        """An identity."""
        match term:
            case Var(name, sort):
                return known[term] if term in known else z3.Const(name, self.sort(sort))
            case Apply(symbol, args):
                return self.functions[symbol](*(self.term(arg, known) for arg in args))
            case _:
                assert_never(term)

    # ---- questions

    def solver(self, assumed: Iterable[Formula]) -> Any:
        """A solver that knows the laws, the axioms and these formulas."""
        return self._knowing(z3.SolverFor("UF", ctx=self.context), assumed)

    def plain(self, assumed: Iterable[Formula]) -> Any:
        """The same with z3's general solver."""
        return self._knowing(z3.Solver(ctx=self.context), assumed)

    def _knowing(self, found: Any, assumed: Iterable[Formula]) -> Any:
        found.set("rlimit", self.effort)
        found.set("timeout", LAST_RESORT)
        found.add(*self.always)
        for formula in assumed:
            found.add(self.emit(formula))
        return found

    def ask(self, solver: Any, formulas: Iterable[Formula]) -> Answer:
        """Whether the formulas can be true together with what the solver knows."""
        solver.push()
        try:
            for formula in formulas:
                solver.add(self.emit(formula))
            answer = solver.check()
        finally:
            solver.pop()
        return "unsat" if answer == z3.unsat else "sat" if answer == z3.sat else "unknown"
