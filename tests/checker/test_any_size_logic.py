"""Formulas over identities: whatever makes or changes one keeps its meaning in every small structure."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings, strategies as st

from plait.engines.symbolic.any_size.logic import (
    FALSE,
    TRUE,
    Atom,
    Equal,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    Var,
    apart,
    conj,
    disj,
    either,
    exists,
    forall,
    free_variables,
    iff,
    implies,
    neg,
    negated,
    normal,
    substitute,
)
from plait.engines.symbolic.any_size.stratify import circle, edges
from plait.engines.symbolic.any_size.structures import Structure, test_of as meaning

A, B, C = (Var(name, "S") for name in "abc")
O = Var("o", "T")  # noqa: E741 - an operation
VARIABLES = (A, B, C)


def atom(name: str, *args: Var) -> Atom:
    return Atom(name, True, args)


LITERALS = st.one_of(
    st.builds(Equal, st.sampled_from(VARIABLES), st.sampled_from(VARIABLES)),
    st.builds(lambda one: atom("p", one), st.sampled_from(VARIABLES)),
    st.builds(lambda one, other: atom("r", one, other), st.sampled_from(VARIABLES), st.sampled_from(VARIABLES)),
)


def larger(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    bound = st.lists(st.sampled_from(VARIABLES), min_size=1, max_size=2, unique=True).map(tuple)
    some = st.lists(inner, max_size=3)
    return st.one_of(
        inner.map(neg),
        inner.map(Not),
        some.map(conj),
        some.map(disj),
        st.builds(implies, inner, inner),
        st.builds(exists, bound, inner),
        st.builds(forall, bound, inner),
        st.builds(Exists, bound, inner),
        st.builds(Forall, bound, inner),
    )


FORMULAS: st.SearchStrategy[Formula] = st.recursive(LITERALS, larger, max_leaves=8)


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    size = draw(st.integers(1, 3))
    facts: list[tuple[str, bool, tuple[int, ...]]] = [("p", True, (one,)) for one in range(size)]
    facts += [("r", True, pair) for pair in product(range(size), repeat=2)]
    return Structure({"S": size}, frozenset(draw(st.sets(st.sampled_from(facts)))), {})


def environments(structure: Structure) -> list[dict[Var, int]]:
    size = structure.sizes["S"]
    return [dict(zip(VARIABLES, values, strict=True)) for values in product(range(size), repeat=3)]


def agree(one: Formula, other: Formula, structure: Structure) -> None:
    test, also = meaning(one), meaning(other)
    for env in environments(structure):
        assert test(structure, env) == also(structure, env)


@given(FORMULAS, structures())
@settings(max_examples=300)
def test_normal_forms(formula: Formula, structure: Structure) -> None:
    agree(normal(formula), formula, structure)
    agree(negated(formula), Not(formula), structure)
    agree(apart(formula, frozenset("ab")), formula, structure)


@given(FORMULAS, FORMULAS, FORMULAS, structures())
@settings(max_examples=150)
def test_connectives(one: Formula, other: Formula, third: Formula, structure: Structure) -> None:
    agree(iff(one, other), disj((conj((one, other)), conj((neg(one), neg(other))))), structure)
    agree(either(one, other, third), conj((implies(one, other), implies(neg(one), third))), structure)


@given(FORMULAS, st.lists(st.sampled_from(VARIABLES), min_size=1, max_size=2, unique=True), structures())
@settings(max_examples=300)
def test_quantifiers(formula: Formula, bound: list[Var], structure: Structure) -> None:
    agree(exists(tuple(bound), formula), Exists(tuple(bound), formula), structure)
    agree(forall(tuple(bound), formula), Forall(tuple(bound), formula), structure)


@given(FORMULAS, st.permutations(VARIABLES), structures())
@settings(max_examples=300)
def test_substitution_is_evaluation_elsewhere(formula: Formula, to: list[Var], structure: Structure) -> None:
    values = dict(zip(VARIABLES, to, strict=True))
    test, also = meaning(substitute(formula, values)), meaning(formula)
    for env in environments(structure):
        assert test(structure, env) == also(structure, {var: env[term] for var, term in values.items()})


def test_a_substituted_variable_is_not_caught() -> None:
    found = substitute(Exists((B,), atom("r", A, B)), {A: B})
    assert free_variables(found) == {B}


def test_a_pinned_variable_is_replaced() -> None:
    assert exists((A,), conj((Equal(A, B), atom("p", A)))) == atom("p", B)
    assert forall((A,), disj((Not(Equal(A, B)), atom("p", A)))) == atom("p", B)


def test_constants_are_folded() -> None:
    assert conj((atom("p", A), Not(atom("p", A)))) == FALSE
    assert disj((atom("p", A), Not(atom("p", A)))) == TRUE
    assert exists((A,), TRUE) == TRUE


def test_edges_of_quantifiers() -> None:
    every = Forall((A,), Exists((O,), Atom("q", True, (A, O))))
    assert edges(every) == {("S", "T")}
    assert edges(negated(every)) == frozenset()
    assert edges(Exists((O,), Forall((A,), Atom("q", True, (A, O))))) == frozenset()


def test_circles_of_sorts() -> None:
    assert circle({("S", "T"), ("T", "U")}) is None
    assert set(circle({("S", "T"), ("T", "U"), ("U", "S")}) or ()) == {"S", "T", "U"}
    assert circle({("S", "S")}) == ("S",)


def test_or_keeps_all_its_parts() -> None:
    assert disj((atom("p", A), disj((atom("p", B), atom("p", C))))) == Or((atom("p", A), atom("p", B), atom("p", C)))
