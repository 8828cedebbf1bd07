"""What holds for every kind of opener, on real records."""

from __future__ import annotations

import ssl

import pytest

from analyzer.tls.opener import tls13_opener
from analyzer.tls.secrets import Secrets
from analyzer.tls.suites import SUITES
from tests.makers.tls_elders import tlslite_session
from tests.makers.tls_stacks import openssl_session
from tests.makers.tls_wire import Wire

TLS10, TLS12, TLS13 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
MAC_THEN_ENCRYPT = 1 << 19

KINDS = {
    "1.3": (TLS13, "", 0),
    "1.2-gcm": (TLS12, "ECDHE-RSA-AES128-GCM-SHA256", 0),
    "1.2-ccm8": (TLS12, "AES256-CCM8", 0),
    "1.2-chacha20": (TLS12, "ECDHE-RSA-CHACHA20-POLY1305", 0),
    "1.2-mac-then-encrypt": (TLS12, "AES128-SHA256", MAC_THEN_ENCRYPT),
    "1.2-encrypt-then-mac": (TLS12, "AES128-SHA256", 0),
    "1.0-mac-then-encrypt": (TLS10, "CAMELLIA256-SHA", MAC_THEN_ENCRYPT),
    "1.0-encrypt-then-mac": (TLS10, "AES256-SHA", 0),
    "1.2-null": (TLS12, "NULL-SHA256", 0),
}


def _wire(kind: str) -> Wire:
    if kind in KINDS:
        version, ciphers, options = KINDS[kind]
        return openssl_session(version, ciphers, options=options)
    pytest.importorskip("tlslite")
    version = (3, 0) if kind.startswith("ssl3") else (3, 1)
    return tlslite_session(version, cipherNames=[kind.split("-")[1]], keyExchangeNames=["rsa"])


def _opener(wire: Wire):
    """The opener of the client's first sealed record."""
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    if wire.hello.tls13:
        secret = secrets.lookup(wire.hello.client_random)["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]
        return tls13_opener(SUITES[wire.hello.suite_number], secret)
    return wire.openers(secrets)[0]


def _sealed(kind: str):
    """(opener, records) of a session's client; in TLS 1.3 the records of the handshake only."""
    wire = _wire(kind)
    records = wire.sealed(0)
    return _opener(wire), records[:1] if wire.hello.tls13 else records


ALL_KINDS = [*KINDS, "1.0-rc4", "ssl3-rc4"]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_one_flipped_bit_closes_a_record_and_changes_nothing(kind):
    opener, records = _sealed(kind)
    for record_type, version, body in records:
        before = opener.sequence
        for bit in range(len(body) * 8):
            damaged = bytearray(body)
            damaged[bit // 8] ^= 1 << bit % 8
            assert opener.open(record_type, version, bytes(damaged)) is None, bit
        assert opener.open(record_type ^ 1, version, body) is None
        if not kind.startswith(
            "ssl3"
        ):  # whose MAC leaves the version out (RFC 6101 section 5.2.3.1)
            assert opener.open(record_type, version ^ 1, body) is None
        assert opener.sequence == before
        assert opener.open(record_type, version, body) is not None
        assert opener.sequence == before + 1


def test_in_ssl3_a_flip_in_the_padding_goes_unseen_and_changes_no_content():
    # Padding is random and no MAC covers it (RFC 6101 section 5.2.3.2): what POODLE lives on.
    wire = _wire("ssl3-3des")
    record_type, version, body = wire.sealed(0)[0]
    content = _opener(wire).open(record_type, version, body)
    for bit in range(len(body) * 8):
        damaged = bytearray(body)
        damaged[bit // 8] ^= 1 << bit % 8
        assert _opener(wire).open(record_type, version, bytes(damaged)) in {None, content}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_body_cut_anywhere_is_closed(kind):
    opener, records = _sealed(kind)
    record_type, version, body = records[0]
    for size in range(len(body)):
        assert opener.open(record_type, version, body[:size]) is None
    assert opener.open(record_type, version, body) is not None


@pytest.mark.parametrize(
    "kind", ["1.2-gcm", "1.2-ccm8", "1.2-chacha20", "1.2-mac-then-encrypt", "1.2-encrypt-then-mac"]
)
def test_a_sequence_number_that_is_set_opens_what_comes_after_lost_records(kind):
    opener, records = _sealed(kind)
    assert len(records) > 1
    assert opener.open(*records[1]) is None
    opener.sequence = 1
    assert opener.open(*records[1]) is not None


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_no_opener_shows_its_key(kind):
    opener, _ = _sealed(kind)
    assert (
        repr(opener)
        == f"<{type(opener).__module__}.{type(opener).__qualname__} object at {hex(id(opener))}>"
    )
