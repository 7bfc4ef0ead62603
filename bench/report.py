"""Samples into bench/RESULTS.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bench.measure import Sample, Spread, ratios, spread
from bench.models import TOY, Case

Rows: TypeAlias = dict[str, list[Sample]]


@dataclass(slots=True)
class Results:
    """Everything that was measured, each table by case and then by what was run.

    `reference` is the engine of plait that the others are compared with; `configs` are SPIN's trials and `best` the
    configuration that won, by case; `notes` say what could not be measured and why.  `threads` are searches by 1 and
    by 2 of them, `progress` searches by how they tell where they are, `stored` searches and what the same process takes
    when it is `idle`.
    """

    reference: str
    machine: str
    versions: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    toy: Rows = field(default_factory=dict)
    search: dict[Case, Rows] = field(default_factory=dict)
    whole: dict[Case, Rows] = field(default_factory=dict)
    orbits: dict[Case, Rows] = field(default_factory=dict)
    configs: dict[Case, Rows] = field(default_factory=dict)
    best: dict[Case, str] = field(default_factory=dict)
    threads: dict[Case, Rows] = field(default_factory=dict)
    progress: dict[Case, Rows] = field(default_factory=dict)
    stored: dict[Case, Rows] = field(default_factory=dict)


HEADER = """# Measurements

Written by `make bench`. Every figure comes from runs whose numbers of states and transitions (and depth, where the
tool tells it) were the ones in `bench/models.py`; a run with other numbers ends the benchmark. All tools search every
state on one thread, check the same invariants, and know nothing of symmetry unless it is said. Tools run in turn, one
round after the other; a figure is the median of the runs, in brackets the quartiles (the extremes of fewer than four
runs). A ratio is the median of the ratios round by round. Seconds of search are CPU seconds, without start-up and
compilation.
"""


def page(results: Results) -> str:
    """The whole page."""
    parts = [HEADER, results.machine + "\n", *(f"* {note}\n" for note in results.notes)]
    parts += [_versions(results.versions), _search(results), _memory(results), _whole(results)]
    if results.orbits:
        parts.append(_orbits(results))
    if results.threads:
        parts.append(_threads(results))
    if results.progress:
        parts.append(_progress(results))
    if results.stored:
        parts.append(_stored(results))
    if results.configs:
        parts.append(_configs(results))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _versions(versions: Mapping[str, str]) -> str:
    return "Versions: " + ", ".join(f"{tool} {version}" for tool, version in versions.items()) + "."


def _search(results: Results) -> str:
    head = ("model", "tool", "search s", "states/s", "transitions/s", f"time, {results.reference} = 1", "runs")
    body: list[tuple[str, ...]] = []
    for case, rows in results.search.items():
        for name, samples in rows.items():
            time = spread([one.search for one in samples])
            shown = f"{name} ({results.best[case]})" if name == "SPIN" else name
            body.append(
                (
                    case.key,
                    shown,
                    _seconds(time),
                    _many(case.states / time.median),
                    _many(case.transitions / time.median),
                    _times(rows, results.reference, name, _of_search),
                    str(time.runs),
                )
            )
    titles = "; ".join(
        f"{case.key}: {case.title}, {case.states:,} states, {case.transitions:,} transitions" for case in results.search
    )
    return f"## Search\n\n{titles}.\n\n{_table(head, body)}"


def _memory(results: Results) -> str:
    known = results.toy and all(one.process.peak is not None for row in results.toy.values() for one in row)
    if not known:
        return "## Memory\n\nNot measured: there is no C compiler to build the launcher with."
    names = list(results.toy)
    head = ("model", *names)
    body: list[tuple[str, ...]] = [(TOY.key, *(f"{_peak(results.toy[name]) / 2**20:.0f} MB" for name in names))]
    for case, rows in results.search.items():
        body.append((case.key, *(_bytes(case, rows[name], results.toy[name]) for name in names)))
    steps = _growth(results)
    if steps:
        body.append(steps)
    return f"""## Memory

