"""A normal form of a state under permutations of identities, as a function of the subset.

    canonical(words, at)      replaces the state at a place by its normal form

Words compare as values do (see `layout`), so least in words is least by value: the normal form of `plait.symmetry`.
Identities of a sort that never meet (each place speaks of one at most, and of no other sort) are sorted: everything
that is said of an identity becomes one number, in the order of the cells; the numbers are sorted and written back.

All other sorts together are moved by *exchanges* of two neighbouring identities, one image of a state for each.  Where
there are few permutations, a fixed row of exchanges leads through all of them (plain changes: Johnson, "Generation of
permutations by adjacent transposition", 1963), and the least image is kept: that is the least of the orbit, the same
for all its members.  Where there are many, an exchange is made as long as it makes the state less: what is left is a
member of the orbit, but not the same for all of them, and then symmetry is reported as `partial`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import factorial, prod

from plait.engines.native.code import Code
from plait.engines.native.emit_expr import Reader
from plait.engines.native.emit_queues import packed
from plait.engines.native.layout import WORD, Layout, Place, QueueShape
from plait.engines.native.renaming import Renaming, under
from plait.engines.native.values import fitted, texts_of
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
    renamed,
)
from plait_spec.ground import Cell, Ground
from plait_spec.record import record
from plait_spec.types import IdsType

MAX_PERMUTATIONS = 1_000  # that are all tried
FULL = (1 << 64) - 1


@record
class NormalForm:
    """The lines of the function, whether it is the least of the orbit, and how often the lines run, about."""

    lines: tuple[str, ...]
    least: bool
    rounds: int


def canonical(layout: Layout) -> NormalForm:
    """The function; it does nothing where there is nothing to exchange."""
    ground = layout.ground
    counts = {name: count for name, count in ground.ids if count > 1}
    apart = [name for name in counts if _never_meets(layout, name)]
    together = {name: count for name, count in counts.items() if name not in apart}
    images = prod(factorial(count) for count in together.values())
    least, rounds = images <= MAX_PERMUTATIONS, 1
    lines = ["def canonical(words: u64s, at: u64) -> None:"]
    lines += [f"    t{word} = words[at + {word}]" for word in range(layout.words)]
    for name in apart:
        lines += _sorted(layout, name, counts[name])
    if together and least:
        lines += _all_tried(layout, together)
        rounds = images // sum(count - 1 for count in together.values())  # of all that are written, one is made
    elif together:
        lines += _descended(layout, together)
        rounds = 4
    lines += [f"    words[at + {word}] = t{word}" for word in range(layout.words)]
    return NormalForm((*lines, "    return"), least, rounds)


# ---- what identities occur in


def sorts_of(domain: Domain) -> Iterator[str]:
    """The sorts in the values of a domain, each as often as it occurs."""
    match domain:
        case IdsDomain(name):
            yield name
        case OptionDomain(of) | SetDomain(of) | SeqDomain(of, _):
            yield from sorts_of(of)
        case RecordDomain(_, fields):
            for _, of in fields:
                yield from sorts_of(of)
        case MapDomain(key, of):
            yield from sorts_of(key)
            yield from sorts_of(of)
        case BoolDomain() | RangeDomain() | EnumDomain():
            return


def _queue_ends(ground: Ground, cell: Cell) -> tuple[str | None, str | None]:
    """The sorts of the identities at the ends of a queue."""
    assert cell.queue is not None
    channel = ground.model.channels[cell.queue.carrier]
    ends = (channel.left.family, channel.right.family)
    left, right = (end.name if isinstance(end, IdsType) else None for end in ends)
    return left, right


def _in_cell(layout: Layout, index: int) -> list[str]:
    """The sorts that a cell speaks of: its keys, then what is in its values."""
    ground = layout.ground
    cell = ground.cells[index]
    if cell.queue is None:
        assert cell.domain is not None
        keys = [name for domain in cell.key_domains for name in sorts_of(domain)]
        return [*keys, *sorts_of(cell.domain)]
    shape = layout.shapes[index]
    assert isinstance(shape, QueueShape)
    ends = [name for name in _queue_ends(ground, cell) if name is not None]
    return [*ends, *(name for kind in shape.kinds for name in sorts_of(ground.messages[kind.message]))]


def _never_meets(layout: Layout, sort: str) -> bool:
    """Whether each place speaks of at most one identity of the sort, and of no other sort beside it."""
    counts = dict(layout.ground.ids)
    bits = 0
    for index, cell in enumerate(layout.ground.cells):
        here = [name for name in _in_cell(layout, index) if counts[name] > 1]
        if sort not in here:
            continue
        if here != [sort] or cell.queue is not None:
            return False
        keyed = any(sort in sorts_of(domain) for domain in cell.key_domains)
        if keyed and not all(isinstance(domain, _SIMPLE) for domain in cell.key_domains):
            return False
        if not keyed and not _is_one(cell.domain):
            return False
        first = not keyed or _identity(cell, sort) == 0
        bits += (sum(place.bits for place in layout.places[index]) if keyed else 1) if first else 0
    return bits <= 64


_SIMPLE = (BoolDomain, RangeDomain, EnumDomain, IdsDomain)


def _is_one(domain: Domain | None) -> bool:
    """Whether a value is an identity, an identity or none, or a set of identities."""
    match domain:
        case IdsDomain() | OptionDomain(IdsDomain()):
            return True
        case SetDomain(IdsDomain(_, count)):
            return count <= WORD
        case _:
            return False


def _identity(cell: Cell, sort: str) -> int:
    """The identity that a cell's keys name."""
    pairs = zip(cell.keys, cell.key_domains, strict=True)
    return next(int(key) for key, domain in pairs if isinstance(domain, IdsDomain) and domain.name == sort)


