"""Trace to picture: a sequence diagram with everything at its place, from title to footer.

The grid (`grid`) comes first, then the arrows and their labels (`arrows`); where a label finds no room, the grid is
made again with more of it.  Then the steps' boxes, the changes, and above and below them what the run is about.
Non-goal: how it is written down (`diagram`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plait.reports import lettering
from plait.reports.arrows import Route, crowded, end_marks, lines_of, place_labels, reaches, routes
from plait.reports.causality import causal_past, loop_steps
from plait.reports.grid import (
    ASIDE,
    MARGIN,
    NUMBERS,
    Grid,
    change_lines,
    lane_lines,
    make_grid,
    notes,
    shown_lanes,
    standing_on,
)
from plait.reports.shapes import BOX_STYLES, Box, Line, Picture, Point, size_of, text_box
from plait.trace import Change, Step, Trace
from plait_spec.record import record

NARROWEST = 520.0
WITNESSES = frozenset({"reachable", "measure"})
"""Kinds of which the trace is good news."""

MORE_ROOM, MOST_ROOM, MOST_AIR = 11.0, 330.0, 33.0
"""What a row is given at a time; at most where labels have no room; and at most where they hide much."""


def layout(trace: Trace, causal: bool = False) -> Picture:
    """The picture of a trace; `causal` greys out the steps that had no part in the violation."""
    past = causal_past(trace) if causal else frozenset(step.number for step in trace.steps)
    body = _Body(trace, past)
    grid, ways, labels = _with_room(body)
    boxes = [*body.boxes(grid), *end_marks(trace, ways), *labels]
    lines = [*body.lines(grid), *reaches(trace, grid, ways), *lines_of(ways)]
    width = max(grid.right, NARROWEST)
    head = list(_head(trace, width))
    top = _bottom(head) + 16
    boxes = [box.moved(top) for box in boxes]
    foot_top = max(grid.bottom + top, _bottom(boxes)) + 22
    foot = list(_foot(trace, width, foot_top))
    rule = Line("separator", ((MARGIN, foot_top - 10), (width - MARGIN, foot_top - 10)), "separator")
    moved = [line.moved(top) for line in lines]
    everything = (*head, *boxes, *foot)
    return Picture(width, _bottom(everything) + MARGIN, everything, (*moved, rule))


def _bottom(boxes: Sequence[Box]) -> float:
    return max((box.y + box.height / 2 for box in boxes), default=0.0)


def _with_room(body: _Body) -> tuple[Grid, list[Route], tuple[Box, ...]]:
    extra: dict[int, float] = {}
    while True:
        grid = make_grid(body.trace, extra)
        ways = routes(body.trace, grid, body.past)
        marks = list(end_marks(body.trace, ways))
        solid = list(body.boxes(grid))
        labels = place_labels(grid, ways, [*solid, *marks])
        tight = labels.tight | crowded(grid, marks, solid)
        most = {number: MOST_ROOM if number in tight else MOST_AIR for number in tight | labels.dense}
        widened = {number: extra.get(number, 0.0) + MORE_ROOM for number in most}
        widened = {number: room for number, room in widened.items() if room <= most[number]}
        if not widened:
            return grid, ways, labels.boxes
        extra |= widened


@record
class _Body:
    """What the grid holds beside the arrows."""

    trace: Trace
    past: frozenset[int]

    def boxes(self, grid: Grid) -> Iterator[Box]:
        for index, lane in enumerate(shown_lanes(self.trace)):
            column, row = grid.columns[lane], grid.row(0)
            yield Box(f"lane{index}", column.x, row.y, 2 * column.half, row.height, "lane", lane_lines(lane))
        if any(step.changes for step in self.trace.steps):
            yield self._caption(grid, "changes", grid.row(0).y)
        texts, changes = notes(self.trace), change_lines(self.trace)
        for step in self.trace.steps:
            yield self._number(grid, step)
            yield from self._notes(grid, step, texts[step.number])
            yield from self._changes(grid, step, changes[step.number])
        yield from self._loop_boxes(grid)
        if self._flying():
            yield self._caption(grid, "in flight at the end", grid.bottom)

    def _flying(self) -> bool:
        return any(message.end == "in flight" for message in self.trace.messages)

    def lines(self, grid: Grid) -> Iterator[Line]:
        for step in self.trace.steps:
            y = grid.row(step.number).y
            yield Line(f"rule{step.number}", ((grid.numbers + 4, y), (grid.changes - 8, y)), "rule")
        for index, lane in enumerate(shown_lanes(self.trace)):
            yield from self._life(grid, index, lane)
        if self._flying():
            yield self._floor(grid)
        for step in self.trace.steps:
            yield from self._break(grid, step)
        yield from self._loop_lines(grid)

    def _faded(self, step: Step) -> bool:
        return step.number not in self.past

    def _caption(self, grid: Grid, text: str, y: float) -> Box:
        high = size_of((text,), "caption")[1]
        return text_box(f"caption_{text.partition(' ')[0]}", (grid.changes, y - high / 2), (text,), "caption")

    def _number(self, grid: Grid, step: Step) -> Box:
        last = step is self.trace.steps[-1] and not _is_witness(self.trace)
        style = "number-broken" if last else "number"
        wide, high = NUMBERS, size_of(("1",), style)[1]
        x, y = grid.numbers - wide / 2, grid.row(step.number).y
        return Box(f"number{step.number}", x, y, wide, high, style, (str(step.number),), self._faded(step))

    def _notes(self, grid: Grid, step: Step, lines: tuple[str, ...]) -> Iterator[Box]:
        style = _style(step)
        high = size_of(lines, style)[1]
        for index, lane in enumerate(standing_on(step) or (ASIDE,)):
            column = grid.columns[lane]
            name = f"step{step.number}" + (f"_{index}" if index else "")
            y = grid.row(step.number).y
            yield Box(name, column.x, y, 2 * column.half, high, style, lines, self._faded(step))

    def _changes(self, grid: Grid, step: Step, texts: tuple[tuple[str, ...], ...]) -> Iterator[Box]:
        y = grid.row(step.number).y - sum(size_of(lines, "change")[1] for lines in texts) / 2
        for index, (change, lines) in enumerate(zip(step.changes, texts, strict=True)):
            style = "change-broken" if _breaks(self.trace, step, change) else "change"
            box = text_box(f"change{step.number}_{index}", (grid.changes, y), lines, style, self._faded(step))
            y += box.height
            yield box

    def _life(self, grid: Grid, index: int, lane: str) -> Iterator[Line]:
        """A lane's line in pieces: dotted from a crash to the restart."""
        x, y = grid.columns[lane].x, grid.row(0).y
        style, piece = "life", 0
        for step in self.trace.steps:
            if lane in standing_on(step) and step.kind in ("crash", "restart"):
                below = grid.row(step.number).y
                yield Line(f"life{index}_{piece}", ((x, y), (x, below)), style)
                style, y, piece = ("down" if step.kind == "crash" else "life"), below, piece + 1
        yield Line(f"life{index}_{piece}", ((x, y), (x, grid.bottom)), style)

    def _floor(self, grid: Grid) -> Line:
        lanes = [grid.columns[lane] for lane in shown_lanes(self.trace)]
        left = min(column.x - column.half for column in lanes)
        return Line("end", ((left, grid.bottom), (grid.changes - 8, grid.bottom)), "end")

    def _break(self, grid: Grid, step: Step) -> Iterator[Line]:
        lanes = standing_on(step)
        if step.kind == "break" and len(lanes) > 1:
            y = grid.row(step.number).y
            ends = sorted(grid.columns[lane].x for lane in lanes)
            yield Line(f"break{step.number}", ((ends[0], y), (ends[-1], y)), "break", self._faded(step))

    def _loop_lines(self, grid: Grid) -> Iterator[Line]:
        """The bracket around what repeats: from below the last row up and to the first one."""
        rows = [grid.row(number) for number in loop_steps(self.trace)]
        if rows:
            left, right = MARGIN + 2, grid.numbers - 16
            top, low = rows[0].y, rows[-1].y
            yield Line("loop", ((right, low), (left, low), (left, top), (right, top)), "loop")

    def _loop_boxes(self, grid: Grid) -> Iterator[Box]:
        if self.trace.loop is not None:
            below = grid.row(len(self.trace.steps))
            yield text_box("loop", (MARGIN, below.y + below.height / 2 + 6), (_loop_text(self.trace),), "loop")


