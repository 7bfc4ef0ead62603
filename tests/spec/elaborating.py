"""For tests of names and types: texts with marks where errors are expected, elaborated as lowering does."""

from __future__ import annotations

from dataclasses import replace

from plait_spec import core, syntax
from plait_spec.core_walk import below, commands_below
from plait_spec.diagnostics import Sink, SpecError
from plait_spec.elaborate import Body, Context, Elaborator, Mode
from plait_spec.project import load_text
from plait_spec.proposals import Flat, Placed, flatten
from plait_spec.scope import Scope
from plait_spec.source import Source

MARK = "«"

Found = tuple[str, int, int]

MODES: dict[str, Mode] = {
    "step": "step property",
    "eventually": "run property",
    "always eventually": "run property",
    "eventually always": "run property",
}


P = """protocol P(n: 1..3 = 2, loud: bool = true)
ids Op[n]
ids Agent[n]
enum Status { Idle, Done, Lost }
enum Health { Up, Lost }
type Pair = { op: Op, status: Status = Idle }
constant home: Op -> Agent = any
var view: Op -> Status? = none
var health: Health = Up
var total: 0..3 = 0
var done: set<Op> = {}
var path: seq<0..3, 2> = []
var best: Op? = none
var pair: Pair = any
ghost var seen: set<Op> = {}
message Ask { op: Op, stamp: 0..3 = 0 }
message Ping
channel link: node <-> master { may break 1 }
channel bag: node -> master { unordered }
role node[Agent] {
  var here: bool = false
  def ok(o: Op): bool = here and view[o] == Done
  action leave(o: Op) { here = false }
  on Ping() { }
}
role master { may restart 1  var books: 0..3 = 0  on Ask(a) { } action lead(o: Op, k: 0..3) { } }
"""

