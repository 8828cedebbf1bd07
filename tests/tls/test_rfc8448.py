"""The traces of RFC 8448 through the whole layer.

The client's private keys are printed there, so the secrets are derived from them and the server's share.
"""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from analyzer.stream import CLIENT, SERVER, Chunk, Side
from analyzer.tls import schedule
from analyzer.tls.constants import FINISHED, SERVER_HELLO
from analyzer.tls.events import Alert, Message
from analyzer.tls.secrets import Secrets
from tests.makers.rfc8448 import RETRY, RETRY_CLIENT_KEY, SIMPLE, SIMPLE_CLIENT_KEY
from tests.makers.tls_levels import Told, at, run_level

HASH = "SHA256"


def x25519(private: str, share: bytes) -> bytes:
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(private))
    return key.exchange(X25519PublicKey.from_public_bytes(share))


def p256(private: str, share: bytes) -> bytes:
    key = ec.derive_private_key(int(private, 16), ec.SECP256R1())
    return key.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share)
    )


def handshake_secrets(trace, shared: bytes):
    """(handshake secret, {label: secret}) over the hellos in the trace (RFC 8446 section 7.1)."""
    hellos = [record[5:] for _, record in trace if record[0] == 22]
    if len(hellos) > 2:
        hashed = hashlib.sha256(hellos[0]).digest()
        hellos[0] = b"\xfe\0\0\x20" + hashed
    transcript = hashlib.sha256(b"".join(hellos)).digest()
    secret = schedule.next_stage(HASH, schedule.early_secret(HASH, b""), shared)
    found = {
        f"{word}_HANDSHAKE_TRAFFIC_SECRET": schedule.derive_secret(HASH, secret, label, transcript)
        for word, label in (("CLIENT", "c hs traffic"), ("SERVER", "s hs traffic"))
    }
    return secret, found


def key_log(trace, found) -> bytes:
    random = trace[0][1][11:43].hex()
    return "".join(f"{label} {random} {secret.hex()}\n" for label, secret in found.items()).encode()


def run(trace, shared: bytes, first: Side | None = None) -> Told:
    events = [Chunk(side, record, at(number + 1)) for number, (side, record) in enumerate(trace)]
    if first is not None:
        events.sort(key=lambda event: event.side is not first)
    secret, found = handshake_secrets(trace, shared)
    secrets = Secrets()
    secrets.add_key_log(key_log(trace, found))
    # What the application's secrets are made over shows once the handshake's open.
    clear = run_level(events, secrets)
    hellos = [record[5:] for _, record in trace if record[0] == 22]
    if len(hellos) > 2:
        hellos[0] = b"\xfe\0\0\x20" + hashlib.sha256(hellos[0]).digest()
    flight = [m for m in clear.of(Message, SERVER) if m.type != SERVER_HELLO and m.type <= FINISHED]
    sealed = [
        bytes((m.type,)) + len(m.body).to_bytes(3, "big") + m.body for m in flight if m.encrypted
    ]
    transcript = hashlib.sha256(b"".join([*hellos, *sealed])).digest()
    main = schedule.next_stage(HASH, secret, b"")
    for word, label in (("CLIENT", "c ap traffic"), ("SERVER", "s ap traffic")):
        found[f"{word}_TRAFFIC_SECRET_0"] = schedule.derive_secret(HASH, main, label, transcript)
    secrets.add_key_log(key_log(trace, found))
    return run_level(events, secrets)


TRACES = {
    "simple": (SIMPLE, x25519(SIMPLE_CLIENT_KEY, SIMPLE[1][1][57:89])),
    "retry": (RETRY, p256(RETRY_CLIENT_KEY, RETRY[3][1][57:122])),
}
FLIGHT = ["encrypted_extensions", "certificate", "certificate_verify", "finished"]


@pytest.mark.parametrize("first", [None, CLIENT, SERVER])
def test_the_simple_handshake_opens_and_is_proved(first):
    told = run(*TRACES["simple"], first)
    assert told.messages(CLIENT) == ["client_hello", "finished"]
    assert told.messages(SERVER) == ["server_hello", *FLIGHT, "new_session_ticket"]
    assert told.data(CLIENT) == told.data(SERVER) == bytes(range(50))
    assert [(alert.side, alert.code) for alert in told.of(Alert)] in (
        [(CLIENT, 0), (SERVER, 0)],
        [(SERVER, 0), (CLIENT, 0)],
    )
    valid = ("certificate_verify_server", "finished_client", "finished_server")
    assert told.proofs == dict.fromkeys(valid, "valid")
    assert told.sealed == []
    assert told.malformed == []


@pytest.mark.parametrize("first", [None, CLIENT, SERVER])
def test_the_handshake_with_a_retry_opens_and_is_proved(first):
    told = run(*TRACES["retry"], first)
    assert told.messages(CLIENT) == ["client_hello", "client_hello", "finished"]
    assert told.messages(SERVER) == ["server_hello", "server_hello", *FLIGHT]
    [retry, hello] = [m.value for m in told.of(Message, SERVER) if m.type == SERVER_HELLO]
    assert (retry.is_retry, hello.is_retry) == (True, False)
    valid = ("certificate_verify_server", "finished_client", "finished_server")
    assert told.proofs == dict.fromkeys(valid, "valid")
    assert {alert.side for alert in told.of(Alert)} == set(Side)
    assert told.sealed == []
    assert told.malformed == []
