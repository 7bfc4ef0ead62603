"""What is known of a value before anything runs: a domain that it lies in.

While CORE is expanded, each value has a domain beside it.  For numbers that is an interval, often smaller than the
type (`x + 1` where x is 0..3 lies in 1..4); it tells which checks nobody needs.  For sets and maps it also says how the
value is written down: two set domains over different elements give the same mask different meanings, so values are
converted where such domains meet (`same` tells whether they do).

`NOTHING` is the domain without values: of what is inside `none`, `{}` and `[]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

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
    size,
)

NOTHING = RangeDomain(0, -1)
NONE = OptionDomain(NOTHING)
BOOLS = BoolDomain()


def is_nothing(domain: Domain) -> bool:
    """Whether the domain has no values at all."""
    return isinstance(domain, RangeDomain) and domain.lo > domain.hi


def same(a: Domain, b: Domain) -> bool:
    """Whether both have the same values, written down alike; `within` does not matter."""
    match a, b:
        case RangeDomain(), RangeDomain():
            return (a.lo, a.hi) == (b.lo, b.hi) or (is_nothing(a) and is_nothing(b))
        case OptionDomain(), OptionDomain():
            return same(a.of, b.of)
        case SetDomain(), SetDomain():
            return same(a.of, b.of)
        case RecordDomain(), RecordDomain():
            return len(a.fields) == len(b.fields) and all(
                same(one, other) for (_, one), (_, other) in zip(a.fields, b.fields, strict=True)
            )
        case MapDomain(), MapDomain():
            return same(a.key, b.key) and same(a.value, b.value)
        case SeqDomain(), SeqDomain():
            return a.capacity == b.capacity and same(a.of, b.of)
        case _:
            return a == b


def included(a: Domain, b: Domain) -> bool:
    """Whether every value of `a` is one of `b`, written down alike."""
    if is_nothing(a):
        return True
    match a, b:
        case RangeDomain(), RangeDomain():
            return b.lo <= a.lo and a.hi <= b.hi
        case OptionDomain(), OptionDomain():
            return included(a.of, b.of)
        case _, OptionDomain():
            return included(a, b.of)
        case RecordDomain(), RecordDomain():
            return len(a.fields) == len(b.fields) and all(
                included(one, other) for (_, one), (_, other) in zip(a.fields, b.fields, strict=True)
            )
        case SetDomain(), SetDomain():
            return is_nothing(a.of) or same(a.of, b.of)
        case MapDomain(), MapDomain():
            return same(a.key, b.key) and included(a.value, b.value)
        case SeqDomain(), SeqDomain():
            return a.capacity <= b.capacity and (a.capacity == 0 or included(a.of, b.of))
        case _:
            return a == b


def alike(a: Domain, b: Domain) -> bool:
    """Whether values of `a` are written down as values of `b` would be, be they in it or not."""
    match a, b:
        case OptionDomain(), OptionDomain():
            return alike(a.of, b.of)
        case _, OptionDomain():
            return alike(a, b.of)
        case RecordDomain(), RecordDomain():
            return all(alike(one, other) for (_, one), (_, other) in zip(a.fields, b.fields, strict=True))
        case SetDomain(), SetDomain():
            return is_nothing(a.of) or same(a.of, b.of)
        case MapDomain(), MapDomain():
            return same(a.key, b.key) and alike(a.value, b.value)
        case SeqDomain(), SeqDomain():
            return a.capacity == 0 or alike(a.of, b.of)
        case _:
            return True


def apart(a: Domain, b: Domain) -> bool:
    """Whether no value of `a` is one of `b`: for numbers and options only."""
    match a, b:
        case RangeDomain(), RangeDomain():
            return a.hi < b.lo or b.hi < a.lo or is_nothing(a) or is_nothing(b)
        case OptionDomain(), OptionDomain():
            return False
        case (OptionDomain(of), other) | (other, OptionDomain(of)):
            return apart(of, other)
        case _:
            return is_nothing(a) or is_nothing(b)


def join(a: Domain, b: Domain) -> Domain:
    """The least domain here that has the values of both."""
    match a, b:
        case _ if is_nothing(b):
            return a
        case _ if is_nothing(a):
            return b
        case RangeDomain(), RangeDomain():
            return RangeDomain(min(a.lo, b.lo), max(a.hi, b.hi))
        case OptionDomain(), OptionDomain():
            return OptionDomain(join(a.of, b.of))
        case (OptionDomain(of), other) | (other, OptionDomain(of)):
            return OptionDomain(join(of, other))
        case SetDomain(), SetDomain():
            return SetDomain(join(a.of, b.of))
        case SeqDomain(), SeqDomain():
            return SeqDomain(join(a.of, b.of), max(a.capacity, b.capacity))
        case MapDomain(), MapDomain():
            return MapDomain(a.key, join(a.value, b.value))
        case RecordDomain(), RecordDomain():
            fields = zip(a.fields, b.fields, strict=True)
            return RecordDomain(a.name, tuple((name, join(one, other)) for (name, one), (_, other) in fields))
        case _:
            return a


def join_all(domains: Sequence[Domain]) -> Domain:
    """The least domain with the values of all."""
    start: Domain = NOTHING
    return reduce(join, domains, start)


# ---- numbers ----------------------------------------------------------------------------------------------------


def exactly(number: int) -> RangeDomain:
    """The domain of one number."""
    return RangeDomain(number, number)


def interval(domain: Domain) -> tuple[int, int]:
    """The least and greatest number; labels and identities count as their indices."""
    match domain:
        case RangeDomain(lo, hi):
            return lo, hi
        case OptionDomain(of):
            return interval(of)
        case BoolDomain() | EnumDomain() | IdsDomain():
            return 0, size(domain) - 1
        case _:
            raise AssertionError(f"{domain} has no numbers")


def negated(domain: Domain) -> RangeDomain:
    """Where -n lies."""
    lo, hi = interval(domain)
    return RangeDomain(-hi, -lo)


def combined(op: str, a: Domain, b: Domain) -> RangeDomain:
    """Where the result of an operator of numbers lies."""
    if is_nothing(a) or is_nothing(b):
        return NOTHING
    (a_lo, a_hi), (b_lo, b_hi) = interval(a), interval(b)
    match op:
        case "+":
            return RangeDomain(a_lo + b_lo, a_hi + b_hi)
        case "-":
            return RangeDomain(a_lo - b_hi, a_hi - b_lo)
        case "*":
            corners = (a_lo * b_lo, a_lo * b_hi, a_hi * b_lo, a_hi * b_hi)
            return RangeDomain(min(corners), max(corners))
        case "min":
            return RangeDomain(min(a_lo, b_lo), min(a_hi, b_hi))
        case "max":
            return RangeDomain(max(a_lo, b_lo), max(a_hi, b_hi))
        case "mod":
            return RangeDomain(min(0, b_lo + 1), max(0, b_hi - 1))
        case _:
            raise AssertionError(f"unknown operator {op}")