PEERS = """protocol Peers(n: 1..3 = 2)
ids Node[n]
ids Host[n]
message Ping
channel ring: node -> node
channel cross: node <-> host
role node[Node] {
  action a(other: Node, h: Host) when ring has Ping and size(ring) == 0 and ring[other] has Ping and cross[h] has Ping {
    send Ping() via ring to other
    send Ping() via cross to h
    clear ring
    clear cross[h]
  }
  on Ping() { }
}
role host[Host] { action b(n: Node) { send Ping() to n } on Ping() { } }
always A: all n: Node, h: Host. cross[n] has Ping or cross[h] has Ping or cross[n][h] has Ping or ring[n][n] has Ping
"""


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the lines and columns at which they stood."""
    places = []
    pieces = text.split(MARK)
    before = ""
    for piece in pieces[:-1]:
        before += piece
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
    return "".join(pieces), places


def flats(text: str, sink: Sink) -> tuple[Flat, ...]:
    """The protocols and proposals of a text."""
    return flatten(load_text(Source("test.plait", text)), sink)


class Whole:
    """One protocol or proposal with everything in it elaborated, by name."""

    def __init__(self, flat: Flat, sink: Sink) -> None:
        self.flat, self.sink = flat, sink
        self.scope = Scope(flat, sink)
        self.elaborator = Elaborator(self.scope, sink)
        self.properties: dict[str, core.Expr] = {}
        self.guards: dict[str, core.Expr] = {}
        self.bodies: dict[str, Body] = {}
        self.initial: dict[str, core.Expr] = {}
        for parameter in flat.parameters:
            type = self.scope.parameters[parameter.name.text]
            self.elaborator.expression(parameter.default, Context(mode="parameters"), type)
        for placed in flat.declarations:
            self.place(placed)
        self.elaborator.check_defs()

    def place(self, placed: Placed) -> None:
        """Elaborate one declaration."""
        match placed.item:
            case syntax.Property(kind, name, formula):
                context = Context(mode=MODES.get(kind, "property"))
                self.properties[name.text] = self.elaborator.condition(formula, context)
            case syntax.Action(name) | syntax.Handler(syntax.OnMessage(name)):
                self.step(placed, placed.item, name.text)
            case syntax.Var(_, names, type, initial) | syntax.Constant(names, type, initial):
                if not isinstance(initial, syntax.AnyValue | syntax.AnyWhere):
                    full = names[0].text if placed.role is None else f"{placed.role}.{names[0].text}"
                    context = Context(
                        placed.role, self.member(placed), mode="initial", before=full, inherited=placed.inherited
                    )
                    wanted = self.elaborator.type(type)
                    self.initial[full] = self.elaborator.expression(initial, context, wanted)
            case _:
                pass

    def member(self, placed: Placed) -> core.Local | None:
        """The instance that `self` is, of a family."""
        family = None if placed.role is None else self.scope.ends[placed.role].family
        return None if family is None else self.elaborator.fresh("self", family)

    def step(self, placed: Placed, item: syntax.Action | syntax.Handler, name: str) -> None:
        """Elaborate an action or a handler of a message."""
        member = self.member(placed)
        step = name if placed.role is None else f"{placed.role}.{name}"
        context = Context(placed.role, member, step=step, inherited=placed.inherited)
        if isinstance(item, syntax.Action):
            for formal in item.formals:
                local = self.elaborator.fresh(formal.name.text, self.elaborator.type(formal.type))
                context = context.bind(formal.name.text, core.Use(local, formal.span))
        elif isinstance(item.event, syntax.OnMessage) and item.event.variable is not None:
            known = self.scope.message_types.get(name)
            if known is not None:
                local = self.elaborator.fresh(item.event.variable.text, known.type)
                context = context.bind(item.event.variable.text, core.Use(local, item.span))
        if isinstance(item, syntax.Handler) and isinstance(item.event, syntax.OnMessage):
            context = self.sender(item.event, placed.role, context)
        if item.guard is not None:
            self.guards[step] = self.elaborator.condition(item.guard, context)
        self.bodies[step] = self.elaborator.body(item.body.statements, context)

    def sender(self, event: syntax.OnMessage, role: str | None, context: Context) -> Context:
        """The sender of a message, if a family may send it."""
        for link in self.scope.channels.values():
            for near, far in ((link.left, link.right), (link.right, link.left)):
                if near.role == role and far.family is not None and event.sender is not None:
                    use = core.Use(self.elaborator.fresh(event.sender.text, far.family), event.span)
                    return replace(context, sender=use).bind(event.sender.text, use)
        return context


def whole(text: str, name: str | None = None) -> Whole:
    """The only (or named) protocol of a text without errors."""
    sink = Sink()
    chosen = next(flat for flat in flats(text, sink) if name is None or flat.name == name)
    result = Whole(chosen, sink)
    assert sink.diagnostics == (), "\n".join(found.message for found in sink.diagnostics)
    return result


def errors(text: str) -> list[Found]:
    """Codes with line and column of everything that is wrong in a text, in its order."""
    sink = Sink()
    try:
        for flat in flats(text, sink):
            Whole(flat, sink)
    except SpecError as error:
        return [(found.code.id, found.span.line, found.span.column) for found in error.diagnostics]
    return [(found.code.id, found.span.line, found.span.column) for found in sink.diagnostics]


def helps(text: str) -> list[str]:
    """Messages and help lines of what is wrong in a text."""
    sink = Sink()
    for flat in flats(text.replace(MARK, ""), sink):
        Whole(flat, sink)
    return [f"{found.message} | {found.help or ''}" for found in sink.diagnostics]


def check_marked(code: str, text: str) -> None:
    """Every mark in the text is an error with this code, and nothing else is."""
    clean, places = marked(text)
    assert errors(clean) == [(code, line, column) for line, column in places]


def nodes(expr: core.Expr, kind: type) -> list[core.Expr]:
    """Everything of one kind in an expression."""
    return [node for node in below(expr) if isinstance(node, kind)]


def commands(body: Body, kind: type) -> list[core.Command]:
    """Every command of one kind in a body."""
    return [command for command in commands_below(body.block) if isinstance(command, kind)]
