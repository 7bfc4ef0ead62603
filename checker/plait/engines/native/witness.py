"""The one shortest run for each goal that a search noted, read back from the levels.

Backwards by number: the least state or source of its level, then the least predecessor on each level before.  There is
one: each state of the search is the normal form of a successor of a state one level before, and a normal form is a
function of the state, exact or not.  Forwards under the reference semantics: the least choice that leads to the next of
these states; on the last step, the least one that errs or decides the claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.explore import Explored, Hit
from plait.engines.native.goals import TOO_MANY_ORDERS, Info
from plait.engines.native.layout import Layout
from plait.engines.native.store import Store, goal_place
from plait.errors import EngineBug
from plait.evaluation import BoundError, RunError
from plait.outcome import MODEL_ERROR, Goal, Run
from plait.semantics import Failed, Reached, State, in_state, on_step, state_key, steps
from plait.symmetry import Form, Trail
from plait_spec.ground import Choice, Expr, Ground, Property


def runs(
    ground: Ground, store: Store, info: Info, layout: Layout, explored: Explored, form: Form | None
) -> dict[Goal, Run]:
    """A shortest run for each goal that needs one (an antecedent does not); `form` is how states were reduced."""
    found = {}
    for goal, hit in explored.hits.items():
        if goal[1] != "antecedent":
            chain = [layout.decode(store.words(number)) for number in _chain(store, info, explored, goal, hit)]
            found[goal] = _along(ground, chain, form)
            if hit.seen == "step":
                _last_step(ground, found[goal], goal)
    return found


def _chain(store: Store, info: Info, explored: Explored, goal: Goal, hit: Hit) -> list[int]:
    """The states on the way to a goal, the initial one first."""
    word, bit = goal_place(info, info.goals.index(goal))
    lo, hi = explored.levels[hit.depth], explored.levels[hit.depth + 1]
    number = store.least(hit.seen, lo, hi, word, bit)
    if number is None:
        raise EngineBug("a goal of the search cannot be found again")
    chain = [number]
    for depth in range(hit.depth, 0, -1):
        before = store.predecessor(explored.levels[depth - 1], explored.levels[depth], chain[-1])
        if before is None:
            raise EngineBug("a state has no predecessor on the level before it")
        chain.append(before)
    return chain[::-1]


def _along(ground: Ground, chain: Sequence[State], form: Form | None) -> Run:
    """The run along these states, normal forms under symmetry, by the least choices and without renamings."""
    found, trail = Run(chain[0]), Trail(form)
    for target in chain[1:]:
        for choice, outcome in steps(ground, found.states[-1]):
            if isinstance(outcome, Reached) and trail.leads(outcome.state, target):
                trail.go(outcome.state)
                found.take(choice, outcome.state)
                break
        else:
            raise EngineBug("a step of the search is none under the reference semantics")
    return found


def _last_step(ground: Ground, found: Run, goal: Goal) -> None:
    """The least step that errs, or on which the claim is decided; a dead end has none."""
    source = found.states[-1]
    if goal in (MODEL_ERROR, TOO_MANY_ORDERS):
        for choice, outcome in steps(ground, source):
            if isinstance(outcome, Failed):
                found.take(choice, None)
                return
        raise EngineBug("a step that errs in the search does not err under the reference semantics")
    about = next(about for about in ground.properties if about.index == goal[0])
    if about.kind == "deadlock free":
        return
    wanted = None if goal[1] == "error" else about.kind in ("never", "reachable")
    for choice, outcome in steps(ground, source):
        if isinstance(outcome, Reached) and _value(ground, about, source, choice, outcome.state) == wanted:
            found.take(choice, outcome.state)
            return
    raise EngineBug(f"`{about.name}` is decided in the search but not under the reference semantics")


def _value(ground: Ground, about: Property, source: State, choice: Choice, target: State) -> bool | None:
    """The claim on one step; None where its evaluation errs."""
    try:
        return on_step(ground, about, about.expr, source, choice, target)
    except (RunError, BoundError):
        return None


def at_start(ground: Ground, judged: list[Property], initial: list[State]) -> dict[Goal, Run]:
    """Goals that claims about steps meet in an initial state, where every step name is false.

    Antecedents are among them: they were met, too.
    """
    key = state_key(ground)
    found: dict[Goal, Run] = {}
    for state in sorted(initial, key=key):
        for about in judged:
            if not about.on_steps or about.kind not in ("always", "never", "reachable"):
                continue
            try:
                hit = in_state(ground, about.expr, state) == (about.kind in ("never", "reachable"))
                goal = (about.index, "claim")
            except (RunError, BoundError):
                hit, goal = True, (about.index, "error")
            if hit:
                found.setdefault(goal, Run(state))
            if about.antecedent is not None and _holds_at_start(ground, about.antecedent, state):
                found.setdefault((about.index, "antecedent"), Run(state))
    return found


def _holds_at_start(ground: Ground, antecedent: Expr, state: State) -> bool:
    try:
        return in_state(ground, antecedent, state)
    except (RunError, BoundError):
        return False
