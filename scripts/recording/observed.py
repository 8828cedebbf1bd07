"""What a peer's own OpenSSL says that it sent and took, by its message callback.

The facts of a recording come from here and from the case's table: never from reading the capture.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
CLOSE_NOTIFY = 0
_ALERT, _HANDSHAKE = 21, 22
_VERSIONS = {0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_SUPPORTED_VERSIONS = 43
_ORDER = itertools.count()


@dataclass(frozen=True)
class Said:
    """A handshake message (with its header) or an alert.

    Attributes:
        order: counts over all peers of the process, so in the order of time.
    """

    order: int
    written: bool
    type: int
    data: bytes


@dataclass
class Observed:
    """One peer at one level.

    What the inner TLS writes goes to memory first and counts from when it is `sent`.

    Attributes:
        completed: its `do_handshake` returned.
    """

    messages: list[Said] = field(default_factory=list)
    alerts: list[Said] = field(default_factory=list)
    completed: bool = False
    _unsent: list[tuple[list[Said], Said]] = field(default_factory=list)

    def watch(self, context: ssl.SSLContext, *, in_memory: bool) -> None:
        """Note down what `context` sends and takes; `in_memory`: to and from memory."""

        def note(_: Any, direction: str, __: Any, content_type: int, ___: Any, data: bytes) -> None:
            kinds = {_HANDSHAKE: (self.messages, 0), _ALERT: (self.alerts, 1)}
            if int(content_type) not in kinds:
                return
            kept, at = kinds[int(content_type)]
            said = Said(next(_ORDER), direction == "write", data[at], data)
            if in_memory and said.written:
                self._unsent.append((kept, said))
            else:
                kept.append(said)

        context._msg_callback = note  # type: ignore[attr-defined]  # noqa: SLF001

    def sent(self) -> None:
        """What was written to memory went out."""
        for kept, said in self._unsent:
            kept.append(said)
        self._unsent.clear()

    def dropped(self) -> None:
        """What was written to memory never goes out."""
        self._unsent.clear()

    def other_end(self) -> Observed:
        """What the other end said, as this one heard it."""
        return Observed(
            [replace(m, written=True) for m in self.messages if not m.written],
            [replace(a, written=True) for a in self.alerts if not a.written],
        )

    def written(self, kind: int) -> Said | None:
        """The last message of this type that the peer sent."""
        return self._last(kind, written=True)

    def taken(self, kind: int) -> Said | None:
        """The last message of this type that the peer read."""
        return self._last(kind, written=False)

    def _last(self, kind: int, *, written: bool) -> Said | None:
        found = [m for m in self.messages if m.type == kind and m.written is written]
        return found[-1] if found else None


def agreed(hello: bytes) -> tuple[str, str]:
    """Version and suite of a ServerHello: `TLS 1.2`, IANA name (RFC 8446 section 4.1.3)."""
    version = int.from_bytes(hello[4:6])
    at = 4 + 2 + 32
    at += 1 + hello[at]
    suite = int.from_bytes(hello[at : at + 2])
    at += 3
    end = at + 2 + int.from_bytes(hello[at : at + 2]) if at < len(hello) else at
    at += 2
    while at < end:
        kind, size = int.from_bytes(hello[at : at + 2]), int.from_bytes(hello[at + 2 : at + 4])
        if kind == _SUPPORTED_VERSIONS:
            version = int.from_bytes(hello[at + 4 : at + 6])
        at += 4 + size
    return _VERSIONS[version], suite_names()[suite]


def presented(message: bytes, version: str) -> list[str]:
    """SHA-256 of each certificate in a Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2)."""
    return list(_presented(message, tls13=version == "TLS 1.3"))


def _presented(message: bytes, *, tls13: bool) -> Iterator[str]:
    at = 4 + (1 + message[4] if tls13 else 0)
    end = at + 3 + int.from_bytes(message[at : at + 3])
    at += 3
    while at < end:
        size = int.from_bytes(message[at : at + 3])
        yield hashlib.sha256(message[at + 3 : at + 3 + size]).hexdigest()
        at += 3 + size
        if tls13:
            at += 2 + int.from_bytes(message[at : at + 2])


@functools.cache
def suite_names() -> dict[int, str]:
    """Number -> IANA name of every suite that the installed OpenSSL knows."""
    command = ["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    names = {}
    for line in lines:
        number, _, name, *_ = line.split()
        high, low = number.split(",")
        names[int(high, 16) << 8 | int(low, 16)] = name
    return names
