"""States in packed arrays, searched by machine code: see `kernel` for how, `store.Store` for what."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from plait.engines.native import kernel, machine
from plait.engines.native.kernel import (
    BLOCK,
    COUNT,
    END,
    LIMIT,
    MINE,
    NEXT,
    NODES,
    OWN,
    RECENT,
    ROOM,
    SHIFT,
    SLOTS,
    STATES,
    TEAM,
    TRANSITIONS,
)
from plait.engines.native.layout import Place
from plait.engines.native.memory import Array, Region, reserved
from plait.engines.native.program import Program
from plait.engines.native.store import FullError, Seen, Words
from plait.engines.native.team import Part, Team
from plait.errors import EngineBug

WIDE = 4  # from so many words on states are kept as trees
CHUNK = 128  # states that a thread expands at once
BURST = 1 << 14  # successors that it makes at once, unless one state has more
SLICE = 256  # chunks of a thread between two returns to Python
LEVELS = 1024  # and levels
ALONE = 8  # a level of fewer chunks is not worth a second thread
FIRST_SLOTS = 1 << 19  # 2 MB: little beside the compiler, and most searches never fill it
LOAD = 0.8
LARGE = 100_000  # states from which on the next search of this model is worth the best code
VERY_LARGE = 1_000_000  # states from which on this one is, too
NARROW = (1 << 32) - 2  # states that slots of 32 bits can number
MOST_NODES = (1 << 32) - 2  # a pair of their numbers is one word


class Worker:
    """What one thread works with.  The places of `near` are said in `kernel`."""

    def __init__(self, width: int, chunk: int, burst: int, info: int, *, tree: bool) -> None:
        self.own, self.counters, self.scratch = Array(OWN), Array(info), Array(info)
        self.out, self.hashes, self.sources = Array(width * burst), Array(burst), Array(burst)
        self.near, self.recent = Array((chunk + 2) * 4 * width), Array(width * RECENT)
        pairs = 2 * width * burst if tree else 0
        self.usual, self.zone, self.later = Array(2 * RECENT if tree else 0), Array(pairs), Array(pairs)
        self.search: Part = _not_ready
        self.enter: Part = _not_ready
        self.descend: Callable[[int, int, int], int] = _not_ready

    def addresses(self) -> dict[str, int]:
        """Its arrays, by the names that the kernel's arguments have."""
        arrays = {
            "own": self.own, "info": self.counters, "words": self.out, "out": self.out, "hashes": self.hashes,
            "sources": self.sources, "near": self.near, "recent": self.recent, "usual": self.usual, "zone": self.zone,
            "later": self.later,
        }  # fmt: skip
        return {name: array.address for name, array in arrays.items()}


def _not_ready(*_: int) -> int:
    raise EngineBug("a worker has no tables yet")


class Items:
    """States, or the nodes of wide ones: an array, and the table that finds them."""

    def __init__(self, set: int, width: int, margin: int, most: int, region: Region) -> None:
        self.set, self.width, self.margin, self.most, self.region = set, width, margin, most, region
        self.slots = max(FIRST_SLOTS, int(margin / (1 - LOAD)) + 1)

    def next_slots(self) -> int:
        """How many slots a larger table has."""
        return self.slots * 2 if self.width == 1 else self.slots + self.slots // 2


