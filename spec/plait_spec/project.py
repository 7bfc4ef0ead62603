"""A file in, the surface trees of it and of everything that it imports out.

Imports are read only inside the project of the checked file: below the nearest folder above it that holds a
`pyproject.toml` or `.git`, else below its own folder. They are relative to the file that imports. Whatever stands in
a text, nothing but `.plait` files of the project is ever opened, and nothing but `SpecError` is raised.

Non-goals: what the imported declarations mean. Only the protocols and proposals of the checked file are run.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from plait_spec import syntax
from plait_spec.diagnostics import Code, Diagnostic, Label, Sink, SpecError
from plait_spec.parse import MAX_LENGTH, decode, parse
from plait_spec.record import record
from plait_spec.source import Source, Span
from plait_spec.suggest import ring

SUFFIX = ".plait"
MAX_FILES = 100
_MAX_BYTES = 4 * MAX_LENGTH  # a character of UTF-8 has at most four
_ROOT_MARKS = ("pyproject.toml", ".git")


@record
class Project:
    """The modules, each after those that it imports; the checked one is the last."""

    modules: tuple[syntax.Module, ...]

    @property
    def checked(self) -> syntax.Module:
        """The module of the checked file."""
        return self.modules[-1]


def load_project(path: Path) -> Project:
    """Read a file and everything that it imports."""
    name = str(path)
    sink = Sink()
    here = Source(name, "").span(0, 0)
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        sink.error(Code.IMPORT_NOT_READ, here, f"cannot read `{name}`: {_reason(error)}")
        raise SpecError(*sink.diagnostics) from None
    loader = _Loader(_root_of(resolved), sink)
    loader.load(name, resolved, here, ())
    sink.raise_if_any()
    return Project(tuple(loader.modules.values()))


def load_text(source: Source) -> Project:
    """A text that is no file: it belongs to no project, and imports nothing."""
    module = parse(source)
    sink = Sink()
    for item in module.items:
        if isinstance(item, syntax.Import):
            sink.error(Code.IMPORT_OUTSIDE, item.span, "only a file can import others; this text has no folder")
    sink.raise_if_any()
    return Project((module,))


class _Loader:
    """Reads files depth first; `modules` has each once, in the order in which they were complete."""

    def __init__(self, root: Path, sink: Sink) -> None:
        self.root, self.sink = root, sink
        self.modules: dict[Path, syntax.Module] = {}
        self.begun: set[Path] = set()

    def load(self, name: str, path: Path, asked: Span, above: tuple[Path, ...]) -> None:
        """Read one file, unless that was done, and before it is complete what it imports."""
        self.begun.add(path)
        try:
            module = parse(decode(name, _bytes(name, path, asked)))
        except SpecError as error:
            for diagnostic in error.diagnostics:
                self.sink.add(diagnostic)
            return
        except (OSError, ValueError) as error:
            self.sink.error(Code.IMPORT_NOT_READ, asked, f"cannot read `{name}`: {_reason(error)}")
            return
        for item in module.items:
            if isinstance(item, syntax.Import):
                self.follow(item, name, path, (*above, path))
        self.modules[path] = module

    def follow(self, item: syntax.Import, name: str, importer: Path, above: tuple[Path, ...]) -> None:
        """Load what an import names, if it may be."""
        target = self.target(item, importer)
        if target is None or target in self.modules:
            return
        if target in above:
            names = ring([file.name for file in (*above[above.index(target) :], target)])
            self.sink.error(Code.IMPORT_CYCLE, item.span, f"these files import each other: {names}")
        elif target not in self.begun:
            if len(self.begun) >= MAX_FILES:
                self.sink.error(Code.IMPORT_NOT_READ, item.span, f"a model is made of at most {MAX_FILES} files")
                return
            shown = os.path.normpath(os.path.join(os.path.dirname(name), item.path))
            self.load(shown, target, item.span, above)

    def target(self, item: syntax.Import, importer: Path) -> Path | None:
        """The file that an import means; links are followed before it is decided whether that is inside."""
        inside = f"imports stay inside the project, `{self.root.name}`"
        if os.path.isabs(item.path) or "\\" in item.path:
            message = "an import is a path relative to this file, with `/` between folders"
            self.sink.error(Code.IMPORT_OUTSIDE, item.span, message, help=inside)
            return None
        if not item.path.endswith(SUFFIX):
            self.sink.error(Code.IMPORT_NOT_READ, item.span, f"only `{SUFFIX}` files can be imported")
            return None
        try:
            path = (importer.parent / item.path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            self.sink.error(Code.IMPORT_NOT_READ, item.span, f"cannot read `{item.path}`: {_reason(error)}")
            return None
        if not path.is_relative_to(self.root) or path.suffix != SUFFIX:
            self.sink.error(Code.IMPORT_OUTSIDE, item.span, f"`{item.path}` is outside the project", help=inside)
            return None
        return path


def _root_of(path: Path) -> Path:
    for folder in path.parents:
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return path.parent


def _bytes(name: str, path: Path, asked: Span) -> bytes:
    """The bytes of a regular file; pipes and devices, which may never end, are not opened."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError
    if not stat.S_ISREG(mode):
        raise ValueError("it is not a file")
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        message = f"`{name}` has more than {_MAX_BYTES:,} bytes; models are smaller"
        raise SpecError(Diagnostic(Code.FILE_TOO_LARGE, message, Label(asked)))
    return data


def _reason(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a folder"
        case PermissionError():
            return "it may not be read"
        case OSError(strerror=str(text)):
            return text
        case _:
            return "it is not a file that can be read"
