"""Lines of the subset as they are written: indentation, fresh names, and what happens where something goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

PLAIN = 400  # letters of a condition that is quickly evaluated
WORD = re.compile(r"\b[st]\d+\b")
WRITTEN = re.compile(r"t\d+")  # words of the state that a step makes: what is called so may change


def words_in(lines: Sequence[str]) -> list[str]:
    """The words of states (s and t with a number) that lines speak of."""
    found = {match[0] for line in lines for match in WORD.finditer(line)}
    return sorted(found, key=lambda word: (word[0], int(word[1:])))


class Functions:
    """Functions of a program; of several that are the same there is one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[tuple[str, ...], str] = {}

    def add(self, arguments: Sequence[str], lines: Sequence[str], result: str = "None") -> str:
        """The name of a function of these arguments, each with its type, and these lines."""
        key = (", ".join(arguments), result, *lines)
        if key not in self.names:
            name = self.names[key] = f"g{len(self.names)}"
            self.lines += [f"def {name}({key[0]}) -> {result}:", *lines]
        return self.names[key]


class Code:
    """The body of one function.

    `fail()` are the lines that an error runs, `cut(bound)` those that a bound runs; both end the function.
    """

    def __init__(self, fail: Callable[[], tuple[str, ...]], cut: Callable[[str], tuple[str, ...]]) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.names = 0
        self.fail, self.cut = fail, cut

    def add(self, *lines: str) -> None:
        """Write lines at the present depth."""
        self.lines += ["    " * self.depth + line for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The lines written inside stand under `head`; a block without any gets `pass`."""
        self.add(head)
        start = len(self.lines)
        self.depth += 1
        yield
        if len(self.lines) == start:
            self.add("pass")
        self.depth -= 1

    @contextmanager
    def aside(self, lines: list[str]) -> Iterator[None]:
        """What is written inside goes into `lines`, one level deeper."""
        outer, self.lines = self.lines, lines
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            self.lines = outer

    def deeper(self, lines: list[str], *more: str) -> None:
        """Lines that were written aside, one level deeper, and more of them."""
        self.lines += lines
        self.lines += ["    " * (self.depth + 1) + line for line in more]

    def here(self, lines: list[str]) -> None:
        """Lines that were written aside, at the present depth."""
        self.lines += [line[4:] for line in lines]

    def name(self, text: str) -> str:
        """A short text for a value that is used more than once."""
        if text.isdigit() or (text.isidentifier() and not WRITTEN.fullmatch(text)):
            return text
        name = self.fresh()
        self.add(f"{name} = {text}")
        return name

    def fresh(self) -> str:
        """A new name."""
        self.names += 1
        return f"v{self.names}"

    def fail_if(self, condition: str) -> None:
        """An error of the model where the condition is true."""
        if condition != "0":
            with self.block(f"if {condition}:"):
                self.add(*self.fail())

    def cut_if(self, condition: str, bound: str) -> None:
        """A cut where the condition is true."""
        with self.block(f"if {condition}:"):
            self.add(*self.cut(bound))
