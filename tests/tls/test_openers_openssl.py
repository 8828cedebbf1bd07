"""Openers and secrets on real sessions of OpenSSL."""

from __future__ import annotations

import ssl

import pytest

from analyzer.tls.opener import tls12_openers, why_unsupported
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES
from tests.makers.tls_gnutls import PSK_IDENTITY, PSK_KEY
from tests.makers.tls_identities import identity
from tests.makers.tls_stacks import PING, PONG, openssl_program_session, openssl_session
from tests.makers.tls_wire import ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, application_data

TLS10, TLS11, TLS12, TLS13 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)
NO_ENCRYPT_THEN_MAC = 1 << 19  # SSL_OP_NO_ENCRYPT_THEN_MAC
NO_EXTENDED_MASTER_SECRET = 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET


def _offered() -> list[dict]:
    """What Python's OpenSSL offers with certificates or anonymously; PSK and SRP it has no words for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return [
        cipher
        for cipher in context.get_ciphers()
        if not any(word in cipher["name"] for word in ("PSK", "SRP", "TLS_", "DSS"))
    ]


def _sessions():
    for cipher in _offered():
        name = cipher["name"]
        yield pytest.param(TLS12, name, 0, id=f"1.2-{name}")
        if cipher["protocol"] != "TLSv1.2":
            for version, word in ((TLS10, "1.0"), (TLS11, "1.1")):
                yield pytest.param(version, name, 0, id=f"{word}-{name}")
                if SUITES[cipher["id"] & 0xFFFF].cipher.kind == "block":
                    id_ = f"{word}-{name}-mac-then-encrypt"
                    yield pytest.param(version, name, NO_ENCRYPT_THEN_MAC, id=id_)


@pytest.mark.parametrize(("version", "name", "options"), list(_sessions()))
def test_every_suite_of_openssl_opens_or_is_known_as_unsupported(version, name, options):
    wire = openssl_session(version, name, options=options)
    suite = SUITES[wire.hello.suite_number]
    secrets = Secrets()
    assert secrets.add_key_log(wire.key_log).used
    if "ARIA" in name:
        assert "ARIA" in why_unsupported(suite)
        assert tls12_openers(suite, 0x0303, b"m" * 48, b"c" * 32, b"s" * 32) is None
        return
    client, server = wire.opened(secrets)
    assert application_data(client) == PING
    assert application_data(server) == PONG
    assert client[0][0] == 22
    assert client[0][1][:4] == b"\x14\x00\x00\x0c"
    etm = ENCRYPT_THEN_MAC in wire.hello.extensions
    # OpenSSL agrees on it for suites without a cipher too, where it makes no difference.
    assert etm == (suite.cipher.kind in {"block", "null"} and not options)


@pytest.mark.parametrize(
    "suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
)
def test_every_suite_of_tls13_opens(suite):
    peers = ["-tls1_3", "-ciphersuites", suite]
    wire = openssl_program_session(server=peers, client=peers)
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    client, server = wire.opened(secrets)
    assert SUITES[wire.hello.suite_number].name == suite
    assert application_data(client) == PING
    assert application_data(server).strip() == PING.strip()[::-1]


@pytest.mark.parametrize("cipher", ["AES256-SHA", "AES128-GCM-SHA256"])
@pytest.mark.parametrize("options", [0, NO_EXTENDED_MASTER_SECRET])
def test_the_rsa_private_key_opens_rsa_key_exchange(cipher, options):
    wire = openssl_session(TLS12, cipher, options=options)
    assert (EXTENDED_MASTER_SECRET in wire.hello.extensions) != bool(options)
    secrets = Secrets()
    secrets.add(identity("rsa")[1].read_bytes(), "server.key")
    client, server = wire.opened(secrets, source="RSA private key")
    assert application_data(client) == PING
    assert application_data(server) == PONG


PSK_CIPHERS = [
    "PSK-AES128-CBC-SHA",
    "PSK-CHACHA20-POLY1305",
    "RSA-PSK-AES256-GCM-SHA384",
    "RSA-PSK-CAMELLIA128-SHA256",
    "DHE-PSK-AES128-CCM8",
    "DHE-PSK-AES256-CBC-SHA384",
    "DHE-PSK-NULL-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-PSK-NULL-SHA384",
]


@pytest.mark.parametrize("cipher", PSK_CIPHERS)
def test_pre_shared_key_suites_open(cipher):
    peers = ["-tls1_2", "-psk", PSK_KEY, "-psk_identity", PSK_IDENTITY]
    peers += ["-cipher", f"{cipher}:@SECLEVEL=0"]
    wire = openssl_program_session(server=peers, client=peers)
    by_log = Secrets()
    by_log.add_key_log(wire.key_log)
    assert application_data(wire.opened(by_log)[0]) == PING
    by_key = Secrets()
    by_key.add(f"{PSK_IDENTITY}:{PSK_KEY}\n".encode(), "psk.txt")
    by_key.add(identity("rsa")[1].read_bytes(), "server.key")
    if cipher.startswith(("PSK", "RSA-PSK")):
        assert application_data(wire.opened(by_key, source="PSK")[0]) == PING
    else:
        # The key alone does not open what (EC)DHE went into.
        assert not list(by_key.master_secrets(wire.key_exchange))
