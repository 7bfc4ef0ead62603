"""The search itself: the same for every model, written once in the subset, compiled once and cached.

    States   array of W words a state, in breadth-first order: the store and the queue in one
    Table    open addressing over half words: 0 is free, else a tag from the hash above, the state's number + 1 below
    Recent   W words for each of a few thousand places: successors that were just seen are thrown away early
    Control  the numbers that the driver and the kernel share, by the places below

`search` expands a chunk of states into a buffer, hashes what comes out, drops what is recent, asks for the slots, and
only then probes and appends: so the processor is not kept waiting for memory.  It returns to the driver when a level
is done, when the table is too full, or when it has expanded as many chunks as it was told to.

The table is exact: a tag only saves looking at a state that must differ.  `expand`, `inspect` and
`canonical` are the model's (see `program`).  `W` stands for the words of a state, `REDUCED` for whether states are
reduced by symmetry: both are put in when the kernel is compiled.
"""

from __future__ import annotations

from typing import TypeAlias

from plait.engines.native.intrinsics import mul_high, prefetch, wrap_mul

u64: TypeAlias = int
u64s: TypeAlias = list[int]
u32s: TypeAlias = list[int]

W = 1
REDUCED = 0
AHEAD = 24  # states whose slots are asked for before they are entered
CHUNK = 128
RECENT = 8192

NEXT, COUNT, END, ROOM, SLOTS, SHIFT, BUDGET, TRANSITIONS = range(8)
CONTROL = 8
LEVEL_DONE, FULL, PAUSE = range(3)


def expand(states: u64s, at: u64, out: u64s, n: u64, info: u64s) -> u64:
    """The model's: see `program`."""
    raise AssertionError


def inspect(states: u64s, at: u64, info: u64s) -> None:
    """The model's: see `program`."""
    raise AssertionError


def canonical(words: u64s, at: u64) -> None:
    """The model's: see `canonical`."""
    raise AssertionError


def mixed(words: u64s, at: u64) -> u64:
    """The hash of the state at a place."""
    h = 11400714819323198485
    i = 0
    while i < W:
        x = words[at + i] ^ h
        low = wrap_mul(x, 15241094284759029579)
        h = low ^ mul_high(x, 15241094284759029579) ^ 11400714819323198485
        i += 1
    return h


def same(one: u64s, at: u64, other: u64s, there: u64) -> u64:
    """Whether two states are equal."""
    i = 0
    while i < W:
        if one[at + i] != other[there + i]:
            return 0
        i += 1
    return 1


def less(one: u64s, at: u64, other: u64s, there: u64) -> u64:
    """Whether a state stands before another by value."""
    i = 0
    while i < W:
        if one[at + i] != other[there + i]:
            return 1 if one[at + i] < other[there + i] else 0
        i += 1
    return 0


def insert(control: u64s, states: u64s, table: u32s, words: u64s, at: u64, h: u64) -> u64:
    """Append a state unless it is there; 1 if it was new."""
    slots = control[4]
    shift = control[5]
    slot = mul_high(h, slots)
    tag = (h & 4294967295) >> shift
    low = (1 << shift) - 1
    while table[slot] != 0:
        entry = table[slot]
        if entry >> shift == tag and same(states, ((entry & low) - 1) * W, words, at):
            return 0
        slot += 1
        if slot == slots:
            slot = 0
    count = control[1]
    i = 0
    while i < W:
        states[count * W + i] = words[at + i]
        i += 1
    table[slot] = (tag << shift) | (count + 1)
    control[1] = count + 1
    return 1


def rehash(control: u64s, states: u64s, table: u32s) -> None:
    """Enter every state into an empty table."""
    slots = control[4]
    shift = control[5]
    at = 0
    while at < control[1]:
        if at + AHEAD < control[1]:
            prefetch(table, mul_high(mixed(states, (at + AHEAD) * W), slots))
        h = mixed(states, at * W)
        slot = mul_high(h, slots)
        while table[slot] != 0:
            slot += 1
            if slot == slots:
                slot = 0
        table[slot] = (((h & 4294967295) >> shift) << shift) | (at + 1)
        at += 1


def search(
    control: u64s, states: u64s, table: u32s, out: u64s, hashes: u64s, recent: u64s, info: u64s, chunk: u64
) -> u64:
    """Expand states until the level ends, the table is full, or the budget is spent."""
    while control[0] < control[2]:
        if control[1] >= control[3]:
            return 1
        if control[6] == 0:
            return 2
        n = 0
        taken = 0
        while taken < chunk and control[0] + taken < control[2]:
            n = expand(states, (control[0] + taken) * W, out, n, info)
            taken += 1
        control[7] += n // W
        if REDUCED:
            at = 0
            while at < n:
                canonical(out, at)
                at += W
        kept = 0
        at = 0
        while at < n:
            h = mixed(out, at)
            place = (h >> 40) & 8191
            if not same(recent, place * W, out, at):
                i = 0
                while i < W:
                    word = out[at + i]
                    recent[place * W + i] = word
                    out[kept * W + i] = word
                    i += 1
                hashes[kept] = h
                prefetch(table, mul_high(h, control[4]))
                kept += 1
            at += W
        at = 0
        while at < kept:
            insert(control, states, table, out, at * W, hashes[at])
            at += 1
        control[0] += taken
        control[6] -= 1
    return 0


def review(states: u64s, lo: u64, hi: u64, info: u64s) -> None:
    """Inspect some states."""
    at = lo
    while at < hi:
        inspect(states, at * W, info)
        at += 1


def least_state(states: u64s, lo: u64, hi: u64, info: u64s, word: u64, bit: u64) -> u64:
    """The least state by value for which `inspect` notes a goal; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        info[word] = 0
        inspect(states, at * W, info)
        if info[word] & bit and (best == hi or less(states, at * W, states, best * W)):
            best = at
        at += 1
    return best


def least_source(states: u64s, lo: u64, hi: u64, out: u64s, info: u64s, word: u64, bit: u64) -> u64:
    """The least state by value whose steps note a goal; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        info[word] = 0
        expand(states, at * W, out, 0, info)
        if info[word] & bit and (best == hi or less(states, at * W, states, best * W)):
            best = at
        at += 1
    return best


def least_predecessor(states: u64s, lo: u64, hi: u64, out: u64s, info: u64s, target: u64) -> u64:
    """The least state by value with a step to the state of a number; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        n = expand(states, at * W, out, 0, info)
        i = 0
        while i < n:
            if REDUCED:
                canonical(out, i)
            if same(out, i, states, target * W):
                if best == hi or less(states, at * W, states, best * W):
                    best = at
                i = n
            else:
                i += W
        at += 1
    return best


def most(states: u64s, count: u64, word: u64, shift: u64, mask: u64) -> u64:
    """The greatest value of a field in all states."""
    best = 0
    at = 0
    while at < count:
        value = (states[at * W + word] >> shift) & mask
        if value > best:
            best = value
        at += 1
    return best
