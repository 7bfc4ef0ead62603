"""How far a search may go, and how it tells where it is."""

from __future__ import annotations

import os
from collections.abc import Callable

from plait_spec.record import record


@record
class Limits:
    """Bounds on the work of one search; None is no bound.

    `timeout` is in seconds, `memory` in bytes of the process.
    """

    states: int | None = None
    depth: int | None = None
    timeout: float | None = None
    memory: int | None = None


@record
class Progress:
    """Where a search is: what a live line shows.

    `doing` is what an engine that visits no states is at; `states` and `queue` mean nothing then.
    """

    depth: int
    states: int
    queue: int
    growing: bool
    seconds: float
    doing: str | None = None


Watch = Callable[[Progress], None]
"""Called now and then during a search; it may raise KeyboardInterrupt, which ends the search with what was found."""


def resident() -> int | None:
    """The bytes of memory that this process holds, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
