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
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULES = sorted([*SOURCES, *TESTS, *(ROOT / "bench").rglob("*.py")])
MAX_LINES, MAX_LINES_OF_TESTS = 600, 700

# What each part of the tool may know of our own modules, itself aside. What is not listed here is bound by the
# import contracts of pyproject.toml only.
LANGUAGE = (
    "core",
    "core_walk",
    "diagnostics",
    "domain_of",
    "domains",
    "ground",
    "ground_walk",
    "grounding",
    "naming",
    "record",
    "restrict",
    "source",
    "took",
    "types",
)
MEANING = frozenset(f"plait_spec.{name}" for name in LANGUAGE)
FINDINGS = frozenset({"plait.errors", "plait.limits", "plait.trace", "plait.verdict"})
REFERENCE = frozenset({"plait.evaluation", "plait.semantics"})
ORBITS = frozenset({"plait.orbits", "plait.orbits_queues", "plait.reduction", "plait.renamings"})
SHARED = frozenset({"plait.known", "plait.outcome", "plait.reduction", "plait.symmetry"})  # by the engines
MAY_IMPORT = {
    "checker/plait/limits.py": MEANING | FINDINGS,
    "checker/plait/trace.py": MEANING | FINDINGS,
    "checker/plait/verdict.py": MEANING | FINDINGS,
    "checker/plait/evaluation.py": MEANING | FINDINGS,
    "checker/plait/semantics.py": MEANING | FINDINGS | REFERENCE,
    "checker/plait/decide.py": MEANING | FINDINGS,
    "checker/plait/orbits.py": MEANING,
    "checker/plait/orbits_queues.py": MEANING | {"plait.orbits"},
    "checker/plait/outcome.py": MEANING | FINDINGS | REFERENCE | {"plait.decide"},
    "checker/plait/reduction.py": MEANING,
    "checker/plait/renamings.py": MEANING,
    "checker/plait/symmetry.py": MEANING | REFERENCE | ORBITS,
    "checker/plait/replay": MEANING | FINDINGS | REFERENCE,
    "checker/plait/engines": MEANING | FINDINGS | REFERENCE | SHARED,
}
MUST_NOT_IMPORT = {
    "checker/plait/reports": frozenset({"plait.engines", "plait.session", "plait_spec.syntax"}),
}


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


@by_name(MODULES)
def test_no_file_is_too_long_to_read(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= (MAX_LINES if path in SOURCES else MAX_LINES_OF_TESTS)


def test_nothing_is_skipped() -> None:
    """What a test needs is a dependency, and is there; a test that is not run cannot fail."""
    skips = {"skip", "skipif", "importorskip", "xfail"}
    asked = ((path, node) for path in TESTS for node in ast.walk(ast.parse(path.read_bytes())))
    found = [(path, node.lineno) for path, node in asked if isinstance(node, ast.Attribute) and node.attr in skips]
    assert found == []


def test_nothing_speaks_of_one_machine() -> None:
    folders = ("spec", "checker", "tests", "bench", "models")
    written = [*ROOT.glob("*"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    texts = [path for path in written if path.is_file() and "__pycache__" not in path.parts]
    place = re.compile(rb"(?<![\w.])/(home|root|tmp|work|Users)/\w")
    assert [(path, found[0]) for path in texts if (found := place.search(path.read_bytes()))] == []


def files_of(part: str) -> list[Path]:
    path = ROOT / part
    return sorted(path.rglob("*.py")) if path.is_dir() else [path] * path.exists()


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_knows_only_what_it_may(part: str) -> None:
    own = ".".join(Path(part).with_suffix("").parts[1:])
    allowed = MAY_IMPORT[part] | {own}
    for path in files_of(part):
        ours = [name for name in imports(path) if within(name, frozenset({"plait", "plait_spec"}))]
        assert [name for name in ours if not within(name, allowed)] == [], name_of(path)


@pytest.mark.parametrize("part", MUST_NOT_IMPORT)
def test_a_part_does_not_know_what_it_must_not(part: str) -> None:
    for path in files_of(part):
        assert [name for name in imports(path) if within(name, MUST_NOT_IMPORT[part])] == [], name_of(path)


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
