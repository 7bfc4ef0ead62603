"""Texts to trees: the grammar and its tables, what each construct becomes, words as names, and limits."""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from plait_spec import syntax, tables
from plait_spec.diagnostics import Code, SpecError
from plait_spec.parse import MAX_DEPTH, MAX_LENGTH, decode, parse
from plait_spec.source import Source, Span
from plait_spec.tokens import RESERVED
from plait_spec.tree import ACTIONS

MODELS = sorted((Path(__file__).parents[2] / "models").rglob("*.plait"))
GOOD = [decode(path.name, path.read_bytes()).text for path in MODELS]


def tree(text: str) -> syntax.Module:
    return parse(Source("test.plait", text))


def only(text: str) -> Any:
    [item] = tree(text).items
    return item


def formula(text: str) -> Any:
    return only(f"always X: {text}").formula


def body(text: str) -> Any:
    return only(f"def f() {{ {text} }}").body.statements


def fails(text: str) -> Code:
    with pytest.raises(SpecError) as caught:
        tree(text)
    [diagnostic] = caught.value.diagnostics
    assert str(caught.value)
    return diagnostic.code


# ---- the grammar


def test_the_grammar_has_no_conflict() -> None:
    from lark import Lark

    Lark(tables.GRAMMAR.read_text(encoding="utf-8"), parser="lalr", lexer="basic", strict=True)


def test_the_shipped_tables_are_those_of_the_grammar() -> None:
    grammar = tables.GRAMMAR.read_text(encoding="utf-8")
    fresh = tables.encode(tables.build(grammar), grammar)
    same = tables.SHIPPED.read_text(encoding="utf-8") == fresh
    assert same, "run `python -m plait_spec.tables`"


def test_tables_that_are_not_shipped_or_stale_are_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tables.load()
    monkeypatch.setattr(tables, "SHIPPED", tmp_path / "grammar.tables")
    assert tables.load() == shipped
    (tmp_path / "grammar.tables").write_text("another digest\n[]\n", encoding="utf-8")
    assert tables.load() == shipped
    tables.main()
    assert tables.load() == shipped


def test_every_rule_has_an_action_and_every_action_a_rule() -> None:
    assert {production.action for production in tables.load().productions} - {None} == set(ACTIONS)


# ---- models


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in MODELS])
def test_the_models_are_texts_of_the_language(path: Path) -> None:
    module = parse(decode(path.name, path.read_bytes()))
    assert module.items
    for inner, outer in spans_of(module):
        assert outer.start <= inner.start <= inner.end <= outer.end
    for name in nodes_of(module):
        if isinstance(name, syntax.Name):
            assert name.span.text == name.text


def nodes_of(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for part in node:
            yield from nodes_of(part)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Source | Span):
        yield node
        for field in dataclasses.fields(node):
            yield from nodes_of(getattr(node, field.name))


def spans_of(module: syntax.Module) -> Iterator[tuple[Span, Span]]:
    """The extents of all nodes, each with that of the node around it."""
    for outer in nodes_of(module.items):
        for field in dataclasses.fields(outer):
            parts = getattr(outer, field.name)
            for inner in parts if isinstance(parts, tuple) else (parts,):
                if isinstance(getattr(inner, "span", None), Span):
                    yield inner.span, outer.span


def test_a_text_without_declarations() -> None:
    assert tree("").items == ()
    assert tree(" // nothing\n\t\r\n").items == ()


# ---- constructs


def test_operators_bind_as_in_the_reference() -> None:
    match formula("a and not b == c + d * -e or f implies g leads to h"):
        case syntax.Binary(
            "leads to",
            syntax.Binary(
                "implies",
                syntax.Binary(
                    "or",
                    syntax.Binary(
                        "and",
                        syntax.Name("a"),
                        syntax.Unary(
                            "not",
                            syntax.Binary(
                                "==",
                                syntax.Name("b"),
                                syntax.Binary(
                                    "+",
                                    syntax.Name("c"),
                                    syntax.Binary("*", syntax.Name("d"), syntax.Unary("-", syntax.Name("e"))),
                                ),
                            ),
                        ),
                    ),
                    syntax.Name("f"),
                ),
                syntax.Name("g"),
            ),
            syntax.Name("h"),
        ):
            pass
        case other:
            pytest.fail(str(other))


def test_a_quantifier_reaches_as_far_as_it_can() -> None:
    reach = formula("p and all o: Op. q leads to r")
    assert reach == formula("p and (all o: Op. (q leads to r))")
    assert formula("all x: T, y in s where p. q") == formula("(all x: T, y in s where (p). (q))")


