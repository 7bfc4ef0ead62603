"""Every diagnostic code is reached by a wrong model, at the right place, with the message that its golden shows.

The first line of each `errors/*.plait` says what is found in it: `// P325 at 12:8`, or several after commas, in the
order of the text.  Codes of files that cannot be text at all, or that need several files, are reached in `OTHERWISE`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from plait import cli, reports
from plait.engines import interpreter
from plait.limits import Limits
from plait_spec import ground_context, ground_expr, grounding, load
from plait_spec.diagnostics import Code, Diagnostic, SpecError, render
from plait_spec.grounding import default_parameters, ground, parse_parameters
from tests.conftest import Golden

ERRORS = Path(__file__).parent / "errors"
FILES = sorted(ERRORS.glob("*.plait"))
PROMISE = re.compile(r"// (P\d{3}) at (\d+):(\d+)((?:, P\d{3} at \d+:\d+)*)$")
PLACE = re.compile(r"(P\d{3}) at (\d+):(\d+)")

Found = tuple[str, int, int]


def promised(path: Path) -> list[Found]:
    """What the first line of a file says."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert PROMISE.match(first), f"{path.name}: the first line must say what is wrong, as `// P101 at 3:5`"
    return [(code, int(line), int(column)) for code, line, column in PLACE.findall(first)]


def diagnose(path: Path) -> tuple[Diagnostic, ...]:
    """What the front-end finds in a file, with its default parameters."""
    try:
        for model in load(path):
            ground(model, default_parameters(model))
    except SpecError as error:
        return error.diagnostics
    return ()


def run(path: Path) -> tuple[list[Found], str]:
    """What the interpreter finds in a file that is well written: model errors, and what it does not check."""
    found: list[Found] = []
    text: list[str] = []
    for model in load(path):
        finding = interpreter.check(ground(model, default_parameters(model)), None, Limits(), True, lambda _: None)
        errors = [finding.error, *(decision.error for decision in finding.decisions)]
        for error in errors:
            if error is not None and (error.code, error.line, error.column) not in found:
                found.append((error.code, error.line, error.column))
                text.append(f"{error.line}:{error.column}: {error.code}: {error.message}\n")
        for decision, property in zip(finding.decisions, model.properties, strict=True):
            if decision.how.startswith("P4"):
                found.append((decision.how[:4], property.span.line, property.span.column))
                text.append(f"{decision.property}: {decision.word}: {decision.how}\n")
    return found, "".join(text)


