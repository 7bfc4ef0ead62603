"""Each rule of the language that a search decides, in a model made for it: `rules/*.plait`.

The first lines of a model say which rule it is for and what follows from it, worked out by hand:

    // rule: a send to a full queue is cut
    // by hand: lengths 0, 1, 2; the third send is cut                  (how the numbers come about, where it helps)
    // states 3, transitions 2, depth 2, cut 1, dead ends 0             (one line for each run, without symmetry)

What follows a line of counts is about that run: `orbits` (states with symmetry), `error P501 at 9:12 after 2 steps` (of
the model), `errs Name P503 at 7:15 after 2 steps` (a property that errs; with the model where no place is said),
`judged` (which properties), `unmet Name vacuous` (expectations), `unfired`, `met` (bounds), `budgets`, `reads` (of
other roles' variables), `shows Name: step, step` (the run that is shown).  Anywhere: `exit 1`, `only Name` and
`set n=3` (as on the command line).  Verdicts are in the models themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plait.limits import Limits, Watch
from plait.parameters import Wish, parse_wish
from plait.reports.result import Entry, Result
from plait.session import Job, check
from plait.tools import Installed
from plait.trace import Trace
from plait.verdict import Finding, ModelError
from plait_spec.ground import Ground
from tests.explorer import explore
from tests.test_agreement import check_error, check_evidence, check_symmetry, compare

RULES = Path(__file__).parent / "rules"
FILES = sorted(RULES.glob("*.plait"))
COUNTS = re.compile(r"states (\d+), transitions (\d+), depth (\d+), cut (\d+), dead ends (\d+)")
MUTANTS = RULES.parent / "MUTANTS.md"
MOST = 500


@dataclass
class Claims:
    """What the head of a model says of one run."""

    counts: tuple[int, ...]
    said: dict[str, list[str]] = field(default_factory=dict)

    def one(self, word: str, default: str = "") -> str:
        """What is said after this word."""
        found = self.said.get(word, [default])
        assert len(found) == 1, word
        return found[0]


@dataclass
class Head:
    """The head of a model."""

    runs: list[Claims] = field(default_factory=list)
    exit: int = 0
    only: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()


OF_RUNS = ("orbits", "error", "errs", "judged", "unmet", "unfired", "met", "budgets", "reads", "shows")


def read(path: Path) -> Head:
    """The head of a model; whatever it says that nobody checks is an error."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// rule: "), "the first line is the rule"
    head = Head()
    for line in lines[1:]:
        if not line.startswith("// "):
            break
        word, _, rest = line.removeprefix("// ").partition(" ")
        match word:
            case "by" | "rule:":
                pass
            case "states":
                found = COUNTS.fullmatch(line.removeprefix("// "))
                assert found is not None, line
                head.runs.append(Claims(tuple(map(int, found.groups()))))
            case "exit":
                head.exit = int(rest)
            case "only":
                head.only = (*head.only, rest)
            case "set":
                head.wishes = (*head.wishes, parse_wish(rest))
            case _:
                assert word in OF_RUNS, line
                head.runs[-1].said.setdefault(word, []).append(rest)
    return head


class Recorder(Installed):
    """The parts of this version; remembers what was searched, and what was found."""

    def __init__(self) -> None:
        super().__init__("interpreter")
        self.found: list[tuple[Ground, Finding]] = []

    def check(
        self, ground: Ground, properties: tuple[str, ...], limits: Limits, symmetry: bool, watch: Watch
    ) -> Finding:
        """As the tool does."""
        finding = super().check(ground, properties, limits, symmetry, watch)
        self.found.append((ground, finding))
        return finding


def searched(path: Path, head: Head, *, symmetry: bool) -> tuple[Result, list[tuple[Ground, Finding]]]:
    """All runs of a model."""
    recorder = Recorder()
    job = Job((str(path),), head.wishes, (), head.only, Limits(states=MOST), symmetry)
    result = check(job, recorder)
    assert [problem.text for problem in result.problems] == []
    return result, recorder.found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule(path: Path) -> None:
    head = read(path)
    (off, plainly), (on, reduced) = (searched(path, head, symmetry=symmetry) for symmetry in (False, True))
    assert (off.exit_code, on.exit_code) == (head.exit, head.exit)
    assert len(off.entries) == len(head.runs), "a line of counts for each run"
    for claims, plain, small in zip(head.runs, off.entries, on.entries, strict=True):
        same_but_smaller(claims, plain, small)
        counted(claims, plain)
        judged(claims, plain)
        told(claims, plain)
    for claims, (ground, finding), (_, small_finding) in zip(head.runs, plainly, reduced, strict=True):
        agrees(claims, ground, finding, small_finding)


