"""Records out of chunks (RFC 8446 section 5.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from analyzer.stream import Chunk, Span
from analyzer.tls.constants import APPLICATION_DATA, CHANGE_CIPHER_SPEC, HEARTBEAT, SSL30, TLS13

CONTENT_TYPES = range(CHANGE_CIPHER_SPEC, HEARTBEAT + 1)
HEADER = 5
# 2^14 bytes and what protection may add (RFC 5246 section 6.2.3); some stacks of old sent a little more.
LARGEST_BODY = (1 << 14) + 2048
SSL2 = 0x0002  # version of the one kind of SSL 2.0 record that is told: a ClientHello

# Of so many bytes of a stream joined in its middle two records are whole; without any it is no TLS.
_LATE = 3 * LARGEST_BODY
_HEADER_FIELDS = struct.Struct(">BHH").unpack_from

_SSL2_HEADER = 2
# Message type and version behind the length (RFC 5246 appendix E.2, RFC 6101 appendix E)
_SSL2_STARTS = tuple(bytes((1, *version)) for version in ((0, 2), (3, 0), (3, 1), (3, 2), (3, 3)))
# Borders behind a loss are believed after so many headers in a row. One in 10**13 places in sealed bytes
# looks like it by chance, and what is then taken for a record does not open.
_CHAIN = 2


class Record(NamedTuple):
    """One record as it came. `body`: without the header."""

    type: int
    version: int
    body: bytes
    at: Span


# The same as a plain tuple, which costs half as much to make: fifty of them a connection.
Fields: TypeAlias = tuple[int, int, bytes, Span]


def is_header(data: bytes, at: int) -> bool:
    """Whether the five bytes at `at` can be a record's header."""
    return (
        data[at] in CONTENT_TYPES
        and data[at + 1] == 3
        and data[at + 2] <= 4
        and int.from_bytes(data[at + 3 : at + 5], "big") <= LARGEST_BODY
    )


def _places(data: bytes) -> Iterator[int]:
    """Where a record may begin: by its version, which is found at a tenth of what a pattern for all three bytes costs."""
    last = len(data) - HEADER
    at = data.find(3, 1) - 1
    while 0 <= at <= last:
        if data[at] in CONTENT_TYPES and data[at + 2] <= 4:
            yield at
        at = data.find(3, at + 2) - 1


def header_in(data: bytes) -> bool:
    """Whether a record may begin somewhere in `data`, its header whole."""
    return any(is_header(data, at) for at in _places(data))


def is_ssl2_start(data: bytes) -> bool:
    """Whether a stream that begins with these five bytes may begin with a ClientHello of SSL 2.0's form."""
    return bool(data[0] & 0x80 and data[2:HEADER] in _SSL2_STARTS)


def _is_chain(data: bytes, at: int) -> bool | None:
    """Whether records follow each other from `at` on; None where there are too few bytes to tell."""
    for _ in range(_CHAIN):
        if not is_header(data, at):
            return False
        at += HEADER + int.from_bytes(data[at + 3 : at + 5], "big")
        if at == len(data):
            return True
        if at + HEADER > len(data):
            return None
    return True


