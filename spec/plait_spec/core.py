"""CORE: what a protocol means, with sorts, parameters and quantifiers kept.

    Model    = parameters, ids, variables, channels, rules, monitors, properties, expectations, notes for reports
    Rule     = step name, params, trigger, guard, picks, body, fairness
    Trigger  = Act | Receive(queue, message) | Lose(channel) | Break(connection)
    Command  = Assign | Send | Clear | Bind | Assert | When | ForEach
    Expr     = Literal | Parameter | Use | Read | At | Member | Not | Negate | Binary | IfElse | Unwrap | Fill
             | MakeRecord | MakeSet | MakeSeq | SetWhere | MapWhere | Quantifier | Aggregate | SeqCall
             | Has | QueueSize | Took | Next | LetIn | Past | Temporal

Roles, crashes, restarts, budgets, duplication, proposals, `def`s and past-time operators are gone: a role's variable is
a variable with the family's identity as its first key, a crash is a rule, a budget is a variable, `once p` is a monitor
variable.  Channel operations stay commands.  `Past` occurs only while a property is being lowered; `Temporal` only in
the kinds of property that are about whole runs.  `validate.py` states the laws.

The classes of expressions are written in `core_expressions`; users import all of them from here.
Every expression knows its type and its place in the text.  Binders are `Local`s told apart by `id`, never by name.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as OneOf, TypeAlias

from plait_spec.core_expressions import (
    Aggregate as Aggregate,
    At as At,
    Binary as Binary,
    BinaryOp as BinaryOp,
    Binder as Binder,
    Expr as Expr,
    Fill as Fill,
    Has as Has,
    IfElse as IfElse,
    LetIn as LetIn,
    Literal as Literal,
    Local as Local,
    MakeRecord as MakeRecord,
    MakeSeq as MakeSeq,
    MakeSet as MakeSet,
    MapWhere as MapWhere,
    Member as Member,
    Negate as Negate,
    Next as Next,
    Not as Not,
    Parameter as Parameter,
    Past as Past,
    Quantifier as Quantifier,
    QueueRef as QueueRef,
    QueueSize as QueueSize,
    Read as Read,
    SeqCall as SeqCall,
    SetWhere as SetWhere,
    Temporal as Temporal,
    Took as Took,
    Unwrap as Unwrap,
    Use as Use,
)
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import Bound, IdsType, RecordType, Type

# ---- commands ---------------------------------------------------------------------------------------------------


@record
class Place:
    """What an assignment writes: a variable, then keys (expressions) and record fields (names), outermost first."""

    variable: str
    path: tuple[Expr | str, ...]
    type: Type
    span: Span = field(compare=False, repr=False)


@record
class Assign:
    """`place = value`; a value outside the place's type is a model error, or a cut where the type says `within`."""

    place: Place
    value: Expr
    span: Span = field(compare=False, repr=False)


@record
class Send:
    """Puts a message at the end of one queue.  `left` and `right` are the identities at ends that are families."""

    channel: str
    forward: bool
    left: Expr | None
    right: Expr | None
    message: str
    fields: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@record
class Clear:
    """Removes every message of these queues' carriers that travels for this channel."""

    queues: QueueRef
    span: Span = field(compare=False, repr=False)


@record
class Bind:
    """`let`: the local is bound for the rest of the block."""

    local: Local
    value: Expr
    span: Span = field(compare=False, repr=False)


@record
class Assert:
    """A model error if the condition is false."""

    condition: Expr
    span: Span = field(compare=False, repr=False)


@record
class When:
    """`if condition { yes } else { no }`."""

    condition: Expr
    yes: Block
    no: Block
    span: Span = field(compare=False, repr=False)


@record
class ForEach:
    """One pass of `body` for each binding; ranges and `where` are evaluated once, before the first.

    `unordered`: every order of the passes is a possible step.
    """

    binders: tuple[Binder, ...]
    where: Expr
    body: Block
    unordered: bool
    span: Span = field(compare=False, repr=False)


Command: TypeAlias = Assign | Send | Clear | Bind | Assert | When | ForEach
Block: TypeAlias = tuple[Command, ...]

# ---- rules ------------------------------------------------------------------------------------------------------


@record
class Act:
    """Nothing but the guard: actions, crashes, restarts."""


@record
class Receive:
    """Takes a message from a queue: the head of an ordered one, any distinct value of a bag.

    It is removed before guard and body, unless `keep` (a duplicate).  `message` is bound to its fields as a record.
    """

    channel: str
    forward: bool
    left: Expr | None
    right: Expr | None
    message: Local
    keep: bool = False


@record
class Lose:
    """Removes one message of this channel at any position (ordered) or of any distinct value (bag), from any queue."""

    channel: str


@record
class Break:
    """Cuts both queues of one connection to prefixes, one instance for each pair of kept lengths.

    Keeping everything is an instance only if `unharmed` (somebody handles the break).
    """

    channel: str
    left: Expr | None
    right: Expr | None
    unharmed: bool


Trigger: TypeAlias = Act | Receive | Lose | Break
Fairness: TypeAlias = OneOf["none", "weak", "strong"]
RuleKind: TypeAlias = OneOf["action", "handler", "crash", "restart", "lose", "duplicate", "break"]


@record
class Rule:
    """A family of steps, one instance for each value of `params`, of `picks` and of what its trigger leaves open.

    `name` is the step name that properties and reports use (`framework.ask`, `framework.on Answer`, `master.crash`,
    `link.lose`); several rules may share it (a delivery and its duplicate).  `member` says whether params[0] is the
    identity of the role instance that steps; `sender` is the index in `params` of a hidden or named `from`, if any.
    `switched_on` reads parameters only; where false the rule does not exist.  `picks` are `choose` at the head of the
    body: `pick_where` is part of what enables the instance, after the guard.
    """

    name: str
    kind: RuleKind
    role: str | None
    member: bool
    params: tuple[Local, ...]
    sender: int | None
    trigger: Trigger
    switched_on: Expr
    guard: Expr
    picks: tuple[Binder, ...]
    pick_where: Expr
    body: Block
    fairness: Fairness
    environment: bool
    span: Span = field(compare=False, repr=False)
    doc: tuple[str, ...] = ()


