"""The state of a model for given parameters: its cells, and how they start.

Cells are numbered variable by variable in declaration order (monitors are the last variables), then queue by queue:
channels in declaration order, forward before backward, by left and then right identity.
"""

from __future__ import annotations

from collections.abc import Mapping

from plait_spec import core, fold
from plait_spec.core import Model, ParameterDecl
from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.domain_of import bound_of
from plait_spec.domains import Domain, EnumDomain, RangeDomain, RecordDomain, SeqDomain, Value, contains, values
from plait_spec.ground import Cell, Checked, Const, Expr, Fix, Free, Queue, Start
from plait_spec.ground_context import MAX_CELLS, Context, Layout, QueueCell, domain_at, key_tuples, problem, scattered
from plait_spec.ground_convert import only, stored
from plait_spec.ground_expr import Expander
from plait_spec.ground_queues import family_of
from plait_spec.ground_scope import Spread, View
from plait_spec.laws import BrokenLaw
from plait_spec.naming import Names, names_of
from plait_spec.record import record
from plait_spec.source import Span


@record
class State:
    """The cells, how those of each variable start (monitors left out), and the names of everything."""

    context: Context
    cells: tuple[Cell, ...]
    start: tuple[Start, ...]
    names: Names


def lay_out(model: Model, parameters: Mapping[str, Value]) -> State:
    """Find the place of everything in the state, and what is there at the start."""
    context = _context(model, parameters)
    start: list[Start] = []
    first = 0
    monitored = {monitor.variable for monitor in model.monitors}
    for variable in model.variables:
        layout = _layout(context, variable, first)
        context.layouts[variable.name] = layout
        if variable.name not in monitored:
            begins = _initial(context, variable, layout)
            start += [] if begins is None else [begins]
        first += len(context.layouts[variable.name].cells())
    first = _place_queues(context, first)
    names = names_of(model)
    cells = _variable_cells(context, names) + _queue_cells(context, names)
    empty = Fix(tuple(range(first - _queue_count(context), first)), (fold.NO_ITEMS,) * _queue_count(context))
    return State(context, cells, (*start, empty) if empty.cells else tuple(start), names)


# ---- parameters -------------------------------------------------------------------------------------------------


def default_parameters(model: Model) -> dict[str, Value]:
    """Every parameter at its default; a default may read the parameters before it."""
    return _values(model, {})


def constant(context: Context, expr: core.Expr) -> Value:
    """The value of an expression over parameters; `3 mod 0` has none."""
    found = Expander(context).term(expr).expr
    if not isinstance(found, Const):
        help = "write one that needs no division by zero and nothing out of an empty sequence"
        raise problem(Code.PARAMETER_OUTSIDE_TYPE, expr.span, "this has no value, so no parameter can be it", help)
    return found.value


def parse_parameters(model: Model, texts: Mapping[str, str]) -> dict[str, Value]:
    """The values that texts mean for parameters: numbers, `true`, `false`, labels; raises SpecError for others."""
    found = {name: _parsed(model, name, text) for name, text in texts.items()}
    _values(model, found)
    return found


def _parsed(model: Model, name: str, text: str) -> Value:
    """A value of the right kind; whether it is within bounds may depend on the others."""
    declared = next((parameter for parameter in model.parameters if parameter.name == name), None)
    if declared is None:
        raise _unknown(model, name)
    domain = domain_at(declared.type, default_parameters(model), declared.span)
    words: dict[str, Value] = {"true": True, "false": False}
    if isinstance(domain, EnumDomain):
        words = {label: index for index, label in enumerate(domain.labels)}
    if isinstance(domain, RangeDomain) and text.removeprefix("-").isdecimal():
        words = {text: int(text)}
    if text not in words:
        raise _outside(declared, text, domain)
    return words[text]


