"""Names of identities, values and places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plait_spec import load
from plait_spec.core import End, Model, ParameterDecl
from plait_spec.domains import (
    BoolDomain,
    Domain,
    EnumDomain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
)
from plait_spec.grounding import ground
from plait_spec.naming import names_of, place, value_text
from plait_spec.types import BOOL, EnumType, IdsType, MapType, Number, RangeType, Type
from plait_spec.validate_ground import validate_ground
from tests.spec.core_models import SPAN, STATUS, channel, false, label, model, number, reconcile, start, variable

OPS, AGENTS = IdsDomain("Op", 2), IdsDomain("Agent", 2)
STATUSES = EnumDomain("Status", STATUS.labels)


def sorts(*names: str, labels: tuple[str, ...] = ("Red",), parameter: str = "n") -> Model:
    declared = ParameterDecl(parameter, RangeType(Number(0), Number(3)), number(0), SPAN)
    colour = EnumType("Colour", labels)
    return replace(
        model(variable("colour", colour, label(labels[0], colour))),
        ids=tuple(IdsType(name, Number(2)) for name in names),
        parameters=(declared,),
    )


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (sorts("Op", "Agent"), ["o1", "a1"]),
        (sorts("Op", "Owner", "Agent"), ["op1", "owner1", "a1"]),
        (sorts("Op", "Agent", labels=("O1", "o7")), ["op1", "a1"]),
        (sorts("Op", "Agent", parameter="a2"), ["o1", "agent1"]),
        (sorts("Op", "OP"), ["Op1", "OP1"]),
    ],
)
def test_names_of_identities(given: Model, names: list[str]) -> None:
    found = names_of(given)
    assert [found.identity(sort.name, 0) for sort in given.ids] == names


@pytest.mark.parametrize(
    ("domain", "value", "text"),
    [
        (BoolDomain(), True, "true"),
        (RangeDomain(-2, 2), -1, "-1"),
        (STATUSES, 1, "Pending"),
        (OPS, 1, "o2"),
        (OptionDomain(OPS), None, "none"),
        (OptionDomain(OPS), 0, "o1"),
        (SetDomain(OPS), 0b11, "{o1, o2}"),
        (SetDomain(OPS), 0, "{}"),
        (SeqDomain(RangeDomain(0, 9), 3), (4, 2), "[4, 2]"),
        (SeqDomain(RangeDomain(0, 9), 3), (), "[]"),
        (MapDomain(OPS, OptionDomain(STATUSES)), (1, None), "{o1 -> Pending, o2 -> none}"),
        (
            RecordDomain("Packet", (("kind", STATUSES), ("op", RangeDomain(0, 3)))),
            (0, 3),
            "Packet(kind: Unknown, op: 3)",
        ),
        (RecordDomain("Ping", ()), (), "Ping"),
    ],
)
def test_values_in_words(domain: Domain, value: Value, text: str) -> None:
    assert value_text(domain, value, names_of(reconcile())) == text


@pytest.mark.parametrize(
    ("domain", "value", "text"),
    [
        (OPS, 0, "o2"),
        (SetDomain(OPS), 0b01, "{o2}"),
        (MapDomain(OPS, AGENTS), (0, 1), "{o1 -> a2, o2 -> a1}"),
        (SeqDomain(OPS, 2), (0, 1), "[o2, o1]"),
    ],
)
def test_values_with_identities_called_otherwise(domain: Domain, value: Value, text: str) -> None:
    assert value_text(domain, value, names_of(reconcile()), {"Op": (1, 0)}) == text


def test_places() -> None:
    model = reconcile()
    cells = ground(model, {}).cells
    assert [cell.name for cell in cells if cell.variable in ("agent.done", "framework.view", "master.restart")] == [
        "framework.view[o1]", "framework.view[o2]",
        "agent[a1].done[o1]", "agent[a1].done[o2]", "agent[a2].done[o1]", "agent[a2].done[o2]", "master.restart",
    ]  # fmt: skip
    assert [cell.name for cell in cells if cell.queue is not None] == [
        "calls framework -> master", "answers master -> framework",
        "link a1 -> master", "link a2 -> master", "link master -> a1", "link master -> a2",
    ]  # fmt: skip
    swapped = {"Agent": (1, 0)}
    done = next(cell for cell in cells if cell.name == "agent[a1].done[o1]")
    assert place(done, names_of(model), swapped) == "agent[a2].done[o1]"
    link = next(cell for cell in cells if cell.variable == "link")
    assert place(link, names_of(model), swapped) == "link a2 -> master"


def test_places_of_families_that_are_no_sorts() -> None:
    three: Type = RangeType(Number(0), Number(2))
    colours = EnumType("Colour", ("Red", "Green"))
    nodes, lamps = End("node", three), End("lamp", colours)
    switches = End("switch", BOOL)
    made = model(
        variable("node.up", MapType(three, BOOL), start(false(), MapType(three, BOOL)), role="node", family=three),
        roles=(nodes, lamps, switches),
        channels=(channel("wire", nodes, lamps), channel("line", switches, End("hub", None))),
    )
    assert [cell.name for cell in ground(made, {}).cells][:5] == [
        "node[0].up", "node[1].up", "node[2].up", "wire node[0] -> lamp[Red]", "wire node[0] -> lamp[Green]",
    ]  # fmt: skip
    assert [cell.name for cell in ground(made, {}).cells][-1] == "line switch[true] -> hub"


def test_role_instances_and_messages() -> None:
    expanded = ground(reconcile(), {})
    names = names_of(expanded.model)
    assert names.member("agent", AGENTS, 1) == "agent[a2]"
    assert names.member("master", None, None) == "master"
    assert names.message(expanded.messages, (1, 1, 0, 2)) == "Answer(o1, Finished)"
    assert names.message((RecordDomain("Ping", ()),), (0, 0)) == "Ping"


def test_queues_between_roles_that_share_their_identities(tmp_path: Path) -> None:
    file = tmp_path / "pairs.plait"
    file.write_text(
        "protocol Pairs\nids Node[1]\nmessage M\nchannel link: main <-> spare { capacity 1 }\n"
        "role main[Node] { action go() { send M() via link to self }   on M() { } }\n"
        "role spare[Node] { action go() { send M() via link to self }   on M() { } }\nalways True: true\n"
    )
    found = ground(load(file)[0], {})
    names = [cell.name for cell in found.cells if cell.queue is not None]
    assert names == ["link main[n1] -> spare[n1]", "link spare[n1] -> main[n1]"]
    validate_ground(found)
