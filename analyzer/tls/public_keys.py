"""Public keys out of what a Certificate message shows: certificates, or raw public keys (RFC 7250)."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

# A storm shows a handful of certificates; parsing one costs as much as checking a signature.
_CACHED = 1024

_SEQUENCE, _OBJECT_IDENTIFIER = 0x30, 0x06


@functools.lru_cache(maxsize=_CACHED)
def public_key(der: bytes) -> PublicKeyTypes | None:
    """The key of a certificate, or a raw public key; None where it cannot be read or its kind is not known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd serials and parameters are no matter here
            if is_raw_public_key(der):
                return load_der_public_key(der)
            return x509.load_der_x509_certificate(der).public_key()
    except Exception:  # noqa: BLE001  whatever the parser does with a peer's bytes: there is no key
        return None


def is_raw_public_key(der: bytes) -> bool:
    """A SubjectPublicKeyInfo: its first element begins with an OID, a certificate's with its version or serial."""
    try:
        outer, _ = _contents(der, 0)
        inner, _ = _contents(der, outer)
        return der[0] == der[outer] == _SEQUENCE and der[inner] == _OBJECT_IDENTIFIER
    except IndexError:
        return False


def is_whole_element(der: bytes) -> bool:
    """One DER SEQUENCE, and nothing behind it."""
    try:
        return der[0] == _SEQUENCE and sum(_contents(der, 0)) == len(der)
    except IndexError:
        return False


def _contents(der: bytes, at: int) -> tuple[int, int]:
    """Where the contents of the DER element at `at` begin, and their length (X.690 section 8.1.3)."""
    length = der[at + 1]
    start = at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    return start, length
