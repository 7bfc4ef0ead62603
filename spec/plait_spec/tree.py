"""What each rule of the grammar makes: `ACTIONS` has a class of `syntax`, or a function, for the name of each rule.

It is called with what the parts of the rule made, and last with the extent of the text. A part is None if it is
optional and absent, and the text itself if it is a word or number. A class is there if its fields are the parts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plait_spec import syntax
from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.source import Span
from plait_spec.syntax import Expr, Name, Stmt

MAX_NUMBER = 10**18

Action = Callable[..., Any]


def _several(*parts: Any) -> tuple[Any, ...]:
    """The parts that are there, as a tuple."""
    return tuple(part for part in parts[:-1] if part is not None)


def _spelled(*parts: Any) -> str:
    """A word or sign; one of two words with one space, whatever is between them in the text."""
    return " ".join(parts[:-1])


def _integer(text: str, span: Span) -> syntax.Integer:
    if len(text) > len(str(MAX_NUMBER)) or int(text) > MAX_NUMBER:
        message = "this number is larger than any that a finite model can count to"
        hint = "the largest is 1 followed by 18 zeros"
        raise SpecError(Diagnostic(Code.NUMBER_TOO_LARGE, message, Label(span), help=hint))
    return syntax.Integer(int(text), span)


def _binary(left: Expr, op: syntax.BinaryOp, right: Expr, span: Span) -> syntax.Binary:
    return syntax.Binary(op, left, right, span)


def _call(function: Expr, arguments: tuple[syntax.Argument, ...] | None, span: Span) -> syntax.Call:
    return syntax.Call(function, arguments or (), span)


def _pattern_with(message: Name, arguments: tuple[syntax.Argument, ...] | None, span: Span) -> syntax.Pattern:
    return syntax.Pattern(message, arguments or (), span)


def _binders(*parts: Any) -> syntax.Binders:
    *binders, condition, span = parts
    return syntax.Binders(tuple(binders), condition, span)


def _choose_rest(binders: syntax.Binders, *parts: Any) -> syntax.Choose:
    """Without braces: what follows in the block is the body."""
    span: Span = parts[-1]
    statements: tuple[Stmt, ...] = _several(*parts)
    start = statements[0].span.start if statements else span.end
    return syntax.Choose(binders, syntax.Block(statements, span.source.span(start, span.end)), span)


def _block(*parts: Any) -> syntax.Block:
    return syntax.Block(_several(*parts), parts[-1])


def _perform(name: Name, arguments: tuple[syntax.Argument, ...] | None, span: Span) -> syntax.Perform:
    return syntax.Perform(name, arguments or (), span)


def _send(
    message: Name,
    arguments: tuple[syntax.Argument, ...] | None,
    channel: Name | None,
    receiver: Expr | None,
    span: Span,
) -> syntax.Send:
    return syntax.Send(message, arguments or (), channel, receiver, span)


def _documented(*parts: Any) -> syntax.TopLevel:
    """A declaration with the lines before it; before `replace` they are those of the declaration after it."""
    *lines, node, _span = parts
    doc = tuple(line.removeprefix("///").removeprefix(" ").rstrip() for line in lines)
    if isinstance(node, syntax.Replace):
        return replace(node, declaration=replace(node.declaration, doc=doc))
    documented: syntax.TopLevel = replace(node, doc=doc)
    return documented


def _undocumented(node: type) -> Action:
    """Makes a declaration from its parts: the lines before it, if there are any, come later."""
    return lambda *parts: node(*parts[:-1], (), parts[-1])


def _protocol(
    abstract: str | None, name: Name, parameters: tuple[syntax.Parameter, ...] | None, span: Span
) -> syntax.Protocol:
    return syntax.Protocol(name, parameters or (), abstract is not None, (), span)


def _proposal(
    name: Name,
    parameters: tuple[syntax.Parameter, ...] | None,
    base: Name,
    settings: tuple[syntax.Setting, ...] | None,
    items: tuple[syntax.Item, ...],
    span: Span,
) -> syntax.Proposal:
    return syntax.Proposal(name, parameters or (), base, settings or (), items, (), span)


def _remove_on_message(message: Name, channel: Name | None, span: Span) -> syntax.RemoveHandler:
    return syntax.RemoveHandler(syntax.OnMessage(message, None, None, channel, span), (), span)


def _remove_on_restart(span: Span) -> syntax.RemoveHandler:
    return syntax.RemoveHandler(syntax.OnRestart(span), (), span)


def _remove_on_break(channel: Name, span: Span) -> syntax.RemoveHandler:
    return syntax.RemoveHandler(syntax.OnBreak(channel, None, span), (), span)


def _message(name: Name, fields: tuple[syntax.Field, ...] | None, span: Span) -> syntax.Message:
    return syntax.Message(name, fields or (), (), span)


def _channel(
    name: Name, source: Name, arrow: str, target: Name, options: tuple[syntax.Option, ...] | None, span: Span
) -> syntax.Channel:
    return syntax.Channel(name, source, target, arrow == "<->", options or (), (), span)


def _action(
    fairness: syntax.Fairness | None,
    environment: str | None,
    name: Name,
    formals: tuple[syntax.Formal, ...] | None,
    guard: Expr | None,
    body: syntax.Block,
    span: Span,
) -> syntax.Action:
    return syntax.Action(name, formals or (), guard, body, fairness or "unfair", environment is not None, (), span)


def _handler(
    fairness: syntax.Fairness | None, event: syntax.Event, guard: Expr | None, body: syntax.Block, span: Span
) -> syntax.Handler:
    return syntax.Handler(event, guard, body, fairness or "unfair", (), span)


def _lemma(name: Name, formula: Expr, using: tuple[Name, ...] | None, span: Span) -> syntax.Lemma:
    return syntax.Lemma(name, formula, using or (), (), span)


def _expect(settings: tuple[syntax.Setting, ...] | None, *parts: Any) -> syntax.Expect:
    return syntax.Expect(settings or (), _several(*parts), (), parts[-1])


def _outcome(property: Name | None, verdict: tuple[syntax.VerdictWord, int | None], span: Span) -> syntax.Outcome:
    return syntax.Outcome(property, *verdict, span)


def _scenario(
    name: Name,
    protocol: Name,
    settings: tuple[syntax.Setting, ...] | None,
    formals: tuple[syntax.Formal, ...] | None,
    condition: Expr | None,
    *parts: Any,
) -> syntax.Scenario:
    return syntax.Scenario(name, protocol, settings or (), formals or (), condition, _several(*parts), (), parts[-1])


ACTIONS: dict[str, Action] = {
    # whole texts
    "start": _several,
    "documented": _documented,
    "import_": lambda path, span: syntax.Import(path[1:-1], span),
    "abstract": _spelled,
    "protocol": _protocol,
    "parameters": _several,
    "parameter": syntax.Parameter,
    "proposal": _proposal,
    "settings": _several,
    "setting": syntax.Setting,
    "items": _several,
    "replace": syntax.Replace,
    "removable": _spelled,
    "remove": _undocumented(syntax.Remove),
    "remove_on_message": _remove_on_message,
    "remove_on_restart": _remove_on_restart,
    "remove_on_break": _remove_on_break,
    # data
    "ids": _undocumented(syntax.Ids),
    "enum": lambda name, *parts: syntax.Enum(name, parts[:-1], (), parts[-1]),
    "typedef": _undocumented(syntax.TypeDef),
    "constant": _undocumented(syntax.Constant),
    "var": _undocumented(syntax.Var),
    "lifetime": lambda word, _var, _span: word or "volatile",
    "message": _message,
    "fields": _several,
    "field": syntax.Field,
    "names": _several,
    "any_value": syntax.AnyValue,
    "any_where": syntax.AnyWhere,
    # channels
    "channel": _channel,
    "arrow": _spelled,
    "options": _several,
    "discipline": syntax.Discipline,
    "bound": syntax.Bound,
    "bound_word": _spelled,
    "may_fault": syntax.MayFault,
    "fault_word": _spelled,
    "may_stall": lambda span: syntax.MayFault("stall", None, span),
    "cleared_by": syntax.ClearedBy,
    "cleared_by_either": lambda span: syntax.ClearedBy(None, span),
    "joins": syntax.Joins,
    # behaviour
    "role": _undocumented(syntax.Role),
    "may": _undocumented(syntax.May),
    "may_word": _spelled,
    "ignore": _undocumented(syntax.Ignore),
    "function": _undocumented(syntax.Function),
    "procedure": _undocumented(syntax.Procedure),
    "formals": _several,
    "formal": syntax.Formal,
    "action": _action,
    "handler": _handler,
    "environment": _spelled,
    "fairness": _spelled,
    "on_message": syntax.OnMessage,
    "on_restart": syntax.OnRestart,
    "on_break": syntax.OnBreak,
    # statements
    "block": _block,
    "choose_rest": _choose_rest,
    "assign": syntax.Assign,
    "assignment": _spelled,
    "perform": _perform,
    "send": _send,
    "clear": syntax.Clear,
    "let": syntax.Let,
    "assert_": syntax.Assert,
    "if_": syntax.IfStmt,
    "for_": lambda binders, body, span: syntax.For(binders, body, False, span),
    "for_unordered": lambda binders, body, span: syntax.For(binders, body, True, span),
    "choose": syntax.Choose,
    # what is wanted
    "property": _undocumented(syntax.Property),
    "property_kind": _spelled,
    "lemma": _lemma,
    "knows": _undocumented(syntax.Knows),
    "measure": _undocumented(syntax.Measure),
    "extreme": _spelled,
    "interval": syntax.Interval,
    "deadlock_free": _undocumented(syntax.DeadlockFree),
    "terminal": _undocumented(syntax.Terminal),
    "expect": _expect,
    "outcome": _outcome,
    "outcome_of_deadlock": lambda verdict, span: _outcome(None, verdict, span),
    "words": _spelled,
    "verdict": lambda word, _span: (word, None),
    "verdict_in": lambda steps, _span: ("fails", steps.value),
    # scenarios
    "scenario": _scenario,
    "do": syntax.Do,
    "deliver": syntax.Deliver,
    "deliver_all": syntax.DeliverAll,
    "lose": syntax.LoseMessage,
    "cause": syntax.Cause,
    "cause_word": _spelled,
    "expect_that": syntax.ExpectThat,
    "show": syntax.Show,
    "places": syntax.Places,
    # types
    "named_type": syntax.NamedType,
    "bool_type": syntax.BoolType,
    "range": syntax.Range,
    "within": syntax.Within,
    "optional_type": syntax.OptionalType,
    "set_type": syntax.SetType,
    "seq_type": syntax.SeqType,
    "record_type": syntax.RecordType,
    "map_type": syntax.MapType,
    # operators
    "binary": _binary,
    "unary": syntax.Unary,
    "leads_to": _spelled,
    "implies": _spelled,
    "iff": _spelled,
    "or_": _spelled,
    "and_": _spelled,
    "since": _spelled,
    "prefix": _spelled,
    "relation": _spelled,
    "plus_or_minus": _spelled,
    "times": _spelled,
    "minus": _spelled,
    "has": syntax.Has,
    "pattern": lambda message, span: syntax.Pattern(message, None, span),
    "pattern_with": _pattern_with,
    "quantified": syntax.Quantified,
    "quantifier": _spelled,
    "conditional": syntax.Conditional,
    "aggregate": syntax.Aggregate,
    "extremum": _spelled,
    "binders": _binders,
    "over_type": syntax.OverType,
    "over_set": syntax.OverSet,
    # operands
    "member": syntax.Member,
    "step_of": syntax.StepOf,
    "index": syntax.Index,
    "call": _call,
    "arguments": _several,
    "argument": lambda value, span: syntax.Argument(None, value, span),
    "named_argument": syntax.Argument,
    "set_of": lambda *parts: syntax.SetOf(parts[:-1], parts[-1]),
    "seq_of": lambda *parts: syntax.SeqOf(_several(*parts), parts[-1]),
    "set_where": syntax.SetWhere,
    "map_of": syntax.MapOf,
    "nothing": syntax.Nothing,
    "self_": syntax.Self,
    "integer": _integer,
    "boolean": lambda text, span: syntax.Boolean(text == "true", span),
    "name": Name,
    "reserved": Name,
    "built_in": Name,
}
