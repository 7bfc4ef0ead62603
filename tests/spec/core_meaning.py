"""What CORE expressions mean, straight from their definition: nothing is expanded, folded or shared.

Slow and short, so that it can be believed; the expansion is compared with it.  Values: bool, int, None, tuples for
maps, records and sequences, frozensets for sets.  `ErrsError` stands for any model error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plait_spec.core import (
    Aggregate,
    Assert,
    Assign,
    At,
    Binary,
    Bind,
    Binder,
    Block,
    Expr,
    Fill,
    ForEach,
    IfElse,
    LetIn,
    Literal,
    Local,
    MakeRecord,
    MakeSeq,
    MakeSet,
    MapWhere,
    Member,
    Negate,
    Not,
    Parameter,
    Quantifier,
    Read,
    SeqCall,
    SetWhere,
    Unwrap,
    Use,
    When,
)
from plait_spec.core_walk import below
from plait_spec.domain_of import domain_of, is_finite
from plait_spec.domains import (
    Domain,
    MapDomain,
    OptionDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    contains,
    members,
    rank,
    values,
)
from plait_spec.types import IntType, MapType, RecordType, SetType, Type


class ErrsError(Exception):
    """A model error."""


class Meaning:
    """Evaluates under parameters, a state (a value for each variable), and names."""

    def __init__(self, parameters: Mapping[str, Value], state: Mapping[str, Any]) -> None:
        self.parameters, self.state = parameters, state

    def domain(self, type: Type) -> Domain:
        return domain_of(type, self.parameters)

    def choices(self, type: Type) -> list[Any]:
        domain = self.domain(type)
        return [natural(domain, value) for value in values(domain)]

    def value(self, expr: Expr, env: Mapping[int, Any]) -> Any:
        match expr:
            case Literal(value):
                return value
            case Parameter(name):
                return self.parameters[name]
            case Use(bound):
                return env[bound.id]
            case Read(name):
                return self.state[name]
            case At(map, key):
                assert isinstance(map.type, MapType)
                row, wanted = self.value(map, env), self.value(key, env)
                keys = self.choices(map.type.key)
                if wanted not in keys:
                    raise ErrsError
                return row[keys.index(wanted)]
            case Member(record, name):
                assert isinstance(record.type, RecordType)
                position = [field for field, _ in record.type.fields].index(name)
                return self.value(record, env)[position]
            case Not(operand):
                return not self.value(operand, env)
            case Negate(operand):
                return -self.value(operand, env)
            case Binary():
                return self.binary(expr, env)
            case IfElse(condition, yes, no):
                return self.value(yes if self.value(condition, env) else no, env)
            case LetIn(bound, given, body):
                return self.value(body, {**env, bound.id: self.declared(bound, self.value(given, env))})
            case Unwrap(operand):
                found = self.value(operand, env)
                if found is None:
                    raise ErrsError
                return found
            case Fill(given, type):
                assert isinstance(type, MapType)
                return (self.value(given, env),) * len(self.choices(type.key))
            case _:
                return self.collection(expr, env)

    def collection(self, expr: Expr, env: Mapping[int, Any]) -> Any:
        match expr:
            case MakeRecord(fields, type):
                found = tuple(self.value(field, env) for field in fields)
                for part, (_, of) in zip(found, type.fields, strict=True):
                    if part not in self.choices(of):
                        raise ErrsError
                return found
            case MakeSet(items, type):
                assert isinstance(type, SetType)
                elements = [self.value(item, env) for item in items]
                if not all(isinstance(type.of, IntType) or element in self.choices(type.of) for element in elements):
                    raise ErrsError
                return frozenset(elements)
            case MakeSeq(items):
                return tuple([self.value(item, env) for item in items])
            case SetWhere(binder, where, type):
                found = tuple(inner[binder.local.id] for inner in self.bindings((binder,), where, env))
                assert isinstance(type, SetType)
                if not all(element in self.choices(type.of) for element in found):
                    raise ErrsError
                return frozenset(found)
            case MapWhere(bound, given, type):
                assert isinstance(type, MapType)
                return tuple([self.value(given, {**env, bound.id: key}) for key in self.choices(type.key)])
            case Quantifier(kind, binders, where, body):
                found = tuple([self.value(body, inner) for inner in self.bindings(binders, where, env)])
                return all(found) if kind == "all" else any(found) if kind == "some" else sum(found)
            case Aggregate(kind, binders, where, given):
                numbers = [self.value(given, inner) for inner in self.bindings(binders, where, env)]
                if kind == "sum":
                    return sum(numbers)
                if not numbers:
                    raise ErrsError
                return max(numbers) if kind == "max" else min(numbers)
            case SeqCall(function, args):
                return self.call(function, [self.value(arg, env) for arg in args])
            case _:
                raise AssertionError(expr)

    def bindings(self, binders: tuple[Binder, ...], where: Expr, env: Mapping[int, Any]) -> Iterator[Mapping[int, Any]]:
        """All bindings; a set that reads no other of these names is evaluated first, whatever the others range over."""
        own = {binder.local.id for binder in binders}
        once = {
            binder.local.id: self.value(binder.over, env)
            for binder in binders
            if binder.over is not None and own.isdisjoint(_used(binder.over))
        }
        yield from self.bound(binders, where, env, once)

    def bound(
        self, binders: tuple[Binder, ...], where: Expr, env: Mapping[int, Any], once: Mapping[int, Any]
    ) -> Iterator[Mapping[int, Any]]:
        if not binders:
            if self.value(where, env):
                yield env
            return
        first = binders[0]
        over = once.get(first.local.id)
        if first.over is not None and first.local.id not in once:
            over = self.value(first.over, env)
        for choice in self.choices(first.local.type) if over is None else sorted(over):
            yield from self.bound(binders[1:], where, {**env, first.local.id: choice}, once)

    def call(self, function: str, args: list[Any]) -> Any:
        items = args[0]
        if function == "size":
            return len(items)
        if function == "at":
            if not 0 <= args[1] < len(items):
                raise ErrsError
            return items[args[1]]
        if not items:
            raise ErrsError
        return items[0] if function == "first" else items[-1] if function == "last" else items[1:]

    def declared(self, bound: Local, new: Any) -> Any:
        """A name holds only values of the type that it was declared with."""
        if is_finite(bound.type) and not contains(self.domain(bound.type), self.writable(bound.type, new)):
            raise ErrsError
        return new

    def writable(self, type: Type, new: Any) -> Value:
        try:
            return written(self.domain(type), new)
        except (IndexError, TypeError, ValueError):
            raise ErrsError from None

    def binary(self, expr: Binary, env: Mapping[int, Any]) -> Any:
        left = self.value(expr.left, env)
        decided = {"and": (False, False), "or": (True, True), "implies": (False, True)}.get(expr.op)
        if decided is not None and left is decided[0]:
            return decided[1]
        right = self.value(expr.right, env)
        match expr.op:
            case "and" | "or" | "implies":
                return right
            case "==" | "iff":
                return left == right
            case "!=":
                return left != right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "in":
                return left in right
            case "union":
                return left | right
            case "difference":
                return left - right
            case "+" | "concat":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "min":
                return min(left, right)
            case "max":
                return max(left, right)
            case "mod":
                if right == 0:
                    raise ErrsError
                return left % right


class Running(Meaning):
    """Runs the commands of a body on a state; `state` is what they have made of it."""

    def __init__(self, parameters: Mapping[str, Value], state: Mapping[str, Any], types: Mapping[str, Type]) -> None:
        super().__init__(parameters, dict(state))
        self.types = types

    def block(self, commands: Block, env: Mapping[int, Any]) -> None:
        for command in commands:
            match command:
                case Assign(place, value):
                    keys = [part if isinstance(part, str) else self.value(part, env) for part in place.path]
                    new = self.value(value, env)
                    assert isinstance(self.state, dict)
                    type = self.types[place.variable]
                    self.state[place.variable] = self.changed(type, self.state[place.variable], keys, new)
                case Bind(bound, value):
                    env = {**env, bound.id: self.declared(bound, self.value(value, env))}
                case Assert(condition):
                    if not self.value(condition, env):
                        raise ErrsError
                case When(condition, yes, no):
                    self.block(yes if self.value(condition, env) else no, env)
                case ForEach(binders, where, body):
                    for inner in list(self.bindings(binders, where, env)):
                        self.block(body, inner)
                case _:
                    raise AssertionError(command)

    def changed(self, type: Type, old: Any, path: list[Any], new: Any) -> Any:
        if not path:
            if not contains(self.domain(type), self.writable(type, new)):
                raise ErrsError
            return new
        if isinstance(type, RecordType):
            at = [name for name, _ in type.fields].index(path[0])
            of = type.fields[at][1]
        else:
            assert isinstance(type, MapType)
            if path[0] not in self.choices(type.key):
                raise ErrsError
            at, of = self.choices(type.key).index(path[0]), type.value
        return (*old[:at], self.changed(of, old[at], path[1:], new), *old[at + 1 :])


def _used(expr: Expr) -> set[int]:
    return {part.local.id for part in below(expr) if isinstance(part, Use)}


def natural(domain: Domain, value: Value) -> Any:
    """A value as written down in GROUND, with frozensets for masks."""
    match domain:
        case SetDomain(of):
            return frozenset(natural(of, element) for element in members(domain, value))
        case OptionDomain(of):
            return None if value is None else natural(of, value)
        case RecordDomain(_, fields):
            return tuple(natural(of, part) for (_, of), part in zip(fields, value, strict=True))
        case MapDomain(_, of) | SeqDomain(of, _):
            return tuple(natural(of, part) for part in value)
        case _:
            return value


def written(domain: Domain, value: Any) -> Value:
    """The other way."""
    match domain:
        case SetDomain(of):
            return sum(1 << rank(of, written(of, element)) for element in value)
        case OptionDomain(of):
            return None if value is None else written(of, value)
        case RecordDomain(_, fields):
            return tuple(written(of, part) for (_, of), part in zip(fields, value, strict=True))
        case MapDomain(_, of) | SeqDomain(of, _):
            return tuple(written(of, part) for part in value)
        case _:
            return value
