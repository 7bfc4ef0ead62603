"""Which tier searches a model: counted, not timed, so that a search takes the same way every time.

The interpreted tier starts at once, and machine code is ready after a while that grows with the program.  How large a
model is nobody knows beforehand.  So a search begins in the interpreted tier and is given up once it has done the work
of a part of that while; then it begins again in machine code.  (Ski rental: to give up early costs little where a model
is large, and at most the while itself where the rest would have been small.)

The figures below are microseconds as they were measured over the models of the repository (`bench/tiers.py`); only
their proportions matter.
"""

from __future__ import annotations

from plait.engines.native.program import Program
from plait_spec.record import record

STATE = 2.6  # to take a state up, whatever the program
STATE_BYTE = 0.000_11  # for each byte of the program that makes its successors
SUCCESSOR_BYTE = 0.001  # for each byte, each time it runs, of the one that reduces a successor by symmetry
READY = 45_000.0  # to load the compiler and to link
READY_BYTE = 1.7  # to compile, for each byte of the program
SHARE = 1 / 3
MOST = 100_000.0  # what is spent at most before a search begins again


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
    return Trial(
        patience=min(SHARE * (READY + READY_BYTE * size), MOST),
        state=STATE + STATE_BYTE * step,
        successor=SUCCESSOR_BYTE * (size - step) * program.rounds if program.reduced else 0.0,
    )
