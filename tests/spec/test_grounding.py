"""Models into GROUND: cells, starts, instances, monitors, properties, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plait.evaluation import evaluate
from plait.semantics import Reached, initial_states, run, steps
from plait_spec import core
from plait_spec.core import Break, End, Lose, Model, Monitor
from plait_spec.diagnostics import Code, SpecError
from plait_spec.domains import IdsDomain, RangeDomain
from plait_spec.ground import (
    FALSE,
    TRUE,
    And,
    AnyOrder,
    Arithmetic,
    CellValue,
    Checked,
    Compare,
    Const,
    Empty,
    Enqueue,
    Field,
    Fix,
    Free,
    Ground,
    Has,
    If,
    InFlight,
    InSet,
    Key,
    Not,
    OneOf,
    Or,
    Receive,
    SetCell,
    SetOneOf,
    SetSlot,
    Slot,
    Took,
)
from plait_spec.ground_context import MAX_INSTANCES
from plait_spec.grounding import (
    default_parameters,
    expand,
    ground,
    parse_parameters,
    resolve_took,
    symmetric_sorts,
)
from plait_spec.types import (
    BOOL,
    INT,
    MapType,
    Number,
    OptionType,
    ParameterBound,
    RangeType,
    RecordType,
    SetType,
    Type,
)
from plait_spec.validate import validate
from plait_spec.validate_ground import check_state, validate_ground
from tests.spec.core_models import (
    AGENT,
    ANSWER,
    ASK,
    FRAMEWORK,
    MASTER,
    OP,
    SMALL,
    SPAN,
    STATUS,
    UPDATE,
    WORKER,
    any_value,
    assign,
    at,
    bind,
    channel,
    claim,
    equal,
    every,
    false,
    handler,
    how_many,
    label,
    local,
    loop,
    model,
    negated,
    number,
    op,
    parameter,
    read,
    reconcile,
    rule,
    send,
    set_of,
    some,
    took,
    true,
    use,
    variable,
    when,
    whole_number,
)

COUNTS = MapType(OP, SMALL)
FLAG = variable("flag", BOOL, false())
X = variable("x", SMALL, number(0))
Y = variable("y", SMALL, number(0))
M = variable("m", COUNTS, number(0))


def written_out(made: Model, **parameters: Any) -> Ground:
    """The expansion, both forms checked."""
    validate(made)
    expanded = ground(made, parameters)
    validate_ground(expanded)
    return expanded


def cell(expanded: Ground, name: str) -> int:
    return [found.name for found in expanded.cells].index(name)


def refused(made: Model, **parameters: Any) -> SpecError:
    validate(made)
    with pytest.raises(SpecError) as caught:
        ground(made, parameters)
    return caught.value


# ---- the state --------------------------------------------------------------------------------------------------


def test_everything_of_a_protocol() -> None:
    expanded = written_out(reconcile())
    assert expanded.parameters == (("agents", 2), ("ops", 2), ("failovers", 1))
    assert expanded.ids == (("Agent", 2), ("Op", 2))
    assert [found.kind for found in expanded.cells].count("queue") == 6
    assert [message.name for message in expanded.messages] == ["Ask", "Answer", "Update"]
    assert [found.name for found in expanded.channels] == ["calls", "answers", "link"]
    assert symmetric_sorts(expanded) == ("Agent", "Op")
    assert symmetric_sorts(written_out(reconcile(), agents=1)) == ("Op",)


def test_its_states_are_states() -> None:
    """A walk over the first states: each of them keeps the laws."""
    expanded = written_out(reconcile())
    seen = set(initial_states(expanded))
    assert len(seen) == 4
    front = list(seen)
    while front and len(seen) < 600:
        state = front.pop(0)
        check_state(expanded, state)
        for _, outcome in steps(expanded, state):
            if isinstance(outcome, Reached) and outcome.state not in seen:
                seen.add(outcome.state)
                front.append(outcome.state)
    assert len(seen) >= 600


def test_a_map_of_maps_lies_in_cells() -> None:
    type = MapType(AGENT, MapType(BOOL, SetType(OP)))
    expanded = written_out(model(variable("v", type, core.MakeSet((), SetType(OP), SPAN))))
    assert [found.keys for found in expanded.cells] == [(0, False), (0, True), (1, False), (1, True)]
    assert expanded.cells[0].key_domains == (IdsDomain("Agent", 2), expanded.cells[0].key_domains[1])
    assert expanded.start == (Fix((0, 1, 2, 3), (Const(0),) * 4),)


def test_known_constants_have_no_cells() -> None:
    table = variable("table", COUNTS, number(2), kind="constant")
    o = local("o", OP)
    highest = core.Aggregate("max", (core.Binder(o),), true(), at(read(table), use(o)), INT, SPAN)
    other = variable("other", SMALL, op("+", highest, number(1)), kind="constant")
    expanded = written_out(model(table, other, variable("x", SMALL, read(other), kind="constant"), M))
    assert [found.name for found in expanded.cells] == ["m[o1]", "m[o2]"]
    claims = (claim("Three", equal(read(other), number(3))),)
    assert written_out(model(table, other, properties=claims)).properties[0].expr == TRUE


def test_constants_that_may_be_anything_have_cells() -> None:
    o, p = local("o", OP), local("p", OP)
    free = any_value(MapType(OP, AGENT))
    home = variable("home", MapType(OP, AGENT), free, kind="constant")
    different = every(
        o, every(p, op("or", equal(use(o), use(p)), op("!=", at(use(free.local), use(o)), at(use(free.local), use(p)))))
    )
    made = model(replace(home, initial=core.AnyValue(free.local, different)))
    expanded = written_out(made)
    assert isinstance(expanded.start[0], Free)
    assert list(initial_states(expanded)) == [(0, 1), (1, 0)]


def test_cells_that_hold_one_value_only_are_read_as_it() -> None:
    home = variable("home", MapType(OP, AGENT), any_value(MapType(OP, AGENT)), kind="constant")
    o = local("o", OP)
    claims = (
        claim("Same", every(o, every(p := local("p", OP), equal(at(read(home), use(o)), at(read(home), use(p)))))),
    )
    assert written_out(model(home, properties=claims), agents=1).properties[0].expr == TRUE


# ---- instances --------------------------------------------------------------------------------------------------


def test_instances_are_in_the_order_of_rules_arguments_and_picks() -> None:
    flag = variable("flag", BOOL, false())
    a, o, b = local("a", AGENT), local("o", OP), local("b", BOOL)
    go = rule("go", assign(flag, use(b)), params=(a, o), picks=(core.Binder(b),))
    expanded = written_out(model(flag, rules=(rule("first", assign(flag, true())), go)))
    found = [(i.rule, i.args, i.picks) for i in expanded.instances]
    assert found[0] == (0, (), ())
    assert found[1:4] == [(1, (0, 0), (False,)), (1, (0, 0), (True,)), (1, (0, 1), (False,))]
    assert found == sorted(found)
    assert len(found) == 9


def test_picks_from_a_set_and_where() -> None:
    crew = variable("crew", SetType(AGENT), core.MakeSet((), SetType(AGENT), SPAN))
    chosen = variable("chosen", OptionType(AGENT), core.Literal(None, OptionType(AGENT), SPAN))
    a = local("a", AGENT)
    go = rule(
        "go", assign(chosen, use(a)), picks=(core.Binder(a, read(crew)),), pick_where=op("!=", use(a), read(chosen))
    )
    expanded = written_out(model(crew, chosen, rules=(go,)))
    assert [i.picks for i in expanded.instances] == [(0,), (1,)]
    not_chosen = Compare("!=", Const(0), CellValue(1))
    assert expanded.instances[0].guard == And((InSet(Const(0), CellValue(0), IdsDomain("Agent", 2)), not_chosen), False)
    state = (0b10, None)
    assert [outcome for _, outcome in steps(expanded, state)] == [Reached((0b10, 1))]


def test_rules_that_are_switched_off_or_never_enabled() -> None:
    flag = variable("flag", BOOL, false())
    o = local("o", OP)
    off = rule("off", assign(flag, true()), switched_on=op(">", parameter("ops"), number(2)))
    never = rule("never", assign(flag, true()), params=(o,), guard=negated(equal(use(o), use(o))))
    claims = (claim("Off", took("off"), "never"), claim("Never", took("never"), "never"))
    expanded = written_out(model(flag, rules=(off, never), properties=claims))
    assert expanded.instances == ()
    assert expanded.rules == (1,)
    assert expanded.properties[0].expr == FALSE
    assert not expanded.properties[0].on_steps
    assert expanded.properties[0].steps == ("off",)
    assert expanded.properties[1].expr == Took("never", ())
    more = written_out(model(flag, rules=(off, never)), ops=3)
    assert [i.rule for i in more.instances] == [0]
    assert more.rules == (0, 1)


def test_who_steps() -> None:
    expanded = written_out(reconcile())
    who = {expanded.model.rules[i.rule].name: i.who for i in expanded.instances}
    assert who == {
        "framework.ask": "framework", "framework.on Answer": "framework", "master.on Ask": "master",
        "master.on Update": "master", "agent.finish": "agent[a2]", "master.restart": "master",
    }  # fmt: skip


def test_a_message_is_read_from_slot_0() -> None:
    expanded = written_out(reconcile())
    heard = next(i for i in expanded.instances if expanded.model.rules[i.rule].name == "framework.on Answer")
    view = cell(expanded, "framework.view[o1]")
    key = Key(Field(Slot(0), 0), IdsDomain("Op", 2), SPAN, sure=True)
    assert heard.trigger == Receive(cell(expanded, "answers master -> framework"), 1, 1, keep=False)
    assert heard.body == (SetOneOf((view, view + 1), (key,), Field(Slot(0), 1)),)


def loss_and_break() -> Model:
    a = local("a", AGENT)
    lose = rule("link.lose", trigger=Lose("link"), kind="lose")
    cut = rule("link.break", params=(a,), trigger=Break("link", use(a), None, unharmed=False), kind="break")
    one_way = rule("calls.break", trigger=Break("calls", None, None, unharmed=True), kind="break")
    return model(
        roles=(FRAMEWORK, MASTER, WORKER), messages=(ASK, UPDATE),
        channels=(channel("calls", FRAMEWORK, MASTER, ASK), channel("link", WORKER, MASTER, UPDATE, both_ways=True)),
        rules=(lose, cut, one_way),
    )  # fmt: skip


def test_losses_and_breaks() -> None:
    expanded = written_out(loss_and_break())
    assert [str(i.trigger) for i in expanded.instances] == [
        "Lose(queue=1, channel=None)", "Lose(queue=2, channel=None)", "Lose(queue=3, channel=None)",
        "Lose(queue=4, channel=None)", "Break(forth=1, back=3, unharmed=False)",
        "Break(forth=2, back=4, unharmed=False)", "Break(forth=0, back=None, unharmed=True)",
    ]  # fmt: skip


# ---- commands ---------------------------------------------------------------------------------------------------


def body(made: Model, **parameters: Any) -> Any:
    return written_out(made, **parameters).instances[0].body


def test_checks_stand_only_where_a_value_may_lie_outside() -> None:
    o = local("o", OP)
    least = op("min", op("+", read(X), number(1)), number(3))
    go = rule("go", assign(X, op("+", read(X), number(1))), assign(Y, least), assign(M, read(X), use(o)), params=(o,))
    first, second, third = body(model(X, Y, M, rules=(go,)))
    assert first == SetCell(0, Checked(Arithmetic("+", CellValue(0), Const(1), SPAN), RangeDomain(0, 3), "x", SPAN))
    assert not isinstance(second.value, Checked)
    assert third == SetCell(2, CellValue(0))


def test_keys_are_sure_where_their_values_fit() -> None:
    far = variable("far", RangeType(Number(0), Number(5)), number(0))
    table = variable("table", MapType(SMALL, BOOL), false())
    go = rule("go", assign(table, true(), read(X)), assign(table, true(), read(far)), assign(table, true(), number(9)))
    one, two, three = body(model(X, far, table, rules=(go,)))
    assert [found.keys[0].sure for found in (one, two, three)] == [True, False, False]
    assert three.keys[0].expr == Const(9)


def test_a_map_is_written_from_itself_all_at_once() -> None:
    o, p = local("o", OP), local("p", OP)
    other = core.Aggregate("max", (core.Binder(p),), op("!=", use(o), use(p)), at(read(M), use(p)), INT, SPAN)
    turned = core.MapWhere(o, other, COUNTS, SPAN)
    expanded = written_out(model(M, rules=(rule("swap", assign(M, turned)),)))
    assert [type(command) for command in expanded.instances[0].body] == [SetSlot, SetSlot, SetCell, SetCell]
    ((_, outcome),) = steps(expanded, (1, 3))
    assert outcome == Reached((3, 1))
    assert body(model(M, rules=(rule("same", assign(M, read(M))),))) == (
        SetCell(0, CellValue(0)),
        SetCell(1, CellValue(1)),
    )


def test_a_part_of_what_a_cell_holds() -> None:
    pair = RecordType("Pair", (("x", SMALL), ("table", MapType(BOOL, SMALL))))
    flag = variable("flag", BOOL, false())
    initial = core.MakeRecord((number(0), core.Fill(number(0), MapType(BOOL, SMALL), SPAN)), pair, SPAN)
    pairs = variable("pairs", MapType(OP, pair), core.Fill(initial, MapType(OP, pair), SPAN))
    o = local("o", OP)
    go = rule("go", assign(pairs, op("+", read(X), number(1)), use(o), "table", read(flag)), params=(o,))
    expanded = written_out(model(flag, X, pairs, rules=(go,)))
    state = (True, 2, (0, (0, 0)), (0, (0, 0)))
    assert [outcome for _, outcome in steps(expanded, state)] == [
        Reached((True, 2, (0, (0, 3)), (0, (0, 0)))),
        Reached((True, 2, (0, (0, 0)), (0, (0, 3)))),
    ]


def test_names_keep_the_values_that_they_were_given() -> None:
    old = local("old", SMALL)
    go = rule("go", bind(old, read(X)), assign(X, number(3)), assign(Y, use(old)))
    expanded = written_out(model(X, Y, rules=(go,)))
    ((_, outcome),) = steps(expanded, (1, 0))
    assert outcome == Reached((3, 1))


def test_conditions_of_a_loop_are_asked_before_it() -> None:
    o = local("o", OP)
    nobody = equal(read(X), number(0))
    go = rule("go", loop(o, assign(X, number(1)), assign(M, number(2), use(o)), where=nobody))
    expanded = written_out(model(X, M, rules=(go,)))
    ((_, outcome),) = steps(expanded, (0, 0, 0))
    assert outcome == Reached((1, 2, 2))
    untouched = rule("go", loop(o, assign(M, number(2), use(o)), where=nobody))
    assert [type(command) for command in body(model(X, M, rules=(untouched,)))] == [If, If]


def test_a_set_to_loop_over_is_found_before_the_loop() -> None:
    crew = variable("crew", SetType(AGENT), core.MakeSet((), SetType(AGENT), SPAN))
    a = local("a", AGENT)
    alone = core.Binary("difference", read(crew), set_of(AGENT, use(a)), SetType(AGENT), SPAN)
    go = rule("go", loop(a, assign(crew, alone), assign(X, op("+", read(X), number(1))), over=read(crew)))
    expanded = written_out(model(crew, X, rules=(go,)))
    ((_, outcome),) = steps(expanded, (0b11, 0))
    assert outcome == Reached((0, 2))


def test_any_order() -> None:
    o = local("o", OP)
    first = variable("first", OptionType(OP), core.Literal(None, OptionType(OP), SPAN))
    take = when(equal(read(first), core.Literal(None, OptionType(OP), SPAN)), assign(first, use(o)))
    go = rule("go", replace(loop(o, take, where=op(">", at(read(M), use(o)), number(0))), unordered=True))
    expanded = written_out(model(M, first, rules=(go,)))
    (command,) = expanded.instances[0].body
    assert isinstance(command, AnyOrder)
    assert len(command.passes) == 2
    outcomes = [(choice.orders, outcome) for choice, outcome in steps(expanded, (1, 1, None))]
    assert outcomes == [(((0, 1),), Reached((1, 1, 0))), (((1, 0),), Reached((1, 1, 1)))]


def talking(*commands: core.Command, **other: Any) -> Model:
    """Two channels in the same queues, and a rule with an operation."""
    side = channel("side", MASTER, WORKER, ASK, both_ways=True, carrier="link")
    return model(
        variable("who", AGENT, any_value(AGENT)), roles=(FRAMEWORK, MASTER, WORKER), messages=(ASK, UPDATE),
        channels=(channel("link", MASTER, WORKER, ASK, UPDATE, both_ways=True), side),
        rules=(rule("go", *commands, params=(ABOUT,)),), **other,
    )  # fmt: skip


ABOUT = local("o", OP)
WHO = core.Read("who", AGENT, SPAN)


def test_sends_choose_their_queue() -> None:
    (command,) = body(talking(send("link", UPDATE, use(ABOUT), label("Finished"), right=WHO)))
    assert isinstance(command, Enqueue)
    assert command.queues == (1, 2)
    assert command.keys == (Key(CellValue(0), IdsDomain("Agent", 2), SPAN, sure=True),)
    assert command.fields == Const((0, 2))


def test_messages_of_a_joined_channel_travel_with_the_other() -> None:
    clear = core.Clear(core.QueueRef("side"), SPAN)
    expanded = written_out(talking(send("side", ASK, use(ABOUT), right=WHO, forward=False), clear))
    sent, cleared = expanded.instances[0].body
    assert isinstance(sent, Enqueue)
    assert (sent.queues, sent.channel) == ((3, 4), 1)
    assert cleared == Empty((1, 2, 3, 4), 1)
    assert [found.queue.carrier for found in expanded.cells if found.queue] == [0, 0, 0, 0]


def test_clearing_a_queue_that_a_key_chooses() -> None:
    commands = body(talking(core.Clear(core.QueueRef("link", forward=True, right=WHO), SPAN)))
    assert commands == (
        If(Compare("==", CellValue(0), Const(0)), (Empty((1,), 0),), ()),
        If(Compare("==", CellValue(0), Const(1)), (Empty((2,), 0),), ()),
    )


def test_questions_about_queues() -> None:
    a = local("a", AGENT)
    asked = core.Has(core.QueueRef("link", right=WHO), "Ask", (), SPAN)
    nobody = every(a, negated(core.Has(core.QueueRef("side", forward=True, right=use(a)), "Ask", (), SPAN)))
    back = core.QueueSize(core.QueueRef("link", forward=False), SPAN)
    claims: list[core.Expr] = [asked, nobody, op("==", back, number(4)), op("==", back, number(9))]
    made = talking(properties=tuple(claim(f"Claim{i}", expr) for i, expr in enumerate(claims)))
    first, second, third, fourth = (found.expr for found in written_out(made).properties)
    assert first == Or(
        (
            And((Compare("==", CellValue(0), Const(0)), Has((1, 3), 0, 0, ())), every=False),
            And((Compare("==", CellValue(0), Const(1)), Has((2, 4), 0, 0, ())), every=False),
        ),
        every=False,
    )
    assert second == And((Not(Has((1,), 1, 0, ())), Not(Has((2,), 1, 0, ()))), every=False)
    assert third == Compare("==", InFlight((3, 4), 0), Const(4))
    assert fourth == FALSE


# ---- monitors ---------------------------------------------------------------------------------------------------


def test_monitors_follow_the_steps_that_they_mention() -> None:
    expanded = written_out(reconcile())
    asked = cell(expanded, "Asked.once1[o1]")
    after = {(expanded.model.rules[i.rule].name, i.args): i.after for i in expanded.instances}
    assert after["framework.ask", (0,)] == (SetCell(asked, TRUE),)
    assert after["framework.ask", (1,)] == (SetCell(asked + 1, TRUE),)
    assert all(block == () for (name, _), block in after.items() if name != "framework.ask")


def past(**given: tuple[core.Expr, core.Expr, bool]) -> tuple[tuple[core.Variable, ...], tuple[Monitor, ...]]:
    variables = tuple(variable(name, BOOL, false(), kind="monitor") for name in given)
    return variables, tuple(Monitor(name, (), *parts) for name, parts in given.items())


def test_looking_back_twice() -> None:
    """`previously previously p` and `p since q`, over three steps."""
    flag = variable("flag", BOOL, false())
    was = core.Read("was", BOOL, SPAN)
    latched = core.Read("latched", BOOL, SPAN)
    variables, monitors = past(
        was=(false(), read(flag), True),
        wasbefore=(false(), was, True),
        latched=(read(flag), op("or", latched, read(flag)), False),
    )
    turn = rule("turn", assign(flag, negated(read(flag))))
    expanded = written_out(model(flag, *variables, rules=(turn,), monitors=monitors))
    (state,) = initial_states(expanded)
    seen = [state]
    for _ in range(3):
        ((choice, outcome),) = steps(expanded, seen[-1])
        assert isinstance(outcome, Reached)
        assert run(expanded, seen[-1], choice) == outcome
        seen.append(outcome.state)
    assert seen == [
        (False, False, False, False),
        (True, False, False, True),
        (False, True, False, True),
        (True, False, True, True),
    ]


def test_monitors_of_a_message() -> None:
    """Arguments of a step name may be fields of the message that the step receives."""
    o, u, a = local("o", OP), local("u", UPDATE), local("a", AGENT)
    seen = variable("seen", MapType(OP, BOOL), false(), kind="monitor")
    here = at(read(seen), use(o))
    heard = took("master.on Update", op=use(o), **{"from": core.Read("who", AGENT, SPAN)})
    monitor = Monitor("seen", (o,), heard, op("or", here, heard), before=False)
    told = handler("master.on Update", "link", u, role="master", params=(a,), sender=0, forward=False, right=use(a))
    made = talking()
    expanded = written_out(replace(made, variables=(*made.variables, seen), rules=(told,), monitors=(monitor,)))
    second = expanded.instances[1]
    assert second.args == (1,)
    update = second.after[0]
    assert isinstance(update, SetCell)
    heard_now = And((Compare("==", Const(0), Field(Slot(0), 0)), Compare("==", CellValue(0), Const(1))), every=False)
    assert update.value == Or((CellValue(1), heard_now), every=False)


# ---- properties -------------------------------------------------------------------------------------------------


def test_properties_of_a_protocol() -> None:
    expanded = written_out(reconcile())
    known, regress, unasked, told, amount = expanded.properties
    assert known.antecedent is not None
    assert not known.on_steps
    assert regress.on_steps
    assert regress.kind == "step"
    assert unasked.steps == ("framework.ask",)
    assert not unasked.on_steps
    assert told.on_steps
    assert amount.expr == InFlight(tuple(i for i, c in enumerate(expanded.cells) if c.variable == "link"), 2)


def test_step_names_are_decided_for_an_instance() -> None:
    expanded = written_out(reconcile())
    told = expanded.properties[3].expr
    assert resolve_took(expanded, told, None) == FALSE
    by_rule = {expanded.model.rules[i.rule].name: i for i in expanded.instances}
    assert resolve_took(expanded, told, by_rule["framework.ask"]) == FALSE
    assert resolve_took(expanded, told, by_rule["master.on Update"]) == Or(
        (Compare("==", Const(0), Field(Slot(0), 0)), Compare("==", Const(1), Field(Slot(0), 0))), every=False
    )
    assert resolve_took(expanded, CellValue(0), None) == CellValue(0)


def test_properties_about_whole_runs_stand_without_expression() -> None:
    goal = core.Temporal("leads to", (read(FLAG), true()), SPAN)
    expanded = written_out(model(FLAG, properties=(claim("Goal", goal, "eventually"),)))
    assert (expanded.properties[0].expr, expanded.properties[0].on_steps) == (TRUE, False)


def test_names_in_step_properties_keep_their_state() -> None:
    """`let old = x in next(x) >= old` compares two states."""
    old = local("old", SMALL)
    grows = core.LetIn(old, read(X), op(">=", core.Next(read(X), SMALL, SPAN), use(old)), BOOL, SPAN)
    inside = core.LetIn(old, read(X), core.Next(op(">=", read(X), use(old)), BOOL, SPAN), BOOL, SPAN)
    expanded = written_out(model(X, properties=(claim("Grows", grows, "step"), claim("Inside", inside, "step"))))
    for found in expanded.properties:
        assert evaluate(found.expr, (1,), {}, (2,)) is True
        assert evaluate(found.expr, (2,), {}, (1,)) is False


def test_an_expression_under_given_names() -> None:
    expanded = written_out(reconcile())
    o = local("o", OP)
    view = core.Read("framework.view", MapType(OP, STATUS), SPAN)
    expr = equal(at(view, use(o)), label("Finished"))
    assert expand(expanded, expr, {o.id: 1}) == Compare("==", CellValue(3), Const(2))


def test_quantifiers_are_evaluated_whole_only_where_that_matters() -> None:
    o = local("o", OP)
    calm = every(o, op(">", at(read(M), use(o)), number(0)))
    erring = some(o, op(">", op("mod", number(1), at(read(M), use(o))), number(0)))
    expanded = written_out(model(M, properties=(claim("Calm", calm), claim("Erring", erring))))
    assert expanded.properties[0].expr.every is False  # type: ignore[union-attr]
    assert expanded.properties[1].expr.every is True  # type: ignore[union-attr]


def test_what_parameters_decide_is_decided() -> None:
    o = local("o", OP)
    many = op("==", how_many(o, true()), parameter("ops"))
    assert written_out(model(properties=(claim("Many", many),))).properties[0].expr == TRUE
    assert written_out(model(properties=(claim("None", some(o, true())),)), ops=0).properties[0].expr == FALSE


def test_a_chosen_value_among_cells() -> None:
    who = variable("who", OP, any_value(OP))
    expanded = written_out(model(who, M, properties=(claim("Zero", equal(at(read(M), read(who)), number(0))),)))
    key = Key(CellValue(0), IdsDomain("Op", 2), SPAN, sure=True)
    assert expanded.properties[0].expr == Compare("==", OneOf((1, 2), (key,)), Const(0))


# ---- parameters -------------------------------------------------------------------------------------------------


def choosing() -> Model:
    return replace(
        model(),
        parameters=(
            whole_number("agents", 1), whole_number("ops", 2),
            core.ParameterDecl("fast", BOOL, true(), SPAN), core.ParameterDecl("first", STATUS, label("Pending"), SPAN),
            core.ParameterDecl("twice", RangeType(Number(0), Number(8)), op("*", parameter("ops"), number(2)), SPAN),
        ),
    )  # fmt: skip


def test_parameters_have_defaults() -> None:
    assert default_parameters(choosing()) == {"agents": 1, "ops": 2, "fast": True, "first": 1, "twice": 4}
    assert ground(choosing(), {"ops": 3}).parameters[-1] == ("twice", 6)


@pytest.mark.parametrize(
    ("name", "text", "value"), [("ops", "3", 3), ("fast", "false", False), ("first", "Finished", 2)]
)
def test_parameters_from_text(name: str, text: str, value: Any) -> None:
    assert parse_parameters(choosing(), {name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ops", "4", "0..3"),
        ("ops", "many", "0..3"),
        ("ops", "-1", "0..3"),
        ("fast", "1", "true or false"),
        ("first", "Gone", "Unknown, Pending, Finished"),
        ("slow", "1", "agents, ops, fast, first, twice"),
    ],
)
def test_parameters_from_wrong_text(name: str, text: str, words: str) -> None:
    with pytest.raises(SpecError, match="P381") as caught:
        parse_parameters(choosing(), {name: text})
    assert words in str(caught.value)


# ---- what is refused --------------------------------------------------------------------------------------------


def with_variable(type: Type, initial: core.Expr) -> Model:
    return model(variable("v", type, initial))


@pytest.mark.parametrize(
    ("made", "parameters", "code"),
    [
        (with_variable(RangeType(Number(2), ParameterBound("ops")), number(2)), {"ops": 1}, Code.EMPTY_RANGE),
        (with_variable(RangeType(Number(0), ParameterBound("ops")), number(2)), {"ops": 1}, Code.INITIAL_OUTSIDE_TYPE),
        (model(), {"ops": 9}, Code.PARAMETER_OUTSIDE_TYPE),
        (model(), {"fast": True}, Code.PARAMETER_OUTSIDE_TYPE),
        (
            with_variable(SetType(RangeType(Number(0), Number(5_000))), core.MakeSet((), SetType(SMALL), SPAN)),
            {},
            Code.TOO_MANY_VALUES,
        ),
        (
            replace(
                loss_and_break(),
                channels=tuple(replace(c, capacity=ParameterBound("ops")) for c in loss_and_break().channels),
            ),
            {"ops": 0},
            Code.EMPTY_RANGE,
        ),
    ],
)
def test_models_that_make_no_sense_for_their_parameters(made: Model, parameters: dict[str, Any], code: Code) -> None:
    (found,) = refused(made, **parameters).diagnostics
    assert found.code is code
    assert found.help


WIDE = RangeType(Number(0), Number(299))


def test_binders_over_too_many_values() -> None:
    n, k = local("n", WIDE), local("k", WIDE)
    claims = (claim("All", core.Quantifier("all", (core.Binder(n), core.Binder(k)), true(), true(), BOOL, SPAN)),)
    assert "P382" in str(refused(model(properties=claims)))
    go = rule("go", params=(n, k))
    assert "P382" in str(refused(model(rules=(go,))))


def test_too_many_instances() -> None:
    n, k = local("n", RangeType(Number(0), Number(199))), local("k", RangeType(Number(0), Number(249)))
    rules = tuple(rule(f"go{i}", params=(n, k)) for i in range(MAX_INSTANCES // 50_000 + 1))
    assert "P383" in str(refused(model(rules=rules)))


def test_too_many_expressions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait_spec.ground_context.MAX_NODES", 50)
    assert "P383" in str(refused(reconcile()))


def test_too_many_queues() -> None:
    nodes = End("node", RangeType(Number(0), Number(99)))
    made = model(roles=(nodes,), messages=(ANSWER,), channels=(channel("wire", nodes, nodes, ANSWER),))
    assert "P383" in str(refused(made))
