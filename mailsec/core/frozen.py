"""Frozen dataclasses that are quick to define.

The standard library compiles six functions for each frozen class, which took half of the start-up of a short command. Here
`__init__` alone is compiled; what compares, hashes, shows and pickles a value is the same function for each class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T", bound=type)

_MISSING: Any = dataclasses.MISSING
_MADE: Any = object()
"""Stands for a default that is made anew for each value."""
_set = object.__setattr__


def _frozen(cls: T) -> T:
    """`cls` as a frozen dataclass with slots; see `dataclass`."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    names = tuple(field.name for field in fields)
    functions: dict[str, Any] = {
        "__init__": _init(made, fields),
        "__repr__": _repr(tuple(field.name for field in fields if field.repr)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        **_comparing(made, tuple(field.name for field in fields if field.compare)),
        **_pickling(names),
    }
    for name, function in functions.items():
        if name not in vars(cls):
            setattr(made, name, function)
    result: T = made
    return result


def _init(cls: type, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """The constructor: the fields in order, each with its default."""
    taken = [field for field in fields if field.init]
    known: dict[str, Any] = {f"_make_{field.name}": field.default_factory for field in fields} | {"_set": _set, "_MADE": _MADE}
    lines = [f"def __init__({', '.join(['self', *(field.name for field in taken)])}):"]
    lines += [f" _set(self, {field.name!r}, {_value(field)})" for field in fields if field.init or _has_factory(field)]
    lines.append(" self.__post_init__()" if hasattr(cls, "__post_init__") else " pass")
    exec("\n".join(lines), known)  # nothing but the names of the class's own fields goes into it
    made: Any = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    made.__annotations__ = {field.name: field.type for field in taken} | {"return": None}
    defaults = (_MADE if _has_factory(field) else field.default for field in taken)
    made.__defaults__ = tuple(each for each in defaults if each is not _MISSING)
    return made


def _has_factory(field: dataclasses.Field[Any]) -> bool:
    return field.default_factory is not _MISSING


def _value(field: dataclasses.Field[Any]) -> str:
    """What a field is set to, as the constructor says it."""
    name = field.name
    if not field.init:
        return f"_make_{name}()"
    return f"_make_{name}() if {name} is _MADE else {name}" if _has_factory(field) else name


def _repr(names: tuple[str, ...]) -> Any:
    def show(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return show


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _comparing(cls: type, names: tuple[str, ...]) -> dict[str, Any]:
    """Equality and hash by the values of these fields, in one call that does not go through Python."""
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return {"__eq__": equal, "__hash__": lambda self: hash(values(self))}


def _pickling(names: tuple[str, ...]) -> dict[str, Any]:
    def state(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    def restore(self: Any, saved: list[Any]) -> None:
        for name, value in zip(names, saved, strict=True):
            _set(self, name, value)

    return {"__getstate__": state, "__setstate__": restore}


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[T], T]:
        """What `dataclasses.dataclass(frozen=True, slots=True)` is: that form alone, without keyword-only fields."""
        if not (frozen and slots):
            raise TypeError("frozen classes with slots only")
        return _frozen


__all__ = ["dataclass"]
