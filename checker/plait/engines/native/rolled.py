"""Steps as functions of the subset, and many steps that differ in numbers only as one function with tables.

    Step       = what a variant does: lines over the words s (of the state) and t (of its successor)
    inline     a step as a part of the function that takes all steps
    alone      a step as a function of its own
    roll       steps that are the same but for integers and the numbers of words (`_shape`), as one function of one more
               number q: the step; what differs is looked up in rows of integers at q

A model has few rules, and may have thousands of instances of each: what has to be compiled stays with the rules.
A word whose number differs from step to step is read and written where it lies, all others are locals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from plait.engines.native.code import PLAIN, Functions, words_in
from plait_spec.record import record

FEW = 4  # words that are copied one by one; more of them by a loop
CARRY = (
    "def carry(states: u64s, at: u64, out: u64s, n: u64, count: u64) -> None:",
    "    i = 0",
    "    while i < count:",
    "        out[n + i] = states[at + i]",
    "        i += 1",
    "    return",
)
ARGUMENTS = "states, at, out, n, info"
HEAD = ("states: u64s", "at: u64", "out: u64s", "n: u64", "info: u64s")
NARROW = 2  # words of states that are worth writing before it is known that they are successors
SHORT = 6  # lines of a step that are worth it, too
_SURE = re.compile(r" *[tv]\d+ = [^/%]*$")
_VARYING = re.compile(r"\b([st]?)(\d+)\b")


@record
class Step:
    """One variant of an instance.

    `lines`: the body, one level deep or deeper; `depth`: how deep its end lies, inside of all guards, and `held` inside
    of those that say which message is there; `leave`: how the step ends where it is not enabled; `fired`: the line that
    notes its rule.  `ordered`: it runs once for each order of `unordered for`s, told by r.  `open`: the last guard is
    no branch: c says whether it holds.
    """

    lines: tuple[str, ...]
    depth: int
    leave: tuple[str, ...]
    fired: str
    ordered: bool
    held: int = 1
    open: bool = False

    @property
    def inlinable(self) -> bool:
        """Whether nothing in it ends a function early."""
        return not self.ordered and not any(line.strip() == "return n" for line in self.lines)

    @property
    def guard(self) -> str | None:
        """The condition on the state under which all of it stands, if there is one."""
        head, *rest = self.lines or ("",)
        if self.depth > 1 and head.startswith("    if ") and all(line.startswith(" " * 8) for line in rest):
            return re.sub(r"\bt(\d+)\b", r"s\1", head.strip()[len("if ") : -1])
        return None

    def unguarded(self) -> Step:
        """What stands under the guard."""
        lines = tuple([line[4:] for line in self.lines[1:]])
        return replace(self, lines=lines, depth=self.depth - 1, held=self.held - 1)

    def opened(self, words: int) -> Step:
        """The same without a branch for its last guard, where what depends on that is little and cannot go wrong.

        Whether it holds is hard to foretell: the tests that states of a level have in common tend to stand before it.
        """
        guards = [at for at, line in enumerate(self.lines) if _depth(line) < 4 * self.depth]
        if self.ordered or self.depth <= max(self.held, 1) or words > NARROW or not guards:
            return self
        *before, guard = self.lines[: guards[-1] + 1]
        body = self.lines[len(before) + 1 :]
        test = guard.strip()[len("if ") : -1]
        if guard.split()[0] != "if" or len(body) > SHORT or len(test) > PLAIN or not all(map(_SURE.match, body)):
            return self
        lines = (*before, f"{self.inner[4:]}c = {test} != 0", *(line[4:] for line in body))
        return replace(self, lines=lines, depth=self.depth - 1, open=True)

    @property
    def inner(self) -> str:
        """The indentation of its end."""
        return "    " * self.depth

    def times(self, number: int) -> str:
        """A number, or 0 where the step turns out not to be enabled."""
        return f"c * {number}" if self.open else str(number)


def inline(step: Step, words: int) -> list[str]:
    """The step as a part of a function that has the words s and takes all steps."""
    step = step.opened(words)
    mine = _words(step.lines, "t")
    missing = [word for word in range(words) if word not in mine]
    fired, bit = step.fired.split(" |= ")
    return [
        *(f"    t{word} = s{word}" for word in mine),
        *step.lines,
        *(step.inner + line for line in _copied(missing, words)),
        *(f"{step.inner}out[n + {word}] = t{word}" for word in mine),
        f"{step.inner}n += {step.times(words)}",
        f"{step.inner}{fired} |= {step.times(int(bit))}",
    ]


def alone(step: Step, words: int, functions: Functions) -> str:
    """The name of a function that returns n, or n + `words` if the step has made a successor at `out[n]`."""
    step = step.opened(words)
    return _function([], step, words, list(step.lines), frozenset(), functions)


def call(name: str, step: Step, count: int | None = None) -> list[str]:
    """The lines that run a step, or (`count`) all steps of a function that was rolled up."""
    more = ("" if count is None else ", q") + (", r" if step.ordered else "")
    lines = [f"m = {name}({ARGUMENTS}{more})", "if m != n:", f"    {step.fired}", "    n = m"]
    if step.ordered:
        lines = ["r = 0", "more = 1", "while more:", *deeper(lines), "    r = out[n]", "    more = r"]
    if count is not None:
        lines = ["q = 0", f"while q < {count}:", *deeper(lines), "    q += 1"]
    return deeper(lines)


def by_guard(steps: Sequence[Step]) -> dict[str | None, list[Step]]:
    """Steps without their guards, by these, in the order in which they first occur: each guard is tested once."""
    found: dict[str | None, list[Step]] = {}
    for step in steps:
        guard = step.guard
        found.setdefault(guard, []).append(step if guard is None else step.unguarded())
    return found


def alike(steps: Sequence[Step], least: int) -> Iterator[list[Step]]:
    """The steps in groups of one shape, in the order in which shapes first occur; small groups as single steps."""
    groups: dict[object, list[Step]] = {}
    for step in steps:
        groups.setdefault((step.fired, step.ordered, _shape(step.lines)), []).append(step)
    for group in groups.values():
        if len(group) >= least:
            yield group
        else:
            yield from ([step] for step in group)


def roll(steps: Sequence[Step], words: int, functions: Functions) -> str:
    """The name of one function for steps of one shape."""
    columns = list(zip(*(_found(step.lines) for step in steps), strict=True))
    loose = frozenset(int(text[1:]) for column in columns if len(set(column)) > 1 for text in column if text[0] in "st")
    names: dict[tuple[str, ...], str] = {}
    at = iter(columns)

    def put(match: re.Match[str]) -> str:
        word, numbers = match[1], tuple(text.lstrip("st") for text in next(at))
        shown = numbers[0] if len(set(numbers)) == 1 else names.setdefault(numbers, f"a{len(names)}")
        if not word or int(match[2]) not in loose:
            return word + shown
        return f"states[at + {shown}]" if word == "s" else f"out[n + {shown}]"

    lines = [_VARYING.sub(put, line) for line in steps[0].lines]
    lines = _late_copy(lines, loose, words, steps[0])
    for numbers, name in names.items():
        first = next(index for index, line in enumerate(lines) if re.search(rf"\b{name}\b", line))
        _before(lines, first, [f"{name} = ({', '.join(numbers)})[q]"], steps[0])
    return _function(["q: u64"], steps[0], words, lines, loose, functions)


def _function(
    more: list[str], step: Step, words: int, lines: list[str], loose: frozenset[int], functions: Functions
) -> str:
    """The function of a step; the words in `loose` are in `out` already when it ends."""
    now, after = _words(lines, "s"), _words(lines, "t")
    start = [f"s{word} = states[at + {word}]" for word in sorted({*now, *after})]
    start += [f"t{word} = s{word}" for word in after]
    start += ["x = 0", "p = 1"] if step.ordered else []
    there = range(words) if len(loose) > FEW else [*loose, *after]  # many were copied with all others
    ends = _copied([word for word in range(words) if word not in there], words)
    ends += [f"out[n + {word}] = t{word}" for word in after]
    ends += [f"out[n + {words}] = x"] if step.ordered else []
    body = [
        *deeper(start),
        *lines,
        *(step.inner + line for line in ends),
        f"{step.inner}return n + {step.times(words)}",
        *(deeper(step.leave) if step.depth > 1 else []),
    ]
    return functions.add([*HEAD, *more, *(["r: u64"] if step.ordered else [])], body, "u64")


def _late_copy(lines: list[str], loose: frozenset[int], words: int, step: Step) -> list[str]:
    """Words that are kept in `out`: they are read from the state until the first of them is written."""
    if not loose:
        return lines
    found = list(lines)
    copied = _copied(sorted(loose), words)
    first = next((at for at, line in enumerate(found) if re.match(r" *out\[n \+ \w+\] \|?= ", line)), None)
    spot = len(found) if first is None else max(at for at in _spine(found, step) if at <= first)
    found[:spot] = [re.sub(r"out\[n \+ (\w+)\]", r"states[at + \1]", line) for line in found[:spot]]
    if first is None:
        return [*found, *(step.inner + line for line in copied)]
    _before(found, spot, copied, step)
    return found


def _copied(missing: Sequence[int], words: int) -> list[str]:
    """Lines that copy words of the state to its successor; many of them with all others."""
    if len(missing) > FEW:
        return [f"carry(states, at, out, n, {words})"]
    return [f"out[n + {word}] = states[at + {word}]" for word in missing]


def _shape(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines without their numbers."""
    return tuple(_VARYING.sub(lambda match: f"{match[1]}#", line) for line in lines)


def _found(lines: Sequence[str]) -> list[str]:
    """The numbers, and the names of words, in the order of the lines."""
    return [match[0] for line in lines for match in _VARYING.finditer(line)]


def _words(lines: Sequence[str], prefix: str) -> list[int]:
    """The words of a prefix that lines speak of."""
    return [int(word[1:]) for word in words_in(lines) if word[0] == prefix]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def deeper(lines: Sequence[str]) -> list[str]:
    """Lines as a part of a block."""
    return ["    " + line for line in lines]


def _spine(lines: Sequence[str], step: Step) -> list[int]:
    """The lines that every run passes which comes to the end."""
    found, least = [], len(step.inner)
    for at in range(len(lines) - 1, -1, -1):
        if _depth(lines[at]) <= least:
            found.append(at)
            least = _depth(lines[at])
    return found[::-1]


def _before(lines: list[str], at: int, more: Sequence[str], step: Step) -> None:
    """Put lines before a line, or before the last one ahead of it that every run passes."""
    spot = max(place for place in _spine(lines, step) if place <= at)
    indent = " " * _depth(lines[spot])
    lines[spot:spot] = [indent + line for line in more]