# ---- the model --------------------------------------------------------------------------------------------------


@record
class ParameterDecl:
    """A parameter with its type and default value (an int, a bool or an enum label's index)."""

    name: str
    type: Type
    default: Expr
    span: Span = field(compare=False, repr=False)


@record
class AnyValue:
    """Every value of the type for which `where` holds is an initial value; `local` names the whole value."""

    local: Local
    where: Expr


VariableKind: TypeAlias = OneOf["variable", "constant", "ghost", "monitor", "budget", "up"]


@record
class Variable:
    """A variable of the state.

    `name` is qualified (`framework.view`); `family` is the sort of its first key, if its owner is a family of roles.
    `initial` reads parameters and earlier constants only; it is of the whole type (family key included).
    """

    name: str
    role: str | None
    family: IdsType | Type | None
    type: Type
    initial: Expr | AnyValue
    kind: VariableKind
    span: Span = field(compare=False, repr=False)
    doc: tuple[str, ...] = ()


@record
class End:
    """One end of a channel: a role, and the type of its identities if it is a family."""

    role: str
    family: Type | None


@record
class ChannelOption:
    """An option of a channel as reports show it: `words`, then the value of `bound`, if `switched_on`."""

    words: str
    switched_on: Expr
    bound: Bound | None


@record
class Channel:
    """Queues from `left` to `right` (forward) and, if `both_ways`, from right to left.

    One queue per direction and pair of identities.  `carrier` is the channel whose queues these messages travel in:
    itself, or the one that it joins (then every option is the carrier's).  `options` are the words for reports.
    `capacity_written` is false where the default bound applies.
    """

    name: str
    left: End
    right: End
    both_ways: bool
    ordered: bool
    distinct: bool
    capacity: Bound
    capacity_written: bool
    blocking: bool
    carrier: str
    messages: tuple[str, ...]
    options: tuple[ChannelOption, ...]
    span: Span = field(compare=False, repr=False)
    doc: tuple[str, ...] = ()


@record
class Monitor:
    """How the variable of a past-time operator changes with every step, for each value of `binders`.

    The variable is a map over the binders' types in order.  `start` is its value in an initial state, `update` its
    new value.  `update` is evaluated before the step (`before`: for `previously` of a state predicate, and for the
    copy of a latched one) or else after it, and may read monitors that stand earlier in the model and itself.
    """

    variable: str
    binders: tuple[Local, ...]
    start: Expr
    update: Expr
    before: bool


PropertyKind: TypeAlias = OneOf[
    "always", "never", "step", "reachable", "deadlock free",
    "eventually", "always eventually", "eventually always", "always reachable", "knows", "measure", "lemma",
]  # fmt: skip


@record
class Property:
    """A named claim.  `expr` is the claim as written (monitors in place); `never p` keeps p itself.

    `antecedent` is, for an outermost `implies` under leading `all`s, "some binding makes the left side true": a state
    (or step) predicate that shows the property is not vacuous; None where there is no such implication.
    `monitors` are the monitor variables that it reads, directly or through others.  `using` names the properties that
    a lemma takes as known.
    """

    name: str
    kind: PropertyKind
    expr: Expr
    antecedent: Expr | None
    monitors: tuple[str, ...]
    span: Span = field(compare=False, repr=False)
    doc: tuple[str, ...] = ()
    using: tuple[str, ...] = ()


Expected: TypeAlias = OneOf["holds", "holds within", "fails", "undetermined", "vacuous"]


@record
class Outcome:
    """What the file says of one property; `steps` is the shortest length for `fails in N`."""

    property: str
    expected: Expected
    steps: int | None
    span: Span = field(compare=False, repr=False)


@record
class Setting:
    """`name = value` or `name = lo..hi` (then `upto` is the last value): the values of one parameter in some runs."""

    name: str
    value: Expr
    upto: Expr | None
    span: Span = field(compare=False, repr=False)


@record
class Expectation:
    """`expect`: the outcomes at the defaults (`settings` empty) or at each combination of the settings."""

    settings: tuple[Setting, ...]
    outcomes: tuple[Outcome, ...]
    span: Span = field(compare=False, repr=False)


@record
class ForeignRead:
    """A role's step reads another role's variable though no message carries it."""

    reader: str
    variable: str
    span: Span = field(compare=False, repr=False)


@record
class Model:
    """A protocol or proposal, ready for engines.

    `variables` are in declaration order (constants where they stand; monitors last, in the order of their updates);
    `rules` are in declaration order, which is the order of ties.  `terminal` lists the conditions of
    `terminal when`.  `messages` gives each message's fields as a record.
    """

    protocol: str
    proposal: str | None
    parameters: tuple[ParameterDecl, ...]
    ids: tuple[IdsType, ...]
    roles: tuple[End, ...]
    variables: tuple[Variable, ...]
    messages: tuple[RecordType, ...]
    channels: tuple[Channel, ...]
    rules: tuple[Rule, ...]
    monitors: tuple[Monitor, ...]
    properties: tuple[Property, ...]
    terminal: tuple[Expr, ...]
    expectations: tuple[Expectation, ...]
    foreign_reads: tuple[ForeignRead, ...]
    span: Span = field(compare=False, repr=False)
    doc: tuple[str, ...] = ()
