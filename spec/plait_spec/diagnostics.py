"""What the front-end says about a text: diagnostics are data, and this module also renders them as plain text.

A diagnostic has a stable code, a message, one primary place and perhaps further places and a line of help. Other
formats (JSON, SARIF, JUnit) are functions of the same value and live with the reports. `Code` is the closed list of
codes: a new one is a new line there, and a code never changes its meaning.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, unique

from plait_spec.record import record
from plait_spec.source import Span


@unique
class Code(Enum):
    """Every code that the front-end and the runs can report: its name here, its id, and what it is about."""

    # P0xx: syntax. The text is not a sentence of the language.
    NOT_UTF8 = "P001", "the file is not UTF-8 text"
    FILE_TOO_LARGE = "P002", "the file is too large to be a model"
    UNEXPECTED_CHARACTER = "P003", "a character that the language does not use"
    UNEXPECTED_TOKEN = "P004", "a word or symbol where something else is expected"
    UNEXPECTED_END = "P005", "the file ends in the middle of a declaration"
    UNCLOSED_BRACKET = "P006", "a bracket or brace that is never closed"
    UNMATCHED_BRACKET = "P007", "a closing bracket or brace without its opening one"
    RESERVED_WORD = "P008", "a word of the language used as a name"
    BINDER_STOP = "P009", "the full stop after a binder needs a space after it"
    FOREIGN_OPERATOR = "P010", "an operator of other languages"
    MISPLACED_DOC = "P011", "a `///` comment that no declaration follows"
    UNTERMINATED_STRING = "P012", "a string that does not end on its line"
    NUMBER_TOO_LARGE = "P013", "a number too large to be meant"
    NESTED_TOO_DEEPLY = "P014", "an expression or block nested too deeply"

    # P1xx: names. What a word refers to.
    UNKNOWN_NAME = "P101", "a name that nothing declares"
    DUPLICATE_NAME = "P102", "a name declared twice"
    WRONG_KIND = "P103", "a name that means something of another kind"
    AMBIGUOUS_LABEL = "P104", "a label of several enums, where nothing says which"
    UNKNOWN_FIELD = "P105", "a field that the record or message does not have"
    UNKNOWN_STEP = "P106", "a step that never happens"
    IMPORT_NOT_READ = "P107", "an import that cannot be read"
    IMPORT_OUTSIDE = "P108", "an import from outside the project"
    IMPORT_CYCLE = "P109", "files that import each other"
    UNKNOWN_BASE = "P110", "a proposal for something that is not there"
    BASE_CYCLE = "P111", "proposals that extend each other"
    NOTHING_TO_CHANGE = "P112", "`replace` or `remove` of something that is not there"
    ALREADY_THERE = "P113", "an addition of something that is there already"

    # P2xx: types. What values a place or an expression has.
    TYPE_MISMATCH = "P201", "a value of another type than is needed here"
    NO_TYPE = "P202", "a value whose type nothing says"
    BAD_OPERAND = "P203", "an operator or built-in function on values that it does not take"
    BAD_ARGUMENTS = "P204", "arguments that are missing, left over or not named"
    BAD_TYPE = "P205", "a type that cannot be"
    BAD_BOUND = "P206", "a bound that is not made of numbers and parameters"

    # P3xx: structure. Whether the declarations make a protocol.
    MISPLACED_ITEM = "P301", "a declaration where it cannot stand"
    RECURSIVE = "P302", "a definition that needs itself"
    TOO_LARGE = "P303", "definitions that grow beyond measure when they are inserted"
    NOT_WRITABLE = "P304", "a write to something that is not to be written here"
    NOT_READABLE = "P305", "a read of something that is not to be read here"
    ONLY_IN_PROPERTIES = "P306", "something that only certain properties may say"
    CHOOSE_NOT_FIRST = "P307", "a `choose` that is not at the head of a body"
    ORDER_MATTERS = "P308", "a `for` over identities whose order may matter"
    WHICH_CHANNEL = "P309", "a message that no channel or more than one can carry"
    WHICH_INSTANCE = "P310", "an instance of a family that is not named, or named where there is none"
    NOTHING_INHERITED = "P311", "`inherited` where nothing was replaced"
    BAD_CHANGE = "P312", "a change that does not fit what it changes"

    # P32x: channels, handlers and faults.
    BAD_CHANNEL_OPTION = "P321", "options of a channel that do not go together"
    BAD_JOIN = "P322", "a channel that cannot join another"
    BAD_HANDLER = "P323", "a handler of a restart or break that cannot be"
    NO_WAY_TO_ROLE = "P324", "a handler of a message that no channel brings"
    NO_HANDLER = "P325", "a message that is sent to a role without a handler for it"
    TWO_HANDLERS = "P326", "two handlers for the same message by the same channel"
    VOLATILE_ANY = "P327", "a volatile variable without one value to be reset to"
    SAID_TWICE = "P328", "something that a role has once, said twice"

    # P38x: the model for given parameters.
    EMPTY_RANGE = "P380", "a range or sort that is empty for these parameters"
    PARAMETER_OUTSIDE_TYPE = "P381", "a value that the parameter cannot have"
    TOO_MANY_VALUES = "P382", "a type with too many values for what is done with it"
    MODEL_TOO_LARGE = "P383", "a model that is too large when everything is written out"
    INITIAL_OUTSIDE_TYPE = "P384", "an initial value outside its type"

    # P4xx: not checked. What this version leaves undetermined, and why.

    NOT_CHECKED_LIVENESS = "P401", "a property of whole runs (`eventually`, `leads to`)"
    NOT_CHECKED_ALWAYS_REACHABLE = "P402", "an `always reachable` property"
    NOT_CHECKED_KNOWS = "P403", "a `knows` property"
    NOT_CHECKED_MEASURE = "P404", "a `measure`"

    # P5xx: errors of the model, found in a run and reported with a trace.
    OUTSIDE_TYPE = "P501", "a value outside its type"
    NO_SUCH_KEY = "P502", "an index into nothing"
    NONE_USED = "P503", "`none` used as a value"
    DIVISION_BY_ZERO = "P504", "`mod` by zero"
    ASSERTION_FAILED = "P505", "an `assert` that is false"
    NOTHING_TO_CHOOSE = "P506", "`max` or `min` over nothing"
    PAST_THE_END = "P507", "a sequence read past its end"

    def __init__(self, id: str, title: str) -> None:
        self.id = id
        self.title = title

    def __str__(self) -> str:
        """The id: what reports print."""
        return self.id


class Severity(Enum):
    """How much a diagnostic matters: an error stops the work on its file, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@record
