"""What a capture holds: the values that the readers yield."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple, TypeAlias

from analyzer.stream import Span
from analyzer.values import dataclass

# TCP flags (RFC 9293 section 3.1), in the low byte of Segment.flags.
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128


class Segment(NamedTuple):
    """One TCP segment of a wanted port, with what transport needs of its IP packet.

    A named tuple, made once for every hit of the fast path.

    Attributes:
        key: source address, destination address, source port, destination port as they lie on the
            wire: 12 bytes for IPv4, 36 for IPv6. The innermost IP packet's where there are tunnels.
        seq: sequence number. ack: acknowledgment number. flags: see the constants above.
        window: as on the wire, not scaled.
        payload: the captured part of the payload, link-layer padding taken off.
        missing: how many payload bytes the frame had on the wire beyond `payload` (snap length).
        at: the frame.
        ttl: IP time to live or hop limit. ip_id: IPv4 identification, 0 for IPv6.
        options: TCP options, raw; filled for segments with SYN, empty otherwise.
        path: the tunnels it came through, outermost first, e.g. `("VXLAN 4711",)`; mostly empty.
    """

    key: bytes
    seq: int
    ack: int
    flags: int
    window: int
    payload: bytes
    missing: int
    at: Span
    ttl: int
    ip_id: int
    options: bytes
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IcmpError:
    """An ICMP error that quotes a TCP packet of a wanted port (RFC 792, RFC 4443).

    Attributes:
        key: the quoted packet's key, as `Segment.key`.
        source: who sent the error, as text.
        kind: ICMP type. code: ICMP code. version: 4 or 6.
        description: e.g. `destination unreachable: communication administratively prohibited`.
        mtu: next-hop MTU of fragmentation needed / packet too big, else None.
    """

    key: bytes
    source: str
    kind: int
    code: int
    version: int
    description: str
    mtu: int | None
    at: Span


@dataclass(frozen=True, slots=True)
class KeyLogBlock:
    """The text of a TLS key log that the capture carries (pcapng decryption secrets block)."""

    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A pcapng comment of a section, an interface or a packet (`frame` is None for the first two)."""

    text: str = field(repr=False)  # it may hold a key log
    frame: int | None


@dataclass(frozen=True, slots=True)
class NameRecord:
    """A pcapng name resolution record: `address` as text."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Damage:
    """The file ends, or stops making sense, here; what came before was read.

    Attributes:
        why: one plain sentence without a full stop.
        offset: byte offset in the (decompressed) file.
    """

    why: str
    offset: int


Item: TypeAlias = Segment | IcmpError | KeyLogBlock | Comment | NameRecord
