"""CORE and values of its parameters into GROUND: everything written out.

    ground(model, parameters)       the finite model
    expand(ground, expr, values)    one more expression, with values for its bound names (for explanations)
    resolve_took(ground, expr, i)   an expression with its step names decided for an instance
    symmetric_sorts(ground)         sorts whose identities may be exchanged

Raises `SpecError` where the model makes no sense for these parameters or becomes too large.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from plait_spec import core, fold, ground as g
from plait_spec.core_walk import below
from plait_spec.diagnostics import Code
from plait_spec.domain_of import bound_of
from plait_spec.domains import Domain, RangeDomain, RecordDomain, Value, size_within
from plait_spec.ground import Const, Expr, Ground, Instance, SetCell, Slot
from plait_spec.ground_command import Commander, Write, in_one_go
from plait_spec.ground_context import MAX_BINDINGS, MAX_INSTANCES, SMALLER, Context, key_tuples, problem, too_many
from plait_spec.ground_convert import Slots, Term
from plait_spec.ground_expr import Expander
from plait_spec.ground_operators import binary
from plait_spec.ground_state import State, default_parameters, lay_out, parse_parameters, switched_on
from plait_spec.ground_walk import below as ground_below, mentions_step, slots_of
from plait_spec.known import exactly
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.took import resolved
from plait_spec.types import RecordType

__all__ = [
    "default_parameters",
    "expand",
    "ground",
    "parse_parameters",
    "resolve_took",
    "symmetric_sorts",
]


def ground(model: core.Model, parameters: Mapping[str, Value]) -> Ground:
    """The finite model; parameters that are not given have their defaults."""
    state = lay_out(model, parameters)
    context = state.context
    monitors = _monitors(context)
    rules = tuple(index for index, rule in enumerate(model.rules) if switched_on(context, rule))
    return Ground(
        model,
        tuple(context.parameters.items()),
        tuple((sort.name, bound_of(sort.size, context.parameters)) for sort in model.ids),
        state.cells,
        tuple(_channel(context, channel) for channel in model.channels),
        tuple(domain for _, domain in context.messages.values()),
        (*state.start, *(monitor.start for monitor in monitors)),
        rules,
        tuple(_instances(state, rules, monitors)),
        tuple(_property(context, index, claim) for index, claim in enumerate(model.properties)),
        tuple(Expander(context).truth(condition) for condition in model.terminal),
    )


def expand(ground: Ground, expr: core.Expr, values: Mapping[int, Value]) -> Expr:
    """A CORE expression with values for names that are bound outside it, by the id of the `Local`."""
    context = lay_out(ground.model, dict(ground.parameters)).context
    expander = Expander(context, two_states=_has_next(expr))
    for part in below(expr):
        if isinstance(part, core.Use) and part.local.id in values:
            domain = context.domain(part.local.type, part.span)
            expander.bind(part.local, Term(Const(values[part.local.id]), domain))
    return expander.term(expr).expr


def resolve_took(ground: Ground, expr: Expr, instance: Instance | None) -> Expr:
    """The expression with step names decided: for a step of this instance, or (None) where there was no step."""
    if instance is None:
        return resolved(expr, None, (), None)
    message = ground.messages[instance.trigger.message] if isinstance(instance.trigger, g.Receive) else None
    return resolved(expr, ground.model.rules[instance.rule], instance.args, message)


def symmetric_sorts(ground: Ground) -> tuple[str, ...]:
    """The sorts with something to exchange: identities have no order and no literals, so every sort is symmetric."""
    return tuple(name for name, count in ground.ids if count > 1)


def _channel(context: Context, channel: core.Channel) -> g.Channel:
    carrier, _ = context.channel(channel.carrier)
    options = ", ".join(_options(context, channel))
    return g.Channel(channel.name, carrier, channel.left.role, channel.right.role, options)


def _options(context: Context, channel: core.Channel) -> Iterator[str]:
    for option in channel.options:
        if Expander(context).truth(option.switched_on) == g.TRUE:
            bound = "" if option.bound is None else f" {bound_of(option.bound, context.parameters)}"
            yield f"{option.words}{bound}"


# ---- monitors ---------------------------------------------------------------------------------------------------


@record
class _Monitor:
    """One past-time operator: its start, and the updates of its cells with the step names that they mention."""

    start: g.Fix
    before: bool
    updates: tuple[Write, ...]
    steps: frozenset[str]
    slots: int


def _monitors(context: Context) -> list[_Monitor]:
    found: list[_Monitor] = []
    for monitor in context.model.monitors:
        layout = context.layout(monitor.variable)
        starts: list[Expr] = []
        updates: list[Write] = []
        for cell, keys in zip(layout.cells(), key_tuples(layout.keys), strict=True):
            expander = Expander(context)
            _bind_all(expander, monitor.binders, layout.keys, keys)
            starts.append(resolved(expander.truth(monitor.start), None, (), None))
            updates.append(Write((cell,), (), expander.truth(monitor.update)))
        slots = slots_of(*starts, *(update.value for update in updates))
        start = g.Fix(tuple(layout.cells()), tuple(starts))
        found.append(_Monitor(start, monitor.before, tuple(updates), _steps(updates), slots))
    return found


def _steps(updates: Sequence[Write]) -> frozenset[str]:
    return frozenset(part.step for update in updates for part in ground_below(update.value) if isinstance(part, g.Took))


class _Watch:
    """Makes the blocks of monitors of an instance; those that mention no step name of it are made once."""

    def __init__(self, context: Context, monitors: Sequence[_Monitor]) -> None:
        self.context, self.monitors = context, monitors
        self.mentioned = frozenset(step for monitor in monitors for step in monitor.steps)
        self.other = self.blocks(None, (), None)

    def around(self, rule: core.Rule, args: tuple[Value, ...]) -> tuple[g.Block, g.Block, int]:
        """What runs before and after the body, and how many slots it needs."""
        if rule.name not in self.mentioned:
            return self.other
        return self.blocks(rule, args, self.context.received(rule))

    def blocks(
        self, rule: core.Rule | None, args: tuple[Value, ...], message: RecordDomain | None
    ) -> tuple[g.Block, g.Block, int]:
        """The same for any rule (None: one that no monitor mentions)."""
        slots = Slots(max((monitor.slots for monitor in self.monitors), default=1))
        before: list[Write] = []
        after: list[g.Command] = []
        for monitor in self.monitors:
            for update in monitor.updates:
                value = resolved(update.value, rule, args, message)
                if value == g.CellValue(update.cells[0]):
                    continue
                if monitor.before:
                    before.append(Write(update.cells, (), value))
                else:
                    after.append(SetCell(update.cells[0], value))
        return tuple(in_one_go(before, slots)), tuple(after), slots.used


# ---- instances --------------------------------------------------------------------------------------------------


def _instances(state: State, rules: Sequence[int], monitors: Sequence[_Monitor]) -> Iterator[Instance]:
    context = state.context
    watch = _Watch(context, monitors)
    made = 0
    for index in rules:
        rule = context.model.rules[index]
        for instance in _instances_of(state, watch, index, rule):
            made += 1
            if made > MAX_INSTANCES:
                message = f"more than {MAX_INSTANCES:,} ways to take a step, counting those of `{rule.name}`"
                raise problem(Code.MODEL_TOO_LARGE, rule.span, message, SMALLER)
            yield instance


def _instances_of(state: State, watch: _Watch, index: int, rule: core.Rule) -> Iterator[Instance]:
    """The instances of one rule, by arguments, then picks, then queues."""
    context = state.context
    domains = tuple(context.domain(local.type, rule.span) for local in rule.params)
    pick_domains = tuple(context.domain(pick.local.type, rule.span) for pick in rule.picks)
    choices = _bounded(context, domains, rule)
    picks = _bounded(context, pick_domains, rule)
    for args in product(*choices):
        expander = Expander(context)
        _bind_all(expander, rule.params, domains, args)
        triggers = list(_triggers(context, expander, rule))
        guard = expander.truth(rule.guard)
        if fold.is_false(guard):
            continue
        who = None if rule.role is None else _who(state, rule, domains, args)
        before, after, used = watch.around(rule, args)
        for picked in product(*picks):
            whole = fold.conjunction((guard, *_picked(expander, rule, pick_domains, picked)))
            if fold.is_false(whole):
                continue
            body = Commander(expander).block(rule.body)
            slots = max(expander.slots.used, used, slots_of(whole))
            for trigger in triggers:
                yield Instance(index, args, picked, trigger, whole, before, body, after, slots, who)


def _bounded(context: Context, domains: Sequence[Domain], rule: core.Rule) -> list[tuple[Value, ...]]:
    """The values of each domain, if there are not too many combinations."""
    total = 1
    for domain in domains:
        count = size_within(domain, MAX_BINDINGS)
        if count is None or total * count > MAX_BINDINGS:
            raise too_many(rule.span)
        total *= count
    return [context.values(domain, rule.span) for domain in domains]


def _picked(expander: Expander, rule: core.Rule, domains: Sequence[Domain], picked: Sequence[Value]) -> Iterator[Expr]:
    """Bind the picks; yields what they must satisfy."""
    for binder, domain, value in zip(rule.picks, domains, picked, strict=True):
        if binder.over is not None:
            over = expander.term(binder.over)
            yield binary("in", Term(Const(value), domain), over, expander.slots, binder.over.span).expr
        _bind_all(expander, (binder.local,), (domain,), (value,))
    yield expander.truth(rule.pick_where)


def _bind_all(
    expander: Expander, locals: Sequence[core.Local], domains: Sequence[Domain], values: Sequence[Value]
) -> None:
    for local, domain, value in zip(locals, domains, values, strict=True):
        narrow = exactly(value) if isinstance(domain, RangeDomain) else domain
        expander.bind(local, Term(Const(value), narrow))


def _who(state: State, rule: core.Rule, domains: Sequence[Domain], args: Sequence[Value]) -> str | None:
    if rule.role is None or not rule.member:
        return rule.role
    return state.names.member(rule.role, domains[0], args[0])


# ---- triggers ---------------------------------------------------------------------------------------------------


def _triggers(context: Context, expander: Expander, rule: core.Rule) -> Iterator[g.Trigger]:
    """What starts the instance; a loss has one for each queue.  Binds the message."""
    match rule.trigger:
        case core.Act():
            yield g.Act()
        case core.Receive(name, forward, left, right, local, keep):
            message, record = _message(context, local)
            expander.bind(local, Term(Slot(0), record))
            ends = _end(expander, left, rule), _end(expander, right, rule)
            yield g.Receive(_queue(context, name, forward, ends), context.channel(name)[0], message, keep)
        case core.Lose(name):
            index, channel = context.channel(name)
            only = None if channel.carrier == name else index
            for queue in context.queues[channel.carrier]:
                yield g.Lose(queue.cell, only)
        case core.Break(name, left, right, unharmed):
            ends = _end(expander, left, rule), _end(expander, right, rule)
            both = context.channel(context.channel(name)[1].carrier)[1].both_ways
            back = _queue(context, name, False, ends) if both else None
            yield g.Break(_queue(context, name, True, ends), back, unharmed)


def _message(context: Context, local: core.Local) -> tuple[int, RecordDomain]:
    if not isinstance(local.type, RecordType):
        raise BrokenLaw("a received message is a record", local.name)
    return context.message(local.type.name)


def _end(expander: Expander, end: core.Expr | None, rule: core.Rule) -> Value:
    if end is None:
        return None
    found = expander.term(end).expr
    if not isinstance(found, Const):
        raise BrokenLaw("a trigger reads the arguments of its rule only", rule.name)
    return found.value


def _queue(context: Context, channel: str, forward: bool, ends: tuple[Value, Value]) -> int:
    for queue in context.queues[context.channel(channel)[1].carrier]:
        if queue.forward == forward and (queue.left, queue.right) == ends:
            return queue.cell
    raise BrokenLaw("a trigger names one queue", f"{channel} between {ends[0]} and {ends[1]}")


# ---- properties -------------------------------------------------------------------------------------------------


def _property(context: Context, index: int, claim: core.Property) -> g.Property:
    """A property; one about whole runs has no expression here, and `true` stands for it."""
    steps = _step_names(context.model, claim)
    if _is_temporal(claim.expr):
        return g.Property(index, claim.name, claim.kind, g.TRUE, None, False, 1, steps)
    expander = Expander(context, two_states=claim.kind == "step")
    expr = expander.term(claim.expr).expr
    lemma = claim.kind == "lemma"  # an invariant; what speaks of states that cannot be is not in vain there
    antecedent = None if claim.antecedent is None or lemma else expander.term(claim.antecedent).expr
    exprs = (expr,) if antecedent is None else (expr, antecedent)
    on_steps = claim.kind == "step" or any(map(mentions_step, exprs))
    kind = "always" if lemma else claim.kind
    return g.Property(index, claim.name, kind, expr, antecedent, on_steps, slots_of(*exprs), steps)


def _is_temporal(expr: core.Expr) -> bool:
    return any(isinstance(part, core.Temporal) for part in below(expr))


def _has_next(expr: core.Expr) -> bool:
    return any(isinstance(part, core.Next) for part in below(expr))


def _step_names(model: core.Model, claim: core.Property) -> tuple[str, ...]:
    """The step names that a property mentions, itself or through its monitors, in the order of the rules."""
    exprs = [claim.expr, *([] if claim.antecedent is None else [claim.antecedent])]
    for monitor in model.monitors:
        if monitor.variable in claim.monitors:
            exprs += [monitor.start, monitor.update]
    named = {part.step for expr in exprs for part in below(expr) if isinstance(part, core.Took)}
    return tuple(dict.fromkeys(rule.name for rule in model.rules if rule.name in named))
