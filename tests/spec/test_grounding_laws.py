"""The expansion stops at a model that breaks a law of CORE; and keys that may be none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plait.evaluation import RunError, evaluate
from plait.semantics import Failed, steps
from plait_spec import core
from plait_spec.core import Model, Receive
from plait_spec.diagnostics import Code
from plait_spec.ground import AnyOrder, Assert, Const, If, SetCell, SetOneOf, SetSlot
from plait_spec.ground_walk import cells_written, commands, expressions
from plait_spec.grounding import ground
from plait_spec.laws import BrokenLaw
from plait_spec.types import BOOL, INT, MapType, Number, RangeType, RecordType, SeqType, SetType
from tests.spec.core_models import (
    AGENT,
    ASK,
    MASTER,
    OP,
    SMALL,
    SPAN,
    STATUS,
    WORKER,
    any_value,
    assign,
    at,
    channel,
    claim,
    equal,
    every,
    false,
    handler,
    label,
    local,
    loop,
    model,
    number,
    op,
    read,
    rule,
    send,
    set_of,
    some,
    took,
    true,
    use,
    variable,
    when,
)

FLAG, X = variable("flag", BOOL, false()), variable("x", SMALL, number(0))
COUNTS = variable("counts", MapType(OP, SMALL), number(0))
TABLE = variable("table", MapType(OP, SMALL), number(0), kind="constant")
PAIR = RecordType("Pair", (("one", SMALL),))
PAIRS = variable("pair", PAIR, core.MakeRecord((number(0),), PAIR, SPAN))
FAR = RangeType(Number(0), Number(9))


def saying(expr: core.Expr) -> Model:
    return model(FLAG, X, COUNTS, PAIRS, properties=(claim("Claim", expr),))


def doing(*body: core.Command, **other: Any) -> Model:
    return model(
        FLAG, X, COUNTS, TABLE, PAIRS, roles=(MASTER, WORKER), messages=(ASK,),
        channels=(channel("link", MASTER, WORKER, ASK),), rules=(rule("go", *body, **other),),
    )  # fmt: skip


def place(variable: str, *path: core.Expr | str) -> core.Assign:
    return core.Assign(core.Place(variable, path, BOOL, SPAN), true(), SPAN)


MESSAGE = local("m", BOOL)


@pytest.mark.parametrize(
    ("law", "broken"),
    [
        ("names are bound where they are used", saying(use(local("o", OP)))),
        ("no past-time operator is left", saying(core.Past("once", (true(),), SPAN))),
        ("only maps are indexed", saying(core.At(read(X), number(0), BOOL, SPAN))),
        ("only records have fields", saying(core.Member(read(X), "one", BOOL, SPAN))),
        ("fields are declared", saying(core.Member(read(PAIRS), "two", BOOL, SPAN))),
        ("maps have map types", saying(core.Fill(true(), BOOL, SPAN))),
        ("`in` asks a set or a sequence", saying(op("in", number(0), read(X)))),
        ("`+` joins sequences", saying(op("concat", read(X), read(X)))),
        ("sequence functions take sequences", saying(core.SeqCall("size", (read(X),), INT, SPAN))),
        ("names range over types and sets", saying(some(local("a", SMALL), true(), over=read(X)))),
        ("variables are declared before they are read", saying(core.Read("lost", BOOL, SPAN))),
        ("channels are declared", saying(core.Has(core.QueueRef("lost"), "Ask", (), SPAN))),
        ("messages are declared", doing(send("link", PAIR, number(0), right=core.Literal(0, AGENT, SPAN)))),
        ("a message goes to one queue", doing(send("link", ASK, core.Literal(0, OP, SPAN)))),
        ("constants are never written", doing(assign(TABLE, read(TABLE)))),
        ("places fit their variables", doing(place("counts", "one"))),
        ("places fit their variables", doing(place("x", number(0)))),
        ("variables are declared before they are read", doing(switched_on=read(FLAG))),
        ("a received message is a record", doing(trigger=Receive("link", True, None, None, MESSAGE))),
        (
            "a trigger reads the arguments of its rule only",
            replace(doing(), rules=(handler("go", "link", local("q", ASK), right=read(FLAG)),)),
        ),
        (
            "a trigger names one queue",
            replace(doing(), rules=(handler("go", "link", local("q", ASK), right=core.Literal(7, AGENT, SPAN)),)),
        ),
        (
            "arguments of a step name",
            replace(doing(), properties=(claim("Claim", took("go", status=true())),)),
        ),
    ],
)  # fmt: skip
def test_what_validation_would_have_found(law: str, broken: Model) -> None:
    with pytest.raises(BrokenLaw) as caught:
        ground(broken, {})
    assert caught.value.law == law


# ---- keys that may be none --------------------------------------------------------------------------------------

WHO = variable("who", FAR, any_value(FAR))
NODE = core.End("node", SMALL)


def calling(*body: core.Command, **other: Any) -> Model:
    return model(
        WHO, roles=(MASTER, NODE), messages=(ASK,), channels=(channel("wire", MASTER, NODE, ASK),),
        rules=(rule("go", *body),), **other,
    )  # fmt: skip


def test_a_queue_that_is_not_there() -> None:
    asked = core.Has(core.QueueRef("wire", right=op("+", read(WHO), number(1))), "Ask", (), SPAN)
    expanded = ground(calling(properties=(claim("Asked", asked),)), {})
    state = (2, (), (), (), ((0, 0, 1),))
    assert evaluate(expanded.properties[0].expr, state) is True
    with pytest.raises(RunError) as caught:
        evaluate(expanded.properties[0].expr, (3, *state[1:]))
    assert caught.value.code is Code.NO_SUCH_KEY


def test_clearing_and_sending_where_there_is_no_queue() -> None:
    clear = core.Clear(core.QueueRef("wire", right=read(WHO)), SPAN)
    for command in (clear, send("wire", ASK, core.Literal(0, OP, SPAN), right=read(WHO))):
        expanded = ground(calling(command), {})
        ((_, outcome),) = steps(expanded, (9, (), (), (), ()))
        assert isinstance(outcome, Failed)
        assert outcome.code is Code.NO_SUCH_KEY


# ---- smaller matters --------------------------------------------------------------------------------------------


def test_commands_that_do_nothing_are_left_out() -> None:
    o = local("o", OP)
    empty = core.ForEach((core.Binder(o),), equal(read(X), number(1)), (), unordered=True, span=SPAN)
    made = doing(when(read(FLAG)), core.Assert(true(), SPAN), empty, loop(local("o", OP)))
    assert ground(made, {}).instances[0].body == ()


def test_every_command_below_a_block() -> None:
    o = local("o", OP)
    wait = core.ForEach((core.Binder(o),), true(), (assign(COUNTS, number(1), use(o)),), unordered=True, span=SPAN)
    body = ground(doing(when(read(FLAG), wait, no=(core.Assert(read(FLAG), SPAN),))), {}).instances[0].body
    assert [type(command) for command in commands(body)] == [If, AnyOrder, SetCell, SetCell, Assert]
    assert cells_written(body) == {2, 3}
    assert [len(expressions(command)) for command in commands(body)] == [1, 2, 1, 1, 1]


def test_a_key_that_an_earlier_write_would_change_waits_in_a_slot() -> None:
    """`m[m[0][0]] = ...` for a whole row: the row's number is read before the row is written."""
    rows = variable("rows", MapType(SMALL, MapType(BOOL, SMALL)), number(0))
    row = at(read(rows), number(0), false())
    made = model(rows, rules=(rule("go", assign(rows, core.Fill(number(3), MapType(BOOL, SMALL), SPAN), row)),))
    body = ground(made, {}).instances[0].body
    assert [type(command) for command in body] == [SetSlot, SetSlot, SetOneOf, SetOneOf]


