"""Actions and handlers of messages, as rules.

A handler without `via` stands for every channel that brings its message to its role: one rule for each, and one more
for each that may duplicate.  Which channels bring it is seen from what can be sent at all: a handler of a message that
only a handler of a message that nobody sends would send is not needed, and one that nothing needs never fires.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from plait_spec import syntax
from plait_spec.core import Act, Block, Expr, Fairness, Local, Receive, Rule, Send, Use
from plait_spec.core_walk import commands_below
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.elaborate import Context, Elaborator
from plait_spec.lower_channels import Fault, Wire, conjunction, true
from plait_spec.lower_faults import FAIRNESS, RoleFacts
from plait_spec.proposals import Placed
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import RecordType, Type


@record
class Route:
    """One way for a message to a role: a channel, a direction, and who sends."""

    wire: Wire
    forward: bool

    @property
    def receiver(self) -> str:
        """The role at the end."""
        return self.wire.channel.right.role if self.forward else self.wire.channel.left.role

    @property
    def sender(self) -> tuple[str, Type | None]:
        """The role at the start, and its family."""
        end = self.wire.channel.left if self.forward else self.wire.channel.right
        return end.role, end.family

    def key(self, message: str) -> tuple[str, bool, str]:
        """What a `Send` and a handler have in common."""
        return self.wire.channel.name, self.forward, message


@record
class Delivery:
    """A rule that handles a message, by the route that brings it."""

    route: Route
    message: str
    rule: Rule
    span: Span


class Steps:
    """Makes the rules of actions and handlers of one protocol."""

    def __init__(
        self,
        elaborator: Elaborator,
        roles: dict[str, RoleFacts],
        wires: dict[str, Wire],
        messages: dict[str, RecordType],
        sink: Sink,
    ) -> None:
        self.elaborator, self.roles, self.wires, self.messages, self.sink = elaborator, roles, wires, messages, sink

    # ---- actions

    def action(self, item: syntax.Action, placed: Placed) -> Rule:
        """An action of a role, or of the top level."""
        role = None if placed.role is None else self.roles.get(placed.role)
        name = item.name.text if role is None else f"{role.name}.{item.name.text}"
        member = self.member(role)
        context = Context(mode="step", role=placed.role, self_local=member, step=name, inherited=placed.inherited)
        params = [] if member is None else [member]
        self.elaborator.distinct(formal.name for formal in item.formals)
        for formal in item.formals:
            local = self.elaborator.fresh(formal.name.text, self.elaborator.type(formal.type))
            params.append(local)
            context = context.bind(formal.name.text, Use(local, formal.span))
        guard = None if item.guard is None else self.elaborator.condition(item.guard, context)
        body = self.elaborator.body(item.body.statements, context)
        return Rule(
            name, "action", placed.role, member is not None, tuple(params), None, Act(), true(item.span),
            conjunction((self.up(role, member, item.span), guard), item.span),
            body.picks, body.pick_where, body.block, FAIRNESS[item.fairness], item.environment, item.span, item.doc,
        )  # fmt: skip

    # ---- messages

    def routes_to(self, role: str, channel: str | None) -> list[Route]:
        """Every way into a role, over one channel if it is named."""
        found = []
        for wire in self.wires.values():
            if channel is not None and wire.channel.name != channel:
                continue
            for forward in (True, False) if wire.channel.both_ways else (True,):
                route = Route(wire, forward)
                if route.receiver == role:
                    found.append(route)
        return found

    def deliveries(self, item: syntax.Handler | syntax.Ignore, placed: Placed) -> list[Delivery]:
        """A handler or `ignore` of a message, for every route that could bring it."""
        event = _event(item)
        if placed.role is None or event is None:
            return []
        if event.message.text not in self.messages:
            message = f"there is no message `{event.message.text}`"
            help = did_you_mean(event.message.text, self.messages)
            self.sink.error(Code.UNKNOWN_NAME, event.message.span, message, help=help)
            return []
        role = self.roles[placed.role]
        channel = None if event.channel is None else event.channel.text
        if channel is not None and channel not in self.wires:
            known = ", ".join(f"`{route.wire.channel.name}`" for route in self.routes_to(role.name, None))
            assert event.channel is not None
            self.sink.error(
                Code.UNKNOWN_NAME, event.channel.span, f"there is no channel `{channel}`",
                help=f"channels to `{role.name}`: {known}" if known else None,
            )  # fmt: skip
            return []
        routes = self.routes_to(role.name, channel)
        if not routes and channel is None:
            message, help = f"no channel ends at `{role.name}`", f"declare one: `channel ...: ... -> {role.name}`"
            self.sink.error(Code.NO_WAY_TO_ROLE, event.span, message, help=help)
        elif not routes and channel is not None:
            message = f"channel `{channel}` does not end at `{role.name}`"
            notes = (Label(self.wires[channel].channel.span, "its ends"),)
            self.sink.error(Code.NO_WAY_TO_ROLE, event.span, message, notes=notes)
        if event.sender is not None and routes:
            routes = [route for route in routes if route.sender[1] is not None]
            if not routes:
                message_text = "every sender of this message is a single role: there is nobody to name"
                self.sink.error(Code.WHICH_INSTANCE, event.sender.span, message_text, help="leave `from` out")
        return [self.delivery(item, placed.inherited, event, role, route) for route in routes]

    def delivery(
        self,
        item: syntax.Handler | syntax.Ignore,
        inherited: Placed | None,
        event: syntax.OnMessage,
        role: RoleFacts,
        route: Route,
    ) -> Delivery:
        """The rule that handles a message that comes by one route."""
        message = event.message.text
        name = f"{role.name}.on {message}"
        member = self.member(role)
        params = [] if member is None else [member]
        _, family = route.sender
        sender: int | None = None
        context = Context(mode="step", role=role.name, self_local=member, step=name, inherited=inherited)
        if family is not None:
            sender = len(params)
            params.append(self.elaborator.fresh("from" if event.sender is None else event.sender.text, family))
            context = replace(context, sender=Use(params[sender], item.span))
            if event.sender is not None:
                context = context.bind(event.sender.text, Use(params[sender], event.sender.span))
        received = self.elaborator.fresh(
            "message" if event.variable is None else event.variable.text, self.messages[message]
        )
        if event.variable is not None:
            context = context.bind(event.variable.text, Use(received, event.variable.span))
        near, far = _use(member, item.span), None if sender is None else Use(params[sender], item.span)
        left, right = (far, near) if route.forward else (near, far)
        trigger = Receive(route.wire.channel.name, route.forward, left, right, received)
        rule = Rule(
            name, "handler", role.name, member is not None, tuple(params), sender, trigger, true(item.span),
            conjunction((self.up(role, member, item.span),), item.span),
            (), true(item.span), (), "none", False, item.span, item.doc,
        )  # fmt: skip
        if isinstance(item, syntax.Handler):
            guard = None if item.guard is None else self.elaborator.condition(item.guard, context)
            body = self.elaborator.body(item.body.statements, context)
            rule = replace(
                rule, guard=conjunction((rule.guard, guard), item.span),
                picks=body.picks, pick_where=body.pick_where, body=body.block,
            )  # fmt: skip
        marked = FAIRNESS[item.fairness] if isinstance(item, syntax.Handler) else "none"
        usual: Fairness = "none" if route.wire.stall else "weak"
        return Delivery(route, message, replace(rule, fairness=usual if marked == "none" else marked), item.span)

    def member(self, role: RoleFacts | None) -> Local | None:
        """A local for the instance, if the role is a family."""
        return None if role is None or role.end.family is None else self.elaborator.fresh("self", role.end.family)

    def up(self, role: RoleFacts | None, member: Local | None, span: Span) -> Expr | None:
        """That the instance is up."""
        return None if role is None else role.is_up(_use(member, span), span)


def sent_by(block: Block) -> Iterable[Send]:
    """Every `send` in a block."""
    return (command for command in commands_below(block) if isinstance(command, Send))


def needed(
    deliveries: list[Delivery], bodies: list[Block]
) -> tuple[list[Delivery], dict[tuple[str, bool, str], list[Span]]]:
    """The deliveries that can happen as far as sending goes, and where each kind of message is sent.

    A handler none of whose routes brings its message is kept for its first one: it is reported as never fired.
    """
    sent: dict[tuple[str, bool, str], list[Span]] = {}
    kept: list[Delivery] = []
    waiting = list(bodies)
    left = list(deliveries)
    while waiting:
        for body in waiting:
            for send in sent_by(body):
                places = sent.setdefault((send.channel, send.forward, send.message), [])
                if send.span not in places:
                    places.append(send.span)
        arriving = [delivery for delivery in left if delivery.route.key(delivery.message) in sent]
        left = [delivery for delivery in left if delivery.route.key(delivery.message) not in sent]
        kept += arriving
        waiting = [delivery.rule.body for delivery in arriving]
    handled = {delivery.span for delivery in kept}
    for delivery in left:
        if delivery.span not in handled:
            handled.add(delivery.span)
            kept.append(delivery)
    order = {id(delivery): place for place, delivery in enumerate(deliveries)}
    return sorted(kept, key=lambda delivery: order[id(delivery)]), sent


def check_handlers(
    wires: dict[str, Wire],
    kept: list[Delivery],
    sent: dict[tuple[str, bool, str], list[Span]],
    sink: Sink,
) -> None:
    """Every message that is sent has one handler, or `ignore`, at its receiver."""
    handlers: dict[tuple[str, bool, str], list[Span]] = {}
    for delivery in kept:
        handlers.setdefault(delivery.route.key(delivery.message), []).append(delivery.span)
    for (channel, forward, message), spans in sent.items():
        here = handlers.get((channel, forward, message), [])
        receiver = Route(wires[channel], forward).receiver
        if not here:
            sink.error(
                Code.NO_HANDLER, spans[0], f"`{receiver}` has no handler for `{message}` via `{channel}`",
                notes=tuple(Label(span, "it is sent here too") for span in spans[1:]),
                help=f"write `on {message}(m) {{ ... }}` or `ignore {message}` in role `{receiver}`",
            )  # fmt: skip
    for (channel, _, message), spans in handlers.items():
        for second in spans[1:]:
            if second != spans[0]:
                sink.error(
                    Code.TWO_HANDLERS, second, f"a second handler for `{message}` via `{channel}`",
                    notes=(Label(spans[0], "the first one"),),
                    help="put both cases into one body, or give each a `via` of its own",
                )  # fmt: skip


def duplicates(delivery: Delivery) -> Rule | None:
    """The same delivery with the message left in the queue, where its channel may duplicate."""
    fault: Fault | None = delivery.route.wire.duplicate
    rule = delivery.rule
    if fault is None or not isinstance(rule.trigger, Receive):
        return None
    return replace(
        rule,
        kind="duplicate",
        trigger=replace(rule.trigger, keep=True),
        switched_on=fault.switched_on,
        guard=conjunction((fault.guard(), rule.guard), rule.span),
        body=fault.spend() + rule.body,
        fairness="none",
        environment=True,
    )


def _event(item: syntax.Handler | syntax.Ignore) -> syntax.OnMessage | None:
    if isinstance(item, syntax.Ignore):
        return syntax.OnMessage(item.message, None, None, item.channel, item.span)
    return item.event if isinstance(item.event, syntax.OnMessage) else None


def _use(local: Local | None, span: Span) -> Expr | None:
    return None if local is None else Use(local, span)
