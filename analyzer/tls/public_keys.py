"""Public keys out of what a Certificate message shows: certificates, or raw public keys (RFC 7250)."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING

from cryptography import x509

from analyzer.der import OBJECT_IDENTIFIER, SEQUENCE, contents

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

# A storm shows a handful of certificates; parsing one costs as much as checking a signature.
_CACHED = 1024


@functools.lru_cache(maxsize=_CACHED)
def public_key(der: bytes) -> PublicKeyTypes | None:
    """The key of a certificate, or a raw public key; None where it cannot be read or its kind is not known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd serials and parameters are no matter here
            if is_raw_public_key(der):
                from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
                    load_der_public_key,
                )

                return load_der_public_key(der)
            return x509.load_der_x509_certificate(der).public_key()
    except Exception:  # noqa: BLE001  whatever the parser does with a peer's bytes: there is no key
        return None


def is_raw_public_key(der: bytes) -> bool:
    """A SubjectPublicKeyInfo: its first element begins with an OID, a certificate's with its version or serial."""
    try:
        outer, _ = contents(der)
        inner, _ = contents(der, outer)
        return der[0] == der[outer] == SEQUENCE and der[inner] == OBJECT_IDENTIFIER
    except (ValueError, IndexError):
        return False


def is_whole_element(der: bytes) -> bool:
    """One DER SEQUENCE, and nothing behind it."""
    try:
        return der[0] == SEQUENCE and contents(der)[1] == len(der)
    except (ValueError, IndexError):
        return False
