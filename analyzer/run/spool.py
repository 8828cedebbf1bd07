"""Bytes put away and taken out again: in memory at first, then in a temporary file that has no name."""

from __future__ import annotations

import os
import tempfile
import weakref

# As much is held before it is written; connections come back in much the same order, so this is read seldom.
_HELD = 1 << 20


class Spool:
    """Bytes by their places, in any number. The file is gone with the program, however that ends.

    It is for what a report shows anyway: no secret and no decrypted content may be put here. Where no temporary
    file can be written (no room, no directory) everything stays in memory.
    """

    def __init__(self) -> None:
        self._file: int | None = None  # its descriptor
        self._filed = 0  # bytes in the file; what is behind them is held
        self._held = bytearray()
        self._in_memory = False

    def add(self, data: bytes) -> tuple[int, int]:
        """Put bytes away; gives what takes them out: their place and their length."""
        place = self._filed + len(self._held), len(data)
        if len(self._held) + len(data) > _HELD and self._write(self._held):
            self._held.clear()
            if len(data) > _HELD and self._write(
                data
            ):  # as it is: thousands of connections of a part
                return place
        self._held += data
        return place

    def read(self, place: int, size: int) -> bytes:
        """The bytes at a place that `add` gave."""
        if place < self._filed:
            assert self._file is not None
            return os.pread(self._file, size, place)
        return bytes(self._held[place - self._filed : place - self._filed + size])

    def _write(self, data: bytes | bytearray) -> bool:
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
