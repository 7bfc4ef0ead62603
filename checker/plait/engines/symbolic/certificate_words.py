"""Facts about states in the language of a model, for certificates.

A fact becomes an expression over bound names: identities are called as reports call them (`a1`, `o2`), and whoever
writes the expression binds these names. Some facts cannot be said in the language: what stands at which place of a
queue, monitors, budgets, maps inside of values. They have a text of their own (`place`), which is not parsed but
compared.
"""

from __future__ import annotations

import re
from dataclasses import replace

from plait.engines.symbolic.system import Contains, Equals, Fact, ItemIs, NoItem, Path, System
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
from plait_spec.types import IdsType

Identity = tuple[str, int]
"""A sort and the index of one of its identities."""


class Words:
    """The facts of one system in words."""

    def __init__(self, system: System) -> None:
        self.system, self.ground = system, system.ground
        self.names: Names = _free_names(system.ground)
        self.carried: dict[tuple[Value, Value, int, Value], int] = {}
        for bit in system.bits:
            cell = self.ground.cells[bit.fact.cell]
            if cell.queue is not None and isinstance(bit.fact, Contains):
                key = (cell.queue.left, cell.queue.right, cell.queue.carrier, bit.fact.element)
                self.carried[key] = self.carried.get(key, 0) + 1

    def literal(self, bit: int, *, true: bool) -> str | None:
        """That the fact of a bit is true, or that it is not; None where the language has no words for it."""
        fact = self.system.bits[bit].fact
        cell = self.ground.cells[fact.cell]
        if cell.queue is not None:
            said = self._in_flight(fact, cell.queue)
            return said if said is None or true else f"not {said}"
        if cell.kind in ("monitor", "budget", "up"):
            return None
        assert cell.domain is not None
        found = self._part(self.names.place(cell), cell.domain, fact.path)
        return None if found is None else self._of_part(*found, fact, true)

    def _of_part(self, place: str, domain: Domain, fact: Fact, true: bool) -> str | None:
        match fact, domain:
            case Equals(_, _, value), BoolDomain():
                return place if value == true else f"not {place}"
            case Equals(_, _, value), _:
                return (
                    None if not _sayable(domain) else f"{place} {'==' if true else '!='} {self._value(domain, value)}"
                )
            case Contains(_, _, element), SetDomain(of) if _sayable(of):
                return f"{self._value(of, element)} {'in' if true else 'not in'} {place}"
            case NoItem(_, _, position), _:
                return f"size({place}) {'<=' if true else '>'} {position}"
            case ItemIs(_, _, position, value), SeqDomain(of) if _sayable(of):
                said = f"size({place}) > {position} and at({place}, {position}) == {self._value(of, value)}"
                return f"({said})" if true else f"not ({said})"
            case _:
                return None

    def _part(self, place: str, domain: Domain, path: Path) -> tuple[str, Domain] | None:
        """A part of a value, and its domain; None where it cannot be named."""
        if not path:
            return place, domain
        match domain:
            case RecordDomain(_, fields):
                name, of = fields[path[0]]
                return self._part(f"{place}.{name}", of, path[1:])
            case MapDomain(key, of) if _sayable(key):
                return self._part(f"{place}[{self._value(key, list(values(key))[path[0]])}]", of, path[1:])
            case _:
                return None

    def _value(self, domain: Domain, value: Value) -> str:
        return self.names.value(domain, value)

    def _in_flight(self, fact: Fact, queue: Queue) -> str | None:
        """`link[a1] has Update(op: o1)`, where that means this queue alone."""
        if not isinstance(fact, Contains):
            return None
        channel, message, *fields = fact.element
        record = self.ground.messages[message]
        key = (queue.left, queue.right, queue.carrier, fact.element)
        if self.carried[key] > 1 or not all(_sayable(of) for _, of in record.fields):
            return None
        about = self.ground.model.channels[channel]
        ends = []
        for end, identity in ((about.left, queue.left), (about.right, queue.right)):
            match end.family:
                case None:
                    pass
                case IdsType(sort):
                    ends.append(f"[{self.names.identity(sort, identity)}]")
                case _:
                    return None
        said = ", ".join(
            f"{name}: {self._value(of, value)}" for (name, of), value in zip(record.fields, fields, strict=True)
        )
        return f"{about.name}{''.join(ends)} has {record.name}{f'({said})' if said else ''}"

    # ---- what cannot be said

    def place(self, bit: int) -> str:
        """The fact as a text of its own, one for each bit."""
        fact = self.system.bits[bit].fact
        cell = self.ground.cells[fact.cell]
        place = self.names.place(cell) + "".join(f".{at}" for at in fact.path)
        match fact:
            case Equals(_, _, value):
                return f"{place} is {self._whole(cell, fact.path, value)}"
            case Contains(_, _, element):
                return f"{place} has {self._item(cell, fact.path, element)}"
            case NoItem(_, _, position):
                return f"{place} has nothing at {position}"
            case ItemIs(_, _, position, value):
                return f"{place} has at {position} {self._item(cell, fact.path, value)}"

    def _whole(self, cell: Cell, path: Path, value: Value) -> str:
        assert cell.domain is not None
        return self._value(domain_below(cell.domain, path), value)

    def _item(self, cell: Cell, path: Path, value: Value) -> str:
        if cell.queue is not None:
            return f"{self.ground.channels[value[0]].name}: {self.names.message(self.ground.messages, value)}"
        assert cell.domain is not None
        match domain_below(cell.domain, path):
            case SetDomain(of) | SeqDomain(of, _):
                return self._value(of, value)
            case _:
                raise AssertionError("only sets and sequences have items")

    # ---- identities

    def identities(self, bit: int) -> frozenset[Identity]:
        """The identities that a fact mentions."""
        fact = self.system.bits[bit].fact
        cell = self.ground.cells[fact.cell]
        found = set[Identity]()
        for domain, key in zip(cell.key_domains, cell.keys, strict=True):
            found |= mentioned(domain, key)
        if cell.queue is not None:
            about = self.ground.model.channels[cell.queue.carrier]
            for end, identity in ((about.left, cell.queue.left), (about.right, cell.queue.right)):
                if isinstance(end.family, IdsType):
                    found.add((end.family.name, identity))
            if isinstance(fact, Contains | ItemIs):
                item = fact.element if isinstance(fact, Contains) else fact.value
                found |= mentioned(self.ground.messages[item[1]], item[2:])
            return frozenset(found)
        assert cell.domain is not None
        found |= _on_the_way(cell.domain, fact.path)
        below = domain_below(cell.domain, fact.path)
        match fact, below:
            case Equals(_, _, value), _:
                found |= mentioned(below, value)
            case Contains(_, _, element), SetDomain(of):
                found |= mentioned(of, element)
            case ItemIs(_, _, _, value), SeqDomain(of):
                found |= mentioned(of, value)
            case _:
                pass
        return frozenset(found)


