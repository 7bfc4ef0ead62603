"""Channels: options into CORE channels, and the budgets of what may go wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from plait_spec import syntax
from plait_spec.core import Assign, Binary, Channel, ChannelOption, Command, End, Expr, Literal, Place, Read, Variable
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.elaborate import Context, Elaborator
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import BOOL, INT, BoolType, Bound, Number, PoisonType, RangeType

DEFAULT_CAPACITY = 4


@record
class Fault:
    """Something that may go wrong, and how often.

    `switched_on` reads parameters only.  `budget` is the variable that counts, None where there is no limit.
    """

    step: str
    switched_on: Expr
    budget: Variable | None
    limit: Expr | None
    span: Span

    def guard(self) -> Expr:
        """That the budget is not used up."""
        if self.budget is None or self.limit is None:
            return true(self.span)
        used = Read(self.budget.name, self.budget.type, self.span)
        return Binary("<", used, self.limit, BOOL, self.span)

    def spend(self) -> tuple[Command, ...]:
        """One more of it."""
        if self.budget is None:
            return ()
        used = Read(self.budget.name, self.budget.type, self.span)
        more = Binary("+", used, Literal(1, INT, self.span), INT, self.span)
        return (Assign(Place(self.budget.name, (), self.budget.type, self.span), more, self.span),)


@record
class Wire:
    """A channel with the faults of its queues.

    Where it joins another, `lose`, `duplicate`, `breaks`, `stall` and `cleared_by` are those of the other.
    """

    channel: Channel
    lose: Fault | None
    duplicate: Fault | None
    breaks: Fault | None
    stall: bool
    cleared_by: frozenset[str]

    @property
    def joined(self) -> bool:
        """Whether its messages travel in another channel's queues."""
        return self.channel.carrier != self.channel.name


def true(span: Span) -> Literal:
    """The condition that always holds."""
    return Literal(value=True, type=BOOL, span=span)


def conjunction(conditions: Iterable[Expr | None], span: Span) -> Expr:
    """All of these conditions, from left to right; those that are `true` are left out."""
    result: Expr | None = None
    for condition in conditions:
        if condition is None or (isinstance(condition, Literal) and condition.value is True):
            continue
        result = condition if result is None else Binary("and", result, condition, BOOL, span)
    return true(span) if result is None else result


def fault(elaborator: Elaborator, step: str, budget: syntax.Expr | None, span: Span) -> Fault:
    """A fault with the budget as written: nothing (no limit), a bool (a switch), or a number."""
    if budget is None:
        return Fault(step, true(span), None, None, span)
    limit = elaborator.expression(budget, Context(mode="parameters"), None)
    if isinstance(limit.type, BoolType):
        return Fault(step, limit, None, None, span)
    if isinstance(limit.type, PoisonType):
        return Fault(step, true(span), None, None, span)
    upto = elaborator.bound(budget)
    counter = Variable(step, None, None, RangeType(Number(0), upto), Literal(0, INT, span), "budget", span)
    some = Binary(">", limit, Literal(0, INT, span), BOOL, span)
    return Fault(step, some, counter, limit, span)


def lower_channels(
    elaborator: Elaborator, items: tuple[syntax.Channel, ...], roles: dict[str, End], sink: Sink
) -> dict[str, Wire]:
    """Every channel by name, in declaration order.  Channels of roles that do not exist are left out."""
    wires: dict[str, Wire] = {}
    for item in items:
        if item.source.text in roles and item.target.text in roles:
            wires[item.name.text] = _Options(elaborator, item, roles, sink).wire()
    return {name: _join(wire, wires, sink) for name, wire in wires.items()}


