"""GROUND: the finite expansion of a CORE model for given parameters, with the way back.

    Ground   = cells, queues, initialisation, instances, properties
    Cell     = one finite piece of the state: a variable at one tuple of keys, or a queue
    Instance = a rule with its arguments and picks; a *choice* adds what only the state can offer
    Command  = SetCell | SetOneOf | SetSlot | Enqueue | Empty | Assert | If | AnyOrder
    Expr     = Const | CellValue | Slot | OneOf | Item | Field | Tuple | WithItem | WithField | Not | Negate | And | Or
             | IfElse | Compare | Arithmetic | Total | InSet | SetOf | SetOp | Size | SeqOp | Has | InFlight | Took
             | Next | Let | Unwrap | Checked

Quantifiers, loops, arguments and picks are expanded; maps are scattered over cells (one per tuple of keys of the
variable's outer maps), all other values are written down as `domains` says.  A state is a tuple with the value of each
cell, cells with `constant=True` included.

A message in flight is the tuple (channel index, message index, field values ...).  A queue's value is the tuple of its
messages, first in first out; a bag's is kept sorted by channel, message, and then the fields in the order of their
domains.  There are no unused slots to choose a value for.

Slots hold what a step binds.  Slot 0 is always the record of the received message's fields (unset where there is none);
`let`s have the slots from 1 on, in instances and properties alike.

Errors are part of the meaning: where an expression can err it carries the span and the code of the model error.
The classes of expressions are written in `ground_expressions`; users import all of them from here.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as Word, TypeAlias

from plait_spec.core import Model, PropertyKind, VariableKind
from plait_spec.domains import Domain, RecordDomain, Value
from plait_spec.ground_expressions import (
    FALSE as FALSE,
    TRUE as TRUE,
    And as And,
    Arithmetic as Arithmetic,
    CellValue as CellValue,
    Checked as Checked,
    Compare as Compare,
    Const as Const,
    Expr as Expr,
    Field as Field,
    Has as Has,
    IfElse as IfElse,
    InFlight as InFlight,
    InSet as InSet,
    Item as Item,
    Key as Key,
    Let as Let,
    Negate as Negate,
    Next as Next,
    Not as Not,
    OneOf as OneOf,
    Or as Or,
    SeqOp as SeqOp,
    SetOf as SetOf,
    SetOp as SetOp,
    Size as Size,
    Slot as Slot,
    Took as Took,
    Total as Total,
    Tuple as Tuple,
    Unwrap as Unwrap,
    WithField as WithField,
    WithItem as WithItem,
)
from plait_spec.record import record
from plait_spec.source import Span

# ---- commands ---------------------------------------------------------------------------------------------------


@record
class SetCell:
    """Writes one cell."""

    cell: int
    value: Expr


@record
class SetOneOf:
    """Writes the cell that keys choose (as in the expression `OneOf`); keys are evaluated before the value."""

    cells: tuple[int, ...]
    keys: tuple[Key, ...]
    value: Expr


@record
class SetSlot:
    """Binds a slot for the rest of the instance."""

    slot: int
    value: Expr


@record
class Enqueue:
    """Sends: `fields` (a Tuple) go to the queue that `keys` choose among `queues` (no keys: there is one).

    What happens then is said by that `Queue`: nothing if it is distinct and holds the message; disabled if it is
    blocking and full; cut if it is full; otherwise the message is appended, or inserted in a bag's order.
    """

    queues: tuple[int, ...]
    keys: tuple[Key, ...]
    channel: int
    message: int
    fields: Expr


@record
class Empty:
    """Removes every message of this channel from these queue cells (None: every message)."""

    queues: tuple[int, ...]
    channel: int | None


@record
class Assert:
    """A model error (P505) where the condition is false."""

    condition: Expr
    span: Span = field(compare=False, repr=False)


@record
class If:
    """One of two blocks."""

    condition: Expr
    yes: Block
    no: Block


@record
class AnyOrder:
    """Passes of an `unordered for`: all conditions are evaluated first, then the chosen passes run in any order.

    A choice lists the indices of the chosen passes in the order in which they run.
    """

    passes: tuple[tuple[Expr, Block], ...]


Command: TypeAlias = SetCell | SetOneOf | SetSlot | Enqueue | Empty | Assert | If | AnyOrder
Block: TypeAlias = tuple[Command, ...]

# ---- state ------------------------------------------------------------------------------------------------------


@record
class Queue:
    """What a queue cell is: one direction of one connection of a carrier channel.

    `bound` is the capacity; where it is exceeded a step is cut, or (`blocking`) not enabled.  `written`: the bound
    stands in the text.  `left` and `right` are the identities at ends that are families (None otherwise).
    """

    carrier: int
    forward: bool
    left: Value
    right: Value
    ordered: bool
    distinct: bool
    blocking: bool
    bound: int
    written: bool


@record
class Cell:
    """One piece of the state: CORE variable `variable` at `keys` (values of `key_domains`), or a queue.

    `domain` is the value's domain (None for a queue).  `name` is for reports: `agent[a1].done[o1]`.
    """

    variable: str
    keys: tuple[Value, ...]
    key_domains: tuple[Domain, ...]
    domain: Domain | None
    queue: Queue | None
    kind: VariableKind | Word["queue"]
    name: str


@record
class Channel:
    """A channel of the model, by index: its name, its carrier's index, and the names of its ends' roles.

    `options` is the text for reports: what holds for these parameters, without what is switched off.
    """

    name: str
    carrier: int
    left: str
    right: str
    options: str


@record
class Fix:
    """Initial values: cell by cell, in order."""

    cells: tuple[int, ...]
    values: tuple[Expr, ...]


@record
class Free:
    """Every combination of values of these cells for which `where` holds is initial."""

    cells: tuple[int, ...]
    where: Expr


Start: TypeAlias = Fix | Free

# ---- steps ------------------------------------------------------------------------------------------------------


@record
class Act:
    """Nothing but the guard."""


@record
class Receive:
    """Takes a message of this channel and kind from the queue cell: the head, or any distinct one of a bag.

    Its fields, as a record, are in slot 0.  Unless `keep`, it is gone before the guard is evaluated.
    """

    queue: int
    channel: int
    message: int
    keep: bool


@record
class Lose:
    """Removes one message: any position of an ordered queue, any distinct one of a bag.

    Where channels share a queue, only messages of `channel` (None: whatever is there).
    """

    queue: int
    channel: int | None = None


@record
class Break:
    """Cuts the queue cells of one connection to prefixes (`back` is None on a one-way channel).

    Enabled when some message would be lost, or if `unharmed` also when none is.
    """

    forth: int
    back: int | None
    unharmed: bool


Trigger: TypeAlias = Act | Receive | Lose | Break


@record
class Instance:
    """A rule of the model (by index) with its arguments and picks.

    Order of a step: trigger removes, `guard` (with the picks' condition), `before` (monitors that look back), `body`,
    `after` (monitors that look at the new state).  `before` reads the state before the step, whole: the message still
    in its queue, and no write of its own.  `slots` is how many slots a run of it needs.
    `who` is the role instance that steps, for reports: `agent[a1]`, `master`, or None.
    """

    rule: int
    args: tuple[Value, ...]
    picks: tuple[Value, ...]
    trigger: Trigger
    guard: Expr
    before: Block
    body: Block
    after: Block
    slots: int
    who: str | None


@record
class Choice:
    """One step, told apart from all others of the same state; choices compare in the order of ties.

    `instance` indexes `Ground.instances`.  `at` is the position in the queue of the message that is taken or lost (a
    bag: of its first copy).  `kept` are the lengths kept at a break (forth, back).  `orders` are the orders of the
    `AnyOrder`s of the body as they are met.
    """

    instance: int
    at: int = 0
    kept: tuple[int, ...] = ()
    orders: tuple[tuple[int, ...], ...] = ()


# ---- properties -------------------------------------------------------------------------------------------------


@record
class Property:
    """A property of CORE (by index) with its expression expanded.

    `on_steps`: it mentions step names or is of kind `step`, so it is evaluated on every transition (for `always`,
    `never`, `reachable` in the state after it, and in initial states with every step name false).
    `slots` is how many slots its evaluation needs, slot 0 included.  `steps` are the step names that it mentions.
    """

    index: int
    name: str
    kind: PropertyKind
    expr: Expr
    antecedent: Expr | None
    on_steps: bool
    slots: int
    steps: tuple[str, ...]


@record
class Ground:
    """The finite model.

    `parameters` holds every parameter's value by name (enum labels as indices); `ids` the size of each sort.
    `messages` are the records of the messages by index.  `rules` are the rules of the model (by index) that exist for
    these parameters, also those of which there is no instance because they can never be enabled.
    """

    model: Model
    parameters: tuple[tuple[str, Value], ...]
    ids: tuple[tuple[str, int], ...]
    cells: tuple[Cell, ...]
    channels: tuple[Channel, ...]
    messages: tuple[RecordDomain, ...]
    start: tuple[Start, ...]
    rules: tuple[int, ...]
    instances: tuple[Instance, ...]
    properties: tuple[Property, ...]
    terminal: tuple[Expr, ...]
