"""A ground model as formulas over Boolean constants of z3: what BMC, IC3 and k-induction work on.

    System = ground, bits, groups, laws, digits, initial, steps, targets
    Bit    = a Boolean constant and what it says of a state (a Fact)
    Fact   = Equals(cell, path, value) | Contains(cell, path, element) | ItemIs(cell, path, position, value)
             | NoItem(cell, path, position)
    Step   = choice, guard, error, cuts, updates: a function from the states where the guard holds to states
    Target = what is searched for: a goal (claim, antecedent, error of a property; error of the model; a cut; a step
             name) as formulas over states, starts and steps

How a state becomes bits: a Boolean is one bit; a number, a label, an identity, an option is a bit for each of its
values; a record or map is its parts; a set is a bit for each element; a sequence, an ordered queue, a bag (sorted, as
in the reference semantics) is a group for each of its places, of which one bit says that there is nothing; a queue
that is `unordered, distinct` is a bit for each message that can be in flight.  Every reachable state has exactly one
encoding, and every bit is a fact about it that can be said in the language of the model.

A formula is a z3 Boolean in the main context, or a Python `bool`.  `bits`, `groups`, `laws` and formulas are made in
the same order in every process, so that a fresh process gives the same answers.

Non-goals: solving, and the Choices of a run, which the reference semantics find from its states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, assert_never

from plait.engines.symbolic.events import cut
from plait.engines.symbolic.formula import Formula, either
from plait.outcome import Goal
from plait.semantics import State
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    size,
    values,
)
from plait_spec.ground import Choice, Ground
from plait_spec.record import record

Path: TypeAlias = tuple[int, ...]
"""The way into a cell's value: positions of record fields and of map keys, outermost first."""


@record
class Equals:
    """The part of the cell's value at `path` is `value`."""

    cell: int
    path: Path
    value: Value


@record
class Contains:
    """The set there has this element, number `index` of its domain; or the queue has this message in flight."""

    cell: int
    path: Path
    element: Value
    index: int


@record
class ItemIs:
    """The sequence or queue there has this item (of a queue: message) at this position, from 0."""

    cell: int
    path: Path
    position: int
    value: Value


@record
class NoItem:
    """The sequence or queue there has no item at this position: its length is at most `position`."""

    cell: int
    path: Path
    position: int


Fact: TypeAlias = Equals | Contains | ItemIs | NoItem


@record
class Bit:
    """A Boolean constant; `term` is called `name`, and `fact` is what it says."""

    term: Any
    name: str
    fact: Fact


@record
class Cut:
    """Where a step is cut by this bound (its text for reports)."""

    bound: str
    when: Formula


@record
class Step:
    """One way to take a rule instance: a position of the message, lengths kept, orders.

    `choice` tells steps apart; in queues that are sets `message` is the message taken and `choice.at` is 0, whatever
    its position in a given state.  From a state the step leads to a state (`guard`), errs (`error`), is cut, or is
    not enabled: never two of these.  `updates` gives, for bits by index, their values after the step as formulas over
    the bits before it; where the guard is false they mean nothing.  Bits that are left out stay.  `stray` says where
    the step leads to a state that has no encoding: nowhere, or the values that have bits were too few (`confinement`).
    """

    choice: Choice
    name: str
    message: Value
    guard: Formula
    error: Formula
    cuts: tuple[Cut, ...]
    updates: Mapping[int, Formula]
    stray: Formula = False


@record
class Target:
    """Something to be reached: `goal` as in `outcome`.

    It is met in a state where `state` holds, in an initial state where `start` holds, and by step number i, taken in
    a state where `steps[i]` holds (which implies that it can be taken there).  Numbers that are left out: never.
    """

    goal: Goal
    state: Formula
    start: Formula
    steps: Mapping[int, Formula]


@record
class System:
    """The encoded model.

    `groups` are indices of bits of which exactly one is true in every state; bits in no group are free.  `laws` hold
    in every encoding of a state, beyond the groups (items stand without gaps, bags are sorted): they hold initially
    and are kept by every step.  `digits` order states as `semantics.state_key` does: of the first digit that differs,
    the state with the earlier formula true is the less.  `initial` is true of exactly the encodings of initial
    states; where an initial value errs or is cut (`no_start`), it means nothing.  `given` are facts that are true of
    every state and have no bits; `stray` says that some initial state has no encoding, as it does of steps.
    """

    ground: Ground
    bits: tuple[Bit, ...]
    groups: tuple[tuple[int, ...], ...]
    laws: tuple[Formula, ...]
    digits: tuple[tuple[Formula, ...], ...]
    initial: Formula
    no_start: Formula
    steps: tuple[Step, ...]
    targets: tuple[Target, ...]
    given: tuple[Fact, ...] = ()
    stray: Formula = False


