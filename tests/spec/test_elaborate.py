"""Expressions and bodies into CORE: what they become, and every way in which they can be wrong."""

from pathlib import Path
from typing import Any

import pytest

from plait_spec import core
from plait_spec.agreement import show
from plait_spec.core_walk import below, commands_below
from plait_spec.diagnostics import Sink
from plait_spec.project import load_project
from plait_spec.proposals import flatten
from plait_spec.types import INT, OptionType
from tests.spec.elaborating import PEERS, P, Whole, check_marked, commands, flats, helps, nodes, whole

MODELS = sorted((Path(__file__).parents[2] / "models").rglob("*.plait"))


def value(text: str, name: str = "A", kind: str = "always") -> core.Expr:
    """The formula of a property."""
    return whole(f"{P}{kind} {name}: {text}").properties[name]


def body(text: str, role: str | None = None) -> tuple[Any, ...]:
    """The commands of an action."""
    action = f"action act(o: Op, p: Op, k: 0..3) {{ {text} }}"
    if role is None:
        return whole(P + action).bodies["act"].block
    text = P.replace(f"role {role}[Agent] {{", f"role {role}[Agent] {{ {action}").replace(
        f"role {role} {{", f"role {role} {{ {action}"
    )
    return whole(text).bodies[f"{role}.act"].block


# ---- the models


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in MODELS])
def test_models_have_no_errors(path: Path) -> None:
    sink = Sink()
    for flat in flatten(load_project(path), sink):
        Whole(flat, sink)
    assert [found.message for found in sink.diagnostics] == []


# ---- values and types


def test_a_scalar_fills_maps_within_maps() -> None:
    start = whole(P + "var deep: Op -> Op -> Status? = none").initial["deep"]
    assert isinstance(start, core.Fill)
    assert isinstance(start.value, core.Fill)
    assert start.value.value == core.Literal(None, OptionType(whole(P).scope.labels["Done"][0]), start.span)


def test_options_are_assigned_compared_and_looked_up_as_they_are() -> None:
    for text in ("best == none", "none != best", "all o: Op. best == o", "best in done", "all o: Op. view[o] == Lost"):
        assert nodes(value(text), core.Unwrap) == []
    (assign,) = body("best = none")
    assert assign.value.type == OptionType(whole(P).scope.ids[0])
    (assign,) = body("view[o] = view[p]")
    assert isinstance(assign.value, core.At)


def test_options_are_looked_into_where_a_value_is_needed() -> None:
    assert len(nodes(value("home[best] == home[best]"), core.Unwrap)) == 2
    (assign,) = body("pair = Pair(op: best)")
    assert isinstance(assign.value.fields[0], core.Unwrap)


def test_labels_of_several_enums_are_told_apart_by_what_is_wanted() -> None:
    literals = nodes(value("health == Lost and Lost == health and (all o: Op. view[o] in {Lost, Done})"), core.Literal)
    names = [show(literal.type) for literal in literals if isinstance(literal, core.Literal)]
    assert names.count("Health") == 2
    assert names.count("Status") == 2
    assert value("Status.Lost != Idle and Health.Up == health").type == value("true").type


def test_branches_join_to_an_option() -> None:
    (bind, assign) = body("let x = if loud then o else none  best = x")
    assert show(bind.local.type) == "Op?"
    assert isinstance(assign.value, core.Use)


def test_numbers_in_a_set_need_no_range() -> None:
    expr = value("total - 1 in {0, -1, n}")
    assert isinstance(expr, core.LetIn)
    assert nodes(expr, core.MakeSet) == []
    assert len([node for node in nodes(expr, core.Binary) if isinstance(node, core.Binary) and node.op == "=="]) == 3


def test_empty_collections_take_the_type_that_is_wanted() -> None:
    for text in ("done == {}", "{} == done", "path == []", "done + {} == {}", "(if loud then {} else done) == done"):
        assert all(show(node.type) not in ("{}", "[]") for node in below(value(text)))
    (assign,) = body("path = path + [1, k]")
    assert assign.value.op == "concat"
    assert show(assign.value.type) == "seq<0..3, 2 + 2>"


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("done + {best} == done", "union"),
        ("done - done == {}", "difference"),
        ("path + path == path", "concat"),
        ("total + 1 == 2", "+"),
        ("7 mod 2 == 1", "mod"),
        ("max(total, 2) > min(1, n)", "max"),
        ("total >= 1", ">="),
        ("total > 1 iff loud", ">"),
    ],
)
def test_operators(text: str, op: str) -> None:
    assert op in [node.op for node in below(value(text)) if isinstance(node, core.Binary)]


