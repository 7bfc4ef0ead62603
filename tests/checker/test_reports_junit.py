"""JUnit XML: a case for each property, and nothing unknown that looks green."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from plait.reports import rendered
from tests.checker import traces
from tests.checker.runs import everything, report, result, run
from tests.conftest import Golden


def cases(text: str) -> dict[str, list[str]]:
    """The results of each case by its name."""
    return {case.attrib["name"]: [child.tag for child in case] for case in ET.fromstring(text).iter("testcase")}


def test_everything(golden: Golden) -> None:
    golden("report.junit.xml", rendered("junit", everything()))


def test_a_case_for_each_property() -> None:
    failing = report("B", "fails", ok=False, trace=traces.overtaking())
    shown = cases(rendered("junit", result(run(report("A"), failing, report("C", "error", ok=False)))))
    assert shown == {"A": [], "B": ["failure"], "C": ["error"]}


def test_unknown_is_never_green() -> None:
    shown = cases(
        rendered(
            "junit",
            result(
                run(
                    report("Unjudged", "undetermined", expected=None, stated=False),
                    report("Unstated", "undetermined", ok=False, stated=False),
                    report("Expected", "undetermined", expected="undetermined"),
                )
            ),
        )
    )
    assert shown == {"Unjudged": ["failure"], "Unstated": ["failure"], "Expected": []}


def test_counts_add_up() -> None:
    suites = ET.fromstring(rendered("junit", everything()))
    assert (suites.attrib["tests"], suites.attrib["failures"], suites.attrib["errors"]) == ("12", "3", "4")
    assert "skipped" not in {element.tag for element in suites.iter()}


def test_states_that_nobody_counted_are_not_told() -> None:
    proved = replace(run(report("A")), engine="symbolic", states=0, transitions=0, counted=False)
    told = [
        {found.attrib["name"] for found in ET.fromstring(rendered("junit", result(one))).iter("property")}
        for one in (proved, run(report("A")))
    ]
    assert told[1] - told[0] == {"states", "transitions"}
