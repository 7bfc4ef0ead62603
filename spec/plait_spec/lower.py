"""One protocol or proposal with its names in place, into CORE.

Reads top to bottom: parameters, roles, channels, variables, steps and faults in the order of their declarations,
properties, expectations; then the laws of CORE are checked.
"""

from __future__ import annotations

from dataclasses import replace

from plait_spec import syntax
from plait_spec.check_scenarios import check_scenarios
from plait_spec.core import (
    AnyValue,
    At,
    Binder,
    Channel,
    End,
    Expr,
    MapWhere,
    Model,
    ParameterDecl,
    Quantifier,
    Rule,
    Use,
    Variable,
    VariableKind,
)
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.elaborate import Context, Elaborator
from plait_spec.lower_channels import Fault, Wire, fault, lower_channels, true
from plait_spec.lower_faults import Faults, Reaction, RoleFacts, Volatile
from plait_spec.lower_properties import Claim, lower_claims, lower_expectations
from plait_spec.lower_steps import Delivery, Steps, check_handlers, duplicates, needed
from plait_spec.proposals import Flat, Placed
from plait_spec.record import record
from plait_spec.scope import Scope
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import BOOL, MapType, Type


def lower(flat: Flat, sink: Sink) -> Model | None:
    """The CORE model of a protocol; None if it is abstract or wrong (then the sink says why).

    Abstract protocols are elaborated all the same, for their names and types: only what may still be added to them
    (handlers) is not asked for.
    """
    scope = Scope(flat, sink)
    elaborator = Elaborator(scope, sink)
    parameters = _parameters(elaborator, flat)
    draft = _Draft(elaborator, flat, sink)
    draft.lower_all()
    elaborator.check_defs()
    claims = lower_claims(elaborator, draft.claims, draft.terminals)
    expectations = lower_expectations(elaborator, flat.expectations, parameters, claims.properties, sink)
    check_scenarios(elaborator)
    if flat.abstract or sink.has_errors:
        return None
    return Model(
        protocol=flat.protocol,
        proposal=flat.proposal,
        parameters=parameters,
        ids=scope.ids,
        roles=tuple(role.end for role in draft.roles.values()),
        variables=tuple(draft.variables) + claims.variables,
        messages=scope.messages,
        channels=draft.channels(),
        rules=tuple(draft.rules),
        monitors=claims.monitors,
        properties=claims.properties,
        terminal=claims.terminal,
        expectations=expectations,
        foreign_reads=elaborator.foreign_reads,
        span=flat.span,
        doc=flat.doc,
    )


def _parameters(elaborator: Elaborator, flat: Flat) -> tuple[ParameterDecl, ...]:
    """The parameters with their defaults."""
    found = []
    for item in flat.parameters:
        type = elaborator.type(item.type)
        default = elaborator.expression(item.default, Context(mode="parameters", before=item.name.text), type)
        found.append(ParameterDecl(item.name.text, type, default, item.span))
    return tuple(found)


