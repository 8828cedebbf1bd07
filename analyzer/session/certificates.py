"""Certificates as facts: DER in, what can be read of it out, never raising.

Hash first, parse after: a certificate that `cryptography` cannot read is still a certificate that was
presented. Results are cached by DER, because a reconnect storm shows the same few thousands of times.
"""

from __future__ import annotations

import functools
import hashlib
import warnings
from dataclasses import field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from analyzer.der import children as der_children
from analyzer.tls.public_keys import is_raw_public_key, public_key
from analyzer.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

# A storm shows a handful of certificates; a capture of a whole host at most some hundreds.
_CACHED = 1024

# Short names of RFC 4514 section 3 and of OpenSSL, whose words engineers search for.
_ATTRIBUTE_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}

# Names of RFC 8017, RFC 5758, RFC 8410 and FIPS 204, as OpenSSL prints them.
_SIGNATURE_NAMES = {
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.10040.4.3": "dsa-with-SHA1",
    "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.3.101.112": "ED25519",
    "1.3.101.113": "ED448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate.

    Attributes:
        der: as it was on the wire. sha256: of `der`, lower-case hex.
        subject, issuer: `C=US + O=Cavium, CN="HSM:1:PARTN:2, for FIPS mode"`: RDNs in the order of the DER.
        serial: upper-case hex without 0x, "" if unreadable.
        not_before, not_after: aware datetimes in UTC, None if unreadable.
        version: 1 or 3 (2), None if unreadable.
        key: e.g. `RSA 2048`, `EC secp256r1`, `Ed25519`. key_sha256: of the SubjectPublicKeyInfo DER.
        signature_algorithm: e.g. `sha256WithRSAEncryption`, or the dotted OID.
        error: why it could not be read, "" if it could.
    """

    der: bytes = field(repr=False)
    sha256: str
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    version: int | None = None
    key: str = ""
    key_sha256: str = ""
    signature_algorithm: str = ""
    error: str = ""

    def __hash__(self) -> int:
        """By the bytes, which remember theirs: it is asked for fourteen times a connection."""
        return hash(self.der)


@functools.lru_cache(maxsize=_CACHED)
def parse_certificate(der: bytes) -> Certificate:
    """The facts of the certificate in `der`; one that cannot be read keeps its hash and says why."""
    sha256 = hashlib.sha256(der).hexdigest()
    if is_raw_public_key(der):
        key = public_key(der)
        return Certificate(
            der,
            sha256,
            key=key_text(key) if key else "",
            key_sha256=sha256,
            error="a raw public key (RFC 7250), not a certificate",
        )
    parsed = x509_of(der)
    if parsed is None:
        return Certificate(der, sha256, error="not a certificate that can be read (DER, RFC 5280)")
    try:
        return _facts(der, sha256, parsed)
    except Exception as error:  # noqa: BLE001  attacker bytes reach every lazy field of the parser
        return Certificate(der, sha256, error=f"unreadable field: {type(error).__name__}")


@functools.lru_cache(maxsize=_CACHED)
def x509_of(der: bytes) -> x509.Certificate | None:
    """The parsed certificate for signature checks, None where `der` cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd serials and parameters are facts here, not news
            return x509.load_der_x509_certificate(der)
    except Exception:  # noqa: BLE001  whatever the parser does with these bytes, they stay a fact
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate signing request (RFC 2986): a name and the key that a certificate is wanted for.

    Attributes:
        subject, key, key_sha256: as in `Certificate`.
        error: why it could not be read, "" if it could.
    """

    subject: str = ""
    key: str = ""
    key_sha256: str = ""
    error: str = ""


def parse_request(der: bytes) -> Request:
    """The facts of the certificate signing request in `der`; one that cannot be read says why."""
    try:
        parsed = x509.load_der_x509_csr(der)
        spki = der_children(parsed.tbs_certrequest_bytes)[2]
        return Request(
            name_text(parsed.subject),
            key_text(parsed.public_key()),
            hashlib.sha256(spki).hexdigest(),
        )
    except Exception:  # noqa: BLE001  whatever the parser does with these bytes
        return Request(error="not a certificate request that can be read (DER, RFC 2986)")


def name_text(name: x509.Name) -> str:
    """A distinguished name in the order of its DER: `C=US + O=Cavium, CN="a, b"` (RFC 4514 attributes)."""
    return ", ".join(
        " + ".join(f"{_attribute_name(item.oid)}={_quoted(item.value)}" for item in rdn)
        for rdn in name.rdns
    )


def key_text(key: object) -> str:
    """What kind of public key it is, with its size: `RSA 2048`, `EC secp256r1`, `Ed25519`."""
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
    return type(key).__name__.removesuffix("PublicKey")


def signature_text(oid: x509.ObjectIdentifier) -> str:
    """A signature algorithm as OpenSSL names it, the dotted OID where it has no name."""
    return _SIGNATURE_NAMES.get(oid.dotted_string, oid.dotted_string)


def _facts(der: bytes, sha256: str, parsed: x509.Certificate) -> Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key, key_sha256 = _key_facts(parsed)
        return Certificate(
            der,
            sha256,
            subject=name_text(parsed.subject),
            issuer=name_text(parsed.issuer),
            serial=f"{parsed.serial_number:X}",
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            version=parsed.version.value + 1,
            key=key,
            key_sha256=key_sha256,
            signature_algorithm=signature_text(parsed.signature_algorithm_oid),
        )


def _key_facts(parsed: x509.Certificate) -> tuple[str, str]:
    try:
        key = key_text(parsed.public_key())
    except Exception:  # noqa: BLE001  a key of an unknown kind: its OID still names it
        key = parsed.public_key_algorithm_oid.dotted_string
    return key, hashlib.sha256(_spki(parsed)).hexdigest()


def _spki(parsed: x509.Certificate) -> bytes:
    """The SubjectPublicKeyInfo, read from the DER so that keys of unknown kinds have one too."""
    fields = der_children(parsed.tbs_certificate_bytes)
    return fields[6 if fields[0][0] == 0xA0 else 5]


def _attribute_name(oid: x509.ObjectIdentifier) -> str:
    return _ATTRIBUTE_NAMES.get(oid.dotted_string, oid.dotted_string)


def _quoted(value: str | bytes) -> str:
    text = value if isinstance(value, str) else f"#{value.hex()}"
    if text != text.strip() or any(character in text for character in ',+"\\<>;='):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text
