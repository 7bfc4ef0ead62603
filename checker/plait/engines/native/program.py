"""A ground model as a program of the subset: the model's part of an explorer, in generated names only.

    expand(states, at, out, n, info) -> n    appends the successors of the state at `states[at]`
    inspect(states, at, info)                notes the goals that hold in a state
    canonical(words, at)                     replaces a state by the normal form of its orbit

No text of a model becomes part of the program: every name is made here, every value is a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from plait.engines.native.canonical import canonical
from plait.engines.native.code import Code, Functions, words_in
from plait.engines.native.emit_expr import Reader
from plait.engines.native.emit_step import StepWriter, orders, variants
from plait.engines.native.goals import SEARCHED, Goal, Info, StateClaim, StepClaim, goals_of, write_claim
from plait.engines.native.layout import Layout, UnsupportedError, layout_of
from plait.engines.native.rolled import CARRY, Step, alike, alone, by_guard, call, deeper, inline, roll
from plait.reduction import reduction_of
from plait.verdict import Symmetry
from plait_spec.ground import Expr, Ground, Instance, Or, Property
from plait_spec.ground_walk import can_err
from plait_spec.grounding import resolve_took
from plait_spec.record import record

MAX_LINES = 200_000  # a minute or two of compiling
SMALL = 2_000  # lines of steps that are compiled one by one
ALIKE = 4  # steps of one shape that are worth a table
NOTHING_TO_EXCHANGE = "def canonical(words: u64s, at: u64) -> None:\n    return\n"


@record
class Program:
    """The text, how states are laid out for it, and what its counters mean.

    `successors` bounds how many successors a state has.  `symmetry`: whether states are replaced by the least of their
    orbits (`full`), or by some member (`partial`); `rounds`: how often that runs through its text, about.
    """

    source: str
    layout: Layout
    info: Info
    successors: int
    symmetry: Symmetry
    rounds: int

    @property
    def reduced(self) -> bool:
        """Whether `canonical` does anything."""
        return self.symmetry != "off"


def program_of(ground: Ground, properties: Sequence[Property], *, symmetry: bool = False) -> Program:
    """The program of a model for these properties, reduced by symmetry or not.  Raises `UnsupportedError`."""
    layout = layout_of(ground)
    names = dict.fromkeys(ground.model.rules[instance.rule].name for instance in ground.instances)
    info = Info(goals_of(ground, list(properties)), list(names))
    writer = _Writer(ground, list(properties), layout, info)
    source = writer.source()
    reduction = reduction_of(ground) if symmetry else None
    if reduction is None:
        return Program(source + NOTHING_TO_EXCHANGE, layout, info, writer.count, "off", 1)
    normal = canonical(layout, reduction)
    reduced: Symmetry = "full" if reduction.exact else "partial"
    return Program(source + "\n".join(normal.lines) + "\n", layout, info, writer.count, reduced, normal.rounds)


def _of_claims(ground: Ground, properties: Sequence[Property]) -> list[tuple[Property, str, Expr, bool]]:
    """(property, part, expression, the value that decides)."""
    found: list[tuple[Property, str, Expr, bool]] = []
    for about in properties:
        if about.kind in SEARCHED:
            found.append((about, "claim", about.expr, about.kind in ("never", "reachable")))
            if about.antecedent is not None:
                found.append((about, "antecedent", about.antecedent, True))
    return found


class _Writer:
    """Writes the functions of one model."""

    def __init__(self, ground: Ground, properties: list[Property], layout: Layout, info: Info) -> None:
        self.ground, self.properties, self.layout, self.info = ground, properties, layout, info
        self.functions = Functions()
        self.count = 0
        self.claims = _of_claims(ground, properties)

    def source(self) -> str:
        """The whole program."""
        expand = self.expand()
        inspect = self.inspect("inspect", [claim for claim in self.claims if not claim[0].on_steps])
        lines = [*CARRY, *self.functions.lines, *expand, *inspect]
        if len(lines) > MAX_LINES:
            raise UnsupportedError(f"a model of {len(lines):,} lines")
        return "\n".join(lines) + "\n"

    # ---- steps

    def expand(self) -> list[str]:
        """Every step of a state."""
        taken = self.taken()
        dead_end = self.dead_end()
        fired = [f"f{word}" for word in range(self.info.fired_words)]
        return [
            "def expand(states: u64s, at: u64, out: u64s, n: u64, info: u64s) -> u64:",
            *(f"    {word} = states[at + {word[1:]}]" for word in words_in([*taken, *dead_end]) if word[0] == "s"),
            "    first = n",
            f"    events = info[{self.info.events}]",
            *(f"    {name} = 0" for name in fired),
            *taken,
            *(f"    info[{self.info.first_fired + word}] |= {name}" for word, name in enumerate(fired)),
            *dead_end,
            "    return n",
        ]

    def steps(self) -> list[Step]:
        """The steps of all instances."""
        steps = []
        for instance in in_turn(self.ground.instances):
            claims = self.step_claims(instance)
            for variant in variants(self.layout, instance):
                steps.append(StepWriter(self.layout, self.info, instance, variant).step(claims, self.functions))
                self.count += orders(instance)
        return steps

    def taken(self) -> list[str]:
        """The lines that take all steps: each under its guard; in a large model, those of one shape together."""
        steps, lines = self.steps(), []
        if sum(len(step.lines) for step in steps) > SMALL:
            for step, *more in alike(steps, ALIKE):
                lines += self.rolled([step, *more]) if more else self.single(step)
            return lines
        for guard, under in by_guard(steps).items():
            inner = [line for step in under for line in self.single(step)]
            lines += inner if guard is None else [f"    if {guard}:", *deeper(inner)]
        return lines

    def rolled(self, group: Sequence[Step]) -> list[str]:
        """The lines that take steps of one shape."""
        return call(roll(group, self.layout.words, self.functions), group[0], len(group))

    def single(self, step: Step) -> list[str]:
        """The lines that take one step: inside `expand` if nothing in it ends early, or by a function."""
        if step.inlinable:
            return inline(step, self.layout.words)
        return call(alone(step, self.layout.words, self.functions), step)

    def step_claims(self, instance: Instance) -> list[StepClaim]:
        """The claims about steps, for the steps of one instance."""
        found = []
        for about, part, expr, deciding in self.claims:
            if about.on_steps:
                resolved = resolve_took(self.ground, expr, instance)
                found.append(StepClaim(about, resolved, deciding, self.info, (about.index, part)))
        return found

    def dead_end(self) -> list[str]:
        """A state without a step, and whether it may be one."""
        head = [f"    if n == first and info[{self.info.events}] == events:", f"        info[{self.info.dead}] += 1"]
        judged = [about for about in self.properties if about.kind == "deadlock free"]
        if not judged:
            return head
        terminal = Or(self.ground.terminal, every=False)
        fail = tuple(self.info.hit((about.index, "error")) for about in judged)
        code = Code(lambda: (*fail, "return"), lambda _: (*fail, "return"))
        test = Reader(self.layout, code, "s").truth(terminal)
        with code.block(f"if not {test}:"):
            code.add(*(self.info.hit((about.index, "claim")) for about in judged))
        return [*head, f"        {self.apart(code)}"]

    def apart(self, code: Code) -> str:
        """The call of a function of its own."""
        words = words_in(code.lines)
        name = self.functions.add([*(f"{word}: u64" for word in words), "info: u64s"], [*code.lines, "    return"])
        return f"{name}({', '.join([*words, 'info'])})"

    # ---- states

    def inspect(self, name: str, claims: Sequence[tuple[Property, str, Expr, bool]]) -> list[str]:
        """A function that notes what holds in a state."""
        code = Code(tuple, lambda _: ())
        for about, part, expr, deciding in claims:
            resolved = resolve_took(self.ground, expr, None)
            claim = StateClaim(about, resolved, deciding, self.info, (about.index, part))
            if can_err(resolved):
                code.add(self.erring(claim))
            else:
                write_claim(Reader(self.layout, code, "s"), claim)
        words = [f"    {word} = states[at + {word[1:]}]" for word in words_in(code.lines)]
        return [f"def {name}(states: u64s, at: u64, info: u64s) -> None:", *words, *code.lines, "    return"]

    def erring(self, claim: StateClaim) -> str:
        """A claim whose evaluation may err, as a call of a function of its own."""
        error: Goal = (claim.about.index, "error")
        fail = (self.info.hit(error), "return") if claim.goal[1] == "claim" else ("return",)
        code = Code(lambda: fail, lambda _: fail)
        write_claim(Reader(self.layout, code, "s"), claim)
        return self.apart(code)


def in_turn(instances: Sequence[Instance]) -> list[Instance]:
    """The first instance of each rule, the second of each, and so on.

    Steps of the same identities so stand together: they share guards, and states that the same steps lead to are nearer
    to each other, where the filter of recent states finds them.
    """
    rules: dict[int, list[Instance]] = {}
    for instance in instances:
        rules.setdefault(instance.rule, []).append(instance)
    return [instance for turn in zip_longest(*rules.values()) for instance in turn if instance is not None]
