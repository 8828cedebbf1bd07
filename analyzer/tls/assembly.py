"""Handshake messages out of records: one may hold many, and one message may fill many."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.stream import Span
from analyzer.tls.constants import HANDSHAKE_TYPES

_HEADER = 4
_USUAL = 1 << 15


class RawMessage(NamedTuple):
    """One handshake message with its header, as transcripts hash it."""

    type: int
    raw: bytes
    at: Span


class MessageReader:
    """One side's handshake bytes to messages.

    Args:
        ceiling: longer messages are passed over (a length field has 24 bits).

    Attributes:
        too_long: sizes of the messages that were passed over, taken by whoever reports them.
        between: the next record begins a message, and nothing is kept.
    """

    __slots__ = (
        "_astray",
        "_ceiling",
        "_data",
        "_skip",
        "_spans",
        "_wanted",
        "between",
        "too_long",
    )

    def __init__(self, ceiling: int) -> None:
        self.too_long: list[int] = []
        self.between = True
        self._ceiling = ceiling
        self._data = bytearray()
        self._spans: list[tuple[int, Span]] = []
        self._skip = 0
        self._wanted = _HEADER
        self._astray = False  # where the next message begins is not known

    def feed(self, body: bytes, at: Span) -> list[RawMessage]:
        """The messages that a record completes."""
        if self._astray:
            if not begins_message(body):
                return []
            self._astray = False
        messages = []
        if self._skip:
            passed = min(self._skip, len(body))
            self._skip -= passed
            body = body[passed:]
        self._data += body
        self._spans.append((len(self._data), at))
        while len(self._data) >= self._wanted:
            size = _HEADER + int.from_bytes(self._data[1:4], "big")
            if size > self._ceiling:
                self.too_long.append(size)
                self._skip = max(0, size - len(self._data))
                self._drop(min(size, len(self._data)))
            elif len(self._data) < size:
                self._wanted = size
                break
            else:
                messages.append(
                    RawMessage(self._data[0], bytes(self._data[:size]), self._span(size))
                )
                self._drop(size)
            self._wanted = _HEADER
        self.between = not self._data and not self._skip
        return messages

    def lose(self) -> None:
        """Bytes are missing: forget a message that is under way, go on with the next record that begins one."""
        self._drop(len(self._data))
        self._skip, self._wanted = 0, _HEADER
        self._astray, self.between = True, False

    def _span(self, size: int) -> Span:
        last = next(at for end, at in self._spans if end >= size)
        return self._spans[0][1].to(last)

    def _drop(self, size: int) -> None:
        del self._data[:size]
        self._spans = [(end - size, at) for end, at in self._spans if end > size]


def begins_message(body: bytes) -> bool:
    """Whether a record behind a loss holds whole messages, or begins with a large one that has a usual size."""
    at = 0
    while at + _HEADER <= len(body):
        if body[at] not in HANDSHAKE_TYPES:
            return False
        size = int.from_bytes(body[at + 1 : at + _HEADER], "big")
        at += _HEADER + size
        if at > len(body):
            return size < _USUAL
    return at == len(body) > 0
