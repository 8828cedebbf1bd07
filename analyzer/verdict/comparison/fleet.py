"""The whole capture at once: which HSM showed which certificate when, and who differs from the others.

One connection cannot tell that another HSM of the same cluster shows something else, or that the
certificate at an address changed at 14:03.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from analyzer.session.certificates import Certificate
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.verdict.brief import Brief
from analyzer.verdict.certificates.identity import identity_checks
from analyzer.verdict.certificates.near_misses import differences
from analyzer.verdict.certificates.slots import SLOT_TABLE, Slot
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import SLOTS, Finding, Status
from analyzer.verdict.words import count_words, listing, plural, short, time_of, when

_FEW = 3


def showings(told: Sequence[Brief], expected: Expectations) -> tuple[Showing, ...]:
    """The table: by slot, then address, then the time of the first showing."""
    # Thousands of clients may connect once each: of such a row only what was shown is held, a sixth of a kilobyte less.
    rows: dict[tuple[int, str, bytes], _Shown | _Row] = {}
    for shown in _all_shown(told):
        key = (SLOTS.index(shown.slot.code), shown.address, shown.certificate.der)
        row = rows.setdefault(key, shown)
        if row is shown:
            continue
        if isinstance(row, _Shown):
            row = rows[key] = _row(row)
        row.add(shown)
    table = [(key[0], _row(rows.pop(key)).showing(expected)) for key in list(rows)]
    table.sort(key=lambda row: (row[0], row[1].address, row[1].first.began))
    return tuple(showing for _, showing in table)


@dataclass(slots=True)
class _Row:
    """A row of the table while connections are gone through; the storm's thousands are not held for it."""

    one: _Shown
    status: Status
    first: Span
    last: Span
    count: int
    streams: list[int]

    def add(self, shown: _Shown) -> None:
        self.count += 1
        if len(self.streams) < _FEW:
            self.streams.append(shown.stream)
        if shown.status is not self.status:
            self.status = min(self.status, shown.status, key=_WORST_FIRST.index)
        if shown.at.began < self.first.began:
            self.first = shown.at
        elif shown.at.began > self.last.began:
            self.last = shown.at

    def showing(self, expected: Expectations) -> Showing:
        slot, address = self.one.slot, self.one.address
        hsm = expected.hsm_at(address) if slot.side is SERVER else None
        return Showing(
            slot=slot.code,
            address=address,
            hsm=str(hsm) if hsm is not None and hsm.id else "",
            cluster=hsm.cluster if hsm else "",
            certificate=self.one.certificate,
            status=self.status,
            first=self.first,
            last=self.last,
            connections=self.count,
            streams=tuple(self.streams),
        )


def _row(known: _Shown | _Row) -> _Row:
    if isinstance(known, _Row):
        return known
    return _Row(known, known.status, known.at, known.at, 1, [known.stream])


def across(
    told: Sequence[Brief], expected: Expectations, rows: Sequence[Showing] | None = None
) -> tuple[Finding, ...]:
    """What only the whole capture shows: HSMs that differ, certificates that changed, clients half refused.

    Args:
        rows: their `showings`, where these are at hand.
    """
    rows = showings(told, expected) if rows is None else rows
    return (
        *_identity(told, expected),
        *_differing(rows),
        *_changed(told),
        *_half_refused(told),
    )


def _identity(told: Sequence[Brief], expected: Expectations) -> Iterator[Finding]:
    """What contradicts itself in the expected set: then no answer about it can be relied on."""
    if not told:
        return
    at = time_of(min(each.span.began for each in told))
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


def _all_shown(told: Sequence[Brief]) -> Iterator[_Shown]:
    for each in told:
        for leaf, at in zip(each.kind.leaves, each.shown_at, strict=True):
            address = (each.client, each.server)[leaf.slot.side].address
            yield _Shown(leaf.slot, address, leaf.certificate, at, leaf.status, each.stream)


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


def _changed(told: Sequence[Brief]) -> Iterator[Finding]:
    """An address that showed one certificate and later another one."""
    ders: dict[tuple[str, str], bytes] = {}
    several = set()
    for each in told:
        ends = each.client, each.server
        for slot, certificate, _ in each.kind.leaves:
            place = slot.code, ends[slot.side].address
            if ders.setdefault(place, certificate.der) != certificate.der:
                several.add(place)
    series: dict[tuple[str, str], list[_Shown]] = {}
    for shown in _all_shown(told) if several else ():
        if (shown.slot.code, shown.address) in several:
            series.setdefault((shown.slot.code, shown.address), []).append(shown)
    for _, group in sorted(series.items()):
        ordered = sorted(group, key=lambda shown: shown.at.began)
        yield _change(
            [
                (before, after)
                for before, after in pairwise(ordered)
                if before.certificate.der != after.certificate.der
            ]
        )


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


def _half_refused(told: Sequence[Brief]) -> Iterator[Finding]:
    """A client certificate that one HSM takes and another refuses: their trust anchors are not the same."""
    for slot in (s for s in SLOT_TABLE if s.side is CLIENT):
        taken: dict[Certificate, dict[str, Span]] = {}
        refused: dict[Certificate, dict[str, Span]] = {}
        for each in told:
            level = each.kind.levels[slot.level]
            leaves = level.leaves[CLIENT] if level is not None else None
            if level is None or not leaves:
                continue
            [leaf], server = leaves, each.server.address
            refusal = each.refused[slot.level]
            if level.outcome == "established":
                by = taken.setdefault(leaf, {})
                if server not in by:
                    by[server] = _shown_at(each, slot)
            elif refusal is not None:
                refused.setdefault(leaf, {}).setdefault(server, refusal)
        for leaf, by in refused.items():
            others = {a: at for a, at in taken.get(leaf, {}).items() if a not in by}
            if others:
                yield _refusal(slot, leaf, by, others)


def _shown_at(told: Brief, slot: Slot) -> Span:
    """When the certificate of a slot was shown, in a connection in which it was."""
    shown = zip(told.kind.leaves, told.shown_at, strict=True)
    return next(at for leaf, at in shown if leaf.slot.code == slot.code)


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
