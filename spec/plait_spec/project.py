"""A file and what it imports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plait_spec import syntax


@dataclass(frozen=True, slots=True)
class Project:
    """The modules, each after those that it imports; the checked one is the last."""

    modules: tuple[syntax.Module, ...]

    @property
    def checked(self) -> syntax.Module:
        """The module of the checked file."""
        return self.modules[-1]


def load_project(path: Path) -> Project:
    """Read a file and everything that it imports; raises SpecError."""
    raise NotImplementedError