Peak resident memory of the process of the search; in brackets bytes a state, once that of the same tool on the counter
to ten is taken away. What a tool loads for large models only (plait's compiler) counts as if the states had taken it;
the last row is free of that: what the states between two sizes of a model take.

{_table(head, body)}"""


def _growth(results: Results) -> tuple[str, ...] | None:
    cases = sorted((case for case in results.search if case.file == "two_phase"), key=lambda case: case.states)
    if len(cases) < 2:
        return None
    less, more = cases[0], cases[-1]
    each = (
        f"{(_peak(results.search[more][name]) - _peak(results.search[less][name])) / (more.states - less.states):.0f} B"
        for name in results.toy
    )
    return (f"{less.key} to {more.key}", *each)


def _whole(results: Results) -> str:
    head = ("model", "tool", "wall s", "CPU s", f"CPU, {results.reference}, first time = 1", "runs")
    body: list[tuple[str, ...]] = []
    for case, rows in results.whole.items():
        for name, samples in rows.items():
            wall, cpu = (spread([of(one) for one in samples]) for of in (_of_wall, _of_cpu))
            ratio = _times(rows, f"{results.reference}, first time", name, _of_cpu)
            body.append((case.key, name, _seconds(wall), _seconds(cpu), ratio, str(wall.runs)))
    return f"""## From the command to the verdict

Whole processes: generating, compiling (gcc at three levels) and searching. For {results.reference}, "first time" starts
with nothing compiled before, "again" with what the first time left in the cache.

{_table(head, body)}"""


def _orbits(results: Results) -> str:
    head = ("model", "tool", "orbits", "transitions", "search s", "runs")
    body: list[tuple[str, ...]] = []
    for case, rows in results.orbits.items():
        states, transitions = case.orbits or (0, 0)
        for name, samples in rows.items():
            time = spread([one.search for one in samples])
            body.append((case.key, name, f"{states:,}", f"{transitions:,}", _seconds(time), str(time.runs)))
    return f"## With symmetry\n\nInterchangeable processes are not told apart.\n\n{_table(head, body)}"


def _threads(results: Results) -> str:
    head = ("model", "states", "1 thread, s", "2 threads, s", "faster by", "runs")
    body: list[tuple[str, ...]] = []
    for case, rows in results.threads.items():
        one, two = ([one.search for one in rows[count]] for count in ("1", "2"))
        gain = ratios(one, two)
        body.append(
            (
                case.key,
                f"{case.states:,}",
                _seconds(spread(one)),
                _seconds(spread(two)),
                f"**{gain.median:.2f}** [{gain.low:.2f}–{gain.high:.2f}]",
                str(gain.runs),
            )
        )
    return f"""## Threads

Elapsed seconds of the search by one thread of plait and by two, in turn. They mean little where others use the
processors, too.

{_table(head, body)}"""


def _progress(results: Results) -> str:
    head = ("model", "states", "off, s", "plain, off = 1", "live, off = 1", "runs")
    body: list[tuple[str, ...]] = []
    for case, rows in results.progress.items():
        off, plain, live = ([one.search for one in rows[mode]] for mode in ("off", "plain", "live"))
        more = (ratios(plain, off), ratios(live, off))
        shown = (f"**{ratio.median:.3f}** [{ratio.low:.3f}–{ratio.high:.3f}]" for ratio in more)
        body.append((case.key, f"{case.states:,}", _seconds(spread(off)), *shown, str(more[0].runs)))
    return f"""## Progress

The search of plait when it tells where it is: in plain lines to a file, or in a live line on a terminal.

{_table(head, body)}"""


def _stored(results: Results) -> str:
    head = ("model", "states", "search s", "peak", "idle", "bytes a state", "whole: bytes a state", "time, whole = 1")
    body: list[tuple[str, ...]] = []
    for case, rows in results.stored.items():
        idle = _peak(rows["idle"])
        whole = ("–", "–")
        if "whole" in rows:
            ratio = ratios([one.search for one in rows["plait"]], [one.search for one in rows["whole"]])
            whole = (f"{(_peak(rows['whole']) - idle) / case.states:.1f}", f"**{ratio.median:.2f}**")
        body.append(
            (
                case.title,
                f"{case.states:,}",
                _seconds(spread([one.search for one in rows["plait"]])),
                f"{_peak(rows['plait']) / 2**20:.0f} MB",
                f"{idle / 2**20:.0f} MB",
                f"**{(_peak(rows['plait']) - idle) / case.states:.1f}**",
                *whole,
            )
        )
    return f"""## Memory a state

Of plait's native explorer: the peak of the process, less that of a process that gets the same machine code ready and
explores nothing (idle). Wide states are kept as trees; beside them the same states kept whole.

{_table(head, body)}"""


def _configs(results: Results) -> str:
    head = ("model", *next(iter(results.configs.values())))
    body = [
        (
            case.key,
            *(
                _starred(spread([one.search for one in samples]), name == results.best[case])
                for name, samples in rows.items()
            ),
        )
        for case, rows in results.configs.items()
    ]
    return f"""## SPIN's configurations

CPU seconds of the search in the trial that chooses the configuration for the tables above (in bold).

{_table(head, body)}"""


# ---- parts of samples


def _of_search(one: Sample) -> float:
    return one.search


def _of_wall(one: Sample) -> float:
    return one.whole.wall


def _of_cpu(one: Sample) -> float:
    return one.whole.cpu


def _peak(samples: Iterable[Sample]) -> float:
    return spread([float(one.process.peak or 0) for one in samples]).median


# ---- words


def _times(rows: Rows, reference: str, name: str, of: Callable[[Sample], float]) -> str:
    if name == reference or reference not in rows:
        return "1" if name == reference else "–"
    ratio = ratios([of(one) for one in rows[name]], [of(one) for one in rows[reference]])
    return f"**{ratio.median:.2f}** [{ratio.low:.2f}–{ratio.high:.2f}]" if ratio.median < 10 else _large(ratio)


def _large(ratio: Spread) -> str:
    return f"**{ratio.median:.0f}** [{ratio.low:.0f}–{ratio.high:.0f}]"


def _seconds(time: Spread) -> str:
    return f"{_short(time.median)} [{_short(time.low)}–{_short(time.high)}]"


def _starred(time: Spread, best: bool) -> str:
    return f"**{_short(time.median)}**" if best else _short(time.median)


def _short(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}"


def _many(rate: float) -> str:
    return f"{rate / 1e6:.2f} M" if rate >= 1e6 else f"{rate / 1e3:.0f} k"


def _bytes(case: Case, samples: list[Sample], toy: list[Sample]) -> str:
    each = (_peak(samples) - _peak(toy)) / case.states
    return f"{_peak(samples) / 2**20:.0f} MB ({each:.0f} B)"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
