"""The surface tree below the declarations: expressions, types and statements; `syntax` has the grammar of it all."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from plait_spec.record import record
from plait_spec.source import Span

# ---- expressions


@record
class Name:
    """A name, where it is declared or where it is used; as an expression, whatever it refers to."""

    text: str
    span: Span = field(compare=False, repr=False)


@record
class Integer:
    """A number, never negative: `-1` is a `Unary`."""

    value: int
    span: Span = field(compare=False, repr=False)


@record
class Boolean:
    """`true` or `false`."""

    value: bool
    span: Span = field(compare=False, repr=False)


@record
class Nothing:
    """`none`."""

    span: Span = field(compare=False, repr=False)


@record
class Self:
    """`self`: the identity of the role's instance."""

    span: Span = field(compare=False, repr=False)


@record
class Member:
    """`base.name`: a field, a variable of a role, a step of a role or channel."""

    base: Expr
    name: Name
    span: Span = field(compare=False, repr=False)


@record
class StepOf:
    """`base.on Message`: the step in which a role handles a message."""

    base: Expr
    message: Name
    span: Span = field(compare=False, repr=False)


@record
class Index:
    """`base[index]`."""

    base: Expr
    index: Expr
    span: Span = field(compare=False, repr=False)


@record
class Argument:
    """`value`, or `name: value`."""

    name: Name | None
    value: Expr
    span: Span = field(compare=False, repr=False)


@record
class Call:
    """`function(arguments)`: a function, a built-in one, a record, a step with its arguments."""

    function: Expr
    arguments: tuple[Argument, ...]
    span: Span = field(compare=False, repr=False)


UnaryOp: TypeAlias = Literal["-", "not", "once", "previously", "historically", "always", "eventually"]


@record
class Unary:
    """An operator before its operand; the temporal ones look back (`once`) or ahead (`eventually`) in a run."""

    op: UnaryOp
    operand: Expr
    span: Span = field(compare=False, repr=False)


BinaryOp: TypeAlias = Literal[
    "+", "-", "*", "mod",
    "==", "!=", "<", "<=", ">", ">=", "in", "not in",
    "and", "or", "implies", "iff",
    "since", "until", "leads to",
]  # fmt: skip


@record
class Binary:
    """An operator between its operands."""

    op: BinaryOp
    left: Expr
    right: Expr
    span: Span = field(compare=False, repr=False)


@record
class Pattern:
    """`Message`, or `Message(field: value, ...)`: messages that agree in the fields that are named."""

    message: Name
    arguments: tuple[Argument, ...] | None
    span: Span = field(compare=False, repr=False)


@record
class Has:
    """`channel has Pattern`: such a message is in flight."""

    channel: Expr
    pattern: Pattern
    span: Span = field(compare=False, repr=False)


@record
class OverType:
    """`name: T`."""

    name: Name
    type: TypeExpr
    span: Span = field(compare=False, repr=False)


@record
class OverSet:
    """`name in s`."""

    name: Name
    over: Expr
    span: Span = field(compare=False, repr=False)


Binder: TypeAlias = OverType | OverSet


@record
class Binders:
    """`x: T, y in s where p`: at least one binder, each visible to those after it."""

    binders: tuple[Binder, ...]
    condition: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Quantified:
    """`all binders. body`, `some binders. body`, `count binders. body`."""

    quantifier: Literal["all", "some", "count"]
    binders: Binders
    body: Expr
    span: Span = field(compare=False, repr=False)