class UnsupportedError(Exception):
    """The model has no encoding of a bearable size: `construct` says what, `reason` why."""

    def __init__(self, construct: str, reason: str) -> None:
        super().__init__(f"{construct}: {reason}")
        self.construct = construct
        self.reason = reason


# ---- states and bits


def is_fact(fact: Fact, state: State) -> bool:
    """Whether a fact is true of a state."""
    found = state[fact.cell]
    for position in fact.path:
        found = found[position]
    match fact:
        case Equals(_, _, value):
            return bool(found == value)
        case Contains(_, _, element, index):
            return element in found if isinstance(found, tuple) else bool(found >> index & 1)
        case ItemIs(_, _, position, value):
            return position < len(found) and bool(found[position] == value)
        case NoItem(_, _, position):
            return position >= len(found)
        case _:
            assert_never(fact)


def encoded(system: System, state: State) -> tuple[bool, ...]:
    """The bits of a state."""
    return tuple(is_fact(bit.fact, state) for bit in system.bits)


def decoded(system: System, bits: Sequence[bool]) -> State:
    """The state with these bits; inverse to `encoded`."""
    facts = (bit.fact for bit, on in zip(system.bits, bits, strict=True) if on)
    return read_state(system.ground, (*system.given, *facts))


def read_state(ground: Ground, facts: Iterable[Fact]) -> State:
    """The state of which these facts, and no others that have bits, are true."""
    known: dict[tuple[int, Path], list[Fact]] = {}
    for fact in facts:
        known.setdefault((fact.cell, fact.path), []).append(fact)
    cells: list[Value] = []
    for index, cell in enumerate(ground.cells):
        if cell.domain is not None:
            cells.append(_read(cell.domain, index, (), known))
        else:
            cells.append(_read_queue(known.get((index, ()), [])))
    return tuple(cells)


def _read(domain: Domain, cell: int, path: Path, known: dict[tuple[int, Path], list[Fact]]) -> Value:
    facts = known.get((cell, path), [])
    match domain:
        case BoolDomain():
            return bool(facts)
        case RangeDomain() | EnumDomain() | IdsDomain() | OptionDomain():
            found = [fact.value for fact in facts if isinstance(fact, Equals)]
            return found[0] if found else next(values(domain))
        case RecordDomain(_, fields):
            return tuple(_read(of, cell, (*path, at), known) for at, (_, of) in enumerate(fields))
        case MapDomain(key, of):
            return tuple(_read(of, cell, (*path, at), known) for at in range(size(key)))
        case SetDomain():
            return sum(1 << fact.index for fact in facts if isinstance(fact, Contains))
        case SeqDomain():
            return _read_items(facts)
        case _:
            assert_never(domain)


def _read_items(facts: Iterable[Fact]) -> tuple[Value, ...]:
    items = [(fact.position, fact.value) for fact in facts if isinstance(fact, ItemIs)]
    return tuple(value for _, value in sorted(items, key=lambda pair: pair[0]))


def _read_queue(facts: Sequence[Fact]) -> tuple[Value, ...]:
    kept = [(fact.index, fact.element) for fact in facts if isinstance(fact, Contains)]
    return tuple(message for _, message in sorted(kept, key=lambda pair: pair[0])) or _read_items(facts)


# ---- what proofs ask for


def target(system: System, goal: Goal) -> Target:
    """The target of a goal."""
    return next(found for found in system.targets if found.goal == goal)


def cuts_of(system: System) -> dict[str, Goal]:
    """The bounds that some step could meet, with the goals of the targets that one does."""
    return {one.bound: cut(one.bound) for step in system.steps for one in step.cuts}


def bad(system: System, goal: Goal) -> Formula:
    """The states where a goal is met or from which a step meets it; a start that meets it is not among them."""
    found = target(system, goal)
    return either([found.state, *found.steps.values()])
