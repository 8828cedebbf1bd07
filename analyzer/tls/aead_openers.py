"""Openers of AEAD-protected records: TLS 1.3, and the AEAD suites of TLS 1.2.

One AEAD object is kept per direction and its one-shot `decrypt` is called per record: making the object
costs as much as a small record, and the streaming interface three to seven times a one-shot call.
"""

from __future__ import annotations

import hmac
import struct
from typing import Protocol

from cryptography.exceptions import InvalidTag

from analyzer.tls.gcm_nonce import NonceOfTag
from analyzer.tls.schedule import HASHES, hash_size

_APPLICATION_DATA = 23
_SEQUENCES = 1 << 64
_HEADER = struct.Struct(">BHH").pack
_MAC_HEADER = struct.Struct(">QBHH").pack


class Aead(Protocol):
    """A keyed AEAD algorithm, in the form of cryptography's one-shot classes."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext of ciphertext and tag; raises InvalidTag."""


class Tls13Opener:
    """Opens TLS 1.3 records of one direction and one traffic secret (RFC 8446 section 5.2).

    Args:
        aead: keyed.
        iv: of the traffic secret.
        tag: its bytes.
        nonces: finds the nonce of a tag, for a cipher that allows it.

    Attributes:
        sequence: number of the next record; settable, for a reader that knows of lost records.
    """

    __slots__ = ("_decrypt", "_iv", "_iv_size", "_nonces", "overhead", "sequence")

    def __init__(self, aead: Aead, iv: bytes, tag: int, nonces: NonceOfTag | None = None) -> None:
        self._decrypt = aead.decrypt
        self._nonces = nonces
        self._iv = int.from_bytes(iv, "big")
        self._iv_size = len(iv)
        self.overhead = tag + 1
        self.sequence = 0

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Inner content type and plaintext of a record body, or None if its tag does not verify.

        The type is 0 where the plaintext is nothing but padding, which no peer may send.
        """
        size = len(body)
        if record_type != _APPLICATION_DATA or size < self.overhead:
            return None
        header = _HEADER(_APPLICATION_DATA, version, size)
        try:
            nonce = (self._iv ^ self.sequence).to_bytes(self._iv_size, "big")
            plain = self._decrypt(nonce, body, header)
        except InvalidTag:
            return None
        self.sequence += 1
        kind = plain[-1]
        if kind:
            return kind, plain[:-1]
        plain = plain.rstrip(b"\x00")
        return (plain[-1], plain[:-1]) if plain else (0, b"")

    @property
    def finds_sequences(self) -> bool:
        """`sequence_of` gives an answer."""
        return self._nonces is not None

    def sequence_of(self, version: int, body: bytes) -> int | None:
        """The sequence number that a record was sealed with; None where it was under another key."""
        size = len(body)
        if self._nonces is None or size < self.overhead:
            return None
        header = _HEADER(_APPLICATION_DATA, version, size)
        nonce = self._nonces.find(body, header)
        sequence = None if nonce is None else self._iv ^ int.from_bytes(nonce, "big")
        return sequence if sequence is not None and sequence < _SEQUENCES else None


class ExplicitNonceOpener:
    """Opens TLS 1.2 records whose nonce is a fixed salt and eight bytes of the record (RFC 5288, RFC 6655).

    Attributes:
        sequence: number of the next record; settable.
    """

    __slots__ = ("_decrypt", "_salt", "_tag", "overhead", "sequence")

    def __init__(self, aead: Aead, salt: bytes, tag: int) -> None:
        self._decrypt = aead.decrypt
        self._salt = salt
        self._tag = tag
        self.overhead = tag + 8
        self.sequence = 0

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if its tag does not verify."""
        size = len(body) - self.overhead
        if size < 0:
            return None
        header = _MAC_HEADER(self.sequence, record_type, version, size)
        try:
            plain = self._decrypt(self._salt + body[:8], body[8:], header)
        except InvalidTag:
            return None
        self.sequence += 1
        return record_type, plain


class SequenceNonceOpener:
    """Opens TLS 1.2 records whose nonce is an IV combined with the sequence number (RFC 7905 section 2).

    Attributes:
        sequence: number of the next record; settable.
    """

    __slots__ = ("_decrypt", "_iv", "overhead", "sequence")

    def __init__(self, aead: Aead, iv: bytes, tag: int) -> None:
        self._decrypt = aead.decrypt
        self._iv = int.from_bytes(iv, "big")
        self.overhead = tag
        self.sequence = 0

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if its tag does not verify."""
        size = len(body) - self.overhead
        if size < 0:
            return None
        header = _MAC_HEADER(self.sequence, record_type, version, size)
        try:
            plain = self._decrypt((self._iv ^ self.sequence).to_bytes(12, "big"), body, header)
        except InvalidTag:
            return None
        self.sequence += 1
        return record_type, plain


class IntegrityOnly:
    """The AEAD of TLS 1.3's suites without encryption: an HMAC behind the plaintext (RFC 9150 section 6)."""

    __slots__ = ("_algorithm", "_key", "_size")

    def __init__(self, name: str, key: bytes) -> None:
        self._algorithm = HASHES[name]
        self._key = key
        self._size = hash_size(name)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext before the HMAC; raises InvalidTag."""
        plain, tag = data[: -self._size], data[-self._size :]
        covered = nonce + (associated_data or b"") + plain
        if hmac.digest(self._key, covered, self._algorithm) != tag:
            raise InvalidTag
        return plain


def mac_header(sequence: int, record_type: int, version: int, size: int) -> bytes:
    """What a MAC or tag covers beside the plaintext of `size` bytes (RFC 5246 section 6.2.3.1)."""
    return _MAC_HEADER(sequence, record_type, version, size)
