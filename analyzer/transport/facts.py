"""What transport tells of one TCP connection besides its bytes."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from analyzer.capture.items import IcmpError
from analyzer.stream import Gap, Side, Span
from analyzer.values import dataclass


class Ended(NamedTuple):
    """This flow is over: no more events will come. `at`: its last frame."""

    at: Span


class Endpoint(NamedTuple):
    """An address as text and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        """`10.0.0.1:2223` or `[fe80::1]:2223`."""
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


def endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    """Source and destination of a `Segment.key`."""
    size = (len(key) - 4) // 2
    sport, dport = ports_of(key)
    return (
        Endpoint(_address(key[:size]), sport),
        Endpoint(_address(key[size : 2 * size]), dport),
    )


def _address(octets: bytes) -> str:
    if len(octets) == 4:
        return ".".join(map(str, octets))  # a quarter of what the class takes, for each connection
    return str(ipaddress.ip_address(octets))


def ports_of(key: bytes) -> tuple[int, int]:
    """Of source and destination of a `Segment.key`."""
    return int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")


def reversed_key(key: bytes) -> bytes:
    """The `Segment.key` of the other direction."""
    size = (len(key) - 4) // 2
    return key[size:-4] + key[:size] + key[-2:] + key[-4:-2]


@dataclass(frozen=True, slots=True)
class SideFacts:
    """TCP facts of one direction.

    Attributes:
        segments, payload_bytes: what was captured, repeats included; payload_bytes counts each byte once.
        retransmissions: segments whose bytes had been captured before (not: the same packet captured twice).
        duplicates: the same packet captured twice (several interfaces or taps).
        out_of_order: segments that arrived shortly after one with higher sequence numbers.
        recovered: segments that filled a hole later than reordering explains (more than a round trip): lost on
            the network before the point of capture, and sent again.
        disagreements: spans of overlaps whose bytes differed; the first ones were kept.
        keep_alives, zero_windows: segments of that kind sent by this side.
        zero_window_ns: time this side's window stood at zero.
        mss: from its SYN, None if not seen. window_scale: likewise.
        ttls: the different TTL / hop limit values of this side, in order of appearance, at most 8.
        reset: the frame of its RST, None if it sent none. reset_ttl, reset_ip_id: that packet's.
        reset_ttl_new: none of its packets before had that TTL, though there were some. reset_after_ns: from the other
            side's last packet to the reset, None where there was none.
        last_ip_id: IP identification of its last segment before the reset.
        fin: the frame of its FIN, None if it sent none. last: of its last segment.
        unacknowledged: bytes that it had sent and the peer had not acknowledged when the connection ended.
        largest_unacknowledged, largest_acknowledged: payload of the largest of its latest 64 segments with data
            that is not acknowledged, and that is; both 0 where all is.
        unanswered_ns: from the first to the last sending of what is not acknowledged.
        last_payload: bytes in the last of its segments that carried any.
        window_closed_ns: how long its window had stood at zero when the connection ended, 0 where it was open.
    """

    segments: int = 0
    payload_bytes: int = 0
    retransmissions: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    disagreements: tuple[Span, ...] = ()
    keep_alives: int = 0
    zero_windows: int = 0
    zero_window_ns: int = 0
    mss: int | None = None
    window_scale: int | None = None
    ttls: tuple[int, ...] = ()
    reset: Span | None = None
    reset_ttl: int | None = None
    reset_ip_id: int | None = None
    last_ip_id: int | None = None
    fin: Span | None = None
    recovered: int = 0
    last: Span | None = None
    unacknowledged: int = 0
    largest_unacknowledged: int = 0
    largest_acknowledged: int = 0
    unanswered_ns: int = 0
    window_closed_ns: int = 0
    last_payload: int = 0
    reset_ttl_new: bool = False
    reset_after_ns: int | None = None


@dataclass(frozen=True, slots=True)
class TcpFacts:
    """What one TCP connection looked like from outside.

    Attributes:
        client, server: oriented by `oriented_by`.
        oriented_by: `syn` (who sent it), `content` (who sent the ClientHello), `port` (a wanted port is
            the server's; the lower port if both or neither are).
        opening: the TCP handshake as seen: `complete`, `syn-only` (unanswered), `refused` (SYN
            answered by RST), `no-final-ack` (SYN and SYN-ACK only), `simultaneous`, `unseen` (the capture
            starts later).
        syns: how many SYNs the client sent (repeats included). asked_after_reset: one of them after its own RST.
        rtt_ns: SYN to SYN-ACK, None where not both were seen: the way from the point of capture to the server and
            back. full_rtt_ns: SYN to the ACK of the SYN-ACK: the whole way and back, wherever the capture was made.
        longest_silence_ns, silence_after: the longest time without any segment, and the frame before it.
        silence_ended_ns: capture time of the segment that ended it, 0 where that is not known.
        gaps: every hole in either direction.
        ended_by: `fin`, `reset`, `timeout` (given up as idle), `open` (the capture ended first).
        ended_by_side: who sent the FIN or RST that came first, None for the other two.
        paths: the tunnels it was seen through.
        icmp: ICMP errors that quote it.
        span: from its first to its last frame. watched_until_ns: the capture went on at least until then (capture
            time, known to the second) and showed nothing more of it. sides: `(client's, server's)`.
    """

    client: Endpoint
    server: Endpoint
    oriented_by: str
    opening: str
    syns: int
    rtt_ns: int | None
    longest_silence_ns: int
    silence_after: int | None
    gaps: tuple[Gap, ...]
    ended_by: str
    ended_by_side: Side | None
    paths: tuple[tuple[str, ...], ...]
    icmp: tuple[IcmpError, ...]
    span: Span
    sides: tuple[SideFacts, SideFacts]
    watched_until_ns: int = 0
    full_rtt_ns: int | None = None
    asked_after_reset: bool = False
    silence_ended_ns: int = 0
