"""Laws of the repository itself: what ships, what imports what, how long a file may be."""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for root in ("spec", "checker") for path in (ROOT / root).rglob("*.py"))
MODULES = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")])
MAX_LINES = 600

# What an engine may know besides its own package, and what no other rule already forbids.
ENGINES_MAY_IMPORT = frozenset(
    {
        "plait_spec.core",
        "plait_spec.domains",
        "plait_spec.ground",
        "plait_spec.source",
        "plait.limits",
        "plait.semantics",
        "plait.trace",
        "plait.verdict",
    }
)
REPORTS_MUST_NOT_IMPORT = frozenset({"plait.engines", "plait.session", "plait_spec.syntax"})


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def by_name(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", [pytest.param(path, id=name_of(path)) for path in paths])


def imports(path: Path) -> Iterator[str]:
    """The full names a file imports: `from a import b` gives `a.b`, whether b is a module or in one."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)
            case _:
                pass


def within(name: str, packages: frozenset[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@by_name(MODULES)
def test_every_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_bytes()))


@by_name(SOURCES)
def test_no_file_is_too_long_to_read(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= MAX_LINES


def test_engines_know_only_what_they_may() -> None:
    engines = ROOT / "checker/plait/engines"
    for path in sorted(engines.rglob("*.py")):
        inner = path.relative_to(engines).parts
        # plait/engines/native/emit.py may import plait.engines.native; plait/engines/interpreter.py only itself.
        own = frozenset({f"plait.engines.{inner[0].removesuffix('.py')}"})
        if path.name == "__init__.py" and len(inner) == 1:
            own = frozenset({"plait.engines"})  # the table of engines knows them all
        ours = [name for name in imports(path) if within(name, frozenset({"plait", "plait_spec"}))]
        assert [name for name in ours if not within(name, ENGINES_MAY_IMPORT | own)] == [], name_of(path)


def test_reports_know_no_engine() -> None:
    for path in sorted((ROOT / "checker/plait/reports").rglob("*.py")):
        assert [name for name in imports(path) if within(name, REPORTS_MUST_NOT_IMPORT)] == [], name_of(path)


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []
    names = [line.split("==")[0].lower() for line in lines]
    assert names == sorted(names)


def test_wheel_holds_the_two_packages_and_their_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == {"plait_spec", "plait"}
    packages = {ROOT / "spec/plait_spec": "plait_spec", ROOT / "checker/plait": "plait"}
    shipped = {
        f"{package}/{path.relative_to(root)}"
        for root, package in packages.items()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == shipped
