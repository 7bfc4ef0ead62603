"""Choices into traces: messages from sending to end, lanes, changes, names, and what the engine must not get wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plait.engines.interpreter import check
from plait.errors import EngineBug
from plait.replay import replay
from plait.trace import Change, Choices, Trace
from plait.verdict import Decision
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import ground


def grounded(folder: Path, text: str, **parameters: int) -> Ground:
    """The first model of a text."""
    path = folder / "model.plait"
    path.write_text(text, encoding="utf-8")
    return ground(load(path)[0], parameters)


def decided(model: Ground, name: str, *, symmetry: bool = True) -> Decision:
    (decision,) = check(model, (name,), symmetry=symmetry).decisions
    return decision


def shown(folder: Path, text: str, name: str, *, symmetry: bool = True, **parameters: int) -> Trace:
    """The trace of a property."""
    model = grounded(folder, text, **parameters)
    decision = decided(model, name, symmetry=symmetry)
    if decision.error is not None:
        return replay(model, "model.plait", decision.error.choices, decision.error.in_property, decision.error)
    assert decision.choices is not None
    return replay(model, "model.plait", decision.choices, name)


CALLS = """
protocol Calls(lost: 0..1 = 0, twice: 0..1 = 0, downs: 0..1 = 0, breaks: 0..1 = 0)
ids Op[2]
enum Status { Pending, Finished }
message Ask    { op: Op }
message Answer { op: Op, status: Status }
channel calls: client -> server {
  ordered, capacity 2, may lose lost, may duplicate twice, may break breaks, cleared by crash of server
}
channel answers: server -> client { unordered, capacity 3 }

role client {
  var view: Op -> Status? = none
  action ask(o: Op) when view[o] == none { send Ask(op: o) via calls }
  on Answer(a) { view[a.op] = a.status }
}
role server {
  may restart downs
  var handled: 0..2 = 0
  on Ask(q) { handled = min(handled + 1, 2)   send Answer(op: q.op, status: Finished) via answers }
}

/// Everything is answered
never Full: all o: Op. client.view[o] == Finished
never Lost: once calls.lose
never Twice: server.handled == 2 and not (some o: Op. client.view[o] != none) and size(calls) == 1
never Torn: once calls.break and size(answers) == 1
never Down: once server.restart and once client.ask and size(calls) == 0
step Still: all o: Op. client.view[o] == none implies next(client.view[o]) == none
"""


def test_messages_from_their_sending_to_their_delivery(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Full")
    assert [(step.lane, step.label) for step in trace.steps] == [
        ("client", "ask(o1)"),
        ("client", "ask(o2)"),
        ("server", "on Ask(o1)"),
        ("server", "on Ask(o2)"),
        ("client", "on Answer(o1, Finished)"),
        ("client", "on Answer(o2, Finished)"),
    ]
    assert [(one.text, one.sender, one.receiver, one.sent, one.end, one.ended) for one in trace.messages] == [
        ("Ask(o1)", "client", "server", 1, "delivered", 3),
        ("Ask(o2)", "client", "server", 2, "delivered", 4),
        ("Answer(o1, Finished)", "server", "client", 3, "delivered", 5),
        ("Answer(o2, Finished)", "server", "client", 4, "delivered", 6),
    ]
    assert [(step.received, step.sent, step.removed) for step in trace.steps] == [
        (None, (0,), ()), (None, (1,), ()), (0, (2,), ()), (1, (3,), ()), (2, (), ()), (3, (), ()),
    ]  # fmt: skip
    assert trace.messages[0].fields == (("op", "o1"),)
    assert trace.messages[0].channel == "calls"


def test_what_a_trace_says_of_itself(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Full")
    assert (trace.protocol, trace.proposal, trace.file) == ("Calls", None, "model.plait")
    assert (trace.goal, trace.kind, trace.what, trace.shortest) == ("Full", "never", "Everything is answered", True)
    assert trace.parameters == (("lost", "0"), ("twice", "0"), ("downs", "0"), ("breaks", "0"))
    assert trace.lanes == ("client", "server")
    assert trace.channels[1].text == "answers: server -> client, unordered, capacity 3"
    assert trace.start == (("client.view[o1]", "none"), ("client.view[o2]", "none"), ("server.handled", "0"))
    assert len(trace.choices.steps) == len(trace.steps) == 6
    assert trace.broken.text == "all o: Op. client.view[o] == Finished"


def test_changes_reads_and_writes(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Full")
    asked, _, handled, _, told, _ = trace.steps
    assert asked.reads == ("client.view[o1]",)
    assert asked.writes == ("calls client -> server",)
    assert handled.changes == (Change("server.handled", "0", "1", "server"),)
    assert handled.reads == ("server.handled",)
    assert told.changes == (Change("client.view[o1]", "none", "Finished", "client"),)
    assert told.kind == "handler"
    assert told.lanes == ("client",)


def test_a_lost_message(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Lost", lost=1)
    ask, lose = trace.steps
    assert (lose.lane, lose.label, lose.kind, lose.name) == (None, "calls loses Ask(o1)", "lose", "calls.lose")
    assert (lose.removed, lose.changes) == (ask.sent, ())
    assert (trace.messages[0].end, trace.messages[0].ended) == ("lost", 2)


def test_a_duplicated_message(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Twice", twice=1)
    copied = next(step for step in trace.steps if step.kind == "duplicate")
    assert copied.received is not None
    original = trace.messages[copied.received]
    (copy,) = (one for one in trace.messages if one.copy_of is not None)
    assert copy.copy_of == original.id
    assert (original.end, original.ended) == ("delivered", copied.number)
    assert copy.sent == original.sent
    assert copy.id not in copied.sent
    assert (copy.channel, copy.sender, copy.receiver) == (original.channel, original.sender, original.receiver)


def test_a_break_loses_the_ends_of_queues(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Torn", breaks=1)
    broken = next(step for step in trace.steps if step.kind == "break")
    assert broken.label == "calls breaks"
    assert broken.lanes == ("client", "server")
    assert [trace.messages[id].end for id in broken.removed] == ["lost"]


def test_a_crash_clears_queues(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Down", downs=1)
    ask, restart = trace.steps
    assert (restart.lane, restart.label, restart.kind) == ("server", "restart", "restart")
    assert restart.removed == ask.sent
    assert trace.messages[0].end == "cleared"


def test_of_what_is_joined_only_the_own_channel_is_cleared(tmp_path: Path) -> None:
    text = """