def shown(diagnostics: tuple[Diagnostic, ...], folder: Path) -> str:
    """The diagnostics as text, with paths from a folder on."""
    return "".join(render(one) + "\n" for one in diagnostics).replace(str(folder), folder.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_wrong_model(path: Path, golden: Golden) -> None:
    """The codes and places are those promised; the words are those of the golden."""
    diagnostics = diagnose(path)
    if diagnostics:
        found = [(one.code.id, one.span.line, one.span.column) for one in diagnostics]
        text = shown(diagnostics, ERRORS)
    else:
        found, text = run(path)
    golden(f"errors/{path.stem}.txt", text)
    assert found == promised(path)
    assert path.stem[:4] in {code for code, _, _ in found}


# ---- files that cannot stand in a folder of models


Make = Callable[[Path], Path]


def latin(folder: Path) -> Path:
    path = folder / "latin.plait"
    path.write_bytes(b"protocol P()\n// caf\xe9\n")
    return path


def long(folder: Path) -> Path:
    path = folder / "long.plait"
    path.write_text("// filler\n" * 100_001, encoding="utf-8")
    return path


def huge(folder: Path) -> Path:
    path = folder / "huge.plait"
    path.write_text("// filler\n" * 500_000, encoding="utf-8")
    return path


def imports(*texts: str) -> Make:
    """A project whose `main.plait` imports these paths; beside it stand files to be imported."""

    def make(folder: Path) -> Path:
        (folder / "outside.plait").write_text("protocol Outside\n", encoding="utf-8")
        project = folder / "project"
        (project / "folder.plait").mkdir(parents=True)
        (project / "pyproject.toml").touch()
        (project / "notes.txt").write_text("protocol Notes\n", encoding="utf-8")
        (project / "wrong.plait").write_text("protocol Wrong\nvar n: 0..3 = \n", encoding="utf-8")
        (project / "again.plait").write_text('import "main.plait"\nprotocol Again\n', encoding="utf-8")
        (project / "link.plait").symlink_to(folder / "outside.plait")
        (project / "endless.plait").symlink_to("/dev/zero")
        (project / "latin.plait").write_bytes(b"protocol P()\n// caf\xe9\n")
        (project / "huge.plait").write_text("// filler\n" * 500_000, encoding="utf-8")
        main = project / "main.plait"
        lines = [f'import "{text}"\n' for text in texts]
        main.write_text("".join(lines) + "protocol Main\n", encoding="utf-8")
        return main

    return make


OTHERWISE: dict[str, tuple[Make, list[Found]]] = {
    "P001_latin": (latin, [("P001", 2, 7)]),
    "P002_long": (long, [("P002", 1, 1)]),
    "P002_huge": (huge, [("P002", 1, 1)]),
    "P107_not_there": (lambda folder: folder / "missing.plait", [("P107", 1, 1)]),
    "P107_not_read": (
        imports("missing.plait", "folder.plait", "notes.txt", "nul\0.plait"),
        [("P107", 1, 1), ("P107", 2, 1), ("P107", 3, 1), ("P107", 4, 1)],
    ),
    "P108_outside": (
        imports("../outside.plait", "/outside.plait", "..\\outside.plait", "link.plait", "endless.plait"),
        [("P108", 1, 1), ("P108", 2, 1), ("P108", 3, 1), ("P108", 4, 1), ("P108", 5, 1)],
    ),
    "P109_ring": (imports("again.plait"), [("P109", 1, 1)]),
    "P109_itself": (imports("main.plait"), [("P109", 1, 1)]),
    "P004_in_an_import": (imports("wrong.plait", "wrong.plait"), [("P005", 2, 14)]),
    "P001_in_an_import": (imports("latin.plait"), [("P001", 2, 7)]),
    "P002_in_an_import": (imports("huge.plait"), [("P002", 1, 1)]),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_wrong_file(name: str, tmp_path: Path, golden: Golden) -> None:
    """Files that are no text, and imports that cannot be."""
    make, expected = OTHERWISE[name]
    folder = tmp_path / "work"
    folder.mkdir()
    diagnostics = diagnose(make(folder))
    golden(f"errors/{name}.txt", shown(diagnostics, folder))
    assert [(one.code.id, one.span.line, one.span.column) for one in diagnostics] == expected


def test_a_model_of_too_many_files(tmp_path: Path) -> None:
    """Each file imports the next one."""
    for i in range(101):
        (tmp_path / f"m{i}.plait").write_text(f'import "m{i + 1}.plait"\nprotocol M{i}\n', encoding="utf-8")
    (tmp_path / "m101.plait").write_text("protocol Last\n", encoding="utf-8")
    (error,) = diagnose(tmp_path / "m0.plait")
    assert (error.code, error.message) == (Code.IMPORT_NOT_READ, "a model is made of at most 100 files")


def test_an_imported_error_is_told_once_for_all_who_import(tmp_path: Path) -> None:
    """The base of a study is wrong: its proposals, in a file of their own, say it once."""
    (tmp_path / "base.plait").write_text("abstract protocol Base\nvar n: 0..3 = m\nalways A: n < k\n", encoding="utf-8")
    main = tmp_path / "main.plait"
    main.write_text(
        'import "base.plait"\nproposal One extends Base { }\nproposal Two extends Base { }\n', encoding="utf-8"
    )
    found = [(Path(one.span.source.name).name, one.span.line) for one in diagnose(main)]
    assert found == [("base.plait", 2), ("base.plait", 3)]


LARGE = """protocol Large(n: 1..99 = 20)
var done: 0..n -> bool = false
action one(i: 0..n, j: 0..n) { done[i] = done[j] }
action two(i: 0..n, j: 0..n) { done[i] = not done[j] }
action three() when all i: 0..n, j: 0..n, k: 0..n. done[i] or done[j] or done[k] { done[1] = true }
"""


@pytest.mark.parametrize(
    ("module", "limit", "line", "message"),
    [
        (grounding, "MAX_INSTANCES", 4, "more than 500 ways to take a step, counting those of `two`"),
        (ground_context, "MAX_NODES", 3, "the model has more than 500 expressions when everything is written out"),
        (ground_context, "MAX_BINDINGS", 5, "more than 500 values for the names that are bound here"),
    ],
)
def test_a_model_that_is_too_large(
    module: ModuleType, limit: str, line: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits of what is written out, made smaller."""
    for user in (module, ground_expr):
        monkeypatch.setattr(user, limit, 500, raising=user is module)
    path = tmp_path / "large.plait"
    path.write_text(LARGE, encoding="utf-8")
    (error,) = diagnose(path)
    assert (error.span.line, error.message) == (line, message)


@pytest.mark.parametrize(
    ("name", "value", "message", "help"),
    [
        ("n", "7", "the parameter `n` cannot be 7", "it is a number of 0..3"),
        ("n", "x", "the parameter `n` cannot be x", "it is a number of 0..3"),
        ("loud", "1", "the parameter `loud` cannot be 1", "it is true or false"),
        ("colour", "Blue", "the parameter `colour` cannot be Blue", "it is one of Red, Green"),
        ("k", "1", "there is no parameter `k` in `P`", "its parameters: n, loud, colour"),
    ],
)
def test_a_parameter_that_cannot_be(name: str, value: str, message: str, help: str, tmp_path: Path) -> None:
    path = tmp_path / "p.plait"
    path.write_text(
        "protocol P(n: 0..3 = 1, loud: bool = true, colour: Colour = Red)\nenum Colour { Red, Green }\n",
        encoding="utf-8",
    )
    (model,) = load(path)
    with pytest.raises(SpecError) as caught:
        parse_parameters(model, {name: value})
    (error,) = caught.value.diagnostics
    assert (error.code, error.message, error.help) == (Code.PARAMETER_OUTSIDE_TYPE, message, help)


def test_every_code_is_reached() -> None:
    """A code that no wrong model reaches is a code that nobody needs, or one that nobody has seen."""
    reached = {code for path in FILES for code, _, _ in promised(path)}
    reached |= {code for _, found in OTHERWISE.values() for code, _, _ in found}
    assert sorted(reached) == sorted(code.id for code in Code)


# ---- as a user meets them


GOOD = "protocol Good\nvar n: 0..3 = 0\naction count_up() when n < 3 { n += 1 }\nalways Small: n < 4\n"
WRONG = "protocol Wrong\nvar n: 0..3 = m\nvar k: Nothing = 0\n"
SETTINGS = "protocol Set(n: 0..3 = 1)\nvar a: 0..3 = n\nalways A: a == n\nexpect with (n = 2..4): A holds\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "good.plait").write_text(GOOD, encoding="utf-8")
    (tmp_path / "wrong.plait").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_tells_what_is_wrong_and_checks_the_rest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "wrong.plait", "good.plait"]) == 2
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "wrong.plait:2:15: error P101: there is nothing called `m` here",
        " 2 | var n: 0..3 = m",
        "   |               ^",
        "wrong.plait:3:8: error P101: there is no type `Nothing`",
        " 3 | var k: Nothing = 0",
        "   |        ^^^^^^^",
    ]
    assert "Small" in told.out
    assert "P101" not in told.out


def test_what_is_wrong_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--format", "json", "."]) == 2
    told = json.loads(capsys.readouterr().out)
    schema = json.loads((Path(reports.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema)
    assert [run["protocol"] for run in told["runs"]] == ["Good"]
    problems = [
        (one["kind"], one["code"], Path(one["file"]).name, one["line"], one["column"]) for one in told["problems"]
    ]
    assert problems == [("text", "P101", "wrong.plait", 2, 15), ("text", "P101", "wrong.plait", 3, 8)]


@pytest.mark.parametrize("format", ["text", "json", "junit"])
def test_nothing_but_what_is_wrong(format: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--format", format, "wrong.plait"]) == 2
    assert capsys.readouterr().err.count("error P101") == 2


def test_an_expectation_for_a_parameter_that_cannot_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "set.plait").write_text(SETTINGS, encoding="utf-8")
    assert cli.run(["check", "set.plait"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "set.plait:4:14: error P381: the parameter `n` cannot be 4",
        " 4 | expect with (n = 2..4): A holds",
        "   |              ^^^^^^^^",
        "help: it is a number of 0..3",
    ]


def test_an_empty_range_in_an_expectation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "set.plait").write_text(SETTINGS.replace("2..4", "3..2"), encoding="utf-8")
    assert cli.run(["check", "set.plait"]) == 2
    assert "set.plait:4:14: error P380: the range 3..2 is empty" in capsys.readouterr().err
