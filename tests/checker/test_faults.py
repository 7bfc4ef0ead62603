"""What may go wrong, and models with less of it: against models that are written with less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plait.faults import Source, limited, sources_of, used
from plait.limits import Limits
from plait.replay import history_of, replay
from plait.replay.history import history_from
from plait.semantics import Reached, steps
from plait.session import UNLIMITED
from plait.tools import Installed
from plait.trace import Choices
from plait.verdict import Finding
from plait_spec import load
from plait_spec.core import Model
from plait_spec.diagnostics import SpecError
from plait_spec.ground import Ground
from plait_spec.grounding import ground
from plait_spec.validate import validate
from plait_spec.validate_ground import validate_ground
from tests.checker.walks import ROOT, expanded, row, told, walk

NOTES = ROOT / "tests" / "faults" / "notes.plait"
EVERYTHING = """
protocol Everything(budget: 0..2 = 2, often: bool = true)
message Ping
message Pong
channel there: master <-> agent { ordered, capacity 2, may lose budget, may duplicate, may break 1 }
channel also: master <-> agent { joins there }
channel news: master -> agent { unordered, capacity 2, may lose often }
channel small: master -> agent { unordered, capacity 1 }
ids Agent[2]
role master {
  may crash 1
  may restart budget
  var up_since: 0..1 = 0
  action ping(a: Agent) { send Ping() via there to a   send Pong() via also to a   send Ping() via news to a }
  environment action storm() when up_since == 0 { up_since = 1   for a: Agent { send Pong() via small to a } }
  on restart { up_since = 0 }
}
role agent[Agent] {
  may restart
  var up: bool = false
  on Ping() via there { up = true }
  on Pong() via also { up = true }
  on Ping() via news { up = true }
  on Pong() via small { up = true }
  on restart { up = true }
}
always True: master.up_since >= 0
"""


def model_of(text: str, folder: Path) -> Model:
    file = folder / "model.plait"
    file.write_text(text, encoding="utf-8")
    return load(file)[0]


def searched(model: Model, **parameters: int | bool) -> Finding:
    found = ground(model, parameters)
    names = tuple(one.name for one in found.properties)
    return Installed("interpreter").check(found, names, UNLIMITED, False, lambda progress: None)


# ---- what may go wrong


def test_all_sources(tmp_path: Path) -> None:
    model = model_of(EVERYTHING, tmp_path)
    found = sources_of(ground(model, {}))
    # Where they are declared; a duplicate where the first message that it concerns is handled; reordering last.
    assert [(one.name, one.kind, one.about, one.limit) for one in found] == [
        ("there.lose", "lose", "there", 2),
        ("there.break", "break", "there", 1),
        ("news.lose", "lose", "news", None),
        ("master.crash", "crash", "master", 1),
        ("master.restart", "restart", "master", 2),
        ("agent.restart", "restart", "agent", None),
        ("there.duplicate", "duplicate", "there", None),
        ("news.reorder", "reorder", "news", None),
    ]


def test_what_is_switched_off_is_no_source(tmp_path: Path) -> None:
    model = model_of(EVERYTHING, tmp_path)
    found = {one.name for one in sources_of(ground(model, {"budget": 0, "often": False}))}
    assert found == {"there.duplicate", "there.break", "master.crash", "agent.restart", "news.reorder"}


def test_the_environment_on_request(tmp_path: Path) -> None:
    whole = ground(model_of(EVERYTHING, tmp_path), {})
    without = sources_of(whole)
    added = [one for one in sources_of(whole, environment=True) if one not in without]
    assert added == [Source("master.storm", "environment", "master.storm", None)]


def test_the_restart_after_a_crash_belongs_to_it(tmp_path: Path) -> None:
    text = "protocol Down\nrole r { may crash 1   var n: 0..1 = 0   action go() { n = 1 } }\nalways True: r.n >= 0\n"
    model = model_of(text, tmp_path)
    assert [one.name for one in sources_of(ground(model, {}))] == ["r.crash"]
    whole, without = searched(model), searched(limited(model, {"r.crash": 0}))
    # Up or down, used or not, 0 or 1: up 2, down 1 (memory is gone), up again 2; and without it 2.
    assert (whole.states, without.states) == (5, 2)


# ---- less of it


def rewritten(text: str, source: Source, level: int) -> str | None:
    """The text with less of one source, as one would write it; None where that is not easy to say."""
    if source.kind == "reorder":
        return _in_channel(text, source.about, r"\bunordered\b", "ordered")
    word = f"may {source.kind}"
    option = "" if level == 0 else f"{word} {level}"
    if source.kind in ("lose", "duplicate", "break"):
        return _in_channel(text, source.about, rf"{word}( \w+)?", option or f"{word} false")
    return None


def _in_channel(text: str, channel: str, pattern: str, words: str) -> str | None:
    line = re.search(rf"^\s*channel {channel}:[^{{]*\{{[^}}]*\}}", text, re.MULTILINE)
    if line is None or not re.search(pattern, line[0]):
        return None
    return text[: line.start()] + re.sub(pattern, words, line[0]) + text[line.end() :]


FILES = sorted([*(ROOT / "tests" / "rules").glob("*.plait"), *(ROOT / "models").glob("c*/*.plait"), NOTES])


def whole_model(file: Path) -> tuple[Model, Ground] | None:
    try:
        model = load(file)[0]
        return model, ground(model, {})
    except (SpecError, IndexError):
        return None


CASES = [
    pytest.param(file, source, level, id=f"{file.stem}-{source.name}={level}")
    for file in FILES
    if (made := whole_model(file)) is not None
    for source in sources_of(made[1])
    for level in range(source.most)
]


@pytest.mark.parametrize(("file", "source", "level"), CASES)
def test_a_model_with_less_keeps_the_laws(file: Path, source: Source, level: int) -> None:
    model = limited(load(file)[0], {source.name: level})
    validate(model)
    found = ground(model, {})
    validate_ground(found)
    left = {one.name for one in sources_of(found)}
    assert (source.name in left) == (level > 0)


@pytest.mark.parametrize(("file", "source", "level"), CASES)
def test_less_is_what_one_would_write(file: Path, source: Source, level: int, tmp_path: Path) -> None:
    text = rewritten(file.read_text(encoding="utf-8"), source, level)
    if text is None:
        return
    try:
        wanted_model = model_of(text, tmp_path)
    except SpecError:
        return  # a handler of what cannot happen any more
    limits = Limits(states=3_000)
    found, wanted = (
        Installed("interpreter").check(
            whole, tuple(one.name for one in whole.properties), limits, False, lambda progress: None
        )
        for whole in (ground(limited(load(file)[0], {source.name: level}), {}), ground(wanted_model, {}))
    )
    assert found.complete == wanted.complete
    if found.complete:
        for name in ("states", "transitions", "depth", "cut", "dead_ends", "unfired"):
            assert getattr(found, name) == getattr(wanted, name), name
        assert [(one.word, one.choices is None) for one in found.decisions] == [
            (one.word, one.choices is None) for one in wanted.decisions
        ]


def test_enough_was_rewritten(tmp_path: Path) -> None:
    """Otherwise the test above says nothing."""
    kinds: dict[str, int] = {}
    for case in CASES:
        file, source, level = case.values
        assert isinstance(file, Path)
        assert isinstance(source, Source)
        assert isinstance(level, int)
        text = rewritten(file.read_text(encoding="utf-8"), source, level)
        if text is not None:
            try:
                model_of(text, tmp_path)
            except SpecError:
                continue
            kinds[source.kind] = kinds.get(source.kind, 0) + 1
    assert {kind: count for kind, count in kinds.items() if count < 2} == {}
    assert {"lose", "duplicate", "break", "reorder"} <= set(kinds)


def test_the_words_about_a_channel_say_what_is_left() -> None:
    model = load(NOTES)[0]

    def words(**levels: int | None) -> str:
        named = {f"wire.{name}": level for name, level in levels.items()}
        return ground(limited(model, named), {}).channels[0].options

    assert words() == "unordered, capacity 3, may lose 3, may duplicate 2"
    assert words(lose=2, duplicate=0) == "unordered, capacity 3, may lose 2"
    assert words(reorder=0, lose=None) == "ordered, capacity 3, may lose 3, may duplicate 2"


# ---- what a run used


def test_what_a_run_used() -> None:
    found = expanded(NOTES)
    sources = sources_of(found)

    def uses(goal: str, *steps: str | tuple[str, tuple[int, ...], tuple[int, ...]]) -> tuple[int, ...]:
        trace = replay(found, "notes.plait", walk(found, *steps), goal, None, False)
        counts = used(found.model, trace, sources)
        return tuple(counts[f"wire.{name}"] for name in ("lose", "duplicate", "reorder"))

    def take(number: int) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
        return ("b.on Note", (), (number,))

    assert uses("InOrder", "a.say", "a.say", take(2), take(1)) == (0, 0, 1)
    assert uses("AllThere", "a.say", "wire.lose", "a.say", take(2)) == (1, 0, 0)
    assert uses("Silence", "a.say", "a.say", "wire.lose", "wire.lose") == (2, 0, 0)
    assert uses("Done", "a.say", "a.say", take(1), take(2)) == (0, 0, 0)
    assert uses("Done", "a.say", "a.say", take(2), take(1)) == (0, 0, 1)


def test_a_copy_stands_where_the_message_was() -> None:
    """The copy of 1 that stays when 1 is delivered is older than 2, although it came to be later."""
    found = expanded(NOTES)
    state = history_of(found, walk(found, "a.say", "a.say")).end
    twice = next(
        choice
        for choice, _ in steps(found, state)
        if found.model.rules[found.instances[choice.instance].rule].kind == "duplicate"
        and told(found, state, choice)[2] == (1,)
    )
    copied = history_from(found, state, [twice]).end
    for order, reordered in (((1, 2), 0), ((2, 1), 1)):
        rows, now = [row(twice)], copied
        for number in order:
            choice, outcome = next(
                (choice, outcome)
                for choice, outcome in steps(found, now)
                if told(found, now, choice) == ("b.on Note", (), (number,)) and isinstance(outcome, Reached)
            )
            rows.append(row(choice))
            now = outcome.state
        run = Choices(0, (*walk(found, "a.say", "a.say").steps, *rows))
        counts = used(found.model, replay(found, "notes.plait", run, "Echo", None, False), sources_of(found))
        assert (counts["wire.duplicate"], counts["wire.reorder"]) == (1, reordered)
