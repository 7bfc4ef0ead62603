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
from tests.spec.elaborating import Whole, check_marked, commands, errors, flats, helps, nodes, whole

MODELS = sorted((Path(__file__).parents[2] / "models").rglob("*.plait"))

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


# ---- loops over identities

FINE = [
    "for q: Op { view[q] = Done  if view[q] == none { view[q] = Lost } }",
    "for q: Op where view[q] == none { done += {q} }",
    "for q in done { done -= {q} }",
    "for q: Op { if view[q] == none { done += {q} } else { done -= {q} } }",
    "for q: Op { let r = q  view[r] = Done }",
    "for q: Op { for j: Level { table[q] = j } }",
    "for q: Op { for i: 0..3 { view[q] = Lost } }",
    "for i: 0..3 { total = i }",
    "for q: Op, r: Op { both[q][r] = view[q] == view[r] }",
    "for q: Op { assert view[q] == none }",
    "for q: Op { wipe(q) }",
    "unordered for q: Op { best = q }",
]
REFUSED = [
    "for q: Op { «best = q }",
    "for q: Op { «view[o] = Done }",
    "for q: Op { «total += 1 }",
    "for q: Op { view[q] = «view[o] }",
    "for q: Op { done += {q}  if q in «done { } }",
    "for q: Op { «done += {o}  done -= {q} }",
    "for q: Op { both[q][o] = true  «both[o][q] = true }".replace("both[q][o]", "«both[q][o]").replace(
        "«both[o]", "both[o]"
    ),
    "for q: Op, r: Op { «view[q] = Done }",
    "for q: Op { «done = done + {q} + done }",
    "for q: Op { for r: Op { «view[r] = Done } }",
    "for q: Pair { «best = q.op }",
    "for q: Op, r: Op { «done += {q, r}  done -= {q} }",
]
LOOPS = f"""{P}type Level = 0..2
var table: Op -> Level = 0
var both: Op -> Op -> bool = false
def wipe(q: Op) {{ view[q] = none }}
"""


@pytest.mark.parametrize("text", FINE)
def test_passes_that_do_not_interfere(text: str) -> None:
    assert errors(f"{LOOPS}action a(o: Op) {{ {text} }}") == []


@pytest.mark.parametrize("text", REFUSED)
def test_passes_that_may_interfere(text: str) -> None:
    found = errors(f"{LOOPS}action a(o: Op) {{ {text.replace('«', '')} }}")
    assert {code for code, _, _ in found} == {"P308"}
    assert found[0][2] == len("action a(o: Op) { ") + text.index("«") + 1


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("for a: Agent { send Ping() via link to a }", True),
        ("for a: Agent { if not link[a] has Ping { send Ping() via link to a } }", True),
        ("for a: Agent { clear link[a]  send Ping() via link to a }", True),
        ("for a: Agent { clear link  send Ping() via link to a }", False),
        ("for a: Agent { clear link }", True),
        ("for a: Agent { clear link  assert not link[a] has Ping }", False),
        ("for a: Agent where link[a] has Ping { clear link[a] }", True),
        ("for a: Agent { if size(link) == 0 { send Ping() via link to a } }", False),
        ("for o: Op { send Ping() via link to home[o] }", False),
        ("for o: Op { unordered for p: Op { send Ping() via link to home[o] } }", False),
    ],
)
def test_sends_in_loops(text: str, fine: bool) -> None:
    text = P.replace("role master {", f"role master {{ action a() {{ {text} }}")
    assert [code for code, _, _ in errors(text)] == ([] if fine else ["P308"])


def test_both_ends_of_a_queue_may_be_of_one_family() -> None:
    for test, expected in (("ring[other][self]", ["P308"]), ("ring[self][other]", [])):
        act = f"action c() {{ for other: Node {{ if {test} has Ping {{ send Ping() via ring to other }} }} }}"
        assert [
            code for code, _, _ in errors(PEERS.replace("on Ping() { }\n}", f"on Ping() {{ }} {act}\n}}"))
        ] == expected


def test_a_bag_has_no_order() -> None:
    for channel, expected in (("bag", []), ("link", ["P308"])):
        act = f"action a() {{ for o: Op {{ send Ask(op: o) via {channel} }} }}"
        assert [code for code, _, _ in errors(P.replace("on Ping() { }", f"on Ping() {{ }} {act}"))] == expected


# ---- what is wrong

