"""Commands into numbers: one process measured, many in turn, and what a row of numbers amounts to.

On a machine that others use too, the speed of minutes differs; so what is compared runs in turn (A B A B ...), a ratio
is taken within a round, and the median of the ratios is what counts.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Command, Reading, Recipe

LAUNCHER = Path(__file__).parent / "launch.c"
FEW, SOME, MANY = 3, 5, 15  # runs of what takes over ten seconds, over one, and less


class WrongCountsError(Exception):
    """A tool found another number of states or transitions than there are: no figure of its run means anything."""


NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # with it a fresh clone would be translated anew by each process


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process used: seconds, and bytes at its peak (None: not known)."""

    wall: float
    cpu: float
    peak: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One search: CPU seconds of it alone, what its process used, and what was used with all of the building."""

    search: float
    process: Usage
    whole: Usage


@dataclass(frozen=True, slots=True)
class Spread:
    """A row of numbers: the median, and the quartiles about it."""

    median: float
    low: float
    high: float
    runs: int


def spread(numbers: Sequence[float]) -> Spread:
    """The median and the quartiles; the extremes where there are too few numbers for those."""
    if len(numbers) < 4:
        return Spread(statistics.median(numbers), min(numbers), max(numbers), len(numbers))
    low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return Spread(median, low, high, len(numbers))


class Bench:
    """A folder to build in, and a launcher that measures a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._launcher = folder / "launch"
        if shutil.which("gcc") is not None:
            subprocess.run(("gcc", "-O2", "-o", str(self._launcher), str(LAUNCHER)), check=True)

    @property
    def knows_memory(self) -> bool:
        """Whether there is a launcher."""
        return self._launcher.exists()

    def build(self, recipe: Recipe) -> tuple[Path, Usage]:
        """A fresh folder with everything built in it, and what the building used."""
        folder = Path(tempfile.mkdtemp(prefix=f"{recipe.tool.lower()}-", dir=self._folder))
        for name, text in recipe.sources:
            (folder / name).write_text(text, encoding="utf-8")
        used = [self._run(command, folder)[1] for command in recipe.build]
        return folder, Usage(sum(one.wall for one in used), sum(one.cpu for one in used), None)

    def search(self, recipe: Recipe, folder: Path, building: Usage) -> Sample:
        """One search in a folder where all is built."""
        text, used = self._run(recipe.search, folder, dict(recipe.environment))
        reading = recipe.read(text)
        if recipe.counted:
            check_counts(recipe, reading)
        search = used.cpu if reading.seconds is None else reading.seconds
        whole = Usage(building.wall + used.wall, building.cpu + used.cpu, used.peak)
        return Sample(search, used, whole)

    def output(self, recipe: Recipe) -> str:
        """What the search of a recipe that needs no building prints."""
        folder, _ = self.build(recipe)
        return self._run(recipe.search, folder, dict(recipe.environment))[0]

    def whole(self, recipe: Recipe) -> Sample:
        """Build and search, and leave nothing behind."""
        folder, building = self.build(recipe)
        try:
            return self.search(recipe, folder, building)
        finally:
            shutil.rmtree(folder)

    def _run(self, command: Command, folder: Path, environment: dict[str, str] | None = None) -> tuple[str, Usage]:
        told = folder / "usage"
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            (str(self._launcher), str(told), *command) if self.knows_memory else command,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != NO_BYTECODE} | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if self.knows_memory:
            code, *figures = told.read_text().split()
            used = Usage(float(figures[0]), float(figures[1]), int(figures[2]) * 1024)
        else:
            code = str(done.returncode)
            used = Usage(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, None)
        if code != "0":
            raise ValueError(done.stdout.strip() or f"{command[0]} ended with {code}")
        return done.stdout, used


def check_counts(recipe: Recipe, reading: Reading) -> None:
    """Raise WrongCountsError unless the counts are the case's."""
    case = recipe.case
    expected = case.orbits if recipe.symmetry else (case.states, case.transitions)
    found = (reading.states, reading.transitions)
    if found != expected:
        raise WrongCountsError(f"{case.key}: {recipe.name} finds {found}, not {expected} (states, transitions)")
    if reading.depth is not None and reading.depth != case.depth:
        raise WrongCountsError(f"{case.key}: {recipe.name} finds depth {reading.depth}, not {case.depth}")


def rounds(seconds: float) -> int:
    """How often to run what takes this long."""
    return MANY if seconds < 1 else SOME if seconds < 10 else FEW


def in_turn(
    subjects: dict[str, Callable[[], Sample]], most: int, seconds: Callable[[Sample], float]
) -> dict[str, list[Sample]]:
    """Samples of all the subjects, one of each in a round; the slow ones drop out first."""
    found: dict[str, list[Sample]] = {name: [] for name in subjects}
    for turn in range(most):
        for name, run in subjects.items():
            if turn == 0 or turn < rounds(seconds(found[name][0])):
                found[name].append(run())
    return found


def ratios(these: Sequence[float], those: Sequence[float]) -> Spread:
    """How many times these are those, round by round."""
    return spread([one / other for one, other in zip(these, those, strict=False)])
