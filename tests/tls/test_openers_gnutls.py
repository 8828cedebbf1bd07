"""Openers on real sessions of GnuTLS, which offers more suites than any other stack."""

from __future__ import annotations

import shutil

import pytest

from analyzer.tls.opener import why_unsupported
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES
from tests.makers.tls_gnutls import GNUTLS_TLS13, GnuTls, gnutls_suite
from tests.makers.tls_stacks import PING
from tests.makers.tls_wire import ENCRYPT_THEN_MAC, application_data

pytestmark = pytest.mark.skipif(not shutil.which("gnutls-serv"), reason="GnuTLS is not installed")

# gnutls-cli 3.7 crashes with these key exchanges; OpenSSL stands in for it.
CRASHES = {"DHE_PSK", "ECDHE_PSK"}
# Suites that share their parts with one of another number, or that GnuTLS never had.
ELSEWHERE = {"SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_NULL_SHA384"}
CIPHERS = ("AES", "CAMELLIA", "CHACHA20", "3DES", "RC4_128", "NULL")


def _suites():
    for suite in SUITES.values():
        words = gnutls_suite(suite)
        if (
            words
            and suite.cipher.name.startswith(CIPHERS)
            and suite.key_exchange not in CRASHES
            and suite.name not in ELSEWHERE
            and not suite.export
        ):
            yield suite, words


def _sessions():
    for suite, words in _suites():
        yield pytest.param("TLS1.2", suite, words, "", id=f"1.2-{suite.name}")
        if suite.mac in {"MD5", "SHA"}:
            for version in ("TLS1.0", "TLS1.1"):
                id_ = f"{version[3:]}-{suite.name}"
                yield pytest.param(version, suite, words, "", id=id_)
        if suite.cipher.kind == "block":
            id_ = f"1.2-{suite.name}-mac-then-encrypt"
            yield pytest.param("TLS1.2", suite, words, ":%NO_ETM", id=id_)


@pytest.fixture(scope="module")
def gnutls():
    with GnuTls.serving() as serving:
        yield serving


@pytest.mark.parametrize(("version", "suite", "words", "extra"), list(_sessions()))
def test_every_suite_of_gnutls_opens(gnutls, version, suite, words, extra):
    wire = gnutls.session(version, words, extra)
    assert wire.hello.suite_number == suite.number
    assert not why_unsupported(suite)
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    client, server = wire.opened(secrets)
    assert application_data(client) == PING
    assert application_data(server) == PING
    if extra:
        assert ENCRYPT_THEN_MAC not in wire.hello.extensions


@pytest.mark.parametrize("number", [0x1301, 0x1302, 0x1303, 0x1304, 0x1305])
def test_every_suite_of_tls13_opens(number):
    suite = SUITES[number]
    words = f"+{suite.cipher.name.replace('_', '-')}:+AEAD"
    with GnuTls.serving(GNUTLS_TLS13) as serving:
        wire = serving.session("TLS1.3", words)
    assert wire.hello.suite_number == number
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    client, server = wire.opened(secrets)
    assert application_data(client) == PING
    assert application_data(server) == PING
