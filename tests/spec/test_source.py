"""Places in a text: lines, columns, and the text of a line."""

import pytest
from hypothesis import given, strategies as st

from plait_spec.source import Source, Span

TEXT = "one\n\ttwo\r\n\nfour"


@pytest.mark.parametrize(
    ("offset", "line", "column"),
    [(0, 1, 1), (2, 1, 3), (3, 1, 4), (4, 2, 1), (5, 2, 2), (9, 2, 6), (10, 3, 1), (11, 4, 1), (15, 4, 5)],
)
def test_line_and_column(offset: int, line: int, column: int) -> None:
    source = Source("t", TEXT)
    assert (source.line_at(offset), source.column_at(offset)) == (line, column)
    span = source.span(offset, offset)
    assert (span.line, span.column) == (line, column)
    assert str(span) == f"t:{line}:{column}"


def test_the_text_of_a_line_is_without_its_end() -> None:
    source = Source("t", TEXT)
    assert [source.line_text(line) for line in (1, 2, 3, 4)] == ["one", "\ttwo", "", "four"]
    assert Source("t", "").line_text(1) == ""
    assert Source("t", "a\n").line_text(2) == ""


def test_a_span_over_lines() -> None:
    source = Source("t", TEXT)
    span = source.span(1, 7)
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 2, 2, 4)
    assert span.text == "ne\n\ttw"
    assert span.line_text == "one"


def test_the_end_of_a_span_at_the_end_of_a_line_is_on_that_line() -> None:
    span = Source("t", TEXT).span(0, 4)
    assert (span.end_line, span.end_column) == (1, 5)
    empty = Source("t", TEXT).span(4, 4)
    assert (empty.end_line, empty.end_column) == (2, 1)


def test_from_one_span_to_another() -> None:
    source = Source("t", TEXT)
    assert source.span(0, 1).to(source.span(5, 6)) == Span(source, 0, 6)


def test_a_source_is_known_by_its_name() -> None:
    assert repr(Source("a.plait", "long text")) == "Source('a.plait')"


@given(st.text(st.sampled_from("ab\n\r\té")), st.data())
def test_lines_and_columns_give_the_offset_back(text: str, data: st.DataObject) -> None:
    source = Source("t", text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = source.line_at(offset), source.column_at(offset)
    assert source.line_starts[line - 1] + column - 1 == offset
    assert text[:offset].count("\n") == line - 1
    assert source.line_text(line) == text.split("\n")[line - 1].removesuffix("\r")
