"""The fast path: one look at a frame tells whether it can matter.

In a capture of a busy host two frames in a hundred are of a CloudHSM connection. The loops of `pcap` and
`pcapng` unpack a record's header and five fields of its frame in one go, and drop nearly every frame on
these alone, in a quarter of a microsecond. Of the others `dismissal` drops those of other ports, behind
tags, in IPv6, in VXLAN. What is an ordinary IPv4 segment of a wanted port becomes a `Segment` here;
whatever is left (fragments, options, other tunnels, ICMP) goes to a decoder.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Protocol

from analyzer.capture.dismissal import Dismissal
from analyzer.capture.items import FIN, RST, SYN, IcmpError, Segment
from analyzer.capture.tunnels import UDP_PORTS
from analyzer.stream import Span, new_tuple

# Link type -> struct format up to the IP header, where that begins, and the EtherType where it stands before it; SLL2
# has it 20 bytes ahead, and where there is none the format gives an empty field.
_FORMS: dict[int, tuple[str, int, bytes]] = {
    0: ("4x0s", 4, b""),  # NULL
    1: ("12xH", 14, b"\x08\x00"),  # ETHERNET
    12: ("0s", 0, b""),  # DLT_RAW
    14: ("0s", 0, b""),  # DLT_RAW of OpenBSD
    101: ("0s", 0, b""),  # RAW
    108: ("4x0s", 4, b""),  # LOOP
    113: ("14xH", 16, b"\x08\x00"),  # LINUX_SLL
    228: ("0s", 0, b""),  # IPV4
    276: ("H18x", 20, b"\x08\x00"),  # LINUX_SLL2
}
# Then version and header length, fragment field, protocol and, behind checksum and addresses, two ports.
_REST = "B5xHxB10xHH"
_UNFRAGMENTED = b"\x40\x00"  # "don't fragment" is set
# Where addresses and ports of such a packet begin; they, and TCP's flags.
_KEY_AT = 12
_KEY_AND_FLAGS = struct.Struct("12s9xB").unpack_from
_EDGES = SYN | FIN | RST
_NEVER = -1  # equals no field
_MOST_COPIES = 4096
_LEAST_SEGMENT = 40  # headers of IPv4 and TCP without options

# An IPv4 header without options and the TCP header behind it: total length, identification, TTL,
# addresses and ports, sequence and acknowledgment number, header length, flags, window.
_SEGMENT = struct.Struct(">2xHH2xB3x12sIIBBH").unpack_from
# Size of both headers by the byte that has TCP's; where that cannot be, more than any packet has.
_HEADERS = [20 + (byte >> 2 & 0x3C) if byte >= 0x50 else 1 << 16 for byte in range(256)]


class FrameDecoder(Protocol):
    """What reads any frame: `ip.Decoder`, `scapy_link.ScapyDecoder`."""

    def frame(self, link_type: int, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame holds of the wanted connections; `wire` is its length on the wire."""

    def finish(self) -> None:
        """The capture has ended."""


class Glance:
    """How to look at the frames of one interface.

    A frame is ordinary if its first field is `kind`, its version `IPV4`, its fragment field 0 or `whole` and its
    protocol `TCP` or `UDP`. It is of no interest if besides both its ports are `dull`. Comparing small numbers, for
    which no object is made, and taking an entry of a list cost a fifth of looking into a set: with sets the loops
    took 1.2 times as long.

    Attributes:
        format: of the six fields, to stand behind a record's header in a struct.
        ip: where an ordinary frame's IP header begins.
        kind: value of the first field, in the file's byte order.
        whole: value of the fragment field of a packet that must not be fragmented.
        dull: per port, as a number in the file's byte order, whether it is neither wanted nor a tunnel's.
        dismisses: whether the frame that lies between two places of a buffer is of no interest, and counted;
            for those that are not ordinary segments.
    """

    def __init__(
        self,
        order: str,
        link_type: int,
        ports: frozenset[int] | None,
        decoder: FrameDecoder,
        *,
        skipped: Counter[str] | None = None,
        ignored: AbstractSet[bytes] = frozenset(),
    ) -> None:
        """Without `skipped` no frame is ordinary or dismissed, so that the decoder sees them all."""
        form, self.ip, kind = _FORMS.get(link_type, ("H", 0, b""))
        self.format = form + _REST
        self._link_type = link_type
        self._decoder = decoder
        known = link_type in _FORMS and skipped is not None
        self.kind = (_number(order, kind) if kind else kind) if known else _NEVER
        self.whole = _number(order, _UNFRAGMENTED)
        self.dull = _dull(order, ports)
        self._ignored = ignored
        self._passed = 0
        self.dismisses: Callable[[bytearray, int, int], bool] = (
            Dismissal(link_type, ports, skipped).dismisses if skipped is not None else _nothing
        )

    def ignores(self, buffer: bytearray, start: int) -> bool:
        """Whether the ordinary segment at `start` is of a connection that is ignored, and only goes on with it."""
        key, flags = _KEY_AND_FLAGS(buffer, start + self.ip + _KEY_AT)
        if key not in self._ignored or flags & _EDGES:
            return False
        self._passed += 1
        return self._passed & 63 != 0

    def segment(self, buffer: bytearray, ip: int, end: int, at: Span) -> Segment | None:
        """The ordinary segment of TCP whose IP header is at `ip`; None where that takes the decoder.

        Args:
            buffer: what holds the frame.
            end: where the frame ends there.
            at: its number and time.
        """
        total, ip_id, ttl, key, seq, ack, offset, flags, window = _SEGMENT(buffer, ip)
        size = total - _HEADERS[offset]
        after = ip + total
        # A SYN has options to keep, a total length of 0 needs thought: both are rare.
        if size < 0 or flags & SYN:
            return None
        payload, missing = b"", 0
        if after > end:
            if end - ip < _LEAST_SEGMENT:
                return None
            payload = bytes(buffer[after - size : end])
            missing = size - len(payload)
        elif size:
            (payload,) = _COPIES[size](buffer, after - size)
        fields = key, seq, ack, flags, window, payload, missing, at, ttl, ip_id, b"", ()
        return new_tuple(Segment, fields)

    def decode(self, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame holds, whatever it is; `wire` is its length on the wire."""
        return self._decoder.frame(self._link_type, data, wire, at)


class _Copies(dict[int, Callable[[bytearray, int], tuple[bytes]]]):
    """What copies so many bytes, in half the time that two slices take."""

    def __missing__(self, size: int) -> Callable[[bytearray, int], tuple[bytes]]:
        if len(self) >= _MOST_COPIES:
            self.clear()
        copies = self[size] = struct.Struct(f"{size}s").unpack_from
        return copies


_COPIES = _Copies()


def _nothing(buffer: bytearray, start: int, end: int) -> bool:  # noqa: ARG001
    return False


def _number(order: str, field: bytes) -> int:
    return int.from_bytes(field, "little" if order == "<" else "big")


@cache
def _dull(order: str, ports: frozenset[int] | None) -> list[bool]:
    """Those of no interest: UDP's are those of tunnels."""
    dull = [ports is not None] * (1 << 16)
    for port in {*(ports or ()), *UDP_PORTS}:
        dull[_number(order, port.to_bytes(2, "big"))] = False
    return dull
