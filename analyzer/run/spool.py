"""Bytes put away and taken out again: in memory at first, then in a temporary file that has no name."""

from __future__ import annotations

import os
import tempfile
import weakref

# As much is held before it is written; connections come back in much the same order, so this is read seldom.
_HELD = 1 << 16


class Spool:
    """Bytes by their places, in any number. The file is gone with the program, however that ends.

    It is for what a report shows anyway: no secret and no decrypted content may be put here. Where no temporary
    file can be written (no room, no directory) everything stays in memory.
    """

    def __init__(self) -> None:
        self._file: int | None = None  # its descriptor
        self._filed = 0  # bytes in the file; what is behind them is held
        self._held = bytearray()  # once grown it stays: fresh pages for each connection took 10 us
        self._end = 0  # of what is held
        self._in_memory = False

    def add(self, data: bytes) -> tuple[int, int]:
        """Put bytes away; gives what takes them out: their place and their length."""
        place = self._filed + self._end, len(data)
        full = self._end + len(data) > _HELD and self._put_down()
        if full and len(data) > _HELD and self._write(data):
            return place  # longer than what is held at all: thousands of connections of a part
        self._held[self._end : self._end + len(data)] = data
        self._end += len(data)
        return place

    def read(self, place: int, size: int) -> bytes:
        """The bytes at a place that `add` gave."""
        if place < self._filed:
            assert self._file is not None
            return os.pread(self._file, size, place)
        return bytes(self._held[place - self._filed : place - self._filed + size])

    def _put_down(self) -> bool:
        """Write what is held; whether that could be done."""
        with memoryview(self._held) as held, held[: self._end] as filled:
            written = self._write(filled)
        if written:
            self._end = 0
        return written

    def _write(self, data: bytes | memoryview) -> bool:
        """Append to the file; whether that could be done."""
        if self._in_memory:
            return False
        try:
            if self._file is None:
                with tempfile.TemporaryFile(buffering=0) as file:
                    self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)  # it lives as long as this
            at = 0
            with memoryview(data) as rest:
                while at < len(rest):
                    at += os.pwrite(self._file, rest[at:], self._filed + at)
        except OSError:
            self._in_memory = True
            return False
        self._filed += len(data)
        return True
