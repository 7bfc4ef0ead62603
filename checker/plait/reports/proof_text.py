"""Proofs as text: what was checked again, and what refutes an invariant or a lemma.

a fresh process checked the invariant again
  initially     12 conjuncts
  step by step  67 steps of 17 actions: ...
  implies       ToldIsDone
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from plait.reports.trace_text import WIDTH
from plait.trace import TwoStates
from plait_spec.diagnostics import printable

_COLUMN = len("step by step") + 2


def obligation_lines(met: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line for each obligation that is met, with what was looked at."""
    for obligation, extent in met:
        head = f"  {obligation:<{_COLUMN}}"
        yield from textwrap.wrap(head + printable(extent or "met"), WIDTH, subsequent_indent=" " * len(head))


def refusal_lines(obligation: str, part: str | None, found: TwoStates) -> Iterator[str]:
    """Why an obligation is not met: the state, the step, and what it changes."""
    broken = "the claim does not follow" if part is None else f"`{part}` does not hold"
    where = {"initially": "in an initial state", "step by step": "after a step", "implies": "in a state"}[obligation]
    yield f"  {obligation:<{_COLUMN}}refused: {broken} {where}"
    yield "    in the state" + (" where, otherwise as at the start:" if found.state else " as at the start")
    yield from (printable(f"      {place} = {value}") for place, value in found.state)
    if found.step is None:
        return
    who = f"{found.who}  " if found.who is not None else ""
    yield printable(f"    the step  {who}{found.step}")
    yield from (printable(f"      {told}") for told in _told(found) or ("sends nothing, and changes no variable",))


def _told(found: TwoStates) -> list[str]:
    """What the step does, in the words of a trace."""
    return [
        *(f"-> {message}" for message in found.sent),
        *(f"{end}: {message}" for end, message in found.removed),
        *(f"{place}: {before} -> {after}" for place, before, after in found.changes),
    ]
