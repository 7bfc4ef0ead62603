"""Hypothesis strategies for surface trees: any tree that some text has, sense or not."""

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from plait_spec import syntax
from plait_spec.source import Source, Span

HERE = Span(Source("here", ""), 0, 0)

# Some are words of the language that are names where the grammar cannot take the word.
WORDS = [
    "a",
    "b",
    "long_name",
    "Op",
    "X1",
    "_",
    "step",
    "type",
    "fair",
    "measure",
    "holds",
    "free",
    "end",
    "using",
    "to_",
]
FIELD_WORDS = [*WORDS, "from", "to", "next", "set", "all", "count", "message", "until"]


def node(cls: type[Any], *parts: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """A node from its parts; its place is always the same. Unlike `builds`, this has a short description."""

    @st.composite
    def made(draw: st.DrawFn) -> Any:
        return cls(*map(draw, parts), HERE)

    return made()


def some(parts: SearchStrategy[Any], least: int = 0, most: int = 3) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(parts, min_size=least, max_size=most).map(tuple)


def optional(part: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | part


def words_of(alias: Any) -> SearchStrategy[Any]:
    return st.sampled_from(get_args(alias))


name = node(syntax.Name, st.sampled_from(WORDS))
plain_name = node(syntax.Name, st.sampled_from(["a", "b", "c"]))  # where any other word could be meant as itself
field_name = node(syntax.Name, st.sampled_from(FIELD_WORDS))
built_in = node(syntax.Name, st.sampled_from(["next", "max", "min"]))
number = node(syntax.Integer, st.integers(0, 10**18) | st.integers(0, 3))
truth = node(syntax.Boolean, st.booleans())

bound = st.recursive(
    name | number | truth,
    lambda inner: node(syntax.Binary, st.sampled_from(["+", "-", "*", "mod"]), inner, inner),
    max_leaves=4,
)
int_range = node(syntax.Range, bound, bound)
plain_type: SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        node(syntax.NamedType, name),
        node(syntax.BoolType),
        int_range,
        node(syntax.Within, int_range),
        node(syntax.SetType, type_expression),
        node(syntax.SeqType, type_expression, bound),
        node(syntax.RecordType, some(field, 1, 2)),
    )
)
simple_type = plain_type | node(syntax.OptionalType, plain_type)
type_expression: SearchStrategy[Any] = simple_type | st.deferred(
    lambda: node(syntax.MapType, simple_type, type_expression)
)
field: SearchStrategy[Any] = st.deferred(lambda: node(syntax.Field, field_name, type_expression, optional(expression)))


