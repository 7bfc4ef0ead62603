"""The symbols of a model: each variable and channel as pieces of state that depend on identities alone.

Keys that are finite (labels, numbers) are written out, identities become arguments; records become their fields, sets
what is in them. `Vocabulary` knows which parameters only say how many identities there are: those have no value here.

What has no such form raises `CannotExpress`, with the place in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Literal as OneOf, TypeAlias, assert_never

from plait.engines.symbolic.any_size.logic import FALSE, TRUE, Apply, Atom, Scalar, Term, Var, exists, neg
from plait.engines.symbolic.any_size.values import (
    FiniteValue,
    Hole,
    IdValue,
    MapValue,
    Names,
    Pattern,
    Point,
    RecordValue,
    SetValue,
    Symbolic,
    TruthValue,
    identity,
    no_identity,
)
from plait_spec.core import Channel, Model, Variable
from plait_spec.domain_of import bound_of
from plait_spec.domains import Value
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import (
    BoolType,
    Bound,
    BoundOf,
    EmptyType,
    EnumType,
    IdsType,
    IntType,
    MapType,
    NoneType,
    Number,
    OptionType,
    ParameterBound,
    PoisonType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    Type,
)

MAX_VALUES = 64


class CannotExpress(Exception):  # noqa: N818 - it says what is the case
    """Something in the model has no meaning for any number of identities; `reason` is a sentence about it."""

    def __init__(self, span: Span, reason: str) -> None:
        super().__init__(reason)
        self.span, self.reason = span, reason


SymbolKind: TypeAlias = OneOf["truth", "finite", "one", "function"]


@record
class Symbol:
    """A piece of the state.

    `sorts` are those of its arguments. `kind`: a truth (also: a membership, a message in flight); finite: one of
    `values`; one: for the arguments before the last at most one last one (`total`: exactly one); function: a constant
    that is an identity of the sort `result`. `rigid`: no step changes it. `text` says it in the language, with `{0}`
    for the first argument; `labels` are the words for `values`.
    """

    name: str
    sorts: tuple[str, ...]
    kind: SymbolKind
    values: tuple[Scalar, ...]
    labels: tuple[str, ...]
    total: bool
    result: str
    rigid: bool
    text: str
    variable: str


@record
class Shape:
    """A way into a variable: keys and elements as patterns, fields as numbers, outermost first."""

    steps: tuple[Pattern | int, ...] = ()

    def key(self, variable: str) -> str:
        """The name of the symbol there."""
        return variable + "".join(f".{step}" if isinstance(step, int) else _key(step) for step in self.steps)


def _key(pattern: Pattern) -> str:
    return "[" + ",".join("_" if isinstance(atom, Hole) else repr(atom) for atom in pattern) + "]"


class Vocabulary:
    """What names mean in one model with the parameters that have values."""

    def __init__(self, model: Model, parameters: Mapping[str, Value], names: Names) -> None:
        self.model = model
        self.names = names
        self.sizes = frozenset(name for sort in model.ids for name in _named(sort.size))
        self.parameters = {name: value for name, value in parameters.items() if name not in self.sizes}
        self.messages = {message.name: message for message in model.messages}
        self.channels = {channel.name: channel for channel in model.channels}

    def nobody(self) -> None:
        """Sorts are never empty here; raises `CannotExpress` where one of the model can be."""
        ranges = {
            one.name: (bound_of(one.type.lo, self.parameters), bound_of(one.type.hi, self.parameters))
            for one in self.model.parameters
            if isinstance(one.type, RangeType) and not (_named(one.type.lo) | _named(one.type.hi)) & self.sizes
        }
        for sort in self.model.ids:
            if _least(sort.size, ranges)[0] < 1:
                named = [one.span for one in self.model.parameters if one.name in _named(sort.size)]
                reason = f"there may be no {sort.name} at all, and nothing is proved about that: let it begin at 1"
                raise CannotExpress(named[0] if named else self.model.span, reason)

    # ---- types

    def bound(self, bound: Bound, span: Span) -> int:
        """The number that a bound is."""
        for name in _named(bound):
            if name in self.sizes:
                raise CannotExpress(
                    span, f"its bound depends on `{name}`, the number of identities: there is no largest one"
                )
        return bound_of(bound, self.parameters)

    def scalars(self, type: Type, span: Span) -> tuple[Scalar, ...] | None:
        """The values of a type of few values without identities in it (bool included); None for all others."""
        match type:
            case BoolType():
                return False, True
            case RangeType(lo, hi, within):
                if within:
                    raise CannotExpress(span, "a `within` bound cuts the behaviour, so nothing is known beyond it")
                first, last = self.bound(lo, span), self.bound(hi, span)
                if last - first >= MAX_VALUES:
                    raise CannotExpress(span, f"a range of more than {MAX_VALUES} numbers: proofs here do not count")
                return tuple(range(first, last + 1))
            case EnumType(_, labels):
                return tuple(range(len(labels)))
            case OptionType(of):
                inner = self.scalars(of, span)
                return None if inner is None else (None, *inner)
            case _:
                return None

    def patterns(self, type: Type, span: Span) -> tuple[Pattern, ...]:
        """What keys and elements of this type look like."""
        scalars = self.scalars(type, span)
        if scalars is not None:
            return tuple((scalar,) for scalar in scalars)
        match type:
            case IdsType(name):
                return ((Hole(name),),)
            case OptionType(IdsType(name)):
                return (None,), (Hole(name),)
            case RecordType(_, fields):
                inner = product(*(self.patterns(of, span) for _, of in fields))
                return tuple(tuple(atom for part in parts for atom in part) for parts in inner)
            case _:
                raise CannotExpress(span, f"{_described(type)} is a key, an element or part of a message here")

    def value_at(self, type: Type, point: Point, span: Span) -> tuple[Symbolic, Point]:
        """The value that the beginning of a point stands for, and the rest of the point."""
        if self.scalars(type, span) is not None:
            scalar = point[0]
            assert not isinstance(scalar, Var | Apply)
            if isinstance(type, BoolType):
                return TruthValue(TRUE if scalar else FALSE), point[1:]
            return FiniteValue(((scalar, TRUE),)), point[1:]
        match type:
            case IdsType(name) | OptionType(IdsType(name)):
                return _identity_at(name, point[0]), point[1:]
            case RecordType(_, fields):
                values: list[Symbolic] = []
                for _, of in fields:
                    value, point = self.value_at(of, point, span)
                    values.append(value)
                return RecordValue(tuple(values)), point
            case _:
                raise CannotExpress(span, f"{_described(type)} is a key, an element or part of a message here")

    # ---- variables

    def read(self, variable: Variable) -> Symbolic:
        """The value of a whole variable, in terms of its symbols."""
        return self._read(variable, variable.type, Shape(), ())

    def _read(self, variable: Variable, type: Type, shape: Shape, args: tuple[Term, ...]) -> Symbolic:
        name = shape.key(variable.name)
        scalars = self.scalars(type, variable.span)
        if isinstance(type, BoolType):
            return TruthValue(Atom(name, True, args))
        if scalars is not None:
            return FiniteValue(tuple((scalar, Atom(name, scalar, args)) for scalar in scalars))
        match type:
            case IdsType(sort) if variable.kind == "constant":
                return identity(Apply(name, args, sort))
            case IdsType(sort):
                return IdValue(sort, None, lambda term: Atom(name, True, (*args, term)), FALSE)
            case OptionType(IdsType(sort)):
                found = self.names.fresh(sort)
                none = neg(exists((found,), Atom(name, True, (*args, found))))
                return IdValue(sort, None, lambda term: Atom(name, True, (*args, term)), none)
            case RecordType(_, fields):
                return RecordValue(
                    tuple(
                        self._read(variable, of, Shape((*shape.steps, at)), args) for at, (_, of) in enumerate(fields)
                    )
                )
            case MapType(key, value):

                def at(point: Point) -> Symbolic:
                    pattern, terms = _split(point)
                    return self._read(variable, value, Shape((*shape.steps, pattern)), (*args, *terms))

                return MapValue(self.patterns(key, variable.span), at)
            case SetType(of):

                def has(point: Point) -> Atom:
                    pattern, terms = _split(point)
                    inside = Shape((*shape.steps, pattern)).key(variable.name)
                    return Atom(inside, True, (*args, *terms))

                return SetValue(self.patterns(of, variable.span), has)
            case _:
                raise CannotExpress(variable.span, f"{_described(type)} cannot be written down for any number")

    def symbols(self, variable: Variable) -> Iterator[Symbol]:
        """The symbols of a variable, in the order of its keys."""
        text = variable.name
        type = variable.type
        if variable.family is not None and isinstance(type, MapType):  # role[member].name
            role, _, rest = variable.name.partition(".")
            for pattern in self.patterns(type.key, variable.span):
                shown, sorts = self._shown(type.key, pattern, 0)
                yield from self._symbols(variable, type.value, Shape((pattern,)), sorts, f"{role}[{shown}].{rest}")
        else:
            yield from self._symbols(variable, type, Shape(), (), text)

    def _symbols(
        self, variable: Variable, type: Type, shape: Shape, sorts: tuple[str, ...], text: str
    ) -> Iterator[Symbol]:
        name = shape.key(variable.name)
        rigid = variable.kind == "constant"
        scalars = self.scalars(type, variable.span)
        if isinstance(type, BoolType):
            yield Symbol(name, sorts, "truth", (True,), (), False, "", rigid, text, variable.name)
            return
        if scalars is not None:
            labels = tuple(_label(type, scalar) for scalar in scalars)
            yield Symbol(name, sorts, "finite", scalars, labels, False, "", rigid, text, variable.name)
            return
        match type:
            case IdsType(sort) if rigid:
                yield Symbol(name, sorts, "function", (), (), True, sort, rigid, text, variable.name)
            case IdsType(sort) | OptionType(IdsType(sort)):
                total = isinstance(type, IdsType)
                yield Symbol(name, (*sorts, sort), "one", (True,), (), total, "", rigid, text, variable.name)
            case RecordType(_, fields):
                for at, (field, of) in enumerate(fields):
                    inner = Shape((*shape.steps, at))
                    yield from self._symbols(variable, of, inner, sorts, f"{text}.{field}")
            case MapType(key, value):
                for pattern in self.patterns(key, variable.span):
                    shown, more = self._shown(key, pattern, len(sorts))
                    inner = Shape((*shape.steps, pattern))
                    yield from self._symbols(variable, value, inner, (*sorts, *more), f"{text}[{shown}]")
            case SetType(of):
                for pattern in self.patterns(of, variable.span):
                    shown, more = self._shown(of, pattern, len(sorts))
                    inside = Shape((*shape.steps, pattern)).key(variable.name)
                    member = f"{shown} in {text}"
                    yield Symbol(inside, (*sorts, *more), "truth", (True,), (), False, "", rigid, member, variable.name)
            case _:
                raise CannotExpress(variable.span, f"{_described(type)} cannot be written down for any number")

    def _shown(self, type: Type, pattern: Pattern, first: int) -> tuple[str, tuple[str, ...]]:
        """A key in the language, with `{first}` and so on for its identities, and their sorts."""
        sorts: list[str] = []

        def show(of: Type, atoms: Pattern) -> tuple[str, Pattern]:
            if isinstance(of, RecordType):
                parts: list[str] = []
                for field, inner in of.fields:
                    shown, atoms = show(inner, atoms)
                    parts.append(f"{field}: {shown}")
                return f"{of.name}({', '.join(parts)})", atoms
            atom = atoms[0]
            if isinstance(atom, Hole):
                sorts.append(atom.sort)
                return f"{{{first + len(sorts) - 1}}}", atoms[1:]
            return _label(of, atom), atoms[1:]

        return show(type, pattern)[0], tuple(sorts)

    # ---- channels: a set of messages for each channel, direction and message

    def flight(self, channel: str, forward: bool, message: str) -> str:
        """The name of the set of these messages that are in flight."""
        return f"{channel}{'>' if forward else '<'}{message}"

    def flight_type(self, channel: Channel, message: str) -> RecordType:
        """Its elements: the identities at the ends that are families, and the fields."""
        ends = tuple(
            (side, end.family)
            for side, end in (("left", channel.left), ("right", channel.right))
            if end.family is not None
        )
        return RecordType(message, (*ends, *self.messages[message].fields))

    def flight_read(self, channel: Channel, forward: bool, message: str) -> SetValue:
        """What of these messages is in flight, in terms of its symbols."""
        name = self.flight(channel.name, forward, message)

        def has(point: Point) -> Atom:
            pattern, terms = _split(point)
            return Atom(Shape((pattern,)).key(name), True, terms)

        return SetValue(self.patterns(self.flight_type(channel, message), channel.span), has)

    def flight_symbols(self, channel: Channel, forward: bool, message: str) -> Iterator[Symbol]:
        """The symbols of these messages."""
        type = self.flight_type(channel, message)
        name = self.flight(channel.name, forward, message)
        ends = sum(1 for end in (channel.left, channel.right) if end.family is not None)
        for pattern in self.patterns(type, channel.span):
            shown: list[str] = []
            sorts: tuple[str, ...] = ()
            rest = pattern
            for _, of in type.fields:
                width = len(self.patterns(of, channel.span)[0])
                text, more = self._shown(of, rest[:width], len(sorts))
                rest, sorts = rest[width:], (*sorts, *more)
                shown.append(text)
            queue = channel.name + "".join(f"[{end}]" for end in shown[:ends])
            named = ", ".join(
                f"{field}: {text}" for (field, _), text in zip(type.fields[ends:], shown[ends:], strict=True)
            )
            text = f"{queue} has {message}" + (f"({named})" if named else "")
            yield Symbol(Shape((pattern,)).key(name), sorts, "truth", (True,), (), False, "", False, text, channel.name)


def _named(bound: Bound) -> frozenset[str]:
    """The parameters in a bound."""
    match bound:
        case Number():
            return frozenset()
        case ParameterBound(name):
            return frozenset((name,))
        case BoundOf(_, left, right):
            return _named(left) | _named(right)
        case _:
            assert_never(bound)


def _least(bound: Bound, ranges: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """The least and the greatest value of a bound; 0 where nothing is known."""
    match bound:
        case Number(value):
            return value, value
        case ParameterBound(name):
            return ranges.get(name, (0, 0))
        case BoundOf(op, left, right):
            (low, high), (least, most) = _least(left, ranges), _least(right, ranges)
            if op == "+":
                return low + least, high + most
            if op == "-":
                return low - most, high - least
            products = [one * other for one in (low, high) for other in (least, most)]
            return min(products), max(products)
        case _:
            assert_never(bound)


def _split(point: Point) -> tuple[Pattern, tuple[Term, ...]]:
    pattern = tuple(Hole(atom.sort) if isinstance(atom, Var | Apply) else atom for atom in point)
    return pattern, tuple(atom for atom in point if isinstance(atom, Var | Apply))


def _identity_at(sort: str, atom: Scalar | Term) -> IdValue:
    if isinstance(atom, Var | Apply):
        return identity(atom)
    return no_identity(sort)


def _label(type: Type, scalar: Scalar) -> str:
    match type, scalar:
        case _, None:
            return "none"
        case _, bool():
            return "true" if scalar else "false"
        case EnumType(_, labels), int():
            return labels[scalar]
        case OptionType(of), _:
            return _label(of, scalar)
        case _:
            return str(scalar)


def _described(type: Type) -> str:
    match type:
        case SeqType():
            return "a sequence, which has an order and counts,"
        case SetType():
            return "a set"
        case MapType():
            return "a map"
        case OptionType(RecordType()):
            return "a record that may be `none`"
        case OptionType():
            return "a value that may be `none`"
        case RecordType(name):
            return f"the record `{name}`"
        case IntType():
            return "a number of any size"
        case NoneType() | EmptyType() | PoisonType() | BoolType() | RangeType() | EnumType() | IdsType():
            return "this value"
        case _:
            assert_never(type)
