"""Certificates that pass in plaintext outside any handshake: compared with the expected set, never a pass.

They show what went over the wire, not who was asked for what, nor that its key was at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.session.facts import Carved, Conversation
from analyzer.stream import SERVER
from analyzer.verdict.certificates.chain import issued_by, out_of_date
from analyzer.verdict.certificates.near_misses import Question, differences, near_miss
from analyzer.verdict.expectations import Expectations, Expected, Role
from analyzer.verdict.finding import Confidence, Finding, Status
from analyzer.verdict.words import short, time_of

# In the outer plaintext pass the certificates of the inner TLS.
_SLOTS = {
    True: ("inner-server-certificate", (Role.CLUSTER,)),
    False: ("inner-client-certificate", (Role.INNER_CLIENT,)),
}
_LIMITS = (
    "seen outside any handshake that could be recognised: it fills no slot and proves no key",
)


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:
    """One finding for each carved certificate, each certificate of a side once."""
    if not told.carved:
        return
    here = whole.at(told.tcp.server.address)
    for carved in {(c.side, c.certificate.der): c for c in reversed(told.carved)}.values():
        yield _finding(carved, here, whole, at)


def _finding(
    carved: Carved, here: Expectations, whole: Expectations, at: datetime | None
) -> Finding:
    certificate = carved.certificate
    known = next((i for i in here.certificates if i.certificate.der == certificate.der), None)
    code, roles = _SLOTS[carved.side is SERVER]
    wanted = here.of(*roles)
    miss = None
    if known is not None:
        what = f"the {known.role.value} of {known.file}"
    elif (issuer := _issuer(carved, here)) is not None:
        what = f"a certificate issued by {issuer.file}"
    else:
        question = Question(code, certificate, (), wanted, whole.certificates, frozenset())
        miss = near_miss(question) if wanted else None
        what = miss.message if miss else "a certificate that is none of those expected"
    late = out_of_date(certificate, time_of(carved.at.ended) if at is None else at)
    nearest = miss.nearest if miss else None
    return Finding(
        "carved-certificate",
        Status.UNKNOWN,
        f"in what the {carved.side.word} sent, outside any handshake, passed {what}",
        carved.level,
        carved.side,
        observed=short(certificate),
        evidence=(carved.at,),
        confidence=Confidence.LIKELY,
        advice=miss.advice if miss else "",
        limitations=_LIMITS,
        notes=(late.text,) if late else (),
        differences=differences(nearest, certificate) if nearest else (),
    )


def _issuer(carved: Carved, here: Expectations) -> Expected | None:
    cas = here.of(Role.CUSTOMER_CA) if carved.side is SERVER else here.of(Role.MTLS_ANCHOR)
    return next((ca for ca in cas if issued_by(carved.certificate, ca.certificate)), None)
