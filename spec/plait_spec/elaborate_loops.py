"""Whether the passes of a plain `for` over identities may come in any order.

Identities have no order, so neither have the passes. They do not interfere if each of them

- writes only at places with its own identity as a key, and reads what the loop writes only there;
- or adds to a set, or takes from one, that is not read otherwise;
- or sends to a queue of its own (or to a bag, which has no order), and looks into no other that the loop sends to.

This is decided from CORE, after `def`s are inserted, and errs on the side of refusing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from plait_spec import core
from plait_spec.core_walk import parts
from plait_spec.record import record
from plait_spec.scope import Link
from plait_spec.source import Span
from plait_spec.types import IdsType, MapType, OptionType, RecordType, SeqType, SetType, Type


def has_identities(type: Type) -> bool:
    """Whether values of the type have identities in them, and so no order."""
    match type:
        case IdsType():
            return True
        case OptionType(of) | SetType(of) | SeqType(of):
            return has_identities(of)
        case RecordType(_, fields):
            return any(has_identities(of) for _, of in fields)
        case MapType(key, value):
            return has_identities(key) or has_identities(value)
        case _:
            return False


@record
class Clash:
    """Where passes of a loop may interfere, and why."""

    span: Span
    why: str


def clash(binders: tuple[core.Binder, ...], body: core.Block, channels: Mapping[str, Link]) -> Clash | None:
    """The first place where the order of the passes may matter; None if there is none."""
    mine = [binder.local.id for binder in binders if has_identities(binder.local.type)]
    if not mine:
        return None
    loop = _Loop(tuple(mine), channels)
    loop.block(body)
    return loop.clash()


@record
class _Access:
    """One read or write of a variable: the keys, as bound names (None for anything else)."""

    keys: tuple[int | None, ...]
    kind: str  # "read", "write", "add", "take"
    own: bool  # a set changed by nothing but the identity of the pass
    span: Span


class _Loop:
    """What the passes of a loop do, collected."""

    def __init__(self, mine: tuple[int, ...], channels: Mapping[str, Link]) -> None:
        self.mine, self.channels = mine, channels
        self.names: dict[int, int] = {}
        self.accesses: dict[str, list[_Access]] = {}
        self.sends: list[core.Send] = []
        self.queues: list[tuple[core.QueueRef, Span, bool]] = []

    # ---- collecting

    def block(self, body: core.Block) -> None:
        """Every command."""
        for command in body:
            self.command(command)

    def command(self, command: core.Command) -> None:
        """What one command reads and writes."""
        match command:
            case core.Assign(place, value, span):
                self.assign(place, value, span)
            case core.Send(_, _, left, right, _, fields):
                self.sends.append(command)
                self.reads(*(end for end in (left, right) if end is not None), *fields)
            case core.Clear(queues, span):
                self.queues.append((queues, span, True))
                self.ends(queues)
            case core.Bind(local, value):
                self.alias(local, value)
                self.reads(value)
            case core.Assert(condition):
                self.reads(condition)
            case core.When(condition, yes, no):
                self.reads(condition)
                self.block(yes)
                self.block(no)
            case core.ForEach(binders, where, body):
                self.reads(*(binder.over for binder in binders if binder.over is not None), where)
                self.block(body)
            case _:
                assert_never(command)

    def alias(self, local: core.Local, value: core.Expr) -> None:
        """A `let` that only gives another name."""
        if isinstance(value, core.Use):
            self.names[local.id] = self.names.get(value.local.id, value.local.id)

    def assign(self, place: core.Place, value: core.Expr, span: Span) -> None:
        """A write, or one that only adds to a set or takes from it."""
        keys = tuple(step for step in place.path if not isinstance(step, str))
        self.reads(*keys)
        kind, rest = "write", value
        if isinstance(value, core.Binary) and value.op in ("union", "difference") and _is_place(value.left, place):
            kind, rest = ("add" if value.op == "union" else "take"), value.right
        moved = [self.key(item) for item in rest.items] if isinstance(rest, core.MakeSet) else []
        own = len(self.mine) == 1 and moved == list(self.mine)
        self.access(place.variable, tuple(self.key(key) for key in keys), kind, span, own=own)
        self.reads(rest)

    def reads(self, *exprs: core.Expr) -> None:
        """What expressions read: each variable with as many keys as are there."""
        for expr in exprs:
            self.read(expr)

    def read(self, expr: core.Expr) -> None:
        """What one expression reads."""
        match expr:
            case core.At() | core.Read():
                root, keys = _chain(expr)
                if isinstance(root, core.Read):
                    self.access(root.variable, tuple(self.key(key) for key in keys), "read", expr.span)
                else:
                    self.read(root)
                self.reads(*keys)
            case core.Has(queues, _, _, span) | core.QueueSize(queues, span):
                self.queues.append((queues, span, False))
                self.reads(*parts(expr))
            case core.LetIn(local, value, body):
                self.alias(local, value)
                self.reads(value, body)
            case _:
                self.reads(*parts(expr))

    def ends(self, queues: core.QueueRef) -> None:
        """The identities in a reference to queues."""
        self.reads(*(end for end in (queues.left, queues.right) if end is not None))

    def key(self, expr: core.Expr | None) -> int | None:
        """The bound name that a key is, if it is one."""
        return self.names.get(expr.local.id, expr.local.id) if isinstance(expr, core.Use) else None

    def access(self, variable: str, keys: tuple[int | None, ...], kind: str, span: Span, *, own: bool = False) -> None:
        """Note one access."""
        self.accesses.setdefault(variable, []).append(_Access(keys, kind, own, span))

    # ---- deciding

    def clash(self) -> Clash | None:
        """The first place where passes may interfere."""
        found = [*self.variables(), *self.messages()]
        return min(found, key=lambda one: (one.span.source.name, one.span.start), default=None)

    def variables(self) -> Iterator[Clash]:
        """Variables that passes fight over."""
        for variable, all_accesses in self.accesses.items():
            writes = [access for access in all_accesses if access.kind != "read"]
            if not writes or self.apart(all_accesses) or self.commute(all_accesses):
                continue
            shared = [access for access in writes if not self.positions(access)]
            reads = [access for access in all_accesses if access.kind == "read" and not self.positions(access)]
            if reads and not any(access.kind == "write" for access in shared):
                yield Clash(reads[0].span, f"a pass reads what others write, `{variable}`")
            else:
                yield Clash((shared or writes)[0].span, f"every pass writes `{variable}`")

    def positions(self, access: _Access) -> tuple[int, ...]:
        """Where the identities of the pass stand among the keys; empty if one of them does not."""
        if any(local not in access.keys for local in self.mine):
            return ()
        return tuple(access.keys.index(local) for local in self.mine)

    def apart(self, accesses: list[_Access]) -> bool:
        """Whether each pass keeps to places with its own identity, always at the same key."""
        first = self.positions(accesses[0])
        if not first:
            return False
        return all(
            len(access.keys) > max(first)
            and all(access.keys[at] == local for at, local in zip(first, self.mine, strict=True))
            for access in accesses
        )

    def commute(self, accesses: list[_Access]) -> bool:
        """Whether the passes only add to a set, only take from it, or only move their own identity."""
        kinds = {access.kind for access in accesses}
        if kinds <= {"add"} or kinds <= {"take"}:
            return True
        return kinds <= {"add", "take"} and all(access.own for access in accesses)

    def messages(self) -> Iterator[Clash]:
        """Queues that passes fight over."""
        for carrier in dict.fromkeys(self.carrier(send.channel) for send in self.sends):
            yield from self.carried(carrier)
        for carrier in dict.fromkeys(self.carrier(queues.channel) for queues, _, clears in self.queues if clears):
            yield from self.carried(carrier)

    def carried(self, carrier: str) -> Iterator[Clash]:
        """The same for one channel that the loop sends to or clears."""
        sends = [send for send in self.sends if self.carrier(send.channel) == carrier]
        clears = [(ref, span) for ref, span, clear in self.queues if clear and self.carrier(ref.channel) == carrier]
        looks = [(ref, span) for ref, span, clear in self.queues if not clear and self.carrier(ref.channel) == carrier]
        ends = [*((one.left, one.right) for one in sends), *((ref.left, ref.right) for ref, _ in (*clears, *looks))]
        alone = not looks and ((not clears and self.bag(carrier)) or not sends)
        if alone or all(self.side(local, ends) for local in self.mine):
            return
        if looks:
            yield Clash(looks[0][1], f"a pass depends on what others do to `{looks[0][0].channel}`")
        else:
            yield Clash(sends[0].span, f"passes change the same queue of `{sends[0].channel}`")

    def side(self, local: int, ends: list[tuple[core.Expr | None, core.Expr | None]]) -> bool:
        """Whether an identity of the pass stands at the same end of all these queues."""
        return any(all(self.key(pair[at]) == local for pair in ends) for at in (0, 1))

    def carrier(self, channel: str) -> str:
        """The channel whose queues are used."""
        return self.channels[channel].carrier if channel in self.channels else channel

    def bag(self, channel: str) -> bool:
        """Whether the queues have no order."""
        link = self.channels.get(self.carrier(channel))
        return link is not None and any(getattr(option, "kind", None) == "unordered" for option in link.item.options)


def _chain(expr: core.Expr) -> tuple[core.Expr, tuple[core.Expr, ...]]:
    """The expression below the keys, and the keys, outermost first (fields do not count)."""
    keys: list[core.Expr] = []
    while isinstance(expr, core.At | core.Member | core.Unwrap):
        if isinstance(expr, core.At):
            keys.insert(0, expr.key)
            expr = expr.map
        elif isinstance(expr, core.Member):
            expr = expr.record
        else:
            expr = expr.operand
    return expr, tuple(keys)


def _is_place(expr: core.Expr, place: core.Place) -> bool:
    """Whether an expression reads just the place that is written."""
    steps: list[core.Expr | str] = []
    while isinstance(expr, core.At | core.Member):
        steps.insert(0, expr.key if isinstance(expr, core.At) else expr.name)
        expr = expr.map if isinstance(expr, core.At) else expr.record
    return isinstance(expr, core.Read) and expr.variable == place.variable and tuple(steps) == place.path
