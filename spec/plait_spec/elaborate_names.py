"""Names and what stands behind a full stop: bound names, variables, parameters, labels, fields.

An unqualified name is a bound one, then one of the role, then one of the top level. `role.x` and `family[i].x` are
variables of any role. Whether something may be read where it stands is decided here.
"""

from __future__ import annotations

from abc import abstractmethod

from plait_spec import core, syntax
from plait_spec.agreement import an, leaf, present, show
from plait_spec.declarations import Placed
from plait_spec.diagnostics import Code
from plait_spec.elaborate_base import Base
from plait_spec.elaborate_context import Context
from plait_spec.record import record
from plait_spec.scope import Variable
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import EnumType, MapType, PoisonType, RecordType, Type


@record
class Owner:
    """`role` or `family[index]` before a full stop."""

    role: str
    index: syntax.Expr | None
    span: Span


class Names(Base):
    """Expressions that are names."""

    def name(self, expr: syntax.Name, context: Context, hint: Type | None) -> core.Expr:
        """A name that stands for a value."""
        text = expr.text
        if text in context.locals:
            return _at(context.locals[text], expr.span)
        scope = self.scope
        if context.role is not None:
            own = scope.variable(context.role, text)
            if own is not None:
                return self.read(own, self._own(context, expr.span), expr.span, context)
            if (context.role, text) in scope.defs or (context.role, text) in scope.actions:
                return self.bare(Owner(context.role, None, expr.span), expr, context)
        top = scope.variable(None, text)
        if top is not None:
            return self.read(top, None, expr.span, context)
        if text in scope.parameters:
            return self._parameter(text, expr.span, context)
        if text in scope.labels:
            return self.label(expr, hint)
        if (None, text) in scope.defs or (None, text) in scope.actions:
            return self.bare(None, expr, context)
        return self.no_value(expr, context)

    def _parameter(self, text: str, span: Span, context: Context) -> core.Expr:
        """A parameter; where parameters get their values only those before are known."""
        order = list(self.scope.parameters)
        if context.mode == "parameters" and context.before is not None:
            if context.before not in order:
                message = f"the value of `{text}` is not known here: write a number, a label, `true` or `false`"
                return self.wrong(Code.NOT_READABLE, span, message)
            if order.index(text) >= order.index(context.before):
                message = f"`{text}` has no value yet: only parameters before `{context.before}` have one"
                return self.wrong(Code.NOT_READABLE, span, message)
        return core.Parameter(text, self.scope.parameters[text], span)

    def no_value(self, expr: syntax.Name, context: Context) -> core.Expr:
        """A name that stands for no value."""
        text, scope = expr.text, self.scope
        kinds = (
            ("role", scope.ends, f"name one of its variables: `{text}. ...`"),
            ("channel", scope.channels, f"ask it with `{text} has ...` or `size({text})`"),
            ("type", scope.types.items, None),
            ("message", scope.message_types, None),
        )
        for kind, table, help in kinds:
            if text in table:
                return self.wrong(Code.WRONG_KIND, expr.span, f"`{text}` is a {kind}, not a value", help=help)
        message = f"there is nothing called `{text}` here"
        help = did_you_mean(text, (*context.locals, *scope.values(context.role)))
        return self.wrong(Code.UNKNOWN_NAME, expr.span, message, help=help)

    def label(self, expr: syntax.Name, hint: Type | None) -> core.Expr:
        """A label of an enum; the wanted type decides between several."""
        enums = self.scope.labels[expr.text]
        wanted = leaf(hint)
        chosen = enums[0] if len(enums) == 1 else next((enum for enum in enums if enum == wanted), None)
        if chosen is None:
            names = " and ".join(f"`{enum.name}`" for enum in enums)
            help = "write " + " or ".join(f"`{enum.name}.{expr.text}`" for enum in enums)
            return self.wrong(Code.AMBIGUOUS_LABEL, expr.span, f"`{expr.text}` is a label of {names}", help=help)
        return core.Literal(chosen.labels.index(expr.text), chosen, expr.span)

    def member(self, expr: syntax.Member, context: Context) -> core.Expr:
        """`role.variable`, `Enum.Label`, a step without arguments, or a field of a record."""
        owner = self.owner(expr.base, context)
        if owner is not None:
            variable = self.scope.variable(owner.role, expr.name.text)
            if variable is None:
                return self.bare(owner, expr.name, context, expr.span)
            return self.read(variable, self.instance(owner, context), expr.span, context)
        if isinstance(expr.base, syntax.Name) and self.free(expr.base.text, context):
            text = expr.base.text
            if text in self.scope.channels:
                return self.fault_step(text, expr, context)
            type = self.scope.types.named.get(text)
            if isinstance(type, EnumType):
                if expr.name.text in type.labels:
                    return core.Literal(type.labels.index(expr.name.text), type, expr.span)
                message = f"enum `{text}` has no label `{expr.name.text}`"
                help = did_you_mean(expr.name.text, type.labels)
                return self.wrong(Code.UNKNOWN_NAME, expr.name.span, message, help=help)
        return self.field(self.infer(expr.base, context, None), expr)

    def field(self, base: core.Expr, expr: syntax.Member) -> core.Expr:
        """A field of a value."""
        type = present(base.type)
        if isinstance(type, PoisonType):
            return self.poison(expr.span)
        if not isinstance(type, RecordType):
            message = f"{an(base.type)} has no fields"
            return self.wrong(Code.UNKNOWN_FIELD, expr.name.span, message)
        found = type.field(expr.name.text)
        if found is None:
            help = did_you_mean(expr.name.text, (name for name, _ in type.fields))
            message = f"`{type.name}` has no field `{expr.name.text}`"
            return self.wrong(Code.UNKNOWN_FIELD, expr.name.span, message, help=help)
        return core.Member(self.fit(base, type), expr.name.text, found, expr.span)

    def index(self, expr: syntax.Index, context: Context) -> core.Expr:
        """`map[key]`."""
        if (owner := self.owner(expr, context)) is not None:
            return self.wrong(Code.WRONG_KIND, expr.span, f"`{owner.role}[...]` is a role, not a value")
        base = self.infer(expr.base, context, None)
        type = present(base.type)
        if isinstance(type, PoisonType):
            self.infer(expr.index, context, None)
            return self.poison(expr.span)
        if not isinstance(type, MapType):
            help = "`at(s, i)` is an element of a sequence" if show(type).startswith("seq") else None
            message = f"{an(base.type)} has no keys"
            return self.wrong(Code.BAD_OPERAND, expr.base.span, message, help=help)
        key = self.expression(expr.index, context, type.key)
        return core.At(self.fit(base, type), key, type.value, expr.span)

    # ---- roles

    def free(self, text: str, context: Context) -> bool:
        """Whether a name is not that of a value, so that it may mean a role, a channel or a type."""
        own = context.role is not None and self.scope.variable(context.role, text) is not None
        top = self.scope.variable(None, text) is not None or text in self.scope.parameters
        return text not in context.locals and not own and not top

    def owner(self, expr: syntax.Expr, context: Context) -> Owner | None:
        """The role that an expression names, if it does."""
        match expr:
            case syntax.Name(text, span) if text in self.scope.ends and self.free(text, context):
                return Owner(text, None, span)
            case syntax.Index(syntax.Name(text), index, span) if text in self.scope.ends and self.free(text, context):
                return Owner(text, index, span)
            case _:
                return None

    def instance(self, owner: Owner, context: Context) -> core.Expr | None:
        """The identity of the instance that is meant; None for a role that is no family."""
        family = self.scope.ends[owner.role].family
        if family is None:
            if owner.index is not None:
                message = f"there is one `{owner.role}`: it is no family"
                return self.wrong(Code.WHICH_INSTANCE, owner.index.span, message, help="leave out the `[...]`")
            return None
        if owner.index is None:
            inside = context.role == owner.role
            help = "its own variables need no `" + owner.role + ".`" if inside else f"write `{owner.role}[...]`"
            message = f"there are several `{owner.role}`s: which one?"
            return self.wrong(Code.WHICH_INSTANCE, owner.span, message, help=help)
        return self.expression(owner.index, context, family)

    def _own(self, context: Context, span: Span) -> core.Expr | None:
        return None if context.self_local is None else core.Use(context.self_local, span)

    # ---- reading

    def read(self, variable: Variable, member: core.Expr | None, span: Span, context: Context) -> core.Expr:
        """A variable, if it may be read here."""
        if isinstance(variable.own, PoisonType) or (member is not None and isinstance(member.type, PoisonType)):
            return self.poison(span)
        if (refused := self._refused(variable, span, context)) is not None:
            return refused
        self._note(variable, member, span, context)
        whole = core.Read(variable.name, variable.type, span)
        return whole if member is None else core.At(whole, member, variable.own, span)

    def _refused(self, variable: Variable, span: Span, context: Context) -> core.Expr | None:
        name = variable.name
        if context.mode == "parameters":
            return self.wrong(Code.NOT_READABLE, span, f"`{name}` has no value yet: only parameters are known here")
        if context.mode == "initial":
            before = self.scope.variables.get(context.before or "")
            if variable.kind != "constant":
                help = "an initial value is made of parameters and of constants that are declared before it"
                return self.misplaced(Code.NOT_READABLE, span, f"`{name}` has no value yet", context, help)
            if before is not None and variable.order >= before.order:
                message = f"`{name}` is declared later and has no value yet"
                return self.misplaced(Code.NOT_READABLE, span, message, context)
        if variable.kind == "ghost" and not context.reads_ghosts:
            help = "only properties and other ghosts may: the protocol must not depend on it"
            return self.misplaced(Code.NOT_READABLE, span, f"ghost `{name}` cannot be read here", context, help)
        return None

    def _note(self, variable: Variable, member: core.Expr | None, span: Span, context: Context) -> None:
        """Remember that a step reads what another role knows."""
        if context.mode != "step" or context.step is None or variable.kind != "variable" or variable.role is None:
            return
        acting = context.acting
        own = acting.self_local
        mine = member is None or (isinstance(member, core.Use) and own is not None and member.local.id == own.id)
        if variable.role == acting.role and mine:
            return
        found = core.ForeignRead(context.step, variable.name, span)
        self._reads.setdefault((context.step, variable.name), found)

    # ---- what other parts know

    @abstractmethod
    def bare(self, owner: Owner | None, name: syntax.Name, context: Context, span: Span | None = None) -> core.Expr:
        """A name that is no variable: a step, or a mistake."""

    @abstractmethod
    def fault_step(self, channel: str, expr: syntax.Member, context: Context) -> core.Expr:
        """`channel.break` and its like."""

    def definition(self, name: str, context: Context) -> Placed | None:
        """The `def` that an unqualified name means."""
        defs = self.scope.defs
        own = defs.get((context.role, name)) if context.role is not None else None
        return own if own is not None else defs.get((None, name))


def _at(expr: core.Expr, span: Span) -> core.Expr:
    """A bound expression, with the place where it is used."""
    match expr:
        case core.Use(local):
            return core.Use(local, span)
        case core.Literal(value, type):
            return core.Literal(value, type, span)
        case _:
            return expr
