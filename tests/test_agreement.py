"""Random models: the interpreter against a plain search, with and without symmetry, and its traces replayed.

Models are made from seeds (the same ones on every machine, in CI) and by Hypothesis (which shrinks what it finds);
both make many more of them in `make soak`.  The shares of verdicts are printed, and each kind must have its part:
models that all hold test nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings

from plait.engines import interpreter
from plait.evaluation import RunError
from plait.limits import Limits, Progress
from plait.replay import replay
from plait.semantics import Failed, Reached, State, in_state, initial_state, initial_states, on_step, run, steps
from plait.trace import Choices
from plait.verdict import Decision, Finding, ModelError, Seconds
from plait_spec import load
from plait_spec.ground import Choice, Ground, Property
from plait_spec.grounding import default_parameters, ground
from tests.explorer import Explored, explore, orbits, verdict
from tests.strategies import models, seeded_model

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 4_000 if SOAK else 300
SLICES = 10
REGRESSIONS = Path(__file__).parent / "regressions"
MOST = 1_000
SHARES = ("holds", "fails", "error")

Trail = tuple[list[State], list[Choice]]


@pytest.fixture(scope="module")
def words() -> Counter[str]:
    """How often each verdict was given, in all tests of this module."""
    return Counter()


@pytest.mark.parametrize("part", range(SLICES))
def test_models_of_seeds(part: int, words: Counter[str]) -> None:
    for seed in range(part, SEEDS, SLICES):
        text = seeded_model(seed)
        try:
            words.update(agree(text))
        except BaseException:
            print(f"seed {seed}\n{text}")
            raise


def test_shares_of_verdicts(words: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The batch above: each of the main verdicts is at least 15 % of them."""
    total = sum(count for word, count in words.items() if word != "too large")
    shares = Counter({word: round(100 * count / total) for word, count in words.items()} if total else {})
    shares["holds"] += shares["holds within"]
    with capsys.disabled():
        print(f"\n{total} verdicts, in %: {dict(shares.most_common())}")
    if total:
        assert [word for word in SHARES if shares[word] < 15] == []
        assert words["too large"] < total / 20


@given(models())
@settings(max_examples=1_500 if SOAK else 30, suppress_health_check=[HealthCheck.too_slow])
def test_models_of_hypothesis(text: str) -> None:
    note(text)
    agree(text)


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*.plait")), ids=lambda path: path.stem)
def test_models_that_once_disagreed(path: Path) -> None:
    agree(path.read_text(encoding="utf-8"))


def agree(text: str) -> list[str]:
    """Everything that must agree about a model; returns the verdicts."""
    ground = grounded(text)
    plain = explore(ground, MOST)
    off = search(ground, symmetry=False)
    assert off == search(ground, symmetry=False), "a second run differs"
    on = search(ground, symmetry=True)
    for finding in (off, on):
        for decision in finding.decisions:
            if decision.choices is not None or decision.error is not None:
                check_evidence(ground, decision)
        if finding.error is not None:
            check_error(ground, finding.error)
    if plain is None:
        assert off.stopped is not None
        assert not off.complete
        return ["too large"]
    compare(ground, plain, off)
    check_symmetry(ground, plain, off, on)
    return [decision.word for decision in off.decisions]


