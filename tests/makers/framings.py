"""The forms in which an inner TLS lies in other bytes, and real sessions wrapped in them."""

from __future__ import annotations

import ssl
from itertools import zip_longest

from analyzer.stream import Chunk, Side
from tests.makers.vendor import Wrap, chunks, tls_session

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

BARE = Wrap()
FORMS = {
    "bare": BARE,
    "4-byte header per record, big-endian length": Wrap(4, 0, 4, "big"),
    "4-byte header per record, little-endian length": Wrap(4, 0, 4, "little"),
    "2-byte header per record, big-endian length": Wrap(2, 0, 2, "big", 2),
    "3-byte header per record, little-endian length": Wrap(3, 0, 3, "little", 3),
    "8-byte header per record, big-endian length": Wrap(8, 4, 4, "big"),
    "16-byte header per record, little-endian length": Wrap(16, 2, 2, "little", 16),
    "12-byte header per record": Wrap(12),
    "1-byte header per record": Wrap(1),
    "4-byte header per message, big-endian length": Wrap(4, 0, 4, "big", unit="message"),
    "2-byte header per message, little-endian length": Wrap(2, 0, 2, "little", unit="message"),
    "6-byte header per message, big-endian length": Wrap(6, 2, 4, "big", 4, unit="message"),
    "24-byte header per message, little-endian length": Wrap(
        24, 8, 4, "little", 24, unit="message"
    ),
}
CUT = {
    "4-byte header per message, big-endian length": Wrap(4, 0, 4, "big", longest=100),
    "2-byte header per message, little-endian length": Wrap(2, 0, 2, "little", 2, longest=37),
    "8-byte header per message, little-endian length": Wrap(
        8, 4, 4, "little", unit="message", longest=64
    ),
    "3-byte header per message, big-endian length": Wrap(3, 0, 3, "big", longest=3),
    "4-byte header per message, little-endian length": Wrap(4, 2, 2, "little", longest=1),
}
VENDOR = (b"SERVER VERSION 2.09.07.02\0", b"client sdk Pkcs11:5.2-1-bionic\0\1\2\3")


class Wrapped:
    """A session's flights wrapped in one form, with vendor bytes before and between."""

    def __init__(
        self, wrap, version=TLS12, *, refused=False, before=(b"", b""), between=b"", foreign=b""
    ):
        self.tls = [b"", b""]
        self.plain = [b"", b""]
        self.vendor = [[], []]
        for side, flights in enumerate(tls_session(version, refused=refused)):
            self._add_vendor(side, before[side])
            for number, (message, places) in enumerate(wrap.wrapped(flights)):
                if number and between and wrap.width:
                    self._add_vendor(side, wrap.message(between))
                if number and foreign:
                    self._add_vendor(side, foreign)
                at = 0
                for start, end in places:
                    self._add_vendor(side, message[at:start])
                    self.tls[side] += message[start:end]
                    self.plain[side] += message[start:end]
                    at = end
                self._add_vendor(side, message[at:])

    def _add_vendor(self, side, data):
        if not data:
            return
        start = len(self.plain[side])
        self.plain[side] += data
        if self.vendor[side] and sum(self.vendor[side][-1]) == start:
            start, length = self.vendor[side].pop()
            self.vendor[side].append((start, length + len(data)))
        else:
            self.vendor[side].append((start, len(data)))


def run(framing, events):
    out = [lower for event in events for lower in framing.feed(event)]
    return out + list(framing.finish())


def bytes_of(events):
    sides = [b"", b""]
    for event in events:
        if isinstance(event, Chunk):
            sides[event.side] += event.data
    return sides


def skipped_of(framing):
    return [
        [(entry.offset, entry.length) for entry in framing.skipped if entry.side is side]
        for side in Side
    ]


def interleaved(wrapped, order="alternating", cuts=((), ())):
    client, server = (chunks(side, wrapped.plain[side], cuts[side]) for side in Side)
    if order == "client first":
        return client + server
    if order == "server first":
        return server + client
    return [event for pair in zip_longest(client, server) for event in pair if event]
