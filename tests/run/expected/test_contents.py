"""What is in a file is told by its bytes, whatever text stands around it."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from analyzer.run.expected.contents import contents_of
from tests.makers.certificates import authority, cluster_certificate, issue, name

CA = authority("/O=Example/CN=Customer CA")
LEAF = cluster_certificate(CA)
BOTH = (LEAF.facts, CA.facts)


def openssl(*arguments: str, text: bytes) -> bytes:
    return subprocess.run(
        ["openssl", *arguments], input=text, capture_output=True, check=True
    ).stdout


@pytest.mark.parametrize(
    "data",
    [
        (LEAF.pem + CA.pem).encode(),
        (LEAF.pem + CA.pem).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + (LEAF.pem + CA.pem).encode(),
        (LEAF.pem + CA.pem).encode("utf-16"),
        f"Bag Attributes\n  friendlyName: x\n{LEAF.pem}# the CA: Zürich\n{CA.pem}".encode(
            "latin-1"
        ),
        (LEAF.pem + LEAF.key_pem + CA.pem).encode(),
        (LEAF.pem + CA.pem).replace("\n", " ").encode(),
        (LEAF.pem + CA.pem).replace("\n", "\\n").encode(),
        (LEAF.pem + LEAF.pem + CA.pem).encode(),
        (LEAF.pem + CA.pem).replace("CERTIFICATE-", "X509 CERTIFICATE-").encode(),
        pkcs7.serialize_certificates([LEAF.certificate, CA.certificate], Encoding.DER),
        pkcs7.serialize_certificates([LEAF.certificate, CA.certificate], Encoding.PEM),
        pkcs7.serialize_certificates([LEAF.certificate, CA.certificate], Encoding.PEM).replace(
            b"PKCS7", b"CERTIFICATE"
        ),
    ],
    ids=[
        "pem",
        "crlf",
        "bom",
        "utf-16",
        "text",
        "key-between",
        "one-line",
        "escaped",
        "repeated",
        "x509",
        "pkcs7-der",
        "pkcs7-pem",
        "pkcs7-mislabelled",
    ],
)
def test_a_leaf_and_its_issuer_are_found(data):
    contents = contents_of(data)
    assert set(contents.certificates) == set(BOTH)
    assert len(contents.certificates) == 2
    assert contents.problems == ()


def test_what_openssl_writes_is_read():
    crl2pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", text=LEAF.pem.encode())
    assert contents_of(crl2pkcs7).certificates == (LEAF.facts,)
    text = openssl("x509", "-text", text=LEAF.pem.encode())
    assert contents_of(text).certificates == (LEAF.facts,)
    trusted = openssl("x509", "-trustout", "-addtrust", "serverAuth", text=LEAF.pem.encode())
    assert b"TRUSTED CERTIFICATE" in trusted
    assert contents_of(trusted).certificates == (LEAF.facts,)


def test_one_certificate_in_der_is_found():
    assert contents_of(LEAF.der).certificates == (LEAF.facts,)


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_certificate_request_gives_its_key(form):
    data = LEAF.csr_pem.encode()
    data = openssl("req", "-outform", "der", text=data) if form == "der" else data
    (request,) = contents_of(data).requests
    assert (request.key_sha256, request.key) == (LEAF.facts.key_sha256, LEAF.facts.key)


def test_private_keys_are_counted_and_not_read():
    contents = contents_of(LEAF.key_pem.encode())
    assert (contents.private_keys, contents.certificates, contents.problems) == (1, (), ())


def test_an_encrypted_private_key_does_no_harm():
    encrypted = LEAF.key.private_bytes(
        Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(b"x"),
    )
    assert b"DEK-Info" in encrypted
    contents = contents_of(encrypted + LEAF.pem.encode())
    assert (contents.certificates, contents.problems) == ((LEAF.facts,), ())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (LEAF.pem[:-40].encode(), "PEM block 1 (CERTIFICATE) has no end: the file is cut"),
        (
            LEAF.pem.replace("MII", "MI!", 1).encode(),
            "PEM block 1 (CERTIFICATE) is not base64",
        ),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "PEM block 1 (CERTIFICATE) cannot be read: not a certificate that can be read (DER, RFC 5280)",
        ),
        (b'{"Clusters": [', "not valid JSON: Expecting value: line 1 column 15 (char 14)"),
        (b"[" * 100_000, "JSON that is nested too deep"),
        (b"Clusters: &a [x]\nHsms: [*a, *a]\n", "not valid YAML: aliases are not read"),
        (b"Clusters:\n - " + b"[" * 1000, "not valid YAML: nested too deep"),
        (
            b"\xfe\xed\xfe\xed\0\0\0\2",
            "a Java keystore: export with 'keytool -exportcert -rfc -alias NAME -keystore FILE'",
        ),
        (
            pkcs12.serialize_key_and_certificates(
                b"x", LEAF.key, LEAF.certificate, None, serialization.BestAvailableEncryption(b"x")
            ),
            "a PKCS#12 file: export with 'openssl pkcs12 -in FILE -nokeys -out FILE.pem'",
        ),
    ],
    ids=[
        "cut",
        "not-base64",
        "not-der",
        "cut-json",
        "deep-json",
        "yaml-aliases",
        "deep-yaml",
        "jks",
        "pkcs12",
    ],
)
def test_what_is_broken_or_foreign_says_what_it_is(data, says):
    assert contents_of(data).problems == (says,)


def test_a_bundle_that_is_broken_names_the_way_to_pem():
    broken = pkcs7.serialize_certificates([CA.certificate], Encoding.DER)[:-60]
    assert contents_of(broken).problems == (
        "the PKCS#7 bundle cannot be read; 'openssl pkcs7 -print_certs' makes PEM of a PKCS#7 bundle",
    )


def test_sixteen_megabytes_of_anything_are_read_through():
    for text in (b"-----BEGIN CERTIFICATE-----" + b"A" * (16 << 20), b"- " * (8 << 20)):
        assert contents_of(text).certificates == ()


def test_a_broken_block_does_not_hide_the_next_one():
    contents = contents_of((LEAF.pem[:-40] + "\n" + CA.pem).encode())
    assert contents.certificates == (CA.facts,)
    assert contents.problems == ("PEM block 1 (CERTIFICATE) has no end: the file is cut",)


def test_yaml_numbers_and_words_stay_what_is_written():
    document = contents_of(
        b"Clusters:\n- ClusterId: 0123\n  State: NO\n  Serial: 12:34:56\n"
    ).document
    assert document == {"Clusters": [{"ClusterId": "0123", "State": "NO", "Serial": "12:34:56"}]}


BLOCKS = st.sampled_from(
    [LEAF.der, LEAF.pem.encode(), LEAF.csr_pem.encode(), b'{"Clusters": [{"ClusterId": "x"}]}']
)


@given(BLOCKS, st.data())
def test_no_damage_raises(block, data):
    at = data.draw(st.integers(0, len(block)))
    noise = data.draw(st.binary(max_size=8))
    cut = data.draw(st.integers(0, len(block)))
    contents_of(block[:at] + noise + block[at + len(noise) :])
    contents_of(block[:cut])


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_raise(data):
    contents_of(data)


def test_a_long_chain_in_one_bundle_keeps_its_order():
    chain = [issue(name(f"number {number}")) for number in range(20)]
    contents = contents_of("".join(each.pem for each in chain).encode())
    assert contents.certificates == tuple(each.facts for each in chain)
