"""Ctrl-C during a search: noted, and raised where the engine looks, so that what was found so far is not lost.

Outside of a `with` block an interrupt is Python's own KeyboardInterrupt; a second one inside is too.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from plait.limits import Progress, Watch


class Interrupts:
    """Wraps the watcher of one search."""

    def __init__(self, inner: Watch | None) -> None:
        self.asked = False
        self._inner = inner
        self._before: signal._HANDLER = None
        self._owns = False

    def watch(self, progress: Progress) -> None:
        """Pass the progress on; raise KeyboardInterrupt if somebody asked for an end."""
        if self.asked:
            raise KeyboardInterrupt
        if self._inner is not None:
            try:
                self._inner(progress)
            except KeyboardInterrupt:
                self.asked = True
                raise

    def __enter__(self) -> Interrupts:
        """Take over the signal (only the main thread of a program can)."""
        self._owns = threading.current_thread() is threading.main_thread()
        if self._owns:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the signal back."""
        if self._owns:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
