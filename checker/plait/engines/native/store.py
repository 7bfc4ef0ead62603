"""Where states are kept while they are searched, and what the search asks of that place: one interface, two tiers.

`Interpreted` runs the emitted text as Python; `Compiled` (in `compiled`) runs it as machine code with the kernel.  Both
number the states in breadth-first order and answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from plait.engines.native import intrinsics
from plait.engines.native.goals import Info
from plait.engines.native.layout import Place
from plait.engines.native.program import Program
from plait.engines.native.tiers import Trial, expected

Words: TypeAlias = tuple[int, ...]
Seen: TypeAlias = Literal["state", "step"]
"""Whether a goal is noted by `inspect` (of the state) or by `expand` (of its steps)."""


class Store(Protocol):
    """The states of one search."""

    @property
    def count(self) -> int:
        """How many distinct states there are."""

    @property
    def transitions(self) -> int:
        """How many successors were made; steps that err are counted in `info`."""

    @property
    def info(self) -> Sequence[int]:
        """The counters (see `goals.Info`)."""

    def enter(self, words: Words) -> None:
        """Add a state (an initial one) unless it is there."""

    def expand(self, upto: int) -> bool:
        """Expand states up to this number, or as many as fit into a short time; True when all of them are expanded."""

    def descend(self, most: int, states: int | None) -> tuple[Sequence[int], bool]:
        """Expand the newest level and inspect the next one, and so on, while levels are narrow and nothing is noted.

        At most so many levels, and none with more states after it than so many.  The numbers where the levels end that
        were inspected, and whether steps from the last of them noted a goal; it may be expanded in part then.
        """

    def review(self, lo: int, hi: int) -> None:
        """Inspect states."""

    def words(self, number: int) -> Words:
        """The words of a state."""

    def least(self, seen: Seen, lo: int, hi: int, word: int, bit: int) -> int | None:
        """The least state by value, among some, that notes a goal."""

    def predecessor(self, lo: int, hi: int, target: int) -> int | None:
        """The least state by value, among some, with a step to a state."""

    def greatest(self, place: Place) -> int:
        """The greatest number in a field of any state."""

    def normal(self, words: Words) -> Words:
        """The state that stands for these words: the least of the orbit, or the state itself."""

    def wanted(self) -> int:
        """Bytes that the next call of `expand` takes at once, before it makes any state."""

    def drop(self, count: int) -> None:
        """Forget the states from a number on; no state can be entered any more."""

    def close(self) -> None:
        """Give everything back."""


class FullError(Exception):
    """No more states can be kept; the message says why."""


PART = 128  # states between two looks at the clock


class TrialOverError(Exception):
    """The interpreted tier has done the work that it was given."""


class Interpreted:
    """The emitted text as Python: slow for many states, ready at once.

    Within a trial, `expand` raises TrialOverError as soon as that is over.
    """

    def __init__(self, program: Program, trial: Trial | None = None) -> None:
        self.trial = trial
        names: dict[str, Any] = {name: getattr(intrinsics, name) for name in intrinsics.NAMES}
        exec(compile(f"from __future__ import annotations\n{program.source}", "<model>", "exec"), names)
        self._expand: Callable[..., int] = names["expand"]
        self._inspect: Callable[..., None] = names["inspect"]
        self._canonical: Callable[..., None] = names["canonical"]
        self.reduced = program.reduced
        self.width = program.layout.words
        self.counters = [0] * program.info.size
        self.out = [0] * (self.width * (program.successors + 1))
        self.states: list[Words] = []
        self.seen: set[Any] = set()
        self.next = 0
        self.made = 0
        self.ends = [0]  # of levels

    @property
    def count(self) -> int:
        """How many distinct states there are."""
        return len(self.states)

    @property
    def transitions(self) -> int:
        """How many successors were made."""
        return self.made

    @property
    def info(self) -> Sequence[int]:
        """The counters."""
        return self.counters

    def enter(self, words: Words) -> None:
        """Add a state unless it is there."""
        words = self.normal(words)
        key = words[0] if self.width == 1 else words
        if key not in self.seen:
            self.seen.add(key)
            self.states.append(words)

    def expand(self, upto: int) -> bool:
        """Expand some states."""
        self._foresee(upto)
        end = min(upto, self.next + PART)
        if self.width == 1:
            self._expand_narrow(end)
        else:
            self._expand_wide(end)
        self.next = end
        # The states that wait have to be expanded, too: no need to begin if that is more than the trial allows.
        if self.trial is not None and self.trial.is_over(self.count, self.transitions):
            raise TrialOverError
        return end == upto

    def descend(self, most: int, states: int | None) -> tuple[Sequence[int], bool]:
        """Nothing is gained by that here."""
        return (), False

    def _foresee(self, upto: int) -> None:
        """Where a level begins: give up if the levels so far tell that the trial will not do."""
        if self.trial is None or upto == self.ends[-1]:
            return
        self.ends.append(upto)
        states = expected(self.ends)
        if self.trial.is_over(states, self.made * states // max(self.next, 1)):
            raise TrialOverError

    def _expand_narrow(self, end: int) -> None:
        """States of one word: known by the word itself."""
        expand, states, seen, out, counters = self._expand, self.states, self.seen, self.out, self.counters
        made = 0
        for number in range(self.next, end):
            count = expand(states[number], 0, out, 0, counters)
            made += count
            if self.reduced:
                self._reduce(count)
            for word in out[:count]:
                if word not in seen:
                    seen.add(word)
                    states.append((word,))
        self.made += made

    def _expand_wide(self, end: int) -> None:
        """States of several words: known by their tuples."""
        expand, states, seen, out, counters = self._expand, self.states, self.seen, self.out, self.counters
        width = self.width
        for number in range(self.next, end):
            count = expand(states[number], 0, out, 0, counters)
            self.made += count // width
            if self.reduced:
                self._reduce(count)
            for at in range(0, count, width):
                words = tuple(out[at : at + width])
                if words not in seen:
                    seen.add(words)
                    states.append(words)

    def _reduce(self, count: int) -> None:
        """Replace each successor by the least of its orbit."""
        for at in range(0, count, self.width):
            self._canonical(self.out, at)

    def normal(self, words: Words) -> Words:
        """The least state of the orbit."""
        found = list(words)
        self._canonical(found, 0)
        return tuple(found)

    def review(self, lo: int, hi: int) -> None:
        """Inspect states."""
        inspect, counters = self._inspect, self.counters
        for number in range(lo, hi):
            inspect(self.states[number], 0, counters)

    def words(self, number: int) -> Words:
        """The words of a state."""
        return self.states[number]

    def least(self, seen: Seen, lo: int, hi: int, word: int, bit: int) -> int | None:
        """The least state that notes a goal."""
        found: list[int] = []
        for number in range(lo, hi):
            counters = [0] * len(self.counters)
            if seen == "state":
                self._inspect(self.states[number], 0, counters)
            else:
                self._expand(self.states[number], 0, self.out, 0, counters)
            if counters[word] & bit:
                found.append(number)
        return min(found, key=self.states.__getitem__, default=None)

    def predecessor(self, lo: int, hi: int, target: int) -> int | None:
        """The least state with a step to a state."""
        wanted = list(self.states[target])
        found = []
        counters = [0] * len(self.counters)
        for number in range(lo, hi):
            count = self._expand(self.states[number], 0, self.out, 0, counters)
            self._reduce(count)
            if any(self.out[at : at + self.width] == wanted for at in range(0, count, self.width)):
                found.append(number)
        return min(found, key=self.states.__getitem__, default=None)

    def greatest(self, place: Place) -> int:
        """The greatest number in a field."""
        low = (1 << place.bits) - 1
        return max((words[place.word] >> place.shift & low for words in self.states), default=0)

    def wanted(self) -> int:
        """Nothing worth a mention."""
        return 0

    def drop(self, count: int) -> None:
        """Forget states."""
        del self.states[count:]

    def close(self) -> None:
        """Nothing is held but Python's own."""


def goal_place(info: Info, at: int) -> tuple[int, int]:
    """The word and the bit of a goal by its number."""
    return info.first_goal + at // 64, 1 << at % 64
