"""Frozen dataclasses that are defined quickly: this `dataclass` makes msgspec structs.

The standard decorator compiles up to ten functions for each class, which was a quarter of the time that the app takes
to start. A struct has them in C. For type checkers and for the functions of the module `dataclasses`, these classes are
dataclasses. Assigning to an attribute raises AttributeError.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool, slots: bool, kw_only: bool = False, eq: bool = True, order: bool = False
    ) -> Callable[[type], type]:
        """Return a decorator like the standard one, which is used for all that a struct cannot be."""
        standard = dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq, order=order)

        def decorate(cls: type) -> type:
            if frozen and slots and _can_be_struct(cls):
                return _struct(cls, kw_only=kw_only, eq=eq, order=order)
            return standard(cls)

        return decorate


__all__ = ["dataclass"]

_FIELDS: Final = "__dataclass_fields__"
_PARAMS: Final = "__dataclass_params__"
"""The attributes by which the standard library knows a dataclass."""

_NOT_COPIED: Final = ("__dict__", "__weakref__")
"""What the interpreter adds to the namespace of a class."""


def _can_be_struct(cls: type) -> bool:
    """Return whether a class has no base class except `Generic`, and only comparisons are to leave out a field."""
    fields = (value for value in vars(cls).values() if isinstance(value, dataclasses.Field))
    return set(cls.__bases__) <= {object, Generic} and all(
        field.init and field.repr and field.hash is None for field in fields
    )


def _struct(cls: type, *, kw_only: bool, eq: bool, order: bool) -> type:
    namespace = {name: value for name, value in vars(cls).items() if name not in _NOT_COPIED}
    annotations: dict[str, str] = namespace.pop("__annotations__", {})
    defaults = {name: namespace[name] for name in annotations if name in namespace}
    for name, default in defaults.items():
        if isinstance(default, dataclasses.Field):
            namespace[name] = _converted(default)
    ignored = {name for name, value in defaults.items() if isinstance(value, dataclasses.Field) and not value.compare}
    if eq and ignored:
        eq = False
        namespace.update(_comparisons([name for name in annotations if name not in ignored]))
    # A documented class is spared the generated docstring, for which its signature would be inspected.
    described = {"__module__": cls.__module__, "__doc__": "Fields.", "__annotations__": annotations, **defaults}
    namespace[_FIELDS] = _Attribute(_FIELDS, described, kw_only)
    namespace[_PARAMS] = _Attribute(_PARAMS, described, kw_only)
    return msgspec.defstruct(
        cls.__name__,
        annotations.items(),
        bases=(msgspec.Struct, *(base for base in cls.__bases__ if base is not object)),
        namespace=namespace,
        frozen=True,
        kw_only=kw_only,
        eq=eq,
        order=order,
    )


def _comparisons(names: list[str]) -> dict[str, Callable[..., object]]:
    """Return the methods that compare and hash instances by the attributes `names` only."""
    values = attrgetter(*names)

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if type(other) is type(self) else NotImplemented

    def differ(self: object, other: object) -> bool:  # without it, that of `Struct`, which compares identities
        return values(self) != values(other) if type(other) is type(self) else NotImplemented

    def hash_of(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__ne__": differ, "__hash__": hash_of}


def _converted(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return msgspec.field(default_factory=field.default_factory)
    return msgspec.field() if field.default is dataclasses.MISSING else msgspec.field(default=field.default)


class _Attribute:
    """An attribute that the standard decorator gives to a class, created when it is needed."""

    def __init__(self, name: str, described: dict[str, Any], kw_only: bool) -> None:
        """Create the descriptor.

        Args:
            name: the name of the attribute.
            described: the annotations, the defaults and the module of the class.
            kw_only: whether the fields are keyword-only.

        """
        self._name = name
        self._described = described
        self._kw_only = kw_only

    def __get__(self, _instance: object, owner: type) -> object:
        decorator = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=self._kw_only)
        standard: type = decorator(type(owner.__name__, (), self._described))
        value = getattr(standard, self._name)
        setattr(owner, self._name, value)
        return value
