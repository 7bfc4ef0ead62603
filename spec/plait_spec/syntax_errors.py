"""The place where a text stops being a sentence of the language in, a diagnostic with a reason and a remedy out.

What could have been there instead is put into words (`an operator or the next declaration`), never into names of
terminals; common slips get a code or a line of help of their own.
"""

from plait_spec.diagnostics import Code, Diagnostic, Label
from plait_spec.record import record
from plait_spec.source import Source, Span
from plait_spec.tables import END
from plait_spec.tokens import RESERVED, Token


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DECLARATIONS = _words("""
    abstract protocol proposal scenario import role ids enum type constant message channel var durable ghost def action
    on fair strongly environment may ignore expect lemma deadlock terminal always never eventually reachable step knows
    measure replace remove
    """)
_STATEMENTS = _words("send clear let assert if for unordered choose")
_SCENES = _words("do deliver lose crash restart break expect show")
_OPERATORS = _words("+ - * mod == != < <= > >= in not and or implies iff since until leads has ( [ _DOT")
_VALUES = _words("""
    NAME INT none true false self next max min sum all some count if not once previously historically always eventually
    ( [ { -
    """)
_TYPES = _words("NAME INT bool set seq within true false { (")

_RELATIONS = _words("== != < <= > >= in")
_UNCHAINED = _words("implies iff since until leads")
# After a full stop or before a colon.
_FIELDS = _words(
    """
    NAME from to of via with for set seq next count sum max min message role channel action any all some once since
    until when on
    """
)

