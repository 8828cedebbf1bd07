"""From a presented certificate to a trust anchor, judged at a given time.

An own walk, because no library judges CloudHSM's chains: the cluster certificates that AWS's guide
makes are X.509 v1, which `cryptography.x509.verification` refuses by design, and OpenSSL stops at the
first error. Here all defects of the best path are told. The rules are those of `openssl verify
-partial_chain` (RFC 5280 section 6.1 with OpenSSL's readings, crypto/x509/x509_vfy.c).
"""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509

from analyzer.session.certificates import Certificate, x509_of
from analyzer.session.subject_hash import canonical_name
from analyzer.stream import SERVER, Side
from analyzer.values import dataclass
from analyzer.verdict.certificates import extensions, name_constraints
from analyzer.verdict.words import distance, short, when

# A sender may lay out as many certificates of one name as it likes: so long and so many ways are tried.
# OpenSSL's depth limit is 100; no client or HSM sends more than a handful.
_LONGEST, _WAYS = 16, 64


@dataclass(frozen=True, slots=True)
class Defect:
    """One reason not to trust a path.

    Attributes:
        code: `issuer-unknown`, `self-signed`, `signature`, `key-identifier`, `expired`, `not-yet-valid`,
            `issuer-not-ca`, `path-length`, `name-constraints`, `purpose`, `critical-extension` or `unreadable`.
        depth: 0 for the certificate itself, counted up towards the anchor.
        text: one clause.
    """

    code: str
    depth: int
    text: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The best path that was found.

    Attributes:
        path: from the certificate towards the anchor.
        anchored: the path ends in an anchor; signatures are then among the `defects` where they fail.
        notes: what is odd but no error: X.509 v1, weak keys and algorithms.
    """

    path: tuple[Certificate, ...]
    anchored: bool
    defects: tuple[Defect, ...]
    notes: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """The path ends in an anchor and nothing speaks against it."""
        return self.anchored and not self.defects

    def has(self, *codes: str) -> bool:
        """Whether a defect of one of these kinds was found."""
        return any(defect.code in codes for defect in self.defects)


def walk(
    leaf: Certificate,
    presented: Sequence[Certificate],
    anchors: Sequence[Certificate],
    at: datetime,
    *,
    side: Side | None = None,
    reference: str = "this connection",
) -> Walk:
    """Judge `leaf` against `anchors` at the time `at`.

    Args:
        leaf: the sender's own certificate.
        anchors: what is trusted, whatever it is: a root, an intermediate or the leaf itself.
        at: the time that all validity periods are compared with.
        presented: the other certificates that were sent, in any order; they may be used, not trusted.
        side: who presented it, for keyUsage and extended key usage; None asks for no purpose.
        reference: `at` in words, for sentences.
    """
    known = dict.fromkeys((*anchors, *presented))
    trusted = {anchor.der for anchor in anchors}
    ways = itertools.islice(_paths((leaf,), tuple(known), trusted), _WAYS)
    return min((_judged(path, trusted, at, side, reference) for path in ways), key=_badness)


def issued_by(child: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key made the child's signature and the names agree."""
    return _names_meet(child, issuer) and signature_verifies(child, issuer)


@functools.lru_cache(maxsize=4096)
def signature_verifies(child: Certificate, issuer: Certificate) -> bool:
    """Whether the signature of `child` is one of `issuer`'s key; dates and names are not looked at."""
    signed, signer = x509_of(child.der), x509_of(issuer.der)
    if signed is None or signer is None:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The library compares names too, more strictly than OpenSSL; only the signature is asked.
            return extensions.signature_holds(signed, signer.public_key())
    except Exception:  # noqa: BLE001  attacker bytes: whatever fails in the parser is no signature
        return False


@functools.lru_cache(maxsize=4096)
def _canonical(der: bytes, which: str) -> bytes | None:
    parsed = x509_of(der)
    if parsed is None:
        return None
    try:
        name: x509.Name = getattr(parsed, which)
        return canonical_name(name.public_bytes())
    except Exception:  # noqa: BLE001  a name that cannot be read is equal to none
        return None


def _names_meet(child: Certificate, issuer: Certificate) -> bool:
    name = _canonical(child.der, "issuer")
    return name is not None and name == _canonical(issuer.der, "subject")


def self_issued(certificate: Certificate) -> bool:
    """Whether subject and issuer are the same name."""
    return _names_meet(certificate, certificate)


def _paths(
    path: tuple[Certificate, ...], known: tuple[Certificate, ...], trusted: set[bytes]
) -> Iterator[tuple[Certificate, ...]]:
    """Every way up from the last certificate of `path`; a way ends at an anchor or where none is known.

    OpenSSL follows one issuer of several with the same name, the others are never tried; here all are
    whose key made the signature, and where there is none, those of the name.
    """
    last = path[-1]
    if last.der in trusted or len(path) == _LONGEST or _self_signed(last):
        yield path
        return
    named = [c for c in known if c not in path and _names_meet(last, c)]
    for issuer in [c for c in named if signature_verifies(last, c)] or named:
        yield from _paths((*path, issuer), known, trusted)
    if not named:
        yield path


