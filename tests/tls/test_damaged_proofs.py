"""One flipped bit: the proof that it belongs to turns invalid, and no other does."""

from __future__ import annotations

import ssl

import pytest

from analyzer.tls.events import Proof
from analyzer.tls.secrets import Secrets
from tests.makers.tls_levels import run_level, told_of
from tests.makers.tls_stacks import openssl_session
from tests.makers.tls_wire import Wire
from tests.makers.tls_writer import TLS12, TLS13, TLS13_MUTUAL, Writer, flipped, vector, written

PROOFS = {
    TLS12: (
        "server_key_exchange",
        "certificate_verify_client",
        "finished_client",
        "finished_server",
    ),
    TLS13: (
        "certificate_verify_server",
        "certificate_verify_client",
        "finished_client",
        "finished_server",
    ),
}
# What the peer gets wrong -> the one proof that fails; "" where none does.
SENT_WRONG = {
    (TLS12, ""): "",
    (TLS12, "server key"): "server_key_exchange",
    (TLS12, "server parameters"): "server_key_exchange",
    (TLS12, "server server_key_exchange"): "server_key_exchange",
    (TLS12, "client key"): "certificate_verify_client",
    (TLS12, "client certificate_verify"): "certificate_verify_client",
    (TLS12, "client finished"): "finished_client",
    (TLS12, "server finished"): "finished_server",
    # The issuer's signature in a certificate is the chain's matter.
    (TLS12, "server certificate"): "",
    (TLS13, ""): "",
    (TLS13, "server key"): "certificate_verify_server",
    (TLS13, "server certificate_verify"): "certificate_verify_server",
    (TLS13, "client key"): "certificate_verify_client",
    (TLS13, "client certificate_verify"): "certificate_verify_client",
    (TLS13, "client finished"): "finished_client",
    (TLS13, "server finished"): "finished_server",
    (TLS13, "client certificate"): "",
}


def run(session):
    secrets = Secrets()
    secrets.add_key_log(session.key_log)
    return run_level(session.events, secrets)


@pytest.mark.parametrize(("version", "damaged"), SENT_WRONG)
def test_what_a_peer_gets_wrong_fails_its_own_proof_alone(version, damaged):
    told = run(written(version, damaged=damaged))
    expected = dict.fromkeys(PROOFS[version], "valid")
    if SENT_WRONG[version, damaged]:
        expected[SENT_WRONG[version, damaged]] = "invalid"
    assert told.proofs == expected
    assert told.malformed == []
    assert told.sealed == []
    for proof in told.of(Proof, None):
        assert bool(proof.why) == (proof.result == "invalid")


def test_each_bit_of_a_signature_and_of_what_it_signs_counts():
    """Flipped on the way, so everything that hashes the message fails as well, and the key exchange first."""
    wire = openssl_session(ssl.TLSVersion.TLSv1_2, "ECDHE", server=("ecdsa",), client="rsa")
    [exchange] = [raw for kind, raw in wire.clear_messages(1) if kind == 12]
    start = wire.server.index(exchange)
    for place in range(start + 4, start + len(exchange), 7):
        told = told_of(Wire(wire.client, flipped(wire.server, place), wire.key_log))
        # A bit of a length or of the scheme's number makes it unreadable, never valid.
        assert told.proofs["server_key_exchange"] in {"invalid", "unchecked"}, place
        assert told.proofs["certificate_verify_client"] == "invalid"
        assert told.proofs["finished_client"] == "invalid"
        assert told.proofs["finished_server"] == "invalid"


def test_a_bit_flipped_in_the_clear_behind_the_signatures_leaves_them_valid():
    wire = openssl_session(ssl.TLSVersion.TLSv1_2, "kRSA", client="rsa")
    [exchange] = [raw for kind, raw in wire.clear_messages(0) if kind == 15]
    changed = flipped(wire.client, wire.client.index(exchange) + 20)
    told = told_of(Wire(changed, wire.server, wire.key_log))
    assert told.proofs == {
        "certificate_verify_client": "invalid",
        "finished_client": "invalid",
        "finished_server": "invalid",
    }


@pytest.mark.parametrize("damaged", ["client finished", "server certificate_verify"])
def test_behind_an_encrypted_client_hello_a_mismatch_says_nothing(damaged):
    # A server that takes it hashes the hello inside, which nobody else can see.
    class Hidden(Writer):
        def _client_hello(self, side):
            hello = super()._client_hello(side)
            versions = b"\0\x2b" + vector(2, vector(1, b"\3\4"))
            return hello.removesuffix(vector(2, versions)) + vector(
                2, versions + b"\xfe\x0d" + vector(2, b"outer")
            )

    told = run(Hidden(TLS13, damaged).write(TLS13_MUTUAL))
    assert sorted(told.proofs.values()) == ["unchecked", "valid", "valid", "valid"]
    assert told.malformed == []
