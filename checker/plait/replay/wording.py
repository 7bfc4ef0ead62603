"""Names of everything in a trace: lanes, places, steps, values, with identities counted as they appear in the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from plait.replay.history import History, Taken
from plait.replay.messages import Flight, Flights
from plait_spec.core import Channel, End
from plait_spec.domain_of import domain_of
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
    members,
    values,
)
from plait_spec.ground import Cell, Ground, Queue
from plait_spec.naming import Names, names_of
from plait_spec.types import Type

HIDDEN = frozenset(("monitor", "budget"))  # kinds of cells that no reader asked for


class Wording:
    """Texts of one run; until `count_by_appearance` identities have the numbers that the engine gave them."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.model = ground, ground.model
        self.parameters = dict(ground.parameters)
        self.names: Names = names_of(ground.model)
        self.owners = {variable.name: variable for variable in ground.model.variables}
        self.roles = {end.role: end for end in ground.model.roles}

    def count_by_appearance(self, appeared: Iterator[tuple[str, int]]) -> None:
        """Number the identities of each sort in the order in which they appear; the rest follow."""
        order: dict[str, dict[int, None]] = {sort: {} for sort, _ in self.ground.ids}
        for sort, identity in appeared:
            order[sort][identity] = None
        renaming: dict[str, list[int]] = {}
        for sort, count in self.ground.ids:
            row = list(order[sort]) + [identity for identity in range(count) if identity not in order[sort]]
            renaming[sort] = [row.index(identity) for identity in range(count)]
        self.names = self.names.under(renaming)

    # ---- values

    def domain(self, type: Type) -> Domain:
        """The domain of a type for the parameters of this run."""
        return domain_of(type, self.parameters)

    def value(self, type: Type, value: Value) -> str:
        """A value of a type."""
        return self.names.value(self.domain(type), value)

    def held(self, cell: Cell, value: Value) -> str:
        """What a cell holds."""
        if cell.domain is not None:
            return self.names.value(cell.domain, value)
        return f"[{', '.join(self.names.message(self.ground.messages, message) for message in value)}]"

    # ---- places and lanes

    def place(self, index: int) -> str:
        """The name of a cell."""
        return self.names.place(self.ground.cells[index])

    def in_order(self, cells: Iterable[int]) -> list[int]:
        """The cells where they are, but those of one variable among themselves by the names of their identities."""
        listed = list(cells)
        places: dict[str, list[int]] = {}
        for at, index in enumerate(listed):
            if self.ground.cells[index].queue is None:
                places.setdefault(self.ground.cells[index].variable, []).append(at)
        for slots in places.values():
            of_one = sorted(listed[at] for at in slots)
            ranks: list[dict[Value, int]] = [{} for _ in self.ground.cells[of_one[0]].keys]
            for index in of_one:
                for rank, key in zip(ranks, self.ground.cells[index].keys, strict=True):
                    rank.setdefault(key, len(rank))
            of_one.sort(key=lambda index: self._rank(index, ranks))
            for at, index in zip(slots, of_one, strict=True):
                listed[at] = index
        return listed

    def _rank(self, index: int, ranks: list[dict[Value, int]]) -> tuple[int, ...]:
        cell, renaming = self.ground.cells[index], self.names.renaming
        return tuple(
            renaming[domain.name][key] if isinstance(domain, IdsDomain) and domain.name in renaming else rank[key]
            for domain, key, rank in zip(cell.key_domains, cell.keys, ranks, strict=True)
        )

    def is_shown(self, index: int) -> bool:
        """Whether the cell is something that the text declares."""
        return self.ground.cells[index].kind not in HIDDEN

    def member(self, end: End, identity: Value) -> str:
        """The lane of a role instance."""
        return self.names.member(end.role, None if end.family is None else self.domain(end.family), identity)

    def lanes(self) -> tuple[str, ...]:
        """One lane for each role instance, in declaration order."""
        return tuple(self._lanes())

    def _lanes(self) -> Iterator[str]:
        for end in self.model.roles:
            if end.family is None:
                yield end.role
                continue
            domain = self.domain(end.family)
            identities = list(values(domain))
            if isinstance(domain, IdsDomain) and domain.name in self.names.renaming:
                identities.sort(key=lambda one: self.names.renaming[domain.name][one])
            yield from (self.names.member(end.role, domain, identity) for identity in identities)

    def owner(self, index: int) -> str | None:
        """The lane of the role instance that owns a cell; None for what stands at top level."""
        cell = self.ground.cells[index]
        variable = self.owners.get(cell.variable)
        if cell.queue is not None or variable is None or variable.role is None:
            return None
        return self.member(self.roles[variable.role], cell.keys[0] if variable.family is not None else None)

    def ends(self, queue: int) -> tuple[str, str]:
        """The lanes of the sender and the receiver of a queue."""
        about = self.ground.cells[queue].queue
        assert about is not None
        channel = self.model.channels[about.carrier]
        left, right = self._end(channel, about, 0), self._end(channel, about, 1)
        return (left, right) if about.forward else (right, left)

    def _end(self, channel: Channel, queue: Queue, side: int) -> str:
        end = (channel.left, channel.right)[side]
        return self.member(end, (queue.left, queue.right)[side])

    def lane(self, step: Taken) -> str | None:
        """The lane of the role instance that steps."""
        if step.rule.role is None:
            return None
        return self.member(self.roles[step.rule.role], step.instance.args[0] if step.rule.member else None)

    # ---- steps

    def message(self, flight: Flight) -> str:
        """`Answer(o1, Pending)`."""
        return self.names.message(self.ground.messages, flight.message)

    def label(self, step: Taken, flights: Flights) -> str:
        """What a reader sees of a step."""
        traffic = flights.traffic[step.number - 1]
        what = step.rule.name.partition(".")[2] if step.rule.role is not None else step.rule.name
        match step.rule.kind:
            case "lose":
                gone = ", ".join(self.message(flights.all[id]) for id in traffic.removed)
                return f"{step.rule.name.partition('.')[0]} loses {gone}"
            case "break":
                return f"{step.rule.name.partition('.')[0]} breaks"
            case "handler" | "duplicate":
                return f"{self._received(step)}{self._picks(step)}"
            case "crash" | "restart":
                return what
            case "action":
                return f"{what}{self._arguments(step)}{self._picks(step)}"
            case _:
                assert_never(step.rule.kind)

    def _received(self, step: Taken) -> str:
        return "on" if step.message is None else f"on {self.names.message(self.ground.messages, step.message)}"

    def _arguments(self, step: Taken) -> str:
        hidden = {0} if step.rule.member else set[int]()
        pairs = zip(step.rule.params, step.instance.args, strict=True)
        texts = [self.value(local.type, value) for at, (local, value) in enumerate(pairs) if at not in hidden]
        return f"({', '.join(texts)})" if texts else ""

    def _picks(self, step: Taken) -> str:
        pairs = zip(step.rule.picks, step.instance.picks, strict=True)
        texts = [f"{pick.local.name} = {self.value(pick.local.type, value)}" for pick, value in pairs]
        return f" with {', '.join(texts)}" if texts else ""


