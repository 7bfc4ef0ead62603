"""The exit code is a function of the result: 4 > 2 > 1 > 3 > 0, and an interrupt before all."""

from dataclasses import replace

import pytest

from plait.reports.result import Entry, Exit, Problem, Result
from tests.checker.runs import everything, model_error, report, result, run

MET = report("A")
UNMET = report("B", "fails", ok=False)
OPEN = report("C", "undetermined", ok=False, stated=False)
STATED_OPEN = report("C", "undetermined", ok=False)
BOUNDED = report("D", "holds within", ok=False, stated=False)
VACUOUS = report("E", "vacuous", ok=False, stated=False)
UNJUDGED = report("F", "undetermined", expected=None, stated=False)
WRONG_TEXT = Problem("text", "a.plait", "wrong", "wrong")
NO_JOB = Problem("job", "a.plait", "wrong", "wrong")
BUG = Problem("internal", "a.plait", "wrong", "wrong")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (result(run()), Exit.MET),
        (result(run(MET)), Exit.MET),
        (result(run(MET, UNJUDGED)), Exit.MET),
        (result(run(MET, OPEN)), Exit.OPEN),
        (result(run(BOUNDED)), Exit.OPEN),
        (result(run(STATED_OPEN)), Exit.NOT_MET),
        (result(run(VACUOUS)), Exit.NOT_MET),
        (result(run(OPEN), run(UNMET)), Exit.NOT_MET),
        (result(run(UNMET), problems=(WRONG_TEXT,)), Exit.WRONG_INPUT),
        (result(run(UNMET), problems=(NO_JOB,)), Exit.WRONG_INPUT),
        (result(run(UNMET), problems=(WRONG_TEXT, BUG)), Exit.INTERNAL),
        (result(run(UNMET), problems=(WRONG_TEXT, BUG), interrupted=True), Exit.INTERRUPTED),
        (result(replace(run(MET), model_error=model_error())), Exit.NOT_MET),
        (everything(), Exit.INTERNAL),
        (Result(()), Exit.MET),
    ],
)
def test_exit_code(found: Result, code: Exit) -> None:
    assert found.exit_code is code


def test_file_names_say_what_is_not_at_its_default() -> None:
    assert Entry(run()).file_name("deadlock free") == "Reconcile.deadlock_free"
    stamped = Entry(run(proposal="Stamped"), (("eager", "false"), ("ops", "2")))
    assert stamped.file_name("NoRegress") == "Stamped.NoRegress.eager=false,ops=2"
