"""Types as they are written into types, and bounds into bounds.

Types may refer to each other in any order; one that is made of itself is refused. A type is resolved when it is first
asked for, and poison stands for one that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from plait_spec import syntax
from plait_spec.agreement import KEYS, an, is_number, show
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.suggest import did_you_mean, ring
from plait_spec.types import (
    BOOL,
    POISON,
    BoolType,
    Bound,
    BoundOf,
    EnumType,
    IdsType,
    MapType,
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

TypeItem: TypeAlias = syntax.Ids | syntax.Enum | syntax.TypeDef

_ZERO = Number(0)
MAX_TYPE_SIZE = 2_000
"""How many parts a type may have when all its names are written out; more are refused."""
MAX_TYPE_DEPTH = 40
"""How deep named types may be nested; more is refused."""


class Types:
    """The types of one protocol: those with names, and whatever is built from them."""

    def __init__(self, items: Mapping[str, TypeItem], parameters: Mapping[str, syntax.Parameter], sink: Sink) -> None:
        self.items, self.parameters, self.sink = items, parameters, sink
        self.named: dict[str, Type] = {}
        self._open: list[str] = []
        self._sizes: dict[str, int] = {}

    def resolve_all(self) -> None:
        """Look at every type with a name, used or not."""
        for name in self.items:
            self.by_name(name)

    def by_name(self, name: str) -> Type:
        """A declared type; `name` must be declared."""
        if name not in self.named:
            self._open.append(name)
            too_deep = len(self._open) > MAX_TYPE_DEPTH
            resolved: Type = POISON if too_deep else self._declared(self.items[name])
            self._open.pop()
            self.named[name] = resolved
            self._sizes[name] = _size(resolved, self._sizes)
            if too_deep or self._sizes[name] > MAX_TYPE_SIZE or _depth(resolved) > MAX_TYPE_DEPTH:
                message = f"type `{name}` is too large when all its names are written out"
                self.sink.error(Code.TOO_LARGE, self.items[name].name.span, message)
                self.named[name], self._sizes[name] = POISON, 1
        return self.named[name]

    def _declared(self, item: TypeItem) -> Type:
        match item:
            case syntax.Ids(name, size):
                return IdsType(name.text, self.bound(size))
            case syntax.Enum(name, members):
                return EnumType(name.text, tuple(dict.fromkeys(label.text for label in members)))
            case syntax.TypeDef(name, syntax.RecordType(fields)):
                return self.record(name.text, fields, "type")
            case syntax.TypeDef(_, type):
                return self.resolve(type)
            case _:
                assert_never(item)

    def record(self, name: str, fields: tuple[syntax.Field, ...], kind: str) -> RecordType:
        """A record type or message with its fields."""
        table: dict[str, Type] = {}
        first: dict[str, syntax.Name] = {}
        for field in fields:
            if field.name.text in table:
                note = (Label(first[field.name.text].span, "the first time"),)
                message = f"{kind} `{name}` has the field `{field.name.text}` twice"
                self.sink.error(Code.DUPLICATE_NAME, field.name.span, message, notes=note)
                continue
            table[field.name.text], first[field.name.text] = self.resolve(field.type), field.name
        return RecordType(name, tuple(table.items()))

    def resolve(self, expr: syntax.TypeExpr) -> Type:
        """What a type means."""
        match expr:
            case syntax.NamedType(name):
                return self._named(name)
            case syntax.BoolType():
                return BOOL
            case syntax.Range(low, high):
                return RangeType(self.bound(low), self.bound(high))
            case syntax.Within(range):
                return RangeType(self.bound(range.low), self.bound(range.high), within=True)
            case syntax.OptionalType(inner):
                return self._option(expr, self.resolve(inner))
            case syntax.SetType(element):
                of = self.resolve(element)
                return POISON if isinstance(of, PoisonType) else SetType(of)
            case syntax.SeqType(element, capacity):
                of = self.resolve(element)
                bound = self.bound(capacity)
                return POISON if isinstance(of, PoisonType) else SeqType(of, bound)
            case syntax.RecordType():
                help = "give it a name: `type Name = { ... }`"
                self.sink.error(Code.BAD_TYPE, expr.span, "a record needs a name", help=help)
                return POISON
            case syntax.MapType(key, value):
                return self._map(expr, self.resolve(key), self.resolve(value))
            case _:
                assert_never(expr)

    def _named(self, name: syntax.Name) -> Type:
        if name.text in self._open:
            names = ring([*self._open[self._open.index(name.text) :], name.text])
            self.sink.error(Code.RECURSIVE, name.span, f"this type is made of itself: {names}")
            return POISON
        if name.text in self.items:
            return self.by_name(name.text)
        help = did_you_mean(name.text, self.items)
        self.sink.error(Code.UNKNOWN_NAME, name.span, f"there is no type `{name.text}`", help=help)
        return POISON

    def _option(self, expr: syntax.OptionalType, inner: Type) -> Type:
        if isinstance(inner, OptionType):
            message = f"`{show(inner)}` is optional already: one `none` is enough"
            self.sink.error(Code.BAD_TYPE, expr.span, message)
            return inner
        return POISON if isinstance(inner, PoisonType) else OptionType(inner)

    def _map(self, expr: syntax.MapType, key: Type, value: Type) -> Type:
        if isinstance(key, PoisonType) or isinstance(value, PoisonType):
            return POISON
        if not isinstance(key, KEYS) or (isinstance(key, RangeType) and key.within):
            help = "keys are of a range, an enum, `ids` or bool"
            self.sink.error(Code.BAD_TYPE, expr.key.span, f"a map cannot have keys of type `{show(key)}`", help=help)
            return POISON
        return MapType(key, value)

    # ---- bounds

    def bound(self, expr: syntax.Expr) -> Bound:
        """A number over parameters; 0 stands for one that is wrong."""
        match expr:
            case syntax.Integer(value):
                return Number(value)
            case syntax.Boolean(value):
                return Number(int(value))
            case syntax.Name(text):
                return self._parameter(expr, text)
            case syntax.Unary("-", operand):
                return BoundOf("-", _ZERO, self.bound(operand))
            case syntax.Binary("+" | "-" | "*" as op, left, right):
                return BoundOf(op, self.bound(left), self.bound(right))
            case _:
                message = "a bound is made of numbers, parameters, `+`, `-` and `*`"
                self.sink.error(Code.BAD_BOUND, expr.span, message)
                return _ZERO

    def _parameter(self, expr: syntax.Name, name: str) -> Bound:
        if name not in self.parameters:
            help = did_you_mean(name, self.parameters)
            message = f"there is no parameter `{name}`"
            self.sink.error(Code.UNKNOWN_NAME, expr.span, message, help=help)
            return _ZERO
        type = self._type_of(self.parameters[name])
        if not (is_number(type) or isinstance(type, BoolType | PoisonType)):
            message = f"`{name}` is {an(type)}, and a bound needs a number"
            self.sink.error(Code.BAD_BOUND, expr.span, message)
            return _ZERO
        return ParameterBound(name)

    def _type_of(self, parameter: syntax.Parameter) -> Type:
        name = f"parameter {parameter.name.text}"
        if name in self._open:
            message = f"the type of parameter `{parameter.name.text}` is made of its own value"
            self.sink.error(Code.RECURSIVE, parameter.type.span, message)
            return POISON
        self._open.append(name)
        resolved = self.resolve(parameter.type)
        self._open.pop()
        return resolved


def _size(type: Type, sizes: Mapping[str, int]) -> int:
    """The number of parts; those of named records are known already."""
    match type:
        case RecordType(name, fields):
            return sizes.get(name) or 1 + sum(_size(of, sizes) for _, of in fields)
        case OptionType(of) | SetType(of) | SeqType(of):
            return 1 + _size(of, sizes)
        case MapType(key, value):
            return 1 + _size(key, sizes) + _size(value, sizes)
        case _:
            return 1


def _depth(type: Type) -> int:
    match type:
        case RecordType(_, fields):
            return 1 + max((_depth(of) for _, of in fields), default=0)
        case OptionType(of) | SetType(of) | SeqType(of):
            return 1 + _depth(of)
        case MapType(_, value):
            return 1 + _depth(value)
        case _:
            return 1
