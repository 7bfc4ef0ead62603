"""Normal forms against brute force: the least of all permutations of a state, on random values of random shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

import pytest
from hypothesis import given, settings, strategies as st

from plait import reduction
from plait.engines.interpreter import check
from plait.reduction import reduction_of
from plait.semantics import State, message_key, state_key
from plait.symmetry import DescendedForm, LeastForm, normal_form, then, units_of
from plait_spec import core, types
from plait_spec.domains import (
    BoolDomain,
    Domain,
    IdsDomain,
    MapDomain,
    OptionDomain,
    RangeDomain,
    RecordDomain,
    SeqDomain,
    SetDomain,
    Value,
    rank,
    renamed,
    size,
    values,
)
from plait_spec.ground import Cell, Ground, Queue
from tests.checker.ground_models import SPAN, Maker, filter_lock, toy, two_phase

OP, AGENT = IdsDomain("Op", 3), IdsDomain("Agent", 2)
SORTS = (OP, AGENT)
NUMBER = RangeDomain(0, 1)

ATOMS: list[Domain] = [BoolDomain(), NUMBER, OP, AGENT]
KEYS: list[Domain] = [OP, AGENT, NUMBER]


def grown(inner: st.SearchStrategy[Domain]) -> st.SearchStrategy[Domain]:
    return st.one_of(
        st.builds(OptionDomain, inner.filter(lambda of: not isinstance(of, OptionDomain))),
        st.builds(lambda a, b: RecordDomain("Pair", (("a", a), ("b", b))), inner, inner),
        st.builds(SetDomain, inner.filter(lambda of: size(of) <= 6)),
        st.builds(MapDomain, st.sampled_from(KEYS), inner),
        st.builds(lambda of: SeqDomain(of, 2), inner),
    )


domains = st.recursive(st.sampled_from(ATOMS), grown, max_leaves=3).filter(lambda domain: size(domain) <= 4_000)


def drawn(data: st.DataObject, domain: Domain) -> Value:
    """A random value of a domain."""
    match domain:
        case OptionDomain(of):
            return None if data.draw(st.booleans()) else drawn(data, of)
        case RecordDomain(_, fields):
            return tuple(drawn(data, of) for _, of in fields)
        case MapDomain(key, of):
            return tuple(drawn(data, of) for _ in range(size(key)))
        case SeqDomain(of, capacity):
            return tuple(drawn(data, of) for _ in range(data.draw(st.integers(0, capacity))))
        case SetDomain(of):
            return data.draw(st.integers(0, 2 ** size(of) - 1))
        case _:
            return data.draw(st.sampled_from(list(values(domain))))


# ---- brute force


def renamings() -> Iterator[Mapping[str, Sequence[int]]]:
    for rows in product(*(permutations(range(sort.count)) for sort in SORTS)):
        yield {sort.name: row for sort, row in zip(SORTS, rows, strict=True)}


def image(ground: Ground, state: State, renaming: Mapping[str, Sequence[int]]) -> State:
    """The state under a renaming, cell by cell."""
    places = {_place(cell): at for at, cell in enumerate(ground.cells)}
    cells: list[Value] = [None] * len(state)
    for cell, value in zip(ground.cells, state, strict=True):
        cells[places[_moved(ground, cell, renaming)]] = _renamed(ground, cell, value, renaming)
    return tuple(cells)


def _place(cell: Cell) -> tuple[Value, ...]:
    if cell.queue is None:
        return (cell.variable, *cell.keys)
    return (cell.variable, cell.queue.forward, cell.queue.left, cell.queue.right)


def _moved(ground: Ground, cell: Cell, renaming: Mapping[str, Sequence[int]]) -> tuple[Value, ...]:
    if cell.queue is None:
        pairs = zip(cell.key_domains, cell.keys, strict=True)
        return (cell.variable, *(renamed(domain, key, renaming) for domain, key in pairs))
    channel = ground.model.channels[cell.queue.carrier]
    ends = ((channel.left.family, cell.queue.left), (channel.right.family, cell.queue.right))
    moved = (renaming[of.name][key] if isinstance(of, types.IdsType) else key for of, key in ends)
    return (cell.variable, cell.queue.forward, *moved)


def _renamed(ground: Ground, cell: Cell, value: Value, renaming: Mapping[str, Sequence[int]]) -> Value:
    if cell.domain is not None:
        return renamed(cell.domain, value, renaming)
    assert cell.queue is not None
    moved = [(*item[:2], *renamed(ground.messages[item[1]], item[2:], renaming)) for item in value]
    return tuple(moved if cell.queue.ordered else sorted(moved, key=message_key(ground)))


def least(ground: Ground, state: State) -> State:
    return min((image(ground, state, renaming) for renaming in renamings()), key=state_key(ground))


def check_normal(ground: Ground, state: State) -> None:
    form = normal_form(ground)
    assert form is not None
    expected = least(ground, state)
    assert form.normal(state) == expected
    for renaming in renamings():
        assert form.normal(image(ground, state, renaming)) == expected


# ---- models


def with_sorts() -> Maker:
    maker = Maker()
    for sort in SORTS:
        maker.sorts.append(sort)
    return maker


def keyed(maker: Maker, name: str, keys: tuple[Domain, ...], domain: Domain) -> None:
    """A variable with cells for tuples of keys."""
    for row in product(*(tuple(values(key)) for key in keys)):
        maker.cells.append(Cell(name, row, keys, domain, None, "variable", name))


def linked(
    maker: Maker, ends: tuple[IdsDomain | None, IdsDomain | None], *, ordered: bool, both: bool = True
) -> core.Channel:
    """Queues between two roles, families where an end says so."""
    sides = [(None,) if end is None else tuple(range(end.count)) for end in ends]
    for forward in (True, False)[: 1 + both]:
        for left, right in product(*sides):
            queue = Queue(0, forward, left, right, ordered, False, False, 4, written=True)
            maker.cells.append(Cell("link", (), (), None, queue, "queue", "link"))
    named = [None if end is None else types.IdsType(end.name, types.Number(end.count)) for end in ends]
    return core.Channel(
        "link", core.End("one", named[0]), core.End("other", named[1]), both, ordered, False, types.Number(4),
        True, False, "link", (), (), SPAN,
    )  # fmt: skip


@given(st.data(), st.lists(st.tuples(st.lists(st.sampled_from(KEYS), max_size=2).map(tuple), domains), max_size=4))
@settings(max_examples=150)
def test_variables_of_any_type(data: st.DataObject, shapes: list[tuple[tuple[Domain, ...], Domain]]) -> None:
    maker = with_sorts()
    for index, (keys, domain) in enumerate(shapes):
        keyed(maker, f"v{index}", keys, domain)
    ground = maker.made()
    state = tuple(drawn(data, cell.domain) for cell in ground.cells if cell.domain is not None)
    check_normal(ground, state)


MESSAGES = st.lists(
    st.lists(st.one_of(st.sampled_from(ATOMS), domains.filter(lambda of: size(of) <= 8)), max_size=3), min_size=1,
    max_size=2,
)  # fmt: skip
ENDS = st.sampled_from([None, OP, AGENT])


@given(st.data(), MESSAGES, ENDS, ENDS, st.booleans(), st.booleans())
@settings(max_examples=150)
def test_queues(
    data: st.DataObject,
    kinds: list[list[Domain]],
    left: IdsDomain | None,
    right: IdsDomain | None,
    ordered: bool,
    first: bool,
) -> None:
    maker = with_sorts()
    for index, fields in enumerate(kinds):
        maker.messages.append(RecordDomain(f"M{index}", tuple((f"f{at}", of) for at, of in enumerate(fields))))
    if first:
        keyed(maker, "x", (OP,), NUMBER)
    channel = linked(maker, (left, right), ordered=ordered)
    made = maker.made()
    ground = _replaced(made, channel)
    cells: list[Value] = []
    for cell in ground.cells:
        if cell.domain is not None:
            cells.append(drawn(data, cell.domain))
            continue
        picked = data.draw(st.lists(st.integers(0, len(kinds) - 1), max_size=3))
        items = [(0, kind, *(drawn(data, of) for of in kinds[kind])) for kind in picked]
        cells.append(tuple(items if ordered else sorted(items, key=message_key(ground))))
    check_normal(ground, tuple(cells))


def _replaced(ground: Ground, channel: core.Channel) -> Ground:
    from dataclasses import replace

    return replace(ground, model=replace(ground.model, channels=(channel,)))


# ---- what never branches


@pytest.mark.parametrize(
    ("keys", "domain"),
    [
        ((OP,), NUMBER),
        ((), SetDomain(OP)),
        ((), OptionDomain(OP)),
        ((NUMBER,), OptionDomain(OP)),
        ((), SeqDomain(OP, 2)),
        ((), MapDomain(OP, RecordDomain("R", (("a", NUMBER), ("b", BoolDomain()))))),
    ],
)
def test_places_with_one_identity_decide_without_branching(keys: tuple[Domain, ...], domain: Domain) -> None:
    maker = with_sorts()
    keyed(maker, "v", keys, domain)
    form = normal_form(maker.made())
    assert isinstance(form, LeastForm)
    (unit,) = form.units
    for row in product(values(domain), repeat=len(maker.cells)):
        _, partitions = unit.least(unit.nested(row), form.start)
        assert len(partitions) == 1


def test_messages_with_one_identity_decide_without_branching() -> None:
    maker = with_sorts()
    maker.messages.append(RecordDomain("M", (("a", NUMBER), ("op", OP), ("b", NUMBER))))
    channel = linked(maker, (None, None), ordered=False, both=False)
    form = normal_form(_replaced(maker.made(), channel))
    assert isinstance(form, LeastForm)
    (unit,) = form.units
    bag = tuple((0, 0, *row) for row in product((0, 1), range(3), (0, 1)))
    _, partitions = unit.least(bag, form.start)
    assert len(partitions) == 1


def test_nothing_to_permute() -> None:
    assert normal_form(toy()) is None
    maker = Maker()
    maker.sort("Op", 1)
    assert normal_form(maker.made()) is None


def test_cells_in_units() -> None:
    units = units_of(filter_lock(3))
    assert [(unit.cell.variable, unit.first, unit.count) for unit in units] == [
        ("pc", 0, 3), ("level", 3, 3), ("victim", 6, 2),
    ]  # fmt: skip
    assert rank(OP, 2) == 2


@given(st.data(), st.lists(st.tuples(st.lists(st.sampled_from(KEYS), max_size=2).map(tuple), domains), max_size=4))
@settings(max_examples=100)
def test_cheap_normal_forms(data: st.DataObject, shapes: list[tuple[tuple[Domain, ...], Domain]]) -> None:
    """A member of the orbit that no exchange makes less, by the renaming that is given, and its own normal form."""
    maker = with_sorts()
    for index, (keys, domain) in enumerate(shapes):
        keyed(maker, f"v{index}", keys, domain)
    ground = maker.made()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "MAX_PERMUTATIONS", 0)
        form = normal_form(ground)
    assert isinstance(form, DescendedForm)
    state = tuple(drawn(data, cell.domain) for cell in ground.cells if cell.domain is not None)
    found, key = form.normal(state), state_key(ground)
    assert found == image(ground, state, {sort.name: range(sort.count) for sort in SORTS} | dict(form.renaming(state)))
    assert form.normal(found) == found
    neighbours = [
        {"Op": (1, 0, 2), "Agent": (0, 1)},
        {"Op": (0, 2, 1), "Agent": (0, 1)},
        {"Op": (0, 1, 2), "Agent": (1, 0)},
    ]
    assert all(key(found) <= key(image(ground, found, exchange)) for exchange in neighbours)


def test_one_renaming_after_another() -> None:
    assert then({"Op": [1, 2, 0]}, {"Op": [0, 2, 1], "Agent": [1, 0]}) == {"Op": [2, 1, 0], "Agent": [1, 0]}
    assert then({"Op": [1, 2, 0]}, {}) == {"Op": [1, 2, 0]}


# ---- what is sorted, and what is moved together


@pytest.mark.parametrize(
    ("keys", "domain", "apart"),
    [
        ((OP,), NUMBER, {"Op", "Agent"}),
        ((OP, NUMBER), NUMBER, {"Op", "Agent"}),
        ((), OptionDomain(OP), {"Op", "Agent"}),
        ((), SetDomain(OP), {"Op", "Agent"}),
        ((NUMBER,), OP, {"Op", "Agent"}),
        ((OP, OP), NUMBER, {"Agent"}),
        ((OP,), SetDomain(OP), {"Agent"}),
        ((OP, AGENT), NUMBER, set()),
        ((OP,), AGENT, set()),
        ((), SeqDomain(OP, 2), {"Agent"}),
        ((), MapDomain(OP, NUMBER), {"Agent"}),
    ],
)
def test_identities_that_never_meet(keys: tuple[Domain, ...], domain: Domain, apart: set[str]) -> None:
    maker = with_sorts()
    keyed(maker, "v", keys, domain)
    reduced = reduction_of(maker.made())
    assert reduced is not None
    assert set(reduced.apart) == apart
    assert set(reduced.together) == {"Op", "Agent"} - apart


def test_a_queue_that_mentions_identities_lets_them_meet() -> None:
    maker = with_sorts()
    channel = linked(maker, (None, OP), ordered=True)
    reduced = reduction_of(_replaced(maker.made(), channel))
    assert reduced is not None
    assert (set(reduced.apart), set(reduced.together)) == ({"Agent"}, {"Op"})


# ---- published counts


@pytest.mark.parametrize(
    ("ground", "states", "transitions", "depth"),
    [
        (filter_lock(5), 3_000, 10_477, 48),
        (two_phase(7), 920, 8_409, 22),
        (two_phase(8), 1_461, 15_286, 25),
    ],
    ids=["A5", "B7", "B8"],
)
def test_published_numbers_of_orbits(ground: Ground, states: int, transitions: int, depth: int) -> None:
    found = check(ground)
    assert (found.states, found.transitions, found.depth) == (states, transitions, depth)
    assert found.symmetry == "full"
