"""What an expression is evaluated in: a state, the step that is taken, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeAlias

from plait.engines.symbolic.any_size.logic import FALSE, Formula, Var, conj, disj, exists
from plait.engines.symbolic.any_size.values import Point, SetValue, Symbolic, filled
from plait.engines.symbolic.any_size.vocabulary import Vocabulary
from plait_spec.core import Has, Rule
from plait_spec.diagnostics import Code
from plait_spec.record import record
from plait_spec.source import Span


@record
class Fault:
    """The model errs here, and when."""

    condition: Formula
    code: Code
    span: Span


class Noting:
    """Notes what may go wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, condition: Formula, code: Code, span: Span) -> None:
        """The model errs where the condition is true."""
        if condition != FALSE:
            self.faults.append(Fault(condition, code, span))

    @contextmanager
    def under(self, condition: Formula, variables: tuple[Var, ...] = ()) -> Iterator[None]:
        """Faults inside happen only where the condition is true, for some of the variables."""
        outside, self.faults = self.faults, []
        yield
        inside = ((exists(variables, conj((condition, one.condition))), one) for one in self.faults)
        self.faults = outside + [Fault(when, one.code, one.span) for when, one in inside if when != FALSE]

    def quietly(self, make: Callable[[], Symbolic]) -> Symbolic:
        """A value whose faults were noted before."""
        noted = list(self.faults)
        value = make()
        self.faults = noted
        return value


State: TypeAlias = Mapping[str, Symbolic]
Locals: TypeAlias = Mapping[int, Symbolic]


@record
class TakenStep:
    """The step that is looked at: its rule, its arguments, and the fields of the message that it received."""

    rule: Rule
    args: tuple[Symbolic, ...]
    message: Mapping[str, Symbolic]


class Flights(Protocol):
    """Answers whether a message is in flight."""

    def __call__(self, expr: Has, wanted: Callable[[Point], Formula], name: str, state: State) -> Formula:
        """`wanted` says which messages of the set `name` would do, in this state."""


def flying(state: State, name: str, wanted: Callable[[Point], Formula], vocabulary: Vocabulary) -> Formula:
    """One of the messages in flight is wanted."""
    messages = state[name]
    assert isinstance(messages, SetValue)
    found: list[Formula] = []
    for pattern in messages.elements:
        variables, point = filled(pattern, vocabulary.names)
        found.append(exists(variables, conj((wanted(point), messages.has(point)))))
    return disj(found)
