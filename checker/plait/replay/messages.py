"""Every message of a run, from its sending to its end.

Equal messages of a bag are told apart by age: the oldest goes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from plait.errors import EngineBug
from plait.replay.history import History, Taken
from plait.semantics import Sent
from plait.trace import End
from plait_spec.domains import Value
from plait_spec.ground import Act, Break, Ground, Lose, Receive


@dataclass
class Flight:
    """One message: its index, its queue cell and value, when it was sent, and how it ended."""

    id: int
    queue: int
    message: Value
    sent: int
    end: End = "in flight"
    ended: int | None = None
    copy_of: int | None = None


@dataclass
class Traffic:
    """What one step did to messages, by their indices."""

    received: int | None = None
    sent: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)


class Flights:
    """All messages of a run, and the traffic of each step."""

    def __init__(self, ground: Ground, history: History) -> None:
        self.ground = ground
        self.all: list[Flight] = []
        self.queues: dict[int, list[Flight]] = {}
        self.traffic: list[Traffic] = []
        for index, cell in enumerate(ground.cells):
            if cell.queue is not None:
                self.queues[index] = [self._new(index, message, 0) for message in history.start[index]]
        for step in history.steps:
            self.traffic.append(self._step(step))
            self._compare(step)

    def _new(self, queue: int, message: Value, sent: int, copy_of: int | None = None) -> Flight:
        flight = Flight(len(self.all), queue, message, sent, copy_of=copy_of)
        self.all.append(flight)
        return flight

    def _step(self, step: Taken) -> Traffic:
        traffic = Traffic()
        if step.erred:
            return traffic
        self._trigger(step, traffic)
        for event in step.observed.events:
            if isinstance(event, Sent):
                flight = self._new(event.queue, event.message, step.number)
                self.queues[event.queue].append(flight)
                traffic.sent.append(flight.id)
            else:
                gone = [one for one in self.queues[event.queue] if event.channel in (None, one.message[0])]
                self._end(gone, "cleared", step.number, traffic)
        return traffic

    def _trigger(self, step: Taken, traffic: Traffic) -> None:
        match step.instance.trigger:
            case Act():
                pass
            case Receive(queue, _, _, keep):
                flight = self._oldest(queue, step.before[queue][step.choice.at], step.choice.at)
                traffic.received = flight.id
                flight.end, flight.ended = "delivered", step.number
                at = self.queues[queue].index(flight)
                kept = [self._new(queue, flight.message, flight.sent, copy_of=flight.id)] if keep else []
                self.queues[queue][at : at + 1] = kept
            case Lose(queue):
                flight = self._oldest(queue, step.before[queue][step.choice.at], step.choice.at)
                self._end([flight], "lost", step.number, traffic)
            case Break(forth, back):
                cut = (forth,) if back is None else (forth, back)
                for queue, length in zip(cut, step.choice.kept, strict=True):
                    self._end(self.queues[queue][length:], "lost", step.number, traffic)

    def _oldest(self, queue: int, message: Value, at: int) -> Flight:
        """The message at a position of an ordered queue, or the oldest such message of a bag."""
        about = self.ground.cells[queue].queue
        if about is not None and about.ordered:
            return self.queues[queue][at]
        return next(flight for flight in self.queues[queue] if flight.message == message)

    def _end(self, gone: Iterable[Flight], end: End, number: int, traffic: Traffic) -> None:
        for flight in list(gone):
            flight.end, flight.ended = end, number
            self.queues[flight.queue].remove(flight)
            traffic.removed.append(flight.id)

    def _compare(self, step: Taken) -> None:
        """What is in flight must be what the queues hold."""
        for queue, flights in self.queues.items():
            if sorted(map(repr, step.after[queue])) != sorted(repr(flight.message) for flight in flights):
                raise EngineBug(f"step {step.number}: the messages of `{self.ground.cells[queue].name}` do not add up")
