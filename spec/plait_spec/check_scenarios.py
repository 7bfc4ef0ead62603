"""Scenarios: that everything in them exists and has the right type in the protocol or proposal where they run.

A scenario runs in everything that extends its protocol, so it is looked at once for each. In an abstract protocol an
action, message, role or channel that is not there may be one that every proposal brings: those that do not are told.

Non-goals: running them, and whether a step is possible where it stands.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from plait_spec import core, syntax
from plait_spec.diagnostics import Code, Label
from plait_spec.elaborate import Context, Elaborator
from plait_spec.elaborate_names import Owner
from plait_spec.lower_properties import lower_settings
from plait_spec.scope import Link
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean

Way: TypeAlias = tuple[Link, bool]
"""A channel, and whether a message travels forward in it."""


def check_scenarios(elaborator: Elaborator) -> None:
    """Every scenario that runs in the protocol or proposal being elaborated."""
    for scenario in elaborator.scope.flat.scenarios:
        _Scenario(elaborator, scenario).check()


class _Scenario:
    """One scenario; what it says may use its own names and whatever a property may say."""

    def __init__(self, elaborator: Elaborator, item: syntax.Scenario) -> None:
        self.elaborator, self.item = elaborator, item
        self.scope, self.sink = elaborator.scope, elaborator.sink
        self.context = Context(mode="property")

    def check(self) -> None:
        """Its settings, its names, and its scenes in order."""
        self.settings()
        self.elaborator.distinct(formal.name for formal in self.item.formals)
        for formal in self.item.formals:
            local = self.elaborator.fresh(formal.name.text, self.elaborator.type(formal.type))
            self.context = self.context.bind(formal.name.text, core.Use(local, formal.name.span))
        if self.item.condition is not None:
            self.elaborator.condition(self.item.condition, self.context)
        for scene in self.item.scenes:
            self.scene(scene)

    def settings(self) -> None:
        """Each parameter that is set has one value."""
        single = []
        for setting in self.item.settings:
            if isinstance(setting.value, syntax.Range):
                message = "a scenario is one run, with one value for each parameter"
                self.sink.error(Code.TYPE_MISMATCH, setting.value.span, message)
            else:
                single.append(setting)
        lower_settings(self.elaborator, tuple(single), self.scope.parameters)

    def scene(self, scene: syntax.Scene) -> None:
        """One line of the scenario."""
        match scene:
            case syntax.Do(step):
                self.do(step)
            case syntax.Deliver(pattern, places):
                self.message(pattern)
                self.handled(pattern.message, self.ways(scene, places))
            case syntax.DeliverAll(places):
                self.ways(scene, places)
            case syntax.LoseMessage(pattern, places):
                self.message(pattern)
                self.losable(scene, self.ways(scene, places))
            case syntax.Cause(fault, target):
                if fault == "break":
                    self.breaks(target)
                else:
                    self.fault(fault, target)
            case syntax.ExpectThat(condition):
                self.elaborator.condition(condition, self.context)
            case syntax.Show(value):
                self.elaborator.expression(value, self.context, None)
            case _:
                assert_never(scene)

    # ---- what is not there

    def unknown(self, span: Span, message: str, help: str | None, code: Code = Code.UNKNOWN_NAME) -> None:
        """Something that is not declared; in an abstract protocol, a proposal may bring it."""
        if not self.scope.flat.abstract:
            self.sink.error(code, span, message, help=help)

    def role(self, expr: syntax.Expr) -> Owner | None:
        """The role, or instance of a family, that an expression names."""
        owner = self.elaborator.owner(expr, self.context)
        base = expr.base if isinstance(expr, syntax.Index) else expr
        if owner is None and isinstance(base, syntax.Name):
            help = did_you_mean(base.text, self.scope.ends)
            self.unknown(base.span, f"there is no role `{base.text}`", help)
        elif owner is None:
            self.sink.error(Code.WRONG_KIND, expr.span, "this is not a role")
        return owner

    # ---- steps

    def do(self, step: syntax.Expr) -> None:
        """`do role.action(arguments)`."""
        arguments = step.arguments if isinstance(step, syntax.Call) else ()
        match step.function if isinstance(step, syntax.Call) else step:
            case syntax.Name() as name:
                self.action(None, name, arguments, step.span)
            case syntax.Member(base, name):
                owner = self.role(base)
                if owner is not None:
                    self.action(owner, name, arguments, step.span)
            case syntax.StepOf(message=message):
                what = f"`{message.text}` is a message: it is delivered, not done"
                self.sink.error(Code.WRONG_KIND, step.span, what, help=f"write `deliver {message.text}`")
            case _:
                self.sink.error(Code.WRONG_KIND, step.span, "this is not a step", help="write `do role.action(...)`")

    def action(
        self, owner: Owner | None, name: syntax.Name, arguments: tuple[syntax.Argument, ...], span: Span
    ) -> None:
        """An action with all its arguments."""
        role = None if owner is None else owner.role
        found = self.scope.actions.get((role, name.text))
        if found is None:
            self.no_action(role, name)
            return
        assert isinstance(found.item, syntax.Action)
        if owner is not None:
            self.elaborator.instance(owner, self.context)
        formals = {formal.name.text: self.elaborator.type(formal.type) for formal in found.item.formals}
        what = f"`{name.text}`" if role is None else f"`{role}.{name.text}`"
        given = self.elaborator.arrange(what, arguments, tuple(formals), span, partly=False)
        for formal, value in given.items():
            self.elaborator.expression(value, self.context, formals[formal])

    def no_action(self, role: str | None, name: syntax.Name) -> None:
        """What stands after `do` is not an action."""
        text = name.text
        if role is not None and text in ("crash", "restart"):
            message = f"`{text}` is a fault, not an action"
            self.sink.error(Code.WRONG_KIND, name.span, message, help=f"write `{text} {role}`")
            return
        help = did_you_mean(text, (action for owner, action in self.scope.actions if owner == role))
        owners = [owner for owner, action in self.scope.actions if owner is not None and action == text]
        if role is None and owners:
            help = f"write `{owners[0]}.{text}`"
        where = "there is no action" if role is None else f"role `{role}` has no action"
        self.unknown(name.span, f"{where} `{text}`", help)

    # ---- messages

    def message(self, pattern: syntax.Pattern) -> None:
        """A message with some of its fields."""
        name = pattern.message
        if name.text in self.scope.message_types:
            self.elaborator.pattern(name.text, pattern.arguments or (), self.context)
        else:
            help = did_you_mean(name.text, self.scope.message_types)
            self.unknown(name.span, f"there is no message `{name.text}`", help)

    def ways(self, scene: syntax.Scene, places: syntax.Places) -> list[Way]:
        """The channels that are meant, each with a direction; none after an error."""
        good = [self.end(expr) for expr in (places.sender, places.receiver) if expr is not None]
        if not all(good):
            return []
        links = list(self.scope.channels.values())
        if places.channel is not None:
            text = places.channel.text
            links = [link for link in links if link.name == text]
            if not links:
                help = did_you_mean(text, self.scope.channels)
                self.unknown(places.channel.span, f"there is no channel `{text}`", help)
                return []
        sender, receiver = _role_of(places.sender), _role_of(places.receiver)
        both = [(link, forward) for link in links for forward in (True, False) if forward or link.both_ways]
        found = [way for way in both if sender in (None, _ends(way)[0]) and receiver in (None, _ends(way)[1])]
        if not found:
            start = "" if sender is None else f" from `{sender}`"
            end = "" if receiver is None else f" to `{receiver}`"
            if places.channel is None:
                self.unknown(scene.span, f"no channel leads{start}{end}", None, Code.WHICH_CHANNEL)
            else:
                message = f"channel `{places.channel.text}` does not lead{start}{end}"
                note = (Label(links[0].item.span, "its ends"),)
                self.sink.error(Code.WHICH_CHANNEL, places.channel.span, message, notes=note)
        return found

    def end(self, expr: syntax.Expr) -> bool:
        """Whether an end is right; a family may be named as a whole."""
        owner = self.role(expr)
        if owner is not None and owner.index is not None:
            self.elaborator.instance(owner, self.context)
        return owner is not None

    def handled(self, message: syntax.Name, ways: list[Way]) -> None:
        """Somebody at the end of these channels handles the message."""
        if ways and message.text in self.scope.message_types:
            if any(self.elaborator.handles(*way, message.text) for way in ways):
                return
            roles = " and ".join(f"`{role}`" for role in dict.fromkeys(_ends(way)[1] for way in ways))
            self.unknown(message.span, f"nothing handles `{message.text}` at {roles}", None, Code.UNKNOWN_STEP)

    def losable(self, scene: syntax.LoseMessage, ways: list[Way]) -> None:
        """One of these channels may lose a message."""
        if not ways or any((link.carrier, "lose") in self.scope.faults for link, _ in ways):
            return
        names = " and ".join(f"`{name}`" for name in dict.fromkeys(link.name for link, _ in ways))
        message = f"nothing is lost here: {names} would need `may lose`"
        self.unknown(scene.span, message, None, Code.UNKNOWN_STEP)

    # ---- faults

    def fault(self, fault: Literal["crash", "restart"], target: syntax.Expr) -> None:
        """`crash role`, `restart family[i]`."""
        owner = self.role(target)
        if owner is None:
            return
        if owner.index is None:
            self.elaborator.instance(owner, self.context)
        if (owner.role, fault) in self.scope.faults or not self.scope.flat.abstract:
            self.elaborator.role_fault(owner, fault, target.span, self.context)

    def breaks(self, target: syntax.Expr) -> None:
        """`break channel`, `break channel[i]`: one connection of a channel that may break."""
        base, indices = target, 0
        while isinstance(base, syntax.Index):
            base, indices = base.base, indices + 1
        if not isinstance(base, syntax.Name):
            self.sink.error(Code.WRONG_KIND, target.span, "this is not a channel")
            return
        link = self.scope.channels.get(base.text)
        if link is None:
            help = did_you_mean(base.text, self.scope.channels)
            self.unknown(base.span, f"there is no channel `{base.text}`", help)
            return
        families = sum(end.family is not None for end in (link.left, link.right))
        if indices < families:
            help = f"write `{link.name}{'[...]' * families}`"
            message = f"`{link.name}` is several connections: which one?"
            self.sink.error(Code.WHICH_INSTANCE, target.span, message, help=help)
        else:
            self.elaborator.queues(target, self.context)
        if (link.carrier, "break") in self.scope.faults or not self.scope.flat.abstract:
            step = syntax.Member(base, syntax.Name("break", base.span), base.span)
            self.elaborator.fault_step(link.name, step, self.context)


def _ends(way: Way) -> tuple[str, str]:
    """Who sends and who receives."""
    link, forward = way
    ends = (link.left.role, link.right.role)
    return ends if forward else ends[::-1]


def _role_of(expr: syntax.Expr | None) -> str | None:
    """The role of an end that is right."""
    base = expr.base if isinstance(expr, syntax.Index) else expr
    return base.text if isinstance(base, syntax.Name) else None
