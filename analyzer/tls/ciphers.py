"""From the cipher that a suite names to the library's algorithm.

A cipher that is in no table here is one that `cryptography` does not carry; what its suites seal stays
sealed, and `opener.why_unsupported` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.decrepit.ciphers.algorithms import (
    ARC4,
    IDEA,
    RC2,
    SEED,
    Camellia,
    TripleDES,
)
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4

from analyzer.tls.gcm import Gcm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, CipherAlgorithm

    from analyzer.tls.aead_openers import Aead

AEADS: Mapping[str, Callable[[bytes], Aead]] = {
    "AES_128_GCM": AESGCM,
    "AES_256_GCM": AESGCM,
    "AES_128_CCM": AESCCM,
    "AES_256_CCM": AESCCM,
    "AES_128_CCM_8": lambda key: AESCCM(key, tag_length=8),
    "AES_256_CCM_8": lambda key: AESCCM(key, tag_length=8),
    "CAMELLIA_128_GCM": lambda key: Gcm(Camellia(key)),
    "CAMELLIA_256_GCM": lambda key: Gcm(Camellia(key)),
    "CHACHA20_POLY1305": ChaCha20Poly1305,
    "SM4_GCM": lambda key: Gcm(SM4(key)),
}

BLOCK_CIPHERS: Mapping[str, Callable[[bytes], BlockCipherAlgorithm]] = {
    # OpenSSL, which wrote most export traffic, ran RC2 with all 128 bits of the final key.
    "RC2_CBC_40": RC2,
    "RC2_CBC_56": RC2,
    # DES is 3DES with the same key three times.
    "DES40_CBC": lambda key: TripleDES(key * 3),
    "DES_CBC": lambda key: TripleDES(key * 3),
    "3DES_EDE_CBC": TripleDES,
    "IDEA_CBC": IDEA,
    "AES_128_CBC": AES,
    "AES_256_CBC": AES,
    "CAMELLIA_128_CBC": Camellia,
    "CAMELLIA_256_CBC": Camellia,
    "SEED_CBC": SEED,
}

STREAM_CIPHERS: Mapping[str, Callable[[bytes], CipherAlgorithm]] = {
    "RC4_40": ARC4,
    "RC4_56": ARC4,
    "RC4_128": ARC4,
}