def _larger(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    binder = node(syntax.OverType, name, simple_type) | node(syntax.OverSet, name, inner)
    binders = node(syntax.Binders, some(binder, 1, 2), optional(inner))
    arguments = some(node(syntax.Argument, optional(field_name), inner), most=2)
    pattern = node(syntax.Pattern, name, optional(arguments))
    return st.one_of(
        node(syntax.Member, inner, field_name),
        node(syntax.StepOf, inner, name),
        node(syntax.Index, inner, inner),
        node(syntax.Call, inner | built_in, arguments),
        node(syntax.Unary, words_of(syntax.UnaryOp), inner),
        node(syntax.Binary, words_of(syntax.BinaryOp), inner, inner),
        node(syntax.Binary, words_of(syntax.BinaryOp), inner, inner),
        node(syntax.Has, inner, pattern),
        node(syntax.Quantified, st.sampled_from(["all", "some", "count"]), binders, inner),
        node(syntax.Aggregate, st.sampled_from(["max", "min", "sum"]), inner, binder, optional(inner)),
        node(syntax.Conditional, inner, inner, inner),
        node(syntax.SetOf, some(inner)),
        node(syntax.SeqOf, some(inner)),
        node(syntax.SetWhere, binders),
        node(syntax.MapOf, binder, inner),
    )


atom = name | number | truth | node(syntax.Nothing) | node(syntax.Self)
expression: SearchStrategy[Any] = st.recursive(atom, _larger, max_leaves=12)
small = st.recursive(atom, _larger, max_leaves=3)

# ---- bodies

arguments = some(node(syntax.Argument, optional(field_name), small), most=2)
pattern = node(syntax.Pattern, name, optional(arguments))
binder = node(syntax.OverType, name, simple_type) | node(syntax.OverSet, name, small)
binders = node(syntax.Binders, some(binder, 1, 2), optional(small))
place = st.recursive(
    name,
    lambda inner: node(syntax.Member, inner, field_name) | node(syntax.Index, inner, small),
    max_leaves=3,
)
simple_statement = st.one_of(
    node(syntax.Assign, place, st.sampled_from(["=", "+=", "-="]), small),
    node(syntax.Perform, name, arguments),
    node(syntax.Send, name, arguments, optional(name), optional(small)),
    node(syntax.Clear, name, optional(small)),
    node(syntax.Let, name, small),
    node(syntax.Assert, small),
)


def _with_bodies(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    block = node(syntax.Block, some(inner, most=2))
    if_ = st.recursive(
        node(syntax.IfStmt, small, block, optional(block)),
        lambda other: node(syntax.IfStmt, small, block, other),
        max_leaves=2,
    )
    return if_ | node(syntax.For, binders, block, st.booleans()) | node(syntax.Choose, binders, block)


statement = st.recursive(simple_statement, _with_bodies, max_leaves=4)
block = node(syntax.Block, some(statement))

# ---- declarations

doc = some(
    st.text(st.sampled_from("aZ 0/*`é–") | st.characters(codec="ascii", categories=["L", "P", "N"]), max_size=12).map(
        str.rstrip
    ),
    most=2,
)
names = some(name, 1, 3)
formal = node(syntax.Formal, name, type_expression)
formals = some(formal)
initial = st.one_of(small, node(syntax.AnyValue), node(syntax.AnyWhere, plain_name, small))
fairness = words_of(syntax.Fairness)
setting = node(syntax.Setting, name, bound | int_range)
option = st.one_of(
    node(syntax.Discipline, st.sampled_from(["ordered", "unordered", "distinct"])),
    node(syntax.Bound, st.sampled_from(["capacity", "blocking"]), bound),
    node(syntax.MayFault, st.sampled_from(["lose", "duplicate", "break"]), optional(bound)),
    node(syntax.MayFault, st.just("stall"), st.none()),
    node(syntax.ClearedBy, optional(name)),
    node(syntax.Joins, name),
)
on_message = node(syntax.OnMessage, name, optional(name), optional(name), optional(name))
event = st.one_of(on_message, node(syntax.OnRestart), node(syntax.OnBreak, name, optional(name)))
removed_event = st.one_of(
    node(syntax.OnMessage, name, st.none(), st.none(), optional(name)),
    node(syntax.OnRestart),
    node(syntax.OnBreak, name, st.none()),
)
outcome = st.one_of(
    node(syntax.Outcome, optional(name), words_of(syntax.VerdictWord), st.none()),
    node(syntax.Outcome, optional(name), st.just("fails"), st.integers(0, 99)),
)
replaceable = st.one_of(
    node(syntax.Var, st.sampled_from(["volatile", "durable", "ghost"]), names, type_expression, initial, doc),
    node(syntax.Constant, names, type_expression, initial, doc),
    node(syntax.Function, name, formals, type_expression, expression, doc),
    node(syntax.Procedure, name, formals, block, doc),
    node(syntax.Action, name, formals, optional(small), block, fairness, st.booleans(), doc),
    node(syntax.Handler, event, optional(small), block, fairness, doc),
    node(syntax.Channel, name, name, name, st.booleans(), some(option), doc),
    node(syntax.May, st.sampled_from(["crash", "restart"]), optional(bound), doc),
)
property_kind = words_of(syntax.PropertyKind)
other_remove_kind = st.sampled_from(["var", "constant", "action", "channel", "def", "lemma", "knows", "measure"])
flat_item = st.one_of(
    replaceable,
    node(syntax.Ids, name, small, doc),
    node(syntax.Enum, name, names, doc),
    node(syntax.TypeDef, name, type_expression, doc),
    node(syntax.Message, name, some(field), doc),
    node(syntax.Ignore, name, optional(name), doc),
    node(syntax.Property, property_kind, name, expression, doc),
    node(syntax.Lemma, name, expression, some(name), doc),
    node(syntax.Knows, name, name, small, optional(small), doc),
    node(
        syntax.Measure,
        name,
        st.sampled_from(["max", "min"]),
        small,
        optional(node(syntax.Interval, small, small)),
        doc,
    ),
    node(syntax.DeadlockFree, doc),
    node(syntax.Terminal, expression, doc),
    node(syntax.Expect, some(setting, most=2), some(outcome, 1, 2), doc),
    node(syntax.Replace, replaceable),
    node(syntax.Remove, property_kind | other_remove_kind, name, doc),
    node(syntax.RemoveHandler, removed_event, doc),
)
item = flat_item | node(syntax.Role, name, optional(name), some(flat_item), doc)

# ---- whole texts

places = node(syntax.Places, optional(name), optional(small), optional(small))
scene = st.one_of(
    node(syntax.Do, small),
    node(syntax.Deliver, pattern, places),
    node(syntax.DeliverAll, places),
    node(syntax.LoseMessage, pattern, places),
    node(syntax.Cause, st.sampled_from(["crash", "restart", "break"]), small),
    node(syntax.ExpectThat, small),
    node(syntax.Show, small),
)
parameters = some(node(syntax.Parameter, name, type_expression, small), most=2)
top = st.one_of(
    item,
    node(syntax.Import, st.text(st.sampled_from("ab/. "), max_size=6)),
    node(syntax.Protocol, name, parameters, st.booleans(), doc),
    node(syntax.Proposal, name, parameters, name, some(setting, most=2), some(item, most=2), doc),
    node(syntax.Scenario, name, name, some(setting, most=1), some(formal, most=2), optional(small), some(scene), doc),
)
module = st.builds(syntax.Module, st.just(HERE.source), some(top, most=4))
