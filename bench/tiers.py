"""Whether the right tier is picked: whole processes of every run of every model, in either tier and by choice.

    python bench/tiers.py [--runs N] [--cold] [PATH]...

Prints a table, and ends with 1 if `auto` took more than a tenth of a second longer (CPU seconds, medians of runs in
turn) than the better of the two tiers for some run.  A search is stopped after ten seconds: where that is one of the
interpreted tier, its time stands for more.  `--cold`: with an empty cache each time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, only this folder is on the path

from bench.measure import Bench  # noqa: E402
from bench.models import TOY  # noqa: E402
from bench.peers import HERE, Reading, Recipe  # noqa: E402
from plait.parameters import in_words, shown  # noqa: E402
from plait.plan import Loaded, Plan, plans  # noqa: E402
from plait_spec import load  # noqa: E402

VARIANTS = {"interpreted": ("--interpreted",), "compiled": ("--compiled",), "auto": ()}
ALLOWED = 0.1  # seconds
LONGEST = 10  # seconds of a search that need not end
ANY_VERDICT = '"$@"; code=$?; [ $code -eq 1 ] || [ $code -eq 3 ] || exit $code'


@dataclass(frozen=True, slots=True)
class Row:
    """Median CPU seconds of one run in each way."""

    title: str
    states: int
    seconds: dict[str, float]

    @property
    def late(self) -> float:
        """By how much `auto` is slower than the better tier."""
        return self.seconds["auto"] - min(self.seconds["interpreted"], self.seconds["compiled"])


def main() -> int:
    """Measure all runs, and print the table."""
    parser = argparse.ArgumentParser(description="Measure the tiers of the native engine on every model.")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each")
    parser.add_argument("--cold", action="store_true", help="with an empty cache each time")
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "models"], metavar="PATH")
    options = parser.parse_args()
    rows = []
    print("| run | states | interpreted s | compiled s | auto s | slower than the better |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="plait-tiers-") as folder:
        bench = Bench(Path(folder))
        kept = Path(folder) / "kept"
        for plan in _plans(options.paths):
            try:
                row = _measured(bench, plan, kept, options.runs, cold=options.cold)
            except ValueError as error:
                print(f"{_title(plan)}: not measured; {str(error).splitlines()[-1]}", file=sys.stderr)
                continue
            rows.append(row)
            cells = " | ".join(f"{row.seconds[name]:.3f}" for name in VARIANTS)
            print(f"| {row.title} | {row.states:,} | {cells} | {row.late:+.3f} |", flush=True)
    late = [row for row in rows if row.late > ALLOWED]
    worst = max(rows, key=lambda row: row.late, default=None)
    if worst is not None:
        print(f"\n{len(rows)} runs; `auto` is slower by {worst.late:.3f} s at most ({worst.title}).")
    return 1 if late else 0


def _plans(paths: list[Path]) -> Iterator[Plan]:
    files = [file.resolve() for path in paths for file in (sorted(path.rglob("*.plait")) if path.is_dir() else [path])]
    for file in files:
        yield from plans([Loaded(str(file), model) for model in load(file)])


def _title(plan: Plan) -> str:
    name = plan.model.proposal or plan.model.protocol
    return name + "".join(f", {parameter} = {value}" for parameter, value in plan.changed)


def _measured(bench: Bench, plan: Plan, kept: Path, runs: int, *, cold: bool) -> Row:
    found: dict[str, list[float]] = {name: [] for name in VARIANTS}
    counts = set()
    for turn in range(runs + 1):  # the first makes what is kept, and does not count
        for name, options in VARIANTS.items():
            if cold:
                shutil.rmtree(kept, ignore_errors=True)
            sample, states = _run(bench, plan, options, kept)
            if states is not None:
                counts.add(states)
            if turn:
                found[name].append(sample)
    if not counts:
        raise ValueError(f"no tier ends in {LONGEST} seconds")
    if len(counts) > 1:
        raise SystemExit(f"error: {_title(plan)}: the tiers count {counts}")
    return Row(_title(plan), counts.pop(), {name: median(samples) for name, samples in found.items()})


def _run(bench: Bench, plan: Plan, options: tuple[str, ...], kept: Path) -> tuple[float, int | None]:
    parameters = shown(plan.model, plan.parameters)
    wished = [part for name, value in parameters for part in ("--set", f"{name}={in_words(value)}")]
    command = (
        *("sh", "-c", ANY_VERDICT, "plait"),
        *(sys.executable, str(HERE / "plait_cpu.py"), *options, "check", plan.file),
        *("--proposal", plan.model.proposal or plan.model.protocol, *wished, "--engine", "native", "--threads", "1"),
        *("--format", "json", "--progress", "off", "--timeout", str(LONGEST)),
    )
    states: list[int | None] = []

    def read(text: str) -> Reading:
        if not text.lstrip().startswith("{") or json.loads(text)["problems"]:
            raise ValueError(text.strip())
        (run,) = json.loads(text)["runs"]
        states.append(run["states"] if run["complete"] else None)
        return Reading(run["states"], run["transitions"])

    environment = (("XDG_CACHE_HOME", str(kept)),)
    recipe = Recipe("plait", "", TOY, (), (), command, read, environment=environment, counted=False)
    return bench.whole(recipe).whole.cpu, states[0]


if __name__ == "__main__":
    sys.exit(main())
