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
from operator import itemgetter
from typing import NamedTuple

from analyzer.capture.items import Segment
from analyzer.stream import Span, file_of

# A packet captured twice keeps its IP identification; a retransmission gets a new one. Where there is none
# (IPv6, or always 0) the second sighting follows within what a bridge needs, far below any retransmission
# timer; through another tunnel it may take longer.
_SAME_PACKET_NS = 1_000_000_000
_SAME_PACKET_WITHOUT_ID_NS = 5_000_000


class Sighting(NamedTuple):
    """A segment that was seen. Of these there are hashes: the packet (see `_PACKET`), its payload, its path."""

    packet: int
    payload: int
    path: int
    first: int
    last: int
    began: int
    ended: int
    seq: int
    size: int
    missing: int

    @property
    def at(self) -> Span:
        """The frame."""
        return Span(self.first, self.last, self.began, self.ended)


_PACKET = itemgetter(1, 2, 3, 9, 5)  # sequence number, acknowledgment number, flags, IP id, payload


@cache
def _columns(count: int) -> struct.Struct:
    return struct.Struct(f"{3 * count}q{4 * count}Q{3 * count}I")


def pack_sightings(segments: Sequence[Segment]) -> bytes:
    """What late repeats of these are compared with, in 68 bytes each."""
    # By columns, which is a third of the work of taking one segment after another.
    columns = zip(*segments, strict=True)
    _, seqs, acks, flags, _, payloads, missing, spans, _, ip_ids, _, paths = columns
    return _columns(len(segments)).pack(
        *map(hash, zip(seqs, acks, flags, ip_ids, payloads, strict=True)),
        *map(hash, payloads),
        *map(hash, paths),
        *chain.from_iterable(spans),
        *seqs,
        *map(len, payloads),
        *missing,
    )


def sightings(packed: bytes, most: int) -> Iterator[Sighting]:
    """The last ones that were packed, so many at most."""
    count = len(packed) // _columns(1).size
    values = _columns(count).unpack(packed)
    spans = values[3 * count : 7 * count]
    columns = (
        *(values[each * count :][:count] for each in range(3)),
        *(spans[each::4] for each in range(4)),
        *(values[each * count :][:count] for each in range(7, 10)),
    )
    return islice(map(Sighting, *columns), max(0, count - max(0, most)), None)


def is_same_packet(one: Segment, other: Segment) -> bool:
    """Whether two segments of one direction are one packet that was captured twice."""
    if one.ip_id != other.ip_id or one[1:4] != other[1:4] or one.payload != other.payload:
        return False  # [1:4]: sequence number, acknowledgment number, flags
    return _can_be_one(one.ip_id, one.at, other.at, same_path=one.path == other.path)


def is_sighted(segment: Segment, earlier: Sighting) -> bool:
    """The same of a segment and one that was packed."""
    if hash(_PACKET(segment)) != earlier.packet:
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
