"""RSA private keys of servers, which open the premaster secrets of handshakes with RSA key exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from analyzer.errors import UnreadableInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_PREMASTER = 48


def rsa_keys(data: bytes, name: str, password: bytes | None) -> list[RSAPrivateKey]:
    """The RSA keys of a PEM file, a DER key (PKCS #1, PKCS #8) or a PKCS #12 container.

    Args:
        data: the file.
        name: of the file, for messages.
        password: of an encrypted key or container.

    Raises:
        UnreadableInput: it holds no private key, no RSA key, or the password does not open it.
    """
    found = _pem_keys(data, name, password) or [_der_key(data, name, password)]
    keys = [key for key in found if isinstance(key, RSAPrivateKey)]
    if not keys:
        raise UnreadableInput(
            f"{name}: the private key is not an RSA key; only RSA key exchange can be opened with a private key"
        )
    return keys


def looks_like_private_key(data: bytes) -> bool:
    """PEM with a private key in it, or the DER SEQUENCE that every binary form begins with."""
    return bool(_PEM_KEY.search(data)) or data[:1] == b"\x30"


def premaster_secret(
    keys: Iterable[RSAPrivateKey], encrypted: bytes, versions: Collection[int]
) -> bytes | None:
    """The premaster secret that one of the keys decrypts, or None.

    A wrong key gives random bytes instead of an error (OpenSSL's implicit rejection), so the version
    that a premaster secret begins with (RFC 5246 section 7.4.7.1) has to be one of `versions`.
    """
    for key in keys:
        if key.key_size + 7 >> 3 != len(encrypted):
            continue
        try:
            premaster = key.decrypt(encrypted, PKCS1v15())
        except ValueError:
            continue
        if len(premaster) == _PREMASTER and int.from_bytes(premaster[:2], "big") in versions:
            return premaster
    return None


def _pem_keys(data: bytes, name: str, password: bytes | None) -> list[object]:
    # Mostly no key was handed over, and this brings half a megabyte.
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    keys: list[object] = []
    for block in _PEM_KEY.finditer(data):
        pem = block[0]
        encrypted = b"ENCRYPTED" in pem
        try:
            keys.append(load_pem_private_key(pem, password if encrypted else None))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unreadable(name, encrypted, password) from error
    return keys


def _der_key(data: bytes, name: str, password: bytes | None) -> object:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_der_private_key,
        pkcs12,
    )

    for given in (None, password):
        try:
            return load_der_private_key(data, given)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    try:
        return pkcs12.load_key_and_certificates(data, password)[0]
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable(name, data[:1] == b"\x30", password) from error


def _unreadable(name: str, encrypted: bool, password: bytes | None) -> UnreadableInput:
    if not encrypted:
        return UnreadableInput(f"{name}: not a private key that can be read")
    if password is None:
        return UnreadableInput(f"{name}: the private key needs a password")
    return UnreadableInput(f"{name}: the password does not open the private key")
