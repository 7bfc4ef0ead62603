"""The surface tree of declarations, scenarios and whole texts; `syntax` has the grammar of it all."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.syntax_expressions import Block, Expr, Field, Name, Range, TypeExpr

Doc: TypeAlias = tuple[str, ...]  # the lines of a `///` comment, without the slashes and one space

# ---- data


@record
class Ids:
    """`ids Name[size]`: interchangeable identities."""

    name: Name
    size: Expr
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Enum:
    """`enum Name { A, B }`."""

    name: Name
    members: tuple[Name, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class TypeDef:
    """`type Name = T`."""

    name: Name
    type: TypeExpr
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class AnyValue:
    """`any`: every value of the type is an initial one."""

    span: Span = field(compare=False, repr=False)


@record
class AnyWhere:
    """`any x where p`: every value of the type that satisfies the condition."""

    name: Name
    condition: Expr
    span: Span = field(compare=False, repr=False)


Initial: TypeAlias = Expr | AnyValue | AnyWhere


@record
class Constant:
    """`constant a, b: T = initial`: never changes."""

    names: tuple[Name, ...]
    type: TypeExpr
    initial: Initial
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Var:
    """`var a, b: T = initial`, `durable var ...`, `ghost var ...`."""

    lifetime: Literal["volatile", "durable", "ghost"]
    names: tuple[Name, ...]
    type: TypeExpr
    initial: Initial
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Message:
    """`message Name { fields }`; in a proposal, fields that a message gains."""

    name: Name
    fields: tuple[Field, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


# ---- channels


@record
class Discipline:
    """`ordered`, `unordered`, `distinct`."""

    kind: Literal["ordered", "unordered", "distinct"]
    span: Span = field(compare=False, repr=False)


@record
class Bound:
    """`capacity N`, `blocking N`."""

    kind: Literal["capacity", "blocking"]
    size: Expr
    span: Span = field(compare=False, repr=False)


@record
class MayFault:
    """`may lose N`, `may duplicate`, `may break`, `may stall` (which has no budget)."""

    fault: Literal["lose", "duplicate", "break", "stall"]
    budget: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class ClearedBy:
    """`cleared by crash of role`; None is `either end`."""

    role: Name | None
    span: Span = field(compare=False, repr=False)


@record
class Joins:
    """`joins channel`: one queue for both."""

    channel: Name
    span: Span = field(compare=False, repr=False)


Option: TypeAlias = Discipline | Bound | MayFault | ClearedBy | Joins


@record
class Channel:
    """`channel name: a -> b { options }`, `channel name: a <-> b { options }`."""

    name: Name
    source: Name
    target: Name
    both_ways: bool
    options: tuple[Option, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


# ---- behaviour


@record
class Formal:
    """`name: T`, an argument of an action, a `def` or a scenario."""

    name: Name
    type: TypeExpr
    span: Span = field(compare=False, repr=False)


@record
class Function:
    """`def name(formals): T = value`."""

    name: Name
    formals: tuple[Formal, ...]
    result: TypeExpr
    value: Expr
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Procedure:
    """`def name(formals) { body }`."""

    name: Name
    formals: tuple[Formal, ...]
    body: Block
    doc: Doc
    span: Span = field(compare=False, repr=False)


Fairness: TypeAlias = Literal["unfair", "fair", "strongly fair"]


@record
class Action:
    """`fair environment action name(formals) when guard { body }`."""

    name: Name
    formals: tuple[Formal, ...]
    guard: Expr | None
    body: Block
    fairness: Fairness
    environment: bool
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class OnMessage:
    """`Message(variable) from sender via channel`."""

    message: Name
    variable: Name | None
    sender: Name | None
    channel: Name | None
    span: Span = field(compare=False, repr=False)


@record
class OnRestart:
    """`restart`."""

    span: Span = field(compare=False, repr=False)


@record
class OnBreak:
    """`break of channel from sender`."""

    channel: Name
    sender: Name | None
    span: Span = field(compare=False, repr=False)


Event: TypeAlias = OnMessage | OnRestart | OnBreak


@record
class Handler:
    """`fair on event when guard { body }`."""

    event: Event
    guard: Expr | None
    body: Block
    fairness: Fairness
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class May:
    """`may crash N`, `may restart N`: a fault of the role."""

    fault: Literal["crash", "restart"]
    budget: Expr | None
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Ignore:
    """`ignore Message via channel`."""

    message: Name
    channel: Name | None
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Role:
    """`role name { items }`, `role name[Index] { items }`; in a proposal, what a role gains or has replaced."""

    name: Name
    index: Name | None
    items: tuple[Item, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


# ---- what is wanted

PropertyKind: TypeAlias = Literal[
    "always", "never", "step", "reachable", "always reachable", "eventually", "always eventually", "eventually always"
]


@record
class Property:
    """`always Name: formula`, and the other kinds."""

    kind: PropertyKind
    name: Name
    formula: Expr
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Lemma:
    """`lemma Name: formula using A, B`: an invariant that helps a proof, and those that help to prove it."""

    name: Name
    formula: Expr
    using: tuple[Name, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Knows:
    """`knows Name: role knows fact when condition`."""

    name: Name
    role: Name
    fact: Expr
    condition: Expr | None
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Interval:
    """`from start to end`: the part of a run that a measure looks at."""

    start: Expr
    end: Expr
    span: Span = field(compare=False, repr=False)


@record
class Measure:
    """`measure Name: max subject from start to end`."""

    name: Name
    extreme: Literal["max", "min"]
    subject: Expr
    interval: Interval | None
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class DeadlockFree:
    """`deadlock free`."""

    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Terminal:
    """`terminal when condition`: states that are no dead ends."""

    condition: Expr
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class Setting:
    """`name = value`, `name = low..high`: a value of a parameter, or several."""

    name: Name
    value: Expr | Range
    span: Span = field(compare=False, repr=False)


VerdictWord: TypeAlias = Literal["holds", "holds within", "fails", "undetermined", "vacuous"]


@record
class Outcome:
    """`Name verdict`; None stands for `deadlock free`, and `steps` are those of `fails in N`."""

    property: Name | None
    verdict: VerdictWord
    steps: int | None
    span: Span = field(compare=False, repr=False)


@record
class Expect:
    """`expect outcomes`, `expect with (settings): outcomes`."""

    settings: tuple[Setting, ...]
    outcomes: tuple[Outcome, ...]
    doc: Doc
    span: Span = field(compare=False, repr=False)


# ---- changes

Replaceable: TypeAlias = Var | Constant | Function | Procedure | Action | Handler | Channel | May


@record
class Replace:
    """`replace declaration`; the comment is the declaration's."""

    declaration: Replaceable
    span: Span = field(compare=False, repr=False)


RemoveKind: TypeAlias = (
    Literal["var", "constant", "action", "channel", "def", "lemma", "knows", "measure"] | PropertyKind
)


@record
class Remove:
    """`remove kind name`."""

    kind: RemoveKind
    name: Name
    doc: Doc
    span: Span = field(compare=False, repr=False)


@record
class RemoveHandler:
    """`remove on event`; a message is named without its variable."""

    event: Event
    doc: Doc
    span: Span = field(compare=False, repr=False)


Item: TypeAlias = (
    Ids | Enum | TypeDef | Constant | Message | Channel | Role | Var | Function | Procedure | Action | Handler
    | May | Ignore | Property | Lemma | Knows | Measure | DeadlockFree | Terminal | Expect
    | Replace | Remove | RemoveHandler
)  # fmt: skip