# ---- identities that never meet


def _sorted(layout: Layout, sort: str, count: int) -> list[str]:
    """One number for each identity, sorted, and written back."""
    parts: list[list[tuple[str, int]]] = [[] for _ in range(count)]  # (text, bits) of each identity
    back: list[tuple[Place, list[tuple[int, int, str]]]] = []  # what is written: (identity, part, template)
    reader = Reader(layout, Code(tuple, lambda _: ()), "t")
    rows: dict[tuple[str, tuple[object, ...]], list[int]] = {}
    for index, cell in enumerate(layout.ground.cells):
        if sort not in _in_cell(layout, index):
            continue
        if cell.key_domains and any(sort in sorts_of(domain) for domain in cell.key_domains):
            others = tuple(
                key
                for key, domain in zip(cell.keys, cell.key_domains, strict=True)
                if not (isinstance(domain, IdsDomain) and domain.name == sort)
            )
            rows.setdefault((cell.variable, others), []).append(index)
    done: set[tuple[str, tuple[object, ...]]] = set()
    for index in range(len(layout.ground.cells)):
        if sort not in _in_cell(layout, index):
            continue
        mine = next((key for key, cells in rows.items() if index in cells), None)
        if mine is None:
            _single(layout, reader, index, count, parts, back)
        elif mine not in done:
            done.add(mine)
            cells = sorted(rows[mine], key=lambda at: _identity(layout.ground.cells[at], sort))
            _row(layout, reader, cells, parts, back)
    return _network(parts, back)


def _row(
    layout: Layout,
    reader: Reader,
    cells: Sequence[int],
    parts: list[list[tuple[str, int]]],
    back: list[tuple[Place, list[tuple[int, int, str]]]],
) -> None:
    """A cell for each identity: its fields are parts of the identity's number."""
    for field in range(len(layout.places[cells[0]])):
        for identity, cell in enumerate(cells):
            place = layout.places[cell][field]
            if place.bits == 0:
                continue
            back.append((place, [(identity, len(parts[identity]), "{}")]))
            parts[identity].append((reader.field(cell, field), place.bits))


def _single(
    layout: Layout,
    reader: Reader,
    index: int,
    count: int,
    parts: list[list[tuple[str, int]]],
    back: list[tuple[Place, list[tuple[int, int, str]]]],
) -> None:
    """A set: a bit for each identity, members last.  One identity: it comes first."""
    (place,) = layout.places[index]
    text = reader.field(index, 0)
    domain = layout.ground.cells[index].domain
    at = len(parts[0])
    written = []
    for identity in range(count):
        if isinstance(domain, SetDomain):
            bit = f"(({text} >> {count - 1 - identity}) & 1)"
            written.append((identity, at, f"({{}} << {count - 1 - identity})" if identity < count - 1 else "{}"))
        else:
            wanted = identity + int(isinstance(domain, OptionDomain))
            bit = f"(0 if {text} == {wanted} else 1)"
            written.append((identity, at, f"(0 if {{}} else {wanted})" if wanted else "0"))
        parts[identity].append((bit, 1))
    back.append((place, written))


