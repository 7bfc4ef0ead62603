"""How large a `def` becomes when everything that it calls is inserted, found without inserting anything.

A `def` that calls another twice doubles it, so a few dozen lines can mean more than any machine can hold; with the
weights of all declarations known they are refused at once. Names are looked up as calls would; what is bound under the
name of a `def` counts as a call of it, which only makes the weight larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from plait_spec import syntax
from plait_spec.declarations import Placed
from plait_spec.scope import Scope
from plait_spec.source import Span


class Weights:
    """The weights of the declarations of one protocol, each computed once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._known: dict[int, int] = {}

    def of(self, placed: Placed) -> int:
        """How many nodes a declaration is, with those of all that it calls; a ring counts once."""
        waiting = [placed]
        while waiting:
            one = waiting[-1]
            if id(one) in self._known and self._known[id(one)] > 0:
                waiting.pop()
                continue
            nodes, called = _measure(one, self.scope)
            if id(one) not in self._known:
                self._known[id(one)] = 0  # begun: what leads back here finds nothing
                waiting += [other for other in called if id(other) not in self._known]
            else:
                self._known[id(one)] = nodes + sum(self._known[id(other)] for other in called)
                waiting.pop()
        return self._known[id(placed)]


def _measure(placed: Placed, scope: Scope) -> tuple[int, list[Placed]]:
    """The nodes of a declaration itself, and what it calls, as often as it does."""
    nodes = 0
    called: list[Placed] = []
    for node in _below(placed.item):
        nodes += 1
        match node:
            case syntax.Perform(name) | syntax.Call(syntax.Name() as name):
                found = _callee(name.text, placed, scope)
            case syntax.Call(syntax.Member(syntax.Name(role) | syntax.Index(syntax.Name(role)), name)):
                found = scope.defs.get((role, name.text))
            case _:
                found = None
        if found is not None:
            called.append(found)
    return nodes, called


def _callee(name: str, placed: Placed, scope: Scope) -> Placed | None:
    if name == "inherited":
        return placed.inherited
    own = scope.defs.get((placed.role, name))
    return own if own is not None else scope.defs.get((None, name))


def _below(node: object) -> Iterator[object]:
    """A node of the tree and every one below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting += reversed(one)
        elif is_dataclass(one) and not isinstance(one, Span | type):
            yield one
            waiting += [getattr(one, field.name) for field in reversed(fields(one))]
