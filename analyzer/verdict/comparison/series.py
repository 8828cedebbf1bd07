"""The same failure again and again: grouped by cause and machines, with its period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from analyzer.session.outcome import ESTABLISHED, UNSEEN
from analyzer.session.timing import median
from analyzer.stream import Span
from analyzer.values import dataclass
from analyzer.verdict.brief import Brief
from analyzer.verdict.causes.reading import duration
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.words import time_of, when

# Fewer equal failures are no series.
SERIES = 3
# Intervals that differ by no more than this from their median are regular, if so many of them do.
_NEAR, _REGULAR = 0.25, 0.8
# `reconnect_interval` of Client SDK 3's cloudhsm_client.cfg.
_SDK3_NS = 3_000_000_000
# So many of its connections are named.
STREAMS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """Connections between the same two machines that ended for the same cause.

    Attributes:
        code: of the cause. client, server: addresses, the server's with its port.
        count: how many. streams: the first few of their numbers.
        first, last: the spans of the first and the last of them.
        period_ns: median time from one's start to the next one's where that is regular, else None.
        lost: they were established before.
    """

    code: str
    client: str
    server: str
    count: int
    streams: tuple[int, ...]
    first: Span
    last: Span
    period_ns: int | None
    lost: bool


def series(told: Sequence[Brief]) -> tuple[Series, ...]:
    """All failures, each kind between two machines once, in order of their first."""
    groups: dict[tuple[str, str, str], list[Brief]] = {}
    for each in told:
        if each.kind.cause:
            key = (each.kind.cause, *pair(each))
            groups.setdefault(key, []).append(each)
    found = [_series(key, group) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda one: one.first.began))


def _series(key: tuple[str, str, str], group: Sequence[Brief]) -> Series:
    ordered = sorted(group, key=start)
    return Series(
        *key,
        count=len(group),
        streams=tuple(each.stream for each in ordered[:STREAMS]),
        first=ordered[0].span,
        last=ordered[-1].span,
        period_ns=_period([start(each) for each in ordered]),
        lost=all(each.kind.outcome == ESTABLISHED for each in group),
    )


def repeated(one: Series) -> Finding:
    """A series as a finding."""
    every = ""
    if one.period_ns is not None:
        every = f", one every {duration(one.period_ns)}"
        if _near(one.period_ns, _SDK3_NS):
            every += " (a client of SDK 3 tries again every 3 s, for ever)"
    return Finding(
        "repeated-failure",
        Status.UNKNOWN if one.lost else Status.FAIL,
        f"the same failure {one.count} times between {one.client} and {one.server}: {one.code}{every}; first "
        f"{when(time_of(one.first.began))}, last {when(time_of(one.last.began))}",
        evidence=(one.first, one.last),
        observed=f"{one.count} connections",
        advice=f"`hsm-analyzer explain {one.code}`; one connection of the series tells all",
    )


def reconnects(told: Sequence[Brief]) -> Iterator[Finding]:
    """Short connections that follow each other like clockwork, of which none could be read."""
    unseen = [e for e in told if e.kind.outcome == UNSEEN and not e.kind.cause]
    for (client, server), group in groupby(sorted(unseen, key=pair), key=pair):
        ordered = sorted(group, key=start)
        period = _period([start(each) for each in ordered])
        longest = max(end_of(each) - start(each) for each in ordered)
        if len(ordered) < _LOOP or period is None or longest >= period:
            continue
        yield Finding(
            "reconnect-loop",
            Status.UNKNOWN,
            f"{client} connects to {server} every {duration(period)}, {len(ordered)} times, and no connection lasts "
            f"longer than {duration(longest)}: as a client does that fails and tries again"
            + (" (one of SDK 3 every 3 s)" if _near(period, _SDK3_NS) else ""),
            evidence=(ordered[0].span, ordered[-1].span),
            advice="analyze with the session keys of one of them (--keys): what fails is encrypted",
            limitations=("a health check or a program that is called that often looks the same",),
        )


# Fewer short connections are no loop.
_LOOP = 5


def _period(starts: Sequence[int]) -> int | None:
    intervals = [later - earlier for earlier, later in pairwise(starts)]
    if len(intervals) < SERIES - 1:
        return None
    usual = int(median(intervals))
    near = sum(abs(interval - usual) <= _NEAR * usual for interval in intervals)
    return usual if usual and near >= _REGULAR * len(intervals) else None


def _near(period: int, other: int) -> bool:
    return abs(period - other) <= _NEAR * other


def pair(told: Brief) -> tuple[str, str]:
    """The client's address, the server's with its port."""
    return told.client.address, str(told.server)


def start(told: Brief) -> int:
    """Capture time of its first frame."""
    return told.span.began


def end_of(told: Brief) -> int:
    """Capture time of its last frame."""
    return told.span.ended
