"""The search itself: the same for every model, written once in the subset, compiled once and cached.

    states   array of S words a state, in breadth-first order: the store and the queue in one
    table    open addressing: 0 is free, else a tag from the hash above, the state's number + 1 below
    recent   W words for each of a few thousand places: successors that were just seen are thrown away early
    usual    two words for each of as many places: a node that was just looked up, and its number
    team     numbers that all threads and the driver share, by the places below
    own      numbers of one thread

`search` expands a chunk of states into a buffer, hashes what comes out, drops what is recent, asks for the slots, and
only then probes and appends: so the processor is not kept waiting for memory.  It returns to the driver when the
states up to `END` are claimed, or when a table is too full.  `descend` does so level by level, where levels are narrow.

The table is exact: a tag only saves looking at a state that must differ.

**Threads** (`SHARED`) share states and table.  A thread claims chunks of states to expand, and blocks of numbers for
new states; a state is written before its slot is claimed, so whoever finds the slot finds the state.  What is left of
the blocks at the end of a level are holes, which `move` fills from the end.

**Wide states** (`TREE`) are stored as a tree of pairs (Laarman, van de Pol, Weber, "Parallel Recursive State
Compression for Free", 2011): each distinct word has a number of 32 bits, each distinct pair of numbers has one, up to
the root, a pair that is kept as a state of one word.  The node 1 is the root, the children of node i are 2i and 2i + 1,
the nodes W .. 2W - 1 are the words.  A successor only looks up again what differs from its source.

`expand`, `inspect` and `canonical` are the model's (see `program`).  `W` (words of a state as the model sees it), `S`
(words as stored), `REDUCED` (states are reduced by symmetry), `SHARED`, `TREE` and `SLOT` (the largest number that a
slot holds) are put in when the kernel is compiled, as is the type `slots`.
"""

from __future__ import annotations

from typing import TypeAlias

from plait.engines.native.intrinsics import claim, mul_high, peek, popcount, prefetch, take, wrap_mul

u64: TypeAlias = int
u64s: TypeAlias = list[int]
slots: TypeAlias = list[int]

W = 1
S = 1
REDUCED = 0
SHARED = 0
TREE = 0
SLOT = 0xFFFFFFFF
AHEAD = 24  # items whose slots are asked for before they are entered
RECENT = 8192
SHORT = 2  # words of states that are copied before it is known whether they are recent
BLOCK = 64  # numbers that a thread takes at once

NEXT, END = 0, 1  # places in `team`: the first state that nobody has claimed to expand, and where to stop
STATES, NODES = 0, 1  # the two sets of items; each has in `team`, from 2 + 4 * set on:
COUNT, ROOM, SLOTS, SHIFT = range(4)  # numbers in use, how many fit into the table, slots of it, bits of a number
TEAM = 10
TRANSITIONS = 0  # places in `own`: successors that were made; then from 1 + 2 * set on:
MINE, LIMIT = range(2)  # the next number of this thread's block, and where the block ends
OWN = 5
LEVEL_DONE, FULL = range(2)


def expand(states: u64s, at: u64, out: u64s, n: u64, info: u64s) -> u64:
    """The model's: see `program`."""
    raise AssertionError


def inspect(states: u64s, at: u64, info: u64s) -> None:
    """The model's: see `program`."""
    raise AssertionError


def canonical(words: u64s, at: u64) -> None:
    """The model's: see `canonical`."""
    raise AssertionError


# ---- items: states and nodes -------------------------------------------------------------------------------------


def mixed(words: u64s, at: u64, width: u64) -> u64:
    """The hash of some words."""
    h = 11400714819323198485
    i = 0
    while i < width:
        x = words[at + i] ^ h
        low = wrap_mul(x, 15241094284759029579)
        h = low ^ mul_high(x, 15241094284759029579) ^ 11400714819323198485
        i += 1
    return h


def same(one: u64s, at: u64, other: u64s, there: u64, width: u64) -> u64:
    """Whether some words are equal."""
    i = 0
    while i < width:
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


