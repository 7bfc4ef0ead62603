"""A process with the solver, from within: work on standard input, answers on standard output, both by pickle.

z3 is C++ that may crash, run out of memory or not come back, and a fresh process gives the same answers every time; so
whatever asks z3 is a process of its own (`process` is the other end).  It ends when its standard input does: whoever
started it is gone then.
"""

from __future__ import annotations

import os
import pickle
import resource
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from plait.engines.symbolic.events import Ended

LENGTH = struct.Struct("<Q")  # bytes of what follows
OUT_OF_MEMORY = "out of memory"

Tell: TypeAlias = Callable[[Any], None]
"""Send one answer."""


def serve(do: Callable[[Any, Tell], None]) -> None:
    """Read some work, keep to its limit of memory, and do it; where that is too little, the last answer says so."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that z3 prints may stand between answers

    def tell(answer: Any) -> None:
        data = pickle.dumps(answer)
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()

    (length,) = LENGTH.unpack(sys.stdin.buffer.read(LENGTH.size))
    work = pickle.loads(sys.stdin.buffer.read(length))
    threading.Thread(target=_end_with_caller, daemon=True).start()
    if work.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (work.memory, work.memory))
    try:
        do(work, tell)
    except MemoryError:
        tell(Ended(OUT_OF_MEMORY))


def refusal(error: Exception) -> str:
    """Why z3 gave up, from what it raised."""
    return OUT_OF_MEMORY if "memory" in str(error) else f"the solver failed: {error}"


def _end_with_caller() -> None:
    while os.read(0, 1):  # not by `sys.stdin`, whose lock would be held when the interpreter ends
        pass
    os._exit(1)
