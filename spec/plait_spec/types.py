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

from typing import Literal, TypeAlias

from plait_spec.record import record


@record
class Number:
    """A literal bound; `true` is 1 and `false` is 0, so that a parameter of type bool can be a budget."""

    value: int


@record
class ParameterBound:
    """The value of a parameter; a bool counts as 0 or 1."""

    name: str


@record
class BoundOf:
    """Two bounds joined by an operator."""

    op: Literal["+", "-", "*"]
    left: Bound
    right: Bound


Bound: TypeAlias = Number | ParameterBound | BoundOf


@record
class BoolType:
    """`bool`."""


@record
class IntType:
    """Any whole number: what arithmetic gives, never the type of a variable."""


@record
class RangeType:
    """`lo..hi`; with `within`, leaving it cuts the behaviour where it would be a model error otherwise."""

    lo: Bound
    hi: Bound
    within: bool = False


@record
class EnumType:
    """An enum by name, with its labels in declaration order."""

    name: str
    labels: tuple[str, ...]


@record
class IdsType:
    """Interchangeable identities (a scalarset): equality only, no order, no literals."""

    name: str
    size: Bound


@record
class OptionType:
    """`T?`: a value of `of`, or `none`.  Never nested."""

    of: Type


@record
class RecordType:
    """A named record, or a message seen as a record."""

    name: str
    fields: tuple[tuple[str, Type], ...]

    def field(self, name: str) -> Type | None:
        """The type of a field, or None where there is no such field."""
        return next((of for field, of in self.fields if field == name), None)


@record
class SetType:
    """`set<T>`."""

    of: Type


@record
class MapType:
    """A total map `K -> V`."""

    key: Type
    value: Type


@record
class SeqType:
    """`seq<T, n>`: at most `capacity` values, in order."""

    of: Type
    capacity: Bound


@record
class NoneType:
    """The type of `none` alone."""


@record
class EmptyType:
    """The type of `{}` or `[]` alone."""

    of: Literal["set", "seq"]


@record
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
