"""The certificates of the recordings, like those on a CloudHSM client, in `captures/pki/`.

Made once and committed with their keys, so that a case recorded later meets the same certificates.
Where AWS's guide gives the commands ("Initialize the cluster", "SSL/TLS offload prerequisites") they
are run as the guide has them; what the guide cannot make (a given serial number, dates in the past) is
made by `cryptography`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
PKI = ROOT / "captures" / "pki"
DAYS = 3652  # of AWS's guide

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


# --- what there is ------------------------------------------------------------------------------------

# name -> file of the certificate, the leaf first where it is a chain; its key is keys/NAME.key
FILES = {
    # outer server: the two certificates that AWS names, and one that only looks like the first
    "21a10654": "certs/21a10654.0",
    "712ff948": "certs/712ff948.0",
    "21a10654-impostor": "others/21a10654-impostor.crt",
    # outer client
    "default-client-ca": "others/default-client-ca.crt",
    "client": "client.crt",
    "ssl-client": "ssl-client.crt",
    "ssl-client-expired": "others/ssl-client-expired.crt",
    "stranger": "others/stranger.crt",
    # inner server
    "customerCA": "customerCA.crt",
    "cluster": "cluster.crt",
    "cluster-b": "others/cluster-b.crt",
    "cluster-expired": "others/cluster-expired.crt",
    "customerCA-other": "others/customerCA-other.crt",
    "cluster-other-ca": "others/cluster-other-ca.crt",
    "customerCA-regenerated": "others/customerCA-regenerated.crt",
    "otherCA": "others/otherCA.crt",
    "cluster-otherCA": "others/cluster-otherCA.crt",
    # inner client
    "mtls-root": "mtls/mtls-root.crt",
    "mtls-client": "mtls/ssl-client.pem",
    "mtls-client-expired": "others/mtls-client-expired.pem",
    "mtls-root-other": "others/mtls-root-other.crt",
    "mtls-client-other": "others/mtls-client-other.pem",
    # identity chains of the HSM
    "aws-root": "identity/AWS_CloudHSM_Root-G1.crt",
    "aws-hardware": "identity/AwsHardwareCertificate.crt",
    "manufacturer-root": "identity/liquid_security_certificate.crt",
    "manufacturer-hardware": "identity/ManufacturerHardwareCertificate.crt",
    "hsm": "identity/HsmCertificate.crt",
}


def certificate_file(name: str) -> Path:
    """The PEM file of a certificate or chain."""
    return PKI / FILES[name]


def key_file(name: str) -> Path:
    """The PEM file of its private key."""
    return PKI / "keys" / f"{name}.key"


def chain(name: str) -> list[bytes]:
    """The DER of each certificate in the file of `name`."""
    parsed = x509.load_pem_x509_certificates(certificate_file(name).read_bytes())
    return [c.public_bytes(serialization.Encoding.DER) for c in parsed]


def names_by_sha256() -> dict[str, str]:
    """SHA-256 of each leaf -> its name above."""
    return {hashlib.sha256(chain(name)[0]).hexdigest(): name for name in FILES}


# --- names --------------------------------------------------------------------------------------------

_SERVER = (
    ("C", "US"),
    ("ST", "Virginia"),
    ("L", "Herndon"),
    ("O", "AWS"),
    ("OU", "{}"),
    ("CN", "CloudHSM"),
    ("emailAddress", "cloudhsm-team@amazon.com"),
)
# "Which CloudHSM certificates are used for the client-server end-to-end encrypted connection?"
_SERVERS = (
    ("21a10654", "AWS Cryptography", 0xB7FA7A40976CBE82),
    ("712ff948", "Cryptography", 0xA7525B285D1C2BB5),
)
_CUSTOMER_CA = "/C=US/ST=Washington/L=Seattle/O=Example Corp/OU=Key Management/CN=customerCA"
_HSM1 = "/C=US+ST=CA+O=Cavium+OU=N3FIPS+L=SanJose/CN=HSM:{}:PARTN:{}, for FIPS mode"
_LS2 = "/C=US+ST=CA+OU=LS2+L=SanJose+O=Marvell/CN=HSM:{}:PARTN:{}, for FIPS mode"

_CARD = ("2ae21f4c81bc", 22)

_OIDS = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}


def _name(*parts: tuple[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_OIDS[kind], value) for kind, value in parts])


def _person(common: str) -> x509.Name:
    return _name(("C", "US"), ("O", "Example Corp"), ("CN", common))


# --- making -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """From when to when a certificate is valid."""

    begin: dt.datetime
    end: dt.datetime


_GOOD = Span(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2049, 1, 1, tzinfo=dt.UTC))
_EXPIRED = Span(dt.datetime(2019, 5, 1, tzinfo=dt.UTC), dt.datetime(2020, 5, 1, tzinfo=dt.UTC))


def make(*, anew: bool = False) -> None:
    """Make every certificate and key that is missing.

    Args:
        anew: make all of them; every recording made before is then of another PKI.
    """
    if anew:
        shutil.rmtree(PKI, ignore_errors=True)
    for folder in ("certs", "keys", "others", "mtls", "identity"):
        (PKI / folder).mkdir(parents=True, exist_ok=True)
    for name, unit, serial in _SERVERS:
        subject = _name(*((kind, value.format(unit)) for kind, value in _SERVER))
        _signed(name, subject, serial=serial, authority=True)
        if name == "21a10654":
            _signed("21a10654-impostor", subject, serial=serial, authority=True)
    _signed("default-client-ca", _person("CloudHSM default client CA"), authority=True)
    default = _name(("C", "US"), ("O", "Example of AWS"), ("CN", "default client certificate"))
    _signed("client", default, issuer="default-client-ca")
    _signed("stranger", _person("stranger"))
    for name in ("customerCA", "customerCA-other", "customerCA-regenerated"):
        _customer_ca(name, _CUSTOMER_CA)
    _customer_ca("otherCA", "/C=US/O=Another Corp/CN=otherCA")
    _by_guide("ssl-client", "/C=US/O=Example Corp/CN=ssl-client", "customerCA")
    past = _person("ssl-client of 2019")
    _signed("ssl-client-expired", past, issuer="customerCA", valid=_EXPIRED)
    _by_guide("cluster", _HSM1.format(*_CARD), "customerCA", csr="ClusterCsr.csr")
    _by_guide("cluster-b", _LS2.format("RCN2345B07362", 25), "customerCA")
    _by_guide("cluster-other-ca", _HSM1.format(*_CARD), "customerCA-other")
    _by_guide("cluster-otherCA", _HSM1.format("2a0be3d1904f", 7), "otherCA")
    _signed("cluster-expired", _subject("cluster"), issuer="customerCA", valid=_EXPIRED)
    for suffix in ("", "-other"):
        root, client = f"mtls-root{suffix}", f"mtls-client{suffix}"
        _signed(root, _person(f"mTLS root{suffix}"), authority=True, curve=True)
        _signed(client, _person("mTLS client"), issuer=root, curve=True, chained=True)
    past = _person("mTLS client of 2019")
    _signed(
        "mtls-client-expired", past, issuer="mtls-root", curve=True, chained=True, valid=_EXPIRED
    )
    _identity()


def _subject(name: str) -> x509.Name:
    return x509.load_pem_x509_certificate(certificate_file(name).read_bytes()).subject


def _identity() -> None:
    """The HSM's own chains: HSM <- AWS hardware <- AWS root, and HSM <- manufacturer hardware <- its root."""
    virginia = (("C", "US"), ("ST", "Virginia"), ("L", "Herndon"))
    california = (("C", "US"), ("ST", "CA"), ("L", "San Jose"))
    aws = (("O", "Amazon Web Services INC."), ("OU", "CloudHSM"), ("CN", "AWS CloudHSM Root G1"))
    cavium = (
        ("O", "Cavium, Inc."),
        ("OU", "LiquidSecurity"),
        ("CN", "localca.liquidsecurity.cavium.com"),
    )
    _signed("aws-root", _name(*virginia, *aws), authority=True, serial=0xF924EEEECF9EA64F)
    # Both certify the key of one card under one name, so either issued the HSM certificate (user guide,
    # "Verify the identity and authenticity of your cluster's HSM").
    card = _name(*virginia, ("O", "AWS"), ("CN", "HSM:2ae21f4c81bc"))
    _signed("aws-hardware", card, issuer="aws-root", authority=True)
    _signed("manufacturer-root", _name(*california, *cavium), authority=True)
    shutil.copy(key_file("aws-hardware"), key_file("manufacturer-hardware"))
    _signed(
        "manufacturer-hardware",
        card,
        issuer="manufacturer-root",
        authority=True,
        key=_load_key("aws-hardware"),
    )
    # One key, certified by AWS and by the customer.
    shutil.copy(key_file("cluster"), key_file("hsm"))
    _signed("hsm", _subject("cluster"), issuer="aws-hardware", key=_load_key("cluster"))


