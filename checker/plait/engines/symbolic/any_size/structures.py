"""A state of GROUND as a structure in which formulas are true or false, and its steps as steps of a `System`.

Messages of kept channels stay in a structure once they were in flight: `after_it` says what was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias, assert_never

from plait.engines.symbolic.any_size.logic import (
    And,
    Apply,
    Atom,
    Equal,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    Scalar,
    Term,
    Truth,
    Var,
)
from plait.engines.symbolic.any_size.system import Step, System
from plait.engines.symbolic.any_size.values import Hole, Pattern
from plait.engines.symbolic.any_size.vocabulary import Shape
from plait.evaluation import evaluate
from plait.semantics import State
from plait_spec.core import Read, Variable
from plait_spec.domain_of import domain_of
from plait_spec.domains import Value, values
from plait_spec.ground import Cell, Ground
from plait_spec.grounding import expand
from plait_spec.types import IdsType, MapType, OptionType, RecordType, SetType, Type

FactKey: TypeAlias = tuple[str, Scalar, tuple[int, ...]]


@dataclass(frozen=True)
class Structure:
    """What is true: facts, and the identities that constants name. `sizes` has the number of each sort."""

    sizes: Mapping[str, int]
    facts: frozenset[FactKey]
    functions: Mapping[tuple[str, tuple[int, ...]], int]


class Translator:
    """States of one ground model as structures of a system that was made from the same model."""

    def __init__(self, ground: Ground, system: System) -> None:
        self.ground, self.system = ground, system
        self.parameters = dict(ground.parameters)
        self.sizes = dict(ground.ids)
        self.variables = {variable.name: variable for variable in ground.model.variables}
        self.channels = {channel.name: channel for channel in ground.model.channels}
        in_cells = {cell.variable for cell in ground.cells}
        self.written_out = [  # constants whose value is in the expressions that read them
            (variable, expand(ground, Read(variable.name, variable.type, variable.span), {}))
            for variable in ground.model.variables
            if variable.name not in in_cells
        ]

    def structure(self, state: State, after_it: Structure | None = None) -> Structure:
        """The structure of a state; messages of kept channels of the structure before are still there."""
        facts: set[FactKey] = set()
        functions: dict[tuple[str, tuple[int, ...]], int] = {}
        for name, scalar, args, identity in self._said(state):
            if identity is None:
                facts.add((name, scalar, args))
            else:
                functions[name, args] = identity
        if after_it is not None:
            kept = {symbol.name for symbol in self.system.symbols if symbol.variable in self.system.kept}
            facts.update(fact for fact in after_it.facts if fact[0] in kept)
        return Structure(self.sizes, frozenset(facts), functions)

    def _said(self, state: State) -> Iterator[tuple[str, Scalar, tuple[int, ...], int | None]]:
        for cell, value in zip(self.ground.cells, state, strict=True):
            if cell.queue is None:
                yield from self._cell(cell, value)
            else:
                yield from ((*fact, None) for fact in self._messages(cell, value))
        for variable, expr in self.written_out:
            yield from self._value(variable, variable.type, evaluate(expr, state), Shape(), ())

    def _cell(self, cell: Cell, value: Value) -> Iterator[tuple[str, Scalar, tuple[int, ...], int | None]]:
        variable = self.variables[cell.variable]
        type: Type = variable.type
        shape = Shape()
        args: tuple[int, ...] = ()
        for key in cell.keys:
            assert isinstance(type, MapType)
            pattern, more = flat(type.key, key)
            shape, args, type = Shape((*shape.steps, pattern)), (*args, *more), type.value
        yield from self._value(variable, type, value, shape, args)

    def _value(
        self, variable: Variable, type: Type, value: Value, shape: Shape, args: tuple[int, ...]
    ) -> Iterator[tuple[str, Scalar, tuple[int, ...], int | None]]:
        name = shape.key(variable.name)
        match type:
            case IdsType():
                if variable.kind == "constant":
                    yield name, True, args, value
                else:
                    yield name, True, (*args, value), None
            case OptionType(IdsType()):
                if value is not None:
                    yield name, True, (*args, value), None
            case RecordType(_, fields):
                for at, (_, of) in enumerate(fields):
                    yield from self._value(variable, of, value[at], Shape((*shape.steps, at)), args)
            case MapType(key, of):
                for each, inner in zip(values(domain_of(key, self.parameters)), value, strict=True):
                    pattern, more = flat(key, each)
                    yield from self._value(variable, of, inner, Shape((*shape.steps, pattern)), (*args, *more))
            case SetType(of):
                for at, element in enumerate(values(domain_of(of, self.parameters))):
                    if value >> at & 1:
                        pattern, more = flat(of, element)
                        yield Shape((*shape.steps, pattern)).key(variable.name), True, (*args, *more), None
            case _:
                if value is not False or not self._is_truth(name):
                    yield name, value, args, None

    def _is_truth(self, name: str) -> bool:
        return any(symbol.name == name and symbol.kind == "truth" for symbol in self.system.symbols)

    def _messages(self, cell: Cell, value: Value) -> Iterator[FactKey]:
        queue = cell.queue
        assert queue is not None
        for channel_at, message_at, *fields in value:
            channel = self.channels[self.ground.channels[channel_at].name]
            message = self.ground.model.messages[message_at]
            pattern: Pattern = ()
            args: tuple[int, ...] = ()
            parts = [
                (end.family, identity)
                for end, identity in ((channel.left, queue.left), (channel.right, queue.right))
                if end.family is not None
            ]
            parts += [(of, field) for (_, of), field in zip(message.fields, fields, strict=True)]
            for of, part in parts:
                shown, more = flat(of, part)
                pattern, args = (*pattern, *shown), (*args, *more)
            name = f"{channel.name}{'>' if queue.forward else '<'}{message.name}"
            yield Shape((pattern,)).key(name), True, args


def flat(type: Type, value: Value) -> tuple[Pattern, tuple[int, ...]]:
    """A key as a pattern, and its identities."""
    match type:
        case IdsType(sort):
            return (Hole(sort),), (value,)
        case OptionType(IdsType(sort)) if value is not None:
            return (Hole(sort),), (value,)
        case RecordType(_, fields):
            parts = [flat(of, part) for (_, of), part in zip(fields, value, strict=True)]
            return tuple(a for pattern, _ in parts for a in pattern), tuple(a for _, args in parts for a in args)
        case _:
            return (value,), ()


# ---- truth ------------------------------------------------------------------------------------------------------

Env: TypeAlias = dict[Var, int]
Test: TypeAlias = Callable[[Structure, Env], bool]


def test_of(formula: Formula) -> Test:
    """A function that says whether a formula is true; the environment has its free variables."""
    match formula:
        case Truth():
            return lambda structure, env: formula.value
        case Equal(left, right):
            one, other = _term(left), _term(right)
            return lambda structure, env: one(structure, env) == other(structure, env)
        case Atom(symbol, value, args):
            terms = tuple(map(_term, args))
            return lambda structure, env: (
                (symbol, value, tuple(term(structure, env) for term in terms)) in structure.facts
            )
        case Not(operand):
            inner = test_of(operand)
            return lambda structure, env: not inner(structure, env)
        case And(items):
            tests = tuple(map(test_of, items))
            return lambda structure, env: all(test(structure, env) for test in tests)
        case Or(items):
            tests = tuple(map(test_of, items))
            return lambda structure, env: any(test(structure, env) for test in tests)
        case Exists(variables, body):
            inner = test_of(body)
            return lambda structure, env: any(inner(structure, more) for more in bindings(variables, structure, env))
        case Forall(variables, body):
            inner = test_of(body)
            return lambda structure, env: all(inner(structure, more) for more in bindings(variables, structure, env))
        case _:
            assert_never(formula)


def bindings(variables: tuple[Var, ...], structure: Structure, env: Env) -> Iterator[Env]:
    """The environment with every value of more variables."""
    for choice in product(*(range(structure.sizes[variable.sort]) for variable in variables)):
        yield {**env, **dict(zip(variables, choice, strict=True))}


def _term(term: Term) -> Callable[[Structure, Env], int]:
    match term:
        case Var():
            return lambda structure, env: env[term]
        case Apply(symbol, args):
            terms = tuple(map(_term, args))
            return lambda structure, env: structure.functions[symbol, tuple(one(structure, env) for one in terms)]
        case _:
            assert_never(term)


class Stepper:
    """Whether a step of the ground model is one of the system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.kept = {symbol.name for symbol in system.symbols if symbol.variable in system.kept}
        self.guards = [test_of(step.guard) for step in system.steps]
        self.cases = [
            [(update, [(value, test_of(when)) for value, when in update.cases]) for update in step.updates]
            for step in system.steps
        ]
        self.duties = [[(duty.name, test_of(duty.formula)) for duty in step.duties] for step in system.steps]

    def follow(self, name: str, before: Structure, then: Structure) -> Structure | None:
        """Where a step of this name leads that agrees with `then`; None where no step does.

        Kept channels may hold more: what a step sends and takes back at once stays in them.
        """
        return next(
            (
                found
                for at, step in enumerate(self.system.steps)
                if step.name == name and (found := self._follow(at, step, before, then)) is not None
            ),
            None,
        )

    def breaks(self, name: str, duty: str, before: Structure) -> bool:
        """Some step of this name breaks a duty (a claim, or that no step errs) in this state."""
        return any(
            not test(seen, env)
            for at, step in enumerate(self.system.steps)
            if step.name == name
            for env in bindings(step.params, before, {})
            for seen in _free(step, before)
            for of, test in self.duties[at]
            if of == duty
        )

    def _follow(self, at: int, step: Step, before: Structure, then: Structure) -> Structure | None:
        for env in bindings(step.params, before, {}):
            for seen in _free(step, before):
                if not self.guards[at](seen, env):
                    continue
                facts = self._after(at, seen, env, before)
                if facts >= then.facts and all(fact[0] in self.kept for fact in facts - then.facts):
                    return Structure(then.sizes, facts, then.functions)
        return None

    def _after(self, at: int, seen: Structure, env: Env, before: Structure) -> frozenset[FactKey]:
        facts = set(before.facts)
        for update, cases in self.cases[at]:
            facts = {fact for fact in facts if fact[0] != update.symbol}
            for more in bindings(update.args, before, env):
                args = tuple(more[variable] for variable in update.args)
                facts.update((update.symbol, value, args) for value, test in cases if test(seen, more))
        return frozenset(facts)


def _free(step: Step, before: Structure) -> Iterator[Structure]:
    """The structure with every valuation of the free symbols of a step."""
    keys = [
        (symbol.name, True, args)
        for symbol in step.free
        for args in product(*(range(before.sizes[sort]) for sort in symbol.sorts))
    ]
    for choice in product((False, True), repeat=len(keys)):
        extra = {key for key, chosen in zip(keys, choice, strict=True) if chosen}
        yield Structure(before.sizes, before.facts | extra, before.functions) if extra else before
