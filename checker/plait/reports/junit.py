"""A result as JUnit XML: a suite for each run, a case for each property; nothing is ever skipped.

A case fails where the expectation is not met, and where a property stayed undetermined though nobody expected that:
what is not known must not look green.  A wrong text or an error of the tool is a case with an error.
"""

from __future__ import annotations

from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from plait.reports.result import Entry, Problem, Result, is_green
from plait.reports.trace_text import heading, trace_lines
from plait.trace import Trace
from plait.verdict import PropertyReport, Run
from plait_spec.diagnostics import printable


def render(result: Result) -> str:
    """The text of the document."""
    document = JUnitXml("plait")
    for entry in result.entries:
        document.add_testsuite(_suite(entry))
    if result.problems:
        document.add_testsuite(_problems(result.problems))
    document.update_statistics()  # type: ignore[no-untyped-call]
    written: bytes = document.tostring()  # type: ignore[no-untyped-call]
    tree = ElementTree.fromstring(written)
    ElementTree.indent(tree)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(tree, encoding="unicode") + "\n"


def _suite(entry: Entry) -> TestSuite:
    run = entry.run
    suite = TestSuite(printable(_name(entry)))
    for name, value in run.parameters:
        suite.add_property(name, str(value).lower() if isinstance(value, bool) else str(value))
    if run.counted:
        suite.add_property("states", str(run.states))
        suite.add_property("transitions", str(run.transitions))
    for report in run.properties:
        suite.add_testcase(_case(entry, report))
    if run.model_error is not None:
        suite.add_testcase(_model_error(entry))
    # The search is one for all cases: the first stands for its time.
    for case in suite:
        case.time = round(run.seconds.total, 3)
        break
    return suite


def _name(entry: Entry) -> str:
    changed = ", ".join(f"{name} = {value}" for name, value in entry.changed)
    return f"{entry.run.file}: {entry.name}" + (f" ({changed})" if changed else "")


def _case(entry: Entry, report: PropertyReport) -> TestCase:
    case = TestCase(report.name, classname=printable(_name(entry)))
    if report.verdict == "error":
        case.result = [_said(Error(_message(report), "error"), report.trace)]
    elif not is_green(report):
        case.result = [_said(Failure(_message(report), report.verdict), report.trace)]
    return case


def _message(report: PropertyReport) -> str:
    length = f" in {report.steps}" if report.verdict == "fails" and report.steps is not None else ""
    how = f" ({report.how})" if report.how else ""
    expected = f"; expected: {report.expected}" if report.expected is not None else ""
    return printable(f"{report.name} {report.verdict}{length}{how}{expected}")


def _said(result: Failure | Error, trace: Trace | None) -> Failure | Error:
    if trace is not None:
        result.text = "\n".join([heading(trace), *trace_lines(trace)])
    return result


def _model_error(entry: Entry) -> TestCase:
    run: Run = entry.run
    error = run.model_error
    assert error is not None
    case = TestCase("model error", classname=printable(_name(entry)))
    place = f"{error.file}:{error.line}:{error.column}"
    case.result = [_said(Error(printable(f"{place}: {error.code}: {error.message}"), error.code), run.error_trace)]
    return case


def _problems(problems: tuple[Problem, ...]) -> TestSuite:
    suite = TestSuite("not checked")
    for problem in problems:
        case = TestCase(printable(problem.file), classname=problem.kind)
        error = Error(printable(problem.message), problem.code or problem.kind)
        error.text = "\n".join(printable(line) for line in problem.text.splitlines())
        case.result = [error]
        suite.add_testcase(case)
    return suite
