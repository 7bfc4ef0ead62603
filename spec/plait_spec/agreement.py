"""Which types go together, and how a type is called in a sentence.

Numbers agree with each other whatever their ranges: whether a value is in its range is seen when it is stored. Other
types agree if they have the same shape; `within` and the capacities of sequences make no difference.
"""

from __future__ import annotations

from typing import assert_never

from plait_spec.types import (
    INT,
    BoolType,
    Bound,
    BoundOf,
    EmptyType,
    EnumType,
    IdsType,
    IntType,
    MapType,
    NoneType,
    Number,
    OptionType,
    ParameterBound,
    PoisonType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    Type,
)

NUMBERS = (IntType, RangeType)
KEYS = (BoolType, RangeType, EnumType, IdsType)


def leaf(type: Type | None) -> Type | None:
    """The type of the values at the ends of maps and options: what a single value would have to be."""
    while isinstance(type, MapType | OptionType):
        type = type.value if isinstance(type, MapType) else type.of
    return type


def is_number(type: Type) -> bool:
    """Whether arithmetic takes it."""
    return isinstance(type, NUMBERS)


def present(type: Type) -> Type:
    """`T` for `T?`, any other type as it is."""
    return type.of if isinstance(type, OptionType) else type


def same(left: Type, right: Type) -> bool:
    """Whether two types have the same values, `within` or not; a bare number may be of any range."""
    match left, right:
        case (PoisonType(), _) | (_, PoisonType()):
            return True
        case (IntType(), IntType() | RangeType()) | (RangeType(), IntType()):
            return True
        case RangeType(lo, hi), RangeType(other_lo, other_hi):
            return lo == other_lo and hi == other_hi
        case (OptionType(of), OptionType(other)) | (SetType(of), SetType(other)):
            return same(of, other)
        case SeqType(of, capacity), SeqType(other, other_capacity):
            return same(of, other) and capacity == other_capacity
        case MapType(key, value), MapType(other_key, other_value):
            return same(key, other_key) and same(value, other_value)
        case _:
            return left == right


def agrees(left: Type, right: Type) -> bool:
    """Whether a value of one type can be compared with, or be stored as, one of the other (no options looked into)."""
    if is_number(left) and is_number(right):
        return True
    if isinstance(left, SeqType) and isinstance(right, SeqType):
        return same(left.of, right.of)
    return same(left, right)


def fits(actual: Type, wanted: Type) -> bool:
    """Whether a value can be made into the wanted type: by filling a map, as an option, or by looking into one."""
    if isinstance(actual, PoisonType) or isinstance(wanted, PoisonType) or agrees(actual, wanted):
        return True
    match actual, wanted:
        case NoneType(), OptionType():
            return True
        case EmptyType("set"), SetType():
            return True
        case EmptyType("seq"), SeqType():
            return True
        case _, MapType(_, value) if fits(actual, value):
            return True
        case OptionType(of), OptionType(wanted_of):
            return agrees(of, wanted_of)
        case _, OptionType(of):
            return fits(actual, of)
        case OptionType(of), _:
            return agrees(of, wanted)
        case _:
            return False


def join(left: Type, right: Type) -> Type | None:
    """The type of a value that is one or the other; None if there is none."""
    if isinstance(left, PoisonType):
        return right
    if isinstance(right, PoisonType) or left == right:
        return left
    match left, right:
        case (NoneType(), other) | (other, NoneType()):
            return None if isinstance(other, EmptyType) else OptionType(present(other))
        case OptionType(of), other:
            return _option(join(of, present(other)))
        case other, OptionType(of):
            return _option(join(other, of))
        case EmptyType("set"), SetType() | MapType():
            return right
        case SetType() | MapType(), EmptyType("set"):
            return left
        case EmptyType("seq"), SeqType():
            return right
        case SeqType(), EmptyType("seq"):
            return left
        case SeqType(one), SeqType(other) if same(one, other):
            return SeqType(one, BoundOf("+", left.capacity, right.capacity))
        case MapType(_, value), _ if not isinstance(right, MapType) and fits(right, value):
            return left
        case _, MapType(_, value) if not isinstance(left, MapType) and fits(left, value):
            return right
        case _:
            if is_number(left) and is_number(right):
                return INT if isinstance(left, IntType) or not same(left, right) else left
            return None if not same(left, right) else right if unsettled(left) else left


def unsettled(type: Type) -> bool:
    """Whether something else has to say what type this is: `none`, `{}`, `[]`, or a collection of bare numbers."""
    match type:
        case NoneType() | EmptyType():
            return True
        case SetType(of) | SeqType(of) | OptionType(of):
            return isinstance(of, IntType) or unsettled(of)
        case MapType(_, value):
            return isinstance(value, IntType) or unsettled(value)
        case _:
            return False


def _option(of: Type | None) -> Type | None:
    return None if of is None else OptionType(of)


# ---- in words


def an(type: Type) -> str:
    """A type with its article."""
    text = show(type)
    return f"{'an' if text[0] in 'aeiouAEIOU' else 'a'} `{text}`"


def show(type: Type) -> str:
    """A type as it is written."""
    match type:
        case BoolType():
            return "bool"
        case IntType():
            return "number"
        case RangeType(lo, hi, within):
            return f"{'within ' if within else ''}{show_bound(lo)}..{show_bound(hi)}"
        case EnumType(name) | IdsType(name) | RecordType(name):
            return name
        case OptionType(of):
            return f"{show(of)}?"
        case SetType(of):
            return f"set<{show(of)}>"
        case MapType(key, value):
            return f"{show(key)} -> {show(value)}"
        case SeqType(of, capacity):
            return f"seq<{show(of)}, {show_bound(capacity)}>"
        case NoneType():
            return "none"
        case EmptyType(of):
            return "{}" if of == "set" else "[]"
        case PoisonType():
            return "?"
        case _:
            assert_never(type)


def show_bound(bound: Bound) -> str:
    """A bound as it is written."""
    match bound:
        case Number(value):
            return str(value)
        case ParameterBound(name):
            return name
        case BoundOf(op, left, right):
            inner = show_bound(right)
            return f"{show_bound(left)} {op} {f'({inner})' if isinstance(right, BoundOf) else inner}"
        case _:
            assert_never(bound)
