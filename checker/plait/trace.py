"""A counterexample or witness as everybody prints it: plain data, in words, made by `replay` alone.

    Trace   = what it is about, lanes, messages, start, steps, why it ends
    Step    = number, lane, name, what it received, sent, lost, and what it changed
    Message = one copy in flight: who sent it when, and what became of it

All values are text in the language of the model (`Pending`, `o1`, `{o1, o2}`), so that a trace needs no model to be
read, drawn or stored.  Steps are numbered from 1; step 0 is the initial state.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plait_spec.record import record

StepKind: TypeAlias = Literal["action", "handler", "crash", "restart", "lose", "duplicate", "break"]
End: TypeAlias = Literal["delivered", "lost", "cleared", "in flight"]


@record
class Message:
    """One message copy.

    `id` is its index in `Trace.messages`.  `sender` and `receiver` are lanes.  `sent` is the number of the step that
    sent it (0: there from the start).  `end` says what became of it at step `ended` (None while in flight).  A copy
    that a duplicating delivery leaves in the queue is a message of its own with `copy_of` set.
    """

    id: int
    channel: str
    name: str
    fields: tuple[tuple[str, str], ...]
    sender: str
    receiver: str
    sent: int
    end: End
    ended: int | None
    copy_of: int | None = None

    @property
    def text(self) -> str:
        """`Answer(o1, Pending)`."""
        return f"{self.name}({', '.join(value for _, value in self.fields)})" if self.fields else self.name


@record
class Change:
    """A place of the state with its value before and after; `lane` owns it (None: top level)."""

    place: str
    before: str
    after: str
    lane: str | None


@record
class Step:
    """One transition.

    `name` is the step name (`framework.ask`, `framework.on Answer`, `link.lose`), `label` what a reader sees of it
    (`ask(o1)`, `on Answer(o1, Pending)`, `restart`), without the lane.  `lanes` are all lanes that take part (a break
    has two).  `received` is the message taken, `sent` those sent, `removed` those lost, cut or cleared (ids).
    `reads` are places that the step read and `writes` those that it wrote, for the causal past.
    """

    number: int
    lane: str | None
    lanes: tuple[str, ...]
    name: str
    label: str
    kind: StepKind
    environment: bool
    received: int | None
    sent: tuple[int, ...]
    removed: tuple[int, ...]
    changes: tuple[Change, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@record
class Broken:
    """Why the trace ends where it does: the instance of the property, or the model error, with the values it read.

    `binding` are the outer quantified names (`o`, `o1`); `text` is the claim under them; `values` the places read
    (a `step` property lists places that changed twice: as `x` and `next(x)`).
    """

    binding: tuple[tuple[str, str], ...]
    text: str
    values: tuple[tuple[str, str], ...]


@record
class ChannelNote:
    """A channel as the picture's title says it: `calls: framework -> master, ordered, capacity 2`."""

    name: str
    text: str


@record
class Trace:
    """A run from an initial state.

    `goal` is the property's name and `kind` its kind; for a model error, its code and "error".  `what` is one sentence
    for the title (the property's doc line or text).  `start` lists every place with its value in the initial state.
    `choices` is the run for machines: what replays it.  `loop` is the number of the step to which a lasso returns.
    `apart` is None; of a counterexample to induction, which starts anywhere, it is what differs from an initial state.
    """

    file: str
    protocol: str
    proposal: str | None
    parameters: tuple[tuple[str, str], ...]
    goal: str
    kind: str
    what: str
    shortest: bool
    lanes: tuple[str, ...]
    channels: tuple[ChannelNote, ...]
    messages: tuple[Message, ...]
    start: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    broken: Broken
    choices: Choices
    loop: int | None = None
    apart: tuple[tuple[str, str], ...] | None = None


@record
class Choices:
    """A run as an engine hands it over: the initial state by number and one choice a step.

    Each choice is (instance, at, kept, orders) of `plait_spec.ground.Choice`.
    """

    initial: int
    steps: tuple[tuple[int, int, tuple[int, ...], tuple[tuple[int, ...], ...]], ...]


@record
class TwoStates:
    """A state and a step from it.

    `state` are (place, value) where it differs from the initial state; `who` and `step` name the step (None: there is
    none).  `sent` are the messages that it sends, `removed` those that go unread with what becomes of them (`lost`,
    `cleared`), `changes` are (place, before, after).
    """

    state: tuple[tuple[str, str], ...]
    who: str | None = None
    step: str | None = None
    sent: tuple[str, ...] = ()
    removed: tuple[tuple[End, str], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
