"""The same failure again and again: grouped by cause and machines, with its period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from analyzer.session.facts import Conversation
from analyzer.session.outcome import ESTABLISHED, UNSEEN
from analyzer.stream import Span
from analyzer.verdict.causes.reading import duration
from analyzer.verdict.finding import Cause, Finding, Status
from analyzer.verdict.words import time_of, when

# Fewer equal failures are no series.
SERIES = 3
# Intervals that differ by no more than this from their median are regular, if so many of them do.
_NEAR, _REGULAR = 0.25, 0.8
# `reconnect_interval` of Client SDK 3's cloudhsm_client.cfg.
_SDK3_NS = 3_000_000_000
# So many of its connections are named.
STREAMS = 5


class Told(NamedTuple):
    """One connection with what was found out about it."""

    conversation: Conversation
    cause: Cause | None

    @property
    def fine(self) -> bool:
        """It was established and was not lost."""
        return self.conversation.outcome == ESTABLISHED and self.cause is None

    @property
    def failed(self) -> bool:
        """It certainly came to nothing, or was lost."""
        return self.cause is not None and self.cause.code != "capture-ends"


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


def series(told: Sequence[Told]) -> tuple[Series, ...]:
    """All failures, each kind between two machines once, in order of their first."""
    groups: dict[tuple[str, str, str], list[Told]] = {}
    for each in told:
        if each.cause is not None:
            tcp = each.conversation.tcp
            key = (each.cause.code, tcp.client.address, str(tcp.server))
            groups.setdefault(key, []).append(each)
    found = [_series(key, group) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda one: one.first.began))


def _series(key: tuple[str, str, str], group: Sequence[Told]) -> Series:
    ordered = sorted(group, key=start)
    return Series(
        *key,
        count=len(group),
        streams=tuple(each.conversation.stream for each in ordered[:STREAMS]),
        first=ordered[0].conversation.tcp.span,
        last=ordered[-1].conversation.tcp.span,
        period_ns=_period([start(each) for each in ordered]),
        lost=all(each.conversation.outcome == ESTABLISHED for each in group),
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


def reconnects(told: Sequence[Told]) -> Iterator[Finding]:
    """Short connections that follow each other like clockwork, of which none could be read."""
    unseen = [e for e in told if e.conversation.outcome == UNSEEN and e.cause is None]
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
            evidence=(ordered[0].conversation.tcp.span, ordered[-1].conversation.tcp.span),
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


def pair(told: Told) -> tuple[str, str]:
    """The client's address, the server's with its port."""
    return told.conversation.tcp.client.address, str(told.conversation.tcp.server)


def start(told: Told) -> int:
    """Capture time of its first frame."""
    return told.conversation.tcp.span.began


def end_of(told: Told) -> int:
    """Capture time of its last frame."""
    return told.conversation.tcp.span.ended
