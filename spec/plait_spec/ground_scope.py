"""What names stand for while expressions are expanded, and how variables are looked up cell by cell.

    view = Term(expression, domain) | Spread(variable, keys so far)

A whole variable is not read where one of its values is wanted: `At(At(Read(v), a), o)` is a `Spread` that collects
keys, and becomes the value of a cell (or of one of some cells) once it has them all.
"""

from __future__ import annotations

from typing import TypeAlias

from plait_spec import core, fold
from plait_spec.domains import Domain, MapDomain, OptionDomain, RecordDomain, values
from plait_spec.ground import Const, Expr, Key, Let, Tuple
from plait_spec.ground_context import Context, Layout
from plait_spec.ground_convert import Slots, Term, key_of
from plait_spec.ground_walk import cells_read, is_simple
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.source import Span


@record
class Spread:
    """A variable that lies in cells, with some of its keys."""

    layout: Layout
    keys: tuple[Key, ...]


View: TypeAlias = Term | Spread


class Scope:
    """Names and variables.

    `two_states` is for properties that read the state before and after a step: a name then keeps the value that it was
    bound to, and is not replaced by the cell where that value was found.
    """

    def __init__(self, context: Context, two_states: bool = False) -> None:
        self.context = context
        self.two_states = two_states
        self.slots = Slots()
        self.env: dict[int, View] = {}

    # ---- names --------------------------------------------------------------------------------------------------

    def named(self, local: core.Local) -> View:
        """What a name is bound to."""
        if local.id not in self.env:
            raise BrokenLaw("names are bound where they are used", local.name)
        return self.env[local.id]

    def bind(self, local: core.Local, view: View) -> None:
        """Bind a name from here on."""
        self.env[local.id] = view

    def repeatable(self, view: View) -> bool:
        """Whether the value may stand wherever its name stands."""
        if isinstance(view, Spread):
            return not self.two_states and all(key.sure and is_simple(key.expr) for key in view.keys)
        return is_simple(view.expr) and not (self.two_states and cells_read(view.expr))

    # ---- variables and maps -------------------------------------------------------------------------------------

    def variable(self, name: str) -> View:
        """A whole variable."""
        layout = self.context.layout(name)
        if layout.known is not None:
            return Term(layout.known, layout.domain)
        return self.settled(Spread(layout, ()))

    def settled(self, spread: Spread) -> View:
        """The value of a cell, once all keys are there."""
        layout = spread.layout
        if len(spread.keys) < len(layout.keys):
            return spread
        if layout.only is not None and all(key.sure for key in spread.keys):
            return Term(layout.only, layout.value)
        return Term(fold.one_of(*layout.chosen(spread.keys)), layout.value)

    def at(self, view: View, key: Term, span: Span) -> View:
        """A map's value at a key."""
        if isinstance(view, Spread):
            domain = view.layout.keys[len(view.keys)]
            return self.settled(Spread(view.layout, (*view.keys, key_of(key, domain, self.slots, span))))
        if not isinstance(view.domain, MapDomain):
            raise BrokenLaw("only maps are indexed", str(span))
        found = key_of(key, view.domain.key, self.slots, span)
        return Term(fold.item(view.expr, found), view.domain.value)

    def whole(self, view: View, span: Span) -> Term:
        """The value of a variable or of a part of it, put together from its cells."""
        if isinstance(view, Term):
            return view
        keys = view.layout.keys[len(view.keys) :]
        domain = view.layout.value
        for key in reversed(keys):
            domain = MapDomain(key, domain)
        return Term(self.gathered(view, span), domain)

    def gathered(self, spread: Spread, span: Span) -> Expr:
        """A tuple of the values at all keys that are still open."""
        domain = spread.layout.keys[len(spread.keys)]
        items = []
        for value in values(domain):
            self.context.spend(span)
            part = self.settled(Spread(spread.layout, (*spread.keys, Key(Const(value), domain, span, sure=True))))
            items.append(part.expr if isinstance(part, Term) else self.gathered(part, span))
        return fold.make_tuple(items)

    def items(self, view: View, keys: Domain, span: Span) -> list[View]:
        """The values of a map at all its keys."""
        match view:
            case Term(Tuple(items), MapDomain(_, of)):
                return [Term(item, of) for item in items]
            case Term(Let(slot, value, body), domain):
                inner = self.items(Term(body, domain), keys, span)
                wholes = [self.whole(item, span) for item in inner]
                return [Term(fold.let(slot, value, item.expr), item.domain) for item in wholes]
            case _:
                return [self.at(view, Term(Const(value), keys), span) for value in values(keys)]

    def member(self, record: Term, name: str) -> Term:
        """A record's field."""
        if not isinstance(record.domain, RecordDomain):
            raise BrokenLaw("only records have fields", name)
        for position, (field, domain) in enumerate(record.domain.fields):
            if field == name:
                return Term(fold.field(record.expr, position), domain)
        raise BrokenLaw("fields are declared", f"{record.domain.name}.{name}")

    def unwrap(self, option: Term, span: Span) -> Term:
        """A value that is used where `none` is an error."""
        if not isinstance(option.domain, OptionDomain):
            return option
        return Term(fold.unwrap(option.expr, span), option.domain.of)