def _loop_text(trace: Trace) -> str:
    return "↺ repeats for ever" if loop_steps(trace) else "↺ stays so for ever"


def _style(step: Step) -> str:
    match step.kind:
        case "crash" | "restart" | "lose" | "break":
            return "fault"
        case "duplicate":
            return "copy"
        case "action" | "handler":
            return "environment" if step.environment else "step"


def _breaks(trace: Trace, step: Step, change: Change) -> bool:
    """Whether this is the change that breaks the property: of the last step, in a place that the property reads."""
    if step is not trace.steps[-1] or _is_witness(trace):
        return False
    names = {change.place, f"next({change.place})"}
    return any(place in names for place, _ in trace.broken.values)


def _is_witness(trace: Trace) -> bool:
    return trace.kind in WITNESSES


def _head(trace: Trace, wide: float) -> Iterator[Box]:
    yield from _paragraphs("head", _title(trace), wide, MARGIN)


def _foot(trace: Trace, wide: float, top: float) -> Iterator[Box]:
    yield from _paragraphs("foot", _reason(trace), wide, top)


def _paragraphs(name: str, texts: Iterator[tuple[str, str, int]], wide: float, top: float) -> Iterator[Box]:
    """Texts of (style, text, indent in columns) below one another."""
    for index, (style, text, indent) in enumerate(texts):
        column, _ = lettering.SIZES[BOX_STYLES[style].size]
        limit = int((wide - 2 * MARGIN) / column) - indent
        at: Point = (MARGIN + indent * column, top)
        box = text_box(f"{name}{index}", at, lettering.wrap(text, limit, indent=2), style)
        yield box
        top += box.height + (5 if style.startswith("title") else 2)


