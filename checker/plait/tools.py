"""The parts that a session puts together, by name, each imported when it is first used.

Tests put others in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from plait.limits import Limits, Watch
from plait.trace import Choices, Trace
from plait.verdict import Finding, ModelError
from plait_spec.core import Model
from plait_spec.domains import Value
from plait_spec.ground import Ground


class Tools(Protocol):
    """Front-end, grounding, an engine, and the replay of what it found."""

    def load(self, path: Path) -> tuple[Model, ...]:
        """The models of a file that can be run; raises SpecError."""
        ...

    def ground(self, model: Model, parameters: Mapping[str, Value]) -> Ground:
        """The finite expansion; raises SpecError."""
        ...

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        """Search."""
        ...

    def replay(
        self,
        ground: Ground,
        file: str,
        choices: Choices,
        property: str | None,
        error: ModelError | None,
        shortest: bool,
    ) -> Trace:
        """Choices into a trace under the reference semantics; raises EngineBug."""
        ...


Engine = Literal["auto", "interpreter", "native", "symbolic"]


class Installed:
    """The parts of this version; `engine` says who searches, and `threads` how many of them."""

    def __init__(self, engine: Engine = "auto", threads: int = 1) -> None:
        self.engine: Engine = engine
        self.threads = threads

    def load(self, path: Path) -> tuple[Model, ...]:
        """By `plait_spec.load`."""
        from plait_spec import load

        return load(path)

    def ground(self, model: Model, parameters: Mapping[str, Value]) -> Ground:
        """By `plait_spec.grounding`."""
        from plait_spec.grounding import ground

        return ground(model, parameters)

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        """By the engine that was asked for, or else the one that suits the model (see `choose`)."""
        from plait.choose import check

        return check(self.engine, ground, properties, limits, symmetry, watch, self.threads)

    def replay(
        self,
        ground: Ground,
        file: str,
        choices: Choices,
        property: str | None,
        error: ModelError | None,
        shortest: bool,
    ) -> Trace:
        """By the reference semantics."""
        from plait.replay import replay

        return replay(ground, file, choices, property, error, shortest)
