"""Formatted text: it has the same tree, no needless parentheses, and the look of the language."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from plait_spec import syntax
from plait_spec.parse import decode, parse
from plait_spec.pretty import WIDTH, pretty
from plait_spec.source import Source
from tests import strategies_syntax as trees

MODELS = sorted((Path(__file__).parents[2] / "models").rglob("*.plait"))


def tree(text: str) -> syntax.Module:
    return parse(Source("test.plait", text))


def formula(text: str) -> syntax.Expr:
    [item] = tree(f"always X: {text}").items
    assert isinstance(item, syntax.Property)
    return item.formula


def statement(text: str) -> syntax.Stmt:
    [item] = tree(f"def f() {{ {text} }}").items
    assert isinstance(item, syntax.Procedure)
    [only] = item.body.statements
    return only


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in MODELS])
def test_the_text_of_a_model_has_its_tree(path: Path) -> None:
    module = parse(decode(path.name, path.read_bytes()))
    text = pretty(module)
    assert tree(text) == module
    assert pretty(tree(text)) == text


@given(trees.module)
def test_the_text_of_any_tree_has_it(module: syntax.Module) -> None:
    text = pretty(module)
    assert tree(text) == module


@given(trees.expression)
def test_the_text_of_any_expression_has_it(e: Any) -> None:
    assert formula(pretty(e)) == e


@given(trees.expression)
def test_no_parentheses_can_be_left_out(e: Any) -> None:
    text = pretty(e)
    for start, end in pairs(text):
        shorter = f"{text[:start]} {text[start + 1 : end]} {text[end + 1 :]}"
        try:
            assert formula(shorter) != e, f"{text!r} is also {shorter!r}"
        except Exception as error:
            if isinstance(error, AssertionError):
                raise


def pairs(text: str) -> list[tuple[int, int]]:
    """The places of parentheses that belong together."""
    opened: list[int] = []
    found = []
    for at, character in enumerate(text):
        if character == "(":
            opened.append(at)
        elif character == ")":
            found.append((opened.pop(), at))
    return found


@given(trees.statement)
def test_the_text_of_any_statement_has_it(s: Any) -> None:
    assert statement(pretty(s)) == s


@given(trees.type_expression)
def test_the_text_of_any_type_has_it(t: Any) -> None:
    [item] = tree(f"type X = {pretty(t)}").items
    assert isinstance(item, syntax.TypeDef)
    assert item.type == t


@pytest.mark.parametrize(
    "text",
    [
        "a and b or c implies d",
        "a implies b implies c",
        "(a implies b) implies c",
        "a - b - c",
        "a - (b - c)",
        "(a + b) * c",
        "a * b mod c",
        "-(a + b)",
        "--a",
        "not a == b",
        "not (a and b)",
        "(not a) == b",
        "not calls has Ask(op: o)",
        "(all o: Op. p) and q",
        "p and all o: Op. q and r",
        "p and not (all o: Op. q) or r",
        "all o: Op. p leads to q",
        "(all o: Op. p) leads to q",
        "(count p: Process. at[p] == Inside) <= 1",
        "1 <= count p: Process. at[p] == Inside",
        "n + if a then 1 else 0",
        "(if a then 1 else 0) + n",
        "if if a then b else c then d else e",
        "(a == b) == c",
        "x in (if a then s else t) + u",
        "max of x + 1 for x in s where x > 0",
        "sum of max of x for x: T for y: T",
        "(max of x for x: T).f",
        "{a, (b in c), d}",
        "{ x in s where p }",
        "{ o: Op -> if p then a else b }",
        "[a, b == c]",
        "{}",
        "[]",
        "next(framework.view[o]) == none",
        "once framework.on Event(op: o) and previously historically p",
        "(p since q) until r",
        "always eventually p until q",
        "max(a, min(b, c)) == self",
        "agent[home[o]].done[o].from",
        "x not in {a}",
        "link has Query and true",
    ],
)
def test_an_expression_is_written_as_it_was(text: str) -> None:
    assert pretty(formula(text)) == text


MODULE = """\
import "base.plait"

/// What it is about.
///
///   And more.
abstract protocol P(n: 1..3 = 2, on_: bool = true)

ids Op[n]

enum Kind { A, B }

constant home: Op -> Agent = any
constant odd: 0..n - 1 = any x where x mod 2 == 1

ghost var a, b: within 0..3 = 0

message Ask
message Answer { op: Op, from: Kind? = none }

channel link: agent <-> master { ordered, capacity 2, may break 1, may stall, cleared by crash of either end }
channel calls: a -> b

role agent[Agent] {
  may crash (step)
  may restart
  ignore Ask via link
  strongly fair on Answer(m) from x via link when p { x = m.op   send Ask() via link to m.from }
  on restart { }
  on break of link from x { }
  remove on Answer via link
  remove on restart
  remove on break of link
  remove always reachable X
}

/// The comment belongs to what replaces.
replace fair environment action tick(o: Op) when p {
  for o in s where p { if a { x = 1 } else if b { x += 2 } else { clear link[self] } }
}

lemma L: a using A, B

expect with (n = 1..3, on_ = false): L holds within, deadlock free fails in 3, X vacuous

scenario S for P(n = 2) with (o: Op) where o != none {
  do framework.ask(o)
  deliver Ask(op: o) via calls from agent[o] to master
  deliver all to master
  lose Ask
  crash agent[o]
  expect a == b
  show x
}"""


MEASURES = """\
measure M: max sent
measure N: min a from b to c

terminal when p

deadlock free

knows K: framework knows a when b

channel a: b -> c { unordered, blocking 2, joins d }"""


@pytest.mark.parametrize("text", [MEASURES, "constant a: b = any\nconstant c: d = none"])
def test_some_text_is_written_as_it_was(text: str) -> None:
    assert pretty(tree(text)) == text


def test_the_look_of_a_text() -> None:
    assert pretty(tree(MODULE)) == MODULE


def test_what_is_long_is_broken() -> None:
    long = " and ".join(["some_long_name"] * 10)
    text = pretty(
        tree(f"always X: {long} def f() {{ x = {long} }} def g() {{ if a {{ x = 1 }} else {{ x = {long} }} }}")
    )
    assert text.split("\n") == [
        "always X:",
        f"  {long}",
        "",
        "def f() {",
        f"  x = {long}",
        "}",
        "",
        "def g() {",
        "  if a { x = 1 } else {",
        f"    x = {long}",
        "  }",
        "}",
    ]
    assert all(len(line) <= WIDTH for line in pretty(tree(MODULE)).split("\n") if not line.startswith("channel"))


def test_the_rest_of_a_block_as_the_body_of_a_choice() -> None:
    bare = tree("action a() { choose x: T where p   choose y in s   y = x }")
    braces = tree("action a() { choose x: T where p { choose y in s { y = x } } }")
    assert bare == braces
    assert pretty(bare) == "action a() { choose x: T where p { choose y in s { y = x } } }"


def test_parts_of_a_text() -> None:
    [item, scenario] = tree("action a() { x = 1 } scenario S for P { show x }").items
    assert isinstance(item, syntax.Action)
    assert isinstance(scenario, syntax.Scenario)
    assert pretty(item) == "action a() { x = 1 }"
    assert pretty(item.body) == "{ x = 1 }"
    assert pretty(scenario.scenes[0]) == "show x"
