"""A text of the language and places in it: `Source` and `Span`.

A span is a half-open range of characters. Lines and columns are found by bisection when somebody asks; both count from
1, and a column counts characters (a tab is one). Nothing here reads files or knows what the text means.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from plait_spec.record import record


@dataclass(frozen=True)
class Source:
    """A named text; the name is what diagnostics print, usually the path of a file."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of each line's first character."""
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return tuple(starts)

    def line_at(self, offset: int) -> int:
        """The number of the line that holds the character at `offset`."""
        return bisect_right(self.line_starts, offset)

    def column_at(self, offset: int) -> int:
        """The column of the character at `offset`."""
        return offset - self.line_starts[self.line_at(offset) - 1] + 1

    def line_text(self, line: int) -> str:
        """A line without its end."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def span(self, start: int, end: int) -> "Span":
        """The characters from `start` up to but not including `end`."""
        return Span(self, start, end)

    def __repr__(self) -> str:
        """The name only: texts are long."""
        return f"Source({self.name!r})"


@record
class Span:
    """The characters `start` to `end - 1` of a source; an empty span is a place between two characters."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line on which the span begins."""
        return self.source.line_at(self.start)

    @property
    def column(self) -> int:
        """The column at which the span begins."""
        return self.source.column_at(self.start)

    @property
    def end_line(self) -> int:
        """The line of the last character (of the start, if the span is empty)."""
        return self.source.line_at(max(self.start, self.end - 1))

    @property
    def end_column(self) -> int:
        """The column after the last character, on `end_line`."""
        return self.end - self.source.line_starts[self.end_line - 1] + 1

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def line_text(self) -> str:
        """The whole line on which the span begins."""
        return self.source.line_text(self.line)

    def to(self, other: "Span") -> "Span":
        """From the beginning of this span to the end of a later one."""
        return Span(self.source, self.start, other.end)

    def __str__(self) -> str:
        """`file:line:column`, as editors and compilers write it."""
        return f"{self.source.name}:{self.line}:{self.column}"