def _values(model: Model, given: Mapping[str, Value]) -> dict[str, Value]:
    """A value for each parameter, in declaration order, each of its type."""
    context = Context(model, {}, {})
    for parameter in model.parameters:
        known = parameter.name in given
        value = given[parameter.name] if known else constant(context, parameter.default)
        context.parameters[parameter.name] = value
    for parameter in model.parameters:
        domain = domain_at(parameter.type, context.parameters, parameter.span)
        value = context.parameters[parameter.name]
        if not contains(domain, value):
            derived = not isinstance(parameter.default, core.Literal) and value == constant(context, parameter.default)
            raise _outside(parameter, str(value), domain, by_default=derived)
    return context.parameters


def _context(model: Model, given: Mapping[str, Value]) -> Context:
    known = {parameter.name for parameter in model.parameters}
    for name in given:
        if name not in known:
            raise _unknown(model, name)
    parameters = _values(model, given)
    context = Context(model, parameters, {})
    for index, channel in enumerate(model.channels):
        context.channels[channel.name] = (index, channel)
    for index, message in enumerate(model.messages):
        domain = context.domain(message, model.span)
        assert isinstance(domain, RecordDomain)
        context.messages[message.name] = (index, domain)
    for rule in model.rules:
        if switched_on(context, rule):
            context.steps.setdefault(rule.name, []).append(rule)
    return context


def switched_on(context: Context, rule: core.Rule) -> bool:
    """Whether a rule exists for these parameters."""
    condition = Expander(context).truth(rule.switched_on)
    if not isinstance(condition, Const):
        raise BrokenLaw("what switches a rule on reads parameters only", rule.name)
    return bool(condition.value)


def _unknown(model: Model, name: str) -> SpecError:
    known = ", ".join(parameter.name for parameter in model.parameters) or "none"
    return problem(
        Code.PARAMETER_OUTSIDE_TYPE,
        model.span,
        f"there is no parameter `{name}` in `{model.proposal or model.protocol}`",
        f"its parameters: {known}",
    )


def _outside(parameter: ParameterDecl, text: str, domain: Domain, *, by_default: bool = False) -> SpecError:
    match domain:
        case RangeDomain(lo, hi):
            wanted = f"a number of {lo}..{hi}"
        case EnumDomain(_, labels):
            wanted = f"one of {', '.join(labels)}"
        case _:
            wanted = "true or false"
    default = " ".join(parameter.default.span.text.split())
    why = f"; with these parameters its default `{default}` is not: set it as well" if by_default else ""
    return SpecError(
        Diagnostic(
            Code.PARAMETER_OUTSIDE_TYPE,
            f"the parameter `{parameter.name}` cannot be {text}",
            Label(parameter.span),
            help=f"it is {wanted}{why}",
        )
    )


# ---- variables --------------------------------------------------------------------------------------------------


def _layout(context: Context, variable: core.Variable, first: int) -> Layout:
    domain = context.domain(variable.type, variable.span)
    keys, value = scattered(domain)
    context.spend(variable.span, max(1, Layout("", domain, keys, value, first).count))
    return Layout(variable.name, domain, keys, value, first, only(value))


def _initial(context: Context, variable: core.Variable, layout: Layout) -> Start | None:
    """How the variable starts; a constant whose value is known needs no start, and no cells from here on."""
    expander = Expander(context)
    if isinstance(variable.initial, core.AnyValue):
        expander.bind(variable.initial.local, expander.settled(Spread(layout, ())))
        return Free(tuple(layout.cells()), expander.truth(variable.initial.where))
    view = expander.view(variable.initial)
    exprs = _split(expander, view, layout, len(layout.keys), variable.initial.span)
    for expr in exprs:
        if isinstance(expr, Checked) and isinstance(expr.operand, Const):
            raise _initially_outside(variable, expr, names_of(context.model))
    if variable.kind == "constant" and all(isinstance(expr, Const) for expr in exprs):
        known = _assembled([expr.value for expr in exprs if isinstance(expr, Const)], layout)
        context.layouts[variable.name] = Layout(
            layout.name, layout.domain, layout.keys, layout.value, layout.first, layout.only, known
        )
        return None
    return Fix(tuple(layout.cells()), tuple(exprs))


