"""How far a search may go, and how it tells where it is."""

from __future__ import annotations

from collections.abc import Callable

from plait_spec.record import record


@record
class Limits:
    """Bounds on the work of one search; None is no bound.

    `timeout` is in seconds.  `memory` is in bytes: of the process, or (`native`) of states and their table.
    """

    states: int | None = None
    depth: int | None = None
    timeout: float | None = None
    memory: int | None = None


@record
class Progress:
    """Where a search is: what a live line shows."""

    depth: int
    states: int
    queue: int
    growing: bool
    seconds: float


Watch = Callable[[Progress], None]
"""Called now and then during a search; it may raise KeyboardInterrupt, which ends the search with what was found."""
