"""The alphabet spoken by transport, by every TLS level and by the framing between two levels.

A connection is two ordered byte streams. Whoever produces one (TCP reassembly, a TLS level that
opened its records, the framing between two levels) tells it as `Chunk`, `Gap` and `Closed`, so the
next level reads all of them with the same code.

These are named tuples, not dataclasses: one is made for every TCP segment of a bulk transfer, and a
tuple costs a fifth of a frozen dataclass.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from analyzer.values import ByValue

# Makes a named tuple, `new_tuple(Span, (1, 1, 0, 0))`, in 0.2 us where calling the class takes 0.4: for loops that make
# one for every frame.
new_tuple = tuple.__new__


class Side(ByValue, enum.IntEnum):
    """Who sent it. As an int it indexes a pair `(client's, server's)`."""

    CLIENT = 0
    SERVER = 1

    @property
    def peer(self) -> Side:
        """The other side."""
        return SERVER if self is CLIENT else CLIENT

    @property
    def word(self) -> str:
        """`client` or `server`, as reports say it."""
        return "server" if self else "client"


CLIENT = Side.CLIENT
SERVER = Side.SERVER

# Where several files are one capture a frame is known by file and number; both are kept in one int.
# The first file's frames are plain numbers.
FILE_SHIFT = 40
FRAME_MASK = (1 << FILE_SHIFT) - 1


def file_of(frame: int) -> int:
    """The 0-based index of the file that `frame` is in."""
    return frame >> FILE_SHIFT


def number_of(frame: int) -> int:
    """The 1-based number of `frame` in its file: Wireshark's frame.number."""
    return frame & FRAME_MASK


# The capture time of a frame that has none (pcapng's simple packet blocks).
UNTIMED = 0


class Span(NamedTuple):
    """The frames that some bytes came in, and their capture times.

    Attributes:
        first: the earliest frame, 1-based (see `file_of`).
        last: the latest frame, equal to `first` for what one frame carried.
        began: capture time of `first`, nanoseconds since 1970-01-01 UTC.
        ended: capture time of `last`, nanoseconds since 1970-01-01 UTC.
    """

    first: int
    last: int
    began: int
    ended: int

    def to(self, other: Span) -> Span:
        """The span of both: from the earlier first frame to the later last one."""
        # Called for every record: the comparisons of whole tuples that would be shorter cost three times as much.
        if other is self:
            return self
        first, last, began, ended = self
        other_first, other_last, other_began, other_ended = other
        if other_began < began or (other_began == began and other_first < first):
            first, began = other_first, other_began
        if other_ended > ended or (other_ended == ended and other_last > last):
            last, ended = other_last, other_ended
        return new_tuple(Span, (first, last, began, ended))


_BEGINNING, _END = itemgetter(2, 0), itemgetter(3, 1)


def spanning(spans: Sequence[Span]) -> Span:
    """The span of all of these, of which there must be one; as `Span.to` of one after another."""
    first, _, began, _ = min(spans, key=_BEGINNING)
    _, last, _, ended = max(spans, key=_END)
    return Span(first, last, began, ended)


class Chunk(NamedTuple):
    """Bytes that follow the last ones of this side without a hole."""

    side: Side
    data: bytes
    at: Span

    def __repr__(self) -> str:
        """Without the bytes: a chunk may hold what a TLS level decrypted."""
        return f"Chunk({self.side.word}, {len(self.data)} bytes, frames {self.at.first}-{self.at.last})"


class Gap(NamedTuple):
    """Bytes of this side that the capture does not hold.

    Attributes:
        size: how many bytes are missing, None where that is unknown.
        at: the frames between which they are missing.
        why: `not captured` (the peer acknowledged them), `never arrived`, `snapped` (the frame was
            cut by the snap length), `ceiling` (dropped by a configured limit), or a level's own reason.
    """

    side: Side
    size: int | None
    at: Span
    why: str


class Closed(NamedTuple):
    """No more bytes of this side will come.

    Attributes:
        how: `fin`, `reset`, `timeout` (idle, or the connection attempt was given up), `open` (the
            capture ended first), `close_notify` (a TLS level closed by its alert).
    """

    side: Side
    how: str
    at: Span


StreamEvent: TypeAlias = Chunk | Gap | Closed
# Takes the bytes of a chunk of which nothing can be told yet, or says False.
Gather: TypeAlias = Callable[[bytes], bool]