def test_collections_and_quantifiers() -> None:
    assert show(nodes(value("{ o: Op where best == o } == done"), core.SetWhere)[0].type) == "set<Op>"
    maps = nodes(value("{ o: Op -> view[o] } == view"), core.MapWhere)
    assert [show(node.type) for node in maps] == ["Op -> Status?"]
    count = value("(count o in done, p: Op where o != p. view[o] == none) == 0")
    (quantifier,) = nodes(count, core.Quantifier)
    assert isinstance(quantifier, core.Quantifier)
    assert (quantifier.kind, quantifier.type, len(quantifier.binders)) == ("count", INT, 2)
    assert quantifier.binders[0].over is not None
    (aggregate,) = nodes(value("(sum of total for o in done where o != best) > 1"), core.Aggregate)
    assert isinstance(aggregate, core.Aggregate)
    assert aggregate.kind == "sum"


def test_built_in_functions_give_way_to_those_of_the_model() -> None:
    expr = whole(P + "def at(o: Op): Agent = home[o]\nalways A: all o: Op. at(o) == home[o]").properties["A"]
    assert nodes(expr, core.SeqCall) == []
    calls = [node.function for node in below(value("first(path) + last(rest(path)) + at(path, 0) > size(path)"))
             if isinstance(node, core.SeqCall)]  # fmt: skip
    assert calls == ["first", "last", "rest", "at", "size"]


def test_records_take_defaults() -> None:
    (assign,) = body("pair = Pair(op: o)")
    assert [show(field.type) for field in assign.value.fields] == ["Op", "Status"]
    assert nodes(value("pair.status == Idle"), core.Member)


# ---- names


def test_names_of_roles_go_before_those_of_the_top_level() -> None:
    text = P + "var books: bool = true\n" + "proposal Q extends P { role master { action own() { books = 1 } } }"
    block = whole(text, "Q").bodies["master.own"].block
    assert [command.place.variable for command in block if isinstance(command, core.Assign)] == ["master.books"]


def test_variables_of_families_have_the_instance_as_first_key() -> None:
    (read,) = nodes(value("all a: Agent. node[a].here"), core.At)
    assert isinstance(read, core.At)
    assert read.map == core.Read("node.here", whole(P).scope.variables["node.here"].type, read.span)
    (assign,) = body("here = true", "node")
    assert isinstance(assign.place.path[0], core.Use)
    assert assign.place.path[0].local.name == "self"


def test_foreign_reads_are_noted_once_for_each_step() -> None:
    text = P.replace("role master {", "role master { action look(a: Agent) { books = if node[a].here then 1 else 0 } ")
    text = text.replace(
        "on Ping() { }", "on Ping() { } action peek(a: Agent) when node[a].here and node[self].here { }"
    )
    found = whole(text + "always A: master.books > 0").elaborator.foreign_reads
    assert [(read.reader, read.variable) for read in found] == [
        ("node.peek", "node.here"), ("master.look", "node.here"),
    ]  # fmt: skip


def test_constants_and_top_level_variables_are_nobodys() -> None:
    text = P.replace("role master {", "role master { action look(o: Op) when home[o] == home[o] and total > 1 { } ")
    assert whole(text).elaborator.foreign_reads == ()


# ---- definitions


def test_definitions_are_inserted_with_their_arguments_bound_by_value() -> None:
    text = P + "def more(k: 0..3, o: Op): bool = k > total and view[o] == none\n"
    plain = whole(text + "always A: all o: Op. more(2, o)").properties["A"]
    assert nodes(plain, core.LetIn) == []
    bound = whole(text + "always A: all o: Op. more(total + 1, o)").properties["A"]
    (let,) = nodes(bound, core.LetIn)
    assert isinstance(let, core.LetIn)
    assert (let.local.name, show(let.local.type)) == ("k", "0..3")


def test_the_declared_result_is_the_type_of_a_call() -> None:
    text = P + "def next_one(k: 0..3): 0..3 = k + 1\ndef maybe(): Status? = Done\n"
    expr = whole(text + "always A: maybe() != none and { total } + { next_one(1) } == {total}").properties["A"]
    assert nodes(expr, core.LetIn)


def test_a_def_of_a_family_is_called_from_outside() -> None:
    plain = value("all a: Agent, o: Op. node[a].ok(o)")
    assert nodes(plain, core.LetIn) == []
    (let,) = nodes(value("all o: Op. node[home[o]].ok(o)"), core.LetIn)
    assert isinstance(let, core.LetIn)
    assert let.local.name == "self"


def test_inherited_values_guards_and_bodies() -> None:
    text = (
        P
        + """
def low(k: 0..3): bool = k < 1
action go(o: Op) when total > 1 { total = 1 }
proposal Q extends P {
  replace def low(k: 0..3): bool = inherited(k) or k == 2
  replace action go(p: Op) when inherited(p) and loud { inherited(p)  total = 2 }
  replace var total: 0..3 = inherited() + 1
  role master { replace on Ask(b) { inherited(b)  books = 1 } }
  always A: low(total)
}"""
    )
    found = whole(text, "Q")
    assert len(found.bodies["go"].block) == 2
    assert isinstance(found.initial["total"], core.Binary)
    guard = [node for node in below(found.guards["go"]) if isinstance(node, core.Read)]
    assert [read.variable for read in guard] == ["total"]
    assert len(nodes(found.properties["A"], core.Binary)) == 3


