"""What a ServerKeyExchange signs (RFC 5246 section 7.4.3, RFC 8422 section 5.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from analyzer.tls.constants import TLS12
from analyzer.tls.cursor import Cursor, Truncated
from analyzer.tls.suites import Suite

_EXPLICIT_PRIME, _EXPLICIT_CHAR2, _NAMED_CURVE = 1, 2, 3
_POINT = 4  # where it begins behind a named curve and its length
_SIZE, _SCHEME_AND_SIZE = struct.Struct(">H").unpack_from, struct.Struct(">HH").unpack_from
_TRINOMIAL, _PENTANOMIAL = 1, 2

# Whose ServerKeyExchange carries a signature: by the suite's authentication.
_SIGNED = frozenset({"RSA", "DSS", "ECDSA"})


class SignedParameters(NamedTuple):
    """Attributes.

    parameters: the bytes that are signed, behind both randoms.
    scheme: None before TLS 1.2.
    """

    parameters: bytes
    scheme: int | None
    signature: bytes


def has_signed_parameters(suite: Suite) -> bool:
    """The suite's ServerKeyExchange is signed. (RSA_PSK authenticates by decryption.)"""
    return suite.authentication in _SIGNED and suite.key_exchange in _READERS


def signed_parameters(suite: Suite, version: int, body: bytes) -> SignedParameters | None:
    """The parts of a ServerKeyExchange's body; None where it is not of the suite's form."""
    scheme: int | None = None
    try:
        if suite.key_exchange == "ECDHE" and body[0] == _NAMED_CURVE:
            end = _POINT + body[_POINT - 1]  # as nearly all: read without a call for each field
        else:
            cursor = Cursor(body)
            _READERS[suite.key_exchange](cursor)
            end = cursor.at
        if version >= TLS12:
            (scheme, size), at = _SCHEME_AND_SIZE(body, end), end + 4
        else:
            (size,), at = _SIZE(body, end), end + 2
    except (Truncated, ValueError, IndexError, struct.error):
        return None
    return SignedParameters(body[:end], scheme, body[at:]) if at + size == len(body) else None


def _vectors(*sizes: int) -> Callable[[Cursor], None]:
    def read(cursor: Cursor) -> None:
        for size in sizes:
            cursor.vector(size)

    return read


def _elliptic_curve(cursor: Cursor) -> None:
    """ServerECDHParams (RFC 4492 section 5.4)."""
    kind = cursor.uint(1)
    if kind == _NAMED_CURVE:
        cursor.take(2)
    elif kind == _EXPLICIT_PRIME:
        _vectors(1, 1, 1, 1, 1, 1)(cursor)  # prime, a, b, base, order, cofactor
    elif kind == _EXPLICIT_CHAR2:
        cursor.take(2)
        basis = {_TRINOMIAL: 1, _PENTANOMIAL: 3}.get(cursor.uint(1), 0)
        _vectors(*[1] * (basis + 5))(cursor)
    else:
        raise ValueError("curve type")
    cursor.vector(1)  # the point


_READERS = {
    "DHE": _vectors(2, 2, 2),  # p, g, Ys
    "ECDHE": _elliptic_curve,
    "RSA_EXPORT": _vectors(2, 2),  # modulus, exponent (RFC 2246 section 7.4.3)
    "SRP": _vectors(2, 2, 1, 2),  # N, g, s, B (RFC 5054 section 2.5.3)
}
