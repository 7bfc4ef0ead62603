"""Formulas over uninterpreted sorts: what a model says when nobody counts its identities.

    Term    = Var(name, sort) | Apply(symbol, args, sort)
    Formula = Truth | Equal(left, right) | Atom(symbol, value, args) | Not | And | Or | Exists | Forall

A symbol is a piece of the state that depends on identities alone. `Atom(view[_], 2, (o))` says that it has a value (an
enum's label by index, a number, None for `none`) at these identities; where it is a truth or a membership the value is
True. `Apply` is the value of a constant that names an identity for every argument. Sorts are never empty.

The functions below make one kind of formula each, or something simpler that means the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, assert_never

from plait_spec.record import record

Scalar: TypeAlias = bool | int | None


@record
class Var:
    """An identity by name: bound by a quantifier, or an argument of a step."""

    name: str
    sort: str


@record
class Apply:
    """The identity that a constant has for these identities."""

    symbol: str
    args: tuple[Term, ...]
    sort: str


Term: TypeAlias = Var | Apply


@record
class Truth:
    """True or false."""

    value: bool


@record
class Equal:
    """Two identities are one."""

    left: Term
    right: Term


@record
class Atom:
    """A symbol has this value at these identities."""

    symbol: str
    value: Scalar
    args: tuple[Term, ...]


@record
class Not:
    """Negation."""

    operand: Formula


@record
class And:
    """All of two or more."""

    items: tuple[Formula, ...]


@record
class Or:
    """One of two or more."""

    items: tuple[Formula, ...]


@record
class Exists:
    """For some identities."""

    variables: tuple[Var, ...]
    body: Formula


@record
class Forall:
    """For all identities."""

    variables: tuple[Var, ...]
    body: Formula


Formula: TypeAlias = Truth | Equal | Atom | Not | And | Or | Exists | Forall

TRUE = Truth(True)
FALSE = Truth(False)

# ---- making them ------------------------------------------------------------------------------------------------


def equal(left: Term, right: Term) -> Formula:
    """`left == right`."""
    return TRUE if left == right else Equal(left, right)


def neg(operand: Formula) -> Formula:
    """`not operand`."""
    match operand:
        case Truth(value):
            return FALSE if value else TRUE
        case Not(inner):
            return inner
        case _:
            return Not(operand)


def conj(items: Iterable[Formula]) -> Formula:
    """All of the items."""
    kept: list[Formula] = []
    for item in items:
        match item:
            case Truth(True):
                continue
            case Truth(False):
                return FALSE
            case And(inner):
                kept += inner
            case _:
                kept.append(item)
    return _joined(kept, And, FALSE, TRUE)


def disj(items: Iterable[Formula]) -> Formula:
    """One of the items."""
    kept: list[Formula] = []
    for item in items:
        match item:
            case Truth(False):
                continue
            case Truth(True):
                return TRUE
            case Or(inner):
                kept += inner
            case _:
                kept.append(item)
    return _joined(kept, Or, TRUE, FALSE)


def _joined(kept: list[Formula], kind: type[And] | type[Or], decided: Formula, empty: Formula) -> Formula:
    """Without repetitions; a literal beside its negation decides."""
    seen = {item for item in kept if is_literal(item)}
    if any(isinstance(item, Not) and item.operand in seen for item in seen):
        return decided
    items = tuple(dict.fromkeys(kept)) if len(kept) < 12 else tuple(kept)
    if not items:
        return empty
    return items[0] if len(items) == 1 else kind(items)


def implies(left: Formula, right: Formula) -> Formula:
    """`left implies right`."""
    return disj((neg(left), right))


def iff(left: Formula, right: Formula) -> Formula:
    """`left iff right`."""
    match left, right:
        case (Truth(value), other) | (other, Truth(value)):
            return other if value else neg(other)
        case _ if left == right:
            return TRUE
        case _:
            return conj((implies(left, right), implies(right, left)))


def either(condition: Formula, yes: Formula, no: Formula) -> Formula:
    """`if condition then yes else no`."""
    if yes == no:
        return yes
    return disj((conj((condition, yes)), conj((neg(condition), no))))


def exists(variables: tuple[Var, ...], body: Formula) -> Formula:
    """Some identities make the body true; a variable that must equal a term is replaced by it."""
    match body:
        case Or(items):
            return disj(exists(variables, item) for item in items)
        case _:
            pass
    for variable in variables:
        term = _pinned(variable, body)
        if term is not None:
            rest = tuple(other for other in variables if other != variable)
            return exists(rest, substitute(body, {variable: term}))
    free = free_variables(body)
    kept = tuple(variable for variable in variables if variable in free)
    return Exists(kept, body) if kept else body


def forall(variables: tuple[Var, ...], body: Formula) -> Formula:
    """All identities make the body true."""
    found = exists(variables, neg_inside(body))
    return negated(found)


def neg_inside(formula: Formula) -> Formula:
    """The negation, pushed through `and` and `or` at the top."""
    match formula:
        case And(items):
            return disj(neg_inside(item) for item in items)
        case Or(items):
            return conj(neg_inside(item) for item in items)
        case Forall(variables, body):
            return exists(variables, neg_inside(body))
        case _:
            return neg(formula)


def negated(formula: Formula) -> Formula:
    """The negation in negation normal form."""
    match formula:
        case Truth() | Equal() | Atom():
            return neg(formula)
        case Not(operand):
            return normal(operand)
        case And(items):
            return disj(map(negated, items))
        case Or(items):
            return conj(map(negated, items))
        case Exists(variables, body):
            return Forall(variables, negated(body))
        case Forall(variables, body):
            return Exists(variables, negated(body))
        case _:
            assert_never(formula)


def normal(formula: Formula) -> Formula:
    """Negation normal form: `Not` only before `Atom` and `Equal`."""
    match formula:
        case Truth() | Equal() | Atom():
            return formula
        case Not(operand):
            return negated(operand)
        case And(items):
            return conj(map(normal, items))
        case Or(items):
            return disj(map(normal, items))
        case Exists(variables, body):
            return Exists(variables, normal(body))
        case Forall(variables, body):
            return Forall(variables, normal(body))
        case _:
            assert_never(formula)


def _pinned(variable: Var, body: Formula) -> Term | None:
    """A term that the variable equals wherever the body is true."""
    match body:
        case Equal(left, right):
            if left == variable and variable not in term_variables(right):
                return right
            if right == variable and variable not in term_variables(left):
                return left
            return None
        case And(items):
            found = (_pinned(variable, item) for item in items if isinstance(item, Equal))
            return next((term for term in found if term is not None), None)
        case _:
            return None


# ---- looking at them --------------------------------------------------------------------------------------------


def is_literal(formula: Formula) -> bool:
    """An atom or an equality, or the negation of one."""
    inner = formula.operand if isinstance(formula, Not) else formula
    return isinstance(inner, Atom | Equal)


def term_variables(term: Term) -> frozenset[Var]:
    """The variables in a term."""
    match term:
        case Var():
            return frozenset((term,))
        case Apply(_, args):
            return frozenset(found for arg in args for found in term_variables(arg))
        case _:
            assert_never(term)


def free_variables(formula: Formula) -> frozenset[Var]:
    """The variables that no quantifier of the formula binds."""
    match formula:
        case Truth():
            return frozenset()
        case Equal(left, right):
            return term_variables(left) | term_variables(right)
        case Atom(_, _, args):
            return frozenset(found for arg in args for found in term_variables(arg))
        case Not(operand):
            return free_variables(operand)
        case And(items) | Or(items):
            return frozenset().union(*map(free_variables, items))
        case Exists(variables, body) | Forall(variables, body):
            return free_variables(body) - frozenset(variables)
        case _:
            assert_never(formula)


def below(formula: Formula) -> Iterator[Formula]:
    """The formula and everything inside it."""
    yield formula
    match formula:
        case Truth() | Equal() | Atom():
            pass
        case Not(operand):
            yield from below(operand)
        case And(items) | Or(items):
            for item in items:
                yield from below(item)
        case Exists(_, body) | Forall(_, body):
            yield from below(body)
        case _:
            assert_never(formula)


def symbols_in(formula: Formula) -> frozenset[str]:
    """The symbols of its atoms (constants that name identities are not among them)."""
    return frozenset(part.symbol for part in below(formula) if isinstance(part, Atom))


def size(formula: Formula) -> int:
    """How many nodes it has."""
    return sum(1 for _ in below(formula))


# ---- changing them ----------------------------------------------------------------------------------------------


def replaced(term: Term, values: Mapping[Var, Term]) -> Term:
    """The term with variables replaced."""
    match term:
        case Var():
            return values.get(term, term)
        case Apply(symbol, args, sort):
            return Apply(symbol, tuple(replaced(arg, values) for arg in args), sort)
        case _:
            assert_never(term)


def rewrite(formula: Formula, change: Callable[[Atom | Equal], Formula]) -> Formula:
    """The formula with its atoms and equalities changed; what comes in must not use names bound in the formula."""
    match formula:
        case Truth():
            return formula
        case Equal() | Atom():
            return change(formula)
        case Not(operand):
            return neg(rewrite(operand, change))
        case And(items):
            return conj(rewrite(item, change) for item in items)
        case Or(items):
            return disj(rewrite(item, change) for item in items)
        case Exists(variables, body):
            return _quantified(Exists, variables, rewrite(body, change))
        case Forall(variables, body):
            return _quantified(Forall, variables, rewrite(body, change))
        case _:
            assert_never(formula)


def _quantified(kind: type[Exists] | type[Forall], variables: tuple[Var, ...], body: Formula) -> Formula:
    return body if isinstance(body, Truth) else kind(variables, body)


def substitute(formula: Formula, values: Mapping[Var, Term]) -> Formula:
    """The formula with free variables replaced; bound names that would catch a new one are changed."""
    if not values:
        return formula
    match formula:
        case Truth():
            return formula
        case Equal(left, right):
            return equal(replaced(left, values), replaced(right, values))
        case Atom(symbol, value, args):
            return Atom(symbol, value, tuple(replaced(arg, values) for arg in args))
        case Not(operand):
            return neg(substitute(operand, values))
        case And(items):
            return conj(substitute(item, values) for item in items)
        case Or(items):
            return disj(substitute(item, values) for item in items)
        case Exists(variables, body):
            bound, inner = _under(variables, body, values)
            return exists(bound, inner)
        case Forall(variables, body):
            bound, inner = _under(variables, body, values)
            return _quantified(Forall, bound, inner)
        case _:
            assert_never(formula)


def _under(variables: tuple[Var, ...], body: Formula, values: Mapping[Var, Term]) -> tuple[tuple[Var, ...], Formula]:
    kept: dict[Var, Term] = {var: term for var, term in values.items() if var not in variables}
    taken = {found.name for term in kept.values() for found in term_variables(term)}
    bound: list[Var] = []
    for variable in variables:
        fresh = variable
        while fresh.name in taken:
            fresh = Var(fresh.name + "'", fresh.sort)
        if fresh != variable:
            kept[variable] = fresh
        bound.append(fresh)
    return tuple(bound), substitute(body, kept)


def apart(formula: Formula, taken: frozenset[str]) -> Formula:
    """The formula with bound names changed that are among `taken`."""
    match formula:
        case Truth() | Equal() | Atom():
            return formula
        case Not(operand):
            return neg(apart(operand, taken))
        case And(items):
            return conj(apart(item, taken) for item in items)
        case Or(items):
            return disj(apart(item, taken) for item in items)
        case Exists(variables, body):
            fresh = _fresh(variables, body, taken)
            return Exists(tuple(fresh.values()), apart(substitute(body, fresh), taken))
        case Forall(variables, body):
            fresh = _fresh(variables, body, taken)
            return Forall(tuple(fresh.values()), apart(substitute(body, fresh), taken))
        case _:
            assert_never(formula)


def _fresh(variables: tuple[Var, ...], body: Formula, taken: frozenset[str]) -> dict[Var, Var]:
    used = {variable.name for variable in (*variables, *free_variables(body))}
    found: dict[Var, Var] = {}
    for variable in variables:
        name = variable.name
        while name in taken or (name != variable.name and name in used):
            name += "'"
        found[variable] = Var(name, variable.sort)
    return found
