"""The one shortest run for each hit of a search: backwards by re-expanding levels, then forwards as a run.

Backwards: of the states of the level before that have a step to the wanted state, the least by value; earlier levels
are expanded once for all hits together.  Under symmetry these are normal forms.  Forwards: from the first of them,
which is an initial state itself, always the least choice that leads into the next orbit, so that the choices are those
of a run of the model as it is, without any permutation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plait.engines.interpreter.claims import ERR, HIT
from plait.engines.interpreter.explore import Hit, Prepared
from plait.engines.interpreter.moves import Mover
from plait.errors import EngineBug
from plait.outcome import MODEL_ERROR, Goal, Run
from plait.semantics import State, state_key
from plait.symmetry import Form, Trail
from plait_spec.ground import Choice


def runs(ready: Prepared, levels: list[list[State]], hits: Mapping[Goal, Hit], form: Form | None) -> dict[Goal, Run]:
    """A shortest run for each hit."""
    chains = _chains(ready, levels, hits, form)
    return {goal: _forwards(ready, goal, hit, chains[goal], form) for goal, hit in hits.items()}


def _plain(choice: Choice) -> tuple[int, int, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    return (choice.instance, choice.at, choice.kept, choice.orders)


def _chains(
    ready: Prepared, levels: list[list[State]], hits: Mapping[Goal, Hit], form: Form | None
) -> dict[Goal, list[State]]:
    """For each goal the states on the way to its hit, that of level 0 first."""
    key = state_key(ready.ground)
    chains = {goal: [hit.state] for goal, hit in hits.items()}
    for depth in range(max((hit.depth for hit in hits.values()), default=0), 0, -1):
        active = [goal for goal, hit in hits.items() if hit.depth >= depth]
        wanted = {chains[goal][-1] for goal in active}
        before = _predecessors(ready.mover, levels[depth - 1], wanted, key, form)
        for goal in active:
            chains[goal].append(before[chains[goal][-1]])
    return {goal: chain[::-1] for goal, chain in chains.items()}


def _predecessors(
    mover: Mover, level: list[State], wanted: set[State], key: Callable[[State], Any], form: Form | None
) -> dict[State, State]:
    """The least state of the level with a step to each wanted state."""
    best: dict[State, tuple[Any, State]] = {}
    for source in level:
        for raw in mover.targets(source):
            target = raw if form is None else form.normal(raw)
            if target in wanted and (target not in best or key(source) < best[target][0]):
                best[target] = (key(source), source)
    if len(best) < len(wanted):
        raise EngineBug("a state has no predecessor on the level before it")
    return {target: source for target, (_, source) in best.items()}


def _forwards(ready: Prepared, goal: Goal, hit: Hit, chain: list[State], form: Form | None) -> Run:
    run, mover, trail = Run(chain[0]), ready.mover, Trail(form)
    for target in chain[1:]:
        choice, state = _least(
            [(choice, raw) for choice, raw in mover.reached(run.states[-1]) if trail.leads(raw, target)]
        )
        assert state is not None
        trail.go(state)
        run.take(choice, state)
    if hit.choice is not None:
        if goal == MODEL_ERROR:
            run.take(_least([(choice, None) for choice in mover.failures(run.states[-1])])[0], None)
        else:
            run.take(*_deciding(ready, goal, run.states[-1]))
    return run


def _deciding(ready: Prepared, goal: Goal, source: State) -> tuple[Choice, State]:
    """The least step from here on which the claim is decided (or errs)."""
    index, part = goal
    about = (index, "claim" if part == "error" else part)
    (step,) = (one for one in ready.on_steps if (one.claim.property.index, one.claim.part) == about)
    code = ERR if part == "error" else HIT
    found = [(choice, raw) for choice, raw in ready.mover.reached(source) if step.ask(source, choice, raw) == code]
    choice, state = _least(found)
    assert state is not None
    return choice, state


def _least(found: Sequence[tuple[Choice, State | None]]) -> tuple[Choice, State | None]:
    if not found:
        raise EngineBug("a run of the search cannot be found again")
    return min(found, key=lambda pair: _plain(pair[0]))
