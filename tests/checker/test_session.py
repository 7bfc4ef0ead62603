"""A job from paths to a result, with parts that only pretend."""

from dataclasses import replace
from pathlib import Path

import pytest

from plait.errors import EngineBug, JobError
from plait.limits import Progress, Watch
from plait.plan import Plan
from plait.reports.result import Entry, Exit
from plait.session import Job, check, find
from plait.verdict import Finding, ModelError
from plait_spec.core import Model
from plait_spec.domains import Value
from tests.checker.doubles import Pretended, all_hold, choices, decision, expect, finding, model, wrong_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.plait", "a.plait", "deep/c.plait", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def job(folder: Path, *names: str) -> Job:
    return Job(tuple(str(folder / name) for name in names) or (str(folder),))


# ---- files


def test_folders_are_searched_in_order(folder: Path) -> None:
    names = [Path(path).relative_to(folder).as_posix() for path in find([str(folder)])]
    assert names == ["a.plait", "b.plait", "deep/c.plait"]


def test_each_file_once_in_the_order_given(folder: Path) -> None:
    found = find([str(folder / "b.plait"), str(folder), str(folder / "deep" / ".." / "a.plait")])
    assert [Path(path).name for path in found] == ["b.plait", "a.plait", "c.plait"]


def test_a_file_of_any_name_is_taken_if_it_is_named(folder: Path) -> None:
    assert find([str(folder / "notes.txt")]) == (str(folder / "notes.txt"),)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no such file"):
        find([str(tmp_path / "a.plait")])
    with pytest.raises(JobError, match=r"no \*\.plait file"):
        find([str(tmp_path)])


# ---- runs


def test_runs_in_order_of_files(folder: Path) -> None:
    tools = Pretended({"a.plait": (model(protocol="A"), model(proposal="A2")), "b.plait": (model(protocol="B"),)})
    seen: list[str] = []
    result = check(job(folder, "a.plait", "b.plait"), tools, on_entry=lambda entry: seen.append(entry.name))
    assert [entry.name for entry in result.entries] == ["A", "A2", "B"] == seen
    assert result.exit_code is Exit.MET
    assert result.entries[0].run.parameters == (("ops", 1), ("eager", True))


def test_failures_are_replayed_and_judged(folder: Path) -> None:
    found = model(expect({"A": ("fails", 3)}))
    tools = Pretended({"a.plait": (found,)}, lambda *_: finding(decision("A", "fails", 3), decision("B", "fails", 2)))
    result = check(job(folder, "a.plait"), tools)
    first, second = result.entries[0].run.properties
    assert (first.ok, first.expected, first.steps) == (True, "fails in 3", 3)
    assert (second.ok, second.expected, second.stated) == (False, "holds", False)
    assert first.trace is not None
    assert (first.trace.goal, len(first.trace.steps)) == ("A", 3)
    assert result.exit_code is Exit.NOT_MET


def test_properties_that_an_expect_with_does_not_name_are_not_in_its_run(folder: Path) -> None:
    tools = Pretended({"a.plait": (model(expect({"B": ("holds", None)}, ops=2)),)})
    result = check(job(folder, "a.plait"), tools)
    assert [[found.name for found in entry.run.properties] for entry in result.entries] == [["A", "B"], ["B"]]
    assert result.entries[1].changed == (("ops", "2"),)


def test_a_model_error_exits_1(folder: Path) -> None:
    error = ModelError("P501", "3 is outside 0..2", "a.plait", 1, 2, choices(2), 2)
    found = model(expect({"A": ("undetermined", None), "B": ("undetermined", None)}))
    undetermined = (decision("A", "undetermined"), decision("B", "undetermined"))
    tools = Pretended({"a.plait": (found,)}, lambda *_: finding(*undetermined, error=error))
    result = check(job(folder, "a.plait"), tools)
    run = result.entries[0].run
    assert all(report.ok for report in run.properties)
    assert run.error_trace is not None
    assert run.error_trace.goal == "P501"
    assert result.exit_code is Exit.NOT_MET


def test_an_error_in_a_property_has_its_trace(folder: Path) -> None:
    error = ModelError("P502", "no such key", "a.plait", 1, 2, choices(2), 2, in_property="A")
    erring = replace(decision("A", "error"), error=error)
    tools = Pretended({"a.plait": (model(properties=("A",)),)}, lambda *_: finding(erring))
    (report,) = check(job(folder, "a.plait"), tools).entries[0].run.properties
    assert (report.verdict, report.steps, report.ok) == ("error", 2, False)
    assert report.trace is not None
    assert report.trace.goal == "A"