A = "action act(o: Op, a: Agent) { "
WRONG = [
    ("P101", "always A: «nothing > 1"),
    ("P101", "always A: «f(1)"),
    ("P101", "always A: master.«book > 1"),
    ("P101", "always A: master.«f(1)"),
    ("P101", "always A: Health.«Upp == health"),
    ("P101", "always A: link has «Pong"),
    ("P101", "always A: «total has Ping"),
    ("P101", "always A: link.«stall"),
    ("P101", "always A: master.on «Pong"),
    ("P101", A + "«tot = 1 }"),
    ("P101", A + "«perform(1) }"),
    ("P101", A + "clear «lnk }"),
    ("P101", A + "master.«book = 1 }"),
    ("P103", "always A: «master == 1"),
    ("P103", "always A: «link == 1"),
    ("P103", "always A: «Pair == 1"),
    ("P103", "always A: «Ask(op: 1) == 1"),
    ("P103", "always A: «total(1)"),
    ("P103", "always A: all a: Agent. «node[a] == a"),
    ("P103", "def f(): bool = true\nalways A: «f"),
    ("P103", "def f(k: bool): bool = «k()"),
    ("P103", "def f() { }\nalways A: «f()"),
    ("P103", "def f(): bool = true\n" + A + "«f() }"),
    ("P103", "action b() { }\n" + A + "«b() }"),
    ("P103", "always A: «total.on Ping"),
    ("P103", "always A: («total)(1)"),
    ("P104", A + "let x = «Lost }"),
    ("P105", "always A: pair.«opp == best"),
    ("P105", "always A: total.«op == best"),
    ("P105", "always A: link has Ask(«o: best)"),
    ("P105", A + "pair = Pair(«o: o) }"),
    ("P105", A + "pair.«o = o }"),
    ("P106", "always A: «master.crash"),
    ("P106", "always A: «link.lose"),
    ("P106", "always A: master.on «Ping"),
    ("P201", "always A: «total"),
    ("P201", "always A: «best == 1"),
    ("P201", "always A: «health == none"),
    ("P201", "always A: all o: Op. «view[o] == Up"),
    ("P201", "always A: «1 in done"),
    ("P201", "always A: all a: Agent. view[«a] == none"),
    ("P201", "always A: {best, «1} == done"),
    ("P201", "always A: («if loud then 1 else Up) == 1"),
    ("P201", A + "total = «o }"),
    ("P201", A + "total = «none }"),
    ("P201", A + "total = «{} }"),
    ("P201", A + "done = {«a} }"),
    ("P201", "var x: Op = «Done"),
    ("P201", "def f(): bool = «1"),
    ("P202", A + "let x = «none }"),
    ("P202", A + "let x = «{} }"),
    ("P202", A + "let x = «{1, 2} }"),
    ("P202", "always A: «none == none"),
    ("P202", "always A: size(«{}) == 0"),
    ("P203", "always A: all o: Op. «o < «o"),
    ("P203", "always A: «done <= «done"),
    ("P203", "always A: -«done == 1"),
    ("P203", "always A: «done + total == total"),
    ("P203", "always A: «path - path == path"),
    ("P203", "always A: max(«health, 1) == 1"),
    ("P203", "always A: 1 in «path"),
    ("P203", "always A: size(«total) == 1"),
    ("P203", "always A: first(«done) == best"),
    ("P203", "always A: «total[1] == 1"),
    ("P203", "always A: all x in «total. true"),
    ("P203", "always A: { o: Op, «p: Op } == done"),
    ("P203", "always A: { «o in done -> 1 } == 1"),
    ("P203", A + "total[«1] = 1 }"),
    ("P204", "always A: all o: Op. «master.lead(o)"),
    ("P204", "always A: all o: Op. master.lead(o, 1, «2)"),
    ("P204", "always A: all o: Op. master.lead(«x: o)"),
    ("P204", "always A: master.on Ask(«best)"),
    ("P204", "always A: link has Ask(«best)"),
    ("P204", "always A: «size() == 1"),
    ("P204", "always A: «max(1) == 1"),
    ("P204", "always A: size(«x: done) == 1"),
    ("P204", "always A: link has Ask(op: best, «op: best)"),
    ("P204", A + "pair = Pair(«o) }"),
    ("P204", A + "pair = «Pair() }"),
    ("P204", A + "pair = Pair(op: o, «op: o) }"),
    ("P204", "def f(x: bool) { }\n" + A + "«f() }"),
    ("P204", "def f(x: bool) { }\n" + A + "f(true, «x: true) }"),
    ("P205", "always A: { s: «Pair -> 1 } == 1"),
    ("P302", "def «f(o: Op): bool = g(o)\ndef g(o: Op): bool = h(o) and f(o)\ndef h(o: Op): bool = f(o)"),
    ("P302", "def «f() { f() }"),
    ("P304", A + "«o = o }"),
    ("P304", A + "«n = 1 }"),
    ("P304", A + "«home[o] = a }"),
    ("P304", A + "«master.books = 1 }"),
    ("P304", A + "let x = total  «x = 1 }"),
    ("P305", A + "if «seen == {} { } }"),
    ("P305", "def f(): bool = «seen == {}\n" + A + "assert f() }"),
    ("P305", "var x: 0..3 = «total"),
    ("P305", "constant early: Agent -> bool = «late\nconstant late: Agent -> bool = any"),
    ("P305", "var x: 0..3 = «size(link)"),
    ("P305", "type R = { x: 0..3 = «total }\nalways A: R() == R()"),
    ("P306", A + "assert «master.restart }"),
    ("P306", A + "assert «once loud }"),
    ("P306", "always A: «next(loud)"),
    ("P306", "step A: next(«next(loud))"),
    ("P306", "step A: once «next(loud)"),
    ("P306", "step A: next(«once loud)"),
    ("P306", "step A: next(«master.restart)"),
    ("P306", "always A: «loud leads to loud"),
    ("P306", "always A: «eventually loud"),
    ("P306", "eventually A: once «always loud"),
    ("P306", "def f(): bool = «once loud\n" + A + "assert f() }"),
    ("P307", A + "total = 1  «choose p: Op }"),
    ("P307", A + "if loud { «choose p: Op } }"),
    ("P307", "def pick() { «choose p: Op }\n" + A + "total = 1  pick() }"),
    ("P308", A + "for p: Op { «best = p } }"),
    ("P309", A + "«send Ping() via link }"),
    ("P310", "always A: «node.here"),
    ("P310", "always A: master[«1].books == 1"),
    ("P310", "always A: link[«self] has Ping"),
    ("P310", "always A: link[home[best]][«best] has Ping"),
    ("P311", "always A: «inherited()"),
    ("P311", A + "«inherited() }"),
]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code}-{i}" for i, (code, _) in enumerate(WRONG)])
def test_wrong(code: str, text: str) -> None:
    check_marked(code, P + text)


