"""Sequence diagrams: their DOT text, and where Graphviz puts what is in them."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, strategies as st

from plait.reports.arrows import overlap
from plait.reports.causality import causal_past, lanes_of
from plait.reports.diagram import dot_text
from plait.reports.layout import layout
from plait.reports.render import draw
from plait.reports.shapes import BOX_STYLES, LINE_STYLES, Box, Picture, size_of
from plait.trace import Broken, End, Message, Trace
from tests.checker import traces
from tests.checker.trace_parts import AGENT1, AGENT2, FRAMEWORK, MASTER, message, step, trace
from tests.checker.traces import ALL
from tests.conftest import Golden

by_trace = pytest.mark.parametrize("name", ALL)


@pytest.mark.parametrize("name", ["overtaking", "crash"])
def test_dot_text(name: str, golden: Golden) -> None:
    golden(f"diagram_{name}.dot", dot_text(ALL[name](), causal=name == "crash"))


@by_trace
def test_equal_traces_give_equal_text(name: str) -> None:
    assert dot_text(ALL[name]()) == dot_text(ALL[name]())


@cache
def drawn(name: str) -> dict[str, Box]:
    """The nodes as Graphviz draws them, in points, with y upward; those without extent have none here either."""
    nodes = {}
    for line in draw(dot_text(ALL[name]()), "plain").decode().splitlines():
        if line.startswith("node "):
            id, *numbers = line.split(" ")[1:6]
            x, y, width, height = (72 * float(number) for number in numbers)
            nodes[id] = Box(id, x, y, width if width > 2 else 0.0, height if height > 2 else 0.0, "step")
    return nodes


@by_trace
def test_no_two_boxes_overlap(name: str) -> None:
    boxes = [box for box in drawn(name).values() if box.width]
    assert len(boxes) > 2
    assert [(one.id, other.id) for one, other in combinations(boxes, 2) if overlap(one, other, -0.3)] == []


@by_trace
def test_everything_is_where_it_was_laid(name: str) -> None:
    picture = layout(ALL[name]())
    nodes = drawn(name)
    corner = nodes["corner0"]
    for box in picture.boxes:
        at = nodes[box.id]
        assert (at.x - corner.x, corner.y - at.y) == pytest.approx((box.x, box.y), abs=0.1)
        assert (at.width, at.height) == pytest.approx((box.width, box.height), abs=0.1)


def within(row: Box, point: Box) -> bool:
    return abs(row.y - point.y) <= row.height / 2


@by_trace
def test_arrows_run_from_the_row_that_sends_to_the_row_that_receives(name: str) -> None:
    run, nodes = ALL[name](), drawn(name)
    for sent in run.messages:
        points = [nodes[id] for id in nodes if re.fullmatch(rf"message{sent.id}_[0-9]+", id)]
        start, end = points[0], points[-1]
        assert start.y > end.y, "time runs downward"
        assert within(nodes[f"step{sent.sent}" if sent.sent else "lane0"], start)
        if sent.end == "delivered":
            assert within(nodes[f"step{sent.ended}"], end)
        elif sent.end == "in flight":
            assert end.y == pytest.approx(nodes["end_0"].y, abs=0.1)
        else:
            assert nodes[f"message{sent.id}_cross"].y == pytest.approx(end.y, abs=0.1)
            assert nodes[f"number{sent.ended}"].y == pytest.approx(end.y, abs=0.1)


@by_trace
def test_numbers_and_steps_and_changes_are_in_one_row(name: str) -> None:
    nodes = drawn(name)
    for taken in ALL[name]().steps:
        row = nodes[f"number{taken.number}"].y
        assert nodes[f"step{taken.number}"].y == pytest.approx(row, abs=0.1)
        changes = [nodes[f"change{taken.number}_{index}"] for index in range(len(taken.changes))]
        if changes:
            assert (changes[0].y + changes[0].height / 2 + changes[-1].y - changes[-1].height / 2) / 2 == pytest.approx(
                row, abs=0.3
            )


def test_overtaking_is_a_crossing() -> None:
    picture = layout(traces.overtaking())
    answer, update = (line for line in picture.lines if line.id in ("message1", "message3"))
    (answer_start, answer_end), (update_start, update_end) = answer.points, update.points
    assert answer_start[1] < update_start[1]
    assert answer_end[1] > update_end[1]


def styles(picture: Picture, prefix: str) -> dict[str, str]:
    return {box.id: box.style for box in picture.boxes if box.id.startswith(prefix)}


def lines_of(picture: Picture, prefix: str) -> dict[str, str]:
    return {line.id: line.style for line in picture.lines if line.id.startswith(prefix)}


def text_of(picture: Picture, prefix: str = "") -> str:
    return "\n".join(" ".join(box.lines) for box in picture.boxes if box.id.startswith(prefix))


def test_only_the_breaking_change_is_red() -> None:
    picture = layout(traces.overtaking())
    assert styles(picture, "change") == {
        "change3_0": "change",
        "change4_0": "change",
        "change5_0": "change",
        "change6_0": "change-broken",
    }
    assert styles(picture, "number")["number6"] == "number-broken"


def test_a_witness_has_nothing_red() -> None:
    picture = layout(traces.in_flight())
    assert not [box.id for box in picture.boxes if BOX_STYLES[box.style].ink == BOX_STYLES["footer"].ink]


def test_a_crash_is_a_cross_and_a_dotted_lane_until_the_restart() -> None:
    picture = layout(traces.crash())
    assert lines_of(picture, "life2") == {"life2_0": "life", "life2_1": "down", "life2_2": "life"}
    assert LINE_STYLES["down"].dash == "dotted"
    assert text_of(picture, "step2") == "✖ crash"
    assert text_of(picture, "step6") == "● restart"
    assert text_of(picture, "step5") == "✖● restart memory lost"


def test_losses_duplicates_and_messages_in_flight_look_different() -> None:
    assert lines_of(layout(traces.loss()), "message") == {
        "message0": "lost",
        "message1": "message",
        "message2": "message",
        "message3": "flying",
    }
    assert lines_of(layout(traces.duplicate()), "message")["message1"] == "duplicate"
    assert "(duplicate)" in text_of(layout(traces.duplicate()), "message1_label")
    assert text_of(layout(traces.loss()), "message0_end") == "lost"
    assert text_of(layout(traces.crash()), "message2_end") == "cleared"


def test_what_a_break_takes_is_named_once() -> None:
    picture = layout(traces.link_break())
    assert [box.id for box in picture.boxes if box.id.endswith("_end")] == ["message0_end"]
    assert len([box for box in picture.boxes if box.style == "cross"]) == 3
    assert {"step3", "step3_1"} <= {box.id for box in picture.boxes}


def test_title_and_footer() -> None:
    text = text_of(layout(traces.crash()))
    assert "NoRegress fails" in text
    assert "A recorded terminal status is never replaced by an older one" in text
    assert (
        "Reconcile, proposal Synchronous · agents = 1, ops = 1, failovers = 1, crashes = 1 · shortest, 10 steps" in text
    )
    assert "calls: framework -> master, ordered, capacity 2, cleared by crash of either end" in text
    assert "Broken in step 10, for o = o1:" in text
    assert "next(framework.view[o1]) = Unknown" in text


def test_a_run_that_is_not_the_shortest_does_not_say_so() -> None:
    assert " · 25 steps" in text_of(layout(traces.long_run()))


def test_lanes_that_take_no_part_are_not_there() -> None:
    assert styles(layout(traces.two_agents()), "lane") == dict.fromkeys(["lane0", "lane1", "lane2", "lane3"], "lane")
    assert "agent[a3]" not in text_of(layout(traces.two_agents()))


def test_a_step_of_no_lane_stands_aside_even_if_it_changes_one() -> None:
    steps = (
        step(1, None, "reset", [("master.known[o1]", "Finished", "Unknown")], lanes=(MASTER,)),
        step(2, MASTER, "go"),
    )
    picture = layout(trace(steps, broken=Broken((), "p", ())))
    boxes = {box.id: box for box in picture.boxes}
    assert boxes["step1"].x + boxes["step1"].width / 2 < boxes["lane0"].x - boxes["lane0"].width / 2
    assert boxes["step2"].x == boxes["lane0"].x


def test_no_arrow_hides_behind_a_box() -> None:
    run = traces.two_agents()
    picture = layout(run)
    crossed = next(box for box in picture.boxes if box.id == "step5")
    for line in picture.lines:
        if line.id in ("message3", "message4"):
            assert len(line.points) == 4, "it turns to pass the lane between"
            assert not [y for x, y in line.points if abs(y - crossed.y) < crossed.height / 2]


def test_a_lasso_has_a_bracket_around_what_repeats() -> None:
    picture = layout(traces.lasso())
    loop = next(line for line in picture.lines if line.id == "loop")
    rows = {box.id: box.y for box in picture.boxes if box.id.startswith("number")}
    assert (loop.points[0][1], loop.points[-1][1]) == pytest.approx((rows["number5"], rows["number3"]))
    assert "repeats for ever" in text_of(picture, "loop")
    assert "Steps 3 to 5 repeat for ever" in text_of(picture, "foot")


@pytest.mark.parametrize(("loop", "says"), [(4, "Step 5 repeats for ever"), (5, "Nothing more happens after step 5")])
def test_short_lassos(loop: int, says: str) -> None:
    picture = layout(dataclasses.replace(traces.lasso(), loop=loop))
    assert says in text_of(picture, "foot")


def test_the_causal_past_stands_out() -> None:
    run = traces.crash()
    picture = layout(run, causal=True)
    past = causal_past(run)
    for taken in run.steps:
        boxes = [box for box in picture.boxes if re.fullmatch(rf"(step|number|change){taken.number}(_\d+)?", box.id)]
        assert {box.faded for box in boxes} == {taken.number not in past}
    assert {line.id for line in picture.lines if line.faded} == {"message3"}
    assert not any(box.faded for box in layout(run).boxes)


@by_trace
def test_the_switch_moves_nothing(name: str) -> None:
    plain, causal = layout(ALL[name]()), layout(ALL[name](), causal=True)
    assert [(box.id, box.x, box.y) for box in plain.boxes] == [(box.id, box.x, box.y) for box in causal.boxes]


@by_trace
def test_every_text_fits_its_box_and_nothing_leaves_the_picture(name: str) -> None:
    picture = layout(ALL[name]())
    for box in picture.boxes:
        wide, high = size_of(box.lines, box.style)
        assert wide <= box.width + 0.01
        assert high <= box.height + 0.01
        assert box.width / 2 <= box.x <= picture.width - box.width / 2
        assert box.height / 2 <= box.y <= picture.height - box.height / 2


def test_a_change_is_named_in_full_even_if_it_is_long() -> None:
    run = traces.long_texts()
    picture = layout(run)
    for taken in run.steps:
        for index, change in enumerate(taken.changes):
            box = next(box for box in picture.boxes if box.id == f"change{taken.number}_{index}")
            joined = "".join("".join(box.lines).split())
            assert joined == "".join(f"{change.place}:{change.before}→{change.after}".split())


ENDS: tuple[End, ...] = ("delivered", "delivered", "lost", "cleared", "in flight")
LANES = (FRAMEWORK, MASTER, AGENT1, AGENT2)


@st.composite
def runs(draw: st.DrawFn) -> Trace:
    """Traces of up to nine steps with any messages between them: more tangled than a protocol would be."""
    length = draw(st.integers(1, 9))
    lanes = [draw(st.sampled_from([*LANES, None])) for _ in range(length)]
    messages: list[Message] = []
    for number, lane in enumerate(lanes, start=1):
        if lane is not None and number > 1 and draw(st.booleans()):
            sent = draw(st.integers(0, number - 1))
            sender = lanes[sent - 1] if sent else draw(st.sampled_from(LANES))
            end = draw(st.sampled_from(ENDS))
            if sender is not None:
                text = draw(st.sampled_from(["M", "Answer(o1, Pending)", "Bundle(o1, Pending, o2, Finished, o3)"]))
                ended = None if end == "in flight" else number
                messages.append(message(len(messages), "c", text, (sender, lane), (sent, ended), end))
    steps = tuple(
        step(number, lane, f"step{number}", [("x", "0", "1")] * draw(st.integers(0, 3)))
        for number, lane in enumerate(lanes, start=1)
    )
    return trace(steps, tuple(messages), lanes=LANES, broken=Broken((), "p", ()))


@given(runs())
def test_any_run_can_be_laid_out(run: Trace) -> None:
    picture = layout(run)
    solid = [box for box in picture.boxes if box.style != "cross"]
    clashes = [(one.id, other.id) for one, other in combinations(solid, 2) if overlap(one, other, -0.3)]
    assert clashes == []
    assert {f"step{taken.number}" for taken in run.steps} <= {box.id for box in picture.boxes}
    assert all(len(lanes_of(taken)) <= 1 for taken in run.steps)
