"""`plait` as a process: what `plait` and `python -m plait` run.

A small check takes a tenth of a second, and a third of that went to the collector of cyclic garbage: while the modules
were loaded, and once more over everything at the end.  There are hardly any cycles here; so the collector comes rarely,
and what is left at the end goes with the process.
"""

from __future__ import annotations

import gc
import sys

ALLOCATIONS = 200_000  # new objects, less those gone, between two looks for garbage among the young


def main() -> None:
    """Run the verb that the command line names, and end with its exit code."""
    gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
    from plait.cli import run

    for stream in (sys.stdout, sys.stderr):
        # A path may hold bytes that are no text, a terminal may lack our signs: neither is worth a crash.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    code = run()
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