def counted(claims: Claims, entry: Entry) -> None:
    """The numbers and the lists of a run."""
    run = entry.run
    assert (run.states, run.transitions, run.depth, run.cut, run.dead_ends) == claims.counts
    assert ", ".join(run.unfired or ()) == claims.one("unfired")
    judged = ", ".join(report.name for report in run.properties)
    assert judged == claims.one("judged", judged)
    assert ", ".join(f"{reader} {variable}" for reader, variable in run.foreign_reads) == claims.one("reads")
    met = "; ".join(f"{found.bound}: {found.cut}" for found in run.bounds_met)
    assert met == claims.one("met"), "every bound that was met is said"
    budgets = ", ".join(f"{found.step} {found.used} of {found.limit}" for found in run.budgets)
    assert budgets == claims.one("budgets"), "every budget is said"


def judged(claims: Claims, entry: Entry) -> None:
    """Expectations are met, and what errs does so where the head says."""
    errs = dict(map(erring, claims.said.get("errs", [])))
    unmet: list[str] = []
    for report in entry.run.properties:
        assert (report.verdict == "error") == (report.name in errs), f"{report.name}: {report.verdict} {report.how}"
        if not report.ok and report.name not in errs:
            unmet.append(f"{report.name} {report.verdict}")
    assert ", ".join(unmet) == claims.one("unmet")
    assert place(entry.run.model_error) == claims.one("error")


def erring(text: str) -> tuple[str, str]:
    """The name of a property that errs; its code and place, where the error is its own."""
    found = re.fullmatch(r"(.+?)( P\d{3} at \d+:\d+ after \d+ steps?)?", text)
    assert found is not None
    return found[1], (found[2] or "").strip()


def place(error: ModelError | None) -> str:
    """An error as the head says it."""
    if error is None:
        return ""
    return f"{error.code} at {error.line}:{error.column} after {error.steps} step{'s' * (error.steps != 1)}"


def told(claims: Claims, entry: Entry) -> None:
    """The runs that are shown."""
    traces = {report.name: report.trace for report in entry.run.properties}
    for text in claims.said.get("shows", []):
        name, _, steps = text.partition(": ")
        trace = traces[name]
        assert trace is not None
        assert ", ".join(labels(trace)) == steps


def labels(trace: Trace) -> Iterator[str]:
    """Each step, as the text of a report has it."""
    yield from (step.label for step in trace.steps)


def same_but_smaller(claims: Claims, plain: Entry, small: Entry) -> None:
    """Symmetry changes the number of states, never a verdict or a length."""
    seen, less = plain.run, small.run
    assert [(one.name, one.verdict, one.steps) for one in less.properties] == [
        (one.name, one.verdict, one.steps) for one in seen.properties
    ]
    assert (less.depth, less.unfired, less.budgets) == (seen.depth, seen.unfired, seen.budgets)
    assert (less.model_error is None) == (seen.model_error is None)
    assert str(less.states) == claims.one("orbits", str(seen.states))


def agrees(claims: Claims, ground: Ground, finding: Finding, small: Finding) -> None:
    """The reference semantics sees the same, and every run that is shown replays."""
    plain = explore(ground, MOST)
    assert plain is not None
    compare(ground, plain, finding)
    check_symmetry(ground, plain, finding, small)
    errs = dict(map(erring, claims.said.get("errs", [])))
    for found in (finding, small):
        for decision in found.decisions:
            if decision.error is not None and decision.error.in_property is not None:
                assert place(decision.error) == errs[decision.property]
            else:
                assert not errs.get(decision.property)
            if decision.choices is not None or decision.error is not None:
                check_evidence(ground, decision)
        if found.error is not None:
            check_error(ground, found.error)


def test_what_failed_before_a_limit_stays() -> None:
    """What a limit keeps from being seen is `undetermined`, with the reason."""
    job = Job((str(RULES / "search_goes_on.plait"),), limits=Limits(depth=2))
    (entry,) = check(job, Recorder()).entries
    run = entry.run
    assert (run.complete, run.states, run.transitions, run.depth) == (False, 3, 2, 2)
    assert [(found.name, found.verdict, found.steps) for found in run.properties] == [
        ("Zero", "fails", 0),
        ("Last", "undetermined", None),
    ]
    assert "limit of depth 2" in run.properties[1].how


def test_every_model_noticed_a_broken_rule() -> None:
    """The list names each model and test, and nothing that is not there."""
    rows = [line for line in MUTANTS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[-1])}
    assert named == {path.stem for path in FILES} | {test_what_failed_before_a_limit_stays.__name__}
