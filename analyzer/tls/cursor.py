"""Reads the vectors and integers of the TLS presentation language (RFC 8446 section 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SHORT = 2


class Truncated(Exception):
    """A length says more than there is. Stays within `tls`: what the wire did is data."""


class Cursor:
    """A place in a byte string; every read checks that the bytes are there."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Bytes are left."""
        return self._at < len(self._data)

    @property
    def at(self) -> int:
        """How many bytes were read."""
        return self._at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self._at + size
        if end > len(self._data):
            raise Truncated(f"{size} bytes wanted, {len(self._data) - self._at} left")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def uint(self, size: int) -> int:
        """An integer of `size` bytes."""
        # Here and in `vector` nothing is called: a handshake has some two hundred of these.
        at = self._at
        end = at + size
        if end > len(self._data):
            raise Truncated(f"{size} bytes wanted, {len(self._data) - at} left")
        self._at = end
        return int.from_bytes(self._data[at:end], "big")

    def vector(self, size: int) -> bytes:
        """A vector behind a length of `size` bytes."""
        data, begin = self._data, self._at + size
        end = begin + int.from_bytes(data[self._at : begin], "big")
        if begin > len(data) or end > len(data):
            raise Truncated(f"{end - self._at} bytes wanted, {len(data) - self._at} left")
        self._at = end
        return data[begin:end]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def vectors(self, size: int) -> Iterator[bytes]:
        """Vectors of one length size, up to the end."""
        while self:
            yield self.vector(size)

    def uints(self, size: int) -> tuple[int, ...]:
        """Integers of `size` bytes, up to the end."""
        data = self.rest()
        if len(data) % size:
            raise Truncated(f"{len(data)} bytes are no integers of {size}")
        if size == _SHORT:
            return struct.unpack(f">{len(data) // size}H", data)
        return tuple(
            int.from_bytes(data[at : at + size], "big") for at in range(0, len(data), size)
        )
