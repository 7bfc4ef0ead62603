"""Steps told by what they do, so that they are found again in another state, or in another expansion of the model.

    Move = a rule with its arguments and picks, the queue by its ends, the message by what it says, what a break keeps

A choice names an instance and a position by number; both mean something else once an earlier step is left out or the
model is expanded in another way.  A move says what was meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import TypeAlias, assert_never

from plait.errors import EngineBug
from plait.replay.history import History, Taken
from plait.semantics import Outcome, Reached, State, initial_state, steps_of
from plait.trace import Choices
from plait_spec.domains import Value
from plait_spec.ground import Act, Break, Choice, Ground, Instance, Lose, Receive
from plait_spec.record import record

MOST = 5_000  # choices of one instance that are compared: orders of an `unordered for` are many

Values: TypeAlias = tuple[Value, ...]
Connection: TypeAlias = tuple[int, bool, Value, Value]
Key: TypeAlias = tuple[int, Values, Values, tuple[Connection, ...], Values]


@record
class Move:
    """One step of a run.

    `rule`, `args`, `picks`, `queues` and `what` tell the instance apart from all others of any expansion of the same
    model.  `queues` are those that its trigger looks at: carrier, whether forward, the identities at its ends.  `what`
    is the rest of the trigger.  `message` is what is taken or lost (None: nothing is), `kept` the messages that a break
    keeps in each queue.  `at` and `orders` are as they were, for where several choices fit.
    """

    rule: int
    args: Values
    picks: Values
    queues: tuple[Connection, ...]
    what: Values
    message: Value | None
    at: int
    kept: tuple[Values, ...]
    orders: tuple[tuple[int, ...], ...]

    @property
    def key(self) -> Key:
        """The instance."""
        return (self.rule, self.args, self.picks, self.queues, self.what)


def moves_of(ground: Ground, history: History) -> tuple[Move, ...]:
    """The steps of a run."""
    return tuple(_move(ground, step) for step in history.steps)


def _move(ground: Ground, step: Taken) -> Move:
    cut = zip(_cut(step.instance), step.choice.kept, strict=True)
    kept = tuple(step.before[queue][:length] for queue, length in cut)
    rule, args, picks, queues, what = _key(ground, step.instance)
    return Move(rule, args, picks, queues, what, step.message, step.choice.at, kept, step.choice.orders)


def _cut(instance: Instance) -> tuple[int, ...]:
    """The queues that a break cuts."""
    match instance.trigger:
        case Break(forth, None):
            return (forth,)
        case Break(forth, int(back)):
            return (forth, back)
        case _:
            return ()


def _key(ground: Ground, instance: Instance) -> Key:
    """What an instance is, whatever its number and the numbers of the cells: see `Move`."""
    queues, what = _trigger(instance)
    return (instance.rule, instance.args, instance.picks, tuple(_queue(ground, queue) for queue in queues), what)


def _trigger(instance: Instance) -> tuple[tuple[int, ...], Values]:
    match instance.trigger:
        case Act():
            return (), ()
        case Receive(queue, channel, message, keep):
            return (queue,), (channel, message, keep)
        case Lose(queue, channel):
            return (queue,), (channel,)
        case Break():
            return _cut(instance), ()
        case _:
            assert_never(instance.trigger)


def _queue(ground: Ground, cell: int) -> Connection:
    queue = ground.cells[cell].queue
    assert queue is not None
    return queue.carrier, queue.forward, queue.left, queue.right


class Finder:
    """Finds moves among the choices of a state; the same choice for the same question, always."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.instances = {_key(ground, instance): index for index, instance in enumerate(ground.instances)}

    def find(self, state: State, move: Move) -> tuple[Choice, Outcome] | None:
        """The choice that does what the move does, or comes closest; None where the state offers none.

        The rule, its arguments and the message are never others.  Position, what a break keeps and the orders of an
        `unordered for` are as close to those of the move as the state allows; the first of several.
        """
        index = self.instances.get(move.key)
        if index is None:
            return None
        instance = self.ground.instances[index]
        offered = [
            (choice, outcome)
            for choice, outcome in islice(steps_of(self.ground, state, index), MOST)
            if _message(state, instance, choice) == move.message
        ]
        return min(offered, key=lambda one: _distance(state, instance, one[0], move), default=None)


def _message(state: State, instance: Instance, choice: Choice) -> Value | None:
    match instance.trigger:
        case Receive(queue) | Lose(queue):
            return state[queue][choice.at]
        case _:
            return None


def _distance(state: State, instance: Instance, choice: Choice, move: Move) -> tuple[int, int, int]:
    """How far a choice is from what was meant: in what a break keeps, in position, in orders."""
    wanted = [_common(state[queue], kept) for queue, kept in zip(_cut(instance), move.kept, strict=True)]
    kept = sum(abs(length - want) for length, want in zip(choice.kept, wanted, strict=True))
    orders = sum(map(_disorder, choice.orders, move.orders)) + abs(len(choice.orders) - len(move.orders))
    return kept, abs(choice.at - move.at), orders


def _common(items: Sequence[Value], kept: Sequence[Value]) -> int:
    """How long a prefix holds nothing but messages that were kept, each as often as it was."""
    left = Counter(kept)
    for length, item in enumerate(items):
        if not left[item]:
            return length
        left[item] -= 1
    return len(items)


def _disorder(order: Sequence[int], wanted: Sequence[int]) -> int:
    """Pairs that stand the other way round; passes that the wanted order lacks come after it, in their own order."""
    place = {one: at for at, one in enumerate(wanted)}
    rank = [(place.get(one, len(wanted)), one) for one in order]
    return sum(rank[j] < rank[i] for j in range(len(rank)) for i in range(j))


def carried(ground: Ground, initial: int, moves: Sequence[Move]) -> Choices:
    """The choices of a run that makes exactly these moves in this expansion; EngineBug where one is not offered.

    `initial` numbers the initial state.  The last move may end in an error of the model.
    """
    finder, state = Finder(ground), initial_state(ground, initial)
    choices: list[Choice] = []
    for number, move in enumerate(moves, start=1):
        found = finder.find(state, move)
        if found is None:
            raise EngineBug(f"step {number} of a run is not possible in another expansion of the model")
        choice, outcome = found
        choices.append(choice)
        if isinstance(outcome, Reached):
            state = outcome.state
    return as_choices(initial, choices)


def as_choices(initial: int, choices: Sequence[Choice]) -> Choices:
    """A run as it is handed over."""
    return Choices(initial, tuple((one.instance, one.at, one.kept, one.orders) for one in choices))
