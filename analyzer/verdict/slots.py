"""The four certificate slots of a connection: who presents what on which TLS level, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from analyzer.session.facts import Conversation, Presented, Session
from analyzer.stream import CLIENT, SERVER, Side
from analyzer.verdict import rules
from analyzer.verdict.absent import absence
from analyzer.verdict.expectations import Expectations, Role
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.published import looks_like_a_cluster_certificate, published_server
from analyzer.verdict.rules import Opinion, Shown, Wanted
from analyzer.verdict.words import short, time_of


class Slot(NamedTuple):
    """One slot.

    Attributes:
        whose: who presents it, as sentences say it.
        roles: what of the expected set makes the slot expected. keyed: public keys do so too.
        rule: judges what was presented, where something is expected.
        proofs: the proofs that its private key was at hand.
    """

    code: str
    level: int
    side: Side
    whose: str
    roles: tuple[Role, ...]
    keyed: bool
    rule: Callable[[Shown, Wanted], Opinion]
    proofs: tuple[str, ...]

    def expects(self, expected: Expectations) -> bool:
        """Whether anything is expected in this slot."""
        return bool(expected.of(*self.roles)) or (self.keyed and bool(expected.keys))


_BY_SERVER = ("certificate_verify_server", "server_key_exchange")
_BY_CLIENT = ("certificate_verify_client",)

SLOT_TABLE = (
    Slot("outer-server-certificate", 0, SERVER, "the server", (Role.SERVER,), False, rules.outer_server, _BY_SERVER),
    Slot("outer-client-certificate", 0, CLIENT, "the client", (Role.CLIENT, Role.CUSTOMER_CA), False, rules.outer_client, _BY_CLIENT),
    Slot("inner-server-certificate", 1, SERVER, "the HSM", (Role.CLUSTER, Role.CUSTOMER_CA), True, rules.inner_server, _BY_SERVER),
    Slot("inner-client-certificate", 1, CLIENT, "the client", (Role.MTLS_ANCHOR, Role.INNER_CLIENT), False, rules.inner_client, _BY_CLIENT),
)  # fmt: skip


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:
    """One finding per slot for which something is expected or was presented."""
    address = told.tcp.server.address
    clusters = frozenset(h.cluster for h in whole.hsms if address in h.addresses and h.cluster)
    wanted = Wanted(whole.at(address), whole, clusters)
    for slot in SLOT_TABLE:
        if (finding := _judged(slot, told, wanted, at)) is not None:
            yield finding


def _judged(slot: Slot, told: Conversation, wanted: Wanted, at: datetime | None) -> Finding | None:
    of_level = [session for session in told.sessions if session.level == slot.level]
    shown = [
        _presented(slot, session, chain, wanted, at)
        for session in of_level
        if (chain := session.certificates[slot.side]) is not None
    ]
    if shown:
        return min(shown, key=lambda finding: _SERIOUS.index(finding.status))
    if not slot.expects(wanted.here):
        return None
    return _nothing(slot, told)


# Of several handshakes on one level (renegotiation) the worst is told.
_SERIOUS = (Status.FAIL, Status.UNKNOWN, Status.PASS)


def _presented(
    slot: Slot,
    session: Session,
    chain: tuple[Presented, ...],
    wanted: Wanted,
    at: datetime | None,
) -> Finding:
    if not chain:
        return _empty(slot, session, wanted)
    leaf = chain[0]
    shown = Shown(
        slot.code,
        slot.side,
        slot.whose,
        leaf.certificate,
        tuple(item.certificate for item in chain[1:]),
        time_of(leaf.at.ended) if at is None else at,
        "this connection" if at is None else "the time given",
    )
    opinion = slot.rule(shown, wanted) if slot.expects(wanted.here) else _unexpected(slot, shown)
    return _proven(
        session,
        slot,
        Finding(
            slot.code,
            opinion.status,
            opinion.message,
            slot.level,
            slot.side,
            opinion.expected,
            short(leaf.certificate),
            tuple(dict.fromkeys(item.at for item in chain)),
            advice=opinion.advice,
            limitations=opinion.limitations,
            notes=opinion.notes,
            differences=opinion.differences,
        ),
    )


def _proven(session: Session, slot: Slot, finding: Finding) -> Finding:
    """A certificate is worth nothing where the signature over the handshake is not its key's."""
    wrong = [p for p in session.proofs if p.kind in slot.proofs and p.result == "invalid"]
    if not wrong:
        return finding
    return Finding(
        finding.code,
        Status.FAIL,
        f"{finding.message}; the signature over the handshake is not made with its key: {wrong[0].why}",
        finding.level,
        finding.side,
        finding.expected,
        finding.observed,
        finding.evidence,
        advice=f"check that the private key of {slot.whose} belongs to this certificate",
        limitations=finding.limitations,
        notes=finding.notes,
        differences=finding.differences,
    )


def _unexpected(slot: Slot, shown: Shown) -> Opinion:
    """Nothing is expected here: published names recognise, they never prove."""
    leaf = shown.leaf
    message = f"{slot.whose} presented a certificate; nothing is expected in this slot"
    published = published_server(leaf) if slot.code == "outer-server-certificate" else None
    if published is not None:
        message = (
            f"{slot.whose} presented a certificate that matches the published name and serial of "
            f"{published.file}, not pinned"
        )
    elif slot.code == "inner-server-certificate" and looks_like_a_cluster_certificate(leaf):
        message = f"{slot.whose} presented a certificate with the name of a cluster certificate, not pinned"
    return Opinion(Status.UNKNOWN, message, "", _HOW_TO_EXPECT[slot.code])


def _empty(slot: Slot, session: Session, wanted: Wanted) -> Finding:
    expected = slot.expects(wanted.here)
    at = tuple(m.at for m in session.messages if m.type == "certificate" and m.side is slot.side)
    return Finding(
        slot.code,
        Status.FAIL if expected else Status.UNKNOWN,
        f"{slot.whose} answered with an empty Certificate message: it was asked for a certificate and has none to send",
        slot.level,
        slot.side,
        observed="an empty Certificate message",
        evidence=at,
        advice=_HOW_TO_SEND.get(slot.code, ""),
    )


def _nothing(slot: Slot, told: Conversation) -> Finding:
    why = absence(told, slot.level, slot.side)
    return Finding(
        slot.code,
        Status.UNKNOWN,
        why.message,
        slot.level,
        slot.side,
        evidence=why.evidence,
        advice=why.advice,
    )


_HOW_TO_EXPECT = {
    "outer-server-certificate": "name the host's certificates with --etc or --server-certs",
    "outer-client-certificate": "name the client's certificate with --etc, --client-cert or --customer-ca",
    "inner-server-certificate": "name the customer CA or the cluster certificate with --etc, --customer-ca or --cluster",
    "inner-client-certificate": "name the cluster's trust anchors with --mtls-anchors",
}

_HOW_TO_SEND = {
    "outer-client-certificate": "configure the client certificate and its key on the client (SDK 3: configure --ssl --pkey --cert)",
    "inner-client-certificate": "configure the client with --client-cert-hsm-tls-file and --client-key-hsm-tls-file",
}
