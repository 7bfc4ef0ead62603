"""What a search saw of the properties, into words: the same for every engine that searches states.

    Sight   = what was seen of one property: a run that decides it, an error in its evaluation, its antecedent
    Search  = what bears on all of them: why it stopped, what was cut, whether the model erred, what fired

Non-goals: how it was searched, and what the file expects.
"""

from __future__ import annotations

from collections.abc import Mapping

from plait.trace import Choices
from plait.verdict import BoundMet, Decision, ModelError, Word
from plait_spec.core import PropertyKind
from plait_spec.diagnostics import Code, counted
from plait_spec.ground import Property
from plait_spec.record import record

NOT_CHECKED: Mapping[PropertyKind, Code] = {
    "eventually": Code.NOT_CHECKED_LIVENESS,
    "always eventually": Code.NOT_CHECKED_LIVENESS,
    "eventually always": Code.NOT_CHECKED_LIVENESS,
    "always reachable": Code.NOT_CHECKED_ALWAYS_REACHABLE,
    "knows": Code.NOT_CHECKED_KNOWS,
    "measure": Code.NOT_CHECKED_MEASURE,
}


@record
class Sight:
    """One property: the run that decides it, if any, the first error of its evaluation, its antecedent once true."""

    choices: Choices | None = None
    error: ModelError | None = None
    antecedent: bool = False


@record
class Search:
    """The search: `stopped` is why it ended early (None: it saw everything), `fired` the steps that were taken."""

    stopped: str | None
    bounds: tuple[BoundMet, ...]
    error: ModelError | None
    fired: frozenset[str]


def decide(about: Property, seen: Sight, search: Search) -> Decision:
    """The verdict on one property."""
    if about.kind in NOT_CHECKED:
        code = NOT_CHECKED[about.kind]
        return Decision(about.name, "undetermined", f"{code}: not checked by this version: {code.title}", None)
    if seen.choices is not None:
        word: Word = "holds" if about.kind == "reachable" else "fails"
        return Decision(about.name, word, length(about, seen.choices), seen.choices)
    if seen.error is not None:
        return Decision(about.name, "error", f"{seen.error.code}: {seen.error.message}", None, seen.error)
    if search.stopped is not None:
        return Decision(about.name, "undetermined", search.stopped, None)
    if about.kind == "reachable":
        return _unreached(about, search)
    return _unbroken(about, seen, search)


def length(about: Property, choices: Choices) -> str:
    """How long the run is that decides a property."""
    count = len(choices.steps)
    steps = "1 step" if count == 1 else f"{count} steps"
    return f"reached in {steps}" if about.kind == "reachable" else f"shortest trace: {steps}"


def _unreached(about: Property, search: Search) -> Decision:
    if search.bounds:
        return Decision(about.name, "undetermined", f"not reached; {_cut(search)}", None)
    return Decision(about.name, "fails", "unreachable: exhausted", None)


def _unbroken(about: Property, seen: Sight, search: Search) -> Decision:
    """No state and no step of a complete search breaks the property."""
    if search.error is not None:
        return Decision(about.name, "error", f"{search.error.code}: the model errs", None, search.error)
    empty = _vacuous(about, seen, search)
    if empty is not None:
        return Decision(about.name, "vacuous", empty, None)
    if search.bounds:
        return Decision(about.name, "holds within", _cut(search), None)
    return Decision(about.name, "holds", "exhausted", None)


def _vacuous(about: Property, seen: Sight, search: Search) -> str | None:
    """Why the property says nothing, if it does not."""
    if about.antecedent is not None and not seen.antecedent:
        return "the left side of its `implies` is never true"
    if about.kind == "never" and about.steps and not search.fired & set(about.steps):
        return f"never fired: {', '.join(about.steps)}"
    return None


def _cut(search: Search) -> str:
    return "; ".join(f"{met.bound}: {counted(met.cut, 'step')} cut" for met in search.bounds)
