"""What is measured: the same models in the languages of all the tools, and the counts that a correct checker finds.

A state is the vector of the model's variables.  A step instance (a step and its parameters) is enabled in a state or
not, and transitions are the enabled instances summed over the states, those that lead back to their state included.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import TypeAlias

Settings: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One model at one size.

    `file` is its name without a suffix (plait's is in `folder`), `protocol` and `properties` are plait's names;
    `parameters` are plait's, `constants` the other tools'.  `stack` is the room that SPIN's depth-first search needs.
    `orbits` are states and transitions where interchangeable processes are not told apart, None where there are none
    or nobody counts them.
    """

    key: str
    title: str
    file: str
    protocol: str
    properties: tuple[str, ...]
    parameters: Settings
    constants: Settings
    states: int
    transitions: int
    depth: int
    stack: int = 1_000
    orbits: tuple[int, int] | None = None
    folder: str = "models/classic"

    @property
    def table(self) -> int:
        """The size of SPIN's hash table as a power of two: at least one slot a state."""
        return max(10, ceil(log2(self.states)))


Counts: TypeAlias = tuple[int, int, int]  # states, transitions, depth


def _lock(processes: int, counts: Counts, stack: int, orbits: tuple[int, int] | None = None) -> Case:
    states, transitions, depth = counts
    return Case(
        key=f"A{processes}",
        title=f"filter lock, {processes} processes",
        file="filter_lock",
        protocol="FilterLock",
        properties=("Exclusion",),
        parameters=(("processes", processes),),
        constants=(("N", processes),),
        states=states,
        transitions=transitions,
        depth=depth,
        stack=stack,
        orbits=orbits,
    )


def _commit(managers: int, counts: Counts, orbits: tuple[int, int] | None = None) -> Case:
    states, transitions, depth = counts
    return Case(
        key=f"B{managers}",
        title=f"two-phase commit, {managers} managers",
        file="two_phase",
        protocol="TwoPhase",
        properties=("Agreement",),
        parameters=(("managers", managers),),
        constants=(("N", managers),),
        states=states,
        transitions=transitions,
        depth=depth,
        orbits=orbits,
    )


def _opsync(key: str, ops: int, room: int, counts: Counts) -> Case:
    states, transitions, depth = counts
    return Case(
        key=key,
        title=f"operation reconciliation, {ops} operation{'s' * (ops > 1)}",
        file="opsync",
        protocol="Opsync",
        properties=("ToldIsDone", "AckIsTold"),
        parameters=(("agents", ops), ("ops", ops), ("room", room), ("failovers", 1)),
        constants=(("O", ops), ("K", room)),
        states=states,
        transitions=transitions,
        depth=depth,
    )


def _dials(dials: int, faces: int) -> Case:
    """Each of so many dials is at one of so many faces, and may turn unless it is at its last; twelve bits a dial."""
    words = -(-12 * dials // 60)
    return Case(
        key=f"{words}W{faces}",
        title=f"{dials} dials of {faces} faces: {words} word{'s' * (words > 1)}",
        file="dials",
        protocol="Dials",
        properties=("Within",),
        parameters=(("dials", dials), ("faces", faces)),
        constants=(),
        states=faces**dials,
        transitions=dials * (faces - 1) * faces ** (dials - 1),
        depth=dials * (faces - 1),
        folder="bench/peer_models/plait",
    )


TOY = Case(
    key="T",
    title="counter to ten",
    file="counter",
    protocol="Counter",
    properties=("Forward",),
    parameters=(("limit", 10),),
    constants=(),
    states=10,
    transitions=10,
    depth=9,
)
SMALL = (
    _lock(3, (524, 1_194, 17), stack=1_000),
    _commit(3, (288, 1_145, 10)),
    _opsync("D0", 1, 8, (739, 4_120, 24)),
)
LARGE = (
    _lock(5, (264_582, 879_430, 48), stack=50_000, orbits=(3_000, 10_477)),
    _commit(6, (50_816, 402_305, 19)),
    _commit(7, (296_448, 2_744_705, 22), orbits=(920, 8_409)),
    _commit(8, (1_745_408, 18_507_777, 25), orbits=(1_461, 15_286)),
    _opsync("D2", 2, 16, (318_965, 3_446_202, 47)),
)
VERY_LARGE = _commit(9, (10_340_352, 123_558_401, 28))
THREADED = (LARGE[3], VERY_LARGE)  # searched by one thread and by two
STORED = tuple(_dials(dials, faces) for dials, sizes in ((5, (13, 16, 20, 25)), (6, (10, 12, 14))) for faces in sizes)
WIDE = Case(
    key="M2",
    title="Mesos, proposal IIb, 2 agents, 2 operations",
    file="proposals",
    protocol="IIb",
    properties=("NoDoubleExecution",),
    parameters=(("agents", 2), ("ops", 2), ("requests", 1), ("failovers", 0), ("downs", 1)),
    constants=(),
    states=4_421_810,
    transitions=18_429_306,
    depth=37,
    folder="models/mesos",
)
CASES = (TOY, *SMALL, *LARGE)
ALONE = (VERY_LARGE, *STORED, WIDE)  # for plait only
