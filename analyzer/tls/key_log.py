"""Key logs: the text that TLS stacks write under SSLKEYLOGFILE (RFC 9850), and its older relatives.

A key log of a busy host has a million lines, of which a capture needs a few. So the text stays as it
is and only an index is made: eight bytes a line, sorted, found by bisection.
"""

from __future__ import annotations

import re
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
_DIGITS = {label.encode(): digits for label, digits in LABELS.items()}

# One line. Lines end with LF, CR or CRLF; blank ones match nothing.
_LINE = re.compile(
    rb"([A-Z][A-Z0-9_]*) ([0-9A-Fa-f]{64}) ([0-9A-Fa-f]+)[ \t]*(?=[\r\n]|\Z)"
    rb"|(?P<rsa>RSA ([0-9A-Fa-f]{16}) ([0-9A-Fa-f]{96})[ \t]*(?=[\r\n]|\Z))"
    rb"|(?P<session>RSA Session-ID:((?:[0-9A-Fa-f]{2}){0,32}) Master-Key:([0-9A-Fa-f]{96})[ \t]*(?=[\r\n]|\Z))"
    rb"|(?P<comment>[ \t]*#[^\r\n]*|[ \t]+(?=[\r\n]|\Z))"
    rb"|(?P<broken>[^\r\n]+)"
)
_END_OF_LINE = re.compile(rb"\r\n?|\n")

# An index entry is the first 3 bytes of the client random and the line's offset, in one 64-bit int.
_OFFSET_BITS = 40
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1

# What holds a line of every label but ECH's and the first bytes of the next line.
_USUAL_LINE = 256
_WORDS = 4  # label, client random, secret, and what is behind the line

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
    """The text of one or more key logs, indexed by client random."""

    __slots__ = ("_index", "_text", "masters", "premasters")

    def __init__(self) -> None:
        self._text = b""
        self._index = array("Q")
        # Master secrets by session ID, premaster secrets by the first 8 bytes of their encrypted form.
        self.masters: dict[bytes, bytes] = {}
        self.premasters: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        """Bytes of text."""
        return len(self._text)

    def add(self, text: bytes, name: str) -> KeyLogSummary:
        """Takes more lines; whole ones, or up to a last line that was cut short."""
        base = len(self._text) + 1 if self._text else 0
        index: list[int] = []
        ignored = broken = 0
        told: list[int] = []
        line, counted = 1, 0
        session_lines = 0
        for match in _LINE.finditer(text):
            kind = match.lastgroup
            if kind is None:
                label, client_random, secret = match.group(1, 2, 3)
                digits = _DIGITS.get(label)
                if digits is None:
                    ignored += 1
                    continue
                if len(secret) in digits:
                    index.append(int(client_random[:6], 16) << _OFFSET_BITS | base + match.start())
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
            self._text = self._text + b"\n" + text if self._text else text
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
        index, text = self._index, self._text
        digits = client_random.hex().encode("ascii")
        for at in range(bisect_left(index, prefix), len(index)):
            entry = index[at]
            if entry > last:
                break
            # The words of a line that was matched when it was added: a third of matching it again.
            begin = entry & _OFFSET_MASK
            words = text[begin : begin + _USUAL_LINE].split(None, 3)
            if len(words) < _WORDS:  # it is longer, or the last one
                label, found, secret = self._line(entry)
                if found == client_random:
                    yield label, secret
            elif words[1].lower() == digits:
                yield words[0].decode("ascii"), unhexlify(words[2])

    def __iter__(self) -> Iterator[tuple[str, bytes, bytes]]:
        """(label, client random, secret) of every line, in no particular order."""
        return map(self._line, self._index)

    def _line(self, entry: int) -> tuple[str, bytes, bytes]:
        match = _LINE.match(self._text, entry & _OFFSET_MASK)
        assert match
        return match[1].decode("ascii"), unhexlify(match[2]), unhexlify(match[3])