def _network(parts: list[list[tuple[str, int]]], back: list[tuple[Place, list[tuple[int, int, str]]]]) -> list[str]:
    """Make the numbers, sort them, and take them apart again."""
    name = "k"
    lines, shifts = [], []
    left = sum(bits for _, bits in parts[0])
    for _, bits in parts[0]:
        left -= bits
        shifts.append(left)
    for identity, mine in enumerate(parts):
        terms = [f"({text} << {shift})" if shift else text for (text, _), shift in zip(mine, shifts, strict=True)]
        lines.append(f"    {name}{identity} = {' | '.join(terms) or '0'}")
    for end in range(len(parts) - 1, 0, -1):
        for at in range(end):
            one, two = f"{name}{at}", f"{name}{at + 1}"
            lines += [
                f"    low = {one} if {one} < {two} else {two}",
                f"    {two} = {two} if {one} < {two} else {one}",
                f"    {one} = low",
            ]
    for place, written in back:
        terms = []
        for identity, part, template in written:
            bits = parts[identity][part][1]
            taken = f"(({name}{identity} >> {shifts[part]}) & {(1 << bits) - 1})"
            terms.append(template.format(taken))
        value = " | ".join(term for term in terms if term != "0") or "0"
        moved = f"(({value}) << {place.shift})" if place.shift else f"({value})"
        lines.append(f"    t{place.word} = (t{place.word} & {FULL ^ place.mask}) | {moved}")
    return lines


# ---- identities that meet


def _exchanges(layout: Layout, counts: Mapping[str, int]) -> list[list[str]]:
    """For each two neighbouring identities, the lines that make the words u: the state t with the two exchanged."""
    found = []
    for name, count in counts.items():
        for one in range(count - 1):
            row = list(range(count))
            row[one], row[one + 1] = one + 1, one
            renaming: Renaming = {other: row if other == name else range(size) for other, size in counts.items()}
            found.append(_image(layout, renaming))
    return found


def _all_tried(layout: Layout, counts: Mapping[str, int]) -> list[str]:
    """The least of the images under all permutations, each of which is one exchange away from the one before."""
    words = range(layout.words)
    row: list[int] = []
    first = 0
    for count in counts.values():
        mine = [first + at for at in plain_changes(count)]
        row = [*row, *(at for one in mine for at in (one, *row))]
        first += count - 1
    lines = [*(f"    b{word} = t{word}" for word in words), "    k = 0", f"    while k < {len(row)}:"]
    lines.append(f"        e = ({', '.join(map(str, row))},)[k]")
    for number, image in enumerate(_exchanges(layout, counts)):
        lines += [f"        if e == {number}:", *("        " + line for line in image)]
    lines += [f"        t{word} = u{word}" for word in words]
    lines += [f"        if {_less('t', 'b', 0, layout.words)}:", *(f"            b{word} = t{word}" for word in words)]
    return [*lines, "        k += 1", *(f"    t{word} = b{word}" for word in words)]


def plain_changes(count: int) -> list[int]:
    """Exchanges of the places i and i + 1 that lead once through all orders: the last thing moves to and fro."""
    if count < 2:
        return []
    found: list[int] = []
    down = list(range(count - 2, -1, -1))
    for number, at in enumerate([*plain_changes(count - 1), None]):
        found += down if number % 2 == 0 else down[::-1]
        if at is not None:
            found.append(at + (1 if number % 2 == 0 else 0))
    return found


def _descended(layout: Layout, counts: Mapping[str, int]) -> list[str]:
    """Exchanges as long as one makes the state less."""
    words = range(layout.words)
    lines = ["    more = 1", "    while more:", "        more = 0"]
    for image in _exchanges(layout, counts):
        lines += ["    " + line for line in image]
        lines += [f"        if {_less('u', 't', 0, layout.words)}:", "            more = 1"]
        lines += [f"            t{word} = u{word}" for word in words]
    return lines


def _less(one: str, other: str, lo: int, hi: int) -> str:
    """That some words are less than others, the first that differ deciding."""
    if hi - lo == 1:
        return f"{one}{lo} < {other}{lo}"
    mid = (lo + hi) // 2
    same = " and ".join(f"{one}{word} == {other}{word}" for word in range(lo, mid))
    return f"({_less(one, other, lo, mid)} or ({same} and {_less(one, other, mid, hi)}))"


