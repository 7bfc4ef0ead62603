"""Statements: what is assigned, sent, chosen and performed; pieces of bodies are inserted where they are performed.

A role writes its own variables and those of the top level. `choose` stands at the head of a body, also of a piece
that is performed there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

from plait_spec import core, syntax
from plait_spec.agreement import an
from plait_spec.declarations import Placed
from plait_spec.diagnostics import Code
from plait_spec.elaborate_base import both, true
from plait_spec.elaborate_calls import Given
from plait_spec.elaborate_context import Body, Context
from plait_spec.elaborate_loops import clash
from plait_spec.elaborate_queues import Queues
from plait_spec.scope import Variable
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean
from plait_spec.types import MapType, PoisonType, RecordType, Type


class Statements(Queues):
    """Bodies of actions and handlers."""

    def body(self, statements: tuple[syntax.Stmt, ...], context: Context) -> Body:
        """A body: the `choose` at its head, then the rest."""
        span = statements[0].span if statements else self.scope.flat.span
        self._depth += 1
        try:
            return self._body(statements, context) if self.spend(span) else Body((), true(span), ())
        finally:
            self._depth -= 1

    def _body(self, statements: tuple[syntax.Stmt, ...], context: Context) -> Body:
        if statements:
            first, rest = statements[0], statements[1:]
            if isinstance(first, syntax.Choose):
                return self._after(self._choose(first, context), self._rest(rest, context))
            if isinstance(first, syntax.Perform) and (piece := self.piece(first, context)) is not None:
                return self._after(self._perform_head(piece, first, context), self._rest(rest, context))
        span = statements[0].span if statements else self.scope.flat.span
        return Body((), true(span), self._rest(statements, context))

    def _after(self, head: Body, rest: core.Block) -> Body:
        return replace(head, block=(*head.block, *rest))

    def _rest(self, statements: tuple[syntax.Stmt, ...], context: Context) -> core.Block:
        """Statements one after the other; a `let` is visible to those after it."""
        found: list[core.Command] = []
        for statement in statements:
            commands, context = self.statement(statement, context)
            found += commands
        return tuple(found)

    def statement(self, item: syntax.Stmt, context: Context) -> tuple[core.Block, Context]:
        """One statement, and the place after it."""
        self._depth += 1
        try:
            if not self.spend(item.span):
                return (), context
            return self._statement(item, context)
        finally:
            self._depth -= 1

    def _statement(self, item: syntax.Stmt, context: Context) -> tuple[core.Block, Context]:
        match item:
            case syntax.Assign():
                return self.assign(item, context), context
            case syntax.Perform():
                return self.perform(item, context), context
            case syntax.Send():
                sent = self.send(item, context)
                return (() if sent is None else (sent,)), context
            case syntax.Clear(channel, instance, span):
                expr = channel if instance is None else syntax.Index(channel, instance, span)
                return tuple(core.Clear(queues, span) for queues in self.queues(expr, context)), context
            case syntax.Let(name, value, span):
                found = self.expression(value, context, None)
                local = self.fresh(name.text, found.type)
                return (core.Bind(local, found, span),), context.bind(name.text, core.Use(local, name.span))
            case syntax.Assert(condition, span):
                return (core.Assert(self.condition(condition, context), span),), context
            case syntax.IfStmt():
                return self._if(item, context), context
            case syntax.For():
                return self._for(item, context), context
            case syntax.Choose():
                message = "`choose` stands at the head of a body, before anything else is done"
                help = "it is part of what enables the step, so nothing can have happened yet"
                self.misplaced(Code.CHOOSE_NOT_FIRST, item.span, message, context, help)
                return (), context
            case _:
                assert_never(item)

    def _if(self, item: syntax.IfStmt, context: Context) -> core.Block:
        condition = self.condition(item.condition, context)
        yes = self._rest(item.then.statements, context)
        match item.otherwise:
            case None:
                no: core.Block = ()
            case syntax.Block(statements):
                no = self._rest(statements, context)
            case syntax.IfStmt():
                no, _ = self.statement(item.otherwise, context)
            case _:
                assert_never(item.otherwise)
        return (core.When(condition, yes, no, item.span),)

    def _for(self, item: syntax.For, context: Context) -> core.Block:
        binders, where, inner = self.binders(item.binders, context, item.span)
        body = self._rest(item.body.statements, inner)
        if not item.unordered and (found := clash(binders, body, self.scope.channels)) is not None:
            names = " and ".join(f"`{binder.local.name}`" for binder in binders)
            message = f"the order of this `for` may matter, and identities have none: {found.why}"
            help = f"`unordered for` makes every order a step of its own; or write only at places of {names}"
            self.misplaced(Code.ORDER_MATTERS, found.span, message, context, help)
        return (core.ForEach(binders, where, body, item.unordered, item.span),)

    # ---- choose

    def _choose(self, item: syntax.Choose, context: Context) -> Body:
        """The names that are chosen, and the rest of the body, in which they are visible."""
        binders, where, inner = self.binders(item.binders, context, item.span)
        body = self.body(item.body.statements, inner)
        condition = both((where, body.pick_where), item.span)
        return Body((*binders, *body.picks), condition, body.block)

    def _perform_head(self, placed: Placed, item: syntax.Perform, context: Context) -> Body:
        """A piece at the head of a body, which may begin with `choose`."""
        ready = self._ready(placed, item, context)
        if ready is None:
            return Body((), true(item.span), ())
        given, inner, statements = ready
        if not given.bound:
            return self.body(statements, inner)
        binds = tuple(core.Bind(local, value, item.span) for local, value in given.bound)
        if not _chooses(statements):
            return Body((), true(item.span), (*binds, *self._rest(statements, inner)))
        body = self.body(statements, inner)
        over = tuple(
            replace(pick, over=None if pick.over is None else given.around(pick.over, item.span)) for pick in body.picks
        )
        return Body(over, given.around(body.pick_where, item.span), (*binds, *body.block))

    # ---- pieces of bodies

    def piece(self, item: syntax.Perform, context: Context) -> Placed | None:
        """What a `name(...)` among statements stands for; None if that is nothing that can be performed."""
        if item.name.text == "inherited":
            placed = context.inherited
            good = placed is not None and isinstance(
                placed.item, syntax.Procedure | syntax.Action | syntax.Handler | syntax.Ignore
            )
            return placed if good else None
        found = None if item.name.text in context.locals else self.definition(item.name.text, context)
        return found if found is not None and isinstance(found.item, syntax.Procedure) else None

    def perform(self, item: syntax.Perform, context: Context) -> core.Block:
        """`name(arguments)`, with its body in its place."""
        placed = self.piece(item, context)
        if placed is None:
            self._no_piece(item, context)
            return ()
        ready = self._ready(placed, item, context)
        if ready is None:
            return ()
        given, inner, statements = ready
        binds = tuple(core.Bind(local, value, item.span) for local, value in given.bound)
        return (*binds, *self._rest(statements, inner))

    def _ready(
        self, placed: Placed, item: syntax.Perform, context: Context
    ) -> tuple[Given, Context, tuple[syntax.Stmt, ...]] | None:
        """The arguments of a piece, the scope of its body, and the body; None if it cannot be inserted."""
        if self.refused(placed, item.span, context):
            return None
        match placed.item:
            case syntax.Procedure(name, formals, body):
                types = {formal.name.text: self.type(formal.type) for formal in formals}
                given = self.given(f"`{name.text}`", item.arguments, types, item.span, context)
                inner = self.inside(placed, context, context.self_local, given.locals, item.span)
                return given, inner, body.statements
            case syntax.Action(body=body) | syntax.Handler(body=body):
                given = self.given_to_step(placed, item.arguments, item.span, context)
                inner = self.inside(placed, context, context.self_local, given.locals, item.span)
                return given, replace(inner, sender=context.sender), body.statements
            case _:  # `ignore`: nothing was done
                return Given({}, ()), context, ()

    def _no_piece(self, item: syntax.Perform, context: Context) -> None:
        """A statement that is no statement."""
        text, span = item.name.text, item.name.span
        if text == "inherited":
            help = "it stands inside what a proposal replaces"
            self.sink.error(Code.NOTHING_INHERITED, span, "nothing is replaced here", help=help)
            return
        if self.definition(text, context) is not None or text in self.scope.records:
            message = f"`{text}` is a value, and a value alone does nothing"
            self.sink.error(Code.WRONG_KIND, span, message)
            return
        roles = dict.fromkeys((context.role, None))
        if any((role, text) in self.scope.actions for role in roles):
            message = f"`{text}` is an action: a step of its own, not a piece of another"
            self.sink.error(Code.WRONG_KIND, span, message, help="put what they share into a `def`")
            return
        known = [
            name
            for (role, name), placed in self.scope.defs.items()
            if role in roles and isinstance(placed.item, syntax.Procedure)
        ]
        self.sink.error(Code.UNKNOWN_NAME, span, f"there is no `def` `{text}`", help=did_you_mean(text, known))

    # ---- assignments

    def assign(self, item: syntax.Assign, context: Context) -> core.Block:
        """`place = value`, and `+=` and `-=` as what they mean."""
        variable, steps, member = self._target(item.place, context)
        if variable is None:
            self.infer(item.value, replace(context, ghost=True), None)
            return ()
        inside = replace(context, ghost=True) if variable.kind == "ghost" else context
        place = self._place(item.place, variable, steps, member, inside)
        if place is None:
            self.infer(item.value, inside, None)
            return ()
        if item.op == "=":
            value = self.expression(item.value, inside, place.type)
        else:
            op: Literal["+", "-"] = "+" if item.op == "+=" else "-"
            added = self.infer(item.value, inside, place.type)
            value = self.fit(self.sum(op, _reading(place, variable), added, item.span), place.type)
        return (core.Assign(place, value, item.span),)

    def _target(
        self, place: syntax.Place, context: Context
    ) -> tuple[Variable | None, tuple[syntax.Expr | syntax.Name, ...], core.Expr | None]:
        """The variable that a place begins with, the keys and fields behind it, and the instance that owns it."""
        steps: list[syntax.Expr | syntax.Name] = []
        expr: syntax.Expr = place
        while isinstance(expr, syntax.Member | syntax.Index):
            owner = self.owner(expr.base, context) if isinstance(expr, syntax.Member) else None
            if isinstance(expr, syntax.Member) and owner is not None:
                variable = self.scope.variable(owner.role, expr.name.text)
                if variable is None:
                    help = did_you_mean(expr.name.text, self.scope.members(owner.role))
                    message = f"role `{owner.role}` has no variable `{expr.name.text}`"
                    self.sink.error(Code.UNKNOWN_NAME, expr.name.span, message, help=help)
                    return None, (), None
                member = self.instance(owner, context)
                if member is not None and isinstance(member.type, PoisonType):
                    return None, (), None
                return self._writable(variable, expr.span, context, member), tuple(steps), member
            steps.insert(0, expr.name if isinstance(expr, syntax.Member) else expr.index)
            expr = expr.base
        assert isinstance(expr, syntax.Name), "places begin with names"
        return self._named_target(expr, tuple(steps), context)

    def _named_target(
        self, name: syntax.Name, steps: tuple[syntax.Expr | syntax.Name, ...], context: Context
    ) -> tuple[Variable | None, tuple[syntax.Expr | syntax.Name, ...], core.Expr | None]:
        text, span = name.text, name.span
        if text in context.locals:
            self.sink.error(Code.NOT_WRITABLE, span, f"`{text}` is a name for a value, which never changes")
            return None, (), None
        own = None if context.role is None else self.scope.variable(context.role, text)
        if own is not None:
            member = None if context.self_local is None else core.Use(context.self_local, span)
            return self._writable(own, span, context, member), steps, member
        top = self.scope.variable(None, text)
        if top is not None:
            return self._writable(top, span, context, None), steps, None
        if text in self.scope.parameters:
            self.sink.error(Code.NOT_WRITABLE, span, f"`{text}` is a parameter, which never changes")
        else:
            known = (v.name.rpartition(".")[2] for v in self.scope.variables.values() if v.role in (context.role, None))
            message = f"there is no variable `{text}` here"
            self.sink.error(Code.UNKNOWN_NAME, span, message, help=did_you_mean(text, known))
        return None, (), None

    def _writable(self, variable: Variable, span: Span, context: Context, member: core.Expr | None) -> Variable | None:
        """The variable, if the one who acts may write it."""
        if isinstance(variable.own, PoisonType):
            return None
        if variable.kind == "constant":
            self.sink.error(Code.NOT_WRITABLE, span, f"`{variable.name}` is a constant")
            return None
        unknown = context.mode == "any" and context.acting.role is None  # whoever performs it writes
        if variable.kind == "ghost" or variable.role is None or unknown:
            return variable
        actor = context.acting
        own = actor.self_local
        mine = own is None or (isinstance(member, core.Use) and member.local.id == own.id)
        if variable.role == actor.role and mine:
            return variable
        who = f"role `{actor.role}`" if actor.role is not None else "an action outside roles"
        if actor.role == variable.role:
            who = f"one `{actor.role}`"
        message = f"{who} cannot write `{variable.name}`" + (" of another" if actor.role == variable.role else "")
        help = "a role writes its own variables and those of the top level: send a message"
        self.misplaced(Code.NOT_WRITABLE, span, message, context, help)
        return None

    def _place(
        self,
        item: syntax.Place,
        variable: Variable,
        steps: tuple[syntax.Expr | syntax.Name, ...],
        member: core.Expr | None,
        context: Context,
    ) -> core.Place | None:
        """The keys and fields of a place, checked against the variable's type."""
        path: list[core.Expr | str] = [] if member is None else [member]
        type: Type = variable.own
        keys_and_fields = _with_kinds(item, len(steps))
        for step, is_field in zip(steps, keys_and_fields, strict=True):
            if is_field and isinstance(step, syntax.Name):
                field = type.field(step.text) if isinstance(type, RecordType) else None
                if field is None:
                    known = [name for name, _ in type.fields] if isinstance(type, RecordType) else []
                    message = f"{an(type)} has no field `{step.text}` to write"
                    self.sink.error(Code.UNKNOWN_FIELD, step.span, message, help=did_you_mean(step.text, known))
                    return None
                path.append(step.text)
                type = field
                continue
            if not isinstance(type, MapType):
                message = f"{an(type)} has no keys"
                self.sink.error(Code.BAD_OPERAND, step.span, message)
                return None
            key = self.expression(step, context, type.key)
            if isinstance(key.type, PoisonType):
                return None
            path.append(key)
            type = type.value
        return core.Place(variable.name, tuple(path), type, item.span)


def _with_kinds(place: syntax.Place, count: int) -> list[bool]:
    """For the last `count` steps of a place, whether each is a field (else a key), outermost first."""
    kinds: list[bool] = []
    expr: syntax.Expr = place
    while isinstance(expr, syntax.Member | syntax.Index) and len(kinds) < count:
        kinds.insert(0, isinstance(expr, syntax.Member))
        expr = expr.base
    return kinds


def _reading(place: core.Place, variable: Variable) -> core.Expr:
    """The value that is at a place now."""
    expr: core.Expr = core.Read(place.variable, variable.type, place.span)
    for step in place.path:
        match expr.type, step:
            case RecordType() as record, str(name):
                field = record.field(name)
                assert field is not None
                expr = core.Member(expr, name, field, place.span)
            case MapType(_, value), _:
                assert not isinstance(step, str)
                expr = core.At(expr, step, value, place.span)
            case _:
                raise AssertionError("places are checked when they are made")
    return expr


def _chooses(statements: tuple[syntax.Stmt, ...]) -> bool:
    return bool(statements) and isinstance(statements[0], syntax.Choose | syntax.Perform)