# ---- what goes wrong


def test_a_wrong_text_does_not_keep_others_from_being_checked(folder: Path) -> None:
    tools = Pretended({"a.plait": wrong_text("a.plait"), "b.plait": (model(),)})
    result = check(job(folder, "a.plait", "b.plait"), tools)
    assert [entry.name for entry in result.entries] == ["Toy"]
    (problem,) = result.problems
    assert (problem.kind, problem.code, problem.line, problem.column) == ("text", "P004", 1, 10)
    assert result.exit_code is Exit.WRONG_INPUT


def test_a_proposal_may_stand_in_the_wrong_text(folder: Path) -> None:
    tools = Pretended({"a.plait": wrong_text("a.plait"), "b.plait": (model(),)})
    result = check(replace(job(folder, "a.plait", "b.plait"), proposals=("Better",)), tools)
    assert (result.entries, result.exit_code) == ((), Exit.WRONG_INPUT)


def test_parameters_for_which_there_is_no_model(folder: Path) -> None:
    class Small(Pretended):
        def check(self, *given: object) -> Finding:
            if self.searched[-1]["ops"] == 2:
                raise wrong_text()
            return all_hold(("A", "B"))

    tools = Small({"a.plait": (model(expect({"A": ("holds", None)}, ops=2)),)})
    result = check(job(folder, "a.plait"), tools)
    assert len(result.entries) == 1
    assert result.exit_code is Exit.WRONG_INPUT


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (KeyError("x"), "internal", Exit.INTERNAL),
        (EngineBug("they disagree"), "internal", Exit.INTERNAL),
        (RecursionError(), "internal", Exit.INTERNAL),
        (MemoryError(), "internal", Exit.INTERNAL),
        (JobError("too many initial states"), "job", Exit.WRONG_INPUT),
    ],
)
def test_an_error_of_a_run_is_never_a_verdict(folder: Path, error: Exception, kind: str, code: Exit) -> None:
    def answer(found: Model, values: dict[str, Value], names: tuple[str, ...]) -> Finding:
        if found.protocol == "Bad":
            raise error
        return all_hold(names)

    tools = Pretended({"a.plait": (model(protocol="Bad"), model(protocol="Good"))}, answer)
    result = check(job(folder, "a.plait"), tools)
    assert [entry.name for entry in result.entries] == ["Good"]
    assert [problem.kind for problem in result.problems] == [kind]
    assert result.exit_code is code


def test_an_engine_that_forgets_a_property_is_wrong(folder: Path) -> None:
    tools = Pretended({"a.plait": (model(),)}, lambda *_: finding(decision("A")))
    result = check(job(folder, "a.plait"), tools)
    assert "says nothing about B" in result.problems[0].message
    assert result.exit_code is Exit.INTERNAL


def test_nothing_to_check_is_a_usage_error(folder: Path) -> None:
    with pytest.raises(JobError, match="nothing to check"):
        check(job(folder, "a.plait"), Pretended({"a.plait": ()}))


# ---- interrupts


def test_an_interrupt_keeps_what_was_found(folder: Path) -> None:
    def answer(found: Model, values: dict[str, Value], names: tuple[str, ...]) -> Finding:
        if found.protocol == "Second":
            raise KeyboardInterrupt
        return all_hold(names)

    tools = Pretended({"a.plait": tuple(model(protocol=name) for name in ("First", "Second", "Third"))}, answer)
    result = check(job(folder, "a.plait"), tools)
    assert [entry.name for entry in result.entries] == ["First"]
    assert result.exit_code is Exit.INTERRUPTED


def test_an_interrupted_search_is_reported_and_is_the_last(folder: Path) -> None:
    class Long(Pretended):
        def check(
            self, ground: object, properties: tuple[str, ...], limits: object, symmetry: bool, watch: Watch
        ) -> Finding:
            try:
                watch(Progress(1, 2, 3, growing=True, seconds=1.0))
            except KeyboardInterrupt:
                return finding(*(decision(name, "undetermined") for name in properties), stopped="interrupted")
            return all_hold(properties)

    def watch(plan: Plan) -> Watch:
        def interrupt(progress: Progress) -> None:
            raise KeyboardInterrupt

        return interrupt

    seen: list[Entry] = []
    tools = Long({"a.plait": (model(protocol="First"), model(protocol="Second"))})
    result = check(job(folder, "a.plait"), tools, watch, seen.append)
    assert [entry.run.stopped for entry in result.entries] == ["interrupted"] == [entry.run.stopped for entry in seen]
    assert result.exit_code is Exit.INTERRUPTED
