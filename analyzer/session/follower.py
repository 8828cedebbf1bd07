"""Takes one side's TLS records out of the wrapping that a `Form` says, and goes on where it does not fit."""

from __future__ import annotations

import sys
from typing import NamedTuple

from analyzer.session.forms import Form
from analyzer.session.scan import RECORD_HEADER, RECORD_START, record_size
from analyzer.session.window import Skips, Window
from analyzer.stream import Chunk, Gap, Side, StreamEvent

_UNBOUNDED = sys.maxsize


class _Head(NamedTuple):
    """What stands at the front of the window, where a record may begin.

    Attributes:
        record: size of the record that begins behind the header, None if none does.
        header: bytes before it. left: bytes of this message behind the header, 0 where it is no header.
    """

    record: int | None
    header: int
    left: int


class Follower:
    """The records of one side, from the first header (in a bare stream: the first record) on.

    Args:
        form: how they are wrapped. side: whose they are.
        offset: where in this side's plaintext they begin.
        skips: of this side so far; the follower adds to them.

    Attributes:
        records: begun so far. lost: how often no record was where the form says.
        fits: messages that end where a record does.
        apart: every message held exactly one record; of bare records it says nothing.
    """

    def __init__(self, form: Form, side: Side, offset: int, skips: Skips) -> None:
        self.form = form
        self.records = self.lost = self.fits = 0
        self.apart = True
        self.skips = skips
        self._side = side
        self._window = Window(side, offset)
        self._message_left = 0 if form.width else _UNBOUNDED  # bytes of this message still to come
        self._record_left = 0
        self._records_in_message = 0
        self._version = b""  # of the records behind the hello
        self._seeking = False
        self._vendor_end: int | None = (
            None  # while seeking: where the vendor message ends, if it is one
        )

    def feed(self, event: StreamEvent) -> list[StreamEvent]:
        """The TLS bytes that `event` completes; a gap or an end is passed on."""
        if type(event) is Chunk:
            window, size = self._window, len(event[1])
            if not window.data:
                if 0 < size <= self._record_left and size <= self._message_left:
                    window.offset += size  # the body of a long record needs no look
                    self._pass(size)
                    return [event]
                if self._passes_whole(event[1]):
                    return [event]
            window.append(event)
            out: list[StreamEvent] = []
            while self._step(out):
                pass
            return out
        if isinstance(event, Gap) and self._holds(event.size):
            self._window.offset += event.size or 0
            self._pass(event.size or 0)
            return [event]
        self.finish()
        if isinstance(event, Gap):
            self._window.offset += event.size or 0
            self._seek_anew()
            return [event._replace(size=None)]  # of TLS bytes, so many may be missing or fewer
        return [event]

    def _holds(self, gap: int | None) -> bool:
        """Whether all the missing bytes are of the record that is under way, so that what follows fits on."""
        if gap is None or self._window.data or self._seeking:
            return False
        return gap <= min(self._record_left, self._message_left)

    def passes(self, data: bytes) -> bool:
        """Whether `data`, one whole record, is to be passed on as it is; then it is counted, and need not be fed."""
        if self._record_left or self.form.size or self._seeking or self._window.data:
            return False
        self._count(data, 0, 1)
        return True

    def _passes_whole(self, data: bytes) -> bool:
        """Bare records from the first byte to the last, the last perhaps unfinished: nothing is to be taken out."""
        if self._record_left or self.form.size or self._seeking:
            return False
        at = last = records = 0
        end = len(data)
        while at < end:
            size = record_size(data, at) if end - at >= RECORD_HEADER else None
            if size is None:
                return False
            last, at = at, at + size
            records += 1
        self._count(data, last, records)
        self._record_left = at - end
        return True

    def _count(self, data: bytes, last: int, records: int) -> None:
        """Note the bare records that `data` holds, of which the last one begins at `last`."""
        if self.records or records > 1:
            self._version = data[last + 1 : last + 3]
        self.records += records
        self._window.offset += len(data)

    def finish(self) -> None:
        """No more bytes follow these: what still waits for more is no record."""
        self._skip(len(self._window.data))

    def _step(self, out: list[StreamEvent]) -> bool:
        """One piece forward; False when that needs more bytes."""
        if self._seeking:
            return self._seek()
        if not self._record_left:
            return self._begin_record()
        if not self._message_left:
            return self._next_part(out)
        chunks = self._window.take(min(self._record_left, self._message_left))
        out += chunks
        self._pass(sum(len(chunk.data) for chunk in chunks))
        return bool(chunks)

    def _pass(self, size: int) -> None:
        self._record_left -= size
        if self.form.width:
            self._message_left -= size
            self.fits += not self._record_left and not self._message_left

    def _begin_record(self) -> bool:
        head = self._head_by_length() if self.form.width else self._head()
        if head is None:
            return False
        if head.record is None:
            self.lost += not head.header
            message = head.header + head.left
            self._seek_anew(self._window.offset + message if message else None)
            return True
        self._skip(head.header)
        if head.header:
            self._records_in_message = 0
        self._records_in_message += 1
        self.apart &= self._records_in_message == 1
        if self.records:
            self._version = bytes(self._window.data[1:3])
        self.records += 1
        self._record_left, self._message_left = head.record, head.left
        return True

    def _head(self) -> _Head | None:
        """Without a length: a record, or one header and then a record. None if more bytes are needed."""
        data = self._window.data
        for header in sorted({0, self.form.size}):
            if len(data) < header + RECORD_HEADER:
                return None
            record = record_size(data, header)
            if record is not None:
                return _Head(record, header, _UNBOUNDED)
        return _Head(None, 0, 0)

    def _head_by_length(self) -> _Head | None:
        """By the lengths of the messages, which may cut even a record's header."""
        data, form = self._window.data, self.form
        left = self._message_left
        header = 0 if left else form.size
        if not left:
            if len(data) < header:
                return None
            payload = form.payload(data, 0)
            if payload is None:
                return _Head(None, 0, 0)
            left = payload
        start = bytearray()
        at, part_left = header, left
        while len(start) < RECORD_HEADER:
            if not part_left:
                if len(data) < at + form.size:
                    return None
                part_left = form.payload(data, at) or 0
                if not part_left:
                    return _Head(None, header, left)
                at += form.size
            part = data[at : at + min(part_left, RECORD_HEADER - len(start))]
            if not part:
                return None
            start += part
            at += len(part)
            part_left -= len(part)
        return _Head(record_size(start), header, left)

    def _next_part(self, out: list[StreamEvent]) -> bool:
        """The header of the message that holds the rest of this record."""
        data, form = self._window.data, self.form
        if len(data) < form.size:
            return False
        payload = form.payload(data, 0)
        if payload is None:
            self.lost += 1
            out.append(Gap(self._side, None, self._window.at, "framing lost"))
            self._seek_anew()
            return True
        self._skip(form.size)
        self._message_left = payload
        self._records_in_message = 0
        self.apart = False
        return True

    def _seek_anew(self, vendor_end: int | None = None) -> None:
        self._seeking = True
        self._vendor_end = vendor_end
        self._record_left = 0
        self._message_left = 0 if self.form.width else _UNBOUNDED

    def _seek(self) -> bool:
        """On to the next record, or to the end of the vendor message if that comes first."""
        window = self._window
        limit = None if self._vendor_end is None else self._vendor_end - window.offset
        found = self._resumption(limit)
        if found is not None:
            self._skip(found)
            self.lost += limit is not None
        elif limit is not None and limit <= len(window.data):
            self._skip(limit)
        else:
            # A header and a record's first bytes may still be in the making.
            self._skip(max(0, len(window.data) - self.form.size - RECORD_HEADER + 1))
            return False
        self._seeking = False
        return True

    def _resumption(self, limit: int | None) -> int | None:
        """Where in the window the records go on: at a header that fits, or at a bare record.

        Inside what may be a vendor message (before `limit`) only a header and a record together count.
        """
        data, form = self._window.data, self.form
        match = RECORD_START.search(data)
        while match:
            at = match.start()
            header = at - form.size if at >= form.size else at
            if limit is not None and header >= limit:
                return None
            record = record_size(data, at)
            if record and self._version in {b"", bytes(data[at + 1 : at + 3])}:
                if not form.width:
                    return header
                if at >= form.size and (form.payload(data, header) or 0) >= RECORD_HEADER:
                    return header
                if limit is None:
                    self._message_left = record
                    return at
            match = RECORD_START.search(data, at + 1)
        return None

    def _skip(self, size: int) -> None:
        if size:
            offset = self._window.offset
            self.skips.add(self._side, offset, size, self._window.drop(size))
