"""Every diagnostic code is reached by a wrong model, at the right place, with the message that its golden shows.

The first line of each `errors/*.plait` says what is found in it: `// P325 at 12:8`, or several after commas, in the order
of the text.  Codes of files that cannot be text at all are reached in `OTHERWISE`.
"""

import re
from pathlib import Path

import pytest

from plait.engines import interpreter
from plait.limits import Limits
from plait_spec import load
from plait_spec.diagnostics import Code, Diagnostic, SpecError, render
from plait_spec.grounding import default_parameters, ground
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_wrong_model(path: Path, golden: Golden) -> None:
    """The codes and places are those promised; the words are those of the golden."""
    diagnostics = diagnose(path)
    if diagnostics:
        found = [(one.code.id, one.span.line, one.span.column) for one in diagnostics]
        text = "".join(render(one) + "\n" for one in diagnostics).replace(str(ERRORS), "errors")
    else:
        found, text = run(path)
    golden(f"errors/{path.stem}.txt", text)
    assert found == promised(path)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, and more text than a model can be."""
    latin = tmp_path / "latin.plait"
    latin.write_bytes(b"protocol P()\n// caf\xe9\n")
    large = tmp_path / "large.plait"
    large.write_text("// filler\n" * 2_000_000, encoding="utf-8")
    assert [one.code for one in diagnose(latin)] == [Code.NOT_UTF8]
    assert [one.code for one in diagnose(large)] == [Code.FILE_TOO_LARGE]


OTHERWISE = {Code.NOT_UTF8.id, Code.FILE_TOO_LARGE.id}


def test_every_code_is_reached() -> None:
    """A code that no wrong model reaches is a code that nobody needs, or one that nobody has seen."""
    reached = {code for path in FILES for code, _, _ in promised(path)} | OTHERWISE
    assert sorted(reached) == sorted(code.id for code in Code)