IN_ROLES = [
    ("P304", "node", "«node[x].here = true"),
    ("P304", "node", "«master.books = 1"),
    ("P309", "master", "send Ping() via «bag to x"),
    ("P309", "node", "«send Ask(op: o)"),
    ("P101", "node", "send «Pong() via link"),
    ("P101", "node", "send Ping() via «lnk"),
    ("P105", "node", "send Ask(op: o, «x: 1) via link"),
    ("P204", "node", "«send Ask() via link"),
    ("P204", "node", "send Ask(«o) via link"),
    ("P310", "master", "«send Ping() via link"),
    ("P310", "node", "send Ping() via link to «x"),
    ("P310", "node", "assert «node.here"),
    ("P201", "master", "send Ping() via link to «o"),
]


@pytest.mark.parametrize(("code", "role", "text"), IN_ROLES)
def test_wrong_in_roles(code: str, role: str, text: str) -> None:
    action = f" action act(o: Op, x: Agent) {{ {text} }} "
    opening = "role node[Agent] {" if role == "node" else "role master {"
    check_marked(code, P.replace(opening, opening + action))


PROPOSALS = [
    ("P311", "replace var pair: Pair = «inherited()"),
    ("P311", "replace def ready() { assert «inherited() }"),
    ("P204", "role master { replace on Ask(a) { «inherited() } }"),
    ("P204", "role master { replace on Ask(a) { inherited(a, «a) } }"),
]


@pytest.mark.parametrize(("code", "text"), PROPOSALS)
def test_wrong_in_proposals(code: str, text: str) -> None:
    check_marked(code, f"{P}def ready() {{ }}\nproposal Q extends P {{ {text} }}")


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("always A: totl > 1", "did you mean `total`?"),
        ("always A: master.book > 1", "did you mean `books`?"),
        ("always A: pair.opp == best", "did you mean `op`?"),
        ("always A: link has Pong", "did you mean `Ping`?"),
        (A + "let x = Lost }", "write `Status.Lost` or `Health.Lost`"),
        (A + "for p: Op { best = p } }", "`unordered for`"),
        ("always A: node.here", "write `node[...]`"),
        ("def f(): bool = f()", "`f` -> `f`"),
        (A + "total = none }", "only a `0..3?` may be `none`"),
    ],
)
def test_help(text: str, help: str) -> None:
    assert any(help in found for found in helps(P + text)), helps(P + text)


def test_one_cause_gives_one_error() -> None:
    for text in ("always A: (nothing + 1 in done) == (nothing2 and size(f(x: nothing3)) > 1)",):
        assert {code for code, _, _ in errors(P + text)} == {"P101"}
    assert len(errors(P + "def f(): bool = nothing\nalways A: f() and f()\nalways B: f()")) == 1
    assert len(errors(P + "var wrong: Nothing = 1\nalways A: wrong == 1 and wrong[2] in wrong and -wrong > 2")) == 1


def test_definitions_that_nobody_calls_are_checked() -> None:
    check_marked("P101", P + "def f(): bool = «nothing\ndef g() { «nobody = 1 }")
    assert errors(P + "def f(): bool = once master.restart and seen == {}") == []


def test_every_bound_name_has_a_number_of_its_own() -> None:
    text = P + "def f(o: Op): bool = some p: Op. p != o\nalways A: all o: Op. f(o) and f(o) and (all o: Op. f(o))"
    binders = [binder.local.id for node in below(whole(text).properties["A"])
               if isinstance(node, core.Quantifier) for binder in node.binders]  # fmt: skip
    assert len(binders) == len(set(binders)) == 5


def test_bodies_hold_no_calls() -> None:
    block = body("for q: Op where q in done { if view[q] != none { view[q] = none } }")
    assert {type(command) for command in commands_below(block)} == {core.ForEach, core.When, core.Assign}
