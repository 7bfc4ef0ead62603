"""A ground model as a program of the subset: the model's part of an explorer, in generated names only.

    expand(states, at, out, n, info) -> n    appends the successors of the state at `states[at]`
    inspect(states, at, info)                notes the goals that hold in a state
    canonical(words, at)                     replaces a state by the least of its orbit

No text of a model becomes part of the program: every name is made here, every value is a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plait.engines.native.canonical import canonical
from plait.engines.native.code import Code
from plait.engines.native.emit_expr import Reader
from plait.engines.native.emit_step import StepWriter, orders, variants
from plait.engines.native.goals import SEARCHED, Goal, Info, StateClaim, StepClaim, goals_of, write_claim
from plait.engines.native.layout import Layout, UnsupportedError, layout_of
from plait_spec.ground import Expr, Ground, Instance, Or, Property
from plait_spec.ground_walk import can_err
from plait_spec.grounding import resolve_took, symmetric_sorts

MAX_LINES = 60_000
AND_ON = ("        r = out[n]", "        more = r")
NOTHING_TO_EXCHANGE = ("def canonical(words: u64s, at: u64) -> None:", "    return")


@dataclass(frozen=True, slots=True)
class Program:
    """The text, how states are laid out for it, and what its counters mean.

    `successors` bounds how many successors a state has.  `reduced`: states are replaced by the least of their orbits.
    """

    source: str
    layout: Layout
    info: Info
    successors: int
    reduced: bool


def program_of(ground: Ground, properties: Sequence[Property], *, symmetry: bool = False) -> Program:
    """The program of a model for these properties, reduced by symmetry or not.  Raises `UnsupportedError`."""
    layout = layout_of(ground)
    names = dict.fromkeys(ground.model.rules[instance.rule].name for instance in ground.instances)
    info = Info(goals_of(ground, list(properties)), list(names))
    writer = _Writer(ground, list(properties), layout, info)
    reduced = symmetry and bool(symmetric_sorts(ground))
    source = writer.source() + "\n".join(canonical(layout) if reduced else NOTHING_TO_EXCHANGE) + "\n"
    return Program(source, layout, info, writer.count, reduced)


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
        self.functions: list[str] = []
        self.count = 0
        self.claims = _of_claims(ground, properties)

    def source(self) -> str:
        """The whole program."""
        expand = self.expand()
        inspect = self.inspect("inspect", [claim for claim in self.claims if not claim[0].on_steps])
        lines = [*self.functions, *expand, *inspect]
        if len(lines) > MAX_LINES:
            raise UnsupportedError(f"a model of {len(lines):,} lines")
        return "\n".join(lines) + "\n"

    # ---- steps

    def expand(self) -> list[str]:
        """Every step of a state."""
        words = range(self.layout.words)
        fired = [f"f{word}" for word in range(self.info.fired_words)]
        lines = ["def expand(states: u64s, at: u64, out: u64s, n: u64, info: u64s) -> u64:"]
        lines += [f"    s{word} = states[at + {word}]" for word in words]
        lines += ["    first = n", f"    events = info[{self.info.events}]", *(f"    {name} = 0" for name in fired)]
        for instance in self.ground.instances:
            for variant in variants(self.layout, instance):
                step = StepWriter(self.layout, self.info, instance, variant)
                step.write_all(self.step_claims(instance), self.functions)
                lines += self.step(step, instance)
                self.count += orders(instance)
        lines += [f"    info[{self.info.first_fired + word}] |= {name}" for word, name in enumerate(fired)]
        lines += self.dead_end()
        return [*lines, "    return n"]

    def step(self, step: StepWriter, instance: Instance) -> list[str]:
        """One variant of an instance, inside `expand` if nothing in it ends early."""
        word, bit = self.info.fired(self.ground.model.rules[instance.rule].name)
        fired = f"f{word} |= {bit}"
        if step.inlinable:
            return step.inline(fired)
        name = f"i{len(self.functions)}"
        self.functions += step.function(name)
        arguments = ", ".join(f"s{word}" for word in range(self.layout.words))
        call = [f"    m = {name}({arguments}, out, n, info)", "    if m != n:", f"        {fired}", "        n = m"]
        if not step.ordered:
            return call
        call[0] = f"    m = {name}({arguments}, out, n, info, r)"
        return ["    r = 0", "    more = 1", "    while more:", *(f"    {line}" for line in call), *AND_ON]

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
        words = [f"s{word}" for word in range(self.layout.words)]
        heads = ", ".join(f"{word}: u64" for word in words)
        self.functions += [f"def d({heads}, info: u64s) -> None:", *code.lines, "    return"]
        return [*head, f"        d({', '.join(words)}, info)"]

    # ---- states

    def inspect(self, name: str, claims: Sequence[tuple[Property, str, Expr, bool]]) -> list[str]:
        """A function that notes what holds in a state."""
        lines = [f"def {name}(states: u64s, at: u64, info: u64s) -> None:"]
        lines += [f"    s{word} = states[at + {word}]" for word in range(self.layout.words)]
        code = Code(tuple, lambda _: ())
        for about, part, expr, deciding in claims:
            resolved = resolve_took(self.ground, expr, None)
            claim = StateClaim(about, resolved, deciding, self.info, (about.index, part))
            if can_err(resolved):
                lines += self.apart(claim)
            else:
                reader = Reader(self.layout, code, "s")
                write_claim(reader, claim)
        return [*lines, *code.lines, "    return"]

    def apart(self, claim: StateClaim) -> list[str]:
        """A claim whose evaluation may err, as a function of its own."""
        error: Goal = (claim.about.index, "error")
        name = f"c{len(self.functions)}"
        fail = (self.info.hit(error), "return") if claim.goal[1] == "claim" else ("return",)
        code = Code(lambda: fail, lambda _: fail)
        reader = Reader(self.layout, code, "s")
        write_claim(reader, claim)
        words = ", ".join(f"s{word}: u64" for word in range(self.layout.words))
        self.functions += [f"def {name}({words}, info: u64s) -> None:", *code.lines, "    return"]
        arguments = ", ".join(f"s{word}" for word in range(self.layout.words))
        return [f"    {name}({arguments}, info)"]
