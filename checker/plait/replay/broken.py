"""Which instance of a property broke: the values of its outermost names, the claim under them, and what it read.

Leading `all`s of a claim that must hold (`some`s of one that must not, or that is reached) are peeled off one name at
a time: the first value for which the rest still fails is the one that is shown.  Of what is joined by `and` (`or`) the
first part that decides it is left, unless it is a `def` and stands elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from plait.evaluation import BoundError, RunError, Slots, evaluate
from plait.replay.history import History
from plait.replay.wording import Wording
from plait.semantics import Spy, State
from plait.trace import Broken
from plait_spec.core import Binary, Expr, Local, Property, Quantifier
from plait_spec.domains import Value, rank, size_within, values
from plait_spec.ground import Instance, Receive
from plait_spec.grounding import expand, resolve_took
from plait_spec.record import record

UNDECIDED = object()
MOST = 256  # values of a name that are tried before the claim is shown as it is


@record
class Scene:
    """Where a claim is looked at: a state, the step to it (if any), the state after (for `next`), and the message."""

    state: State
    after: State | None
    instance: Instance | None
    slots: Slots


def scene_of(history: History, kind: str, *, on_steps: bool) -> Scene:
    """Where a property of this kind is looked at, at the end of a run."""
    if not on_steps or not history.steps:
        return Scene(history.end, None, None, {})
    last = history.steps[-1]
    slots: Slots = {}
    if isinstance(last.instance.trigger, Receive):
        slots = {0: last.before[last.instance.trigger.queue][last.choice.at][2:]}
    if kind == "step":
        return Scene(last.before, last.after, last.instance, slots)
    return Scene(last.after, None, last.instance, slots)


@record
class Found:
    """A part of a claim with the outermost names bound."""

    claim: Expr
    locals: tuple[tuple[Local, Value], ...]

    @property
    def bound(self) -> dict[int, Value]:
        """The values by the ids of their locals."""
        return {local.id: value for local, value in self.locals}


def whole(about: Property) -> Found:
    """The claim as it is written."""
    return Found(about.expr, ())


def broken_instance(wording: Wording, about: Property, scene: Scene) -> Found:
    """Peel what can be peeled."""
    wanted = about.kind in ("never", "reachable")
    kind, joint = ("some", "or") if wanted else ("all", "and")
    found = whole(about)
    while True:
        match found.claim:
            case Quantifier(kind=quantified) if quantified == kind:
                inside = _instance(wording, found.claim, found, scene, wanted=wanted)
            case Binary(op=op) if op == joint:
                inside = _part(wording, found.claim, found, scene, wanted=wanted)
            case _:
                return found
        if inside is None:
            return found
        found = inside


def _instance(wording: Wording, claim: Quantifier, found: Found, scene: Scene, *, wanted: bool) -> Found | None:
    """The claim without its outermost name, for the first value that decides it."""
    value = _first(wording, claim, found.bound, scene, wanted=wanted)
    if value is UNDECIDED:
        return None
    rest = replace(claim, binders=claim.binders[1:]) if len(claim.binders) > 1 else claim.body
    return Found(rest, (*found.locals, (claim.binders[0].local, value)))


def _part(wording: Wording, claim: Binary, found: Found, scene: Scene, *, wanted: bool) -> Found | None:
    """The first of the two parts that decides the claim; None where it stands elsewhere, in a `def`."""
    decides = bool(_value(wording, claim.left, found.bound, scene)) == wanted
    part = claim.left if decides else claim.right
    within = part.span.source == claim.span.source and claim.span.start <= part.span.start <= claim.span.end
    return Found(part, found.locals) if within else None


def _first(wording: Wording, claim: Quantifier, bound: dict[int, Value], scene: Scene, *, wanted: bool) -> Value:
    """The first value of the outermost name that decides the claim; UNDECIDED where none is found."""
    binder = claim.binders[0]
    domain = wording.domain(binder.local.type)
    if size_within(domain, MOST) is None:
        return UNDECIDED
    over = None if binder.over is None else _value(wording, binder.over, bound, scene)
    for value in values(domain):
        if over is not None and not over >> rank(domain, value) & 1:
            continue
        inside = {**bound, binder.local.id: value}
        if len(claim.binders) > 1:
            rest: Expr = replace(claim, binders=claim.binders[1:])
        elif _value(wording, claim.where, inside, scene):
            rest = claim.body
        else:
            continue
        if bool(_value(wording, rest, inside, scene)) == wanted:
            return value
    return UNDECIDED


def _value(wording: Wording, expr: Expr, bound: dict[int, Value], scene: Scene) -> Value:
    ground = wording.ground
    written = resolve_took(ground, expand(ground, expr, bound), scene.instance)
    return evaluate(written, scene.state, scene.slots, scene.after)


def described(wording: Wording, found: Found, scene: Scene) -> Broken:
    """The claim with the values that it read."""
    now = Spy(scene.state)
    then = None if scene.after is None else Spy(scene.after)
    ground = wording.ground
    written = resolve_took(ground, expand(ground, found.claim, found.bound), scene.instance)
    with suppress(RunError, BoundError):  # then: what it read before it erred
        evaluate(written, now, scene.slots, then)
    text = " ".join(found.claim.span.text.split())
    names = tuple((local.name, wording.value(local.type, value)) for local, value in found.locals)
    return Broken(names, text, read_values(wording, now, then))


def read_values(wording: Wording, now: Spy, then: Spy | None = None) -> tuple[tuple[str, str], ...]:
    """The places that were looked at with their values, `next(x)` beside `x`."""
    found: list[tuple[str, str]] = []
    ahead = {} if then is None else then.read
    for cell in wording.in_order(dict.fromkeys((*now.read, *ahead))):
        if not wording.is_shown(cell):
            continue
        about, place = wording.ground.cells[cell], wording.place(cell)
        if cell in now.read:
            found.append((place, wording.held(about, now.cells[cell])))
        if then is not None and cell in ahead:
            found.append((f"next({place})", wording.held(about, then.cells[cell])))
    return tuple(found)
