"""Values of finite domains: counted, listed, ranked, compared, renamed; and types into domains."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from plait_spec import known
from plait_spec.diagnostics import Code
from plait_spec.domain_of import DomainError, bound_of, domain_of, is_finite
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    contains,
    members,
    order_key,
    rank,
    renamed,
    size,
    size_within,
    values,
)
from plait_spec.types import (
    BOOL,
    INT,
    BoundOf,
    EmptyType,
    EnumType,
    IdsType,
    MapType,
    NoneType,
    Number,
    OptionType,
    ParameterBound,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    Type,
)

COLOURS = EnumDomain("Colour", ("Red", "Green", "Blue"))
AGENTS = IdsDomain("Agent", 3)


def domains(depth: int = 2) -> st.SearchStrategy[Domain]:
    leaves: st.SearchStrategy[Domain] = st.one_of(
        st.just(BoolDomain()),
        st.builds(lambda lo, count: RangeDomain(lo, lo + count), st.integers(-2, 2), st.integers(0, 2)),
        st.just(COLOURS),
        st.builds(IdsDomain, st.just("Agent"), st.integers(0, 3)),
    )
    if depth == 0:
        return leaves
    inner = domains(depth - 1)
    return st.one_of(
        leaves,
        inner.filter(lambda of: not isinstance(of, OptionDomain)).map(OptionDomain),
        st.lists(inner, max_size=2).map(lambda of: RecordDomain("R", tuple((f"f{i}", d) for i, d in enumerate(of)))),
        inner.map(SetDomain),
        st.builds(MapDomain, inner, inner),
        st.builds(SeqDomain, inner, st.integers(0, 2)),
    )


def small(domain: Domain) -> bool:
    return size_within(domain, 600) is not None


@given(domains().filter(small))
def test_values_are_numbered_in_their_order(domain: Domain) -> None:
    found = list(values(domain))
    assert len(found) == size(domain) == size_within(domain, 600)
    assert [rank(domain, value) for value in found] == list(range(len(found)))
    key = order_key(domain)
    assert all(key(one) < key(other) for one, other in pairwise(found))
    assert all(contains(domain, value) for value in found)


@given(domains().filter(small), st.permutations(range(3)))
def test_renaming_permutes_the_values(domain: Domain, new: list[int]) -> None:
    if any(isinstance(part, IdsDomain) and part.count != 3 for part in _parts(domain)):
        return
    back = [new.index(i) for i in range(3)]
    there = [renamed(domain, value, {"Agent": new}) for value in values(domain)]
    assert len(set(there)) == len(there)
    assert [renamed(domain, value, {"Agent": back}) for value in there] == list(values(domain))
    assert [renamed(domain, value, {}) for value in values(domain)] == list(values(domain))


def _parts(domain: Domain) -> list[Domain]:
    match domain:
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of, _):
            return [domain, *_parts(of)]
        case RecordDomain(_, fields):
            return [domain, *(part for _, of in fields for part in _parts(of))]
        case MapDomain(key, value):
            return [domain, *_parts(key), *_parts(value)]
        case _:
            return [domain]


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (BoolDomain(), 1),
        (RangeDomain(0, 3), 4),
        (RangeDomain(0, 1), True),
        (COLOURS, 3),
        (AGENTS, -1),
        (OptionDomain(RangeDomain(0, 3)), 4),
        (SetDomain(AGENTS), 8),
        (MapDomain(AGENTS, BoolDomain()), (True, False)),
        (MapDomain(AGENTS, BoolDomain()), (True, False, None)),
        (SeqDomain(AGENTS, 1), (0, 1)),
        (RecordDomain("R", (("x", AGENTS),)), (3,)),
        (RecordDomain("R", (("x", AGENTS),)), 0),
    ],
)
def test_what_is_no_value(domain: Domain, value: Any) -> None:
    assert not contains(domain, value)


def test_members_of_a_set() -> None:
    assert list(members(SetDomain(RangeDomain(5, 8)), 0b1010)) == [6, 8]


def test_renaming_moves_keys_and_elements() -> None:
    swap = {"Agent": (1, 0, 2)}
    assert renamed(MapDomain(AGENTS, OptionDomain(AGENTS)), (0, None, 1), swap) == (None, 1, 0)
    assert renamed(SetDomain(AGENTS), 0b001, swap) == 0b010
    assert renamed(SeqDomain(AGENTS, 3), (0, 2), swap) == (1, 2)


HUGE = SetDomain(SetDomain(MapDomain(RangeDomain(0, 2_000), RangeDomain(0, 2_000))))


@pytest.mark.parametrize("domain", [HUGE, MapDomain(HUGE, HUGE), SeqDomain(HUGE, 4_096), OptionDomain(HUGE)])
def test_counting_stops_at_the_limit(domain: Domain) -> None:
    assert size_within(domain, 65_536) is None


def test_counting_of_nothing() -> None:
    nobody = IdsDomain("Agent", 0)
    assert size_within(MapDomain(nobody, HUGE), 10) == 1
    assert size_within(MapDomain(RangeDomain(0, 99_999), nobody), 10) == 0
    assert size_within(MapDomain(HUGE, RangeDomain(7, 7)), 10) == 1
    assert size_within(RecordDomain("R", (("x", HUGE), ("y", nobody))), 10) == 0
    assert size_within(SeqDomain(nobody, 4_000), 10) == 1


# ---- types ------------------------------------------------------------------------------------------------------

PARAMETERS = {"n": 3, "flag": True}


@pytest.mark.parametrize(
    ("type", "domain"),
    [
        (BOOL, BoolDomain()),
        (RangeType(Number(0), BoundOf("-", ParameterBound("n"), Number(1)), within=True), RangeDomain(0, 2, True)),
        (RangeType(Number(0), BoundOf("*", ParameterBound("n"), Number(2))), RangeDomain(0, 6)),
        (RangeType(Number(0), BoundOf("+", ParameterBound("flag"), Number(1))), RangeDomain(0, 2)),
        (EnumType("Colour", COLOURS.labels), COLOURS),
        (IdsType("Agent", ParameterBound("n")), AGENTS),
        (IdsType("Agent", Number(0)), IdsDomain("Agent", 0)),
        (OptionType(BOOL), OptionDomain(BoolDomain())),
        (RecordType("R", (("x", BOOL),)), RecordDomain("R", (("x", BoolDomain()),))),
        (SetType(BOOL), SetDomain(BoolDomain())),
        (MapType(BOOL, BOOL), MapDomain(BoolDomain(), BoolDomain())),
        (SeqType(BOOL, ParameterBound("n")), SeqDomain(BoolDomain(), 3)),
    ],
)
def test_types_into_domains(type: Type, domain: Domain) -> None:
    assert domain_of(type, PARAMETERS) == domain
    assert is_finite(type)


@pytest.mark.parametrize(
    ("type", "code", "words"),
    [
        (RangeType(Number(4), ParameterBound("n")), Code.EMPTY_RANGE, "4..3"),
        (IdsType("Agent", Number(-1)), Code.EMPTY_RANGE, "-1"),
        (SeqType(BOOL, Number(-1)), Code.EMPTY_RANGE, "-1"),
        (SeqType(BOOL, Number(5_000)), Code.TOO_MANY_VALUES, "4,096"),
        (SetType(RangeType(Number(0), Number(4_096))), Code.TOO_MANY_VALUES, "4,096"),
        (MapType(SetType(RangeType(Number(0), Number(16))), BOOL), Code.TOO_MANY_VALUES, "65,536"),
    ],
)
def test_types_without_sensible_domain(type: Type, code: Code, words: str) -> None:
    with pytest.raises(DomainError) as caught:
        domain_of(type, PARAMETERS)
    assert caught.value.code is code
    assert words in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("type", [INT, NoneType(), EmptyType("set"), SetType(INT), MapType(BOOL, NoneType())])
def test_types_that_no_place_has(type: Type) -> None:
    assert not is_finite(type)
    with pytest.raises(AssertionError):
        domain_of(type, PARAMETERS)


def test_bounds() -> None:
    assert bound_of(BoundOf("+", ParameterBound("n"), ParameterBound("flag")), PARAMETERS) == 4


# ---- what is known of values ------------------------------------------------------------------------------------


@given(domains().filter(small), domains().filter(small))
def test_inclusion_is_what_it_says(one: Domain, other: Domain) -> None:
    if known.included(one, other):
        assert all(contains(other, value) for value in values(one))
    if known.same(one, other):
        assert list(values(one)) == list(values(other))


SOME = [
    RangeDomain(0, 2), RangeDomain(3, 5), OptionDomain(RangeDomain(1, 4)), known.NONE, known.NOTHING,
]  # fmt: skip


@pytest.mark.parametrize("one", SOME)
@pytest.mark.parametrize("other", SOME)
def test_a_join_includes_both(one: Domain, other: Domain) -> None:
    wrappers: list[Callable[[Domain], Domain]] = [
        lambda of: of,
        lambda of: RecordDomain("R", (("x", of),)),
        lambda of: MapDomain(BoolDomain(), of),
        lambda of: SeqDomain(of, 2),
    ]
    for wrap in wrappers:
        joined = known.join(wrap(one), wrap(other))
        assert known.included(wrap(one), joined)
        assert known.included(wrap(other), joined)
    assert known.join(SetDomain(one), SetDomain(other)) == SetDomain(known.join(one, other))
    assert known.join_all([COLOURS, COLOURS]) == COLOURS


@given(st.sampled_from(["+", "-", "*", "mod", "min", "max"]), *(st.integers(-4, 4) for _ in range(4)))
def test_intervals_hold_all_results(op: str, a: int, b: int, c: int, d: int) -> None:
    one, other = RangeDomain(min(a, b), max(a, b)), RangeDomain(min(c, d), max(c, d))
    result = known.combined(op, one, other)
    for left in values(one):
        for right in values(other):
            if op != "mod" or right != 0:
                assert contains(result, _result(op, left, right))


def _result(op: str, left: int, right: int) -> int:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "mod":
            return left % right
        case _:
            return min(left, right) if op == "min" else max(left, right)


def test_values_that_can_never_be_equal() -> None:
    assert known.apart(RangeDomain(0, 2), RangeDomain(3, 4))
    assert known.apart(RangeDomain(0, 2), OptionDomain(RangeDomain(3, 4)))
    assert not known.apart(OptionDomain(RangeDomain(0, 2)), OptionDomain(RangeDomain(3, 4)))
    assert known.apart(known.NONE, RangeDomain(3, 4))
