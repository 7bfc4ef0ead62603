"""What could have had a part in a violation, and what could not."""

import dataclasses

from plait.reports.causality import causal_past, loop_steps
from plait.trace import Broken
from tests.checker import traces
from tests.checker.trace_parts import AGENT1, DOWN, FRAMEWORK, MASTER, UP, message, step, trace

NOTHING = Broken((), "", ())


def test_all_of_the_overtaking_matters() -> None:
    assert causal_past(traces.overtaking()) == {1, 2, 3, 4, 5, 6}


def test_a_crash_of_somebody_who_is_not_heard_of_again_does_not_matter() -> None:
    assert causal_past(traces.crash()) == {1, 3, 4, 5, 7, 8, 9, 10}


def test_a_step_on_another_lane_matters_only_by_its_message() -> None:
    steps = (step(1, AGENT1, "send", sent=(0,)), step(2, MASTER, "idle"), step(3, FRAMEWORK, "end"))
    assert causal_past(trace(steps, (message(0, "link", "M", UP, (1, None), "in flight"),), broken=NOTHING)) == {3}


def test_the_lane_keeps_its_order() -> None:
    steps = (step(1, MASTER, "first"), step(2, FRAMEWORK, "other"), step(3, MASTER, "last"))
    assert causal_past(trace(steps, broken=NOTHING)) == {1, 3}


def test_what_is_read_was_written_by_somebody() -> None:
    steps = (
        step(1, AGENT1, "old", [("x", "0", "1")]),
        step(2, MASTER, "new", [("x", "1", "2")]),
        step(3, FRAMEWORK, "end", reads=("x",)),
    )
    assert causal_past(trace(steps, broken=NOTHING)) == {2, 3}


def test_the_broken_property_reads_too() -> None:
    steps = (step(1, AGENT1, "a", [("x", "0", "1")]), step(2, MASTER, "b"), step(3, FRAMEWORK, "c"))
    assert causal_past(trace(steps, kind="always", broken=Broken((), "x == 0", (("x", "1"),)))) == {1, 3}


def test_a_step_property_reads_the_state_before_as_well() -> None:
    steps = (
        step(1, AGENT1, "a", [("x", "0", "1")]),
        step(2, MASTER, "b"),
        step(3, FRAMEWORK, "c", [("x", "1", "0")]),
    )
    broken = Broken((), "next(x) >= x", (("x", "1"), ("next(x)", "0")))
    assert causal_past(trace(steps, kind="step", broken=broken)) == {1, 3}


def test_the_head_of_a_queue_is_there_because_those_before_it_are_gone() -> None:
    steps = (
        step(1, MASTER, "send", sent=(0, 1)),
        step(2, None, "lose", kind="lose", removed=(0,)),
        step(3, AGENT1, "idle"),
        step(4, FRAMEWORK, "on M", received=1),
    )
    messages = (message(0, "events", "L", DOWN, (1, 2), "lost"), message(1, "events", "M", DOWN, (1, 4)))
    assert causal_past(trace(steps, messages, broken=NOTHING)) == {1, 2, 4}


def test_a_duplicate_comes_from_who_sent_it_and_from_who_copied_it() -> None:
    assert causal_past(traces.duplicate()) == {1, 2, 3, 4}


def test_what_repeats_for_ever_matters() -> None:
    assert loop_steps(traces.lasso()) == range(3, 6)
    assert causal_past(traces.lasso()) >= {3, 4, 5}


def test_a_loop_without_steps_is_a_halt() -> None:
    halted = dataclasses.replace(traces.lasso(), loop=5)
    assert not loop_steps(halted)
    assert 5 in causal_past(halted)


def test_a_violation_at_the_start_has_no_past() -> None:
    assert causal_past(traces.at_the_start()) == frozenset()