def test_signs_of_two_words_are_one_operator() -> None:
    assert formula("a not\n  in b").op == "not in"
    assert only("always // both\n eventually X: p").kind == "always eventually"
    assert only("eventually X: p leads to q").formula.op == "leads to"


def test_a_message_pattern_without_and_with_parentheses() -> None:
    assert formula("c has M").pattern.arguments is None
    assert formula("c has M()").pattern.arguments == ()


def test_built_in_functions_are_calls() -> None:
    for text in ("next(x)", "max(a, b)", "min(a, b)", "size(s)", "inherited()", "Packet(kind: k)"):
        call = formula(text)
        assert isinstance(call, syntax.Call)
        assert isinstance(call.function, syntax.Name)


def test_braces_after_an_expression_open_a_body() -> None:
    action = only("action a() when x in {A} { y = {B} }")
    assert isinstance(action.guard.right, syntax.SetOf)
    [assign] = action.body.statements
    assert isinstance(assign.value, syntax.SetOf)


def test_statements_need_nothing_between_them() -> None:
    first, second, third = body("x = y z[1].f += 2 g(x)")
    assert isinstance(first, syntax.Assign)
    assert second.op == "+="
    assert isinstance(third, syntax.Perform)


def test_a_choice_without_braces_has_the_rest_of_the_block() -> None:
    [choose] = body("choose x: T where p y = x z = x")
    assert len(choose.body.statements) == 2
    assert choose.body.span.text == "y = x z = x"
    [empty] = body("choose x: T")
    assert empty.body.statements == ()


def test_comments_of_declarations() -> None:
    module = tree(
        "/// One.\n///\n///   Two \n//// no\nvar x: bool = true\n// no\nrole r {\n  /// In.\n  replace var y: T = a\n}"
    )
    var, role = module.items
    assert isinstance(var, syntax.Var)
    assert isinstance(role, syntax.Role)
    assert var.doc == ("One.", "", "  Two")
    assert var.span.text == "var x: bool = true"
    [replaced] = role.items
    assert isinstance(replaced, syntax.Replace)
    assert replaced.declaration.doc == ("In.",)


def test_the_verdicts_of_an_expectation() -> None:
    expect = only(
        "expect with (n = 1..2, b = true): A holds, B holds within, C fails, D fails in 7, deadlock free vacuous"
    )
    assert [
        (outcome.property and outcome.property.text, outcome.verdict, outcome.steps) for outcome in expect.outcomes
    ] == [
        ("A", "holds", None),
        ("B", "holds within", None),
        ("C", "fails", None),
        ("D", "fails", 7),
        (None, "vacuous", None),
    ]
    first, second = expect.settings
    assert isinstance(first.value, syntax.Range)
    assert isinstance(second.value, syntax.Boolean)


def test_faults_of_channels_and_roles() -> None:
    channel = only(
        "channel c: a <-> b { may lose, may break 2, may stall, cleared by crash of a, cleared by crash of either end }"
    )
    assert channel.both_ways
    lose, broken, stall, by_a, by_either = channel.options
    assert (lose.fault, lose.budget) == ("lose", None)
    assert broken.budget.value == 2
    assert (stall.fault, stall.budget) == ("stall", None)
    assert (by_a.role.text, by_either.role) == ("a", None)
    crash, restart = only("role r { may crash fair on restart { } }").items
    assert crash.budget is None
    assert (restart.fairness, restart.event) == ("fair", syntax.OnRestart(restart.span))


def test_a_tree_is_compared_without_its_places() -> None:
    assert tree("var x:bool=true") == tree("\n var  x : bool = true // here")
    assert tree("var x: bool = true") != tree("var x: bool = false")


# ---- words


SOFT = sorted(word for word in tables.load().literals if word.isalpha() and word not in RESERVED)


def test_reserved_words_are_words_of_the_grammar() -> None:
    assert tables.load().literals.keys() >= RESERVED


@pytest.mark.parametrize("word", SOFT)
def test_a_word_that_is_not_reserved_is_a_name_wherever_a_name_can_be(word: str) -> None:
    module = tree(
        f"""
        protocol {word}({word}: 0..{word} = {word})
        enum {word} {{ {word}, b }}
        type {word} = {word} -> {word}?
        message {word} {{ {word}: {word} }}
        role {word}[{word}] {{
          var {word}, b: {word} = {word}
          def {word}({word}: 0..{word}): {word} = {word}
          action {word}({word}: {word}) when {word} {{
            {word} = {word}   {word}[{word}].{word} += 1   {word}({word}: {word}, b: {word})
            send {word}() via {word} to {word}
            {word} = {word}
            clear {word}
            {word} = 1
            choose {word}: {word} where {word}
            {word} = {word}
          }}
        }}
        always {word}: all {word} in {word}. {word} has {word}({word}: {word})
        always reachable {word}: {word}.on {word}
        measure {word}: max {word}
        remove action {word}
        expect {word} holds
        """
    )
    assert len(module.items) == 10


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_no_name(word: str) -> None:
    assert fails(f"var {word}: bool = true") is Code.RESERVED_WORD
    assert fails(f"def f() {{ let {word} = 1 }}") is Code.RESERVED_WORD