def entered(
    team: u64s, own: u64s, set: u64, items: u64s, table: slots, width: u64, words: u64s, at: u64, h: u64
) -> u64:
    """The number of an item, which is appended unless it is there."""
    many = team[2 + 4 * set + 2]
    shift = team[2 + 4 * set + 3]
    slot = mul_high(h, many)
    tag = (h & SLOT) >> shift
    low = (1 << shift) - 1
    if SHARED and own[1 + 2 * set] == own[2 + 2 * set]:
        own[1 + 2 * set] = take(team, 2 + 4 * set, BLOCK)
        own[2 + 2 * set] = own[1 + 2 * set] + BLOCK
    number = own[1 + 2 * set]
    while True:
        entry = peek(table, slot)
        if entry == 0:
            i = 0
            while i < width:
                items[number * width + i] = words[at + i]
                i += 1
            if SHARED:
                entry = claim(table, slot, (tag << shift) | (number + 1))
            else:
                table[slot] = (tag << shift) | (number + 1)
            if entry == 0:
                own[1 + 2 * set] = number + 1
                return number
        if entry >> shift == tag:
            found = (entry & low) - 1
            if same(items, found * width, words, at, width):
                return found
        slot += 1
        if slot == many:
            slot = 0


def rehash(team: u64s, set: u64, items: u64s, table: slots, width: u64, lo: u64, hi: u64) -> None:
    """Enter items into an empty table; nodes of 0 are holes, but for the first."""
    many = team[2 + 4 * set + 2]
    shift = team[2 + 4 * set + 3]
    at = lo
    while at < hi:
        if at + AHEAD < hi:
            prefetch(table, mul_high(mixed(items, (at + AHEAD) * width, width), many))
        if set == 0 or at == 0 or items[at] != 0:
            h = mixed(items, at * width, width)
            slot = mul_high(h, many)
            entry = (((h & SLOT) >> shift) << shift) | (at + 1)
            if SHARED:
                while claim(table, slot, entry) != 0:
                    slot += 1
                    if slot == many:
                        slot = 0
            else:
                while table[slot] != 0:
                    slot += 1
                    if slot == many:
                        slot = 0
                table[slot] = entry
        at += 1


def move(team: u64s, states: u64s, table: slots, source: u64, target: u64, n: u64) -> None:
    """Give states other numbers: those from `target` on, which nobody has."""
    many = team[4]
    shift = team[5]
    low = (1 << shift) - 1
    k = 0
    while k < n:
        i = 0
        while i < S:
            states[(target + k) * S + i] = states[(source + k) * S + i]
            i += 1
        slot = mul_high(mixed(states, (source + k) * S, S), many)
        while table[slot] & low != source + k + 1:
            slot += 1
            if slot == many:
                slot = 0
        table[slot] = ((table[slot] >> shift) << shift) | (target + k + 1)
        k += 1


# ---- wide states: trees of pairs ---------------------------------------------------------------------------------


def unfold(nodes: u64s, root: u64, near: u64s, at: u64) -> None:
    """What the nodes of a state hold, at `near[at + i]` for node i; their numbers 2W places further."""
    near[at + 1] = root
    i = 1
    while i < W:
        pair = near[at + i]
        near[at + 2 * W + 2 * i] = pair >> 32
        near[at + 2 * W + 2 * i + 1] = pair & 0xFFFFFFFF
        near[at + 2 * i] = nodes[pair >> 32]
        near[at + 2 * i + 1] = nodes[pair & 0xFFFFFFFF]
        i += 1


def value_of(zone: u64s, there: u64, words: u64s, at: u64, i: u64) -> u64:
    """What node i of a state holds, its children's numbers being known."""
    if i < W:
        return (zone[there + 2 * i] << 32) | zone[there + 2 * i + 1]
    return words[at + i - W]


def fold(
    team: u64s,
    own: u64s,
    nodes: u64s,
    node_table: slots,
    usual: u64s,
    near: u64s,
    sources: u64s,
    words: u64s,
    count: u64,
    zone: u64s,
    later: u64s,
) -> None:
    """Put the roots of states in their place, level by level from below.

    `sources[k]` is where in `near` the source of state k is unfolded: what it has in common with that is not looked up
    again.  `zone` gets the numbers of the nodes, 2W a state.  What has to be looked up waits in `later`, with its hash,
    until the slots of all were asked for.
    """
    many = team[8]
    high = 2 * W
    low = 2
    while low < W:
        low *= 2
    while low > 1:
        waiting = 0
        k = 0
        while k < count:
            source = sources[k]
            i = low
            while i < high:
                at = k * 2 * W + i
                value = value_of(zone, k * 2 * W, words, k * W, i)
                if value == near[source + i]:
                    zone[at] = near[source + 2 * W + i]
                else:
                    zone[at] = value
                    h = mixed(zone, at, 1)
                    place = ((h >> 40) & 8191) * 2
                    if usual[place] == value:
                        zone[at] = usual[place + 1]
                    else:
                        prefetch(node_table, mul_high(h, many))
                        later[2 * waiting] = at
                        later[2 * waiting + 1] = h
                        waiting += 1
                i += 1
            k += 1
        k = 0
        while k < waiting:
            at = later[2 * k]
            h = later[2 * k + 1]
            place = ((h >> 40) & 8191) * 2
            if usual[place] != zone[at]:
                usual[place + 1] = entered(team, own, 1, nodes, node_table, 1, zone, at, h)
                usual[place] = zone[at]
            zone[at] = usual[place + 1]
            k += 1
        high = low
        low = low // 2
    k = 0
    while k < count:
        words[k] = (zone[k * 2 * W + 2] << 32) | zone[k * 2 * W + 3]
        k += 1


