"""From a suite's cipher to the library's algorithm: which ciphers this program can run.

A cipher that is in neither table is one that `cryptography` does not carry; what its suites seal stays
sealed, and `opener.why_unsupported` says so by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyzer.tls.aead_openers import Aead

AEADS: Mapping[str, Callable[[bytes], Aead]] = {
    "AES_128_GCM": AESGCM,
    "AES_256_GCM": AESGCM,
    "AES_128_CCM": AESCCM,
    "AES_256_CCM": AESCCM,
    "AES_128_CCM_8": lambda key: AESCCM(key, tag_length=8),
    "AES_256_CCM_8": lambda key: AESCCM(key, tag_length=8),
    "CHACHA20_POLY1305": ChaCha20Poly1305,
}
