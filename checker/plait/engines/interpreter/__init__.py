"""The reference engine: breadth-first search over staged closures."""

from plait.engines.interpreter.search import check

__all__ = ["check"]
