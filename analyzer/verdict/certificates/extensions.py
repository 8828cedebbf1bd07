"""What the extensions of a certificate allow, read as OpenSSL reads them (crypto/x509/v3_purp.c)."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from analyzer.session.certificates import Certificate, x509_of
from analyzer.stream import SERVER, Side
from analyzer.values import dataclass

# Critical extensions that are understood, by RFC 5280 section.
_UNDERSTOOD = frozenset({
    "2.5.29.15",  # 4.2.1.3 keyUsage
    "2.5.29.32",  # 4.2.1.4 certificatePolicies
    "2.5.29.33",  # 4.2.1.5 policyMappings
    "2.5.29.17",  # 4.2.1.6 subjectAltName
    "2.5.29.18",  # 4.2.1.7 issuerAltName
    "2.5.29.19",  # 4.2.1.9 basicConstraints
    "2.5.29.30",  # 4.2.1.10 nameConstraints
    "2.5.29.36",  # 4.2.1.11 policyConstraints
    "2.5.29.37",  # 4.2.1.12 extKeyUsage
    "2.5.29.31",  # 4.2.1.13 cRLDistributionPoints
    "2.5.29.54",  # 4.2.1.14 inhibitAnyPolicy
})  # fmt: skip

# Key usages of which a leaf needs one (RFC 5280 section 4.2.1.3), per side.
_CLIENT_USAGES = ("digital_signature", "key_agreement")
_SERVER_USAGES = ("digital_signature", "key_encipherment", "key_agreement")

# Extended key usages that allow a side (RFC 5280 section 4.2.1.12); server-gated crypto, Netscape's and
# Microsoft's, is what OpenSSL takes too.
_SERVER_PURPOSES = frozenset({
    "1.3.6.1.5.5.7.3.1",
    "2.16.840.1.113730.4.1",
    "1.3.6.1.4.1.311.10.3.3",
})  # fmt: skip
_CLIENT_PURPOSES = frozenset({"1.3.6.1.5.5.7.3.2"})

_WEAK_DIGESTS = ("md5", "sha1")
# NIST SP 800-57 part 1, table 2: what has less than 112 bits of strength.
_SMALLEST = {"RSA": 2048, "DSA": 2048}
_SMALL_CURVES = frozenset({"secp192r1", "sect163k1", "sect163r2"})


@dataclass(frozen=True, slots=True)
class ExtensionFacts:
    """The extensions that decide.

    Attributes:
        ca: basicConstraints' cA, None where the extension is absent. path_length: its limit.
        usages: keyUsage bits by name, None where absent. purposes: extended key usages, None where absent.
        unhandled: OIDs of critical extensions that are not understood.
        key_id: its subject key identifier. above: its authority key identifier. None where absent.
    """

    ca: bool | None = None
    path_length: int | None = None
    usages: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    unhandled: tuple[str, ...] = ()
    key_id: bytes | None = None
    above: x509.AuthorityKeyIdentifier | None = None


@functools.lru_cache(maxsize=1024)
def read(der: bytes) -> ExtensionFacts:
    """The deciding extensions; ones that cannot be read count as not understood."""
    parsed = x509_of(der)
    if parsed is None:
        return ExtensionFacts()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = parsed.extensions
    except Exception:  # noqa: BLE001  attacker bytes
        return ExtensionFacts(unhandled=("unreadable extensions",))
    constraints = _value(found, x509.BasicConstraints)
    usages = _value(found, x509.KeyUsage)
    purposes = _value(found, x509.ExtendedKeyUsage)
    key_id = _value(found, x509.SubjectKeyIdentifier)
    return ExtensionFacts(
        ca=constraints.ca if constraints else None,
        path_length=constraints.path_length if constraints else None,
        usages=_usages(usages) if usages else None,
        purposes=frozenset(oid.dotted_string for oid in purposes) if purposes else None,
        unhandled=tuple(
            e.oid.dotted_string
            for e in found
            if e.critical and e.oid.dotted_string not in _UNDERSTOOD
        ),
        key_id=key_id.digest if key_id else None,
        above=_value(found, x509.AuthorityKeyIdentifier),
    )


def identifies(child: bytes, issuer: bytes) -> bool:
    """Whether the child's authority key identifier, where it has one, is the issuer's (section 4.2.1.1)."""
    above, key_id, parsed = read(child).above, read(issuer).key_id, x509_of(issuer)
    if above is None or parsed is None:
        return True
    if above.key_identifier is not None and key_id not in {None, above.key_identifier}:
        return False
    serial = above.authority_cert_serial_number
    return serial is None or serial == parsed.serial_number


def may_sign_certificates(
    facts: ExtensionFacts, certificate: Certificate, last: bool, self_issued: bool
) -> bool:
    """Whether OpenSSL takes it as a CA: by basicConstraints; the anchor also as a v1 root or by keyUsage alone.

    Args:
        facts: of `certificate`.
        certificate: any but the first of a path.
        last: it ends the path.
        self_issued: its subject and issuer are the same name.
    """
    if facts.usages is not None and "key_cert_sign" not in facts.usages:
        return False
    if facts.ca is not None:
        return facts.ca
    return last and (facts.usages is not None or (certificate.version == 1 and self_issued))


def serves(facts: ExtensionFacts, side: Side, depth: int) -> bool:
    """Whether its usages allow a TLS server or client; a CA's extended key usage binds what it issues."""
    allowing = _SERVER_PURPOSES if side is SERVER else _CLIENT_PURPOSES
    if facts.purposes is not None and facts.purposes.isdisjoint(allowing):
        return False
    if depth or facts.usages is None:
        return True
    return not facts.usages.isdisjoint(_SERVER_USAGES if side is SERVER else _CLIENT_USAGES)


