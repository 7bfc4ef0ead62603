"""`plait` as the measurements need it: with CPU seconds in place of elapsed ones, and with parts of it switched off.

    python bench/plait_cpu.py [--wall] [--idle] [--whole-states] [--compiled | --interpreted] [--terminal] ARGUMENTS

`--wall` leaves the clocks alone.  `--idle` gets machine code ready, enters the initial states and explores none: what
the process takes then is what its states do not.  `--whole-states` keeps wide states whole, not as trees.  `--compiled`
compiles at once, with no trial of the interpreted tier; `--interpreted` never does.  `--terminal` makes a terminal of
stderr.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from functools import partial


def main(arguments: Sequence[str]) -> None:
    """Change what is asked for before any module of plait has seen it, and run the command."""
    rest = list(arguments)
    options = set()
    while rest and rest[0] in ("--wall", "--idle", "--whole-states", "--compiled", "--interpreted", "--terminal"):
        options.add(rest.pop(0))
    if "--wall" not in options:
        for clock in ("monotonic", "perf_counter"):
            setattr(time, clock, time.process_time)
    if "--whole-states" in options:
        from plait.engines.native import compiled

        setattr(compiled, "WIDE", 1 << 30)  # noqa: B010
    if options & {"--idle", "--compiled", "--interpreted"}:
        from plait.engines import native

        only = partial(native.check, tier="interpreted" if "--interpreted" in options else "compiled")
        setattr(native, "check", only)  # noqa: B010
    if "--terminal" in options:
        _terminal()
    if "--idle" in options:
        rest += ["--max-depth", "0"]
    from plait import __main__ as process

    sys.argv[1:] = rest
    if "--idle" not in options:
        process.main()
    code = process.run()
    raise SystemExit(0 if code == 3 else code)


def _terminal() -> None:
    """Make stderr a terminal whose lines another process throws away: a thread here would slow the search."""
    import subprocess

    master, slave = os.openpty()
    subprocess.Popen(["cat"], stdin=master, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(master)
    sys.stderr = os.fdopen(slave, "w", buffering=1, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
