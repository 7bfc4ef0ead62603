"""Where a search is, on stderr: a live line on a terminal, a plain line every ten seconds elsewhere.

No percentage: nobody knows how large a state space is before it is searched.  Depth, rate and whether the queue grows
or shrinks say more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

from plait.limits import Progress, Watch, resident

Mode: TypeAlias = Literal["auto", "plain", "off"]

PLAIN_EVERY = 10.0
LIVE_AFTER = 0.4
LIVE_EVERY = 0.1
COLUMNS = 80  # of a terminal that does not tell


class Watcher:
    """Shows the progress of one search after another; `stop` before anything else is printed."""

    def __init__(self, mode: Mode, write: Callable[[str], None], *, terminal: bool) -> None:
        self._write = write
        self._mode = mode
        self._live = _LiveLine() if mode == "auto" and terminal else None

    def watch(self, name: str) -> Watch | None:
        """The watcher of a search by this name."""
        if self._mode == "off":
            return None
        return _paced(name, LIVE_AFTER, LIVE_EVERY, self._live.show) if self._live else self._plain(name)

    def stop(self) -> None:
        """Take the live line away."""
        if self._live is not None:
            self._live.stop()

    def _plain(self, name: str) -> Watch:
        return _paced(name, PLAIN_EVERY, PLAIN_EVERY, self._write)


def _paced(name: str, first: float, every: float, show: Callable[[str], None]) -> Watch:
    """Show a line after `first` seconds of the search, then at most each `every`."""
    due = first
    before: Progress | None = None

    def watch(progress: Progress) -> None:
        nonlocal due, before
        if progress.seconds >= due:
            show(line(name, progress, before, resident()))
            before = progress
            due = progress.seconds + every

    return watch


def line(name: str, now: Progress, before: Progress | None, memory: int | None) -> str:
    """`Reconcile: depth 14  412,301 states (81k/s)  queue 22,117 shrinking  memory 1.1 GB  18 s`."""
    since = now.seconds - (before.seconds if before else 0.0)
    rate = (now.states - (before.states if before else 0)) / since if since > 0 else 0.0
    if now.doing is not None:
        return f"{name}: depth {now.depth}  {now.doing}  {now.seconds:.0f} s"
    parts = [
        f"{name}: depth {now.depth}",
        f"{now.states:,} states ({_short(rate)}/s)",
        f"queue {now.queue:,} {'growing' if now.growing else 'shrinking'}",
        *([] if memory is None else [f"memory {_size(memory)}"]),
        f"{now.seconds:.0f} s",
    ]
    return "  ".join(parts)


def _short(rate: float) -> str:
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if rate >= limit:
            return f"{rate / limit:.1f}{unit}" if rate < 10 * limit else f"{rate / limit:.0f}{unit}"
    return f"{rate:.0f}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


class _LiveLine:
    """One line of a terminal, written over and over; shorter than the terminal is wide, or it would not be one."""

    def __init__(self) -> None:
        self._shown = 0

    def show(self, text: str) -> None:
        most = _width() - 1
        text = text if len(text) <= most else text[: most - 1] + "~"
        sys.stderr.write("\r" + text.ljust(min(self._shown, most)))
        sys.stderr.flush()
        self._shown = len(text)

    def stop(self) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * min(self._shown, _width() - 1) + "\r")
            sys.stderr.flush()
            self._shown = 0


def _width() -> int:
    """The columns of the terminal, where it tells."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS
