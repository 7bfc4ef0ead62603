"""Text for people: everything in one golden, and the details that it cannot show."""

from dataclasses import replace

from plait.reports import render
from plait.reports.text import end_text, run_text, shows_trace
from plait.reports.trace_text import WIDTH, trace_lines
from plait.trace import Change
from tests.checker import traces
from tests.checker.runs import everything, report, result, run
from tests.conftest import Golden


def test_everything(golden: Golden) -> None:
    golden("report.txt", render("text", everything()))


def test_a_trace_by_itself(golden: Golden) -> None:
    from plait.reports.trace_text import render as render_trace

    golden("trace.txt", render_trace(traces.overtaking()))


def test_an_expected_failure_has_a_line_and_no_trace() -> None:
    expected = report("Twice", "fails", expected="fails in 6", trace=traces.overtaking())
    assert not shows_trace(expected)
    assert "on Ask(o1)" not in run_text(run(expected))
    assert "fails in 6" in run_text(run(expected))


def test_a_witness_has_no_trace_in_the_text() -> None:
    assert not shows_trace(report("Learns", kind="reachable", trace=traces.overtaking(), expected=None))


def test_the_line_to_paste_is_about_the_unexpected_failure() -> None:
    found = result(
        run(
            report("Twice", "fails", expected="fails", trace=traces.overtaking()),
            report("Worse", "fails", ok=False, trace=traces.overtaking()),
        )
    )
    last = end_text(found).splitlines()[-1]
    assert last == (
        "plait trace draw models/reconcile.plait --proposal Reconcile --property Worse -o Reconcile.Worse.svg"
    )


def test_no_failure_no_line_to_paste() -> None:
    assert end_text(result(run(report("A")))) == "1 of 1 expectations met in 1 run\n"


def test_paths_are_escaped() -> None:
    odd = replace(run(report("A")), file="models/\x1b[31m.plait")
    assert "\x1b" not in run_text(odd)


def test_long_steps_go_on_below() -> None:
    trace = traces.overtaking()
    changes = tuple(Change(f"framework.view[o{i}]", "Pending", "Finished", "framework") for i in range(12))
    long = replace(trace, steps=(replace(trace.steps[0], changes=changes),))
    lines = trace_lines(long)
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.count("Pending -> Finished") for line in lines) == 12


def test_the_owner_of_a_place_is_named_where_another_changes_it() -> None:
    trace = traces.overtaking()
    changes = (Change("master.known[o1]", "Pending", "Finished", "master"),)
    foreign = replace(trace, steps=(replace(trace.steps[0], changes=changes),))
    assert "master.known[o1]: Pending -> Finished" in "\n".join(trace_lines(foreign))
    assert "   view[o1]: Pending -> Finished" in "\n".join(trace_lines(trace)) or "  view[o1]" in "\n".join(
        trace_lines(trace)
    )


def test_a_failure_in_the_initial_state() -> None:
    assert "(the initial state)" in "\n".join(trace_lines(traces.trace(())))


def test_a_lasso_says_where_it_returns() -> None:
    endless = replace(traces.overtaking(), loop=2)
    assert "after step 6 it goes on as after step 2" in "\n".join(trace_lines(endless))
