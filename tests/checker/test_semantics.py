"""The reference semantics, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from plait.errors import JobError
from plait.evaluation import BoundError, RunError, evaluate
from plait.semantics import (
    Cut,
    Failed,
    Observed,
    Outcome,
    Reached,
    Sent,
    State,
    initial_state,
    initial_states,
    next_orders,
    observe,
    on_step,
    run,
    state_key,
    steps,
)
from plait_spec.diagnostics import Code
from plait_spec.domains import (
    BoolDomain,
    IdsDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
)
from plait_spec.ground import (
    FALSE,
    TRUE,
    And,
    AnyOrder,
    Arithmetic,
    Assert,
    Block,
    Break,
    Checked,
    Choice,
    Compare,
    Const,
    Empty,
    Enqueue,
    Expr,
    Field,
    Free,
    Ground,
    Has,
    If,
    InFlight,
    InSet,
    Item,
    Key,
    Let,
    Lose,
    Next,
    OneOf,
    Or,
    Receive,
    SeqOp,
    SetCell,
    SetOf,
    SetOneOf,
    SetSlot,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from tests.checker.ground_models import SPAN, Maker, at, equals, plus, put, two_phase

SMALL = RangeDomain(0, 3)


def outcomes(ground: Ground, state: State) -> list[Outcome]:
    return [outcome for _, outcome in steps(ground, state)]


def reached(ground: Ground, state: State) -> list[State]:
    return [outcome.state for outcome in outcomes(ground, state) if isinstance(outcome, Reached)]


def only(ground: Ground) -> State:
    (state,) = initial_states(ground)
    return state


def errs(expr: Expr, *cells: Value) -> Code:
    with pytest.raises(RunError) as found:
        evaluate(expr, cells)
    return found.value.code


# ---- expressions


def test_a_quantifier_evaluates_every_instance() -> None:
    erring = Compare("==", Unwrap(Const(None), SPAN), Const(1))
    assert evaluate(And((FALSE, erring), every=False), ()) is False
    assert evaluate(Or((TRUE, erring), every=False), ()) is True
    assert errs(And((FALSE, erring), every=True)) is Code.NONE_USED
    assert errs(Or((TRUE, erring), every=True)) is Code.NONE_USED


def test_max_of_nothing_errs_and_sum_of_nothing_is_zero() -> None:
    nothing = ((FALSE, Const(1)),)
    assert errs(Total("max", nothing, SPAN)) is Code.NOTHING_TO_CHOOSE
    assert evaluate(Total("sum", nothing, SPAN), ()) == 0
    assert evaluate(Total("min", ((TRUE, Const(2)), (TRUE, Const(1)), (FALSE, Const(0))), SPAN), ()) == 1


def test_a_value_is_evaluated_only_where_its_condition_is_true() -> None:
    erring = Unwrap(Const(None), SPAN)
    assert evaluate(Total("sum", ((FALSE, erring), (TRUE, Const(1))), SPAN), ()) == 1
    assert evaluate(SetOf(SMALL, ((FALSE, erring), (TRUE, Const(2))), SPAN), ()) == 0b100


def test_a_key_outside_its_domain_is_an_index_into_nothing() -> None:
    for key in (None, 4, -1):
        assert errs(OneOf((0, 1, 2, 3), (Key(Const(key), SMALL, SPAN),)), *range(4)) is Code.NO_SUCH_KEY
    two = (Key(at(0), RangeDomain(0, 1), SPAN), Key(at(1), RangeDomain(0, 1), SPAN))
    assert evaluate(OneOf((2, 3, 4, 5), two), (1, 0, "a", "b", "c", "d")) == "c"


def test_maps_and_records_with_a_part_replaced() -> None:
    row = Const((5, 6, 7, 8))
    assert evaluate(WithItem(row, Key(Const(2), SMALL, SPAN), Const(0)), ()) == (5, 6, 0, 8)
    assert evaluate(WithField(row, 0, Const(0)), ()) == (0, 6, 7, 8)
    assert evaluate(Item(row, Key(Const(3), SMALL, SPAN)), ()) == 8
    assert evaluate(Field(row, 1), ()) == 6


def test_membership_of_what_is_no_element_is_false_and_such_an_element_errs() -> None:
    ids = IdsDomain("Op", 2)
    assert evaluate(InSet(Const(None), Const(0b11), ids), ()) is False
    assert evaluate(InSet(Const(1), Const(0b10), ids), ()) is True
    assert errs(SetOf(ids, ((TRUE, Const(None)),), SPAN)) is Code.OUTSIDE_TYPE


def test_mod_has_the_sign_of_the_divisor() -> None:
    assert evaluate(Arithmetic("mod", Const(-1), Const(4), SPAN), ()) == 3
    assert errs(Arithmetic("mod", Const(1), Const(0), SPAN)) is Code.DIVISION_BY_ZERO


@pytest.mark.parametrize("op", ["first", "last", "rest"])
def test_nothing_comes_first_in_an_empty_sequence(op: str) -> None:
    call = SeqOp(op, (at(0),), SPAN)  # type: ignore[arg-type]
    assert errs(call, ()) is Code.PAST_THE_END
    assert evaluate(call, ((1, 2),)) == {"first": 1, "last": 2, "rest": (2,)}[op]


def test_an_index_past_the_end() -> None:
    assert evaluate(SeqOp("at", (at(0), Const(1)), SPAN), ((7, 8),)) == 8
    assert errs(SeqOp("at", (at(0), Const(2)), SPAN), (7, 8)) is Code.PAST_THE_END
    assert evaluate(SeqOp("concat", (at(0), at(0)), SPAN), ((7,),)) == (7, 7)


def test_a_let_holds_inside_its_body_only() -> None:
    inner = Let(1, Const(5), Arithmetic("+", Slot(1), Slot(2), SPAN))
    assert evaluate(Tuple((inner, Slot(1))), (), {1: 1, 2: 10}) == (15, 1)


def test_next_looks_at_the_state_after() -> None:
    assert evaluate(Tuple((at(0), Next(at(0)))), (1,), {}, (2,)) == (1, 2)


def test_leaving_a_type_errs_and_leaving_a_bound_cuts() -> None:
    assert errs(Checked(Const(4), SMALL, "n", SPAN)) is Code.OUTSIDE_TYPE
    with pytest.raises(BoundError, match=r"n: within 0\.\.3"):
        evaluate(Checked(Const(4), RangeDomain(0, 3, within=True), "n", SPAN), ())
    pair = RecordDomain("Pair", (("a", SMALL), ("b", RangeDomain(0, 3, within=True))))
    assert evaluate(Checked(Const((3, 3)), pair, "p", SPAN), ()) == (3, 3)
    with pytest.raises(BoundError):
        evaluate(Checked(Const((3, 9)), pair, "p", SPAN), ())
    assert errs(Checked(Const((9, 9)), pair, "p", SPAN)) is Code.OUTSIDE_TYPE
    assert errs(Checked(Const((1, 2)), SeqDomain(SMALL, 1), "s", SPAN)) is Code.OUTSIDE_TYPE
    assert evaluate(Checked(Const(None), OptionDomain(SMALL), "o", SPAN), ()) is None
    assert errs(Checked(Const(4), OptionDomain(SMALL), "o", SPAN)) is Code.OUTSIDE_TYPE


# ---- initial states


def test_initial_values_may_read_what_stands_before_them() -> None:
    maker = Maker()
    (first,) = maker.variable("first", SMALL, 2)
    maker.variable("second", SMALL, Arithmetic("+", at(first), Const(1), SPAN))
    assert list(initial_states(maker.made())) == [(2, 3)]


def test_free_cells_vary_in_order_the_last_fastest() -> None:
    maker = Maker()
    maker.variable("x", BoolDomain(), keys=RangeDomain(0, 1), free=True)
    maker.variable("y", BoolDomain(), initial=True)
    made = maker.made()
    assert list(initial_states(made)) == [(a, b, True) for a in (False, True) for b in (False, True)]
    assert initial_state(made, 2) == (True, False, True)


def test_free_cells_obey_their_condition() -> None:
    maker = Maker()
    cells = maker.variable("x", SMALL, keys=RangeDomain(0, 1), free=True)
    maker.start[0] = Free(tuple(cells), Compare("<", at(cells[0]), at(cells[1])))
    assert list(initial_states(maker.made())) == [(a, b) for a in range(4) for b in range(4) if a < b]


def test_too_many_initial_states_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.semantics.MAX_INITIAL", 10)
    maker = Maker()
    maker.variable("x", SMALL, keys=RangeDomain(0, 1), free=True)
    with pytest.raises(JobError, match="more than 10 initial states"):
        list(initial_states(maker.made()))


def test_queues_start_empty() -> None:
    maker = Maker()
    maker.channel()
    assert only(maker.made()) == ((),)


# ---- bodies


def test_a_body_reads_its_own_writes() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    (y,) = maker.variable("y", SMALL, 0)
    maker.rule("go", body=(put(x, 2), SetCell(y, at(x))))
    assert reached(maker.made(), (0, 0)) == [(2, 2)]


def test_keys_of_a_place_are_evaluated_before_its_value() -> None:
    maker = Maker()
    cells = maker.variable("x", SMALL, 0, keys=RangeDomain(0, 1))
    place = (Key(at(cells[0]), RangeDomain(0, 1), SPAN),)
    maker.rule("go", body=(SetOneOf(tuple(cells), place, Unwrap(Const(None), SPAN)),))
    made = maker.made()
    (one,), (other,) = outcomes(made, (0, 0)), outcomes(made, (3, 0))
    assert isinstance(one, Failed)
    assert isinstance(other, Failed)
    assert (one.code, other.code) == (Code.NONE_USED, Code.NO_SUCH_KEY)


def test_a_slot_is_bound_for_the_rest_of_the_instance() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 1)
    maker.rule("go", body=(SetSlot(1, at(x)), put(x, 0), SetCell(x, Slot(1))), slots=2)
    assert reached(maker.made(), (1,)) == [(1,)]


def test_only_one_branch_runs() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    maker.rule("go", body=(If(equals(x, 0), (put(x, 1),), (Assert(FALSE, SPAN),)),))
    made = maker.made()
    assert reached(made, (0,)) == [(1,)]
    (failed,) = outcomes(made, (1,))
    assert isinstance(failed, Failed)
    assert failed.code is Code.ASSERTION_FAILED


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ((Assert(FALSE, SPAN), SetCell(0, Checked(Const(9), RangeDomain(0, 3, within=True), "x", SPAN))), Failed),
        ((SetCell(0, Checked(Const(9), RangeDomain(0, 3, within=True), "x", SPAN)), Assert(FALSE, SPAN)), Cut),
    ],
)
def test_the_first_cut_or_error_decides(body: Block, expected: type[Outcome]) -> None:
    maker = Maker()
    maker.variable("x", SMALL, 0)
    maker.rule("go", body=body)
    (outcome,) = outcomes(maker.made(), (0,))
    assert isinstance(outcome, expected)


def test_a_guard_that_errs_is_an_error_of_the_model() -> None:
    maker = Maker()
    (x,) = maker.variable("x", OptionDomain(SMALL), None)
    maker.rule("go", Compare("<", Unwrap(at(x), SPAN), Const(2)))
    made = maker.made()
    (outcome,) = outcomes(made, (None,))
    assert isinstance(outcome, Failed)
    assert outcomes(made, (3,)) == []


def test_monitors_that_look_back_see_the_state_before_and_those_that_look_on_the_state_after() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    (wire,) = maker.channel()
    (old,) = maker.variable("old", SMALL, 0)
    (older,) = maker.variable("older", SMALL, 0)
    (many,) = maker.variable("many", SMALL, 0)
    (new,) = maker.variable("new", SMALL, 0)
    message = maker.message("M")
    maker.rule(
        "go",
        body=(put(x, 2),),
        trigger=Receive(wire, 0, message, keep=False),
        before=(SetCell(old, at(x)), SetCell(older, at(old)), SetCell(many, InFlight((wire,), 0))),
        after=(SetCell(new, at(x)),),
    )
    assert reached(maker.made(), (1, ((0, 0),), 3, 0, 0, 0)) == [(2, (), 1, 3, 1, 2)]


# ---- orders


def passes(*cells: int, condition: Expr = TRUE) -> AnyOrder:
    """Each pass writes its number at the end of the sequence of cell 0."""
    one = [SetCell(0, SeqOp("concat", (at(0), Const((cell,))), SPAN)) for cell in cells]
    return AnyOrder(tuple((condition, (command,)) for command in one))


def ordered_maker(body: Block) -> Ground:
    maker = Maker()
    maker.variable("log", SeqDomain(RangeDomain(0, 9), 9), ())
    maker.rule("go", body=body)
    return maker.made()


def test_every_order_of_the_passes_is_a_step_of_its_own() -> None:
    made = ordered_maker((passes(0, 1, 2),))
    found = steps(made, ((),))
    assert [choice.orders for choice, _ in found] == [
        ((0, 1, 2),), ((0, 2, 1),), ((1, 0, 2),), ((1, 2, 0),), ((2, 0, 1),), ((2, 1, 0),),
    ]  # fmt: skip
    assert [state[0] for state in reached(made, ((),))] == [choice.orders[0] for choice, _ in found]


def test_conditions_of_passes_are_evaluated_before_the_first() -> None:
    empty = Compare("==", at(0), Const(()))
    made = ordered_maker((passes(0, 1, condition=empty),))
    assert [state[0] for state in reached(made, ((),))] == [(0, 1), (1, 0)]
    assert [choice.orders for choice, _ in steps(made, ((7,),))] == [((),)]


def test_orders_are_recorded_as_they_are_met_nested_ones_too() -> None:
    inner = passes(2, 3)
    outer = AnyOrder(((TRUE, (inner,)), (TRUE, passes(1).passes[0][1])))
    made = ordered_maker((outer, passes(4)))
    found = steps(made, ((),))
    assert [choice.orders for choice, _ in found] == [
        ((0, 1), (0, 1), (0,)), ((0, 1), (1, 0), (0,)), ((1, 0), (0, 1), (0,)), ((1, 0), (1, 0), (0,)),
    ]  # fmt: skip
    assert [state[0] for state in reached(made, ((),))] == [(2, 3, 1, 4), (3, 2, 1, 4), (1, 2, 3, 4), (1, 3, 2, 4)]
    for choice, outcome in found:
        assert run(made, ((),), choice) == outcome


def test_orders_that_err_are_choices_too() -> None:
    erring = AnyOrder(((TRUE, (Assert(FALSE, SPAN),)), (TRUE, ())))
    assert [type(outcome) for outcome in outcomes(ordered_maker((erring,)), ((),))] == [Failed, Failed]


def test_the_next_orders() -> None:
    assert next_orders(()) is None
    assert next_orders(((0, 2, 1), (1, 0))) == ((1, 0, 2),)
    assert next_orders(((0, 1), (1, 0), (0, 1))) == ((0, 1), (1, 0), (1, 0))
    assert next_orders(((1, 0), (1, 0))) is None


def test_a_choice_that_is_not_offered_has_no_outcome() -> None:
    made = ordered_maker((passes(0, 1),))
    assert run(made, ((),), Choice(0, orders=((0,),))) is None
    assert run(made, ((),), Choice(0)) is None
    assert run(made, ((),), Choice(0, at=1, orders=((0, 1),))) is None


# ---- channels


A, B, C = (0, 0, 0), (0, 0, 1), (0, 0, 2)
"""Messages M(0), M(1), M(2) of the first channel."""


def wire(
    *, ordered: bool = True, distinct: bool = False, blocking: bool = False, bound: int = 4, both: bool = False
) -> tuple[Maker, list[int]]:
    maker = Maker()
    cells = maker.channel(ordered=ordered, distinct=distinct, blocking=blocking, bound=bound, both=both)
    maker.message("M", value=SMALL)
    return maker, cells


def send(value: int, queue: int = 0, channel: int = 0) -> Enqueue:
    return Enqueue((queue,), (), channel, 0, Tuple((Const(value),)))


def after_sends(maker: Maker, values: Iterable[int], state: State) -> Outcome | None:
    maker.rule("go", body=tuple(map(send, values)))
    found = outcomes(maker.made(), state)
    return found[0] if found else None


def test_an_ordered_queue_is_first_in_first_out() -> None:
    maker, _ = wire()
    assert after_sends(maker, [2, 0], ((B,),)) == Reached(((B, C, A),))
    maker.rule("on M", trigger=Receive(0, 0, 0, keep=False))
    assert reached(maker.made(), ((B, A),)) == [((B, A, C, A),), ((A,),)]


def test_a_bag_is_kept_sorted_and_counts_copies() -> None:
    maker, _ = wire(ordered=False)
    assert after_sends(maker, [2, 0, 1], ((B,),)) == Reached(((A, B, B, C),))


def test_bags_are_sorted_by_the_order_of_the_fields_domains() -> None:
    maker = Maker()
    maker.channel(ordered=False)
    maker.message("M", value=OptionDomain(SMALL), items=SetDomain(SMALL))
    fields = [(None, 0b1), (0, 0b1), (0, 0b10), (0, 0b1)]
    maker.rule("go", body=tuple(Enqueue((0,), (), 0, 0, Const(row)) for row in fields))
    assert reached(maker.made(), ((),)) == [(((0, 0, None, 0b1), (0, 0, 0, 0b10), (0, 0, 0, 0b1), (0, 0, 0, 0b1)),)]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_distinct_channel_takes_no_second_copy_even_when_it_is_full(ordered: bool) -> None:
    maker, _ = wire(ordered=ordered, distinct=True, bound=1)
    assert after_sends(maker, [1, 1], ((),)) == Reached(((B,),))


def test_a_full_queue_cuts_the_step() -> None:
    maker, _ = wire(bound=2)
    assert after_sends(maker, [0, 0], ((B,),)) == Cut("capacity of wire")


def test_a_full_blocking_queue_disables_the_step_and_two_sends_ask_for_two_places() -> None:
    maker, _ = wire(bound=2, blocking=True)
    assert after_sends(maker, [0, 0], ((B,),)) is None
    assert run(maker.made(), ((B,),), Choice(0)) is None
    assert after_sends(Maker(channels=maker.channels, cells=maker.cells, messages=maker.messages), [0], ((B,),)) == (
        Reached(((B, A),))
    )


def test_an_error_before_a_blocked_send_decides() -> None:
    maker, _ = wire(bound=1, blocking=True)
    maker.rule("go", body=(Assert(FALSE, SPAN), send(0)))
    assert [type(outcome) for outcome in outcomes(maker.made(), ((B,),))] == [Failed]


def test_sending_to_a_queue_chosen_at_run_time() -> None:
    maker, cells = wire(both=True)
    (x,) = maker.variable("x", RangeDomain(0, 1), 1)
    maker.rule("go", body=(Enqueue(tuple(cells), (Key(at(x), RangeDomain(0, 1), SPAN),), 0, 0, Const((2,))),))
    assert reached(maker.made(), ((), (), 1)) == [((), (C,), 1)]


def test_the_message_is_gone_before_guard_and_body() -> None:
    maker, (queue,) = wire(bound=1)
    none_left = Compare("==", InFlight((queue,), 0), Const(0))
    maker.rule("on M", none_left, (send(2),), trigger=Receive(queue, 0, 0, keep=False))
    assert reached(maker.made(), ((A,),)) == [((C,),)]


def test_a_duplicate_stays_in_its_place() -> None:
    maker, (queue,) = wire()
    maker.rule("on M", Compare("==", InFlight((queue,), 0), Const(2)), trigger=Receive(queue, 0, 0, keep=True))
    assert reached(maker.made(), ((B, A),)) == [((B, A),)]


def test_only_the_head_of_an_ordered_queue_is_delivered_and_a_false_guard_waits() -> None:
    maker, (queue,) = wire()
    is_b = Compare("==", Field(Slot(0), 0), Const(1))
    maker.rule("on M", is_b, trigger=Receive(queue, 0, 0, keep=False))
    made = maker.made()
    assert outcomes(made, ((A, B),)) == []
    assert reached(made, ((B, A),)) == [((A,),)]


def test_a_message_of_another_kind_or_channel_is_not_received() -> None:
    maker, (queue,) = wire()
    maker.message("N")
    maker.rule("on N", trigger=Receive(queue, 0, 1, keep=False))
    maker.rule("other", trigger=Receive(queue, 1, 0, keep=False))
    assert outcomes(maker.made(), ((A,),)) == []
    assert len(outcomes(maker.made(), (((0, 1),),))) == 1
    assert len(outcomes(maker.made(), (((1, 0, 0),),))) == 1


def test_a_bag_offers_each_value_once_at_its_first_copy() -> None:
    maker, (queue,) = wire(ordered=False)
    (x,) = maker.variable("x", SMALL, 0)
    maker.rule("on M", body=(SetCell(x, Field(Slot(0), 0)),), trigger=Receive(queue, 0, 0, keep=False))
    found = steps(maker.made(), ((A, B, B, C), 0))
    assert [choice.at for choice, _ in found] == [0, 1, 3]
    assert [outcome.state for _, outcome in found if isinstance(outcome, Reached)] == [
        ((B, B, C), 0), ((A, B, C), 1), ((A, B, B), 2),
    ]  # fmt: skip


def test_a_loss_at_any_position_of_an_ordered_queue() -> None:
    maker, (queue,) = wire()
    maker.rule("wire.lose", trigger=Lose(queue), kind="lose")
    found = steps(maker.made(), ((A, A, B),))
    assert [choice.at for choice, _ in found] == [0, 1, 2]
    assert reached(maker.made(), ((A, A, B),)) == [((A, B),), ((A, B),), ((A, A),)]


def test_a_loss_of_each_value_of_a_bag() -> None:
    maker, (queue,) = wire(ordered=False)
    maker.rule("wire.lose", trigger=Lose(queue), kind="lose")
    assert [choice.at for choice, _ in steps(maker.made(), ((A, A, B),))] == [0, 2]


def test_a_loss_of_one_channel_where_two_share_a_queue() -> None:
    maker, (queue,) = wire()
    maker.rule("wire.lose", trigger=Lose(queue, 1), kind="lose")
    assert [choice.at for choice, _ in steps(maker.made(), ((A, (1, 0, 0), B),))] == [1]


@pytest.mark.parametrize("unharmed", [True, False])
def test_a_break_keeps_any_prefixes(unharmed: bool) -> None:
    maker, (forth, back) = wire(both=True)
    maker.rule("wire.break", trigger=Break(forth, back, unharmed), kind="break")
    made = maker.made()
    kept = [choice.kept for choice, _ in steps(made, ((A, B), (C,)))]
    assert kept == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), *([(2, 1)] if unharmed else [])]
    assert reached(made, ((A, B), (C,)))[3] == ((A,), (C,))
    assert [choice.kept for choice, _ in steps(made, ((), ()))] == ([(0, 0)] if unharmed else [])


def test_a_break_of_a_channel_that_goes_one_way() -> None:
    maker, (forth,) = wire()
    maker.rule("wire.break", trigger=Break(forth, None, unharmed=False), kind="break")
    assert reached(maker.made(), ((A, B),)) == [((),), ((A,),)]


def test_clearing_a_channel_leaves_the_messages_of_others_in_its_queues() -> None:
    maker, (queue,) = wire()
    maker.rule("clear", body=(Empty((queue,), 0),))
    maker.rule("clear all", body=(Empty((queue,), None),))
    assert reached(maker.made(), ((A, (1, 0, 0), B),)) == [(((1, 0, 0),),), ((),)]


def test_has_and_size_see_the_messages_of_their_channel_only() -> None:
    state = ((A, (1, 0, 2)), (C,))
    assert evaluate(Has((0, 1), 0, 0, ((0, Const(2)),)), state) is True
    assert evaluate(Has((0,), 0, 0, ((0, Const(2)),)), state) is False
    assert evaluate(Has((0,), 1, 0, ()), state) is True
    assert evaluate(InFlight((0, 1), 0), state) == 2


# ---- orders of states, properties, what happened on the way


def test_states_are_ordered_cell_by_cell_and_queues_by_length_first() -> None:
    maker, _ = wire()
    maker.variable("x", OptionDomain(SMALL), None)
    key = state_key(maker.made())
    row: list[State] = [((), None), ((), 0), ((C,), None), ((A, B), None), ((A, C), None), ((B, A), 3)]
    assert sorted([row[at] for at in (3, 0, 5, 1, 4, 2)], key=key) == row


def test_step_names_hold_of_the_step_just_taken_and_never_at_the_start() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    maker.rule("go", body=(plus(x, 1, SMALL),))
    maker.rule("stay")
    maker.property("Went", "never", Took("go", ()), on_steps=True, steps=("go",))
    made = maker.made()
    about = made.properties[0]
    assert evaluate(about.expr, only(made)) is False
    (go, _), (stay, _) = steps(made, (0,))
    assert on_step(made, about, about.expr, (0,), go, (1,)) is True
    assert on_step(made, about, about.expr, (0,), stay, (0,)) is False


def test_a_step_property_sees_both_states() -> None:
    maker = Maker()
    (x,) = maker.variable("x", SMALL, 0)
    maker.rule("go", body=(plus(x, 1, SMALL),))
    maker.property("Grows", "step", Compare("<", at(x), Next(at(x))))
    made = maker.made()
    assert on_step(made, made.properties[0], made.properties[0].expr, (0,), Choice(0), (1,)) is True


def test_what_happened_on_the_way() -> None:
    maker, (queue,) = wire()
    (x,) = maker.variable("x", SMALL, 0)
    (y,) = maker.variable("y", SMALL, 0)
    maker.rule("go", equals(x, 0), (put(y, 1), SetCell(x, at(y)), send(2)), before=(SetCell(y, at(y)),))
    seen = observe(maker.made(), ((), 0, 0), Choice(0))
    assert seen == Observed(Reached(((C,), 1, 1)), (x,), (y, x, queue), (Sent(queue, C),))


def test_the_order_of_choices_is_the_order_of_ties() -> None:
    made = two_phase(3)
    state = only(made)
    for _ in range(4):
        found = steps(made, state)
        keys = [(choice.instance, choice.at, choice.kept, choice.orders) for choice, _ in found]
        assert keys == sorted(keys)
        assert [run(made, state, choice) for choice, _ in found] == [outcome for _, outcome in found]
        state = reached(made, state)[-1]
