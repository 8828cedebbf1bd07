"""The nonce that an AES-GCM tag was made with, computed from the key: no sequence number needs to be guessed.

The tag is GHASH(data) xor E(nonce || 1) (NIST SP 800-38D section 7.1). GHASH does not depend on the nonce,
so the library gives it under any nonce, and what is left is one block that the key decrypts.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

_TAG = 16
_NONCE = bytes(12)
_COUNTER = b"\0\0\0\1"


class NonceOfTag:
    """The nonces under one key. It never shows the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key  # most keys are never asked

    def find(self, data: bytes, associated_data: bytes) -> bytes | None:
        """The nonce of ciphertext and tag; None where the tag is of no nonce under this key.

        One in 2**32 wrong keys gives a nonce; opening the record under it tells.
        """
        aead = AESGCM(self._key)
        block = Cipher(AES(self._key), ECB())  # noqa: S305 (single blocks are what it is for)
        sealed, tag = data[:-_TAG], data[-_TAG:]
        keystream = aead.encrypt(_NONCE, bytes(len(sealed)), associated_data)[:-_TAG]
        plain = _xor(sealed, keystream)
        own_tag = aead.encrypt(_NONCE, plain, associated_data)[-_TAG:]
        first = block.encryptor().update(_NONCE + _COUNTER)
        counter = block.decryptor().update(_xor(_xor(tag, own_tag), first))
        return counter[:12] if counter[12:] == _COUNTER else None


def _xor(one: bytes, other: bytes) -> bytes:
    joined = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return joined.to_bytes(len(one), "big")