def _split(expander: Expander, view: View, layout: Layout, levels: int, span: Span) -> list[Expr]:
    """The values of the cells of a variable that a value of its whole type gives."""
    if levels == 0:
        term = expander.whole(view, span)
        return [stored(term, layout.value, layout.name, expander.slots, span)]
    keys = layout.keys[len(layout.keys) - levels]
    return [
        expr for item in expander.items(view, keys, span) for expr in _split(expander, item, layout, levels - 1, span)
    ]


def _assembled(cells: list[Value], layout: Layout) -> Const:
    """The value of a whole variable from those of its cells."""
    for domain in reversed(layout.keys):
        count = sum(1 for _ in values(domain))
        if count == 0:
            return Const(())
        cells = [tuple(cells[i : i + count]) for i in range(0, len(cells), count)]
    return Const(cells[0])


def _initially_outside(variable: core.Variable, expr: Checked, names: Names) -> SpecError:
    assert isinstance(expr.operand, Const)
    match expr.domain:
        case RangeDomain(lo, hi):
            why = f"outside {lo}..{hi}"
        case SeqDomain(_, capacity) if len(expr.operand.value) > capacity:
            why = f"longer than {capacity}"
        case _:
            why = "outside its type"
    return problem(
        Code.INITIAL_OUTSIDE_TYPE,
        expr.span,
        f"`{variable.name}` starts as {names.value(expr.domain, expr.operand.value)}, which is {why}",
        "give another initial value, or choose other parameters",
    )


def _variable_cells(context: Context, names: Names) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for variable in context.model.variables:
        layout = context.layouts[variable.name]
        if layout.known is not None:
            continue
        for keys in key_tuples(layout.keys):
            cell = Cell(variable.name, keys, layout.keys, layout.value, None, variable.kind, "")
            found.append(_named(cell, names))
    return tuple(found)


def _named(cell: Cell, names: Names) -> Cell:
    return Cell(
        cell.variable, cell.keys, cell.key_domains, cell.domain, cell.queue, cell.kind, names.place(cell)
    )  # fmt: skip


# ---- queues -----------------------------------------------------------------------------------------------------


def _place_queues(context: Context, first: int) -> int:
    """Enter the queue cells from number `first` on; returns the number after the last."""
    for channel in context.model.channels:
        if channel.carrier != channel.name:
            continue
        left, right = (_identities(context, end, channel.span) for end in (channel.left, channel.right))
        directions = (True, False) if channel.both_ways else (True,)
        if len(left) * len(right) * len(directions) > MAX_CELLS:
            message = f"`{channel.name}` has more than {MAX_CELLS:,} queues"
            raise problem(Code.MODEL_TOO_LARGE, channel.span, message, "choose fewer identities at its ends")
        ends = [(forward, one, other) for forward in directions for one in left for other in right]
        context.queues[channel.name] = [QueueCell(first + i, *end) for i, end in enumerate(ends)]
        first += len(ends)
    return first


def _identities(context: Context, end: core.End, span: Span) -> tuple[Value, ...]:
    domain = family_of(context, end, span)
    return (None,) if domain is None else context.values(domain, span)


def _queue_count(context: Context) -> int:
    return sum(len(queues) for queues in context.queues.values())


def _queue_cells(context: Context, names: Names) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for name, queues in context.queues.items():
        index, channel = context.channel(name)
        bound = bound_of(channel.capacity, context.parameters)
        if bound < 1:
            message = f"`{name}` can hold {bound} messages for these parameters"
            raise problem(Code.EMPTY_RANGE, channel.span, message, "a queue holds at least one message")
        for at in queues:
            queue = Queue(
                index, at.forward, at.left, at.right, channel.ordered, channel.distinct, channel.blocking, bound,
                channel.capacity_written,
            )  # fmt: skip
            found.append(_named(Cell(name, (), (), None, queue, "queue", ""), names))
    return tuple(found)
