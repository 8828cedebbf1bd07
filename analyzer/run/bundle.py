"""The connections of one part of a capture, packed: what is sent between processes and lies in a results directory.

A connection's facts take 25 KB, its pickle 6, and 1.4 with the part's first one as the dictionary of its compression,
since they are much alike. What tells where it belongs stands beside it, in 41 bytes. Where only its JSON will be asked
for, that is packed instead: the joining process takes 0.14 ms for it, where it needs 0.45 to write it itself, and the
part's own process takes no longer.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import field, replace
from typing import NamedTuple, Protocol

from analyzer.errors import UnreadableInput
from analyzer.report.json_connection import connection_text
from analyzer.report.model import Connection
from analyzer.run.packing import Packing, Told, Written, unpacked
from analyzer.session.certificates import Certificate
from analyzer.values import dataclass
from analyzer.verdict.brief import brief_of

# No connection's facts take more; a file that says so is no result of this program.
_LARGEST = 1 << 28

_ROW = struct.Struct("<IQQQQIB")
_OPEN, _SEALED, _RESUMED, _WRITTEN = 1, 2, 4, 8


class Row(NamedTuple):
    """What is asked of a connection before it is taken out.

    Attributes:
        stream: its number within the part. pair: see `parts.pair_of`.
        began, first: of its first frame.
        place, size: of what is packed.
        signs: see the properties.
    """

    stream: int
    pair: int
    began: int
    first: int
    place: int
    size: int
    signs: int

    @property
    def is_open(self) -> bool:
        """The capture ended first."""
        return bool(self.signs & _OPEN)

    @property
    def is_sealed(self) -> bool:
        """Some of it stayed closed."""
        return bool(self.signs & _SEALED)

    @property
    def resumes(self) -> bool:
        """One of its sessions resumes another one."""
        return bool(self.signs & _RESUMED)

    @property
    def is_written(self) -> bool:
        """It comes out by `Bundle.written`, else by `Bundle.connection`."""
        return bool(self.signs & _WRITTEN)


class Shelf(Protocol):
    """Where bytes lie that are not held."""

    def read(self, place: int, size: int) -> bytes:
        """Some of them."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Connections in the order of their numbers; iterating takes one after the other out.

    Attributes:
        index: of each its `Row`.
        certificates: all that they show.
        sample: what the compression begins with.
        data: what is packed, b"" where it lies on a shelf, from `begin` on.
    """

    index: bytes = b""
    certificates: tuple[Certificate, ...] = field(default=(), repr=False)
    sample: bytes = field(default=b"", repr=False)
    data: bytes = field(default=b"", repr=False)
    shelf: Shelf | None = field(default=None, repr=False)
    begin: int = 0

    def __len__(self) -> int:
        return len(self.index) // _ROW.size

    def __iter__(self) -> Iterator[Connection]:
        return map(self.connection, self.rows())

    def rows(self) -> Iterator[Row]:
        """Where each of them belongs."""
        return map(Row._make, _ROW.iter_unpack(self.index))

    def row(self, number: int) -> Row:
        """The same of one, counted from 0 in this order."""
        return Row._make(_ROW.unpack_from(self.index, number * _ROW.size))

    def connection(self, row: Row) -> Connection:
        """One of them.

        Raises:
            UnreadableInput: the file in which it lies is damaged.
        """
        return self._taken(row, Connection)

    def written(self, row: Row) -> Written:
        """One that was written."""
        return self._taken(row, Written)

    def _taken(self, row: Row, kind: type[Told]) -> Told:
        if self.shelf is None:
            data = self.data[row.place : row.place + row.size]
        else:
            data = self.shelf.read(self.begin + row.place, row.size)
        try:
            inflated = zlib.decompressobj(zdict=self.sample).decompress(data, _LARGEST)
            return unpacked(inflated, self.certificates, kind)
        except Exception as error:
            raise UnreadableInput("a connection in the results of a part is damaged") from error

    def on(self, shelf: Shelf, begin: int) -> Bundle:
        """The same with its data on a shelf, from `begin` on."""
        return replace(self, data=b"", shelf=shelf, begin=begin)


class Bundling:
    """Packs connections as they end.

    Args:
        written: those of which nothing can change any more but the number are packed as `Written`.
    """

    def __init__(self, *, written: bool = False) -> None:
        self._written = written
        self._packing = Packing()
        self._sample = b""
        self._zip = zlib.compressobj(1)
        self._data = bytearray()
        self._rows: list[Row] = []

    def add(self, connection: Connection, pair: int) -> None:
        """Take one more; `pair`: see `parts.pair_of`."""
        told = connection.conversation
        signs = (told.tcp.ended_by == "open") * _OPEN
        signs |= any(session.sealed for session in told.sessions) * _SEALED
        signs |= any(session.resumed for session in told.sessions) * _RESUMED
        signs |= (self._written and not signs & _RESUMED) * _WRITTEN
        packed = self._packing.packed(_written(connection) if signs & _WRITTEN else connection)
        if not self._rows:
            self._sample = packed[-zlib.DEF_BUF_SIZE * 2 :]  # a window of 32 KiB is all that counts
            self._zip = zlib.compressobj(1, zdict=self._sample)
        deflate = self._zip.copy()
        data = deflate.compress(packed) + deflate.flush()
        first, _, began, _ = told.tcp.span
        self._rows.append(Row(told.stream, pair, began, first, len(self._data), len(data), signs))
        self._data += data

    def bundle(self) -> Bundle:
        """All of them."""
        index = b"".join([_ROW.pack(*row) for row in sorted(self._rows)])
        return Bundle(index, tuple(self._packing.certificates), self._sample, bytes(self._data))


def _written(connection: Connection) -> Written:
    brief = brief_of(connection.conversation, connection.findings, connection.cause)
    return Written(brief, connection_text(connection))
