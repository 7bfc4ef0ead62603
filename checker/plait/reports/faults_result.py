"""Which faults it takes, as plain data: from the search for them to the reports of it.

FaultsResult = Explanation*, problems, interrupted
Explanation  = one run of a model: what may go wrong in it, and an answer for each property
Explained    = a property: its least sets of faults
Cause        = one least set, how often each fault has to happen at least, and the shortest run with no more
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait.faults import Source
from plait.reports.result import Exit, Problem, exit_of
from plait.trace import Trace
from plait_spec.core import PropertyKind
from plait_spec.record import record

Outcome: TypeAlias = Literal["without", "with", "never", "open"]


@record
class Cause:
    """Faults that suffice, none of which can be left out or happen less often.

    `steps` is the length of the shortest run with no more than these; `trace` is that run as one of the whole model
    (None for an error in the initial values).
    """

    faults: tuple[tuple[Source, int], ...]
    steps: int
    trace: Trace | None


@record
class Explained:
    """One property, or the model error (its code, of kind `error`).

    `outcome`: it is shown without any fault; with some (`causes`, the fewest first); under no set of faults; or that is
    not known.  What is shown is a failure, and of a `reachable` that it is reached.  `shortest` is the length of the
    run that shows it where everything may go wrong; None where there is none, and `note` may say what there is instead.
    `missing` are reasons why causes may be missing, or not be least.  `bounds` are bounds of the model that cut runs in
    which it was not shown.
    """

    name: str
    kind: PropertyKind | Literal["error"]
    title: str
    outcome: Outcome
    causes: tuple[Cause, ...] = ()
    shortest: int | None = None
    note: str = ""
    missing: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()


@record
class Explanation:
    """A model at one assignment of its parameters; `changed` are those that are not at their defaults, in words.

    `states` counts those of all searches together.  `not_asked` are properties of kinds that are not asked about.
    `environment`: actions of the environment were counted among the faults.
    """

    file: str
    protocol: str
    proposal: str | None
    parameters: tuple[tuple[str, int | bool | str], ...]
    changed: tuple[tuple[str, str], ...]
    environment: bool
    sources: tuple[Source, ...]
    engine: str
    searches: int
    states: int
    seconds: float
    properties: tuple[Explained, ...]
    not_asked: tuple[str, ...]

    @property
    def name(self) -> str:
        """What `--proposal` calls it: the proposal, or the protocol where it is none."""
        return self.proposal or self.protocol


@record
class FaultsResult:
    """Everything there is to tell."""

    entries: tuple[Explanation, ...]
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> Exit:
        """0 where every question was answered; whether the answers are welcome is for `plait check` to say."""
        trouble = exit_of(self.problems, interrupted=self.interrupted)
        if trouble is not None:
            return trouble
        open_ones = any(found.missing for entry in self.entries for found in entry.properties)
        return Exit.OPEN if open_ones else Exit.MET


# ---- in words


def words(source: Source, level: int | None) -> str:
    """What happens, and how often at most: `master restarts once`, `link loses 2 messages`."""
    match source.kind:
        case "crash":
            return f"{source.about} crashes{_times(source, level)}"
        case "restart":
            return f"{source.about} restarts{_times(source, level)}"
        case "break":
            return f"{source.about} breaks{_times(source, level)}"
        case "lose":
            return f"{source.about} loses {_messages(source, level)}"
        case "duplicate":
            return f"{source.about} duplicates {_messages(source, level)}"
        case "reorder":
            return f"{source.about} reorders messages"
        case "environment":
            return f"{source.about} happens"


def most(source: Source) -> str:
    """What may happen at all: `master restarts up to twice`."""
    text = words(source, source.limit)
    if source.limit is None or source.limit == 1:
        return text
    what, verb, times = text.split(" ", 2)
    return f"{what} {verb} up to {times}"


def _times(source: Source, level: int | None) -> str:
    if source.limit is None or level is None:
        return ""
    return {1: " once", 2: " twice"}.get(level, f" {level} times")


def _messages(source: Source, level: int | None) -> str:
    if source.limit is None or level is None:
        return "messages"
    return "1 message" if level == 1 else f"{level} messages"


def option(faults: tuple[tuple[Source, int], ...]) -> str:
    """The value of `--faults` that allows these and nothing else: `link.lose=1,wire.reorder`, `none`."""
    parts = [source.name if source.limit is None else f"{source.name}={level}" for source, level in faults]
    return ",".join(parts) or "none"
