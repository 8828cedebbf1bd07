"""Openers on real sessions of stacks that still speak what OpenSSL and GnuTLS dropped."""

from __future__ import annotations

import shutil

import pytest

from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES
from tests.makers.tls_elders import jsse_sessions, nss_session, tlslite_session
from tests.makers.tls_identities import identity
from tests.makers.tls_stacks import PING, PONG
from tests.makers.tls_wire import ENCRYPT_THEN_MAC, application_data

SSL3, TLS10, TLS11 = (3, 0), (3, 1), (3, 2)


@pytest.mark.parametrize("encrypt_then_mac", [False, True], ids=["mac-first", "encrypt-first"])
@pytest.mark.parametrize("mac", ["md5", "sha"])
@pytest.mark.parametrize("cipher", ["rc4", "3des", "aes128", "aes256", "null"])
@pytest.mark.parametrize("version", [SSL3, TLS10, TLS11], ids=["ssl3", "1.0", "1.1"])
def test_every_old_version_of_tlslite_opens(version, cipher, mac, encrypt_then_mac):
    pytest.importorskip("tlslite")
    stream = cipher in {"rc4", "null"}
    if mac == "md5" and not stream:
        pytest.skip("no such suite")
    if encrypt_then_mac and (version == SSL3 or stream):
        pytest.skip("no encrypt-then-MAC there")
    wire = tlslite_session(
        version,
        cipherNames=[cipher],
        macNames=[mac],
        keyExchangeNames=["rsa"],
        useEncryptThenMAC=encrypt_then_mac,
    )
    assert (ENCRYPT_THEN_MAC in wire.hello.extensions) == encrypt_then_mac
    assert wire.hello.version == 0x0300 + version[1]
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    client, server = wire.opened(secrets)
    assert application_data(client) == PING
    assert application_data(server) == PONG
    by_key = Secrets()
    by_key.add(identity("rsa")[1].read_bytes(), "server.key")
    assert wire.opened(by_key, source="RSA private key") == (client, server)


JSSE_SUITES = [
    "SSL_RSA_WITH_DES_CBC_SHA",
    "SSL_DHE_RSA_WITH_DES_CBC_SHA",
    "SSL_DH_anon_WITH_DES_CBC_SHA",
    "SSL_RSA_EXPORT_WITH_RC4_40_MD5",
    "SSL_DH_anon_EXPORT_WITH_RC4_40_MD5",
    "SSL_RSA_EXPORT_WITH_DES40_CBC_SHA",
    "SSL_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
    "SSL_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
]


@pytest.mark.skipif(not shutil.which("java"), reason="Java is not installed")
@pytest.mark.parametrize("protocol", ["SSLv3", "TLSv1"])
def test_des_and_the_export_suites_of_jsse_open(protocol):
    wires = jsse_sessions(protocol, JSSE_SUITES)
    assert list(wires) == JSSE_SUITES
    for name, wire in wires.items():
        assert SUITES[wire.hello.suite_number].name == name.replace("SSL_", "TLS_")
        secrets = Secrets()
        secrets.add_key_log(wire.key_log)
        client, server = wire.opened(secrets)
        assert application_data(client) == PING, name
        assert application_data(server) == PONG, name


@pytest.mark.skipif(not shutil.which("selfserv"), reason="NSS's tools are not installed")
@pytest.mark.parametrize(
    ("number", "versions"),
    [
        (0x0096, "tls1.2:tls1.2"),
        (0x0096, "tls1.0:tls1.0"),
        (0x0009, "ssl3:ssl3"),
        (0x0009, "tls1.1:tls1.1"),
        (0x0005, "ssl3:ssl3"),
        (0x0041, "tls1.1:tls1.1"),
        (0x009C, "tls1.2:tls1.2"),
    ],
)
def test_sessions_of_nss_open_by_the_servers_private_key(number, versions):
    wire = nss_session(number, versions)
    assert wire.hello.suite_number == number
    secrets = Secrets()
    secrets.add(identity("rsa")[1].read_bytes(), "server.key")
    client, server = wire.opened(secrets, source="RSA private key")
    assert application_data(client) == b"GET / HTTP/1.0\r\n\r\n"
    assert application_data(server).startswith(b"HTTP/1.0 200 OK\r\n")
