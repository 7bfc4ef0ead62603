"""The expressions of GROUND; `ground` says what they mean together, and everybody imports them from there.

Expr = Const | CellValue | Slot | OneOf | Item | Field | Tuple | WithItem | WithField | Not | Negate | And | Or
| IfElse | Compare | Arithmetic | Total | InSet | SetOf | SetOp | Size | SeqOp | Has | InFlight | Took
| Next | Let | Unwrap | Checked
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as Word, TypeAlias

from plait_spec.domains import Domain, Value
from plait_spec.record import record
from plait_spec.source import Span


@record
class Const:
    """A value."""

    value: Value


@record
class CellValue:
    """The value of one cell."""

    cell: int


@record
class Slot:
    """The value of a slot of the running instance or of an enclosing `Let`."""

    slot: int


@record
class Key:
    """A key found at run time; a value outside the domain (`none` too) is a model error (P502).

    `sure`: every value that `expr` can have is in the domain, so nobody needs to check.
    """

    expr: Expr
    domain: Domain
    span: Span = field(compare=False, repr=False)
    sure: bool = False


@record
class OneOf:
    """The cell that keys choose at run time: `cells[r]`, r the rank of the keys together, the last varying fastest."""

    cells: tuple[int, ...]
    keys: tuple[Key, ...]


@record
class Item:
    """A map value at a key."""

    map: Expr
    key: Key


@record
class Field:
    """A record's field by position."""

    record: Expr
    position: int


@record
class Tuple:
    """A map, record or sequence from its parts."""

    items: tuple[Expr, ...]


@record
class WithItem:
    """A map value with the value at one key replaced."""

    map: Expr
    key: Key
    value: Expr


@record
class WithField:
    """A record with one field replaced."""

    record: Expr
    position: int
    value: Expr


@record
class Not:
    """Negation."""

    operand: Expr


@record
class Negate:
    """The number with the other sign."""

    operand: Expr


@record
class And:
    """True if all items are.

    `every`: all are evaluated (a quantifier), so an error in any is one; otherwise the first false item ends it.
    """

    items: tuple[Expr, ...]
    every: bool


@record
class Or:
    """True if some item is; `every` as in `And`, the first true item ends it otherwise."""

    items: tuple[Expr, ...]
    every: bool


@record
class IfElse:
    """One of two values; only the chosen one is evaluated."""

    condition: Expr
    yes: Expr
    no: Expr


@record
class Compare:
    """Equality of any two values, order of numbers and labels."""

    op: Word["==", "!=", "<", "<="]
    left: Expr
    right: Expr


@record
class Arithmetic:
    """Whole numbers; `mod` takes the sign of the divisor, and a divisor of 0 is a model error (P504)."""

    op: Word["+", "-", "*", "mod", "min", "max"]
    left: Expr
    right: Expr
    span: Span = field(compare=False, repr=False)


@record
class Total:
    """`sum`, `min`, `max` of the values whose condition is true; min and max of nothing are a model error (P506).

    An item is (condition, value); all are evaluated in order, a value only where its condition is true.
    """

    op: Word["sum", "min", "max"]
    items: tuple[tuple[Expr, Expr], ...]
    span: Span = field(compare=False, repr=False)


@record
class InSet:
    """Membership; a value outside the element's domain (`none` too) is simply no member."""

    element: Expr
    set: Expr
    domain: Domain


@record
class SetOf:
    """The set of those elements whose condition is true; an element outside `domain` is a model error (P501).

    An item is (condition, element); all are evaluated in order, an element only where its condition is true.
    """

    domain: Domain
    items: tuple[tuple[Expr, Expr], ...]
    span: Span = field(compare=False, repr=False)


@record
class SetOp:
    """Union, difference, of sets over the same domain; `<=` is inclusion."""

    op: Word["union", "difference"]
    left: Expr
    right: Expr


@record
class Size:
    """How many elements a set has."""

    set: Expr


@record
class SeqOp:
    """`length`, `first`, `last`, `rest`, `at` (from 0), `concat` of sequences.

    First, last, rest of an empty sequence and an index past the end are model errors (P507).  Nothing here limits a
    length: `Checked` does.
    """

    op: Word["length", "first", "last", "rest", "at", "concat"]
    args: tuple[Expr, ...]
    span: Span = field(compare=False, repr=False)


@record
class Has:
    """One of these queue cells holds a message of this channel and kind with these values at these field positions."""

    queues: tuple[int, ...]
    channel: int
    message: int
    fields: tuple[tuple[int, Expr], ...]


@record
class InFlight:
    """How many messages of this channel these queue cells hold together."""

    queues: tuple[int, ...]
    channel: int


@record
class Took:
    """The step is an instance of one of the rules of `step`, with these values.

    They are of its parameters, or of its message's fields (by name).  `grounding.resolve_took` replaces it for a given
    instance; false where there was no step.
    """

    step: str
    args: tuple[tuple[str, Expr], ...]


@record
class Next:
    """The value in the state after the step (only in properties of kind `step`)."""

    operand: Expr


@record
class Let:
    """`slot` holds `value` while `body` is evaluated."""

    slot: int
    value: Expr
    body: Expr


@record
class Unwrap:
    """The value of an option; `none` is a model error (P503)."""

    operand: Expr
    span: Span = field(compare=False, repr=False)


@record
class Checked:
    """The value, which must be in `domain`.

    Otherwise a model error (P501), or a cut if the range in it that the value leaves first is `within`.  `place` names
    the variable for the report of bounds.
    """

    operand: Expr
    domain: Domain
    place: str
    span: Span = field(compare=False, repr=False)


Expr: TypeAlias = (
    Const
    | CellValue
    | Slot
    | OneOf
    | Item
    | Field
    | Tuple
    | WithItem
    | WithField
    | Not
    | Negate
    | And
    | Or
    | IfElse
    | Compare
    | Arithmetic
    | Total
    | InSet
    | SetOf
    | SetOp
    | Size
    | SeqOp
    | Has
    | InFlight
    | Took
    | Next
    | Let
    | Unwrap
    | Checked
)

TRUE = Const(value=True)
FALSE = Const(value=False)
