"""What happens to the content of a queue: messages taken, lost, cut off, emptied, sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from plait.engines.symbolic.encode_layout import Content, Kept, Slots
from plait.engines.symbolic.formula import Formula, both, chosen, either, neither
from plait.engines.symbolic.symbols import Cases, Row, Symbol, constant, counted, gathered, merged, row
from plait_spec.domains import Value
from plait_spec.ground import Queue
from plait_spec.record import record

NOTHING = Cases({None: True})


@record
class Taken:
    """A message that can be taken out: where (`at`) or which (`message`), under which condition, and what is left."""

    at: int
    message: Value
    when: Formula
    fields: Symbol
    left: Content


def takings(content: Content, about: Queue, channel: int | None, message: int | None, heads: bool) -> Iterator[Taken]:
    """Each way to take a message of this channel and kind (None: any); of an ordered queue (`heads`) the first."""

    def fits(value: Value) -> bool:
        return value is not None and channel in (None, value[0]) and message in (None, value[1])

    match content:
        case Kept(messages):
            for value, when in messages.items():
                if fits(value) and when is not False:
                    yield Taken(0, value, when, constant(value[2:]), Kept({**messages, value: False}))
        case Slots(places):
            for at, place in enumerate(places[:1] if heads and about.ordered else places):
                found = {value: when for value, when in place.cases.items() if fits(value)}
                first = True if at == 0 or about.ordered else neither(_same(places[at - 1], place))
                fields = Row(row(gathered((value[2:], true) for value, true in found.items())))
                when = both((either(found.values()), first))
                if when is not False:
                    yield Taken(
                        at, None, when, fields, replace(content, places=(*places[:at], *places[at + 1 :], NOTHING))
                    )
        case _:
            raise AssertionError(content)


def _same(one: Cases, other: Cases) -> Formula:
    return either(both((when, other.cases.get(value, False))) for value, when in one.cases.items())


def prefix(content: Content, length: int) -> Content:
    """The first messages alone."""
    assert isinstance(content, Slots)
    return replace(content, places=(*content.places[:length], *(NOTHING,) * (len(content.places) - length)))


def at_least(content: Content, length: int) -> Formula:
    """Whether there are so many messages."""
    assert isinstance(content, Slots)
    return True if length == 0 else neither(content.places[length - 1].cases.get(None, False))


def emptied(content: Content, channel: int | None) -> Content:
    """Without the messages of a channel (None: without any)."""
    match content:
        case Kept(messages):
            return Kept({value: False if channel in (None, value[0]) else when for value, when in messages.items()})
        case Slots(places):
            left = replace(content, places=(NOTHING,) * len(places))
            for place in places if channel is not None else ():
                kept = {value: when for value, when in place.cases.items() if value is not None and value[0] != channel}
                left = _appended(left, either(kept.values()), kept)
            return left
        case _:
            raise AssertionError(content)


def joined(condition: Formula, yes: Content, no: Content) -> Content:
    """`yes` where the condition holds, `no` elsewhere."""
    match yes, no:
        case Slots(places), Slots(others):
            pairs = (merged(condition, one, other) for one, other in zip(places, others, strict=True))
            return replace(yes, places=tuple(pair for pair in pairs if isinstance(pair, Cases)))
        case Kept(messages), Kept(others):
            return Kept({value: chosen(condition, when, others[value]) for value, when in messages.items()})
        case (Slots() | Kept(), _) | (_, Slots() | Kept()):
            raise AssertionError((yes, no))
        case _:
            return merged(condition, yes, no)


# ---- sending


def room(content: Content, about: Queue, when: Formula, messages: Mapping[Value, Formula]) -> tuple[Formula, Formula]:
    """Where the message (one of these, where `when` holds) has to be put in, and where there is no room for it then."""
    adding = when
    if about.distinct:
        adding = both(
            (when, neither(either(both((true, _present(content, value))) for value, true in messages.items())))
        )
    return adding, both((adding, _full(content, about)))


def _present(content: Content, value: Value) -> Formula:
    match content:
        case Kept(messages):
            return messages[value]
        case Slots(places):
            return either(place.cases.get(value, False) for place in places)
        case _:
            raise AssertionError(content)


def _full(content: Content, about: Queue) -> Formula:
    match content:
        case Kept(messages):
            return about.bound <= len(messages) and counted(messages.values(), about.bound).cases.get(
                about.bound, False
            )
        case _:
            return at_least(content, about.bound)


def with_message(content: Content, about: Queue, adding: Formula, messages: Mapping[Value, Formula]) -> Content:
    """With one message more, where `adding` holds."""
    match content:
        case Kept(known):
            return Kept(
                {value: either((when, both((adding, messages.get(value, False))))) for value, when in known.items()}
            )
        case Slots() if about.ordered:
            return _appended(content, adding, messages)
        case Slots():
            return replace(content, places=tuple(_inserted(content, adding, messages)))
        case _:
            raise AssertionError(content)


def _appended(content: Slots, adding: Formula, messages: Mapping[Value, Formula]) -> Slots:
    found: list[Cases] = []
    before: Formula = False  # whether the place before is free
    for place in content.places:
        free = place.cases.get(None, False)
        here = both((adding, free, neither(before)))
        new = [(value, both((here, when))) for value, when in messages.items()]
        old = [
            (value, when if value is not None else both((when, neither(here)))) for value, when in place.cases.items()
        ]
        found.append(gathered((*old, *new)))
        before = free
    return replace(content, places=tuple(found))


def _inserted(content: Slots, adding: Formula, messages: Mapping[Value, Formula]) -> Iterator[Cases]:
    """A bag stays sorted: messages that are not greater stay before the new one, the others move on."""
    before: Formula = True  # whether the message at the place before stays there
    previous, order = NOTHING, content.order
    for place in content.places:
        stays = either(
            both((when, either(true for other, true in messages.items() if order[value] <= order[other])))
            for value, when in place.cases.items()
            if value is not None
        )
        here, moved = both((adding, neither(stays), before)), both((adding, neither(stays), neither(before)))
        kept = neither(either((here, moved)))
        yield gathered(
            [
                *((value, both((when, kept))) for value, when in place.cases.items()),
                *((value, both((here, when))) for value, when in messages.items()),
                *((value, both((moved, when))) for value, when in previous.cases.items()),
            ]
        )
        before, previous = stays, place
