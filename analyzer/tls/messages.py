"""Handshake messages as values.

`parsers` makes them of message bodies. Unknown extensions are kept as they came. They are named tuples, which cost a third
of frozen dataclasses to make, and show nothing of what they hold, which may have been sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3)
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

# ExtensionType (IANA)
_TRUNCATED_HMAC = 4
_ENCRYPT_THEN_MAC = 22
_EXTENDED_MASTER_SECRET = 23
_SESSION_TICKET = 35
_EARLY_DATA = 42
_POST_HANDSHAKE_AUTH = 49
_ENCRYPTED_CLIENT_HELLO = 0xFE0D

Extensions = Mapping[int, bytes]


def _name_alone(value: object) -> str:
    return f"{type(value).__name__}(...)"


class ClientHello(NamedTuple):
    """RFC 8446 section 4.1.2.

    Attributes:
        legacy_version: of the message; a premaster secret under RSA begins with it.
        versions: offered, the best first.
        identities: PSK identities. binders: theirs, in the same order.
        binders_size: bytes of the binders list at the message's end, 0 without one.
    """

    random: bytes
    legacy_version: int
    session_id: bytes
    suites: tuple[int, ...]
    extensions: Extensions
    versions: tuple[int, ...]
    server_name: str | None
    alpn: tuple[str, ...]
    psk_identities: tuple[bytes, ...] = ()
    binders: tuple[bytes, ...] = ()
    binders_size: int = 0

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)

    @property
    def session_ticket(self) -> bytes:
        """The ticket it wants to resume by (RFC 5077), b"" without one."""
        return self.extensions.get(_SESSION_TICKET, b"")

    @property
    def offers_early_data(self) -> bool:
        """Application data may follow at once (RFC 8446 section 4.2.10)."""
        return _EARLY_DATA in self.extensions

    @property
    def takes_late_requests(self) -> bool:
        """A CertificateRequest may follow the handshake (RFC 8446 section 4.2.6)."""
        return _POST_HANDSHAKE_AUTH in self.extensions

    @property
    def is_encrypted(self) -> bool:
        """It carries an encrypted client hello (RFC 9849); what shows is the outer one."""
        return _ENCRYPTED_CLIENT_HELLO in self.extensions


class ServerHello(NamedTuple):
    """RFC 8446 section 4.1.3. `version`: the one that was chosen."""

    random: bytes
    version: int
    session_id: bytes
    suite: int
    extensions: Extensions
    is_retry: bool
    selected_psk: int | None
    alpn: str | None

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)

    @property
    def encrypt_then_mac(self) -> bool:
        """RFC 7366."""
        return _ENCRYPT_THEN_MAC in self.extensions

    @property
    def truncated_hmac(self) -> bool:
        """RFC 6066 section 7."""
        return _TRUNCATED_HMAC in self.extensions

    @property
    def extended_master_secret(self) -> bool:
        """RFC 7627."""
        return _EXTENDED_MASTER_SECRET in self.extensions


class EncryptedExtensions(NamedTuple):
    """RFC 8446 section 4.3.1."""

    extensions: Extensions
    alpn: str | None

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)

    @property
    def early_data(self) -> bool:
        """The server takes the client's early data."""
        return _EARLY_DATA in self.extensions


class Certificate(NamedTuple):
    """RFC 8446 section 4.4.2, RFC 5246 section 7.4.2. `chain`: DER, the leaf first; or a raw public key alone."""

    chain: tuple[bytes, ...]
    context: bytes = b""

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class CertificateRequest(NamedTuple):
    """RFC 8446 section 4.3.2, RFC 5246 section 7.4.4. `authorities`: DER names."""

    authorities: tuple[bytes, ...]
    context: bytes = b""

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class NewSessionTicket(NamedTuple):
    """RFC 8446 section 4.6.1, RFC 5077 section 3.3."""

    ticket: bytes

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class ServerKeyExchange(NamedTuple):
    """RFC 5246 section 7.4.3. It can be taken apart only with the suite in hand; see `proofs`."""

    body: bytes

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class CertificateVerify(NamedTuple):
    """RFC 8446 section 4.4.3. `scheme`: None before TLS 1.2, where the key alone decides."""

    scheme: int | None
    signature: bytes

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class KeyUpdate(NamedTuple):
    """RFC 8446 section 4.6.3."""

    requested: bool

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)


class Finished(NamedTuple):
    """RFC 8446 section 4.4.4."""

    verify_data: bytes

    def __repr__(self) -> str:
        """As all."""
        return _name_alone(self)