def _free_names(ground: Ground) -> Names:
    """What things are called, with names of identities that nothing in the text of the model has."""
    model = ground.model
    spans = [model.span, *(one.span for one in model.variables), *(one.span for one in model.rules)]
    sources = {span.source.text for span in spans}
    taken = {word for text in sources for word in re.findall(r"\w+", text)}
    names = names_of(model)
    prefixes = dict(names.prefixes)
    for sort, count in ground.ids:
        while any(f"{prefixes[sort]}{at}" in taken for at in range(1, count + 1)):
            prefixes[sort] += "_"
    return replace(names, prefixes=prefixes)


def domain_below(domain: Domain, path: Path) -> Domain:
    """The domain of a part."""
    for at in path:
        match domain:
            case RecordDomain(_, fields):
                domain = fields[at][1]
            case MapDomain(_, of):
                domain = of
            case _:
                raise AssertionError("a path goes through records and maps only")
    return domain


def _on_the_way(domain: Domain, path: Path) -> set[Identity]:
    """The identities among the keys that a path takes."""
    found = set[Identity]()
    for at in path:
        if isinstance(domain, MapDomain):
            found |= mentioned(domain.key, list(values(domain.key))[at])
        domain = domain_below(domain, (at,))
    return found


def _sayable(domain: Domain) -> bool:
    """Whether the words for values of a domain are expressions of the language."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain() | IdsDomain():
            return True
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of, _):
            return _sayable(of)
        case RecordDomain(_, fields):
            return all(_sayable(of) for _, of in fields)
        case MapDomain():
            return False


def mentioned(domain: Domain, value: Value) -> set[Identity]:
    """The identities in a value."""
    match domain:
        case BoolDomain() | RangeDomain() | EnumDomain():
            return set()
        case IdsDomain(name):
            return {(name, value)}
        case OptionDomain(of):
            return set() if value is None else mentioned(of, value)
        case RecordDomain(_, fields):
            return set[Identity]().union(*(mentioned(of, item) for (_, of), item in zip(fields, value, strict=True)))
        case SetDomain(of):
            return set[Identity]().union(*(mentioned(of, element) for element in members(domain, value)))
        case MapDomain(key, of):
            pairs = zip(values(key), value, strict=True)
            return set[Identity]().union(*(mentioned(key, at) | mentioned(of, item) for at, item in pairs))
        case SeqDomain(of, _):
            return set[Identity]().union(*(mentioned(of, item) for item in value))
