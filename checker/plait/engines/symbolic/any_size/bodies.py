"""Bodies of rules: from the state before a step to the state after it, as values made of formulas.

A body runs from top to bottom and reads its own writes. A `for` over identities runs all its passes at once: the
language demands that they do not interfere, so a place has its new value if the pass that changes it says so.

A channel is the set of its messages. Where it is *kept* (any network: messages stay for ever, so that they may come
twice, late, in any order, or never), nothing is removed; what a step sees in such a channel may be less than that.
"""

from __future__ import annotations

from typing import assert_never

from plait.engines.symbolic.any_size.expressions import Reader
from plait.engines.symbolic.any_size.logic import (
    FALSE,
    Atom,
    Equal,
    Formula,
    Scalar,
    Term,
    Var,
    below,
    conj,
    disj,
    either,
    exists,
    neg,
    normal,
    rewrite,
    substitute,
    term_variables,
)
from plait.engines.symbolic.any_size.values import (
    FiniteValue,
    IdValue,
    MapValue,
    Point,
    RecordValue,
    SetValue,
    Symbolic,
    TruthValue,
    as_finite,
    as_identity,
    finite,
    is_point,
    matches,
    merge,
    points_of,
    same_point,
)
from plait.engines.symbolic.any_size.vocabulary import CannotExpress
from plait_spec.core import (
    Assert,
    Assign,
    Bind,
    Block,
    Clear,
    Command,
    Expr,
    ForEach,
    MakeRecord,
    Place,
    Send,
    When,
)
from plait_spec.diagnostics import Code
from plait_spec.types import MapType, RecordType, Type


