"""The MAC of records that no AEAD cipher seals: HMAC since TLS 1.0, SSL 3.0's own before."""

from __future__ import annotations

import hmac
from typing import Protocol

from analyzer.tls.schedule import HASHES, digest, hash_size

TRUNCATED = 10  # bytes that the truncated_hmac extension leaves (RFC 6066 section 7)


class RecordMac(Protocol):
    """A keyed MAC over one record.

    Attributes:
        size: bytes that it adds to a record.
    """

    size: int

    def matches(self, header: bytes, content: bytes, mac: bytes) -> bool:
        """The MAC is that of the content under `aead_openers.mac_header`'s 13 bytes."""


class Hmac:
    """HMAC over header and content (RFC 5246 section 6.2.3.1); `size` may cut it short."""

    __slots__ = ("_algorithm", "_key", "size")

    def __init__(self, name: str, key: bytes, *, truncated: bool) -> None:
        self._algorithm = HASHES[name]
        self._key = key
        self.size = TRUNCATED if truncated else hash_size(name)

    def matches(self, header: bytes, content: bytes, mac: bytes) -> bool:
        """The MAC is the HMAC of header and content."""
        return hmac.digest(self._key, header + content, self._algorithm)[: self.size] == mac


class Ssl3Mac:
    """SSL 3.0's nested hash, which leaves the version out (RFC 6101 section 5.2.3.1)."""

    __slots__ = ("_inner", "_name", "_outer", "size")

    def __init__(self, name: str, key: bytes) -> None:
        pad = 48 if name == "MD5" else 40
        self._name = name
        self._inner = key + b"\x36" * pad
        self._outer = key + b"\x5c" * pad
        self.size = hash_size(name)

    def matches(self, header: bytes, content: bytes, mac: bytes) -> bool:
        """The MAC is the nested hash of the header without its version, and the content."""
        inner = digest(self._name, self._inner + header[:9] + header[11:] + content)
        return digest(self._name, self._outer + inner) == mac


class NoMac:
    """Of the suite that every connection begins with, TLS_NULL_WITH_NULL_NULL: nothing is checked."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0

    def matches(self, header: bytes, content: bytes, mac: bytes) -> bool:  # noqa: ARG002
        """Always."""
        return True
