"""What else is worth saying of a presented chain; none of it changes the status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from analyzer.session.certificates import Certificate
from analyzer.session.facts import Session
from analyzer.verdict.certificates import chain
from analyzer.verdict.certificates.opinions import Shown
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.finding import Status
from analyzer.verdict.words import distance, time_of, when

# AWS's guide signs for ten years, third parties for 30 or 365 days: a month is time to act in.
SOON = timedelta(days=30)


def remarks(shown: Shown, seen: datetime, session: Session, status: Status) -> Iterator[str]:
    """Notes on dates, on the rest of the chain and on what the other end made of it.

    Args:
        shown: what was presented.
        seen: when it was presented; `shown.at` may be another time.
        session: the handshake.
        status: what the slot's rule said.
    """
    yield from _dates(shown, seen)
    yield from _chain(shown)
    if status is Status.FAIL and session.outcome == "established" and seen == shown.at:
        yield f"the {shown.side.peer.word} accepted it: this TLS session was established"


def by_now(rows: Sequence[Showing], now: datetime) -> Iterator[str]:
    """What was valid when it was shown and is expired at `now`, or will be within a month; one line each.

    No part of the report, which says the same of a capture whenever it is asked.
    """
    for row in {row.certificate.der: row for row in rows}.values():
        leaf, end = row.certificate, row.certificate.not_after
        if end is None or chain.out_of_date(leaf, time_of(row.last.began)) is not None:
            continue
        slot = row.slot.removesuffix("-certificate").replace("-", " ")
        what = f"the {slot} certificate {_name(leaf)} was valid in this capture and"
        if end <= now:
            yield f"{what} expired {distance(now - end)} ago, at {when(end)}"
        elif end - now < SOON:
            yield f"{what} expires in {distance(end - now)}, at {when(end)}"


def _dates(shown: Shown, seen: datetime) -> Iterator[str]:
    leaf = shown.leaf
    if leaf.not_after is None:
        return
    left = leaf.not_after - shown.at
    if timedelta(0) < left < SOON:
        yield f"it expires {distance(left)} after {shown.reference}, at {when(leaf.not_after)}"
    if seen == shown.at:
        return
    out = chain.out_of_date(leaf, seen)
    then = f"it was valid at the time of this connection, {when(seen)}" if out is None else out.text
    yield f"judged at {when(shown.at)}; {then}"


def _chain(shown: Shown) -> Iterator[str]:
    sent = (shown.leaf, *shown.rest)
    for certificate, count in Counter(sent).items():
        if count > 1:
            yield f"{_name(certificate)} was sent {count} times"
    idle = [c for c in dict.fromkeys(shown.rest) if c != shown.leaf and not _above(c, sent)]
    if idle:
        names = ", ".join(map(_name, idle[:3])) + (" and others" if len(idle) > 3 else "")
        yield f"sent along without being its issuer: {names}"


def _above(certificate: Certificate, sent: tuple[Certificate, ...]) -> bool:
    """Whether it issued another one of those sent."""
    return any(chain.issued_by(c, certificate) for c in sent if c != certificate)


def _name(certificate: Certificate) -> str:
    return certificate.subject or f"a certificate with SHA-256 {certificate.sha256[:16]}..."
