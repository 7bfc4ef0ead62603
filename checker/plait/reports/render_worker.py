"""The process that draws: DOT text on standard input, the picture on standard output, complaints on standard error.

    python -P render_worker.py FORMAT

It is run as a file and imports nothing of plait, so that it starts wherever plait runs; and it is a process of its
own because Graphviz is C code that reads settings from the environment, keeps state, and may crash.
"""

from __future__ import annotations

import sys
from typing import Protocol, cast


class Graph(Protocol):
    """What is used of pygraphviz, which has no types."""

    def draw(self, path: None, format: str, prog: str) -> bytes:
        """The picture."""


def graph_of(dot: str, **attributes: str) -> Graph:
    """A graph from DOT text, with attributes of the whole graph set."""
    import pygraphviz  # where it is not installed, or does not load, this is the line that says so

    graph = pygraphviz.AGraph(string=dot)
    graph.graph_attr.update(attributes)
    return cast(Graph, graph)


def main() -> int:
    """Draw; 0 if it worked."""
    format = sys.argv[1]
    resolution = {"dpi": "144"} if format == "png" else {}
    try:
        dot = sys.stdin.buffer.read().decode("utf-8")
        picture = graph_of(dot, **resolution).draw(None, format=format, prog="neato")
    except Exception as error:  # whatever it is, the other process reports it
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
