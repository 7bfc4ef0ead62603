"""The least vectors, against all vectors looked at one by one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, strategies as st

from plait.errors import EngineBug, JobError
from plait.faults_lattice import MOST_SOURCES, Answer, Vector, least


def below(one: Vector, other: Vector) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def grid(limits: Vector) -> list[Vector]:
    return list(product(*(range(limit + 1) for limit in limits)))


def least_of(shown: list[Vector]) -> set[Vector]:
    return {one for one in shown if not any(other != one and below(other, one) for other in shown)}


vectors = st.integers(0, 4).flatmap(
    lambda size: st.tuples(
        st.tuples(*[st.integers(1, 2)] * size),
        st.lists(st.tuples(*[st.integers(0, 2)] * size), max_size=4),
    )
)


class Asked:
    """Answers of a monotone thing that these vectors make; the run that it finds uses one of those below."""

    def __init__(self, limits: Vector, makers: list[Vector], deaf: frozenset[Vector] = frozenset()) -> None:
        self.makers = [tuple(map(min, maker, limits)) for maker in makers]
        self.deaf = deaf
        self.asked: list[Vector] = []

    def __call__(self, vector: Vector) -> Answer:
        self.asked.append(vector)
        if vector in self.deaf:
            return Answer(None)
        used = [maker for maker in self.makers if below(maker, vector)]
        return Answer(True, used[-1]) if used else Answer(False)


@given(vectors)
def test_all_least_vectors_are_found(case: tuple[Vector, list[Vector]]) -> None:
    limits, makers = case
    ask = Asked(limits, makers)
    found = least(limits, ask, monotone=True)
    assert not found.unknown
    assert not found.left
    assert set(found.vectors) == least_of([one for one in grid(limits) if ask(one).shows])
    assert list(found.vectors) == sorted(
        found.vectors, key=lambda one: (sum(map(bool, one)), sum(one), tuple(-level for level in one))
    )


@given(vectors)
def test_what_is_not_monotone_is_asked_one_by_one(case: tuple[Vector, list[Vector]]) -> None:
    limits, exactly = case
    shown = {tuple(map(min, one, limits)) for one in exactly}

    def ask(vector: Vector) -> Answer:
        return Answer(vector in shown, (0,) * len(vector))  # what a run used says nothing here

    found = least(limits, ask, monotone=False)
    assert not found.left
    assert set(found.vectors) == least_of(sorted(shown))


@given(vectors, st.data())
def test_what_is_not_known_is_said(case: tuple[Vector, list[Vector]], data: st.DataObject) -> None:
    limits, makers = case
    deaf = frozenset(data.draw(st.lists(st.sampled_from(grid(limits)), max_size=4)))
    ask = Asked(limits, makers, deaf)
    found = least(limits, ask, monotone=True)
    sure = Asked(limits, makers)
    for vector in found.vectors:
        assert sure(vector).shows
    if not found.unknown:
        assert set(found.vectors) == set(least(limits, sure, monotone=True).vectors)
    else:
        assert set(found.unknown) <= deaf


def test_few_are_asked() -> None:
    """Ten sources, one of which is needed: everything, nothing, the one, and everything else."""
    limits = (1,) * 10
    needed = (0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    ask = Asked(limits, [needed])
    assert least(limits, ask, monotone=True).vectors == (needed,)
    assert set(ask.asked) == {limits, (0,) * 10, needed, tuple(1 - level for level in needed)}


def test_two_ways_of_one_set() -> None:
    ask = Asked((2, 2), [(1, 2), (2, 1)])
    assert least((2, 2), ask, monotone=True).vectors == ((2, 1), (1, 2))


def test_other_members_with_less_of_each_are_found_too() -> None:
    """Twice the one is enough, and so is each of them once: neither has less of everything."""
    ask = Asked((2, 1), [(2, 0), (1, 1)])
    assert least((2, 1), ask, monotone=True).vectors == ((2, 0), (1, 1))


def test_where_nothing_is_needed_nothing_else_is_asked() -> None:
    """Even if the run that is found first uses everything."""
    asked: list[Vector] = []

    def ask(vector: Vector) -> Answer:
        asked.append(vector)
        return Answer(True, vector)

    assert least((3,) * 8, ask, monotone=True).vectors == ((0,) * 8,)
    assert asked == [(3,) * 8, (0,) * 8]


def test_a_level_is_found_by_halving() -> None:
    ask = Asked((1_000,), [(700,)])
    assert least((1_000,), ask, monotone=True).vectors == ((700,),)
    assert len(ask.asked) < 15


@pytest.mark.parametrize("monotone", [True, False])
def test_more_than_can_be_asked_is_left(monotone: bool) -> None:
    """A thousand least vectors."""
    limits = (1_000, 1_000)
    found = least(limits, lambda vector: Answer(sum(vector) >= 1_000, vector), monotone=monotone)
    assert found.left
    assert all(sum(vector) == 1_000 for vector in found.vectors)


def test_a_run_that_is_not_found_again_is_a_bug() -> None:
    def ask(vector: Vector) -> Answer:
        return Answer(vector == (1, 1), (1, 0))

    with pytest.raises(EngineBug):
        least((1, 1), ask, monotone=True)


def test_too_many_are_refused() -> None:
    with pytest.raises(JobError, match="--set"):
        least((1,) * (MOST_SOURCES + 1), lambda vector: Answer(False), monotone=True)
