"""Connections of which one segment is all that was seen, or a SYN and its repeats, packed into a few bytes each.

A scan makes millions of the one, and where every port is looked at a capture of some seconds has thousands of the other.
A whole connection takes three kilobytes.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import NamedTuple

from analyzer.capture.items import FIN, RST, SYN, Segment
from analyzer.stream import Span
from analyzer.transport.hello import hello_sender
from analyzer.transport.limits import TransportLimits
from analyzer.transport.remembered import is_same_packet


class HalfOpen(NamedTuple):
    """A connection that is only a SYN."""

    number: int
    repeats: int
    copies: int
    first: int
    began: int
    last: int
    ended: int
    silence: int
    silence_after: int
    seq: int
    flags: int
    window: int
    ttl: int
    ip_id: int
    path: int


_HALF_OPEN = struct.Struct("<QIIQQQQQQIBHBHI")


# Number, frames and times, sequence and acknowledgment number, flags, window, missing, TTL, IP id, path; then the payload.
_ONE = struct.Struct("<QQQQQIIHHIBHI")
_NUMBER_AND_SPAN = struct.Struct("<QQQQQ")


class Paths:
    """Tunnels (see `Segment.path`) by number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}

    def number(self, path: tuple[str, ...]) -> int:
        """Of a path, which may be new."""
        return self._numbers.setdefault(path, len(self._numbers))

    def path(self, number: int) -> tuple[str, ...]:
        """By its number."""
        return next(islice(self._numbers, number, None))


# Only a SYN


def pack_syn(number: int, syn: Segment, paths: Paths) -> bytes:
    """The connection `number` that began with this SYN."""
    at = syn.at
    return syn.options + _HALF_OPEN.pack(
        number, 0, 0, at.first, at.began, at.last, at.ended, 0, 0,
        syn.seq, syn.flags & 0xFF, syn.window, syn.ttl, syn.ip_id, paths.number(syn.path),
    )  # fmt: skip


def half_open(packed: bytes) -> HalfOpen:
    """What was packed, but for the options."""
    return HalfOpen(*_HALF_OPEN.unpack_from(packed, len(packed) - _HALF_OPEN.size))


def latest_syn(key: bytes, packed: bytes, kept: HalfOpen, paths: Paths) -> Segment:
    """The SYN, in the frame of its latest sighting; `kept`: what `half_open` gives."""
    at = Span(kept.last, kept.last, kept.ended, kept.ended)
    options, path = packed[: -_HALF_OPEN.size], paths.path(kept.path)
    return Segment(
        key, kept.seq, 0, kept.flags, kept.window, b"", 0, at, kept.ttl, kept.ip_id, options, path
    )


def repeat_syn(key: bytes, packed: bytes, syn: Segment, paths: Paths) -> bytes | None:
    """The same with one more SYN counted; None where that is another connection's."""
    kept = half_open(packed)
    if kept.seq != syn.seq:
        return None
    if is_same_packet(syn, latest_syn(key, packed, kept, paths)):
        kept = kept._replace(copies=kept.copies + 1)
    else:
        kept = kept._replace(repeats=kept.repeats + 1, ip_id=syn.ip_id)
    silence = syn.at.began - kept.ended
    if silence > kept.silence:
        kept = kept._replace(silence=silence, silence_after=kept.last)
    kept = kept._replace(last=syn.at.last, ended=syn.at.ended)
    return packed[: -_HALF_OPEN.size] + _HALF_OPEN.pack(*kept)


# Only one segment of a connection that began before


def tells_nothing(segment: Segment, limits: TransportLimits) -> bool:
    """Whether a connection's first segment gives rise to no event, and leaves open who is the client."""
    size = len(segment.payload) + segment.missing
    return (
        not segment.flags & (SYN | FIN | RST)
        and size < limits.unsettled_bytes
        and limits.unsettled_segments > 1
        and hello_sender(segment.payload) is None
    )


def pack_segment(number: int, segment: Segment, paths: Paths) -> bytes:
    """The connection `number` of which this is all."""
    _, seq, ack, flags, window, payload, missing, at, ttl, ip_id, _, path = segment
    return (
        _ONE.pack(
            number, *at, seq, ack, flags, window, missing, ttl, ip_id, paths.number(path)
        )
        + payload
    )  # fmt: skip


def only_segment(key: bytes, packed: bytes, paths: Paths) -> Segment:
    """What was packed."""
    _, *span, seq, ack, flags, window, missing, ttl, ip_id, path = _ONE.unpack_from(packed)
    payload, at = packed[_ONE.size :], Span(*span)
    return Segment(
        key, seq, ack, flags, window, payload, missing, at, ttl, ip_id, b"", paths.path(path)
    )


def number_and_end(packed: bytes) -> tuple[int, int]:
    """The connection's number, and the capture time of its segment's end."""
    number, _, _, _, ended = _NUMBER_AND_SPAN.unpack_from(packed)
    return number, ended
