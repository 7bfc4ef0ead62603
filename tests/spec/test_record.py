"""A record is what `@dataclass(frozen=True, slots=True)` makes, as far as anybody can see."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from pprint import pformat
from typing import Any

import pytest

from plait_spec.record import record


@record
class Point:
    """A point."""

    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)

    @property
    def sum(self) -> int:
        return self.x + self.y

    def moved(self, by: int) -> "Point":
        return replace(self, x=self.x + by)


@dataclass(frozen=True, slots=True)
class Model:
    """What `Point` must be like."""

    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)


@record
class Nothing:
    """No fields."""


@record
class Single:
    """One field."""

    value: object


@record
class Named:
    """Its own words for itself, and a field that is called like a name in the templates."""

    f1: object
    f0: object
    other: object = None

    def __repr__(self) -> str:
        return "Named!"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [((1,), {}), ((1, 2), {}), ((1,), {"y": 3}), ((), {"x": 1, "note": "n"}), ((1, 2, "n"), {})],
)
def test_it_is_made_like_a_dataclass(arguments: tuple[Any, ...], names: dict[str, Any]) -> None:
    ours, theirs = Point(*arguments, **names), Model(*arguments, **names)
    assert dataclasses.astuple(ours) == dataclasses.astuple(theirs)
    assert repr(ours) == repr(theirs).replace("Model", "Point")
    assert hash(ours) == hash(theirs)


@pytest.mark.parametrize(("arguments", "names"), [((), {}), ((1, 2, "n", 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})])
def test_wrong_arguments_are_refused(arguments: tuple[Any, ...], names: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as theirs:
        Model(*arguments, **names)
    with pytest.raises(TypeError) as ours:
        Point(*arguments, **names)
    assert str(ours.value) == str(theirs.value).replace("Model", "Point")


def test_it_compares_by_its_fields_and_its_class() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert hash(Point(1, 2, "a")) == hash(Point(1, 2, "b"))
    assert Point(1, 2) != Point(1, 3)
    others: list[object] = [Model(1, 2), Nothing(), 1]
    assert Point(1, 2) not in others
    assert Nothing() == Nothing()
    assert len({Single((1,)), Single((1,)), Single((2,)), Nothing(), Nothing()}) == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Single([]))


def test_names_in_the_templates_are_free() -> None:
    found = Named(1, 2, 3)
    assert (found.f1, found.f0, found.other) == (1, 2, 3)
    assert found == Named(1, 2, 3)
    assert found != Named(2, 1, 3)


def test_what_the_class_says_itself_stays() -> None:
    assert repr(Named(1, 2)) == "Named!"
    assert (Point(1, 2).sum, Point(1, 2).moved(3)) == (3, Point(4, 2))


def test_it_is_frozen_and_slotted() -> None:
    point: Any = Point(1)
    for name in ("x", "note", "nothing"):
        with pytest.raises(FrozenInstanceError):
            setattr(point, name, 2)
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert not hasattr(point, "__dict__")
    assert Point.__slots__ == ("x", "y", "note")  # type: ignore[attr-defined]


def test_patterns_match_by_position() -> None:
    match Point(1, 2, "n"):
        case Point(1, y, note):
            assert (y, note) == (2, "n")
        case _:
            pytest.fail("it is a point")


def test_it_is_a_dataclass_for_those_who_ask() -> None:
    asked: list[object] = [Point, Point(1)]
    assert all(map(is_dataclass, asked))
    seen = [(found.name, found.type, found.default, found.compare, found.repr) for found in fields(Point)]
    assert seen == [(found.name, found.type, found.default, found.compare, found.repr) for found in fields(Model)]
    assert replace(Point(1, 2, "n"), y=5) == Point(1, 5, "n")
    assert replace(Point(1, 2, "n"), y=5).note == "n"
    assert pformat(Point(1)) == "Point(x=1, y=0)"
    ours, theirs = (getattr(cls, "__dataclass_params__") for cls in (Point, Model))  # noqa: B009
    assert repr(ours) == repr(theirs)


def test_its_names_are_those_of_its_text() -> None:
    assert (Point.__name__, Point.__qualname__, Point.__module__) == ("Point", "Point", __name__)
    assert (Point.__doc__, Point.__init__.__qualname__) == ("A point.", "Point.__init__")
    assert Point.__init__.__annotations__ == {"x": int, "y": int, "note": str, "return": None}


@pytest.mark.parametrize("value", [Nothing(), Single((1, Nothing())), Point(1, 2, "n")])
def test_it_can_be_copied_and_pickled(value: Any) -> None:
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert [getattr(other, one.name) for one in fields(other)] == [
            getattr(value, one.name) for one in fields(value)
        ]


def made(**fields: Any) -> type:
    return record(type("Made", (), {"__annotations__": dict.fromkeys(fields, "int"), **fields}))


@pytest.mark.parametrize(
    "wrong",
    [
        field(default_factory=int),
        field(init=False, default=0),
        field(hash=False, default=0),
        field(kw_only=True, default=0),
    ],
)
def test_what_it_cannot_do_it_refuses(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"Made\.a: a field of a record"):
        made(a=wrong)


@pytest.mark.parametrize("shared", [[], {}, set(), field(default=[])])
def test_a_default_that_could_change_is_refused(shared: Any) -> None:
    with pytest.raises(TypeError, match=r"Made\.a: all records would share this"):
        made(a=shared)


def test_fields_without_a_default_come_first() -> None:
    with pytest.raises(TypeError, match="without a default follows"):
        made(a=1, b=field())


def test_it_inherits_nothing() -> None:
    with pytest.raises(TypeError, match="inherits nothing"):
        record(type("Heir", (Point,), {}))
