"""The expressions of CORE; `core` has the grammar of it all."""

from __future__ import annotations

from dataclasses import field
from typing import Literal as OneOf, TypeAlias

from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import BOOL, INT, RecordType, Type

# ---- expressions ------------------------------------------------------------------------------------------------


@record
class Local:
    """A bound name: of a quantifier, an argument, a message, a `choose` or a `let`."""

    id: int
    name: str
    type: Type


@record
class Binder:
    """`local` ranges over every value of its type, or over the members of the set `over`."""

    local: Local
    over: Expr | None = None


@record
class Literal:
    """A bool, a number, an enum's label as its index, or None for `none`."""

    value: bool | int | None
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Parameter:
    """The value of a parameter of the protocol."""

    name: str
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Use:
    """The value of a bound name."""

    local: Local
    span: Span = field(compare=False, repr=False)

    @property
    def type(self) -> Type:
        """The type of the bound name."""
        return self.local.type


@record
class Read:
    """A whole variable (a map with the family's identity as first key, if a family of roles owns it)."""

    variable: str
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class At:
    """`map[key]`; a key outside the map's type is a model error."""

    map: Expr
    key: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Member:
    """`record.name`."""

    record: Expr
    name: str
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Not:
    """`not p`."""

    operand: Expr
    span: Span = field(compare=False, repr=False)
    type: Type = BOOL


@record
class Negate:
    """`-n`."""

    operand: Expr
    span: Span = field(compare=False, repr=False)
    type: Type = INT


BinaryOp: TypeAlias = OneOf[
    "and", "or", "implies", "iff",
    "==", "!=", "<", "<=", ">", ">=",
    "+", "-", "*", "mod", "min", "max",
    "in", "union", "difference", "concat",
]  # fmt: skip


@record
class Binary:
    """Two operands.  `and`, `or`, `implies` look at the right one only where the left one leaves it open."""

    op: BinaryOp
    left: Expr
    right: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class IfElse:
    """`if condition then yes else no`; only one branch is evaluated."""

    condition: Expr
    yes: Expr
    no: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Unwrap:
    """A `T?` used as a `T`: `none` is a model error."""

    operand: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Fill:
    """A scalar that fills a map: every key has `value` (itself of the map's value type)."""

    value: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class MakeRecord:
    """A record or message, its fields in declaration order."""

    fields: tuple[Expr, ...]
    type: RecordType
    span: Span = field(compare=False, repr=False)


@record
class MakeSet:
    """`{a, b}`."""

    items: tuple[Expr, ...]
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class MakeSeq:
    """`[a, b]`."""

    items: tuple[Expr, ...]
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class SetWhere:
    """`{ x: T where p }`."""

    binder: Binder
    where: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class MapWhere:
    """`{ k: K -> e }`."""

    local: Local
    value: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Quantifier:
    """`all`, `some` (bool) or `count` (number) over the bindings that satisfy `where`; every instance is evaluated."""

    kind: OneOf["all", "some", "count"]
    binders: tuple[Binder, ...]
    where: Expr
    body: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Aggregate:
    """`max`, `min` or `sum of value for binders where ...`; `max` and `min` over nothing are model errors."""

    kind: OneOf["max", "min", "sum"]
    binders: tuple[Binder, ...]
    where: Expr
    value: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class SeqCall:
    """`size(s)` of a set or sequence; `first`, `last`, `rest` and `at(s, i)` (from 0) of a sequence."""

    function: OneOf["size", "first", "last", "rest", "at"]
    args: tuple[Expr, ...]
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class QueueRef:
    """Some queues of a channel: those whose ends and direction agree with what is given; None leaves it open."""

    channel: str
    forward: bool | None = None
    left: Expr | None = None
    right: Expr | None = None


@record
class Has:
    """`link has Update(op: o)`: one of the queues holds such a message of this channel; fields not named are free."""

    queues: QueueRef
    message: str
    fields: tuple[tuple[str, Expr], ...]
    span: Span = field(compare=False, repr=False)
    type: Type = BOOL


@record
class QueueSize:
    """`size(link)`: how many messages of this channel the queues hold together."""

    queues: QueueRef
    span: Span = field(compare=False, repr=False)
    type: Type = INT


@record
class Took:
    """The step just taken (in a `step` property: this step) has this step name, and these arguments where given.

    `args` name parameters of the rule, or fields of the message that it received.
    """

    step: str
    args: tuple[tuple[str, Expr], ...]
    span: Span = field(compare=False, repr=False)
    type: Type = BOOL


@record
class Next:
    """`next(e)` in a `step` property: `e` in the state after the step."""

    operand: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class LetIn:
    """`local` names a value inside `body` (an argument of an inlined `def`)."""

    local: Local
    value: Expr
    body: Expr
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Past:
    """A past-time operator, until it is lowered into a monitor."""

    op: OneOf["once", "previously", "historically", "since"]
    operands: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)
    type: Type = BOOL


@record
class Temporal:
    """A future-time operator: only in properties about whole runs."""

    op: OneOf["leads to", "until", "eventually", "always"]
    operands: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)
    type: Type = BOOL


Expr: TypeAlias = (
    Literal
    | Parameter
    | Use
    | Read
    | At
    | Member
    | Not
    | Negate
    | Binary
    | IfElse
    | Unwrap
    | Fill
    | MakeRecord
    | MakeSet
    | MakeSeq
    | SetWhere
    | MapWhere
    | Quantifier
    | Aggregate
    | SeqCall
    | Has
    | QueueSize
    | Took
    | Next
    | LetIn
    | Past
    | Temporal
)
