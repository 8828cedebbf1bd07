"""The outsides of a session's first records, kept small."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import repeat
from typing import overload

from analyzer.stream import Side, Span, new_tuple
from analyzer.tls.events import RecordSeen
from analyzer.values import dataclass

_RECORD = partial(new_tuple, RecordSeen)


@dataclass(frozen=True, slots=True)
class Records(Sequence[RecordSeen]):
    """Those of one side, by columns.

    Three hundred ended connections, which may wait for late segments, have fifty records each, of which a report
    on sound ones asks half, and once: as a tuple and two numbers each they took two megabytes more.

    Attributes:
        sizes: their versions, then their lengths.
    """

    side: Side
    types: bytes
    sizes: bytes
    spans: tuple[Span, ...]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.types)

    def __iter__(self) -> Iterator[RecordSeen]:
        """Each made anew."""
        count = len(self.types)
        numbers = _numbers(count).unpack(self.sizes)
        columns = zip(
            repeat(self.side),
            self.types,
            numbers[:count],
            numbers[count:],
            self.spans,
            strict=False,
        )
        return map(_RECORD, columns)

    @overload
    def __getitem__(self, index: int) -> RecordSeen: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[RecordSeen, ...]: ...

    def __getitem__(self, index: int | slice) -> RecordSeen | tuple[RecordSeen, ...]:
        """One of them, or some."""
        return tuple(self)[index]


def small(records: Sequence[RecordSeen]) -> Sequence[RecordSeen]:
    """The same of one side."""
    if not records:
        return ()
    sides, types, versions, lengths, spans = zip(*records, strict=True)
    sizes = _numbers(len(types)).pack(*versions, *lengths)
    return Records(sides[0], bytes(types), sizes, spans)


@cache
def _numbers(count: int) -> struct.Struct:
    return struct.Struct(f"<{2 * count}H")
