"""Two identities made one in the steps of a run: the steps are those of a run that was about one from the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.identities import Merge, merged, merges
from plait.minimise import minimise
from plait.rematch import moves_of
from plait.replay import history_of, replay
from plait.semantics import steps
from plait.trace import Choices
from plait_spec.ground import Ground
from tests.checker.walks import Told, expanded, row, told, walk

POST = """
protocol Post
ids Agent[3]
message Job { to: Agent, others: set<Agent> }
channel link: master <-> agent { ordered, capacity 4, may break }
role master {
  var busy: set<Agent> = {}
  action give(by: Agent) { choose a: Agent   send Job(to: a, others: {by}) via link to a   busy += {a} }
}
role agent[Agent] { on Job(j) { } }
"""


@pytest.fixture
def post(tmp_path: Path) -> Ground:
    path = tmp_path / "post.plait"
    path.write_text(POST, encoding="utf-8")
    return expanded(path)


def gives(by: int, to: int) -> Told:
    return "master.give", (by, to), None


def run_of(post: Ground, one: int, other: int) -> Choices:
    """Jobs for one agent, given by another; one is read, and the connection breaks and keeps one of two."""
    run = walk(post, *[gives(other, one)] * 3, ("agent.on Job", (one,), (one, 1 << other)))
    state = history_of(post, run).end
    choice = next(
        choice
        for choice, _ in steps(post, state)
        if told(post, state, choice)[0] == "link.break" and sum(choice.kept) == 1
    )
    return Choices(0, (*run.steps, row(choice)))


def test_everything_that_names_an_identity_is_renamed(post: Ground) -> None:
    """Arguments, picks, queues, messages taken, messages kept."""
    two, one = (moves_of(post, history_of(post, run_of(post, *agents))) for agents in ((1, 2), (0, 2)))
    assert two != one
    assert tuple(merged(post, move, Merge("Agent", 1, 0)) for move in two) == one


@pytest.mark.parametrize(
    "at", [0, 3, 4], ids=["an argument and a pick", "a queue and a message", "a queue and what it keeps"]
)
def test_who_is_named(post: Ground, at: int) -> None:
    move = moves_of(post, history_of(post, run_of(post, 1, 2)))[at]
    assert list(merges(post, [move])) == [Merge("Agent", 2, 1), Merge("Agent", 1, 2)]


def test_what_one_does_not_need_goes_too(tmp_path: Path) -> None:
    """Each needs a ticket; once the two are one, one ticket is enough."""
    path = tmp_path / "tickets.plait"
    path.write_text(
        "protocol Tickets\nids Guest[2]\nvar tickets: set<Guest> = {}\nvar seen: 0..2 = 0\n"
        "action buy(g: Guest) { tickets += {g} }\n"
        "action enter(g: Guest) when g in tickets and seen < 2 { seen += 1 }\n"
        "always Empty: seen < 2\n"
    )
    found = expanded(path)
    both = walk(found, ("buy", (0,), None), ("buy", (1,), None), ("enter", (0,), None), ("enter", (1,), None))
    small = minimise(found, replay(found, "tickets.plait", both, "Empty", None, False))
    names = [told(found, step.before, step.choice)[:2] for step in history_of(found, small).steps]
    assert names == [("buy", (0,)), ("enter", (0,)), ("enter", (0,))]
