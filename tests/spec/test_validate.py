"""Each law of CORE and of GROUND refuses what breaks it, and nothing that keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plait_spec import core, ground as g
from plait_spec.core import Lose, Model, Receive, Rule
from plait_spec.grounding import ground
from plait_spec.types import (
    BOOL,
    INT,
    POISON,
    EmptyType,
    MapType,
    NoneType,
    Number,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from plait_spec.validate import BrokenLaw, fits, validate
from plait_spec.validate_ground import check_state, validate_ground
from tests.spec.core_models import (
    AGENT,
    ASK,
    MASTER,
    OP,
    SMALL,
    SPAN,
    STATUS,
    UPDATE,
    assign,
    at,
    bind,
    claim,
    every,
    false,
    label,
    local,
    loop,
    number,
    op,
    read,
    reconcile,
    rule,
    send,
    took,
    true,
    use,
    variable,
    when,
)

STRANGER = local("stranger", OP)
GOOD = reconcile()


def with_rule(*commands: core.Command, **other: Any) -> Model:
    return replace(GOOD, rules=(*GOOD.rules, rule("extra", *commands, **other)))


def with_claim(expr: core.Expr, kind: core.PropertyKind = "always", **other: Any) -> Model:
    return replace(GOOD, properties=(*GOOD.properties, claim("Extra", expr, kind, **other)))


def with_variable(extra: core.Variable) -> Model:
    return replace(GOOD, variables=(extra, *GOOD.variables))


def changed_rule(name: str, **other: Any) -> Model:
    return replace(GOOD, rules=tuple(replace(r, **other) if r.name == name else r for r in GOOD.rules))


def the(name: str) -> core.Variable:
    return next(found for found in GOOD.variables if found.name == name)


def the_rule(name: str) -> Rule:
    return next(found for found in GOOD.rules if found.name == name)


NEXT = core.Next(true(), BOOL, SPAN)
PAST = core.Past("once", (true(),), SPAN)
ALWAYS = core.Temporal("always", (true(),), SPAN)
VIEW, KNOWN, HOME = the("framework.view"), the("master.known"), the("home")
UPDATED = local("u", UPDATE)
PING = RecordType("Ping", ())

BROKEN: list[tuple[str, Model]] = [
    ("names of variables are unique", replace(GOOD, variables=(*GOOD.variables, VIEW))),
    ("names of properties are unique", replace(GOOD, properties=GOOD.properties * 2)),
    ("names of channels are unique", replace(GOOD, channels=GOOD.channels * 2)),
    (
        "carriers carry themselves",
        replace(GOOD, channels=(replace(GOOD.channels[0], carrier="lost"), *GOOD.channels[1:])),
    ),
    ("ends of channels are roles", replace(GOOD, roles=(MASTER,))),
    ("messages are declared", replace(GOOD, messages=GOOD.messages[1:])),
    ("initial values read earlier constants", with_variable(variable("v", VIEW.type, read(VIEW)))),
    ("initial values read earlier constants", with_variable(variable("v", HOME.type, read(HOME)))),
    ("types agree at assignments", with_variable(variable("v", BOOL, number(1)))),
    (
        "names are bound where they are used",
        with_claim(every(local("o", OP), core.Binary("==", use(STRANGER), use(STRANGER), BOOL, SPAN))),
    ),
    ("names are bound where they are used", with_rule(assign(VIEW, label("Pending"), use(STRANGER)))),
    ("names are bound where they are used", with_rule(when(true(), bind(STRANGER, at(read(HOME), use(STRANGER)))))),
    ("parameters are declared", with_claim(op("==", core.Parameter("speed", INT, SPAN), number(1)))),
    ("variables are declared", with_claim(core.Read("lost", BOOL, SPAN))),
    ("variables are declared", with_claim(core.Read("framework.view", BOOL, SPAN))),
    ("variables are declared", with_rule(assign(variable("lost", BOOL, true()), true()))),
    ("variables are declared", with_claim(true(), monitors=("lost",))),
    ("conditions are bool", with_claim(number(1))),
    ("conditions are bool", with_rule(guard=number(1))),
    ("conditions are bool", with_claim(op("and", number(1), true()))),
    ("no wrong types are left", with_claim(core.Literal(1, POISON, SPAN), "measure")),
    ("channels are declared", with_rule(send("lost", ASK, use(STRANGER)))),
    ("channels are declared", with_rule(core.Clear(core.QueueRef("lost"), SPAN))),
    ("channels are declared", with_rule(trigger=Lose("lost"))),
    ("channels are declared", with_claim(core.Has(core.QueueRef("lost"), "Ask", (), SPAN))),
    ("messages are declared", with_claim(core.Has(core.QueueRef("calls"), "Ping", (), SPAN))),
    ("messages are declared", with_rule(send("calls", PING))),
    ("fields are declared", with_claim(core.Has(core.QueueRef("calls"), "Ask", (("status", true()),), SPAN))),
    ("records have all their fields", with_rule(send("calls", ASK))),
    ("types agree at assignments", with_rule(send("calls", ASK, true()))),
    (
        "one queue is named",
        with_rule(core.Send("link", True, None, None, "Update", (use(STRANGER), label("Unknown")), SPAN)),
    ),
    ("steps are declared", with_claim(took("framework.sleep"))),
    ("arguments of a step name", with_claim(took("framework.ask", status=true()))),
    ("arguments of a step name", with_claim(took("framework.ask", self=true()))),
    ("constants are never written", with_rule(assign(HOME, read(HOME)))),
    ("monitors are written by their updates", with_rule(assign(the("Asked.once1"), false()))),
    ("types agree at assignments", with_rule(assign(VIEW, read(HOME)))),
    (
        "types agree at assignments",
        with_rule(core.Assign(core.Place("framework.view", ("field",), STATUS, SPAN), true(), SPAN)),
    ),
    ("operators stand where they mean something", with_rule(guard=took("framework.ask"))),
    ("operators stand where they mean something", with_rule(core.Assert(NEXT, SPAN))),
    ("operators stand where they mean something", with_claim(NEXT)),
    ("operators stand where they mean something", with_claim(PAST)),
    ("operators stand where they mean something", with_claim(PAST, "eventually")),
    ("operators stand where they mean something", with_claim(ALWAYS, "step")),
    ("operators stand where they mean something", with_claim(true(), antecedent=NEXT)),
    ("`next` is not nested", with_claim(core.Next(NEXT, BOOL, SPAN), "step")),
    ("members have a first parameter", changed_rule("agent.finish", params=(), guard=true(), body=())),
    ("senders are parameters", changed_rule("master.on Update", sender=1)),
    (
        "what is fixed before the run reads no state",
        with_rule(switched_on=core.Has(core.QueueRef("calls"), "Ask", (), SPAN)),
    ),
    (
        "what is fixed before the run reads no state",
        changed_rule(
            "master.on Update", trigger=Receive("link", True, core.Read("home", HOME.type, SPAN), None, UPDATED)
        ),
    ),
    (
        "a received message is a record",
        changed_rule("master.on Ask", trigger=Receive("calls", True, None, None, local("m", BOOL)), body=()),
    ),
    (
        "breaks are for ordered channels",
        replace(
            with_rule(trigger=core.Break("calls", None, None, unharmed=True)),
            channels=(replace(GOOD.channels[0], ordered=False), *GOOD.channels[1:]),
        ),
    ),
    ("monitor variables have one update each, in order", replace(GOOD, monitors=())),
    ("monitors are the last variables", replace(GOOD, variables=(GOOD.variables[-1], *GOOD.variables[:-1]))),
    ("types of monitors", replace(GOOD, monitors=(replace(GOOD.monitors[0], binders=()),))),
]


def test_a_model_that_keeps_every_law() -> None:
    validate(GOOD)
    validate(with_claim(ALWAYS, "eventually"))
    validate(with_claim(NEXT, "step"))


@pytest.mark.parametrize(("law", "broken"), BROKEN)
def test_laws_of_core(law: str, broken: Model) -> None:
    with pytest.raises(BrokenLaw) as caught:
        validate(broken)
    assert caught.value.law == law


def test_monitors_read_earlier_ones() -> None:
    """A monitor may read those before it and itself, not those after it."""
    names = ("one", "two")
    variables = tuple(variable(name, BOOL, false(), kind="monitor") for name in names)
    reads = {name: core.Read(name, BOOL, SPAN) for name in names}

    def made(first: str, second: str) -> Model:
        monitors = (
            core.Monitor("one", (), false(), reads[first], before=True),
            core.Monitor("two", (), false(), reads[second], before=False),
        )
        return replace(GOOD, variables=(*GOOD.variables[:-1], *variables), monitors=monitors, properties=())

    validate(made("one", "one"))
    with pytest.raises(BrokenLaw, match="monitors read earlier monitors"):
        validate(made("two", "two"))


@pytest.mark.parametrize(
    ("value", "place", "answer"),
    [
        (INT, SMALL, True),
        (SMALL, INT, True),
        (NoneType(), OptionType(BOOL), True),
        (NoneType(), BOOL, False),
        (BOOL, OptionType(BOOL), True),
        (OptionType(BOOL), BOOL, False),
        (OptionType(SMALL), OptionType(INT), True),
        (EmptyType("set"), SetType(BOOL), True),
        (EmptyType("set"), SeqType(BOOL, Number(1)), False),
        (EmptyType("seq"), SeqType(BOOL, Number(1)), True),
        (SetType(INT), SetType(SMALL), True),
        (SeqType(BOOL, Number(9)), SeqType(BOOL, Number(1)), True),
        (MapType(OP, INT), MapType(OP, SMALL), True),
        (MapType(AGENT, INT), MapType(OP, SMALL), False),
        (RecordType("R", ()), RecordType("R", (("x", BOOL),)), True),
        (STATUS, BOOL, False),
        (POISON, BOOL, False),
    ],
)
def test_what_fits(value: Type, place: Type, answer: bool) -> None:
    assert fits(value, place) is answer


# ---- GROUND -----------------------------------------------------------------------------------------------------

EXPANDED = ground(GOOD, {})
QUEUE = next(i for i, cell in enumerate(EXPANDED.cells) if cell.queue is not None)
MONITOR = next(i for i, cell in enumerate(EXPANDED.cells) if cell.kind == "monitor")


def with_body(*commands: g.Command, at: int = 0, **other: Any) -> g.Ground:
    return with_instance(at, body=commands, **other)


def with_instance(at: int, **other: Any) -> g.Ground:
    instances = list(EXPANDED.instances)
    instances[at] = replace(instances[at], **other)
    return replace(EXPANDED, instances=tuple(instances))


def with_expr(expr: g.Expr, **other: Any) -> g.Ground:
    return replace(EXPANDED, properties=(replace(EXPANDED.properties[0], expr=expr, **other),))


def with_cell(index: int, **other: Any) -> g.Ground:
    cells = list(EXPANDED.cells)
    cells[index] = replace(cells[index], **other)
    return replace(EXPANDED, cells=tuple(cells))


OP_KEY = g.Key(g.Const(0), EXPANDED.cells[0].key_domains[0], SPAN)

BROKEN_GROUND: list[tuple[str, g.Ground]] = [
    ("cells are values or queues", with_cell(0, domain=None)),
    ("cells are values or queues", with_cell(QUEUE, kind="variable")),
    ("names of cells are unique", with_cell(0, name=EXPANDED.cells[1].name)),
    ("keys are in their domains", with_cell(0, keys=(9,))),
    ("every cell starts once", replace(EXPANDED, start=EXPANDED.start[1:])),
    ("every cell starts once", replace(EXPANDED, start=(g.Fix((0,), ()), *EXPANDED.start[1:]))),
    ("instances are of rules", with_instance(0, rule=99)),
    ("instances are of rules that exist", replace(EXPANDED, rules=EXPANDED.rules[1:])),
    ("instances have all arguments", with_instance(0, args=())),
    ("instances have all picks", with_instance(0, picks=(1,))),
    ("instances are in the order of rules", replace(EXPANDED, instances=EXPANDED.instances[::-1])),
    ("guards can be true", with_instance(0, guard=g.FALSE)),
    ("queues that are referred to are queues", with_instance(0, trigger=g.Lose(0))),
    ("queues that are referred to are queues", with_instance(0, trigger=g.Break(QUEUE, 0, unharmed=True))),
    ("messages are in range", with_instance(0, trigger=g.Receive(QUEUE, 0, 9, keep=False))),
    ("channels are in range", with_body(g.Enqueue((QUEUE,), (), 9, 0, g.Const((0,))))),
    ("only what may change is written", with_body(g.SetCell(0, g.Const(0)))),
    ("only what may change is written", with_body(g.SetCell(MONITOR, g.TRUE))),
    ("only what may change is written", with_instance(0, after=(g.SetCell(2, g.Const(0)),))),
    ("monitors write monitors only", with_instance(0, before=(g.Empty((QUEUE,), None),))),
    ("cells are in range", with_body(g.SetCell(999, g.Const(0)))),
    ("keys choose among as many cells", with_body(g.SetOneOf((2, 3, 4), (OP_KEY,), g.Const(0)))),
    ("slots are in range", with_body(g.SetSlot(5, g.Const(0)))),
    ("slots are set before they are read", with_body(g.SetCell(2, g.Slot(0)))),
    (
        "slots are set before they are read",
        with_body(g.If(g.TRUE, (g.SetSlot(1, g.TRUE),), ()), g.Assert(g.Slot(1), SPAN), slots=2),
    ),
    ("steps know nothing of steps", with_body(g.Assert(g.Took("framework.ask", ()), SPAN))),
    ("slots in use are not taken again", with_expr(g.Let(1, g.TRUE, g.Let(1, g.TRUE, g.Slot(1))), slots=2)),
    (
        "slots are set before they are read",
        with_expr(g.And((g.Let(1, g.TRUE, g.Slot(1)), g.Slot(1)), every=False), slots=2),
    ),
    ("slots are in range", with_expr(g.Let(2, g.TRUE, g.TRUE), slots=2)),
    ("values are read from cells of values", with_expr(g.CellValue(QUEUE))),
    ("values are read from cells of values", with_expr(g.OneOf((0, QUEUE), (OP_KEY,)))),
    ("keys choose among cells", with_expr(g.OneOf((0,), ()))),
    ("queues that are referred to are queues", with_expr(g.Has((0,), 0, 0, ()))),
    ("fields are in range", with_expr(g.Has((QUEUE,), 0, 0, ((3, g.Const(0)),)))),
    ("channels are in range", with_expr(g.InFlight((QUEUE,), 7))),
    ("and, or have several items", with_expr(g.And((g.TRUE,), every=False))),
    ("steps are asked for on steps", with_expr(g.Took("framework.ask", ()))),
    ("`next` is for `step`", with_expr(g.Next(g.TRUE), on_steps=True)),
    ("properties are of the model", with_expr(g.TRUE, index=9)),
]


@pytest.mark.parametrize(("law", "broken"), BROKEN_GROUND)
def test_laws_of_ground(law: str, broken: g.Ground) -> None:
    with pytest.raises(BrokenLaw) as caught:
        validate_ground(broken)
    assert caught.value.law == law


def test_an_expansion_that_keeps_every_law() -> None:
    validate_ground(EXPANDED)
    validate_ground(with_body(g.SetSlot(1, g.TRUE), g.Assert(g.Slot(1), SPAN), slots=2))
    validate_ground(with_body(g.AnyOrder(((g.TRUE, (g.SetCell(2, g.Const(0)),)), (g.FALSE, ())))))


# ---- states -----------------------------------------------------------------------------------------------------

STATE: tuple[Any, ...] = (0, 1, 1, 1, 0, 0, *(False,) * 4, 0, False, False, *((),) * 6)


def state(**changes: Any) -> tuple[Any, ...]:
    found = list(STATE)
    for cell, value in changes.items():
        found[int(cell.removeprefix("c"))] = value
    return tuple(found)


def with_queue(**other: Any) -> g.Ground:
    queue = EXPANDED.cells[QUEUE].queue
    assert queue is not None
    return with_cell(QUEUE, queue=replace(queue, **other))


Q = f"c{QUEUE}"


@pytest.mark.parametrize(
    ("law", "expanded", "broken"),
    [
        ("a state has a value for each cell", EXPANDED, STATE[1:]),
        ("values are in their domains", EXPANDED, state(c2=3)),
        ("values are in their domains", EXPANDED, state(**{Q: ((0, 0, 5),)})),
        ("queues are tuples of messages", EXPANDED, state(**{Q: None})),
        ("queues keep within their bounds", EXPANDED, state(**{Q: ((0, 0, 0),) * 3})),
        ("messages travel in the queues of their carrier", EXPANDED, state(**{Q: ((1, 1, 0, 0),)})),
        ("bags are sorted", with_queue(ordered=False), state(**{Q: ((0, 0, 1), (0, 0, 0))})),
        ("distinct queues hold no message twice", with_queue(distinct=True), state(**{Q: ((0, 0, 1), (0, 0, 1))})),
    ],
)
def test_laws_of_states(law: str, expanded: g.Ground, broken: tuple[Any, ...]) -> None:
    with pytest.raises(BrokenLaw) as caught:
        check_state(expanded, broken)
    assert caught.value.law == law


def test_states_that_keep_every_law() -> None:
    check_state(EXPANDED, STATE)
    check_state(EXPANDED, state(**{Q: ((0, 0, 1), (0, 0, 0))}))
    check_state(with_queue(ordered=False), state(**{Q: ((0, 0, 0), (0, 0, 0))}))


def test_loops_bind_their_names() -> None:
    o = local("o", OP)
    validate(with_rule(loop(o, assign(VIEW, at(read(KNOWN), use(o)), use(o)))))
