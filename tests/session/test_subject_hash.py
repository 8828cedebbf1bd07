"""The subject hash is OpenSSL's, for every certificate of the system and for the published names."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from analyzer.session.subject_hash import canonical_name, subject_hash

STORE = sorted(Path("/etc/ssl/certs").glob("*.pem"))


def openssl_hash(path):
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(not STORE, reason="no system certificates here")
def test_every_certificate_of_the_system_store_has_openssls_hash():
    certificates = {path: x509.load_pem_x509_certificate(path.read_bytes()) for path in STORE}
    ours = {path: subject_hash(c.subject.public_bytes()) for path, c in certificates.items()}
    assert ours == {path: openssl_hash(path) for path in STORE}


@pytest.mark.parametrize(
    ("unit", "stem"), [("AWS Cryptography", "21a10654"), ("Cryptography", "712ff948")]
)
def test_the_published_server_names_have_the_published_file_names(unit, stem):
    name = x509.Name.from_rfc4514_string(
        f"1.2.840.113549.1.9.1=cloudhsm-team@amazon.com,CN=CloudHSM,OU={unit},O=AWS,L=Herndon,ST=Virginia,C=US"
    )
    assert subject_hash(name.public_bytes()) == stem


def test_case_spaces_and_string_type_make_no_difference():
    kinds = x509.name._ASN1Type
    plain = x509.Name(
        [x509.NameAttribute(x509.OID_COMMON_NAME, "customer ca", _type=kinds.UTF8String)]
    )
    odd = x509.Name(
        [x509.NameAttribute(x509.OID_COMMON_NAME, "  Customer   CA ", _type=kinds.BMPString)]
    )
    assert canonical_name(plain.public_bytes()) == canonical_name(odd.public_bytes())


def test_bytes_that_are_no_name_are_refused():
    with pytest.raises(ValueError, match="distinguished name"):
        subject_hash(b"\x30\x05abc")
