"""What is told of a session's messages and first records, by columns.

Three hundred ended connections, which may wait for late segments, have forty messages and fifty records each, of which
a report asks two or three times: as a tuple and its numbers each they took three megabytes more.
"""

from __future__ import annotations

import struct
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import repeat
from typing import Any, ClassVar, NamedTuple, TypeVar, cast, overload

from analyzer.session.facts import MessageSeen
from analyzer.session.timeline import history
from analyzer.stream import CLIENT, SERVER, Side, Span, new_tuple
from analyzer.tls.events import RecordSeen
from analyzer.values import dataclass

_Row = TypeVar("_Row")


class _Columns(Sequence[_Row]):
    """Rows that are made anew whenever they are asked for."""

    __slots__ = ()
    spans: tuple[Span, ...]
    row_type: ClassVar[type[tuple[Any, ...]]]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.spans)

    def __iter__(self) -> Iterator[_Row]:
        """Each of them."""
        row_type = self.row_type
        return cast("Iterator[_Row]", iter([new_tuple(row_type, row) for row in self.rows()]))

    @abstractmethod
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Each as a plain tuple."""

    @overload
    def __getitem__(self, index: int) -> _Row: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[_Row, ...]: ...

    def __getitem__(self, index: int | slice) -> _Row | tuple[_Row, ...]:
        return tuple(self)[index]


@dataclass(frozen=True, slots=True)
class Records(_Columns[RecordSeen]):
    """Records of one side. `sizes`: their versions, then their lengths."""

    row_type = RecordSeen
    side: Side
    types: bytes
    sizes: bytes
    spans: tuple[Span, ...]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """As the function `rows`."""
        count = len(self.spans)
        numbers = _shorts(2 * count).unpack(self.sizes)
        sides, versions, lengths = repeat(self.side), numbers[:count], numbers[count:]
        return zip(sides, self.types, versions, lengths, self.spans, strict=False)


class _Kinds(NamedTuple):
    """What the messages of many handshakes have in common. `history`: see `timeline`."""

    sides: tuple[Side, ...]
    types: tuple[str, ...]
    encrypted: tuple[bool, ...]
    history: str


@dataclass(frozen=True, slots=True)
class Messages(_Columns[MessageSeen]):
    """Messages of both sides."""

    row_type = MessageSeen
    kinds: _Kinds
    sizes: bytes
    spans: tuple[Span, ...]

    @property
    def history(self) -> str:
        """One letter for each, see `timeline`."""
        return self.kinds.history

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """As the function `rows`."""
        sides, types, encrypted, _ = self.kinds
        sizes = _longs(len(self.spans)).unpack(self.sizes)
        return zip(sides, types, sizes, self.spans, encrypted, strict=False)


def records_by_column(records: Sequence[RecordSeen]) -> Sequence[RecordSeen]:
    """The same, all of one side."""
    if not records:
        return ()
    sides, types, versions, lengths, spans = zip(*records, strict=True)
    sizes = _shorts(2 * len(types)).pack(*versions, *lengths)
    return Records(sides[0], bytes(types), sizes, spans)


def messages_by_column(messages: Sequence[MessageSeen]) -> Messages:
    """The same, of which there must be one."""
    sides, types, sizes, spans, encrypted = zip(*messages, strict=True)
    kinds = _kinds if len(types) <= _LONGEST_REMEMBERED else _kinds.__wrapped__
    return Messages(
        kinds(bytes(sides), types, bytes(encrypted)), _longs(len(sizes)).pack(*sizes), spans
    )


def rows(told: Sequence[_Row]) -> Iterable[_Row]:
    """Messages or records to be unpacked: as plain tuples, which cost a fifth, where they are kept by column."""
    if type(told) is Messages or type(told) is Records:
        return cast("Iterable[_Row]", told.rows())
    return told


def spans_of(told: Sequence[RecordSeen]) -> Sequence[Span]:
    """The frames of each record."""
    return told.spans if type(told) is Records else [record.at for record in told]


_SIDES = CLIENT, SERVER

# As in `timeline`: nearly all handshakes of a storm are of the same few sequences.
_REMEMBERED = 1024
_LONGEST_REMEMBERED = 128


@lru_cache(_REMEMBERED)
def _kinds(sides: bytes, types: tuple[str, ...], encrypted: bytes) -> _Kinds:
    whose = tuple([_SIDES[side] for side in sides])
    return _Kinds(
        whose, types, tuple(map(bool, encrypted)), history(zip(whose, types, strict=True))
    )


@cache
def _shorts(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}H")


@lru_cache(_REMEMBERED)
def _longs(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")