def _self_signed(certificate: Certificate) -> bool:
    return self_issued(certificate) and signature_verifies(certificate, certificate)


def _badness(found: Walk) -> tuple[bool, bool, int, int]:
    return not found.anchored, found.has("signature"), len(found.defects), len(found.path)


def _judged(
    path: tuple[Certificate, ...],
    trusted: set[bytes],
    at: datetime,
    side: Side | None,
    reference: str,
) -> Walk:
    anchored = path[-1].der in trusted
    defects = [
        *_signatures(path),
        *_dates(path, at, reference),
        *_authority(path, side),
        *_constrained(path),
    ]
    if not anchored:
        defects.insert(0, _end(path))
    notes = [note for depth, c in enumerate(path) for note in extensions.notes(c, depth)]
    return Walk(path, anchored, tuple(defects), tuple(dict.fromkeys(notes)))


def _end(path: tuple[Certificate, ...]) -> Defect:
    last, depth = path[-1], len(path) - 1
    if last.error:
        return Defect("unreadable", depth, f"{short(last)}: {last.error}")
    if self_issued(last):
        return Defect(
            "self-signed", depth, f"{last.subject} is self-signed and not among the trust anchors"
        )
    return Defect("issuer-unknown", depth, f"no certificate of its issuer {last.issuer} is given")


def _signatures(path: tuple[Certificate, ...]) -> Iterator[Defect]:
    for depth, (child, issuer) in enumerate(itertools.pairwise(path)):
        if not signature_verifies(child, issuer):
            text = (
                f"{issuer.subject} has the issuer's name, but its key did not sign {child.subject}"
            )
            yield Defect("signature", depth, text)
        elif not extensions.identifies(child.der, issuer.der):
            text = (
                f"{child.subject} names another issuer than {issuer.subject} by its key identifier"
            )
            yield Defect("key-identifier", depth, text)


def _dates(path: tuple[Certificate, ...], at: datetime, reference: str) -> Iterator[Defect]:
    for depth, certificate in enumerate(path):
        defect = out_of_date(certificate, at, depth, reference)
        if defect is not None:
            yield defect


def out_of_date(
    certificate: Certificate, at: datetime, depth: int = 0, reference: str = "this connection"
) -> Defect | None:
    """Expired, or not yet valid, at the time `at`; with the distance."""
    begin, end = certificate.not_before, certificate.not_after
    whose = "it" if depth == 0 else f"its issuer {certificate.subject}"
    if begin is not None and at < begin:
        text = f"{whose} is valid from {when(begin)} only, {distance(begin - at)} after {reference}"
        return Defect("not-yet-valid", depth, text)
    if end is not None and at >= end:  # as OpenSSL, which counts the last second as over
        text = f"{whose} expired at {when(end)}, {distance(at - end)} before {reference}"
        return Defect("expired", depth, text)
    return None


def _authority(path: tuple[Certificate, ...], side: Side | None) -> Iterator[Defect]:
    """What the extensions forbid (RFC 5280 section 4.2.1, 6.1.4)."""
    below = 0  # intermediates between this certificate and the leaf that are not self-issued
    for depth, certificate in enumerate(path):
        facts = extensions.read(certificate.der)
        name = certificate.subject
        if facts.unhandled:
            oids = ", ".join(facts.unhandled)
            text = f"{name} has a critical extension that is not understood ({oids})"
            yield Defect("critical-extension", depth, text)
        root = self_issued(certificate)
        last = depth == len(path) - 1
        if depth and not extensions.may_sign_certificates(facts, certificate, last, root):
            yield Defect("issuer-not-ca", depth, f"{name} is not marked as a CA")
        limit = facts.path_length
        if depth and limit is not None and below > limit:
            yield Defect(
                "path-length", depth, f"{name} allows {limit} CAs below it, there are {below}"
            )
        if depth and not root:
            below += 1
        if side is not None and not extensions.serves(facts, side, depth):
            purpose = "a TLS server" if side is SERVER else "a TLS client"
            yield Defect("purpose", depth, f"the usages in {name} do not allow {purpose}")


def _constrained(path: tuple[Certificate, ...]) -> Iterator[Defect]:
    """Names that a CA further up does not allow; a self-issued intermediate is exempt (section 6.1.3)."""
    for depth, certificate in enumerate(path):
        if depth and self_issued(certificate):
            continue
        for ca in path[depth + 1 :]:
            forbidden = name_constraints.violation(certificate.der, ca.der, leaf=depth == 0)
            if forbidden:
                yield Defect(
                    "name-constraints", depth, f"{ca.subject} constrains names: {forbidden}"
                )
