"""The normal form of a state under permutations of identities, as a function of the subset.

    canonical(words, at)      replaces the state at a place by its normal form

What is sorted and what is moved together says `plait.reduction`; the forms are those of `plait.symmetry`, found by
other means.  Words compare as values do (see `layout`), so least in words is least by value.  For a sort whose
identities never meet, everything that is said of an identity becomes one key, in the order of the cells; the keys are
sorted by a fixed network of exchanges and written back.

All other sorts are moved by exchanges of two neighbouring identities, one image of a state for each.  Where there are
few permutations, a fixed row of exchanges leads through all of them (plain changes: Johnson, "Generation of
permutations by adjacent transposition", 1963), and the least image is kept.  Where there are many, the exchanges are
tried in turn, each is made that makes the state less, and that is done again until none does.
"""

from __future__ import annotations

from collections.abc import Sequence

from plait.engines.native.code import Code
from plait.engines.native.emit_expr import Reader
from plait.engines.native.emit_queues import packed
from plait.engines.native.layout import WORD, Layout, Place
from plait.engines.native.renaming import Renaming, under
from plait.engines.native.values import fitted, texts_of
from plait.reduction import Reduction, cell_sorts, queue_ends, sorts_of
from plait_spec.domains import IdsDomain, OptionDomain, SetDomain, renamed
from plait_spec.ground import Cell, Ground
from plait_spec.record import record

FULL = (1 << 64) - 1


@record
class NormalForm:
    """The lines of the function, and how often they run, about."""

    lines: tuple[str, ...]
    rounds: int


def canonical(layout: Layout, reduction: Reduction) -> NormalForm:
    """The function."""
    lines = ["def canonical(words: u64s, at: u64) -> None:"]
    lines += [f"    t{word} = words[at + {word}]" for word in range(layout.words)]
    for name, count in reduction.apart.items():
        lines += _sorted(layout, name, count)
    rounds = 1
    if reduction.together and reduction.exact:
        exchanges = sum(count - 1 for count in reduction.together.values())
        lines += _all_tried(layout, reduction)
        rounds = reduction.permutations // exchanges  # of all that are written, one is made
    elif reduction.together:
        lines += _descended(layout, reduction)
        rounds = 4
    lines += [f"    words[at + {word}] = t{word}" for word in range(layout.words)]
    return NormalForm((*lines, "    return"), rounds)


# ---- identities that never meet


def _sorted(layout: Layout, sort: str, count: int) -> list[str]:
    """A key for each identity, sorted, and written back."""
    parts: list[list[tuple[str, int]]] = [[] for _ in range(count)]  # (text, bits) of each identity
    back: list[tuple[Place, list[tuple[int, int, str]]]] = []  # what is written: (identity, part, template)
    reader = Reader(layout, Code(tuple, lambda _: ()), "t")
    rows: dict[tuple[str, tuple[object, ...]], list[int]] = {}  # the cells of each row, and of each that is alone
    for index, (cell, sorts) in enumerate(zip(layout.ground.cells, cell_sorts(layout.ground), strict=True)):
        if sort in sorts:
            pairs = zip(cell.keys, cell.key_domains, strict=True)
            others = tuple(key for key, domain in pairs if domain != IdsDomain(sort, count))
            rows.setdefault((cell.variable, others), []).append(index)
    for cells in rows.values():
        if len(cells) == count:
            _row(layout, reader, sorted(cells, key=lambda at: _identity(layout.ground.cells[at], sort)), parts, back)
        else:
            _single(layout, reader, cells[0], count, parts, back)
    return _network(parts, back)


def _identity(cell: Cell, sort: str) -> int:
    """The identity that a cell's keys name."""
    pairs = zip(cell.keys, cell.key_domains, strict=True)
    return next(int(key) for key, domain in pairs if isinstance(domain, IdsDomain) and domain.name == sort)


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
    """Make the keys, of one word or more, sort them, and take them apart again."""
    places = _packed([bits for _, bits in parts[0]])
    words = range(max((word for word, _ in places), default=-1) + 1)
    lines = []
    for identity, mine in enumerate(parts):
        terms: list[list[str]] = [[] for _ in words]
        for (text, _), (word, shift) in zip(mine, places, strict=True):
            terms[word].append(f"({text} << {shift})" if shift else text)
        lines += [f"    k{identity}_{word} = {' | '.join(terms[word])}" for word in words]
    for end in range(len(parts) - 1, 0, -1) if words else ():
        for at in range(end):
            lines += _exchanged_if_greater(f"k{at}_", f"k{at + 1}_", len(words))
    for place, written in back:
        texts = []
        for identity, part, template in written:
            (word, shift), bits = places[part], parts[identity][part][1]
            texts.append(template.format(f"((k{identity}_{word} >> {shift}) & {(1 << bits) - 1})"))
        value = " | ".join(text for text in texts if text != "0") or "0"
        moved = f"(({value}) << {place.shift})" if place.shift else f"({value})"
        lines.append(f"    t{place.word} = (t{place.word} & {FULL ^ place.mask}) | {moved}")
    return lines


def _packed(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """The word and the shift of each part of a key, the first in the highest bits."""
    found = []
    word, left = 0, WORD
    for bits in sizes:
        if bits > left:
            word, left = word + 1, WORD
        left -= bits
        found.append((word, left))
    return found


def _exchanged_if_greater(one: str, two: str, words: int) -> list[str]:
    """Two keys in order."""
    if words == 1:
        return [
            f"    low = {one}0 if {one}0 < {two}0 else {two}0",
            f"    {two}0 = {two}0 if {one}0 < {two}0 else {one}0",
            f"    {one}0 = low",
        ]
    exchanged = [
        f"        {line}"
        for word in range(words)
        for line in (f"low = {one}{word}", f"{one}{word} = {two}{word}", f"{two}{word} = low")
    ]
    return [f"    if {_less(two, one, 0, words)}:", *exchanged]


# ---- identities that meet


def _exchanges(layout: Layout, reduction: Reduction) -> list[list[str]]:
    """For each exchange, the lines that make the words u: the state t after it."""
    found = []
    for name, row in reduction.exchanges():
        still = {other: range(count) for other, count in reduction.together.items()}
        found.append(_image(layout, still | {name: row}))
    return found


def _all_tried(layout: Layout, reduction: Reduction) -> list[str]:
    """The least of the images under all permutations, each of which is one exchange away from the one before."""
    words = range(layout.words)
    row: list[int] = []
    first = 0
    for count in reduction.together.values():
        mine = [first + at for at in plain_changes(count)]
        row = [*row, *(at for one in mine for at in (one, *row))]
        first += count - 1
    lines = [*(f"    b{word} = t{word}" for word in words), "    k = 0", f"    while k < {len(row)}:"]
    lines.append(f"        e = ({', '.join(map(str, row))},)[k]")
    for number, image in enumerate(_exchanges(layout, reduction)):
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


def _descended(layout: Layout, reduction: Reduction) -> list[str]:
    """Exchanges as long as one makes the state less."""
    words = range(layout.words)
    lines = ["    more = 1", "    while more:", "        more = 0"]
    for image in _exchanges(layout, reduction):
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
    for value, sort in zip((queue.left, queue.right), queue_ends(ground, cell), strict=True):
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
