"""Staged closures give what the reference gives: on random expressions, and on random bodies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from plait.engines.interpreter.reads import instance_reads, step_reads
from plait.engines.interpreter.run import StagedInstance
from plait.engines.interpreter.stage import Layout, stage_expr
from plait.evaluation import BoundError, RunError, evaluate
from plait.semantics import Cut, Failed, Reached, State, steps_of
from plait_spec.domains import (
    BoolDomain,
    Domain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    values,
)
from plait_spec.ground import (
    And,
    AnyOrder,
    Arithmetic,
    Assert,
    Block,
    CellValue,
    Checked,
    Choice,
    Command,
    Compare,
    Const,
    Empty,
    Enqueue,
    Expr,
    Field,
    Ground,
    Has,
    If,
    IfElse,
    InFlight,
    InSet,
    Item,
    Key,
    Let,
    Negate,
    Next,
    Not,
    OneOf,
    Or,
    Receive,
    SeqOp,
    SetCell,
    SetOf,
    SetOneOf,
    SetOp,
    SetSlot,
    Size,
    Slot,
    Took,
    Total,
    Tuple,
    Unwrap,
    WithField,
    WithItem,
)
from tests.checker.ground_models import SPAN, Maker, at

NUMBER = RangeDomain(0, 3)
WITHIN = RangeDomain(0, 3, within=True)
IDS = IdsDomain("Op", 3)
MAYBE = OptionDomain(NUMBER)
SET = SetDomain(IDS)
SEQ = SeqDomain(NUMBER, 2)
PAIR = RecordDomain("Pair", (("number", NUMBER), ("flag", BoolDomain())))
MAP = MapDomain(IDS, NUMBER)

# The cells of every state here: a row of numbers, then one cell of each type, then two queues.
ROW = (0, 1, 2)
ONE, FLAG, MAYBE_CELL, SET_CELL, SEQ_CELL, PAIR_CELL, MAP_CELL, QUEUE, BAG = range(3, 12)
CELLS: tuple[Domain, ...] = (NUMBER, NUMBER, NUMBER, NUMBER, BoolDomain(), MAYBE, SET, SEQ, PAIR, MAP)
SLOTS = 3  # slot 0 is the message's record, 1 and 2 hold numbers


def made(*rules: tuple[Expr, Block]) -> Ground:
    """A model over these cells with these rules; both queues have two places, the bag is blocking."""
    maker = Maker()
    maker.variable("row", NUMBER, 0, keys=IDS)
    for index, domain in enumerate(CELLS[3:]):
        maker.variable(f"cell{index}", domain, next(values(domain)))
    maker.channel("queue", bound=2)
    maker.channel("bag", ordered=False, blocking=True, bound=2)
    maker.message("M", number=NUMBER, flag=BoolDomain())
    for index, (guard, body) in enumerate(rules):
        maker.rule(f"rule{index}", guard, body, slots=SLOTS)
    return maker.made()


numbers = st.integers(0, 3)
MESSAGES = st.builds(lambda number, flag: (0, 0, number, flag), numbers, st.booleans())


def states() -> st.SearchStrategy[State]:
    plain = [st.sampled_from(list(values(domain))) for domain in CELLS]
    queue = st.lists(MESSAGES, max_size=2).map(tuple)
    bag = st.lists(MESSAGES.map(lambda m: (1, *m[1:])), max_size=2).map(lambda items: tuple(sorted(items)))
    return st.tuples(*plain, queue, bag)


def key(expr: Expr) -> Key:
    return Key(expr, IDS, SPAN)


@st.composite
def expressions(draw: st.DrawFn, kind: str = "number", depth: int = 3) -> Expr:
    """A well-typed expression: of a number (perhaps outside its type), bool, option, set, sequence, record or map."""
    if depth == 0:
        return draw(st.sampled_from(LEAVES[kind]))

    def part(of: str) -> Expr:
        return draw(expressions(of, depth - 1))

    make = draw(st.sampled_from([*NODES[kind], *SHARED]))
    expr: Expr = make(part, kind)
    return expr


def pairs(part: Any, of: str) -> tuple[tuple[Expr, Expr], ...]:
    return tuple((part("bool"), part(of)) for _ in range(2))


LEAVES: dict[str, list[Expr]] = {
    "number": [*(at(cell) for cell in (*ROW, ONE)), Const(1), Slot(1), Slot(2), Field(Slot(0), 0), InFlight((BAG,), 1)],
    "bool": [at(FLAG), Const(True), Field(Slot(0), 1), Took("go", ()), Has((QUEUE, BAG), 0, 0, ())],
    "option": [at(MAYBE_CELL), Const(None), at(ONE)],
    "set": [at(SET_CELL), Const(0b101)],
    "seq": [at(SEQ_CELL), Const(())],
    "record": [at(PAIR_CELL), Slot(0)],
    "map": [at(MAP_CELL), Const((3, 2, 1))],
}
SHARED: list[Any] = [
    lambda part, kind: IfElse(part("bool"), part(kind), part(kind)),
    lambda part, kind: Let(2, part("number"), part(kind)),
    lambda part, kind: LEAVES[kind][0],
]
NODES: dict[str, list[Any]] = {
    "number": [
        lambda part, _: OneOf(ROW, (key(part("number")),)),
        lambda part, _: OneOf((0, 1, 2, 3, 0, 1, 2, 3, 0), (key(part("number")), key(part("option")))),
        lambda part, _: Item(part("map"), key(part("option"))),
        lambda part, _: Field(part("record"), 0),
        lambda part, _: Negate(part("number")),
        *(
            lambda part, _, op=op: Arithmetic(op, part("number"), part("number"), SPAN)
            for op in ("+", "-", "*", "mod", "min", "max")
        ),
        *(lambda part, _, op=op: Total(op, pairs(part, "number"), SPAN) for op in ("sum", "min", "max")),
        lambda part, _: Size(part("set")),
        *(lambda part, _, op=op: SeqOp(op, (part("seq"),), SPAN) for op in ("length", "first", "last")),
        lambda part, _: SeqOp("at", (part("seq"), part("number")), SPAN),
        lambda part, _: Unwrap(part("option"), SPAN),
        lambda part, _: Checked(part("number"), NUMBER, "n", SPAN),
        lambda part, _: Checked(part("number"), WITHIN, "n", SPAN),
    ],
    "bool": [
        lambda part, _: Not(part("bool")),
        *(
            lambda part, _, node=node, every=every: node((part("bool"), part("bool"), part("bool")), every)
            for node in (And, Or)
            for every in (True, False)
        ),
        lambda part, _: And(tuple(Compare("==", at(cell), Const(1)) for cell in ROW), every=True),
        lambda part, _: Or(tuple(Compare("!=", at(cell), Const(0)) for cell in ROW), every=False),
        lambda part, _: Or((Compare("!=", at(ONE), Const(2)), part("bool")), every=False),
        *(
            lambda part, _, op=op, kind=kind: Compare(op, part(kind), part(kind))
            for op in ("==", "!=")
            for kind in ("option", "set", "seq", "record", "map")
        ),
        *(lambda part, _, op=op: Compare(op, part("number"), part("number")) for op in ("==", "!=", "<", "<=")),
        lambda part, _: InSet(part("option"), part("set"), IDS),
        lambda part, _: InSet(Const(1), part("set"), IDS),
        lambda part, _: InSet(part("record"), Const(0b1100), PAIR),
        lambda part, _: Has((QUEUE, BAG), 0, 0, ((0, part("number")), (1, part("bool")))),
        lambda part, _: Has((BAG,), 1, 0, ((1, part("bool")),)),
    ],
    "option": [lambda part, _: part("number"), lambda part, _: Checked(part("option"), MAYBE, "m", SPAN)],
    "set": [
        lambda part, _: SetOf(IDS, pairs(part, "option"), SPAN),
        *(lambda part, _, op=op: SetOp(op, part("set"), part("set")) for op in ("union", "difference")),
    ],
    "seq": [
        lambda part, _: Tuple((part("number"),)),
        lambda part, _: SeqOp("rest", (part("seq"),), SPAN),
        lambda part, _: SeqOp("concat", (part("seq"), part("seq")), SPAN),
        lambda part, _: Checked(part("seq"), SEQ, "s", SPAN),
    ],
    "record": [
        lambda part, _: Tuple((part("number"), part("bool"))),
        lambda part, _: WithField(part("record"), 0, part("number")),
        lambda part, _: Checked(part("record"), PAIR, "p", SPAN),
    ],
    "map": [
        lambda part, _: Tuple((part("number"), part("number"), part("number"))),
        lambda part, _: WithItem(part("map"), key(part("number")), part("number")),
    ],
}


def result(evaluation: Any) -> Any:
    """A value, or how the evaluation ended."""
    try:
        return evaluation()
    except RunError as error:
        return error.code
    except BoundError as met:
        return met.bound


kinds = st.sampled_from(list(LEAVES))


@given(st.data(), kinds, states(), st.tuples(numbers, st.booleans()), numbers, numbers)
@settings(max_examples=400)
def test_expressions(data: st.DataObject, kind: str, state: State, message: Value, one: int, two: int) -> None:
    expr = data.draw(expressions(kind))
    slots = {0: message, 1: one, 2: two}
    closure = stage_expr(expr, Layout(0, len(state)))
    assert result(lambda: closure([*state, message, one, two])) == result(lambda: evaluate(expr, state, slots))


@given(st.data(), states(), states())
@settings(max_examples=150)
def test_expressions_about_steps(data: st.DataObject, before: State, after: State) -> None:
    now, then = data.draw(expressions("number")), Next(data.draw(expressions("number")))
    expr = Compare("<=", now, then)
    slots = {0: (1, True), 1: 2, 2: 3}
    env = [*before, (1, True), 2, 3, *after]
    closure = stage_expr(expr, Layout(0, len(before), len(before) + SLOTS))
    assert result(lambda: closure(env)) == result(lambda: evaluate(expr, before, slots, after))


COMMANDS = ("cell", "flag", "one of", "slot", "queue", "bag", "empty", "assert", "if", "any order")


@st.composite
def commands(draw: st.DrawFn, depth: int = 2) -> Command:
    """A command over the cells of the states here."""

    def part(kind: str) -> Expr:
        return draw(expressions(kind, 2))

    def block() -> Block:
        return tuple(draw(st.lists(commands(depth - 1), max_size=2)))

    def number() -> Expr:
        return Checked(part("number"), draw(st.sampled_from([NUMBER, WITHIN])), "n", SPAN)

    match draw(st.sampled_from(COMMANDS if depth else COMMANDS[:-2])):
        case "cell":
            return SetCell(ONE, number())
        case "flag":
            return SetCell(FLAG, part("bool"))
        case "one of":
            return SetOneOf(ROW, (key(part("number")),), number())
        case "slot":
            return SetSlot(1, number())
        case "queue":
            return Enqueue((QUEUE,), (), 0, 0, Tuple((number(), part("bool"))))
        case "bag":
            return Enqueue((BAG,), (), 1, 0, Tuple((number(), Const(True))))
        case "empty":
            return Empty((QUEUE, BAG), draw(st.sampled_from([None, 0])))
        case "assert":
            return Assert(part("bool"), SPAN)
        case "if":
            return If(part("bool"), block(), block())
        case _:
            return AnyOrder(tuple((part("bool"), block()) for _ in range(2)))


bodies = st.lists(commands(), max_size=3).map(tuple)


@given(expressions("bool", 2), bodies, states(), st.sampled_from([None, False, True]))
@settings(max_examples=150)
def test_instances(guard: Expr, body: Block, state: State, keep: bool | None) -> None:
    """All choices and outcomes of an instance, as an action or (`keep` given) as a handler."""
    ground = made((guard, body))
    if keep is not None:
        instance = ground.instances[0]
        trigger = Receive(QUEUE, 0, 0, keep=keep)
        ground = _with(ground, type(instance)(**{**_fields(instance), "trigger": trigger}))
    ground = _bound(ground, message=keep is None)
    reached: list[tuple[Choice, State]] = []
    failed: list[Choice] = []
    cuts: list[str] = []
    for choice, outcome in steps_of(ground, state, 0):
        match outcome:
            case Reached(target):
                reached.append((choice, target))
            case Failed():
                failed.append(choice)
            case Cut(bound):
                cuts.append(bound)
    moves = StagedInstance(ground, 0).moves(state)
    told = [(choice, _written(state, writes)) for choice, writes in zip(moves.choices, moves.writes, strict=True)]
    assert told == reached
    assert list(moves.failures) == failed
    assert list(moves.cuts) == cuts
    assert moves.transitions == len(reached) + len(failed)


@given(bodies, states(), states())
@settings(max_examples=100)
def test_a_step_depends_on_what_it_reads_only(body: Block, state: State, other: State) -> None:
    """Cells that are not read may hold anything: the choices, the ends and the writes are the same."""
    ground = _bound(made((Const(True), body)), message=True)
    staged = StagedInstance(ground, 0)
    mixed = tuple(
        old if cell in staged.reads else new for cell, (old, new) in enumerate(zip(state, other, strict=True))
    )
    assert instance_reads(ground.instances[0]) == staged.reads
    assert staged.moves(state) == staged.moves(mixed)


def _fields(instance: Any) -> dict[str, Any]:
    return {name: getattr(instance, name) for name in instance.__dataclass_fields__}


def _with(ground: Any, instance: Any) -> Ground:
    return type(ground)(**{**_fields(ground), "instances": (instance,)})  # type: ignore[no-any-return]


def _bound(ground: Ground, *, message: bool) -> Ground:
    """The instance with slots 1 and 2 bound, and slot 0 where no message is received."""
    instance = ground.instances[0]
    guard: Expr = Let(1, Const(2), Let(2, Const(3), instance.guard))
    start: Block = (SetSlot(1, Const(1)), SetSlot(2, Const(0)))
    if message:
        guard, start = Let(0, Const((1, False)), guard), (SetSlot(0, Const((2, True))), *start)
    return _with(ground, type(instance)(**{**_fields(instance), "guard": guard, "body": (*start, *instance.body)}))


def _written(state: State, writes: tuple[tuple[int, Value], ...]) -> State:
    cells = list(state)
    for cell, value in writes:
        cells[cell] = value
    return tuple(cells)


def test_what_a_claim_about_a_step_reads_before_and_after() -> None:
    claim = Or((Not(Compare("==", at(0), Next(at(1)))), Has((QUEUE,), 0, 0, ((0, Next(at(2))),))), every=False)
    assert step_reads(claim) == (frozenset((0, QUEUE)), frozenset((1, 2)))
    assert step_reads(Compare("==", OneOf(ROW, (key(at(ONE)),)), Const(0))) == (frozenset((0, 1, 2, ONE)), frozenset())


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("node", [And, Or])
def test_any_number_of_conditions(node: Any, count: int) -> None:
    for row in range(1 << count):
        items = tuple(CellValue(index) for index in range(count))
        cells = tuple(bool(row >> index & 1) for index in range(count))
        for every in (True, False):
            expr = node(items, every)
            assert stage_expr(expr, Layout(0, count))(cells) == evaluate(expr, cells)
