"""The types of the language, with bounds that may still name parameters.

    Type  = Bool | Int | Range(lo, hi, within) | Enum(name, labels) | Ids(name, size) | Option(of)
          | Record(name, fields) | Set(of) | Map(key, value) | Seq(of, capacity)
    Bound = Number | ParameterBound | BoundOf(op, left, right)

Types compare by shape.  `Int` is the type of arithmetic before it is stored: no variable has it.  `NoneType` and
`Empty` are the types of `none` and of `{}` / `[]` before they meet the type that is wanted.  A finite type becomes a
`domains.Domain` once the parameters have values (`domains.domain_of`).

Non-goals: values, and whether a bound is sensible for some parameters (that is known only when they have values).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A literal bound; `true` is 1 and `false` is 0, so that a parameter of type bool can be a budget."""

    value: int


@dataclass(frozen=True, slots=True)
class ParameterBound:
    """The value of a parameter; a bool counts as 0 or 1."""

    name: str


@dataclass(frozen=True, slots=True)
class BoundOf:
    """Two bounds joined by an operator."""

    op: Literal["+", "-", "*"]
    left: Bound
    right: Bound


Bound: TypeAlias = Number | ParameterBound | BoundOf


@dataclass(frozen=True, slots=True)
class BoolType:
    """`bool`."""


@dataclass(frozen=True, slots=True)
class IntType:
    """Any whole number: what arithmetic gives, never the type of a variable."""


@dataclass(frozen=True, slots=True)
class RangeType:
    """`lo..hi`; with `within`, leaving it cuts the behaviour where it would be a model error otherwise."""

    lo: Bound
    hi: Bound
    within: bool = False


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum by name, with its labels in declaration order."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdsType:
    """Interchangeable identities (a scalarset): equality only, no order, no literals."""

    name: str
    size: Bound


@dataclass(frozen=True, slots=True)
class OptionType:
    """`T?`: a value of `of`, or `none`.  Never nested."""

    of: Type


@dataclass(frozen=True, slots=True)
class RecordType:
    """A named record, or a message seen as a record."""

    name: str
    fields: tuple[tuple[str, Type], ...]

    def field(self, name: str) -> Type | None:
        """The type of a field, or None where there is no such field."""
        return next((of for field, of in self.fields if field == name), None)


@dataclass(frozen=True, slots=True)
class SetType:
    """`set<T>`."""

    of: Type


@dataclass(frozen=True, slots=True)
class MapType:
    """A total map `K -> V`."""

    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class SeqType:
    """`seq<T, n>`: at most `capacity` values, in order."""

    of: Type
    capacity: Bound


@dataclass(frozen=True, slots=True)
class NoneType:
    """The type of `none` alone."""


@dataclass(frozen=True, slots=True)
class EmptyType:
    """The type of `{}` or `[]` alone."""

    of: Literal["set", "seq"]


@dataclass(frozen=True, slots=True)
class PoisonType:
    """Stands where an error was reported already; agrees with everything, so that one cause gives one error."""


Type: TypeAlias = (
    BoolType
    | IntType
    | RangeType
    | EnumType
    | IdsType
    | OptionType
    | RecordType
    | SetType
    | MapType
    | SeqType
    | NoneType
    | EmptyType
    | PoisonType
)

BOOL = BoolType()
INT = IntType()
POISON = PoisonType()
