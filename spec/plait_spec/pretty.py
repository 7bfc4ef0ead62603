"""The surface tree in, formatted text out: `parse` of the text gives the same tree again.

A body stays on one line if it is short; expressions are never broken. Comments that are no `///` are not in the tree,
so they are not in the text either.
"""

from collections.abc import Iterable
from typing import assert_never

from plait_spec import syntax
from plait_spec.pretty_expressions import (
    POSTFIX,
    SUM,
    arguments,
    binders,
    expression,
    fields,
    pattern,
    type_expression,
)
from plait_spec.syntax import (
    Block,
    Event,
    Expr,
    Formal,
    Initial,
    Item,
    Option,
    Scene,
    Setting,
    Stmt,
    TopLevel,
    TypeExpr,
)

WIDTH = 100
_INDENT = "  "
_BEGINS_AN_ITEM = frozenset(
    (
        "abstract",
        "fair",
        "ignore",
        "knows",
        "may",
        "measure",
        "remove",
        "replace",
        "step",
        "strongly",
        "terminal",
        "type",
    )
)

Lines = list[str]


def pretty(node: syntax.Module | TopLevel | Stmt | Block | Scene | TypeExpr | Expr) -> str:
    """The text of a tree or of a part of one; without an end of line."""
    match node:
        case syntax.Module():
            return "\n".join(_module(node))
        case Block():
            return "\n".join(_headed("", node)).lstrip()
        case _ if isinstance(node, Expr):
            return expression(node)
        case _ if isinstance(node, TypeExpr):
            return type_expression(node)
        case _ if isinstance(node, Stmt):
            return "\n".join(_statement(node))
        case _ if isinstance(node, Scene):
            return _scene(node)
        case _:
            return "\n".join(_top(node))


# ---- whole texts


def _module(module: syntax.Module) -> Lines:
    """Declarations of one kind stand together, others after an empty line."""
    lines: Lines = []
    before: tuple[type, int] | None = None
    for item in module.items:
        text = _top(item)
        shape = (type(item), len(text))
        if before is not None and (shape != before or len(text) > 1):
            lines.append("")
        lines += text
        before = shape
    return lines


def _top(item: TopLevel) -> Lines:
    match item:
        case syntax.Import():
            return [f'import "{item.path}"']
        case syntax.Protocol():
            abstract = "abstract " if item.abstract else ""
            return [*_doc(item.doc), f"{abstract}protocol {item.name.text}{_parameters(item.parameters)}"]
        case syntax.Proposal():
            head = f"proposal {item.name.text}{_parameters(item.parameters)} extends {item.base.text}"
            return [*_doc(item.doc), *_nested(f"{head}{_settings(item.settings)}", item.items)]
        case syntax.Scenario():
            return [*_doc(item.doc), *_scenario(item)]
        case _:
            return _item(item)


def _doc(lines: Iterable[str]) -> Lines:
    return [f"/// {line}".rstrip() for line in lines]


def _parameters(parameters: tuple[syntax.Parameter, ...]) -> str:
    texts = [f"{p.name.text}: {type_expression(p.type)} = {expression(p.default)}" for p in parameters]
    return f"({', '.join(texts)})" if texts else ""


def _settings(settings: tuple[Setting, ...]) -> str:
    texts = []
    for setting in settings:
        value = setting.value
        text = type_expression(value) if isinstance(value, syntax.Range) else expression(value, SUM)
        texts.append(f"{setting.name.text} = {text}")
    return f"({', '.join(texts)})" if texts else ""


def _nested(head: str, items: tuple[Item, ...]) -> Lines:
    """Items in braces."""
    return [f"{head} {{", *_indented(line for item in items for line in _item(item)), "}"]


def _indented(lines: Iterable[str]) -> Lines:
    return [f"{_INDENT}{line}" for line in lines]


def _scenario(scenario: syntax.Scenario) -> Lines:
    formals = f" with {_formals(scenario.formals)}" if scenario.formals else ""
    where = "" if scenario.condition is None else f" where {expression(scenario.condition)}"
    head = f"scenario {scenario.name.text} for {scenario.protocol.text}{_settings(scenario.settings)}{formals}{where}"
    return [f"{head} {{", *_indented(map(_scene, scenario.scenes)), "}"]


def _scene(scene: Scene) -> str:
    match scene:
        case syntax.Do():
            return f"do {expression(scene.step, POSTFIX)}"
        case syntax.Deliver():
            return f"deliver {pattern(scene.pattern)}{_places(scene.places)}"
        case syntax.DeliverAll():
            return f"deliver all{_places(scene.places)}"
        case syntax.LoseMessage():
            return f"lose {pattern(scene.pattern)}{_places(scene.places)}"
        case syntax.Cause():
            return f"{scene.fault} {expression(scene.target, POSTFIX)}"
        case syntax.ExpectThat():
            return f"expect {expression(scene.condition)}"
        case syntax.Show():
            return f"show {expression(scene.value)}"
        case _:
            assert_never(scene)


