"""CORE into a `System`: every rule a step with its identities as parameters, every claim a formula.

What a model does with more than the identities' equality raises `CannotExpress`. Channels that are not `unordered,
distinct` are kept (see `bodies`), which allows more than the model does: what holds then, holds of the model. Bounds
on channels are left out for the same reason. So a `System` may prove a claim and never refute one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, product

from plait.engines.symbolic.any_size.bodies import Body
from plait.engines.symbolic.any_size.expressions import Reader
from plait.engines.symbolic.any_size.logic import (
    FALSE,
    TRUE,
    Apply,
    Atom,
    Formula,
    Scalar,
    Term,
    Var,
    conj,
    equal,
    forall,
    free_variables,
    implies,
    neg,
    normal,
    size,
    symbols_in,
)
from plait.engines.symbolic.any_size.scope import Fault, Flights, State, TakenStep, flying
from plait.engines.symbolic.any_size.system import Duty, Step, System, Update, starts_as
from plait.engines.symbolic.any_size.values import (
    FiniteValue,
    Hole,
    MapValue,
    Names,
    Point,
    RecordValue,
    SetValue,
    Symbolic,
    TruthValue,
    as_finite,
    as_identity,
    filled,
    points_of,
)
from plait.engines.symbolic.any_size.vocabulary import CannotExpress, Shape, Symbol, Vocabulary
from plait_spec import core
from plait_spec.core import Act, AnyValue, Break, Channel, Has, Local, Lose, Model, Monitor, Receive, Rule, Took
from plait_spec.core_walk import below, commands_below
from plait_spec.domains import Value
from plait_spec.record import record
from plait_spec.types import BoolType, MapType, RecordType, SetType, Type

MAX_STEPS = 4_000
MAX_NODES = 400_000
NO_ERRORS = "no step errs"


def encode(model: Model, parameters: Mapping[str, Value]) -> System:
    """The model, whose properties are all to be proved, for any number of its identities.

    `parameters` has a value for each parameter; those that only say how many identities there are do not matter.
    """
    return _Encoder(model, parameters).system()


@record
class _Argument:
    """One way to choose an argument: its identities, its value, and when it can be chosen."""

    variables: tuple[Var, ...]
    value: Symbolic
    point: Point


class _Encoder:
    def __init__(self, model: Model, parameters: Mapping[str, Value]) -> None:
        self.model = model
        self.names = Names()
        self.vocabulary = Vocabulary(model, parameters, self.names)
        broken = {rule.trigger.channel for rule in model.rules if isinstance(rule.trigger, Break)}
        exact = {one.name for one in model.channels if not one.ordered and one.distinct and one.name not in broken}
        self.kept = frozenset(one.name for one in model.channels if one.carrier not in exact)
        self.flights = tuple(self._all_flights())
        self.free_symbols: list[Symbol] = []
        self.seen = count(1)
        self.nodes = 0

    def _all_flights(self) -> Iterator[tuple[str, Channel, bool, str]]:
        sent = {
            (command.channel, command.forward, command.message)
            for rule in self.model.rules
            for command in _sends(rule.body)
        }
        for channel in self.model.channels:
            for forward in (True, False) if channel.both_ways else (True,):
                for message in channel.messages:
                    if (channel.name, forward, message) in sent:
                        yield self.vocabulary.flight(channel.name, forward, message), channel, forward, message

    def system(self) -> System:
        """Everything."""
        self.vocabulary.nobody()
        symbols: list[Symbol] = []
        state: dict[str, Symbolic] = {}
        for variable in self.model.variables:
            symbols += self.vocabulary.symbols(variable)
            state[variable.name] = self.vocabulary.read(variable)
        for name, channel, forward, message in self.flights:
            symbols += self.vocabulary.flight_symbols(channel, forward, message)
            state[name] = self.vocabulary.flight_read(channel, forward, message)
        axioms, initial, starts = self._initial(state, {symbol.name: symbol for symbol in symbols})
        claims, lemmas = self._claims(state, starts)
        steps = tuple(step for rule in self.model.rules for step in self._steps(rule, state))
        if len(steps) > MAX_STEPS:
            raise CannotExpress(self.model.span, f"it has more than {MAX_STEPS:,} kinds of steps")
        return System(
            tuple(symbols),
            tuple(axioms),
            tuple(initial),
            tuple(starts),
            steps,
            tuple(claims),
            tuple(lemmas),
            tuple(sorted(self.kept)),
        )

    # ---- states

    def _initial(self, state: State, symbols: Mapping[str, Symbol]) -> tuple[list[Formula], list[Formula], list[Duty]]:
        axioms: list[Formula] = []
        initial: list[Formula] = []
        starts: list[Duty] = []
        monitors = {monitor.variable: monitor for monitor in self.model.monitors}
        known: dict[str, Symbolic] = dict(state)
        for variable in self.model.variables:
            found = axioms if variable.kind == "constant" else initial
            reader = Reader(self.vocabulary, known, {})
            if variable.name in monitors:
                value = self._monitored(monitors[variable.name], monitors[variable.name].start, known, None, reader)
            elif isinstance(variable.initial, AnyValue):
                reader.locals[variable.initial.local.id] = state[variable.name]
                found.append(normal(reader.truth(variable.initial.where)))
                starts += _no_errors(reader.faults)
                continue
            else:
                value = reader.fit(reader.value(variable.initial), variable.type, variable.span)
            starts += _no_errors(reader.faults)
            for name, args, cases in self._leaves(variable.type, value, Shape(), (), variable.name):
                found.append(normal(self._has_value(symbols[name], args, cases)))
        for name, channel, _, message in self.flights:
            for key, args, _ in self._flight_leaves(name, channel, message, state[name]):
                initial.append(starts_as(symbols[key], args, ((True, FALSE),)))
        return axioms, initial, starts

    def _has_value(self, symbol: Symbol, args: tuple[Var, ...], cases: tuple[tuple[Scalar, Formula], ...]) -> Formula:
        if symbol.kind == "function":
            *keys, last = args
            ((_, when),) = cases
            return forall(args, implies(when, equal(Apply(symbol.name, tuple(keys), symbol.result), last)))
        return starts_as(symbol, args, cases)

    def _leaves(
        self, type: Type, value: Symbolic, shape: Shape, args: tuple[Var, ...], name: str
    ) -> Iterator[tuple[str, tuple[Var, ...], tuple[tuple[Scalar, Formula], ...]]]:
        """The symbols of a variable with their cases in a value of it."""
        key = shape.key(name)
        match value, type:
            case TruthValue(formula), BoolType():
                yield key, args, ((True, formula),)
            case ((TruthValue() | FiniteValue()), _) if self.vocabulary.scalars(type, self.model.span) is not None:
                assert isinstance(value, TruthValue | FiniteValue)
                yield key, args, as_finite(value).cases
            case RecordValue(fields), RecordType(_, wanted):
                for at, (field, (_, of)) in enumerate(zip(fields, wanted, strict=True)):
                    yield from self._leaves(of, field, Shape((*shape.steps, at)), args, name)
            case MapValue(_, at), MapType(keys, of):
                for pattern in self.vocabulary.patterns(keys, self.model.span):
                    variables, point = filled(pattern, self.names)
                    inner = Shape((*shape.steps, pattern))
                    yield from self._leaves(of, at(point), inner, args + variables, name)
            case SetValue(_, has), SetType(of):
                for pattern in self.vocabulary.patterns(of, self.model.span):
                    variables, point = filled(pattern, self.names)
                    yield Shape((*shape.steps, pattern)).key(name), args + variables, ((True, has(point)),)
            case _:
                (hole,) = self.vocabulary.patterns(type, self.model.span)[-1]
                variable = self.names.fresh(getattr(hole, "sort", ""))
                identity = as_identity(value, variable.sort)
                yield key, (*args, variable), ((True, identity.same(variable)),)

    def _flight_leaves(
        self, name: str, channel: Channel, message: str, value: Symbolic
    ) -> Iterator[tuple[str, tuple[Var, ...], tuple[tuple[Scalar, Formula], ...]]]:
        assert isinstance(value, SetValue)
        for pattern in self.vocabulary.patterns(self.vocabulary.flight_type(channel, message), channel.span):
            variables, point = filled(pattern, self.names)
            yield Shape((pattern,)).key(name), variables, ((True, value.has(point)),)

    # ---- claims

    def _claims(self, state: State, starts: list[Duty]) -> tuple[list[Duty], list[Duty]]:
        claims: list[Duty] = []
        lemmas: list[Duty] = []
        for claim in self.model.properties:
            if claim.kind not in ("always", "never", "step", "lemma"):
                reason = f"`{claim.kind}` is not proved for any size: `always`, `never` and `step` are"
                raise CannotExpress(claim.span, reason)
            if claim.kind == "step":
                continue
            kept = None if claim.kind == "lemma" else self._no_kept()  # lemmas are about what channels keep
            reader = Reader(self.vocabulary, state, {}, flights=kept)
            try:
                formula = reader.truth(claim.expr)
            except CannotExpress:
                if claim.kind != "lemma":
                    raise
                continue  # a lemma helps where it can
            wanted = normal(neg(formula) if claim.kind == "never" else formula)
            duties = [Duty(claim.name, wanted), *(Duty(claim.name, neg(one.condition)) for one in reader.faults)]
            names_steps = any(isinstance(part, Took) for part in below(claim.expr))
            if claim.kind == "lemma":
                lemmas += [] if names_steps else duties
            elif names_steps:
                starts += duties
            else:
                claims += duties
        return claims, lemmas

    def _no_kept(self) -> Flights:
        """In claims: a channel that is kept holds more than the model's does, so nothing is said about it."""

        def flights(expr: Has, wanted: Callable[[Point], Formula], name: str, state: State) -> Formula:
            if expr.queues.channel in self.kept:
                raise CannotExpress(
                    expr.span,
                    f"it is about what is in `{expr.queues.channel}`: claims can read `unordered, distinct` channels",
                )
            return flying(state, name, wanted, self.vocabulary)

        return flights

    # ---- steps

    def _steps(self, rule: Rule, state: State) -> Iterator[Step]:
        on = Reader(self.vocabulary, state, {}).truth(rule.switched_on)
        if on == FALSE:
            return
        choices = [self._arguments(local) for local in rule.params]
        for args in product(*choices):
            for trigger in self._triggers(rule):
                yield from self._picked(rule, args, trigger, state)

    def _arguments(self, local: Local) -> list[_Argument]:
        match local.type:
            case SetType(of):
                span = self.model.span
                patterns = self.vocabulary.patterns(of, span)
                base = f"{local.name}#{len(self.free_symbols)}"

                def has(point: Point) -> Formula:
                    terms = tuple(atom for atom in point if isinstance(atom, Var | Apply))
                    return Atom(Shape((_pattern(point),)).key(base), True, terms)

                for pattern in patterns:
                    variables, _ = filled(pattern, self.names)
                    self._free(Shape((pattern,)).key(base), tuple(one.sort for one in variables))
                return [_Argument((), SetValue(patterns, has), ())]
            case _:
                found: list[_Argument] = []
                for pattern in self.vocabulary.patterns(local.type, self.model.span):
                    variables, point = filled(pattern, self.names)
                    value, _ = self.vocabulary.value_at(local.type, point, self.model.span)
                    found.append(_Argument(variables, value, point))
                return found

    def _free(self, name: str, sorts: tuple[str, ...]) -> None:
        self.free_symbols.append(Symbol(name, sorts, "truth", (True,), (), False, "", True, name, name))

    def _triggers(self, rule: Rule) -> Iterator[tuple[str, Point | None, tuple[Var, ...]]]:
        """What a trigger can take: the set of messages and one of them, without its ends for a receiver."""
        match rule.trigger:
            case Act() | Break():
                yield "", None, ()
            case Receive(channel, forward, _, _, message):
                assert isinstance(message.type, RecordType)
                name = self.vocabulary.flight(channel, forward, message.type.name)
                if any(name == known for known, *_ in self.flights):
                    for pattern in self.vocabulary.patterns(message.type, rule.span):
                        variables, point = filled(pattern, self.names)
                        yield name, point, variables
            case Lose(channel):
                lost = self.vocabulary.channels[channel]
                if channel in self.kept:
                    yield "", None, ()
                    return
                for name, one, _, kind in self.flights:
                    if one.carrier == lost.carrier:
                        type = self.vocabulary.flight_type(one, kind)
                        for pattern in self.vocabulary.patterns(type, rule.span):
                            variables, point = filled(pattern, self.names)
                            yield name, point, variables

    def _picked(
        self,
        rule: Rule,
        args: Sequence[_Argument],
        trigger: tuple[str, Point | None, tuple[Var, ...]],
        state: State,
    ) -> Iterator[Step]:
        picks = [self._arguments(binder.local) for binder in rule.picks]
        for picked in product(*picks):
            yield self._step(rule, args, trigger, picked, state)

    def _step(
        self,
        rule: Rule,
        args: Sequence[_Argument],
        trigger: tuple[str, Point | None, tuple[Var, ...]],
        picked: Sequence[_Argument],
        state: State,
    ) -> Step:
        free_before = len(self.free_symbols)
        flight, point, taken_vars = trigger
        params = tuple(var for one in (*args, *picked) for var in one.variables) + taken_vars
        locals = {local.id: one.value for local, one in zip(rule.params, args, strict=True)}
        locals |= {binder.local.id: one.value for binder, one in zip(rule.picks, picked, strict=True)}
        message: dict[str, Symbolic] = {}
        if isinstance(rule.trigger, Receive) and point is not None:
            received, _ = self.vocabulary.value_at(rule.trigger.message.type, point, rule.span)
            assert isinstance(received, RecordValue)
            assert isinstance(rule.trigger.message.type, RecordType)
            locals[rule.trigger.message.id] = received
            fields = (name for name, _ in rule.trigger.message.type.fields)
            message = dict(zip(fields, received.fields, strict=True))
        taken = TakenStep(rule, tuple(one.value for one in args), message)
        reader = Reader(self.vocabulary, dict(state), locals, None, taken, None)
        body = Body(reader, self.kept)
        reader.flights = self._seen(params)
        there = self._take(rule, body, flight, point, reader, state)
        with reader.under(there):
            guard = reader.truth(rule.guard)
        guard = conj((there, guard))
        for binder, one in zip(rule.picks, picked, strict=True):
            if binder.over is not None:
                inside = reader.value(binder.over)
                assert isinstance(inside, SetValue)
                if isinstance(binder.local.type, SetType):
                    raise CannotExpress(binder.over.span, "it chooses a set from a set of sets")
                guard = conj((guard, inside.has(one.point)))
        with reader.under(guard):
            chosen = reader.truth(rule.pick_where)
        guard = conj((guard, chosen))
        with reader.under(guard):
            looked_back = [
                (monitor, self._monitored(monitor, monitor.update, dict(state), taken, reader))
                for monitor in self.model.monitors
                if monitor.before
            ]
            body.block(rule.body)
            for monitor, value in looked_back:
                body.state[monitor.variable] = value
            for monitor in self.model.monitors:
                if not monitor.before:
                    body.state[monitor.variable] = self._monitored(
                        monitor, monitor.update, dict(body.state), taken, reader
                    )
        duties = [*_no_errors(reader.faults), *self._step_claims(state, dict(body.state), taken, guard)]
        updates = tuple(self._updates(state, body.state))
        self._weigh(rule, guard, updates)
        free = tuple(self.free_symbols)
        del self.free_symbols[max(free_before, 0) :]
        kept_free = _mentioned(free, guard, updates, duties)
        return Step(rule.name, params, kept_free, normal(guard), updates, tuple(duties))

    def _weigh(self, rule: Rule, guard: Formula, updates: Sequence[Update]) -> None:
        self.nodes += size(guard) + sum(size(when) for update in updates for _, when in update.cases)
        if self.nodes > MAX_NODES:
            raise CannotExpress(rule.span, "its steps are too large when they are written out")

    def _take(self, rule: Rule, body: Body, flight: str, point: Point | None, reader: Reader, state: State) -> Formula:
        """The message is there, and is taken out unless it stays."""
        if point is None:
            return TRUE
        whole: Point = point
        keep = False
        if isinstance(rule.trigger, Receive):
            keep = rule.trigger.keep
            ends: list[Scalar | Term] = []
            claims: list[Formula] = []
            for end in (rule.trigger.left, rule.trigger.right):
                if end is not None:
                    ((when, _, found),) = points_of(reader.value(end), self.names)
                    claims.append(when)
                    ends += found
            whole = (*ends, *point)
        messages = state[flight]
        assert isinstance(messages, SetValue)
        channel = next(one for name, one, _, _ in self.flights if name == flight)
        if channel.name not in self.kept and not keep:
            body.take(flight, whole)
        return messages.has(whole)

    def _seen(self, params: tuple[Var, ...]) -> Flights:
        """In steps: of a channel that is kept, a step may see any part."""

        def flights(expr: Has, wanted: Callable[[Point], Formula], name: str, state: State) -> Formula:
            found = flying(state, name, wanted, self.vocabulary)
            if expr.queues.channel not in self.kept or found == FALSE:
                return found
            args = tuple(sorted(free_variables(found), key=lambda var: var.name))
            seen = f"{name}?{next(self.seen)}"
            self._free(seen, tuple(var.sort for var in args))
            return conj((found, Atom(seen, True, args)))

        return flights

    def _monitored(
        self, monitor: Monitor, expr: core.Expr, state: State, taken: TakenStep | None, outer: Reader
    ) -> Symbolic:
        """The value of a monitor's variable."""
        locals = monitor.binders
        for part in below(expr):
            if isinstance(part, Has) and part.queues.channel in self.kept:
                raise CannotExpress(part.span, f"it is about what is in `{part.queues.channel}`, and looks back")

        def at(depth: int, values: Mapping[int, Symbolic]) -> Symbolic:
            if depth == len(locals):
                reader = Reader(self.vocabulary, state, values, None, taken)
                formula = reader.truth(expr)
                outer.faults += reader.faults
                return TruthValue(formula)
            local = locals[depth]
            patterns = self.vocabulary.patterns(local.type, self.model.span)

            def lookup(point: Point) -> Symbolic:
                value, _ = self.vocabulary.value_at(local.type, point, self.model.span)
                kept = list(outer.faults)
                found = at(depth + 1, {**values, local.id: value})
                outer.faults = kept
                return found

            return MapValue(patterns, lookup)

        variables: list[Var] = []
        values: dict[int, Symbolic] = {}
        for choice in product(*(self._arguments(local) for local in locals)):  # the faults, once for all places
            variables = [var for one in choice for var in one.variables]
            values = {local.id: one.value for local, one in zip(locals, choice, strict=True)}
            reader = Reader(self.vocabulary, state, values, None, taken)
            reader.truth(expr)
            with outer.under(TRUE, tuple(variables)):
                outer.faults += reader.faults
        kept = list(outer.faults)
        value = at(0, {})
        outer.faults = kept
        return value

    def _step_claims(self, before: State, then: State, taken: TakenStep, guard: Formula) -> Iterator[Duty]:
        """Claims about steps, and claims about states that name steps."""
        for claim in self.model.properties:
            if claim.kind == "lemma":
                continue
            if claim.kind == "step":
                reader = Reader(self.vocabulary, before, {}, then, taken, self._no_kept())
            elif any(isinstance(part, Took) for part in below(claim.expr)):
                reader = Reader(self.vocabulary, then, {}, None, taken, self._no_kept())
            else:
                continue
            formula = reader.truth(claim.expr)
            wanted = neg(formula) if claim.kind == "never" else formula
            yield Duty(claim.name, normal(implies(guard, wanted)))
            for fault in reader.faults:
                yield Duty(claim.name, normal(neg(conj((guard, fault.condition)))))

    def _updates(self, before: State, then: State) -> Iterator[Update]:
        for variable in self.model.variables:
            if then[variable.name] is not before[variable.name]:
                for name, args, cases in self._leaves(variable.type, then[variable.name], Shape(), (), variable.name):
                    yield from _changed(name, args, cases)
        for name, channel, _, message in self.flights:
            if then[name] is not before[name]:
                for key, args, cases in self._flight_leaves(name, channel, message, then[name]):
                    yield from _changed(key, args, cases)


def _changed(name: str, args: tuple[Var, ...], cases: tuple[tuple[Scalar, Formula], ...]) -> Iterator[Update]:
    fitted = tuple((value, normal(when)) for value, when in cases)
    if any(when != Atom(name, value, args) for value, when in fitted):
        yield Update(name, args, fitted)


def _no_errors(faults: Iterable[Fault]) -> list[Duty]:
    return [Duty(NO_ERRORS, normal(neg(fault.condition))) for fault in faults]


def _sends(block: core.Block) -> Iterator[core.Send]:
    return (command for command in commands_below(block) if isinstance(command, core.Send))


def _pattern(point: Point) -> tuple[Scalar | Hole, ...]:
    return tuple(Hole(atom.sort) if isinstance(atom, Var | Apply) else atom for atom in point)


def _mentioned(
    free: Iterable[Symbol], guard: Formula, updates: Iterable[Update], duties: Iterable[Duty]
) -> tuple[Symbol, ...]:
    cases = (when for update in updates for _, when in update.cases)
    used = frozenset[str]().union(*map(symbols_in, (guard, *cases, *(duty.formula for duty in duties))))
    return tuple(symbol for symbol in free if symbol.name in used)
