"""`@record`: what `@dataclass(frozen=True, slots=True)` makes, for a fraction of what making the class costs.

The language and the tool have some three hundred small classes, and `dataclass` compiles six methods for each of them:
most of the time of a small check. Here `__init__` is a copy of one compiled function for each number of fields, with
the names of the fields put in; so are `__eq__` and `__hash__`, which are made when they are first called, as most never
are. The other methods need no compiling at all.

For type checkers and for `dataclasses.replace`, `fields` and `is_dataclass` a record is a frozen dataclass; it also has
`__match_args__`, and can be copied and pickled. Fields may have a default, or be `field(default=, compare=, repr=)`.

Non-goals: inheritance, default factories, shared defaults that can change, and fields that `__init__` does not take or
takes by name only, all of which are refused where the class is made; `ClassVar`, a field called `self`, and `super()`
or `__class__` in methods (the class is made anew to have slots, as `dataclass` does). For these there is `dataclass`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from functools import cache
from types import CodeType, FunctionType
from typing import Any, TypeVar, dataclass_transform

__all__ = ["record"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Specimen:
    """What a frozen dataclass is like, for those who look closely."""

    field: object


_PARAMS = getattr(_Specimen, "__dataclass_params__")  # noqa: B009
_KIND = getattr(_Specimen.__dataclass_fields__["field"], "_field_type")  # noqa: B009


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """A frozen class with slots whose annotations are its fields."""
    if cls.__bases__ != (object,):
        raise TypeError(f"{cls.__qualname__}: a record inherits nothing")
    namespace = dict(cls.__dict__)
    fields = {name: _field(cls, name, of, namespace.pop(name, MISSING)) for name, of in cls.__annotations__.items()}
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace |= {
        "__slots__": tuple(fields),
        "__match_args__": tuple(fields),
        "__qualname__": cls.__qualname__,
        "__dataclass_fields__": fields,
        "__dataclass_params__": _PARAMS,
    }
    for name, method in _methods(fields).items():
        namespace.setdefault(name, method)
    made = type(cls.__name__, (), namespace)
    setattr(made, "__init__", _init(made, fields))  # noqa: B010
    return made


def _field(cls: type, name: str, of: Any, given: Any) -> Field[Any]:
    found: Field[Any] = given if isinstance(given, Field) else field(default=given)
    if found.default_factory is not MISSING or not found.init or found.hash is not None or found.kw_only is True:
        raise TypeError(f"{cls.__qualname__}.{name}: a field of a record has a default, compare and repr only")
    if isinstance(found.default, list | dict | set):
        raise TypeError(f"{cls.__qualname__}.{name}: all records would share this {type(found.default).__name__}")
    found.name, found.type = name, of
    setattr(found, "_field_type", _KIND)  # noqa: B010
    return found


# ---- methods


def _init(made: type, fields: dict[str, Field[Any]]) -> FunctionType:
    """`__init__`, which stores each argument by the descriptor of its slot: `__setattr__` would refuse."""
    defaults = [found.default for found in fields.values() if found.default is not MISSING]
    if any(found.default is MISSING for found in list(fields.values())[len(fields) - len(defaults) :]):
        raise TypeError(f"{made.__qualname__}: a field without a default follows one that has a default")
    setters = {f"set{at}": getattr(made, name).__set__ for at, name in enumerate(fields)}
    init = FunctionType(_named(_init_code(len(fields)), list(fields)), setters, "__init__", tuple(defaults))
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__annotations__ = {name: found.type for name, found in fields.items()} | {"return": None}
    return init


def _methods(fields: dict[str, Field[Any]]) -> dict[str, Callable[..., Any]]:
    """All others."""
    shown = [name for name, found in fields.items() if found.repr]

    def __repr__(self: Any) -> str:  # noqa: N807
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __reduce__(self: Any) -> tuple[Any, ...]:  # noqa: N807
        return self.__class__, tuple(getattr(self, name) for name in fields)

    return {
        "__eq__": _first_eq,
        "__hash__": _first_hash,
        "__repr__": __repr__,
        "__reduce__": __reduce__,
        "__setattr__": _no_assignment,
        "__delattr__": _no_deletion,
    }


def _first_eq(self: Any, other: object) -> bool:
    made = self.__class__
    made.__eq__ = FunctionType(_of_compared(made, _eq_code), {})
    return self.__eq__(other)  # type: ignore[no-any-return]


def _first_hash(self: Any) -> int:
    made = self.__class__
    made.__hash__ = FunctionType(_of_compared(made, _hash_code), {})
    return self.__hash__()  # type: ignore[no-any-return]


def _of_compared(made: type, code: Callable[[int], CodeType]) -> CodeType:
    """The code for the fields of a class that count when two are compared."""
    fields: dict[str, Field[Any]] = getattr(made, "__dataclass_fields__")  # noqa: B009
    names = [name for name, found in fields.items() if found.compare]
    return _named(code(len(names)), names)


def _no_assignment(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deletion(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


# ---- code, compiled once for each number of fields, which are called f0, f1, ... until they are named


@cache
def _init_code(count: int) -> CodeType:
    arguments = "".join(f", f{at}" for at in range(count))
    return _code_of("__init__", f"self{arguments}", "; ".join(f"set{at}(self, f{at})" for at in range(count)) or "pass")


@cache
def _eq_code(count: int) -> CodeType:
    same = f"{_tuple('self', count)} == {_tuple('other', count)}"
    return _code_of("__eq__", "self, other", f"return {same} if other.__class__ is self.__class__ else NotImplemented")


@cache
def _hash_code(count: int) -> CodeType:
    return _code_of("__hash__", "self", f"return hash({_tuple('self', count)})")


def _tuple(whose: str, count: int) -> str:
    return f"({''.join(f'{whose}.f{at}, ' for at in range(count))})"


def _code_of(name: str, parameters: str, body: str) -> CodeType:
    scope: dict[str, Any] = {}
    exec(f"def {name}({parameters}): {body}", scope)
    code: CodeType = scope[name].__code__
    return code


def _named(code: CodeType, fields: list[str]) -> CodeType:
    """The same code, about these fields."""
    names = {f"f{at}": name for at, name in enumerate(fields)}
    return code.replace(
        co_varnames=tuple(names.get(name, name) for name in code.co_varnames),
        co_names=tuple(names.get(name, name) for name in code.co_names),
    )
