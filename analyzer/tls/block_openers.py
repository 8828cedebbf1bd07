"""Openers of records that a block cipher seals in CBC mode (RFC 5246 section 6.2.3.2).

There are two orders (MAC, then encryption; or, by RFC 7366, encryption, then MAC) and two places for
the IV (the end of the record before, until TLS 1.0; the record's own first block since TLS 1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from analyzer.tls.aead_openers import mac_header

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm

    from analyzer.tls.record_mac import RecordMac


class CbcOpener:
    """Opens records whose MAC was encrypted with the content.

    Args:
        algorithm: the block cipher, keyed.
        mac: the MAC, keyed.
        iv: of the first record; empty where every record brings its own.
        strict_padding: every padding byte must say the padding's length (TLS, not SSL 3.0).

    Attributes:
        sequence: number of the next record; settable. Without records' own IVs a record can be opened
            only if the one before it was.
    """

    __slots__ = ("_algorithm", "_block", "_iv", "_mac", "_strict_padding", "overhead", "sequence")

    def __init__(
        self, algorithm: BlockCipherAlgorithm, mac: RecordMac, iv: bytes, *, strict_padding: bool
    ) -> None:
        self._algorithm = algorithm
        self._block = algorithm.block_size // 8
        self._mac = mac
        self.overhead = mac.size + 1  # and more padding
        self._iv = iv
        self._strict_padding = strict_padding
        self.sequence = 0

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if padding or MAC do not verify."""
        plain = self._decrypted(body)
        if plain is None:
            return None
        size = len(plain) - self._mac.size
        if size < 0:
            return None
        content = plain[:size]
        header = mac_header(self.sequence, record_type, version, size)
        if not self._mac.matches(header, content, plain[size:]):
            return None
        self._opened(body)
        return record_type, content

    def pass_over(self, body: bytes) -> None:
        """The next record stays closed; where records chain, the one behind it needs its last block."""
        if self._iv:
            self._iv = body[-self._block :]

    def _decrypted(self, data: bytes) -> bytes | None:
        """Decrypted and without padding; None where that cannot be what a peer encrypted."""
        iv = self._iv
        if not iv:
            iv, data = data[: self._block], data[self._block :]
        if not data or len(data) % self._block:
            return None
        decryptor = Cipher(self._algorithm, CBC(iv)).decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        padding = plain[-1] + 1
        if padding > len(plain):
            return None
        if self._strict_padding:
            if plain[-padding:] != plain[-1:] * padding:
                return None
        elif padding > self._block:
            return None
        return plain[:-padding]

    def _opened(self, encrypted: bytes) -> None:
        self.sequence += 1
        if self._iv:
            self._iv = encrypted[-self._block :]


class EncryptThenMacOpener(CbcOpener):
    """Opens records whose MAC covers what was encrypted (RFC 7366 section 3)."""

    __slots__ = ()

    def pass_over(self, body: bytes) -> None:
        """The next record stays closed; its last block stands before the MAC."""
        super().pass_over(body[: len(body) - self._mac.size])

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if MAC or padding do not verify."""
        size = len(body) - self._mac.size
        if size < 0:
            return None
        encrypted = body[:size]
        header = mac_header(self.sequence, record_type, version, size)
        if not self._mac.matches(header, encrypted, body[size:]):
            return None
        content = self._decrypted(encrypted)
        if content is None:
            return None
        self._opened(encrypted)
        return record_type, content
