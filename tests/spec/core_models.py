"""CORE models made by hand: short makers for its nodes, and two models that the tests of the expansion share."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from plait_spec import core
from plait_spec.core import (
    Act,
    Assign,
    At,
    Binary,
    BinaryOp,
    Binder,
    Channel,
    Command,
    End,
    Expr,
    IfElse,
    Literal,
    Local,
    Member,
    Model,
    Not,
    Place,
    Quantifier,
    Read,
    Receive,
    Rule,
    Send,
    Took,
    Trigger,
    Use,
    Variable,
    VariableKind,
)
from plait_spec.source import Source
from plait_spec.types import (
    BOOL,
    INT,
    BoolType,
    EnumType,
    IdsType,
    MapType,
    NoneType,
    Number,
    ParameterBound,
    RangeType,
    RecordType,
    SetType,
    Type,
)

SOURCE = Source("made.plait", "made by hand\n")
SPAN = SOURCE.span(0, 4)
STATUS = EnumType("Status", ("Unknown", "Pending", "Finished"))
AGENT = IdsType("Agent", ParameterBound("agents"))
OP = IdsType("Op", ParameterBound("ops"))
SMALL = RangeType(Number(0), Number(3))

_ids = count(1)


def local(name: str, type: Type) -> Local:
    return Local(next(_ids), name, type)


def use(bound: Local) -> Use:
    return Use(bound, SPAN)


def true() -> Literal:
    return Literal(value=True, type=BOOL, span=SPAN)


def false() -> Literal:
    return Literal(value=False, type=BOOL, span=SPAN)


def number(value: int) -> Literal:
    return Literal(value, INT, SPAN)


def none() -> Literal:
    return Literal(None, NoneType(), SPAN)


def label(name: str, type: EnumType = STATUS) -> Literal:
    return Literal(type.labels.index(name), type, SPAN)


def parameter(name: str, type: Type = INT) -> core.Parameter:
    return core.Parameter(name, type, SPAN)


def read(variable: Variable) -> Read:
    return Read(variable.name, variable.type, SPAN)


def at(map: Expr, *keys: Expr) -> Expr:
    for key in keys:
        assert isinstance(map.type, MapType)
        map = At(map, key, map.type.value, SPAN)
    return map


def member(record: Expr, name: str) -> Member:
    assert isinstance(record.type, RecordType)
    type = record.type.field(name)
    assert type is not None
    return Member(record, name, type, SPAN)


_NUMBERS = ("+", "-", "*", "mod", "min", "max")


def op(name: BinaryOp, left: Expr, right: Expr, type: Type | None = None) -> Binary:
    return Binary(name, left, right, type or (INT if name in _NUMBERS else BOOL), SPAN)


def equal(left: Expr, right: Expr) -> Binary:
    return op("==", left, right)


def negated(operand: Expr) -> Not:
    return Not(operand, SPAN)


def if_else(condition: Expr, yes: Expr, no: Expr) -> IfElse:
    return IfElse(condition, yes, no, yes.type, SPAN)


def every(bound: Local, body: Expr, where: Expr | None = None, over: Expr | None = None) -> Quantifier:
    return Quantifier("all", (Binder(bound, over),), where or true(), body, BOOL, SPAN)


def some(bound: Local, body: Expr, where: Expr | None = None, over: Expr | None = None) -> Quantifier:
    return Quantifier("some", (Binder(bound, over),), where or true(), body, BOOL, SPAN)


def how_many(bound: Local, body: Expr, where: Expr | None = None, over: Expr | None = None) -> Quantifier:
    return Quantifier("count", (Binder(bound, over),), where or true(), body, INT, SPAN)


def took(step: str, **args: Expr) -> Took:
    return Took(step, tuple(args.items()), SPAN)


def set_of(type: Type, *items: Expr) -> core.MakeSet:
    return core.MakeSet(items, SetType(type), SPAN)


def fill(value: Expr, type: MapType) -> Expr:
    inner = type.value
    return core.Fill(fill(value, inner) if isinstance(inner, MapType) else value, type, SPAN)


def start(value: Expr, type: Type) -> Expr:
    """A value of a type that may be a map: the same at all keys."""
    return fill(value, type) if isinstance(type, MapType) else value


def any_value(type: Type, where: Expr | None = None) -> core.AnyValue:
    return core.AnyValue(local("value", type), where or true())


def variable(
    name: str,
    type: Type,
    initial: Expr | core.AnyValue,
    *,
    kind: VariableKind = "variable",
    role: str | None = None,
    family: Type | None = None,
) -> Variable:
    if not isinstance(initial, core.AnyValue) and not isinstance(initial.type, MapType):
        initial = start(initial, type)
    return Variable(name, role, family, type, initial, kind, SPAN)


def assign(target: Variable, value: Expr, *path: Expr | str) -> Assign:
    type = target.type
    for part in path:
        if isinstance(part, str):
            assert isinstance(type, RecordType)
            found = type.field(part)
            assert found is not None
            type = found
        else:
            assert isinstance(type, MapType)
            type = type.value
    return Assign(Place(target.name, path, type, SPAN), value, SPAN)


def loop(bound: Local, *body: Command, where: Expr | None = None, over: Expr | None = None) -> core.ForEach:
    return core.ForEach((Binder(bound, over),), where or true(), body, unordered=False, span=SPAN)


def bind(bound: Local, value: Expr) -> core.Bind:
    return core.Bind(bound, value, SPAN)


def when(condition: Expr, *yes: Command, no: tuple[Command, ...] = ()) -> core.When:
    return core.When(condition, yes, no, SPAN)


def send(channel: str, message: RecordType, *fields: Expr, forward: bool = True, **ends: Expr) -> Send:
    return Send(channel, forward, ends.get("left"), ends.get("right"), message.name, fields, SPAN)


def rule(name: str, *body: Command, params: tuple[Local, ...] = (), guard: Expr | None = None, **other: Any) -> Rule:
    found = Rule(
        name=name, kind="action", role=None, member=False, params=params, sender=None, trigger=Act(),
        switched_on=true(), guard=guard or true(), picks=(), pick_where=true(), body=body, fairness="none",
        environment=False, span=SPAN,
    )  # fmt: skip
    return replace(found, **other)


def handler(name: str, channel: str, message: Local, *body: Command, forward: bool = True, **other: Any) -> Rule:
    ends = {side: other.pop(side, None) for side in ("left", "right")}
    trigger: Trigger = Receive(channel, forward, ends["left"], ends["right"], message)
    return rule(name, *body, kind="handler", trigger=trigger, **other)


def channel(name: str, left: End, right: End, *messages: RecordType, **other: Any) -> Channel:
    found = Channel(
        name=name, left=left, right=right, both_ways=False, ordered=True, distinct=False, capacity=Number(2),
        capacity_written=True, blocking=False, carrier=name, messages=tuple(m.name for m in messages),
        options=(), span=SPAN,
    )  # fmt: skip
    return replace(found, **other)


def claim(name: str, expr: Expr, kind: core.PropertyKind = "always", **other: Any) -> core.Property:
    found = core.Property(name, kind, expr, None, (), SPAN)
    return replace(found, **other)


def whole_number(name: str, default: int, most: int = 3, least: int = 0) -> core.ParameterDecl:
    return core.ParameterDecl(name, RangeType(Number(least), Number(most)), number(default), SPAN)


def model(*variables: Variable, **other: Any) -> Model:
    """A model with two sorts and nothing else that is not given."""
    found = Model(
        protocol="Made", proposal=None, parameters=(whole_number("agents", 2, 5), whole_number("ops", 2, 5)),
        ids=(AGENT, OP), roles=(), variables=variables, messages=(), channels=(), rules=(), monitors=(),
        properties=(), terminal=(), expectations=(), foreign_reads=(), span=SPAN,
    )  # fmt: skip
    return replace(found, **other)


# ---- a model with everything ------------------------------------------------------------------------------------

FRAMEWORK, MASTER, WORKER = End("framework", None), End("master", None), End("agent", AGENT)
ASK = RecordType("Ask", (("op", OP),))
ANSWER = RecordType("Answer", (("op", OP), ("status", STATUS)))
UPDATE = RecordType("Update", (("op", OP), ("status", STATUS)))


def reconcile() -> Model:
    """The protocol of the design's sketch, with a crash budget and a monitor."""
    home = variable("home", MapType(OP, AGENT), any_value(MapType(OP, AGENT)), kind="constant")
    view = variable("framework.view", MapType(OP, STATUS), label("Pending"), role="framework")
    known = variable("master.known", MapType(OP, STATUS), label("Unknown"), role="master")
    done = variable("agent.done", MapType(AGENT, MapType(OP, BoolType())), false(), role="agent", family=AGENT)
    restarts = variable("master.restart", RangeType(Number(0), ParameterBound("failovers")), number(0), kind="budget")
    asked = variable("Asked.once1", MapType(OP, BOOL), false(), kind="monitor")
    o = local("o", OP)
    monitor = core.Monitor(
        asked.name, (o,), took("framework.ask", o=use(o)),
        op("or", at(read(asked), use(o)), took("framework.ask", o=use(o))), before=False,
    )  # fmt: skip
    budget = rule(
        "master.restart", assign(restarts, op("+", read(restarts), number(1))),
        assign(known, start(label("Unknown"), known.type)),
        kind="restart", role="master", guard=op("<", read(restarts), parameter("failovers")),
        switched_on=op(">", parameter("failovers"), number(0)),
    )  # fmt: skip
    return model(
        home, view, known, done, restarts, asked,
        parameters=(whole_number("agents", 2), whole_number("ops", 2), whole_number("failovers", 1)),
        roles=(FRAMEWORK, MASTER, WORKER), messages=(ASK, ANSWER, UPDATE),
        channels=(
            channel("calls", FRAMEWORK, MASTER, ASK), channel("answers", MASTER, FRAMEWORK, ANSWER),
            channel("link", WORKER, MASTER, UPDATE, both_ways=True),
        ),
        rules=(*_framework_rules(view), *_master_rules(known), _finish(done, home), budget),
        monitors=(monitor,), properties=_reconcile_claims(view, known, done, home, asked),
    )  # fmt: skip


