"""Text as the pictures set it: in one monospaced font whose widths are known, wrapped, and safe to show.

Every box of a picture is as large as its text, which is measured here and by nobody else.  Graphviz lays text out in
whole pixels, 96 to the inch.  At the three sizes of `SIZES` a column of DejaVu Sans Mono (0.602 em) is nearly a whole
number of them already, so that its measure, ours and that of an SVG's reader are one.
"""

from __future__ import annotations

import re
import unicodedata

FONT = "DejaVu Sans Mono"
SMALL, MEDIUM, LARGE = 8.75, 10.0, 13.75
SIZES = {SMALL: (5.25, 10.5), MEDIUM: (6.0, 12.75), LARGE: (8.25, 17.25)}
"""For each size, how wide a column is and how high a line; all in points."""

_WORD = re.compile(r"\s+|[^\s,]+ (?:=|->) [^\s,]+,*|[^\s,]*,+|[^\s,]+")
"""A line may end after a comma and before white space, but not within `name = value` and `key -> value`."""
_SEAM = re.compile(r"[^0-9A-Za-z](?=[0-9A-Za-z])|[a-z](?=[A-Z])")
"""Where a word that is too long is best cut: after a sign, or before a capital letter."""

_NAMED = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def visible(text: str) -> str:
    """The text with every character that prints nothing, or breaks a line, written as an escape."""
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return _NAMED.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")


def columns(text: str) -> int:
    """How many columns the text takes; wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width(lines: tuple[str, ...], size: float) -> float:
    """The width in points of lines set at `size` points."""
    return max((columns(line) for line in lines), default=0) * SIZES[size][0]


def height(lines: tuple[str, ...], size: float) -> float:
    """The height in points of lines set at `size` points."""
    return len(lines) * SIZES[size][1]


def wrap(text: str, limit: int, indent: int = 0) -> tuple[str, ...]:
    """The text in lines of at most `limit` columns; all but the first begin with `indent` spaces.

    Nothing is left out: a word that is too long is cut into pieces.
    """
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(visible(text)):
        for piece in _pieces(word, limit - indent):
            if columns(line + piece.rstrip()) > limit:
                lines.append(line.rstrip())
                line, piece = " " * indent, piece.lstrip()
            line += piece
    return tuple(_kept(lines, line.rstrip()))


def _kept(lines: list[str], last: str) -> list[str]:
    kept = [line for line in (*lines, last) if line.strip()]
    return kept or [""]


def _pieces(word: str, limit: int) -> list[str]:
    pieces = []
    while columns(word) > limit:
        cut = _cut(word, limit)
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def _cut(word: str, limit: int) -> int:
    """How many characters of a word go into a line: up to the last seam, if that leaves no line half empty."""
    most = max(1, next(end for end in range(len(word), 0, -1) if columns(word[:end]) <= limit or end == 1))
    seams = [match.end() for match in _SEAM.finditer(word, 0, most) if match.end() >= most / 2]
    return seams[-1] if seams else most
