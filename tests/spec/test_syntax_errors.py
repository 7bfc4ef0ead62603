"""Texts that are none of the language: the code, the place, the words and the help of what is said about them."""

import pytest

from plait_spec.diagnostics import Code, Diagnostic, SpecError
from plait_spec.parse import parse
from plait_spec.source import Source

BINDER = "a binder ends with a full stop and a space: `all o: Op. ...`"


def error(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        parse(Source("m.plait", text))
    [diagnostic] = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "code", "at", "message"),
    [
        ("always X: é", Code.UNEXPECTED_CHARACTER, "é", "the character `é` is not used by the language"),
        ("var \x07", Code.UNEXPECTED_CHARACTER, "\x07", "the character U+0007 is not used by the language"),
        ("var x bool = 1", Code.UNEXPECTED_TOKEN, "bool", "unexpected `bool`; expected `,` or `:`"),
        ("var x: = 1", Code.UNEXPECTED_TOKEN, "=", "unexpected `=`; expected a type"),
        ("var x: T =\nrole r { }", Code.UNEXPECTED_TOKEN, "role", "unexpected `role`; expected an expression or `any`"),
        ('var "x"', Code.UNEXPECTED_TOKEN, '"x"', "unexpected string; expected a name"),
        ("import x", Code.UNEXPECTED_TOKEN, "x", "unexpected `x`; expected a string"),
        ("import", Code.UNEXPECTED_END, "", "the file ends too early; expected a string"),
        ("always X: 1.2", Code.UNEXPECTED_TOKEN, "2", "unexpected `2`; expected a field"),
        ("always X: all o: Op p", Code.UNEXPECTED_TOKEN, "p", "expected an operator, a full stop and a space,"),
        ("expect X fails in b", Code.UNEXPECTED_TOKEN, "b", "unexpected `b`; expected a number"),
        ("proposal", Code.UNEXPECTED_END, "", "the file ends too early; expected a name"),
        ("role r { var x: bool = a b }", Code.UNEXPECTED_TOKEN, "b", "expected an operator, a declaration or `}`"),
        ("var x: bool = a 1", Code.UNEXPECTED_TOKEN, "1", "expected an operator or the next declaration"),
        (
            "def f() { x = 1 ]",
            Code.UNMATCHED_BRACKET,
            "]",
            "`]` cannot close this `{`; expected an operator, a statement",
        ),
        ("}", Code.UNMATCHED_BRACKET, "}", "this `}` closes nothing"),
        ("def f() {", Code.UNCLOSED_BRACKET, "{", "this `{` is never closed"),
        ("always X: f(a", Code.UNCLOSED_BRACKET, "(", "this `(` is never closed"),
        ("scenario S for P { do x 1 }", Code.UNEXPECTED_TOKEN, "1", "the next step of the scenario"),
        ("var in: bool = true", Code.RESERVED_WORD, "in", "`in` is a word of the language; a name is expected here"),
        ("var x: all = true", Code.RESERVED_WORD, "all", "`all` is a word of the language; a type is expected here"),
        (
            "always X: a == to",
            Code.RESERVED_WORD,
            "to",
            "`to` is a word of the language; an expression is expected here",
        ),
        ("def f() { send via x }", Code.UNEXPECTED_TOKEN, "via", "unexpected `via`; expected a name"),
        ('import "x', Code.UNTERMINATED_STRING, '"x', "this string does not end on its line"),
        ("always X: 12345678901234567890", Code.NUMBER_TOO_LARGE, "12345678901234567890", "this number is larger"),
        ("role r { } /// after", Code.MISPLACED_DOC, "/// after", "no declaration follows this `///` comment"),
        ("role r { /// last\n}", Code.MISPLACED_DOC, "/// last", "no declaration follows"),
        ("def f() { /// in\n x = 1 }", Code.MISPLACED_DOC, "/// in", "no declaration follows"),
        (
            "always X: a\n.\nb",
            Code.UNEXPECTED_TOKEN,
            ".",
            "unexpected `.`; expected an operator or the next declaration",
        ),
        ("/// doc\nvar x: bool = a\nfoo", Code.UNEXPECTED_TOKEN, "foo", "expected an operator or the next declaration"),
    ],
)
def test_what_is_said(text: str, code: Code, at: str, message: str) -> None:
    diagnostic = error(text)
    assert diagnostic.code is code
    assert diagnostic.span.text == at
    assert message in diagnostic.message


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("always X: all o: Op.p", Code.BINDER_STOP, "put a space after the full stop: `all o: Op. ...`"),
        ("always X: all o: Op.(q)", Code.BINDER_STOP, "put a space after the full stop: `all o: Op. ...`"),
        (
            "always X: all o in s.(q)",
            Code.UNEXPECTED_TOKEN,
            BINDER,
        ),
        (
            "always X: all o in s.p == 1",
            Code.UNEXPECTED_TOKEN,
            BINDER,
        ),
        (
            "always X: all o: Op p",
            Code.UNEXPECTED_TOKEN,
            BINDER,
        ),
        ("always X: m. op", Code.UNEXPECTED_TOKEN, "a field follows its full stop without a space"),
        ("always X: a = b", Code.UNEXPECTED_TOKEN, "`==` compares two values"),
        ("def f() { x == 1 }", Code.UNEXPECTED_TOKEN, "`=` gives a value to a variable"),
        ("always X: a && b", Code.FOREIGN_OPERATOR, "`and` joins two conditions"),
        ("always X: a || b", Code.FOREIGN_OPERATOR, "`or` joins two conditions"),
        ("always X: !a", Code.FOREIGN_OPERATOR, "`not` negates a condition, and `!=` compares"),
        ("always X: a -> b", Code.FOREIGN_OPERATOR, "write `implies`"),
        ("always X: a => b", Code.FOREIGN_OPERATOR, "`implies` is between two conditions, and `>=` compares"),
        ("def f() { x := 1 }", Code.FOREIGN_OPERATOR, "`=` assigns"),
        ("def f() { x = 1; }", Code.FOREIGN_OPERATOR, "statements and declarations need nothing between them"),
        ("/* a */", Code.FOREIGN_OPERATOR, "a comment begins with `//` and ends with its line"),
        ("always X: a ? b : c", Code.UNEXPECTED_TOKEN, "a condition is written `if p then a else b`"),
        (
            "always X: if a { b }",
            Code.UNEXPECTED_TOKEN,
            "a condition inside an expression is written `if p then a else b`",
        ),
        ("def f() { if a then b }", Code.UNEXPECTED_TOKEN, "as a statement: `if p { ... } else { ... }`"),
        ("def f() { x = 1, y = 2 }", Code.UNEXPECTED_TOKEN, "statements need nothing between them"),
        ("var x: set<Op>= {}", Code.UNEXPECTED_TOKEN, "put a space between `>` and `=`"),
        ("always X: a < b < c", Code.UNEXPECTED_TOKEN, "comparisons do not chain: `a < b and b < c`"),
        ("always X: a iff b implies c", Code.UNEXPECTED_TOKEN, "put one of the two in parentheses"),
        ("always X: a since b until c", Code.UNEXPECTED_TOKEN, "put one of the two in parentheses"),
        ("channel c: a -> b { orderd }", Code.UNEXPECTED_TOKEN, "did you mean `ordered`?"),
        ("expect X hold", Code.UNEXPECTED_TOKEN, "did you mean `holds`?"),
        ("expect X zzz", Code.UNEXPECTED_TOKEN, None),
        ("var count: bool = true", Code.RESERVED_WORD, "choose another name, for example `count_`"),
        ("always X: 1 .. 2", Code.UNEXPECTED_TOKEN, None),
    ],
)
def test_what_helps(text: str, code: Code, hint: str | None) -> None:
    diagnostic = error(text)
    assert (diagnostic.code, diagnostic.help) == (code, hint)


def test_where_a_forgotten_brace_was() -> None:
    diagnostic = error("role a {\n  action b() { x = 1\n  action c() { }\n}")
    assert diagnostic.span.line == 3
    [note] = diagnostic.notes
    assert (note.span.line, note.span.column, note.text) == (2, 14, "this `{` is still open")


def test_the_end_of_a_text_that_should_go_on() -> None:
    diagnostic = error("def f() { x = (1 + 2 // here\n\n")
    assert diagnostic.span.text == "("
    [note] = diagnostic.notes
    assert str(note.span) == "m.plait:1:21"
    assert note.text == "the file ends here; expected an operator or `)`"


def test_at_most_five_words_are_listed() -> None:
    diagnostic = error("channel c: a -> b { 1 }")
    assert diagnostic.message.endswith("or another word of the language")
