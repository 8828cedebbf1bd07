"""What a handshake proves, checked: that a peer has the key of its certificate, that both saw the same messages.

Everything is checked once a handshake is over, because every proof but the ServerKeyExchange's is made
over the messages of both sides, and either side may be read first.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from analyzer.stream import CLIENT, SERVER, Side, new_tuple
from analyzer.tls.binders import binder
from analyzer.tls.constants import (
    CERTIFICATE,
    CERTIFICATE_VERIFY,
    FINISHED,
    SERVER_KEY_EXCHANGE,
    SSL30,
    TLS12,
    TLS13,
)
from analyzer.tls.events import Proof
from analyzer.tls.key_parameters import has_signed_parameters, signed_parameters
from analyzer.tls.messages import Certificate, CertificateVerify, Finished
from analyzer.tls.parsers import parse
from analyzer.tls.public_keys import public_key
from analyzer.tls.schedule import Prf, digest, finished13, ssl3_handshake_hash
from analyzer.tls.signatures import (
    VALID,
    Outcome,
    check,
    check_hashed,
    check_without_scheme,
    invalid,
    unchecked,
)
from analyzer.tls.transcript import Transcript

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from analyzer.tls.handshake import Handshake, LateAuthentication
    from analyzer.tls.secrets import Secrets
    from analyzer.tls.suites import Suite

_HEADER = 4
_MD5_SIZE = 16
# What stands before the hash that a CertificateVerify of TLS 1.3 signs.
_SIGNED13 = (
    b" " * 64 + b"TLS 1.3, client CertificateVerify\0",
    b" " * 64 + b"TLS 1.3, server CertificateVerify\0",
)
_HANDSHAKE_SECRETS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET")


def proofs(handshake: Handshake, secrets: Secrets) -> Iterator[Proof]:
    """One proof for each that the handshake has, in the order of the handshake; none before a ServerHello.

    A proof that was not seen because its side stayed sealed, or because bytes of it are missing, is there
    as `unchecked`.
    """
    suite, version = handshake.suite, handshake.version
    if version is None or suite is None or handshake.client_hello is None:
        return
    told = _Told(handshake, secrets, version, suite)
    for kind, outcome_of in _PROOFS13 if version == TLS13 else _PROOFS12:
        outcome = outcome_of(told)
        if outcome is None:
            continue
        if outcome.result == "invalid" and _may_be_hidden(handshake, kind):
            outcome = unchecked("it may be over an encrypted client hello, which does not show")
        yield new_tuple(Proof, (kind, outcome.result, outcome.why, handshake.number))


def _may_be_hidden(handshake: Handshake, kind: str) -> bool:
    """Where a server takes an encrypted client hello, what is hashed is the one inside (RFC 9849 section 6.1)."""
    hello = handshake.client_hello
    return (
        handshake.version == TLS13
        and hello is not None
        and hello.is_encrypted
        and kind != "server_key_exchange"
    )


def late_proofs(handshake: Handshake, late: LateAuthentication) -> Iterator[Proof]:
    """The proofs of an authentication behind the handshake (RFC 8446 section 4.4, table 2)."""
    suite, request = handshake.suite, handshake.requests.get(late.context)
    kinds = [raw[0] for raw in late.messages]
    why = ""
    if not handshake.context or suite is None:
        why = "messages of the handshake are missing"
    elif request is None:
        why = "the server's CertificateRequest was not seen"
    parts = [handshake.context, request or b"", *late.messages]
    for place, raw in enumerate(late.messages):
        if kinds[place] == CERTIFICATE_VERIFY:
            kind = "certificate_verify_late"
        elif kinds[place] == FINISHED:
            kind = "finished_late"
        else:
            continue
        if why or suite is None:
            outcome = unchecked(why)
        elif kind == "finished_late":
            hashed = digest(suite.prf, b"".join(parts[: place + 2]))
            outcome = _same(finished13(suite.prf, late.secret, hashed), raw[_HEADER:])
        else:
            hashed = digest(suite.prf, b"".join(parts[: place + 2]))
            chain = parse(kinds[0], late.messages[0][_HEADER:], TLS13)
            outcome = _signed13(CLIENT, _leaf_key(chain), raw[_HEADER:], hashed)
        yield Proof(kind, outcome.result, outcome.why, handshake.number)


class _Told:
    """A handshake, and what its proofs are made over.

    Attributes:
        sent: each side's messages by their type, with headers; of several of a type the first.
    """

    __slots__ = ("handshake", "secrets", "sent", "suite", "transcript", "version")

    def __init__(self, handshake: Handshake, secrets: Secrets, version: int, suite: Suite) -> None:
        self.handshake = handshake
        self.secrets = secrets
        self.version = version
        self.suite = suite
        self.transcript = Transcript(version, suite.prf, handshake.raw)
        client, server = handshake.raw
        self.sent = (
            {raw[0]: raw for raw in reversed(client) if raw},
            {raw[0]: raw for raw in reversed(server) if raw},
        )

    def body(self, side: Side, kind: int) -> bytes | None:
        """The body of the message of a type that `side` sent."""
        raw = self.sent[side].get(kind)
        return None if raw is None else raw[_HEADER:]

    def key(self, side: Side) -> PublicKeyTypes | Outcome:
        """The public key that `side` showed, or why there is none."""
        shown = self.handshake.shown[side]
        if shown is None:
            return unchecked(self.absent(side, "Certificate") or "no certificate was shown")
        raw, value, version = shown
        if version != self.version:  # it came before the server's hello was read
            value = parse(raw[0], raw[_HEADER:], self.version)
        return _leaf_key(value)

    def absent(self, side: Side, what: str) -> str:
        """Why a message of `side` was not seen, "" where it never came."""
        if self.handshake.sealed[side]:
            return f"the {side.word}'s {what} stayed sealed"
        if self.handshake.lost[side]:
            return f"the {side.word}'s {what} may be among the bytes that are missing"
        return ""

    @property
    def gap(self) -> str:
        """Why the transcript is not whole."""
        for side in Side:
            if self.handshake.lost[side] or self.handshake.sealed[side]:
                what = "are missing" if self.handshake.lost[side] else "stayed sealed"
                return f"handshake messages of the {side.word} {what}"
        return "handshake messages are missing"

    @property
    def master(self) -> bytes:
        """The master secret, empty where it is not known."""
        return self.handshake.master[0] if self.handshake.master else b""


def _server_key_exchange(told: _Told) -> Outcome | None:
    if not has_signed_parameters(told.suite):
        return None
    sent = told.body(SERVER, SERVER_KEY_EXCHANGE)
    if sent is None:
        why = told.absent(SERVER, "ServerKeyExchange")
        return unchecked(why) if why and CERTIFICATE in told.sent[SERVER] else None
    parts = signed_parameters(told.suite, told.version, sent)
    if parts is None:
        return unchecked("the ServerKeyExchange cannot be parsed")
    key = told.key(SERVER)
    if isinstance(key, Outcome):
        return key
    client, server = told.handshake.client_hello, told.handshake.server_hello
    assert client
    assert server
    content = client.random + server.random + parts.parameters
    if parts.scheme is None:
        return check_without_scheme(key, parts.signature, content)
    return check(key, parts.scheme, parts.signature, content)


def _certificate_verify_server(told: _Told) -> Outcome | None:
    return _certificate_verify(told, SERVER)


def _certificate_verify_client(told: _Told) -> Outcome | None:
    return _certificate_verify(told, CLIENT)


def _certificate_verify(told: _Told, side: Side) -> Outcome | None:
    sent = told.body(side, CERTIFICATE_VERIFY)
    if sent is None:
        # Whether a sealed client had a certificate to show cannot be told; of a server it can.
        expected = side is SERVER and not _by_psk(told)
        why = told.absent(side, "CertificateVerify")
        shown = told.handshake.shown[side] is not None
        return unchecked(why) if why and (expected or shown) else None
    key = told.key(side)
    if isinstance(key, Outcome):
        return key
    if told.version == TLS13:
        hashed = told.transcript.hash_before(side, CERTIFICATE_VERIFY)
        return unchecked(told.gap) if hashed is None else _signed13(side, key, sent, hashed)
    content = told.transcript.before(side, CERTIFICATE_VERIFY)
    if content is None:
        return unchecked(told.gap)
    value = parse(CERTIFICATE_VERIFY, sent, told.version)
    if not isinstance(value, CertificateVerify):
        return unchecked("the CertificateVerify cannot be parsed")
    if value.scheme is not None:
        return check(key, value.scheme, value.signature, content)
    if told.version != SSL30:
        return check_without_scheme(key, value.signature, content)
    if not told.master:
        return unchecked("the master secret, which it is made with in SSL 3.0, is not known")
    both = ssl3_handshake_hash(told.master, content)
    return check_hashed(key, value.signature, both[:_MD5_SIZE], both[_MD5_SIZE:])


def _finished_server(told: _Told) -> Outcome | None:
    return _finished(told, SERVER)


def _finished_client(told: _Told) -> Outcome | None:
    return _finished(told, CLIENT)


def _finished(told: _Told, side: Side) -> Outcome | None:
    sent = told.body(side, FINISHED)
    if sent is None:
        why = told.absent(side, "Finished")
        return unchecked(why) if why else None
    value = parse(FINISHED, sent, told.version)
    if not isinstance(value, Finished):
        return unchecked("the Finished cannot be parsed")
    hashed = told.transcript.hash_before(side, FINISHED)
    if hashed is None:
        return unchecked(told.gap)
    prf = told.suite.prf
    if told.version == TLS13:
        assert told.handshake.client_hello
        lines = told.secrets.lookup(told.handshake.client_hello.random)
        label = _HANDSHAKE_SECRETS[side]
        secret = lines.get(label) or told.handshake.derived.get(label, b"")
        if not secret:
            return unchecked(f"{_HANDSHAKE_SECRETS[side]} is not at hand")
        return _same(finished13(prf, secret, hashed), value.verify_data)
    if not told.master:
        return unchecked("the master secret is not known")
    if told.version >= TLS12:
        expected = Prf(told.version, prf).finished_of_hash(told.master, side, hashed)
    else:
        content = told.transcript.before(side, FINISHED) or b""
        expected = Prf(told.version, prf).finished(told.master, side, content)
    return _same(expected, value.verify_data)


def _same(expected: bytes, sent: bytes) -> Outcome:
    if hmac.compare_digest(expected, sent):
        return VALID
    return invalid("its value is not the one that the handshake's messages and secret give")


def _signed13(
    side: Side, key: PublicKeyTypes | Outcome, body: bytes, transcript_hash: bytes
) -> Outcome:
    """A CertificateVerify of TLS 1.3 (RFC 8446 section 4.4.3)."""
    if isinstance(key, Outcome):
        return key
    value = parse(CERTIFICATE_VERIFY, body, TLS13)
    if not isinstance(value, CertificateVerify) or value.scheme is None:
        return unchecked("the CertificateVerify cannot be parsed")
    return check(key, value.scheme, value.signature, _SIGNED13[side] + transcript_hash)


def _leaf_key(value: object) -> PublicKeyTypes | Outcome:
    if not isinstance(value, Certificate):
        return unchecked("the Certificate cannot be parsed")
    if not value.chain:
        return unchecked("no certificate was shown")
    return public_key(value.chain[0]) or unchecked("the certificate's key cannot be read")


def _by_psk(told: _Told) -> bool:
    hello = told.handshake.server_hello
    return hello is not None and hello.selected_psk is not None


def _binder(told: _Told) -> Outcome | None:
    return binder(told.handshake, told.secrets, told.suite.prf)


_Table: TypeAlias = tuple[tuple[str, Callable[[_Told], Outcome | None]], ...]

# RFC 8446 sections 4.2.11.2, 4.4.3 and 4.4.4
_PROOFS13: _Table = (
    ("psk_binder", _binder),
    ("certificate_verify_server", _certificate_verify_server),
    ("certificate_verify_client", _certificate_verify_client),
    ("finished_client", _finished_client),
    ("finished_server", _finished_server),
)
# RFC 5246 sections 7.4.3, 7.4.8 and 7.4.9, RFC 6101 sections 5.6.8 and 5.6.9
_PROOFS12: _Table = (
    ("server_key_exchange", _server_key_exchange),
    ("certificate_verify_client", _certificate_verify_client),
    ("finished_client", _finished_client),
    ("finished_server", _finished_server),
)
