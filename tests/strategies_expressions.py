"""Random expressions of a wanted type, as text, from what is readable at a place.

Every text that is not a single operand stands in parentheses, so that texts can be put together without a thought of
precedence.  A number comes with the interval that it lies in: that is how a careful model stays inside its types, and a
careless one (`View.risky`) does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tests.strategies_types import (
    Bool,
    Dice,
    Enum,
    Ids,
    Map,
    Option,
    Range,
    Record,
    Seq,
    Set,
    Type,
    plain,
    scalar,
    written,
)


@dataclass(frozen=True, slots=True)
class Known:
    """Something that can be read: a name with its type.

    With `family`, the name is `role.name` and the instance is still to be chosen: `role[a].name`.
    """

    text: str
    type: Type
    family: Ids | None = None


@dataclass(frozen=True, slots=True)
class Def:
    """An expression that has a name and parameters."""

    name: str
    params: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Letter:
    """A kind of message with its fields."""

    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class QueueName:
    """How queues are named at a place, and what may travel in them.  With `family`: `name[a]`."""

    text: str
    letters: tuple[Letter, ...]
    family: Ids | None = None


@dataclass(frozen=True, slots=True)
class StepName:
    """A step that properties may name; `fields` are named in it, `params` are by position."""

    role: str | None
    family: Ids | None
    name: str
    params: tuple[Type, ...] = ()
    fields: tuple[tuple[str, Type], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What can be said at a place."""

    known: tuple[Known, ...]
    types: tuple[Type, ...]
    queues: tuple[QueueName, ...] = ()
    defs: tuple[Def, ...] = ()
    steps: tuple[StepName, ...] = ()
    past: bool = False
    next: bool = False
    risky: bool = False

    def seeing(self, *more: Known) -> View:
        return replace(self, known=(*more, *self.known))


Number: TypeAlias = tuple[str, int, int]
Accessor: TypeAlias = Type | str  # a key of this type, or a field of this name


@dataclass
class Names:
    """Fresh names."""

    used: dict[str, int] = field(default_factory=dict)

    def fresh(self, stem: str) -> str:
        number = self.used.get(stem, 0)
        self.used[stem] = number + 1
        return f"{stem}{number}"


