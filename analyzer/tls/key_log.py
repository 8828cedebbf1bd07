"""Key logs: the text that TLS stacks write under SSLKEYLOGFILE (RFC 9850), and its older relatives.

A key log of a busy host has a million lines, of which a capture needs a few. So a line becomes no object: its bytes
stand behind those of the others, half as many as its digits, and an index is made, eight bytes a line, sorted, found by
bisection.
"""

from __future__ import annotations

import re
import struct
from array import array
from binascii import unhexlify
from bisect import bisect_left
from typing import TYPE_CHECKING

from analyzer.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

_MASTER = (96,)
_TRAFFIC = (64, 96, 128)  # outputs of the hashes that TLS 1.3 suites name
_ANY = range(2, 1 << 17, 2)

# Label -> how many hex digits its secret may have.
LABELS: Mapping[str, Container[int]] = {
    # RFC 9850 section 2.1
    "CLIENT_EARLY_TRAFFIC_SECRET": _TRAFFIC,
    "EARLY_EXPORTER_SECRET": _TRAFFIC,
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET": _TRAFFIC,
    "SERVER_HANDSHAKE_TRAFFIC_SECRET": _TRAFFIC,
    "CLIENT_TRAFFIC_SECRET_0": _TRAFFIC,
    "SERVER_TRAFFIC_SECRET_0": _TRAFFIC,
    "EXPORTER_SECRET": _TRAFFIC,
    # RFC 9850 section 2.2
    "CLIENT_RANDOM": _MASTER,
    # RFC 9850 section 2.3
    "ECH_SECRET": _ANY,
    "ECH_CONFIG": _ANY,
    # What stacks and Wireshark wrote before the RFC
    "EARLY_EXPORTER_MASTER_SECRET": _TRAFFIC,
    "PMS_CLIENT_RANDOM": _ANY,
}
_NAMES = tuple(LABELS)
_NUMBERS = {label.encode(): number for number, label in enumerate(_NAMES)}

# One line. Lines end with LF, CR or CRLF; blank ones match nothing.
_LINE = re.compile(
    rb"([A-Z][A-Z0-9_]*) ([0-9A-Fa-f]{64}) ([0-9A-Fa-f]+)[ \t]*(?=[\r\n]|\Z)"
    rb"|(?P<rsa>RSA ([0-9A-Fa-f]{16}) ([0-9A-Fa-f]{96})[ \t]*(?=[\r\n]|\Z))"
    rb"|(?P<session>RSA Session-ID:((?:[0-9A-Fa-f]{2}){0,32}) Master-Key:([0-9A-Fa-f]{96})[ \t]*(?=[\r\n]|\Z))"
    rb"|(?P<comment>[ \t]*#[^\r\n]*|[ \t]+(?=[\r\n]|\Z))"
    rb"|(?P<broken>[^\r\n]+)"
)
_END_OF_LINE = re.compile(rb"\r\n?|\n")

# A line as it is kept: the label's number, the secret's size; then the client random and the secret.
_HEAD = struct.Struct("<BH")
_HEAD_FIELDS = _HEAD.unpack_from
_RANDOM = 32
_BEFORE = _HEAD.size + _RANDOM
# Of nearly all lines, by label and number of digits.
_HEADS = {
    (label.encode(), digits): _HEAD.pack(number, digits >> 1)
    for number, label in enumerate(_NAMES)
    for digits in _TRAFFIC
    if digits in LABELS[label]
}

# An index entry is the first 3 bytes of the client random and the line's offset, in one 64-bit int.
_OFFSET_BITS = 40
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1

# How many numbers of broken lines are told; a file that is no key log at all has no end of them.
_TOLD = 20


