"""Crashes, restarts and what goes wrong with channels, as rules.

A crash resets the volatile variables of its role instance and empties the queues that are cleared by it; whoever
handles the break of such a queue, at an end that is up, does so in the same step (declaration order, then instance).
`may restart` is a crash and a restart in one step.
"""

from __future__ import annotations

from dataclasses import replace

from plait_spec import syntax
from plait_spec.core import (
    Act,
    Assign,
    At,
    Binary,
    Binder,
    Block,
    Break,
    Clear,
    Command,
    End,
    Expr,
    Fairness,
    Fill,
    ForEach,
    Literal,
    Local,
    Lose,
    Not,
    Place,
    QueueRef,
    Read,
    Rule,
    RuleKind,
    Use,
    Variable,
    When,
)
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.elaborate import Context, Elaborator
from plait_spec.elaborate_loops import clash
from plait_spec.lower_channels import Fault, Wire, conjunction, true
from plait_spec.proposals import Placed
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import BOOL, MapType, Type


@record
class Reaction:
    """A handler, the role that it stands in, and what it replaced."""

    item: syntax.Handler
    role: str
    inherited: Placed | None

    @property
    def channel(self) -> str:
        """The channel of an `on break`."""
        event = self.item.event
        assert isinstance(event, syntax.OnBreak)
        return event.channel.text


@record
class Volatile:
    """A variable that a crash resets: its type in one instance, its initial value as written, and what it replaced."""

    name: str
    type: Type
    initial: syntax.Initial
    inherited: Placed | None


@record
class RoleFacts:
    """What the faults of a role need to know of it."""

    end: End
    crash: Fault | None
    restart: Fault | None
    volatile: tuple[Volatile, ...]
    on_restart: Reaction | None

    @property
    def name(self) -> str:
        """The role's name."""
        return self.end.role

    @property
    def up(self) -> str:
        """The variable that says whether an instance is up."""
        return f"{self.name}.up"

    def up_variable(self) -> Variable | None:
        """The variable, where a crash is possible at all."""
        if self.crash is None:
            return None
        start: Expr = true(self.crash.span)
        type: Type = BOOL
        if self.end.family is not None:
            type = MapType(self.end.family, BOOL)
            start = Fill(start, type, self.crash.span)
        return Variable(self.up, self.name, self.end.family, type, start, "up", self.crash.span)

    def is_up(self, member: Expr | None, span: Span) -> Expr | None:
        """The condition that the instance is up; None where it always is."""
        if self.crash is None:
            return None
        if member is None or self.end.family is None:
            return Read(self.up, BOOL, span)
        return At(Read(self.up, MapType(self.end.family, BOOL), span), member, BOOL, span)


