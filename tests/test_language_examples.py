"""Every example in the documents is a model that is checked, and the list of codes is the list of codes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.cli import run
from plait.session import Job, check
from plait.tools import Installed
from plait_spec import load
from plait_spec.core import Model
from plait_spec.diagnostics import Code, SpecError

ROOT = Path(__file__).parent.parent
LANGUAGE = ROOT / "spec" / "LANGUAGE.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- codes: written by tests/test_language_examples.py -->\n", "<!-- end of codes -->"
MARK = re.compile(r"// error (P\d{3})")


def examples() -> Iterator[object]:
    """The fenced blocks of the language, named by document and line."""
    for document in (LANGUAGE, README):
        text = document.read_text(encoding="utf-8")
        for block in re.finditer(r"^```plait\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, block.start()) + 1
            yield pytest.param(block[1], id=f"{document.name}:{line}")


@pytest.mark.parametrize("text", list(examples()))
def test_example(text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.plait"
    file.write_text(text, encoding="utf-8")
    mistakes = {(number, code) for number, line in enumerate(text.splitlines(), 1) for code in MARK.findall(line)}
    if mistakes:
        with pytest.raises(SpecError) as caught:
            load(file)
        assert {(found.span.line, found.code.id) for found in caught.value.diagnostics} == mistakes
        return
    result = check(Job((str(file),)), Installed())
    assert not result.problems
    assert result.entries
    unmet = [
        (about.name, about.verdict, about.steps) for entry in result.entries for about in entry.run.properties
        if not about.ok
    ]  # fmt: skip
    assert not unmet
    assert [entry.run.model_error for entry in result.entries if entry.run.model_error] == []


def commands() -> Iterator[object]:
    """What the README says that commands print: the arguments of `plait`, and the output."""
    text = README.read_text(encoding="utf-8")
    for block in re.finditer(r"^```console\n\$ plait ([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield pytest.param(block[1].split(), block[2], id=block[1])


@pytest.mark.parametrize(("arguments", "output"), list(commands()))
def test_command(
    arguments: list[str],
    output: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(arguments) == 0
    printed = re.sub(r"\d+\.\d\d s", "0.00 s", capsys.readouterr().out)
    if request.config.getoption("--update-golden"):
        README.write_text(README.read_text(encoding="utf-8").replace(output, printed), encoding="utf-8", newline="\n")
    else:
        assert printed == output


def test_the_model_of_the_readme_is_a_file() -> None:
    assert (ROOT / "models" / "constructs" / "joins.plait").read_text(encoding="utf-8") in README.read_text("utf-8")


def test_the_table_of_the_study() -> None:
    """The README repeats what the study expects: by proposal, simple and careful framework, S1 and S3."""
    rows = re.findall(r"^\| (\w+) \| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    said = {name: cells.split(" | ") for name, cells in rows if "| holds" in cells or "fails in" in cells}
    models = load(ROOT / "models" / "mesos" / "proposals.plait")
    assert said == {str(model.proposal): [*expected(model, ()), *expected(model, ("merge",))] for model in models}


def expected(model: Model, settings: tuple[str, ...]) -> list[str]:
    """What a proposal expects of S1 and S3 in its runs with these parameters set."""
    stated = {
        outcome.property: f"fails in {outcome.steps}" if outcome.expected == "fails" else outcome.expected
        for expectation in model.expectations
        if tuple(setting.name for setting in expectation.settings) == settings
        for outcome in expectation.outcomes
    }
    return [stated["NoDoubleExecution"], stated["NoRegress"]]


def table() -> str:
    """The codes as a table of the document."""
    rows = [f"| {code.id} | {code.title} |" for code in Code]
    return "\n".join(["| code | |", "|---|---|", *rows]) + "\n"


def test_the_table_of_codes(request: pytest.FixtureRequest) -> None:
    text = LANGUAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, "LANGUAGE.md has lost the marks around its table of codes"
    updated = f"{before}{BEGIN}{table()}{END}{after}"
    if request.config.getoption("--update-golden"):
        LANGUAGE.write_text(updated, encoding="utf-8", newline="\n")
    elif text != updated:
        pytest.fail("the table of codes in LANGUAGE.md is out of date (`make golden` writes it)", pytrace=False)