@record
class _Entry:
    """A rule, or the deliveries of a handler, at its place in the order of the text."""

    rules: tuple[Rule, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


class _Draft:
    """Everything that is declared, sorted by what it becomes."""

    def __init__(self, elaborator: Elaborator, flat: Flat, sink: Sink) -> None:
        self.elaborator, self.flat, self.sink = elaborator, flat, sink
        self.variables: list[Variable] = []
        self.rules: list[Rule] = []
        self.claims: tuple[Claim, ...] = ()
        self.terminals: tuple[syntax.Terminal, ...] = ()
        self.roles: dict[str, RoleFacts] = {}
        self.wires: dict[str, Wire] = {}
        self.sent: dict[str, list[str]] = {}

    def lower_all(self) -> None:
        """Roles and channels first, since everything else refers to them."""
        items = self.flat.declarations
        ends = self.elaborator.scope.ends
        self.roles = {name: self.role(name, end) for name, end in ends.items()}
        channels = tuple(placed.item for placed in items if isinstance(placed.item, syntax.Channel))
        self.wires = lower_channels(self.elaborator, channels, ends, self.sink)
        self.lower_variables()
        self.lower_rules()
        self.claims = tuple(placed.item for placed in items if isinstance(placed.item, Claim))
        self.terminals = tuple(placed.item for placed in items if isinstance(placed.item, syntax.Terminal))

    # ---- roles

    def role(self, name: str, end: End) -> RoleFacts:
        """The faults, volatile variables and restart handler of a role."""
        faults: dict[str, Fault] = {}
        restarts: list[Reaction] = []
        volatile: list[Volatile] = []
        for placed in self.flat.declarations:
            match placed.item:
                case syntax.May(kind, budget, _, span) if placed.role == name:
                    if kind in faults:
                        self.twice(f"`may {kind}`", span, faults[kind].span)
                    else:
                        faults[kind] = fault(self.elaborator, f"{name}.{kind}", budget, span)
                case syntax.Var("volatile", names, type, initial) if placed.role == name:
                    own = self.elaborator.type(type)
                    volatile += [Volatile(f"{name}.{each.text}", own, initial, placed.inherited) for each in names]
                case syntax.Handler(syntax.OnRestart()) if placed.role == name:
                    reaction = Reaction(placed.item, name, placed.inherited)
                    if restarts:
                        self.twice("`on restart`", reaction.item.span, restarts[0].item.span)
                    restarts.append(reaction)
                case _:
                    pass
        facts = RoleFacts(
            end, faults.get("crash"), faults.get("restart"), tuple(volatile), restarts[0] if restarts else None
        )
        if restarts and not faults:
            message = f"`{name}` never restarts"
            self.sink.error(Code.BAD_HANDLER, restarts[0].item.span, message, help="write `may crash` or `may restart`")
        return facts

    def twice(self, what: str, span: Span, first: Span) -> None:
        """Something that a role has once is there again."""
        self.sink.error(Code.SAID_TWICE, span, f"a second {what} of one role", notes=(Label(first, "the first one"),))

    # ---- variables

    def lower_variables(self) -> None:
        """Variables and constants in order, then `up` flags and budgets."""
        for placed in self.flat.declarations:
            match placed.item:
                case syntax.Var(lifetime, names, type, initial, doc, span):
                    kind: VariableKind = "ghost" if lifetime == "ghost" else "variable"
                    for name in names:
                        self.variables.append(self.variable(placed, name.text, kind, type, initial, doc, span))
                case syntax.Constant(names, type, initial, doc, span):
                    for name in names:
                        self.variables.append(self.variable(placed, name.text, "constant", type, initial, doc, span))
                case _:
                    pass
        for role in self.roles.values():
            up = role.up_variable()
            self.variables += [up] if up is not None else []
            self.variables += [
                one.budget for one in (role.crash, role.restart) if one is not None and one.budget is not None
            ]
        for wire in self.wires.values():
            if not wire.joined:
                faults = (wire.lose, wire.duplicate, wire.breaks)
                self.variables += [one.budget for one in faults if one is not None and one.budget is not None]

    def variable(
        self,
        placed: Placed,
        name: str,
        kind: VariableKind,
        type_expr: syntax.TypeExpr,
        initial: syntax.Initial,
        doc: syntax.Doc,
        span: Span,
    ) -> Variable:
        """One variable with the family's identity as its first key."""
        full = name if placed.role is None else f"{placed.role}.{name}"
        own = self.elaborator.type(type_expr)
        family = None if placed.role is None else self.roles[placed.role].end.family
        whole: Type = own if family is None else MapType(family, own)
        context = Context(
            mode="initial", role=placed.role, before=full, ghost=kind == "ghost", inherited=placed.inherited
        )
        start: Expr | AnyValue
        if isinstance(initial, syntax.AnyValue):
            start = AnyValue(self.elaborator.fresh(name, whole), true(span))
        elif isinstance(initial, syntax.AnyWhere):
            start = self.any_where(initial, context, own, family, whole)
        elif family is None:
            start = self.elaborator.expression(initial, context, own)
        else:
            member = self.elaborator.fresh("self", family)
            value = self.elaborator.expression(initial, replace(context, self_local=member), own)
            start = MapWhere(member, value, whole, span)
        return Variable(full, placed.role, family, whole, start, kind, span, doc)

    def any_where(
        self, initial: syntax.AnyWhere, context: Context, own: Type, family: Type | None, whole: Type
    ) -> AnyValue:
        """`any x where p`; in a family, for the value of every instance."""
        local = self.elaborator.fresh(initial.name.text, whole)
        value: Expr = Use(local, initial.span)
        if family is None:
            condition = self.elaborator.condition(initial.condition, context.bind(initial.name.text, value))
            return AnyValue(local, condition)
        member = self.elaborator.fresh("self", family)
        value = At(value, Use(member, initial.span), own, initial.span)
        inside = replace(context, self_local=member).bind(initial.name.text, value)
        condition = self.elaborator.condition(initial.condition, inside)
        every = Quantifier("all", (Binder(member),), true(initial.span), condition, BOOL, initial.span)
        return AnyValue(local, every)

    # ---- steps

    def lower_rules(self) -> None:
        """Actions, handlers and faults in the order of their declarations."""
        faults = Faults(self.elaborator, self.roles, self.wires, self.on_breaks(), self.sink)
        messages = {record.name: record for record in self.elaborator.scope.messages}
        steps = Steps(self.elaborator, self.roles, self.wires, messages, self.sink)
        entries = [entry for placed in self.flat.declarations for entry in self.entries(placed, faults, steps)]
        deliveries = [delivery for entry in entries for delivery in entry.deliveries]
        kept, sent = needed(deliveries, [rule.body for entry in entries for rule in entry.rules])
        if not self.flat.abstract:
            check_handlers(self.wires, kept, sent, self.sink)
        for channel, _, message in sent:
            names = self.sent.setdefault(channel, [])
            names += [message] if message not in names else []
        alive = {id(delivery) for delivery in kept}
        for entry in entries:
            self.rules += entry.rules
            for delivery in entry.deliveries:
                if id(delivery) in alive:
                    twin = duplicates(delivery)
                    self.rules += [delivery.rule] if twin is None else [delivery.rule, twin]

    def entries(self, placed: Placed, faults: Faults, steps: Steps) -> list[_Entry]:
        """What one declaration adds to the rules."""
        match placed.item:
            case syntax.Action():
                return [_Entry((steps.action(placed.item, placed),))]
            case syntax.Handler(syntax.OnMessage()) | syntax.Ignore():
                return [_Entry(deliveries=tuple(steps.deliveries(placed.item, placed)))]
            case syntax.Channel(name) if name.text in self.wires:
                return [_Entry(faults.channel_rules(self.wires[name.text]))]
            case syntax.May(kind) if placed.role is not None:
                role = self.roles[placed.role]
                return [_Entry(faults.crash_rules(role) if kind == "crash" else faults.restart_rules(role))]
            case _:
                return []

    def on_breaks(self) -> tuple[Reaction, ...]:
        """The handlers of breaks, in order, of channels that exist."""
        found = []
        for placed in self.flat.declarations:
            match placed.item:
                case syntax.Handler(syntax.OnBreak(channel)) if placed.role is not None:
                    if channel.text in self.wires:
                        self.check_break(placed.item, placed.role, self.wires[channel.text])
                        found.append(Reaction(placed.item, placed.role, placed.inherited))
                    else:
                        message = f"there is no channel `{channel.text}`"
                        help = did_you_mean(channel.text, self.wires)
                        self.sink.error(Code.UNKNOWN_NAME, channel.span, message, help=help)
                case _:
                    pass
        return tuple(found)

    def check_break(self, item: syntax.Handler, role: str, wire: Wire) -> None:
        """The handler of a break stands at an end of a channel that can break."""
        name, ends = wire.channel.name, (wire.channel.left.role, wire.channel.right.role)
        notes = (Label(wire.channel.span, "the channel"),)
        if role not in ends:
            message = f"`{role}` is not at an end of channel `{name}`"
            self.sink.error(Code.BAD_HANDLER, item.event.span, message, notes=notes)
        elif wire.breaks is None and not wire.cleared_by:
            message, help = f"channel `{name}` never breaks", "write `may break` or `cleared by crash of ...`"
            self.sink.error(Code.BAD_HANDLER, item.event.span, message, notes=notes, help=help)

    def channels(self) -> tuple[Channel, ...]:
        """The channels with the messages that are sent over them."""
        return tuple(
            replace(wire.channel, messages=tuple(self.sent.get(name, ()))) for name, wire in self.wires.items()
        )
