"""`dataclass` for values: what the standard one makes of `frozen=True, slots=True`, quicker to define and to make.

The standard library generates and compiles the methods of each class. For 75 such classes that took a sixth of the
program's start, so here all but `__init__` are shared. And its `__init__` goes around its own guard against assignment
with a call for each field. Here a new object is for that time of a twin class, which has no guard: eight fields take
270 ns so, where the standard `__init__` takes 850 and one without any guard 170.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["ByValue", "dataclass"]


class ByValue:
    """An enumeration's members are packed by their values, whatever the version of Python.

    Up to 3.11.3 they were packed as a call of `getattr`, which `run/packing` calls for nobody.
    """

    __slots__ = ()

    def __reduce_ex__(self, _: Any, /) -> tuple[Any, ...]:
        """Its class, called with its value."""
        return self.__class__, (self.value,)  # type: ignore[attr-defined]


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    _T = TypeVar("_T")

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[_T]], type[_T]]:
        """A frozen class of values: compared, hashed and packed by their fields, all of them.

        Fields may have a default or a default factory, and `repr=False`. A class below one of these that has no fields of
        its own needs `__slots__ = ()`.
        """
        assert (frozen, slots) == (True, True)  # what type checkers are told

        def made(cls: type[_T]) -> type[_T]:
            own = vars(cls)
            plain = dataclasses.dataclass(slots=True, init=False, repr=False, eq=False)
            value = plain(cls)
            fields = dataclasses.fields(value)
            for name, method in _methods(fields).items():
                if name not in own:
                    setattr(value, name, method)
            twin = type(cls.__qualname__, (value,), _UNGUARDED)
            value.__init__ = _initializer(fields, twin)
            return value

        return made


def _methods(fields: tuple[dataclasses.Field[Any], ...]) -> dict[str, Callable[..., Any]]:
    names = [field.name for field in fields]
    shown = [field.name for field in fields if field.repr]
    values = attrgetter(*names) if len(names) > 1 else lambda self: (getattr(self, names[0]),)

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(values(self) == values(other))

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    def __repr__(self: Any) -> str:  # noqa: N807
        told = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
        return f"{self.__class__.__qualname__}({told})"

    def __reduce__(self: Any) -> tuple[Any, ...]:  # noqa: N807
        return self.__class__, values(self)

    def __setattr__(_self: Any, name: str, _value: object) -> None:  # noqa: N807
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(_self: Any, name: str) -> None:  # noqa: N807
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    made = (__eq__, __hash__, __repr__, __reduce__, __setattr__, __delattr__)
    return {method.__name__: method for method in made}


_UNGUARDED = {
    "__slots__": (),
    "__setattr__": object.__setattr__,
    "__delattr__": object.__delattr__,
}
_become: Callable[[object, type], None] = vars(object)["__class__"].__set__


def _initializer(fields: tuple[dataclasses.Field[Any], ...], twin: type) -> Callable[..., None]:
    """`__init__`, which assigns the fields while the new object is of `twin`."""
    known: dict[str, Any] = {"_become": _become, "_twin": twin, "_made": _MADE}
    parameters, lines = ["self"], ["_class = self.__class__", "_become(self, _twin)"]
    for field in fields:
        name = parameter = value = field.name
        if field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_factory_{name}"] = field.default_factory
            parameter, value = f"{name}=_made", f"_factory_{name}() if {name} is _made else {name}"
        parameters.append(parameter)
        lines.append(f"self.{name} = {value}")
    lines.append("self.__class__ = _class")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines), known)  # noqa: S102
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{twin.__qualname__}.__init__"
    made.__annotations__ = {field.name: field.type for field in fields} | {"return": None}
    return made


_MADE = object()  # stands for a default that is made anew for each object
