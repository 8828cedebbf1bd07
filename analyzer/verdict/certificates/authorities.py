"""Whether the client's certificate is of a CA that the server named in its CertificateRequest.

A server names the CAs that it accepts (RFC 5246 section 7.4.4, RFC 8446 section 4.2.4). A client of
another CA is refused by many servers, and many clients then send none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from analyzer.der import SEQUENCE, wrapped
from analyzer.session.certificates import Certificate, name_text, x509_of
from analyzer.session.facts import Conversation, Session
from analyzer.session.subject_hash import canonical_name
from analyzer.stream import CLIENT
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Confidence, Finding, Status
from analyzer.verdict.words import listing

_SHOWN = 3


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:  # noqa: ARG001
    """A finding for each session whose client certificate has an issuer that was not asked for."""
    for session in told.sessions:
        chain = session.certificates[CLIENT]
        if chain and session.authorities and not asked_for([c.certificate for c in chain], session):
            yield _finding(chain[0].certificate, session)


def asked_for(chain: list[Certificate], session: Session) -> bool:
    """Whether a certificate of the chain has one of the CA names as its issuer."""
    asked = {canonical for der in session.authorities if (canonical := _canonical(der))}
    return any(_canonical(_issuer(certificate)) in asked for certificate in chain)


def name_of(der: bytes) -> str:
    """A distinguished name (DER) in words, "" where it cannot be read."""
    try:
        return name_text(x509.load_der_x509_certificate(_certificate_by(der)).issuer)
    except Exception:  # noqa: BLE001  attacker bytes
        return ""


def _finding(leaf: Certificate, session: Session) -> Finding:
    names = [name for der in session.authorities if (name := name_of(der))]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    accepted = session.outcome == "established"
    return Finding(
        "client-issuer-not-requested",
        Status.PASS if accepted else Status.UNKNOWN,
        "the client's certificate is of a CA that the server did not name in its CertificateRequest"
        + ("; the server accepted it" if accepted else ""),
        session.level,
        CLIENT,
        listing(names[:_SHOWN], "or") + more,
        leaf.issuer,
        tuple(
            m.at
            for m in session.messages
            if m.type == "certificate_request" or (m.type == "certificate" and m.side is CLIENT)
        ),
        Confidence.CERTAIN,
        ""
        if accepted
        else "issue the client's certificate with a CA that the server names, or add its CA there",
    )


def _issuer(certificate: Certificate) -> bytes:
    parsed = x509_of(certificate.der)
    return parsed.issuer.public_bytes() if parsed else b""


def _canonical(der: bytes) -> bytes | None:
    try:
        return canonical_name(der) if der else None
    except ValueError:
        return None


# The library reads a name only as a part of something: this is the rest of a certificate (RFC 5280
# section 4.1) around its issuer, for Ed25519 and with nothing in it.
_ED25519 = bytes.fromhex("300506032b6570")
_SERIAL = bytes.fromhex("020101")
_VALIDITY = b"\x30\x1e" + 2 * b"\x17\x0d700101000000Z"
_SUBJECT = b"\x30\x00"
_KEY = bytes.fromhex("302a300506032b6570032100") + bytes(32)
_SIGNATURE = bytes.fromhex("034100") + bytes(64)


def _certificate_by(issuer: bytes) -> bytes:
    tbs = wrapped(SEQUENCE, _SERIAL + _ED25519 + issuer + _VALIDITY + _SUBJECT + _KEY)
    return wrapped(SEQUENCE, tbs + _ED25519 + _SIGNATURE)
