"""What the operators of the subset do with values: equality, choice, membership, rank."""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.values import (
    Int,
    Items,
    Known,
    Many,
    Mask,
    Opt,
    Perhaps,
    Val,
    as_mask,
    fitted,
    plus,
    scalar,
)
from plait_spec.domains import (
    Domain,
    MapDomain,
    OptionDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    contains,
    rank,
    size,
)

FEW = 8  # values that are chosen among one after the other


def joined(texts: Sequence[str], word: str) -> str:
    """Conditions joined by `and` or `or`."""
    neutral, final = ("1", "0") if word == "and" else ("0", "1")
    kept = [text for text in texts if text != neutral]
    if final in kept:
        kept = kept[: kept.index(final) + 1]
    if not kept:
        return neutral
    if kept[0] == final:
        return final
    return kept[0] if len(kept) == 1 else f"({f' {word} '.join(kept)})"


def number(value: Val) -> Int:
    """A number; an option is looked at as if it were there."""
    match value:
        case Int():
            return value
        case Known(bool() | int() as known):
            return Int("0", int(known), int(known))
        case Opt(text, lo, count):
            return Int(plus(text, -1), lo, lo + count - 1)
        case _:
            raise AssertionError(f"no number: {value}")


def equal(a: Val, b: Val) -> str:
    """Equality of two values of types that can be compared."""
    match a, b:
        case Known(one), Known(other):
            return str(int(one == other))
        case Known(), _:
            return equal(b, a)
        case Int(text, lo, hi), Known(known):
            if known is None or not lo <= known <= hi:
                return "0"
            return "1" if lo == hi else f"({text} == {int(known) - lo})"
        case Int(), Int():
            return _same_number(a, b)
        case Opt(text, lo, count), Known(known):
            if known is None:
                return f"({text} == 0)"
            return f"({text} == {int(known) - lo + 1})" if lo <= known < lo + count else "0"
        case Opt(text, lo), Opt(other_text, other_lo):
            if lo == other_lo:
                return f"({text} == {other_text})"
            return _same_options(a, b)
        case Opt(text, lo), Int(number_text, number_lo):
            moved = lo - 1 - number_lo
            return f"({plus(text, max(moved, 0))} == {plus(number_text, max(-moved, 0))} and {text} != 0)"
        case Int(), Opt():
            return equal(b, a)
        case Mask(texts, count), (Known() | Mask()):
            pairs = zip(texts, as_mask(b, count).texts, strict=True)
            return joined([f"({text} == {other})" for text, other in pairs], "and")
        case Many(parts), Known(known):
            if known is None:
                return "0"
            return joined([equal(part, Known(item)) for part, item in zip(parts, known, strict=True)], "and")
        case Many(parts), Many(others):
            return joined([equal(part, other) for part, other in zip(parts, others, strict=True)], "and")
        case Perhaps(there), Known(None):
            return f"(not {there})"
        case Perhaps(there, inside), Perhaps(other_there, other):
            return f"(({there} == {other_there}) and (not {there} or {equal(inside, other)}))"
        case Perhaps(there, inside), _:
            return joined([there, equal(inside, b)], "and")
        case _, Perhaps():
            return equal(b, a)
        case Items(), Known(known):
            length = Int("0", len(known), len(known))
            return equal(a, Items(length, tuple(Known(item) for item in known)))
        case (Items(), Many()) | (Many(), Items()):
            return equal(_items(a), _items(b))
        case Items(length, parts), Items(other_length, others):
            same = [_same_number(length, other_length)]
            for at, (part, other) in enumerate(zip(parts, others, strict=False)):
                same.append(f"({plus(length.text, length.lo)} <= {at} or {equal(part, other)})")
            return joined(same, "and")
        case _:
            raise AssertionError(f"{a} and {b} cannot be compared")


def _same_number(a: Int, b: Int) -> str:
    if a.hi < b.lo or b.hi < a.lo:
        return "0"
    moved = a.lo - b.lo
    left, right = plus(a.text, max(moved, 0)), plus(b.text, max(-moved, 0))
    return "1" if left == right else f"({left} == {right})"


def _same_options(a: Opt, b: Opt) -> str:
    moved = a.lo - b.lo
    left, right = plus(a.text, max(moved, 0)), plus(b.text, max(-moved, 0))
    return f"(({a.text} == 0 and {b.text} == 0) or ({a.text} != 0 and {b.text} != 0 and {left} == {right}))"


