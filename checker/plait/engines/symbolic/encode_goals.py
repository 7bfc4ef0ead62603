"""What is searched for, as formulas: claims, antecedents, errors, dead ends, cuts, steps that are taken.

Claims are evaluated as the reference semantics does: those about states in every state; those with step names in the
state after each step, and in initial states with every step name false; `step` over a step and the states around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plait.engines.symbolic.encode_expr import Course, Evaluator
from plait.engines.symbolic.encode_layout import Content
from plait.engines.symbolic.encode_step import Made
from plait.engines.symbolic.events import cut, fired
from plait.engines.symbolic.formula import Formula, both, either, neither
from plait.engines.symbolic.system import Target
from plait.outcome import MODEL_ERROR
from plait_spec.core import PropertyKind
from plait_spec.ground import Const, Expr, Ground, Next, Property, Slot
from plait_spec.ground_walk import below, cells_read
from plait_spec.grounding import resolve_took
from plait_spec.record import record

SEARCHED: frozenset[PropertyKind] = frozenset(("always", "never", "step", "reachable"))


@record
class Found:
    """Where a claim has the value that decides, and where its evaluation errs."""

    hit: Formula
    error: Formula


NEVER = Found(hit=False, error=False)


def targets_of(
    ground: Ground, cells: Sequence[Content], made: Sequence[Made], properties: Sequence[Property]
) -> Iterator[Target]:
    """Everything to be searched for these properties, and what bears on all of them."""
    steps = [one.step for one in made]
    yield Target(MODEL_ERROR, state=False, start=False, steps=_true({at: s.error for at, s in enumerate(steps)}))
    for bound in dict.fromkeys(one.bound for step in steps for one in step.cuts):
        met = {at: either(one.when for one in step.cuts if one.bound == bound) for at, step in enumerate(steps)}
        yield Target(cut(bound), state=False, start=False, steps=_true(met))
    for name in dict.fromkeys(ground.model.rules[index].name for index in ground.rules):
        taken = {at: either((step.guard, step.error)) for at, step in enumerate(steps) if step.name == name}
        yield Target(fired(name), state=False, start=False, steps=_true(taken))
    dead = None
    for about in properties:
        if about.kind in SEARCHED:
            yield from _property(ground, cells, made, about)
        elif about.kind == "deadlock free":
            if dead is None:
                able = either(either((step.guard, step.error, *(one.when for one in step.cuts))) for step in steps)
                dead = _dead_end(ground, cells, neither(able))
            yield Target((about.index, "claim"), state=dead.hit, start=False, steps={})
            yield Target((about.index, "error"), state=dead.error, start=False, steps={})


def _true(found: Mapping[int, Formula]) -> dict[int, Formula]:
    return {at: when for at, when in found.items() if when is not False}


def _dead_end(ground: Ground, cells: Sequence[Content], dead: Formula) -> Found:
    ends = [_asked(Evaluator(cells, Course()), expr, deciding=True) for expr in ground.terminal]
    wrong = either(end.error for end in ends)
    ended = either(end.hit for end in ends)
    return Found(both((dead, neither(wrong), neither(ended))), both((dead, wrong)))


def _asked(evaluator: Evaluator, expr: Expr, *, deciding: bool) -> Found:
    """An expression on the evaluator's cells."""
    value = evaluator.truth(expr)
    calm = evaluator.course.calm()
    return Found(both((calm, value if deciding else neither(value))), neither(calm))


def _property(ground: Ground, cells: Sequence[Content], made: Sequence[Made], about: Property) -> Iterator[Target]:
    claim = _claim(ground, cells, made, about, about.expr, deciding=about.kind in ("never", "reachable"))
    yield _target((about.index, "claim"), [each.hit for each in claim])
    yield _target((about.index, "error"), [each.error for each in claim])
    if about.antecedent is not None:
        found = _claim(ground, cells, made, about, about.antecedent, deciding=True)
        yield _target((about.index, "antecedent"), [each.hit for each in found])


def _target(goal: tuple[int, str], parts: Sequence[Formula]) -> Target:
    state, start, *steps = parts
    return Target(goal, state, start, _true(dict(enumerate(steps))))


def _claim(
    ground: Ground, cells: Sequence[Content], made: Sequence[Made], about: Property, expr: Expr, *, deciding: bool
) -> list[Found]:
    """A claim in states, in starts, and on each step."""
    if not about.on_steps:
        before = resolve_took(ground, expr, None)
        return [_asked(Evaluator(cells, Course()), before, deciding=deciding), NEVER, *(NEVER for _ in made)]
    start = NEVER
    if about.kind != "step":
        start = _asked(Evaluator(cells, Course()), resolve_took(ground, expr, None), deciding=deciding)
    idle: dict[Expr, Found] = {}
    found: list[Found] = []
    for one in made:
        resolved = resolve_took(ground, expr, ground.instances[one.step.choice.instance])
        if isinstance(resolved, Const) and bool(resolved.value) != deciding:
            found.append(NEVER)
            continue
        if _is_idle(cells, one, about, resolved):
            if resolved not in idle:
                idle[resolved] = _asked(Evaluator(cells, Course(), None, cells), resolved, deciding=deciding)
            here = idle[resolved]
        else:
            here = _asked(_on_step(cells, one, about), resolved, deciding=deciding)
        found.append(Found(both((one.step.guard, here.hit)), both((one.step.guard, here.error))))
    return [NEVER, start, *found]


def _on_step(cells: Sequence[Content], one: Made, about: Property) -> Evaluator:
    slots = {} if one.received is None else {0: one.received}
    if about.kind == "step":
        return Evaluator(cells, Course(), slots, one.after)
    return Evaluator(one.after, Course(), slots)


def _is_idle(cells: Sequence[Content], one: Made, about: Property, expr: Expr) -> bool:
    """Whether the step changes nothing that the claim reads of the state after it, and no message matters."""
    parts = list(below(expr))
    if any(isinstance(part, Slot) and part.slot == 0 for part in parts):
        return False
    if about.kind == "step":
        read = {cell for part in parts if isinstance(part, Next) for cell in cells_read(part)}
    else:
        read = cells_read(expr)
    return all(one.after[cell] is cells[cell] for cell in read)
