"""Steps from states that no run reaches: in words, and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.replay.assemble import replay_step
from plait.replay.history import history_from, history_of
from plait.replay.two_states import in_words
from plait.reports.layout import layout
from plait.reports.proof_text import refusal_lines
from plait.semantics import State, initial_states, steps
from plait_spec.ground import Choice, Ground
from tests.checker.walks import expanded, told, walk

POST = """
protocol Post
ids Op[2]
message Take { op: Op }
message Took { op: Op }
channel forth: left -> right { ordered, capacity 2, may lose 1 }
channel back:  right -> left { ordered, capacity 2 }
role left {
  var sure: set<Op> = {}
  action send_one(o: Op) when o not in sure { send Take(op: o) via forth }
  on Took(t) { sure += {t.op} }
}
role right {
  var known: set<Op> = {}
  on Take(t) { send Took(op: t.op) via back }
  action rest() { known = known }
}
lemma Same: all o: Op. (o in left.sure implies o in right.known) and (forth has Take(op: o) implies o in right.known)
"""


@pytest.fixture
def post(tmp_path: Path) -> Ground:
    path = tmp_path / "post.plait"
    path.write_text(POST, encoding="utf-8")
    return expanded(path)


def sent(found: Ground, **others: int) -> State:
    """The state after one message was sent, with other values in some variables (sets are bits)."""
    state = history_of(found, walk(found, "left.send_one")).end
    values = {name.replace("_", "."): value for name, value in others.items()}
    return tuple(values.get(cell.name, value) for cell, value in zip(found.cells, state, strict=True))


def offered(found: Ground, state: State, name: str) -> Choice:
    return next(choice for choice, _ in steps(found, state) if told(found, state, choice)[0] == name)


def text(found: Ground, state: State, name: str) -> list[str]:
    lines = refusal_lines("step by step", "Same", in_words(found, state, offered(found, state, name)))
    return [line.strip() for line in lines][1:]


def test_what_differs_from_the_start_and_what_the_step_sends(post: Ground) -> None:
    state = sent(post, right_known=0b10)
    assert text(post, state, "right.on Take") == [
        "in the state where, otherwise as at the start:",
        "right.known = {o2}",
        "forth left -> right = [Take(o1)]",
        "the step  right  on Take(o1)",
        "-> Took(o1)",
    ]


def test_what_the_step_changes(post: Ground) -> None:
    state = sent(post)
    taken = history_from(post, state, [offered(post, state, "right.on Take")]).end
    assert text(post, taken, "left.on Took")[-2:] == ["the step  left  on Took(o1)", "left.sure: {} -> {o1}"]


def test_a_message_that_is_lost(post: Ground) -> None:
    assert text(post, sent(post), "forth.lose")[-2:] == ["the step  forth loses Take(o1)", "lost: Take(o1)"]


def test_a_step_that_does_nothing(post: Ground) -> None:
    start = next(initial_states(post))
    assert text(post, start, "right.rest") == [
        "in the state as at the start",
        "the step  right  rest",
        "sends nothing, and changes no variable",
    ]


def test_what_the_tool_remembers_is_not_told(tmp_path: Path) -> None:
    """`once` needs a bit of the state that stands nowhere in the text."""
    path = tmp_path / "past.plait"
    path.write_text(
        "protocol Past\nvar n: 0..2 = 0\naction up() when n < 2 { n += 1 }\nalways P: n == 2 implies once n == 1\n"
    )
    found = expanded(path)
    state = history_of(found, walk(found, "up", "up")).end
    assert sum(one != other for one, other in zip(state, next(initial_states(found)), strict=True)) > 1
    assert in_words(found, state, None).state == (("n", "2"),)


def test_the_picture_says_where_it_starts_and_which_part_breaks(post: Ground) -> None:
    state = sent(post, left_sure=0b01, right_known=0b01)
    again = (*state[:3], (), *state[4:])  # nothing is on its way; the second operation is sent, and nobody knows it
    (choice,) = (one for one, _ in steps(post, again) if told(post, again, one) == ("left.send_one", (1,), None))
    drawn = layout(replay_step(post, "post.plait", again, choice, "Same"))
    texts = [" ".join(box.lines) for box in drawn.boxes]
    head = ["In a state where, otherwise as at the start:", "left.sure = {o2}", "right.known = {o2}"]
    assert texts[texts.index(head[0]) :][: len(head)] == head
    assert "Same: not inductive" in texts
    # Of the two parts the second one, for the operation that was sent.
    assert texts[-4:] == [
        "✖ Broken after step 1, for o = o1:",
        "forth has Take(op: o) implies o in right.known",
        "forth left -> right = [Take(o1)]",
        "right.known = {o2}",
    ]
