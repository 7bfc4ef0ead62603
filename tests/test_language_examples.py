"""Every example in the documents is a model that is checked, and the list of codes is the list of codes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.session import Job, check
from plait.tools import Installed
from plait_spec import load
from plait_spec.diagnostics import Code, SpecError

ROOT = Path(__file__).parent.parent
LANGUAGE = ROOT / "spec" / "LANGUAGE.md"
BEGIN, END = "<!-- codes: written by tests/test_language_examples.py -->\n", "<!-- end of codes -->"
MARK = re.compile(r"// error (P\d{3})")


def examples() -> Iterator[object]:
    """The fenced blocks of the language, named by document and line."""
    for document in (LANGUAGE, ROOT / "README.md"):
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
