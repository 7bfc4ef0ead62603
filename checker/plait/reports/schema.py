"""Values against a JSON Schema: the first thing that does not fit, in words.

    misfit(schema, value) -> "steps[0].label: this is no string" | None

As much of JSON Schema (2020-12) as the schema of trace files uses; other keywords are a mistake of ours.  A number
with a fraction, even 1.0, is no integer here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from plait.errors import EngineBug

Schema: TypeAlias = dict[str, Any]

_TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def misfit(schema: Schema, value: Any) -> str | None:
    """Where the value does not fit and why; None where it fits."""
    return next(_misfits(schema, schema, value, ""), None)


def _misfits(whole: Schema, schema: Schema, value: Any, place: str) -> Iterator[str]:
    for keyword, wanted in schema.items():
        match keyword:
            case "$schema" | "$defs" | "title" | "description":
                pass
            case "type":
                names = [wanted] if isinstance(wanted, str) else wanted
                if not any(_is(name, value) for name in names):
                    yield _said(place, f"this is no {' or '.join(names)}")
            case "enum" | "const":
                allowed = wanted if keyword == "enum" else [wanted]
                if not any(type(one) is type(value) and one == value for one in allowed):
                    yield _said(place, f"this is none of {', '.join(map(str, allowed))}")
            case "minimum":
                if _is("integer", value) and value < wanted:
                    yield _said(place, f"this is less than {wanted}")
            case "anyOf":
                found = [next(_misfits(whole, one, value, place), None) for one in wanted]
                if None not in found:
                    yield str(found[0])
            case "$ref":
                yield from _misfits(whole, _named(whole, wanted), value, place)
            case _:
                yield from _inside(whole, keyword, wanted, value, place)


def _inside(whole: Schema, keyword: str, wanted: Any, value: Any, place: str) -> Iterator[str]:
    """What is in an object or an array; it says nothing of other values."""
    inside = value if isinstance(value, dict) else {}
    match keyword:
        case "required":
            if isinstance(value, dict):
                yield from (_said(place, f"`{name}` is missing") for name in wanted if name not in value)
        case "properties":
            for name, schema in wanted.items():
                if name in inside:
                    yield from _misfits(whole, schema, inside[name], f"{place}.{name}")
        case "additionalProperties":  # of objects that have no `properties`
            for name, item in inside.items():
                yield from _misfits(whole, wanted, item, f"{place}.{name}")
        case "items":
            for at, item in enumerate(value if isinstance(value, list) else ()):
                yield from _misfits(whole, wanted, item, f"{place}[{at}]")
        case _:
            raise EngineBug(f"`{keyword}` in a schema is not understood")


def _is(name: str, value: Any) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _named(whole: Schema, reference: str) -> Schema:
    found: Schema = whole
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def _said(place: str, what: str) -> str:
    return f"{place.removeprefix('.')}: {what}" if place else what
