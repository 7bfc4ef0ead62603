"""What a command found, in every format: a table of renderers, each a function from a result to text.

Renderers know verdicts and traces, never engines.  A format's module is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module

from plait.reports.result import Result

FORMATS = {
    "text": "plait.reports.text",
    "json": "plait.reports.json",
    "junit": "plait.reports.junit",
}
"""The module of each format; its `render(result)` gives the text, with a line end at the end."""


def rendered(name: str, result: Result) -> str:
    """The result in a format of `FORMATS`."""
    text = import_module(FORMATS[name]).render(result)
    assert isinstance(text, str)
    return text
