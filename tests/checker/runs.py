"""Results made by hand: what the reports of runs are tested on."""

from __future__ import annotations

from dataclasses import replace

from plait.reports.result import Entry, Problem, Result
from plait.trace import Choices, Trace
from plait.verdict import BoundMet, Budget, ModelError, PropertyReport, Run, Seconds, Word
from tests.checker.traces import overtaking


def report(
    name: str,
    verdict: Word = "holds",
    *,
    how: str = "exhausted",
    kind: str = "always",
    expected: str | None = "holds",
    ok: bool = True,
    stated: bool = True,
    trace: Trace | None = None,
    steps: int | None = None,
) -> PropertyReport:
    """A property of `models/reconcile.plait`."""
    return PropertyReport(
        name=name,
        kind=kind,
        verdict=verdict,
        how=how,
        engine="interpreter",
        steps=len(trace.steps) if trace is not None else steps,
        expected=expected,
        ok=ok,
        trace=trace,
        title="A recorded terminal status is never replaced by an older one",
        text="all o: Op. framework.view[o] == Finished implies next(framework.view[o]) == Finished",
        file="models/reconcile.plait",
        line=31,
        column=1,
        stated=stated,
    )


def run(*properties: PropertyReport, proposal: str | None = None) -> Run:
    """A run of `Reconcile` or a proposal of it."""
    return Run(
        file="models/reconcile.plait",
        protocol="Reconcile",
        proposal=proposal,
        parameters=(("agents", 1), ("ops", 1), ("eager", True), ("poll", "Periodic")),
        engine="interpreter",
        states=1412,
        transitions=3020,
        depth=14,
        cut=0,
        complete=True,
        stopped=None,
        symmetry="full",
        seconds=Seconds(0.31, 0.05, 0.2),
        unfired=(),
        bounds_met=(),
        model_error=None,
        error_trace=None,
        dead_ends=0,
        budgets=(),
        foreign_reads=(),
        properties=properties,
    )


def model_error() -> ModelError:
    """`ops[o] = ...` with a value that it cannot have."""
    return ModelError("P501", "3 is outside 0..2", "models/reconcile.plait", 12, 5, Choices(0, ()), 6)


def result(*runs: Run, problems: tuple[Problem, ...] = (), interrupted: bool = False) -> Result:
    """These runs at their defaults."""
    return Result(tuple(map(Entry, runs)), problems, interrupted)


def everything() -> Result:
    """One of everything that a report can say."""
    trace = overtaking()
    plain = run(
        report("Known"),
        report("NoRegress", "fails", how="", ok=False, stated=False, trace=trace, kind="step"),
        report("Twice", "fails", how="", expected="fails in 6", trace=trace, kind="never"),
        report("Learns", kind="reachable", how="witness", trace=trace),
        report("Told", "undetermined", how="P401 not checked yet", ok=False, stated=False, kind="eventually"),
        report("Late", "holds within", how="now: 7 steps cut", expected="holds within"),
    )
    noted = replace(
        run(
            report("Known", "error", how="P501", ok=False),
            report("NoRegress", "fails", how="", expected=None, stated=False, trace=trace),
            report("Idle", "vacuous", how="its left side never happened", ok=False),
            proposal="Stamped",
        ),
        cut=19,
        complete=False,
        stopped="--max-states 1000",
        symmetry="off",
        unfired=("master.restart", "link.break"),
        bounds_met=(BoundMet("capacity of link", 12), BoundMet("now: within 0..6", 7)),
        dead_ends=3,
        budgets=(Budget("master.restart", 1, 1), Budget("link.break", 2, 0)),
        foreign_reads=(("framework.ask", "master.known"), ("framework.ask", "master.up")),
        model_error=model_error(),
        error_trace=replace(trace, goal="P501", kind="error"),
    )
    problems = (
        Problem(
            "text",
            "models/\x1b[31mwrong.plait",
            "unexpected `}`",
            "models/wrong.plait:3:7: error P004: unexpected `}`",
            "P004",
            3,
            7,
        ),
        Problem("internal", "models/odd.plait", "KeyError: 3", "models/odd.plait: internal error"),
    )
    return Result((Entry(plain), Entry(noted, (("eager", "true"), ("ops", "2")))), problems)
