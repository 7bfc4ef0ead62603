"""What a picture is made of: boxes with text and lines, at coordinates in points, and how each style looks.

    Picture = width, height, boxes, lines        y grows downward, as time does
    Box     = centre, size, lines of text, style
    Line    = two or more points, style

`layout` makes pictures, `diagram` writes them down.  A box of a style without stroke and fill is a piece of text.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait.reports import lettering
from plait.reports.lettering import LARGE, MEDIUM, SMALL
from plait_spec.record import record

INK = "#1f2933"
QUIET = "#5f6c7b"
FADED_INK = "#aeb6bf"
FADED_STROKE = "#d9dee3"
RED = "#b42318"
ORANGE = "#b54708"
GREEN = "#1b6e3c"
GREY = "#7b8794"
RULE = "#edf0f3"
LIFE = "#c3ccd6"
WHITE = "#ffffff"

HAIR = 0.4
"""How much larger a box is than what is in it, so that rounding never makes it smaller."""

Align: TypeAlias = Literal["left", "middle", "right"]
Point: TypeAlias = tuple[float, float]


@record
class BoxStyle:
    """How a box and its text look; `pad` is the space between text and border at each side."""

    size: float
    ink: str
    fill: str | None = None
    stroke: str | None = None
    border: Literal["solid", "dashed"] = "solid"
    rounded: bool = False
    align: Align = "middle"
    pad: tuple[float, float] = (0.0, 0.0)


@record
class LineStyle:
    """How a line looks; `head` puts an arrow head at its last point."""

    color: str
    width: float = 1.0
    dash: Literal["solid", "dashed", "dotted"] = "solid"
    head: bool = False


_STEP_PAD = (6.0, 4.5)
_LABEL_PAD = (2.0, 0.5)

BOX_STYLES: dict[str, BoxStyle] = {
    "title": BoxStyle(LARGE, INK, align="left"),
    "title-broken": BoxStyle(LARGE, RED, align="left"),
    "what": BoxStyle(MEDIUM, INK, align="left"),
    "about": BoxStyle(SMALL, QUIET, align="left"),
    "lane": BoxStyle(MEDIUM, WHITE, fill="#3e4c59", stroke="#3e4c59", pad=(7.0, 6.0)),
    "caption": BoxStyle(SMALL, QUIET, align="left"),
    "number": BoxStyle(SMALL, QUIET, align="right"),
    "number-broken": BoxStyle(SMALL, RED, align="right"),
    "step": BoxStyle(SMALL, INK, fill="#eef3f8", stroke="#52667a", pad=_STEP_PAD),
    "environment": BoxStyle(SMALL, INK, fill="#fdf6e3", stroke="#a07d1c", border="dashed", rounded=True, pad=_STEP_PAD),
    "fault": BoxStyle(SMALL, RED, fill="#fdecea", stroke=RED, rounded=True, pad=_STEP_PAD),
    "copy": BoxStyle(SMALL, ORANGE, fill="#fff4e8", stroke=ORANGE, rounded=True, pad=_STEP_PAD),
    "change": BoxStyle(SMALL, GREEN, align="left"),
    "change-broken": BoxStyle(SMALL, RED, align="left"),
    "message": BoxStyle(SMALL, INK, fill=WHITE, pad=_LABEL_PAD),
    "duplicate": BoxStyle(SMALL, ORANGE, fill=WHITE, pad=_LABEL_PAD),
    "lost": BoxStyle(SMALL, RED, fill=WHITE, pad=_LABEL_PAD),
    "flying": BoxStyle(SMALL, QUIET, fill=WHITE, pad=_LABEL_PAD),
    "cross": BoxStyle(LARGE, RED),
    "loop": BoxStyle(SMALL, RED, align="left"),
    "footer": BoxStyle(MEDIUM, RED, align="left"),
    "footer-value": BoxStyle(SMALL, RED, align="left"),
    "reached": BoxStyle(MEDIUM, GREEN, align="left"),
    "reached-value": BoxStyle(SMALL, GREEN, align="left"),
}

LINE_STYLES: dict[str, LineStyle] = {
    "rule": LineStyle(RULE),
    "end": LineStyle(LIFE),
    "life": LineStyle(LIFE, 1.4),
    "down": LineStyle(RED, 1.2, "dotted"),
    "reach": LineStyle("#f0a8a0", 1.0, "dotted"),
    "break": LineStyle(RED, 1.2, "dashed"),
    "message": LineStyle(INK, 1.1, head=True),
    "duplicate": LineStyle(ORANGE, 1.1, "dashed", head=True),
    "lost": LineStyle(RED, 1.1, "dashed"),
    "flying": LineStyle(GREY, 1.0, head=True),
    "loop": LineStyle(RED, 1.4, head=True),
    "separator": LineStyle(LIFE, 0.8),
}


@record
class Box:
    """A rectangle around a centre; `faded` greys it out."""

    id: str
    x: float
    y: float
    width: float
    height: float
    style: str
    lines: tuple[str, ...] = ()
    faded: bool = False

    def moved(self, down: float) -> Box:
        """The same box further down."""
        return Box(self.id, self.x, self.y + down, self.width, self.height, self.style, self.lines, self.faded)


@record
class Line:
    """A line through its points in order; `faded` greys it out."""

    id: str
    points: tuple[Point, ...]
    style: str
    faded: bool = False

    def moved(self, down: float) -> Line:
        """The same line further down."""
        return Line(self.id, tuple((x, y + down) for x, y in self.points), self.style, self.faded)


@record
class Picture:
    """All that is drawn, the lines before the boxes and each in their order."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def size_of(lines: tuple[str, ...], style: str) -> tuple[float, float]:
    """Width and height of a box of this style that holds the lines."""
    look = BOX_STYLES[style]
    across, down = look.pad
    wide, high = lettering.width(lines, look.size), lettering.height(lines, look.size)
    return wide + 2 * across + HAIR, high + 2 * down + HAIR


def text_box(id: str, at: Point, lines: tuple[str, ...], style: str, faded: bool = False) -> Box:
    """A box as large as its text: around `at`; a left-aligned one has its top left corner there."""
    wide, high = size_of(lines, style)
    x, y = at
    if BOX_STYLES[style].align == "left":
        x, y = x + wide / 2, y + high / 2
    return Box(id, x, y, wide, high, style, lines, faded)