protocol Own
message M { n: 0..2 }
channel one: a -> b { ordered, capacity 3 }
channel two: a -> b { joins one }
role a {
  var at: 0..3 = 0
  action both() when at == 0 { at = 1   send M(n: 1) via one   send M(n: 2) via two }
  action drop() when at == 1 { at = 2   clear two }
}
role b { on M(m) when a.at == 2 { } }
never Dropped: a.at == 2
"""
    trace = shown(tmp_path, text, "Dropped")
    assert [(one.channel, one.end) for one in trace.messages] == [("one", "in flight"), ("two", "cleared")]
    assert trace.steps[-1].removed == (1,)


def test_what_is_still_in_flight(tmp_path: Path) -> None:
    trace = shown(tmp_path, CALLS, "Still")
    assert {one.end for one in trace.messages} == {"delivered"}
    (asked,) = (step for step in trace.steps if step.label == "ask(o1)")
    assert asked.sent == (0,)


def test_a_step_property_shows_both_states(tmp_path: Path) -> None:
    broken = shown(tmp_path, CALLS, "Still").broken
    assert broken.binding == (("o", "o1"),)
    assert broken.text == "client.view[o] == none implies next(client.view[o]) == none"
    assert broken.values == (("client.view[o1]", "none"), ("next(client.view[o1])", "Finished"))


BAG = """
protocol Bags
message M { value: 0..1 }
channel bag: one -> other { unordered, capacity 3 }
role one { var sent: 0..3 = 0
  action send_it() when sent < 3 { sent += 1   send M(value: 0) via bag } }
role other { var got: 0..3 = 0
  on M(m) { got += 1 } }
never Two: other.got == 2 and size(bag) == 1
"""


def test_of_equal_messages_in_a_bag_the_oldest_goes_first(tmp_path: Path) -> None:
    trace = shown(tmp_path, BAG, "Two")
    assert trace.messages[0].end == "delivered"
    ends = [one.ended for one in trace.messages if one.ended is not None]
    assert ends == sorted(ends)
    assert trace.messages[-1].end == "in flight"
    assert trace.broken.values == (("other.got", "2"), ("bag one -> other", "[M(0)]"))


FAMILY = """
protocol Family
ids Agent[3]
ids Op[3]
constant home: Op -> Agent = any
message Done { op: Op }
channel link: agent -> master { ordered, capacity 2 }
role master { var known: set<Op> = {}
  on Done(d) from a { known += {d.op} } }
