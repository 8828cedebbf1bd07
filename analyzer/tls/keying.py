"""Which secret opens which side's next records, or why none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from analyzer.stream import CLIENT, SERVER, Side, new_tuple
from analyzer.tls.constants import CLIENT_KEY_EXCHANGE
from analyzer.tls.handshake import Handshake
from analyzer.tls.key_exchange import KeyExchange
from analyzer.tls.missing_secret import Missing, missing_master_secret, missing_traffic_secret
from analyzer.tls.opener import Opener, tls12_openers, tls13_opener, why_unsupported
from analyzer.tls.psk_secrets import derive_traffic_secrets
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import Suite, suite_name
from analyzer.tls.transcript import upto_key_exchange

# (side, epoch) -> key-log label (RFC 9850 section 2.1)
TRAFFIC_LABELS = {
    (CLIENT, "early"): "CLIENT_EARLY_TRAFFIC_SECRET",
    (CLIENT, "handshake"): "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    (SERVER, "handshake"): "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    (CLIENT, "application"): "CLIENT_TRAFFIC_SECRET_0",
    (SERVER, "application"): "SERVER_TRAFFIC_SECRET_0",
}

_MASTER_LABEL = "CLIENT_RANDOM"


class Found(NamedTuple):
    """An opener.

    Attributes:
        secret: the traffic secret (TLS 1.3), from which a KeyUpdate makes the next.
        opened: content type and plaintext of the record it was tried on (TLS <= 1.2).
    """

    opener: Opener
    source: str
    secret: bytes = b""
    opened: tuple[int, bytes] | None = None

    def __repr__(self) -> str:
        """Without secret and content."""
        return f"Found(source={self.source!r})"


def traffic_key(secrets: Secrets, handshake: Handshake, side: Side, epoch: str) -> Found | Missing:
    """The opener of a TLS 1.3 epoch; client random and version are known. That it fits is not checked yet."""
    client_random, suite = handshake.client_random, handshake.suite
    assert client_random is not None
    if suite is None:
        answer = handshake.server_hello or handshake.retry
        assert answer
        return _unknown_suite(answer.suite)
    label = TRAFFIC_LABELS[side, epoch]
    secret = secrets.lookup(client_random).get(label)
    source = label
    if secret is None and secrets.has_psks:
        derive_traffic_secrets(handshake, secrets)
        secret, source = handshake.derived.get(label), "PSK"
    opener = tls13_opener(suite, secret) if secret else None
    if secret is None or opener is None:
        return missing_traffic_secret(secrets, suite, client_random, label)
    return new_tuple(Found, (opener, source, secret, None))


def traffic_opener(handshake: Handshake, secret: bytes) -> Opener | None:
    """The opener of a later secret of the same session (KeyUpdate)."""
    return tls13_opener(handshake.suite, secret) if handshake.suite else None


def master_key(
    secrets: Secrets,
    handshake: Handshake,
    side: Side,
    open_first: Callable[[Opener], tuple[int, bytes] | None],
) -> Found | Missing:
    """The opener of this side's records before TLS 1.3, both hellos being known.

    `open_first` tries one on the first record.
    """
    client, server, suite = handshake.client_hello, handshake.server_hello, handshake.suite
    assert client
    assert server
    if suite is None:
        return _unknown_suite(server.suite)
    if why_unsupported(suite):
        return missing_master_secret(secrets, _exchange(handshake, suite))
    opener, handshake.openers[side] = handshake.openers[side], None
    if opener and handshake.master:
        opened = open_first(opener)
        if opened:
            return Found(opener, handshake.master[1], opened=opened)
    for secret, source in _masters(secrets, handshake, suite):
        openers = tls12_openers(
            suite,
            server.version,
            secret,
            client.random,
            server.random,
            encrypt_then_mac=server.encrypt_then_mac,
            truncated_hmac=server.truncated_hmac,
        )
        opened = openers and open_first(openers[side])
        if openers and opened:
            handshake.master = secret, source
            handshake.openers[side.peer] = openers[side.peer]
            return Found(openers[side], source, opened=opened)
    return missing_master_secret(secrets, _exchange(handshake, suite))


def _masters(secrets: Secrets, handshake: Handshake, suite: Suite) -> Iterator[tuple[bytes, str]]:
    """What may be the master secret, with its source: the one that fitted, or all that may."""
    if handshake.master:
        yield handshake.master
        return
    assert handshake.client_hello
    logged = secrets.lookup(handshake.client_hello.random).get(_MASTER_LABEL)
    if logged:  # nearly always: nothing of the key exchange is needed then
        yield logged, _MASTER_LABEL
    for candidate in secrets.master_secrets(_exchange(handshake, suite)):
        if candidate.source != _MASTER_LABEL:
            yield candidate.secret, candidate.source


def _unknown_suite(number: int) -> Missing:
    return Missing("suite-unsupported", f"{suite_name(number)} is no registered cipher suite", "")


def _exchange(handshake: Handshake, suite: Suite) -> KeyExchange:
    client, server = handshake.client_hello, handshake.server_hello
    assert client
    assert server
    sent = (raw[4:] for raw in handshake.raw[CLIENT] if raw and raw[0] == CLIENT_KEY_EXCHANGE)
    return KeyExchange(
        suite=suite,
        version=server.version,
        client_random=client.random,
        server_random=server.random,
        client_version=client.legacy_version,
        session_id=server.session_id,
        message=next(sent, b""),
        extended=server.extended_master_secret,
        transcript=upto_key_exchange(*handshake.raw),
    )
