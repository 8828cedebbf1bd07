"""The nonce that an AES-GCM tag was made with, computed from the key: no sequence number needs to be guessed.

The tag is GHASH(data) xor E(nonce || 1) (NIST SP 800-38D section 7.1). GHASH does not depend on the nonce,
so the library gives it under any nonce, and what is left is one block that the key decrypts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

_TAG = 16
_NONCE = bytes(12)
_COUNTER = b"\0\0\0\1"


class _Ciphers(NamedTuple):
    """What one key is asked with; to make it takes three times as long as to ask.

    Attributes:
        decrypt: one block. first: the block of counter 1 under the nonce of zeros, encrypted.
    """

    aead: AESGCM
    decrypt: Callable[[bytes], bytes]
    first: bytes

    @classmethod
    def of(cls, key: bytes) -> Self:
        block = Cipher(AES(key), ECB())  # noqa: S305 (single blocks are what it is for)
        first = block.encryptor().update(_NONCE + _COUNTER)
        return cls(AESGCM(key), block.decryptor().update, first)


class NonceOfTag:
    """The nonces under one key. It never shows the key."""

    __slots__ = ("_ask", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._ask: _Ciphers | None = None  # most keys are never asked

    def find(self, data: bytes, associated_data: bytes) -> bytes | None:
        """The nonce of ciphertext and tag; None where the tag is of no nonce under this key.

        One in 2**32 wrong keys gives a nonce; opening the record under it tells.
        """
        if self._ask is None:
            self._ask = _Ciphers.of(self._key)
        aead, decrypt, first = self._ask
        sealed, tag = data[:-_TAG], data[-_TAG:]
        keystream = aead.encrypt(_NONCE, bytes(len(sealed)), associated_data)[:-_TAG]
        plain = _xor(sealed, keystream)
        own_tag = aead.encrypt(_NONCE, plain, associated_data)[-_TAG:]
        counter = decrypt(_xor(_xor(tag, own_tag), first))
        return counter[:12] if counter[12:] == _COUNTER else None


def _xor(one: bytes, other: bytes) -> bytes:
    joined = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return joined.to_bytes(len(one), "big")
