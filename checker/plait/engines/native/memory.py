"""Memory that Python and machine code share, by its address."""

from __future__ import annotations

import ctypes
import mmap
from array import array
from collections.abc import Sequence

NO_RESERVE = 0x4000
MOST = 1 << 40  # bytes of addresses that are reserved for an array that grows
LEAST = 1 << 26
HUGE = 1 << 21  # bytes of a huge page


class Region:
    """Anonymous memory, zero at first; addresses are reserved, memory is taken as it is written."""

    def __init__(self, size: int) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE
        self.size = size
        self.map = mmap.mmap(-1, size, flags=flags)
        if hasattr(mmap, "MADV_HUGEPAGE") and size >= HUGE:
            self.map.madvise(mmap.MADV_HUGEPAGE)
        self.hold = ctypes.c_char.from_buffer(self.map)
        self.address = ctypes.addressof(self.hold)

    def close(self) -> None:
        """Give it back."""
        del self.hold
        self.map.close()


def reserved() -> Region:
    """Room to grow: as much as the system lets us reserve; raises OSError if it is hardly anything."""
    size = MOST
    while True:
        try:
            return Region(size)
        except OSError:
            size //= 2
            if size < LEAST:
                raise


class Array:
    """Some words."""

    def __init__(self, size: int) -> None:
        self.words = (ctypes.c_uint64 * max(size, 1))()
        self.address = ctypes.addressof(self.words)

    def fill(self, row: Sequence[int]) -> None:
        """Write some words again and again, as often as there is room for all of them."""
        one = array("Q", row).tobytes()
        every = one * (len(self.words) // len(row))
        ctypes.memmove(self.address, every, len(every))
