"""What the generator of models is made of: dice, and the types of the language with their texts and sizes.

`Dice` are thrown by Hypothesis or by a seeded generator of random numbers; the least throw is the simplest choice, so
that shrinking leads to small models.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias, TypeVar, assert_never

from hypothesis import strategies as st

T = TypeVar("T")


class Dice(ABC):
    """Where every decision of the generator comes from."""

    @abstractmethod
    def below(self, count: int) -> int:
        """One of 0..count - 1."""

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.below(100) >= 100 - percent

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        throw = self.below(sum(weight for weight, _ in options))
        for weight, option in options:
            if throw < weight:
                return option
            throw -= weight
        raise AssertionError("no weights")


class SeededDice(Dice):
    """The same throws for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def below(self, count: int) -> int:
        return self.random.randrange(count)


class DrawnDice(Dice):
    """Throws that Hypothesis can shrink."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def below(self, count: int) -> int:
        return self.draw(st.integers(0, count - 1))


# ---- types


@dataclass(frozen=True, slots=True)
class Bool:
    pass


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers; `text` is how the range is written where that says more than its bounds (a parameter, an alias)."""

    low: int
    high: int
    within: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Enum:
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ids:
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Option:
    of: Type


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class Set:
    of: Type


@dataclass(frozen=True, slots=True)
class Map:
    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class Seq:
    of: Type
    capacity: int


Type: TypeAlias = Bool | Range | Enum | Ids | Option | Record | Set | Map | Seq
BOOL = Bool()


def written(type: Type) -> str:
    """The type in the language."""
    match type:
        case Bool():
            return "bool"
        case Range(low, high, within, text):
            return f"{'within ' if within else ''}{text or f'{low}..{high}'}"
        case Enum(name) | Ids(name) | Record(name):
            return name
        case Option(of):
            return f"{written(of)}?"
        case Set(of):
            return f"set<{written(of)}>"
        case Map(key, value):
            return f"{written(key)} -> {written(value)}"
        case Seq(of, capacity):
            return f"seq<{written(of)}, {capacity}>"
        case _:
            assert_never(type)


def count(type: Type) -> int:
    """How many values the type has."""
    match type:
        case Bool():
            return 2
        case Range(low, high):
            return high - low + 1
        case Enum(_, labels):
            return len(labels)
        case Ids(_, size):
            return size
        case Option(of):
            return 1 + count(of)
        case Record(_, fields):
            total = 1
            for _, of in fields:
                total *= count(of)
            return total
        case Set(of):
            return 1 << count(of)
        case Map(key, value):
            return int(count(value) ** count(key))
        case Seq(of, capacity):
            return sum(int(count(of) ** length) for length in range(capacity + 1))
        case _:
            assert_never(type)


def scalar(type: Type) -> bool:
    """Whether values of the type can be keys and arguments."""
    return isinstance(type, Bool | Range | Enum | Ids)


def plain(type: Type) -> Type:
    """The type without `within`: of values that only pass through."""
    return Range(type.low, type.high) if isinstance(type, Range) else type
