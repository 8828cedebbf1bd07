"""The nonce that an AES-GCM tag was made with, computed from the key: no sequence number needs to be guessed.

The tag is GHASH(header, data) xor E(nonce || 1) (NIST SP 800-38D section 7.1). GHASH does not depend on the nonce, so
what is left is one block that the key decrypts. The library gives GHASH of what it is to authenticate only, under any
nonce: header and data together are given it as such, and the lengths, which GHASH takes in last, are put right. That is
one call for a record, a third of what it takes to encrypt the data anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

_TAG = 16
_BLOCK = 16
_NONCE = bytes(12)
_COUNTER = b"\0\0\0\1"
_WHOLE = (1 << 128) - 1
_SUBKEY, _FIRST = 127, -1  # keys of `_Products` beside the places of bits


class _Products(dict[int, int]):
    """What blocks of one bit contribute, by its place: the hash subkey times that bit, made when it is asked for.

    At `_FIRST` stands what the block of counter 1 under the nonce of zeros is encrypted to.
    """

    def __missing__(self, bit: int) -> int:
        power = _SUBKEY - bit
        half = _times(self[_SUBKEY], power // 2)
        product = self[bit] = _times(half, power - power // 2)
        return product


class _Ciphers(NamedTuple):
    """What one key is asked with; to make it takes as long as to ask ten times.

    Attributes:
        decrypt: one block. products: see there.
    """

    aead: AESGCM
    decrypt: Callable[[bytes], bytes]
    products: _Products

    @classmethod
    def of(cls, key: bytes) -> Self:
        block = Cipher(AES(key), ECB())  # noqa: S305 (single blocks are what it is for)
        made = block.encryptor().update(bytes(_BLOCK) + _NONCE + _COUNTER)
        subkey, first = (int.from_bytes(made[at : at + _BLOCK], "big") for at in (0, _BLOCK))
        products = _Products({_SUBKEY: subkey, _FIRST: first})
        return cls(AESGCM(key), block.decryptor().update, products)


class NonceOfTag:
    """The nonces under one key. It never shows the key."""

    __slots__ = ("_ask", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._ask: _Ciphers | None = None  # most keys are never asked

    def find(self, data: bytes, associated_data: bytes) -> bytes | None:
        """The nonce of ciphertext and tag of one record; None where the tag is of no nonce under this key.

        One in 2**32 wrong keys gives a nonce; opening the record under it tells.
        """
        if self._ask is None:
            self._ask = _Ciphers.of(self._key)
        aead, decrypt, products = self._ask
        hashed, tag, bits = _prepared(data, associated_data)
        block = tag ^ int.from_bytes(aead.encrypt(_NONCE, b"", hashed), "big")
        for bit in bits:
            block ^= products[bit]
        counter = decrypt(block.to_bytes(_BLOCK, "big"))
        return counter[:12] if counter[12:] == _COUNTER else None


def _times(value: int, power: int) -> int:
    """The element of GHASH's field (first bit first) times x to a power of 121 at most."""
    over = value << (128 - power) & _WHOLE  # what leaves at x^127; x^128 is x^7 + x^2 + x + 1
    return value >> power ^ over ^ over >> 1 ^ over >> 2 ^ over >> 7


@lru_cache(maxsize=1)  # one record is asked of thousands of keys
def _prepared(data: bytes, header: bytes) -> tuple[bytes, int, tuple[int, ...]]:
    """What is hashed in place of header and ciphertext, the tag, and the keys of the `products` that put it right."""
    sealed, tag = data[:-_TAG], data[-_TAG:]
    hashed = header + bytes(-len(header) % _BLOCK) + sealed + bytes(-len(sealed) % _BLOCK)
    lengths = len(header) << 67 | len(sealed) << 3
    wrong = lengths ^ len(hashed) << 67
    bits = (_FIRST, *(bit for bit in range(wrong.bit_length()) if wrong >> bit & 1))
    return hashed, int.from_bytes(tag, "big"), bits
