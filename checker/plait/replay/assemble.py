"""The Trace of a run: verified against the property or error that it is about, then put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.replay.broken import broken_instance, described, read_values, scene_of, whole
from plait.replay.history import History, Taken, history_from, history_of
from plait.replay.messages import Flight, Flights
from plait.replay.two_states import apart_from_start
from plait.replay.wording import Wording, appearances, changed, identities
from plait.semantics import Spy, State, in_state, on_step, steps
from plait.trace import Broken, Change, ChannelNote, Choices, Message, Step, Trace
from plait.verdict import ModelError
from plait_spec.core import Channel, Property as Claim
from plait_spec.ground import Break, Choice, Ground, Property


def replay(
    ground: Ground,
    file: str,
    choices: Choices,
    property: str | None = None,
    error: ModelError | None = None,
    shortest: bool = True,
) -> Trace:
    """The run as a trace of the property (or error) that it shows; EngineBug where it does not show it."""
    history = history_of(ground, choices)
    about = None if property is None else _property(ground, property)
    if error is None:
        if about is None:
            raise EngineBug("a run is replayed for a property or for an error")
        _verify(ground, about, history)
    else:
        _verify_error(ground, about, history, error)
    return _told(ground, history, file, choices, about, error, shortest)


def replay_step(ground: Ground, file: str, state: State, choice: Choice | None, property: str) -> Trace:
    """A step (None: no step) from any state, reachable or not, as a trace of the property that does not survive it.

    A counterexample to induction. Its `choices` say nothing of the state, so it cannot be replayed once more.
    """
    about = _property(ground, property)
    history = history_from(ground, state, () if choice is None else (choice,))
    _verify(ground, about, history)
    row = () if choice is None else ((choice.instance, choice.at, choice.kept, choice.orders),)
    return _told(ground, history, file, Choices(0, row), about, None, shortest=False, anywhere=True)


def _told(
    ground: Ground,
    history: History,
    file: str,
    choices: Choices,
    about: Property | None,
    error: ModelError | None,
    shortest: bool,
    anywhere: bool = False,
) -> Trace:
    """The trace, with identities named as they appear; `anywhere`: it need not start in an initial state."""
    wording = Wording(ground)
    flights = Flights(ground, history)
    wording.count_by_appearance(chain(appearances(wording, history, flights), _bound(wording, about, history, error)))
    trace = _Assembly(wording, history, flights).trace(file, choices, about, error, shortest)
    return replace(trace, apart=apart_from_start(wording, history.start)) if anywhere else trace


def _property(ground: Ground, name: str) -> Property:
    for about in ground.properties:
        if about.name == name:
            return about
    raise EngineBug(f"there is no property `{name}`")


def _claim(ground: Ground, about: Property) -> Claim:
    return ground.model.properties[about.index]


# ---- does it show what it should?


def _verify(ground: Ground, about: Property, history: History) -> None:
    if history.failure is not None:
        raise EngineBug(f"the run for `{about.name}` ends in a model error: {history.failure.message}")
    try:
        shown = _shows(ground, about, history)
    except (RunError, BoundError) as error:
        raise EngineBug(f"`{about.name}` errs at the end of its run: {error}") from error
    if not shown:
        raise EngineBug(f"the run for `{about.name}` does not decide it under the reference semantics")


def _shows(ground: Ground, about: Property, history: History) -> bool:
    match about.kind:
        case "always" | "step":
            return not _value(ground, about, history)
        case "never" | "reachable":
            return _value(ground, about, history)
        case "deadlock free":
            ends = any(in_state(ground, expr, history.end) for expr in ground.terminal)
            return not steps(ground, history.end) and not ends
        case _:
            return True


def _value(ground: Ground, about: Property, history: History) -> bool:
    if not about.on_steps or not history.steps:
        return in_state(ground, about.expr, history.end)
    last = history.steps[-1]
    return on_step(ground, about, about.expr, last.before, last.choice, last.after)


def _verify_error(ground: Ground, about: Property | None, history: History, error: ModelError) -> None:
    if about is None:
        if not history.steps and not error.steps:
            return
        if history.failure is None or str(history.failure.code) != error.code:
            raise EngineBug(f"the run for {error.code} does not end in this error under the reference semantics")
        return
    try:
        if about.kind == "deadlock free":
            _shows(ground, about, history)
        else:
            _value(ground, about, history)
    except (RunError, BoundError):
        return
    raise EngineBug(f"`{about.name}` does not err at the end of its run under the reference semantics")


def _bound(
    wording: Wording, about: Property | None, history: History, error: ModelError | None
) -> Iterator[tuple[str, int]]:
    """The identities that the broken instance is about."""
    if about is None or error is not None or about.kind == "deadlock free":
        return
    claim = _claim(wording.ground, about)
    scene = scene_of(history, about.kind, on_steps=about.on_steps)
    found = broken_instance(wording, claim, scene)
    for local, value in found.locals:
        yield from identities(wording.domain(local.type), value)


# ---- into words


class _Assembly:
    def __init__(self, wording: Wording, history: History, flights: Flights) -> None:
        self.wording, self.history, self.flights = wording, history, flights
        self.ground = wording.ground

    def trace(
        self, file: str, choices: Choices, about: Property | None, error: ModelError | None, shortest: bool
    ) -> Trace:
        model, wording = self.ground.model, self.wording
        types = {parameter.name: parameter.type for parameter in model.parameters}
        return Trace(
            file=file,
            protocol=model.protocol,
            proposal=model.proposal,
            parameters=tuple((name, wording.value(types[name], value)) for name, value in self.ground.parameters),
            goal=about.name if about is not None else error.code if error is not None else "",
            kind="error" if error is not None or about is None else about.kind,
            what=self.what(about, error),
            shortest=shortest,
            lanes=wording.lanes(),
            channels=tuple(
                ChannelNote(channel.name, _channel_text(channel, grounded.options))
                for channel, grounded in zip(model.channels, self.ground.channels, strict=True)
            ),
            messages=tuple(map(self.message, self.flights.all)),
            start=tuple(self.start()),
            steps=tuple(map(self.step, self.history.steps)),
            broken=self.broken(about, error),
            choices=choices,
        )

    def what(self, about: Property | None, error: ModelError | None) -> str:
        """One sentence for the title."""
        if error is not None:
            return error.message
        if about is None:
            return ""
        claim = _claim(self.ground, about)
        return claim.doc[0] if claim.doc else " ".join(claim.expr.span.text.split())

    def start(self) -> Iterator[tuple[str, str]]:
        """Every place that the text declares; all roles are up and all queues as they start."""
        for index in self.wording.in_order(range(len(self.ground.cells))):
            cell = self.ground.cells[index]
            value = self.history.start[index]
            if self.wording.is_shown(index) and cell.kind != "up" and (cell.queue is None or value):
                yield self.wording.place(index), self.wording.held(cell, value)

    def message(self, flight: Flight) -> Message:
        record = self.ground.messages[flight.message[1]]
        values = zip(record.fields, flight.message[2:], strict=True)
        sender, receiver = self.wording.ends(flight.queue)
        return Message(
            id=flight.id,
            channel=self.ground.channels[flight.message[0]].name,
            name=record.name,
            fields=tuple((name, self.wording.names.value(domain, value)) for (name, domain), value in values),
            sender=sender,
            receiver=receiver,
            sent=flight.sent,
            end=flight.end,
            ended=flight.ended,
            copy_of=flight.copy_of,
        )

    def step(self, step: Taken) -> Step:
        wording, traffic = self.wording, self.flights.traffic[step.number - 1]
        lane = wording.lane(step)
        changes = tuple(self.change(step, index) for index in wording.in_order(changed(wording, step)))
        return Step(
            number=step.number,
            lane=lane,
            lanes=self.lanes(step, lane, changes),
            name=step.rule.name,
            label=wording.label(step, self.flights),
            kind=step.rule.kind,
            environment=step.rule.environment,
            received=traffic.received,
            sent=tuple(traffic.sent),
            removed=tuple(traffic.removed),
            changes=changes,
            reads=self.places(step.observed.reads),
            writes=self.places(step.observed.writes),
        )

    def change(self, step: Taken, index: int) -> Change:
        cell, wording = self.ground.cells[index], self.wording
        before, after = wording.held(cell, step.before[index]), wording.held(cell, step.after[index])
        return Change(wording.place(index), before, after, wording.owner(index))

    def lanes(self, step: Taken, lane: str | None, changes: tuple[Change, ...]) -> tuple[str, ...]:
        """All lanes that take part: its own, both ends of what breaks, the owners of what changed."""
        own = () if lane is None else (lane,)
        trigger = step.instance.trigger
        ends = self.wording.ends(trigger.forth) if isinstance(trigger, Break) else ()
        touched = (change.lane for change in changes if change.lane is not None)
        return tuple(dict.fromkeys((*own, *ends, *touched)))

    def places(self, cells: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.wording.place(cell) for cell in cells if self.wording.is_shown(cell))

    # ---- why it ends

    def broken(self, about: Property | None, error: ModelError | None) -> Broken:
        if error is not None:
            return Broken((), error.message, self.read_last(about))
        assert about is not None
        if about.kind == "deadlock free":
            return Broken((), "no step is possible", ())
        scene = scene_of(self.history, about.kind, on_steps=about.on_steps)
        claim = _claim(self.ground, about)
        return described(self.wording, broken_instance(self.wording, claim, scene), scene)

    def read_last(self, about: Property | None) -> tuple[tuple[str, str], ...]:
        """What was read before the error."""
        if about is not None and about.kind != "deadlock free":
            scene = scene_of(self.history, about.kind, on_steps=about.on_steps)
            claim = _claim(self.ground, about)
            return described(self.wording, whole(claim), scene).values
        if not self.history.steps:
            return ()
        last = self.history.steps[-1]
        spy = Spy(last.before)
        for cell in last.observed.reads:
            spy[cell]
        return read_values(self.wording, spy)


def _channel_text(channel: Channel, options: str) -> str:
    arrow = "<->" if channel.both_ways else "->"
    ends = f"{channel.left.role} {arrow} {channel.right.role}"
    return f"{channel.name}: {ends}, {options}" if options else f"{channel.name}: {ends}"
