"""Values while code is emitted: each is a few texts of the subset, one for each field that would hold it.

    Val = Known(value) | Int(text, lo, hi) | Opt(text, lo, count) | Mask(texts, count) | Many(parts)
        | Perhaps(there, value) | Items(length, parts)

Texts are unsigned: an `Int` is the distance from `lo`, an `Opt` is 0 for none and else one more than the distance
from `lo`, a `Mask` has the first element as its highest bit.  So the texts of a value of a domain are what `layout`
puts into its fields.  A `Known` is a constant that has not met its domain yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias, assert_never

from plait.engines.native.layout import Number, rows, set_rows, shape_of, widths
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
    size,
)
from plait_spec.record import record


@record
class Known:
    """A constant."""

    value: Value


@record
class Int:
    """A number in lo..hi (a bool in 0..1, a label or identity by index); the text is the number less `lo`."""

    text: str
    lo: int
    hi: int


@record
class Opt:
    """None (0), or one of `count` numbers from `lo` on (1 and more)."""

    text: str
    lo: int
    count: int


@record
class Mask:
    """A set: a text for each 64 of its possible elements."""

    texts: tuple[str, ...]
    count: int


@record
class Many:
    """A record or a map, by its parts."""

    parts: tuple[Val, ...]


@record
class Perhaps:
    """An option of something that is no number."""

    there: str
    value: Val


@record
class Items:
    """A sequence; parts past the length mean nothing until they are stored (then they are 0)."""

    length: Int
    parts: tuple[Val, ...]


Val: TypeAlias = Known | Int | Opt | Mask | Many | Perhaps | Items


def scalar(domain: Domain) -> tuple[int, int] | None:
    """Lowest number and count of a domain of numbers; None for other domains."""
    match domain:
        case BoolDomain():
            return 0, 2
        case RangeDomain(lo, hi):
            return lo, hi - lo + 1
        case EnumDomain(_, labels):
            return 0, len(labels)
        case IdsDomain(_, count):
            return 0, count
        case _:
            return None


def of_texts(domain: Domain, texts: Sequence[str]) -> Val:
    """The value of a domain whose fields have these texts, in the order of `layout.widths`."""
    rest = list(texts)
    value = _take(domain, rest)
    assert not rest
    return value


def _take(domain: Domain, rest: list[str]) -> Val:
    known = scalar(domain)
    if known is not None:
        return Int(rest.pop(0), known[0], known[0] + known[1] - 1)
    match domain:
        case OptionDomain(of):
            inner = scalar(of)
            if inner is not None:
                return Opt(rest.pop(0), *inner)
            assert not isinstance(shape_of(of), Number)  # the language has no options of options
            return Perhaps(rest.pop(0), _take(of, rest))
        case RecordDomain(_, fields):
            return Many(tuple([_take(of, rest) for _, of in fields]))
        case SetDomain(of):
            count = size(of)
            return Mask(tuple([rest.pop(0) for _ in rows(count)]), count)
        case MapDomain(key, of):
            return Many(tuple([_take(of, rest) for _ in range(size(key))]))
        case SeqDomain(of, capacity):
            length = Int(rest.pop(0), 0, capacity)
            return Items(length, tuple([_take(of, rest) for _ in range(capacity)]))
        case _:
            raise AssertionError(domain)


def constant(domain: Domain, value: Value) -> Val:
    """A constant as a value of its domain."""
    known = scalar(domain)
    if known is not None:
        return Int("0", int(value), int(value))
    match domain:
        case OptionDomain(of):
            inner = scalar(of)
            if inner is not None:
                return Opt("0" if value is None else str(int(value) - inner[0] + 1), *inner)
            if value is None:
                return Perhaps("0", of_texts(of, ["0" for _ in widths(shape_of(of))]))
            return Perhaps("1", constant(of, value))
        case RecordDomain(_, fields):
            return Many(tuple(constant(of, item) for (_, of), item in zip(fields, value, strict=True)))
        case SetDomain(of):
            return known_set(size(of), value)
        case MapDomain(_, of):
            return Many(tuple(constant(of, item) for item in value))
        case SeqDomain(of, capacity):
            parts = [constant(of, item) for item in value]
            parts += [of_texts(of, ["0" for _ in widths(shape_of(of))])] * (capacity - len(value))
            return Items(Int("0", len(value), len(value)), tuple(parts))
        case _:
            raise AssertionError(domain)


def known_set(count: int, value: int) -> Mask:
    """A constant set of some of `count` elements: element i is the bit i of the number."""
    return Mask(tuple(map(str, set_rows(count, value))), count)


def as_mask(value: Val, count: int) -> Mask:
    """A set, also a constant one."""
    if isinstance(value, Known):
        return known_set(count, value.value)
    assert isinstance(value, Mask)
    return value


def plus(text: str, number: int) -> str:
    """The text with a constant added (or taken away)."""
    if number == 0:
        return text
    if text.isdigit() and int(text) + number >= 0:
        return str(int(text) + number)
    return f"({text} + {number})" if number > 0 else f"({text} - {-number})"


def fitted(value: Val, domain: Domain) -> Val:
    """The value written down as one of the domain, which it is known to be in."""
    if isinstance(value, Known):
        return fitted(constant(domain, value.value), domain)
    known = scalar(domain)
    if known is not None:
        if isinstance(value, Opt):
            return Int(plus(plus(value.text, -1), value.lo - known[0]), known[0], known[0] + known[1] - 1)
        assert isinstance(value, Int)
        return Int(plus(value.text, value.lo - known[0]), known[0], known[0] + known[1] - 1)
    match domain, value:
        case OptionDomain(of), Int(text, lo):
            inner = scalar(of)
            assert inner is not None
            return Opt(plus(text, lo - inner[0] + 1), *inner)
        case OptionDomain(of), Opt(text, lo):
            inner = scalar(of)
            assert inner is not None
            moved = lo - inner[0]
            return value if moved == 0 else Opt(f"({plus(text, moved)} if {text} else 0)", *inner)
        case OptionDomain(of), Perhaps(there, inside):
            return Perhaps(there, fitted(inside, of))
        case OptionDomain(of), _:
            return Perhaps("1", fitted(value, of))
        case RecordDomain(_, fields), Many(parts):
            return Many(tuple(fitted(part, of) for part, (_, of) in zip(parts, fields, strict=True)))
        case SetDomain(), Mask():
            return value
        case MapDomain(_, of), Many(parts):
            return Many(tuple(fitted(part, of) for part in parts))
        case SeqDomain(), Many(parts):
            return fitted(Items(Int("0", len(parts), len(parts)), parts), domain)
        case SeqDomain(of, capacity), Items(length, parts):
            filled = [fitted(part, of) for part in parts[:capacity]]
            filled += [of_texts(of, ["0" for _ in widths(shape_of(of))])] * (capacity - len(filled))
            return Items(Int(plus(length.text, length.lo), 0, capacity), tuple(filled))
        case _:
            raise AssertionError(f"{value} does not fit {domain}")


def texts_of(value: Val) -> list[str]:
    """The texts of the fields of a value that is fitted to its domain."""
    match value:
        case Int(text) | Opt(text):
            return [text]
        case Mask(texts):
            return list(texts)
        case Many(parts):
            return [text for part in parts for text in texts_of(part)]
        case Perhaps(there, inside):
            shown = [
                text if there == "1" or text == "0" else f"({text} if {there} else 0)" for text in texts_of(inside)
            ]
            return [there, *shown]
        case Items(length, parts):
            found = [length.text]
            for at, part in enumerate(parts):
                found += [
                    text if text == "0" else f"({text} if {length.text} > {at} else 0)" for text in texts_of(part)
                ]
            return found
        case Known():
            raise AssertionError("a constant without its domain")
        case _:
            assert_never(value)


def renamed(value: Val, names: Iterator[str]) -> tuple[Val, list[str]]:
    """The same value with new names for its texts, and the texts that the names stand for, in order."""
    match value:
        case Known():
            return value, []
        case Int(text) | Opt(text):
            return replace(value, text=next(names)), [text]
        case Mask(fields):
            return replace(value, texts=tuple([next(names) for _ in fields])), list(fields)
        case Many(parts):
            made = [renamed(part, names) for part in parts]
            return Many(tuple(part for part, _ in made)), [text for _, texts in made for text in texts]
        case Perhaps(there, inside):
            name = next(names)
            part, texts = renamed(inside, names)
            return Perhaps(name, part), [there, *texts]
        case Items(length, parts):
            size_, first = renamed(length, names)
            assert isinstance(size_, Int)
            made = [renamed(part, names) for part in parts]
            rest = [text for _, texts in made for text in texts]
            return Items(size_, tuple(part for part, _ in made)), [*first, *rest]
        case _:
            assert_never(value)
