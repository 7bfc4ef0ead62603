"""Which faults a failure takes: searches of a model with less and less that may go wrong.

    explain(plan, ...)        -> Explanation    the least sets of faults for each property
    run_under(plan, ...)      -> Trace          the shortest run with no more than some faults

A search is one of the engine on the model with fewer faults (`faults.limited`), for all properties at once, and each is
made once.  The run that it finds is carried over to the whole model, where it replays like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from plait.decide import NOT_CHECKED
from plait.errors import EngineBug, JobError
from plait.faults import Levels, Source, limited, sources_of, used
from plait.faults_lattice import MOST_ASKED, Answer, Least, Vector, least
from plait.interrupts import Interrupts
from plait.limits import Limits, Watch
from plait.parameters import in_words, shown
from plait.plan import Plan
from plait.rematch import carried, moves_of
from plait.replay import history_of
from plait.reports.faults_result import Cause, Explained, Explanation
from plait.reports.result import Entry
from plait.semantics import steps
from plait.session import search
from plait.tools import Tools
from plait.trace import Trace
from plait.verdict import ModelError, PropertyReport
from plait_spec.core import Property, PropertyKind
from plait_spec.ground import Ground
from plait_spec.record import record
from plait_spec.restrict import restrict

# Kinds that one run decides.
_DECIDED: tuple[PropertyKind, ...] = ("always", "never", "step", "reachable", "deadlock free", "lemma")
ASKED = frozenset(kind for kind in _DECIDED if kind not in NOT_CHECKED)
# Kinds whose runs are still such runs where more may go wrong: a dead end may not be one.
MONOTONE = ASKED - {"deadlock free"}
MODEL_ERROR = ""  # the goal that is no property


@record
class How:
    """How to search: with what, how far, and who watches (`watch` gives each search its watcher)."""

    tools: Tools
    limits: Limits
    symmetry: bool
    watch: Callable[[], Watch | None] = lambda: None


def explain(plan: Plan, how: How, *, environment: bool = False) -> Explanation:
    """The least sets of faults for each property of the plan; an interrupt raises KeyboardInterrupt."""
    about = {found.name: found for found in plan.model.properties}
    asked = tuple(name for name in plan.properties if about[name].kind in ASKED)
    sources = sources_of(_ground(plan, asked, how.tools), environment=environment)
    searches = Searches(replace(plan, properties=asked), sources, how)
    whole = searches.entry(tuple(source.most for source in sources))
    found = [_explained(searches, about[name], _worth(searches, name, about[name].kind)) for name in asked]
    if whole.run.model_error is not None:
        found.insert(0, _model_error(searches, whole.run.model_error))
    return Explanation(
        file=plan.file,
        protocol=plan.model.protocol,
        proposal=plan.model.proposal,
        parameters=whole.run.parameters,
        changed=tuple((name, in_words(value)) for name, value in shown(plan.model, plan.changed)),
        environment=environment,
        sources=sources,
        engine=whole.run.engine,
        searches=len(searches.made),
        states=sum(entry.run.states for entry in searches.made.values()),
        seconds=sum(entry.run.seconds.total for entry in searches.made.values()),
        properties=tuple(found),
        not_asked=tuple(name for name in plan.properties if name not in asked),
    )


def run_under(
    plan: Plan, goal: str, allowed: Levels, how: How, *, environment: bool = False
) -> tuple[Entry, Trace | None]:
    """The search with no more than some faults, and its run for a property (or the code of a model error).

    The levels are of those sources that may happen at all.  Raises JobError where there is no such source.
    """
    ground = _ground(plan, plan.properties, how.tools)
    sources = sources_of(ground, environment=environment)
    outside = {source.name for source in sources_of(ground, environment=True)}
    searches = Searches(plan, sources, how)
    vector = _vector(sources, allowed, outside)
    entry = searches.entry(vector)
    known = goal if any(found.name == goal for found in plan.model.properties) else MODEL_ERROR
    trace = searches.trace(known, vector)
    return entry, None if trace is None else searches.whole(trace, vector, shortest=vector == searches.limits)


def _vector(sources: Sequence[Source], allowed: Levels, outside: Collection[str]) -> Vector:
    """The levels by the order of the sources; `outside` is what there is with the environment."""
    known = {source.name: source for source in sources}
    for name, level in allowed.items():
        if name not in known and name in outside:
            raise JobError(f"--faults {name}: the environment does this; it counts as a fault with --environment")
        if name not in known:
            there = ", ".join(known) or "none"
            raise JobError(f"--faults {name}: nothing of this name may go wrong here; there is {there}")
        limit = known[name].limit
        if level is not None and (limit is None or level > limit):
            most = "it is not counted here" if limit is None else f"it may happen {limit} at most"
            raise JobError(f"--faults {name}={level}: {most}")
    levels = [allowed.get(source.name, 0) for source in sources]
    return tuple(source.most if level is None else level for source, level in zip(sources, levels, strict=True))


def _ground(plan: Plan, properties: tuple[str, ...], tools: Tools) -> Ground:
    return tools.ground(restrict(plan.model, properties), dict(plan.parameters))


# ---- searches


class Searches:
    """The searches of one plan, by what may go wrong; `made` are those that were made."""

    def __init__(self, plan: Plan, sources: tuple[Source, ...], how: How) -> None:
        self.plan, self.sources, self.how = plan, sources, how
        self.made: dict[Vector, Entry] = {}

    @property
    def limits(self) -> Vector:
        """Everything that may go wrong."""
        return tuple(source.most for source in self.sources)

    def levels(self, vector: Vector) -> Levels:
        """The vector by names."""
        pairs = zip(self.sources, vector, strict=True)
        return {source.name: None if level == source.most else level for source, level in pairs}

    def under(self, vector: Vector) -> Plan:
        """The plan where no more may go wrong."""
        return replace(self.plan, model=limited(self.plan.model, self.levels(vector)))

    def entry(self, vector: Vector) -> Entry:
        """The search where no more may go wrong."""
        if vector not in self.made:
            how, interrupts = self.how, Interrupts(self.how.watch())
            found = search(self.under(vector), how.tools, how.limits, symmetry=how.symmetry, interrupts=interrupts)
            if interrupts.asked:
                raise KeyboardInterrupt
            self.made[vector] = found
        return self.made[vector]

    def report(self, goal: str, vector: Vector) -> PropertyReport:
        """What that search says of a property."""
        return next(found for found in self.entry(vector).run.properties if found.name == goal)

    def shows(self, goal: str, vector: Vector) -> bool | None:
        """Whether the property fails (a `reachable`: is reached), or the model errs; None where that is not known."""
        run = self.entry(vector).run
        if goal == MODEL_ERROR:
            return True if run.model_error is not None else False if run.complete else None
        report = self.report(goal, vector)
        if report.trace is not None and report.verdict == ("holds" if report.kind == "reachable" else "fails"):
            return True
        if report.verdict in ("holds", "holds within", "vacuous", "fails"):
            return False
        # Within its bounds a complete search has seen that nothing is reached, and all that breaks beside an error.
        return False if run.complete and (report.kind == "reachable" or report.verdict == "error") else None

    def trace(self, goal: str, vector: Vector) -> Trace | None:
        """The run that shows it, as one of the model with less."""
        run = self.entry(vector).run
        if goal == MODEL_ERROR:
            return run.error_trace
        return self.report(goal, vector).trace if self.shows(goal, vector) else None

    def answer(self, goal: str, vector: Vector) -> Answer:
        """Whether it is shown, and what its run used."""
        shows = self.shows(goal, vector)
        if not shows:
            return Answer(shows)
        trace = self.trace(goal, vector)
        taken = {} if trace is None else used(self.plan.model, trace, self.sources)
        counts = (taken.get(source.name, 0) for source in self.sources)
        return Answer(True, tuple(min(count, level) for count, level in zip(counts, vector, strict=True)))

    def whole(self, trace: Trace, vector: Vector, *, shortest: bool) -> Trace:
        """The run as one of the model with everything that may go wrong in it.

        What is a dead end where less may go wrong need not be one there: then the words are those of the model with
        less, and the choices lead to where it is stuck.
        """
        tools, file = self.how.tools, self.plan.file
        small = _ground(self.under(vector), self.plan.properties, tools)
        large = _ground(self.plan, self.plan.properties, tools)
        moves = moves_of(small, history_of(small, trace.choices))
        choices = carried(large, trace.choices.initial, moves)
        if trace.kind == "deadlock free" and steps(large, history_of(large, choices).end):
            return replace(trace, choices=choices, shortest=shortest)
        if trace.kind != "error":
            return tools.replay(large, file, choices, trace.goal, None, shortest)
        error = self.entry(vector).run.model_error
        if error is None:
            raise EngineBug(f"a run ends in {trace.goal}, and the search knows of no error")
        return tools.replay(large, file, choices, None, replace(error, choices=choices), shortest)


# ---- answers


def _worth(searches: Searches, name: str, kind: PropertyKind) -> bool:
    """Whether smaller sets have to be asked: not where nothing was found with everything that may go wrong."""
    return kind not in MONOTONE or searches.shows(name, searches.limits) is not False


def _explained(searches: Searches, about: Property, worth: bool) -> Explained:
    title = about.doc[0] if about.doc else ""
    found = _least(searches, about.name, monotone=about.kind in MONOTONE) if worth else Least(())
    note = _note(searches.report(about.name, searches.limits))
    return _told(searches, Explained(about.name, about.kind, title, "never", note=note), about.name, found)


def _note(whole: PropertyReport) -> str:
    """What else to know where everything may go wrong: neither `holds` nor a run that shows it."""
    return f"{whole.verdict}: {whole.how}" if whole.verdict in ("vacuous", "error") else ""


def _model_error(searches: Searches, error: ModelError) -> Explained:
    found = _least(searches, MODEL_ERROR, monotone=True)
    return _told(searches, Explained(error.code, "error", error.message, "never"), MODEL_ERROR, found)


def _least(searches: Searches, goal: str, *, monotone: bool) -> Least:
    return least(searches.limits, lambda vector: searches.answer(goal, vector), monotone=monotone)


def _told(searches: Searches, about: Explained, goal: str, found: Least) -> Explained:
    known = searches.trace(goal, searches.limits)
    causes = tuple(_cause(searches, goal, vector) for vector in found.vectors)
    told = replace(about, causes=causes, shortest=None if known is None else len(known.steps))
    if causes and searches.shows(goal, searches.limits) is False:
        told = replace(told, note="holds where everything may go wrong")
    if causes and not causes[0].faults:
        return replace(told, outcome="without")
    told = replace(told, missing=tuple(_missing(searches, found)), bounds=_bounds(searches, goal))
    if causes:
        return replace(told, outcome="with")
    return replace(told, outcome="open" if told.missing else "never")


def _cause(searches: Searches, goal: str, vector: Vector) -> Cause:
    pairs = zip(searches.sources, vector, strict=True)
    faults = tuple((source, level) for source, level in pairs if level)
    trace = searches.trace(goal, vector)
    if trace is None:
        return Cause(faults, 0, None)
    known = searches.trace(goal, searches.limits)
    shortest = known is not None and len(trace.steps) == len(known.steps)
    return Cause(faults, len(trace.steps), searches.whole(trace, vector, shortest=shortest))


def _missing(searches: Searches, found: Least) -> list[str]:
    """Why there may be others, or smaller ones."""
    stopped = Counter(searches.entry(vector).run.stopped or "not decided" for vector in found.unknown)
    searched = {count: "1 search" if count == 1 else f"{count:,} searches" for count in stopped.values()}
    told = [f"{searched[count]} ended early: {reason}" for reason, count in stopped.items()]
    return [*told, f"more than {MOST_ASKED} combinations of faults would have to be searched"] if found.left else told


def _bounds(searches: Searches, goal: str) -> tuple[str, ...]:
    """The bounds that cut runs in searches that did not show it."""
    met = (
        bound.bound
        for vector, entry in searches.made.items()
        if not searches.shows(goal, vector)
        for bound in entry.run.bounds_met
    )
    return tuple(dict.fromkeys(met))
