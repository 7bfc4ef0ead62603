"""Which tier searches a model: counted, not timed, so that a search takes the same way every time.

The interpreted tier starts at once, and machine code is ready after a while that grows with the program.  How large a
model is nobody knows beforehand.  So a search begins in the interpreted tier and is given up once it has done the work
of a part of that while; then it begins again in machine code.  (Ski rental: to give up early costs little where a model
is large, and at most the while itself where the rest would have been small.)  It is given up sooner if its levels grow
so that there will be more work than that.

The figures below are microseconds as they were measured over the models of the repository (`bench/tiers.py --cold`);
only their proportions matter.  What they say of a trial was within a factor of two of what it took, on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.program import Program
from plait_spec.record import record

READ_BYTE = 0.25  # for Python to read the program, for each byte
STATE = 2.6  # to take a state up, whatever the program
STATE_BYTE = 0.000_11  # for each byte of the program that makes its successors
ROUND = 2.1  # each time that the program which reduces a successor by symmetry runs through its text
ROUND_BYTE = 0.000_18  # and for each byte of that; of long ones, much is not reached
READY = 45_000.0  # to load the compiler and to link
READY_BYTE = 1.7  # to compile, for each byte of the program
SHARE = 0.45
MOST = 140_000.0  # what is spent at most before a search begins again, reading included


@record
class Trial:
    """How much work the interpreted tier is given, and how much of it states and successors are."""

    patience: float
    state: float
    successor: float

    def is_over(self, states: int, successors: int) -> bool:
        """Whether so many states, expanded or waiting, and so many successors are more than a trial is for."""
        return states * self.state + successors * self.successor > self.patience


def trial_of(program: Program) -> Trial:
    """What the interpreted tier is given for this program."""
    size = len(program.source)
    step = program.source.rindex("def canonical")
    spent = min(SHARE * (READY + READY_BYTE * size), MOST)
    return Trial(
        patience=max(spent - READ_BYTE * size, 0.0),
        state=STATE + STATE_BYTE * step,
        successor=program.rounds * (ROUND + ROUND_BYTE * (size - step)) if program.reduced else 0.0,
    )


def expected(ends: Sequence[int]) -> int:
    """How many states a search will have, by where its levels ended: at most as many as it will, as a rule.

    Levels fall much as they rose.  So as long as they rise, there is one more that is larger in the same proportion,
    and then at least the levels that came before the newest one.
    """
    if len(ends) < 4:
        return ends[-1]
    older, old, new = (end - start for start, end in zip(ends[-4:], ends[-3:], strict=False))
    if not older <= old < new:
        return ends[-1]
    return ends[-1] + new * new // old + ends[-2]
