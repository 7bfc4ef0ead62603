"""States in packed arrays, searched by machine code: see `kernel` for how, `store.Store` for what."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence

from plait.engines.native import machine
from plait.engines.native.kernel import (
    BUDGET,
    CHUNK,
    CONTROL,
    COUNT,
    END,
    FULL,
    LEVEL_DONE,
    RECENT,
    ROOM,
    SHIFT,
    SLOTS,
    TRANSITIONS,
)
from plait.engines.native.layout import Place
from plait.engines.native.program import Program
from plait.engines.native.store import Seen, Words
from plait.errors import JobError

FIRST_SLOTS = 1 << 15
QUICK = 1 << 17  # up to so many slots a full table grows fourfold, then by half
LOAD = 0.8
MOST_STATES = (1 << 32) - 2
RESERVED = 1 << 37  # bytes of addresses for states; memory is taken only as states come
SLICE = 256  # chunks between two returns to Python
NO_RESERVE = 0x4000


class Region:
    """Anonymous memory, zero at first, by its address."""

    def __init__(self, size: int) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE
        self.map = mmap.mmap(-1, size, flags=flags)
        if hasattr(mmap, "MADV_HUGEPAGE") and size >= 1 << 21:
            self.map.madvise(mmap.MADV_HUGEPAGE)
        self.hold = ctypes.c_char.from_buffer(self.map)
        self.address = ctypes.addressof(self.hold)

    def close(self) -> None:
        """Give it back."""
        del self.hold
        self.map.close()


class Array:
    """A few words that Python and the kernel share."""

    def __init__(self, size: int) -> None:
        self.words = (ctypes.c_uint64 * max(size, 1))()
        self.address = ctypes.addressof(self.words)


class Compiled:
    """The emitted text as machine code."""

    def __init__(self, program: Program) -> None:
        self.width = width = program.layout.words
        here = machine.target()
        objects = (
            machine.kernel_object(here, width, reduced=program.reduced),
            machine.model_object(here, program.source),
        )
        self.linked = linked = machine.Linked(here, objects)
        self._search = linked.function("search", 8, result=True)
        self._review = linked.function("review", 4, result=False)
        self._rehash = linked.function("rehash", 3, result=False)
        self._insert = linked.function("insert", 6, result=True)
        self._mixed = linked.function("mixed", 2, result=True)
        self._least_state = linked.function("least_state", 6, result=True)
        self._least_source = linked.function("least_source", 7, result=True)
        self._least_predecessor = linked.function("least_predecessor", 6, result=True)
        self._canonical = linked.function("canonical", 2, result=False)
        self._most = linked.function("most", 5, result=True)
        self.burst = CHUNK * (program.successors + 1)
        self.most = min(MOST_STATES, RESERVED // (8 * width))
        self.control, self.counters, self.scratch = Array(CONTROL), Array(program.info.size), Array(program.info.size)
        self.out, self.hashes, self.recent = Array(width * self.burst), Array(self.burst), Array(width * RECENT)
        self.one = Array(width)
        self.states = Region(RESERVED)
        self.table = Region(4 * FIRST_SLOTS)
        self._measure(FIRST_SLOTS)

    def _measure(self, slots: int) -> None:
        """Tell the kernel about a table of this size."""
        control = self.control.words
        control[SLOTS] = slots
        room = int(slots * LOAD)
        control[SHIFT] = (min(room + self.burst, MOST_STATES) + 1).bit_length()
        control[ROOM] = min(room, self.most - self.burst)

    def _grow(self) -> None:
        """A larger table for the same states; the old one is given back first."""
        slots = self.control.words[SLOTS]
        if self.control.words[COUNT] + self.burst > self.most:
            raise JobError(f"more than {self.most - self.burst:,} states: the store of this version ends here")
        larger = max(slots * 4 if slots < QUICK else slots + slots // 2, int(self.burst / LOAD) + slots)
        self.table.close()
        self.table = Region(4 * larger)
        self._measure(larger)
        self._rehash(self.control.address, self.states.address, self.table.address)

    @property
    def count(self) -> int:
        """How many distinct states there are."""
        return int(self.control.words[COUNT])

    @property
    def transitions(self) -> int:
        """How many successors were made."""
        return int(self.control.words[TRANSITIONS])

    @property
    def info(self) -> Sequence[int]:
        """The counters."""
        return list(self.counters.words)

    def enter(self, words: Words) -> None:
        """Add a state unless it is there."""
        if self.count >= self.control.words[ROOM]:
            self._grow()
        words = self.normal(words)
        h = self._mixed(self.one.address, 0)
        self._insert(self.control.address, self.states.address, self.table.address, self.one.address, 0, h)
        if self.count == 1:  # what stands in `recent` must be in the table
            for at, word in enumerate(words * RECENT):
                self.recent.words[at] = word

    def normal(self, words: Words) -> Words:
        """The least state of the orbit; it is left in `one`."""
        for at, word in enumerate(words):
            self.one.words[at] = word
        self._canonical(self.one.address, 0)
        return tuple(self.one.words)

    def expand(self, upto: int) -> bool:
        """Expand some states."""
        control = self.control.words
        control[END], control[BUDGET] = upto, SLICE
        while True:
            said = self._search(
                self.control.address, self.states.address, self.table.address, self.out.address,
                self.hashes.address, self.recent.address, self.counters.address, CHUNK,
            )  # fmt: skip
            if said != FULL:
                return said == LEVEL_DONE
            self._grow()

    def review(self, lo: int, hi: int) -> None:
        """Inspect states."""
        self._review(self.states.address, lo, hi, self.counters.address)

    def words(self, number: int) -> Words:
        """The words of a state."""
        found = (ctypes.c_uint64 * self.width).from_address(self.states.address + 8 * self.width * number)
        return tuple(found)

    def least(self, seen: Seen, lo: int, hi: int, word: int, bit: int) -> int | None:
        """The least state that notes a goal."""
        if seen == "state":
            found = self._least_state(self.states.address, lo, hi, self.scratch.address, word, bit)
        else:
            found = self._least_source(self.states.address, lo, hi, self.out.address, self.scratch.address, word, bit)
        return None if found == hi else found

    def predecessor(self, lo: int, hi: int, target: int) -> int | None:
        """The least state with a step to a state."""
        found = self._least_predecessor(self.states.address, lo, hi, self.out.address, self.scratch.address, target)
        return None if found == hi else found

    def greatest(self, place: Place) -> int:
        """The greatest number in a field."""
        return self._most(self.states.address, self.count, place.word, place.shift, (1 << place.bits) - 1)

    def memory(self) -> int:
        """Bytes of states and table."""
        return 8 * self.width * self.count + 4 * int(self.control.words[SLOTS])

    def close(self) -> None:
        """Give the memory back."""
        self.states.close()
        self.table.close()