def _signed(
    name: str,
    subject: x509.Name,
    *,
    issuer: str | None = None,
    serial: int | None = None,
    authority: bool = False,
    curve: bool = False,
    chained: bool = False,
    valid: Span = _GOOD,
    key: Key | None = None,
) -> None:
    """An X.509 v3 certificate with key identifiers; self-signed without `issuer`."""
    if certificate_file(name).exists():
        return
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1()) if curve else _rsa()
        _store_key(name, key)
    above = (
        x509.load_pem_x509_certificate(certificate_file(issuer).read_bytes()) if issuer else None
    )
    signer = _load_key(issuer) if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(valid.begin)
        .not_valid_after(valid.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if authority:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
    pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    if chained and issuer:
        pem += certificate_file(issuer).read_bytes()
    certificate_file(name).write_bytes(pem)


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _store_key(name: str, key: Key) -> None:
    key_file(name).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _load_key(name: str) -> Key:
    key = serialization.load_pem_private_key(key_file(name).read_bytes(), None)
    assert isinstance(key, Key)
    return key


def _customer_ca(name: str, subject: str) -> None:
    """As the guide's "Create a self-signed certificate"."""
    if certificate_file(name).exists():
        return
    _store_key(name, _rsa())
    _openssl(
        *("req", "-new", "-x509", "-days", str(DAYS), "-subj", subject),
        *("-key", str(key_file(name)), "-out", str(certificate_file(name))),
    )


def _by_guide(name: str, subject: str, issuer: str, csr: str | None = None) -> None:
    """As the guide's "Sign the cluster CSR": an X.509 v1 certificate."""
    if certificate_file(name).exists():
        return
    _store_key(name, _rsa())
    request = PKI / (csr or f"{name}.csr")
    _openssl(
        *("req", "-new", "-multivalue-rdn", "-subj", subject),
        *("-key", str(key_file(name)), "-out", str(request)),
    )
    _openssl(
        *("x509", "-req", "-days", str(DAYS), "-in", str(request)),
        *("-CA", str(certificate_file(issuer)), "-CAkey", str(key_file(issuer))),
        *("-set_serial", hex(x509.random_serial_number()), "-out", str(certificate_file(name))),
    )
    made = x509.load_pem_x509_certificate(certificate_file(name).read_bytes())
    if made.version is not x509.Version.v1:
        raise SystemExit(
            f"{ssl.OPENSSL_VERSION}: 'openssl x509 -req' no longer makes X.509 v1 certificates as the "
            "guide's did; make the PKI with OpenSSL 3.0"
        )
    if csr is None:
        request.unlink()


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True)
