"""Text that is measured, wrapped and made visible."""

import pytest
from hypothesis import given, strategies as st

from plait.reports.lettering import columns, height, visible, width, wrap


@given(st.text(), st.integers(4, 40), st.integers(0, 2))
def test_wrapping_keeps_every_letter_and_the_limit(text: str, limit: int, indent: int) -> None:
    lines = wrap(text, limit, indent)
    assert "".join("".join(lines).split()) == "".join(visible(text).split())
    assert all(columns(line) <= limit for line in lines)
    assert lines


@given(st.text())
def test_visible_text_has_nothing_in_it_that_does_not_print(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("ask(o1)", 20, ("ask(o1)",)),
        ("", 20, ("",)),
        ("on Answer(o1, Pending)", 20, ("on Answer(o1,", "Pending)")),
        ("aVeryLongNameOfAVariable", 12, ("aVeryLong", "NameOf", "AVariable")),
        ("x: {a, b} → {a, b, c}", 12, ("x: {a, b} →", "  {a, b, c}")),
    ],
)
def test_lines_end_where_a_reader_would_end_them(text: str, limit: int, lines: tuple[str, ...]) -> None:
    assert wrap(text, limit, indent=2 if ":" in text else 0) == lines


def test_measures_are_those_of_the_font() -> None:
    assert width(("12345678", "1"), 8.75) == 42.0
    assert height(("1", "2"), 10.0) == 25.5
    assert columns("é→✖") == 3
    assert columns("漢") == 2
