"""That no state leaves the values that have bits: where one would, and a proof that none does.

    outside(domain, symbol, known)   where a symbolic value is none of those that have bits
    confined(system)                 EngineBug if an initial state or a step leaves the encoding; GaveUp: z3 cannot tell

Which values have bits is found by `reachable_values`, which need not be believed: a solver shows here, with nothing
but the formulas of steps, that the encoded states are closed under them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import z3

from plait.engines.symbolic.bmc import GaveUp
from plait.engines.symbolic.formula import Formula, either, neither, term
from plait.engines.symbolic.obligations import laws
from plait.engines.symbolic.symbols import Symbol, cases, constant, equal
from plait.engines.symbolic.system import System
from plait.errors import EngineBug
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
    size_within,
)


def outside(domain: Domain, symbol: Symbol, known: Sequence[Value] | None) -> Formula:
    """Where the value, which is in the domain, is none of those that are known (None: all of the domain)."""
    if known is None or len(known) == size_within(domain, len(known)):
        return False
    match domain:
        case RangeDomain() | EnumDomain() | IdsDomain() | OptionDomain():
            return either(when for value, when in cases(symbol).items() if value not in known)
        case BoolDomain() | RecordDomain() | MapDomain() | SetDomain() | SeqDomain():
            return neither(either(equal(symbol, constant(value)) for value in known))
        case _:
            assert_never(domain)


def confined(system: System) -> None:
    """Ask a fresh solver whether the encoding can be left."""
    if system.stray is not False:
        _refuted([system.initial, system.stray], "an initial state")
    strays = either(step.stray for step in system.steps)
    if strays is not False:
        _refuted([*(part.formula for part in laws(system)), strays], "a step")


def _refuted(formulas: Sequence[Formula], who: str) -> None:
    solver = z3.SolverFor("QF_FD")
    solver.add(*(term(one) for one in formulas))
    answer = solver.check()
    if answer == z3.unknown:
        raise GaveUp(f"the solver gave up: {solver.reason_unknown()}")
    if answer == z3.sat:
        raise EngineBug(f"{who} leaves the values that are taken for possible")
