"""Frozen dataclasses that are defined quickly: this `dataclass` makes msgspec structs.

The standard decorator compiles up to ten functions for each class, which was a quarter of the time that the app takes
to start. A struct has them in C. For type checkers and for the functions of the module `dataclasses`, these classes are
dataclasses. Assigning to an attribute raises AttributeError.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool, slots: bool, kw_only: bool = False, eq: bool = True, order: bool = False
    ) -> Callable[[type], type]:
        """Return a decorator for a class without base classes, or with `Generic` as its only one.

        Raises:
            TypeError: if the class is to be mutable or to have a `__dict__`, or if a method is to leave out a field.

        """
        if not frozen or not slots:
            raise TypeError("use the standard decorator for classes that are not frozen or have no slots")
        return lambda cls: _struct(cls, kw_only=kw_only, eq=eq, order=order)


__all__ = ["dataclass"]

_FIELDS: Final = "__dataclass_fields__"
_PARAMS: Final = "__dataclass_params__"
"""The attributes by which the standard library knows a dataclass."""

_NOT_COPIED: Final = ("__dict__", "__weakref__")
"""What the interpreter adds to the namespace of a class."""


def _struct(cls: type, *, kw_only: bool, eq: bool, order: bool) -> type:
    namespace = {name: value for name, value in vars(cls).items() if name not in _NOT_COPIED}
    annotations: dict[str, str] = namespace.pop("__annotations__", {})
    defaults = {name: namespace[name] for name in annotations if name in namespace}
    for name, default in defaults.items():
        if isinstance(default, dataclasses.Field):
            namespace[name] = _converted(default)
    described = {"__module__": cls.__module__, "__annotations__": annotations, **defaults}
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


def _converted(field: dataclasses.Field[Any]) -> object:
    if not (field.init and field.repr and field.compare and field.hash is None):
        raise TypeError("use the standard decorator for classes with fields that are left out somewhere")
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
        decorator = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=self._kw_only)
        standard: type = decorator(type(owner.__name__, (), self._described))
        value = getattr(standard, self._name)
        setattr(owner, self._name, value)
        return value
