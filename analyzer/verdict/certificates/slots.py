"""The four certificate slots of a connection: who presents what on which TLS level, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from analyzer.session.facts import Conversation, Presented, Session
from analyzer.stream import CLIENT, SERVER, UNTIMED, Side
from analyzer.verdict.certificates import rules
from analyzer.verdict.certificates.absent import absence
from analyzer.verdict.certificates.authorities import name_of
from analyzer.verdict.certificates.memory import Memory
from analyzer.verdict.certificates.opinions import Opinion, Shown, Wanted
from analyzer.verdict.certificates.published import (
    looks_like_a_cluster_certificate,
    published_server,
)
from analyzer.verdict.certificates.remarks import SOON, remarks
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import SLOTS, Finding, Status
from analyzer.verdict.words import listing, short, time_of


class Slot(NamedTuple):
    """One slot.

    Attributes:
        whose: who presents it, as sentences say it.
        words: what is expected, "" for nothing. rule: judges what was presented, where something is expected.
    """

    code: str
    level: int
    side: Side
    whose: str
    words: Callable[[Expectations], str]
    rule: Callable[[Shown, Wanted], Opinion]

    def finding(self, here: Expectations, status: Status, message: str, **more: Any) -> Finding:
        """A finding about this slot; `more` are further fields of it."""
        expected = self.words(here)
        return Finding(self.code, status, message, self.level, self.side, expected, **more)

    def expects(self, expected: Expectations) -> bool:
        """Whether anything is expected in this slot."""
        return bool(self.words(expected))


SLOT_TABLE = (
    Slot("outer-server-certificate", 0, SERVER, "the server", rules.outer_server_words, rules.outer_server),
    Slot("outer-client-certificate", 0, CLIENT, "the client", rules.outer_client_words, rules.outer_client),
    Slot("inner-server-certificate", 1, SERVER, "the HSM", rules.inner_server_words, rules.inner_server),
    Slot("inner-client-certificate", 1, CLIENT, "the client", rules.inner_client_words, rules.inner_client),
)  # fmt: skip


def check(told: Conversation, whole: Expectations, at: datetime | None) -> Iterator[Finding]:
    """One finding per slot for which something is expected or was presented."""
    memory = _memory(whole)
    wanted = memory.wanted(told.tcp.server.address)
    for slot in SLOT_TABLE:
        if (finding := _judged(slot, told, wanted, memory, at)) is not None:
            yield finding


def _memory(whole: Expectations) -> Memory:
    """Of the expected set that was asked for last: a run has one."""
    global _latest  # noqa: PLW0603
    if _latest.whole is not whole:
        _latest = Memory(whole, SOON)
    return _latest


_latest = Memory(Expectations.none(), SOON)


def _judged(
    slot: Slot, told: Conversation, wanted: Wanted, memory: Memory, at: datetime | None
) -> Finding | None:
    """The worst of what was presented on this level; a renegotiation may show another certificate."""
    worst: Finding | None = None
    for session in told.sessions:
        chain = session.certificates[slot.side] if session.level == slot.level else None
        if chain is None:
            continue
        finding = _presented(slot, told, session, chain, wanted, memory, at)
        if worst is None or _is_worse(finding, worst):
            worst = finding
    if worst is not None:
        return worst
    if not slot.expects(wanted.here):
        return None
    why = absence(told, slot.level, slot.side)
    return slot.finding(
        wanted.here,
        Status.UNKNOWN,
        why.message,
        kind=why.kind,
        evidence=why.evidence,
        advice=why.advice,
    )


def _is_worse(finding: Finding, other: Finding) -> bool:
    return _WORST_FIRST.index(finding.status) < _WORST_FIRST.index(other.status)


_WORST_FIRST = (Status.FAIL, Status.UNKNOWN, Status.PASS)


def _presented(
    slot: Slot,
    told: Conversation,
    session: Session,
    chain: tuple[Presented, ...],
    wanted: Wanted,
    memory: Memory,
    at: datetime | None,
) -> Finding:
    if not chain:
        return _empty(slot, session, wanted.here)
    hashes = tuple([item.certificate.sha256 for item in chain])
    since, until = memory.calm(hashes, chain)
    calm = at is None and since <= chain[0].at.ended < until
    key = (slot.code, hashes, wanted.clusters, session.outcome)
    ends = (told.tcp.client.address, told.tcp.server)
    finding = memory.find(key, ends) if calm else None
    if finding is None:
        finding = _opinion(slot, told, session, chain, wanted, at)
        if calm:
            memory.keep(key, ends, finding)
    spans = [item.at for item in chain]
    evidence = (spans[0],) if spans.count(spans[0]) == len(spans) else tuple(dict.fromkeys(spans))
    return Finding(
        finding.code,
        finding.status,
        finding.message,
        finding.level,
        finding.side,
        finding.expected,
        finding.observed,
        evidence,
        finding.confidence,
        finding.advice,
        finding.limitations,
        finding.notes,
        finding.differences,
        finding.kind,
    )


def _opinion(
    slot: Slot,
    told: Conversation,
    session: Session,
    chain: tuple[Presented, ...],
    wanted: Wanted,
    at: datetime | None,
) -> Finding:
    """What is said of a chain, still without the frames in which it came."""
    untimed = chain[0].at.ended == UNTIMED
    seen = (at or _within_validity(chain)) if untimed else time_of(chain[0].at.ended)
    shown = Shown(
        slot.code,
        slot.side,
        slot.whose,
        chain[0].certificate,
        tuple(item.certificate for item in chain[1:]),
        seen if at is None else at,
        "this connection" if at is None else "the time given",
        told.tcp.client.address,
        str(told.tcp.server),
    )
    expected = slot.expects(wanted.here)
    opinion = slot.rule(shown, wanted) if expected else _unexpected(slot, shown)
    finding = slot.finding(
        wanted.here,
        opinion.status,
        opinion.message,
        kind=opinion.kind,
        observed=short(shown.leaf),
        advice=opinion.advice,
        notes=(*opinion.notes, *remarks(shown, seen, session, opinion.status)),
        differences=opinion.differences,
    )
    return _undated(finding) if untimed and at is None else finding


def _within_validity(chain: tuple[Presented, ...]) -> datetime:
    """A time at which every certificate had become valid."""
    begins = (item.certificate.not_before for item in chain)
    return max((begin for begin in begins if begin is not None), default=time_of(UNTIMED))


def _undated(finding: Finding) -> Finding:
    """No pass without a time: whether the certificate was valid then is not known."""
    if finding.status is not Status.PASS:
        return finding
    return replace(
        finding,
        status=Status.UNKNOWN,
        kind="undated",
        message=f"{finding.message}; the capture has no times, so whether it was valid then cannot be told",
        advice="say with --at when the connection was made",
    )


def _unexpected(slot: Slot, shown: Shown) -> Opinion:
    """Nothing is expected here: published names recognise, they never prove."""
    published = published_server(shown.leaf)
    if published is not None and slot.code == SLOTS[0]:
        what = f"that matches the published name and serial of {published.file}, not pinned"
    elif looks_like_a_cluster_certificate(shown.leaf):
        what = "with the name of a cluster certificate, not pinned"
        what += "" if slot.level else "; that belongs on the inner TLS"
    else:
        what = "; nothing is expected in this slot"
    message = f"{slot.whose} presented a certificate {what}".replace(" ;", ";")
    return Opinion(Status.UNKNOWN, "not-pinned", message, _HOW_TO_EXPECT[slot.code])


def _empty(slot: Slot, session: Session, here: Expectations) -> Finding:
    asked = [name for der in session.authorities if (name := name_of(der))]
    notes = (f"the server asked for one issued by {listing(asked[:3], 'or')}",) if asked else ()
    return slot.finding(
        here,
        Status.FAIL if slot.expects(here) else Status.UNKNOWN,
        f"{slot.whose} was asked for a certificate and sent an empty Certificate message: it has none to show",
        kind="empty",
        observed="an empty Certificate message",
        evidence=tuple(
            m.at for m in session.messages if m.type == "certificate" and m.side is slot.side
        ),
        advice=_HOW_TO_SEND.get(slot.code, ""),
        notes=notes,
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
