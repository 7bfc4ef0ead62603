"""Guesses from the text of a model: what was true when something was done is still true.

If a step makes a fact true, then what its guard asked for may hold wherever the fact does: `decided` because a quorum
voted, `granted` because it was asked for. Arguments of the step that the fact does not name become "there is one".
These guesses have the quantifiers that the model's author wrote, which lifting from small instances does not find.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from plait.engines.symbolic.any_size.logic import (
    FALSE,
    And,
    Atom,
    Formula,
    Var,
    conj,
    exists,
    forall,
    free_variables,
    implies,
    is_literal,
    normal,
    substitute,
    symbols_in,
)
from plait.engines.symbolic.any_size.system import Step, System, Update

MAX_GUESSES = 300


def remembered(system: System) -> list[Formula]:
    """The guesses of all steps."""
    found: dict[Formula, None] = {}
    for step in system.steps:
        seen = frozenset(symbol.name for symbol in step.free)
        asked = [part for part in _parts(step.guard) if not symbols_in(part) & seen]
        for fact in _facts(step):
            for part in _wanted(asked, fact):
                found.setdefault(normal(part))
    return list(found)[:MAX_GUESSES]


def _parts(guard: Formula) -> tuple[Formula, ...]:
    return guard.items if isinstance(guard, And) else (guard,)


def _facts(step: Step) -> Iterator[Atom]:
    """Facts about arguments of the step that it may make true."""
    for update in step.updates:
        choices = [[param for param in step.params if param.sort == arg.sort] for arg in update.args]
        for args in product(*choices):
            for value, when in update.cases:
                fact = Atom(update.symbol, value, args)
                if _makes(update, when, args, fact):
                    yield fact


def _makes(update: Update, when: Formula, args: tuple[Var, ...], fact: Atom) -> bool:
    then = substitute(when, dict(zip(update.args, args, strict=True)))
    return then not in (FALSE, fact)


def _wanted(asked: list[Formula], fact: Atom) -> Iterator[Formula]:
    mine = frozenset(arg for arg in fact.args if isinstance(arg, Var))
    parts = [part for part in asked if part != fact]
    for part in [*parts, conj(part for part in parts if not is_literal(part)), conj(parts)]:
        others = tuple(sorted(free_variables(part) - mine, key=lambda var: var.name))
        ordered = tuple(dict.fromkeys(arg for arg in fact.args if isinstance(arg, Var)))
        yield forall(ordered, implies(fact, exists(others, part)))
