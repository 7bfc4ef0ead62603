"""Random bodies of steps, as text.

A plain `for` over identities writes only at places of its variable and reads nothing that it writes elsewhere, so that
the order of its passes cannot matter; `unordered for` does what it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.strategies_expressions import Expressions, Known, Letter, QueueName, View, bare
from tests.strategies_types import (
    Bool,
    Dice,
    Ids,
    Map,
    Option,
    Range,
    Record,
    Seq,
    Set,
    Type,
    count,
    plain,
    scalar,
    written,
)


@dataclass(frozen=True, slots=True)
class Target:
    """A variable that may be written."""

    name: str
    type: Type
    ghost: bool


@dataclass(frozen=True, slots=True)
class Exit:
    """A message that may be sent, over a channel, to a role or one instance of a family."""

    channel: str
    letter: Letter
    family: Ids | None


class Bodies:
    """Writes bodies of one role's steps; `needs` are conditions under which the last one stays inside its types."""

    def __init__(
        self,
        dice: Dice,
        write: Expressions,
        targets: Sequence[Target],
        exits: Sequence[Exit],
        clears: Sequence[QueueName],
        ghosts: tuple[Known, ...],
        procedures: tuple[tuple[str, tuple[Type, ...]], ...],
    ) -> None:
        self.dice, self.write = dice, write
        self.targets, self.exits, self.clears = targets, exits, clears
        self.ghosts, self.procedures = ghosts, procedures
        self.needs: list[str] = []
        self.unordered = 1

    def aim(self, view: View) -> tuple[str, Type] | None:
        """A place that an action may write as it is told."""
        targets = [target for target in self.targets if not target.ghost]
        return self.place(view, self.dice.pick(targets)) if targets else None

    def body(self, view: View, *, handler: bool = False, first: str | None = None) -> str:
        """The body of an action or handler: perhaps a choice, then a few statements."""
        lines: list[str] = [] if first is None else [first]
        if not lines and self.dice.chance(12):
            binder, view = self.write.binder(view)
            where = f" where {bare(self.write.condition(view, 1))}" if self.dice.chance(50) else ""
            lines.append(f"choose {binder}{where}")
        step = None if handler or lines else self.counted(view)
        lines += [step] if step else []
        if self.exits and self.dice.chance(55):
            sent = self.send(view)
            lines += [sent] if sent else []
        if not lines or self.dice.chance(70):
            lines += self.statements(view, self.dice.weighted([(5, 1), (3, 2), (1, 3)]), 2)
        return _braces(lines)

    def block(self, view: View, depth: int, length: int) -> str:
        return _braces(self.statements(view, self.dice.between(1, length), depth))

    def statements(self, view: View, length: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(length):
            if depth > 0 and self.dice.chance(12):
                name = self.write.names.fresh("l")
                found = self.write.read(view, lambda type: not isinstance(type, Seq))
                if found is not None:
                    lines.append(f"let {name} = {found[0]}")
                    view = view.seeing(Known(name, plain(found[1])))
            lines += self.statement(view, depth).split("\n")
        return lines

    def statement(self, view: View, depth: int) -> str:
        dice = self.dice
        kind = dice.weighted([(24, "assign"), (7, "if"), (5, "for"), (4, "unordered"), (5, "send"), (3, "assert"),
                              (2, "clear"), (3, "perform")])  # fmt: skip
        made: str | None = None
        match kind:
            case "if" if depth > 0:
                made = f"if {bare(self.write.condition(view, 1))} {self.block(view, depth - 1, 2)}"
                if dice.chance(40):
                    made += f" else {self.block(view, depth - 1, 1)}"
            case "for" if depth > 0:
                made = self.loop(view, depth)
            case "unordered" if depth > 0 and self.unordered > 0:
                made = self.unordered_loop(view, depth)
            case "send" if self.exits:
                made = self.send(view)
            case "assert" if view.risky:
                made = f"assert {self.write.condition(view, 1)} or {bare(self.write.condition(view, 1))}"
            case "clear" if self.clears:
                made = f"clear {dice.pick(self.clears).text}"
            case "perform" if self.procedures:
                made = self.perform(view)
            case _:
                pass
        return self.assign(view) if made is None else made

    # ---- assignments

    def place(self, view: View, target: Target) -> tuple[str, Type]:
        """The variable, or a place inside it."""
        text, type = target.name, target.type
        while True:
            if isinstance(type, Map) and self.write.can_name(view, type.key) and self.dice.chance(90):
                text, type = f"{text}[{self.write.key(view, type.key)}]", type.value
            elif isinstance(type, Record) and self.dice.chance(60):
                name, type = self.dice.pick(type.fields)
                text = f"{text}.{name}"
            else:
                return text, type

    def counted(self, view: View) -> str | None:
        """A number one up or down, with what a careful model asks before."""
        places = [self.place(view, target) for target in self.targets if not target.ghost]
        found = [(text, type) for text, type in places if isinstance(type, Range)]
        if not found or not self.dice.chance(50):
            return None
        text, type = self.dice.pick(found)
        up = self.dice.chance(70)
        if not (type.within and up) and not (view.risky and self.dice.chance(65)):
            self.needs.append(f"{text} {f'< {type.high}' if up else f'> {type.low}'}")
        return f"{text} {'+' if up else '-'}= 1"

    def assign(self, view: View) -> str:
        target = self.dice.pick(self.targets) if self.targets else None
        if target is None:
            return "assert true"
        if target.ghost:
            view = view.seeing(*self.ghosts)
        text, type = self.place(view, target)
        return self.write_to(view, text, type, ghost=target.ghost)

    def write_to(self, view: View, text: str, type: Type, *, ghost: bool = False) -> str:
        """A statement that writes to the place; what is written to a ghost may be read nowhere else."""
        dice, write = self.dice, self.write
        match type:
            case Bool() if dice.chance(60):
                return f"{text} = {dice.pick([f'not {text}', 'true', 'false', f'not {text}'])}"
            case Range(low, high) if dice.chance(40):
                up = dice.chance(60)
                change = f"{text} {'+' if up else '-'}= 1"
                if ghost:
                    return f"{text} = {f'min({text} + 1, {high})' if up else f'max({text} - 1, {low})'}"
                if view.risky and dice.chance(60):
                    return change
                return f"if {text} {f'< {high}' if up else f'> {low}'} {{ {change} }}"
            case Set(of) if dice.chance(75) and write.can_write(view, of):
                return f"{text} {dice.pick(['+=', '-='])} {{{write.value(view, of, 1)}}}"
            case Seq(of, capacity) if not ghost and dice.chance(70) and write.can_write(view, of):
                if dice.chance(40):
                    return (
                        f"{text} = rest({text})" if view.risky else f"if size({text}) > 0 {{ {text} = rest({text}) }}"
                    )
                change = f"{text} = {text} + [{bare(write.value(view, of, 1))}]"
                return change if view.risky and dice.chance(40) else f"if size({text}) < {capacity} {{ {change} }}"
            case Map(_, value) if not isinstance(value, Map) and dice.chance(50) and write.can_write(view, value):
                return f"{text} = {bare(write.value(view, value, 1))}"
            case Option() if dice.chance(25):
                return f"{text} = none"
            case _ if write.can_write(view, type):
                return f"{text} = {bare(write.value(view, type, 2))}"
            case _:
                return f"{text} = {text}"

    # ---- loops

    def loop(self, view: View, depth: int) -> str | None:
        """A `for` whose order cannot matter, or one over numbers or labels."""
        dice, write = self.dice, self.write
        if dice.chance(35):
            types = [type for type in view.types if scalar(type) and not isinstance(type, Ids)]
            name, type = write.names.fresh("i"), dice.pick(types)
            inner = view.seeing(Known(name, type))
            where = f" where {bare(write.atom(inner))}" if dice.chance(30) else ""
            return f"for {name}: {written(type)}{where} {self.block(inner, 0, 2)}"
        targets = [
            target for target in self.targets if isinstance(target.type, Map) and isinstance(target.type.key, Ids)
        ]
        sets = [target for target in self.targets if isinstance(target.type, Set) and isinstance(target.type.of, Ids)]
        name = write.names.fresh("i")
        far = [one for one in self.exits if one.family is not None]
        if far and dice.chance(30):
            one = dice.pick(far)
            assert one.family is not None
            inner = replace(view, queues=(), defs=()).seeing(Known(name, one.family))
            sent = self.sending(inner, one, name)
            return None if sent is None else f"for {name}: {one.family.name} {{ {sent} }}"
        if not targets and not sets:
            return None
        target = dice.pick([*targets, *sets])
        inner = replace(view, known=tuple(known for known in view.known if known.text.split(".")[-1] != target.name))
        inner = replace(inner, defs=())
        if isinstance(target.type, Set):
            ids = target.type.of
            line = f"{target.name} {dice.pick(['+=', '-='])} {{{name}}}"
        else:
            assert isinstance(target.type, Map)
            ids = target.type.key
            inner = inner.seeing(Known(name, ids))
            line = self.write_to(inner, f"{target.name}[{name}]", target.type.value, ghost=target.ghost)
        inner = inner.seeing(Known(name, ids))
        where = f" where {bare(write.condition(inner, 1))}" if dice.chance(40) else ""
        return f"for {name}: {written(ids)}{where} {{ {line} }}"

    def unordered_loop(self, view: View, depth: int) -> str | None:
        types = [type for type in view.types if scalar(type) and count(type) <= 3]
        sets = self.write.read(view, lambda type: isinstance(type, Set) and count(type.of) <= 3)
        self.unordered -= 1
        name = self.write.names.fresh("i")
        if sets is not None and self.dice.chance(40):
            text, of = sets
            assert isinstance(of, Set)
            inner, binder = view.seeing(Known(name, of.of)), f"{name} in {text}"
        else:
            type = self.dice.pick(types)
            inner, binder = view.seeing(Known(name, type)), f"{name}: {written(type)}"
        where = f" where {bare(self.write.condition(inner, 1))}" if self.dice.chance(30) else ""
        return f"unordered for {binder}{where} {self.block(inner, 1, 2)}"

    # ---- messages

    def send(self, view: View) -> str | None:
        one = self.dice.pick(self.exits)
        if one.family is None:
            return self.sending(view, one, None)
        if not self.write.can_name(view, one.family):
            return None
        return self.sending(view, one, self.write.key(view, one.family))

    def sending(self, view: View, one: Exit, to: str | None) -> str | None:
        if not all(self.write.can_write(view, type) for _, type in one.letter.fields):
            return None
        said = ", ".join(f"{name}: {bare(self.write.value(view, type, 1))}" for name, type in one.letter.fields)
        return f"send {one.letter.name}({said}) via {one.channel}{f' to {to}' if to else ''}"

    def perform(self, view: View) -> str | None:
        name, params = self.dice.pick(self.procedures)
        if not all(self.write.can_write(view, type) for type in params):
            return None
        return f"{name}({', '.join(bare(self.write.value(view, type, 1)) for type in params)})"


def _braces(lines: list[str]) -> str:
    if len(lines) == 1 and "\n" not in lines[0] and len(lines[0]) < 70:
        return f"{{ {lines[0]} }}"
    return "{\n" + "\n".join(f"  {line}" for whole in lines for line in whole.split("\n")) + "\n}"
