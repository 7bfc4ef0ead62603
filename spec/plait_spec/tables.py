"""`grammar.lark` in, the tables of an LALR(1) parser out, as plain data that loads in a few milliseconds.

lark builds the tables (`build`); what it built is shipped as `grammar.tables` (`python -m plait_spec.tables` writes it
again), so that no parse has to wait for lark. The file starts with a digest of the grammar: after a change of the
grammar `load` builds afresh, and a test asks for the file to be renewed. How they are used is in `parse.py`.
"""

import json
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait_spec.record import record

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

GRAMMAR = Path(__file__).with_name("grammar.lark")
SHIPPED = Path(__file__).with_name("grammar.tables")
END = "$END"


@record
class Production:
    """A rule of the grammar: what it replaces by what, and how to make its value.

    `kept` says which parts become arguments of the action: the position, whether the part's list is spliced in, and how
    many absent optional parts come before it; `absent` counts those at the end. An action of None hands on the list of
    the parts, or, for a `unit`, its only part.
    """

    origin: int
    length: int
    action: str | None
    unit: bool
    kept: tuple[tuple[int, bool, int], ...]
    absent: int


class Rows(dict[int, dict[int, int]]):
    """By state what to do at each symbol; a row is read from its text when it is first asked for.

    `texts` are the distinct rows, `0 12 3 -7` for 12 at the symbol 0 and -7 at the symbol 3; `numbers` says which of
    them each state has.  A small model needs 260 of the 877 states.
    """

    def __init__(self, texts: Sequence[str], numbers: Sequence[int]) -> None:
        self.texts, self.numbers = tuple(texts), tuple(numbers)

    def __missing__(self, state: int) -> dict[int, int]:
        entries = list(map(int, self.texts[self.numbers[state]].split()))
        row = self[state] = dict(zip(entries[::2], entries[1::2], strict=True))
        return row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and (self.texts, self.numbers) == (other.texts, other.numbers)

    __hash__ = None


def rows_of(rows: Iterable[Mapping[int, int]]) -> Rows:
    """The rows of all states, in order."""
    distinct: dict[str, int] = {}
    numbers = [
        distinct.setdefault(" ".join(f"{symbol} {entry}" for symbol, entry in sorted(row.items())), len(distinct))
        for row in rows
    ]
    return Rows(list(distinct), numbers)


@record
class Tables:
    """Symbols and states are numbered; an entry of a row is s + 1 to go on in state s, -r - 1 to reduce by rule r."""

    symbols: tuple[str, ...]
    patterns: dict[str, str]  # terminal: its regular expression
    literals: dict[str, str]  # text of a word or sign: its terminal
    ignored: tuple[str, ...]
    productions: tuple[Production, ...]
    rows: Rows
    start: int
    final: int


def load() -> Tables:
    """The shipped tables, or new ones if the grammar is no longer that of the shipped ones."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    if SHIPPED.exists():
        digest, _, data = SHIPPED.read_text(encoding="utf-8").partition("\n")
        if digest == _digest(grammar):
            return _decode(data)
    return build(grammar)


def encode(tables: Tables, grammar: str) -> str:
    """The text of the file `grammar.tables`."""
    data = [
        tables.symbols,
        tables.patterns,
        tables.literals,
        tables.ignored,
        [[p.origin, p.length, p.action, p.unit, p.kept, p.absent] for p in tables.productions],
        tables.rows.texts,
        tables.rows.numbers,
        tables.start,
        tables.final,
    ]
    return _digest(grammar) + "\n" + json.dumps(data, separators=(",", ":")) + "\n"


def _decode(data: str) -> Tables:
    symbols, patterns, literals, ignored, productions, texts, numbers, start, final = json.loads(data)
    return Tables(
        tuple(symbols),
        patterns,
        literals,
        tuple(ignored),
        tuple(_production(*parts) for parts in productions),
        Rows(texts, numbers),
        start,
        final,
    )


def _production(origin: int, length: int, action: str | None, unit: bool, kept: list[Any], absent: int) -> Production:
    return Production(origin, length, action, unit, tuple((at, spliced, gap) for at, spliced, gap in kept), absent)


def _digest(grammar: str) -> str:
    """A checksum is enough to notice a change, and needs no cryptography to be loaded."""
    return f"{zlib.crc32(grammar.encode()):08x}"


# ---- building them


def build(grammar: str) -> Tables:
    """The tables of a grammar; a conflict in it is an error of lark's."""
    from lark import Lark
    from lark.lexer import PatternStr

    lark = Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=True)
    rows, final = _number_states(lark)
    symbols = sorted({symbol for row in rows for symbol in row} | {END})
    number = {symbol: index for index, symbol in enumerate(symbols)}
    rules = {rule: index for index, rule in enumerate(lark.rules)}
    return Tables(
        symbols=tuple(symbols),
        patterns={t.name: t.pattern.value for t in lark.terminals if not isinstance(t.pattern, PatternStr)},
        literals={t.pattern.value: t.name for t in lark.terminals if isinstance(t.pattern, PatternStr)},
        ignored=tuple(lark.ignore_tokens),
        productions=tuple(_compile(rule, number) for rule in lark.rules),
        rows=rows_of(
            {number[symbol]: to + 1 if isinstance(to, int) else -rules[to] - 1 for symbol, to in row.items()}
            for row in rows
        ),
        start=0,
        final=final,
    )


def _number_states(lark: "Lark") -> tuple[list[dict[str, "int | Rule"]], int]:
    """The rows of lark's table, numbered as they are reached: lark's own order differs between processes."""
    from lark.parsers.lalr_analysis import Shift

    table = lark.parser.parser.parser.parse_table
    numbers = {table.start_states["start"]: 0}
    order = [table.start_states["start"]]
    rows: list[dict[str, int | Rule]] = []
    for state in order:
        row: dict[str, int | Rule] = {}
        for symbol, (action, target) in sorted(table.states[state].items()):
            if action is Shift:
                if target not in numbers:
                    numbers[target] = len(numbers)
                    order.append(target)
                row[symbol] = numbers[target]
            else:
                row[symbol] = target
        rows.append(row)
    return rows, numbers[table.end_states["start"]]


def _compile(rule: "Rule", number: dict[str, int]) -> Production:
    """What lark's tree builder would do with a rule: drop signs, splice lists, put None for what is absent."""
    options = rule.options
    gaps = _gaps(options.empty_indices, len(rule.expansion))
    kept = []
    gap = 0
    for at, symbol in enumerate(rule.expansion):
        gap += gaps[at]
        if not symbol.is_term or options.keep_all_tokens or not getattr(symbol, "filter_out", False):
            kept.append((at, not symbol.is_term and symbol.name.startswith("_"), gap))
            gap = 0
    name = str(rule.origin.name)
    unit = bool(options.expand1) and rule.alias is None and len(kept) == 1
    action = None if unit or name.startswith("_") else rule.alias or name
    return Production(number.get(name, -1), len(rule.expansion), action, unit, tuple(kept), gap + gaps[-1])


def _gaps(absent: Iterable[bool], length: int) -> list[int]:
    """How many absent parts there are before each part, and at the end."""
    gaps = [0]
    for missing in absent:
        if missing:
            gaps[-1] += 1
        else:
            gaps.append(0)
    return gaps if len(gaps) == length + 1 else [0] * (length + 1)


def main() -> None:
    """Write `grammar.tables` again."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    SHIPPED.write_text(encode(build(grammar), grammar), encoding="utf-8")
    print(f"{SHIPPED}: written", file=sys.stderr)


if __name__ == "__main__":  # pragma: no cover
    main()