def unified(test: str, yes: Val, no: Val) -> Val:
    """`yes if test else no`, part by part."""
    if test in ("0", "1"):
        return yes if test == "1" else no
    match yes, no:
        case Known(None), Known(None):
            return yes
        case Known(bool() | int()), Known(bool() | int()):
            if yes.value == no.value:
                return yes
            return unified(test, number(yes), number(no))
        case Known(tuple() as one), Known(tuple() as other) if len(one) == len(other):
            pairs = zip(one, other, strict=True)
            return yes if one == other else Many(tuple(unified(test, Known(a), Known(b)) for a, b in pairs))
        case Known(None), Int(_, lo, hi):
            return unified(test, Opt("0", lo, hi - lo + 1), no)
        case Int(_, lo, hi), Known(None):
            return unified(test, yes, Opt("0", lo, hi - lo + 1))
        case Known(None), Known(bool() | int()):
            return unified(test, yes, number(no))
        case Known(bool() | int()), Known(None):
            return unified(test, number(yes), no)
        case Int(), Int():
            lo, hi = min(yes.lo, no.lo), max(yes.hi, no.hi)
            return Int(_either(test, plus(yes.text, yes.lo - lo), plus(no.text, no.lo - lo)), lo, hi)
        case Int(), Known(bool() | int()):
            return unified(test, yes, number(no))
        case Known(bool() | int()), Int():
            return unified(test, number(yes), no)
        case Opt(), Known():
            return unified(test, yes, _as_option(no, yes))
        case Known(), Opt():
            return unified(test, _as_option(yes, no), no)
        case Opt() as one, (Opt() | Int()) as other:
            return _options(test, one, other)
        case Int() as one, Opt() as other:
            return _options(test, one, other)
        case (Mask(_, count), _) | (_, Mask(_, count)) if Known(None) not in (yes, no):
            pairs = zip(as_mask(yes, count).texts, as_mask(no, count).texts, strict=True)
            return Mask(tuple(_either(test, one, other) for one, other in pairs), count)
        case Many(parts), Many(others):
            return Many(tuple(unified(test, one, other) for one, other in zip(parts, others, strict=True)))
        case Many(parts), Known(tuple() as known):
            return Many(tuple(unified(test, one, Known(item)) for one, item in zip(parts, known, strict=True)))
        case Known(tuple() as known), Many(parts):
            return Many(tuple(unified(test, Known(item), one) for one, item in zip(parts, known, strict=True)))
        case Perhaps(), Perhaps():
            return Perhaps(_either(test, yes.there, no.there), unified(test, yes.value, no.value))
        case Perhaps(), Known(None):
            return Perhaps(_either(test, yes.there, "0"), yes.value)
        case Known(None), Perhaps():
            return Perhaps(_either(test, "0", no.there), no.value)
        case Perhaps(), _:
            return Perhaps(_either(test, yes.there, "1"), unified(test, yes.value, no))
        case _, Perhaps():
            return Perhaps(_either(test, "1", no.there), unified(test, yes, no.value))
        case Known(None), _:
            return Perhaps(_either(test, "0", "1"), no)
        case _, Known(None):
            return Perhaps(_either(test, "1", "0"), yes)
        case ((Items() | Known() | Many()), (Items() | Known() | Many())):
            return _sequences(test, _items(yes), _items(no))
        case _:
            raise AssertionError(f"{yes} and {no} are of different types")


def _either(test: str, yes: str, no: str) -> str:
    if yes == no:
        return yes
    return f"(1 if {test} else 0)" if (yes, no) == ("1", "0") else f"({yes} if {test} else {no})"


def _as_option(value: Known, like: Opt) -> Opt:
    if value.value is None:
        return Opt("0", like.lo, like.count)
    lo = min(like.lo, int(value.value))
    return Opt(str(int(value.value) - lo + 1), lo, max(like.lo + like.count, int(value.value) + 1) - lo)


def _options(test: str, yes: Opt | Int, no: Opt | Int) -> Opt:
    """Two options over a common range."""
    ends = [(v.lo, v.lo + v.count - 1) if isinstance(v, Opt) else (v.lo, v.hi) for v in (yes, no)]
    lo, hi = min(end[0] for end in ends), max(end[1] for end in ends)
    texts = []
    for value in (yes, no):
        moved = value.lo - lo
        if isinstance(value, Int):
            texts.append(plus(value.text, moved + 1))
        else:
            texts.append(
                value.text if moved == 0 or value.text == "0" else f"({plus(value.text, moved)} if {value.text} else 0)"
            )
    return Opt(_either(test, texts[0], texts[1]), lo, hi - lo + 1)


def _items(value: Val) -> Items:
    match value:
        case Items():
            return value
        case Known(known):
            return Items(Int("0", len(known), len(known)), tuple(Known(item) for item in known))
        case Many(parts):
            return Items(Int("0", len(parts), len(parts)), parts)
        case _:
            raise AssertionError(value)


def _sequences(test: str, yes: Items, no: Items) -> Val:
    length = unified(test, yes.length, no.length)
    assert isinstance(length, Int)
    parts = []
    for at in range(max(len(yes.parts), len(no.parts))):
        if at >= len(yes.parts):
            parts.append(no.parts[at])
        elif at >= len(no.parts):
            parts.append(yes.parts[at])
        else:
            parts.append(unified(test, yes.parts[at], no.parts[at]))
    return Items(length, tuple(parts))


