"""Files and what they import: only `.plait` files of the project, each once, and never anything but a `SpecError`."""

import os
from pathlib import Path

import pytest

from plait_spec import syntax
from plait_spec.diagnostics import Code, Diagnostic, SpecError
from plait_spec.project import MAX_FILES, load_project, load_text
from plait_spec.source import Source


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(path: Path) -> list[str]:
    """The protocols of the modules, in order."""
    modules = load_project(path).modules
    return [item.name.text for module in modules for item in module.items if isinstance(item, syntax.Protocol)]


def wrong(path: Path) -> Diagnostic:
    with pytest.raises(SpecError) as raised:
        load_project(path)
    (diagnostic,) = raised.value.diagnostics
    return diagnostic


def test_imports_come_before_what_imports_them_and_once(tmp_path: Path) -> None:
    write(tmp_path / "d.plait", "protocol D")
    write(tmp_path / "b.plait", 'import "d.plait"\nprotocol B')
    write(tmp_path / "c.plait", 'import "d.plait"\nprotocol C')
    top = write(tmp_path / "a.plait", 'import "b.plait"\nimport "c.plait"\nprotocol A')
    assert names(top) == ["D", "B", "C", "A"]
    assert load_project(top).checked.source.name == str(top)


def test_names_of_imports_are_shown_beside_that_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "pyproject.toml", "")
    write(tmp_path / "base.plait", "protocol A")
    write(tmp_path / "sub" / "b.plait", 'import "../base.plait"\n')
    monkeypatch.chdir(tmp_path)
    project = load_project(Path("sub/b.plait"))
    assert [module.source.name for module in project.modules] == ["base.plait", "sub/b.plait"]


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git"])
def test_a_project_begins_at_its_mark(tmp_path: Path, mark: str) -> None:
    write(tmp_path / mark, "")
    write(tmp_path / "base.plait", "protocol A")
    assert names(write(tmp_path / "sub" / "b.plait", 'import "../base.plait"\nprotocol B')) == ["A", "B"]


def test_without_a_mark_a_file_has_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "base.plait", "protocol A")
    found = wrong(write(tmp_path / "sub" / "b.plait", '  import "../base.plait"\n'))
    assert (found.code, found.span.line, found.span.column) == (Code.IMPORT_OUTSIDE, 1, 3)


@pytest.mark.parametrize("path", ["/etc/a.plait", "../../a.plait", "..\\a.plait", "../../../../../../etc/a.plait"])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    write(tmp_path / "sub" / "pyproject.toml", "")
    write(tmp_path / "a.plait", "protocol A")
    found = wrong(write(tmp_path / "sub" / "deep" / "b.plait", f'protocol B\nimport "{path}"\n'))
    assert (found.code, found.span.line, found.span.column) == (Code.IMPORT_OUTSIDE, 2, 1)


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    write(tmp_path / "outside" / "a.plait", "protocol A")
    inside = tmp_path / "inside"
    write(inside / "pyproject.toml", "")
    os.symlink(tmp_path / "outside", inside / "folder")
    os.symlink(tmp_path / "outside" / "a.plait", inside / "file.plait")
    for path in ("folder/a.plait", "file.plait"):
        assert wrong(write(inside / "b.plait", f'import "{path}"\n')).code is Code.IMPORT_OUTSIDE


def test_a_link_to_another_kind_of_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "secret")
    os.symlink(tmp_path / "secret.txt", tmp_path / "a.plait")
    found = wrong(write(tmp_path / "b.plait", 'import "a.plait"\n'))
    assert found.code is Code.IMPORT_OUTSIDE
    assert "secret" not in str(SpecError(found))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.plait", "there is no such file"),
        ("folder.plait", "it is a folder"),
        ("pipe.plait", "it is not a file"),
        ("loop.plait", "cannot read"),
        ("secret.txt", "only `.plait` files"),
        ("x" * 300 + ".plait", "cannot read"),
        ("a\0.plait", "cannot read"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "folder.plait").mkdir()
    os.mkfifo(tmp_path / "pipe.plait")
    os.symlink(tmp_path / "loop.plait", tmp_path / "loop.plait")
    write(tmp_path / "secret.txt", "x")
    found = wrong(write(tmp_path / "b.plait", f'// one\nimport "{path}"\n'))
    assert (found.code, found.span.line, found.span.column) == (Code.IMPORT_NOT_READ, 2, 1)
    assert reason in found.message


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.plait").write_bytes(b"protocol A\n\xff")
    found = wrong(write(tmp_path / "b.plait", 'import "a.plait"\n'))
    assert found.code is Code.NOT_UTF8
    assert found.span.source.name.endswith("a.plait")


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "a.plait").open("wb") as file:
        file.truncate(1 << 40)
    found = wrong(write(tmp_path / "b.plait", 'import "a.plait"\n'))
    assert found.code is Code.FILE_TOO_LARGE


def test_errors_of_all_files_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.plait", "protocol ?")
    write(tmp_path / "b.plait", "protocol !")
    with pytest.raises(SpecError) as raised:
        load_project(write(tmp_path / "c.plait", 'import "a.plait"\nimport "b.plait"\nimport "d.plait"'))
    assert len(raised.value.diagnostics) == 3


def test_a_ring_of_imports(tmp_path: Path) -> None:
    write(tmp_path / "a.plait", 'import "b.plait"\n')
    write(tmp_path / "b.plait", '\nimport "a.plait"\n')
    found = wrong(tmp_path / "a.plait")
    assert (found.code, found.span.line) == (Code.IMPORT_CYCLE, 2)
    assert "`a.plait` -> `b.plait` -> `a.plait`" in found.message
    assert wrong(write(tmp_path / "c.plait", 'import "c.plait"')).code is Code.IMPORT_CYCLE


def test_there_is_an_end_to_imports(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        write(tmp_path / f"a{number}.plait", f'import "a{number + 1}.plait"\n')
    found = wrong(tmp_path / "a0.plait")
    assert found.code is Code.IMPORT_NOT_READ
    assert str(MAX_FILES) in found.message


@pytest.mark.parametrize("name", ["missing.plait", "a\0.plait", "", "x" * 5000])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    assert wrong(tmp_path / name).code is Code.IMPORT_NOT_READ


def test_a_text_imports_nothing() -> None:
    assert len(load_text(Source("text", "protocol A")).modules) == 1
    with pytest.raises(SpecError) as raised:
        load_text(Source("text", 'protocol A\nimport "a.plait"'))
    assert [found.code for found in raised.value.diagnostics] == [Code.IMPORT_OUTSIDE]