def test_a_sum_over_pairs_where_one_reads_the_other() -> None:
    a, b = local("a", AGENT), local("b", AGENT)
    crew = set_of(AGENT, use(a))
    pairs = core.Quantifier("count", (core.Binder(a), core.Binder(b, crew)), true(), true(), INT, SPAN)
    assert ground(saying(equal(pairs, number(2))), {}).properties[0].expr == Const(value=True)


def test_elements_of_a_set_that_is_empty_by_type() -> None:
    nobody = core.MakeSet((), SetType(INT), SPAN)
    a = local("a", SMALL)
    assert ground(saying(every(a, false(), over=nobody)), {}).properties[0].expr == Const(value=True)
    some_of = core.SetWhere(core.Binder(a), true(), SetType(INT), SPAN)
    four = equal(core.SeqCall("size", (some_of,), INT, SPAN), number(4))
    assert ground(saying(four), {}).properties[0].expr == Const(value=True)


def test_messages_in_a_sequence() -> None:
    """A sequence within a record keeps its length within its type."""
    log = RecordType("Log", (("items", SeqType(STATUS, Number(1))),))
    two = core.MakeSeq((label("Pending"), label("Pending")), SeqType(STATUS, Number(2)), SPAN)
    made = ground(saying(equal(core.MakeRecord((two,), log, SPAN), core.MakeRecord((two,), log, SPAN))), {})
    with pytest.raises(RunError):
        evaluate(made.properties[0].expr, (False, 0, 0, 0, (0,)))


def test_a_number_alone_has_the_domain_of_itself() -> None:
    far = variable("far", FAR, number(0))
    made = model(far, rules=(rule("go", assign(far, core.IfElse(read(FLAG), number(1), number(9), INT, SPAN))),))
    body = ground(replace(made, variables=(far, FLAG)), {}).instances[0].body
    assert "Checked" not in str(body)
