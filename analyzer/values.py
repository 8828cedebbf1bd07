"""`dataclass` for values: what the standard one makes of `frozen=True, slots=True`, at a third of the price.

Type checkers take it for the standard one and hold every value frozen. At run time nothing stands guard: frozen fields are
set by a call each, and a nested connection is told in 240 of them (2 % of its time). Nor is code generated for anything but
`__init__`: for 75 such classes that took a fifth of the program's start.
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
        """A class of values: compared, hashed and packed by their fields, all of them."""
        assert (frozen, slots) == (True, True)  # what type checkers are told

        def made(cls: type[_T]) -> type[_T]:
            own = vars(cls)
            value = dataclasses.dataclass(slots=True, repr=False, eq=False)(cls)
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
