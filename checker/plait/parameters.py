"""Values of parameters: from the text of a model, from `--set`, and back to words.

    Assignment = a value for each parameter, in declaration order (enum labels as their index)

A `--set` is `name=value` or `name=lo..hi`.  Whether a value is in the parameter's type is checked here, so that a wrong
one is a usage error before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from plait.errors import JobError
from plait_spec.core import Expr, Model, ParameterDecl, Setting
from plait_spec.domain_of import bound_of
from plait_spec.record import record
from plait_spec.types import BoolType, EnumType, OptionType, RangeType, Type

Scalar: TypeAlias = bool | int | None
Assignment: TypeAlias = tuple[tuple[str, Scalar], ...]
Shown: TypeAlias = int | bool | str
MAX_RUNS = 256  # of one model in one job


@record
class Wish:
    """One `--set`, still as text: the parameter's name, a value, and the last value of a range."""

    name: str
    value: str
    upto: str | None = None


_WISH = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z_]\w*|-?\d+)\s*(?:\.\.\s*(-?\d+)\s*)?", re.ASCII)


def parse_wish(text: str) -> Wish:
    """`ops=2`, `ops=1..3`, `fence=true`, `retry=Eager`."""
    found = _WISH.fullmatch(text)
    if found is None or (found[3] is not None and not found[2].lstrip("-").isdigit()):
        raise JobError(f"--set {text}: this is neither name=value nor name=lo..hi")
    return Wish(found[1], found[2], found[3])


def defaults(model: Model) -> Assignment:
    """Every parameter at its default; a default may read the parameters before it."""
    known: dict[str, Scalar] = {}
    for parameter in model.parameters:
        known[parameter.name] = constant(model, parameter.default, known)
    return tuple(known.items())


def assign(model: Model, given: Mapping[str, Scalar]) -> Assignment:
    """Every parameter: as given, or else at its default."""
    known: dict[str, Scalar] = {}
    for parameter in model.parameters:
        if parameter.name in given:
            known[parameter.name] = given[parameter.name]
        else:
            known[parameter.name] = constant(model, parameter.default, known)
    return tuple(known.items())


def setting_values(model: Model, setting: Setting) -> tuple[Scalar, ...]:
    """The values that a setting of an `expect with` names."""
    first, last = setting_ends(model, setting)
    if first == last:
        return (first,)
    assert isinstance(first, int)
    assert isinstance(last, int)
    return _counted(setting.name, first, last)


def setting_ends(model: Model, setting: Setting) -> tuple[Scalar, Scalar]:
    """The first and the last value that a setting names."""
    first = constant(model, setting.value, {})
    return first, first if setting.upto is None else constant(model, setting.upto, {})


def wished_values(parameter: ParameterDecl, wish: Wish, known: Mapping[str, Scalar]) -> tuple[Scalar, ...]:
    """The values that a `--set` names, each of the parameter's type."""
    if wish.upto is None:
        return (_read(parameter, wish.value, known),)
    first, last = _read(parameter, wish.value, known), _read(parameter, wish.upto, known)
    assert isinstance(first, int)
    assert isinstance(last, int)
    if first > last:
        raise JobError(f"--set {wish.name}={wish.value}..{wish.upto}: this range is empty")
    return _counted(wish.name, first, last)


def _counted(name: str, first: int, last: int) -> tuple[int, ...]:
    """The numbers of a range that somebody asks for, each of which is a run."""
    if last - first >= MAX_RUNS:
        raise JobError(f"{name} = {first}..{last}: these are more than {MAX_RUNS} runs of one model")
    return tuple(range(first, last + 1))


def shown(model: Model, assignment: Assignment) -> tuple[tuple[str, Shown], ...]:
    """The values as reports have them: labels by name, `none` as the word."""
    types = {parameter.name: parameter.type for parameter in model.parameters}
    return tuple((name, _shown(types[name], value)) for name, value in assignment)


def in_words(value: Shown) -> str:
    """A value as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def constant(model: Model, expr: Expr, known: Mapping[str, Scalar]) -> Scalar:
    """The value of an expression that reads parameters only; raises SpecError where it has none."""
    from plait_spec import ground_state
    from plait_spec.ground_context import Context

    value: Scalar = ground_state.constant(Context(model, dict(known), {}), expr)
    return value


def _read(parameter: ParameterDecl, text: str, known: Mapping[str, Scalar]) -> Scalar:
    found = _value_of(parameter.type, text, known)
    if found is _WRONG:
        wanted = _described(parameter.type, known)
        raise JobError(f"--set {parameter.name}={text}: {parameter.name} is {wanted}")
    assert found is None or isinstance(found, (bool, int))
    return found


_WRONG = object()


def _value_of(type: Type, text: str, known: Mapping[str, Scalar]) -> object:
    match type:
        case BoolType():
            return {"true": True, "false": False}.get(text, _WRONG)
        case RangeType(lo=lo, hi=hi):
            if not re.fullmatch(r"-?\d{1,1000}", text):
                return _WRONG  # Python refuses to read much longer ones, and no model means them
            return int(text) if bound_of(lo, known) <= int(text) <= bound_of(hi, known) else _WRONG
        case EnumType(labels=labels):
            return labels.index(text) if text in labels else _WRONG
        case OptionType(of=of):
            return None if text == "none" else _value_of(of, text, known)
        case _:
            return _WRONG


def _described(type: Type, known: Mapping[str, Scalar]) -> str:
    match type:
        case BoolType():
            return "true or false"
        case RangeType(lo=lo, hi=hi):
            return f"a number of {bound_of(lo, known)}..{bound_of(hi, known)}"
        case EnumType(labels=labels):
            return f"one of {', '.join(labels)}"
        case OptionType(of=of):
            return f"{_described(of, known)}, or none"
        case _:
            return "not of a type that can be set here"


def _shown(type: Type, value: Scalar) -> Shown:
    match type:
        case EnumType(labels=labels) if isinstance(value, int):
            return labels[value]
        case OptionType(of=of) if value is not None:
            return _shown(of, value)
        case _:
            return "none" if value is None else value


def names(models: Iterable[Model]) -> tuple[str, ...]:
    """The parameters of these models, each once."""
    return tuple(dict.fromkeys(parameter.name for model in models for parameter in model.parameters))