def test_exponential_definitions_are_refused_quickly() -> None:
    doubled = "".join(f"def d{i}(): bool = d{i - 1}() and d{i - 1}()\n" for i in range(1, 60))
    (found,) = helps(f"protocol P\ndef d0(): bool = true\n{doubled}always A: d59()")
    assert "too large" in found
    pieces = "".join(f"def d{i}() {{ d{i - 1}() d{i - 1}() }}\n" for i in range(1, 60))
    (found,) = helps(f"protocol P\nvar x: bool = true\ndef d0() {{ x = true }}\n{pieces}action a() {{ d59() }}")
    assert "too large" in found
    twice = "{ replace def f(): bool = inherited() and inherited() }"
    replaced = "".join(f"proposal Q{i} extends {f'Q{i - 1}' if i else 'P'} {twice}\n" for i in range(30))
    text = f"protocol P\ndef f(): bool = true\nalways A: f()\n{replaced}"
    sink = Sink()
    last = Whole(flats(text, sink)[-1], sink)
    assert [found.code.id for found in last.sink.diagnostics] == ["P303"]


def test_deep_definitions_are_refused() -> None:
    chain = "".join(f"def d{i}(): bool = d{i - 1}()\n" for i in range(1, 500))
    assert all("nested too deeply" in found for found in helps(f"protocol P\ndef d0(): bool = true\n{chain}"))
    pieces = "".join(f"def d{i}() {{ d{i - 1}() }}\n" for i in range(1, 500))
    text = f"protocol P\nvar x: bool = true\ndef d0() {{ x = true }}\n{pieces}"
    assert all("nested too deeply" in found for found in helps(text))


# ---- properties


def test_steps_are_named_with_their_arguments() -> None:
    cases = {
        "all o: Op. master.lead(o, 1)": ("master.lead", ["o", "k"]),
        "all o: Op. master.lead(k: 1)": ("master.lead", ["k"]),
        "master.lead": ("master.lead", []),
        "all a: Agent, o: Op. node[a].leave(o)": ("node.leave", ["self", "o"]),
        "node.leave": ("node.leave", []),
        "all o: Op. master.on Ask(op: o)": ("master.on Ask", ["op"]),
        "all a: Agent. node[a].on Ping": ("node.on Ping", ["self"]),
        "master.restart": ("master.restart", []),
        "link.break": ("link.break", []),
    }
    for text, expected in cases.items():
        (took,) = nodes(value(f"once ({text})"), core.Took)
        assert isinstance(took, core.Took)
        assert (took.step, [name for name, _ in took.args]) == expected
    text = P + "action submit(o: Op) { }\nalways A: all o: Op. once submit(o) or submit"
    assert [took.step for took in nodes(whole(text).properties["A"], core.Took) if isinstance(took, core.Took)] == [
        "submit", "submit",
    ]  # fmt: skip


def test_next_past_and_future() -> None:
    assert nodes(value("next(total) > total and once master.restart", kind="step"), core.Next)
    past = nodes(value("total > 1 since historically previously loud"), core.Past)
    assert [node.op for node in past if isinstance(node, core.Past)] == ["since", "historically", "previously"]
    ahead = value("all o: Op. view[o] == none leads to eventually (loud until always loud)", kind="eventually")
    assert [node.op for node in below(ahead) if isinstance(node, core.Temporal)] == [
        "leads to", "eventually", "until", "always",
    ]  # fmt: skip


# ---- channels


def refs(expr: core.Expr) -> list[tuple[str | None, str | None]]:
    """The ends that queues are narrowed to."""
    found = [node.queues for node in below(expr) if isinstance(node, core.Has | core.QueueSize)]

    def end(expr: core.Expr | None) -> str | None:
        return expr.local.name if isinstance(expr, core.Use) else None

    return [(end(queues.left), end(queues.right)) for queues in found]


def test_which_queues_a_channel_means() -> None:
    assert refs(value("size(link) == 0 and link has Ping")) == [(None, None)] * 2
    assert refs(value("all a: Agent. link[a] has Ask(stamp: 1)")) == [("a", None)]
    (inside,) = body("assert link has Ping", "node")
    assert refs(inside.condition) == [("self", None)]
    (other,) = body("assert link[home[o]] has Ping", "master")
    assert refs(other.condition) == [(None, None)]
    assert other.condition.queues.left is not None


