"""Where the columns and rows of a diagram lie: trace to lanes across and steps down, before anything is drawn.

    Grid = columns (lanes, steps without a lane, changes) and rows (the lanes' heads as row 0, one per step)

From left to right: the numbers, the steps that belong to no lane, the lanes in the order of their declaration, and
what changed.  Only lanes that take part are there.  All boxes of a lane are of one width, so that arrows run in the
corridors between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from plait.reports import lettering
from plait.reports.causality import lanes_of
from plait.reports.shapes import Point, size_of
from plait.trace import Message, Step, Trace
from plait_spec.record import record

MARGIN = 20.0
NUMBERS = 26.0
BRACKET = 26.0
CORRIDOR = (70.0, 118.0)
WIDE_CORRIDOR = 190.0
SLIMMEST = 84.0
GAP = 25.0
ASIDE = None
"""The key of the column of steps that belong to no lane."""

STEP_COLUMNS = 21
LANE_COLUMNS = 18
MESSAGE_COLUMNS = (21, 34)
"""The width of a message's label, and of one that would have more than `MESSAGE_LINES` lines."""
MESSAGE_LINES = 3
CHANGE_COLUMNS = 42


@record
class Column:
    """A column around `x`; its boxes reach `half` to both sides."""

    x: float
    half: float


@record
class Row:
    """A row around `y`."""

    y: float
    height: float


@record
class Grid:
    """Columns by lane, with the left edge of the changes and the right edge of all; rows by step, and the bottom.

    `heights` are those of the steps' boxes, which may be lower than their rows.
    """

    columns: Mapping[str | None, Column]
    left: float
    numbers: float
    changes: float
    right: float
    rows: tuple[Row, ...]
    bottom: float
    steps: Mapping[int, Step]
    heights: Mapping[int, float]

    def row(self, number: int) -> Row:
        """The row of a step; 0 is the lanes' heads."""
        return self.rows[min(number, len(self.rows) - 1)]

    def edge(self, lane: str, number: int, toward: float) -> Point:
        """Where an arrow meets a lane in a row: the side of the box there, or the lane itself."""
        column = self.columns[lane]
        boxed = number not in self.steps or lane in standing_on(self.steps[number])
        half = column.half if boxed else 0.0
        return column.x + (half if toward >= column.x else -half), self.row(number).y


def standing_on(step: Step) -> tuple[str, ...]:
    """The lanes on which a step's box stands: its own, or the two ends of what breaks; none for other steps."""
    if step.kind == "break":
        return lanes_of(step)[:2]
    return () if step.lane is None else (step.lane,)


def notes(trace: Trace) -> dict[int, tuple[str, ...]]:
    """The lines of each step's box; crashes and restarts with their signs."""
    down: set[str] = set()
    texts = {}
    for step in trace.steps:
        texts[step.number] = _note(trace, step, set(standing_on(step)) <= down)
        down = down | set(standing_on(step)) if step.kind == "crash" else down
        down = down - set(standing_on(step)) if step.kind == "restart" else down
    return texts


def _note(trace: Trace, step: Step, was_down: bool) -> tuple[str, ...]:
    lines = lettering.wrap(step.label, STEP_COLUMNS - 2)
    match step.kind:
        case "crash":
            return _signed("✖ ", lines)
        case "restart" if was_down:
            return _signed("● ", lines)
        case "restart":
            return (*_signed("✖●", lines), "memory lost")
        case _:
            whole = lettering.wrap(step.label, STEP_COLUMNS)
            return whole if len(whole) <= MESSAGE_LINES else lettering.wrap(_short(trace, step), STEP_COLUMNS)


def _short(trace: Trace, step: Step) -> str:
    """The label of a step without what its arrow says already."""
    if step.received is None:
        return step.label
    message = trace.messages[step.received]
    return f"on {message.name}" if step.label == f"on {message.text}" else step.label


