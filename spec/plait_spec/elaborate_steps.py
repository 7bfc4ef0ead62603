"""Names of steps: `framework.ask(o)`, `agent[a].on Apply(op: o)`, `master.crash`, `link.break`.

True of the step just taken, so only properties may say them. The arguments of an action are named by its parameters,
those of a handler by the fields of its message; `self` is the instance of a family.
"""

from __future__ import annotations

from plait_spec import core, syntax
from plait_spec.declarations import Placed
from plait_spec.diagnostics import Code, Label
from plait_spec.elaborate_context import PROPERTIES, Context
from plait_spec.elaborate_names import Names, Owner
from plait_spec.scope import Fault
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import Type

_ROLE_FAULTS: tuple[Fault, ...] = ("crash", "restart")
_CHANNEL_FAULTS: tuple[Fault, ...] = ("lose", "duplicate", "break")


class StepNames(Names):
    """Expressions that say which step was taken."""

    def bare(self, owner: Owner | None, name: syntax.Name, context: Context, span: Span | None = None) -> core.Expr:
        """A name that is no variable: a step, or a mistake."""
        role = None if owner is None else owner.role
        span = name.span if span is None else span
        action = self.scope.actions.get((role, name.text))
        if action is not None:
            return self.action_step(action, owner, None, span, context)
        if (role, name.text) in self.scope.defs:
            message = f"`{name.text}` is a `def`, not a variable"
            return self.wrong(Code.WRONG_KIND, span, message, help=f"write `{name.text}(...)`")
        if owner is None:
            return self.no_value(name, context)
        for fault in _ROLE_FAULTS:
            if name.text == fault:
                return self.role_fault(owner, fault, span, context)
        message = f"role `{owner.role}` has no `{name.text}`"
        return self.wrong(Code.UNKNOWN_NAME, name.span, message, help=self._elsewhere(owner, name.text))

    def _elsewhere(self, owner: Owner, text: str) -> str | None:
        return did_you_mean(text, self.scope.members(owner.role))

    def action_step(
        self,
        action: Placed,
        owner: Owner | None,
        arguments: tuple[syntax.Argument, ...] | None,
        span: Span,
        context: Context,
    ) -> core.Expr:
        """An action, taken with these arguments (None: with any)."""
        assert isinstance(action.item, syntax.Action)
        name = action.item.name.text if action.role is None else f"{action.role}.{action.item.name.text}"
        if not self._may_say(name, span, context):
            return self.poison(span)
        formals = {formal.name.text: self.type(formal.type) for formal in action.item.formals}
        args = [] if arguments is None else self._named(name, arguments, formals, span, context)
        return core.Took(name, (*self._instance_of(owner, context), *args), span)

    def handler_step(
        self, step: syntax.StepOf, arguments: tuple[syntax.Argument, ...] | None, span: Span, context: Context
    ) -> core.Expr:
        """`role.on Message(field: value)`."""
        owner = self.owner(step.base, context)
        if owner is None:
            message = "`.on` stands behind a role: `role.on Message`"
            return self.wrong(Code.WRONG_KIND, step.base.span, message)
        text = step.message.text
        known = self.scope.message_types.get(text)
        if known is None:
            help = did_you_mean(text, self.scope.message_types)
            return self.wrong(Code.UNKNOWN_NAME, step.message.span, f"there is no message `{text}`", help=help)
        if (owner.role, text) not in self.scope.handlers and not self.scope.flat.abstract:
            help = did_you_mean(text, (message for role, message in self.scope.handlers if role == owner.role))
            message = f"role `{owner.role}` has no handler for `{text}`"
            return self.wrong(Code.UNKNOWN_STEP, step.message.span, message, help=help)
        name = f"{owner.role}.on {text}"
        if not self._may_say(name, span, context):
            return self.poison(span)
        args = self.pattern(text, arguments or (), context)
        return core.Took(name, (*self._instance_of(owner, context), *args), span)

    def pattern(
        self, message: str, arguments: tuple[syntax.Argument, ...], context: Context
    ) -> list[tuple[str, core.Expr]]:
        """The fields of a message that are named, with their values."""
        fields = dict(self.scope.message_types[message].type.fields)
        found: dict[str, core.Expr] = {}
        for argument in arguments:
            if argument.name is None:
                names = ", ".join(f"`{field}: ...`" for field in fields)
                help = f"write {names}" if fields else f"message `{message}` has no fields"
                self.sink.error(Code.BAD_ARGUMENTS, argument.span, "fields of messages are named", help=help)
                self.infer(argument.value, context, None)
                continue
            text = argument.name.text
            if text not in fields:
                help_field = did_you_mean(text, fields)
                complaint = f"message `{message}` has no field `{text}`"
                self.sink.error(Code.UNKNOWN_FIELD, argument.name.span, complaint, help=help_field)
                self.infer(argument.value, context, None)
            elif text in found:
                self.sink.error(Code.BAD_ARGUMENTS, argument.name.span, f"`{text}` is given twice")
            else:
                found[text] = self.expression(argument.value, context, fields[text])
        return list(found.items())

    def _named(
        self,
        name: str,
        arguments: tuple[syntax.Argument, ...],
        formals: dict[str, Type],
        span: Span,
        context: Context,
    ) -> list[tuple[str, core.Expr]]:
        """Arguments of an action: all of them by position, or some of them by name."""
        given = self.arrange(f"`{name}`", arguments, tuple(formals), span, partly=True)
        return [(text, self.expression(value, context, formals[text])) for text, value in given.items()]

    def arrange(
        self, what: str, arguments: tuple[syntax.Argument, ...], names: tuple[str, ...], span: Span, *, partly: bool
    ) -> dict[str, syntax.Expr]:
        """Arguments by name, those without one in order; `partly`: some may be left out if the others are named."""
        found: dict[str, syntax.Expr] = {}
        wrong = False
        for place, argument in enumerate(arguments):
            if argument.name is None:
                if place >= len(names):
                    message = f"{what} takes {_count(len(names))}, and this is one more"
                    self.sink.error(Code.BAD_ARGUMENTS, argument.span, message)
                    wrong = True
                    break
                name = names[place]
            else:
                name = argument.name.text
                if name not in names:
                    message, help = f"{what} has no argument `{name}`", did_you_mean(name, names)
                    self.sink.error(Code.BAD_ARGUMENTS, argument.name.span, message, help=help)
                    wrong = True
                    continue
            if name in found:
                self.sink.error(Code.BAD_ARGUMENTS, argument.span, f"`{name}` is given twice")
                wrong = True
            found.setdefault(name, argument.value)
        missing = [name for name in names if name not in found]
        by_name = all(argument.name is not None for argument in arguments)
        if missing and not wrong and not (partly and by_name):
            listed = ", ".join(f"`{name}`" for name in missing)
            self.sink.error(Code.BAD_ARGUMENTS, span, f"{what} needs {listed} as well")
        return found

    # ---- faults

    def fault_step(self, channel: str, expr: syntax.Member, context: Context) -> core.Expr:
        """`channel.break` and its like."""
        for fault in _CHANNEL_FAULTS:
            if expr.name.text == fault:
                carrier = self.scope.channels[channel].carrier
                if (carrier, fault) not in self.scope.faults:
                    message = f"channel `{channel}` cannot {fault} anything: it has no `may {fault}`"
                    return self.wrong(Code.UNKNOWN_STEP, expr.span, message)
                if not self._may_say(f"{channel}.{fault}", expr.span, context):
                    return self.poison(expr.span)
                return core.Took(f"{carrier}.{fault}", (), expr.span)
        help = "steps of a channel are `lose`, `duplicate` and `break`"
        message = f"channel `{channel}` has no `{expr.name.text}`"
        return self.wrong(Code.UNKNOWN_NAME, expr.name.span, message, help=help)

    def role_fault(self, owner: Owner, fault: Fault, span: Span, context: Context) -> core.Expr:
        """`role.crash`, `role.restart`."""
        if (owner.role, fault) not in self.scope.faults:
            wanted = "`may crash` or `may restart`" if fault == "restart" else "`may crash`"
            message = f"`{owner.role}` has no step `{fault}`: it would need {wanted}"
            note = (Label(self._place_of_role(owner.role), "the role"),)
            return self.wrong(Code.UNKNOWN_STEP, span, message, notes=note)
        if not self._may_say(f"{owner.role}.{fault}", span, context):
            return self.poison(span)
        return core.Took(f"{owner.role}.{fault}", self._instance_of(owner, context), span)

    def _place_of_role(self, role: str) -> Span:
        for placed in self.scope.flat.declarations:
            if isinstance(placed.item, syntax.Role) and placed.item.name.text == role:
                return placed.item.name.span
        return self.scope.flat.span

    # ---- what they have in common

    def _instance_of(self, owner: Owner | None, context: Context) -> tuple[tuple[str, core.Expr], ...]:
        """The instance that is meant: the one that is named, inside a role without its name itself, otherwise any."""
        if owner is None:
            return ()
        if owner.index is not None:
            member = self.instance(owner, context)
            return () if member is None else (("self", member),)
        if context.self_local is not None and owner.role == context.role:
            return (("self", core.Use(context.self_local, owner.span)),)
        return ()

    def _may_say(self, name: str, span: Span, context: Context) -> bool:
        """Whether steps may be named here."""
        if context.mode not in PROPERTIES:
            message = f"`{name}` is a step: only a property can say that it was taken"
            self.misplaced(Code.ONLY_IN_PROPERTIES, span, message, context)
            return False
        if context.under == "next":
            message = f"`{name}` is the step itself: inside `next(...)` it has no meaning"
            self.misplaced(Code.ONLY_IN_PROPERTIES, span, message, context)
            return False
        return True


def _count(number: int) -> str:
    return f"{number} argument" if number == 1 else f"{number} arguments" if number else "no arguments"
