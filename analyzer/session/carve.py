"""The last resort: certificates in plaintext of which no TLS could be made.

A certificate has a shape of its own, three nested DER lengths that agree (RFC 5280 section 4.1):

    SEQUENCE { SEQUENCE tbsCertificate, SEQUENCE signatureAlgorithm, BIT STRING signatureValue }

and then it parses as one. Where that is so in either direction it is told with its place; nothing is
concluded from it.
"""

from __future__ import annotations

import re
import sys

from analyzer.session.certificates import parse_certificate, x509_of
from analyzer.session.facts import Carved
from analyzer.session.scan import SEALED, sealed_record
from analyzer.stream import CLIENT, SERVER, Chunk, Gap, Side, Span, StreamEvent, spanning
from analyzer.tls.records import Fields
from analyzer.values import dataclass

_SEQUENCE, _BIT_STRING = 0x30, 0x03

# Two SEQUENCEs, one in the other, with lengths of one or two bytes: tbsCertificate has over 127 bytes,
# as a public key and a validity alone have more than half of that.
_SHAPE = re.compile(
    rb"\x30(?:\x82[\x01-\xff].\x30[\x81\x82]..|\x81[\x80-\xff]\x30\x81..)", re.DOTALL
)
_SHAPE_SIZE = 8
# How it begins: searched for in half the time, and seldom found in bytes that hold no certificate.
_BEGINNING = re.compile(rb"\x30[\x81\x82]")
_LONGEST_HEADER = 4


@dataclass(frozen=True, slots=True)
class CarveLimits:
    """Ceilings per side.

    Attributes:
        searched: how many bytes from the first on are searched; handshakes come early.
        together: how many are searched at once, which costs less than chunk by chunk.
        found: how many certificates are told.
    """

    searched: int = 1 << 20
    together: int = 1 << 14
    found: int = 64


_LIMITS = CarveLimits()


class Carver:
    """Certificates in the plaintext of one level.

    Args:
        level: whose plaintext it is, 0 for the outer TLS.

    Attributes:
        feeds: per side, takes its next event; across a gap no certificate goes on. A chunk that is a whole record of
            application data is not searched: it is sealed. Its parts are returned, so that nobody need take it apart again.
    """

    def __init__(self, level: int, limits: CarveLimits | None = None) -> None:
        limits = limits or _LIMITS
        self._lanes = (_Lane(CLIENT, level, limits), _Lane(SERVER, level, limits))
        self.feeds = (self._lanes[CLIENT].feed, self._lanes[SERVER].feed)

    def finish(self) -> list[Carved]:
        """The certificates found, the client's first, each side's in the order of its bytes."""
        for lane in self._lanes:
            lane.search()
        return [carved for lane in self._lanes for carved in lane.found]


class _Lane:
    """One side. Bytes wait together until they are searched, and on while a certificate may begin in them."""

    def __init__(self, side: Side, level: int, limits: CarveLimits) -> None:
        self.found: list[Carved] = []
        self._side = side
        self._level = level
        self._limits = limits
        self._waiting: list[Chunk] = []  # without a hole
        self._offset = 0  # where they begin
        self._end = 0  # of all bytes so far
        self._search_at = limits.together

    def feed(self, event: StreamEvent) -> Fields | None:
        if type(event) is Chunk:
            data = event[1]
            # Most bytes of the outer plaintext are in such records. To search 20 KB of them took 80,000 instructions a
            # connection.
            if data[:2] == SEALED:
                record = sealed_record(data, event[2])
                if record:
                    self._end += len(data)
                    self._begin_anew()
                    return record
            end = self._end
            if end >= self._limits.searched:
                return None
            self._end = end = end + len(data)
            self._waiting.append(event)
            if end - self._offset >= self._search_at:
                self._drop(self.search())
                self._search_at = self._end - self._offset + self._limits.together
        elif isinstance(event, Gap):
            self._end += event.size or 0
            self._begin_anew()
        return None

    def _begin_anew(self) -> None:
        """No certificate goes on from what waits in what will come."""
        if self._waiting:
            self.search()
            self._waiting.clear()
        self._offset = self._end

    def search(self) -> int:
        """Look through the bytes that wait; from where on one may still begin in them."""
        waiting = self._waiting
        data = waiting[0][1] if len(waiting) == 1 else b"".join([chunk[1] for chunk in waiting])
        at = 0 if len(self.found) < self._limits.found else len(data)
        while len(self.found) < self._limits.found:
            first = _BEGINNING.search(data, at)
            match = first and _SHAPE.search(data, first.start())
            if match is None:
                at = max(at, len(data) - _SHAPE_SIZE + 1)
                break
            at = match.start()
            end = _end_of(data, at)
            if end > len(data):
                break  # the rest is still to come
            if end and x509_of(der := data[at:end]) is not None:
                offset, frames = self._offset + at, self._frames(at, end)
                certificate = parse_certificate(der)
                self.found.append(Carved(self._side, self._level, offset, certificate, frames))
                at = end
            else:
                at += 1
        return at

    def _frames(self, start: int, end: int) -> Span:
        """The frames that the bytes from `start` to `end` of those that wait came in."""
        spans = []
        at = 0
        for chunk in self._waiting:
            if at >= end:
                break
            begun, at = at, at + len(chunk.data)
            if at > start and begun < at:
                spans.append(chunk.at)
        return spanning(spans)

    def _drop(self, size: int) -> None:
        """Forget the first `size` bytes of those that wait."""
        self._offset += size
        waiting = self._waiting
        gone = 0
        while gone < len(waiting) and len(waiting[gone].data) <= size:
            size -= len(waiting[gone].data)
            gone += 1
        del waiting[:gone]
        if size:
            side, data, at = waiting[0]
            waiting[0] = Chunk(side, data[size:], at)


def _end_of(data: bytes, at: int) -> int:
    """Where the certificate that may begin at `at` ends; 0 where the lengths do not agree, as far as seen."""
    contents, end = _element(data, at)
    _, at = _element(data, contents)
    for tag in (_SEQUENCE, _BIT_STRING):
        if at + _LONGEST_HEADER > len(data):
            return end if at < end else 0
        if data[at] != tag:
            return 0
        _, at = _element(data, at)
    return end if at == end else 0


def _element(data: bytes, at: int) -> tuple[int, int]:
    """Where the contents of the DER element at `at` begin and end (X.690 section 8.1.3)."""
    length = data[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    if length == 0x81:
        return at + 3, at + 3 + data[at + 2]
    if length == 0x82:
        return at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
    return at, sys.maxsize  # no part of a certificate is longer than 64 KiB
