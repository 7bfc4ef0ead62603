"""Calls: `def`s, which are inserted where they are called, records, `inherited`, and the built-in functions.

A `def` is elaborated anew at each call, in its own scope. Its arguments are values: bound by a `LetIn`, unless they
are a literal, a bound name or a parameter of just the declared type, which stand for themselves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from plait_spec import core, syntax
from plait_spec.agreement import an, is_number, present
from plait_spec.declarations import Placed, place_of, title
from plait_spec.diagnostics import Code, Label
from plait_spec.elaborate_base import MAX_NODES, true, within
from plait_spec.elaborate_context import Context
from plait_spec.elaborate_names import Owner
from plait_spec.elaborate_steps import StepNames
from plait_spec.record import record
from plait_spec.scope import Record
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean, ring
from plait_spec.types import INT, EmptyType, PoisonType, SeqType, SetType, Type

_BUILT_IN = ("size", "first", "last", "rest", "at", "min", "max", "next", "inherited")


@record
class Given:
    """The arguments of a call: what the names inside stand for, and which of them are to be bound before."""

    locals: dict[str, core.Expr]
    bound: tuple[tuple[core.Local, core.Expr], ...]

    def around(self, body: core.Expr, span: Span) -> core.Expr:
        """The body with its arguments bound."""
        for local, value in reversed(self.bound):
            body = core.LetIn(local, value, body, body.type, span)
        return body


class Calls(StepNames):
    """Expressions with arguments."""

    def call(self, expr: syntax.Call, context: Context, hint: Type | None) -> core.Expr:
        """`function(arguments)`."""
        match expr.function:
            case syntax.Name() as name:
                return self._named_call(name, expr, context, hint)
            case syntax.StepOf() as step:
                return self.handler_step(step, expr.arguments, expr.span, context)
            case syntax.Member(base, name):
                owner = self.owner(base, context)
                if owner is not None:
                    return self._role_call(owner, name, expr, context)
            case _:
                pass
        return self._not_callable(expr, context, "only `def`s, records and steps take arguments")

    def _not_callable(self, expr: syntax.Call, context: Context, message: str, help: str | None = None) -> core.Expr:
        return self.wrong(Code.WRONG_KIND, expr.function.span, message, help=help)

    def _named_call(self, name: syntax.Name, expr: syntax.Call, context: Context, hint: Type | None) -> core.Expr:
        text = name.text
        if text == "next":
            return self._next(expr, context, hint)
        if text == "inherited":
            return self._inherited(expr, context)
        if text in context.locals:
            return self._not_callable(expr, context, f"`{text}` is a value and takes no arguments")
        for role in dict.fromkeys((context.role, None)):
            if (role, text) in self.scope.defs:
                return self.function(self.scope.defs[role, text], expr, context, context.self_local)
            if (role, text) in self.scope.actions:
                owner = None if role is None else Owner(role, None, name.span)
                return self.action_step(self.scope.actions[role, text], owner, expr.arguments, expr.span, context)
        if text in self.scope.records:
            record = self.scope.records[text]
            return core.MakeRecord(
                self.fields(record, "record", expr.arguments, expr.span, context), record.type, expr.span
            )
        if text in _BUILT_IN:
            return self._built_in(text, expr, context)
        return self._unknown_call(name, expr, context)

    def _unknown_call(self, name: syntax.Name, expr: syntax.Call, context: Context) -> core.Expr:
        text, scope = name.text, self.scope
        if text in scope.message_types:
            help = "messages stand after `send`, `has` and `on`; declare a `type` for a value with fields"
            return self._not_callable(expr, context, f"`{text}` is a message, not a value", help)
        if text in scope.labels or text in scope.parameters or scope.variable(None, text) or text in scope.channels:
            return self._not_callable(expr, context, f"`{text}` takes no arguments")
        known = [known for role, known in (*scope.defs, *scope.actions) if role in (context.role, None)]
        help_line = did_you_mean(text, (*known, *scope.records, *_BUILT_IN))
        return self.wrong(Code.UNKNOWN_NAME, name.span, f"there is no `def` or record `{text}`", help=help_line)

    def _role_call(self, owner: Owner, name: syntax.Name, expr: syntax.Call, context: Context) -> core.Expr:
        """`role.name(arguments)`: a `def` or an action of a role."""
        where = (owner.role, name.text)
        if where in self.scope.actions:
            return self.action_step(self.scope.actions[where], owner, expr.arguments, expr.span, context)
        if where not in self.scope.defs:
            if self.scope.variable(*where) is None and name.text not in ("crash", "restart"):
                message = f"role `{owner.role}` has no `def` or action `{name.text}`"
                help = did_you_mean(name.text, self.scope.members(owner.role))
                return self.wrong(Code.UNKNOWN_NAME, name.span, message, help=help)
            return self._not_callable(expr, context, f"`{owner.role}.{name.text}` takes no arguments")
        member = self.instance(owner, context)
        if member is None or isinstance(member, core.Use):
            return self.function(self.scope.defs[where], expr, context, None if member is None else member.local)
        if isinstance(member.type, PoisonType):
            return self.poison(expr.span)
        local = self.fresh("self", self.scope.ends[owner.role].family or member.type)
        result = self.function(self.scope.defs[where], expr, context, local)
        return core.LetIn(local, member, result, result.type, expr.span)

    # ---- definitions

    def function(self, placed: Placed, expr: syntax.Call, context: Context, self_local: core.Local | None) -> core.Expr:
        """A `def` with its arguments."""
        item = placed.item
        if not isinstance(item, syntax.Function):
            assert isinstance(item, syntax.Procedure)
            message = f"`{item.name.text}` is a piece of a body and has no value"
            return self._not_callable(expr, context, message)
        if self.refused(placed, expr.span, context):
            return self.poison(expr.span)
        result = self.type(item.result)
        formals = {formal.name.text: self.type(formal.type) for formal in item.formals}
        given = self.given(f"`{item.name.text}`", expr.arguments, formals, expr.span, context)
        inner = self.inside(placed, context, self_local, given.locals, expr.span)
        value = self.expression(item.value, inner, result)
        return given.around(self.typed(value, result, item.name.text), expr.span)

    def inside(
        self,
        placed: Placed,
        context: Context,
        self_local: core.Local | None,
        locals: Mapping[str, core.Expr],
        span: Span,
    ) -> Context:
        """The scope of a declaration that is inserted at a place."""
        return replace(
            context,
            role=placed.role,
            self_local=self_local if placed.role is not None else None,
            locals=locals,
            inherited=placed.inherited,
            sender=None,
            actor=context.acting,
            chain=(*context.chain, (placed, span)),
        )

    def refused(self, placed: Placed, span: Span, context: Context) -> bool:
        """Whether a declaration cannot be inserted here: into itself, or because it grows too large."""
        names = [open for open, _ in context.chain]
        if not any(open is placed for open in names):
            heavy = self._weights.of(placed) > MAX_NODES
            if heavy:
                self.too_large(title(placed.item), place_of(placed.item))
            return heavy
        start = next(i for i, open in enumerate(names) if open is placed)
        around = [*names[start:], placed]
        least = min(around, key=lambda one: (place_of(one.item).source.name, place_of(one.item).start))
        shown = ring([title(one.item).removeprefix("`def ").strip("`") for one in around])
        notes = tuple(Label(place_of(one.item), "part of the ring") for one in around[:-1] if one is not least)[:8]
        self.sink.error(
            Code.RECURSIVE, place_of(least.item), f"this needs itself: {shown}", notes=notes,
            help="a `def` is inserted where it is called, so it cannot call itself",
        )  # fmt: skip
        return True

    def given(
        self,
        what: str,
        arguments: tuple[syntax.Argument, ...],
        formals: Mapping[str, Type],
        span: Span,
        context: Context,
    ) -> Given:
        """The arguments of a call, made to fit."""
        values = self.arrange(what, arguments, tuple(formals), span, partly=False)
        locals: dict[str, core.Expr] = {}
        bound: list[tuple[core.Local, core.Expr]] = []
        for name, type in formals.items():
            if name not in values:
                locals[name] = self.poison(span)
                continue
            value = self.expression(values[name], context, type)
            if isinstance(value, core.Literal) and within(value, type):
                value = replace(value, type=type)
            atom = isinstance(value, core.Literal | core.Use | core.Parameter) and value.type == type
            if atom or isinstance(value.type, PoisonType):
                locals[name] = value
            else:
                local = self.fresh(name, type)
                bound.append((local, value))
                locals[name] = core.Use(local, values[name].span)
        return Given(locals, tuple(bound))

    # ---- what was replaced

    def _inherited(self, expr: syntax.Call, context: Context) -> core.Expr:
        """`inherited(arguments)`: the value, guard or initial value that was replaced."""
        placed = context.inherited
        if placed is None:
            help = "it stands inside what a proposal replaces"
            return self.wrong(Code.NOTHING_INHERITED, expr.function.span, "nothing is replaced here", help=help)
        item = placed.item
        match item:
            case syntax.Function():
                return self.function(placed, expr, context, context.self_local)
            case syntax.Action() | syntax.Handler() | syntax.Ignore():
                given = self.given_to_step(placed, expr.arguments, expr.span, context)
                guard = None if isinstance(item, syntax.Ignore) else item.guard
                if guard is None:
                    return true(expr.span)
                inner = self.inside(placed, context, context.self_local, given.locals, expr.span)
                return given.around(self.condition(guard, replace(inner, sender=context.sender)), expr.span)
            case syntax.Var(type=type, initial=initial) | syntax.Constant(type=type, initial=initial):
                self.arrange("`inherited`", expr.arguments, (), expr.span, partly=False)
                if isinstance(initial, syntax.AnyValue | syntax.AnyWhere):
                    message = "what was there is `any`, which is not one value"
                    return self.wrong(Code.NOTHING_INHERITED, expr.span, message)
                inner = self.inside(placed, context, context.self_local, {}, expr.span)
                return self.expression(initial, inner, self.type(type))
            case _:
                message = f"what was there, {title(item)}, has no value"
                return self.wrong(Code.NOTHING_INHERITED, expr.function.span, message)

    def given_to_step(
        self, placed: Placed, arguments: tuple[syntax.Argument, ...], span: Span, context: Context
    ) -> Given:
        """The arguments of an action or handler that was replaced: its own, or the message."""
        item = placed.item
        formals: dict[str, Type] = {}
        match item:
            case syntax.Action(formals=written):
                formals = {formal.name.text: self.type(formal.type) for formal in written}
            case syntax.Handler(syntax.OnMessage(message, variable)) if variable is not None:
                known = self.scope.message_types.get(message.text)
                formals = {} if known is None else {variable.text: known.type}
            case _:
                pass
        given = self.given("`inherited`", arguments, formals, span, context)
        match item:
            case syntax.Handler(syntax.OnMessage(sender=sender) | syntax.OnBreak(sender=sender)) if sender is not None:
                if context.sender is None:
                    unknown = "what was there names its sender, which is not known here"
                    help = "name a channel with `via`: one whose senders are a family"
                    self.sink.error(Code.BAD_ARGUMENTS, span, unknown, help=help)
                    given.locals[sender.text] = self.poison(span)
                else:
                    given.locals[sender.text] = context.sender
            case _:
                pass
        return given

    # ---- records

    def fields(
        self, record: Record, kind: str, arguments: tuple[syntax.Argument, ...], span: Span, context: Context
    ) -> tuple[core.Expr, ...]:
        """The fields of a record or message in order, those that are not given by their defaults."""
        name, table = record.type.name, dict(record.type.fields)
        given: dict[str, core.Expr] = {}
        for argument in arguments:
            if argument.name is None:
                listed = ", ".join(f"{field}: ..." for field in table)
                help = f"write `{name}({listed})`" if table else f"{kind} `{name}` has no fields"
                self.sink.error(Code.BAD_ARGUMENTS, argument.span, f"fields of {kind}s are named", help=help)
                return tuple(self.poison(span) for _ in table)
            text = argument.name.text
            if text not in table:
                message, help_field = f"{kind} `{name}` has no field `{text}`", did_you_mean(text, table)
                self.sink.error(Code.UNKNOWN_FIELD, argument.name.span, message, help=help_field)
                given |= {field: self.poison(span) for field in table if field not in given}
            elif text in given and not isinstance(given[text].type, PoisonType):
                self.sink.error(Code.BAD_ARGUMENTS, argument.name.span, f"`{text}` is given twice")
            else:
                given[text] = self.expression(argument.value, context, table[text])
        for text in table:
            if text not in given and text in record.defaults:
                given[text] = self.expression(record.defaults[text], Context(mode="parameters"), table[text])
        missing = [text for text in table if text not in given]
        if missing:
            listed = " and ".join(f"`{text}`" for text in missing)
            self.sink.error(Code.BAD_ARGUMENTS, span, f"{kind} `{name}` needs {listed} as well")
        return tuple(given.get(text, self.poison(span)) for text in table)

    # ---- built-in functions

    def _next(self, expr: syntax.Call, context: Context, hint: Type | None) -> core.Expr:
        (operand,) = self._arguments("next", expr, 1)
        refused = None
        if context.mode not in ("step property", "any"):
            refused = "`next(...)` is for `step` properties: only there is a state after this one"
        elif context.under == "next":
            refused = "`next(...)` inside another one: there is only one step"
        elif context.under == "past":
            refused = "`next(...)` inside an operator that looks back"
        if refused is not None:
            return self.misplaced(Code.ONLY_IN_PROPERTIES, expr.span, refused, context)
        if operand is None:
            return self.poison(expr.span)
        value = self.infer(operand, replace(context, under="next"), hint)
        return value if isinstance(value.type, PoisonType) else core.Next(value, value.type, expr.span)

    def _arguments(self, name: str, expr: syntax.Call, count: int) -> tuple[syntax.Expr | None, ...]:
        """The arguments of a built-in function, which have no names; None for those that are missing."""
        names = tuple(str(place) for place in range(count))
        for argument in expr.arguments:
            if argument.name is not None:
                message = f"the arguments of `{name}` have no names"
                self.sink.error(Code.BAD_ARGUMENTS, argument.name.span, message)
                return (None,) * count
        if len(expr.arguments) != count:
            message = f"`{name}` takes {count} argument{'s' if count > 1 else ''}, not {len(expr.arguments)}"
            self.sink.error(Code.BAD_ARGUMENTS, expr.span, message)
            return (None,) * count
        found = self.arrange(f"`{name}`", expr.arguments, names, expr.span, partly=False)
        return tuple(found.get(each) for each in names)

    def _built_in(self, name: str, expr: syntax.Call, context: Context) -> core.Expr:
        if name in ("min", "max"):
            left, right = self._arguments(name, expr, 2)
            if left is None or right is None:
                return self.poison(expr.span)
            one, other = self.number(left, context, name), self.number(right, context, name)
            return core.Binary("min" if name == "min" else "max", one, other, INT, expr.span)
        arguments = self._arguments(name, expr, 2 if name == "at" else 1)
        if arguments[0] is None:
            return self.poison(expr.span)
        if name == "size" and (size := self.queue_size(arguments[0], expr.span, context)) is not None:
            return size
        value = self.infer(arguments[0], context, None)
        type = present(value.type)
        if isinstance(type, EmptyType):
            value = self.settled(value)
        if isinstance(value.type, PoisonType):
            return self.poison(expr.span)
        if name == "size" and isinstance(type, SetType | SeqType):
            return core.SeqCall("size", (self.fit(self.settled(value), type),), INT, expr.span)
        if not isinstance(type, SeqType):
            wanted = "a set, a sequence or a channel" if name == "size" else "a sequence"
            message = f"`{name}` takes {wanted}, and this is {an(value.type)}"
            return self.wrong(Code.BAD_OPERAND, value.span, message)
        value = self.fit(self.settled(value), type)
        match name:
            case "rest":
                return core.SeqCall("rest", (value,), type, expr.span)
            case "first" | "last":
                return core.SeqCall("first" if name == "first" else "last", (value,), type.of, expr.span)
            case _:
                place = self.poison(expr.span) if arguments[1] is None else self.number(arguments[1], context, name)
                return core.SeqCall("at", (value, place), type.of, expr.span)

    def number(self, expr: syntax.Expr, context: Context, what: str) -> core.Expr:
        """An operand of arithmetic."""
        value = self.infer(expr, context, INT)
        if is_number(present(value.type)) or isinstance(value.type, PoisonType):
            return self.fit(value, INT)
        return self.wrong(Code.BAD_OPERAND, value.span, f"`{what}` takes numbers, and this is {an(value.type)}")

    @abstractmethod
    def queue_size(self, expr: syntax.Expr, span: Span, context: Context) -> core.Expr | None:
        """`size(channel)`, if it is that."""
