"""Formulas over given bits: an evaluation that shares nothing with the solver's."""

from __future__ import annotations

from typing import Any

import z3


class Truths:
    """Formulas under one assignment; `values` by the name of a constant."""

    def __init__(self, values: dict[str, bool]) -> None:
        self.values = values
        self.known: dict[int, tuple[Any, bool]] = {}

    def of(self, formula: Any) -> bool:
        """The value of a formula."""
        if isinstance(formula, bool):
            return formula
        key = formula.get_id()
        if key not in self.known:
            self.known[key] = (formula, self._computed(formula))
        return self.known[key][1]

    def _computed(self, formula: Any) -> bool:
        parts = formula.children()
        match formula.decl().kind():
            case z3.Z3_OP_TRUE:
                return True
            case z3.Z3_OP_FALSE:
                return False
            case z3.Z3_OP_AND:
                return all(map(self.of, parts))
            case z3.Z3_OP_OR:
                return any(map(self.of, parts))
            case z3.Z3_OP_NOT:
                return not self.of(parts[0])
            case z3.Z3_OP_EQ:
                return self.of(parts[0]) == self.of(parts[1])
            case z3.Z3_OP_ITE:
                return self.of(parts[1] if self.of(parts[0]) else parts[2])
            case z3.Z3_OP_UNINTERPRETED:
                return self.values[formula.decl().name()]
            case kind:
                raise AssertionError(kind)
