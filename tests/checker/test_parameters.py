"""Values of parameters from texts, presets and `--set`, where they depend on each other."""

from pathlib import Path

import pytest

from plait.errors import JobError
from plait.parameters import parse_wish
from plait.reports.result import Result
from plait.session import Job, check
from plait.tools import Installed
from plait_spec import load
from plait_spec.diagnostics import SpecError

TEXT = """protocol P(n: 1..4 = 2, m: 0..n = n, k: 0..3 = n + 1, loud: bool = n == 2)
var x: 0..n = 0
action up() when x < m { x += 1 }
always A: x <= m
proposal Q(j: 0..3 = k) extends P(n = 1) { }
proposal R extends P(m = n - 1) { }
"""


def ran(folder: Path, *sets: str, proposal: str = "P") -> Result:
    file = folder / "test.plait"
    file.write_text(TEXT, encoding="utf-8")
    return check(Job((str(file),), tuple(map(parse_wish, sets)), (proposal,) if proposal else ()), Installed())


def values(result: Result) -> list[dict[str, object]]:
    assert result.problems == ()
    return [dict(entry.run.parameters) for entry in result.entries]


def test_a_default_may_read_the_parameters_before_it(tmp_path: Path) -> None:
    assert values(ran(tmp_path)) == [{"n": 2, "m": 2, "k": 3, "loud": True}]
    assert values(ran(tmp_path, "n=1")) == [{"n": 1, "m": 1, "k": 2, "loud": False}]


def test_a_preset_is_a_default(tmp_path: Path) -> None:
    assert values(ran(tmp_path, proposal="Q")) == [{"n": 1, "m": 1, "k": 2, "loud": False, "j": 2}]
    assert values(ran(tmp_path, "n=2", proposal="Q")) == [{"n": 2, "m": 2, "k": 3, "loud": True, "j": 3}]
    assert values(ran(tmp_path, "n=1", proposal="R")) == [{"n": 1, "m": 0, "k": 2, "loud": False}]
    assert values(ran(tmp_path, "m=2", proposal="R")) == [{"n": 2, "m": 2, "k": 3, "loud": True}]


@pytest.mark.parametrize("sets", [("n=1..2", "m=0..1"), ("m=0..1", "n=1..2")])
def test_ranges_of_settings_are_in_the_order_of_the_parameters(sets: tuple[str, str], tmp_path: Path) -> None:
    found = [(one["n"], one["m"]) for one in values(ran(tmp_path, *sets))]
    assert found == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_range_depends_on_what_else_is_set(tmp_path: Path) -> None:
    assert values(ran(tmp_path, "m=4", "n=4", "k=0")) == [{"n": 4, "m": 4, "k": 0, "loud": False}]
    with pytest.raises(JobError, match=r"m is a number of 0\.\.1"):
        ran(tmp_path, "m=2", "n=1")
    with pytest.raises(JobError, match=r"m is a number of 0\.\.2"):
        ran(tmp_path, "m=3")


def test_a_default_that_does_not_fit_is_told_once(tmp_path: Path) -> None:
    [problem] = ran(tmp_path, "n=4", proposal="").problems
    assert (problem.code, problem.line, problem.column) == ("P381", 1, 38)
    assert "its default `n + 1` is not: set it as well" in problem.text


def test_a_value_that_does_not_fit_is_not_the_defaults_fault(tmp_path: Path) -> None:
    file = tmp_path / "test.plait"
    file.write_text("protocol P(n: 1..4 = 5)\n", encoding="utf-8")
    [problem] = check(Job((str(file),)), Installed()).problems
    assert "cannot be 5" in problem.text
    assert "default" not in problem.text


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("protocol P(a: 0..2 = b, b: 0..2 = 1)", 22, "`b` has no value yet: only parameters before `a` have one"),
        ("protocol P(a: 0..2 = a)", 22, "`a` has no value yet: only parameters before `a` have one"),
        ("protocol P(a: 0..2 = 1)\nproposal Q(b: 0..2 = 1) extends P(a = b) { }", 39, "`b` has no value yet"),
    ],
)
def test_a_default_reads_nothing_that_comes_later(text: str, column: int, message: str, tmp_path: Path) -> None:
    file = tmp_path / "test.plait"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(file)
    [found] = caught.value.diagnostics
    assert (found.code.id, found.span.column) == ("P305", column)
    assert message in found.message
