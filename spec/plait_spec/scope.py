"""What the names of one protocol or proposal mean: tables, with everything that is declared twice reported.

Names of values (parameters, constants, variables, `def`s, actions, roles, channels, labels of enums) share one space
at the top level, and each role has one of its own that goes before it. Types, messages and properties have a space
each. Labels of different enums may be the same: where both fit, it is an error to use one.

Non-goals: expressions. The tables hold the syntax of what needs a value or a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from plait_spec import syntax
from plait_spec.agreement import KEYS, an, show
from plait_spec.core import End
from plait_spec.declarations import Placed, key, kind_of, place_of
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.proposals import Flat
from plait_spec.record import record
from plait_spec.scope_types import TypeItem, Types
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import POISON, BoolType, EnumType, IdsType, MapType, PoisonType, RangeType, RecordType, Type

Fault = Literal["crash", "restart", "lose", "duplicate", "break"]


@record
class Variable:
    """A variable or constant; `type` has the key of its owner's family, `own` has not. `order` is its place."""

    name: str
    role: str | None
    family: Type | None
    own: Type
    kind: Literal["variable", "ghost", "constant"]
    order: int
    span: Span = field(compare=False, repr=False)

    @property
    def type(self) -> Type:
        """The type of the whole variable."""
        if self.family is None or isinstance(self.own, PoisonType):
            return self.own
        return MapType(self.family, self.own)


@record
class Record:
    """A record type or message, with the defaults of its fields."""

    type: RecordType
    defaults: dict[str, syntax.Expr]
    span: Span = field(compare=False, repr=False)


@record
class Link:
    """A channel with its ends; `carrier` is the channel whose queues it uses."""

    name: str
    left: End
    right: End
    both_ways: bool
    carrier: str
    item: syntax.Channel = field(compare=False, repr=False)


