"""How far a search may go, and how it tells where it is."""

from __future__ import annotations

import os
from collections.abc import Callable

from plait_spec.record import record


@record
class Limits:
    """Bounds on the work of one search; None is no bound.

    `timeout` is in seconds, `memory` in bytes of the process; a search ends in any case before memory does.
    `milestone` ends nothing: once there are more states than that, the watcher hears of them without delay, whatever
    the time is.
    """

    states: int | None = None
    depth: int | None = None
    timeout: float | None = None
    memory: int | None = None
    milestone: int | None = None


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
"""Called now and then during a search, which waits meanwhile.

It may raise KeyboardInterrupt, which ends the search with what was found; any other exception ends it without.
"""


def resident() -> int | None:
    """The bytes of memory that this process holds, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


SPARED = 0.05  # of the memory that is free, what a search leaves to others


def affordable() -> int | None:
    """How many bytes this process can hold before the system has none left; None where it does not tell.

    A process that takes more would be killed, and what it has found so far would be lost.
    """
    free = [bytes for bytes in (_free(), _left_to_group()) if bytes is not None]
    return int(min(free) * (1 - SPARED)) + (resident() or 0) if free else None


def _free() -> int | None:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            about = dict(line.split(":") for line in file)
        return int(about["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None


def _left_to_group() -> int | None:
    """What a container may still take."""
    try:
        with (
            open("/sys/fs/cgroup/memory.max", encoding="ascii") as most,
            open("/sys/fs/cgroup/memory.current", encoding="ascii") as now,
        ):
            return max(int(most.read()) - int(now.read()), 0)  # `max` where there is no limit
    except (OSError, ValueError):
        return None