@pytest.mark.parametrize("word", ["from", "to", "next", "count", "all", "message", "set"])
def test_some_reserved_words_are_names_of_fields(word: str) -> None:
    assert only(f"message M {{ {word}: bool }}").fields[0].name.text == word
    assert formula(f"m.{word} == M({word}: 1)").left.name.text == word


# ---- limits


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=text[:12].strip())
        for text in [
            "(" * 10_000 + "a" + ")" * 10_000,
            "not " * 10_000 + "a",
            "-" * 10_000 + "a",
            "+".join("a" * 10_000),
            " and ".join("a" * 10_000),
            " implies ".join("a" * 10_000),
            "a" + "[b]" * 10_000,
            "a" + ".b" * 10_000,
            "if a then b else " * 10_000 + "c",
            "all o: Op. " * 10_000 + "a",
            "[" * 201 + "]" * 201,
            "a\ntype T = " + "set<" * 10_000 + "T" + ">" * 10_000,
            "a\ntype T = " + "a -> " * 10_000 + "T",
            "a\ndef f() { " + "if a { " * 10_000,
            "a\ndef f() { " + "if a { } else " * 10_000 + "{ } }",
            "a\ndef f() { " + "choose x: T " * 10_000 + "}",
            "a\n" + "role r { " * 10_000,
        ]
    ],
)
def test_what_is_nested_too_deeply_is_an_error_and_soon(text: str) -> None:
    start = time.monotonic()
    assert fails(f"always X: {text}") is Code.NESTED_TOO_DEEPLY
    assert time.monotonic() - start < 2


def test_what_is_not_nested_may_be_long() -> None:
    assert len(only("enum E { " + ", ".join(["a"] * 10_000) + " }").members) == 10_000
    assert len(body("x = 1 " * 5_000)) == 5_000
    assert len(only("/// line\n" * 5_000 + "deadlock free").doc) == 5_000


def test_a_tree_of_the_greatest_depth_can_be_compared_and_shown() -> None:
    deep = "not " * (MAX_DEPTH - 10) + "a"
    assert formula(deep) == formula(deep)
    assert repr(formula(deep))


def test_numbers() -> None:
    assert formula("0017").value == 17
    assert formula("1" + "0" * 18).value == 10**18
    assert fails("always X: 1" + "0" * 17 + "1" + "0") is Code.NUMBER_TOO_LARGE
    assert fails("always X: " + "9" * 10_000) is Code.NUMBER_TOO_LARGE


def test_a_text_has_a_greatest_length() -> None:
    assert tree(" " * MAX_LENGTH).items == ()
    assert fails(" " * (MAX_LENGTH + 1)) is Code.FILE_TOO_LARGE


# ---- files


def test_bytes_are_utf_8() -> None:
    assert decode("m", "// é".encode()).text == "// é"
    assert decode("m", b"\xef\xbb\xbfvar").text == "var"
    with pytest.raises(SpecError) as caught:
        decode("m", b"a\nbc\xffd")
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code is Code.NOT_UTF8
    assert str(diagnostic.span) == "m:2:3"
    assert "byte 5 is 0xFF" in str(caught.value)


# ---- whatever the text is


def outcome(text: str) -> syntax.Module | None:
    """The tree, or nothing if there is a proper diagnostic; anything else is raised."""
    try:
        return tree(text)
    except SpecError as error:
        proper = error
    assert str(proper)
    for diagnostic in proper.diagnostics:
        assert diagnostic.code.id.startswith("P0")
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert "_" not in diagnostic.message or "_" in text  # no names of terminals
        assert "$" not in diagnostic.message or "$" in text
    return None


@given(st.text())
def test_any_text_has_a_tree_or_a_diagnostic(text: str) -> None:
    outcome(text)


PIECES = sorted([*tables.load().literals, "x", "Op", "17", '"s"', '"', "// c\n", "/// d\n", ". ", ".", "\n", "&&", "é"])


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_any_words_and_signs_have_a_tree_or_a_diagnostic(text: str) -> None:
    outcome(text)


@given(st.data())
def test_a_changed_model_has_a_tree_or_a_diagnostic(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 8)))
        text = text[:start] + data.draw(st.sampled_from(["", " ", *PIECES])) + text[end:]
    outcome(text)
