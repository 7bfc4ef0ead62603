"""Expanded expressions have the value, or the error, that CORE's definition gives them: on random expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings, strategies as st

from plait.evaluation import RunError, evaluate
from plait.semantics import Failed, Reached, steps
from plait_spec import core
from plait_spec.core import Expr, Local
from plait_spec.core_walk import below
from plait_spec.domain_of import domain_of
from plait_spec.domains import values
from plait_spec.ground import Ground
from plait_spec.ground_walk import can_err, slots_of
from plait_spec.grounding import ground
from plait_spec.types import (
    BOOL,
    INT,
    BoolType,
    EnumType,
    IdsType,
    IntType,
    MapType,
    Number,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from plait_spec.validate import validate
from plait_spec.validate_ground import validate_ground
from tests.spec.core_meaning import ErrsError, Meaning, Running, natural, written
from tests.spec.core_models import (
    AGENT,
    SMALL,
    SPAN,
    STATUS,
    at,
    claim,
    label,
    local,
    member,
    model,
    negated,
    none,
    number,
    op,
    read,
    rule,
    true,
    use,
    variable,
)

PARAMETERS = {"agents": 2, "ops": 1}
MAYBE = OptionType(SMALL)
CREW = SetType(AGENT)
FEW = SeqType(SMALL, Number(2))
COUNTS = MapType(AGENT, SMALL)
TABLE = MapType(BOOL, MapType(AGENT, STATUS))
NUMBERS = SetType(SMALL)
HEAPS = MapType(BOOL, NUMBERS)
PAIR = RecordType("Pair", (("x", SMALL), ("who", OptionType(AGENT)), ("all", OptionType(NUMBERS))))
PARTS: tuple[Type, ...] = (INT, OptionType(AGENT), OptionType(NUMBERS))
WRITTEN = ("flag", "n", "maybe", "crew", "counts", "counts", "table", "table", "pair", "few", "numbers", "heaps")
TYPES: dict[str, Type] = {
    "flag": BOOL, "n": SMALL, "status": STATUS, "who": AGENT, "maybe": MAYBE, "crew": CREW, "counts": COUNTS,
    "table": TABLE, "few": FEW, "pair": PAIR,
    "numbers": NUMBERS, "heaps": HEAPS, "lonely": OptionType(AGENT), "one": IdsType("Op", Number(1)),
}  # fmt: skip


def _start(type: Type) -> core.AnyValue:
    return core.AnyValue(local("value", type), true())


VARIABLES = {name: variable(name, type, _start(type)) for name, type in TYPES.items()}


@dataclass(frozen=True)
class Maker:
    """Draws expressions of a type, under names that are bound."""

    draw: Any
    names: tuple[Local, ...] = ()
    depth: int = 3

    def deeper(self, *more: Local) -> Maker:
        return Maker(self.draw, (*self.names, *more), self.depth - 1)

    def pick(self, *choices: Any) -> Any:
        return choices[self.draw(st.integers(0, len(choices) - 1))]

    def expr(self, type: Type) -> Expr:
        found: list[Expr] = [use(name) for name in self.names if name.type == type]
        found += [read(VARIABLES[name]) for name, of in TYPES.items() if of == type]
        leaves = [*found, *self.literals(type)]
        if self.depth <= 0 or (leaves and self.draw(st.integers(0, 3)) == 0):
            leaf: Expr = self.pick(*leaves)
            return leaf
        inner = self.deeper()
        common = [lambda: inner.choice(type), lambda: inner.let(type)]
        made: Expr = self.pick(*common, *inner.makers(type) * 3)()
        return made

    def literals(self, type: Type) -> list[Expr]:
        match type:
            case BoolType():
                return [true()]
            case IntType():
                return [number(self.draw(st.integers(-1, 4))), read(VARIABLES["n"])]
            case RangeType():
                return [core.Literal(self.draw(st.integers(0, 3)), SMALL, SPAN)]
            case EnumType(_, labels):
                return [label(self.pick(*labels))]
            case OptionType(of):
                return [none(), *self.literals(of)]
            case SetType():
                return [core.MakeSet((), type, SPAN)]
            case SeqType():
                return [core.MakeSeq((), type, SPAN)]
            case MapType(_, value):
                return [core.Fill(item, type, SPAN) for item in self.literals(value)]
            case _:
                return []

    def choice(self, type: Type) -> Expr:
        return core.IfElse(self.expr(BOOL), self.expr(type), self.expr(type), type, SPAN)

    def let(self, type: Type) -> Expr:
        bound = local("v", self.pick(SMALL, AGENT, CREW, COUNTS, TABLE, MAYBE, NUMBERS))
        value = self.expr(bound.type)
        body = self.deeper(bound).expr(type)
        return core.LetIn(bound, value, body, type, SPAN)

    def makers(self, type: Type) -> list[Any]:
        match type:
            case BoolType():
                return [self.logic, self.logic, self.order, self.same, self.inside, self.quantifier, self.entry]
            case IntType():
                return [self.arithmetic, self.arithmetic, self.total, self.how_many, lambda: self.expr(SMALL)]
            case RangeType():
                return [
                    self.lookup,
                    self.lookup,
                    self.unwrapped,
                    self.from_sequence,
                    lambda: member(self.expr(PAIR), "x"),
                ]
            case IdsType():
                return [lambda: core.Unwrap(self.expr(OptionType(AGENT)), AGENT, SPAN)]
            case EnumType():
                return [lambda: at(at(self.expr(TABLE), self.expr(BOOL)), self.expr(AGENT))]
            case OptionType(of):
                return [lambda: self.expr(of), lambda: self.expr(of)]
            case SetType():
                return [lambda: self.joined(type), lambda: self.some_of(type), lambda: self.made_set(type)]
            case MapType(_, value):
                return [lambda: core.Fill(self.expr(value), type, SPAN), lambda: self.made_map(type)]
            case SeqType():
                return [
                    lambda: core.SeqCall("rest", (self.expr(FEW),), FEW, SPAN),
                    self.made_seq,
                    lambda: core.Binary("concat", self.expr(FEW), self.expr(FEW), FEW, SPAN),
                ]
            case RecordType():
                return [lambda: core.MakeRecord(tuple(map(self.expr, PARTS)), PAIR, SPAN)]
            case _:
                raise AssertionError(type)

    # ---- bool and numbers

    def logic(self) -> Expr:
        if self.draw(st.booleans()):
            return negated(self.expr(BOOL))
        return op(self.pick("and", "or", "implies", "iff"), self.expr(BOOL), self.expr(BOOL))

    def order(self) -> Expr:
        type = self.pick(INT, INT, CREW, NUMBERS)
        return op(self.pick("<", "<=", ">", ">="), self.expr(type), self.expr(type))

    def same(self) -> Expr:
        type = self.pick(INT, STATUS, AGENT, MAYBE, CREW, COUNTS, TABLE, PAIR, FEW, BOOL, NUMBERS, HEAPS)
        return op(self.pick("==", "!="), self.expr(type), self.expr(type))

    def inside(self) -> Expr:
        kind = self.draw(st.integers(0, 3))
        if kind == 0:
            return op("in", self.expr(self.pick(AGENT, OptionType(AGENT))), self.expr(CREW))
        if kind == 1:
            return op("in", self.expr(self.pick(INT, MAYBE)), self.expr(FEW))
        if kind == 2:
            return op("in", self.expr(self.pick(INT, MAYBE)), self.expr(NUMBERS))
        items = tuple(self.expr(INT) for _ in range(self.draw(st.integers(0, 2))))
        return op("in", self.expr(self.pick(INT, MAYBE)), core.MakeSet(items, SetType(INT), SPAN))

    def entry(self) -> Expr:
        return op("==", self.lookup(), self.expr(INT))

    def binder(self) -> core.Binder:
        if self.draw(st.booleans()):
            return core.Binder(local("a", AGENT), self.expr(CREW))
        return core.Binder(local("x", self.pick(AGENT, SMALL, BOOL)))

    def bound(self) -> tuple[tuple[core.Binder, ...], Maker]:
        first = self.binder()
        maker = self.deeper(first.local)
        if self.draw(st.integers(0, 2)) > 0:
            return (first,), maker
        second = maker.binder()
        return (first, second), maker.deeper(second.local)

    def quantifier(self) -> Expr:
        binders, inner = self.bound()
        kind = self.pick("all", "some")
        return core.Quantifier(kind, binders, inner.expr(BOOL), inner.expr(BOOL), BOOL, SPAN)

    def how_many(self) -> Expr:
        binders, inner = self.bound()
        return core.Quantifier("count", binders, inner.expr(BOOL), inner.expr(BOOL), INT, SPAN)

    def total(self) -> Expr:
        binders, inner = self.bound()
        return core.Aggregate(self.pick("sum", "min", "max"), binders, inner.expr(BOOL), inner.expr(INT), INT, SPAN)

    def arithmetic(self) -> Expr:
        if self.draw(st.integers(0, 5)) == 0:
            rare = (core.Negate(self.expr(INT), SPAN), core.SeqCall("size", (self.expr(CREW),), INT, SPAN))
            return rare[self.draw(st.integers(0, 1))]
        return op(self.pick("+", "-", "*", "mod", "min", "max"), self.expr(INT), self.expr(INT))

    def lookup(self) -> Expr:
        return at(self.expr(COUNTS), self.expr(AGENT))

    def unwrapped(self) -> Expr:
        return core.Unwrap(self.expr(MAYBE), SMALL, SPAN)

    # ---- collections

    def from_sequence(self) -> Expr:
        function = self.pick("first", "last", "at")
        args = (self.expr(FEW), self.expr(INT)) if function == "at" else (self.expr(FEW),)
        return core.SeqCall(function, args, SMALL, SPAN)

    def joined(self, type: SetType) -> Expr:
        return core.Binary(self.pick("union", "difference"), self.expr(type), self.expr(type), type, SPAN)

    def some_of(self, type: SetType) -> Expr:
        over = self.expr(type) if self.draw(st.booleans()) else None
        bound = local("a", type.of)
        return core.SetWhere(core.Binder(bound, over), self.deeper(bound).expr(BOOL), type, SPAN)

    def made_set(self, type: SetType) -> Expr:
        """A set of numbers may be of `int`: its elements are checked where it is stored."""
        of = INT if type == NUMBERS and self.draw(st.booleans()) else type.of
        return core.MakeSet(tuple(self.expr(of) for _ in range(self.draw(st.integers(0, 2)))), SetType(of), SPAN)

    def made_map(self, type: MapType) -> Expr:
        bound = local("k", type.key)
        return core.MapWhere(bound, self.deeper(bound).expr(type.value), type, SPAN)

    def made_seq(self) -> Expr:
        return core.MakeSeq(tuple(self.expr(SMALL) for _ in range(self.draw(st.integers(0, 2)))), FEW, SPAN)


@dataclass(frozen=True)
class BodyMaker:
    """Draws commands."""

    maker: Maker
    depth: int = 2

    def block(self, *more: Local) -> core.Block:
        maker = self.maker.deeper(*more)
        found: list[core.Command] = []
        for _ in range(maker.draw(st.integers(1, 3))):
            command = BodyMaker(Maker(maker.draw, maker.names, 2), self.depth - 1).command()
            found.append(command)
            if isinstance(command, core.Bind):
                maker = maker.deeper(command.local)
        return tuple(found)

    def command(self) -> core.Command:
        maker = self.maker
        kind = maker.draw(st.integers(0, 9)) if self.depth > 0 else 0
        if kind <= 5:
            return self.assign()
        if kind == 6:
            bound = local("v", maker.pick(SMALL, AGENT, CREW, COUNTS, TABLE))
            return core.Bind(bound, maker.expr(bound.type), SPAN)
        if kind == 7:
            return core.When(maker.expr(BOOL), self.block(), self.block(), SPAN)
        if kind == 8:
            return core.Assert(maker.expr(BOOL), SPAN)
        binder = maker.binder()
        where = maker.deeper(binder.local).expr(BOOL)
        return core.ForEach((binder,), where, self.block(binder.local), unordered=False, span=SPAN)

    def assign(self) -> core.Command:
        maker = self.maker
        name = maker.pick(
            "flag", "n", "maybe", "crew", "counts", "counts", "table", "table", "pair", "few", "numbers", "heaps"
        )
        type, path = TYPES[name], list[Any]()
        while isinstance(type, MapType | RecordType) and maker.draw(st.integers(0, 3)) > 0:
            if isinstance(type, MapType):
                path.append(maker.expr(type.key))
                type = type.value
            else:
                field, type = maker.pick(*type.fields)
                path.append(field)
        place = core.Place(name, tuple(path), type, SPAN)
        return core.Assign(place, maker.expr(INT if type == SMALL else type), SPAN)


@st.composite
def bodies(draw: Any) -> tuple[core.Block, dict[str, Any]]:
    """A body and a state."""
    return BodyMaker(Maker(draw, depth=2)).block(), draw(states())


@st.composite
def states(draw: Any) -> dict[str, Any]:
    """A value for each variable."""
    state: dict[str, Any] = {}
    for name, type in TYPES.items():
        domain = domain_of(type, PARAMETERS)
        state[name] = natural(domain, draw(st.sampled_from(list(values(domain)))))
    return state


@st.composite
def cases(draw: Any) -> tuple[Expr, dict[str, Any]]:
    """A condition and a state."""
    expr = Maker(draw, depth=draw(st.integers(2, 4))).expr(BOOL)
    return expr, draw(states())


def meant(expr: Expr, state: dict[str, Any]) -> Any:
    try:
        return Meaning(PARAMETERS, state).value(expr, {})
    except ErrsError:
        return "errs"


def in_cells(expanded: Ground, state: dict[str, Any]) -> tuple[Any, ...]:
    cells: list[Any] = []
    for cell in expanded.cells:
        value = state[cell.variable]
        type: Type = TYPES[cell.variable]
        for domain, key in zip(cell.key_domains, cell.keys, strict=True):
            assert isinstance(type, MapType)
            value, type = value[list(values(domain)).index(key)], type.value
        cells.append(written(domain_of(type, PARAMETERS), value))
    return tuple(cells)


def found(expanded: Ground, state: dict[str, Any]) -> Any:
    try:
        return evaluate(expanded.properties[0].expr, in_cells(expanded, state))
    except RunError:
        return "errs"


@settings(max_examples=600)
@given(cases())
def test_expansion_keeps_values_and_errors(case: tuple[Expr, dict[str, Any]]) -> None:
    expr, state = case
    written_out = model(*VARIABLES.values(), properties=(claim("Claim", expr),))
    validate(written_out)
    expanded = ground(written_out, PARAMETERS)
    validate_ground(expanded)
    result = found(expanded, state)
    assert result == meant(expr, state)
    assert can_err(expanded.properties[0].expr) or result != "errs"
    assert expanded.properties[0].slots == slots_of(expanded.properties[0].expr)


def test_random_expressions_have_many_kinds() -> None:
    """The generator reaches every kind of expression that has a meaning of its own here."""
    seen: set[type] = set()

    @settings(max_examples=300, database=None)
    @given(cases())
    def collect(case: tuple[Expr, dict[str, Any]]) -> None:
        seen.update(type(part) for part in below(case[0]))

    collect()
    wanted = {
        core.At,
        core.Fill,
        core.MapWhere,
        core.SetWhere,
        core.LetIn,
        core.Aggregate,
        core.Quantifier,
        core.Unwrap,
    }
    assert wanted <= seen


@settings(max_examples=500)
@given(bodies())
def test_expansion_keeps_what_bodies_do(case: tuple[core.Block, dict[str, Any]]) -> None:
    body, state = case
    written_out = model(*VARIABLES.values(), rules=(rule("go", *body),))
    validate(written_out)
    expanded = ground(written_out, PARAMETERS)
    validate_ground(expanded)
    ((_, outcome),) = steps(expanded, in_cells(expanded, state))
    running = Running(PARAMETERS, state, TYPES)
    try:
        running.block(body, {})
    except ErrsError:
        assert isinstance(outcome, Failed)
    else:
        assert outcome == Reached(in_cells(expanded, dict(running.state)))