def _places(places: syntax.Places) -> str:
    via = "" if places.channel is None else f" via {places.channel.text}"
    sender = "" if places.sender is None else f" from {expression(places.sender, POSTFIX)}"
    receiver = "" if places.receiver is None else f" to {expression(places.receiver, POSTFIX)}"
    return via + sender + receiver


# ---- declarations


def _item(item: Item) -> Lines:
    doc = item.declaration.doc if isinstance(item, syntax.Replace) else item.doc
    return [*_doc(doc), *_undocumented(item)]


def _undocumented(item: Item) -> Lines:
    match item:
        case syntax.Ids():
            return [f"ids {item.name.text}[{expression(item.size)}]"]
        case syntax.Enum():
            return [f"enum {item.name.text} {{ {_names(item.members)} }}"]
        case syntax.TypeDef():
            return [f"type {item.name.text} = {type_expression(item.type)}"]
        case syntax.Constant():
            return [f"constant {_names(item.names)}: {type_expression(item.type)} = {_initial(item.initial)}"]
        case syntax.Var():
            lifetime = "" if item.lifetime == "volatile" else f"{item.lifetime} "
            value = _initial(item.initial)
            return [f"{lifetime}var {_names(item.names)}: {type_expression(item.type)} = {value}"]
        case syntax.Message():
            return [f"message {item.name.text}" + (f" {{ {fields(item.fields)} }}" if item.fields else "")]
        case syntax.Channel():
            return [_channel(item)]
        case syntax.Role():
            index = "" if item.index is None else f"[{item.index.text}]"
            return _nested(f"role {item.name.text}{index}", item.items)
        case syntax.May():
            return [f"may {item.fault}{_budget_of_role(item.budget)}"]
        case syntax.Ignore():
            return [f"ignore {item.message.text}{_via(item.channel)}"]
        case syntax.Function():
            head = f"def {item.name.text}{_formals(item.formals)}: {type_expression(item.result)} ="
            return _broken(head, expression(item.value))
        case syntax.Procedure():
            return _headed(f"def {item.name.text}{_formals(item.formals)}", item.body)
        case syntax.Action():
            environment = "environment " if item.environment else ""
            name = f"{item.name.text}{_formals(item.formals)}"
            return _headed(f"{_fairness(item.fairness)}{environment}action {name}{_guard(item.guard)}", item.body)
        case syntax.Handler():
            return _headed(f"{_fairness(item.fairness)}on {_event(item.event)}{_guard(item.guard)}", item.body)
        case syntax.Property():
            return _broken(f"{item.kind} {item.name.text}:", expression(item.formula))
        case syntax.Lemma():
            using = f" using {_names(item.using)}" if item.using else ""
            return _broken(f"lemma {item.name.text}:", expression(item.formula) + using)
        case syntax.Knows():
            fact = f"{item.role.text} knows {expression(item.fact)}{_guard(item.condition)}"
            return _broken(f"knows {item.name.text}:", fact)
        case syntax.Measure():
            return _broken(f"measure {item.name.text}:", f"{item.extreme} {_measured(item)}")
        case syntax.DeadlockFree():
            return ["deadlock free"]
        case syntax.Terminal():
            return _broken("terminal when", expression(item.condition))
        case syntax.Expect():
            settings = f" with {_settings(item.settings)}:" if item.settings else ""
            return [f"expect{settings} {', '.join(map(_outcome, item.outcomes))}"]
        case syntax.Replace():
            text = _undocumented(item.declaration)
            return [f"replace {text[0]}", *text[1:]]
        case syntax.Remove():
            return [f"remove {item.kind} {item.name.text}"]
        case syntax.RemoveHandler():
            return [f"remove on {_removed(item.event)}"]
        case _:
            assert_never(item)


def _names(names: Iterable[syntax.Name]) -> str:
    return ", ".join(name.text for name in names)


def _broken(head: str, rest: str) -> Lines:
    """What follows a head, on a line of its own if it is long."""
    return [f"{head} {rest}"] if len(head) + len(rest) < WIDTH else [head, f"{_INDENT}{rest}"]


def _initial(initial: Initial) -> str:
    match initial:
        case syntax.AnyValue():
            return "any"
        case syntax.AnyWhere():
            return f"any {initial.name.text} where {expression(initial.condition)}"
        case _:
            return expression(initial)


def _channel(channel: syntax.Channel) -> str:
    arrow = "<->" if channel.both_ways else "->"
    options = f" {{ {', '.join(map(_option, channel.options))} }}" if channel.options else ""
    return f"channel {channel.name.text}: {channel.source.text} {arrow} {channel.target.text}{options}"


