"""Channels in expressions and statements: which queues a name means, `has`, `size`, and where a message is sent.

Inside a family that is an end of a channel its bare name means the queues of `self`, in both directions; elsewhere it
means all of them. `link[a]` are the queues of one instance, `link[a][b]` those between two.
"""

from __future__ import annotations

from plait_spec import core, syntax
from plait_spec.agreement import an
from plait_spec.diagnostics import Code, Label
from plait_spec.elaborate_collections import Collections
from plait_spec.elaborate_context import Context
from plait_spec.scope import Link
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import BOOL, INT, PoisonType


class Queues(Collections):
    """What is said about channels."""

    def has(self, expr: syntax.Has, context: Context) -> core.Expr:
        """`channel has Message(field: value)`."""
        queues = self.queues(expr.channel, context)
        name = expr.pattern.message
        if name.text not in self.scope.message_types:
            help = did_you_mean(name.text, self.scope.message_types)
            return self.wrong(Code.UNKNOWN_NAME, name.span, f"there is no message `{name.text}`", help=help)
        fields = tuple(self.pattern(name.text, expr.pattern.arguments or (), context))
        if not queues or not self._readable(expr.span, context):
            return self.poison(expr.span)
        result: core.Expr = core.Has(queues[0], name.text, fields, expr.span)
        for other in queues[1:]:
            more = core.Has(other, name.text, fields, expr.span)
            result = core.Binary("or", result, more, BOOL, expr.span)
        return result

    def queue_size(self, expr: syntax.Expr, span: Span, context: Context) -> core.Expr | None:
        """`size(channel)`, if it is that."""
        if self._channel_of(expr, context) is None:
            return None
        queues = self.queues(expr, context)
        if not queues or not self._readable(span, context):
            return self.poison(span)
        result: core.Expr = core.QueueSize(queues[0], span)
        for other in queues[1:]:
            result = core.Binary("+", result, core.QueueSize(other, span), INT, span)
        if len(queues) == 2 and queues[0].right is None:  # the queue from an instance to itself is in both
            both = core.QueueRef(queues[0].channel, None, queues[0].left, queues[0].left)
            result = core.Binary("-", result, core.QueueSize(both, span), INT, span)
        return result

    def _readable(self, span: Span, context: Context) -> bool:
        if context.mode in ("initial", "parameters"):
            self.misplaced(Code.NOT_READABLE, span, "nothing is in flight yet", context)
            return False
        return True

    def _channel_of(self, expr: syntax.Expr, context: Context) -> tuple[Link, tuple[syntax.Expr, ...]] | None:
        """The channel and the indices that an expression names, if it does."""
        indices: list[syntax.Expr] = []
        while isinstance(expr, syntax.Index):
            indices.insert(0, expr.index)
            expr = expr.base
        if isinstance(expr, syntax.Name) and expr.text in self.scope.channels and self.free(expr.text, context):
            return self.scope.channels[expr.text], tuple(indices)
        return None

    def queues(self, expr: syntax.Expr, context: Context) -> tuple[core.QueueRef, ...]:
        """The queues that an expression means, as references that together name them; none after an error."""
        named = self._channel_of(expr, context)
        if named is None:
            text = expr.text if isinstance(expr, syntax.Name) else None
            help = None if text is None else did_you_mean(text, self.scope.channels)
            message = "this is not a channel" if text is None else f"there is no channel `{text}`"
            self.sink.error(Code.UNKNOWN_NAME, expr.span, message, help=help)
            return ()
        return self.queues_of(*named, expr.span, context)

    def queues_of(
        self, link: Link, indices: tuple[syntax.Expr, ...], span: Span, context: Context
    ) -> tuple[core.QueueRef, ...]:
        """The queues of a channel with these indices."""
        left, right = link.left, link.right
        mine = None if context.self_local is None else core.Use(context.self_local, span)
        at_left = mine is not None and left.family is not None and left.role == context.role
        at_right = mine is not None and right.family is not None and right.role == context.role
        families = [end.family for end in (left, right) if end.family is not None]
        if not indices:
            if at_left and at_right:
                return core.QueueRef(link.name, None, mine, None), core.QueueRef(link.name, None, None, mine)
            return (core.QueueRef(link.name, None, mine if at_left else None, mine if at_right else None),)
        if len(indices) > len(families):
            message = f"channel `{link.name}` has {_number(len(families))} of instances to choose from"
            self.sink.error(Code.WHICH_INSTANCE, indices[len(families)].span, message)
            return ()
        if len(indices) == 2:
            one, two = (
                self.expression(index, context, family) for index, family in zip(indices, families, strict=True)
            )
            return () if _poisoned(one, two) else (core.QueueRef(link.name, None, one, two),)
        return self._one_index(link, indices[0], mine, (at_left, at_right), context)

    def _one_index(
        self,
        link: Link,
        index: syntax.Expr,
        mine: core.Expr | None,
        at: tuple[bool, bool],
        context: Context,
    ) -> tuple[core.QueueRef, ...]:
        """`link[x]`: the instance of the only family, or inside a family the one at the other end."""
        left, right = link.left, link.right
        sides: tuple[core.Expr | None, core.Expr | None]
        if left.family is None or right.family is None:
            one = self.expression(index, context, left.family if right.family is None else right.family)
            sides = (one, None) if right.family is None else (None, one)
            return () if _poisoned(one) else (core.QueueRef(link.name, None, *sides),)
        if at == (True, True):
            one = self.expression(index, context, left.family)
            if _poisoned(one):
                return ()
            return core.QueueRef(link.name, None, mine, one), core.QueueRef(link.name, None, one, mine)
        if at == (True, False) or at == (False, True):
            one = self.expression(index, context, right.family if at[0] else left.family)
            sides = (mine, one) if at[0] else (one, mine)
            return () if _poisoned(one) else (core.QueueRef(link.name, None, *sides),)
        value = self.settled(self.infer(index, context, None))
        by_type = [side for side, end in enumerate((left, right)) if value.type == end.family]
        if _poisoned(value):
            return ()
        if len(by_type) == 1:
            sides = (value, None) if by_type[0] == 0 else (None, value)
            return (core.QueueRef(link.name, None, *sides),)
        message = f"`{link.name}[...]` does not say which end: {an(value.type)} could be at either"
        if not by_type:
            message = f"{an(value.type)} is at neither end of `{link.name}`"
        help = f"name both ends: `{link.name}[...][...]`, first that of `{left.role}`"
        self.sink.error(Code.WHICH_INSTANCE, index.span, message, help=help)
        return ()

    # ---- sending

    def route(self, item: syntax.Send, context: Context) -> tuple[Link, bool] | None:
        """The channel of a `send`, and whether it goes from left to right."""
        role = context.acting.role
        if role is None:
            if context.mode == "any":  # a `def` of the top level: whoever performs it sends
                return None
            message = "a message is sent by a role"
            self.misplaced(Code.WHICH_CHANNEL, item.span, message, context, "put the action into a role")
            return None
        if item.channel is not None:
            link = self.scope.channels.get(item.channel.text)
            if link is None:
                help = did_you_mean(item.channel.text, self.scope.channels)
                message = f"there is no channel `{item.channel.text}`"
                self.sink.error(Code.UNKNOWN_NAME, item.channel.span, message, help=help)
                return None
            forward = _direction(link, role)
            if forward is None:
                message = f"`{role}` cannot send on channel `{link.name}`"
                note = (Label(link.item.span, "its ends"),)
                self.sink.error(Code.WHICH_CHANNEL, item.channel.span, message, notes=note)
                return None
            return (link, forward) if self._connected(link) else None
        return self._only_route(item, role)

    def _only_route(self, item: syntax.Send, role: str) -> tuple[Link, bool] | None:
        """The only channel that can carry a message from a role: the only one, or the only one where it is handled."""
        ways = [(link, way) for link in self.scope.channels.values() if (way := _direction(link, role)) is not None]
        handled = [way for way in ways if self.handles(*way, item.message.text)]
        for choice in (handled, ways):
            if len(choice) == 1:
                return choice[0] if self._connected(choice[0][0]) else None
        names = " or ".join(f"`via {link.name}`" for link, _ in handled or ways)
        what = "more than one channel" if ways else "no channel"
        message = f"{what} can carry `{item.message.text}` from `{role}`"
        help = f"write {names}" if names else f"declare one: `channel ...: {role} -> ...`"
        self.sink.error(Code.WHICH_CHANNEL, item.span, message, help=help)
        return None

    def _connected(self, link: Link) -> bool:
        """Whether both ends are there; where one is not, that was reported, or a proposal brings it."""
        return link.left.role in self.scope.ends and link.right.role in self.scope.ends

    def handles(self, link: Link, forward: bool, message: str) -> bool:
        """Whether the receiver has a handler, or `ignore`, for the message by this channel."""
        receiver = link.right.role if forward else link.left.role
        for placed in self.scope.handlers.get((receiver, message), ()):
            item = placed.item
            via = item.channel if isinstance(item, syntax.Ignore) else None
            if isinstance(item, syntax.Handler) and isinstance(item.event, syntax.OnMessage):
                via = item.event.channel
            if via is None or via.text == link.name:
                return True
        return False

    def send(self, item: syntax.Send, context: Context) -> core.Send | None:
        """`send Message(field: value) via channel to instance`."""
        known = self.scope.message_types.get(item.message.text)
        if known is None:
            help = did_you_mean(item.message.text, self.scope.message_types)
            message = f"there is no message `{item.message.text}`"
            self.sink.error(Code.UNKNOWN_NAME, item.message.span, message, help=help)
            return None
        fields = self.fields(known, "message", item.arguments, item.span, context)
        way = self.route(item, context)
        if way is None:
            return None
        link, forward = way
        good, receiver = self._receiver(item, link, forward, context)
        if not good:
            return None
        actor = context.acting.self_local
        sender_end = link.left if forward else link.right
        sender = None if actor is None or sender_end.family is None else core.Use(actor, item.span)
        left, right = (sender, receiver) if forward else (receiver, sender)
        return core.Send(link.name, forward, left, right, item.message.text, fields, item.span)

    def _receiver(
        self, item: syntax.Send, link: Link, forward: bool, context: Context
    ) -> tuple[bool, core.Expr | None]:
        """Whether `to` is right, and the instance that it names."""
        end = link.right if forward else link.left
        if end.family is None:
            if item.receiver is not None:
                message = f"there is one `{end.role}` at the other end: it needs no `to`"
                self.sink.error(Code.WHICH_INSTANCE, item.receiver.span, message)
                return False, None
            return True, None
        if item.receiver is None:
            message = f"there are several `{end.role}`s at the other end: to which one?"
            self.sink.error(Code.WHICH_INSTANCE, item.span, message, help="write `to` and the instance at the end")
            return False, None
        value = self.expression(item.receiver, context, end.family)
        return not _poisoned(value), value


def _direction(link: Link, role: str) -> bool | None:
    """Whether a role sends forward on a channel; None if it is at no end that sends."""
    if link.left.role == role:
        return True
    return False if link.both_ways and link.right.role == role else None


def _poisoned(*values: core.Expr) -> bool:
    return any(isinstance(value.type, PoisonType) for value in values)


def _number(count: int) -> str:
    return ("no family", "one family", "two families")[count]
