"""The fast path: one look at a frame tells whether it can matter.

In a capture of a busy host two frames in a hundred are of a CloudHSM connection. The loops of `pcap` and
`pcapng` unpack a record's header and four fields of its frame in one go, and drop nearly every frame on
set membership alone. What is an ordinary IPv4 segment of a wanted port becomes a `Segment` here; whatever
is not ordinary (IPv6, tags, tunnels, fragments, options, ICMP) goes to a decoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from typing import Protocol

from analyzer.capture.items import SYN, IcmpError, Segment
from analyzer.capture.tunnels import UDP_PORTS
from analyzer.stream import Span

# Link type -> struct format up to the IP header's second byte, where the IP header begins, and what the
# format's field holds before the type of service: the EtherType where it stands there, version 4 and
# a header of five words. SLL2 has its EtherType 20 bytes ahead; version, fragment field and protocol tell.
_FORMS: dict[int, tuple[str, int, bytes]] = {
    0: ("4xH", 4, b"\x45"),  # NULL
    1: ("12xI", 14, b"\x08\x00\x45"),  # ETHERNET
    12: ("H", 0, b"\x45"),  # DLT_RAW
    14: ("H", 0, b"\x45"),  # DLT_RAW of OpenBSD
    101: ("H", 0, b"\x45"),  # RAW
    108: ("4xH", 4, b"\x45"),  # LOOP
    113: ("14xI", 16, b"\x08\x00\x45"),  # LINUX_SLL
    228: ("H", 0, b"\x45"),  # IPV4
    276: ("20xH", 20, b"\x45"),  # LINUX_SLL2
}
# Then fragment field, TTL and protocol as one number and, behind checksum and addresses, two ports.
_REST = "4xI10xHH"
_TCP, _UDP = 6, 17
_WHOLE = (b"\x00\x00", b"\x40\x00")  # no fragment; "don't fragment" is set or not

# An IPv4 header without options and the TCP header behind it: total length, identification, TTL,
# addresses and ports, sequence and acknowledgment number, header length, flags, window.
_SEGMENT = struct.Struct(">2xHH2xB3x12sIIBBH")


class FrameDecoder(Protocol):
    """What reads any frame: `ip.Decoder`, `scapy_link.ScapyDecoder`."""

    def frame(self, link_type: int, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame holds of the wanted connections; `wire` is its length on the wire."""

    def finish(self) -> None:
        """The capture has ended."""


class Glance:
    """How to look at the frames of one interface.

    Attributes:
        format: of the four fields, to stand behind a record's header in a struct.
        kinds, words, ports: where to look the fields up, as numbers in the file's byte order. A frame
            whose first field is in `kinds` and whose second is in `words` is ordinary; if neither port
            is in `ports`, it is of no interest.
    """

    def __init__(
        self,
        order: str,
        link_type: int,
        ports: frozenset[int] | None,
        decoder: FrameDecoder,
        *,
        trusting: bool = True,
    ) -> None:
        """With `trusting` false no frame is ordinary, so that the decoder sees them all."""
        form, self._ip, kind = _FORMS.get(link_type, ("H", 0, b""))
        self.format = form + _REST
        self._link_type = link_type
        self._decoder = decoder
        self.kinds = _kinds(order, kind) if trusting and kind else frozenset()
        self.words = _words(order, (_TCP, _UDP))
        self._segments = _words(order, (_TCP,))
        self.ports = _ports(order, ports)

    def look(
        self,
        kind: int,
        word: int,
        buffer: bytearray,
        start: int,
        captured: int,
        wire: int,
        at: Span,
    ) -> Segment | IcmpError | None:
        """What the frame at `start` holds, once its four fields could not dismiss it.

        Args:
            kind: the first field.
            word: the second field.
            buffer: what holds the frame.
            start: where it begins there.
            captured: its length there.
            wire: its length on the wire.
            at: its number and time.
        """
        ip = self._ip
        if kind in self.kinds and word in self._segments and captured >= ip + 40:
            total, ip_id, ttl, key, seq, ack, offset, flags, window = _SEGMENT.unpack_from(
                buffer, start + ip
            )
            size = total - 20 - (offset >> 4) * 4
            # A SYN has options to keep, a total length of 0 needs thought: both are rare.
            if offset >= 0x50 and size >= 0 and not flags & SYN:
                end = start + captured
                data = start + ip + total - size
                payload = bytes(buffer[data : min(data + size, end)])
                missing = size - len(payload)
                return Segment(
                    key, seq, ack, flags, window, payload, missing, at, ttl, ip_id, b"", ()
                )
        return self.decode(bytes(buffer[start : start + captured]), wire, at)

    def decode(self, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame holds, without a look."""
        return self._decoder.frame(self._link_type, data, wire, at)


def _numbers(order: str, fields: Iterable[bytes]) -> frozenset[int]:
    return frozenset(int.from_bytes(field, "little" if order == "<" else "big") for field in fields)


@cache
def _kinds(order: str, kind: bytes) -> frozenset[int]:
    """The first field, with any type of service."""
    return _numbers(order, (kind + bytes([service]) for service in range(256)))


@cache
def _ports(order: str, ports: frozenset[int] | None) -> frozenset[int]:
    """Those of interest: UDP's are those of tunnels."""
    if ports is None:
        return frozenset(range(1 << 16))
    return _numbers(order, (port.to_bytes(2, "big") for port in {*ports, *UDP_PORTS}))


@cache
def _words(order: str, protocols: tuple[int, ...]) -> frozenset[int]:
    return _numbers(
        order,
        (
            whole + bytes([ttl, protocol])
            for whole in _WHOLE
            for ttl in range(256)
            for protocol in protocols
        ),
    )
