"""Inheritance: the protocols and proposals of a file in, each with all its declarations out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from plait_spec import syntax
from plait_spec.diagnostics import Sink
from plait_spec.project import Project
from plait_spec.source import Span

Declaration: TypeAlias = (
    syntax.Ids | syntax.Enum | syntax.TypeDef | syntax.Constant | syntax.Message | syntax.Channel | syntax.Role
    | syntax.Var | syntax.Function | syntax.Procedure | syntax.Action | syntax.Handler | syntax.May | syntax.Ignore
    | syntax.Property | syntax.Lemma | syntax.Knows | syntax.Measure | syntax.DeadlockFree | syntax.Terminal
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration, the role it stands in, and what it replaced.

    A `var` or `constant` of several names is one declaration for each; a role is its header (no items), and its items
    follow with `role` set.
    """

    item: Declaration
    role: str | None
    inherited: Placed | None = None


@dataclass(frozen=True, slots=True)
class Flat:
    """A protocol or proposal with inheritance applied: inherited declarations first, then those it adds.

    `parameters` have the defaults that hold here. `expectations` are its own, `scenarios` those of all it extends.
    """

    name: str
    protocol: str
    proposal: str | None
    abstract: bool
    parameters: tuple[syntax.Parameter, ...]
    declarations: tuple[Placed, ...]
    expectations: tuple[syntax.Expect, ...]
    scenarios: tuple[syntax.Scenario, ...]
    doc: syntax.Doc
    span: Span = field(compare=False, repr=False)


def flatten(project: Project, sink: Sink) -> tuple[Flat, ...]:
    """One for each protocol and proposal of the checked file, in the order of the text."""
    raise NotImplementedError