def grounded(text: str) -> Ground:
    """The model of a text, at its default parameters."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "random.plait"
        path.write_text(text, encoding="utf-8")
        (model,) = load(path)
    return ground(model, default_parameters(model))


def search(ground: Ground, *, symmetry: bool) -> Finding:
    """The interpreter, without what two runs may differ in."""
    finding = interpreter.check(ground, None, Limits(states=MOST), symmetry, unwatched)
    return replace(finding, seconds=Seconds(0, 0, 0))


def unwatched(progress: Progress) -> None:
    pass


# ---- against the plain search


def compare(ground: Ground, plain: Explored, finding: Finding) -> None:
    assert finding.complete
    counts = (finding.states, finding.transitions, finding.depth, finding.cut, finding.dead_ends)
    assert counts == (
        len(plain.depths),
        plain.transitions,
        plain.depth,
        sum(plain.cuts.values()),
        plain.dead_ends,
    )
    assert {met.bound: met.cut for met in finding.bounds_met} == plain.cuts
    assert (None if finding.error is None else finding.error.steps) == plain.error
    names = {ground.model.rules[index].name for index in ground.rules}
    assert set(finding.unfired or ()) == names - plain.fired
    for about, decision in zip(ground.properties, finding.decisions, strict=True):
        assert decision.property == about.name
        assert decision.word == verdict(plain, about), about.name
        seen = plain.seen[about.name]
        assert length(decision) == (seen.hit if seen.hit is not None else seen.error), about.name


def length(decision: Decision) -> int | None:
    """How long the run is that decides the property itself (an error of the model decides others)."""
    if decision.choices is not None:
        return len(decision.choices.steps)
    return decision.error.steps if decision.error is not None and decision.error.in_property is not None else None


def check_symmetry(ground: Ground, plain: Explored, off: Finding, on: Finding) -> None:
    assert on.complete
    assert [(one.property, one.word, length(one)) for one in on.decisions] == [
        (one.property, one.word, length(one)) for one in off.decisions
    ]
    assert (on.error is None) == (off.error is None)
    if on.error is not None and off.error is not None:
        assert on.error.steps == off.error.steps
    assert on.depth == off.depth
    classes = orbits(ground, plain.depths)
    if on.symmetry == "full":
        assert on.states == classes
    assert classes <= on.states <= off.states
    assert set(on.unfired or ()) == set(off.unfired or ())
    assert [met.bound for met in on.bounds_met] == [met.bound for met in off.bounds_met]


# ---- evidence


def trail(ground: Ground, choices: Choices) -> Trail:
    """The states of a run; the last step may err, and then has no state."""
    states = [initial_state(ground, choices.initial)]
    taken = [Choice(*step) for step in choices.steps]
    for at, choice in enumerate(taken):
        match run(ground, states[-1], choice):
            case Reached(state):
                states.append(state)
            case Failed():
                assert at == len(taken) - 1
            case other:
                pytest.fail(f"step {at + 1} of the run is {other}")
    return states, taken


def check_evidence(ground: Ground, decision: Decision) -> None:
    """What the decision rests on is true under the reference semantics, and replays."""
    (about,) = (one for one in ground.properties if one.name == decision.property)
    if decision.choices is not None:
        states, taken = trail(ground, decision.choices)
        assert len(states) == len(taken) + 1
        if about.kind == "deadlock free":
            assert steps(ground, states[-1]) == []
        else:
            assert value(ground, about, states, taken) == (about.kind in ("never", "reachable"))
        shown = replay(ground, "random.plait", decision.choices, about.name, None, True)
        assert len(shown.steps) == len(decision.choices.steps)
        assert shown.choices == decision.choices
    elif decision.error is not None and decision.error.in_property is not None:
        states, taken = trail(ground, decision.error.choices)
        if about.kind != "deadlock free":
            with pytest.raises(RunError) as erred:
                value(ground, about, states, taken)
            assert erred.value.code.id == decision.error.code
        shown = replay(ground, "random.plait", decision.error.choices, about.name, decision.error, True)
        assert len(shown.steps) == decision.error.steps
    elif decision.error is not None:
        check_error(ground, decision.error)


def value(ground: Ground, about: Property, states: list[State], taken: list[Choice]) -> bool:
    """The claim at the end of a run."""
    if about.on_steps and taken:
        return on_step(ground, about, about.expr, states[-2], taken[-1], states[-1])
    return in_state(ground, about.expr, states[-1])


def check_error(ground: Ground, error: ModelError) -> None:
    """The run errs where it says, with its last step."""
    assert error.in_property is None
    if error.steps == 0:
        with pytest.raises(RunError) as erred:
            list(initial_states(ground))
        assert erred.value.code.id == error.code
        return
    states, taken = trail(ground, error.choices)
    assert len(taken) == error.steps
    assert len(states) == len(taken)
    last = run(ground, states[-1], taken[-1])
    assert isinstance(last, Failed)
    assert (last.code.id, last.span.line, last.span.column) == (error.code, error.line, error.column)
    shown = replay(ground, "random.plait", error.choices, None, error, True)
    assert len(shown.steps) == error.steps
