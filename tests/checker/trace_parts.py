"""What traces are made of by hand: messages, steps and channels of a small reconciliation."""

from __future__ import annotations

from collections.abc import Iterable

from plait.trace import Broken, Change, ChannelNote, Choices, End, Message, Step, StepKind, Trace

FRAMEWORK, MASTER, AGENT1, AGENT2 = "framework", "master", "agent[a1]", "agent[a2]"
CALLS = ChannelNote("calls", "calls: framework -> master, ordered, capacity 2, cleared by crash of either end")
ANSWERS = ChannelNote("answers", "answers: master -> framework, ordered, capacity 2")
EVENTS = ChannelNote("events", "events: master -> framework, ordered, capacity 2")
LINK = ChannelNote("link", "link: agent <-> master, ordered, capacity 2, may break 1")
LOSSY = ChannelNote("link", "link: agent <-> master, unordered, capacity 4, may lose 1, may duplicate 1")
VIEW, KNOWN, DONE = "framework.view[o1]", "master.known[o1]", "agent[a1].done[o1]"


def message(
    id: int,
    channel: str,
    text: str,
    between: tuple[str, str],
    when: tuple[int, int | None],
    end: End = "delivered",
    copy_of: int | None = None,
) -> Message:
    """A message from its text: `Answer(o1, Pending)`."""
    name, _, rest = text.removesuffix(")").partition("(")
    fields = tuple((f"f{index}", value) for index, value in enumerate(rest.split(", "))) if rest else ()
    return Message(id, channel, name, fields, *between, when[0], end, when[1], copy_of)


def step(
    number: int,
    lane: str | None,
    label: str,
    changes: Iterable[tuple[str, str, str]] = (),
    *,
    kind: StepKind = "action",
    environment: bool = False,
    received: int | None = None,
    sent: tuple[int, ...] = (),
    removed: tuple[int, ...] = (),
    lanes: tuple[str, ...] | None = None,
    reads: tuple[str, ...] = (),
) -> Step:
    """A step; what it writes is what it changes."""
    places = tuple(Change(place, before, after, lane) for place, before, after in changes)
    name = label.partition("(")[0]
    return Step(
        number=number,
        lane=lane,
        lanes=lanes if lanes is not None else () if lane is None else (lane,),
        name=f"{lane.partition('[')[0]}.{name}" if lane else name,
        label=label,
        kind="handler" if label.startswith("on ") and kind == "action" else kind,
        environment=environment,
        received=received,
        sent=sent,
        removed=removed,
        changes=places,
        reads=reads,
        writes=tuple(change.place for change in places),
    )


def trace(
    steps: tuple[Step, ...],
    messages: tuple[Message, ...] = (),
    *,
    lanes: tuple[str, ...] = (FRAMEWORK, MASTER, AGENT1),
    channels: tuple[ChannelNote, ...] = (CALLS, ANSWERS, EVENTS, LINK),
    goal: str = "NoRegress",
    kind: str = "step",
    what: str = "A recorded terminal status is never replaced by an older one",
    broken: Broken | None = None,
    proposal: str | None = None,
    protocol: str = "Reconcile",
    parameters: tuple[tuple[str, str], ...] = (("agents", "1"), ("ops", "1"), ("failovers", "0")),
    shortest: bool = True,
    loop: int | None = None,
) -> Trace:
    """A trace about reconciliation, unless told otherwise."""
    return Trace(
        file="models/reconcile.plait",
        protocol=protocol,
        proposal=proposal,
        parameters=parameters,
        goal=goal,
        kind=kind,
        what=what,
        shortest=shortest,
        lanes=lanes,
        channels=channels,
        messages=messages,
        start=((VIEW, "Pending"), (KNOWN, "Pending"), (DONE, "false")),
        steps=steps,
        broken=broken or REGRESS,
        choices=Choices(0, tuple((0, 0, (), ()) for _ in steps)),
        loop=loop,
    )


REGRESS = Broken(
    (("o", "o1"),),
    "framework.view[o] == Finished implies next(framework.view[o]) == Finished",
    ((VIEW, "Finished"), (f"next({VIEW})", "Pending")),
)
UP, DOWN, CALL = (AGENT1, MASTER), (MASTER, FRAMEWORK), (FRAMEWORK, MASTER)