class Scope:
    """The tables of one protocol or proposal."""

    def __init__(self, flat: Flat, sink: Sink) -> None:
        self.flat, self.sink = flat, sink
        declarations = flat.declarations
        parameters = {parameter.name.text: parameter for parameter in flat.parameters}
        items = {p.item.name.text: p.item for p in reversed(declarations) if isinstance(p.item, TypeItem)}
        self.types = Types(dict(reversed(items.items())), parameters, sink)
        self.types.resolve_all()
        self.parameters = {name: self._parameter(parameter) for name, parameter in parameters.items()}
        self.labels = self._labels()
        self.records = dict(self._records())
        self.message_types = dict(self._messages())
        self.ends = self._ends()
        self.channels = dict(self._channels())
        self.variables: dict[str, Variable] = {}
        self.defs: dict[tuple[str | None, str], Placed] = {}
        self.actions: dict[tuple[str | None, str], Placed] = {}
        self.handlers: dict[tuple[str, str], list[Placed]] = {}
        self.faults: set[tuple[str, Fault]] = set()
        for placed in declarations:
            self._enter(placed)
        self._duplicates()

    @property
    def ids(self) -> tuple[IdsType, ...]:
        """The sorts of identities, in order."""
        found = (self.types.named[name] for name, item in self.types.items.items() if isinstance(item, syntax.Ids))
        return tuple(type for type in found if isinstance(type, IdsType))

    @property
    def messages(self) -> tuple[RecordType, ...]:
        """The messages with their fields, in order."""
        return tuple(message.type for message in self.message_types.values())

    def variable(self, role: str | None, name: str) -> Variable | None:
        """A variable of a role, or of the top level."""
        return self.variables.get(name if role is None else f"{role}.{name}")

    def values(self, role: str | None) -> Iterator[str]:
        """The names that an expression may use in a role, or at the top level, for suggestions."""
        for owner in dict.fromkeys((role, None)):
            yield from (v.name.rpartition(".")[2] for v in self.variables.values() if v.role == owner)
            yield from (name for where, name in (*self.defs, *self.actions) if where == owner)
        yield from (*self.parameters, *self.labels, *self.ends, *self.channels)

    def members(self, role: str) -> Iterator[str]:
        """The names that may stand after `role.`, for suggestions."""
        yield from (v.name.rpartition(".")[2] for v in self.variables.values() if v.role == role)
        yield from (name for where, name in (*self.defs, *self.actions) if where == role)

    # ---- the tables

    def _parameter(self, parameter: syntax.Parameter) -> Type:
        type = self.types.resolve(parameter.type)
        good = isinstance(type, BoolType | EnumType | PoisonType) or (isinstance(type, RangeType) and not type.within)
        if good:
            return type
        message = f"a parameter cannot be {an(type)}"
        self.sink.error(Code.BAD_TYPE, parameter.type.span, message, help="it is a bool, a range or an enum")
        return POISON

    def _labels(self) -> dict[str, tuple[EnumType, ...]]:
        table: dict[str, tuple[EnumType, ...]] = {}
        for name, item in self.types.items.items():
            type = self.types.named[name]
            if isinstance(item, syntax.Enum) and isinstance(type, EnumType):
                for label in type.labels:
                    table[label] = (*table.get(label, ()), type)
        return table

    def _records(self) -> Iterator[tuple[str, Record]]:
        for name, item in self.types.items.items():
            match self.types.named[name], item:
                case RecordType() as type, syntax.TypeDef(type=syntax.RecordType(fields)):
                    yield name, Record(type, _defaults(fields), item.name.span)
                case _:
                    pass

    def _messages(self) -> Iterator[tuple[str, Record]]:
        for placed in self.flat.declarations:
            match placed.item:
                case syntax.Message(name, fields):
                    type = self.types.record(name.text, fields, "message")
                    yield name.text, Record(type, _defaults(fields), name.span)
                case _:
                    pass

    def _ends(self) -> dict[str, End]:
        table: dict[str, End] = {}
        for placed in self.flat.declarations:
            if isinstance(placed.item, syntax.Role):
                name = placed.item.name.text
                table.setdefault(name, End(name, self._family(placed.item)))
        return table

    def _family(self, role: syntax.Role) -> Type | None:
        if role.index is None:
            return None
        type = self.types.resolve(syntax.NamedType(role.index, role.index.span))
        if isinstance(type, PoisonType) or (isinstance(type, KEYS) and not getattr(type, "within", False)):
            return type
        message = f"a family of roles cannot be numbered by `{show(type)}`"
        self.sink.error(Code.BAD_TYPE, role.index.span, message, help="use `ids`, a range or an enum")
        return POISON

    def _channels(self) -> Iterator[tuple[str, Link]]:
        for placed in self.flat.declarations:
            item = placed.item
            if not isinstance(item, syntax.Channel):
                continue
            ends = [self._end(name) for name in (item.source, item.target)]
            joined = next((o.channel.text for o in item.options if isinstance(o, syntax.Joins)), item.name.text)
            yield item.name.text, Link(item.name.text, ends[0], ends[1], item.both_ways, joined, item)

    def _end(self, name: syntax.Name) -> End:
        end = self.ends.get(name.text)
        if end is None and self.flat.abstract:  # a proposal may bring it; those that do not are told
            return End(name.text, None)
        if end is None:
            help = did_you_mean(name.text, self.ends)
            self.sink.error(Code.UNKNOWN_NAME, name.span, f"there is no role `{name.text}`", help=help)
            return End(name.text, None)
        return end

    def _enter(self, placed: Placed) -> None:
        """A declaration that has a value, a body or a budget."""
        item, role = placed.item, placed.role
        match item:
            case syntax.Var(lifetime, names, type):
                self._variable(role, names[0], type, "ghost" if lifetime == "ghost" else "variable")
            case syntax.Constant(names, type):
                self._variable(role, names[0], type, "constant")
            case syntax.Function(name) | syntax.Procedure(name):
                self.defs.setdefault((role, name.text), placed)
            case syntax.Action(name):
                self.actions.setdefault((role, name.text), placed)
            case syntax.Handler(syntax.OnMessage(message)) | syntax.Ignore(message) if role is not None:
                self.handlers.setdefault((role, message.text), []).append(placed)
            case syntax.May(fault) if role is not None:
                self.faults |= {(role, fault), (role, "restart")}
            case syntax.Channel(name, options=options):
                faults = (option.fault for option in options if isinstance(option, syntax.MayFault))
                self.faults |= {(name.text, fault) for fault in faults if fault != "stall"}
            case _:
                pass

    def _variable(
        self,
        role: str | None,
        name: syntax.Name,
        type: syntax.TypeExpr,
        kind: Literal["variable", "ghost", "constant"],
    ) -> None:
        full = name.text if role is None else f"{role}.{name.text}"
        family = None if role is None else self.ends[role].family
        own = self.types.resolve(type)
        self.variables.setdefault(full, Variable(full, role, family, own, kind, len(self.variables), name.span))

    # ---- what is declared twice

    def _duplicates(self) -> None:
        first: dict[tuple[str | None, tuple[str, ...]], tuple[str, Span]] = {}
        for parameter in self.flat.parameters:
            first[None, ("name", parameter.name.text)] = "parameter", parameter.name.span
        for placed in self.flat.declarations:
            item = placed.item
            wanted = key(item)
            if wanted[:1] not in {("name",), ("type",), ("message",), ("property",)}:
                continue
            there = first.setdefault((placed.role, wanted), (kind_of(item), place_of(item)))
            if there[1] != place_of(item):
                self._twice(wanted[1], place_of(item), *there)
        for item in self.types.items.values():
            if isinstance(item, syntax.Enum):
                self._enum(item, first)

    def _enum(self, item: syntax.Enum, first: dict[tuple[str | None, tuple[str, ...]], tuple[str, Span]]) -> None:
        mine: dict[str, syntax.Name] = {}
        for label in item.members:
            there = first.get((None, ("name", label.text)))
            if mine.setdefault(label.text, label) is not label:
                self._twice(label.text, label.span, f"label of {item.name.text}", mine[label.text].span)
            elif there is not None:
                self._twice(label.text, label.span, *there)

    def _twice(self, name: str, span: Span, kind: str, first: Span) -> None:
        note = (Label(first, "as identities" if kind == "ids" else f"as {_article(kind)} {kind}"),)
        self.sink.error(Code.DUPLICATE_NAME, span, f"`{name}` is declared already", notes=note)


def _defaults(fields: tuple[syntax.Field, ...]) -> dict[str, syntax.Expr]:
    return {field.name.text: field.default for field in fields if field.default is not None}


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"
