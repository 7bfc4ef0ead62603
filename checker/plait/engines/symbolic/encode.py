"""A ground model to a `System`: its bits, where it starts, what its instances do, what is searched for.

system_of(ground, properties, reachable) -> System       raises UnsupportedError
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import assert_never

from plait.engines.symbolic.confinement import outside
from plait.engines.symbolic.encode_expr import Course, Evaluator
from plait.engines.symbolic.encode_goals import targets_of
from plait.engines.symbolic.encode_layout import Content, Kept, Layout, Slots
from plait.engines.symbolic.encode_queues import emptied
from plait.engines.symbolic.encode_step import holds, made
from plait.engines.symbolic.formula import Formula, both, either, neither, same
from plait.engines.symbolic.reachable_values import Reachable
from plait.engines.symbolic.symbols import Symbol
from plait.engines.symbolic.system import System
from plait_spec.ground import Fix, Free, Ground, Property


def system_of(ground: Ground, properties: Sequence[Property], reachable: Reachable | None = None) -> System:
    """The model as formulas, with targets for these properties; raises UnsupportedError.

    Bits are made for `reachable` values alone (None: for all); `confined` says whether they are enough.
    """
    layout = Layout(ground, reachable)
    initial, no_start, stray = _initial(layout)
    steps = [one for index in range(len(ground.instances)) for one in made(layout, index)]
    return System(
        ground=ground,
        bits=tuple(layout.bits),
        groups=tuple(layout.groups),
        laws=tuple(layout.laws),
        digits=tuple(layout.digits),
        initial=initial,
        no_start=no_start,
        steps=tuple(one.step for one in steps),
        targets=tuple(targets_of(ground, layout.cells, steps, properties)),
        given=tuple(layout.given),
        stray=stray,
    )


def _initial(layout: Layout) -> tuple[Formula, Formula, Formula]:
    """Which states are initial, whether an initial value errs or is cut, and whether one has no bits."""
    course = Course()
    strays: list[Formula] = []
    evaluator = Evaluator(layout.cells, course)
    for start in layout.ground.start:
        match start:
            case Fix(cells, exprs):
                for cell, expr in zip(cells, exprs, strict=True):
                    found = evaluator.symbol(expr)
                    domain = layout.ground.cells[cell].domain
                    if domain is not None:
                        strays.append(both((*course.path, course.calm(), outside(domain, found, layout.known[cell]))))
                    course.path += _fixed(layout, cell, found)
            case Free(cells, where):
                course.path += _free(layout, frozenset(cells))
                course.path.append(evaluator.truth(where))
            case _:
                assert_never(start)
    return both(course.path), either(trouble.when for trouble in course.troubles), either(strays)


def _fixed(layout: Layout, cell: int, value: Symbol) -> list[Formula]:
    """That a cell holds the value; a queue can hold nothing only."""
    content: Content = value
    if isinstance(layout.cells[cell], Slots | Kept):
        content = emptied(layout.cells[cell], None)
    return [same(bit.term, holds(bit.fact, content)) for bit in layout.bits if bit.fact.cell == cell]


def _free(layout: Layout, cells: frozenset[int]) -> list[Formula]:
    """That cells hold some value."""
    found: list[Formula] = []
    for group in layout.groups:
        if layout.bits[group[0]].fact.cell in cells:
            terms = [layout.bits[bit].term for bit in group]
            found += [either(terms), *(neither(both(pair)) for pair in combinations(terms, 2))]
    return [*found, *layout.laws]
