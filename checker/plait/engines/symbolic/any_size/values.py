"""Values of the language as formulas: what an expression is in a state that is not known.

    Symbolic = TruthValue | FiniteValue | IdValue | RecordValue | MapValue | SetValue

A finite value is a row of cases of which exactly one is true. Maps and sets are functions of a `Point`: a key written
flat, each of its parts a constant or an identity. An `IdValue` is either one of several guarded terms, or known only by
which identity it equals; then whoever needs the identity itself says "there is one that it equals, and".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, product
from typing import TypeAlias, assert_never

from plait.engines.symbolic.any_size.logic import (
    FALSE,
    TRUE,
    Apply,
    Formula,
    Scalar,
    Term,
    Var,
    conj,
    disj,
    equal,
    exists,
    forall,
    iff,
    neg,
)
from plait_spec.record import record

Point: TypeAlias = tuple[Scalar | Term, ...]


@record
class Hole:
    """The place of an identity in a pattern."""

    sort: str


Pattern: TypeAlias = tuple[Scalar | Hole, ...]


@record
class TruthValue:
    """A bool."""

    formula: Formula


@record
class FiniteValue:
    """A number, a label (by index) or `none`: the value and when it is that."""

    cases: tuple[tuple[Scalar, Formula], ...]


@record
class IdValue:
    """An identity, or `none` where the formula `none` is true.

    `terms`: what it is, and when (nothing else is possible but `none`); None where only `same` can tell.
    """

    sort: str
    terms: tuple[tuple[Formula, Term], ...] | None
    same: Callable[[Term], Formula]
    none: Formula


@record
class RecordValue:
    """Its fields in order."""

    fields: tuple[Symbolic, ...]


@record
class MapValue:
    """A total map; `keys` are the patterns of its keys."""

    keys: tuple[Pattern, ...]
    at: Callable[[Point], Symbolic]


@record
class SetValue:
    """A set; `elements` are the patterns of what can be in it."""

    elements: tuple[Pattern, ...]
    has: Callable[[Point], Formula]


Symbolic: TypeAlias = TruthValue | FiniteValue | IdValue | RecordValue | MapValue | SetValue

NO_VALUE = FiniteValue(((None, TRUE),))


class Names:
    """Makes variables that nobody else has."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def fresh(self, sort: str) -> Var:
        """A new variable."""
        return Var(f"{sort.lower()}#{next(self._numbers)}", sort)


# ---- making them ------------------------------------------------------------------------------------------------


def constant(value: Scalar) -> FiniteValue:
    """A value that is known."""
    return FiniteValue(((value, TRUE),))


def identity(term: Term) -> IdValue:
    """An identity that is known."""
    return IdValue(term.sort, ((TRUE, term),), lambda other: equal(term, other), FALSE)


def no_identity(sort: str) -> IdValue:
    """`none`, where an identity could be."""
    return IdValue(sort, (), lambda _: FALSE, TRUE)


def finite(cases: Iterable[tuple[Scalar, Formula]]) -> FiniteValue:
    """Equal values joined, impossible ones dropped."""
    found: dict[tuple[type, Scalar], list[Formula]] = {}
    for value, when in cases:
        if when != FALSE:
            found.setdefault((type(value), value), []).append(when)
    return FiniteValue(tuple((value, disj(when)) for (_, value), when in found.items()))


def as_finite(value: TruthValue | FiniteValue) -> FiniteValue:
    """A bool as two cases."""
    match value:
        case TruthValue(formula):
            return finite(((False, neg(formula)), (True, formula)))
        case FiniteValue():
            return value
        case _:
            assert_never(value)


Choice: TypeAlias = tuple[Formula, tuple[Var, ...], "Symbolic"]
"""A value, when it is that, and the identities that there must be for it."""


def select(choices: Sequence[Choice]) -> Symbolic:
    """The value whose condition is true; exactly one is, for one choice of its identities."""
    first = choices[0][2]
    if len(choices) == 1 and choices[0][0] == TRUE:
        return first
    values = [value for _, _, value in choices]
    if any(isinstance(value, IdValue) for value in values):
        return _select_ids(choices)
    match first:
        case TruthValue() if all(isinstance(value, TruthValue) for value in values):
            return TruthValue(disj(exists(v, conj((c, f.formula))) for c, v, f in choices if isinstance(f, TruthValue)))
        case TruthValue() | FiniteValue():
            return finite(
                (value, exists(variables, conj((condition, when))))
                for condition, variables, each in choices
                if isinstance(each, TruthValue | FiniteValue)
                for value, when in as_finite(each).cases
            )
        case RecordValue(fields):
            return RecordValue(
                tuple(
                    select([(c, v, each.fields[at]) for c, v, each in choices if isinstance(each, RecordValue)])
                    for at in range(len(fields))
                )
            )
        case MapValue(keys):
            return MapValue(
                keys,
                lambda point: select([(c, v, each.at(point)) for c, v, each in choices if isinstance(each, MapValue)]),
            )
        case SetValue():
            patterns = next((each.elements for each in values if isinstance(each, SetValue) and each.elements), ())
            return SetValue(
                patterns,
                lambda point: disj(
                    exists(v, conj((c, each.has(point)))) for c, v, each in choices if isinstance(each, SetValue)
                ),
            )
        case _:
            raise AssertionError("all values of a selection are of one kind")


