"""Models made by hand and parts that only pretend: what the session is tested on without a front-end or an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from plait.limits import Limits, Watch
from plait.trace import Choices, Trace
from plait.verdict import Decision, Finding, ModelError, Seconds, Word
from plait_spec.core import Expectation, Expected, Expr, Literal, Model, Outcome, ParameterDecl, Property, Setting
from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.domains import Value
from plait_spec.ground import Ground
from plait_spec.source import Source, Span
from plait_spec.types import BOOL, INT, EnumType, Number, RangeType, Type
from tests.checker.traces import overtaking

Stated: TypeAlias = tuple[Expected, int | None]

SPAN = Span(Source("toy.plait", "always A: x == 1\n"), 0, 16)
POLL = EnumType("Poll", ("Never", "Often"))


def literal(value: int | bool, type: Type = INT) -> Literal:
    return Literal(value, type, SPAN)


def parameter(name: str, type: Type, default: int | bool) -> ParameterDecl:
    return ParameterDecl(name, type, literal(default, type), SPAN)


def number(name: str, lo: int, hi: int, default: int) -> ParameterDecl:
    return parameter(name, RangeType(Number(lo), Number(hi)), default)


def expect(
    outcomes: Mapping[str, tuple[Expected, int | None]], **settings: int | bool | tuple[int, int]
) -> Expectation:
    """`expect` or `expect with`; a pair is a range."""
    made: list[Setting] = []
    for name, value in settings.items():
        first: Expr = literal(value[0] if isinstance(value, tuple) else value)
        made.append(Setting(name, first, literal(value[1]) if isinstance(value, tuple) else None, SPAN))
    told = tuple(Outcome(name, expected, steps, SPAN) for name, (expected, steps) in outcomes.items())
    return Expectation(tuple(made), told, SPAN)


def model(
    *expectations: Expectation,
    properties: tuple[str, ...] = ("A", "B"),
    parameters: tuple[ParameterDecl, ...] = (number("ops", 1, 4, 1), parameter("eager", BOOL, default=True)),
    protocol: str = "Toy",
    proposal: str | None = None,
) -> Model:
    return Model(
        protocol=protocol,
        proposal=proposal,
        parameters=parameters,
        ids=(),
        roles=(),
        variables=(),
        messages=(),
        channels=(),
        rules=(),
        monitors=(),
        properties=tuple(Property(name, "always", literal(True, BOOL), None, (), SPAN) for name in properties),
        terminal=(),
        expectations=expectations,
        foreign_reads=(),
        span=SPAN,
    )


def finding(*decisions: Decision, error: ModelError | None = None, stopped: str | None = None) -> Finding:
    return Finding(
        engine="interpreter",
        states=3,
        transitions=4,
        depth=2,
        cut=0,
        complete=stopped is None,
        stopped=stopped,
        symmetry="full",
        seconds=Seconds(0.2, 0.0, 0.1),
        unfired=(),
        bounds_met=(),
        dead_ends=0,
        budgets=(),
        error=error,
        decisions=decisions,
    )


def choices(steps: int) -> Choices:
    return Choices(0, tuple((0, 0, (), ()) for _ in range(steps)))


def decision(name: str, word: Word = "holds", steps: int | None = None, how: str = "exhausted") -> Decision:
    return Decision(name, word, how, None if steps is None else choices(steps))


def wrong_text(name: str = "toy.plait") -> SpecError:
    span = Span(Source(name, "protocol {\n"), 9, 10)
    return SpecError(Diagnostic(Code.UNEXPECTED_TOKEN, "unexpected `{`", Label(span)))


Answer = Finding | Exception


def all_hold(properties: tuple[str, ...]) -> Finding:
    return finding(*map(decision, properties))


@dataclass
class Pretended:
    """Front-end, grounding, engine and replay that give what a test says; `searched` lists the parameters of runs."""

    models: dict[str, tuple[Model, ...] | Exception]
    answer: Callable[[Model, dict[str, Value], tuple[str, ...]], Finding] = lambda model, values, names: all_hold(names)
    searched: list[dict[str, Value]] = field(default_factory=list)
    _model: Model | None = None
    _values: dict[str, Value] = field(default_factory=dict)

    def load(self, path: Path) -> tuple[Model, ...]:
        path.read_bytes()
        found = self.models[path.name]
        if isinstance(found, Exception):
            raise found
        return found

    def ground(self, model: Model, parameters: Mapping[str, Value]) -> Ground:
        self._model, self._values = model, dict(parameters)
        self.searched.append(dict(parameters))
        return Ground(model, tuple(parameters.items()), (), (), (), (), (), (), (), (), ())

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        assert self._model is not None
        return self.answer(self._model, self._values, properties)

    def replay(
        self,
        ground: Ground,
        file: str,
        choices: Choices,
        property: str | None,
        error: ModelError | None,
        shortest: bool,
    ) -> Trace:
        goal = error.code if error is not None and property is None else property
        assert goal is not None
        steps = overtaking().steps[: len(choices.steps)]
        return replace(overtaking(), file=file, goal=goal, steps=steps, choices=choices, messages=overtaking().messages)
