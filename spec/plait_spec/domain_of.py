"""Types into domains, once the parameters have values.

Types carry no places in the text, so what goes wrong here is a `DomainError`; whoever knows the declaration turns it
into a diagnostic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from plait_spec.diagnostics import Code
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    size_within,
)
from plait_spec.types import (
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

MAX_ELEMENTS = 4_096
MAX_KEYS = 65_536
MAX_LENGTH = 4_096


class DomainError(Exception):
    """A type that makes no sensible domain for these parameters."""

    def __init__(self, code: Code, message: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def domain_of(type: Type, parameters: Mapping[str, Value]) -> Domain:
    """The values of a finite type.  Raises `DomainError`."""
    match type:
        case BoolType():
            return BoolDomain()
        case RangeType(lo, hi, within):
            return _range(bound_of(lo, parameters), bound_of(hi, parameters), within)
        case EnumType(name, labels):
            return EnumDomain(name, labels)
        case IdsType(name, size):
            return _ids(name, bound_of(size, parameters))
        case OptionType(of):
            return OptionDomain(domain_of(of, parameters))
        case RecordType(name, fields):
            return RecordDomain(name, tuple((field, domain_of(of, parameters)) for field, of in fields))
        case SetType(of):
            return SetDomain(_small(domain_of(of, parameters), MAX_ELEMENTS, "the elements of a set"))
        case MapType(key, value):
            keys = _small(domain_of(key, parameters), MAX_KEYS, "the keys of a map")
            return MapDomain(keys, domain_of(value, parameters))
        case SeqType(of, capacity):
            return _seq(domain_of(of, parameters), bound_of(capacity, parameters))
        case IntType() | NoneType() | EmptyType() | PoisonType():
            raise AssertionError(f"{type} has no domain")
        case _:
            assert_never(type)


def bound_of(bound: Bound, parameters: Mapping[str, Value]) -> int:
    """The number that a bound is; a bool counts as 0 or 1."""
    match bound:
        case Number(value):
            return value
        case ParameterBound(name):
            return int(parameters[name])
        case BoundOf("+", left, right):
            return bound_of(left, parameters) + bound_of(right, parameters)
        case BoundOf("-", left, right):
            return bound_of(left, parameters) - bound_of(right, parameters)
        case BoundOf("*", left, right):
            return bound_of(left, parameters) * bound_of(right, parameters)
        case BoundOf():
            raise AssertionError(f"unknown operator {bound.op}")
        case _:
            assert_never(bound)


def is_finite(type: Type) -> bool:
    """Whether the type has a domain: `Int`, and what `none` and `{}` have before they meet a type, have not."""
    match type:
        case BoolType() | RangeType() | EnumType() | IdsType():
            return True
        case OptionType(of) | SetType(of) | SeqType(of, _):
            return is_finite(of)
        case RecordType(_, fields):
            return all(is_finite(of) for _, of in fields)
        case MapType(key, value):
            return is_finite(key) and is_finite(value)
        case IntType() | NoneType() | EmptyType() | PoisonType():
            return False
        case _:
            assert_never(type)


_RAISE = "choose other values for the parameters in its bounds"
_LESS = "choose smaller parameters, or a smaller type"


def _range(lo: int, hi: int, within: bool) -> Domain:
    if lo > hi:
        raise DomainError(Code.EMPTY_RANGE, f"the range {lo}..{hi} is empty for these parameters", _RAISE)
    return RangeDomain(lo, hi, within)


def _ids(name: str, count: int) -> Domain:
    if count < 0:
        raise DomainError(Code.EMPTY_RANGE, f"there cannot be {count} of `{name}`", _RAISE)
    return IdsDomain(name, count)


def _seq(of: Domain, capacity: int) -> Domain:
    if capacity < 0:
        raise DomainError(Code.EMPTY_RANGE, f"a sequence cannot have a capacity of {capacity}", _RAISE)
    if capacity > MAX_LENGTH:
        message = f"a sequence can have at most {MAX_LENGTH:,} values, not {capacity:,}"
        raise DomainError(Code.TOO_MANY_VALUES, message, _LESS)
    return SeqDomain(of, capacity)


def _small(domain: Domain, limit: int, use: str) -> Domain:
    if size_within(domain, limit) is None:
        message = f"a type of more than {limit:,} values is too large for {use}"
        raise DomainError(Code.TOO_MANY_VALUES, message, _LESS)
    return domain