@dataclass(frozen=True, slots=True)
class KeyLogSummary:
    """What was found in one key log. It holds no key bytes.

    Attributes:
        name: as the caller named it, usually a file name.
        used: lines that give a secret.
        ignored: lines of the right form whose label is not known.
        broken: lines of no known form.
        broken_lines: 1-based numbers of the first broken lines.
        complete: bytes up to the end of the last line that has one; whoever follows a growing file
            goes on reading there.
    """

    name: str
    used: int
    ignored: int
    broken: int
    broken_lines: tuple[int, ...]
    complete: int


class KeyLog:
    """The lines of one or more key logs, indexed by client random."""

    __slots__ = ("_index", "_lines", "masters", "premasters")

    def __init__(self) -> None:
        self._lines = bytearray()
        self._index = array("Q")
        # Master secrets by session ID, premaster secrets by the first 8 bytes of their encrypted form.
        self.masters: dict[bytes, bytes] = {}
        self.premasters: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        """Bytes of lines."""
        return len(self._lines)

    def add(self, text: bytes, name: str) -> KeyLogSummary:
        """Takes more lines; whole ones, or up to a last line that was cut short."""
        lines = self._lines
        index: list[int] = []
        ignored = broken = 0
        told: list[int] = []
        line, counted = 1, 0
        session_lines = 0
        for match in _LINE.finditer(text):
            kind = match.lastgroup
            if kind is None:
                label, client_random, secret = match.group(1, 2, 3)
                head = _HEADS.get((label, len(secret))) or _head(label, len(secret))
                if head:
                    index.append(int(client_random[:6], 16) << _OFFSET_BITS | len(lines))
                    lines += head
                    lines += unhexlify(client_random + secret)
                    continue
                if label not in _NUMBERS:
                    ignored += 1
                    continue
            elif kind == "comment":
                continue
            elif kind == "rsa":
                self.premasters[unhexlify(match[5])] = unhexlify(match[6])
                session_lines += 1
                continue
            elif kind == "session":
                self.masters[unhexlify(match[8])] = unhexlify(match[9])
                session_lines += 1
                continue
            broken += 1
            if len(told) < _TOLD:
                line += len(_END_OF_LINE.findall(text, counted, match.start()))
                counted = match.start()
                told.append(line)
        if index:
            self._index = array("Q", sorted([*self._index, *index]))
        return KeyLogSummary(
            name=name,
            used=len(index) + session_lines,
            ignored=ignored,
            broken=broken,
            broken_lines=tuple(told),
            complete=max(text.rfind(b"\n"), text.rfind(b"\r")) + 1,
        )

    def lookup(self, client_random: bytes) -> Iterator[tuple[str, bytes]]:
        """(label, secret) of the lines for a client random, in the order in which they were written."""
        prefix = int.from_bytes(client_random[:3], "big") << _OFFSET_BITS
        last = prefix | _OFFSET_MASK
        index, lines = self._index, self._lines
        for at in range(bisect_left(index, prefix), len(index)):
            entry = index[at]
            if entry > last:
                break
            begin = entry & _OFFSET_MASK
            start = begin + _BEFORE
            if lines[start - _RANDOM : start] == client_random:
                number, size = _HEAD_FIELDS(lines, begin)
                yield _NAMES[number], bytes(lines[start : start + size])

    def __iter__(self) -> Iterator[tuple[str, bytes, bytes]]:
        """(label, client random, secret) of every line, in no particular order."""
        return map(self._line, self._index)

    def _line(self, entry: int) -> tuple[str, bytes, bytes]:
        lines, begin = self._lines, entry & _OFFSET_MASK
        number, size = _HEAD_FIELDS(lines, begin)
        words = bytes(lines[begin + _HEAD.size : begin + _BEFORE + size])
        return _NAMES[number], words[:_RANDOM], words[_RANDOM:]


def _head(label: bytes, digits: int) -> bytes:
    """What a line of that many digits begins with here, nothing where they are not of that label."""
    number = _NUMBERS.get(label)
    known = number is not None and digits in LABELS[_NAMES[number]]
    return _HEAD.pack(number, digits >> 1) if known else b""
