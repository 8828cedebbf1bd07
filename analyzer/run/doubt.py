"""Where every TCP connection is looked at: one of which it is not known yet whether it speaks TLS at all.

Most do not. Until something looks like a record of TLS nothing is made for a connection but this, of its bytes
only the ends are kept, and a segment costs one search in it.
"""

from __future__ import annotations

from analyzer.stream import Chunk, Closed, Gap, Side, Span, StreamEvent
from analyzer.tls.records import HEADER, LARGEST_BODY, header_in, is_ssl2_start

# Among so many bytes of TLS a record begins, wherever the stream was joined.
PATIENCE = LARGEST_BODY + 2 * HEADER
_CUT = HEADER - 1  # of a header so many bytes may have come


class _Bytes:
    """What a side has sent, in all of which there is no header of a record."""

    __slots__ = ("at", "first", "last", "side", "size")

    def __init__(self, side: Side, at: Span) -> None:
        self.side = side
        self.first = self.last = b""
        self.size = 0
        self.at = at

    def add(self, data: bytes, at: Span) -> bool:
        """Take what follows; False where it may be TLS, and was not taken."""
        joined = self.last + data
        if header_in(joined):
            return False
        if self.size < HEADER:
            first = self.first + data[: HEADER - self.size]
            if is_ssl2_start(first):
                return False
            self.first = first
        self.last = joined[-_CUT:]
        self.size += len(data)
        self.at = self.at.to(at)
        return True

    def chunk(self) -> Chunk:
        """As many bytes with the same ends: what is between them says nothing to who looks for records."""
        behind = self.size - len(self.first)
        last = self.last[max(0, _CUT - behind) :] if behind else b""
        return Chunk(self.side, self.first + bytes(behind - len(last)) + last, self.at)


class Doubt:
    """What a connection has sent as long as none of it looks like TLS.

    Attributes:
        over: it has sent so much that it speaks something else; nothing can change that.
    """

    __slots__ = ("_events", "_known", "over")

    def __init__(self) -> None:
        self.over = False
        self._known: list[_Bytes | None] = [None, None]
        self._events: list[_Bytes | Gap | Closed] = []

    def remains(self, event: StreamEvent) -> bool:
        """Take the next event; False where it may be TLS, and was not taken."""
        if self.over:
            return True
        known = self._known[event.side]
        if isinstance(event, Chunk):
            if known is None:
                known = self._known[event.side] = _Bytes(event.side, event.at)
                self._events.append(known)
            if not known.add(event.data, event.at):
                return False
            self.over = known.size > PATIENCE
            return True
        if isinstance(event, Gap) and known is not None:
            return False  # rare, and the reader of records knows best what a gap means
        self._events.append(event)
        return True

    def events(self) -> list[StreamEvent]:
        """What was taken, shortened: who looks for records learns the same from it."""
        return [
            each.chunk() if isinstance(each, _Bytes) else each
            for each in self._events
            if not isinstance(each, _Bytes) or each.size
        ]
