"""`@record`: what `@dataclass(frozen=True, slots=True)` makes, for a fraction of what making the class costs.

The language and the tool have some three hundred small classes, and `dataclass` compiles six methods for each of them:
most of the time of a small check. Here `__init__` is a copy of one compiled function for each number of fields, with
the names of the fields put in; so are `__eq__` and `__hash__`. They are made when they are first called, as most never
are, and so is what says which fields there are. The other methods need no compiling at all.

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


@dataclass(init=False, repr=False, eq=False)
class _Specimen:
    """What a field of a dataclass is like, for those who look closely."""

    field: object


_KIND = getattr(_Specimen.__dataclass_fields__["field"], "_field_type")  # noqa: B009


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """A frozen class with slots whose annotations are its fields."""
    if cls.__bases__ != (object,):
        raise TypeError(f"{cls.__qualname__}: a record inherits nothing")
    namespace = {**_METHODS, **cls.__dict__}
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    names = tuple(cls.__annotations__)
    given = {name: namespace.pop(name) for name in names if name in namespace}
    if given:
        _check(cls, names, given)
    namespace["__slots__"] = namespace["__match_args__"] = names
    namespace["__dataclass_fields__"] = _Fields(given)
    namespace["__init__"] = _Init(given)
    namespace["__qualname__"] = cls.__qualname__
    return type(cls.__name__, (), namespace)


_USUAL = ((None, False), (None, MISSING))  # what `hash` and `kw_only` of a field may be


def _check(cls: type, names: tuple[str, ...], given: dict[str, Any]) -> None:
    """Refuse what a field cannot be."""
    optional = False
    for name in names:
        found = given.get(name, MISSING)
        default = found
        if isinstance(found, Field):
            if (
                found.default_factory is not MISSING
                or not found.init
                or found.hash is not None
                or found.kw_only is True
            ):
                raise TypeError(f"{cls.__qualname__}.{name}: a field of a record has a default, compare and repr only")
            default = found.default
        if isinstance(default, list | dict | set):
            raise TypeError(f"{cls.__qualname__}.{name}: all records would share this {type(default).__name__}")
        if optional and default is MISSING:
            raise TypeError(f"{cls.__qualname__}: a field without a default follows one that has a default")
        optional = default is not MISSING


class _Fields:
    """The fields of a class, which are made when somebody asks for them."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def __get__(self, one: object, made: type) -> dict[str, Field[Any]]:
        fields = {name: self.field(name, of) for name, of in made.__annotations__.items()}
        setattr(made, "__dataclass_fields__", fields)  # noqa: B010
        return fields

    def field(self, name: str, of: Any) -> Field[Any]:
        """One of them."""
        given = self.given.get(name, MISSING)
        found: Field[Any] = given if isinstance(given, Field) else field(default=given)
        found.name, found.type = name, of
        setattr(found, "_field_type", _KIND)  # noqa: B010
        return found


def _fields(made: type) -> dict[str, Field[Any]]:
    found: dict[str, Field[Any]] = getattr(made, "__dataclass_fields__")  # noqa: B009
    return found


class _Params:
    """What a frozen dataclass says of how it was made."""

    def __get__(self, one: object, made: type) -> object:
        @dataclass(frozen=True, slots=True)
        class Frozen:
            """The same, made in full."""

        params: object = getattr(Frozen, "__dataclass_params__")  # noqa: B009
        setattr(made, "__dataclass_params__", params)  # noqa: B010
        return params


# ---- methods


class _Init:
    """`__init__`, which is made when it is first asked for: most classes have no objects in a run."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def __get__(self, one: object, made: type) -> Callable[..., None]:
        init = self.made_for(made)
        setattr(made, "__init__", init)  # noqa: B010
        return init if one is None else init.__get__(one, made)

    def made_for(self, made: type) -> FunctionType:
        """It stores each argument by the descriptor of its slot: `__setattr__` would refuse."""
        names = list(made.__annotations__)
        found = (one.default if isinstance(one, Field) else one for one in self.given.values())
        defaults = tuple(default for default in found if default is not MISSING)
        setters = {f"set{at}": getattr(made, name).__set__ for at, name in enumerate(names)}
        init = FunctionType(_named(_init_code(len(names)), names), setters, "__init__", defaults)
        init.__qualname__ = f"{made.__qualname__}.__init__"
        init.__annotations__ = made.__annotations__ | {"return": None}
        return init


def _repr(self: Any) -> str:
    made = self.__class__
    shown = [name for name, found in _fields(made).items() if found.repr]
    return f"{made.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, tuple(getattr(self, name) for name in self.__match_args__)


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
    names = [name for name, found in _fields(made).items() if found.compare]
    return _named(code(len(names)), names)


def _no_assignment(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deletion(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS: dict[str, Any] = {
    "__eq__": _first_eq,
    "__hash__": _first_hash,
    "__repr__": _repr,
    "__reduce__": _reduce,
    "__setattr__": _no_assignment,
    "__delattr__": _no_deletion,
    "__dataclass_params__": _Params(),
}


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
