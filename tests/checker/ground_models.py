"""GROUND models made by hand, so that the engines can be tested without the front-end.

`Maker` collects cells, instances and properties; the functions below it build the models of the published counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plait_spec import core, types
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SetDomain,
    Value,
)
from plait_spec.ground import (
    TRUE,
    Act,
    And,
    Arithmetic,
    Block,
    Cell,
    CellValue,
    Channel,
    Checked,
    Compare,
    Const,
    Expr,
    Fix,
    Free,
    Ground,
    InSet,
    Instance,
    Key,
    Not,
    OneOf,
    Or,
    Property,
    Queue,
    SetCell,
    SetOf,
    SetOneOf,
    SetOp,
    Start,
    Total,
    Trigger,
)
from plait_spec.source import Source

SOURCE = Source("made.plait", "made by hand\n")
SPAN = SOURCE.span(0, 4)


@dataclass
class Maker:
    """A ground model in the making."""

    name: str = "Made"
    cells: list[Cell] = field(default_factory=list)
    start: list[Start] = field(default_factory=list)
    rules: list[core.Rule] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    messages: list[RecordDomain] = field(default_factory=list)
    sorts: list[IdsDomain] = field(default_factory=list)
    terminal: list[Expr] = field(default_factory=list)

    def sort(self, name: str, size: int) -> IdsDomain:
        """Interchangeable identities."""
        domain = IdsDomain(name, size)
        self.sorts.append(domain)
        return domain

    def variable(
        self, name: str, domain: Domain, initial: Value | Expr = None, keys: Domain | None = None, *, free: bool = False
    ) -> list[int]:
        """A variable, with one cell a key; `free`: every value is initial."""
        rows: list[tuple[Value, ...]] = [()] if keys is None else [(key,) for key in _values(keys)]
        first = len(self.cells)
        for row in rows:
            domains = () if keys is None else (keys,)
            self.cells.append(Cell(name, row, domains, domain, None, "variable", _place(name, row)))
        places = list(range(first, len(self.cells)))
        value = initial if isinstance(initial, CellValue | Const | Arithmetic | Checked) else Const(initial)
        if free:
            self.start.append(Free(tuple(places), TRUE))
        else:
            self.start.append(Fix(tuple(places), (value,) * len(places)))
        return places

    def channel(
        self,
        name: str = "wire",
        *,
        ordered: bool = True,
        distinct: bool = False,
        blocking: bool = False,
        bound: int = 4,
        both: bool = False,
    ) -> list[int]:
        """A channel between two single roles, with its queue cells (one, or one each way)."""
        carrier = len(self.channels)
        self.channels.append(Channel(name, carrier, "left", "right", ""))
        first = len(self.cells)
        for forward in (True, False)[: 1 + both]:
            queue = Queue(carrier, forward, None, None, ordered, distinct, blocking, bound, written=True)
            self.cells.append(Cell(name, (), (), None, queue, "queue", f"{name} {'->' if forward else '<-'}"))
        return list(range(first, len(self.cells)))

    def message(self, name: str, **fields: Domain) -> int:
        """A message; its index."""
        self.messages.append(RecordDomain(name, tuple(fields.items())))
        return len(self.messages) - 1

    def rule(
        self,
        name: str,
        guard: Expr = TRUE,
        body: Block = (),
        *,
        args: tuple[Value, ...] = (),
        trigger: Trigger | None = None,
        slots: int = 1,
        before: Block = (),
        after: Block = (),
        kind: core.RuleKind = "action",
    ) -> int:
        """An instance of the rule of this name (a new rule, if the name is new); the instance's index."""
        names = [rule.name for rule in self.rules]
        if name not in names:
            self.rules.append(replace(_RULE, name=name, kind=kind))
            names.append(name)
        index, trigger = names.index(name), trigger or Act()
        self.instances.append(Instance(index, args, (), trigger, guard, before, body, after, slots, None))
        return len(self.instances) - 1

    def property(
        self,
        name: str,
        kind: core.PropertyKind,
        expr: Expr = TRUE,
        *,
        on_steps: bool = False,
        antecedent: Expr | None = None,
        steps: tuple[str, ...] = (),
        slots: int = 1,
    ) -> None:
        """A property."""
        index = len(self.properties)
        self.properties.append(Property(index, name, kind, expr, antecedent, on_steps or kind == "step", slots, steps))

    def made(self) -> Ground:
        """The model."""
        claims = tuple(core.Property(about.name, about.kind, _LITERAL, None, (), SPAN) for about in self.properties)
        sorts = tuple(types.IdsType(sort.name, types.Number(sort.count)) for sort in self.sorts)
        model = replace(_MODEL, protocol=self.name, rules=tuple(self.rules), properties=claims, ids=sorts)
        return Ground(
            model=model,
            parameters=(),
            ids=tuple((sort.name, sort.count) for sort in self.sorts),
            cells=tuple(self.cells),
            channels=tuple(self.channels),
            messages=tuple(self.messages),
            start=tuple(self.start),
            rules=tuple(range(len(self.rules))),
            instances=tuple(self.instances),
            properties=tuple(self.properties),
            terminal=tuple(self.terminal),
        )


