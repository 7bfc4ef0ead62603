"""Measures plait and other model checkers on the same models, and writes bench/RESULTS.md.

    python bench/run.py [--runs N] [--only KEY]... [--out FILE]

SPIN and Rumur are measured where they and gcc are installed, TLC where the variable TLA2TOOLS_JAR names its jar.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, only this folder is on the path

from bench import peers  # noqa: E402
from bench.measure import FEW, MANY, Bench, Sample, Usage, WrongCountsError, in_turn, spread  # noqa: E402
from bench.models import LARGE, SMALL, STORED, THREADED, TOY, WIDE, Case  # noqa: E402
from bench.peers import ENGINES, LEVELS, SPIN_CONFIGS, Recipe  # noqa: E402
from bench.report import Results, Rows, page  # noqa: E402

ANY_CONFIG = next(iter(SPIN_CONFIGS))
NOTHING = Usage(0.0, 0.0, None)


def main() -> None:
    """Measure, and write the page."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="plait-bench-") as folder:
        try:
            for results in _Session(Bench(Path(folder)), options.runs).results(options.only):
                options.out.write_text(page(results), encoding="utf-8", newline="\n")
        except (ValueError, WrongCountsError) as error:
            raise SystemExit(f"error: {error}") from error
    print(f"wrote {os.path.relpath(options.out)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure plait and other model checkers on the same models.")
    parser.add_argument("--runs", type=int, default=MANY, metavar="N", help="at most so many runs of each")
    choices = [*(case.key for case in LARGE), "threads", "progress", "memory"]
    parser.add_argument("--only", action="append", choices=choices, help="this model, or these tables, only")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "RESULTS.md", metavar="FILE")
    return parser.parse_args()