class Faults:
    """Makes the rules of faults of one protocol."""

    def __init__(
        self,
        elaborator: Elaborator,
        roles: dict[str, RoleFacts],
        wires: dict[str, Wire],
        on_breaks: tuple[Reaction, ...],
        sink: Sink,
    ) -> None:
        self.elaborator, self.roles, self.wires, self.on_breaks, self.sink = elaborator, roles, wires, on_breaks, sink

    # ---- roles

    def crash_rules(self, role: RoleFacts) -> tuple[Rule, ...]:
        """`may crash`: a crash and a later restart."""
        return () if role.crash is None else (self.crash(role, role.crash), self.recover(role, role.crash))

    def restart_rules(self, role: RoleFacts) -> tuple[Rule, ...]:
        """`may restart`: both at once."""
        return () if role.restart is None else (self.restart(role, role.restart),)

    def crash(self, role: RoleFacts, fault: Fault) -> Rule:
        """The instance goes down: memory gone, queues cleared, breaks handled at the other ends."""
        member = self.member(role)
        up = role.is_up(_use(member, fault.span), fault.span)
        body = (
            self.set_up(role, member, value=False, span=fault.span) + fault.spend() + self.losses(role, member, fault)
        )
        return _rule(
            f"{role.name}.crash", "crash", role, member, fault, conjunction((up, fault.guard()), fault.span), body
        )

    def recover(self, role: RoleFacts, fault: Fault) -> Rule:
        """The restart after a crash; not fair unless `fair on restart`."""
        member = self.member(role)
        up = role.is_up(_use(member, fault.span), fault.span)
        assert up is not None
        body = self.set_up(role, member, value=True, span=fault.span) + self.on_restart(role, member)
        rule = _rule(f"{role.name}.restart", "restart", role, member, fault, Not(up, fault.span), body)
        fairness = FAIRNESS["unfair" if role.on_restart is None else role.on_restart.item.fairness]
        return replace(rule, fairness=fairness)

    def restart(self, role: RoleFacts, fault: Fault) -> Rule:
        """A crash and a restart in one step."""
        member = self.member(role)
        up = role.is_up(_use(member, fault.span), fault.span)
        body = fault.spend() + self.losses(role, member, fault) + self.on_restart(role, member)
        guard = conjunction((up, fault.guard()), fault.span)
        return _rule(f"{role.name}.restart", "restart", role, member, fault, guard, body)

    def member(self, role: RoleFacts) -> Local | None:
        """A local for the instance, if the role is a family."""
        return None if role.end.family is None else self.elaborator.fresh("self", role.end.family)

    def set_up(self, role: RoleFacts, member: Local | None, *, value: bool, span: Span) -> Block:
        """Writes the variable `up` of one instance."""
        path = () if member is None else (Use(member, span),)
        return (Assign(Place(role.up, path, BOOL, span), Literal(value, BOOL, span), span),)

    def losses(self, role: RoleFacts, member: Local | None, fault: Fault) -> Block:
        """What a crash takes: volatile variables, the queues it clears, and the breaks that follow."""
        span = fault.span
        commands: list[Command] = []
        path = () if member is None else (Use(member, span),)
        for variable in role.volatile:
            initial = variable.initial
            if isinstance(initial, syntax.AnyValue | syntax.AnyWhere):
                self.sink.error(
                    Code.VOLATILE_ANY, initial.span, f"a crash of `{role.name}` has no value to go back to",
                    notes=(Label(span, "it may crash or restart"),),
                    help="give the variable one initial value, or make it `durable`",
                )  # fmt: skip
                continue
            context = Context(
                mode="initial", role=role.name, self_local=member, before=variable.name, inherited=variable.inherited
            )
            value = self.elaborator.expression(initial, context, variable.type)
            commands.append(Assign(Place(variable.name, path, variable.type, span), value, span))
        cleared = [wire for wire in self.wires.values() if role.name in wire.cleared_by]
        for wire in cleared:
            commands += [Clear(queues, span) for queues in _queues_of(wire, role, member, span)]
        for handler in self.on_breaks:
            broken = self.wires[handler.channel]
            if role.name in broken.cleared_by:
                commands += self.survivors(handler, broken, role, member, span)
        return tuple(commands)

    def survivors(
        self, handler: Reaction, wire: Wire, crashed: RoleFacts, member: Local | None, span: Span
    ) -> list[Command]:
        """An `on break` at the ends that survive the crash of one instance of `crashed`."""
        commands: list[Command] = []
        ends = (wire.channel.left, wire.channel.right)
        for near, far in (ends, ends[::-1]):
            if near.role != handler.role or far.role != crashed.name:
                continue
            if near.family is None:
                commands += self.on_break(handler, None, _use(member, span))
                continue
            each = self.elaborator.fresh("self", near.family)
            body = self.on_break(handler, each, _use(member, span))
            self.in_any_order(each, tuple(body))
            where: Expr = true(span)
            if near == far and member is not None:
                where = Binary("!=", Use(each, span), Use(member, span), BOOL, span)
            commands.append(ForEach((Binder(each),), where, tuple(body), unordered=False, span=span))
        return commands

    def in_any_order(self, each: Local, body: Block) -> None:
        """The instances of a family have no order: what one does at a break must not depend on another."""
        found = clash((Binder(each),), body, self.elaborator.scope.channels)
        if found is not None:
            message = f"at a crash, what the instances do here may depend on their order: {found.why}"
            help = "an instance writes its own variables, adds to sets, or sends to queues of its own"
            self.sink.error(Code.ORDER_MATTERS, found.span, message, help=help)

    def on_restart(self, role: RoleFacts, member: Local | None) -> Block:
        """The body of `on restart`."""
        handler = role.on_restart
        if handler is None:
            return ()
        self.plain(handler)
        context = Context(
            mode="step", role=role.name, self_local=member, step=f"{role.name}.restart", inherited=handler.inherited
        )
        body = self.elaborator.body(handler.item.body.statements, context)
        self.no_choice(bool(body.picks), handler)
        return body.block

    # ---- channels

    def channel_rules(self, wire: Wire) -> tuple[Rule, ...]:
        """`lose` and `break` of a channel (a duplicate is a rule of its handler)."""
        if wire.joined:
            return ()
        rules: list[Rule] = []
        if wire.lose is not None:
            rules.append(_fault_rule(wire.lose, "lose", (), Lose(wire.channel.name), wire.lose.spend()))
        if wire.breaks is not None:
            rules.append(self.break_rule(wire, wire.breaks))
        return tuple(rules)

    def break_rule(self, wire: Wire, fault: Fault) -> Rule:
        """One connection breaks: every `on break` of it, at ends that are up, is part of the step."""
        channel = wire.channel
        left = None if channel.left.family is None else self.elaborator.fresh(channel.left.role, channel.left.family)
        right = (
            None if channel.right.family is None else self.elaborator.fresh(channel.right.role, channel.right.family)
        )
        body: list[Command] = list(fault.spend())
        handled = False
        for handler in self.on_breaks:
            if self.wires[handler.channel].channel.carrier != channel.name:
                continue
            for end, me, other in ((channel.left, left, right), (channel.right, right, left)):
                if end.role == handler.role:
                    handled = True
                    body += self.on_break(handler, me, _use(other, fault.span))
        params = tuple(local for local in (left, right) if local is not None)
        trigger = Break(channel.name, _use(left, fault.span), _use(right, fault.span), handled)
        return _fault_rule(fault, "break", params, trigger, tuple(body))

    def on_break(self, handler: Reaction, me: Local | None, other: Expr | None) -> list[Command]:
        """The body of one `on break` for one instance, where it is up."""
        event = handler.item.event
        assert isinstance(event, syntax.OnBreak)
        self.plain(handler)
        role = self.roles[handler.role]
        context = Context(
            mode="step", role=handler.role, self_local=me, step=f"{handler.role}.on break of {event.channel.text}",
            inherited=handler.inherited, sender=other,
        )  # fmt: skip
        if event.sender is not None:
            if other is None:
                message = "the other end of this channel is a single role: there is nobody to name"
                self.sink.error(Code.WHICH_INSTANCE, event.sender.span, message, help="leave `from` out")
            else:
                context = context.bind(event.sender.text, other)
        body = self.elaborator.body(handler.item.body.statements, context)
        self.no_choice(bool(body.picks), handler)
        up = role.is_up(_use(me, handler.item.span), handler.item.span)
        if up is None:
            return list(body.block)
        return [When(up, body.block, (), handler.item.span)]

    def plain(self, handler: Reaction) -> None:
        """Restarts and breaks happen: their handlers have no guard."""
        if handler.item.guard is not None:
            message = "a restart or a break is not waited for: its handler has no `when`"
            self.sink.error(Code.BAD_HANDLER, handler.item.guard.span, message, help="write an `if` in the body")

    def no_choice(self, choosing: bool, handler: Reaction) -> None:
        """A handler that is a part of another step cannot choose."""
        if choosing:
            message = "`choose` stands only at the head of an action or of a message's handler"
            self.sink.error(Code.BAD_HANDLER, handler.item.body.span, message)


