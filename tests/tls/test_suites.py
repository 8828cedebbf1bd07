"""The suite table against the registries of other programs."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from analyzer.tls.opener import why_unsupported
from analyzer.tls.suites import CIPHERS, SUITES, suite_name


def test_the_table_is_in_number_order_and_without_repeats():
    numbers = list(SUITES)
    assert numbers == sorted(numbers)
    assert (
        len({suite.name for suite in SUITES.values()}) >= len(numbers) - 2
    )  # FIPS suites have two numbers


def test_a_number_without_a_suite_is_named_by_its_digits():
    assert suite_name(0xC030) == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert suite_name(0x1A2B) == "0x1a2b"


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_every_registered_suite_that_tshark_names_has_the_same_name_here():
    listed = subprocess.run(
        ["tshark", "-G", "values"], capture_output=True, text=True, check=True
    ).stdout
    named = {
        int(number): name
        for number, name in re.findall(
            r"^V\ttls\.handshake\.ciphersuite\t(\d+)\t((?:TLS|SSL)_\S+)$", listed, re.MULTILINE
        )
    }
    # Never registered, seldom deployed, and protected in ways of their own: Fortezza, the ChaCha20 of an
    # early draft, Salsa20.
    unregistered = {0x001C, 0x001D, *range(0xCC13, 0xCC16), *range(0xE410, 0xE420)}
    assert len(named) > 300
    for number, name in named.items():
        if number not in unregistered:
            assert suite_name(number) == name


def test_every_suite_that_openssl_names_has_the_same_parts_here():
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    listed = subprocess.run(
        ["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = re.findall(
        r"0x(..),0x(..) - (\S+)\s+- \S+\s+\S+\s+Kx=(\S+)\s+Au=(\S+)\s+Enc=([^\s(]+)(?:\((\d+)\))?\s+Mac=(\S+)",
        listed,
    )
    assert len(rows) > 100
    exchanges = {"ECDH": "ECDHE", "DH": "DHE"}
    exchanges |= {"RSAPSK": "RSA_PSK", "DHEPSK": "DHE_PSK", "ECDHEPSK": "ECDHE_PSK"}
    for high, low, name, exchange, authentication, cipher, bits, mac in rows:
        suite = SUITES[int(high + low, 16)]
        assert suite.name == name
        assert suite.tls13 == (exchange == "any")
        if not suite.tls13:
            assert suite.key_exchange == exchanges.get(exchange, exchange)
        if authentication in {"RSA", "ECDSA", "DSS"}:
            assert suite.authentication == authentication
        if cipher != "None":
            assert suite.cipher.key * 8 == int(bits)
            assert suite.cipher.name.lower().startswith(cipher[:3].lower())
        if mac == "AEAD":
            assert (suite.cipher.kind, suite.mac) == ("aead", "")
        else:
            assert suite.mac == {"SHA1": "SHA"}.get(mac, mac)


@pytest.mark.parametrize("suite", list(SUITES.values()), ids=lambda suite: suite.name)
def test_the_parts_of_a_suite_are_those_of_its_name(suite):
    if suite.cipher is None:
        assert suite.name.endswith("_SCSV")
        return
    name = suite.name.replace("DES_CBC_40", "DES40_CBC")
    assert suite.cipher.name in name.replace("SHA256_SHA256", "NULL").replace(
        "SHA384_SHA384", "NULL"
    )
    if suite.mac:
        assert suite.cipher.kind in {"block", "stream", "null", "other"}
        assert name.endswith(suite.mac)
    if suite.cipher.kind == "aead" and name[-6:] in {"SHA256", "SHA384"}:
        assert suite.prf == name[-6:]
    if suite.mac == "SHA384":
        assert suite.prf == "SHA384"


def test_no_cipher_of_the_table_is_without_a_suite():
    assert {suite.cipher.name for suite in SUITES.values() if suite.cipher} == set(CIPHERS)


def test_what_no_library_carries_is_said_by_name():
    unsupported = {
        suite.cipher.name for suite in SUITES.values() if suite.cipher and why_unsupported(suite)
    }
    assert {name.partition("_")[0] for name in unsupported} == {
        "28147",
        "AEGIS",
        "ARIA",
        "KUZNYECHIK",
        "MAGMA",
        "NULL",  # with a GOST MAC
        "SM4",  # in CCM mode
    }
    aria = SUITES[0xC061]
    assert (
        why_unsupported(aria) == f"no library here carries the cipher ARIA_256_GCM of {aria.name}"
    )
    assert why_unsupported(SUITES[0x0081]) == (
        "no library here carries the cipher 28147_CNT of TLS_GOSTR341001_WITH_28147_CNT_IMIT"
    )
    assert not why_unsupported(SUITES[0xC030])
