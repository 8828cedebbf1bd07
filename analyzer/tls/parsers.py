"""Message bodies to the values of `messages`.

A message whose body cannot be parsed is still a message: `parse` gives None for it and the layer says
that it was malformed.

The hellos, of which a nested connection has four, are read with `struct` and slices, since a call a field
costs three times as much; all others with a `Cursor`.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable

from analyzer.stream import new_tuple
from analyzer.tls.constants import SSL30, TLS12, TLS13, TLS13_DRAFTS
from analyzer.tls.cursor import Cursor, Truncated
from analyzer.tls.decompression import decompressed
from analyzer.tls.messages import (
    RETRY_RANDOM,
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientHello,
    EncryptedExtensions,
    Extensions,
    Finished,
    KeyUpdate,
    NewSessionTicket,
    ServerHello,
    ServerKeyExchange,
)
from analyzer.tls.public_keys import is_whole_element

# ExtensionType (IANA)
_SERVER_NAME = 0
_ALPN = 16
_PRE_SHARED_KEY = 41
_SUPPORTED_VERSIONS = 43
_CERTIFICATE_AUTHORITIES = 47


def parse(number: int, body: bytes, version: int | None) -> object | None:
    """The value of a message, None where its type is not parsed or its form is broken.

    Args:
        number: HandshakeType.
        body: without the message's header.
        version: the negotiated one, None while unknown.
    """
    reader = (PARSERS if len(body) > _LARGEST_REPEATED else _READERS).get(number)
    if reader is None:
        return None
    try:
        return reader(body, version)
    except (Truncated, ValueError, IndexError, struct.error):
        return None


_U16 = struct.Struct(">H").unpack_from
_EXTENSION = struct.Struct(">HH").unpack_from  # number, size
_HELLO = struct.Struct(">H32sB").unpack_from  # version, random, size of the session ID
_HELLO_SIZE = 35
_SCHEME_AND_SIZE = struct.Struct(">HH").unpack_from
_WITH_SCHEME = frozenset({TLS12, TLS13})
_SUITE_AND_COMPRESSION = struct.Struct(">HB").unpack_from
# What repeats from connection to connection is read once: values of so many, none of them large.
_once = functools.lru_cache(maxsize=64)


def _extensions(body: bytes, at: int) -> Extensions:
    """The extensions that stand at `at`; none where the body ends there."""
    found: dict[int, bytes] = {}
    if at == len(body):
        return found
    (size,) = _U16(body, at)
    at += 2
    last = at + size
    if last > len(body):
        raise Truncated("extensions")
    while at < last:
        number, size = _EXTENSION(body, at)
        begin = at + 4
        at = begin + size
        if at > last:
            raise Truncated("extension")
        if number not in found:
            found[number] = body[begin:at]
    return found


def _client_hello(body: bytes, _version: int | None) -> ClientHello:
    legacy_version, random, size = _HELLO(body)
    at = _HELLO_SIZE + size
    session_id = body[_HELLO_SIZE:at]
    (size,) = _U16(body, at)
    end = at + 2 + size
    suites = _numbers(body[at + 2 : end])
    extensions = _extensions(body, end + 1 + body[end])  # behind the compression methods
    offered = extensions.get(_SUPPORTED_VERSIONS)
    identities, binders, binders_size = _pre_shared_keys(extensions.get(_PRE_SHARED_KEY))
    return new_tuple(
        ClientHello,
        (
            random,
            legacy_version,
            session_id,
            suites,
            extensions,
            _offered_versions(offered) if offered else (legacy_version,),
            _server_name(extensions.get(_SERVER_NAME)),
            _protocols(extensions.get(_ALPN)),
            identities,
            binders,
            binders_size,
        ),
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


def _server_hello(body: bytes, _version: int | None) -> ServerHello:
    version, random, size = _HELLO(body)
    at = _HELLO_SIZE + size
    session_id = body[_HELLO_SIZE:at]
    suite, _ = _SUITE_AND_COMPRESSION(body, at)
    extensions = _extensions(body, at + 3)
    selected = extensions.get(_SUPPORTED_VERSIONS)
    if selected:
        version = int.from_bytes(selected, "big")
    psk = extensions.get(_PRE_SHARED_KEY)
    protocols = _protocols(extensions.get(_ALPN))
    return new_tuple(
        ServerHello,
        (
            random,
            TLS13 if version in TLS13_DRAFTS else version,
            session_id,
            suite,
            extensions,
            random == RETRY_RANDOM,
            int.from_bytes(psk, "big") if psk is not None else None,
            protocols[0] if protocols else None,
        ),
    )


def _encrypted_extensions(body: bytes, _version: int | None) -> EncryptedExtensions:
    extensions = _extensions(body, 0)
    protocols = _protocols(extensions.get(_ALPN))
    return new_tuple(
        EncryptedExtensions,
        (
            extensions,
            protocols[0] if protocols else None,
        ),
    )


def _certificate(body: bytes, version: int | None) -> Certificate:
    cursor = Cursor(body)
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


def _compressed_certificate(body: bytes, version: int | None) -> Certificate:
    """RFC 8879 section 4, within bounds."""
    cursor = Cursor(body)
    algorithm, size = cursor.uint(2), cursor.uint(3)
    return _certificate(decompressed(algorithm, cursor.vector(3), size), version)


def _certificate_request(body: bytes, version: int | None) -> CertificateRequest:
    cursor = Cursor(body)
    if version == TLS13:
        context = cursor.vector(1)
        names = _extensions(body, cursor.at).get(_CERTIFICATE_AUTHORITIES)
        return CertificateRequest(_names(names) if names else (), context)
    cursor.vector(1)  # certificate types
    if version == TLS12:
        cursor.vector(2)  # signature algorithms
    return CertificateRequest(tuple(Cursor(cursor.vector(2)).vectors(2)) if cursor else ())


def _certificate_verify(body: bytes, version: int | None) -> CertificateVerify:
    # A client's, before the server's hello was read: its lengths tell.
    guess = version is None and _U16(body)[0] != len(body) - 2
    has_scheme = guess or version in _WITH_SCHEME
    scheme: int | None
    if has_scheme:
        (scheme, size), at = _SCHEME_AND_SIZE(body), 4
    else:
        scheme, (size,), at = None, _U16(body), 2
    end = at + size
    if end > len(body):
        raise Truncated("signature")
    return new_tuple(CertificateVerify, (scheme, body[at:end]))


def _new_session_ticket(body: bytes, version: int | None) -> NewSessionTicket:
    # Behind the lifetime; in TLS 1.3 also behind age_add and nonce
    at = 4 if version != TLS13 else 9 + body[8]
    (size,) = _U16(body, at)
    at += 2
    if at + size > len(body):
        raise Truncated("ticket")
    return new_tuple(NewSessionTicket, (body[at : at + size],))


def _finished(body: bytes, version: int | None) -> Finished:
    return new_tuple(Finished, (Cursor(body).take(_SSL3_FINISHED) if version == SSL30 else body,))


_SSL3_FINISHED = 36

PARSERS: dict[int, Callable[[bytes, int | None], object]] = {
    1: _client_hello,
    2: _server_hello,
    4: _new_session_ticket,
    8: _encrypted_extensions,
    11: _certificate,
    12: lambda body, _: ServerKeyExchange(body),
    13: _certificate_request,
    15: _certificate_verify,
    20: _finished,
    24: lambda body, _: KeyUpdate(requested=body[0] == 1),
    25: _compressed_certificate,
}
# The same extensions, certificates and requests for them pass with every connection.
_LARGEST_REPEATED = 1 << 14
_READERS = PARSERS | {
    number: functools.lru_cache(maxsize=256)(PARSERS[number]) for number in (8, 11, 13)
}


@_once
def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


@_once
def _offered_versions(data: bytes) -> tuple[int, ...]:
    """RFC 8446 section 4.2.1."""
    return _numbers(Cursor(data).vector(1))


def _names(data: bytes) -> tuple[bytes, ...]:
    return tuple(Cursor(Cursor(data).vector(2)).vectors(2))


@_once
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


@_once
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
