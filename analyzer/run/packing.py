"""Connections as bytes, to be put away or sent to another process; and values from bytes that may be anyone's."""

from __future__ import annotations

import copyreg
import dataclasses
import enum
import functools
import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple, TypeVar

from analyzer.report.model import Connection
from analyzer.session.certificates import Certificate
from analyzer.verdict.brief import Brief
from analyzer.verdict.certificates.slots import SLOT_TABLE, Slot


class Written(NamedTuple):
    """A connection of which nothing but its place in a JSON report is asked any more.

    Attributes:
        text: as `json_connection.connection_text` writes it.
    """

    brief: Brief
    text: str


Told = TypeVar("Told", Connection, Written)


class Packing:
    """Makes bytes of connections; a certificate, which many of them show, is one number there.

    Attributes:
        certificates: by these numbers.
    """

    def __init__(self) -> None:
        self.certificates: list[Certificate] = []
        self._numbers: dict[Certificate, int] = {}
        self._table: dict[type, Callable[[Any], Any]] = {
            **copyreg.dispatch_table,
            Certificate: self._reduced,
            Slot: lambda slot: (_slot, (slot.code,)),
        }

    def packed(self, connection: Connection | Written) -> bytes:
        """One connection, to be made again by `unpacked`."""
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, protocol=5)
        pickler.dispatch_table = self._table
        pickler.dump(connection)
        return buffer.getvalue()

    def _reduced(self, certificate: Certificate) -> tuple[Any, tuple[int]]:
        number = self._numbers.setdefault(certificate, len(self.certificates))
        if number == len(self.certificates):
            self.certificates.append(certificate)
        return _numbered, (number,)


def unpacked(data: bytes, certificates: Sequence[Certificate], kind: type[Told]) -> Told:
    """The connection that was packed.

    Raises:
        Exception: of any kind, where `data` is something else.
    """
    connection = Values(io.BytesIO(data), certificates).load()
    if not isinstance(connection, kind):
        raise pickle.UnpicklingError(f"no {kind.__name__}")
    return connection


def _numbered(number: int) -> Certificate:
    """Stands for a certificate in what is packed; `Values` puts its own list in its place."""
    raise AssertionError(number)


def _slot(code: str) -> Slot:
    """Stands for one of the four slots, whose rules are functions; `Values` takes it from the table."""
    raise AssertionError(code)


_SLOTS = {slot.code: slot for slot in SLOT_TABLE}


class Values(pickle.Unpickler):
    """Makes values of this program and of plain types, and calls nothing else: a file may be anyone's.

    Args:
        certificates: those that are numbers in what is packed.
    """

    def __init__(
        self, file: BinaryIO | io.BytesIO, certificates: Sequence[Certificate] = ()
    ) -> None:
        super().__init__(file)
        self._certificates = certificates

    def find_class(self, module: str, name: str) -> Any:
        """The class, if it is one of those."""
        if name == _numbered.__name__ and module == __name__:
            return self._certificates.__getitem__
        if name == _slot.__name__ and module == __name__:
            return _SLOTS.__getitem__
        return _value_class(module, name)


@functools.cache
def _value_class(module: str, name: str) -> Any:
    """Asked twenty times for each connection."""
    if (module, name) in _PLAIN or module.startswith("analyzer."):
        found = pickle.Unpickler(io.BytesIO()).find_class(module, name)  # noqa: S301  reads nothing
        if (module, name) in _PLAIN or _is_value(found):
            return found
    raise pickle.UnpicklingError(f"{module}.{name}")


def _is_value(found: Any) -> bool:
    return isinstance(found, type) and (
        dataclasses.is_dataclass(found) or issubclass(found, tuple | enum.Enum)
    )


_PLAIN = frozenset(
    {
        ("datetime", "datetime"),
        ("datetime", "timezone"),
        ("datetime", "timedelta"),
        ("builtins", "frozenset"),
        ("collections", "Counter"),
        ("builtins", "set"),
    }
)
