"""Where an expression or a body stands (`Context`), and what a body becomes (`Body`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from plait_spec import core
from plait_spec.proposals import Placed
from plait_spec.record import record
from plait_spec.source import Span

Mode: TypeAlias = Literal["step", "property", "step property", "run property", "initial", "parameters", "any"]
"""What may be said: `initial` reads parameters and earlier constants, `parameters` only parameters, `any` is for a
`def` that nobody calls, which may be anything."""

PROPERTIES: frozenset[Mode] = frozenset({"property", "step property", "run property", "any"})


@record
class Actor:
    """Who takes the step: a role, and the identity of its instance if it is a family."""

    role: str | None
    self_local: core.Local | None


@record
class Context:
    """What surrounds an expression or a statement.

    `role` and `self_local` say whose names are meant; `locals` are the bound names, each standing for an expression.
    `step` is the name of the step, for the list of foreign reads. `inherited` is what the surrounding declaration
    replaced, and `sender` who sent the message that a handler handles. `ghost`: variables that only observe may be
    read. `before`: in mode `initial`, the variable that gets its value (later constants have none yet); in mode
    `parameters`, the parameter that gets its value (empty: a setting of an expectation, where none is known).

    The rest changes only inside: `actor` is who takes the step while a `def` of the top level is being inlined,
    `chain` the declarations being inlined with the place of each call, `under` an operator that forbids others inside.
    """

    role: str | None = None
    self_local: core.Local | None = None
    locals: Mapping[str, core.Expr] = MappingProxyType({})
    mode: Mode = "step"
    step: str | None = None
    inherited: Placed | None = None
    ghost: bool = False
    sender: core.Expr | None = None
    before: str | None = None
    actor: Actor | None = None
    chain: tuple[tuple[Placed, Span], ...] = ()
    under: Literal["next", "past"] | None = None

    def bind(self, name: str, expr: core.Expr) -> Context:
        """The same place, with one more bound name."""
        return replace(self, locals={**self.locals, name: expr})

    @property
    def acting(self) -> Actor:
        """Who takes the step."""
        return self.actor if self.actor is not None else Actor(self.role, self.self_local)

    @property
    def reads_ghosts(self) -> bool:
        """Whether variables that only observe may be read here."""
        return self.ghost or self.mode in PROPERTIES


@record
class Body:
    """A body: the `choose` at its head, their condition, and what is done."""

    picks: tuple[core.Binder, ...]
    pick_where: core.Expr
    block: core.Block