# If the first word is expected, all words of the group are, and are called by one name.
_GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("and", "an operator", _OPERATORS),
    ("none", "an expression", _VALUES),
    ("bool", "a type", _TYPES),
    ("send", "a statement", _STATEMENTS | {"NAME"}),
    ("protocol", "the next declaration", _DECLARATIONS | {"DOC", END}),
    ("var", "a declaration", _DECLARATIONS | {"DOC", END}),
    ("deliver", "the next step of the scenario", _SCENES),
    ("seq", "a field", _FIELDS),
    ("*", "an operator", _words("+ - * mod")),
)
_CALLED = {
    "NAME": "a name",
    "INT": "a number",
    "STRING": "a string",
    "DOC": "a `///` comment",
    "_STOP": "a full stop and a space",
    "_DOT": "a field",
    END: "the end of the file",
}
_FOREIGN_QUANTIFIERS = {"forall": "all", "exists": "some"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@record
class Failure:
    """A token that cannot be where it is; what could be (texts of signs and words, names of other terminals)."""

    source: Source
    token: Token
    expected: frozenset[str]
    opened: tuple[Token, ...]  # brackets that are open
    previous: Token | None

    @property
    def span(self) -> Span:
        """The place of the token."""
        return self.source.span(self.token.start, self.token.end)

    @property
    def at_end(self) -> bool:
        """Whether it is the end of the text that comes too early."""
        return not self.token.text


def explain(failure: Failure) -> Diagnostic:
    """The diagnostic for a failure."""
    text = failure.token.text
    for comment in (failure.token, failure.previous):
        if comment is not None and comment.text.startswith("///"):
            hint = "a comment that is only a comment begins with `//`"
            message = "no declaration follows this `///` comment"
            return Diagnostic(Code.MISPLACED_DOC, message, Label(_span(failure, comment)), help=hint)
    if failure.at_end:
        return _explain_end(failure)
    if text in _CLOSING.values() and (not failure.opened or _CLOSING[failure.opened[-1].text] != text):
        return _explain_closing(failure)
    if text.startswith(".") and "_STOP" in failure.expected:
        hint = "put a space after the full stop: `all o: Op. ...`"
        return _diagnostic(failure, Code.BINDER_STOP, "this full stop is read as the one before a field", hint)
    if text == "->" and "implies" in failure.expected:
        return _diagnostic(
            failure, Code.FOREIGN_OPERATOR, "`->` is not an operator between expressions", "write `implies`"
        )
    if text in RESERVED and "NAME" in failure.expected and not _is_meant(failure):
        hint = f"choose another name, for example `{text}_`"
        if text == "self" and failure.source.text[failure.token.end :].startswith("."):
            hint = "the variables of this instance are named alone"
        message = f"`{text}` is a word of the language; {_wanted(failure)} is expected here"
        return _diagnostic(failure, Code.RESERVED_WORD, message, hint)
    message = f"unexpected {_described(failure.token)}; expected {expectation(failure.expected)}"
    return _diagnostic(failure, Code.UNEXPECTED_TOKEN, message, _hint(failure))


def expectation(expected: frozenset[str]) -> str:
    """What could come next, in words: groups first, then single words and signs."""
    rest = set(expected)
    said: list[str] = []
    for probe, called, members in _GROUPS:
        if probe in rest:
            said.append(called)
            rest -= members
    said += sorted(_CALLED[word] for word in rest if word in _CALLED)
    signs = sorted((f"`{word}`" for word in rest if word not in _CALLED), key=lambda sign: (sign[1].isalpha(), sign))
    said += signs if len(signs) <= 6 else [*signs[:5], "another word of the language"]
    return said[0] if len(said) == 1 else ", ".join(said[:-1]) + " or " + said[-1]


def _explain_end(failure: Failure) -> Diagnostic:
    """The text ends too early: at a bracket that nobody closed, or in the middle of something."""
    end = (failure.previous or failure.token).end
    place = failure.source.span(end, end)
    expected = expectation(failure.expected)
    if failure.opened:
        bracket = failure.opened[-1]
        message = f"this `{bracket.text}` is never closed"
        note = Label(place, f"the file ends here; expected {expected}")
        return Diagnostic(Code.UNCLOSED_BRACKET, message, Label(_span(failure, bracket)), (note,))
    message = f"the file ends too early; expected {expected}"
    return Diagnostic(Code.UNEXPECTED_END, message, Label(place))


def _explain_closing(failure: Failure) -> Diagnostic:
    text = failure.token.text
    if not failure.opened:
        return _diagnostic(failure, Code.UNMATCHED_BRACKET, f"this `{text}` closes nothing", None)
    bracket = failure.opened[-1]
    message = f"`{text}` cannot close this `{bracket.text}`; expected {expectation(failure.expected)}"
    note = Label(_span(failure, bracket), "opened here")
    return Diagnostic(Code.UNMATCHED_BRACKET, message, Label(failure.span), (note,))


def _diagnostic(failure: Failure, code: Code, message: str, hint: str | None) -> Diagnostic:
    """With a note at the open bracket, where a declaration begins inside it: its closing one was probably forgotten."""
    notes: tuple[Label, ...] = ()
    if failure.opened and failure.token.text in _DECLARATIONS and "}" in failure.expected:
        bracket = failure.opened[-1]
        notes = (Label(_span(failure, bracket), f"this `{bracket.text}` is still open"),)
    return Diagnostic(code, message, Label(failure.span), notes, hint)


def _is_meant(failure: Failure) -> bool:
    """Whether a reserved word, where a name could be, is more likely meant as itself: another word follows it."""
    after = failure.source.text[failure.token.end :].lstrip(" \t")
    return after[:1].isalnum() or after[:1] == "_"


def _wanted(failure: Failure) -> str:
    return "a type" if "bool" in failure.expected else "a name" if "none" not in failure.expected else "an expression"


def _hint(failure: Failure) -> str | None:
    text, expected = failure.token.text, failure.expected
    if text == "=" and "==" in expected:
        return "`==` compares two values"
    if text == "==" and "=" in expected:
        return "`=` gives a value to a variable"
    if text == "." and "_DOT" in expected:
        return "a field follows its full stop without a space"
    if text == "?" and "and" in expected:
        return "a condition is written `if p then a else b`"
    if text == "," and "send" in expected:
        return "statements need nothing between them"
    if text == "{" and "then" in expected:
        return "a condition inside an expression is written `if p then a else b`"
    if text == "then" and "{" in expected:
        return "as a statement: `if p { ... } else { ... }`"
    if text == ">=" and ">" in expected:
        return "put a space between `>` and `=`"
    if {"=", "?"} <= expected and (text in _DECLARATIONS or text in (",", ")", "}")):
        return "write a value behind the type: `= ...`"
    if {":", "in"} <= expected and "and" not in expected:
        return "names are bound as `x: T` or `x in s`, and a full stop and a space end the list: `all x: T. ...`"
    if text in _RELATIONS and "and" in expected:
        return "comparisons do not chain: `a < b and b < c`"
    if text in _UNCHAINED and "and" in expected:
        return "put one of the two in parentheses"
    if "_STOP" in expected or (failure.previous and failure.previous.text == "." and not text[0].isdigit()):
        return "a binder ends with a full stop and a space: `all o: Op. ...`"
    if failure.previous is not None and failure.previous.text in _FOREIGN_QUANTIFIERS and text[0].isalpha():
        return f"write `{_FOREIGN_QUANTIFIERS[failure.previous.text]}`"
    if text[0].isalpha() and "NAME" not in expected:
        from difflib import get_close_matches

        words = sorted(word for word in expected if word.isalpha() and word.islower())
        return next((f"did you mean `{word}`?" for word in get_close_matches(text, words, 1)), None)
    return None


def _described(token: Token) -> str:
    if token.text[0] == '"':
        return "string"
    return f"`{token.text}`"


def _span(failure: Failure, token: Token) -> Span:
    return failure.source.span(token.start, token.end)