@record
class Aggregate:
    """`max of value for x: T where p`."""

    function: Literal["max", "min", "sum"]
    value: Expr
    binder: Binder
    condition: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Conditional:
    """`if condition then this else that`."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span = field(compare=False, repr=False)


@record
class SetOf:
    """`{a, b}`; `{}` is an empty set."""

    elements: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@record
class SeqOf:
    """`[a, b]`."""

    elements: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@record
class SetWhere:
    """`{ x: T where p }`: one binder or several."""

    binders: Binders
    span: Span = field(compare=False, repr=False)


@record
class MapOf:
    """`{ x: T -> value }`."""

    binder: Binder
    value: Expr
    span: Span = field(compare=False, repr=False)


Expr: TypeAlias = (
    Name | Integer | Boolean | Nothing | Self | Member | StepOf | Index | Call | Unary | Binary | Has | Quantified
    | Aggregate | Conditional | SetOf | SeqOf | SetWhere | MapOf
)  # fmt: skip

# ---- types


@record
class NamedType:
    """A type by its name: an enum, `ids`, or a `type`."""

    name: Name
    span: Span = field(compare=False, repr=False)


@record
class BoolType:
    """`bool`."""

    span: Span = field(compare=False, repr=False)


@record
class Range:
    """`low..high`; bounds are made of numbers, names, `true`, `false`, `+`, `-` and `*`."""

    low: Expr
    high: Expr
    span: Span = field(compare=False, repr=False)


@record
class Within:
    """`within low..high`: leaving the range cuts the behaviour and is no error."""

    range: Range
    span: Span = field(compare=False, repr=False)


@record
class OptionalType:
    """`T?`."""

    inner: TypeExpr
    span: Span = field(compare=False, repr=False)


@record
class SetType:
    """`set<T>`."""

    element: TypeExpr
    span: Span = field(compare=False, repr=False)


@record
class SeqType:
    """`seq<T, n>`: at most `n` elements."""

    element: TypeExpr
    capacity: Expr
    span: Span = field(compare=False, repr=False)


@record
class Field:
    """`name: T` or `name: T = default`, in a record or a message; words of the language may be names of fields."""

    name: Name
    type: TypeExpr
    default: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class RecordType:
    """`{ name: T, ... }`."""

    fields: tuple[Field, ...]
    span: Span = field(compare=False, repr=False)


@record
class MapType:
    """`K -> V`."""

    key: TypeExpr
    value: TypeExpr
    span: Span = field(compare=False, repr=False)


TypeExpr: TypeAlias = NamedType | BoolType | Range | Within | OptionalType | SetType | SeqType | RecordType | MapType

# ---- statements

Place: TypeAlias = Name | Member | Index


@record
class Block:
    """`{ statements }`: the body of a step or of a statement."""

    statements: tuple[Stmt, ...]
    span: Span = field(compare=False, repr=False)


@record
class Assign:
    """`place = value`, `place += value`, `place -= value`."""

    place: Place
    op: Literal["=", "+=", "-="]
    value: Expr
    span: Span = field(compare=False, repr=False)


@record
class Perform:
    """`name(arguments)`: a piece of a body, or `inherited(...)`."""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = field(compare=False, repr=False)


@record
class Send:
    """`send Message(arguments) via channel to receiver`."""

    message: Name
    arguments: tuple[Argument, ...]
    channel: Name | None
    receiver: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Clear:
    """`clear channel`, `clear channel[instance]`."""

    channel: Name
    instance: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Let:
    """`let name = value`: a name for a value, to the end of the block."""

    name: Name
    value: Expr
    span: Span = field(compare=False, repr=False)


@record
class Assert:
    """`assert condition`: where it is false, an error of the model."""

    condition: Expr
    span: Span = field(compare=False, repr=False)


@record
class IfStmt:
    """`if condition { } else { }`; after `else if` the otherwise is an `IfStmt`."""

    condition: Expr
    then: Block
    otherwise: Block | IfStmt | None
    span: Span = field(compare=False, repr=False)


@record
class For:
    """`for binders { }`; with `unordered` every order of the iterations is a step of its own."""

    binders: Binders
    body: Block
    unordered: bool
    span: Span = field(compare=False, repr=False)


@record
class Choose:
    """`choose binders { }`; written without braces, the body is the rest of the block."""

    binders: Binders
    body: Block
    span: Span = field(compare=False, repr=False)


Stmt: TypeAlias = Assign | Perform | Send | Clear | Let | Assert | IfStmt | For | Choose
