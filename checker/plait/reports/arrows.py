"""The arrows of a diagram and their labels: messages to lines across the grid, with each label where it hides nothing.

An arrow runs from the row that sends to the row that receives, so that one message that overtakes another crosses its
line.  A message that is lost ends in a cross on its way, one that is in flight at the end runs to the bottom edge.

A label stands on its line, between 36 and 50 % of it where there is room.  Labels for which there is none are
handed back with the row that should be given more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import dist

from plait.reports.causality import origin
from plait.reports.grid import ASIDE, GAP, Column, Grid, message_lines, standing_on
from plait.reports.shapes import Box, Line, Point, size_of, text_box
from plait.trace import Message, Trace
from plait_spec.record import record

SIDESTEP, LOOPS = (14.0, 7.0), 3
"""How far beside its lane a message runs that a lane sends to itself, and each of the next few."""
SPREAD = 4.0
"""Arrows leave a box a little below its middle and arrive a little above."""

MUCH = 0.3
"""The share of an arrow that the label of another one should not hide."""

_PLACES = tuple(percent / 100 for percent in (43, 40, 46, 38, 48, 36, 50, 53, 33, 57, 30, 61, 26, 66, 22, 71, 18, 78))


@record
class Route:
    """The way of a message; `beside` if its label stands right of the line."""

    message: Message
    points: tuple[Point, ...]
    style: str
    faded: bool
    beside: bool = False

    @property
    def id(self) -> str:
        """The name of its line."""
        return f"message{self.message.id}"


def routes(trace: Trace, grid: Grid, past: frozenset[int]) -> list[Route]:
    """The way of every message, in the order of `trace.messages`."""
    return [_route(trace, grid, message, past) for message in trace.messages]


def _route(trace: Trace, grid: Grid, message: Message, past: frozenset[int]) -> Route:
    sent = origin(trace, message).sent
    faded = not (sent == 0 or {sent, message.sent} & past) or not (message.ended is None or message.ended in past)
    own = message.sender == message.receiver
    points = _to_itself(trace, grid, message, sent) if own else _across(trace, grid, message, sent)
    return Route(message, points, _style(message), faded, own)


def _style(message: Message) -> str:
    match message.end:
        case "lost" | "cleared":
            return "lost"
        case "in flight":
            return "flying"
        case "delivered":
            return "duplicate" if message.copy_of is not None else "message"


def _across(trace: Trace, grid: Grid, message: Message, sent: int) -> tuple[Point, ...]:
    here, there = grid.columns[message.sender].x, grid.columns[message.receiver].x
    x, y = grid.edge(message.sender, sent, there)
    start = x, y + SPREAD
    if message.end == "delivered":
        x, y = grid.edge(message.receiver, message.ended or 0, here)
        end = x, y - SPREAD
    else:
        end = _stop(trace, grid, message), _end(grid, message, sent)
    return start, *_detours(grid, start, end, message.id), end


def _end(grid: Grid, message: Message, sent: int) -> float:
    """How far down a message gets that does not arrive."""
    if message.ended is None:
        return grid.bottom
    row = grid.row(message.ended)
    return row.y + row.height / 2 + GAP * 0.6 if message.ended <= sent else row.y


def _stop(trace: Trace, grid: Grid, message: Message) -> float:
    """How far across a message gets that does not arrive: the further the earlier it was sent."""
    fellows = _fellows(trace, message)
    here, there = grid.columns[message.sender], grid.columns[message.receiver]
    left, right = (here, there) if here.x < there.x else (there, here)
    low, high = left.x + left.half, right.x - right.half
    if len(fellows) == 1:
        share = 0.66 if here is left else 0.34
    else:
        share = 0.1 + 0.8 * fellows.index(message) / (len(fellows) - 1)
    return low + share * (high - low)


def _fellows(trace: Trace, message: Message) -> list[Message]:
    """The messages that end undelivered between the same lanes in the same row, from left to right."""
    pair = {message.sender, message.receiver}
    fellows = [
        other
        for other in trace.messages
        if other.end != "delivered" and other.ended == message.ended and {other.sender, other.receiver} == pair
    ]
    first = min(pair, key=trace.lanes.index) if pair <= set(trace.lanes) else min(pair)
    leftward = [other for other in fellows if other.receiver == first]
    rightward = [other for other in fellows if other.receiver != first]
    return sorted(leftward, key=_age) + sorted(rightward, key=_age, reverse=True)


def _age(message: Message) -> tuple[int, int]:
    return message.sent, message.id


def _detours(grid: Grid, start: Point, end: Point, nudge: int) -> Iterator[Point]:
    """Where a line turns to pass between the boxes of the lanes on its way instead of behind one of them."""
    low, high = min(start[0], end[0]), max(start[0], end[0])
    columns = [
        (lane, column)
        for lane, column in grid.columns.items()
        if lane is not None and low < column.x - column.half and column.x + column.half < high
    ]
    at = start
    for lane, column in columns if start[0] < end[0] else reversed(columns):
        across = (column.x - at[0]) / (end[0] - at[0])
        y = at[1] + across * (end[1] - at[1])
        if _blocked(grid, lane, column, (at, end)):
            gaps = [gap for gap in _gaps(grid) if at[1] < gap < end[1]]
            if gaps:
                y = min(gaps, key=lambda gap: abs(gap - y)) + 4 * (nudge % 3 - 1)
                side = column.half + 5 if start[0] < end[0] else -column.half - 5
                yield column.x - side, y
                yield column.x + side, y
                at = column.x + side, y


def _blocked(grid: Grid, lane: str, column: Column, line: tuple[Point, Point]) -> bool:
    for number, step in grid.steps.items():
        if lane in standing_on(step):
            y, high = grid.row(number).y, grid.heights[number]
            if _inside(Box("", column.x, y, 2 * column.half, high, "step"), line) > 0:
                return True
    return False


def _gaps(grid: Grid) -> Iterator[float]:
    """The middles between the rows."""
    for above, below in pairwise(grid.rows):
        yield (above.y + above.height / 2 + below.y - below.height / 2) / 2


def _to_itself(trace: Trace, grid: Grid, message: Message, sent: int) -> tuple[Point, ...]:
    column = grid.columns[message.sender]
    right = column.x + column.half
    beside = right + SIDESTEP[0] + SIDESTEP[1] * (_own(trace, message).index(message) % LOOPS)
    top = grid.row(sent).y + SPREAD
    if message.end != "delivered":
        return (right, top), (beside, top + 8), (beside, _end(grid, message, sent))
    low = grid.row(message.ended or 0).y - SPREAD
    return (right, top), (beside, top + 8), (beside, low - 8), (right, low)


def _own(trace: Trace, message: Message) -> list[Message]:
    """The messages that a lane sends to itself."""
    return [other for other in trace.messages if other.sender == other.receiver == message.sender]


def lines_of(ways: Sequence[Route]) -> Iterator[Line]:
    """The lines of the routes."""
    for way in ways:
        yield Line(way.id, way.points, way.style, way.faded)


def reaches(trace: Trace, grid: Grid, ways: Sequence[Route]) -> Iterator[Line]:
    """From each step that belongs to no lane, a line to the messages that it takes away."""
    ends = {way.message.id: way for way in ways}
    for step in trace.steps:
        if step.removed and not standing_on(step):
            column, y = grid.columns[ASIDE], grid.row(step.number).y
            far = max(ends[id].points[-1][0] for id in step.removed)
            faded = all(ends[id].faded for id in step.removed)
            yield Line(f"reach{step.number}", ((column.x + column.half, y), (far, y)), "reach", faded)


def end_marks(trace: Trace, ways: Sequence[Route]) -> Iterator[Box]:
    """A cross at the end of each message that is lost or cleared, and a word for those that are so together."""
    for way in ways:
        if way.style == "lost":
            yield text_box(f"{way.id}_cross", way.points[-1], ("✖",), "cross", way.faded)
    for way in ways:
        fellows = _fellows(trace, way.message)
        if way.style == "lost" and fellows[0] is way.message:
            ends = [other.points[-1] for other in ways if other.message in fellows]
            x, y = sum(x for x, _ in ends) / len(ends), max(y for _, y in ends)
            word = (way.message.end,)
            at = (x + 12 + size_of(word, "lost")[0] / 2, y) if way.beside else (x, y + 15)
            yield text_box(f"{way.id}_end", at, word, "lost", way.faded)


@record
class Labels:
    """The label of each route.

    Below the `tight` rows there is no room for some; below the `dense` ones some hide much of another arrow.
    """

    boxes: tuple[Box, ...]
    tight: frozenset[int]
    dense: frozenset[int]


def place_labels(grid: Grid, ways: Sequence[Route], taken: Sequence[Box]) -> Labels:
    """A place for each label, as free as there is."""
    placed: list[Box] = []
    tight, dense = set(), set()
    taken = [*taken, *_heads(ways)]
    for way in ways:
        choices = [_label(way, place) for place in _PLACES]
        free = [box for box in choices if not any(overlap(box, other) for other in (*taken, *placed))]
        best = min(free or choices, key=lambda box: _hidden(box, way, ways))
        placed.append(best)
        if not free:
            tight.add(_row_above(grid, choices[0].y))
        if _smothers(best, way, ways):
            dense.add(_row_above(grid, best.y))
    return Labels(tuple(placed), frozenset(tight), frozenset(dense))


def _smothers(box: Box, own: Route, ways: Sequence[Route]) -> bool:
    """Whether a label hides so much of another arrow that it is hard to follow."""
    others = [way.points for way in ways if way is not own]
    lengths = [(_inside(box, points), sum(dist(one, other) for one, other in pairwise(points))) for points in others]
    return any(hidden > MUCH * length for hidden, length in lengths)


def _heads(ways: Sequence[Route]) -> Iterator[Box]:
    """The room that the arrow heads need."""
    for way in ways:
        x, y = way.points[-1]
        yield Box("", x, y - 2, 10.0, 8.0, "message")


def crowded(grid: Grid, marks: Sequence[Box], solid: Sequence[Box]) -> set[int]:
    """The rows below which the words at the ends of arrows touch a box."""
    words = [mark for mark in marks if mark.style != "cross"]
    return {_row_above(grid, word.y) for word in words if any(overlap(word, box, 0.0) for box in solid)}


def _label(way: Route, place: float) -> Box:
    lines, style = message_lines(way.message), way.style
    x, y = _at(way.points[1:3] if way.beside else way.points, place)
    if way.beside:
        x += size_of(lines, style)[0] / 2 + 4 + SIDESTEP[1] * (LOOPS - 1)
    return text_box(f"{way.id}_label", (x, y), lines, style, way.faded)


def _at(points: Sequence[Point], place: float) -> Point:
    """The point of a line after a share of its length."""
    left = place * sum(dist(one, other) for one, other in pairwise(points))
    for one, other in pairwise(points):
        length = dist(one, other)
        if left <= length and length > 0:
            share = left / length
            return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])
        left -= length
    return points[-1]


def _row_above(grid: Grid, y: float) -> int:
    return max((number for number, row in enumerate(grid.rows) if row.y <= y), default=0)


def overlap(one: Box, other: Box, space: float = 1.5) -> bool:
    """Whether two boxes come nearer to each other than `space`."""
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 + space
        and abs(one.y - other.y) < (one.height + other.height) / 2 + space
    )


def _hidden(box: Box, own: Route, ways: Sequence[Route]) -> float:
    """How much of the arrows a label would hide, its own counting half; ties go to the first of `_PLACES`."""
    return round(sum(_inside(box, way.points) * (0.5 if way is own else 1.0) for way in ways))


def _inside(box: Box, points: Sequence[Point]) -> float:
    """The length of what of a line is within a box."""
    return sum(_share_inside(box, one, other) * dist(one, other) for one, other in pairwise(points))


def _share_inside(box: Box, start: Point, end: Point) -> float:
    """The share of a straight line that is within a box: what the four sides leave of it."""
    enter, leave = 0.0, 1.0
    sizes = (box.width / 2, box.height / 2)
    for begin, stop, middle, half in zip(start, end, (box.x, box.y), sizes, strict=True):
        if begin == stop:
            if abs(begin - middle) > half:
                return 0.0
            continue
        sides = sorted(((middle - half - begin) / (stop - begin), (middle + half - begin) / (stop - begin)))
        enter, leave = max(enter, sides[0]), min(leave, sides[1])
    return max(0.0, leave - enter)
