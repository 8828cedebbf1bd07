"""Handshake messages as values.

A message whose body cannot be parsed is still a message: `parse` gives None for it and the layer says
that it was malformed. Unknown extensions are kept as they came.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analyzer.tls.constants import SSL30, TLS11, TLS12, TLS13, TLS13_DRAFTS
from analyzer.tls.cursor import Cursor, Truncated
from analyzer.tls.decompression import decompressed
from analyzer.tls.public_keys import is_whole_element

# The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3)
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

# ExtensionType (IANA)
_SERVER_NAME = 0
_MAX_FRAGMENT_LENGTH = 1
_TRUNCATED_HMAC = 4
_ALPN = 16
_ENCRYPT_THEN_MAC = 22
_EXTENDED_MASTER_SECRET = 23
_RECORD_SIZE_LIMIT = 28
_SESSION_TICKET = 35
_PRE_SHARED_KEY = 41
_EARLY_DATA = 42
_SUPPORTED_VERSIONS = 43
_CERTIFICATE_AUTHORITIES = 47
_POST_HANDSHAKE_AUTH = 49
_ENCRYPTED_CLIENT_HELLO = 0xFE0D

Extensions = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class ClientHello:
    """RFC 8446 section 4.1.2.

    Attributes:
        legacy_version: of the message; a premaster secret under RSA begins with it.
        versions: offered, the best first.
        identities: PSK identities. binders: theirs, in the same order.
        binders_size: bytes of the binders list at the message's end, 0 without one.
    """

    random: bytes = field(repr=False)
    legacy_version: int
    session_id: bytes
    suites: tuple[int, ...]
    extensions: Extensions = field(repr=False)
    versions: tuple[int, ...]
    server_name: str | None
    alpn: tuple[str, ...]
    psk_identities: tuple[bytes, ...] = field(default=(), repr=False)
    binders: tuple[bytes, ...] = field(default=(), repr=False)
    binders_size: int = 0

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


@dataclass(frozen=True, slots=True)
class ServerHello:
    """RFC 8446 section 4.1.3. `version`: the one that was chosen."""

    random: bytes = field(repr=False)
    version: int
    session_id: bytes
    suite: int
    extensions: Extensions = field(repr=False)
    is_retry: bool
    selected_psk: int | None
    alpn: str | None

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


@dataclass(frozen=True, slots=True)
class EncryptedExtensions:
    """RFC 8446 section 4.3.1."""

    extensions: Extensions = field(repr=False)
    alpn: str | None

    @property
    def early_data(self) -> bool:
        """The server takes the client's early data."""
        return _EARLY_DATA in self.extensions


@dataclass(frozen=True, slots=True)
class Certificate:
    """RFC 8446 section 4.4.2, RFC 5246 section 7.4.2. `chain`: DER, the leaf first; or a raw public key alone."""

    chain: tuple[bytes, ...] = field(repr=False)
    context: bytes = b""


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """RFC 8446 section 4.3.2, RFC 5246 section 7.4.4. `authorities`: DER names."""

    authorities: tuple[bytes, ...] = field(repr=False)
    context: bytes = b""


