"""Tables of names: what each name means, which types are built from it, and what is declared twice."""

import pytest

from plait_spec.agreement import show
from plait_spec.diagnostics import Sink
from plait_spec.scope import Scope
from plait_spec.types import (
    BOOL,
    BoundOf,
    EnumType,
    IdsType,
    MapType,
    Number,
    OptionType,
    ParameterBound,
    RangeType,
    RecordType,
    SeqType,
    SetType,
)
from tests.spec.elaborating import check_marked, flats, helps

TEXT = """
protocol P(n: 1..3 = 2, loud: bool = true, mode: Mode = Fast)
enum Mode { Fast, Slow }
enum Other { Slow, Stopped }
ids Op[n]
type Same = Op
type Level = 0..n - 1
type Pair = { op: Op, level: Level = 0 }
constant home: Op -> Level = 0
message Ask { pair: Pair, at: within 0..2 * n + 1 }
message Ping
channel link: left -> right { may lose 1 }
channel more: left -> right { joins link }
ghost var seen: set<Op> = {}
role left[Op] { var view, other: Level -> Mode? = Fast  def f(): bool = true  action go() { } }
role right { var got: seq<Pair, n> = []  may restart  on Ask(a) { } }
"""


def scope(text: str = TEXT) -> Scope:
    sink = Sink()
    (flat,) = flats(text, sink)
    result = Scope(flat, sink)
    assert sink.diagnostics == ()
    return result


LEVEL = RangeType(Number(0), BoundOf("-", ParameterBound("n"), Number(1)))
OP = IdsType("Op", ParameterBound("n"))
MODE = EnumType("Mode", ("Fast", "Slow"))
PAIR = RecordType("Pair", (("op", OP), ("level", LEVEL)))


def test_types_by_name() -> None:
    names = scope().types.named
    assert names["Same"] == OP
    assert names["Level"] == LEVEL
    assert names["Pair"] == PAIR
    assert scope().ids == (OP,)
    assert scope().parameters == {"n": RangeType(Number(1), Number(3)), "loud": BOOL, "mode": MODE}


def test_variables_know_their_owner() -> None:
    table = scope().variables
    assert list(table) == ["home", "seen", "left.view", "left.other", "right.got"]
    assert [table[name].order for name in table] == [0, 1, 2, 3, 4]
    assert [table[name].kind for name in table] == ["constant", "ghost", "variable", "variable", "variable"]
    assert table["home"].type == MapType(OP, LEVEL)
    assert table["seen"].type == SetType(OP)
    assert table["left.view"].own == MapType(LEVEL, OptionType(MODE))
    assert table["left.view"].type == MapType(OP, table["left.view"].own)
    assert table["right.got"].type == SeqType(PAIR, ParameterBound("n"))


def test_messages_labels_channels_and_roles() -> None:
    names = scope()
    within = RangeType(Number(0), BoundOf("+", BoundOf("*", Number(2), ParameterBound("n")), Number(1)), within=True)
    assert names.messages == (RecordType("Ask", (("pair", PAIR), ("at", within))), RecordType("Ping", ()))
    assert [enum.name for enum in names.labels["Slow"]] == ["Mode", "Other"]
    assert names.ends["left"].family == OP
    assert names.ends["right"].family is None
    assert (names.channels["link"].carrier, names.channels["more"].carrier) == ("link", "link")
    assert names.channels["link"].left.family == OP
    assert names.faults == {("link", "lose"), ("right", "restart")}
    assert ("left", "f") in names.defs
    assert ("left", "go") in names.actions
    assert ("right", "Ask") in names.handlers


def test_types_are_shown_as_they_are_written() -> None:
    names = scope()
    assert show(names.variables["left.view"].type) == "Op -> 0..n - 1 -> Mode?"
    assert show(names.variables["right.got"].type) == "seq<Pair, n>"
    assert show(names.messages[0].fields[1][1]) == "within 0..2 * n + 1"


P = "protocol P(n: 1..3 = 2, loud: bool = true, mode: Mode = Fast)\nenum Mode { Fast, Slow }\nids Op[n]\n"

WRONG = [
    ("P101", P + "var x: «Oop = 1"),
    ("P101", P + "ids A[«m]"),
    ("P101", P + "var x: 0..«m = 1"),
    ("P101", P + "role r[«Oop] { }"),
    ("P101", P + "channel c: «r -> «s"),
    ("P101", P + "message M { x: set<«Oop> }"),
    ("P102", P + "var x: bool = true\nvar «x: bool = true"),
    ("P102", P + "var «n: bool = true"),
    ("P102", P + "def x(): bool = true\naction «x() { }"),
    ("P102", P + "enum «Op { A }"),
    ("P102", P + "enum E { A, B, «A }"),
    ("P102", P + "var A: bool = true\nenum E { «A, B }"),
    ("P102", P + "message M\nmessage «M"),
    ("P102", P + "message M { x: bool, «x: bool }"),
    ("P102", P + "type R = { x: bool, «x: bool }"),
    ("P102", P + "always A: true\nnever «A: false"),
    ("P102", P + "role r { var x: bool = true  def «x(): bool = true }"),
    ("P102", P + "role r { }\nrole «r { }"),
    ("P205", P + "var x: «{ y: bool } = 1"),
    ("P205", P + "type M = Op?\nvar x: «M? = none"),
    ("P205", P + "var x: «set<Op> -> bool = true"),
    ("P205", P + "var x: «within 0..3 -> bool = true"),
    ("P205", P + "role r[«Set] { }\ntype Set = set<Op>"),
    ("P205", "protocol P(s: «set<0..1> = 1)"),
    ("P205", "protocol P(s: «within 0..1 = 1)"),
    ("P206", P + "var x: 0..«mode = 1"),
    ("P206", P + "ids A[«size(n)]"),
    ("P302", P + "type A = set<B>\ntype B = seq<«A, 2>\nvar x: A = {}"),
    ("P302", P + "type R = { next_one: «R? }"),
    ("P302", "protocol P(n: «1..n = 1)"),
]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code}-{i}" for i, (code, _) in enumerate(WRONG)])
def test_wrong(code: str, text: str) -> None:
    check_marked(code, text)


def test_names_that_may_be_the_same() -> None:
    scope(
        P
        + "role r { var x: bool = true }\nrole s { var x: bool = true }\nvar x: bool = true\nmessage x\nalways x: true"
    )
    scope(P + "enum A { One }\nenum B { One }\nmessage One\nmessage Op")


def test_an_abstract_protocol_may_wait_for_its_roles() -> None:
    scope("abstract protocol P\nrole a { }\nchannel c: a -> b")
    proposals = "proposal Q extends P { }\nproposal R extends P { role b { } }"
    check_marked("P101", f"abstract protocol P\nrole a {{ }}\nchannel c: a -> «b\n{proposals}")


def test_types_stay_small() -> None:
    text = "protocol P\ntype T0 = 0..1\n" + "".join(
        f"type T{i} = {{ a: T{i - 1}, b: T{i - 1} }}\n" for i in range(1, 40)
    )
    assert any("too large" in found for found in helps(text))
    text = "protocol P\n" + "".join(f"type T{i} = set<T{i + 1}>\n" for i in range(3000)) + "type T3000 = bool"
    assert any("too large" in found for found in helps(text))


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("var x: Oop = 1", "did you mean `Op`?"),
        ("ids A[nn]", "did you mean `n`?"),
        ("var x: { y: bool } = 1", "type Name"),
    ],
)
def test_help(text: str, help: str) -> None:
    assert help in helps(P + text)[0]