role agent[Agent] {
  var done: set<Op> = {}
  environment action finish(o: Op) when home[o] == self and not (o in done) { done += {o}   send Done(op: o) via link }
}
never Spread: some a: Agent, b: Agent where a != b.
  size(agent[a].done) == 1 and size(agent[b].done) == 1 and size(link) == 0
"""


@pytest.mark.parametrize("symmetry", [True, False])
def test_identities_are_counted_as_they_appear(tmp_path: Path, symmetry: bool) -> None:
    trace = shown(tmp_path, FAMILY, "Spread", symmetry=symmetry)
    assert trace.lanes == ("master", "agent[a1]", "agent[a2]", "agent[a3]")
    assert len(trace.steps) == 4
    finishes = [(step.lane, step.label) for step in trace.steps if step.environment]
    assert finishes == [("agent[a1]", "finish(o1)"), ("agent[a2]", "finish(o2)")]
    handled = [step.label for step in trace.steps if step.kind == "handler"]
    assert sorted(handled) == ["on Done(o1)", "on Done(o2)"]
    assert [(one.sender, one.text) for one in trace.messages] == [
        ("agent[a1]", "Done(o1)"), ("agent[a2]", "Done(o2)"),
    ]  # fmt: skip
    start = dict(trace.start)
    assert (start["home[o1]"], start["home[o2]"]) == ("a1", "a2")
    assert start["agent[a3].done"] == "{}"
    assert {name for name, _ in trace.broken.binding} == {"a", "b"}
    assert {value for _, value in trace.broken.binding} == {"a1", "a2"}
    owners = {change.lane for step in trace.steps for change in step.changes}
    assert owners == {"master", "agent[a1]", "agent[a2]"}


TOP = """
protocol Top
ids Job[2]
var place: Job -> 0..1? = none
action put(j: Job) when place[j] == none { choose x: 0..1 where x == 1   place[j] = x }
never Both: all j: Job. place[j] != none
deadlock free
"""


def test_without_roles_there_are_no_lanes(tmp_path: Path) -> None:
    trace = shown(tmp_path, TOP, "Both")
    assert trace.lanes == ()
    assert [(step.lane, step.lanes, step.label) for step in trace.steps] == [
        (None, (), "put(j1) with x = 1"), (None, (), "put(j2) with x = 1"),
    ]  # fmt: skip
    assert trace.steps[0].changes == (Change("place[j1]", "none", "1", None),)


def test_a_deadlock(tmp_path: Path) -> None:
    trace = shown(tmp_path, TOP, "deadlock free")
    assert len(trace.steps) == 2
    assert trace.broken.text == "no step is possible"


ERRS = """
protocol Errs
ids Op[2]
var n: 0..2 = 0
var who: Op? = none
action up() { n += 1 }
action take(o: Op) when who == none and n == 1 { who = o }
always Known: n < 2 or who == none
always Unwrapped: all o: Op. n != 1 or who != none or o == who + 0
"""


def test_a_model_error_is_the_last_step(tmp_path: Path) -> None:
    model = grounded(tmp_path, ERRS.replace("always Unwrapped: all o: Op. n != 1 or who != none or o == who + 0\n", ""))
    error = check(model).error
    assert error is not None
    trace = replay(model, "model.plait", error.choices, None, error)
    assert [step.label for step in trace.steps] == ["up", "up", "up"]
    assert trace.steps[-1].changes == ()
    assert (trace.goal, trace.kind, trace.what) == ("P501", "error", "n: 3 is outside 0..2")
    assert trace.broken.text == "n: 3 is outside 0..2"
    assert trace.broken.values == (("n", "2"),)


def test_an_error_in_a_property(tmp_path: Path) -> None:
    text = """
