"""The whole capture at once: which HSM showed which certificate when, and who differs from the others.

One connection cannot tell that another HSM of the same cluster shows something else, or that the
certificate at an address changed at 14:03.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from analyzer.session.certificates import Certificate
from analyzer.session.facts import Conversation
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.verdict.certificates.identity import identity_checks
from analyzer.verdict.certificates.near_misses import differences
from analyzer.verdict.certificates.slots import SLOT_TABLE, Slot
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import SLOTS, Finding, Status
from analyzer.verdict.words import count_words, listing, plural, short, time_of, when

# Alerts by which a certificate is refused (RFC 8446 section 6.2, RFC 5246 section 7.2.2).
_CERTIFICATE_ALERTS = frozenset({40, 42, 43, 44, 45, 46, 48, 49, 51, 116})
_FEW = 3

Judged: TypeAlias = Sequence[tuple[Conversation, Sequence[Finding]]]


def showings(judged: Judged, expected: Expectations) -> tuple[Showing, ...]:
    """The table: by slot, then address, then the time of the first showing."""
    groups: dict[tuple[int, str, bytes], list[_Shown]] = {}
    for shown in _all_shown(judged):
        key = (SLOTS.index(shown.slot.code), shown.address, shown.certificate.der)
        groups.setdefault(key, []).append(shown)
    rows = [(index, _row(group, expected)) for (index, _, _), group in groups.items()]
    rows.sort(key=lambda row: (row[0], row[1].address, row[1].first.began))
    return tuple(row for _, row in rows)


def _row(group: Sequence[_Shown], expected: Expectations) -> Showing:
    one = group[0]
    hsm = expected.hsm_at(one.address) if one.slot.side is SERVER else None
    times = [shown.at for shown in group]
    return Showing(
        slot=one.slot.code,
        address=one.address,
        hsm=str(hsm) if hsm is not None and hsm.id else "",
        cluster=hsm.cluster if hsm else "",
        certificate=one.certificate,
        status=min((shown.status for shown in group), key=_WORST_FIRST.index),
        first=min(times, key=_began),
        last=max(times, key=_began),
        connections=len(group),
        streams=tuple(shown.stream for shown in group[:_FEW]),
    )


def across(judged: Judged, expected: Expectations) -> tuple[Finding, ...]:
    """What only the whole capture shows: HSMs that differ, certificates that changed, clients half refused."""
    rows = showings(judged, expected)
    return (
        *_identity(judged, expected),
        *_differing(rows),
        *_changed(judged),
        *_half_refused(judged),
    )


def _identity(judged: Judged, expected: Expectations) -> Iterator[Finding]:
    """What contradicts itself in the expected set: then no answer about it can be relied on."""
    if not judged:
        return
    at = time_of(min(told.tcp.span.began for told, _ in judged))
    for check in identity_checks(expected, at):
        if check.status is Status.FAIL:
            of = f" of {check.cluster}" if check.cluster else ""
            yield Finding(
                "expected-set-contradiction",
                Status.FAIL,
                f"the expected set{of} contradicts itself: {check.says}",
                advice="fetch the cluster's certificates again with `aws cloudhsmv2 describe-clusters`, and "
                "see `hsm-analyzer expect show`",
            )


_WORST_FIRST = (Status.FAIL, Status.UNKNOWN, Status.PASS)


class _Shown(NamedTuple):
    """The first presentation of a certificate in one slot of one connection."""

    slot: Slot
    address: str
    certificate: Certificate
    at: Span
    status: Status
    stream: int


def _all_shown(judged: Judged) -> Iterator[_Shown]:
    for told, findings in judged:
        statuses = {finding.code: finding.status for finding in findings}
        for slot in SLOT_TABLE:
            for session in told.sessions:
                chain = session.certificates[slot.side]
                if session.level == slot.level and chain:
                    address = (told.tcp.client, told.tcp.server)[slot.side].address
                    status = statuses.get(slot.code, Status.UNKNOWN)
                    shown = chain[0]
                    yield _Shown(slot, address, shown.certificate, shown.at, status, told.stream)
                    break


def _began(at: Span) -> int:
    return at.began


def _differing(rows: Sequence[Showing]) -> Iterator[Finding]:
    """HSMs of one cluster whose latest certificates are not the same.

    A cluster has one certificate (AWS CloudHSM API, `Certificates`). The hosts may show either of AWS's
    two, so there a difference counts only where not all of them are as expected.
    """
    for slot in (s for s in SLOT_TABLE if s.side is SERVER):
        latest: dict[tuple[str, str], Showing] = {}
        for row in sorted((r for r in rows if r.slot == slot.code), key=lambda r: r.last.began):
            latest[row.cluster, row.address] = row
        for cluster in dict.fromkeys(cluster for cluster, _ in latest):
            here = [row for (of, _), row in latest.items() if of == cluster]
            if slot.level == 0 and all(row.status is Status.PASS for row in here):
                continue
            yield from _odd_ones(slot, cluster, here)


def _odd_ones(slot: Slot, cluster: str, here: Sequence[Showing]) -> Iterator[Finding]:
    counts = Counter(row.certificate for row in here)
    if len(counts) < 2:
        return
    # Most show the usual one; where that is even, the one that was judged better.
    usual = min(
        counts,
        key=lambda c: (
            -counts[c],
            _PASS_FIRST.index(next(r.status for r in here if r.certificate == c)),
        ),
    )
    odd = [row for row in here if row.certificate != usual]
    who = listing(_who(row) for row in odd)
    of = f" of {cluster}" if cluster else ""
    verb = "presents" if len(odd) == 1 else "present"
    yield Finding(
        "hsm-differs",
        Status.FAIL if cluster and slot.level else Status.UNKNOWN,
        f"{count_words(len(odd))} of {count_words(len(here))} HSMs{of} {verb} another {_words(slot)} "
        f"certificate than the others: {who}",
        slot.level,
        SERVER,
        short(usual),
        "; ".join(dict.fromkeys(short(row.certificate) for row in odd)),
        tuple(row.last for row in odd),
        advice=f"compare {who} with the others in describe-clusters: is it an HSM of the same cluster, and "
        "is its address current?",
        differences=differences(usual, odd[0].certificate) if len(counts) == 2 else (),
        limitations=()
        if cluster
        else (
            "which cluster an address belongs to is not known: hand over describe-clusters (--cluster)",
        ),
    )


_PASS_FIRST = (Status.PASS, Status.UNKNOWN, Status.FAIL)


def _changed(judged: Judged) -> Iterator[Finding]:
    """An address that showed one certificate and later another one."""
    series: dict[tuple[str, str], list[_Shown]] = {}
    for shown in _all_shown(judged):
        series.setdefault((shown.slot.code, shown.address), []).append(shown)
    for _, group in sorted(series.items()):
        ordered = sorted(group, key=lambda shown: shown.at.began)
        changes = [
            (before, after)
            for before, after in pairwise(ordered)
            if before.certificate.der != after.certificate.der
        ]
        if changes:
            yield _change(changes)


def _change(changes: Sequence[tuple[_Shown, _Shown]]) -> Finding:
    before, after = changes[0]
    slot = after.slot
    fine = all(shown.status is Status.PASS for pair in changes for shown in pair)
    again = f", and {plural(len(changes) - 1, 'more time')} after that" if len(changes) > 1 else ""
    return Finding(
        "certificate-changed",
        Status.PASS if fine else Status.UNKNOWN,
        f"{after.address} presented another {_words(slot)} certificate from {when(time_of(after.at.began))} "
        f"on (connection {after.stream}; before that: connection {before.stream}){again}",
        slot.level,
        slot.side,
        short(before.certificate),
        short(after.certificate),
        (before.at, after.at),
        advice="" if fine else _CHANGE_ADVICE[slot.side],
        differences=differences(before.certificate, after.certificate),
    )


_CHANGE_ADVICE: dict[Side, str] = {
    SERVER: "find out what happened at that time: an HSM that was replaced, an address that was given to "
    "another one, a proxy or balancer in between",
    CLIENT: "find out what was configured on the client at that time, and whether two processes with "
    "different configurations run there",
}


def _half_refused(judged: Judged) -> Iterator[Finding]:
    """A client certificate that one HSM takes and another refuses: their trust anchors are not the same."""
    for slot in (s for s in SLOT_TABLE if s.side is CLIENT):
        taken: dict[Certificate, dict[str, Span]] = {}
        refused: dict[Certificate, dict[str, Span]] = {}
        for told, _ in judged:
            session = told.at_level(slot.level)
            chain = session.certificates[CLIENT] if session else None
            if session is None or not chain:
                continue
            alerts = [
                a for a in session.alerts if a.side is SERVER and a.code in _CERTIFICATE_ALERTS
            ]
            leaf, server = chain[0].certificate, told.tcp.server.address
            if session.outcome == "established":
                taken.setdefault(leaf, {}).setdefault(server, chain[0].at)
            elif alerts:
                refused.setdefault(leaf, {}).setdefault(server, alerts[0].at)
        for leaf, by in refused.items():
            others = {a: at for a, at in taken.get(leaf, {}).items() if a not in by}
            if others:
                yield _refusal(slot, leaf, by, others)


def _refusal(
    slot: Slot, leaf: Certificate, refused: dict[str, Span], taken: dict[str, Span]
) -> Finding:
    return Finding(
        "client-certificate-half-refused",
        Status.FAIL,
        f"the same {_words(slot)} certificate is refused by {listing(refused)} and accepted by "
        f"{listing(taken)}: they do not trust the same CAs",
        slot.level,
        CLIENT,
        "accepted by every HSM",
        short(leaf),
        (*refused.values(), *taken.values()),
        advice="compare `cluster mtls list-trust-anchors` (cluster-coverage) and register the trust anchor "
        "again where it is missing"
        if slot.level
        else "the hosts of one cluster should take the same client certificate: check that all these "
        "addresses are of one cluster",
    )


def _who(row: Showing) -> str:
    return f"{row.address} ({row.hsm})" if row.hsm else row.address


def _words(slot: Slot) -> str:
    """`inner server`."""
    return slot.code.removesuffix("-certificate").replace("-", " ")
