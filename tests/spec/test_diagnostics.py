"""Diagnostics: the list of codes, the sink, and the text that points at a place."""

import re
import unicodedata

import pytest
from hypothesis import given, strategies as st

from plait_spec.diagnostics import Code, Diagnostic, Label, Severity, Sink, SpecError, printable, render
from plait_spec.source import Source


def shown(text: str, start: int, end: int) -> list[str]:
    """The rendered lines of an error at a place of a text."""
    span = Source("m.plait", text).span(start, end)
    return render(Diagnostic(Code.UNEXPECTED_TOKEN, "no", Label(span))).split("\n")


# ---- codes


def test_codes_are_told_apart_by_their_ids() -> None:
    ids = [code.id for code in Code]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"P[0-5]\d\d", id) for id in ids)
    assert ids == sorted(ids)


def test_every_code_says_what_it_is_about() -> None:
    assert all(code.title and not code.title.endswith(".") for code in Code)
    assert str(Code.UNEXPECTED_TOKEN) == "P004"


# ---- the sink


def test_a_sink_keeps_one_diagnostic_for_a_code_and_place_in_the_order_of_the_text() -> None:
    source = Source("m.plait", "abc")
    sink = Sink()
    sink.error(Code.UNEXPECTED_TOKEN, source.span(2, 3), "third")
    sink.error(Code.UNEXPECTED_END, source.span(0, 1), "second")
    sink.error(Code.UNEXPECTED_TOKEN, source.span(0, 1), "first", help="h", notes=(Label(source.span(1, 2), "n"),))
    sink.error(Code.UNEXPECTED_TOKEN, source.span(0, 1), "again")
    assert [found.message for found in sink.diagnostics] == ["first", "second", "third"]
    assert sink.has_errors
    with pytest.raises(SpecError) as caught:
        sink.raise_if_any()
    assert caught.value.diagnostics == sink.diagnostics
    assert str(caught.value).count("error P00") == 3


def test_warnings_do_not_stop_the_work() -> None:
    sink = Sink()
    sink.raise_if_any()
    sink.warning(Code.UNEXPECTED_TOKEN, Source("m.plait", "abc").span(0, 1), "careful")
    assert not sink.has_errors
    sink.raise_if_any()
    [found] = sink.diagnostics
    assert found.severity is Severity.WARNING
    assert "m.plait:1:1: warning P004: careful" in render(found)


# ---- the text


def test_an_error_with_notes_and_help() -> None:
    source = Source("m.plait", "var x: bool = y\nvar z: bool = x\n")
    diagnostic = Diagnostic(
        Code.UNEXPECTED_TOKEN,
        "`y` is not known",
        Label(source.span(14, 15), "here"),
        (Label(source.span(20, 21), "this one is"),),
        "write `z`",
    )
    assert render(diagnostic) == (
        "m.plait:1:15: error P004: `y` is not known\n"
        " 1 | var x: bool = y\n"
        "   |               ^ here\n"
        "m.plait:2:5: note: this one is\n"
        " 2 | var z: bool = x\n"
        "   |     -\n"
        "help: write `z`"
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "line", "mark"),
    [
        ("ab cd", 3, 5, "ab cd", "   ^^"),
        ("ab cd\nef", 3, 8, "ab cd", "   ^^"),  # only the first line of a span is shown
        ("ab cd", 5, 5, "ab cd", "     ^"),  # the end of the text
        ("", 0, 0, "", "^"),
        ("a\tb\tc", 4, 5, "a    b    c", "          ^"),
        ("a\tb", 1, 2, "a    b", " ^^^^"),
        ("a\x1b[2Jb", 5, 6, "a\\x1b[2Jb", "        ^"),
        ("a\u202eb", 2, 3, "a\\u202eb", "       ^"),  # what would turn the line around
        ("日本 = x", 5, 6, "日本 = x", "       ^"),  # two columns each
        ("日本 = x", 0, 1, "日本 = x", "^^"),
        ("e\u0301 = x", 5, 6, "e\u0301 = x", "    ^"),  # no column of its own
        ("e\u0301", 1, 2, "e\u0301", " ^"),
        ("\ud800", 0, 1, "\\ud800", "^^^^^^"),
        ("ab\r\ncd", 1, 2, "ab", " ^"),
    ],
)
def test_the_mark_is_under_the_place(text: str, start: int, end: int, line: str, mark: str) -> None:
    _, source_line, mark_line = shown(text, start, end)
    assert source_line == f" 1 | {line}".rstrip()
    assert mark_line == f"   | {mark}"


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a" * 200 + "XYZ" + "b" * 200
    _, line, mark = shown(text, 200, 203)
    assert line.startswith(" 1 | ...aaa")
    assert line.endswith("bbb...")
    assert len(line) < 120
    assert line[mark.index("^") : mark.rindex("^") + 1] == "XYZ"


def test_a_long_line_is_not_cut_where_it_begins_or_ends() -> None:
    text = "XYZ" + "b" * 200
    _, line, mark = shown(text, 0, 3)
    assert line.startswith(" 1 | XYZbbb")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "XYZ"
    _, line, mark = shown("a" * 200 + "XYZ", 200, 203)
    assert line.endswith("aXYZ")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "XYZ"


def test_a_long_place_ends_with_the_window() -> None:
    _, line, mark = shown("a" * 500, 10, 490)
    assert len(mark) <= len(line) <= 120


def test_names_and_messages_cannot_move_the_cursor() -> None:
    span = Source("m\x1b.plait", "a").span(0, 1)
    text = render(Diagnostic(Code.UNEXPECTED_TOKEN, "bad \x07", Label(span, "\x08"), help="\x00"))
    assert not any(unicodedata.category(character) == "Cc" for character in text if character != "\n")
    assert printable("a\nb") == "a\\nb"


@given(st.text(), st.data())
def test_any_text_is_shown_as_lines_without_control_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    lines = shown(text, start, end)
    assert len(lines) == 3
    assert "^" in lines[2]
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for line in lines for character in line)
