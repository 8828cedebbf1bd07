"""Galois/Counter Mode (NIST SP 800-38D) over any block cipher of the library.

`cryptography` has GCM for AES and SM4 only. Camellia's block cipher it has, so this adds the mode. It is
some thousand times slower than the library's AES-GCM, and used for nothing else.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm

_TAG = 16
_REDUCTION = 0xE1 << 120  # x^128 + x^7 + x^2 + x + 1, first bit first


class Gcm:
    """GCM with 12-byte nonces and 16-byte tags, in the form of cryptography's one-shot AEAD classes."""

    __slots__ = ("_encryptor", "_products")

    def __init__(self, algorithm: BlockCipherAlgorithm) -> None:
        self._encryptor = Cipher(algorithm, ECB()).encryptor()  # noqa: S305 (the counter mode is made of it)
        self._products = _products(int.from_bytes(self._encryptor.update(bytes(16)), "big"))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plaintext of ciphertext and tag; raises InvalidTag."""
        size = len(data) - _TAG
        if size < 0:
            raise InvalidTag
        # One counter block for the tag and one for each block of data.
        blocks = (size + 15) // 16
        counters = b"".join(nonce + n.to_bytes(4, "big") for n in range(1, blocks + 2))
        keystream = self._encryptor.update(counters)
        tag = self._ghash(associated_data or b"", data[:size]) ^ int.from_bytes(
            keystream[:16], "big"
        )
        if not hmac.compare_digest(tag.to_bytes(16, "big"), data[size:]):
            raise InvalidTag
        mask = int.from_bytes(keystream[16 : 16 + size], "big")
        return (int.from_bytes(data[:size], "big") ^ mask).to_bytes(size, "big")

    def _ghash(self, associated_data: bytes, data: bytes) -> int:
        """GHASH of both and their lengths in bits (section 6.4)."""
        lengths = (len(associated_data) * 8 << 64 | len(data) * 8).to_bytes(16, "big")
        padded = associated_data + bytes(-len(associated_data) % 16) + data + bytes(-len(data) % 16)
        padded += lengths
        products = self._products
        value = 0
        for at in range(0, len(padded), 16):
            value ^= int.from_bytes(padded[at : at + 16], "big")
            product = 0
            for table, byte in zip(products, value.to_bytes(16, "big"), strict=True):
                product ^= table[byte]
            value = product
        return value


def _products(subkey: int) -> list[list[int]]:
    """For each of the 16 bytes of a field element, the product of its 256 values with the hash subkey."""
    tables = []
    for _ in range(16):
        table = [0] * 256
        for bit in (128, 64, 32, 16, 8, 4, 2, 1):
            table[bit] = subkey
            subkey = (subkey >> 1) ^ (_REDUCTION if subkey & 1 else 0)
        for value in range(1, 256):
            rest = value & (value - 1)
            table[value] = table[rest] ^ table[value ^ rest]
        tables.append(table)
    return tables