def notes(certificate: Certificate, depth: int = 0) -> list[str]:
    """What is odd or weak, but no reason to refuse; one clause each. `depth` 0: the sender's own, `it`."""
    name = (certificate.subject or "a certificate without subject") if depth else "it"
    told = []
    if certificate.version == 1:
        told.append(f"{name} is an X.509 v1 certificate, as AWS's guide makes them")
    if _is_weak(certificate.key):
        told.append(f"{name} has a weak key ({certificate.key})")
    digest = certificate.signature_algorithm.lower()
    if any(weak in digest for weak in _WEAK_DIGESTS):
        told.append(f"{name} is signed with a weak algorithm ({certificate.signature_algorithm})")
    return told


def _is_weak(key: str) -> bool:
    kind, _, size = key.partition(" ")
    if kind in _SMALLEST:
        return int(size) < _SMALLEST[kind]
    return kind == "EC" and size in _SMALL_CURVES


def signature_holds(signed: x509.Certificate, key: Any) -> bool:
    """Whether `key` made the signature of `signed` (RSA PKCS#1 and PSS, ECDSA, EdDSA, DSA).

    Raises:
        Exception: it did not, or the algorithm and the key do not fit.
    """
    arguments: tuple[Any, ...] = ()
    parameters = signed.signature_algorithm_parameters  # None for MD5
    if isinstance(key, rsa.RSAPublicKey):
        arguments = (parameters or padding.PKCS1v15(), signed.signature_hash_algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        arguments = (parameters,)
    elif signed.signature_hash_algorithm is not None:
        arguments = (signed.signature_hash_algorithm,)
    key.verify(signed.signature, signed.tbs_certificate_bytes, *arguments)
    return True


def _value(found: x509.Extensions, kind: Any) -> Any:
    try:
        return found.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _usages(usage: x509.KeyUsage) -> frozenset[str]:
    names = ("digital_signature", "key_encipherment", "key_agreement", "key_cert_sign")
    return frozenset(name for name in names if getattr(usage, name))