class Label:
    """A place, and what is to be said about it (nothing, if the message of the diagnostic says it all)."""

    span: Span
    text: str = ""


@record
class Diagnostic:
    """One thing to say, at one place; the notes are other places that explain it, `help` is what to write instead."""

    code: Code
    message: str
    primary: Label
    notes: tuple[Label, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR

    @property
    def span(self) -> Span:
        """The primary place."""
        return self.primary.span


class SpecError(Exception):
    """The text is wrong, in at least one way; raised at the end of a stage, with everything that the stage found."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        """All diagnostics as text."""
        return "\n".join(render(diagnostic) for diagnostic in self.diagnostics)


MOST = 100
"""How many diagnostics a stage reports: more are of no help, and a text could make them without end."""


class Sink:
    """Collects the diagnostics of a stage: each (code, place) once, in the order of the text."""

    def __init__(self) -> None:
        self._found: dict[tuple[Code, Span], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless the same code was already reported at the same place."""
        self._found.setdefault((diagnostic.code, diagnostic.span), diagnostic)

    def error(
        self, code: Code, span: Span, message: str, *, notes: tuple[Label, ...] = (), help: str | None = None
    ) -> None:
        """Report an error at a place."""
        self.add(Diagnostic(code, message, Label(span), notes, help))

    def warning(
        self, code: Code, span: Span, message: str, *, notes: tuple[Label, ...] = (), help: str | None = None
    ) -> None:
        """Report something that does not stop the work."""
        self.add(Diagnostic(code, message, Label(span), notes, help, Severity.WARNING))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found, sorted by file, place and code."""
        return tuple(sorted(self._found.values(), key=_position))

    @property
    def has_errors(self) -> bool:
        """Whether anything found is an error."""
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def raise_if_any(self) -> None:
        """End the stage: raise everything that was found if there is an error in it, or the first of very many."""
        if self.has_errors:
            found = self.diagnostics
            errors = tuple(one for one in found if one.severity is Severity.ERROR)
            raise SpecError(*(found if len(found) <= MOST else _first(errors, len(found))))


def _first(errors: tuple[Diagnostic, ...], count: int) -> tuple[Diagnostic, ...]:
    """The first errors; the last of them says how much is left out."""
    *first, last = errors[:MOST]
    left = f"this is not all: {count - len(first) - 1:,} more are not shown"
    return (*first, replace(last, help=left if last.help is None else f"{last.help}; {left}"))


def _position(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    span = diagnostic.span
    return span.source.name, span.start, span.end, diagnostic.code.id


# ---- as text


def render(diagnostic: Diagnostic) -> str:
    """`file:line:column: error P004: message`, the line with a caret under the place, then notes and help."""
    lines = [
        f"{_header(diagnostic.span)}: {diagnostic.severity.value} {diagnostic.code}: {printable(diagnostic.message)}"
    ]
    lines += _excerpt(diagnostic.primary, "^")
    for note in diagnostic.notes:
        lines.append(f"{_header(note.span)}: note: {printable(note.text)}")
        lines += _excerpt(Label(note.span), "-")
    if diagnostic.help is not None:
        lines.append(f"help: {printable(diagnostic.help)}")
    return "\n".join(lines)


def printable(text: str) -> str:
    """The text with everything escaped that could move a cursor, hide or turn around what is printed."""
    return "".join(_shown(character) for character in text)


def counted(number: int, noun: str) -> str:
    """`1 step`, `2,000 steps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _header(span: Span) -> str:
    return printable(str(span))


def _excerpt(label: Label, mark: str) -> list[str]:
    span = label.span
    line = span.line_text
    first = min(span.column - 1, len(line))
    last = min(first + max(span.end - span.start, 1), len(line)) if span.end_line == span.line else len(line)
    shown, before, marked = _window(line, first, last)
    number = str(span.line)
    gutter = " " * len(number)
    caption = f" {printable(label.text)}" if label.text else ""
    return [
        f" {number} | {shown}".rstrip(),
        f" {gutter} | {' ' * before}{mark * max(marked, 1)}{caption}",
    ]


_WIDTH = 100  # columns of a line that are shown
_LEAD = 30  # characters before the mark, if not all are shown
_FAR = 1000  # characters of a line that are looked at: the rest is never shown


def _window(line: str, first: int, last: int) -> tuple[str, int, int]:
    """A line cut to a readable width around its mark: the text, the columns before the mark, those of the mark."""
    cells = [_shown(character) for character in line[:_FAR]]
    start, end = 0, len(line)
    if len(line) > _FAR or sum(map(_columns, cells)) > _WIDTH:
        start = max(0, first - _LEAD)
        cells = [_shown(character) for character in line[start : start + _FAR]]
        end, room = start, _WIDTH
        for width in map(_columns, cells):
            room -= width
            if room < 0:
                break
            end += 1
    head = "..." if start > 0 else ""
    tail = "..." if end < len(line) else ""
    before = len(head) + sum(map(_columns, cells[: first - start]))
    marked = sum(map(_columns, cells[first - start : min(last, end) - start]))
    return head + "".join(cells[: end - start]) + tail, before, marked


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_TAB = "    "


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    if character == "\t":
        return _TAB
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def _columns(text: str) -> int:
    return sum(_widths(text))


def _widths(text: str) -> Iterator[int]:
    """How many columns of a terminal each character takes."""
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me"):
            yield 0
        else:
            yield 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
