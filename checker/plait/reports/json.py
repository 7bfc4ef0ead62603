"""A result as one JSON object, as `report.schema.json` describes it.  Readers ignore fields that they do not know."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import plait
from plait.reports.result import Problem, Result
from plait.reports.trace_file import broken_object, changes_object, message_object, step_head
from plait.trace import Step, Trace
from plait.verdict import PropertyReport, Run

Object: TypeAlias = dict[str, Any]


def render(result: Result) -> str:
    """The text of the object."""
    return json.dumps(to_object(result), indent=2, ensure_ascii=False) + "\n"


def to_object(result: Result) -> Object:
    """The object itself."""
    return {
        "plait": plait.__version__,
        "exit": int(result.exit_code),
        "interrupted": result.interrupted,
        "runs": [run_object(entry.run) for entry in result.entries],
        "problems": [problem_object(problem) for problem in result.problems],
    }


def run_object(run: Run) -> Object:
    """One search."""
    return {
        "file": run.file,
        "protocol": run.protocol,
        "proposal": run.proposal,
        "parameters": dict(run.parameters),
        "engine": run.engine,
        "counted": run.counted,
        "states": run.states,
        "transitions": run.transitions,
        "depth": run.depth,
        "cut": run.cut,
        "complete": run.complete,
        "stopped": run.stopped,
        "symmetry": run.symmetry,
        "seconds": {
            "total": round(run.seconds.total, 6),
            "compile": round(run.seconds.compile, 6),
            "search": round(run.seconds.search, 6),
        },
        "unfired": None if run.unfired is None else list(run.unfired),
        "bounds_met": [{"bound": met.bound, "cut": met.cut} for met in run.bounds_met],
        "model_error": _model_error(run),
        "dead_ends": run.dead_ends,
        "budgets": {budget.step: {"limit": budget.limit, "used": budget.used} for budget in run.budgets},
        "foreign_reads": [{"reader": reader, "variable": variable} for reader, variable in run.foreign_reads],
        "properties": [_property(report) for report in run.properties],
    }


def problem_object(problem: Problem) -> Object:
    """Why something was not checked."""
    return {
        "kind": problem.kind,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": problem.message,
    }


def steps_object(trace: Trace) -> list[Object]:
    """The steps of a trace, each complete in itself: messages are written out."""
    written = [message_object(message) for message in trace.messages]
    return [_step(step, written) for step in trace.steps]


def _step(step: Step, written: list[Object]) -> Object:
    return {
        **step_head(step),
        "received": None if step.received is None else written[step.received],
        "sent": [written[id] for id in step.sent],
        "removed": [written[id] for id in step.removed],
        "changes": changes_object(step),
    }


def _model_error(run: Run) -> Object | None:
    error = run.model_error
    if error is None:
        return None
    return {
        "code": error.code,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "column": error.column,
        "steps": error.steps,
        "in_property": error.in_property,
        **_evidence(run.error_trace),
    }


def _property(report: PropertyReport) -> Object:
    return {
        "name": report.name,
        "kind": report.kind,
        "title": report.title,
        "text": report.text,
        "file": report.file,
        "line": report.line,
        "column": report.column,
        "verdict": report.verdict,
        "how": report.how,
        "engine": report.engine,
        "steps": report.steps,
        "expected": report.expected,
        "stated": report.stated,
        "ok": report.ok,
        **_evidence(report.trace),
    }


def _evidence(trace: Trace | None) -> Object:
    if trace is None:
        return {"trace": None, "start": None, "broken": None, "loop": None}
    return {
        "trace": steps_object(trace),
        "start": dict(trace.start),
        "broken": broken_object(trace.broken),
        "loop": trace.loop,
    }