def _framework_rules(view: Variable) -> tuple[Rule, ...]:
    o, answer = local("o", OP), local("a", ANSWER)
    ask = rule(
        "framework.ask", send("calls", ASK, use(o)), params=(o,), role="framework", fairness="weak",
        guard=op("and", op("!=", at(read(view), use(o)), label("Finished")),
                 negated(core.Has(core.QueueRef("calls"), "Ask", (("op", use(o)),), SPAN))),
    )  # fmt: skip
    heard = handler(
        "framework.on Answer", "answers", answer,
        assign(view, member(use(answer), "status"), member(use(answer), "op")), role="framework",
    )  # fmt: skip
    return ask, heard


def _master_rules(known: Variable) -> tuple[Rule, ...]:
    ask, update, a = local("q", ASK), local("u", UPDATE), local("a", AGENT)
    o = member(use(ask), "op")
    asked = handler(
        "master.on Ask", "calls", ask, send("answers", ANSWER, o, at(read(known), o)), role="master",
    )  # fmt: skip
    told = handler(
        "master.on Update", "link", update,
        assign(known, member(use(update), "status"), member(use(update), "op")),
        role="master", params=(a,), sender=0, left=use(a),
    )  # fmt: skip
    return asked, told


def _finish(done: Variable, home: Variable) -> Rule:
    me, o = local("self", AGENT), local("o", OP)
    guard = op("and", negated(at(read(done), use(me), use(o))), equal(at(read(home), use(o)), use(me)))
    return rule(
        "agent.finish", assign(done, true(), use(me), use(o)),
        send("link", UPDATE, use(o), label("Finished"), left=use(me)),
        params=(me, o), role="agent", member=True, guard=guard, environment=True,
    )  # fmt: skip


def _reconcile_claims(
    view: Variable, known: Variable, done: Variable, home: Variable, asked: Variable
) -> tuple[core.Property, ...]:
    o, p, q, r = (local("o", OP) for _ in range(4))
    finished = equal(at(read(known), use(o)), label("Finished"))
    told = every(o, op("implies", finished, at(read(done), at(read(home), use(o)), use(o))))
    seen = equal(at(read(view), use(p)), label("Finished"))
    stays = every(p, op("implies", seen, core.Next(seen, BOOL, SPAN)))
    answered = some(q, op("and", equal(at(read(view), use(q)), label("Finished")), negated(at(read(asked), use(q)))))
    step = some(r, took("master.on Update", op=use(r)))
    return (
        claim("Known", told, antecedent=some(o, finished)), claim("NoRegress", stays, "step"),
        claim("Unasked", answered, "never", monitors=(asked.name,)), claim("Told", step, "reachable"),
        claim("Size", core.QueueSize(core.QueueRef("link"), SPAN), "measure"),
    )  # fmt: skip