_LITERAL = core.Literal(value=True, type=types.BOOL, span=SPAN)
_RULE = core.Rule(
    name="", kind="action", role=None, member=False, params=(), sender=None, trigger=core.Act(), switched_on=_LITERAL,
    guard=_LITERAL, picks=(), pick_where=_LITERAL, body=(), fairness="none", environment=False, span=SPAN,
)  # fmt: skip
_MODEL = core.Model(
    protocol="", proposal=None, parameters=(), ids=(), roles=(), variables=(), messages=(), channels=(), rules=(),
    monitors=(), properties=(), terminal=(), expectations=(), foreign_reads=(), span=SPAN,
)  # fmt: skip


def _values(domain: Domain) -> list[Value]:
    from plait_spec.domains import values

    return list(values(domain))


def _place(name: str, row: tuple[Value, ...]) -> str:
    return name + "".join(f"[{key}]" for key in row)


# ---- short forms


def at(cell: int) -> CellValue:
    """The value of a cell."""
    return CellValue(cell)


def equals(cell: int, value: Value) -> Compare:
    """`cell == value`."""
    return Compare("==", at(cell), Const(value))


def differs(cell: int, value: Value) -> Compare:
    """`cell != value`."""
    return Compare("!=", at(cell), Const(value))


def both(*items: Expr) -> And:
    """A conjunction that ends at the first false item."""
    return And(items, every=False)


def either(*items: Expr) -> Or:
    """A disjunction that ends at the first true item."""
    return Or(items, every=False)


def put(cell: int, value: Value | Expr) -> SetCell:
    """`cell = value`."""
    return SetCell(cell, value if not isinstance(value, bool | int | tuple | None) else Const(value))


def plus(cell: int, amount: int, domain: Domain, place: str = "n") -> SetCell:
    """`cell = cell + amount`, checked."""
    return SetCell(cell, Checked(Arithmetic("+", at(cell), Const(amount), SPAN), domain, place, SPAN))


# ---- models with published counts


def toy() -> Ground:
    """A counter that goes round: 10 states, 10 transitions, depth 9."""
    maker = Maker("Toy")
    (n,) = maker.variable("n", RangeDomain(0, 9), 0)
    turn = Arithmetic("mod", Arithmetic("+", at(n), Const(1), SPAN), Const(10), SPAN)
    maker.rule("tick", body=(SetCell(n, turn),))
    maker.property("Small", "always", Compare("<", at(n), Const(10)))
    return maker.made()