class _Options:
    """The options of one channel, as they are read one after the other."""

    def __init__(self, elaborator: Elaborator, item: syntax.Channel, roles: dict[str, End], sink: Sink) -> None:
        self.elaborator, self.item, self.roles, self.sink = elaborator, item, roles, sink
        self.seen: dict[str, Span] = {}
        self.bounds: dict[str, Bound] = {}
        self.faults: dict[str, Fault] = {}
        self.cleared: set[str] = set()
        self.words: list[ChannelOption] = []
        self.joins: str | None = None

    def wire(self) -> Wire:
        """The channel, with conflicts between its options reported."""
        if not any(isinstance(option, syntax.Discipline | syntax.Joins) for option in self.item.options):
            self.say("ordered", self.item.span)
        for option in self.item.options:
            self.read(option)
        self.conflicts()
        item, ends = self.item, (self.roles[self.item.source.text], self.roles[self.item.target.text])
        blocking = "blocking" in self.bounds
        capacity = self.bounds.get("blocking") or self.bounds.get("capacity") or Number(DEFAULT_CAPACITY)
        channel = Channel(
            item.name.text, *ends, item.both_ways, "unordered" not in self.seen, "distinct" in self.seen, capacity,
            bool(self.bounds), blocking, self.joins or item.name.text, (), tuple(self.words), item.span, item.doc,
        )  # fmt: skip
        return Wire(
            channel, self.faults.get("lose"), self.faults.get("duplicate"), self.faults.get("break"),
            "stall" in self.seen, frozenset(self.cleared),
        )  # fmt: skip

    def read(self, option: syntax.Option) -> None:
        """Note one option."""
        match option:
            case syntax.Discipline(kind, span):
                self.once(kind, span)
                self.say(kind, span)
            case syntax.Bound(kind, size, span):
                self.once(kind, span)
                self.bounds[kind] = self.elaborator.bound(size)
                self.say(kind, span, bound=self.bounds[kind])
            case syntax.MayFault(kind, budget, span):
                self.once(kind, span)
                if kind != "stall":
                    self.faults[kind] = fault(self.elaborator, f"{self.item.name.text}.{kind}", budget, span)
                self.say_fault(_said(kind), self.faults.get(kind), span)
            case syntax.ClearedBy(role, span):
                ends = {self.item.source.text, self.item.target.text}
                self.say(f"cleared by crash of {'either end' if role is None else role.text}", span)
                if role is None:
                    self.cleared |= ends
                elif role.text in ends:
                    self.cleared.add(role.text)
                else:
                    message = f"`{role.text}` is not an end of channel `{self.item.name.text}`"
                    self.sink.error(Code.BAD_CHANNEL_OPTION, span, message, help=f"one of {_words(sorted(ends))}")
            case syntax.Joins(channel, span):
                self.once("joins", span)
                self.joins = channel.text
                self.say(f"joins {channel.text}", span)
            case _:
                assert_never(option)

    def say(self, words: str, span: Span, *, bound: Bound | None = None) -> None:
        """An option that reports show."""
        self.words.append(ChannelOption(words, true(span), bound))

    def say_fault(self, words: str, fault: Fault | None, span: Span) -> None:
        """The same for what may go wrong: only where it is switched on, with its budget."""
        if fault is None:
            self.say(words, span)
            return
        counter = None if fault.budget is None else fault.budget.type
        bound = counter.hi if isinstance(counter, RangeType) else None
        self.words.append(ChannelOption(words, fault.switched_on, bound))

    def once(self, kind: str, span: Span) -> None:
        """An option stands once."""
        if kind in self.seen:
            note = (Label(self.seen[kind], "it stands here already"),)
            self.sink.error(Code.BAD_CHANNEL_OPTION, span, f"`{_said(kind)}` is said twice", notes=note)
        self.seen.setdefault(kind, span)

    def conflicts(self) -> None:
        """Options that exclude each other."""
        for one, other, why in _EXCLUDE:
            if one in self.seen and other in self.seen:
                note = (Label(self.seen[one], f"`{one}` stands here"),)
                message = f"`{_said(other)}` does not go with `{one}`"
                self.sink.error(Code.BAD_CHANNEL_OPTION, self.seen[other], message, notes=note, help=why)
        if self.joins is not None and len(self.item.options) > 1:
            self.sink.error(
                Code.BAD_CHANNEL_OPTION, self.seen["joins"], "a channel that joins another has no options of its own",
                help=f"it travels in the queues of `{self.joins}`, whose options hold for both",
            )  # fmt: skip
        if self.item.both_ways and self.item.source.text == self.item.target.text:
            self.sink.error(
                Code.BAD_CHANNEL_OPTION, self.item.span, "`<->` between a role and itself says everything twice",
                help="write `->`: there is a queue for every ordered pair",
            )  # fmt: skip


_EXCLUDE = (
    ("ordered", "unordered", "messages keep their order, or they do not"),
    ("capacity", "blocking", "`capacity` bounds what is explored, `blocking` makes senders wait: choose one"),
    ("unordered", "break", "a break loses a suffix of what is in flight, and a bag has no suffix: use `may lose`"),
)


def _said(kind: str) -> str:
    """An option as it is written."""
    return f"may {kind}" if kind in ("lose", "duplicate", "break", "stall") else kind


def _join(wire: Wire, wires: dict[str, Wire], sink: Sink) -> Wire:
    """A joining channel with the faults and the discipline of the one it joins."""
    if not wire.joined:
        return wire
    channel = wire.channel
    alone = replace(wire, channel=replace(channel, carrier=channel.name))
    carrier = wires.get(channel.carrier)
    if carrier is None:
        known = _words([name for name in wires if name != channel.name])
        message = f"there is no channel `{channel.carrier}` to join"
        sink.error(Code.BAD_JOIN, channel.span, message, help=f"channels here: {known}" if known else None)
        return alone
    theirs = carrier.channel
    ends = (channel.left, channel.right, channel.both_ways)
    if carrier.joined or (theirs.left, theirs.right, theirs.both_ways) != ends:
        message = f"`{channel.name}` cannot travel in the queues of `{theirs.name}`"
        help = "both need the same ends in the same direction, and the one that is joined joins no other"
        sink.error(Code.BAD_JOIN, channel.span, message, notes=(Label(theirs.span, "declared here"),), help=help)
        return alone
    joined = replace(
        channel,
        ordered=theirs.ordered,
        distinct=theirs.distinct,
        capacity=theirs.capacity,
        capacity_written=theirs.capacity_written,
        blocking=theirs.blocking,
    )
    return replace(carrier, channel=joined)


def _words(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
