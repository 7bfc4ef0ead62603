"""The laws of CORE: what every model that leaves the front-end keeps, whatever its text.

`validate(model)` raises `BrokenLaw` with the name of the law.  A broken law is an error of the front-end, never of a
text.  The laws of GROUND are in `validate_ground`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from plait_spec.core import (
    Act,
    Aggregate,
    AnyValue,
    Assert,
    Assign,
    Binary,
    Bind,
    Binder,
    Block,
    Break,
    Clear,
    Expr,
    ForEach,
    Has,
    LetIn,
    Local,
    Lose,
    MakeRecord,
    MapWhere,
    Model,
    Next,
    Parameter,
    Past,
    Place,
    Property,
    Quantifier,
    QueueRef,
    QueueSize,
    Read,
    Receive,
    Rule,
    Send,
    SetWhere,
    Temporal,
    Took,
    Use,
    Variable,
    When,
)
from plait_spec.core_walk import below, parts
from plait_spec.laws import BrokenLaw as BrokenLaw, require
from plait_spec.types import (
    BOOL,
    BoolType,
    EmptyType,
    IntType,
    MapType,
    NoneType,
    OptionType,
    PoisonType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    Type,
)

RUN_KINDS = frozenset({"eventually", "always eventually", "eventually always", "always reachable"})


def validate(model: Model) -> None:
    """Raise `BrokenLaw` if the model breaks a law of CORE."""
    _Laws(model).all()


def fits(value: Type, place: Type) -> bool:
    """Whether values of a type may be put into a place of another; numbers may, and are checked when it runs."""
    match value, place:
        case PoisonType(), _:
            return False
        case IntType() | RangeType(), IntType() | RangeType():
            return True
        case NoneType(), OptionType():
            return True
        case OptionType(of), OptionType(wanted):
            return fits(of, wanted)
        case _, OptionType(wanted):
            return fits(value, wanted)
        case EmptyType(of="set"), SetType():
            return True
        case EmptyType(of="seq"), SeqType():
            return True
        case SetType(of), SetType(wanted):
            return fits(of, wanted)
        case SeqType(of, _), SeqType(wanted, _):
            return fits(of, wanted)
        case MapType(), MapType():
            return fits(value.key, place.key) and fits(value.value, place.value)
        case RecordType(), RecordType():
            return value.name == place.name
        case _:
            return value == place


class _Laws:
    """The laws, with what they look up."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.variables = {variable.name: variable for variable in model.variables}
        self.channels = {channel.name: channel for channel in model.channels}
        self.messages = {message.name: message for message in model.messages}
        self.parameters = {parameter.name for parameter in model.parameters}
        self.roles = {role.role for role in model.roles}
        self.steps = {rule.name for rule in model.rules}

    def all(self) -> None:
        """Every law."""
        self.names()
        for channel in self.model.channels:
            carrier = self.channels.get(channel.carrier)
            require(carrier is not None and carrier.carrier == carrier.name, "carriers carry themselves", channel.name)
            for end in (channel.left, channel.right):
                require(end.role in self.roles, "ends of channels are roles", f"{channel.name}: {end.role}")
            for message in channel.messages:
                require(message in self.messages, "messages are declared", message)
        self.declarations()
        for rule in self.model.rules:
            self.rule(rule)
        self.monitors()
        for claim in self.model.properties:
            self.property(claim)
        for condition in self.model.terminal:
            self.condition(condition, frozenset(), "terminal conditions")

    def names(self) -> None:
        """Names are unique."""
        model = self.model
        _unique("parameters", (parameter.name for parameter in model.parameters))
        _unique("sorts", (sort.name for sort in model.ids))
        _unique("variables", (variable.name for variable in model.variables))
        _unique("messages", (message.name for message in model.messages))
        _unique("channels", (channel.name for channel in model.channels))
        _unique("properties", (claim.name for claim in model.properties))

    # ---- variables

    def declarations(self) -> None:
        """Initial values read parameters and earlier constants."""
        earlier: set[str] = set()
        for variable in self.model.variables:
            self.initial(variable, earlier)
            if variable.kind == "constant":
                earlier.add(variable.name)

    def initial(self, variable: Variable, earlier: set[str]) -> None:
        """One initial value."""
        bound: frozenset[int] = frozenset()
        expr = variable.initial
        if isinstance(expr, AnyValue):
            bound = frozenset({expr.local.id})
            expr = expr.where
        else:
            require(fits(expr.type, variable.type), "types agree at assignments", variable.name)
        self.expression(expr, bound)
        _plain(expr, variable.name)
        for part in below(expr):
            if isinstance(part, Read):
                require(part.variable in earlier, "initial values read earlier constants", variable.name)

    # ---- expressions

    def condition(self, expr: Expr, bound: frozenset[int], where: str) -> None:
        """An expression that is true or false."""
        require(isinstance(expr.type, BoolType), "conditions are bool", f"{where} at {expr.span}")
        self.expression(expr, bound)

    def expression(self, expr: Expr, bound: frozenset[int]) -> None:
        """Names are bound and declared."""
        require(not isinstance(expr.type, PoisonType), "no wrong types are left", str(expr.span))
        match expr:
            case Use(local):
                require(local.id in bound, "names are bound where they are used", f"{local.name} at {expr.span}")
            case Parameter(name):
                require(name in self.parameters, "parameters are declared", name)
            case Read(name, type):
                found = self.variables.get(name)
                require(found is not None and found.type == type, "variables are declared", name)
            case MakeRecord(fields, type):
                self.record(fields, type, str(expr.span))
            case Has(queues, message, fields):
                self.queues(queues)
                record = self.message(message)
                for name, _ in fields:
                    require(record.field(name) is not None, "fields are declared", f"{message}.{name}")
            case QueueSize(queues):
                self.queues(queues)
            case Took(step, args):
                require(step in self.steps, "steps are declared", step)
                for name, _ in args:
                    require(self.step_has(step, name), "arguments of a step name", f"{step}: {name}")
            case _:
                pass
        self.inside(expr, bound)

    def inside(self, expr: Expr, bound: frozenset[int]) -> None:
        """The parts of an expression, under the names that it binds."""
        match expr:
            case LetIn(local, value, body):
                self.expression(value, bound)
                self.expression(body, bound | {local.id})
            case MapWhere(local, value):
                self.expression(value, bound | {local.id})
            case SetWhere(binder, where):
                self.condition(where, self.binders((binder,), bound), "`where`")
            case Quantifier(_, binders, where, body):
                inner = self.binders(binders, bound)
                self.condition(where, inner, "`where`")
                self.expression(body, inner)
            case Aggregate(_, binders, where, value):
                inner = self.binders(binders, bound)
                self.condition(where, inner, "`where`")
                self.expression(value, inner)
            case Binary("and" | "or" | "implies" | "iff"):
                self.condition(expr.left, bound, expr.op)
                self.condition(expr.right, bound, expr.op)
            case _:
                for part in parts(expr):
                    self.expression(part, bound)

    def binders(self, binders: Iterable[Binder], bound: frozenset[int]) -> frozenset[int]:
        """The names that are bound after these binders; each may read those before it."""
        for binder in binders:
            if binder.over is not None:
                self.expression(binder.over, bound)
            bound |= {binder.local.id}
        return bound

    def record(self, fields: tuple[Expr, ...], record: RecordType, where: str) -> None:
        """Values for each field."""
        require(len(fields) == len(record.fields), "records have all their fields", f"{record.name} at {where}")
        for expr, (name, type) in zip(fields, record.fields, strict=True):
            require(fits(expr.type, type), "types agree at assignments", f"{record.name}.{name} at {where}")

    def message(self, name: str) -> RecordType:
        """A declared message."""
        require(name in self.messages, "messages are declared", name)
        return self.messages[name]

    def queues(self, ref: QueueRef) -> None:
        """A declared channel."""
        require(ref.channel in self.channels, "channels are declared", ref.channel)

    def step_has(self, step: str, name: str) -> bool:
        """Whether some rule of the step has a parameter of the name, or receives a message with such a field."""
        for rule in self.model.rules:
            names = {local.name for local in rule.params}
            names |= {"self"} if rule.member else set()
            names |= {"from"} if rule.sender is not None else set()
            if isinstance(rule.trigger, Receive) and isinstance(rule.trigger.message.type, RecordType):
                names |= {field for field, _ in rule.trigger.message.type.fields}
            if rule.name == step and name in names:
                return True
        return False

    # ---- rules

    def rule(self, rule: Rule) -> None:
        """A rule with its trigger, conditions and body."""
        bound = frozenset(local.id for local in rule.params)
        require(
            rule.member <= (bool(rule.params) and rule.role is not None), "members have a first parameter", rule.name
        )
        require(rule.sender is None or rule.sender < len(rule.params), "senders are parameters", rule.name)
        self.condition(rule.switched_on, frozenset(), rule.name)
        _reads_nothing(rule.switched_on, f"what switches on {rule.name}")
        for end in self.trigger(rule):
            self.expression(end, bound)
            _reads_nothing(end, f"the trigger of {rule.name}")
        if isinstance(rule.trigger, Receive):
            bound |= {rule.trigger.message.id}
        self.condition(rule.guard, bound, rule.name)
        bound = self.binders(rule.picks, bound)
        self.condition(rule.pick_where, bound, rule.name)
        picked = (pick.over for pick in rule.picks if pick.over is not None)
        for expr in (rule.guard, rule.pick_where, *picked):
            _plain(expr, rule.name)
        self.block(rule.body, bound, rule)

    def trigger(self, rule: Rule) -> tuple[Expr, ...]:
        """The channel of a trigger is declared; the identities that it reads."""
        match rule.trigger:
            case Act():
                return ()
            case Receive(channel, _, left, right, message):
                require(channel in self.channels, "channels are declared", channel)
                require(isinstance(message.type, RecordType), "a received message is a record", rule.name)
                self.message(message.type.name if isinstance(message.type, RecordType) else "")
                return self.ends(channel, left, right)
            case Lose(channel):
                require(channel in self.channels, "channels are declared", channel)
                return ()
            case Break(channel, left, right):
                require(channel in self.channels, "channels are declared", channel)
                require(self.channels[channel].ordered, "breaks are for ordered channels", channel)
                return self.ends(channel, left, right)
            case _:
                assert_never(rule.trigger)

    def ends(self, channel: str, left: Expr | None, right: Expr | None) -> tuple[Expr, ...]:
        """One queue is meant: identities exactly where the end is a family."""
        declared = self.channels[channel]
        for end, given in ((declared.left, left), (declared.right, right)):
            require((end.family is None) == (given is None), "one queue is named", f"{channel}: {end.role}")
        return tuple(given for given in (left, right) if given is not None)

    def block(self, block: Block, bound: frozenset[int], rule: Rule) -> None:
        """Commands one after the other."""
        for command in block:
            match command:
                case Assign(place, value):
                    self.assign(place, value, bound, rule)
                case Send(channel, _, left, right, message, fields):
                    require(channel in self.channels, "channels are declared", channel)
                    self.record(fields, self.message(message), str(command.span))
                    self.each((*self.ends(channel, left, right), *fields), bound, rule)
                case Clear(queues):
                    self.queues(queues)
                    self.each((end for end in (queues.left, queues.right) if end is not None), bound, rule)
                case Bind(local, value):
                    self.each((value,), bound, rule)
                    bound |= {local.id}
                case Assert(condition):
                    self.test(condition, bound, rule)
                case When(condition, yes, no):
                    self.test(condition, bound, rule)
                    self.block(yes, bound, rule)
                    self.block(no, bound, rule)
                case ForEach(binders, where, body):
                    inner = self.binders(binders, bound)
                    self.test(where, inner, rule)
                    self.block(body, inner, rule)
                case _:
                    assert_never(command)

    def each(self, exprs: Iterable[Expr], bound: frozenset[int], rule: Rule) -> None:
        """Expressions of a body."""
        for expr in exprs:
            self.expression(expr, bound)
            _plain(expr, rule.name)

    def test(self, condition: Expr, bound: frozenset[int], rule: Rule) -> None:
        """A condition of a body."""
        self.condition(condition, bound, rule.name)
        _plain(condition, rule.name)

    def assign(self, place: Place, value: Expr, bound: frozenset[int], rule: Rule) -> None:
        """A place that may be written, and a value for it."""
        variable = self.variables.get(place.variable)
        require(variable is not None, "variables are declared", place.variable)
        assert variable is not None
        require(variable.kind != "constant", "constants are never written", f"{place.variable} by {rule.name}")
        require(variable.kind != "monitor", "monitors are written by their updates", f"{place.variable} by {rule.name}")
        reached: Type | None = variable.type
        for part in place.path:
            reached = _one_in(reached, part)
        require(reached is not None and fits(value.type, reached), "types agree at assignments", str(place.span))
        self.each((*(part for part in place.path if not isinstance(part, str)), value), bound, rule)

    # ---- monitors and properties

    def monitors(self) -> None:
        """Each monitor variable has one update; monitors are the last variables, in the order of the updates."""
        declared = [variable.name for variable in self.model.variables if variable.kind == "monitor"]
        updated = [monitor.variable for monitor in self.model.monitors]
        require(declared == updated, "monitor variables have one update each, in order", f"{declared} and {updated}")
        last = [variable.name for variable in self.model.variables[-len(declared) :]] if declared else []
        require(declared == last, "monitors are the last variables", ", ".join(declared))
        seen: set[str] = set()
        for monitor in self.model.monitors:
            seen.add(monitor.variable)
            bound = frozenset(local.id for local in monitor.binders)
            require(
                self.variables[monitor.variable].type == _keyed(monitor.binders), "types of monitors", monitor.variable
            )
            for expr in (monitor.start, monitor.update):
                self.condition(expr, bound, monitor.variable)
                _only(expr, (Past, Temporal, Next), monitor.variable)
                for part in below(expr):
                    later = isinstance(part, Read) and part.variable in declared and part.variable not in seen
                    require(not later, "monitors read earlier monitors", monitor.variable)

    def property(self, claim: Property) -> None:
        """A property says only what its kind may."""
        for expr in (claim.expr, *(() if claim.antecedent is None else (claim.antecedent,))):
            if claim.kind == "measure":
                self.expression(expr, frozenset())
            else:
                self.condition(expr, frozenset(), claim.name)
            _only(expr, (Past,) if claim.kind in RUN_KINDS else (Past, Temporal), claim.name)
            _only(expr, () if claim.kind == "step" else (Next,), claim.name)
            outer = [part.operand for part in below(expr) if isinstance(part, Next)]
            nested = any(isinstance(part, Next) for operand in outer for part in below(operand))
            require(not nested, "`next` is not nested", claim.name)
        for name in claim.monitors:
            require(name in self.variables, "variables are declared", name)


def _unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        require(name not in seen, f"names of {what} are unique", name)
        seen.add(name)


def _only(expr: Expr, forbidden: tuple[type, ...], where: str) -> None:
    for part in below(expr):
        require(not isinstance(part, forbidden), "operators stand where they mean something", f"{part} in {where}")


def _plain(expr: Expr, where: str) -> None:
    """Nothing about time: no step names, no `next`, no operators about past or future."""
    _only(expr, (Past, Temporal, Next, Took), where)


def _reads_nothing(expr: Expr, where: str) -> None:
    for part in below(expr):
        require(not isinstance(part, Read | Has | QueueSize), "what is fixed before the run reads no state", where)


def _one_in(type: Type | None, part: Expr | str) -> Type | None:
    """The type of a part of a place."""
    match type, part:
        case MapType(_, value), part if not isinstance(part, str):
            return value
        case RecordType(), str():
            return type.field(part)
        case _:
            return None


def _keyed(binders: tuple[Local, ...]) -> Type:
    type: Type = BOOL
    for local in reversed(binders):
        type = MapType(local.type, type)
    return type
