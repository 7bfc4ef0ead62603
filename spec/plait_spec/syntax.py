"""The surface tree: what was written, before anybody asks what it means.

    Module   = (Import | Protocol | Proposal | Scenario | Item)*          in the order of the text
    Item     = Ids | Enum | TypeDef | Constant | Message | Channel | Role | Var | Function | Procedure | Action
             | Handler | May | Ignore | Property | Lemma | Knows | Measure | DeadlockFree | Terminal | Expect
             | Replace(Replaceable) | Remove | RemoveHandler
    Option   = Discipline | Bound | MayFault | ClearedBy | Joins
    Event    = OnMessage | OnRestart | OnBreak
    Initial  = Expr | AnyValue | AnyWhere
    Stmt     = Assign | Perform | Send | Clear | Let | Assert | IfStmt | For | Choose
    Scene    = Do | Deliver | DeliverAll | LoseMessage | Cause | ExpectThat | Show
    TypeExpr = NamedType | BoolType | Range | Within | OptionalType | SetType | SeqType | RecordType | MapType
    Expr     = Name | Integer | Boolean | Nothing | Self | Member | StepOf | Index | Call | Unary | Binary | Has
             | Quantified | Aggregate | Conditional | SetOf | SeqOf | SetWhere | MapOf

The items after a `protocol` header, up to the next header, are those of the protocol. `next(e)`, `max(a, b)`, `size(s)`
and `inherited(x)` are calls like any other; so are records and steps (`Packet(op: o)`, `framework.ask(o)`). What may
stand where beyond this (a `role` inside a role, `until` outside a liveness property) is for later stages to say.

Every node is frozen and knows its place; places are left out of equality, so that trees compare by shape. Every
declaration has the lines of its `///` comment. The classes of expressions, types and statements are written in
`syntax_expressions`, those of declarations in `syntax_items`; users import all of them from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from plait_spec.source import Source, Span
from plait_spec.syntax_expressions import (
    Aggregate as Aggregate,
)
from plait_spec.syntax_expressions import (
    Argument as Argument,
)
from plait_spec.syntax_expressions import (
    Assert as Assert,
)
from plait_spec.syntax_expressions import (
    Assign as Assign,
)
from plait_spec.syntax_expressions import (
    Binary as Binary,
)
from plait_spec.syntax_expressions import (
    BinaryOp as BinaryOp,
)
from plait_spec.syntax_expressions import (
    Binder as Binder,
)
from plait_spec.syntax_expressions import (
    Binders as Binders,
)
from plait_spec.syntax_expressions import (
    Block as Block,
)
from plait_spec.syntax_expressions import (
    Boolean as Boolean,
)
from plait_spec.syntax_expressions import (
    BoolType as BoolType,
)
from plait_spec.syntax_expressions import (
    Call as Call,
)
from plait_spec.syntax_expressions import (
    Choose as Choose,
)
from plait_spec.syntax_expressions import (
    Clear as Clear,
)
from plait_spec.syntax_expressions import (
    Conditional as Conditional,
)
from plait_spec.syntax_expressions import (
    Expr as Expr,
)
from plait_spec.syntax_expressions import (
    Field as Field,
)
from plait_spec.syntax_expressions import (
    For as For,
)
from plait_spec.syntax_expressions import (
    Has as Has,
)
from plait_spec.syntax_expressions import (
    IfStmt as IfStmt,
)
from plait_spec.syntax_expressions import (
    Index as Index,
)
from plait_spec.syntax_expressions import (
    Integer as Integer,
)
from plait_spec.syntax_expressions import (
    Let as Let,
)
from plait_spec.syntax_expressions import (
    MapOf as MapOf,
)
from plait_spec.syntax_expressions import (
    MapType as MapType,
)
from plait_spec.syntax_expressions import (
    Member as Member,
)
from plait_spec.syntax_expressions import (
    Name as Name,
)
from plait_spec.syntax_expressions import (
    NamedType as NamedType,
)
from plait_spec.syntax_expressions import (
    Nothing as Nothing,
)
from plait_spec.syntax_expressions import (
    OptionalType as OptionalType,
)
from plait_spec.syntax_expressions import (
    OverSet as OverSet,
)
from plait_spec.syntax_expressions import (
    OverType as OverType,
)
from plait_spec.syntax_expressions import (
    Pattern as Pattern,
)
from plait_spec.syntax_expressions import (
    Perform as Perform,
)
from plait_spec.syntax_expressions import (
    Place as Place,
)
from plait_spec.syntax_expressions import (
    Quantified as Quantified,
)
from plait_spec.syntax_expressions import (
    Range as Range,
)
from plait_spec.syntax_expressions import (
    RecordType as RecordType,
)
from plait_spec.syntax_expressions import (
    Self as Self,
)
from plait_spec.syntax_expressions import (
    Send as Send,
)
from plait_spec.syntax_expressions import (
    SeqOf as SeqOf,
)
from plait_spec.syntax_expressions import (
    SeqType as SeqType,
)
from plait_spec.syntax_expressions import (
    SetOf as SetOf,
)
from plait_spec.syntax_expressions import (
    SetType as SetType,
)
from plait_spec.syntax_expressions import (
    SetWhere as SetWhere,
)
from plait_spec.syntax_expressions import (
    StepOf as StepOf,
)
from plait_spec.syntax_expressions import (
    Stmt as Stmt,
)
from plait_spec.syntax_expressions import (
    TypeExpr as TypeExpr,
)
from plait_spec.syntax_expressions import (
    Unary as Unary,
)
from plait_spec.syntax_expressions import (
    UnaryOp as UnaryOp,
)
from plait_spec.syntax_expressions import (
    Within as Within,
)
from plait_spec.syntax_items import (
    Action as Action,
)
from plait_spec.syntax_items import (
    AnyValue as AnyValue,
)
from plait_spec.syntax_items import (
    AnyWhere as AnyWhere,
)
from plait_spec.syntax_items import (
    Bound as Bound,
)
from plait_spec.syntax_items import (
    Channel as Channel,
)
from plait_spec.syntax_items import (
    ClearedBy as ClearedBy,
)
from plait_spec.syntax_items import (
    Constant as Constant,
)
from plait_spec.syntax_items import (
    DeadlockFree as DeadlockFree,
)
from plait_spec.syntax_items import (
    Discipline as Discipline,
)
from plait_spec.syntax_items import (
    Doc as Doc,
)
from plait_spec.syntax_items import (
    Enum as Enum,
)
from plait_spec.syntax_items import (
    Event as Event,
)
from plait_spec.syntax_items import (
    Expect as Expect,
)
from plait_spec.syntax_items import (
    Fairness as Fairness,
)
from plait_spec.syntax_items import (
    Formal as Formal,
)
from plait_spec.syntax_items import (
    Function as Function,
)
from plait_spec.syntax_items import (
    Handler as Handler,
)
from plait_spec.syntax_items import (
    Ids as Ids,
)
from plait_spec.syntax_items import (
    Ignore as Ignore,
)
from plait_spec.syntax_items import (
    Initial as Initial,
)
from plait_spec.syntax_items import (
    Interval as Interval,
)
from plait_spec.syntax_items import (
    Item as Item,
)
from plait_spec.syntax_items import (
    Joins as Joins,
)
from plait_spec.syntax_items import (
    Knows as Knows,
)
from plait_spec.syntax_items import (
    Lemma as Lemma,
)
from plait_spec.syntax_items import (
    May as May,
)
from plait_spec.syntax_items import (
    MayFault as MayFault,
)
from plait_spec.syntax_items import (
    Measure as Measure,
)
from plait_spec.syntax_items import (
    Message as Message,
)
from plait_spec.syntax_items import (
    OnBreak as OnBreak,
)
from plait_spec.syntax_items import (
    OnMessage as OnMessage,
)
from plait_spec.syntax_items import (
    OnRestart as OnRestart,
)
from plait_spec.syntax_items import (
    Option as Option,
)
from plait_spec.syntax_items import (
    Outcome as Outcome,
)
from plait_spec.syntax_items import (
    Procedure as Procedure,
)
from plait_spec.syntax_items import (
    Property as Property,
)
from plait_spec.syntax_items import (
    PropertyKind as PropertyKind,
)
from plait_spec.syntax_items import (
    Remove as Remove,
)
from plait_spec.syntax_items import (
    RemoveHandler as RemoveHandler,
)
from plait_spec.syntax_items import (
    RemoveKind as RemoveKind,
)
from plait_spec.syntax_items import (
    Replace as Replace,
)
from plait_spec.syntax_items import (
    Replaceable as Replaceable,
)
from plait_spec.syntax_items import (
    Role as Role,
)
from plait_spec.syntax_items import (
    Setting as Setting,
)
from plait_spec.syntax_items import (
    Terminal as Terminal,
)
from plait_spec.syntax_items import (
    TypeDef as TypeDef,
)
from plait_spec.syntax_items import (
    Var as Var,
)
from plait_spec.syntax_items import (
    VerdictWord as VerdictWord,
)

# ---- scenarios


@dataclass(frozen=True, slots=True)
class Places:
    """`via channel from sender to receiver`: which of the messages in flight."""

    channel: Name | None
    sender: Expr | None
    receiver: Expr | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Do:
    """`do role.action(arguments)`."""

    step: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Deliver:
    """`deliver Pattern places`."""

    pattern: Pattern
    places: Places
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DeliverAll:
    """`deliver all places`."""

    places: Places
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LoseMessage:
    """`lose Pattern places`."""

    pattern: Pattern
    places: Places
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cause:
    """`crash role`, `restart role`, `break channel`."""

    fault: Literal["crash", "restart", "break"]
    target: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ExpectThat:
    """`expect condition`: must be true here."""

    condition: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Show:
    """`show value`: part of the outcome that is compared."""

    value: Expr
    span: Span = field(compare=False, repr=False)


Scene: TypeAlias = Do | Deliver | DeliverAll | LoseMessage | Cause | ExpectThat | Show


@dataclass(frozen=True, slots=True)
class Scenario:
    """`scenario name for protocol(settings) with (formals) where condition { scenes }`."""

    name: Name
    protocol: Name
    settings: tuple[Setting, ...]
    formals: tuple[Formal, ...]
    condition: Expr | None
    scenes: tuple[Scene, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


# ---- whole texts


@dataclass(frozen=True, slots=True)
class Import:
    """`import "path"`."""

    path: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name: T = default`, of a protocol or proposal."""

    name: Name
    type: TypeExpr
    default: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Protocol:
    """`abstract protocol name(parameters)`: the header; the items follow it in the module."""

    name: Name
    parameters: tuple[Parameter, ...]
    abstract: bool
    doc: Doc
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """`proposal name(parameters) extends base(settings) { items }`."""

    name: Name
    parameters: tuple[Parameter, ...]
    base: Name
    settings: tuple[Setting, ...]
    items: tuple[Item, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


TopLevel: TypeAlias = Import | Protocol | Proposal | Scenario | Item


@dataclass(frozen=True, slots=True)
class Module:
    """A whole text."""

    source: Source = field(compare=False)
    items: tuple[TopLevel, ...]
