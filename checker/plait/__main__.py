"""`plait` as a process: what `plait` and `python -m plait` run.

A small check takes a tenth of a second, and a third of that went to the collector of cyclic garbage: while the modules
were loaded, and once more over everything at the end.  There are hardly any cycles here; so the collector comes rarely,
and the process ends without taking apart what is left in it.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from contextlib import suppress

ALLOCATIONS = 200_000  # new objects, less those gone, between two looks for garbage among the young


def main() -> None:
    """Run the verb that the command line names, and end with its exit code."""
    code = run()
    if threading.active_count() > 1:  # somebody is still at work
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # nobody reads it any more, or it was never there
            stream.flush()
    os._exit(code)


def run() -> int:
    """Run the verb that the command line names; its exit code."""
    gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
    # Closed by whoever started us: what is written to stdout cannot be, and complaints go nowhere.
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    from plait import cli

    for stream in (sys.stdout, sys.stderr):
        # A path may hold bytes that are no text, a terminal may lack our signs: neither is worth a crash.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    return cli.run()


if __name__ == "__main__":
    main()
