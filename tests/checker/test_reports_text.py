"""Text for people: everything in one golden, and the details that it cannot show."""

from dataclasses import replace

from plait.reports import rendered
from plait.reports.result import Entry
from plait.reports.text import end_text, run_text, surprises
from plait.reports.trace_text import WIDTH, trace_lines
from plait.trace import Change
from tests.checker import traces
from tests.checker.runs import everything, report, result, run
from tests.conftest import Golden


def test_everything(golden: Golden) -> None:
    golden("report.txt", rendered("text", everything()))


def test_a_trace_by_itself(golden: Golden) -> None:
    from plait.reports.trace_text import render as render_trace

    golden("trace.txt", render_trace(traces.overtaking()))


def test_an_expected_failure_has_a_trace_at_the_defaults_only() -> None:
    expected = report("Twice", "fails", expected="fails in 6", trace=traces.overtaking())
    assert not surprises(expected)
    at_the_defaults, elsewhere = run_text(Entry(run(expected))), run_text(Entry(run(expected), (("ops", "2"),)))
    assert "fails in 6" in elsewhere
    assert "on Ask(o1)" not in elsewhere
    assert at_the_defaults.count("FAILS  Twice") == 1
    trace = [f"  {line}" for line in trace_lines(traces.overtaking())]
    assert at_the_defaults.splitlines()[-len(trace) - 1 :] == [f"    {traces.overtaking().what}", *trace]
    assert "at the start" not in at_the_defaults


def test_a_failure_that_nobody_expects_has_a_trace_everywhere() -> None:
    wrong = report("Twice", "fails", ok=False, trace=traces.overtaking())
    assert surprises(wrong)
    assert "on Ask(o1)" in run_text(Entry(run(wrong), (("ops", "2"),)))


def test_a_witness_has_no_trace_in_the_text() -> None:
    witness = report("Learns", kind="reachable", trace=traces.overtaking(), expected=None)
    assert not surprises(witness)
    assert "on Ask(o1)" not in run_text(Entry(run(witness)))


def test_what_is_not_at_its_default_stands_first() -> None:
    found = run(report("A"))
    assert dict(found.parameters).keys() >= {"agents", "ops"}
    line = run_text(Entry(found, (("ops", "1"),))).splitlines()[1]
    assert line.startswith("  ops = 1; agents = 1, ")


def test_long_lines_go_on_below() -> None:
    many = tuple((f"parameter_{number}", number) for number in range(40))
    long = report("A", how="because " * 40)
    found = replace(run(long), parameters=many, unfired=tuple(f"role.action_{number}" for number in range(40)))
    lines = run_text(Entry(found, (("parameter_39", "39"),))).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line.endswith(("=", "= ")) or line.lstrip().startswith("=") for line in lines)
    assert sum(line.count("because") for line in lines) == 40
    assert len({len(line) - len(line.lstrip()) for line in lines if line.lstrip().startswith("because")}) == 1


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


def test_what_nobody_expects_is_not_counted() -> None:
    assert end_text(result(run(report("A", expected=None)))) == "1 run, of which nothing is expected\n"


def test_paths_are_escaped() -> None:
    odd = replace(run(report("A")), file="models/\x1b[31m.plait")
    assert "\x1b" not in run_text(Entry(odd))


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