def _image(layout: Layout, renaming: Renaming) -> list[str]:
    """The words u of the state t under a permutation."""
    ground = layout.ground
    code = Code(tuple, lambda _: ())
    reader = Reader(layout, code, "t")
    terms: dict[int, list[str]] = {word: [] for word in range(layout.words)}
    targets = {_key(cell): index for index, cell in enumerate(ground.cells)}
    for index, cell in enumerate(ground.cells):
        target = targets[_moved(ground, cell, renaming)]
        if cell.queue is not None:
            texts = _queue_image(layout, reader, index, renaming)
        else:
            assert cell.domain is not None
            texts = texts_of(fitted(under(reader.cell(index), cell.domain, renaming), cell.domain))
        for place, text in zip(layout.places[target], texts, strict=True):
            if place.bits and text != "0":
                terms[place.word].append(f"({text} << {place.shift})" if place.shift else text)
    lines = [*code.lines]
    return [*lines, *(f"    u{word} = {' | '.join(parts) or '0'}" for word, parts in terms.items())]


def _key(cell: Cell) -> tuple[object, ...]:
    queue = cell.queue
    if queue is None:
        return (cell.variable, cell.keys)
    return (queue.carrier, queue.forward, queue.left, queue.right)


def _moved(ground: Ground, cell: Cell, renaming: Renaming) -> tuple[object, ...]:
    """The key of the cell that a cell's value goes to."""
    if cell.queue is None:
        pairs = zip(cell.keys, cell.key_domains, strict=True)
        return (cell.variable, tuple(renamed(domain, key, renaming) for key, domain in pairs))
    queue = cell.queue
    ends = []
    for value, sort in zip((queue.left, queue.right), _queue_ends(ground, cell), strict=True):
        ends.append(renaming[sort][value] if sort is not None and sort in renaming else value)
    return (queue.carrier, queue.forward, *ends)


def _queue_image(layout: Layout, reader: Reader, index: int, renaming: Renaming) -> list[str]:
    """The fields of a queue whose messages speak of other identities; a bag is in order again."""
    shape = reader.queue(index)
    about = layout.ground.cells[index].queue
    assert about is not None
    length = reader.field(index, 0)
    touched = any(name in renaming for kind in shape.kinds for name in sorts_of(layout.ground.messages[kind.message]))
    slots = [reader.slot(index, at) for at in range(shape.bound)]
    if not touched:
        return [length, *(text for slot in slots for text in slot)]
    images = [_slot_image(layout, reader, index, at, slot, renaming) for at, slot in enumerate(slots)]
    if not about.ordered:
        images = _in_order(reader.code, images, length)
    return [length, *(text for slot in images for text in slot)]


def _slot_image(
    layout: Layout, reader: Reader, index: int, at: int, slot: Sequence[str], renaming: Renaming
) -> list[str]:
    """The fields of one slot: of whichever kind its message is."""
    shape = reader.queue(index)
    texts: list[str] = ["0"] * len(slot)
    for tag in range(len(shape.kinds) - 1, -1, -1):
        domain = layout.ground.messages[shape.kinds[tag].message]
        row = under(reader.message(index, tag, slot), domain, renaming)
        slot_texts = packed(reader, index, tag, row)
        if tag == len(shape.kinds) - 1:
            texts = slot_texts
        else:
            pairs = zip(slot_texts, texts, strict=True)
            texts = [one if one == other else f"({one} if {slot[0]} == {tag} else {other})" for one, other in pairs]
    texts[0] = slot[0]
    used = f"{reader.field(index, 0)} > {at}"
    return [reader.code.name(text if text == "0" else f"({text} if {used} else 0)") for text in texts]


def _in_order(code: Code, slots: list[list[str]], length: str) -> list[list[str]]:
    """The slots of a bag, sorted; those that are not used stay behind."""
    names = [[code.fresh() for _ in slot] for slot in slots]
    for mine, slot in zip(names, slots, strict=True):
        code.add(*(f"{name} = {text}" for name, text in zip(mine, slot, strict=True)))
    for end in range(len(names) - 1, 0, -1):
        for at in range(end):
            one, two = names[at], names[at + 1]
            with code.block(f"if {length} > {at + 1} and {_slot_less(two, one)}:"):
                for a, b in zip(one, two, strict=True):
                    code.add(f"low = {a}", f"{a} = {b}", f"{b} = low")
    return names


def _slot_less(one: Sequence[str], other: Sequence[str]) -> str:
    text = "0"
    for a, b in reversed(list(zip(one, other, strict=True))):
        text = f"{a} < {b}" if text == "0" else f"({a} < {b} or ({a} == {b} and {text}))"
    return text
