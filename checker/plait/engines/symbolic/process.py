"""The process with the solver, as seen by the one that starts it: what it tells, with limits, until it ends.

Whatever ends it early, a crash, a signal, a limit, becomes the reason of an `Ended`.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, Protocol

from plait.engines.symbolic.events import Ended, Event, Refused, Task, Wrong
from plait.engines.symbolic.serve import LENGTH, OUT_OF_MEMORY
from plait.errors import EngineBug

PULSE = 0.1
SCARCE = ("MemoryError", "bad_alloc", "Cannot allocate memory", "failed to map", "out of memory")  # ways to say so
COMMAND = (sys.executable, "-P", "-m", "plait.engines.symbolic.worker")


def events(task: Task, timeout: float | None, pulse: Callable[[], None]) -> Iterator[Event]:
    """What the process tells; `pulse` is called ten times a second, and may raise to end it."""
    return told(task, timeout, pulse, COMMAND)


class Work(Protocol):
    """What a process is given: something to pickle, with a limit of memory in bytes."""

    @property
    def memory(self) -> int | None:
        """None: no limit."""
        ...


def told(work: Work, timeout: float | None, pulse: Callable[[], None], command: Sequence[str]) -> Iterator[Any]:
    """What any process of ours tells that is given work by this command; the last is an `Ended` or the like."""
    due = None if timeout is None else time.monotonic() + timeout
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            yield Ended(f"the solver process does not start: {error.strerror or error}")
            return
        try:
            yield from _told(process, work, due, timeout, pulse, complaints)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not written yet has nowhere to go
                        pipe.close()


def _told(
    process: subprocess.Popen[bytes],
    task: Work,
    due: float | None,
    timeout: float | None,
    pulse: Callable[[], None],
    complaints: IO[bytes],
) -> Iterator[Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    data = pickle.dumps(task)
    with suppress(OSError):  # it may have died already: that is said below
        process.stdin.write(LENGTH.pack(len(data)) + data)
        process.stdin.flush()
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            pulse()
            if due is not None and time.monotonic() > due:
                yield Ended(f"limit of {timeout:g} seconds")
                return
            if not selector.select(PULSE):
                continue
            more = os.read(process.stdout.fileno(), 1 << 16)
            if not more:
                break
            buffer += more
            while len(buffer) >= LENGTH.size:
                (length,) = LENGTH.unpack(buffer[: LENGTH.size])
                if len(buffer) < LENGTH.size + length:
                    break
                event = pickle.loads(buffer[LENGTH.size : LENGTH.size + length])
                buffer = buffer[LENGTH.size + length :]
                yield _worded(event, task)
                if isinstance(event, Ended | Refused | Wrong):
                    return
    yield _died(process.wait(), task, complaints)


def _worded(event: Any, task: Work) -> Any:
    if isinstance(event, Ended) and event.reason == OUT_OF_MEMORY and task.memory is not None:
        return Ended(_memory(task.memory))
    return event


def _memory(most: int) -> str:
    return f"limit of {most / 1e6:,.0f} MB of memory"


def _died(code: int, task: Work, complaints: IO[bytes]) -> Ended:
    """Why there was no last event; an exception of ours is raised again as what it is."""
    complaints.seek(0)
    said = complaints.read().decode("utf-8", errors="replace").strip()
    last = said.splitlines()[-1] if said else ""
    if task.memory is not None and any(words in last for words in SCARCE):
        return Ended(_memory(task.memory))
    if code < 0:
        name = signal.strsignal(-code) or f"signal {-code}"
        scarce = "" if task.memory is None else f"; it may have needed more than the {_memory(task.memory)}"
        return Ended(f"the solver process died: {name}{scarce}")
    if "Traceback" in said:
        raise EngineBug(f"the solver process failed:\n{said}")
    return Ended(f"the solver process ended with code {code}" + (f": {last}" if said else ""))
