"""Shorter runs: what is left shows the same, nothing of it can go, and steps keep their meaning beside others."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import pytest

from plait import cli
from plait.minimise import Part, ddmin, minimise
from plait.rematch import Finder, Move, moves_of
from plait.replay import history_of, replay
from plait.reports.result import Exit
from plait.reports.trace_file import dumps, loads
from plait.semantics import steps
from plait.trace import Choices, Trace
from plait_spec.ground import Choice, Ground
from tests.checker.walks import ROOT, Told, error_trace, expanded, random_walks, shown_without, told, walk

MODELS = ROOT / "models"
Order: TypeAlias = tuple[int, ...]
BAG = MODELS / "constructs" / "bag.plait"
WRITE, TAKE = "client.write", "server.on Write"


def take(value: int) -> Told:
    return (TAKE, (), (value,))


def trace_of(ground: Ground, name: str, choices: Choices) -> Trace:
    return replay(ground, "model.plait", choices, name, None, False)


def names(ground: Ground, choices: Choices) -> list[str]:
    return [step.rule.name for step in history_of(ground, choices).steps]


# ---- what is left out


def test_steps_that_do_not_matter_go() -> None:
    # Overtaking needs two writes and both deliveries; the first write, delivered at once, has nothing to do with it.
    ground = expanded(BAG, writes=3)
    long = walk(ground, WRITE, take(1), WRITE, WRITE, take(3), take(2))
    assert names(ground, minimise(ground, trace_of(ground, "Grows", long))) == [WRITE] * 3 + [TAKE] * 2


def test_a_position_in_a_bag_is_found_again() -> None:
    # Without the delivery of 1, which is in the bag now, 3 stands at another place.
    ground = expanded(BAG, writes=3)
    long = walk(ground, WRITE, WRITE, WRITE, take(1), take(3), take(2))
    small = minimise(ground, trace_of(ground, "Grows", long))
    assert [step[1] for step in long.steps] == [0, 0, 0, 0, 1, 0]
    assert [step[1] for step in small.steps] == [0, 0, 0, 2, 1]


def test_a_shortest_trace_stays_as_it_is() -> None:
    ground = expanded(BAG)
    shortest = walk(ground, WRITE, WRITE, take(2), take(1))
    assert minimise(ground, trace_of(ground, "Grows", shortest)) == shortest


def test_a_run_that_shows_it_early_ends_there(tmp_path: Path) -> None:
    file = tmp_path / "idle.plait"
    file.write_text("protocol Idle\nvar n: 0..3 = 0\naction up() when n < 3 { n += 1 }\naction stay() { n = n }\n"
                    "always Low: n < 2\n")  # fmt: skip
    ground = expanded(file)
    long = walk(ground, "stay", "up", "stay", "up", "up", "stay")
    assert names(ground, minimise(ground, trace_of(ground, "Low", long))) == ["up", "up"]


def test_what_is_wrong_at_the_start_needs_no_step(tmp_path: Path) -> None:
    file = tmp_path / "start.plait"
    file.write_text("protocol Start\nvar n: 0..1 = 0\naction flip() { n = 1 - n }\nalways Never: n == 1\n")
    ground = expanded(file)
    assert minimise(ground, trace_of(ground, "Never", walk(ground, "flip", "flip"))).steps == ()


def test_a_dead_end_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "stuck.plait"
    file.write_text("protocol Stuck\nvar n: 0..2 = 0\nvar m: bool = false\n"
                    "action up() when n < 2 and not m { n += 1 }\n"
                    "action stop() when not m { m = true }\ndeadlock free\n")  # fmt: skip
    ground = expanded(file)
    long = walk(ground, "up", "up", "stop")
    assert names(ground, minimise(ground, trace_of(ground, "deadlock free", long))) == ["stop"]


def test_a_model_error_stays_the_same_error(tmp_path: Path) -> None:
    # Without `up`, `down` errs as well, sooner and with the same code, but at another place: that is another error.
    file = tmp_path / "errs.plait"
    file.write_text("protocol Errs\nvar n: 0..3 = 0\nvar seen: bool = false\naction up() { n += 1 }\n"
                    "action down() { n -= 1   seen = true }\naction boom() when seen { n += 4 }\n"
                    "action side() { seen = seen }\n")  # fmt: skip
    ground = expanded(file)
    trace = error_trace(ground, walk(ground, "side", "up", "side", "down", "side", "boom"))
    assert names(ground, minimise(ground, trace)) == ["up", "down", "boom"]


# ---- against a plain account of what 1-minimal means


@pytest.mark.parametrize(
    ("file", "name", "least"),
    [
        ("constructs/bag.plait", "Grows", 4),
        ("constructs/bag.plait", "LastWins", 4),
        ("constructs/joins.plait", "NoRegress", 5),
        ("mesos/proposals.plait", "NoRegress", 10),
    ],
)
def test_no_step_of_a_random_run_can_go(file: str, name: str, least: int) -> None:
    ground = expanded(MODELS / file)
    for trace in islice(random_walks(ground, name, seed=7), 6):
        small = minimise(ground, trace)
        assert least <= len(small.steps) <= len(trace.steps)
        history = history_of(ground, small)
        whole = [told(ground, step.before, step.choice) for step in history.steps]
        assert shown_without(ground, name, small.initial, whole)
        for left_out in range(len(whole)):
            assert not shown_without(ground, name, small.initial, whole[:left_out] + whole[left_out + 1 :]), left_out
        assert minimise(ground, trace_of(ground, name, small)) == small
        assert minimise(ground, trace) == small


def test_ddmin_of_the_paper() -> None:
    """Three of sixteen items together make the failure: exactly they are left, and few tests are needed."""
    tried = 0

    def item(number: int) -> Move:
        return Move(number, (), (), (), (), None, 0, (), ())

    def part(moves: Sequence[Move]) -> Part:
        return Part(tuple(moves), tuple(Choice(move.rule) for move in moves))

    def test(moves: Sequence[Move]) -> Part | None:
        nonlocal tried
        tried += 1
        return part(moves) if {3, 9, 10} <= {move.rule for move in moves} else None

    found = ddmin(part([item(number) for number in range(16)]), test)
    assert [choice.instance for choice in found.choices] == [3, 9, 10]
    assert tried < 16 * 15 / 2


# ---- what is meant by a step


def last_move(ground: Ground, before: Choices, number: int, kept: tuple[int, ...], orders: tuple[Order, ...]) -> Move:
    """The move of one more choice."""
    run = Choices(before.initial, (*before.steps, (number, 0, kept, orders)))
    return moves_of(ground, history_of(ground, run))[-1]


def test_a_break_keeps_the_messages_that_it_kept() -> None:
    ground = expanded(MODELS / "constructs" / "break.plait", items=3)
    run = walk(ground, "source.ship", "source.ship", "source.ship")
    state = history_of(ground, run).end
    choice = next(
        choice
        for choice, _ in steps(ground, state)
        if told(ground, state, choice)[0] == "link.break" and sum(choice.kept) == 1
    )
    move = last_move(ground, run, choice.instance, choice.kept, ())
    # Where the first message is there it is kept again; where it has been delivered nothing is.
    one = walk(ground, "source.ship")
    gone = walk(ground, "source.ship", "source.ship", "sink.on Item")
    for other, length in ((one, 1), (gone, 0)):
        found = Finder(ground).find(history_of(ground, other).end, move)
        assert found is not None
        assert sum(found[0].kept) == length


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_an_order_is_kept_among_those_who_are_left(order: Order) -> None:
    ground = expanded(MODELS / "constructs" / "unordered_for.plait", nodes=3)
    run = walk(ground, "prepare", "prepare", "prepare")
    state = history_of(ground, run).end
    elect = next(choice for choice, _ in steps(ground, state) if choice.orders == (order,))
    move = last_move(ground, run, elect.instance, (), elect.orders)
    without_the_last = history_of(ground, walk(ground, "prepare", "prepare")).end
    found = Finder(ground).find(without_the_last, move)
    assert found is not None
    assert found[0].orders == (tuple(one for one in order if one != 2),)


def test_those_who_were_not_in_an_order_come_last() -> None:
    ground = expanded(MODELS / "constructs" / "unordered_for.plait", nodes=3)
    run = walk(ground, "prepare", "prepare")
    state = history_of(ground, run).end
    elect = next(choice for choice, _ in steps(ground, state) if choice.orders == ((1, 0),))
    move = last_move(ground, run, elect.instance, (), elect.orders)
    with_a_third = history_of(ground, walk(ground, "prepare", "prepare", "prepare")).end
    found = Finder(ground).find(with_a_third, move)
    assert found is not None
    assert found[0].orders == ((1, 0, 2),)


# ---- the command


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bag.plait").write_text(BAG.read_text())
    ground = expanded(Path("bag.plait"), writes=4)
    long = walk(ground, WRITE, WRITE, WRITE, take(2), take(3), take(1))
    Path("long.json").write_text(dumps(replay(ground, "bag.plait", long, "Grows", None, False)))
    assert cli.run(["trace", "minimise", "long.json", "-o", "small.json"]) == Exit.MET
    out, err = capsys.readouterr()
    # 1 after 2 is enough: the third write can go, and with it its delivery.
    assert err == "Grows: 6 steps before, 4 now\n"
    assert out.splitlines()[0] == "Grows  Bag  writes = 4  4 steps"
    small = loads(Path("small.json").read_text())
    assert [step.label for step in small.steps] == ["write", "write", "on Write(2)", "on Write(1)"]
    assert cli.run(["trace", "replay", "small.json"]) == Exit.MET
    capsys.readouterr()
    assert cli.run(["trace", "minimise", "small.json", "--format", "json"]) == Exit.MET
    out, err = capsys.readouterr()
    assert (loads(out), err) == (small, "Grows: no step can be left out\n")


def test_what_a_search_finds_is_as_short_as_it_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["trace", "minimise", str(BAG), "--proposal", "Bag", "--property", "Grows"]) == Exit.MET
    out, err = capsys.readouterr()
    assert err == "Grows: no step can be left out\n"
    assert out.splitlines()[0] == "Grows  Bag  writes = 2  shortest, 4 steps"


def test_a_trace_of_another_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ground = expanded(BAG)
    stored = replay(ground, "bag.plait", walk(ground, WRITE, WRITE, take(2), take(1)), "Grows", None, False)
    Path("t.json").write_text(dumps(stored))
    Path("bag.plait").write_text(BAG.read_text().replace("value = w.value", "value = 0"))
    assert cli.run(["trace", "minimise", "t.json"]) == Exit.WRONG_INPUT
    assert "this trace does not replay" in capsys.readouterr().err


# ---- identities

TWO = """
protocol Two(ops: 1..3 = 2)
ids Op[ops]
ids Agent[1]
message Do   { op: Op, all: set<Op> }
message Done { op: Op }
channel link: master <-> agent { unordered, capacity 4 }
role master {
  var done: 0..4 = 0
  var seen: set<Op> = {}
  action start(o: Op) { send Do(op: o, all: {o}) via link to any_agent() }
  on Done(d) { if done < 4 { done += 1 }   seen += {d.op} }
}
role agent[Agent] { on Do(d) { send Done(op: d.op) via link } }
def any_agent(): Agent = min_agent
constant min_agent: Agent = any
"""


def test_two_identities_become_one_where_one_does(tmp_path: Path) -> None:
    """Two operations done twice break `Few` as well as one; `Both` needs two."""
    file = tmp_path / "two.plait"
    file.write_text(TWO + "always Few: master.done < 2\nalways Both: size(master.seen) < 2\n")
    ground = expanded(file)
    start, do, done = "master.start", "agent.on Do", "master.on Done"
    both: tuple[str | Told, ...] = ((start, (0,), None), (start, (1,), None), do, do, done, done)
    run = walk(ground, *both)
    few, each = (minimise(ground, trace_of(ground, name, run)) for name in ("Few", "Both"))
    labels = [
        [step.label for step in trace_of(ground, name, found).steps] for name, found in (("Few", few), ("Both", each))
    ]
    assert labels == [
        ["start(o1)", "start(o1)", "on Do(o1, {o1})", "on Do(o1, {o1})", "on Done(o1)", "on Done(o1)"],
        ["start(o1)", "start(o2)", "on Do(o1, {o1})", "on Do(o2, {o2})", "on Done(o1)", "on Done(o2)"],
    ]
    assert minimise(ground, trace_of(ground, "Few", few)) == few