# ---- the order in which identities appear


def appearances(wording: Wording, history: History, flights: Flights) -> Iterator[tuple[str, int]]:
    """Every identity that the steps of a run mention, in the order in which a reader meets them."""
    ground = wording.ground
    for step in history.steps:
        for local, value in zip(step.rule.params, step.instance.args, strict=True):
            yield from identities(wording.domain(local.type), value)
        for pick, value in zip(step.rule.picks, step.instance.picks, strict=True):
            yield from identities(wording.domain(pick.local.type), value)
        traffic = flights.traffic[step.number - 1]
        moved = [flights.all[id].message for id in (*traffic.sent, *traffic.removed)]
        for message in (*(() if step.message is None else (step.message,)), *moved):
            yield from identities(ground.messages[message[1]], message[2:])
        for index in changed(wording, step):
            cell = ground.cells[index]
            for domain, key in zip(cell.key_domains, cell.keys, strict=True):
                yield from identities(domain, key)
            if cell.domain is not None:
                yield from identities(cell.domain, step.after[index])


def changed(wording: Wording, step: Taken) -> list[int]:
    """The cells of variables that a step changed."""
    return [
        index
        for index, cell in enumerate(wording.ground.cells)
        if cell.queue is None and wording.is_shown(index) and step.before[index] != step.after[index]
    ]


def identities(domain: Domain, value: Value) -> Iterator[tuple[str, int]]:
    """The identities in a value, in the order of its text; keys of maps are not among them."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return
        case IdsDomain(name):
            yield name, value
        case OptionDomain(of):
            if value is not None:
                yield from identities(of, value)
        case RecordDomain(_, fields):
            for (_, of), item in zip(fields, value, strict=True):
                yield from identities(of, item)
        case SetDomain(of):
            for element in members(domain, value):
                yield from identities(of, element)
        case MapDomain(_, of) | SeqDomain(of, _):
            for item in value:
                yield from identities(of, item)
        case _:
            assert_never(domain)