class Compiled:
    """The emitted text as machine code, run by so many threads."""

    def __init__(self, program: Program, threads: int = 1) -> None:
        self.width = width = program.layout.words
        self.shape = machine.Shape(width, program.reduced, threads > 1, tree=width >= WIDE)
        self.here = machine.target()
        self.source = program.source
        self.chunk = max(1, min(CHUNK, BURST // (program.successors + 1)))
        burst = self.chunk * (program.successors + 1)
        tree = self.shape.tree
        self.workers = [Worker(width, self.chunk, burst, program.info.size, tree=tree) for _ in range(threads)]
        self.crew = Team(threads)
        self.team = Array(TEAM)
        self.info_kinds = program.info.sums()
        self.ends, self.goals = Array(LEVELS + 1), (program.info.first_goal, program.info.goal_words)
        stored, states = self.shape.stored, reserved()
        margin = threads * (burst + BLOCK)
        self.states = Items(STATES, stored, margin, states.size // (8 * stored), states)
        nodes = reserved() if self.shape.tree else Region(8)
        margin = threads * (burst * (2 * width - 2) + BLOCK) if self.shape.tree else 0
        self.nodes = Items(NODES, 1, margin, min(MOST_NODES, nodes.size // 8), nodes)
        self.tables: list[Region] = []
        self.best = machine.was_large(self.here, self.source)
        self._link()
        self._tables()
        if self.shape.tree:  # the node 0 holds 0
            self.team.words[2 + 4 * NODES + COUNT] = 1
            self.workers[0].own.words[1 + 2 * NODES + MINE] = int(not self.shape.shared)
            self._enter_all(self.nodes)

    # ---- tables

    def _link(self) -> None:
        """The model's part; those of the kernel follow when they are called."""
        self.model = machine.model_object(self.here, self.source, best=self.best)
        self.linked: list[machine.Linked] = []
        self.functions: dict[str, Callable[..., int]] = {}

    def call(self, name: str) -> Callable[..., int]:
        """A function of the kernel, or of the model."""
        if name not in self.functions:
            part = next((names for names in machine.KERNEL_PARTS if name in names), machine.KERNEL_PARTS[0])
            kernel = machine.kernel_object(self.here, self.shape, part)
            linked = machine.Linked(self.here, (self.model, kernel))
            self.linked.append(linked)
            self.functions |= {each: _of_kernel(linked, each) for each in (*part, "canonical")}
        return self.functions[name]

    def _note_large(self) -> None:
        """This model is worth the best code, from now on."""
        self.best = True
        machine.note_large(self.here, self.source)

    def _tables(self) -> None:
        """Empty tables."""
        for region in self.tables:
            region.close()
        self.tables = [Region(self._bytes(items.slots)) for items in (self.states, self.nodes)]
        for items in (self.states, self.nodes):
            self._measure(items)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give every worker its functions of the kernel, with the addresses that these are called with."""
        shared = {
            "team": self.team.address, "chunk": self.chunk,
            "ends": self.ends.address, "first_goal": self.goals[0], "goal_words": self.goals[1],
            "states": self.states.region.address, "table": self.tables[STATES].address,
            "nodes": self.nodes.region.address, "node_table": self.tables[NODES].address,
        }  # fmt: skip
        for worker in self.workers:
            known = shared | worker.addresses()
            worker.search = partial(self.call("search"), *(known[name] for name in _arguments("search")))
            worker.enter = partial(self.call("enter"), *(known[name] for name in _arguments("enter")))
            worker.descend = partial(self.call("descend"), *(known[name] for name in _arguments("descend")[:-3]))

    def _bytes(self, slots: int) -> int:
        return slots * (8 if self.shape.big else 4)

    def _measure(self, items: Items) -> None:
        """Tell the kernel about a table of this size."""
        words, at = self.team.words, 2 + 4 * items.set
        room = int(items.slots * LOAD)
        words[at + SLOTS] = items.slots
        words[at + ROOM] = min(room, items.most - items.margin)
        words[at + SHIFT] = (min(room + items.margin, items.most) + 1).bit_length()

    def _full(self) -> list[Items]:
        """The sets of items that need a larger table before the search goes on."""
        words = self.team.words
        sets = (self.states, self.nodes) if self.shape.tree else (self.states,)
        return [items for items in sets if words[2 + 4 * items.set + COUNT] >= words[2 + 4 * items.set + ROOM]]

    def wanted(self) -> int:
        """Bytes that the next step of the search takes at once."""
        return sum(self._bytes(items.next_slots() - items.slots) for items in self._full())

    def _grow(self, items: Items) -> None:
        """A larger table for the same items; the old one is given back first."""
        if self.team.words[2 + 4 * items.set + COUNT] + items.margin >= items.most:
            what = "states" if items.set == STATES else "different parts of states"
            raise FullError(f"the store is full: it has no more numbers than for {items.most - items.margin:,} {what}")
        items.slots = items.next_slots()
        if not self.shape.big and items.set == STATES and items.slots * LOAD + items.margin > NARROW:
            self.shape = replace(self.shape, big=True)
            self._link()
            self._tables()
            self._enter_all(self.states)
            self._enter_all(self.nodes)
            return
        self.tables[items.set].close()
        self.tables[items.set] = Region(self._bytes(items.slots))
        self._measure(items)
        self._hand_out()
        self._enter_all(items)

    def _enter_all(self, items: Items) -> None:
        """Enter what is in the array into its table, which is empty."""
        rehash, table = self.call("rehash"), self.tables[items.set].address
        self._in_parts(
            lambda worker, lo, hi: rehash(
                self.team.address, items.set, items.region.address, table, items.width, lo, hi
            ),
            0,
            self.team.words[2 + 4 * items.set + COUNT],
        )  # fmt: skip

    # ---- what the search asks for

    @property
    def count(self) -> int:
        """How many distinct states there are."""
        return int(self.team.words[2 + COUNT])

    @property
    def transitions(self) -> int:
        """How many successors were made."""
        return sum(int(worker.own.words[TRANSITIONS]) for worker in self.workers)

    @property
    def info(self) -> Sequence[int]:
        """The counters of all threads together."""
        found = list(self.workers[0].counters.words)
        for worker in self.workers[1:]:
            for at, (summed, number) in enumerate(zip(self.info_kinds, worker.counters.words, strict=True)):
                found[at] = found[at] + number if summed else found[at] | number
        return found

    def enter(self, words: Words) -> None:
        """Add a state unless it is there."""
        for items in self._full():
            self._grow(items)
        worker = self.workers[0]
        words = self.normal(words)
        for at, word in enumerate(words):
            worker.out.words[at] = word
        worker.enter()
        self._settle()
        if self.count == 1:  # what stands in `recent` must be in the table
            for each in self.workers:
                each.recent.fill(words)

    def normal(self, words: Words) -> Words:
        """The least state of the orbit."""
        out = self.workers[0].out
        for at, word in enumerate(words):
            out.words[at] = word
        self.call("canonical")(out.address, 0)
        return tuple(out.words[: self.width])

    def expand(self, upto: int) -> bool:
        """Expand some states; before a table grows, the caller gets to look at `wanted`."""
        if not self.best and self.count >= VERY_LARGE:
            self._note_large()
            self._link()
            self._hand_out()
        for items in self._full():
            self._grow(items)
        team = self.team.words
        end = min(upto, team[NEXT] + SLICE * self.chunk * len(self.workers))
        team[END] = end
        busy = self.workers if end - team[NEXT] > ALONE * self.chunk else self.workers[:1]
        try:
            if len(busy) == 1:
                busy[0].search()
            else:
                self.crew.run([worker.search for worker in busy])
        finally:
            team[NEXT] = min(team[NEXT], end)  # threads look beyond the end before they stop
            self._settle()
        return bool(team[NEXT] == upto)

    def descend(self, most: int, states: int | None) -> tuple[list[int], bool]:
        """Search narrow levels; with several threads none, for they have numbers that a level leaves open."""
        if self.shape.shared:
            return [], False
        far = self.team.words[NEXT] + SLICE * self.chunk
        done = self.workers[0].descend(min(most, LEVELS), far, self.states.most if states is None else states)
        self._settle()
        return self.ends.words[1 : done + 1], bool(self.ends.words[0])

    def _settle(self) -> None:
        """Number the states without holes: what threads left of their blocks is filled from the end."""
        team = self.team.words
        if not self.shape.shared:
            for set in (STATES, NODES):
                team[2 + 4 * set + COUNT] = self.workers[0].own.words[1 + 2 * set + MINE]
            return
        top = int(team[2 + COUNT])
        blocks = [worker.own.words for worker in self.workers]
        holes = sorted((int(own[1 + MINE]), int(own[1 + LIMIT])) for own in blocks if own[1 + MINE] < own[1 + LIMIT])
        while holes:
            if holes[-1][1] == top:
                top = holes.pop()[0]
                continue
            lo, hi = holes[0]
            count = min(hi - lo, top - holes[-1][1])
            top -= count
            self.call("move")(
                self.team.address, self.states.region.address, self.tables[STATES].address, top, lo, count
            )
            holes[0:1] = [(lo + count, hi)] if lo + count < hi else []
        team[2 + COUNT] = top
        for own in blocks:
            own[1 + MINE] = own[1 + LIMIT] = 0

    def _in_parts(self, part: Callable[[Worker, int, int], int], lo: int, hi: int) -> list[int]:
        """The results of `part(worker, lo, hi)` for consecutive ranges, one a thread."""
        count = 1 if hi - lo < ALONE * self.chunk else len(self.workers)
        ends = [lo + (hi - lo) * at // count for at in range(count + 1)]
        return self.crew.run(
            [partial(part, worker, *ends[at : at + 2]) for at, worker in enumerate(self.workers[:count])]
        )

    def review(self, lo: int, hi: int) -> None:
        """Inspect states."""
        review, states, nodes = self.call("review"), self.states.region.address, self.nodes.region.address
        self._in_parts(
            lambda worker, lo, hi: review(states, nodes, worker.near.address, lo, hi, worker.counters.address), lo, hi
        )

    def drop(self, count: int) -> None:
        """Forget the states from a number on; no state can be entered any more."""
        self.team.words[2 + COUNT] = min(count, self.count)

    # ---- what is asked afterwards

    def words(self, number: int) -> Words:
        """The words of a state."""
        address = self.states.region.address + 8 * self.shape.stored * number
        if not self.shape.tree:
            return tuple((ctypes.c_uint64 * self.width).from_address(address))
        near = self.workers[0].near
        root = ctypes.c_uint64.from_address(address).value
        self.call("unfold")(self.nodes.region.address, root, near.address, 0)
        return tuple(near.words[self.width : 2 * self.width])

    def least(self, seen: Seen, lo: int, hi: int, word: int, bit: int) -> int | None:
        """The least state that notes a goal."""
        call = self.call("least_state" if seen == "state" else "least_source")
        states, nodes = self.states.region.address, self.nodes.region.address

        def part(worker: Worker, lo: int, hi: int) -> int:
            out = () if seen == "state" else (worker.out.address,)
            found = call(states, nodes, worker.near.address, lo, hi, *out, worker.scratch.address, word, bit)
            return found - hi

        return self._least_of(part, lo, hi)

    def predecessor(self, lo: int, hi: int, target: int) -> int | None:
        """The least state with a step to a state."""
        wanted = Array(self.width)
        for at, item in enumerate(self.words(target)):
            wanted.words[at] = item
        call, states, nodes = self.call("least_predecessor"), self.states.region.address, self.nodes.region.address

        def part(worker: Worker, lo: int, hi: int) -> int:
            near, out, scratch = worker.near.address, worker.out.address, worker.scratch.address
            return call(states, nodes, near, lo, hi, out, scratch, wanted.address) - hi

        return self._least_of(part, lo, hi)

    def _least_of(self, part: Callable[[Worker, int, int], int], lo: int, hi: int) -> int | None:
        """The least state that parts of a range find; a part says how far before its end, 0 for none."""
        found: list[int] = []

        def noted(worker: Worker, lo: int, hi: int) -> int:
            before = part(worker, lo, hi)
            if before:
                found.append(hi + before)
            return 0

        self._in_parts(noted, lo, hi)
        return min(found, key=self.words, default=None)

    def greatest(self, place: Place) -> int:
        """The greatest number in a field."""
        most, states, nodes, low = self.call("most"), self.states.region, self.nodes.region, (1 << place.bits) - 1

        def part(worker: Worker, lo: int, hi: int) -> int:
            return most(states.address, nodes.address, worker.near.address, lo, hi, place.word, place.shift, low)

        return max(self._in_parts(part, 0, self.count))

    def close(self) -> None:
        """Give the memory back."""
        if not self.best and self.count >= LARGE:
            self._note_large()
        self.crew.close()
        for region in (self.states.region, self.nodes.region, *self.tables):
            region.close()


def _of_kernel(linked: machine.Linked, name: str) -> Callable[..., int]:
    """A function of the kernel, called as it is written there."""
    result = getattr(kernel, name).__annotations__["return"] == "u64"
    return linked.function(name, len(_arguments(name)), result=result)


def _arguments(name: str) -> tuple[str, ...]:
    """The names of the arguments of a function of the kernel."""
    code = getattr(kernel, name).__code__
    return tuple(code.co_varnames[: code.co_argcount])