class Body:
    """Runs commands; `reader.state` is the state so far."""

    def __init__(self, reader: Reader, kept: frozenset[str]) -> None:
        self.reader = reader
        self.vocabulary = reader.vocabulary
        self.names = reader.names
        self.kept = kept
        self.state: dict[str, Symbolic] = dict(reader.state)
        reader.state = self.state

    def block(self, body: Block) -> None:
        """Every command, one after the other."""
        bound = dict(self.reader.locals)
        for command in body:
            self.command(command)
        self.reader.locals = bound

    def command(self, command: Command) -> None:
        """One command."""
        match command:
            case Assign(place, value):
                self.assign(place, value)
            case Send():
                self.send(command)
            case Clear():
                self.clear(command)
            case Bind(local, value):
                self.reader.locals[local.id] = self.reader.value(value)
            case Assert(condition, span):
                self.reader.fault(neg(self.reader.truth(condition)), Code.ASSERTION_FAILED, span)
            case When(condition, yes, no):
                self.when(condition, yes, no)
            case ForEach():
                self.for_each(command)
            case _:
                assert_never(command)

    # ---- writing

    def assign(self, place: Place, value: Expr) -> None:
        """`place = value`: keys first."""
        path = [step if isinstance(step, str) else self.reader.value(step) for step in place.path]
        made = self.reader.fit(self.reader.value(value), place.type, place.span)
        variable = next(one for one in self.vocabulary.model.variables if one.name == place.variable)
        self.keys_exist(variable.type, path, place)
        self.state[place.variable] = self.write(self.state[place.variable], variable.type, path, made)

    def keys_exist(self, type: Type, path: list[Symbolic | str], place: Place) -> None:
        """A key outside of its map is an error."""
        for step in path:
            match type:
                case RecordType(_, fields):
                    type = dict(fields)[str(step)]
                case MapType(key, value):
                    assert not isinstance(step, str)
                    for when, variables, point in points_of(step, self.names):
                        if not any(matches(point, pattern) for pattern in self.vocabulary.patterns(key, place.span)):
                            self.reader.fault(exists(variables, when), Code.NO_SUCH_KEY, place.span)
                    type = value
                case _:
                    raise AssertionError("a path goes through records and maps only")

    def write(self, whole: Symbolic, type: Type, path: list[Symbolic | str], value: Symbolic) -> Symbolic:
        """The whole with one part replaced."""
        if not path:
            return _like(whole, value)
        step, rest = path[0], path[1:]
        if isinstance(step, str):
            assert isinstance(whole, RecordValue)
            assert isinstance(type, RecordType)
            at = [name for name, _ in type.fields].index(step)
            part = self.write(whole.fields[at], type.fields[at][1], rest, value)
            return RecordValue((*whole.fields[:at], part, *whole.fields[at + 1 :]))
        assert isinstance(whole, MapValue)
        assert isinstance(type, MapType)
        keys = tuple(points_of(step, self.names))
        of = type.value

        def at_point(point: Point) -> Symbolic:
            here = disj(exists(v, conj((when, same_point(found, point)))) for when, v, found in keys)
            before = whole.at(point)
            if here == FALSE:
                return before
            return merge(here, self.write(before, of, rest, value), before)

        return MapValue(whole.keys, at_point)

    # ---- channels

    def send(self, command: Send) -> None:
        """One more message in flight."""
        channel = self.vocabulary.channels[command.channel]
        type = self.vocabulary.flight_type(channel, command.message)
        ends = [self.reader.value(end) for end in (command.left, command.right) if end is not None]
        made = MakeRecord(command.fields, self.vocabulary.messages[command.message], command.span)
        fields = self.reader.value(made)
        assert isinstance(fields, RecordValue)
        assert len(ends) + len(fields.fields) == len(type.fields)
        message = RecordValue((*ends, *fields.fields))
        name = self.vocabulary.flight(command.channel, command.forward, command.message)
        flight = self.state[name]
        assert isinstance(flight, SetValue)
        before = flight.has
        self.state[name] = SetValue(
            flight.elements, lambda point: disj((before(point), is_point(message, point, self.names)))
        )

    def take(self, name: str, point: Point) -> None:
        """One message less in flight."""
        flight = self.state[name]
        assert isinstance(flight, SetValue)
        before = flight.has
        self.state[name] = SetValue(flight.elements, lambda other: conj((before(other), neg(same_point(point, other)))))

    def clear(self, command: Clear) -> None:
        """No message of some queues in flight any more."""
        channel = self.vocabulary.channels[command.queues.channel]
        if channel.name in self.kept:
            return
        ends = [
            None if end is None else self.reader.value(end)
            for end, family in (
                (command.queues.left, channel.left.family),
                (command.queues.right, channel.right.family),
            )
            if family is not None
        ]
        for forward in (True, False) if channel.both_ways else (True,):
            if command.queues.forward not in (None, forward):
                continue
            for message in channel.messages:
                name = self.vocabulary.flight(channel.name, forward, message)
                if name in self.state:
                    self._empty(name, ends)

    def _empty(self, name: str, ends: list[Symbolic | None]) -> None:
        flight = self.state[name]
        assert isinstance(flight, SetValue)
        before = flight.has

        def has(point: Point) -> Formula:
            gone = conj(
                is_point(end, (atom,), self.names) for end, atom in zip(ends, point, strict=False) if end is not None
            )
            return conj((before(point), neg(gone)))

        self.state[name] = SetValue(flight.elements, has)

    # ---- blocks in blocks

    def when(self, condition: Expr, yes: Block, no: Block) -> None:
        """`if`."""
        decided = self.reader.truth(condition)
        before = dict(self.state)
        with self.reader.under(decided):
            self.block(yes)
        after_yes = self._again(before)
        with self.reader.under(neg(decided)):
            self.block(no)
        for name, value in after_yes.items():
            if value is not before[name] or self.state[name] is not before[name]:
                self.state[name] = merge(decided, value, self.state[name])

    def _again(self, state: dict[str, Symbolic]) -> dict[str, Symbolic]:
        """Go back to a state; what was reached instead."""
        reached = dict(self.state)
        self.state.clear()
        self.state.update(state)
        return reached

    def for_each(self, command: ForEach) -> None:
        """`for`: finitely many passes one after the other; one pass for each identity, all at once."""
        before = dict(self.state)
        frozen = Reader(self.vocabulary, before, self.reader.locals, None, self.reader.taken, self.reader.flights)
        passes = list(frozen.bindings(command.binders, command.where, None))
        for fault in frozen.faults:
            self.reader.faults.append(fault)
        if command.unordered and any(variables for variables, _, _ in passes):
            raise CannotExpress(command.span, "an `unordered for` over identities has as many orders as there are")
        if command.unordered:
            raise CannotExpress(command.span, "an `unordered for`")
        for variables, point, chosen in passes:
            started = dict(self.state)
            rest = point
            for binder in command.binders:
                value, rest = self.vocabulary.value_at(binder.local.type, rest, command.span)
                self.reader.locals[binder.local.id] = value
            with self.reader.under(chosen, variables):
                self.block(command.body)
            reached = self._again(started)
            for name, value in reached.items():
                if value is not started[name]:
                    self.state[name] = _passes(variables, chosen, started[name], value)


