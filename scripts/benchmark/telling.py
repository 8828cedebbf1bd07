"""The bare reader with what a report must tell beside the bytes, so that a finding can name it.

Of each segment its frame and time, of each side its counts, the latest bytes to know repeats by, what the peer has of
them and whether its window closed; of each record its kind, its size and the frames it came in. Still no loss that the
peers did not mend, one link type, one suite, no key that is missing, and nothing is judged.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from mmap import mmap

from scripts.benchmark.bare import Half

_HEAD = struct.Struct("<II").unpack_from  # seconds, microseconds
_SEGMENT = struct.Struct(">2xHH2xBxxx12sIIBBH").unpack_from  # from the IP header on
_RECORD = struct.Struct(">BHH").unpack_from
_WRAP = 1 << 32
_REMEMBERED = 64


# Sequence number, bytes, number (0-based), nanoseconds since 1970-01-01 UTC, IP identification: a bare tuple, since a named
# one costs as much as all the rest of a segment.
Segment = tuple[int, bytes, int, int, int]


class TellingHalf(Half):
    """One direction, with what is to be told of it.

    Attributes:
        recent: the latest segments with bytes. ends: of each part that was not taken yet, its end and its segment;
            `end` of the last. latest: the latest segment.
        segments, zero_windows, edges: counts; the latter of segments with SYN, FIN or RST.
        sent_ack: its latest acknowledgment. silence: the longest between two segments, nanoseconds.
        records: kind, size, first and last frame, time of the last.
    """

    __slots__ = (
        "edges",
        "end",
        "ends",
        "latest",
        "recent",
        "records",
        "rest",
        "segments",
        "sent_ack",
        "silence",
        "ttl",
        "zero_windows",
    )

    def __init__(self, expected: int) -> None:
        super().__init__(expected)
        self.latest: Segment = (0, b"", 0, 1 << 64, 0)
        self.recent: deque[Segment] = deque(maxlen=_REMEMBERED)
        self.ends: list[tuple[int, Segment]] = []
        self.records: list[tuple[int, int, int, int, int]] = []
        self.rest: tuple[bytes, list[tuple[int, Segment]]] = b"", []
        self.end = self.segments = self.zero_windows = self.edges = self.silence = 0
        self.sent_ack = self.ttl = -1

    def taken(self) -> bytes:
        """As `Half.taken`; the records that end there are told."""
        data = super().taken()
        before, spans = self.rest
        if before:
            shift = len(before)
            spans += [(end + shift, segment) for end, segment in self.ends]
            stream = before + data
        else:
            stream, spans = data, self.ends
        at = place = 0
        last = len(stream) - 5
        records = self.records
        while at <= last:
            kind, _, size = _RECORD(stream, at)
            end = at + 5 + size
            if end > last + 5:
                break
            while spans[place][0] <= at:
                place += 1
            first = spans[place][1]
            while spans[place][0] < end:
                place += 1
            segment = spans[place][1]
            records.append((kind, size, first[2], segment[2], segment[3]))
            at = end
        while place < len(spans) and spans[place][0] <= at:
            place += 1
        self.rest = stream[at:], [(end - at, segment) for end, segment in spans[place:]]
        self.ends, self.end = [], 0
        return data


def follow_telling(
    data: bytes | mmap, places: Iterable[int], known: dict[bytes, TellingHalf], shift: int = 0
) -> None:
    """As `bare.follow`; `shift` is the number of frames before these."""
    for number, at in enumerate(places, shift):
        seconds, micros = _HEAD(data, at - 30)
        total, ip_id, ttl, key, seq, ack, offset, flags, window = _SEGMENT(data, at)
        payload = data[at + 20 + (offset >> 4) * 4 : at + total]
        half = known.get(key)
        if half is None:
            half = known[key] = TellingHalf(seq + 1 if flags & 2 else seq)
        time = seconds * 1_000_000_000 + micros * 1000
        silence = time - half.latest[3]
        if silence > half.silence:  # noqa: PLR1730  a call costs more than both lines
            half.silence = silence
        segment = half.latest = seq, payload, number, time, ip_id
        half.segments += 1
        if ttl != half.ttl:
            half.ttl = ttl
        if not window:
            half.zero_windows += 1
        if flags & 7:
            half.edges += 1
        half.sent_ack = ack
        if not payload:
            continue
        half.recent.append(segment)
        if seq == half.next:
            half.parts.append(payload)
            size = len(payload)
            half.end = end = half.end + size
            half.ends.append((end, segment))
            seq = (seq + size) % _WRAP
            while half.early and seq in half.early:
                payload = half.early.pop(seq)
                half.parts.append(payload)
                size = len(payload)
                half.end = end = half.end + size
                half.ends.append((end, segment))
                seq = (seq + size) % _WRAP
            half.next = seq
        elif (seq - half.next) % _WRAP < _WRAP >> 1:
            half.early[seq] = payload
