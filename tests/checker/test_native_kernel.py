"""The kernel as plain Python: the same text that is compiled, on a model small enough to be known.

A state is a pair (x, y), 0 <= x, y < SIDE, one word each or both in one; a step adds one to either.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plait.engines.native import kernel

SOURCE = Path(kernel.__file__).read_text(encoding="utf-8")
SIDE = 9
ALL = {(x, y) for x in range(SIDE) for y in range(SIDE)}
CHUNK = 4
MANY = 512  # slots

ONE = {"W": 1, "S": 1}
TWO = {"W": 2, "S": 2}
TREE = {"W": 2, "S": 1, "TREE": 1}
DEEP = {"W": 5, "S": 1, "TREE": 1}
SHAPES = {
    "one word": ONE,
    "two words": TWO,
    "threads": TWO | {"SHARED": 1},
    "a tree": TREE,
    "a deep tree": DEEP,
    "a tree, threads": DEEP | {"SHARED": 1},
    "big slots": TWO | {"SLOT": (1 << 64) - 1},
    "reduced": TWO | {"REDUCED": 1},
}


def packed(pair: tuple[int, int], width: int) -> list[int]:
    """The words of a state: the first and the last one, or both in one."""
    x, y = pair
    return [x << 32 | y] if width == 1 else [x, *[7] * (width - 2), y]


def unpacked(words: list[int]) -> tuple[int, int]:
    """The state of some words."""
    return (words[0] >> 32, words[0] & 0xFFFFFFFF) if len(words) == 1 else (words[0], words[-1])


class Machine:
    """The kernel of one shape with its arrays, as a driver holds them."""

    def __init__(self, shape: dict[str, int]) -> None:
        names: dict[str, Any] = {}
        exec(compile(SOURCE, kernel.__file__, "exec"), names)
        names |= shape | {"expand": self.expand, "inspect": self.inspect, "canonical": self.canonical}
        self.of = SimpleNamespace(**names)
        self.width, self.stored, self.shared = self.of.W, self.of.S, self.of.SHARED
        shift = 10
        self.team = [0] * kernel.TEAM
        for set in (kernel.STATES, kernel.NODES):
            at = 2 + 4 * set
            self.team[at + kernel.ROOM], self.team[at + kernel.SLOTS], self.team[at + kernel.SHIFT] = 400, MANY, shift
        self.own = [0] * kernel.OWN
        self.states, self.table = [0] * 4096, [0] * MANY
        self.nodes, self.node_table = [0] * 4096, [0] * MANY
        burst = 3 * CHUNK
        self.near, self.recent, self.usual = [0] * 4096, [0] * 8192 * self.width, [0] * 2 * 8192
        self.zone, self.later = [0] * 2 * self.width * burst, [0] * 2 * self.width * burst
        self.out, self.hashes, self.sources = [0] * self.width * burst, [0] * burst, [0] * burst
        self.info = [0]
        if self.of.TREE:
            self.team[2 + 4 * kernel.NODES] = 1
            self.own[1 + 2 * kernel.NODES] = 0 if self.shared else 1
            self.of.rehash(self.team, kernel.NODES, self.nodes, self.node_table, 1, 0, 1)

    # ---- the model

    def expand(self, states: list[int], at: int, out: list[int], n: int, info: list[int]) -> int:
        """Both steps."""
        x, y = unpacked(states[at : at + self.width])
        for pair in ((x + 1, y), (x, y + 1)):
            if max(pair) < SIDE:
                out[n : n + self.width] = packed(pair, self.width)
                n += self.width
        return n

    def inspect(self, states: list[int], at: int, info: list[int]) -> None:
        """The only goal: to be at the far end of a side."""
        if SIDE - 1 in unpacked(states[at : at + self.width]):
            info[0] |= 1

    def canonical(self, words: list[int], at: int) -> None:
        """The two numbers may change places."""
        words[at : at + self.width] = packed(
            min((pair := unpacked(words[at : at + self.width])), pair[::-1]), self.width
        )

    # ---- the driver

    @property
    def count(self) -> int:
        """States, for one thread."""
        return self.team[2] if self.shared else self.own[1]

    def enter(self, pair: tuple[int, int]) -> None:
        """An initial state."""
        words = packed(pair, self.width)
        self.out[: self.width] = words
        self.of.enter(
            self.team, self.own, self.states, self.table, self.nodes, self.node_table, self.usual, self.out,
            self.sources, self.near, self.zone, self.later,
        )  # fmt: skip
        self.recent[:] = words * 8192

    def search(self, upto: int) -> int:
        """Up to a number."""
        self.team[kernel.END] = upto
        said: int = self.of.search(
            self.team, self.own, self.states, self.table, self.nodes, self.node_table, self.usual, self.near,
            self.zone, self.later, self.out, self.hashes, self.sources, self.recent, self.info, CHUNK,
        )  # fmt: skip
        self.team[kernel.NEXT] = min(self.team[kernel.NEXT], upto)
        return said

    def descend(self, most: int, far: int, limit: int = 1_000) -> tuple[list[int], int]:
        """Where the levels end that were searched, and whether steps noted a goal; for one thread."""
        ends = [0] * (most + 1)
        done: int = self.of.descend(
            self.team, self.own, self.states, self.table, self.nodes, self.node_table, self.usual, self.near,
            self.zone, self.later, self.out, self.hashes, self.sources, self.recent, self.info, CHUNK, ends, 0, 1,
            most, far, limit,
        )  # fmt: skip
        return ends[1 : done + 1], ends[0]

    def run(self) -> list[int]:
        """All levels; where each ends."""
        self.enter((0, 0))
        self.settle()
        ends = [0]
        while self.count > ends[-1]:
            ends.append(self.count)
            assert self.search(self.count) == kernel.LEVEL_DONE
            self.settle()
        return ends

    def settle(self) -> None:
        """What is left of the block of the only thread lies at the end: there is nothing to move."""
        if self.shared and self.own[1] < self.own[2]:
            self.team[2] = self.own[1]
            self.own[1] = self.own[2] = 0

    def state(self, number: int) -> tuple[int, int]:
        """A state by its number."""
        place = self.of.fetch(self.states, self.nodes, number, self.near, 0)
        return unpacked(self.near[place : place + self.width])


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_state_once_level_by_level(shape: dict[str, int]) -> None:
    """States, transitions and levels are those of a grid; under symmetry those of half of it."""
    machine = Machine(shape)
    ends = machine.run()
    found = [machine.state(number) for number in range(machine.count)]
    wanted = {pair for pair in ALL if pair[0] <= pair[1]} if shape.get("REDUCED") else ALL
    assert len(found) == len(wanted)
    assert set(found) == wanted
    assert len(ends) - 1 == 2 * (SIDE - 1) + 1
    for depth, (lo, hi) in enumerate(pairwise(ends)):
        assert {sum(pair) for pair in found[lo:hi]} == {depth}
    assert machine.own[kernel.TRANSITIONS] == sum((x < SIDE - 1) + (y < SIDE - 1) for x, y in wanted)


ALONE = {name: shape for name, shape in SHAPES.items() if "SHARED" not in shape}


@pytest.mark.parametrize("shape", ALONE.values(), ids=ALONE)
def test_levels_at_once_are_those_one_by_one(shape: dict[str, int]) -> None:
    """As many as are asked for, as far as is asked for, and until a goal is noted: the end of a side."""
    one_by_one = Machine(shape)
    wanted = one_by_one.run()
    machine = Machine(shape)
    machine.enter((0, 0))
    assert machine.descend(3, 1_000) == (wanted[2:5], 0)
    assert machine.descend(100, wanted[5]) == (wanted[5:7], 0)
    assert machine.descend(100, 1_000, wanted[7]) == (wanted[7:8], 0)
    assert (machine.count, machine.info) == (wanted[8], [0])  # one level more is there, and not inspected
    assert machine.descend(100, 1_000) == (wanted[9:10], 0)
    assert machine.info == [1]
    assert machine.descend(100, 1_000) == (wanted[10:], 0)
    count = wanted[-1]
    assert machine.count == count
    assert [machine.state(at) for at in range(count)] == [one_by_one.state(at) for at in range(count)]


def test_a_descent_ends_within_a_level() -> None:
    """Where a step notes a goal, and where a table is full."""
    wanted = Machine(ONE).run()
    machine = Machine(ONE)
    plain = machine.expand

    def noting(states: list[int], at: int, out: list[int], n: int, info: list[int]) -> int:
        info[0] |= 2 * (unpacked(states[at : at + 1]) == (2, 2))
        return plain(states, at, out, n, info)

    machine.of.search.__globals__["expand"] = noting
    machine.enter((0, 0))
    assert machine.descend(100, 1_000) == (wanted[2:6], 1)
    machine = Machine(ONE)
    machine.enter((0, 0))
    machine.team[2 + kernel.ROOM] = 8
    assert machine.descend(100, 1_000) == (wanted[2:4], 0)
    assert (machine.count, machine.team[kernel.NEXT]) == (wanted[4], wanted[3])


@pytest.mark.parametrize("shape", [ONE, TWO, DEEP, TWO | {"SHARED": 1}], ids=["one", "two", "deep", "shared"])
def test_a_rehashed_table_finds_the_same(shape: dict[str, int]) -> None:
    """After tables of another size were filled from the arrays, nothing is new, of states and of their nodes."""
    machine = Machine(shape)
    machine.run()
    count = machine.count
    machine.team[2 + kernel.SLOTS] = 777
    machine.table = [0] * 777
    machine.of.rehash(machine.team, kernel.STATES, machine.states, machine.table, machine.stored, 0, count)
    assert sum(entry != 0 for entry in machine.table) == count
    nodes = machine.own[1 + 2 * kernel.NODES + kernel.MINE]
    if machine.of.TREE:
        machine.team[2 + 4 * kernel.NODES + kernel.SLOTS] = 777
        machine.node_table = [0] * 777
        machine.of.rehash(machine.team, kernel.NODES, machine.nodes, machine.node_table, 1, 0, nodes)
        machine.usual[:] = [(1 << 64) - 1] * len(machine.usual)  # so that all of them are looked up
    for pair in ALL:
        machine.enter(pair)
        machine.settle()
    assert machine.count == count
    assert machine.own[1 + 2 * kernel.NODES + kernel.MINE] == nodes


@pytest.mark.parametrize("shape", [ONE, TWO, DEEP], ids=["one", "two", "deep"])
def test_moved_states_are_found_at_their_new_numbers(shape: dict[str, int]) -> None:
    """The last ten states take the places after the end, and are found there."""
    machine = Machine(shape)
    machine.run()
    count = machine.count
    moved = [machine.state(number) for number in range(count - 10, count)]
    machine.of.move(machine.team, machine.states, machine.table, count - 10, count + 5, 10)
    assert [machine.state(number) for number in range(count + 5, count + 15)] == moved
    low = (1 << machine.team[2 + kernel.SHIFT]) - 1
    numbers = {entry & low for entry in machine.table if entry}
    assert numbers == set(range(1, count - 9)) | set(range(count + 6, count + 16))


def test_a_full_table_stops_the_search() -> None:
    """The search returns before more states come than there is room for, and goes on where it was."""
    machine = Machine(TWO)
    machine.team[2 + kernel.ROOM] = 3
    machine.enter((0, 0))
    while machine.search(machine.count) == kernel.LEVEL_DONE:
        assert machine.count < 20
    assert 3 <= machine.count <= 3 + 2 * CHUNK
    assert machine.team[kernel.NEXT] < machine.count


@pytest.mark.parametrize("shape", [ONE, TWO, DEEP], ids=["one", "two", "deep"])
def test_least_states_by_value(shape: dict[str, int]) -> None:
    """What is asked afterwards: the least state with a goal, the least predecessor, the greatest value of a field."""
    machine = Machine(shape)
    ends = machine.run()
    far = ends[SIDE]  # the level of the sum 8 ends here: the first one with a state at a far end
    level = (ends[SIDE - 1], far)
    found = machine.of.least_state(machine.states, machine.nodes, machine.near, *level, [0], 0, 1)
    assert machine.state(found) == (0, SIDE - 1)
    inner = (ends[SIDE - 2], ends[SIDE - 1])
    assert machine.of.least_state(machine.states, machine.nodes, machine.near, *inner, [0], 0, 1) == inner[1]
    target = packed((4, 4), machine.width)
    before = machine.of.least_predecessor(machine.states, machine.nodes, machine.near, *inner, machine.out, [0], target)
    assert machine.state(before) == (3, 4)
    last = machine.width - 1
    most = machine.of.most(machine.states, machine.nodes, machine.near, 0, machine.count, last, 0, 0xFFFFFFFF)
    assert most == SIDE - 1


def test_what_is_equal_by_its_tag_alone_is_no_duplicate() -> None:
    """With no bit left for a tag every slot looks alike; states are told apart by their words."""
    machine = Machine(TWO)
    machine.team[2 + kernel.SHIFT] = 32
    machine.run()
    assert machine.count == len(ALL)
