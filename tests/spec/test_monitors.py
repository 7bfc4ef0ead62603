"""Past-time operators against their definition: a run is looked at as a whole, and each operator is read off it."""

from __future__ import annotations

from hypothesis import given, strategies as st

from plait_spec.core import Binary, Expr, Literal, Not, Past, Read, Took
from plait_spec.monitors import lower_past
from plait_spec.source import Source, Span
from plait_spec.types import BOOL

HERE = Span(Source("test", " "), 0, 1)
STEPS = ("a", "b")
VARIABLES = ("x", "y")

Moment = tuple[str | None, dict[str, bool]]  # the step that led to a state (None at the start), and the state


def formulas() -> st.SearchStrategy[Expr]:
    """Formulas over two variables and two step names, with past-time operators anywhere."""
    atoms: st.SearchStrategy[Expr] = st.sampled_from(
        [Read(name, BOOL, HERE) for name in VARIABLES] + [Took(step, (), HERE) for step in STEPS]
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            inner.map(lambda p: Not(p, HERE)),
            st.tuples(inner, inner).map(lambda t: Binary("and", *t, BOOL, HERE)),
            st.tuples(inner, inner).map(lambda t: Binary("or", *t, BOOL, HERE)),
            st.tuples(inner, inner).map(lambda t: Binary("implies", *t, BOOL, HERE)),
            inner.map(lambda p: Past("once", (p,), HERE)),
            inner.map(lambda p: Past("historically", (p,), HERE)),
            inner.map(lambda p: Past("previously", (p,), HERE)),
            st.tuples(inner, inner).map(lambda t: Past("since", t, HERE)),
        ),
        max_leaves=8,
    )


def runs() -> st.SearchStrategy[list[Moment]]:
    """A start and some steps."""
    state = st.fixed_dictionaries({name: st.booleans() for name in VARIABLES})
    later = st.tuples(st.sampled_from(STEPS), state)
    return st.tuples(state, st.lists(later, max_size=6)).map(lambda t: [(None, t[0]), *t[1]])


def defined(formula: Expr, run: list[Moment], at: int) -> bool:
    """What the formula means at one moment of a run, by the definition of each operator."""
    match formula:
        case Literal(value):
            return bool(value)
        case Read(name):
            return run[at][1][name]
        case Took(step):
            return run[at][0] == step
        case Not(operand):
            return not defined(operand, run, at)
        case Binary(op, left, right):
            one, other = defined(left, run, at), defined(right, run, at)
            return one and other if op == "and" else one or other if op == "or" else not one or other
        case Past("once", (p,)):
            return any(defined(p, run, then) for then in range(at + 1))
        case Past("historically", (p,)):
            return all(defined(p, run, then) for then in range(at + 1))
        case Past("previously", (p,)):
            return at > 0 and defined(p, run, at - 1)
        case Past("since", (p, q)):
            return any(
                defined(q, run, then) and all(defined(p, run, after) for after in range(then + 1, at + 1))
                for then in range(at + 1)
            )
        case _:
            raise AssertionError(formula)


@given(formulas(), runs())
def test_monitors_say_what_the_operators_mean(formula: Expr, run: list[Moment]) -> None:
    """Bits that follow the run step by step have, at each moment, the value that the whole past gives the formula."""
    lowered = lower_past(formula, "P")
    assert not _looks_back(lowered.expr)
    bits: dict[str, bool] = {}
    for at, (step, state) in enumerate(run):
        if at == 0:
            for monitor in lowered.monitors:
                bits[monitor.variable] = _value(monitor.start, step, {**state, **bits})
        else:
            before = {**run[at - 1][1], **bits}
            backwards = {m.variable: _value(m.update, None, before) for m in lowered.monitors if m.before}
            bits.update(backwards)
            for monitor in lowered.monitors:
                if not monitor.before:
                    bits[monitor.variable] = _value(monitor.update, step, {**state, **bits})
        assert _value(lowered.expr, step, {**state, **bits}) == defined(formula, run, at)


def _value(expr: Expr, step: str | None, values: dict[str, bool]) -> bool:
    return defined(expr, [(step, values)], 0)


def _looks_back(expr: Expr) -> bool:
    match expr:
        case Past():
            return True
        case Not(operand):
            return _looks_back(operand)
        case Binary(_, left, right):
            return _looks_back(left) or _looks_back(right)
        case _:
            return False


def test_a_bare_step_name_needs_no_monitor() -> None:
    """It is seen on the step itself."""
    lowered = lower_past(Took("a", (), HERE), "P")
    assert lowered.monitors == ()