protocol Errs
var s: seq<0..1, 2> = [1]
action drop() when size(s) > 0 { s = rest(s) }
always First: first(s) == 1
"""
    trace = shown(tmp_path, text, "First")
    assert [step.label for step in trace.steps] == ["drop"]
    assert (trace.goal, trace.kind) == ("First", "error")
    assert trace.broken.values == (("s", "[]"),)


PAST = """
protocol Past
var n: 0..3 = 0
action up() when n < 3 { n += 1 }
action down() when n > 0 { n -= 1 }
never Turned: down and n == 1
always Only: n == 2 implies up
"""


SWITCHES = """
protocol P
ids Node[2]
role node[Node] {
  var lit: bool = false
  action go() when not lit { lit = true }
}
always Equal: (count n: Node. node[n].lit) == 0
"""


PARTS = """
protocol Parts
ids Op[2]
var n: 0..3 = 0
var done: set<Op> = {}
def fine(o: Op): bool = n < 3 and o not in done
action up() when n < 3 { n += 1 }
action finish(o: Op) { done += {o} }
always Each:  (all o: Op. o not in done and n < 3) and n < 2
always InDef: n < 3 and all o: Op. fine(o)
def few(): bool = n < 2 and n < 3
always Call: n < 3 and few()
never  Some:  n == 3 or (some o: Op. o in done or n > 3)
always Which: n < 1 implies n > 1 and done == {}
"""


@pytest.mark.parametrize(
    ("name", "binding", "text"),
    [
        ("Each", (("o", "o1"),), "o not in done"),
        ("InDef", (("o", "o1"),), "o not in done"),
        ("Call", (), "n < 3 and few()"),
        ("Some", (("o", "o1"),), "o in done"),
        ("Which", (), "n < 1 implies n > 1 and done == {}"),
    ],
)
def test_the_part_that_breaks(tmp_path: Path, name: str, binding: tuple[tuple[str, str], ...], text: str) -> None:
    """But a part that stands elsewhere, in a `def`, is left where it is."""
    broken = shown(tmp_path, PARTS, name).broken
    assert (broken.binding, broken.text) == (binding, text)


def test_properties_about_the_step_just_taken(tmp_path: Path) -> None:
    trace = shown(tmp_path, PAST, "Turned")
    assert [step.label for step in trace.steps] == ["up", "up", "down"]
    assert trace.broken.values == (("n", "1"),)
    assert [step.label for step in shown(tmp_path, PAST, "Only").steps] == ["up", "up", "up", "down"]


def test_places_of_a_family_are_listed_by_the_names_in_the_run(tmp_path: Path) -> None:
    trace = shown(tmp_path, SWITCHES, "Equal")
    assert [step.lane for step in trace.steps] == ["node[n1]"]
    assert [place for place, _ in trace.start] == ["node[n1].lit", "node[n2].lit"]
    assert trace.broken.values == (("node[n1].lit", "true"), ("node[n2].lit", "false"))


# ---- what an engine must not hand over


def run_of(tmp_path: Path) -> tuple[Ground, Choices]:
    model = grounded(tmp_path, CALLS)
    decision = decided(model, "Full")
    assert decision.choices is not None
    return model, decision.choices


def handled(model: Ground) -> tuple[int, int, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """The delivery of a message, as a choice."""
    names = [model.model.rules[instance.rule].name for instance in model.instances]
    return names.index("server.on Ask"), 0, (), ()


def test_a_choice_that_is_not_offered(tmp_path: Path) -> None:
    model, choices = run_of(tmp_path)
    wrong = replace(choices, steps=(*choices.steps[:2], choices.steps[0], choices.steps[-1], choices.steps[-1]))
    with pytest.raises(EngineBug, match="step 3 of a run"):
        replay(model, "", wrong, "Full")
    with pytest.raises(EngineBug, match=r"step 1 of a run, server\.on Ask, is not possible under"):
        replay(model, "", Choices(0, (handled(model),)), "Full")
    with pytest.raises(EngineBug, match="step 1 of a run is none"):
        replay(model, "", Choices(0, ((10_000, 0, (), ()),)), "Full")


def test_an_initial_state_that_is_none(tmp_path: Path) -> None:
    model, choices = run_of(tmp_path)
    with pytest.raises(EngineBug, match="no initial state number 7"):
        replay(model, "", replace(choices, initial=7), "Full")


def test_a_run_that_does_not_show_what_it_should(tmp_path: Path) -> None:
    model, choices = run_of(tmp_path)
    with pytest.raises(EngineBug, match="does not decide"):
        replay(model, "", replace(choices, steps=choices.steps[:-1]), "Full")
    with pytest.raises(EngineBug, match="no property `Other`"):
        replay(model, "", choices, "Other")
    with pytest.raises(EngineBug, match="for a property or for an error"):
        replay(model, "", choices)


def test_an_error_that_does_not_happen(tmp_path: Path) -> None:
    model = grounded(tmp_path, BAG)
    erring = grounded(tmp_path, "protocol E\nvar n: 0..1 = 0\naction up() { n += 1 }\nalways A: n == 0\n")
    error = check(erring).error
    assert error is not None
    choices = decided(model, "Two").choices
    assert choices is not None
    with pytest.raises(EngineBug, match="does not end in this error"):
        replay(model, "", choices, None, error)
    with pytest.raises(EngineBug, match="does not err"):
        replay(model, "", choices, "Two", error)
    with pytest.raises(EngineBug, match="ends in a model error"):
        replay(erring, "", error.choices, "A")