def test_queues_between_families() -> None:
    found = whole(PEERS)
    assert refs(found.properties["A"]) == [("n", None), (None, "h"), ("n", "h"), ("n", "n")]
    assert refs(found.guards["node.a"]) == [
        ("self", None), (None, "self"), ("self", None), (None, "self"), ("self", "self"),
        ("self", "other"), ("other", "self"), ("self", "h"),
    ]  # fmt: skip
    sends = commands(found.bodies["node.a"], core.Send)
    assert [(send.channel, send.forward) for send in sends if isinstance(send, core.Send)] == [
        ("ring", True), ("cross", True),
    ]  # fmt: skip
    (send,) = found.bodies["host.b"].block
    assert isinstance(send, core.Send)
    assert (send.channel, send.forward) == ("cross", False)
    assert isinstance(send.left, core.Use)
    assert (send.left.local.name, send.right is not None) == ("n", True)
    assert len(commands(found.bodies["node.a"], core.Clear)) == 3


def test_sends_find_their_channel_and_fill_their_fields() -> None:
    (send,) = body("send Ask(op: o) via link", "node")
    assert (send.channel, send.forward, send.right) == ("link", True, None)
    assert send.left.local.name == "self"
    assert send.fields[1] == core.Literal(0, INT, send.span)
    (back,) = body("send Ping() to home[o]", "master")
    assert (back.channel, back.forward) == ("link", False)


def test_a_piece_of_the_top_level_sends_for_whoever_performs_it() -> None:
    text = P + "def say(o: Op) { send Ask(op: o) via bag  total = 1 }\n"
    text = text.replace("on Ping() { }", "on Ping() { } action speak(o: Op) { say(o) }")
    send = whole(text).bodies["node.speak"].block[0]
    assert isinstance(send, core.Send)
    assert isinstance(send.left, core.Use)
    check_marked("P309", P + "def say(o: Op) { «send Ask(op: o) via bag }\naction out(o: Op) { say(o) }")


# ---- bodies


def test_additions_are_assignments() -> None:
    commands = body("total += 1  total -= k  done += {o}  done -= done  path += [1]  view[o] = Done")
    assert all(isinstance(command, core.Assign) for command in commands)
    assert [getattr(command.value, "op", None) for command in commands] == [
        "+",
        "-",
        "union",
        "difference",
        "concat",
        None,
    ]


def test_fields_and_keys_of_places() -> None:
    (assign,) = body("pair.status = Done")
    assert assign.place.path == ("status",)
    (assign,) = body("master.books = 1", "master")
    assert (assign.place.variable, assign.place.path) == ("master.books", ())


def test_ghosts_are_written_anywhere() -> None:
    text = P.replace(
        "role master {", "ghost var all_seen: Agent -> bool = false\nrole master { ghost var mine: 0..3 = 0 "
    )
    text += "action a(x: Agent) { seen += {best}  master.mine = if seen == {} then 1 else 0  all_seen[x] = true }\n"
    text += "always A: seen == {} and master.mine == 0"
    assert len(whole(text).bodies["a"].block) == 3


def test_choose_at_the_head() -> None:
    text = (
        P
        + """
def pick(k: 0..3) { choose b: Op where view[b] == none and k > total  view[b] = Done }
action one() { choose a: Agent where loud { choose o in done  best = o }  total = 1 }
action two() { pick(1)  total = 1 }
action three() { pick(total + 1)  total = 1 }
"""
    )
    found = whole(text).bodies
    assert [pick.local.name for pick in found["one"].picks] == ["a", "o"]
    assert found["one"].picks[1].over is not None
    assert [pick.local.name for pick in found["two"].picks] == ["b"]
    assert isinstance(found["three"].pick_where, core.LetIn)
    assert isinstance(found["three"].block[0], core.Bind)


def test_statements() -> None:
    kinds = [type(command).__name__ for command in body(
        "let x = total  assert x > 0  if loud { total = 1 } else if x == 2 { } else { total = 2 }"
        "  for q: Op where q != o { view[q] = none }  unordered for q in done { best = q }"
    )]  # fmt: skip
    assert kinds == ["Bind", "Assert", "When", "ForEach", "ForEach"]
    assert [type(command).__name__ for command in body("clear link", "master")] == ["Clear"]


def test_every_bound_name_has_a_number_of_its_own() -> None:
    text = P + "def f(o: Op): bool = some p: Op. p != o\nalways A: all o: Op. f(o) and f(o) and (all o: Op. f(o))"
    binders = [binder.local.id for node in below(whole(text).properties["A"])
               if isinstance(node, core.Quantifier) for binder in node.binders]  # fmt: skip
    assert len(binders) == len(set(binders)) == 5


def test_bodies_hold_no_calls() -> None:
    block = body("for q: Op where q in done { if view[q] != none { view[q] = none } }")
    assert {type(command) for command in commands_below(block)} == {core.ForEach, core.When, core.Assign}
