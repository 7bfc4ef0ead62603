"""Threads that each run a part of one piece of work: machine code, which Python lets run side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

Part = Callable[[], int]


class Team:
    """The calling thread and `size - 1` others, which wait between two pieces of work."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._work: list[queue.SimpleQueue[tuple[int, Part] | None]] = [queue.SimpleQueue() for _ in range(size - 1)]
        self._done: queue.SimpleQueue[tuple[int, int | BaseException]] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, args=(work,), daemon=True) for work in self._work]
        for thread in self._threads:
            thread.start()

    def run(self, parts: Sequence[Part]) -> list[int]:
        """What each part returns; at most one part a thread.  When it returns or raises, no part is running."""
        if len(parts) == 1:
            return [parts[0]()]
        results: list[int | BaseException] = [0] * len(parts)
        for at, part in enumerate(parts[1:]):
            self._work[at].put((at + 1, part))
        left = len(parts) - 1
        interrupted: BaseException | None = None
        try:
            results[0] = parts[0]()
        except KeyboardInterrupt as error:
            interrupted = error
        while left:
            try:
                at, result = self._done.get()
            except KeyboardInterrupt as error:
                interrupted = error
            else:
                results[at] = result
                left -= 1
        if interrupted is not None:
            raise interrupted
        return [_value(result) for result in results]

    def close(self) -> None:
        """Let the threads go."""
        for work in self._work:
            work.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, work: queue.SimpleQueue[tuple[int, Part] | None]) -> None:
        while (item := work.get()) is not None:
            at, part = item
            try:
                self._done.put((at, part()))
            except BaseException as error:
                self._done.put((at, error))


def _value(result: int | BaseException) -> int:
    if isinstance(result, BaseException):
        raise result
    return result
