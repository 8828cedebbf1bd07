"""Bytes that are not yet told apart, with the frames that each of them came in."""

from __future__ import annotations

from collections import deque

from analyzer.session.facts import SkippedBytes
from analyzer.stream import Chunk, Side, Span


class Window:
    """The unread bytes of one side.

    Attributes:
        data: the bytes; read it freely, take from it only by `take` and `drop`.
        offset: where `data` begins in this side's stream.
    """

    __slots__ = ("_marks", "data", "offset", "side")

    def __init__(self, side: Side, offset: int = 0) -> None:
        self.side = side
        self.data = bytearray()
        self.offset = offset
        self._marks: deque[tuple[int, Span]] = (
            deque()
        )  # (where a chunk ends in the stream, its frames)

    @property
    def end(self) -> int:
        """Where `data` ends in this side's stream."""
        return self.offset + len(self.data)

    @property
    def at(self) -> Span:
        """The frames of the next byte; there must be one."""
        return self._marks[0][1]

    def append(self, chunk: Chunk) -> None:
        """Add the bytes that follow."""
        if chunk.data:
            self.data += chunk.data
            self._marks.append((self.end, chunk.at))

    def take(self, size: int) -> list[Chunk]:
        """The next `size` bytes (at most what there is), one chunk for each that they came in."""
        taken = []
        while size and self._marks:
            end, at = self._marks[0]
            count = min(size, end - self.offset)
            taken.append(Chunk(self.side, bytes(self.data[:count]), at))
            self._pass(count, end)
            size -= count
        return taken

    def drop(self, size: int) -> Span:
        """Forget the next `size` bytes, of which there are as many; the frames they came in."""
        marks = self._marks
        span = marks[0][1]
        start, self.offset = self.offset, self.offset + size
        del self.data[:size]  # bytearray moves its start, not its bytes
        while marks and marks[0][0] <= self.offset:
            start, at = marks.popleft()
            span = span.to(at)
        return span.to(marks[0][1]) if start < self.offset else span

    def _pass(self, count: int, end: int) -> None:
        del self.data[:count]  # bytearray moves its start, not its bytes
        self.offset += count
        if self.offset == end:
            self._marks.popleft()


class Skips:
    """The bytes of one side that belong to no TLS record: adjacent ones are one entry.

    Attributes:
        listed: the first `limit` entries. total: the bytes of all, listed or not.
    """

    __slots__ = ("_limit", "listed", "total")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.listed: list[SkippedBytes] = []
        self.total = 0

    def add(self, side: Side, offset: int, length: int, at: Span) -> None:
        """Bytes after all those added before."""
        self.total += length
        if self.listed:
            last = self.listed[-1]
            if last.offset + last.length == offset:
                self.listed[-1] = SkippedBytes(
                    side, last.offset, last.length + length, last.at.to(at)
                )
                return
        if len(self.listed) < self._limit:
            self.listed.append(SkippedBytes(side, offset, length, at))

    def copy(self) -> Skips:
        """One that goes on from here by itself."""
        twin = Skips(self._limit)
        twin.listed = list(self.listed)
        twin.total = self.total
        return twin