FAIRNESS: dict[syntax.Fairness, Fairness] = {"unfair": "none", "fair": "weak", "strongly fair": "strong"}


def _queues_of(wire: Wire, role: RoleFacts, member: Local | None, span: Span) -> list[QueueRef]:
    """The queues of a channel at one instance of a role, at whichever end it is."""
    use = _use(member, span)
    channel = wire.channel
    if member is None:
        return [QueueRef(channel.name)]
    found = []
    if channel.left.role == role.name:
        found.append(QueueRef(channel.name, None, use, None))
    if channel.right.role == role.name:
        found.append(QueueRef(channel.name, None, None, use))
    return found


def _use(local: Local | None, span: Span) -> Expr | None:
    return None if local is None else Use(local, span)


def _rule(
    name: str, kind: RuleKind, role: RoleFacts, member: Local | None, fault: Fault, guard: Expr, body: Block
) -> Rule:
    params = () if member is None else (member,)
    return Rule(
        name, kind, role.name, member is not None, params, None, Act(), fault.switched_on, guard,
        (), true(fault.span), body, "none", True, fault.span,
    )  # fmt: skip


def _fault_rule(fault: Fault, kind: RuleKind, params: tuple[Local, ...], trigger: Lose | Break, body: Block) -> Rule:
    return Rule(
        fault.step, kind, None, False, params, None, trigger, fault.switched_on, fault.guard(),
        (), true(fault.span), body, "none", True, fault.span,
    )  # fmt: skip
