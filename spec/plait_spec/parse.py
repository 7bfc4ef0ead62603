"""A text in, its surface tree out; or a `SpecError` that says where the text stops being a sentence of the language.

The parser is the usual loop over the LALR(1) tables of `tables.py`; `tree.py` says what it makes. Whatever the text is,
nothing else is raised: the depth of the tree is limited before anything recurses over it, and so are the length of the
text and the size of numbers. Errors are not repaired: the first one of a text is the only one.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.source import Source
from plait_spec.syntax import Module
from plait_spec.syntax_errors import Failure, explain
from plait_spec.tables import Production, Tables, load
from plait_spec.tokens import Token, Tokenizer
from plait_spec.tree import ACTIONS

MAX_LENGTH = 1_000_000  # characters
MAX_DEPTH = 200  # levels of the tree, counted in rules of the grammar that make something
MAX_STACK = 16 * MAX_DEPTH  # a level takes fewer places than 16


def parse(source: Source) -> Module:
    """The surface tree of a text."""
    if len(source.text) > MAX_LENGTH:
        message = f"this text has {len(source.text):,} characters; a model has at most {MAX_LENGTH:,}"
        raise SpecError(Diagnostic(Code.FILE_TOO_LARGE, message, Label(source.span(0, 0))))
    parser = _parser()
    run = _Run(parser, source)
    for token in parser.tokenizer.tokens(source):
        run.take(token)
    return Module(source, run.result())


def decode(name: str, data: bytes) -> Source:
    """The source in the bytes of a file: UTF-8, with or without a byte order mark."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        good = Source(name, data[: error.start].decode("utf-8-sig") + "\N{REPLACEMENT CHARACTER}")
        place = good.span(len(good.text) - 1, len(good.text))
        message = f"this is not UTF-8 text: byte {error.start + 1} is 0x{data[error.start]:02X}"
        raise SpecError(Diagnostic(Code.NOT_UTF8, message, Label(place), help="save the file as UTF-8")) from None


class _Parser:
    """The tables of the grammar and what makes the tree; holds nothing of a text."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.tokenizer = Tokenizer(tables)
        self.actions: list[Callable[..., Any] | None] = [
            None if production.action is None else ACTIONS[production.action] for production in tables.productions
        ]
        self.opening = {tables.symbols.index(tables.literals[sign]) for sign in "([{"}
        self.closing = {tables.symbols.index(tables.literals[sign]) for sign in ")]}"}


@lru_cache(maxsize=1)
def _parser() -> _Parser:
    return _Parser(load())


class _Run:
    """The stack of one parse: per entry the state, the value and its extent and depth."""

    def __init__(self, parser: _Parser, source: Source) -> None:
        self.parser = parser
        self.rows = parser.tables.rows
        self.source = source
        self.states = [parser.tables.start]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.depths: list[int] = []
        self.opened: list[Token] = []
        self.previous: Token | None = None

    def take(self, token: Token) -> None:
        """Go on by one token, after the reductions for which it is the sign."""
        kind = token.kind
        if token.name is not None and kind != token.name and not self.can_take(kind):
            kind = token.name
        states, rows, final = self.states, self.rows, self.parser.tables.final
        before = states.copy()
        while True:
            entry = rows[states[-1]].get(kind)
            if entry is None:
                self.states = before  # some reductions were premature: without them more could come next
                raise SpecError(explain(self.failure(token)))
            if entry > 0:
                break
            self.reduce(self.parser.tables.productions[-entry - 1], self.parser.actions[-entry - 1])
            if states[-1] == final:
                return
        states.append(entry - 1)
        self.values.append(token.text)
        self.starts.append(token.start)
        self.ends.append(token.end)
        self.depths.append(0)
        self.previous = token
        if len(states) > MAX_STACK:
            raise self.too_deep(token.start, token.end)
        if kind in self.parser.opening:
            self.open(token)
        elif kind in self.parser.closing:
            self.opened.pop()

    def open(self, token: Token) -> None:
        """Remember a bracket, for messages; too many of them are too many."""
        self.opened.append(token)
        if len(self.opened) > MAX_DEPTH:
            raise self.too_deep(token.start, token.end)

    def reduce(self, production: Production, action: Callable[..., Any] | None) -> None:
        """Replace the parts of a production by what they make."""
        states = self.states
        length = production.length
        if production.unit and length == 1:
            states[-1] = self.rows[states[-2]][production.origin] - 1
            return
        at = len(self.values) - length
        here = self.previous.end if self.previous else 0  # where a part is that has no tokens
        start, end = (self.starts[at], self.ends[-1]) if length else (here, here)
        depth = max(self.depths[at:], default=0)
        value: Any
        if production.unit:
            value = self.values[at + production.kept[0][0]]
        else:
            value = self.parts(production, at)
            if action is not None:
                depth += 1
                if depth > MAX_DEPTH:
                    raise self.too_deep(start, end)
                value = action(*value, self.source.span(start, end))
        del states[at + 1 :], self.values[at:], self.starts[at:], self.ends[at:], self.depths[at:]
        states.append(self.rows[states[-1]][production.origin] - 1)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)
        self.depths.append(depth)

    def parts(self, production: Production, at: int) -> list[Any]:
        """The values that a production keeps; the list of a repetition grows in place, so that long ones are cheap."""
        parts: list[Any] = []
        for offset, spliced, gap in production.kept:
            parts.extend([None] * gap)
            value = self.values[at + offset]
            if not spliced:
                parts.append(value)
            elif parts:
                parts.extend(value)
            else:
                parts = value
        parts.extend([None] * production.absent)
        return parts

    def result(self) -> Any:
        """The value of the whole text."""
        return self.values[-1]

    # ---- what could come next

    def can_take(self, kind: int) -> bool:
        """Whether a token of this kind could really be next: tries the reductions, without making anything."""
        shared = len(self.states)  # states below this are those of the stack
        pushed: list[int] = []
        while True:
            entry = self.rows[pushed[-1] if pushed else self.states[shared - 1]].get(kind)
            if entry is None or entry > 0:
                return entry is not None
            production = self.parser.tables.productions[-entry - 1]
            kept = len(pushed) - production.length
            if kept < 0:
                shared += kept
                kept = 0
            del pushed[kept:]
            top = pushed[-1] if pushed else self.states[shared - 1]
            pushed.append(self.rows[top][production.origin] - 1)

    def failure(self, token: Token) -> Failure:
        """Where the text went wrong, and everything that could have been there."""
        tables = self.parser.tables
        texts = {kind: text for text, kind in tables.literals.items()}
        candidates = [tables.symbols[kind] for kind in self.rows[self.states[-1]]]
        expected = {
            texts.get(name, name) for name in candidates if name.isupper() and self.can_take(tables.symbols.index(name))
        }
        return Failure(self.source, token, frozenset(expected), tuple(self.opened), self.previous)

    def too_deep(self, start: int, end: int) -> SpecError:
        """The error for what no model needs and no later stage could recurse over."""
        message = f"this is nested too deeply: more than {MAX_DEPTH} levels"
        hint = "give names to parts of it with `def`"
        return SpecError(Diagnostic(Code.NESTED_TOO_DEEPLY, message, Label(self.source.span(start, end)), help=hint))