def _title(trace: Trace) -> Iterator[tuple[str, str, int]]:
    if _is_witness(trace):
        yield "title", f"{trace.goal}: an example", 0
    elif trace.kind == "error":
        yield "title-broken", f"{trace.goal}: an error of the model", 0
    elif trace.apart is not None:
        yield "title-broken", f"{trace.goal}: not inductive", 0
    else:
        yield "title-broken", f"{trace.goal} fails", 0
    yield "what", trace.what, 0
    yield "about", " · ".join(_subject(trace)), 0
    for channel in trace.channels:
        named = channel.text.startswith(f"{channel.name}:")
        yield "about", channel.text if named else f"{channel.name}: {channel.text}", 0
    if trace.apart is not None:
        yield "what", "In a state" + (" where, otherwise as at the start:" if trace.apart else " as at the start"), 0
        yield from (("about", f"{place} = {value}", 2) for place, value in trace.apart)


def _subject(trace: Trace) -> Iterator[str]:
    yield trace.protocol if trace.proposal is None else f"{trace.protocol}, proposal {trace.proposal}"
    if trace.parameters:
        yield ", ".join(f"{name} = {value}" for name, value in trace.parameters)
    count = len(trace.steps)
    yield ("shortest, " if trace.shortest else "") + f"{count} step{'s' * (count != 1)}"


def _reason(trace: Trace) -> Iterator[tuple[str, str, int]]:
    style = "reached" if _is_witness(trace) else "footer"
    binding = ", ".join(f"{name} = {value}" for name, value in trace.broken.binding)
    yield style, _moment(trace) + (f", for {binding}:" if binding else ":"), 0
    yield style, trace.broken.text, 2
    for place, value in trace.broken.values:
        yield f"{style}-value", f"{place} = {value}", 4


def _moment(trace: Trace) -> str:
    """When the property breaks, in words."""
    last = len(trace.steps)
    repeated = loop_steps(trace)
    if trace.loop is not None and not repeated:
        return f"✖ Nothing more happens after step {last}"
    if repeated:
        steps = f"Step {last} repeats" if len(repeated) == 1 else f"Steps {repeated[0]} to {last} repeat"
        return f"✖ {steps} for ever"
    if _is_witness(trace):
        return f"● After step {last}" if last else "● At the start"
    what = "This came about" if trace.kind == "never" else "Broken"
    where = "in" if trace.kind in ("step", "error") else "after"
    return f"✖ {what} {where} step {last}" if last else f"✖ {what} at the start"
