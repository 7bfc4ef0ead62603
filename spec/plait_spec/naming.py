"""Values, identities and places of the state as text, in the words of the language.

    identity   o1            the sort's first letter, counted from 1; the whole name where a letter is not enough
    value      Pending, {o1, o2}, none, [a, b], Packet(kind: Ask, op: 3), {o1 -> Pending, o2 -> none}
    place      framework.view[o1], agent[a1].done[o1], link a1 -> master

A renaming says for each sort what each identity is called instead (`domains.renamed`), so that a trace can count
identities in the order in which they appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, assert_never

from plait_spec.core import End, Model
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
    renamed,
    values,
)
from plait_spec.ground import Cell, Queue
from plait_spec.record import record
from plait_spec.types import EnumType, IdsType, MapType, OptionType, RecordType, SeqType, SetType, Type

Renaming: TypeAlias = Mapping[str, Sequence[int]]


@record
class Names:
    """What things of one model are called.

    `prefixes` gives each sort's beginning of names, `owners` the role of each variable that a family owns, `ends` the
    two ends of each channel, in the order of the model.
    """

    prefixes: Mapping[str, str]
    owners: Mapping[str, str]
    ends: tuple[tuple[str, End, End], ...]
    renaming: Renaming

    def under(self, renaming: Renaming) -> Names:
        """The same names with identities called otherwise."""
        return replace(self, renaming=renaming)

    def identity(self, sort: str, index: int) -> str:
        """`o1`."""
        shown = self.renaming[sort][index] if sort in self.renaming else index
        return f"{self.prefixes[sort]}{shown + 1}"

    def value(self, domain: Domain, value: Value) -> str:
        """A value in the words of the language."""
        return _Plain(self.prefixes).text(domain, renamed(domain, value, self.renaming))

    def place(self, cell: Cell) -> str:
        """A place of the state; `agent[a1].done[o1]` where a family owns it."""
        if cell.queue is not None:
            return self.queue(cell.queue)
        keys = [self.value(domain, key) for domain, key in zip(cell.key_domains, cell.keys, strict=True)]
        role = self.owners.get(cell.variable)
        if role is None or not keys:
            return cell.variable + "".join(f"[{key}]" for key in keys)
        rest = cell.variable.removeprefix(f"{role}.")
        return f"{role}[{keys[0]}].{rest}" + "".join(f"[{key}]" for key in keys[1:])

    def member(self, role: str, domain: Domain | None, value: Value) -> str:
        """A role instance: `agent[a1]`, `master`."""
        return role if domain is None else f"{role}[{self.value(domain, value)}]"

    def queue(self, queue: Queue) -> str:
        """`link a1 -> master`; where two roles share their identities, `link agent[a1] -> backup[a1]`."""
        channel, left, right = self.ends[queue.carrier]
        alike = left.role != right.role and left.family == right.family
        one, other = self._end(left, queue.left, alike=alike), self._end(right, queue.right, alike=alike)
        return f"{channel} {one} -> {other}" if queue.forward else f"{channel} {other} -> {one}"

    def _end(self, end: End, value: Value, *, alike: bool) -> str:
        match end.family:
            case None:
                return end.role
            case IdsType(name):
                identity = self.identity(name, value)
                return f"{end.role}[{identity}]" if alike else identity
            case EnumType(_, labels):
                return f"{end.role}[{labels[value]}]"
            case _:
                return f"{end.role}[{str(value).lower()}]"

    def message(self, records: Sequence[RecordDomain], message: tuple[Value, ...]) -> str:
        """A message in flight (as a queue holds it): `Answer(o1, Pending)`."""
        record = records[message[1]]
        fields = zip(record.fields, message[2:], strict=True)
        words = ", ".join(self.value(domain, value) for (_, domain), value in fields)
        return f"{record.name}({words})" if words else record.name


def names_of(model: Model) -> Names:
    """How the values and places of the model are called."""
    owners = {
        variable.name: variable.role
        for variable in model.variables
        if variable.family is not None and variable.role is not None
    }
    ends = tuple((channel.name, channel.left, channel.right) for channel in model.channels)
    return Names(_prefixes(model), owners, ends, {})


def value_text(domain: Domain, value: Value, names: Names, renaming: Renaming | None = None) -> str:
    """A value in the words of the language."""
    return (names if renaming is None else names.under(renaming)).value(domain, value)


def place(cell: Cell, names: Names, renaming: Renaming | None = None) -> str:
    """A place of the state."""
    return (names if renaming is None else names.under(renaming)).place(cell)


@record
class _Plain:
    """Values as they are, without a renaming."""

    prefixes: Mapping[str, str]

    def text(self, domain: Domain, value: Value) -> str:
        match domain:
            case BoolDomain():
                return "true" if value else "false"
            case RangeDomain():
                return str(value)
            case EnumDomain(_, labels):
                return labels[value]
            case IdsDomain(name, _):
                return f"{self.prefixes[name]}{value + 1}"
            case OptionDomain(of):
                return "none" if value is None else self.text(of, value)
            case RecordDomain(name, fields):
                parts = zip(fields, value, strict=True)
                words = ", ".join(f"{field}: {self.text(of, part)}" for (field, of), part in parts)
                return f"{name}({words})" if words else name
            case SetDomain(of):
                return f"{{{', '.join(self.text(of, element) for element in members(domain, value))}}}"
            case MapDomain(key, of):
                pairs = zip(values(key), value, strict=True)
                return f"{{{', '.join(f'{self.text(key, at)} -> {self.text(of, item)}' for at, item in pairs)}}}"
            case SeqDomain(of, _):
                return f"[{', '.join(self.text(of, item) for item in value)}]"
            case _:
                assert_never(domain)


def _prefixes(model: Model) -> Mapping[str, str]:
    """The first letter of each sort, or its whole name where two share it or something else has such a name."""
    letters = [sort.name[0].lower() for sort in model.ids]
    taken = _words(model)
    found: dict[str, str] = {}
    for sort, letter in zip(model.ids, letters, strict=True):
        unclear = letters.count(letter) > 1 or any(_counted(word, letter) for word in taken)
        found[sort.name] = _whole(sort.name, model) if unclear else letter
    return found


def _whole(name: str, model: Model) -> str:
    """The whole name in lower case, unless that is the name of two sorts."""
    return name if [sort.name.lower() for sort in model.ids].count(name.lower()) > 1 else name.lower()


def _counted(word: str, letter: str) -> bool:
    """Whether the word could be the name of an identity: the letter and a number."""
    return word.startswith(letter) and word[1:].isdecimal()


def _words(model: Model) -> frozenset[str]:
    """Names that stand beside identities in a report: parameters, top-level variables, and labels of enums."""
    found = {parameter.name for parameter in model.parameters}
    found |= {variable.name for variable in model.variables}
    types = [parameter.type for parameter in model.parameters]
    types += [variable.type for variable in model.variables]
    for type in [*types, *model.messages]:
        found |= set(_labels(type))
    return frozenset(found)


def _labels(type: Type) -> tuple[str, ...]:
    match type:
        case EnumType(_, labels):
            return labels
        case OptionType(of) | SetType(of) | SeqType(of, _):
            return _labels(of)
        case RecordType(_, fields):
            return tuple(label for _, of in fields for label in _labels(of))
        case MapType(key, value):
            return _labels(key) + _labels(value)
        case _:
            return ()