def chosen(at: str, values: list[Val]) -> Val:
    """The value at a place found at run time."""
    return _chosen(at, values, 0)


def _chosen(at: str, values: list[Val], first: int) -> Val:
    """By halves where there are many: texts nest only so deep."""
    if len(values) > FEW:
        mid = len(values) // 2
        low, high = _chosen(at, values[:mid], first), _chosen(at, values[mid:], first + mid)
        return unified(f"({at} < {first + mid})", low, high)
    result = values[-1]
    for place in range(len(values) - 2, -1, -1):
        result = unified(f"({at} == {first + place})", values[place], result)
    return result


# ---- membership and rank


def member(value: Val, domain: Domain) -> str:
    """Whether a value is in a domain."""
    if isinstance(value, Known):
        return str(int(contains(domain, value.value)))
    known = scalar(domain)
    if known is not None:
        lo, hi = known[0], known[0] + known[1] - 1
        if isinstance(value, Opt):
            inside = member(Int(plus(value.text, -1), value.lo, value.lo + value.count - 1), domain)
            return joined([f"({value.text} != 0)", inside], "and")
        if not isinstance(value, Int):
            return "0"
        if value.hi < lo or value.lo > hi:
            return "0"
        tests = []
        if value.lo < lo:
            tests.append(f"({value.text} >= {lo - value.lo})")
        if value.hi > hi:
            tests.append(f"({value.text} <= {hi - value.lo})")
        return joined(tests, "and")
    match domain, value:
        case OptionDomain(of), Opt(text, lo, count):
            inside = member(Int(plus(text, -1), lo, lo + count - 1), of)
            return inside if inside == "1" else f"({text} == 0 or {inside})"
        case OptionDomain(of), Perhaps(there, inside_value):
            inside = member(inside_value, of)
            return inside if inside == "1" else f"(not {there} or {inside})"
        case OptionDomain(of), _:
            return member(value, of)
        case RecordDomain(_, fields), Many(parts):
            return joined([member(part, of) for part, (_, of) in zip(parts, fields, strict=True)], "and")
        case MapDomain(_, of), Many(parts):
            return joined([member(part, of) for part in parts], "and")
        case SetDomain(), Mask():
            return "1"
        case SeqDomain(of, capacity), (Items() | Many()):
            sequence = _items(value)
            length = plus(sequence.length.text, sequence.length.lo)
            tests = [f"({length} <= {capacity})"] if sequence.length.hi > capacity else []
            for at, part in enumerate(sequence.parts[:capacity]):
                inside = member(part, of)
                tests.append(inside if inside == "1" else f"({length} <= {at} or {inside})")
            return joined(tests, "and")
        case _, Perhaps(there, inside_value):
            return joined([there, member(inside_value, domain)], "and")
        case _:
            raise AssertionError(f"{value} is no key of {domain}")


def rank_text(value: Val, domain: Domain) -> str:
    """The rank of a value that is in the domain."""
    if isinstance(value, Known):
        return str(rank(domain, value.value))
    known = scalar(domain)
    if known is not None:
        whole = number(value)
        return plus(whole.text, whole.lo - known[0])
    match domain, value:
        case OptionDomain(), _:
            found = fitted(value, domain)
            if isinstance(found, Opt):
                return found.text
            assert isinstance(found, Perhaps)
            inner = plus(rank_text(found.value, domain.of), 1)
            return {"0": "0", "1": inner}.get(found.there, f"({inner} if {found.there} else 0)")
        case SeqDomain(of, capacity), (Items() | Many()):
            sequence = _items(value)
            length = Int(plus(sequence.length.text, sequence.length.lo), 0, capacity)
            ranks: list[Val] = []
            for count in range(min(capacity, len(sequence.parts)) + 1):
                shorter = sum(size(of) ** less for less in range(count))
                text = plus(_mixed([(part, of) for part in sequence.parts[:count]]), shorter)
                ranks.append(Int(text, 0, size(domain) - 1))
            return number(chosen(length.text, ranks)).text
        case RecordDomain(_, fields), Many(parts):
            return _mixed([(part, of) for part, (_, of) in zip(parts, fields, strict=True)])
        case MapDomain(_, of), Many(parts):
            return _mixed([(part, of) for part in parts])
        case SetDomain(), Mask((text,)):
            return text
        case _, Perhaps(_, inside):
            return rank_text(inside, domain)
        case _:
            raise AssertionError(f"{value} is no key of {domain}")


def _mixed(parts: Sequence[tuple[Val, Domain]]) -> str:
    text = "0"
    for part, of in parts:
        found = rank_text(part, of)
        if text == "0":
            text = found
        elif text.isdigit() and found.isdigit():
            text = str(int(text) * size(of) + int(found))
        else:
            text = f"({text} * {size(of)} + {found})"
    return text
