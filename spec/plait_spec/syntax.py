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

from dataclasses import field
from typing import Literal, TypeAlias

from plait_spec.record import record
from plait_spec.source import Source, Span
from plait_spec.syntax_expressions import (
    Aggregate as Aggregate,
    Argument as Argument,
    Assert as Assert,
    Assign as Assign,
    Binary as Binary,
    BinaryOp as BinaryOp,
    Binder as Binder,
    Binders as Binders,
    Block as Block,
    Boolean as Boolean,
    BoolType as BoolType,
    Call as Call,
    Choose as Choose,
    Clear as Clear,
    Conditional as Conditional,
    Expr as Expr,
    Field as Field,
    For as For,
    Has as Has,
    IfStmt as IfStmt,
    Index as Index,
    Integer as Integer,
    Let as Let,
    MapOf as MapOf,
    MapType as MapType,
    Member as Member,
    Name as Name,
    NamedType as NamedType,
    Nothing as Nothing,
    OptionalType as OptionalType,
    OverSet as OverSet,
    OverType as OverType,
    Pattern as Pattern,
    Perform as Perform,
    Place as Place,
    Quantified as Quantified,
    Range as Range,
    RecordType as RecordType,
    Self as Self,
    Send as Send,
    SeqOf as SeqOf,
    SeqType as SeqType,
    SetOf as SetOf,
    SetType as SetType,
    SetWhere as SetWhere,
    StepOf as StepOf,
    Stmt as Stmt,
    TypeExpr as TypeExpr,
    Unary as Unary,
    UnaryOp as UnaryOp,
    Within as Within,
)
from plait_spec.syntax_items import (
    Action as Action,
    AnyValue as AnyValue,
    AnyWhere as AnyWhere,
    Bound as Bound,
    Channel as Channel,
    ClearedBy as ClearedBy,
    Constant as Constant,
    DeadlockFree as DeadlockFree,
    Discipline as Discipline,
    Doc as Doc,
    Enum as Enum,
    Event as Event,
    Expect as Expect,
    Fairness as Fairness,
    Formal as Formal,
    Function as Function,
    Handler as Handler,
    Ids as Ids,
    Ignore as Ignore,
    Initial as Initial,
    Interval as Interval,
    Item as Item,
    Joins as Joins,
    Knows as Knows,
    Lemma as Lemma,
    May as May,
    MayFault as MayFault,
    Measure as Measure,
    Message as Message,
    OnBreak as OnBreak,
    OnMessage as OnMessage,
    OnRestart as OnRestart,
    Option as Option,
    Outcome as Outcome,
    Procedure as Procedure,
    Property as Property,
    PropertyKind as PropertyKind,
    Remove as Remove,
    RemoveHandler as RemoveHandler,
    RemoveKind as RemoveKind,
    Replace as Replace,
    Replaceable as Replaceable,
    Role as Role,
    Setting as Setting,
    Terminal as Terminal,
    TypeDef as TypeDef,
    Var as Var,
    VerdictWord as VerdictWord,
)

# ---- scenarios


@record
class Places:
    """`via channel from sender to receiver`: which of the messages in flight."""

    channel: Name | None
    sender: Expr | None
    receiver: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Do:
    """`do role.action(arguments)`."""

    step: Expr
    span: Span = field(compare=False, repr=False)


@record
class Deliver:
    """`deliver Pattern places`."""

    pattern: Pattern
    places: Places
    span: Span = field(compare=False, repr=False)


@record
class DeliverAll:
    """`deliver all places`."""

    places: Places
    span: Span = field(compare=False, repr=False)


@record
class LoseMessage:
    """`lose Pattern places`."""

    pattern: Pattern
    places: Places
    span: Span = field(compare=False, repr=False)


@record
class Cause:
    """`crash role`, `restart role`, `break channel`."""

    fault: Literal["crash", "restart", "break"]
    target: Expr
    span: Span = field(compare=False, repr=False)


@record
class ExpectThat:
    """`expect condition`: must be true here."""

    condition: Expr
    span: Span = field(compare=False, repr=False)


@record
class Show:
    """`show value`: part of the outcome that is compared."""

    value: Expr
    span: Span = field(compare=False, repr=False)


Scene: TypeAlias = Do | Deliver | DeliverAll | LoseMessage | Cause | ExpectThat | Show


@record
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


@record
class Import:
    """`import "path"`."""

    path: str
    span: Span = field(compare=False, repr=False)


@record
class Parameter:
    """`name: T = default`, of a protocol or proposal."""

    name: Name
    type: TypeExpr
    default: Expr
    span: Span = field(compare=False, repr=False)


@record
class Protocol:
    """`abstract protocol name(parameters)`: the header; the items follow it in the module."""

    name: Name
    parameters: tuple[Parameter, ...]
    abstract: bool
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
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


@record
class Module:
    """A whole text."""

    source: Source = field(compare=False)
    items: tuple[TopLevel, ...]
