"""Openers of records under a stream cipher, or under none (RFC 5246 section 6.2.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.tls.aead_openers import mac_header

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

    from analyzer.tls.record_mac import RecordMac


class NullOpener:
    """Opens records that are not encrypted, only protected by a MAC.

    Attributes:
        sequence: number of the next record; settable.
    """

    __slots__ = ("_mac", "overhead", "sequence")

    def __init__(self, mac: RecordMac) -> None:
        self._mac = mac
        self.overhead = mac.size
        self.sequence = 0

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if its MAC does not verify."""
        size = len(body) - self._mac.size
        if size < 0:
            return None
        content = body[:size]
        header = mac_header(self.sequence, record_type, version, size)
        if not self._mac.matches(header, content, body[size:]):
            return None
        self.sequence += 1
        return record_type, content


class StreamOpener(NullOpener):
    """Opens records under a stream cipher that runs on from record to record (RC4).

    The keystream is made first and kept until a record was opened with it, so that a record which does
    not verify leaves the opener as it was.

    Attributes:
        sequence: number of the next record; settable, but no record can be opened after a lost one.
    """

    __slots__ = ("_cipher", "_keystream")

    def __init__(self, cipher: CipherContext, mac: RecordMac) -> None:
        super().__init__(mac)
        self._cipher = cipher
        self._keystream = b""

    def open(self, record_type: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Content type and plaintext of a record body, or None if its MAC does not verify."""
        size = len(body)
        missing = size - len(self._keystream)
        if missing > 0:
            self._keystream += self._cipher.update(bytes(missing))
        mask = int.from_bytes(self._keystream[:size], "big")
        plain = (int.from_bytes(body, "big") ^ mask).to_bytes(size, "big")
        opened = super().open(record_type, version, plain)
        if opened is not None:
            self._keystream = self._keystream[size:]
        return opened
