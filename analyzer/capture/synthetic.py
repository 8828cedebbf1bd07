"""Ethernet frames of a TCP connection made from two byte streams.

For what came out of another connection (the inner TLS, a plaintext): same addresses, ports and times as
the connection it was found in, sequence numbers counted from the bytes. A hole in a stream stays a hole.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from analyzer.capture.items import ACK, FIN, PSH, RST, SYN, IcmpError, Segment
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side, Span, StreamEvent

_MACS = (b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02")  # locally administered
_ICMP, _TCP, _ICMPV6 = 1, 6, 58
_HOPS = 64
_WINDOW = 0xFFFF
_FIRST_SEQ = 1000
_LARGEST = 32_000  # bytes of payload a frame: a whole record, and far from IP's limit
_NOWHEN = Span(0, 0, 0, 0)
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
        self._ip_id = (self._ip_id + 1) & 0xFFFF
        segment = Segment(
            key=source.packed + target.packed + sport.to_bytes(2, "big") + dport.to_bytes(2, "big"),
            seq=self._next[side] & 0xFFFF_FFFF,
            ack=self._next[side.peer] & 0xFFFF_FFFF if flags & ACK else 0,
            flags=flags,
            window=_WINDOW,
            payload=payload,
            missing=0,
            at=_NOWHEN,
            ttl=_HOPS,
            ip_id=self._ip_id,
            options=b"",
            path=(),
        )
        return ethernet_frame(segment, from_client=side is CLIENT)


def ethernet_frame(segment: Segment, *, from_client: bool) -> bytes:
    """A segment in a packet and a frame of its own, as far as it was captured.

    What a snap length cut stays counted in the IP length: the frame had `Segment.missing` bytes more.
    """
    size = (len(segment.key) - 4) // 2
    addresses, ports = segment.key[: 2 * size], segment.key[2 * size :]
    words = 5 + len(segment.options) // 4
    header = ports + struct.pack(
        ">IIBBHHH", segment.seq, segment.ack, words << 4, segment.flags & 0xFF, segment.window, 0, 0
    )
    header += segment.options
    length = len(header) + len(segment.payload) + segment.missing
    pseudo = addresses + struct.pack(">HBBH", 0, 0, _TCP, length)
    checksum = _checksum(pseudo + header + segment.payload)  # of a cut segment it cannot be right
    tcp = header[:16] + struct.pack(">H", checksum) + header[18:] + segment.payload
    return _packet(addresses, _TCP, length, segment.ttl, segment.ip_id, from_client) + tcp


def icmp_frame(error: IcmpError, source: bytes, target: bytes) -> bytes:
    """An ICMP error with a quotation of the packet that it is about: addresses and ports, nothing more.

    Args:
        source, target: addresses of the error's own packet.
    """
    size = (len(error.key) - 4) // 2
    quoted = (
        _ip_header(error.key[: 2 * size], _TCP, 20, _HOPS, 0) + error.key[2 * size :] + bytes(4)
    )
    mtu = error.mtu or 0
    rest = struct.pack(">I", mtu) if error.version == 6 else struct.pack(">HH", 0, mtu)
    message = struct.pack(">BBH", error.kind, error.code, 0) + rest + quoted
    addresses = source + target
    protocol = _ICMPV6 if error.version == 6 else _ICMP
    pseudo = struct.pack(">IHBB", len(message), 0, 0, protocol) if error.version == 6 else b""
    checksum = _checksum((addresses + pseudo if pseudo else b"") + message)
    message = message[:2] + struct.pack(">H", checksum) + message[4:]
    return _packet(addresses, protocol, len(message), _HOPS, 0, from_client=False) + message


def _packet(
    addresses: bytes, protocol: int, length: int, hops: int, ip_id: int, from_client: bool
) -> bytes:
    """Ethernet and IP header in front of `length` bytes."""
    macs = _MACS[1] + _MACS[0] if from_client else _MACS[0] + _MACS[1]
    ethertype = b"\x08\0" if len(addresses) == 8 else b"\x86\xdd"
    return macs + ethertype + _ip_header(addresses, protocol, length, hops, ip_id)


def _ip_header(addresses: bytes, protocol: int, length: int, hops: int, ip_id: int) -> bytes:
    if len(addresses) != 8:
        return struct.pack(">IHBB", 6 << 28, length & 0xFFFF, protocol, hops) + addresses
    total = 20 + length if 20 + length <= 0xFFFF else 0  # as captured before segmentation offload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, total, ip_id, 0x4000, hops, protocol, 0) + addresses
    return ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