class RecordReader:
    """One side's bytes to records.

    Nothing is joined before a whole record is there, so a record in a thousand chunks costs no more than
    one in a single chunk.

    Attributes:
        broken: what the bytes show instead of a record's header, "" while all is well. Reading stops there.
        skipped: bytes passed over behind the latest loss before a border was found.
        late: the first bytes are no record: the stream may have been joined in the middle of one.
        last: the frames of the latest bytes, as long as no border is known.
        usual: the next record begins where the last one ended: no border is searched, nothing passed over.
    """

    __slots__ = (
        "_first",
        "_fresh",
        "_left",
        "_parts",
        "_searching",
        "_size",
        "_skip",
        "_spans",
        "_wanted",
        "broken",
        "last",
        "late",
        "skipped",
        "usual",
    )

    def __init__(self) -> None:
        self.usual = False
        self.broken = ""
        self.skipped = 0
        self.late = False
        self.last: Span | None = None
        self._first = b""
        self._parts: list[bytes] = []
        self._spans: list[
            tuple[int, Span]
        ] = []  # end of each part in the joined bytes, and its frames
        self._size = 0
        self._wanted = HEADER
        # Of a record whose header was seen; while it is under way only the first of `_spans` is kept, and not the size.
        self._left = 0
        self._fresh = True
        self._searching = False
        self._skip = 0  # bytes up to the end of a record that a loss cut

    @property
    def at_border(self) -> bool:
        """Whether the next byte begins a record, as far as all before it tell."""
        return self.usual and not self._parts

    def gather(self, data: bytes) -> bool:
        """Keep bytes that complete no record, as eight of nine segments of a bulk transfer; False if others."""
        left = self._left - len(data)
        if left <= 0:
            return False
        self._parts.append(data)
        self._left = left
        return True

    def feed(self, chunk: Chunk) -> Sequence[Fields]:
        """The records that `chunk` completes."""
        _, data, at = chunk
        if not self.usual:
            return self._feed_unusual(data, at)
        ended: tuple[Fields, ...] = ()
        left, parts = self._left, self._parts
        if left:
            if self.gather(data):
                return ()
            # Its body is joined without the header, and without what follows: a large one is copied once.
            kind, version, _ = _HEADER_FIELDS(parts[0])
            parts[0] = parts[0][HEADER:]
            parts.append(data[:left])
            ended = ((kind, version, b"".join(parts), self._spans[0][1].to(at)),)
            self._parts, self._spans, self._size, self._left = [], [], 0, 0
            data = data[left:]
            if not data:
                return ended
        elif parts:
            return self._feed_on(data, at)
        size = len(data)
        if size >= HEADER:
            # Nine of ten chunks are one record, begin one or end one: a third is saved where no loop goes over them.
            kind, version, length = _HEADER_FIELDS(data)
            end = HEADER + length
            if (
                end >= size
                and CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT
                and SSL30 <= version <= TLS13
                and length <= LARGEST_BODY
            ):
                if end == size:
                    record = kind, version, data[HEADER:], at
                    return (*ended, record) if ended else (record,)
                self._parts, self._spans, self._left = [data], [(size, at)], end - size
                return ended
        return [*ended, *self._feed_on(data, at)]

    def _feed_unusual(self, data: bytes, at: Span) -> Sequence[Fields]:
        """At the beginning, behind a loss, behind bytes that are no record."""
        self.last = at
        if self.broken:
            return ()
        if self._skip:
            passed = min(self._skip, len(data))
            self._skip -= passed
            self.skipped += passed
            data = data[passed:]
        return self._feed_on(data, at)

    def _feed_on(self, data: bytes, at: Span) -> Sequence[Fields]:
        """Any bytes: join them with those before, find the border if need be, and cut them to records."""
        latest = self._size  # where these bytes begin
        size = latest + len(data)
        parts = self._parts
        if parts or size < self._wanted:
            parts.append(data)
            self._spans.append((size, at))
            self._size = size
            if size < self._wanted:
                return ()
            data = b"".join(parts)
        start = 0
        if not self.usual:
            if self._fresh or self._searching:
                if not parts:
                    self._parts = [data]
                    self._spans, self._size = [(size, at)], size
                if self._fresh:
                    if is_ssl2_start(data):
                        return self._ssl2_client_hello(data)
                    self._fresh = False
                    if not is_header(data, 0):
                        self._searching = self.late = True
                        self._first = data[:HEADER]
                if self._searching:
                    start = self._border(data)
                    self.skipped += start
                    if self._searching:
                        self._keep(data, start)
                        self._wanted = self._size + 1
                        if self.late and self.skipped > _LATE:
                            self._break(self._first)
                        return ()
            self.usual = not self._skip
        # Most records lie in one chunk, whose frames are theirs: nothing is looked up for them.
        records: list[Fields] = []
        left = 0
        while size - start >= HEADER:
            kind, version, length = _HEADER_FIELDS(data, start)
            if not (
                CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT
                and SSL30 <= version <= TLS13
                and length <= LARGEST_BODY
            ):
                self._break(data[start : start + HEADER])
                break
            begin = start + HEADER
            end = begin + length
            if end > size:
                left = end - size
                break
            span = at if start >= latest else self._span(start, end)
            records.append((kind, version, data[begin:end], span))
            start = end
        self._wanted, self._left = HEADER, left
        if start < latest:
            self._keep(data, start)
        elif start < size:
            self._size = size - start
            self._parts, self._spans = [data[start:]], [(self._size, at)]
        else:
            self._parts, self._spans, self._size = [], [], 0
        return records

    def lose(self, size: int | None) -> int | None:
        """Bytes are missing here: go on behind the record that they cut, or at the next border that can be found.

        Args:
            size: how many bytes, None where that is not known.

        Returns:
            The size of the body of the application data record that is lost, where it is lost alone.
        """
        cut = None
        if self._left and size is not None and size <= self._left:
            kind, _, length = _HEADER_FIELDS(self._parts[0])
            cut = length if kind == APPLICATION_DATA else None
        left = self._skip or self._left
        if not left and self._size >= HEADER:
            left = self._wanted - self._size
        self._skip = left - size if size is not None and left >= size else 0
        self._searching = size is None or left < size
        self.late = self.usual = False
        self._parts, self._spans, self._size = [], [], 0
        self._wanted, self._left = HEADER, 0
        self._fresh = False
        self.broken = ""
        self.skipped = 0
        return cut

    def rest(self) -> Sequence[Fields]:
        """The record at a border that was not believed yet, if all of it came; nothing follows any more."""
        if not self._searching or self.broken:
            return []
        data = self._parts[0] if self._parts else b""
        for start in _places(data):
            kind, version, length = _HEADER_FIELDS(data, start)
            end = start + HEADER + length
            if is_header(data, start) and end <= len(data):
                record = Record(kind, version, data[start + HEADER : end], self._span(start, end))
                self.skipped += start
                self._keep(data, end)
                return [record]
        if self.late:
            self._break(self._first)
        return []

    def _border(self, data: bytes) -> int:
        """Where records begin again, or may: headers whose lengths lead from one to the next."""
        first = None  # that may be one, but only more bytes will tell
        for start in _places(data):
            chain = _is_chain(data, start)
            if chain:
                self._searching = self.late = False
                return start
            if chain is None and first is None:
                first = start
        return max(0, len(data) - HEADER + 1) if first is None else first

    def _break(self, shown: bytes) -> None:
        self.usual = False
        self.broken = f"no record header: {shown.hex(' ')}"

    def _ssl2_client_hello(self, data: bytes) -> Sequence[Fields]:
        end = _SSL2_HEADER + int.from_bytes(data[:2], "big") - 0x8000
        if end > len(data):
            self._wanted = end
            self._keep(data, 0)
            return []
        self._fresh = False
        record = Record(22, SSL2, data[_SSL2_HEADER:end], self._span(0, end))
        self._keep(data, end)
        return [record]

    def _span(self, start: int, end: int) -> Span:
        """The frames of bytes of what was joined."""
        spans = self._spans
        at = 0
        while spans[at][0] <= start:
            at += 1
        first = spans[at][1]
        at = len(spans) - 1
        while at and spans[at - 1][0] >= end:
            at -= 1
        return first.to(spans[at][1])

    def _keep(self, data: bytes, start: int) -> None:
        """Keep the bytes from `start` on, and the frames they came in."""
        if start == len(data):
            self._parts, self._spans, self._size = [], [], 0
            return
        rest = data[start:]
        self._parts = [rest]
        self._size = len(rest)
        spans = self._spans
        at = len(spans) - 1
        while at and spans[at - 1][0] > start:
            at -= 1
        self._spans = [(end - start, span) for end, span in spans[at:]]
