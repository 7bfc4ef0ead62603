"""What may go wrong in a model, and the same model with less of it.

    Source  = something that may go wrong, and how often: `master.restart` up to 2, `link.lose` without limit
    Levels  = how often each source may happen, by name: 0 is never, None as often as the text says

A *fault* is what the text declares with `may`, and what `unordered` adds to a channel:

* `ROLE.crash`, `ROLE.restart`: `may crash`, `may restart`, for all instances of the role together.  What a crash does
  besides (memory lost, queues cleared, breaks at other ends) belongs to it, and so does the restart after it.
* `CHANNEL.lose`, `CHANNEL.duplicate`, `CHANNEL.break`: for all queues of the channel together, and for those who join.
* `CHANNEL.reorder`: a bag delivers in any order.  Without it the channel is an ordered queue of the same capacity, with
  all its other options: only the oldest message is delivered, and it holds up those behind it until it can be.

On request an `environment` action counts as one too.  Nothing else does: that two channels keep no order between them
is what two channels mean, and a bound such as `capacity` is not of the world.

Less of it is less behaviour.  Without rules that are faults a model has those of its runs that do not take them, and a
smaller budget leaves those that take them less often.  Each run of an ordered queue is one of the bag with the same
messages in it: the bag offers its oldest message too, `distinct`, `capacity` and losses look at which messages are
there and not at their order, and so do guards and properties.  A run that breaks a property therefore still does where
more may go wrong.  What is no run need not: a dead end can be one only because no fault is there to leave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from plait.trace import Message, Step, Trace
from plait_spec import core
from plait_spec.domains import RangeDomain
from plait_spec.ground import Ground
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import BOOL, INT, Number

Kind: TypeAlias = Literal["crash", "restart", "lose", "duplicate", "break", "reorder", "environment"]
Levels: TypeAlias = Mapping[str, int | None]


@record
class Source:
    """Something that may go wrong.

    `about` is the role or channel (an environment action's own name).  `limit` is how often it may happen, None where
    that is not counted: then it is there or not.
    """

    name: str
    kind: Kind
    about: str
    limit: int | None

    @property
    def most(self) -> int:
        """The highest level that makes a difference."""
        return 1 if self.limit is None else self.limit


def sources_of(ground: Ground, *, environment: bool = False) -> tuple[Source, ...]:
    """What may go wrong for these parameters, in the order of the declarations."""
    return tuple({source.name: source for source in _sources(ground, environment)}.values())


def _sources(ground: Ground, environment: bool) -> Iterator[Source]:
    model = ground.model
    limits = {
        cell.variable: cell.domain.hi
        for cell in ground.cells
        if cell.kind == "budget" and isinstance(cell.domain, RangeDomain)
    }
    for index in ground.rules:
        rule = model.rules[index]
        name = _source(model, rule)
        if name is not None and (environment or _kind(rule) != "environment"):
            about = rule.name if _kind(rule) == "environment" else name.rpartition(".")[0]
            yield Source(name, _kind(rule), about, limits.get(name))
    for cell in ground.cells:
        queue = cell.queue
        if queue is not None and not queue.ordered and queue.bound > 1:
            about = model.channels[queue.carrier].name
            yield Source(f"{about}.reorder", "reorder", about, None)


def _source(model: core.Model, rule: core.Rule) -> str | None:
    """The source that a rule belongs to, if it is a fault or done by the environment."""
    match rule.kind:
        case "crash" | "lose" | "break":
            return rule.name
        case "restart":
            return None if _recovers(model, rule) else rule.name
        case "duplicate":
            assert isinstance(rule.trigger, core.Receive)
            return f"{_carrier(model, rule.trigger.channel)}.duplicate"
        case "action" if rule.environment:
            return rule.name
        case _:
            return None


def _kind(rule: core.Rule) -> Kind:
    match rule.kind:
        case "action" | "handler":
            return "environment"
        case kind:
            return kind


def _recovers(model: core.Model, rule: core.Rule) -> bool:
    """Whether it is the restart after a crash, which is no fault of its own."""
    up = {variable.name for variable in model.variables if variable.kind == "up"}
    return any(isinstance(command, core.Assign) and command.place.variable in up for command in rule.body)


def _carrier(model: core.Model, channel: str) -> str:
    return next(one.carrier for one in model.channels if one.name == channel)


# ---- less of it


def limited(model: core.Model, levels: Levels) -> core.Model:
    """The model in which each named source happens at most so often; others are as they were.

    A level belongs to a budget: where the text counts nothing it is 0 or None.
    """
    rules = tuple(_limited_rule(model, rule, levels) for rule in model.rules)
    channels = tuple(_limited_channel(channel, levels) for channel in model.channels)
    return replace(model, rules=rules, channels=channels)


def _limited_rule(model: core.Model, rule: core.Rule, levels: Levels) -> core.Rule:
    name = _source(model, rule)
    level = None if name is None else levels.get(name)
    if name is None or level is None:
        return rule
    if level == 0:
        return replace(rule, switched_on=core.Literal(value=False, type=BOOL, span=rule.span))
    return replace(rule, guard=_and(_below(model, name, level, rule.span), rule.guard))


def _below(model: core.Model, budget: str, level: int, span: Span) -> core.Expr:
    """That the budget was used less often."""
    counter = next(one for one in model.variables if one.kind == "budget" and one.name == budget)
    used = core.Read(counter.name, counter.type, span)
    return core.Binary("<", used, core.Literal(level, INT, span), BOOL, span)


def _and(first: core.Expr, then: core.Expr) -> core.Expr:
    return core.Binary("and", first, then, BOOL, first.span)


def _limited_channel(channel: core.Channel, levels: Levels) -> core.Channel:
    in_order = channel.ordered or levels.get(f"{channel.carrier}.reorder") == 0
    options = tuple(_limited_option(channel, option, levels, in_order=in_order) for option in channel.options)
    return replace(channel, ordered=in_order, options=tuple(option for option in options if option is not None))


def _limited_option(
    channel: core.Channel, option: core.ChannelOption, levels: Levels, *, in_order: bool
) -> core.ChannelOption | None:
    """The words about the channel say what is left."""
    if option.words == "unordered" and in_order:
        return replace(option, words="ordered")
    level = levels.get(f"{channel.carrier}.{option.words.removeprefix('may ')}")
    if level is None:
        return option
    return None if level == 0 else replace(option, bound=Number(level))


# ---- what a run used


def used(model: core.Model, trace: Trace, sources: tuple[Source, ...]) -> dict[str, int]:
    """How often each source happened in a run: as often as that, and no more, is enough for it.

    What is not counted is 1 where it happened.  Where a run ends in a step that errs nothing is known of the message
    of that step: then duplicates and reordering count as if they had happened.
    """
    found = dict.fromkeys((source.name for source in sources), 0)
    limits = {source.name: source.limit for source in sources}
    for step in trace.steps:
        for name in _happened(model, trace, step):
            if name in found:
                found[name] = 1 if limits[name] is None else found[name] + 1
    return found


def _happened(model: core.Model, trace: Trace, step: Step) -> Iterator[str]:
    erring = trace.kind == "error" and step.number == len(trace.steps)
    carriers = {channel.name: channel.carrier for channel in model.channels}
    match step.kind:
        case "crash" | "restart" | "lose" | "break":
            yield step.name
        case "action" if step.environment:
            yield step.name
        case "handler" | "duplicate" if step.received is not None:
            message = trace.messages[step.received]
            if step.kind == "duplicate":
                yield f"{carriers[message.channel]}.duplicate"
            if _overtakes(trace, carriers, message, step.number):
                yield f"{carriers[message.channel]}.reorder"
        case "handler" | "duplicate" if erring:
            for carrier in dict.fromkeys(carriers.values()):
                yield f"{carrier}.reorder"
                if step.kind == "duplicate":
                    yield f"{carrier}.duplicate"
        case _:
            pass


def _overtakes(trace: Trace, carriers: Mapping[str, str], message: Message, number: int) -> bool:
    """Whether an older message waits in the same queue when this one is delivered.

    Messages are numbered as they are sent; a copy stays where the message was.
    """
    queue = (carriers[message.channel], message.sender, message.receiver)
    return any(
        (carriers[other.channel], other.sender, other.receiver) == queue
        and other.id != message.id
        and other.sent < number
        and (other.ended is None or other.ended >= number)
        and _age(trace, other) < _age(trace, message)
        for other in trace.messages
    )


def _age(trace: Trace, message: Message) -> int:
    """The number of the message that was sent, of which this may be a copy of a copy."""
    while message.copy_of is not None:
        message = trace.messages[message.copy_of]
    return message.id