def _signed(sign: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{sign.strip()} {lines[0]}", *lines[1:])


def change_lines(trace: Trace) -> dict[int, tuple[tuple[str, ...], ...]]:
    """For each step, what it changed: the lines of each change."""
    return {
        step.number: tuple(
            lettering.wrap(f"{change.place}: {change.before} → {change.after}", CHANGE_COLUMNS, indent=2)
            for change in step.changes
        )
        for step in trace.steps
    }


def message_lines(message: Message) -> tuple[str, ...]:
    """The label of a message's arrow."""
    narrow, wide = MESSAGE_COLUMNS
    lines = lettering.wrap(message.text, narrow)
    lines = lines if len(lines) <= MESSAGE_LINES else lettering.wrap(message.text, wide)
    return lines + (("(duplicate)",) if message.copy_of is not None else ())


def shown_lanes(trace: Trace) -> tuple[str, ...]:
    """The lanes that take part, in their order; those that the trace does not declare come last."""
    acting = [lane for step in trace.steps for lane in lanes_of(step)]
    talking = [lane for message in trace.messages for lane in (message.sender, message.receiver)]
    taking_part = dict.fromkeys(acting + talking)
    declared = tuple(lane for lane in trace.lanes if lane in taking_part)
    return declared + tuple(lane for lane in taking_part if lane not in declared)


def lane_lines(lane: str) -> tuple[str, ...]:
    """A lane's name in its head."""
    return lettering.wrap(lane, LANE_COLUMNS)


def make_grid(trace: Trace, extra: Mapping[int, float]) -> Grid:
    """The grid of a trace, with `extra` room below some rows."""
    left = MARGIN + (BRACKET if trace.loop is not None else 0.0)
    columns = dict(_columns(trace, left + NUMBERS + 12))
    changes = _lanes_end(trace, columns) + 30
    right = changes + _changes_width(trace) + MARGIN
    rows = tuple(_rows(trace, extra))
    flying = sum(message.end == "in flight" for message in trace.messages)
    room = GAP + 14 + 8 * min(flying, 5) if flying else GAP * 0.7
    bottom = rows[-1].y + rows[-1].height / 2 + room + extra.get(len(rows) - 1, 0.0)
    steps = {step.number: step for step in trace.steps}
    heights = {number: size_of(lines, "step")[1] for number, lines in notes(trace).items()}
    return Grid(columns, left, left + NUMBERS, changes, right, rows, bottom, steps, heights)


def _lanes_end(trace: Trace, columns: Mapping[str | None, Column]) -> float:
    ends = [column.x + column.half for column in columns.values()]
    looping = [message for message in trace.messages if message.sender == message.receiver]
    ends += [columns[each.sender].x + columns[each.sender].half + CORRIDOR[1] for each in looping]
    return max(ends, default=MARGIN + NUMBERS)


def _columns(trace: Trace, left: float) -> Iterator[tuple[str | None, Column]]:
    texts = notes(trace)
    aside = [texts[step.number] for step in trace.steps if not standing_on(step)]
    lanes = shown_lanes(trace)
    if aside:
        half = max(size_of(lines, "step")[0] for lines in aside) / 2
        yield ASIDE, Column(left + half, half)
        left += 2 * half + (24 if lanes else 0)
    halves = {lane: _half(trace, lane, texts) for lane in lanes}
    for lane, following in zip_longest(lanes, lanes[1:], fillvalue=""):
        yield lane, Column(left + halves[lane], halves[lane])
        left += 2 * halves[lane] + _corridor(trace, lane, following)


def _half(trace: Trace, lane: str, texts: Mapping[int, tuple[str, ...]]) -> float:
    steps = [size_of(texts[step.number], "step")[0] for step in trace.steps if lane in standing_on(step)]
    return max(SLIMMEST, size_of(lane_lines(lane), "lane")[0], *steps) / 2


def _corridor(trace: Trace, lane: str, following: str) -> float:
    """The room right of a lane, for the messages to the following one and for those that it sends to itself."""
    pairs = [{lane, following}, {lane}]
    messages = [message for message in trace.messages if {message.sender, message.receiver} in pairs]
    widest = max((size_of(message_lines(message), "message")[0] for message in messages), default=0.0)
    narrow, wide = CORRIDOR
    many = any(len(message_lines(message)) > MESSAGE_LINES for message in messages)
    return min(max(narrow, widest), WIDE_CORRIDOR if many else wide)


def _changes_width(trace: Trace) -> float:
    lines = [lines for changes in change_lines(trace).values() for lines in changes]
    return max((size_of(each, "change")[0] for each in lines), default=0.0)


def _rows(trace: Trace, extra: Mapping[int, float]) -> Iterator[Row]:
    heads = max((size_of(lane_lines(lane), "lane")[1] for lane in shown_lanes(trace)), default=10.0)
    texts, changes = notes(trace), change_lines(trace)
    gap = GAP if trace.messages else GAP / 2
    yield Row(heads / 2, heads)
    below = heads + extra.get(0, 0.0)
    for number, step in enumerate(trace.steps, start=1):
        box = size_of(texts[step.number], "step")[1]
        height = max(box, sum(size_of(lines, "change")[1] for lines in changes[step.number]))
        yield Row(below + gap + height / 2, height)
        below += gap + height + extra.get(number, 0.0)
