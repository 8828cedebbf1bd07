"""Certificates of every kind, made in the test that needs them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from analyzer.session.certificates import Certificate, parse_certificate
from analyzer.session.subject_hash import subject_hash

# The two server certificates as AWS names them: openssl-style subject, serial, file name.
AWS_SERVERS = (
    (
        "/C=US/ST=Virginia/L=Herndon/O=AWS/OU=AWS Cryptography/CN=CloudHSM"
        "/emailAddress=cloudhsm-team@amazon.com",
        0xB7FA7A40976CBE82,
        "21a10654.0",
    ),
    (
        "/C=US/ST=Virginia/L=Herndon/O=AWS/OU=Cryptography/CN=CloudHSM"
        "/emailAddress=cloudhsm-team@amazon.com",
        0xA7525B285D1C2BB5,
        "712ff948.0",
    ),
)

_ATTRIBUTES = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def csr_pem(self) -> str:
        """A request for this certificate's name, signed by its key."""
        request = x509.CertificateSigningRequestBuilder().subject_name(self.certificate.subject)
        return request.sign(self.key, _hash(self.key)).public_bytes(Encoding.PEM).decode()

    @property
    def facts(self) -> Certificate:
        return parse_certificate(self.der)

    @property
    def hash_name(self) -> str:
        """What OpenSSL looks for in a directory of CAs."""
        return f"{subject_hash(self.certificate.subject.public_bytes())}.0"


def name(text: str) -> x509.Name:
    """`CloudHSM` is a common name; `/C=US+ST=CA/CN=a` is openssl's -subj with multi-valued RDNs."""
    if not text.startswith("/"):
        text = f"/CN={text}"
    rdns = re.split(r"/(?=[A-Za-z]+=)", text)[1:]
    return x509.Name(
        [x509.RelativeDistinguishedName(map(_attribute, rdn.split("+"))) for rdn in rdns]
    )


def _attribute(text: str) -> x509.NameAttribute:
    kind, value = text.split("=", 1)
    return x509.NameAttribute(_ATTRIBUTES[kind], value)


def new_key(kind: str = "EC secp256r1") -> Any:
    """`RSA 2048`, `EC secp384r1`, `Ed25519`, `Ed448`."""
    family, _, size = kind.partition(" ")
    if family == "RSA":
        return rsa.generate_private_key(65537, int(size))
    if family == "EC":
        return ec.generate_private_key(getattr(ec, size.upper())())
    return {"Ed25519": ed25519.Ed25519PrivateKey, "Ed448": ed448.Ed448PrivateKey}[family].generate()


@functools.cache
def shared_key(label: str, kind: str = "EC secp256r1") -> Any:
    """The same key for the same label throughout a test run: key generation is slow."""
    assert label
    return new_key(kind)


def issue(
    subject: str | x509.Name,
    issuer: Issued | None = None,
    *,
    key: Any = "EC secp256r1",
    serial: int | None = None,
    not_before: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    not_after: datetime = datetime(2040, 1, 1, tzinfo=UTC),
    version1: bool = False,
    extensions: Sequence[x509.ExtensionType | tuple[x509.ExtensionType, bool]] = (),
    issuer_name: str | x509.Name | None = None,
    hash_algorithm: hashes.HashAlgorithm | None = None,
) -> Issued:
    """A certificate for `subject`, signed by `issuer` (self-signed where there is none).

    Args:
        key: a private key, or the kind of a new one (see `new_key`).
        version1: X.509 v1, as `openssl x509 -req` of OpenSSL before 3.2 makes.
        extensions: each one non-critical, or a pair with its criticality.
        issuer_name: another name than the issuer has: a near miss.
    """
    key = new_key(key) if isinstance(key, str) else key
    named = subject if isinstance(subject, x509.Name) else name(subject)
    signer = issuer.key if issuer else key
    by = issuer.certificate.subject if issuer else named
    if issuer_name is not None:
        by = issuer_name if isinstance(issuer_name, x509.Name) else name(issuer_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for each in extensions:
        extension, critical = each if isinstance(each, tuple) else (each, False)
        builder = builder.add_extension(extension, critical=critical)
    signed = builder.sign(signer, hash_algorithm or _hash(signer))
    return Issued(_as_version1(signed, signer) if version1 else signed, key)


def authority(subject: str, **more: Any) -> Issued:
    """A self-signed CA as `openssl req -new -x509` makes it."""
    ca = x509.BasicConstraints(ca=True, path_length=None)
    return issue(subject, extensions=[(ca, True)], **more)


def aws_server(which: int = 0, **more: Any) -> Issued:
    """A certificate with name and serial of one of the two that AWS publishes; the key is ours."""
    subject, serial, _ = AWS_SERVERS[which]
    return issue(subject, serial=serial, **more)


def cluster_certificate(issuer: Issued, number: int = 1, **more: Any) -> Issued:
    """What AWS's guide makes of an hsm1's CSR: X.509 v1, named as the HSM names itself."""
    subject = f"/C=US+ST=CA+O=Cavium+OU=N3FIPS+L=SanJose/CN=HSM:TEST{number}:PARTN:{number}, for FIPS mode"
    return issue(subject, issuer, version1=True, **more)


def _hash(key: Any) -> hashes.HashAlgorithm | None:
    return (
        None
        if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
        else hashes.SHA256()
    )


def _as_version1(signed: x509.Certificate, signer: Any) -> x509.Certificate:
    """The same certificate without version and extensions (RFC 5280 section 4.1), signed again."""
    fields = elements(signed.tbs_certificate_bytes)
    tbs = sequence(b"".join(fields[1:7]))
    if isinstance(signer, rsa.RSAPrivateKey):
        algorithm = signed.signature_hash_algorithm
        assert algorithm is not None
        signature = signer.sign(tbs, padding.PKCS1v15(), algorithm)
    elif isinstance(signer, ec.EllipticCurvePrivateKey):
        algorithm = signed.signature_hash_algorithm
        assert algorithm is not None
        signature = signer.sign(tbs, ec.ECDSA(algorithm))
    else:
        signature = signer.sign(tbs)
    bits = b"\x00" + signature
    return x509.load_der_x509_certificate(
        sequence(tbs + fields[2] + b"\x03" + length(len(bits)) + bits)
    )


def sequence(body: bytes) -> bytes:
    """A DER SEQUENCE of encoded elements."""
    return b"\x30" + length(len(body)) + body


def length(size: int) -> bytes:
    """A length in DER."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def elements(der: bytes) -> list[bytes]:
    """The encoded elements inside one constructed element."""

    def header(at: int) -> tuple[int, int]:
        length, start = der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(der[start : start + size], "big"), start + size
        return start, start + length

    at, end = header(0)
    found = []
    while at < end:
        stop = header(at)[1]
        found.append(der[at:stop])
        at = stop
    return found