def fetch(states: u64s, nodes: u64s, number: u64, near: u64s, at: u64) -> u64:
    """Bring a state into `near`; the place of its words there."""
    if TREE:
        unfold(nodes, states[number], near, at)
        return at + W
    i = 0
    while i < W:
        near[at + i] = states[number * W + i]
        i += 1
    return at


def enter(
    team: u64s,
    own: u64s,
    states: u64s,
    table: slots,
    nodes: u64s,
    node_table: slots,
    usual: u64s,
    words: u64s,
    sources: u64s,
    near: u64s,
    zone: u64s,
    later: u64s,
) -> None:
    """Append a state unless it is there."""
    if TREE:
        i = 0
        while i < W:  # a source that has nothing in common with it: other words, and pairs of no numbers
            near[i] = 0xFFFFFFFFFFFFFFFF
            near[W + i] = words[i] ^ 1
            i += 1
        sources[0] = 0
        fold(team, own, nodes, node_table, usual, near, sources, words, 1, zone, later)
        entered(team, own, 0, states, table, 1, words, 0, mixed(words, 0, 1))
    else:
        entered(team, own, 0, states, table, W, words, 0, mixed(words, 0, W))


# ---- the search --------------------------------------------------------------------------------------------------


def search(
    team: u64s,
    own: u64s,
    states: u64s,
    table: slots,
    nodes: u64s,
    node_table: slots,
    usual: u64s,
    near: u64s,
    zone: u64s,
    later: u64s,
    out: u64s,
    hashes: u64s,
    sources: u64s,
    recent: u64s,
    info: u64s,
    chunk: u64,
) -> u64:
    """Expand states until those up to END are claimed, or a table is full."""
    while True:
        if (peek(team, 2) if SHARED else own[1]) >= team[3]:
            return 1
        if TREE and (peek(team, 6) if SHARED else own[3]) >= team[7]:
            return 1
        first = 0
        if SHARED:
            first = take(team, 0, chunk)
        else:
            first = team[0]
            team[0] = first + chunk
        end = team[1]
        if first >= end:
            return 0
        if first + chunk < end:
            end = first + chunk
        n = 0
        if TREE:
            at = first
            while at < end:
                prefetch(nodes, states[at] >> 32)
                prefetch(nodes, states[at] & 0xFFFFFFFF)
                at += 1
        at = first
        while at < end:
            if TREE:
                unfold(nodes, states[at], near, (at - first) * 4 * W)
                before = n
                n = expand(near, (at - first) * 4 * W + W, out, n, info)
                while before < n:
                    sources[before // W] = (at - first) * 4 * W
                    before += W
            else:
                n = expand(states, at * W, out, n, info)
            at += 1
        own[0] += n // W
        if REDUCED:
            at = 0
            while at < n:
                canonical(out, at)
                at += W
        kept = 0
        at = 0
        while at < n:
            h = mixed(out, at, W)
            place = (h >> 40) & 8191
            if W <= SHORT:  # no branch: which successors are recent is hard to foretell
                differs = 0
                i = 0
                while i < W:
                    word = out[at + i]
                    differs |= word ^ recent[place * W + i]
                    recent[place * W + i] = word
                    out[kept * W + i] = word
                    i += 1
                if TREE:
                    sources[kept] = sources[at // W]
                else:
                    prefetch(table, mul_high(h, team[4]))
                hashes[kept] = h
                kept += 1 if differs else 0
            elif not same(recent, place * W, out, at, W):
                i = 0
                while i < W:
                    word = out[at + i]
                    recent[place * W + i] = word
                    out[kept * W + i] = word
                    i += 1
                if TREE:
                    sources[kept] = sources[at // W]
                else:
                    prefetch(table, mul_high(h, team[4]))
                hashes[kept] = h
                kept += 1
            at += W
        if TREE:
            fold(team, own, nodes, node_table, usual, near, sources, out, kept, zone, later)
            at = 0
            while at < kept:
                hashes[at] = mixed(out, at, 1)
                prefetch(table, mul_high(hashes[at], team[4]))
                at += 1
        at = 0
        while at < kept:
            entered(team, own, 0, states, table, S, out, at * S, hashes[at])
            at += 1


def review(states: u64s, nodes: u64s, near: u64s, lo: u64, hi: u64, info: u64s) -> None:
    """Inspect some states."""
    at = lo
    while at < hi:
        if TREE:
            unfold(nodes, states[at], near, 0)
            inspect(near, W, info)
        else:
            inspect(states, at * W, info)
        at += 1


def noted(info: u64s, first_goal: u64, goal_words: u64) -> u64:
    """How many goals are noted."""
    found = 0
    i = 0
    while i < goal_words:
        found += popcount(info[first_goal + i])
        i += 1
    return found


def descend(
    team: u64s,
    own: u64s,
    states: u64s,
    table: slots,
    nodes: u64s,
    node_table: slots,
    usual: u64s,
    near: u64s,
    zone: u64s,
    later: u64s,
    out: u64s,
    hashes: u64s,
    sources: u64s,
    recent: u64s,
    info: u64s,
    chunk: u64,
    ends: u64s,
    first_goal: u64,
    goal_words: u64,
    most: u64,
    far: u64,
    limit: u64,
) -> u64:
    """Search level after level, for one thread; how many were searched and the one after them inspected.

    It stops after `most` levels, before one that ends beyond `far`, where there are more states than `limit`, where a
    table is full, and where a goal is noted.  `ends[k]` is where level k ends that was inspected, from 1 on; `ends[0]`
    says whether steps noted a goal.
    """
    ends[0] = 0
    before = noted(info, first_goal, goal_words)
    done = 0
    while done < most:
        end = own[1]
        if end > far or end == team[0]:
            return done
        team[1] = end
        full = search(
            team, own, states, table, nodes, node_table, usual, near, zone, later, out, hashes, sources, recent, info,
            chunk,
        )  # fmt: skip
        if end < team[0]:
            team[0] = end
        if noted(info, first_goal, goal_words) != before:
            ends[0] = 1
            return done
        if full or own[1] == end or own[1] > limit:
            return done
        done += 1
        ends[done] = own[1]
        review(states, nodes, near, end, own[1], info)
        if noted(info, first_goal, goal_words) != before:
            return done
    return done


# ---- asked afterwards --------------------------------------------------------------------------------------------


def keep_least(near: u64s, at: u64, any: u64) -> u64:
    """Keep the state at a place of `near` if none is kept at 0 or it is less; whether it is kept now."""
    if any and not less(near, at, near, 0):
        return 0
    i = 0
    while i < W:
        near[i] = near[at + i]
        i += 1
    return 1


def least_state(states: u64s, nodes: u64s, near: u64s, lo: u64, hi: u64, info: u64s, word: u64, bit: u64) -> u64:
    """The least state by value for which `inspect` notes a goal; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        place = fetch(states, nodes, at, near, W)
        info[word] = 0
        inspect(near, place, info)
        if info[word] & bit and keep_least(near, place, best != hi):
            best = at
        at += 1
    return best


def least_source(
    states: u64s, nodes: u64s, near: u64s, lo: u64, hi: u64, out: u64s, info: u64s, word: u64, bit: u64
) -> u64:
    """The least state by value whose steps note a goal; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        place = fetch(states, nodes, at, near, W)
        info[word] = 0
        expand(near, place, out, 0, info)
        if info[word] & bit and keep_least(near, place, best != hi):
            best = at
        at += 1
    return best


def least_predecessor(
    states: u64s, nodes: u64s, near: u64s, lo: u64, hi: u64, out: u64s, info: u64s, target: u64s
) -> u64:
    """The least state by value with a step to a state; `hi` if there is none."""
    best = hi
    at = lo
    while at < hi:
        place = fetch(states, nodes, at, near, W)
        n = expand(near, place, out, 0, info)
        i = 0
        while i < n:
            if REDUCED:
                canonical(out, i)
            if same(out, i, target, 0, W):
                if keep_least(near, place, best != hi):
                    best = at
                i = n
            else:
                i += W
        at += 1
    return best


def most(states: u64s, nodes: u64s, near: u64s, lo: u64, hi: u64, word: u64, shift: u64, mask: u64) -> u64:
    """The greatest value of a field in some states."""
    best = 0
    at = lo
    while at < hi:
        place = fetch(states, nodes, at, near, W)
        value = (near[place + word] >> shift) & mask
        if value > best:
            best = value
        at += 1
    return best