class _Session:
    """One run of the benchmark: what can be measured here, and the measuring."""

    def __init__(self, bench: Bench, most: int) -> None:
        self._bench, self._most = bench, most
        self._jar = os.path.abspath(os.environ.get("TLA2TOOLS_JAR", ""))
        self.notes: list[str] = []
        self._others = [tool for tool in ("SPIN", "Rumur", "TLC") if self._there(tool, peers.missing(tool))]
        self._engines = [engine for engine in ENGINES if self._there(f"plait {engine}", self._refusal(engine))]
        if not self._engines:
            raise SystemExit("error: no engine of plait can be measured")
        self._start = 0.0  # CPU seconds that TLC takes to start

    def results(self, only: Sequence[str] | None) -> Iterator[Results]:
        """Check all counts, then measure model after model; what there is so far, after each of the large ones."""
        results = Results(f"plait {self._engines[-1]}", "", peers.versions(), self.notes)
        for case in SMALL:
            _say(f"{case.key}: counts")
            for recipe in self._recipes(case).values():
                self._bench.whole(recipe)
        _say("T: searches")
        results.toy = self._searches(self._recipes(TOY))
        if "TLC" in results.toy:
            self._start = spread([one.process.cpu for one in results.toy["TLC"]]).median
        self._measure_whole(TOY, results)
        for case in LARGE:
            if only is None or case.key in only:
                self._measure(case, results)
                self._measure_whole(case, results)
                results.machine = _machine()
                yield results
        if "native" in self._engines:
            yield from self._native_only(results, only)

    def _native_only(self, results: Results, only: Sequence[str] | None) -> Iterator[Results]:
        """What only the native explorer has: threads, and states of several widths."""
        for case in THREADED:
            if only is None or "threads" in only:
                _say(f"{case.key}: one thread and two")
                trials = {
                    f"{count}": peers.plait(case, "native", threads=count, variant=("--wall",)) for count in (1, 2)
                }
                results.threads[case] = self._warm(trials)
                yield results
        for case in THREADED:
            if only is None or "progress" in only:
                _say(f"{case.key}: with progress and without")
                trials = {
                    "off": peers.plait(case, "native"),
                    "plain": peers.plait(case, "native", progress="plain"),
                    "live": peers.plait(case, "native", progress="auto", variant=("--terminal",)),
                }
                results.progress[case] = self._warm(trials, always=True)
                yield results
        for case in (*STORED, WIDE):
            if only is None or "memory" in only:
                _say(f"{case.key}: memory")
                results.stored[case] = self._warm(self._stored(case), FEW)
                yield results

    def _warm(self, recipes: dict[str, Recipe], most: int = MANY, *, always: bool = False) -> Rows:
        """Search in turn once all code is in the cache: a first run makes some, and the next may make better code."""
        for recipe in (*recipes.values(), *recipes.values()):
            self._bench.whole(recipe)
        return self._searches(recipes, most, always=always)

    def _stored(self, case: Case) -> dict[str, Recipe]:
        variants: dict[str, tuple[str, ...]] = {"plait": ("--compiled",), "idle": ("--idle",)}
        if case == WIDE:
            variants["whole"] = (*variants["plait"], "--whole-states")
        return {name: peers.plait(case, "native", variant=variant) for name, variant in variants.items()}

    def _measure(self, case: Case, results: Results) -> None:
        if "SPIN" in self._others:
            _say(f"{case.key}: SPIN's configurations")
            trials = self._searches({config: peers.spin(case, config) for config in SPIN_CONFIGS}, 3)
            results.configs[case] = trials
            results.best[case] = min(trials, key=lambda config: spread([one.search for one in trials[config]]).median)
        _say(f"{case.key}: searches")
        results.search[case] = self._searches(self._recipes(case, results.best.get(case, ANY_CONFIG)))
        if case.orbits is not None:
            _say(f"{case.key}: symmetry")
            orbits = self._symmetric(case)
            if orbits:
                results.orbits[case] = self._searches(orbits)

    def _measure_whole(self, case: Case, results: Results) -> None:
        _say(f"{case.key}: from the command to the verdict")
        results.whole[case] = self._whole(case, results.best.get(case, ANY_CONFIG))

    # ---- what to run

    def _recipes(self, case: Case, config: str = ANY_CONFIG) -> dict[str, Recipe]:
        found = {f"plait {engine}": peers.plait(case, engine) for engine in reversed(self._engines)}
        if "SPIN" in self._others:
            found["SPIN"] = peers.spin(case, config)
        if "Rumur" in self._others:
            found["Rumur"] = peers.rumur(case)
        if "TLC" in self._others:
            found["TLC"] = peers.tlc(case, self._jar)
        return found

    def _symmetric(self, case: Case) -> dict[str, Recipe]:
        found = {f"plait {engine}": peers.plait(case, engine, symmetry=True) for engine in self._with_symmetry()}
        if "Rumur" in self._others:
            found["Rumur"] = peers.rumur(case, symmetry=True)
        return found

    def _with_symmetry(self) -> Iterator[str]:
        """The engines that say they reduce by symmetry where there is any."""
        commit = next(case for case in SMALL if case.file == "two_phase")
        for engine in reversed(self._engines):
            text = self._bench.output(peers.plait(commit, engine, symmetry=True))
            if peers.read_plait(text).symmetry:
                yield engine
            else:
                self._note(f"plait {engine}: does not reduce by symmetry")

    # ---- running it

    def _searches(self, recipes: dict[str, Recipe], most: int = MANY, *, always: bool = False) -> Rows:
        """Build each once, then search in turn; `always`: the slow ones as often as the others."""
        runs: dict[str, Callable[[], Sample]] = {}
        for name, recipe in recipes.items():
            folder, _ = self._bench.build(recipe)
            runs[name] = partial(self._search, recipe, folder)
        return in_turn(runs, min(most, self._most), lambda one: 0.0 if always else one.search)

    def _search(self, recipe: Recipe, folder: Path) -> Sample:
        sample = self._bench.search(recipe, folder, NOTHING)
        return replace(sample, search=max(sample.search - self._start, 0.0)) if recipe.tool == "TLC" else sample

    def _whole(self, case: Case, config: str) -> Rows:
        recipes: dict[str, Recipe] = {}
        runs: dict[str, Callable[[], Sample]] = {}
        *rest, reference = self._engines
        runs[f"plait {reference}, first time"] = partial(self._first, case, reference)
        recipes[f"plait {reference}, again"] = peers.plait(case, reference)
        recipes |= {f"plait {engine}": peers.plait(case, engine) for engine in rest}
        for level in LEVELS:
            if "SPIN" in self._others:
                recipes[f"SPIN, gcc {level}"] = peers.spin(case, config, level)
        for level in LEVELS:
            if "Rumur" in self._others:
                recipes[f"Rumur, gcc {level}"] = peers.rumur(case, level=level)
        if "TLC" in self._others:
            recipes["TLC"] = peers.tlc(case, self._jar)
        runs |= {name: partial(self._bench.whole, recipe) for name, recipe in recipes.items()}
        return in_turn(runs, min(FEW, self._most), lambda one: one.whole.cpu)

    def _first(self, case: Case, engine: str) -> Sample:
        with tempfile.TemporaryDirectory() as cache:
            return self._bench.whole(peers.plait(case, engine, cache=Path(cache)))

    # ---- what is there

    def _there(self, what: str, why_not: str | None) -> bool:
        if why_not is not None:
            self._note(f"{what}: not measured; {why_not}")
        return why_not is None

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            _say(text)

    def _refusal(self, engine: str) -> str | None:
        try:
            self._bench.whole(peers.plait(TOY, engine))
        except ValueError as error:
            return str(error).splitlines()[-1]
        return None


def _machine() -> str:
    """The machine, and whether others used it meanwhile; the benchmark itself is a load of one."""
    load = os.getloadavg()[2]
    said = "others used it too, so its wall-clock times say little" if load > 1.5 else "it did little else"
    return (
        f"Machine: {os.cpu_count()} processors, {platform.machine()}, {platform.system()}. "
        f"Its mean load at the end was {load:.1f}: {said}."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
