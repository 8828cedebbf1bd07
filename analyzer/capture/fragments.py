"""IP fragments put together (RFC 791 section 3.2, RFC 8200 section 4.5)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from analyzer.stream import Span

# What a host does (RFC 1122 section 3.3.2 asks for a time, Linux takes 30 seconds and 4 MiB).
_PATIENCE = 30_000_000_000
_HELD = 4 << 20
_LARGEST = 65_535


@dataclass(slots=True)
class _Datagram:
    at: Span
    pieces: dict[int, bytes] = field(default_factory=dict)  # by offset; the first of each is kept
    held: int = 0
    size: int | None = None  # known once the last fragment is there

    def whole(self) -> bytes | None:
        """The payload, None while something is missing; of an overlap the earlier piece is kept."""
        if self.size is None or self.held < self.size:
            return None
        joined = bytearray()
        for offset, piece in sorted(self.pieces.items()):
            if offset > len(joined):
                return None
            joined += piece[len(joined) - offset :]
        return bytes(joined[: self.size]) if len(joined) >= self.size else None


class Fragments:
    """The incomplete datagrams of a capture, in bounded memory.

    Attributes:
        dropped: fragments given up because the others of their datagram did not come.
    """

    def __init__(self) -> None:
        self._open: OrderedDict[bytes, _Datagram] = OrderedDict()
        self._held = 0
        self.dropped = 0

    def add(
        self, key: bytes, offset: int, piece: bytes, *, last: bool, at: Span
    ) -> tuple[bytes, Span] | None:
        """Take one fragment; gives the payload and its frames once nothing is missing.

        Args:
            key: what the fragments of a datagram share: addresses, protocol, identification.
            offset: of `piece` in the payload, bytes.
            piece: what this fragment holds of it.
            last: no fragment lies behind this one.
            at: its frame.
        """
        datagram = self._open.get(key)
        if datagram and at.began - datagram.at.began > _PATIENCE:
            self._drop(key)
            datagram = None
        if datagram is None:
            datagram = self._open[key] = _Datagram(at)
        if offset + len(piece) <= _LARGEST and offset not in datagram.pieces:
            datagram.at = datagram.at.to(at)
            datagram.pieces[offset] = piece
            datagram.held += len(piece)
            self._held += len(piece)
        if last:
            datagram.size = offset + len(piece)
        whole = datagram.whole()
        if whole is not None:
            self._held -= self._open.pop(key).held
            return whole, datagram.at
        while self._held > _HELD:
            self._drop(next(iter(self._open)))
        return None

    def _drop(self, key: bytes) -> None:
        datagram = self._open.pop(key)
        self._held -= datagram.held
        self.dropped += len(datagram.pieces)

    def finish(self) -> None:
        """Give up what is still incomplete at the end of the capture."""
        for key in list(self._open):
            self._drop(key)