def _option(option: Option) -> str:
    match option:
        case syntax.Discipline():
            return option.kind
        case syntax.Bound():
            return f"{option.kind} {expression(option.size, SUM)}"
        case syntax.MayFault():
            return f"may {option.fault}" + ("" if option.budget is None else f" {expression(option.budget, SUM)}")
        case syntax.ClearedBy():
            return f"cleared by crash of {'either end' if option.role is None else option.role.text}"
        case syntax.Joins():
            return f"joins {option.channel.text}"
        case _:
            assert_never(option)


def _budget_of_role(budget: Expr | None) -> str:
    """The budget of `may crash`: nothing ends it, so what could begin the next declaration is put in parentheses."""
    if budget is None:
        return ""
    text = expression(budget, SUM)
    return f" ({text})" if text.split()[0] in _BEGINS_AN_ITEM else f" {text}"


def _via(channel: syntax.Name | None) -> str:
    return "" if channel is None else f" via {channel.text}"


def _formals(formals: Iterable[Formal]) -> str:
    return f"({', '.join(f'{formal.name.text}: {type_expression(formal.type)}' for formal in formals)})"


def _fairness(fairness: syntax.Fairness) -> str:
    return "" if fairness == "unfair" else f"{fairness} "


def _guard(guard: Expr | None) -> str:
    return "" if guard is None else f" when {expression(guard)}"


def _event(event: Event) -> str:
    match event:
        case syntax.OnMessage():
            variable = "" if event.variable is None else event.variable.text
            return f"{event.message.text}({variable}){_from(event.sender)}{_via(event.channel)}"
        case syntax.OnRestart():
            return "restart"
        case syntax.OnBreak():
            return f"break of {event.channel.text}{_from(event.sender)}"
        case _:
            assert_never(event)


def _removed(event: Event) -> str:
    return f"{event.message.text}{_via(event.channel)}" if isinstance(event, syntax.OnMessage) else _event(event)


def _from(sender: syntax.Name | None) -> str:
    return "" if sender is None else f" from {sender.text}"


def _measured(measure: syntax.Measure) -> str:
    subject = expression(measure.subject)
    if measure.interval is None:
        return subject
    return f"{subject} from {expression(measure.interval.start)} to {expression(measure.interval.end)}"


def _outcome(outcome: syntax.Outcome) -> str:
    name = "deadlock free" if outcome.property is None else outcome.property.text
    steps = "" if outcome.steps is None else f" in {outcome.steps}"
    return f"{name} {outcome.verdict}{steps}"


# ---- bodies


def _headed(head: str, body: Block) -> Lines:
    """A head with a body: on its line if that is short and has no body inside, or else on lines of its own."""
    statements = [_statement(statement) for statement in body.statements]
    short = f"{head} {{ {'   '.join(lines[0] for lines in statements)} }}"
    if not statements:
        return [f"{head} {{ }}"]
    if all(len(lines) == 1 for lines in statements) and len(short) <= WIDTH:
        return [short]
    return [f"{head} {{", *_indented(line for lines in statements for line in lines), "}"]


def _statement(statement: Stmt) -> Lines:
    match statement:
        case syntax.Assign():
            return [f"{expression(statement.place)} {statement.op} {expression(statement.value)}"]
        case syntax.Perform():
            return [f"{statement.name.text}({arguments(statement.arguments)})"]
        case syntax.Send():
            receiver = "" if statement.receiver is None else f" to {expression(statement.receiver, SUM, closed=True)}"
            sent = f"send {statement.message.text}({arguments(statement.arguments)})"
            return [f"{sent}{_via(statement.channel)}{receiver}"]
        case syntax.Clear():
            instance = "" if statement.instance is None else f"[{expression(statement.instance)}]"
            return [f"clear {statement.channel.text}{instance}"]
        case syntax.Let():
            return [f"let {statement.name.text} = {expression(statement.value)}"]
        case syntax.Assert():
            return [f"assert {expression(statement.condition)}"]
        case syntax.IfStmt():
            return _if(statement)
        case syntax.For():
            unordered = "unordered " if statement.unordered else ""
            return _headed(f"{unordered}for {binders(statement.binders)}", statement.body)
        case syntax.Choose():
            return _headed(f"choose {binders(statement.binders)}", statement.body)
        case _:
            assert_never(statement)


def _if(statement: syntax.IfStmt) -> Lines:
    lines = _headed(f"if {expression(statement.condition)}", statement.then)
    match statement.otherwise:
        case None:
            return lines
        case syntax.IfStmt() as other:
            rest = _if(other)
        case Block() as block:
            rest = _headed("", block)
            rest[0] = rest[0].lstrip()
        case _:
            assert_never(statement.otherwise)
    return [*lines[:-1], f"{lines[-1]} else {rest[0]}", *rest[1:]]
