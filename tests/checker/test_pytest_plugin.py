"""Models as pytest items: what is collected when, one search for the items of a run, and what a failure shows."""

from collections.abc import Callable

import pytest

from plait import tools as parts
from plait.verdict import Finding, ModelError
from plait_spec.core import Model
from plait_spec.domains import Value
from tests.checker.doubles import Pretended, all_hold, choices, decision, expect, finding, model, wrong_text

pytest_plugins = ["pytester"]

Answer = Callable[[Model, dict[str, Value], tuple[str, ...]], Finding]
Pretend = Callable[..., Pretended]


@pytest.fixture
def pretend(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put a model file into a folder of its own, and parts that pretend behind it."""

    def install(
        *models: Model, answer: Answer = lambda found, values, names: all_hold(names), error: Exception | None = None
    ) -> Pretended:
        tools = Pretended({"toy.plait": models if error is None else error}, answer)
        monkeypatch.setattr(parts, "Installed", lambda engine="auto": tools)
        pytester.mkdir("models").joinpath("toy.plait").write_text("")
        pytester.makepyfile("def test_other(): pass")
        return tools

    return install


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # An outer run under coverage or with other plugins is none of the inner one's business.
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def test_a_folder_of_models(pytester: pytest.Pytester, pretend: Pretend) -> None:
    tools = pretend(model(expect({"A": ("holds", None)}, ops=2)), model(proposal="Better"))
    result = run(pytester, "models", "-v")
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(
        [
            "models/toy.plait::Toy::A PASSED*",
            "models/toy.plait::Toy::B PASSED*",
            "models/toy.plait::Toy::no model error PASSED*",
            "models/toy.plait::Toy:ops=2::A PASSED*",
            "models/toy.plait::Better::A PASSED*",
        ]
    )
    assert len(tools.searched) == 3


def test_one_item(pytester: pytest.Pytester, pretend: Pretend) -> None:
    tools = pretend(model(expect({"B": ("holds", None)}, ops=2)), model(proposal="Better"))
    run(pytester, "models/toy.plait::Better::B").assert_outcomes(passed=1)
    run(pytester, "models/toy.plait::Toy:ops=2").assert_outcomes(passed=2)
    assert [values["ops"] for values in tools.searched] == [1, 2]


def test_nobody_asked(pytester: pytest.Pytester, pretend: Pretend) -> None:
    tools = pretend(model())
    run(pytester).assert_outcomes(passed=1)
    assert tools.searched == []


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (("--plait",), ""),
        ((), "plait = true"),
        ((), "testpaths = models test_nobody_asked.py"),
        (("models",), ""),
        (("models/toy.plait",), ""),
        ((".",), ""),
    ],
)
def test_somebody_asked(pytester: pytest.Pytester, pretend: Pretend, arguments: tuple[str, ...], setting: str) -> None:
    tools = pretend(model())
    pytester.makeini(f"[pytest]\n{setting}\n")
    run(pytester, *arguments)
    assert len(tools.searched) == 1


def test_a_failure_shows_its_trace(pytester: pytest.Pytester, pretend: Pretend) -> None:
    pretend(model(), answer=lambda *_: finding(decision("A"), decision("B", "fails", 6, how="")))
    result = run(pytester, "models")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*WRONG  B  fails in 6  expected: holds*",
            "*6  framework  on Answer(o1, Pending)*view[[]o1[]]: Finished -> Pending",
            "plait trace draw models/toy.plait --proposal Toy --property B -o Toy.B.svg",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


def test_an_expected_failure_passes(pytester: pytest.Pytester, pretend: Pretend) -> None:
    pretend(
        model(expect({"A": ("fails", 6), "B": ("undetermined", None)})),
        answer=lambda *_: finding(decision("A", "fails", 6), decision("B", "undetermined")),
    )
    run(pytester, "models").assert_outcomes(passed=3)


def test_what_stays_open_fails(pytester: pytest.Pytester, pretend: Pretend) -> None:
    pretend(model(), answer=lambda *_: finding(decision("A"), decision("B", "undetermined", how="P401")))
    result = run(pytester, "models")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*OPEN  B  undetermined  P401*"])


def test_a_model_error_fails_though_every_expectation_is_met(pytester: pytest.Pytester, pretend: Pretend) -> None:
    error = ModelError("P501", "3 is outside 0..2", "toy.plait", 1, 2, choices(2), 2)
    pretend(
        model(expect({"A": ("undetermined", None)}), properties=("A",)),
        answer=lambda *_: finding(decision("A", "undetermined"), error=error),
    )
    result = run(pytester, "models")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*ERROR  P501  toy.plait:1:2: 3 is outside 0..2*"])


def test_a_wrong_text_fails_the_collection_with_its_diagnostics(pytester: pytest.Pytester, pretend: Pretend) -> None:
    pretend(error=wrong_text("models/toy.plait"))
    result = run(pytester, "models")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["models/toy.plait:1:10: error P004: unexpected `{`", "*| protocol {", "*^"])
    assert "Traceback" not in result.stdout.str()


def test_an_error_of_ours_shows_where(pytester: pytest.Pytester, pretend: Pretend) -> None:
    def broken(*_: object) -> Finding:
        raise ZeroDivisionError("oops")

    tools = pretend(model(), answer=broken)
    result = run(pytester, "models")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: oops*"])
    assert len(tools.searched) == 1
