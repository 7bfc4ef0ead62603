"""A text in, its tokens out: words, numbers, strings, signs and `///` comments, each with its place.

The patterns come from the grammar. A word that is not reserved gets two kinds, because only the parser can tell whether
it is meant as itself or as a name. What no pattern matches ends the sequence with a diagnostic.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.source import Source
from plait_spec.tables import END, Tables

_RESERVED = """
import protocol proposal scenario role ids enum constant message channel var durable ghost def action on environment
expect lemma deadlock always never eventually reachable
bool set seq within any true false none self next
all some count max min sum if then else
not and or implies iff in has mod leads until since once previously historically
when where for via to from of with
send clear let assert choose unordered
"""
RESERVED = frozenset(_RESERVED.split())


class Token(NamedTuple):
    """A piece of the text; `name` is the kind that it has as a name, if it can be one."""

    kind: int
    name: int | None
    text: str
    start: int
    end: int


class Tokenizer:
    """The patterns of a grammar, ready to be used on any number of texts."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = {symbol: number for number, symbol in enumerate(tables.symbols)}
        self._words = {text: self._numbers[kind] for text, kind in tables.literals.items() if text[0].isalpha()}
        self._signs = {text: self._numbers[kind] for text, kind in tables.literals.items() if text not in self._words}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        named = [f"(?P<{name}>{pattern})" for name, pattern in self._tables.patterns.items()]
        signs = "|".join(re.escape(sign) for sign in sorted(self._signs, key=len, reverse=True))
        return re.compile("|".join(["(?P<FOREIGN>" + _FOREIGN + ")", *named, f"(?P<SIGN>{signs})"]))

    def tokens(self, source: Source) -> Iterator[Token]:
        """The tokens of a text, one for its end included; raises at what is no token."""
        text = source.text
        match = self._pattern.match
        ignored = self._tables.ignored
        name_kind = self._numbers["NAME"]
        at = 0
        while at < len(text):
            found = match(text, at)
            if found is None or found.lastgroup is None or found.lastgroup == "FOREIGN":
                raise SpecError(_no_token(source, at, at + 1 if found is None else found.end()))
            start, at = at, found.end()
            group = found.lastgroup
            if group in ignored:
                continue
            piece = text[start:at]
            if group == "NAME":
                kind = self._words.get(piece, name_kind)
                yield Token(kind, None if piece in RESERVED else name_kind, piece, start, at)
            else:
                yield Token(self._signs[piece] if group == "SIGN" else self._numbers[group], None, piece, start, at)
        end = len(text.rstrip())
        yield Token(self._numbers[END], None, "", end, end)


_HINTS = {
    "&&": "`and` joins two conditions",
    "&": "`and` joins two conditions",
    "||": "`or` joins two conditions",
    "|": "`or` joins two conditions",
    "/\\": "`and` joins two conditions",
    "\\/": "`or` joins two conditions",
    "!": "`not` negates a condition, and `!=` compares",
    "~": "`not` negates a condition",
    "!==": "`!=` compares",
    "<>": "`!=` compares",
    "===": "`==` compares",
    "=<": "`<=` compares",
    "=>": "`implies` is between two conditions, and `>=` compares",
    ":=": "`=` assigns",
    "++": "`x += 1` counts up",
    "%": "the rest of a division is written `a mod b`",
    "/": "there is no division; a comment begins with `//`",
    "/*": "a comment begins with `//` and ends with its line",
    "#": "a comment begins with `//`",
    ";": "statements and declarations need nothing between them",
    "'": "names of values are written without quotes; the value of `x` after a step is `next(x)`",
    "\N{LESS-THAN OR EQUAL TO}": "`<=` compares",
    "\N{GREATER-THAN OR EQUAL TO}": "`>=` compares",
    "\N{NOT EQUAL TO}": "`!=` compares",
    "\N{LOGICAL AND}": "`and` joins two conditions",
    "\N{LOGICAL OR}": "`or` joins two conditions",
    "\N{NOT SIGN}": "`not` negates a condition",
    "\N{RIGHTWARDS DOUBLE ARROW}": "`implies` is between two conditions",
    "\N{RIGHTWARDS ARROW}": "an arrow is written `->`",
    "\N{FOR ALL}": "`all x: T. ...`",
    "\N{THERE EXISTS}": "`some x: T. ...`",
    "\N{ELEMENT OF}": "`in` looks into a set",
}
# Signs of other languages, where they would otherwise be read as two of ours or as nothing.
_FOREIGN = r"&&?|\|\|?|/\\|\\/|/\*|/(?!/)|!==|!(?!=)|===|=<|=>|<>|:=|\+\+|[~%#;']"


def _no_token(source: Source, start: int, end: int) -> Diagnostic:
    """What to say about characters that begin no token."""
    piece = source.text[start:end]
    if piece == '"':
        rest_of_line = source.text[start:].partition("\n")[0]
        span = source.span(start, start + len(rest_of_line.rstrip()))
        return Diagnostic(Code.UNTERMINATED_STRING, "this string does not end on its line", Label(span))
    label = Label(source.span(start, end))
    if piece in _HINTS:
        return Diagnostic(Code.FOREIGN_OPERATOR, f"`{piece}` is not a sign of the language", label, help=_HINTS[piece])
    return Diagnostic(Code.UNEXPECTED_CHARACTER, f"the character {_named(piece)} is not used by the language", label)


def _named(character: str) -> str:
    return f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
