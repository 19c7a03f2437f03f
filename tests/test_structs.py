"""`xds_tui.structs.dataclass` makes classes that behave like those of the standard decorator."""

from __future__ import annotations

import copy
import dataclasses
import pprint
from collections.abc import Callable
from dataclasses import field
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import pytest

from xds_tui import structs

T = TypeVar("T")
DECORATORS = pytest.mark.parametrize(
    "decorator", [structs.dataclass, dataclasses.dataclass], ids=["struct", "standard"]
)
Decorator = Callable[..., Callable[[type], Any]]


def new_point() -> type:
    """Return a new class, because the standard decorator changes the one that it is given."""

    class Point:
        """A point."""

        x: int
        y: int = 2
        names: tuple[str, ...] = field(default_factory=tuple)
        origin: ClassVar[int] = 7

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("left of the origin")

        @property
        def sum(self) -> int:
            return self.x + self.y

    return Point


class Box(Generic[T]):
    content: T


def made(decorator: Decorator, **options: bool) -> Any:
    return decorator(frozen=True, slots=True, **options)(new_point())


@DECORATORS
def test_a_class_has_the_methods_of_a_frozen_dataclass(decorator: Decorator) -> None:
    point = made(decorator)
    one, other = point(1), point(1, y=2, names=())
    assert (one, hash(one), repr(one).removeprefix("new_point.<locals>.")) == (
        other,
        hash(other),
        "Point(x=1, y=2, names=())",
    )
    assert one != point(1, 3)
    assert (one.sum, point.origin, point.__doc__, point.__module__) == (3, 7, "A point.", __name__)
    with pytest.raises(AttributeError):
        one.x = 5
    with pytest.raises(AttributeError):
        del one.x
    with pytest.raises((AttributeError, TypeError)):
        one.z = 5
    with pytest.raises(ValueError, match="left of the origin"):
        point(-1)
    match one:
        case point(x, y):
            assert (x, y) == (1, 2)
        case _:
            raise AssertionError("it does not match")


@DECORATORS
def test_the_functions_of_dataclasses_know_it(decorator: Decorator) -> None:
    point = made(decorator)
    one = point(1)
    assert [bool(dataclasses.is_dataclass(each)) for each in (one, point)] == [True, True]
    assert [each.name for each in dataclasses.fields(point)] == ["x", "y", "names"]
    assert [each.name for each in dataclasses.fields(one)] == ["x", "y", "names"]
    assert dataclasses.replace(one, y=9) == point(1, 9)
    assert dataclasses.asdict(one) == {"x": 1, "y": 2, "names": ()}
    assert dataclasses.astuple(one) == (1, 2, ())
    with pytest.raises(ValueError, match="left of the origin"):
        dataclasses.replace(one, x=-1)
    assert copy.copy(one) == copy.deepcopy(one) == one


@DECORATORS
def test_options_have_their_effect(decorator: Decorator) -> None:
    by_identity = made(decorator, eq=False)
    assert by_identity(1) != by_identity(1)
    assert len({by_identity(1), by_identity(1)}) == 2
    with pytest.raises(TypeError):
        made(decorator, kw_only=True)(1)
    assert dataclasses.replace(made(decorator, kw_only=True)(x=1), x=2).x == 2
    ordered = made(decorator, order=True)
    assert ordered(1) < ordered(2)
    unordered = made(decorator)
    with pytest.raises(TypeError):
        sorted([unordered(1), unordered(2)])


@DECORATORS
def test_it_can_be_generic(decorator: Decorator) -> None:
    box = decorator(frozen=True, slots=True)(Box)
    assert box[int].__origin__ is box
    assert box(1).content == 1


@DECORATORS
def test_it_is_printed_like_a_dataclass(decorator: Decorator) -> None:
    assert "y=2" in pprint.pformat(made(decorator)(1))


@DECORATORS
def test_a_field_can_be_left_out_of_comparisons(decorator: Decorator) -> None:
    class Named:
        number: int
        size: Decimal = Decimal(1)  # has a method `compare`
        name: str = field(default="", compare=False)

    named: Any = decorator(frozen=True, slots=True)(Named)
    assert named(1, name="a") == named(1, name="b")
    assert not named(1, name="a") != named(1, name="b")  # noqa: SIM202 - an operator of its own
    assert named(1) != named(2)
    assert hash(named(1, name="a")) == hash(named(1, name="b"))
    assert len({named(1), named(2), named(1, Decimal(2)), named(1, name="a")}) == 3
    assert named(1) != made(decorator)(1)
    assert dataclasses.replace(named(1), name="a").name == "a"


def test_other_classes_become_standard_dataclasses() -> None:
    class Named:
        name: str = field(default="", repr=False)

    class Derived(Named):
        pass

    for cls, options in ((Named, {"frozen": True}), (Derived, {"frozen": True}), (new_point(), {"frozen": False})):
        standard: Any = structs.dataclass(slots=True, **options)(cls)
        assert not issubclass(standard, msgspec.Struct)
        assert dataclasses.is_dataclass(standard)
    assert issubclass(structs.dataclass(frozen=True, slots=True)(new_point()), msgspec.Struct)