def _like(whole: Symbolic, value: Symbolic) -> Symbolic:
    """The new value, in the form of the old one."""
    match whole, value:
        case IdValue(sort), _:
            return as_identity(value, sort)
        case FiniteValue(), TruthValue():
            return as_finite(value)
        case SetValue(elements), SetValue((), has):
            return SetValue(elements, has)
        case RecordValue(ones), RecordValue(others):
            return RecordValue(tuple(_like(one, other) for one, other in zip(ones, others, strict=True)))
        case _:
            return value


# ---- all passes of a loop at once -------------------------------------------------------------------------------


def _passes(variables: tuple[Var, ...], chosen: Formula, old: Symbolic, new: Symbolic) -> Symbolic:
    """What all passes make of a value, given what the pass for `variables` makes of it."""
    if not variables:
        return merge(chosen, new, old)
    match old, new:
        case TruthValue(one), TruthValue(other):
            return TruthValue(_all_passes(variables, chosen, one, other))
        case ((TruthValue() | FiniteValue()), (TruthValue() | FiniteValue())):
            ones, others = dict(_keyed(as_finite(old))), dict(_keyed(as_finite(new)))
            found: list[tuple[Scalar, Formula]] = []
            for key in dict.fromkeys((*ones, *others)):
                when = _all_passes(variables, chosen, ones.get(key, FALSE), others.get(key, FALSE))
                found.append((key[1], when))
            return finite(found)
        case IdValue(sort), _:
            was, becomes = as_identity(old, sort), as_identity(new, sort)
            return IdValue(
                sort,
                None,
                lambda term: _all_passes(variables, chosen, was.same(term), becomes.same(term)),
                _all_passes(variables, chosen, was.none, becomes.none),
            )
        case RecordValue(ones), RecordValue(others):
            return RecordValue(
                tuple(_passes(variables, chosen, one, other) for one, other in zip(ones, others, strict=True))
            )
        case MapValue(), MapValue():
            return MapValue(old.keys, lambda point: _passes(variables, chosen, old.at(point), new.at(point)))
        case SetValue(), SetValue():
            return SetValue(old.elements, lambda point: _all_passes(variables, chosen, old.has(point), new.has(point)))
        case _:
            raise AssertionError("a value keeps its kind")


def _keyed(value: FiniteValue) -> list[tuple[tuple[type, Scalar], Formula]]:
    return [((type(scalar), scalar), when) for scalar, when in value.cases]


def _all_passes(variables: tuple[Var, ...], chosen: Formula, old: Formula, new: Formula) -> Formula:
    """A fact after all passes: changed by the one pass that changes it, if there is one."""
    if new == old:
        return old
    keys = _single_keys(variables, old, new)
    if keys is not None:
        return either(substitute(chosen, keys), substitute(new, keys), old)
    set_true = exists(variables, conj((chosen, new)))
    set_false = exists(variables, conj((chosen, neg(new))))
    return disj((conj((old, neg(set_false))), conj((neg(old), set_true))))


def _single_keys(variables: tuple[Var, ...], old: Formula, new: Formula) -> dict[Var, Term] | None:
    """The identities of the only pass that can change a fact, where the fact itself names them."""
    keys: dict[Var, Term] = {}
    for variable in variables:
        terms = set(_compared_with(variable, new))
        if len(terms) != 1:
            return None
        keys[variable] = terms.pop()

    for variable in variables:

        def only(literal: Atom | Equal, variable: Var = variable) -> Formula:
            if isinstance(literal, Equal) and {literal.left, literal.right} == {variable, keys[variable]}:
                return FALSE
            return literal

        if normal(rewrite(new, only)) != normal(old):
            return None
    return keys


def _compared_with(variable: Var, formula: Formula) -> list[Term]:
    found: list[Term] = []
    for part in below(formula):
        if isinstance(part, Equal):
            for one, other in ((part.left, part.right), (part.right, part.left)):
                if one == variable and variable not in term_variables(other):
                    found.append(other)
    return found