def _select_ids(choices: Sequence[Choice]) -> IdValue:
    sort = next(value.sort for _, _, value in choices if isinstance(value, IdValue))
    parts = [(condition, variables, as_identity(value, sort)) for condition, variables, value in choices]
    none = disj(exists(variables, conj((condition, value.none))) for condition, variables, value in parts)

    def same(term: Term) -> Formula:
        return disj(exists(variables, conj((condition, value.same(term)))) for condition, variables, value in parts)

    terms: list[tuple[Formula, Term]] = []
    for condition, variables, value in parts:
        if value.terms is None or variables:
            return IdValue(sort, None, same, none)
        terms += [(conj((condition, when)), term) for when, term in value.terms]
    return IdValue(sort, tuple((when, term) for when, term in terms if when != FALSE), same, none)


def as_identity(value: Symbolic, sort: str) -> IdValue:
    """`none` where an identity is wanted."""
    match value:
        case IdValue():
            return value
        case FiniteValue(((None, _),)):
            return no_identity(sort)
        case _:
            raise AssertionError("an identity is wanted")


def merge(condition: Formula, yes: Symbolic, no: Symbolic) -> Symbolic:
    """`if condition then yes else no`."""
    if condition == TRUE:
        return yes
    if condition == FALSE:
        return no
    return select([(condition, (), yes), (neg(condition), (), no)])


# ---- keys -------------------------------------------------------------------------------------------------------


def points_of(value: Symbolic, names: Names) -> Iterator[tuple[Formula, tuple[Var, ...], Point]]:
    """What a key can be: when, for which identities, and the key itself."""
    match value:
        case TruthValue() | FiniteValue():
            for scalar, when in as_finite(value).cases:
                yield when, (), (scalar,)
        case IdValue(sort, terms, same, none):
            if none != FALSE:
                yield none, (), (None,)
            if terms is not None:
                for when, term in terms:
                    yield when, (), (term,)
            else:
                variable = names.fresh(sort)
                yield same(variable), (variable,), (variable,)
        case RecordValue(fields):
            for parts in product(*(tuple(points_of(field, names)) for field in fields)):
                variables = tuple(var for _, found, _ in parts for var in found)
                point = tuple(atom for _, _, found in parts for atom in found)
                yield conj(when for when, _, _ in parts), variables, point
        case MapValue() | SetValue():
            raise AssertionError("no key has a map or a set in it")
        case _:
            assert_never(value)


def same_point(left: Point, right: Point) -> Formula:
    """Two keys are one."""
    return conj(_same_atom(one, other) for one, other in zip(left, right, strict=True))


def _same_atom(one: Scalar | Term, other: Scalar | Term) -> Formula:
    if isinstance(one, Var | Apply) and isinstance(other, Var | Apply):
        return equal(one, other)
    if isinstance(one, Var | Apply) or isinstance(other, Var | Apply):
        return FALSE
    return TRUE if one is other or (type(one) is type(other) and one == other) else FALSE


def matches(point: Point, pattern: Pattern) -> bool:
    """A key is of this pattern."""
    return len(point) == len(pattern) and all(
        isinstance(wanted, Hole) if isinstance(atom, Var | Apply) else atom == wanted and type(atom) is type(wanted)
        for atom, wanted in zip(point, pattern, strict=True)
    )


def is_point(value: Symbolic, point: Point, names: Names) -> Formula:
    """A key is this one."""
    return disj(exists(v, conj((when, same_point(found, point)))) for when, v, found in points_of(value, names))


def filled(pattern: Pattern, names: Names) -> tuple[tuple[Var, ...], Point]:
    """A pattern with a new variable for each identity."""
    variables: list[Var] = []
    point: list[Scalar | Term] = []
    for atom in pattern:
        if isinstance(atom, Hole):
            variables.append(names.fresh(atom.sort))
            point.append(variables[-1])
        else:
            point.append(atom)
    return tuple(variables), tuple(point)


# ---- comparing --------------------------------------------------------------------------------------------------


def same_value(left: Symbolic, right: Symbolic, names: Names) -> Formula:
    """`left == right`."""
    match left, right:
        case (IdValue(), _) | (_, IdValue()):
            sort = left.sort if isinstance(left, IdValue) else right.sort if isinstance(right, IdValue) else ""
            return _same_identity(as_identity(left, sort), as_identity(right, sort), names)
        case TruthValue(one), TruthValue(other):
            return iff(one, other)
        case ((TruthValue() | FiniteValue()), (TruthValue() | FiniteValue())):
            others = as_finite(right).cases
            return disj(
                conj((when, other))
                for value, when in as_finite(left).cases
                for wanted, other in others
                if type(value) is type(wanted) and value == wanted
            )
        case RecordValue(ones), RecordValue(others):
            return conj(same_value(one, other, names) for one, other in zip(ones, others, strict=True))
        case MapValue(keys), MapValue():
            return conj(_everywhere(key, lambda p: same_value(left.at(p), right.at(p), names), names) for key in keys)
        case SetValue(elements), SetValue(others):
            patterns = elements or others
            return conj(_everywhere(each, lambda p: iff(left.has(p), right.has(p)), names) for each in patterns)
        case _:
            raise AssertionError("values of different types are not compared")


def _everywhere(pattern: Pattern, claim: Callable[[Point], Formula], names: Names) -> Formula:
    variables, point = filled(pattern, names)
    return forall(variables, claim(point))


def _same_identity(left: IdValue, right: IdValue, names: Names) -> Formula:
    nothing = conj((left.none, right.none))
    if left.terms is not None:
        return disj((nothing, *(conj((when, right.same(term))) for when, term in left.terms)))
    if right.terms is not None:
        return disj((nothing, *(conj((when, left.same(term))) for when, term in right.terms)))
    variable = names.fresh(left.sort)
    return disj((nothing, exists((variable,), conj((left.same(variable), right.same(variable))))))
