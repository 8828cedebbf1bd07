"""IP fragments put together (RFC 791 section 3.2, RFC 8200 section 4.5)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from analyzer.stream import Span

# What a host does (RFC 1122 section 3.3.2 asks for a time, Linux takes 30 seconds and 4 MiB).
_PATIENCE = 30_000_000_000
_HELD = 4 << 20
_LARGEST = 65_535

# What a piece and a datagram cost besides their bytes: of tiny ones there may be millions.
_OVERHEAD = 256

_UNIT = 8  # offsets count these, and all pieces but the last have a multiple of it


@dataclass(slots=True)
class _Datagram:
    at: Span
    pieces: dict[int, bytes] = field(default_factory=dict)  # by offset; the first of each is kept
    covered: int = 0  # a bit for each unit that is there
    size: int | None = None  # known once the last fragment is there
    cost: int = _OVERHEAD

    def put(self, offset: int, piece: bytes, *, last: bool) -> None:
        if last and self.size is None:
            self.size = offset + len(piece)
        units = len(piece) // _UNIT + (last and len(piece) % _UNIT > 0)
        if offset not in self.pieces and units and offset + len(piece) <= _LARGEST:
            self.pieces[offset] = piece
            self.covered |= ((1 << units) - 1) << offset // _UNIT
            self.cost += _OVERHEAD + len(piece)

    def whole(self) -> bytes | None:
        """The payload, None while something is missing; of an overlap the piece with the lower offset is kept."""
        if self.size is None:
            return None
        every = (1 << -(-self.size // _UNIT)) - 1
        if self.covered & every != every:
            return None
        joined = bytearray()
        for offset, piece in sorted(self.pieces.items()):
            joined += piece[len(joined) - offset :]
        return bytes(joined[: self.size])


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
            self._held += datagram.cost
        datagram.at = datagram.at.to(at)
        self._held -= datagram.cost
        datagram.put(offset, piece, last=last)
        self._held += datagram.cost
        whole = datagram.whole()
        if whole is not None:
            self._held -= self._open.pop(key).cost
            return whole, datagram.at
        while self._held > _HELD:
            self._drop(next(iter(self._open)))
        return None

    def _drop(self, key: bytes) -> None:
        datagram = self._open.pop(key)
        self._held -= datagram.cost
        self.dropped += max(1, len(datagram.pieces))

    def finish(self) -> None:
        """Give up what is still incomplete at the end of the capture."""
        for key in list(self._open):
            self._drop(key)
