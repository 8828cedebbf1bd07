"""Proofs of real handshakes: every stack's are valid, whichever direction is read first."""

from __future__ import annotations

import ssl

import pytest

from analyzer.stream import CLIENT, SERVER
from analyzer.tls.events import Proof
from tests.makers.tls_elders import tlslite_session
from tests.makers.tls_levels import told_of
from tests.makers.tls_stacks import openssl_program_session, openssl_session

TLS10, TLS11, TLS12, TLS13 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)
SIGNED_KEYS = {"server_key_exchange", "finished_client", "finished_server"}
TLS12_MUTUAL = SIGNED_KEYS | {"certificate_verify_client"}
TLS13_MUTUAL = {
    "certificate_verify_client",
    "certificate_verify_server",
    "finished_client",
    "finished_server",
}


@pytest.mark.parametrize("first", [CLIENT, SERVER])
@pytest.mark.parametrize("identity", ["rsa", "ecdsa"])
@pytest.mark.parametrize(
    ("version", "ciphers", "expected"),
    [
        (TLS10, "ECDHE", TLS12_MUTUAL),
        (TLS10, "DHE", TLS12_MUTUAL),
        (TLS11, "ECDHE", TLS12_MUTUAL),
        (TLS12, "ECDHE", TLS12_MUTUAL),
        (TLS12, "DHE", TLS12_MUTUAL),
        (TLS12, "kRSA", TLS12_MUTUAL - {"server_key_exchange"}),
        (TLS12, "aNULL", {"finished_client", "finished_server"}),
        (TLS13, "", TLS13_MUTUAL),
    ],
)
def test_every_proof_of_openssl_is_valid(version, ciphers, expected, identity, first):
    server = "ecdsa" if identity == "ecdsa" and ciphers == "ECDHE" else "rsa"
    client = None if ciphers == "aNULL" else identity
    wire = openssl_session(version, ciphers, server=(server,), client=client)
    told = told_of(wire, first=first)
    assert told.proofs == dict.fromkeys(expected, "valid")
    assert told.malformed == []


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_an_ed25519_client_is_proved(version):
    told = told_of(openssl_session(version, server=("rsa",), client="ed25519"))
    assert told.proofs["certificate_verify_client"] == "valid"


@pytest.mark.parametrize("server", ["rsa", "ecdsa", "ed25519", "ed448", "rsa-pss"])
def test_every_kind_of_server_key_is_proved_in_tls13(server):
    wire = openssl_session(TLS13, server=(server,))
    assert told_of(wire).proofs == dict.fromkeys(
        TLS13_MUTUAL - {"certificate_verify_client"}, "valid"
    )


def test_a_dsa_signature_is_proved():
    peers = ["-tls1_2", "-cipher", "DHE-DSS-AES128-SHA256:@SECLEVEL=0"]
    peers += ["-sigalgs", "DSA+SHA256:DSA+SHA1"]
    wire = openssl_program_session(server=peers, client=peers, identity_kind="dsa")
    assert told_of(wire).proofs == dict.fromkeys(SIGNED_KEYS, "valid")


@pytest.mark.parametrize("version", [(3, 0), (3, 1), (3, 2), (3, 3)])
@pytest.mark.parametrize("exchange", ["rsa", "dhe_rsa"])
def test_every_proof_of_tlslite_is_valid(version, exchange):
    pytest.importorskip("tlslite")
    wire = tlslite_session(version, mutual=True, keyExchangeNames=[exchange])
    expected = TLS12_MUTUAL - ({"server_key_exchange"} if exchange == "rsa" else set())
    assert told_of(wire).proofs == dict.fromkeys(expected, "valid")


def test_without_keys_what_is_in_the_clear_is_still_proved():
    told = told_of(openssl_session(TLS12, "ECDHE", client="rsa"), b"")
    assert told.proofs == {
        "server_key_exchange": "valid",
        "certificate_verify_client": "valid",
        "finished_client": "unchecked",
        "finished_server": "unchecked",
    }
    why = {proof.kind: proof.why for proof in told.of(Proof, None) if proof.why}
    assert why == {
        "finished_client": "the client's Finished stayed sealed",
        "finished_server": "the server's Finished stayed sealed",
    }


def test_without_keys_nothing_of_tls13_is_proved():
    told = told_of(openssl_session(TLS13, client="rsa"), b"")
    assert told.proofs == dict.fromkeys(TLS13_MUTUAL - {"certificate_verify_client"}, "unchecked")


def test_one_sides_secret_missing_leaves_the_other_sides_proofs():
    wire = openssl_session(TLS13, client="rsa")
    lines = [line for line in wire.key_log.splitlines(keepends=True) if b"CLIENT_HAND" not in line]
    told = told_of(wire, b"".join(lines))
    assert told.proofs == {
        "certificate_verify_server": "valid",
        "finished_client": "unchecked",
        "finished_server": "valid",
    }
