"""Random well-typed models, as text.

A model is drawn from the outside in: parameters, types, roles, variables, channels, then definitions, bodies and claims
that use them.  Domains are small and few, so that most models have at most some hundreds of states.  Every model is
careful (it stays inside its types) or careless; about half of each make a fair share of verdicts of every kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import log2

from tests.strategies_bodies import Bodies, Exit, Target
from tests.strategies_expressions import Def, Expressions, Known, Letter, Names, QueueName, StepName, View, bare
from tests.strategies_types import (
    BOOL,
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
    count,
    plain,
    scalar,
    written,
)

MAX_BITS = 11.0
RESULTS: tuple[Type, ...] = (BOOL, BOOL, Range(0, 2))


@dataclass
class Var:
    """A variable or constant; `word` is what stands before its name."""

    name: str
    type: Type
    word: str
    initial: str

    @property
    def ghost(self) -> bool:
        return self.word == "ghost var"

    @property
    def constant(self) -> bool:
        return self.word == "constant"


@dataclass
class Role:
    name: str
    family: Ids | None
    crash: str | None = None
    restart: str | None = None
    vars: list[Var] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def falls(self) -> bool:
        """Whether what it remembers may be lost."""
        return self.crash is not None or self.restart is not None


@dataclass
class Channel:
    name: str
    left: Role
    right: Role
    both: bool
    options: list[str]
    joins: str | None
    forth: list[Letter]
    back: list[Letter]

    def into(self, role: Role) -> list[Letter]:
        """What may arrive at the role."""
        return (self.forth if self.right is role else []) + (self.back if self.both and self.left is role else [])

    def out_of(self, role: Role) -> list[tuple[Role, list[Letter]]]:
        """Whom the role can send to, and what."""
        found = [(self.right, self.forth)] if self.left is role else []
        return [*found, (self.left, self.back)] if self.both and self.right is role else found

    def other(self, role: Role) -> Role:
        return self.right if self.left is role else self.left


class Model:
    """One model in the making."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.names = Names()
        self.write = Expressions(dice, self.names)
        self.risky = dice.chance(65)
        self.bits = 0.0
        self.params: list[tuple[str, Type, str]] = []
        self.ids: list[tuple[Ids, str]] = []
        self.enums: list[Enum] = []
        self.record: Record | None = None
        self.alias: Range | None = None
        self.vars: list[Var] = []
        self.roles: list[Role] = []
        self.letters: list[Letter] = []
        self.channels: list[Channel] = []
        self.defs: list[Def] = []
        self.role_defs: dict[str, list[Def]] = {}
        self.procedures: list[tuple[str, tuple[Type, ...]]] = []
        self.steps: list[StepName] = []
        self.tail: list[str] = []

    def text(self) -> str:
        """The whole."""
        self.types()
        self.make_roles()
        self.make_channels()
        self.make_vars()
        self.make_defs()
        self.behaviour()
        self.claims()
        return self.layout()

    # ---- types

    def types(self) -> None:
        dice = self.dice
        for _ in range(dice.weighted([(5, 1), (3, 2), (1, 0)])):
            size = dice.weighted([(2, 1), (6, 2), (3, 3)])
            if self.ids and size == 3:
                size = 2
            name, text = self.names.fresh("Id"), str(size)
            if dice.chance(60):
                text = self.parameter(Range(1, 3), str(size))
            self.ids.append((Ids(name, size), text))
        for _ in range(dice.weighted([(6, 1), (1, 2)])):
            labels = tuple(self.names.fresh("L") for _ in range(dice.between(2, 3)))
            self.enums.append(Enum(self.names.fresh("Kind"), labels))
        if dice.chance(30):
            self.alias = Range(0, dice.between(1, 2), text=self.names.fresh("Small"))
        if dice.chance(25):
            fields = tuple((self.names.fresh("f"), self.small()) for _ in range(2))
            self.record = Record(self.names.fresh("Rec"), fields)
        if dice.chance(20):
            self.parameter(BOOL, dice.pick(["false", "true"]))
        if dice.chance(15):
            self.parameter(self.enums[0], dice.pick(self.enums[0].labels))

    def parameter(self, type: Type, default: str) -> str:
        name = self.names.fresh("p")
        self.params.append((name, type, default))
        return name

    def budget(self) -> str:
        """How often something may happen."""
        self.bits += 1
        kind = self.dice.weighted([(5, "number"), (2, "number parameter"), (1, "bool parameter"), (1, "none")])
        if kind == "number":
            return self.dice.weighted([(7, " 1"), (1, " 2"), (1, " 0")])
        if kind == "none":
            return ""
        if kind == "bool parameter":
            return f" {self.parameter(BOOL, self.dice.pick(['true', 'false']))}"
        return f" {self.parameter(Range(0, 2), self.dice.pick(['1', '0']))}"

    def small(self) -> Type:
        """A type with two or three values."""
        dice = self.dice
        kind = dice.weighted([(4, "bool"), (4, "range"), (3, "enum"), (4, "ids")])
        if kind == "ids" and self.ids:
            return dice.pick(self.ids)[0]
        if kind == "enum":
            return dice.pick(self.enums)
        if kind == "range":
            return self.range()
        return BOOL

    def range(self) -> Range:
        if self.alias is not None and self.dice.chance(40):
            return self.alias
        low = self.dice.weighted([(7, 0), (2, 1)])
        return Range(low, low + self.dice.between(1, 2))

    def stored(self) -> Type:
        """The type of a variable."""
        dice = self.dice
        kind = dice.weighted(
            [(6, "small"), (3, "within"), (8, "map"), (5, "set"), (4, "option"), (2, "seq"), (2, "record")]
        )
        match kind:
            case "within":
                return replace(self.range(), within=True, text="")
            case "map":
                key = dice.pick(self.ids)[0] if self.ids and dice.chance(75) else self.small()
                value = self.small() if dice.chance(70) else Option(self.small())
                if dice.chance(10):
                    value = Map(BOOL, BOOL)
                return Map(plain(key), value)
            case "set":
                return Set(plain(dice.pick(self.ids)[0] if self.ids and dice.chance(70) else self.small()))
            case "option":
                return Option(plain(dice.pick(self.ids)[0] if self.ids and dice.chance(50) else self.small()))
            case "seq":
                return Seq(plain(self.small()), dice.between(1, 2))
            case "record" if self.record is not None:
                return self.record
            case _:
                return self.small()

    @property
    def all_types(self) -> tuple[Type, ...]:
        """The types that names can be bound to."""
        return (*(ids for ids, _ in self.ids), *self.enums, BOOL, Range(0, 1))

    # ---- roles and channels

    def make_roles(self) -> None:
        dice = self.dice
        for _ in range(dice.weighted([(4, 2), (3, 0), (2, 1)])):
            family = dice.pick(self.ids)[0] if self.ids and dice.chance(45) else None
            role = Role(self.names.fresh("r"), family)
            if dice.chance(25):
                role.crash = self.budget()
            if dice.chance(20):
                role.restart = self.budget()
            self.roles.append(role)

    def make_channels(self) -> None:
        dice = self.dice
        if not self.roles:
            return
        for _ in range(dice.between(1, 2)):
            fields = tuple(
                (self.names.fresh("f"), self.field()) for _ in range(dice.weighted([(3, 1), (2, 0), (1, 2)]))
            )
            self.letters.append(Letter(self.names.fresh("M"), fields))
        for _ in range(dice.weighted([(6, 1), (3, 2), (1, 0)])):
            if len(self.roles) == 1 and self.roles[0].family is None:
                return
            left, right = self.roles[0], self.roles[-1]
            if dice.chance(30):
                left, right = right, left
            both = left is not right and dice.chance(35)
            carried = [dice.pick(self.letters)] if dice.chance(60) else list(self.letters)
            back = [dice.pick(self.letters)]
            name = self.names.fresh("c")
            same = [
                one.name
                for one in self.channels
                if (one.left, one.right, one.both) == (left, right, both) and one.joins is None
            ]
            if same and dice.chance(50):
                self.channels.append(Channel(name, left, right, both, [f"joins {same[0]}"], same[0], carried, back))
                continue
            channel = Channel(name, left, right, both, [], None, carried, back)
            channel.options = self.options(channel)
            self.channels.append(channel)

    def field(self) -> Type:
        kind = self.dice.weighted([(8, "small"), (1, "option"), (1, "set")])
        if kind == "small" or not self.ids:
            return self.small()
        ids = self.dice.pick(self.ids)[0]
        return Option(ids) if kind == "option" else Set(ids)

    def options(self, channel: Channel) -> list[str]:
        """What is said about the channel."""
        dice = self.dice
        discipline = dice.weighted([(5, "ordered"), (3, "unordered"), (1, "")])
        options = [discipline] if discipline else []
        if dice.chance(20):
            options.append("distinct")
        queues = (channel.left.family.count if channel.left.family else 1) * (
            channel.right.family.count if channel.right.family else 1
        )
        room = 1 if queues > 2 or dice.chance(50) else 2
        if dice.chance(93):
            options.append(f"{dice.pick(['capacity', 'blocking'])} {room}")
        if dice.chance(18):
            options.append(f"may lose{self.budget()}")
        if dice.chance(15):
            options.append(f"may duplicate{self.budget()}")
        if discipline != "unordered" and dice.chance(20):
            options.append(f"may break{self.budget()}")
        if dice.chance(8):
            options.append("may stall")
        ends = [role for role in (channel.left, channel.right) if role.falls]
        if ends and dice.chance(50):
            options.append(f"cleared by crash of {dice.pick(['either end', ends[0].name])}")
        kinds = sum(self.weight(letter) for letter in channel.forth)
        self.bits += queues * (2 if channel.both else 1) * log2(1 + kinds) * 0.5
        return options

    def weight(self, letter: Letter) -> int:
        total = 1
        for _, type in letter.fields:
            total *= count(type)
        return total

    # ---- variables

    def make_vars(self) -> None:
        dice = self.dice
        for role in self.roles:
            for _ in range(dice.between(1, 3)):
                word = dice.weighted([(6, "var"), (2, "durable var"), (1, "ghost var")])
                self.add_var(role.vars, word, role)
        for _ in range(dice.between(1, 2) if self.roles else dice.between(3, 5)):
            word = dice.weighted([(8, "var"), (2, "ghost var"), (2, "constant")])
            self.add_var(self.vars, word, None)
        if not any(var.word != "constant" for var in self.vars) and not any(role.vars for role in self.roles):
            self.vars.append(Var(self.names.fresh("v"), BOOL, "var", "false"))

    def add_var(self, into: list[Var], word: str, role: Role | None) -> None:
        type = self.stored()
        times = role.family.count if role is not None and role.family is not None else 1
        if word != "durable var" and role is not None and role.falls and not _has_literal(type):
            word = "durable var"
        cost = log2(count(type)) * times
        if self.bits + cost > MAX_BITS or count(type) > 64:
            type, cost = BOOL, float(times)
            if self.bits + cost > MAX_BITS and into:
                return
        self.bits += cost
        free = role is None or word == "durable var" or not role.falls
        initial = self.initial(type, times, word, free)
        if word == "constant" and isinstance(type, Range):
            type = plain(type)
        into.append(Var(self.names.fresh("k" if word == "constant" else "v"), type, word, initial))

    def initial(self, type: Type, times: int, word: str, free: bool) -> str:
        """`any`, or a value that needs no names."""
        few = count(type) ** times <= 9 and self.bits < MAX_BITS
        likely = 70 if word == "constant" else 8
        if not _has_literal(type) or (free and few and self.dice.chance(likely)):
            if self.dice.chance(15):
                name = self.names.fresh("a")
                view = View((Known(name, plain(type)),), self.all_types)
                return f"any {name} where {bare(self.write.atom(view))}"
            return "any"
        return self.write.literal(type)

    # ---- what can be seen

    def view(self, role: Role | None, *, claim: bool = False) -> View:
        """What steps of a role can read; with `claim`, what properties can."""
        known = [Known(name, type) for name, type, _ in self.params]
        known += [Known(var.name, var.type) for var in self.vars if claim or not var.ghost]
        for other in self.roles:
            for var in other.vars:
                if var.ghost and not claim:
                    continue
                if other is role:
                    known += [Known(var.name, var.type)] * 3
                elif claim or self.dice.chance(25):
                    known.append(Known(f"{other.name}.{var.name}", var.type, other.family))
        if role is not None and role.family is not None:
            known.append(Known("self", role.family))
        defs = [*self.defs, *(self.role_defs.get(role.name, ()) if role is not None else ())]
        steps = tuple(self.steps) if claim else ()
        return View(tuple(known), self.all_types, self.queues(role), tuple(defs), steps, claim, False, self.risky)

    def queues(self, role: Role | None) -> tuple[QueueName, ...]:
        found = []
        for channel in self.channels:
            letters = tuple({*channel.forth, *(channel.back if channel.both else ())})
            letters = tuple(letter for letter in self.letters if letter in letters)
            found.append(QueueName(channel.name, letters))
            families = [end.family for end in (channel.left, channel.right) if end.family is not None]
            outside = role is None or role.family is None or role not in (channel.left, channel.right)
            if len(families) == 1 and outside:
                found.append(QueueName(channel.name, letters, families[0]))
        return tuple(found)

    def bodies(self, role: Role | None, view: View) -> Bodies:
        """What writes bodies of a role's steps."""
        targets = [Target(var.name, var.type, var.ghost) for var in self.vars if not var.constant]
        exits: list[Exit] = []
        clears: list[QueueName] = []
        if role is not None:
            targets += 2 * [Target(var.name, var.type, var.ghost) for var in role.vars]
            for channel in self.channels:
                for other, letters in channel.out_of(role):
                    exits += [Exit(channel.name, letter, other.family) for letter in letters]
                if role in (channel.left, channel.right):
                    clears.append(QueueName(channel.name, (), None))
        ghosts = [Known(var.name, var.type) for var in self.vars if var.ghost]
        if role is not None:
            ghosts += [Known(var.name, var.type) for var in role.vars if var.ghost]
        return Bodies(self.dice, self.write, targets, exits, clears, tuple(ghosts), tuple(self.procedures))

    # ---- definitions

    def make_defs(self) -> None:
        dice = self.dice
        if dice.chance(40):
            self.definition(None)
        for role in self.roles:
            if dice.chance(20):
                self.definition(role)
        if dice.chance(20):
            name = self.names.fresh("proc")
            formal = (self.names.fresh("x"), plain(self.small()))
            view = self.view(None).seeing(Known(*formal))
            body = self.bodies(None, view).block(view, 1, 2)
            self.tail.append(f"def {name}({formal[0]}: {written(formal[1])}) {body}")
            self.procedures.append((name, (formal[1],)))

    def definition(self, role: Role | None) -> None:
        name = self.names.fresh("d")
        formals = [(self.names.fresh("x"), plain(self.small())) for _ in range(self.dice.between(0, 1))]
        result = self.dice.pick(RESULTS)
        view = self.view(role).seeing(*(Known(*formal) for formal in formals))
        body = bare(self.write.value(view, result, 2))
        line = f"def {name}({', '.join(f'{x}: {written(of)}' for x, of in formals)}): {written(result)} = {body}"
        made = Def(name, tuple(of for _, of in formals), result)
        if role is None:
            self.defs.append(made)
            self.tail.append(line)
        else:
            self.role_defs.setdefault(role.name, []).append(made)
            role.lines.append(line)

    # ---- behaviour

    def behaviour(self) -> None:
        dice = self.dice
        for role in self.roles:
            for _ in range(dice.between(1, 3)):
                role.lines.append(self.action(role))
            self.handlers(role)
            self.reactions(role)
        for _ in range(dice.between(0, 2) if self.roles else dice.between(3, 5)):
            self.tail.append(self.action(None))

    def action(self, role: Role | None) -> str:
        dice = self.dice
        name = self.names.fresh("act")
        formals: list[tuple[str, Type]] = []
        for _ in range(dice.weighted([(4, 1), (4, 0), (1, 2)])):
            formals.append((self.names.fresh("x"), plain(self.small())))
        view = self.view(role).seeing(*(Known(*formal) for formal in formals))
        bodies = self.bodies(role, view)
        aim = bodies.aim(view) if dice.chance(35) else None
        if aim is not None and scalar(aim[1]):
            formals.append((self.names.fresh("x"), plain(aim[1])))
            view = view.seeing(Known(*formals[-1]))
            body = bodies.body(view, first=f"{aim[0]} = {formals[-1][0]}")
        else:
            body = bodies.body(view)
        guards = list(bodies.needs)
        if dice.chance(40):
            guards.append(self.write.condition(view, dice.below(2)))
        when = f" when {bare(guards[0]) if len(guards) == 1 else ' and '.join(guards)}" if guards else ""
        fair = dice.weighted([(6, ""), (2, "fair "), (1, "strongly fair ")])
        word = f"{fair}{'environment ' if dice.chance(12) else ''}action"
        self.steps.append(StepName(*_who(role), name, tuple(of for _, of in formals)))
        listed = ", ".join(f"{x}: {written(of)}" for x, of in formals)
        return f"{word} {name}({listed}){when} {body}"

    def handlers(self, role: Role) -> None:
        """A handler, or `ignore`, for everything that may arrive."""
        arriving: dict[str, list[Channel]] = {}
        ending = [
            channel for channel in self.channels if role is channel.right or (channel.both and role is channel.left)
        ]
        for channel in ending:
            for letter in channel.into(role):
                routes = arriving.setdefault(letter.name, [])
                if channel not in routes:
                    routes.append(channel)
        for name, channels in arriving.items():
            letter = next(letter for letter in self.letters if letter.name == name)
            if len(channels) > 1 and self.dice.chance(50):
                for channel in channels:
                    self.handler(role, letter, channel, channel.other(role).family)
            elif len(ending) == 1:
                self.handler(role, letter, self.dice.pick([None, channels[0]]), channels[0].other(role).family)
            elif len(channels) == 1 and self.dice.chance(50):
                self.handler(role, letter, channels[0], channels[0].other(role).family)
            else:
                self.handler(role, letter, None, None)

    def handler(self, role: Role, letter: Letter, channel: Channel | None, sender: Ids | None) -> None:
        dice = self.dice
        via = "" if channel is None else f" via {channel.name}"
        if dice.chance(12):
            role.lines.append(f"ignore {letter.name}{via}")
            return
        view = self.view(role)
        message = self.names.fresh("m") if letter.fields or dice.chance(20) else ""
        known = [Known(f"{message}.{name}", type) for name, type in letter.fields] * 2
        origin = ""
        if sender is not None and dice.chance(75):
            name = self.names.fresh("from_")
            origin = f" from {name}"
            known.append(Known(name, sender))
        view = view.seeing(*known)
        bodies = self.bodies(role, view)
        body = bodies.body(view, handler=True)
        when = f" when {bare(self.write.condition(view, 1))}" if dice.chance(18) else ""
        fair = dice.weighted([(8, ""), (1, "fair "), (1, "strongly fair ")])
        self.steps.append(StepName(role.name, role.family, f"on {letter.name}", (), letter.fields))
        role.lines.append(f"{fair}on {letter.name}({message}){origin}{via}{when} {body}")

    def reactions(self, role: Role) -> None:
        """What happens at restarts and breaks."""
        dice = self.dice
        if role.crash is not None:
            self.steps.append(StepName(role.name, role.family, "crash"))
        if role.falls:
            self.steps.append(StepName(role.name, role.family, "restart"))
            if dice.chance(50):
                view = self.view(role)
                fair = dice.pick(["", "fair "])
                role.lines.append(f"{fair}on restart {self.bodies(role, view).block(view, 1, 2)}")
        for channel in self.channels:
            if any(option.startswith("may break") for option in channel.options):
                if role is channel.left:
                    self.steps.append(StepName(None, None, f"{channel.name}.break"))
                if role in (channel.left, channel.right) and dice.chance(60):
                    view, origin = self.view(role), ""
                    family = channel.other(role).family
                    if family is not None and dice.chance(60):
                        name = self.names.fresh("from_")
                        origin, view = f" from {name}", view.seeing(Known(name, family))
                    bodies = self.bodies(role, view)
                    if role.family is not None:
                        # A crash of the other end breaks all of them at once, in no order.
                        own = {var.name for var in role.vars}
                        bodies.targets = [target for target in bodies.targets if target.name in own]
                        bodies.exits, bodies.clears, bodies.procedures = (), (), ()
                        view = replace(view, queues=())
                    body = bodies.block(view, 1, 2)
                    role.lines.append(f"on break of {channel.name}{origin} {body}")
            if role is channel.left and any(option.startswith("may lose") for option in channel.options):
                self.steps.append(StepName(None, None, f"{channel.name}.lose"))

    # ---- claims

    def claims(self) -> None:
        dice = self.dice
        view = self.view(None, claim=True)
        if not self.risky or dice.chance(45):
            # A claim that errs says nothing of the model: careless models have claims of both kinds.
            view = replace(view, risky=False)
        for _ in range(dice.between(2, 4)):
            self.tail.append(self.claim(view))
        if dice.chance(25):
            self.tail.append("deadlock free")
            if dice.chance(50):
                self.tail.append(f"terminal when {bare(self.write.condition(replace(view, past=False, steps=()), 1))}")

    def claim(self, view: View) -> str:
        dice = self.dice
        name = self.names.fresh("P")
        doc = f"/// What {name} says\n" if dice.chance(20) else ""
        kind = dice.weighted([(8, "always"), (8, "never"), (6, "step"), (5, "reachable")])
        match kind:
            case "always":
                form = dice.weighted([(4, "or"), (3, "implies"), (2, "one")])
                if form == "one":
                    text = self.write.condition(view, 2)
                elif form == "implies":
                    text = self.maybe_all(view, "all", lambda inner: self.joined(inner, ["implies"]))
                else:
                    text = self.maybe_all(view, "all", lambda inner: self.joined(inner, ["or"] * dice.between(1, 3)))
            case "never":
                text = self.maybe_all(view, "some", lambda inner: self.joined(inner, ["and"] * dice.between(1, 3)))
            case "step":
                text = self.step_claim(view)
            case _:
                text = self.maybe_all(view, "some", lambda inner: self.joined(inner, ["and"] * dice.between(0, 2)))
        return f"{doc}{kind} {name}: {bare(text)}"

    def joined(self, view: View, words: list[str]) -> str:
        text = self.write.condition(view, 1)
        for word in words:
            text = f"({text} {word} {self.write.condition(view, 1)})"
        return text

    def maybe_all(self, view: View, word: str, body: Callable[[View], str]) -> str:
        """The body, for every or some value of a name that it may use."""
        if self.dice.chance(50):
            return self.write.quantified(view, 1, lambda inner, _: body(inner), word)
        return body(view)

    def step_claim(self, view: View) -> str:
        dice = self.dice
        looking = replace(view, next=True)
        now = replace(view, past=dice.chance(50))
        form = dice.weighted([(3, "kept"), (3, "grows"), (3, "free"), (2, "cause")])
        found = self.write.read(replace(now, risky=False), lambda type: isinstance(type, Bool | Range | Enum))
        if form == "free" or found is None:
            return f"({self.joined(looking, ['or'])} or {self.write.condition(looking, 1)})"
        text, type = found
        if form == "grows" and isinstance(type, Range):
            return f"(next({text}) {dice.pick(['>=', '<='])} {text})"
        if form == "cause" and self.steps:
            return f"(next({text}) != {text} implies {self.write.step_name(now)})"
        value = self.write.literal(type)
        return f"(({text} == {value} and {self.write.condition(now, 1)}) implies next({text}) == {value})"

    # ---- text

    def layout(self) -> str:
        """The declarations in the order of the text."""
        params = ", ".join(f"{name}: {written(type)} = {default}" for name, type, default in self.params)
        lines = [f"protocol Random({params})" if params else "protocol Random", ""]
        lines += [f"ids {ids.name}[{text}]" for ids, text in self.ids]
        lines += [f"enum {enum.name} {{ {', '.join(enum.labels)} }}" for enum in self.enums]
        if self.alias is not None:
            lines.append(f"type {self.alias.text} = {self.alias.low}..{self.alias.high}")
        if self.record is not None:
            fields = ", ".join(f"{name}: {written(type)}" for name, type in self.record.fields)
            lines.append(f"type {self.record.name} = {{ {fields} }}")
        for letter in self.letters:
            fields = ", ".join(f"{name}: {written(type)}" for name, type in letter.fields)
            lines.append(f"message {letter.name}{f' {{ {fields} }}' if fields else ''}")
        for channel in self.channels:
            arrow = "<->" if channel.both else "->"
            options = f" {{ {', '.join(channel.options)} }}" if channel.options else ""
            lines.append(f"channel {channel.name}: {channel.left.name} {arrow} {channel.right.name}{options}")
        lines += [_declared(var) for var in self.vars]
        for role in self.roles:
            lines.append(f"role {role.name}{f'[{role.family.name}]' if role.family else ''} {{")
            if role.crash is not None:
                lines.append(f"  may crash{role.crash}")
            if role.restart is not None:
                lines.append(f"  may restart{role.restart}")
            lines += [f"  {line}" for var in role.vars for line in [_declared(var)]]
            lines += [f"  {line}" for block in role.lines for line in block.split("\n")]
            lines.append("}")
        return "\n".join([*lines, *self.tail]) + "\n"


def _declared(var: Var) -> str:
    return f"{var.word} {var.name}: {written(var.type)} = {var.initial}"


def _who(role: Role | None) -> tuple[str | None, Ids | None]:
    return (None, None) if role is None else (role.name, role.family)


def _has_literal(type: Type) -> bool:
    """Whether some value of the type needs no names."""
    match type:
        case Ids():
            return False
        case Record(_, fields):
            return all(_has_literal(of) for _, of in fields)
        case Map(_, value):
            return _has_literal(value)
        case _:
            return True