@dataclass(frozen=True, slots=True)
class NewSessionTicket:
    """RFC 8446 section 4.6.1, RFC 5077 section 3.3."""

    ticket: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """RFC 5246 section 7.4.3. It can be taken apart only with the suite in hand; see `proofs`."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateVerify:
    """RFC 8446 section 4.4.3. `scheme`: None before TLS 1.2, where the key alone decides."""

    scheme: int | None
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyUpdate:
    """RFC 8446 section 4.6.3."""

    requested: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """RFC 8446 section 4.4.4."""

    verify_data: bytes = field(repr=False)


def parse(number: int, body: bytes, version: int | None) -> object | None:
    """The value of a message, None where its type is not parsed or its form is broken.

    Args:
        number: HandshakeType.
        body: without the message's header.
        version: the negotiated one, None while unknown.
    """
    if number in _REPEATED and len(body) <= _LARGEST_REPEATED:
        return _parsed_before(number, body, version)
    return _parsed(number, body, version)


def _parsed(number: int, body: bytes, version: int | None) -> object | None:
    reader = PARSERS.get(number)
    if reader is None:
        return None
    try:
        return reader(Cursor(body), version)
    except (Truncated, ValueError):
        return None


# The same certificates, and requests for them, pass with every connection: Certificate, CertificateRequest.
_REPEATED = frozenset({11, 13})
_LARGEST_REPEATED = 1 << 14
_parsed_before = functools.lru_cache(maxsize=256)(_parsed)


def _extensions(cursor: Cursor) -> Extensions:
    found: dict[int, bytes] = {}
    if cursor:
        inner = Cursor(cursor.vector(2))
        while inner:
            number = inner.uint(2)
            found.setdefault(number, inner.vector(2))
    return found


def _client_hello(cursor: Cursor, _version: int | None) -> ClientHello:
    legacy_version, random = cursor.uint(2), cursor.take(32)
    session_id = cursor.vector(1)
    suites = Cursor(cursor.vector(2)).uints(2)
    cursor.vector(1)  # compression methods
    extensions = _extensions(cursor)
    offered = extensions.get(_SUPPORTED_VERSIONS)
    identities, binders, binders_size = _pre_shared_keys(extensions.get(_PRE_SHARED_KEY))
    return ClientHello(
        random=random,
        legacy_version=legacy_version,
        session_id=session_id,
        suites=suites,
        extensions=extensions,
        versions=Cursor(Cursor(offered).vector(1)).uints(2) if offered else (legacy_version,),
        server_name=_server_name(extensions.get(_SERVER_NAME)),
        alpn=_protocols(extensions.get(_ALPN)),
        psk_identities=identities,
        binders=binders,
        binders_size=binders_size,
    )


def sslv2_client_hello(body: bytes) -> ClientHello | None:
    """An SSL 2.0 style ClientHello that offers a later version (RFC 5246 appendix E.2).

    `body` begins behind the two length bytes. The challenge, filled up in front, is the random.
    """
    try:
        cursor = Cursor(body)
        cursor.take(1)
        version = cursor.uint(2)
        specs_size, session_size, challenge_size = (cursor.uint(2) for _ in range(3))
        specs = Cursor(cursor.take(specs_size)).uints(3)
        session_id = cursor.take(session_size)
        challenge = cursor.take(challenge_size)
    except Truncated:
        return None
    return ClientHello(
        random=challenge.rjust(32, b"\0"),
        legacy_version=version,
        session_id=session_id,
        suites=tuple(spec for spec in specs if spec < 1 << 16),
        extensions={},
        versions=(version,),
        server_name=None,
        alpn=(),
    )


def _server_hello(cursor: Cursor, _version: int | None) -> ServerHello:
    version, random = cursor.uint(2), cursor.take(32)
    session_id, suite = cursor.vector(1), cursor.uint(2)
    cursor.take(1)  # compression method
    extensions = _extensions(cursor)
    selected = extensions.get(_SUPPORTED_VERSIONS)
    if selected:
        version = int.from_bytes(selected, "big")
    psk = extensions.get(_PRE_SHARED_KEY)
    protocols = _protocols(extensions.get(_ALPN))
    return ServerHello(
        random=random,
        version=TLS13 if version in TLS13_DRAFTS else version,
        session_id=session_id,
        suite=suite,
        extensions=extensions,
        is_retry=random == RETRY_RANDOM,
        selected_psk=int.from_bytes(psk, "big") if psk is not None else None,
        alpn=protocols[0] if protocols else None,
    )


def _encrypted_extensions(cursor: Cursor, _version: int | None) -> EncryptedExtensions:
    extensions = _extensions(cursor)
    protocols = _protocols(extensions.get(_ALPN))
    return EncryptedExtensions(extensions, protocols[0] if protocols else None)


def _certificate(cursor: Cursor, version: int | None) -> Certificate:
    if version != TLS13:
        listed = cursor.vector(3)
        if is_whole_element(listed):  # a raw public key is not in a list (RFC 7250 section 3)
            return Certificate((listed,))
        return Certificate(tuple(Cursor(listed).vectors(3)))
    context = cursor.vector(1)
    entries = Cursor(cursor.vector(3))
    chain = []
    while entries:
        chain.append(entries.vector(3))
        entries.vector(2)  # extensions of the entry
    return Certificate(tuple(chain), context)


def _compressed_certificate(cursor: Cursor, version: int | None) -> Certificate:
    """RFC 8879 section 4, within bounds."""
    algorithm, size = cursor.uint(2), cursor.uint(3)
    data = decompressed(algorithm, cursor.vector(3), size)
    return _certificate(Cursor(data), version)


def _certificate_request(cursor: Cursor, version: int | None) -> CertificateRequest:
    if version == TLS13:
        context = cursor.vector(1)
        names = _extensions(cursor).get(_CERTIFICATE_AUTHORITIES)
        return CertificateRequest(_names(names) if names else (), context)
    cursor.vector(1)  # certificate types
    if version == TLS12:
        cursor.vector(2)  # signature algorithms
    return CertificateRequest(tuple(Cursor(cursor.vector(2)).vectors(2)) if cursor else ())


def _certificate_verify(cursor: Cursor, version: int | None) -> CertificateVerify:
    body = cursor.rest()
    cursor = Cursor(body)
    if version is None:  # a client's, before the server's hello was read: its lengths tell
        version = TLS12 if int.from_bytes(body[:2], "big") != len(body) - 2 else TLS11
    scheme = cursor.uint(2) if version in {TLS12, TLS13} else None
    return CertificateVerify(scheme, cursor.vector(2))


def _new_session_ticket(cursor: Cursor, version: int | None) -> NewSessionTicket:
    cursor.take(4)  # lifetime
    if version == TLS13:
        cursor.take(4)  # age_add
        cursor.vector(1)  # nonce
    return NewSessionTicket(cursor.vector(2))


def _finished(cursor: Cursor, version: int | None) -> Finished:
    size = 36 if version == SSL30 else None
    return Finished(cursor.take(size) if size else cursor.rest())


PARSERS: dict[int, Callable[[Cursor, int | None], object]] = {
    1: _client_hello,
    2: _server_hello,
    4: _new_session_ticket,
    8: _encrypted_extensions,
    11: _certificate,
    12: lambda cursor, _: ServerKeyExchange(cursor.rest()),
    13: _certificate_request,
    15: _certificate_verify,
    20: _finished,
    24: lambda cursor, _: KeyUpdate(requested=cursor.uint(1) == 1),
    25: _compressed_certificate,
}


def _names(data: bytes) -> tuple[bytes, ...]:
    return tuple(Cursor(Cursor(data).vector(2)).vectors(2))


def _server_name(data: bytes | None) -> str | None:
    """The host name (RFC 6066 section 3)."""
    if not data:
        return None
    names = Cursor(Cursor(data).vector(2))
    while names:
        kind, name = names.uint(1), names.vector(2)
        if kind == 0:
            return name.decode("ascii", "backslashreplace")
    return None


def _protocols(data: bytes | None) -> tuple[str, ...]:
    """ALPN names (RFC 7301)."""
    if not data:
        return ()
    names = Cursor(Cursor(data).vector(2)).vectors(1)
    return tuple(name.decode("ascii", "backslashreplace") for name in names)


def _pre_shared_keys(data: bytes | None) -> tuple[tuple[bytes, ...], tuple[bytes, ...], int]:
    """Identities, binders and the binders' size of an OfferedPsks (RFC 8446 section 4.2.11)."""
    if not data:
        return (), (), 0
    cursor = Cursor(data)
    entries, identities = Cursor(cursor.vector(2)), []
    while entries:
        identities.append(entries.vector(2))
        entries.take(4)  # obfuscated ticket age
    binders = cursor.vector(2)
    return tuple(identities), tuple(Cursor(binders).vectors(1)), len(binders) + 2
