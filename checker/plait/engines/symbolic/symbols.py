"""Symbolic values: which value a part of a state has, as formulas.

    Symbol = Truth(when) | Cases(value -> when) | Members(whether each element is in it) | Row(items)
             | Items(whether it has each length, items)

`Cases` hold numbers, labels, identities, options, and whatever else is written down value by value; of the formulas of
a `Cases` or of the lengths of `Items` exactly one is true where the value is defined, and where it is not (after an
error) they mean nothing.  Items beyond the length mean nothing.  Equal values may come in different forms; `alike`
finds one for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import TypeAlias, assert_never

from plait.engines.symbolic.formula import Formula, both, chosen, either, neither, same
from plait.engines.symbolic.system import UnsupportedError
from plait_spec.domains import Value
from plait_spec.record import record

MOST_CASES = 4_096
MOST_PAIRS = 65_536


@record
class Truth:
    """A Boolean."""

    when: Formula


@record
class Cases:
    """One of these values."""

    cases: Mapping[Value, Formula]


@record
class Members:
    """A set, element by element."""

    has: tuple[Formula, ...]


@record
class Row:
    """A record, map, or sequence of known length."""

    items: tuple[Symbol, ...]


@record
class Items:
    """A sequence: `lengths[n]` says that it has n items, of which `items` are the first n."""

    lengths: tuple[Formula, ...]
    items: tuple[Symbol, ...]


Symbol: TypeAlias = Truth | Cases | Members | Row | Items

UNDEFINED = Cases({})


def constant(value: Value) -> Symbol:
    """A known value."""
    if isinstance(value, bool):
        return Truth(value)
    if isinstance(value, tuple):
        return Row(tuple(map(constant, value)))
    return Cases({value: True})


def gathered(found: Iterable[tuple[Value, Formula]]) -> Cases:
    """Cases from values that may occur several times; those that are never true are left out."""
    lists: dict[Value, list[Formula]] = {}
    for value, when in found:
        if when is not False:
            lists.setdefault(value, []).append(when)
    merged = {value: either(when) for value, when in lists.items()}
    return Cases({value: when for value, when in merged.items() if when is not False})


# ---- one form or another


def truth(symbol: Symbol) -> Formula:
    """A Boolean as a formula."""
    return symbol.when if isinstance(symbol, Truth) else cases(symbol).get(True, False)


def cases(symbol: Symbol) -> Mapping[Value, Formula]:
    """Value by value."""
    match symbol:
        case Cases(found):
            return found
        case Truth(when):
            return gathered(((False, neither(when)), (True, when))).cases
        case Members(has):
            return _by_product([{0: neither(when), 1 << index: when} for index, when in enumerate(has)], sum)
        case Row(items):
            return _by_product([cases(item) for item in items], tuple)
        case Items(lengths, items):
            found = {}
            for length, when in enumerate(lengths):
                if when is not False:
                    for value, true in cases(Row(items[:length])).items():
                        found[value] = both((when, true))
            return gathered(found.items()).cases
        case _:
            assert_never(symbol)


def _by_product(
    parts: Sequence[Mapping[Value, Formula]], joined: Callable[[Iterable[Value]], Value]
) -> Mapping[Value, Formula]:
    live = [[(value, when) for value, when in part.items() if when is not False] for part in parts]
    count = 1
    for part in live:
        count *= len(part)
        if count > MOST_CASES:
            raise UnsupportedError("a value", f"it would have to be told apart from more than {MOST_CASES:,} others")
    return gathered((joined(value for value, _ in row), both(when for _, when in row)) for row in product(*live)).cases


def members(symbol: Symbol, count: int) -> tuple[Formula, ...]:
    """A set as its elements, of which there are `count`."""
    if isinstance(symbol, Members):
        return symbol.has
    found = cases(symbol)
    return tuple(either(when for mask, when in found.items() if mask >> index & 1) for index in range(count))


def row(symbol: Symbol) -> tuple[Symbol, ...]:
    """A record or map as its parts."""
    match symbol:
        case Row(items):
            return items
        case Items(lengths, items):
            return items[: next((length for length, when in enumerate(lengths) if when is True), len(items))]
        case _:
            found = cases(symbol)
            width = max(map(len, found), default=0)
            return tuple(_part(found, position) for position in range(width))


def _part(found: Mapping[Value, Formula], position: int) -> Symbol:
    part = gathered((value[position], when) for value, when in found.items() if position < len(value))
    return Truth(part.cases.get(True, False)) if all(isinstance(value, bool) for value in part.cases) else part


def items_of(symbol: Symbol) -> Items:
    """A sequence by its length and items."""
    match symbol:
        case Items():
            return symbol
        case Row(items):
            return Items((False,) * len(items) + (True,), items)
        case _:
            found = cases(symbol)
            most = max(map(len, found), default=0)
            lengths = (
                either(when for value, when in found.items() if len(value) == length) for length in range(most + 1)
            )
            return Items(tuple(lengths), tuple(_part(found, position) for position in range(most)))


def alike(one: Symbol, other: Symbol) -> tuple[Symbol, Symbol]:
    """The two in the same form."""
    match one, other:
        case (Truth(), Truth()) | (Cases(), Cases()) | (Members(), Members()) | (Items(), Items()):
            return one, other
        case Row(items), Row(others) if len(items) == len(others):
            return one, other
        case (Row() | Items(), Row() | Items()):
            return items_of(one), items_of(other)
        case (Members(has), Cases(found)) | (Cases(found), Members(has)) if _all(found, int):
            return Members(members(one, len(has))), Members(members(other, len(has)))
        case (Row(items), Cases(found)) | (Cases(found), Row(items)) if _all(found, tuple):
            if all(len(value) == len(items) for value in found):
                return _row_of(one, len(items)), _row_of(other, len(items))
            return items_of(one), items_of(other)
        case (Items(), Cases(found)) | (Cases(found), Items()) if _all(found, tuple):
            return items_of(one), items_of(other)
        case _:
            return Cases(cases(one)), Cases(cases(other))


def _row_of(symbol: Symbol, width: int) -> Symbol:
    parts = row(symbol)
    return Row(parts if len(parts) == width else (UNDEFINED,) * width)


def _all(found: Mapping[Value, Formula], kind: type) -> bool:
    return all(isinstance(value, kind) for value in found)


# ---- what can be done with all of them


def merged(condition: Formula, yes: Symbol, no: Symbol) -> Symbol:
    """`yes` where the condition holds, `no` elsewhere."""
    if isinstance(condition, bool):
        return yes if condition else no
    if yes is no:
        return yes
    match alike(yes, no):
        case Truth(one), Truth(other):
            return Truth(chosen(condition, one, other))
        case Cases(one), Cases(other):
            keys = dict.fromkeys((*one, *other))
            return gathered((key, chosen(condition, one.get(key, False), other.get(key, False))) for key in keys)
        case Members(one), Members(other):
            return Members(tuple(chosen(condition, *pair) for pair in zip(one, other, strict=True)))
        case Row(one), Row(other):
            return Row(tuple(merged(condition, *pair) for pair in zip(one, other, strict=True)))
        case Items(some, one), Items(others, other):
            count = max(len(some), len(others))
            lengths = (
                chosen(condition, _at(some, length, False), _at(others, length, False)) for length in range(count)
            )
            width = max(len(one), len(other))
            return Items(
                tuple(lengths),
                tuple(
                    merged(condition, one[at], other[at])
                    if at < min(len(one), len(other))
                    else (one if at < len(one) else other)[at]
                    for at in range(width)
                ),
            )
        case forms:
            raise AssertionError(forms)


def selected(choices: Sequence[tuple[Formula, Symbol]]) -> Symbol:
    """The symbol whose condition holds; exactly one does, where the value is defined."""
    live = [(when, symbol) for when, symbol in choices if when is not False]
    if not live:
        return UNDEFINED
    if len(live) == 1 or all(symbol is live[0][1] for _, symbol in live):
        return live[0][1]
    if all(isinstance(symbol, Truth) for _, symbol in live):
        return Truth(either(both((when, truth(symbol))) for when, symbol in live))
    if all(isinstance(symbol, Cases) for _, symbol in live):
        return gathered((value, both((when, true))) for when, symbol in live for value, true in cases(symbol).items())
    rows = [symbol.items for _, symbol in live if isinstance(symbol, Row)]
    if len(rows) == len(live) and len(set(map(len, rows))) == 1:
        whens = [when for when, _ in live]
        return Row(tuple(selected(list(zip(whens, column, strict=True))) for column in zip(*rows, strict=True)))
    found = live[-1][1]
    for when, symbol in reversed(live[:-1]):
        found = merged(when, symbol, found)
    return found


def _at(row: Sequence[Formula], at: int, otherwise: Formula) -> Formula:
    return row[at] if at < len(row) else otherwise


def equal(left: Symbol, right: Symbol) -> Formula:
    """Whether the two are the same value."""
    match alike(left, right):
        case Truth(one), Truth(other):
            return same(one, other)
        case Cases(one), Cases(other):
            return either(both((when, other[value])) for value, when in one.items() if value in other)
        case Members(one), Members(other):
            return both(same(*pair) for pair in zip(one, other, strict=True))
        case Row(one), Row(other):
            return both(equal(*pair) for pair in zip(one, other, strict=True))
        case Items(some, one), Items(others, other):
            found = []
            for length in range(min(len(some), len(others))):
                alike_so_far = [equal(*pair) for pair in zip(one[:length], other[:length], strict=True)]
                found.append(both((some[length], others[length], *alike_so_far)))
            return either(found)
        case forms:
            raise AssertionError(forms)


def pairwise(operation: Callable[[Value, Value], Value], left: Symbol, right: Symbol) -> Cases:
    """An operation on values, for every pair of cases."""
    ones, others = cases(left), cases(right)
    if len(ones) * len(others) > MOST_PAIRS:
        raise UnsupportedError("an operation on numbers", f"{len(ones):,} values on {len(others):,} others")
    return gathered(
        (operation(one, other), both((when, then))) for one, when in ones.items() for other, then in others.items()
    )


def mapped(operation: Callable[[Value], Value], symbol: Symbol) -> Cases:
    """An operation on values, for every case."""
    return gathered((operation(value), when) for value, when in cases(symbol).items())


def counted(conditions: Iterable[Formula], most: int = MOST_CASES) -> Cases:
    """How many of these are true; `most` stands for that many or more."""
    so_far: Mapping[Value, Formula] = {0: True}
    for condition in conditions:
        if condition is not False:
            so_far = gathered(
                pair
                for value, when in so_far.items()
                for pair in ((value, both((when, neither(condition)))), (min(value + 1, most), both((when, condition))))
            ).cases
    return Cases(so_far)
