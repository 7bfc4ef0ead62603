"""What each part of the compiled search gains: the search with the part taken out, in turn with the search as it is.

    python bench/variants.py [--runs N]

A variant changes the text of the kernel, or a constant of what drives it, and must find the same states.  Figures are
CPU seconds of the search alone, one thread, without symmetry, object files at hand; the ratio is variant to original,
so what is above 1 is what the part gains.  The last table holds the rate of a search against the rate at which this
machine enters states into a table of that size when it has nothing else to do.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, only this folder is on the path
time.perf_counter = time.process_time

from bench.measure import WrongCountsError  # noqa: E402
from plait.engines.native import compiled, machine, memory, program, rolled  # noqa: E402
from plait.engines.native.engine import check  # noqa: E402
from plait.verdict import Finding  # noqa: E402
from plait_spec import load  # noqa: E402
from plait_spec.ground import Ground  # noqa: E402
from plait_spec.grounding import ground  # noqa: E402

CLASSIC = ROOT / "models" / "classic"
MODELS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "A5": ("filter_lock", {"processes": 5}),
    "B7": ("two_phase", {"managers": 7}),
    "B8": ("two_phase", {"managers": 8}),
    "D2": ("opsync", {"agents": 2, "ops": 2, "room": 16}),
}
Change = Callable[[], Any]


def text(*replacements: tuple[str, str]) -> Callable[[str], str]:
    """The kernel with some lines changed, each of which must be there."""

    def changed(source: str) -> str:
        for old, new in replacements:
            if old not in source:
                raise SystemExit(f"error: the kernel has no line `{old.strip()}` any more: mend {Path(__file__).name}")
            source = source.replace(old, new)
        return source

    return changed


NEW = "                kept += 1 if differs else 0\n"
NEW_WIDE = "            elif not same(recent, place * W, out, at, W):\n"
ASK = "prefetch(table, mul_high(h, team[4]))\n"
TAG = "    tag = (h & SLOT) >> shift\n"
IN_REHASH = "            entry = (((h & SLOT) >> shift) << shift) | (at + 1)\n"

KERNELS: Mapping[str, Callable[[str], str]] = {
    "no filter of recent successors": text((NEW, "                kept += 1\n"), (NEW_WIDE, "            elif 1:\n")),
    "slots not asked for ahead": text((ASK, "pass\n")),
    "a branch for each successor that is recent": text(("            if W <= SHORT:", "            if 0:")),
    "no tags: every slot looks alike": text((TAG, "    tag = 0\n"), (IN_REHASH, "            entry = at + 1\n")),
}
CONSTANTS: Mapping[str, tuple[Any, str, object]] = {
    "chunks of 32 states": (compiled, "CHUNK", 32),
    "chunks of 512 states": (compiled, "CHUNK", 512),
    "ordinary pages of memory": (memory, "HUGE", 1 << 62),
    "tables that grow by half": (compiled.Items, "next_slots", lambda items: items.slots + items.slots // 2),
    "a table that is large enough at once": (compiled, "FIRST_SLOTS", 1 << 22),
    "a first table of 32,768 slots": (compiled, "FIRST_SLOTS", 1 << 15),
    "levels one by one": (compiled.Compiled, "descend", lambda store, most, states: ([], False)),
    "instances rule by rule": (program, "in_turn", list),
    "each step under a guard of its own": (program, "by_guard", lambda steps: {None: steps}),
    "a branch for the last part of a guard": (rolled.Step, "opened", lambda step, words: step),
    "the model's part not optimised": (machine, "was_large", lambda here, source: False),
}


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description="What each part of the compiled search gains.")
    parser.add_argument("--runs", type=int, default=9, metavar="N")
    runs = parser.parse_args().runs
    wholes = {key: ground(load(CLASSIC / f"{name}.plait")[0], given) for key, (name, given) in MODELS.items()}
    compiled.VERY_LARGE = 1 << 62  # nothing is compiled while the clock runs
    machine.was_large = lambda here, source: True
    print("| left out, or changed | " + " | ".join(wholes) + " |")
    print("|---|" + "---|" * len(wholes))
    with tempfile.TemporaryDirectory() as folder:
        for name, variant in _variants(Path(folder)):
            ratios = [f"{_ratio(whole, variant, runs):.2f}" for whole in wholes.values()]
            print(f"| {name} | " + " | ".join(ratios) + " |", flush=True)
    print("\n| | states | search, M states/s | entering alone, M states/s | part of it |\n|---|---|---|---|---|")
    for key, whole in wholes.items():
        states, search, entering = _limit(whole, runs)
        rates = f"{states / search / 1e6:.1f} | {states / entering / 1e6:.1f} | {entering / search:.0%}"
        print(f"| {key} | {states:,} | {rates} |", flush=True)


def _variants(folder: Path) -> Iterator[tuple[str, Change]]:
    source = machine.KERNEL.read_text(encoding="utf-8")
    for at, (name, change) in enumerate(KERNELS.items()):
        path = folder / f"kernel_{at}.py"
        path.write_text(change(source), encoding="utf-8")
        yield name, lambda path=path: _put(machine, "KERNEL", path)  # type: ignore[misc]
    for name, (owner, constant, value) in CONSTANTS.items():
        yield name, lambda at=(owner, constant, value): _put(*at)  # type: ignore[misc]


@contextmanager
def _put(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _ratio(whole: Ground, variant: Change, runs: int) -> float:
    """The median of the ratios of runs that take turns; the first of each is not counted, it may compile."""
    ratios = []
    for at in range(runs + 1):
        usual = _searched(whole)
        with variant():
            other = _searched(whole)
        if (other.states, other.transitions, other.depth) != (usual.states, usual.transitions, usual.depth):
            raise WrongCountsError(f"a variant finds {other.states:,} states, not {usual.states:,}")
        if at:
            ratios.append(other.seconds.search / usual.seconds.search)
    return median(ratios)


def _searched(whole: Ground) -> Finding:
    names = [claim.name for claim in whole.properties if claim.kind in ("always", "never")]
    return check(whole, names[:1], symmetry=False, tier="compiled")


def _limit(whole: Ground, runs: int) -> tuple[int, float, float]:
    """How many states there are, and the seconds of a search and of entering all of them into a fresh table."""
    entering: list[float] = []
    close = compiled.Compiled.close

    def timed(store: compiled.Compiled) -> None:
        for _ in range(2):  # the second time the pages of the table are there already, as the kernel gives it back
            store._tables()
            began = time.process_time()
            store._enter_all(store.states)
            entering.append(time.process_time() - began)
        close(store)

    with _put(compiled.Compiled, "close", timed):
        found = [_searched(whole) for _ in range(runs)]
    return found[0].states, median(each.seconds.search for each in found), median(entering)


if __name__ == "__main__":
    main()
