"""`dataclass` for values: what the standard one makes of `frozen=True, slots=True`, quicker to define.

The standard library generates and compiles the methods of each class. For 75 such classes that took a sixth of the
program's start, so here all but `__init__` and the guard against assignment are shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    _T = TypeVar("_T")

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[_T]], type[_T]]:
        """A frozen class of values: compared, hashed and packed by their fields, all of them."""
        assert (frozen, slots) == (True, True)  # what type checkers are told

        def made(cls: type[_T]) -> type[_T]:
            own = vars(cls)
            value = dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)(cls)
            for name, method in _methods(dataclasses.fields(value)).items():
                if name not in own:
                    setattr(value, name, method)
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

    made = (__eq__, __hash__, __repr__, __reduce__)
    return {method.__name__: method for method in made}
