"""Trace to the DOT text of its sequence diagram.

`layout` decides where everything goes; here it is only written down, for the `neato` layout with every node pinned,
and boxes of fixed sizes.  Lines run between points without extent, so that they end exactly where the picture says.
The text is a function of the trace: equal traces give equal text.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from plait.reports import lettering
from plait.reports.layout import layout
from plait.reports.shapes import (
    BOX_STYLES,
    FADED_INK,
    FADED_STROKE,
    LINE_STYLES,
    WHITE,
    Box,
    Line,
    Picture,
    Point,
)
from plait.trace import Trace

_ENDS = {"left": r"\l", "middle": r"\n", "right": r"\r"}
_POINTS_PER_INCH = 72


def dot_text(trace: Trace, causal: bool = False) -> str:
    """The DOT text of a trace; `causal` greys out the steps outside the causal past of the violation."""
    return to_dot(layout(trace, causal))


def to_dot(picture: Picture) -> str:
    """The DOT text of a picture."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "digraph plait {"
    yield (
        "  graph [layout=neato, inputscale=72, splines=line, outputorder=edgesfirst, "
        f'pad=0, margin=0, bgcolor="{WHITE}"]'
    )
    yield (
        "  node [shape=box, style=invis, fixedsize=true, margin=0, penwidth=0, "
        f'width=0, height=0, fontname="{lettering.FONT}", label=""]'
    )
    yield "  edge [arrowhead=none, arrowsize=0.7]"
    yield f"  corner0 [{_position(picture, (0, 0))}]"
    yield f"  corner1 [{_position(picture, (picture.width, picture.height))}]"
    for line in picture.lines:
        yield from _line(picture, line)
    for box in picture.boxes:
        yield _box(picture, box)
    yield "}"


def _line(picture: Picture, line: Line) -> Iterator[str]:
    names = [f"{line.id}_{index}" for index in range(len(line.points))]
    for name, point in zip(names, line.points, strict=True):
        yield f"  {name} [{_position(picture, point)}]"
    for one, other in pairwise(names):
        yield f"  {one} -> {other} [{_line_look(line, other == names[-1])}]"


def _line_look(line: Line, last: bool) -> str:
    look = LINE_STYLES[line.style]
    parts = [f'color="{FADED_STROKE if line.faded else look.color}"', f"penwidth={look.width:g}"]
    parts += [f"style={look.dash}"] if look.dash != "solid" else []
    parts += ["arrowhead=normal"] if look.head and last else []
    return ", ".join(parts)


def _box(picture: Picture, box: Box) -> str:
    size = f"width={box.width / _POINTS_PER_INCH:.4f}, height={box.height / _POINTS_PER_INCH:.4f}"
    parts = [_position(picture, (box.x, box.y)), size, *_box_look(box), f'label="{_label(box)}"']
    return f"  {box.id} [{', '.join(parts)}]"


def _box_look(box: Box) -> Iterator[str]:
    look = BOX_STYLES[box.style]
    solid = look.ink == WHITE  # white on a dark ground
    yield f"fontsize={look.size:g}"
    yield f'fontcolor="{FADED_INK if box.faded and not solid else look.ink}"'
    styles = ["filled", *(["rounded"] if look.rounded else []), *(["dashed"] if look.border == "dashed" else [])]
    yield f'style="{",".join(styles)}", fillcolor="{_fill(box)}"'
    if look.stroke is not None:
        yield f'color="{FADED_STROKE if box.faded else look.stroke}"'
        yield "penwidth=1"


def _fill(box: Box) -> str:
    look = BOX_STYLES[box.style]
    if look.fill is None:
        return "transparent"
    return WHITE if box.faded else look.fill


def _label(box: Box) -> str:
    end = _ENDS[BOX_STYLES[box.style].align]
    return end.join(_escaped(line) for line in box.lines) + (end if end != r"\n" else "")


def _escaped(text: str) -> str:
    """Text as a label shows it: a label knows escapes and entities of its own."""
    plain = lettering.visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return plain.replace("&", "&amp;")


def _position(picture: Picture, point: Point) -> str:
    """A pinned position; Graphviz counts upward."""
    x, y = point
    return f'pos="{x:.2f},{picture.height - y:.2f}!"'
