"""Ethernet frames of a TCP connection made from two byte streams.

For what came out of another connection (the inner TLS, a plaintext): same addresses, ports and times as
the connection it was found in, sequence numbers counted from the bytes. A hole in a stream stays a hole.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from analyzer.capture.items import ACK, FIN, PSH, RST, SYN
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, StreamEvent

_MACS = (b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02")  # locally administered
_TCP = 6
_WINDOW = 0xFFFF
_FIRST_SEQ = 1000
_LARGEST = 32_000  # bytes of payload a frame: a whole record, and far from IP's limit
_UNKNOWN_HOLE = 1  # bytes left out for a hole of unknown size: enough for a reader to see it


class Connection:
    """Writes one connection's frames.

    Args:
        client, server: address as text, and port.
    """

    def __init__(self, client: tuple[str, int], server: tuple[str, int]) -> None:
        self._ends = tuple((ipaddress.ip_address(host), port) for host, port in (client, server))
        self._next = [_FIRST_SEQ, _FIRST_SEQ]
        self._ip_id = 0
        self._fin = [False, False]

    def open(self) -> Iterator[bytes]:
        """SYN, SYN-ACK, ACK."""
        yield self._frame(CLIENT, SYN)
        self._next[CLIENT] += 1
        yield self._frame(SERVER, SYN | ACK)
        self._next[SERVER] += 1
        yield self._frame(CLIENT, ACK)

    def event(self, event: StreamEvent) -> Iterator[bytes]:
        """The frames of the next event; both sides' events in the order in which they were captured."""
        side = event.side
        if isinstance(event, Chunk):
            for at in range(0, len(event.data), _LARGEST):
                part = event.data[at : at + _LARGEST]
                yield self._frame(side, PSH | ACK, part)
                self._next[side] += len(part)
        elif isinstance(event, Gap):
            self._next[side] += event.size or _UNKNOWN_HOLE
        elif isinstance(event, Closed) and not self._fin[side]:
            self._fin[side] = True
            if event.how == "reset":
                self._fin = [True, True]
                yield self._frame(side, RST | ACK)
            elif event.how in {"fin", "close_notify"}:
                yield self._frame(side, FIN | ACK)
                self._next[side] += 1

    def _frame(self, side: Side, flags: int, payload: bytes = b"") -> bytes:
        (source, sport), (target, dport) = self._ends[side], self._ends[side.peer]
        seq = self._next[side] & 0xFFFF_FFFF
        ack = self._next[side.peer] & 0xFFFF_FFFF if flags & ACK else 0
        header = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, _WINDOW, 0, 0)
        pseudo = source.packed + target.packed
        size = len(header) + len(payload)
        pseudo += struct.pack(">BBH", 0, _TCP, size)
        checksum = _checksum(pseudo + header + payload)
        segment = header[:16] + struct.pack(">H", checksum) + header[18:] + payload
        macs = _MACS[side.peer] + _MACS[side]
        if source.version == 6:
            return (
                macs
                + b"\x86\xdd"
                + struct.pack(">IHBB", 6 << 28, size, _TCP, 64)
                + source.packed
                + target.packed
                + segment
            )
        self._ip_id = (self._ip_id + 1) & 0xFFFF
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, self._ip_id, 0x4000, 64, _TCP, 0)
        ip += source.packed + target.packed
        return macs + b"\x08\0" + ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:] + segment


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