class Expressions:
    """Writes expressions."""

    def __init__(self, dice: Dice, names: Names) -> None:
        self.dice, self.names = dice, names

    # ---- reading

    def read(self, view: View, wanted: Callable[[Type], bool]) -> tuple[str, Type] | None:
        """Something readable of such a type, or None."""
        found = [
            (known, path, type)
            for known in view.known
            if known.family is None or self.can_name(view, known.family)
            for path, type in _paths(known.type, view.risky)
            if wanted(type) and all(isinstance(part, str) or self.can_name(view, part) for part in path)
        ]
        if not found:
            return None
        known, path, type = self.dice.pick(found)
        text = known.text
        if known.family is not None:
            role, name = text.split(".")
            text = f"{role}[{self.key(view, known.family)}].{name}"
        for part in path:
            text += f".{part}" if isinstance(part, str) else f"[{self.key(view, part)}]"
        return text, type

    def can_name(self, view: View, type: Type) -> bool:
        """Whether some value of the type can be written at all: identities have no literals."""
        return not isinstance(type, Ids) or any(known.type == type and known.family is None for known in view.known)

    def key(self, view: View, type: Type) -> str:
        """A simple expression of the type of a key."""
        names = [known.text for known in view.known if known.family is None and plain(known.type) == plain(type)]
        if names and (isinstance(type, Ids) or self.dice.chance(75)):
            return self.dice.pick(names)
        if view.risky and isinstance(type, Range) and self.dice.chance(50):
            return bare(self.number(view, 0)[0])
        return self.literal(type)

    def literal(self, type: Type) -> str:
        """A value that needs no names around it.  There is none for identities."""
        match type:
            case Bool():
                return self.dice.pick(["false", "true"])
            case Range(low, high):
                return str(self.dice.between(low, high))
            case Enum(_, labels):
                return self.dice.pick(labels)
            case Option():
                return "none"
            case Set():
                return "{}"
            case Seq():
                return "[]"
            case Record(name, fields):
                return f"{name}({', '.join(f'{field}: {self.literal(of)}' for field, of in fields)})"
            case Map(_, value):
                return self.literal(value)
            case Ids():
                raise AssertionError("identities have no literals")

    # ---- numbers

    def number(self, view: View, depth: int) -> Number:
        """Any number."""
        dice = self.dice
        if depth <= 0 or dice.chance(35):
            found = self.read(view, lambda type: isinstance(type, Range))
            if found is not None and dice.chance(85):
                text, type = found
                assert isinstance(type, Range)
                return text, type.low, type.high
            value = dice.between(0, 2)
            return str(value), value, value
        kind = dice.weighted([(5, "sum"), (2, "difference"), (1, "product"), (1, "mod"), (2, "extreme"), (3, "count"),
                              (3, "size"), (1, "total"), (2, "if"), (2, "def"), (2, "item")])  # fmt: skip
        match kind:
            case "item":
                item = self.item(view, lambda type: isinstance(type, Range))
                if item is None:
                    return self.number(view, 0)
                text, type = item
                assert isinstance(type, Range)
                return text, type.low, type.high
            case "count":
                return self.counted(view)
            case "total":
                binder, inner = self.binder(view, sets=False)
                text, low, high = self.number(inner, 0)
                word = dice.pick(["sum", "max", "min"]) if view.risky else "sum"
                where = f" where {bare(self.condition(inner, 0))}" if dice.chance(40) else ""
                return f"({word} of {text} for {binder}{where})", min(0, 9 * low), max(0, 9 * high)
            case "size":
                return self.size(view)
            case "if":
                yes, no = self.number(view, depth - 1), self.number(view, depth - 1)
                text = f"(if {bare(self.condition(view, depth - 1))} then {yes[0]} else {no[0]})"
                return text, min(yes[1], no[1]), max(yes[2], no[2])
            case "def":
                called = self.call(view, lambda type: isinstance(type, Range), depth)
                if called is None:
                    return self.number(view, 0)
                text, type = called
                assert isinstance(type, Range)
                return text, type.low, type.high
            case _:
                return self.arithmetic(kind, self.number(view, depth - 1), self.number(view, depth - 1), view)

    def arithmetic(self, kind: str, left: Number, right: Number, view: View) -> Number:
        (a, a_low, a_high), (b, b_low, b_high) = left, right
        match kind:
            case "sum":
                return f"({a} + {b})", a_low + b_low, a_high + b_high
            case "difference":
                return f"({a} - {b})", a_low - b_high, a_high - b_low
            case "product":
                corners = [x * y for x in (a_low, a_high) for y in (b_low, b_high)]
                return f"({a} * {b})", min(corners), max(corners)
            case "mod":
                if view.risky and b_low >= 0 and self.dice.chance(40):
                    return f"({a} mod {b})", 0, max(0, b_high - 1)
                divisor = self.dice.between(2, 3)
                return f"({a} mod {divisor})", 0, divisor - 1
            case _:
                word = self.dice.pick(["min", "max"])
                choose = min if word == "min" else max
                return f"{word}({bare(a)}, {bare(b)})", choose(a_low, b_low), choose(a_high, b_high)

    def item(self, view: View, wanted: Callable[[Type], bool]) -> tuple[str, Type] | None:
        """An item of a sequence; a careful model asks first whether there is one."""
        found = self.read(view, lambda type: isinstance(type, Seq) and wanted(type.of))
        if found is None:
            return None
        text, seq = found
        assert isinstance(seq, Seq)
        item = self.dice.pick([f"first({text})", f"last({text})", f"at({text}, 0)"])
        if view.risky or isinstance(seq.of, Ids):
            return (item, seq.of) if view.risky else None
        return f"(if size({text}) > 0 then {item} else {self.literal(seq.of)})", seq.of

    def size(self, view: View) -> Number:
        """The size of a set, a sequence, or what is in flight."""
        queue = self.queue(view)
        if queue is not None and self.dice.chance(50):
            return f"size({queue[0]})", 0, 9
        found = self.read(view, lambda type: isinstance(type, Set | Seq))
        return self.number(view, 0) if found is None else (f"size({found[0]})", 0, 9)

    def fit(self, view: View, number: Number, type: Range) -> str:
        """The number, made to lie in the range unless the model is careless or its bound may be met."""
        text, low, high = number
        if low >= type.low and high <= type.high:
            return text
        if type.within and self.dice.chance(60):
            return text
        if view.risky and self.dice.chance(50):
            return text
        if low >= type.low:
            return f"min({bare(text)}, {type.high})"
        if high <= type.high:
            return f"max({bare(text)}, {type.low})"
        if type.low == 0 and self.dice.chance(40):
            return f"({text} mod {type.high + 1})"
        return f"min(max({bare(text)}, {type.low}), {type.high})"

    # ---- conditions

    def condition(self, view: View, depth: int) -> str:
        """Any condition."""
        dice = self.dice
        if depth <= 0:
            return self.atom(view)
        kind = dice.weighted([(20, "atom"), (12, "and"), (12, "or"), (6, "not"), (5, "implies"), (2, "iff"),
                              (14, "quantifier"), (3, "if"), (5, "def"), (9, "past"), (6, "step"),
                              (6, "next")])  # fmt: skip
        match kind:
            case "and" | "or" | "implies" | "iff":
                return f"({self.condition(view, depth - 1)} {kind} {self.condition(view, depth - 1)})"
            case "not":
                return f"(not {self.condition(view, depth - 1)})"
            case "quantifier":
                return self.quantified(view, depth, self.condition)
            case "if":
                parts = [self.condition(view, depth - 1) for _ in range(3)]
                return f"(if {parts[0]} then {parts[1]} else {parts[2]})"
            case "def":
                called = self.call(view, lambda type: isinstance(type, Bool), depth)
                return self.atom(view) if called is None else called[0]
            case "past" if view.past:
                return self.past(replace(view, next=False), depth)
            case "step" if view.steps:
                return self.step_name(view)
            case "next" if view.next:
                return f"next({bare(self.atom(replace(view, next=False, past=False, steps=())))})"
            case _:
                return self.atom(view)

    def past(self, view: View, depth: int) -> str:
        word = self.dice.pick(["once", "previously", "historically", "since"])
        if word == "since":
            return f"({self.condition(view, depth - 1)} since {self.condition(view, depth - 1)})"
        return f"({word} {self.condition(view, depth - 1)})"

    def quantified(self, view: View, depth: int, body: Callable[[View, int], str], word: str | None = None) -> str:
        binder, inner = self.binder(view)
        if self.dice.chance(15):
            second, inner = self.binder(inner)
            binder += f", {second}"
        if self.dice.chance(20):
            binder += f" where {bare(self.atom(inner))}"
        return f"({word or self.dice.pick(['all', 'some'])} {binder}. {bare(body(inner, depth - 1))})"

    def binder(self, view: View, sets: bool = True) -> tuple[str, View]:
        """`x: T` or `x in s`, and what can be said with it."""
        name = self.names.fresh("q")
        if sets and self.dice.chance(20):
            found = self.read(view, lambda type: isinstance(type, Set))
            if found is not None:
                text, type = found
                assert isinstance(type, Set)
                return f"{name} in {text}", view.seeing(Known(name, type.of))
        scalars = [type for type in view.types if scalar(type)]
        types = [type for type in scalars if isinstance(type, Ids)] or scalars
        type = self.dice.pick(scalars if self.dice.chance(25) else types)
        return f"{name}: {written(plain(type))}", view.seeing(Known(name, plain(type)))

    def atom(self, view: View) -> str:
        """A condition about one thing."""
        dice = self.dice
        kind = dice.weighted([(8, "bool"), (10, "number"), (12, "equal"), (6, "in"), (5, "has"), (3, "step")])
        if kind == "has":
            queue = self.queue(view)
            if queue is not None and queue[1]:
                return self.has(view, *queue)
        if kind == "step" and view.steps:
            return self.step_name(view)
        if kind == "in":
            found = self.membership(view)
            if found is not None:
                return found
        if kind == "bool":
            found_bool = self.read(view, lambda type: isinstance(type, Bool))
            if found_bool is not None:
                return found_bool[0] if dice.chance(65) else f"(not {found_bool[0]})"
        if kind == "number" and self.read(view, lambda type: isinstance(type, Range)) is not None:
            return self.comparison(view)
        for _ in range(3):
            found_any = self.read(view, lambda type: not isinstance(type, Range | Seq))
            if found_any is None:
                break
            text, type = found_any
            if isinstance(type, Bool):
                return text if dice.chance(65) else f"(not {text})"
            other = self.value(view, type, 0)
            if other != text:
                return f"({text} {dice.pick(['==', '!='])} {other})"
        return dice.pick(["true", "false"])

    def comparison(self, view: View) -> str:
        """Two numbers, the second chosen so that both outcomes are likely."""
        text, low, high = self.number(view, 1)
        if low == high:
            text, low, high = self.counted(view)
        relation = self.dice.pick(["==", "!=", "<", "<=", ">", ">="])
        other = str(self.dice.between(max(low, 0), max(high, 0, low)))
        if self.dice.chance(35):
            other = self.number(view, 0)[0]
        return f"({text} {relation} {other})"

    def counted(self, view: View) -> Number:
        binder, inner = self.binder(view)
        return f"(count {binder}. {bare(self.atom(inner))})", 0, 3

    def membership(self, view: View) -> str | None:
        found = self.read(view, lambda type: isinstance(type, Set))
        word = self.dice.pick(["in", "not in"])
        if found is not None:
            text, type = found
            assert isinstance(type, Set)
            if self.can_write(view, type.of):
                return f"({self.value(view, type.of, 0)} {word} {text})"
        labels = self.read(view, lambda type: isinstance(type, Enum))
        if labels is None:
            return None
        text, of = labels
        return f"({text} {word} {{{', '.join(sorted({self.literal(of), self.literal(of)}))}}})"

    def queue(self, view: View) -> tuple[str, tuple[Letter, ...]] | None:
        """A channel, or one instance's part of it."""
        queues = [queue for queue in view.queues if queue.family is None or self.can_name(view, queue.family)]
        if not queues:
            return None
        queue = self.dice.pick(queues)
        text = queue.text if queue.family is None else f"{queue.text}[{self.key(view, queue.family)}]"
        return text, queue.letters

    def has(self, view: View, queue: str, letters: tuple[Letter, ...]) -> str:
        letter = self.dice.pick(letters)
        said = [
            f"{name}: {bare(self.value(view, type, 0))}"
            for name, type in letter.fields
            if self.dice.chance(50) and self.can_write(view, type)
        ]
        fields = f"({', '.join(said)})" if said else ""
        return f"({queue} has {letter.name}{fields})"

    def step_name(self, view: View) -> str:
        """The name of a step, with some of its arguments."""
        names = [step for step in view.steps if step.family is None or self.can_name(view, step.family)]
        if not names:
            return self.comparison(view)
        step = self.dice.pick(names)
        text = step.name if step.role is None else f"{step.role}.{step.name}"
        if step.family is not None:
            text = f"{step.role}[{self.key(view, step.family)}].{step.name}"
        if step.params and all(self.can_name(view, type) for type in step.params) and self.dice.chance(70):
            return f"{text}({', '.join(self.key(replace(view, risky=False), type) for type in step.params)})"
        said = [
            f"{name}: {bare(self.value(view, type, 0))}"
            for name, type in step.fields
            if self.dice.chance(40) and self.can_write(view, type)
        ]
        return f"{text}({', '.join(said)})" if said else text

    def call(self, view: View, wanted: Callable[[Type], bool], depth: int) -> tuple[str, Type] | None:
        """A call of a definition with such a result."""
        found = [
            one for one in view.defs if wanted(one.result) and all(self.can_name(view, type) for type in one.params)
        ]
        if not found:
            return None
        called = self.dice.pick(found)
        args = [bare(self.value(view, type, depth - 1)) for type in called.params]
        return f"{called.name}({', '.join(args)})", called.result

    # ---- values

    def can_write(self, view: View, type: Type) -> bool:
        """Whether a value of the type can be written at this place."""
        match type:
            case Record(_, fields):
                return all(self.can_write(view, of) for _, of in fields)
            case Map(_, value):
                return self.can_write(view, value)
            case _:
                return self.can_name(view, type)

    def value(self, view: View, type: Type, depth: int) -> str:
        """A value of the type, for which there must be one (`can_write`)."""
        dice = self.dice
        if depth > 0 and dice.chance(12) and not isinstance(type, Map | Set | Seq):
            condition = bare(self.condition(view, depth - 1))
            return f"(if {condition} then {self.value(view, type, depth - 1)} else {self.value(view, type, depth - 1)})"
        if isinstance(type, Bool):
            return self.condition(view, depth)
        if isinstance(type, Range):
            if dice.chance(35):
                return self.literal(type)
            return self.fit(view, self.number(view, depth), type)
        if isinstance(type, Ids) or dice.chance(30):
            found = self.read(view, lambda other: other == type)
            if found is not None:
                return found[0]
        return self.made(view, type, depth)

    def made(self, view: View, type: Type, depth: int) -> str:
        """A value of the type that is put together here."""
        dice = self.dice
        match type:
            case Option(of):
                return self.value(view, of, depth) if self.can_write(view, of) and dice.chance(65) else "none"
            case Record(name, fields):
                said = [f"{field}: {bare(self.value(view, of, depth - 1))}" for field, of in fields]
                return f"{name}({', '.join(said)})"
            case Set(of):
                return self.set(view, of, depth)
            case Map(key, value):
                name = self.names.fresh("k")
                inner = view.seeing(Known(name, plain(key)))
                return f"{{ {name}: {written(plain(key))} -> {bare(self.value(inner, value, depth - 1))} }}"
            case Seq(of, capacity):
                length = dice.between(0, capacity) if self.can_write(view, of) else 0
                return f"[{', '.join(bare(self.value(view, of, 0)) for _ in range(length))}]"
            case _:
                return self.literal(type)

    def set(self, view: View, of: Type, depth: int) -> str:
        dice = self.dice
        kind = dice.weighted([(2, "empty"), (4, "one"), (2, "two"), (4, "where"), (3, "joined")])
        if kind == "where" and scalar(of):
            name = self.names.fresh("e")
            inner = view.seeing(Known(name, plain(of)))
            return f"{{ {name}: {written(plain(of))} where {bare(self.condition(inner, depth - 1))} }}"
        if kind in ("one", "two") and self.can_write(view, of):
            items = [self.value(view, of, 0) for _ in range(1 if kind == "one" else 2)]
            return f"{{{', '.join(items)}}}"
        found = self.read(view, lambda type: type == Set(of))
        if kind == "joined" and found is not None and self.can_write(view, of):
            return f"({found[0]} {dice.pick(['+', '-'])} {{{self.value(view, of, 0)}}})"
        return found[0] if found is not None and dice.chance(70) else "{}"


def _paths(type: Type, risky: bool) -> Iterator[tuple[tuple[Accessor, ...], Type]]:
    """The ways into a value: what stands behind it, and the type that one comes to."""
    yield (), type
    match type:
        case Map(key, value):
            for path, found in _paths(value, risky):
                yield (key, *path), found
        case Record(_, fields):
            for name, of in fields:
                for path, found in _paths(of, risky):
                    yield (name, *path), found
        case Option(of) if risky:
            yield (), of
        case _:
            pass


def bare(text: str) -> str:
    """The text without parentheses around all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if at == len(text) - 1 else text
    return text
