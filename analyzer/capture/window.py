"""One reused buffer over a byte source: what every reader walks in."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

# Frames and blocks are not longer than this: what says it is has been damaged.
LONGEST = 1 << 24

# 512 KiB stay in the processor's second cache; a smaller window is filled more often. Thousands of small files may wait for
# their turn at once, so a window begins with what was read to know the file, and grows when its turn comes: fresh pages for
# each file that waits cost as much as all else that is done to open it.
_SIZE, _SMALL_SIZE = 1 << 19, 1 << 14
# Readers unpack a fixed header of at most this many bytes before they know how long the frame is.
_SLACK = 256


class Window:
    """A stretch of the source held in one buffer that is refilled in place.

    Pipes and decompressors work as files do, and memory stays the same whatever the size.

    Attributes:
        buffer: the bytes; `_SLACK` bytes behind `end` may always be read (they mean nothing).
        position: where the reader stands; the reader moves it.
        end: where the bytes that were read end.
        failed: why the source gave no more bytes although it is not at its end, "" if it is.
    """

    def __init__(self, source: BinaryIO, head: bytes = b"") -> None:
        self.buffer = bytearray(head + bytes(_SLACK))
        self.position = 0
        self.end = len(head)
        self.failed = ""
        # One read from a pipe or a decompressor at a time: what it gave is there before it fails.
        self._readinto = getattr(source, "readinto1", None) or _readinto(source)
        self._passed = 0  # bytes of the source before the buffer

    @property
    def offset(self) -> int:
        """The reader's place in the source, in bytes."""
        return self._passed + self.position

    @property
    def total(self) -> int:
        """Bytes read from the source so far."""
        return self._passed + self.end

    def need(self, size: int) -> bool:
        """Make `size` bytes stand behind `position`; False where the source has no more."""
        if self.end - self.position >= size:
            return True
        filled = self.end == len(self.buffer) - _SLACK
        if self.position:
            rest = self.end - self.position
            self.buffer[:rest] = self.buffer[self.position : self.end]
            self._passed += self.position
            self.position, self.end = 0, rest
        # Only where the source filled it: at its end, three more pages of a small file cost as much as its frames.
        grown = max(_SMALL_SIZE, min(_SIZE, 4 * (len(self.buffer) - _SLACK))) if filled else 0
        room = max(size, grown) + _SLACK
        if room > len(self.buffer):
            self.buffer.extend(bytes(room - len(self.buffer)))
        while self.end < size:
            read = self._read()
            if not read:
                return False
            self.end += read
        return True

    def release(self) -> None:
        """Nothing more will be read: give the memory back."""
        self.buffer = bytearray()

    def take(self, size: int) -> bytes:
        """The next `size` bytes, which `need` made stand there."""
        start = self.position
        self.position += size
        return bytes(self.buffer[start : self.position])

    def skip(self, size: int) -> bool:
        """Pass over `size` bytes without holding them; False where the source ends before."""
        while size > self.end - self.position:
            size -= self.end - self.position
            self.position = self.end
            if not self.need(1):
                return False
        self.position += size
        return True

    def _read(self) -> int:
        with memoryview(self.buffer) as view, view[self.end : len(self.buffer) - _SLACK] as free:
            try:
                return self._readinto(free) or 0
            except Exception as error:  # noqa: BLE001 - every decompressor has errors of its own
                self.failed = str(error) or type(error).__name__
                return 0


def _readinto(source: BinaryIO) -> Callable[[memoryview], int]:
    if hasattr(source, "readinto"):
        return source.readinto  # type: ignore[no-any-return]

    def readinto(free: memoryview) -> int:
        data = source.read(len(free))
        free[: len(data)] = data
        return len(data)

    return readinto
