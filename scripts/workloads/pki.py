"""Certificates of the names and forms that a CloudHSM's have, in the places where its client keeps them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID as Oid

_BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2044, 1, 1, tzinfo=dt.UTC)

# AWS publishes name and serial of the server certificate; the keys here are our own.
_SERVER_NAME = (
    (Oid.COUNTRY_NAME, "US"),
    (Oid.STATE_OR_PROVINCE_NAME, "Virginia"),
    (Oid.LOCALITY_NAME, "Herndon"),
    (Oid.ORGANIZATION_NAME, "AWS"),
    (Oid.ORGANIZATIONAL_UNIT_NAME, "AWS Cryptography"),
    (Oid.COMMON_NAME, "CloudHSM"),
    (Oid.EMAIL_ADDRESS, "cloudhsm-team@amazon.com"),
)
_SERVER_SERIAL = 0xB7FA7A40976CBE82
_SERVER_FILE = "21a10654.0"


@dataclass(frozen=True, slots=True)
class Identity:
    """What one end shows: a PEM file with key and chain. `trust`: what it accepts from the other end."""

    pem: Path
    trust: Path


@dataclass(frozen=True, slots=True)
class Pki:
    """Client and server of the two layers; `etc` is what a client's /opt/cloudhsm/etc would hold."""

    etc: Path
    outer: tuple[Identity, Identity]
    inner: tuple[Identity, Identity]


def make_pki(directory: Path) -> Pki:
    """The certificates under `directory`, made there if they are not."""
    etc, keys = directory / "etc", directory / "keys"
    server = etc / "certs" / _SERVER_FILE
    customer_ca, anchor = etc / "customerCA.crt", etc / "mtls-anchor.crt"
    if not (keys / "inner-client.pem").exists():
        server.parent.mkdir(parents=True, exist_ok=True)
        keys.mkdir(parents=True, exist_ok=True)
        root = _issue(_name((Oid.COMMON_NAME, "Customer CA")), ca=True)
        mtls = _issue(_name((Oid.COMMON_NAME, "Client mTLS anchor")), ca=True)
        host = _issue(_name(*_SERVER_NAME), serial=_SERVER_SERIAL)
        client = _issue(_name((Oid.COMMON_NAME, "client of the cluster")), root)
        card = _issue(_cluster_name(), root)
        user = _issue(_name((Oid.COMMON_NAME, "application")), mtls)
        server.write_bytes(_pem(host))
        customer_ca.write_bytes(_pem(root))
        anchor.write_bytes(_pem(mtls))
        (etc / "client.crt").write_bytes(_pem(client))
        _write_identity(keys / "outer-server.pem", host)
        _write_identity(keys / "outer-client.pem", client)
        _write_identity(keys / "inner-server.pem", card, root)
        _write_identity(keys / "inner-client.pem", user, mtls)
    return Pki(
        etc,
        (
            Identity(keys / "outer-client.pem", server),
            Identity(keys / "outer-server.pem", customer_ca),
        ),
        (
            Identity(keys / "inner-client.pem", customer_ca),
            Identity(keys / "inner-server.pem", anchor),
        ),
    )


_Issued = tuple[x509.Certificate, rsa.RSAPrivateKey]


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _cluster_name() -> x509.Name:
    """As an HSM writes it into its certificate request: five attributes in one RDN."""
    first = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(Oid.COUNTRY_NAME, "US"),
            x509.NameAttribute(Oid.STATE_OR_PROVINCE_NAME, "CA"),
            x509.NameAttribute(Oid.ORGANIZATION_NAME, "Cavium"),
            x509.NameAttribute(Oid.ORGANIZATIONAL_UNIT_NAME, "N3FIPS"),
            x509.NameAttribute(Oid.LOCALITY_NAME, "SanJose"),
        ]
    )
    common = x509.NameAttribute(Oid.COMMON_NAME, "HSM:BENCH:PARTN:8, for FIPS mode")
    return x509.Name([first, x509.RelativeDistinguishedName([common])])


def _issue(
    name: x509.Name, issuer: _Issued | None = None, *, serial: int | None = None, ca: bool = False
) -> _Issued:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer_name, issuer_key = (issuer[0].subject, issuer[1]) if issuer else (name, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
    )
    if ca:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(issuer_key, hashes.SHA256()), key


def _pem(issued: _Issued) -> bytes:
    return issued[0].public_bytes(serialization.Encoding.PEM)


def _write_identity(path: Path, leaf: _Issued, *issuers: _Issued) -> None:
    key = leaf[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(key + b"".join(_pem(issued) for issued in (leaf, *issuers)))
