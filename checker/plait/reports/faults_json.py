"""Which faults it takes, as one JSON object, as `faults.schema.json` describes it."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import plait
from plait.faults import Source
from plait.reports.faults_result import Cause, Explained, Explanation, FaultsResult, option
from plait.reports.json import problem_object
from plait.reports.trace_file import to_object as trace_object

Object: TypeAlias = dict[str, Any]


def render(result: FaultsResult) -> str:
    """The text of the object."""
    return json.dumps(to_object(result), indent=2, ensure_ascii=False) + "\n"


def to_object(result: FaultsResult) -> Object:
    """The object itself."""
    return {
        "plait": plait.__version__,
        "exit": int(result.exit_code),
        "interrupted": result.interrupted,
        "runs": [_entry(entry) for entry in result.entries],
        "problems": [problem_object(problem) for problem in result.problems],
    }


def _entry(entry: Explanation) -> Object:
    return {
        "file": entry.file,
        "protocol": entry.protocol,
        "proposal": entry.proposal,
        "parameters": dict(entry.parameters),
        "environment": entry.environment,
        "faults": [_source(source) for source in entry.sources],
        "engine": entry.engine,
        "searches": entry.searches,
        "states": entry.states,
        "seconds": round(entry.seconds, 6),
        "properties": [_explained(found) for found in entry.properties],
        "not_asked": list(entry.not_asked),
    }


def _source(source: Source) -> Object:
    return {"name": source.name, "kind": source.kind, "limit": source.limit}


def _explained(found: Explained) -> Object:
    return {
        "name": found.name,
        "kind": found.kind,
        "title": found.title,
        "outcome": found.outcome,
        "sets": [_cause(cause) for cause in found.causes],
        "shortest": found.shortest,
        "note": found.note,
        "missing": list(found.missing),
        "bounds": list(found.bounds),
    }


def _cause(cause: Cause) -> Object:
    return {
        "faults": [{**_source(source), "level": level} for source, level in cause.faults],
        "option": option(cause.faults),
        "steps": cause.steps,
        "trace": None if cause.trace is None else trace_object(cause.trace),
    }
