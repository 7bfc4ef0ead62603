"""The words for a channel's options: those that hold for the parameters of a run."""

from pathlib import Path

import pytest

from plait_spec import load
from plait_spec.core import Model
from plait_spec.grounding import ground

TEXT = """protocol P(breaks: 0..2 = 1, loud: bool = true, room: 1..4 = 2)
message M
channel plain: x -> y
channel full: x -> y { capacity room + 1, may   lose, may break breaks, cleared by crash of x }
channel guest: x -> y { joins full }
channel bag: x -> y { unordered, distinct, may lose loud, may duplicate breaks, may stall, blocking room }
channel both: x <-> y { ordered, may lose 0, cleared by crash of either end }
role x { may crash 1  action go() { send M() via plain } }
role y { on M() { } }
"""


@pytest.fixture
def model(tmp_path: Path) -> Model:
    file = tmp_path / "test.plait"
    file.write_text(TEXT, encoding="utf-8")
    (found,) = load(file)
    return found


def test_what_holds_in_a_run(model: Model) -> None:
    assert [(channel.name, channel.options) for channel in ground(model, {}).channels] == [
        ("plain", "ordered"),
        ("full", "ordered, capacity 3, may lose, may break 1, cleared by crash of x"),
        ("guest", "joins full"),
        ("bag", "unordered, distinct, may lose, may duplicate 1, may stall, blocking 2"),
        ("both", "ordered, cleared by crash of either end"),
    ]


def test_what_is_switched_off_is_left_out(model: Model) -> None:
    found = {channel.name: channel.options for channel in ground(model, {"breaks": 0, "loud": False}).channels}
    assert found["full"] == "ordered, capacity 3, may lose, cleared by crash of x"
    assert found["bag"] == "unordered, distinct, may stall, blocking 2"
