"""What late repeats are compared with: the segments of a connection that has ended, all but their bytes.

Hundreds of ended connections wait for late segments at once, and the bytes that each of them brought last take forty
kilobytes; packed they are two. In place of its bytes a segment has their hash, which Python keys anew in each process:
enough to recognise the same packet, and to see that the same range was sent with other bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import NamedTuple

from analyzer.capture.items import Segment
from analyzer.stream import Span, file_of

# A packet captured twice keeps its IP identification; a retransmission gets a new one. Where there is none
# (IPv6, or always 0) the second sighting follows within what a bridge needs, far below any retransmission
# timer; through another tunnel it may take longer.
_SAME_PACKET_NS = 1_000_000_000
_SAME_PACKET_WITHOUT_ID_NS = 5_000_000


class Sighting(NamedTuple):
    """A segment that was seen. Of its payload, which has `size` bytes, and of its path there are hashes."""

    payload: int
    path: int
    first: int
    last: int
    began: int
    ended: int
    seq: int
    ack: int
    size: int
    missing: int
    flags: int
    ip_id: int

    @property
    def at(self) -> Span:
        """The frame."""
        return Span(self.first, self.last, self.began, self.ended)


# A hash, and a number of 64 bits; where sizes have as many they are packed in half the time.
_HASH, _WIDE = "n", "N" if struct.calcsize("N") == struct.calcsize("Q") else "Q"
# In nearly all connections each segment came in one frame, by the same way, and was captured whole.
_OF_ONE_FRAME, _BY_ONE_PATH, _WHOLE = 1, 2, 4
_KINDS = 8
_KIND_AND_COUNT = struct.Struct(_WIDE).unpack_from


@cache
def _columns(count: int, kind: int) -> struct.Struct:
    spans = 2 if kind & _OF_ONE_FRAME else 4
    paths = 1 if kind & _BY_ONE_PATH else count
    missing = 0 if kind & _WHOLE else count
    return struct.Struct(
        f"{_WIDE}{count + paths}{_HASH}{spans * count}{_WIDE}{3 * count + missing}I{2 * count}H"
    )


def pack_sightings(segments: Sequence[Segment]) -> bytes:
    """What late repeats of these are compared with, mostly in 40 bytes each."""
    # By columns, which is a third of the work of taking one segment after another.
    columns = zip(*segments, strict=True)
    _, seqs, acks, flags, _, payloads, missing, spans, _, ip_ids, _, paths = columns
    firsts, lasts, begans, endeds = times = tuple(zip(*spans, strict=True))
    count, kind = len(segments), 0
    if firsts == lasts and begans == endeds:
        kind, times = _OF_ONE_FRAME, (firsts, begans)
    if paths.count(paths[0]) == count:
        kind, paths = kind | _BY_ONE_PATH, paths[:1]
    if not any(missing):
        kind, missing = kind | _WHOLE, ()
    return _columns(count, kind).pack(
        count * _KINDS + kind,
        *map(hash, payloads),
        *map(hash, paths),
        *chain.from_iterable(times),
        *seqs,
        *acks,
        *map(len, payloads),
        *missing,
        *flags,
        *ip_ids,
    )


def sightings(packed: bytes, most: int) -> Iterator[Sighting]:
    """The last ones that were packed, so many at most."""
    count, kind = divmod(_KIND_AND_COUNT(packed)[0], _KINDS)
    values = iter(_columns(count, kind).unpack(packed)[1:])

    def column() -> tuple[int, ...]:
        return tuple(islice(values, count))

    payloads = column()
    paths = (next(values),) * count if kind & _BY_ONE_PATH else column()
    if kind & _OF_ONE_FRAME:
        firsts = lasts = column()
        begans = endeds = column()
    else:
        firsts, lasts, begans, endeds = column(), column(), column(), column()
    seqs, acks, sizes = column(), column(), column()
    missing = (0,) * count if kind & _WHOLE else column()
    spans = firsts, lasts, begans, endeds
    columns = payloads, paths, *spans, seqs, acks, sizes, missing, column(), column()
    return islice(map(Sighting, *columns), max(0, count - max(0, most)), None)


def is_same_packet(one: Segment, other: Segment) -> bool:
    """Whether two segments of one direction are one packet that was captured twice."""
    if one.ip_id != other.ip_id or one[1:4] != other[1:4] or one.payload != other.payload:
        return False  # [1:4]: sequence number, acknowledgment number, flags
    return _can_be_one(one.ip_id, one.at, other.at, same_path=one.path == other.path)


def is_sighted(segment: Segment, earlier: Sighting) -> bool:
    """The same of a segment and one that was packed."""
    if segment.ip_id != earlier.ip_id or segment[1:4] != (earlier.seq, earlier.ack, earlier.flags):
        return False  # as in `is_same_packet`
    if len(segment.payload) != earlier.size or hash(segment.payload) != earlier.payload:
        return False
    return _can_be_one(
        segment.ip_id, segment.at, earlier.at, same_path=hash(segment.path) == earlier.path
    )


def is_contradicted(segment: Segment, earlier: Sighting) -> bool:
    """Whether a segment repeats the range of one that was packed, with other bytes."""
    payload = segment.payload
    same_range = segment.seq == earlier.seq and len(payload) == earlier.size
    return same_range and hash(payload) != earlier.payload


def first_unlike(
    earlier: Iterable[tuple[int, bytes, Span]], offset: int, data: bytes
) -> Span | None:
    """Where the first of some bytes (with their offsets) was that differs from `data` at `offset`."""
    for start, known, at in earlier:
        low, high = max(start, offset), min(start + len(known), offset + len(data))
        if low < high and known[low - start : high - start] != data[low - offset : high - offset]:
            return at
    return None


def _can_be_one(ip_id: int, one: Span, other: Span, *, same_path: bool) -> bool:
    """Whether their places and times allow that two like packets are one."""
    two_points = file_of(one.first) != file_of(other.first)
    if ip_id and two_points:
        return True  # their clocks may differ by any time
    apart = abs(one.began - other.began)
    if ip_id or not same_path or two_points:
        return apart < _SAME_PACKET_NS
    return apart < _SAME_PACKET_WITHOUT_ID_NS
