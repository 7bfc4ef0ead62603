"""Declarations of one protocol or proposal: which of them are the same, and how they are called in sentences."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from plait_spec import syntax
from plait_spec.record import record
from plait_spec.source import Span

Declaration: TypeAlias = (
    syntax.Ids | syntax.Enum | syntax.TypeDef | syntax.Constant | syntax.Message | syntax.Channel | syntax.Role
    | syntax.Var | syntax.Function | syntax.Procedure | syntax.Action | syntax.Handler | syntax.May | syntax.Ignore
    | syntax.Property | syntax.Lemma | syntax.Knows | syntax.Measure | syntax.DeadlockFree | syntax.Terminal
)  # fmt: skip

Key: TypeAlias = tuple[str, ...]
"""What makes two declarations of one role the same one: a kind of name, and the name."""


@record
class Placed:
    """A declaration, the role it stands in, and what it replaced.

    A `var` or `constant` of several names is one declaration for each; a role is its header (no items), and its items
    follow with `role` set.
    """

    item: Declaration
    role: str | None
    inherited: Placed | None = None


_EVERYWHERE = (syntax.Var, syntax.Constant, syntax.Function, syntax.Procedure, syntax.Action)
IN_ROLES = (*_EVERYWHERE, syntax.Handler, syntax.May, syntax.Ignore)
REPLACEABLE = (*_EVERYWHERE, syntax.Handler, syntax.May, syntax.Channel)


def key(item: Declaration) -> Key:
    """The key of a declaration; empty for those that only accumulate."""
    match item:
        case syntax.Var(names=names) | syntax.Constant(names=names):
            return ("name", names[0].text)
        case syntax.Function() | syntax.Procedure() | syntax.Action() | syntax.Channel() | syntax.Role():
            return ("name", item.name.text)
        case syntax.Ids() | syntax.Enum() | syntax.TypeDef():
            return ("type", item.name.text)
        case syntax.Message(name):
            return ("message", name.text)
        case syntax.Property() | syntax.Lemma() | syntax.Knows() | syntax.Measure():
            return ("property", item.name.text)
        case syntax.Handler(event):
            return event_key(event)
        case syntax.Ignore(message, channel):
            return ("on", message.text, channel.text if channel else "")
        case syntax.May(fault):
            return ("may", fault)
        case syntax.DeadlockFree():
            return ("property", "deadlock free")
        case syntax.Terminal():
            return ()
        case _:
            assert_never(item)


def event_key(event: syntax.Event) -> Key:
    """The key of a handler: of a message by its name and channel."""
    match event:
        case syntax.OnMessage(message, _, _, channel):
            return ("on", message.text, channel.text if channel else "")
        case syntax.OnRestart():
            return ("on restart",)
        case syntax.OnBreak(channel):
            return ("on break", channel.text)
        case _:
            assert_never(event)


def kind_of(item: Declaration) -> str:
    """The word for declarations of this kind; for properties, their kind."""
    match item:
        case syntax.Property(kind):
            return kind
        case syntax.Function() | syntax.Procedure():
            return "def"
        case syntax.TypeDef():
            return "type"
        case syntax.Handler():
            return "on"
        case syntax.DeadlockFree():
            return "deadlock free"
        case syntax.Terminal():
            return "terminal when"
        case _:
            return type(item).__name__.lower()


def title(item: Declaration) -> str:
    """A declaration in a sentence: `action ask`."""
    match item:
        case syntax.Handler(event):
            return f"`on {event_text(event)}`"
        case syntax.Ignore(message):
            return f"`ignore {message.text}`"
        case syntax.May(fault):
            return f"`may {fault}`"
        case syntax.DeadlockFree() | syntax.Terminal():
            return f"`{kind_of(item)}`"
        case _:
            return f"`{kind_of(item)} {key(item)[1]}`"


def event_text(event: syntax.Event) -> str:
    """An event as in `on ...`."""
    match event:
        case syntax.OnMessage(message, _, _, channel):
            return f"{message.text} via {channel.text}" if channel else message.text
        case syntax.OnRestart():
            return "restart"
        case syntax.OnBreak(channel):
            return f"break of {channel.text}"
        case _:
            assert_never(event)


def place_of(item: Declaration) -> Span:
    """Where to point at: the name, if there is one."""
    match item:
        case syntax.Var(names=names) | syntax.Constant(names=names):
            return names[0].span
        case syntax.Handler(event):
            return event.span
        case syntax.Ignore() | syntax.May() | syntax.DeadlockFree() | syntax.Terminal():
            return item.span
        case _:
            return item.name.span