def filter_lock(processes: int) -> Ground:
    """Peterson's filter lock with an atomic wait."""
    maker = Maker("FilterLock")
    ids = maker.sort("Process", processes)
    levels = RangeDomain(0, processes - 1)
    pc = maker.variable("pc", EnumDomain("At", ("Outside", "Announce", "Wait", "Inside")), 0, ids)
    level = maker.variable("level", levels, 0, ids)
    victim = maker.variable("victim", OptionDomain(ids), None, RangeDomain(1, processes - 1))
    everyone = range(processes)
    for i in everyone:
        body = (plus(level[i], 1, levels, "level"), put(pc[i], 1))
        maker.rule("climb", equals(pc[i], 0), body, args=(i,))
    upper = RangeDomain(1, processes - 1)
    for i in everyone:
        keys = (Key(at(level[i]), upper, SPAN),)
        maker.rule("yield", equals(pc[i], 1), (SetOneOf(tuple(victim), keys, Const(i)), put(pc[i], 2)), args=(i,))
    for i in everyone:
        keys = (Key(at(level[i]), upper, SPAN),)
        others = And(tuple(Compare("<", at(level[k]), at(level[i])) for k in everyone if k != i), every=True)
        passes = either(Compare("!=", OneOf(tuple(victim), keys), Const(i)), others)
        top = Compare("==", at(level[i]), Const(processes - 1))
        inside = put(pc[i], IfElseConst(top))
        maker.rule("pass", both(equals(pc[i], 2), passes), (inside,), args=(i,))
    for i in everyone:
        maker.rule("leave", equals(pc[i], 3), (put(level[i], 0), put(pc[i], 0)), args=(i,))
    inside_count = Total("sum", tuple((equals(pc[i], 3), Const(1)) for i in everyone), SPAN)
    maker.property("Exclusion", "always", Compare("<=", inside_count, Const(1)))
    return maker.made()


def IfElseConst(top: Expr) -> Expr:  # noqa: N802
    """3 at the top level, otherwise 0."""
    from plait_spec.ground import IfElse

    return IfElse(top, Const(3), Const(0))


def two_phase(managers: int) -> Ground:
    """Two-phase commit with a set of messages that is kept for ever."""
    maker = Maker("TwoPhase")
    ids = maker.sort("Manager", managers)
    sets = SetDomain(ids)
    rm = maker.variable("rm", EnumDomain("State", ("Working", "Prepared", "Committed", "Aborted")), 0, ids)
    (tm,) = maker.variable("tm", EnumDomain("Coordinator", ("Init", "Committed", "Aborted")), 0)
    (heard,) = maker.variable("heard", sets, 0)
    (offers,) = maker.variable("offers", sets, 0)
    (commit,) = maker.variable("commit", BoolDomain(), initial=False)
    (abort,) = maker.variable("abort", BoolDomain(), initial=False)
    everyone = range(managers)

    def add(cell: int, who: int) -> SetCell:
        return SetCell(cell, SetOp("union", at(cell), SetOf(ids, ((TRUE, Const(who)),), SPAN)))

    for r in everyone:
        guard = both(equals(tm, 0), InSet(Const(r), at(offers), ids))
        maker.rule("hear", guard, (add(heard, r),), args=(r,))
    all_heard = And(tuple(InSet(Const(r), at(heard), ids) for r in everyone), every=True)
    maker.rule("commit", both(equals(tm, 0), all_heard), (put(tm, 1), put(commit, True)))
    maker.rule("abort", equals(tm, 0), (put(tm, 2), put(abort, True)))
    for r in everyone:
        maker.rule("prepare", equals(rm[r], 0), (put(rm[r], 1), add(offers, r)), args=(r,))
    for r in everyone:
        maker.rule("choose", equals(rm[r], 0), (put(rm[r], 3),), args=(r,))
    for r in everyone:
        maker.rule("obey_commit", at(commit), (put(rm[r], 2),), args=(r,))
    for r in everyone:
        maker.rule("obey_abort", at(abort), (put(rm[r], 3),), args=(r,))
    some_committed = Or(tuple(equals(rm[r], 2) for r in everyone), every=True)
    some_aborted = Or(tuple(equals(rm[r], 3) for r in everyone), every=True)
    maker.property("Agreement", "always", Not(both(some_committed, some_aborted)))
    return maker.made()
