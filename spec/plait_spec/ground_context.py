"""What every part of the expansion shares: parameters, domains, where each variable and queue lies, and the limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from plait_spec.core import Channel, Model, Receive, Rule
from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.domain_of import DomainError, bound_of, domain_of
from plait_spec.domains import Domain, MapDomain, RecordDomain, Value, size, size_within, values
from plait_spec.fold import key_position
from plait_spec.ground import Const, Key
from plait_spec.laws import BrokenLaw
from plait_spec.record import record
from plait_spec.source import Span
from plait_spec.types import RecordType, Type

MAX_CELLS = 4_096
MAX_BINDINGS = 65_536
MAX_NODES = 3_000_000
MAX_INSTANCES = 200_000

SMALLER = "choose smaller parameters: small ones show most errors already"


@record
class Layout:
    """Where a variable lies: one cell for each tuple of `keys`, from cell `first` on, the last key varying fastest.

    `domain` is of the whole variable and `value` of what one cell holds; `only` is its value if there is no other.  A
    constant that is known before the run has no cells but its value in `known`.
    """

    name: str
    domain: Domain
    keys: tuple[Domain, ...]
    value: Domain
    first: int
    only: Const | None = None
    known: Const | None = None

    @property
    def count(self) -> int:
        """How many cells it takes."""
        total = 1
        for domain in self.keys:
            total *= size(domain)
        return total

    def cells(self) -> range:
        """All its cells."""
        return range(self.first, self.first + (0 if self.known is not None else self.count))

    def chosen(self, keys: tuple[Key, ...]) -> tuple[tuple[int, ...], tuple[Key, ...]]:
        """The cells among which the keys that are not constant choose, and those keys."""
        offsets, open_keys = [self.first], []
        stride = self.count
        for domain, key in zip(self.keys, keys, strict=True):
            count = size(domain)
            stride //= max(count, 1)
            position = key_position(key)
            if position is None:
                open_keys.append(key)
            positions = range(count) if position is None else (position,)
            offsets = [offset + stride * at for offset in offsets for at in positions]
        return tuple(offsets), tuple(open_keys)


@record
class QueueCell:
    """A queue of a carrier: its cell, its direction, and the identities at its ends."""

    cell: int
    forward: bool
    left: Value
    right: Value


class Context:
    """Everything that is fixed while a model is expanded; layouts and queues are entered as they become known."""

    def __init__(self, model: Model, parameters: dict[str, Value], parameter_domains: dict[str, Domain]) -> None:
        self.model, self.parameters, self.parameter_domains = model, parameters, parameter_domains
        self.layouts: dict[str, Layout] = {}
        self.queues: dict[str, list[QueueCell]] = {}
        self.channels: dict[str, tuple[int, Channel]] = {}
        self.messages: dict[str, tuple[int, RecordDomain]] = {}
        self.steps: dict[str, list[Rule]] = {}
        self.domains: dict[int, tuple[Type, Domain]] = {}
        self.nodes = 0

    def domain(self, type: Type, span: Span) -> Domain:
        """The domain of a type; what is wrong with it is reported at `span`."""
        known = self.domains.get(id(type))
        if known is None:
            known = (type, domain_at(type, self.parameters, span))
            self.domains[id(type)] = known
        return known[1]

    def spend(self, span: Span, nodes: int = 1) -> None:
        """Count what is written out, and stop where it becomes too much."""
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise problem(
                Code.MODEL_TOO_LARGE,
                span,
                f"the model has more than {MAX_NODES:,} expressions when everything is written out",
                "choose smaller parameters or types; what stands here is only where it became too much",
            )

    def values(self, domain: Domain, span: Span) -> tuple[Value, ...]:
        """All values of a domain that a binder ranges over."""
        if size_within(domain, MAX_BINDINGS) is None:
            raise too_many(span)
        return tuple(values(domain))

    def layout(self, variable: str) -> Layout:
        """Where a variable lies."""
        if variable not in self.layouts:
            raise BrokenLaw("variables are declared before they are read", variable)
        return self.layouts[variable]

    def channel(self, name: str) -> tuple[int, Channel]:
        """A channel with its index."""
        if name not in self.channels:
            raise BrokenLaw("channels are declared", name)
        return self.channels[name]

    def capacity(self, channel: str) -> int:
        """How many messages one queue of a channel holds at most."""
        _, carrier = self.channel(self.channel(channel)[1].carrier)
        return bound_of(carrier.capacity, self.parameters)

    def message(self, name: str) -> tuple[int, RecordDomain]:
        """A message's index and fields."""
        if name not in self.messages:
            raise BrokenLaw("messages are declared", name)
        return self.messages[name]

    def received(self, rule: Rule) -> RecordDomain | None:
        """The fields of the message that a rule receives."""
        match rule.trigger:
            case Receive(message=local):
                if not isinstance(local.type, RecordType):
                    raise BrokenLaw("a received message is a record", rule.name)
                return self.message(local.type.name)[1]
            case _:
                return None


def domain_at(type: Type, parameters: Mapping[str, Value], span: Span) -> Domain:
    """The domain of a type; what is wrong with it is reported at `span`."""
    try:
        return domain_of(type, parameters)
    except DomainError as error:
        raise problem(error.code, span, error.message, error.help) from None


def problem(code: Code, span: Span, message: str, help: str) -> SpecError:
    """One thing that is wrong, to be raised."""
    return SpecError(Diagnostic(code, message, Label(span), help=help))


def too_many(span: Span) -> SpecError:
    """More bindings than anybody would wait for."""
    message = f"more than {MAX_BINDINGS:,} values for the names that are bound here"
    return problem(Code.TOO_MANY_VALUES, span, message, SMALLER)


def scattered(domain: Domain) -> tuple[tuple[Domain, ...], Domain]:
    """The keys of the outer maps that are scattered over cells, and what a cell holds."""
    keys: list[Domain] = []
    cells = 1
    while isinstance(domain, MapDomain):
        cells *= size(domain.key)
        if cells > MAX_CELLS:
            break
        keys.append(domain.key)
        domain = domain.value
    return tuple(keys), domain


def key_tuples(keys: tuple[Domain, ...]) -> Iterator[tuple[Value, ...]]:
    """All tuples of keys, the last varying fastest."""
    return product(*(tuple(values(domain)) for domain in keys))
