"""Whether both sides' bytes are there, once and undisputed: what a capture lost, what a network did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from analyzer.session.facts import Conversation
from analyzer.stream import CLIENT, SERVER, Gap
from analyzer.transport import Summary
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Finding, Status
from analyzer.verdict.words import plural


class Loss(NamedTuple):
    """What happened to missing bytes.

    Attributes:
        code: of the finding.
        words: behind `3 bytes of the client`.
        advice: what to do.
    """

    code: str
    words: str
    advice: str


# By `stream.Gap.why`.
LOSSES = {
    "not captured": Loss(
        code="bytes-lost-by-the-capture",
        words="reached the other side, which acknowledged them, but not the capture",
        advice="capture again with a larger buffer (tcpdump -B 65536), to a faster disk, or closer to the client",
    ),
    "never arrived": Loss(
        code="bytes-lost-on-the-network",
        words="are missing and were never acknowledged: the network lost them",
        advice="look for loss between the sender and the point of capture",
    ),
    "snapped": Loss(
        code="bytes-cut-by-the-snap-length",
        words="were cut off by the capture's snap length",
        advice="capture whole packets (tcpdump -s 0; VPC Traffic Mirroring: no PacketLength)",
    ),
    "ceiling": Loss(
        code="bytes-given-up",
        words="were given up because too many behind them had to be held",
        advice="analyze this connection alone (tcpdump -r FILE -w OUT with its port)",
    ),
}


def check(told: Conversation, _: Expectations, __: datetime | None) -> Iterator[Finding]:
    """What is missing of either side, and where two versions of the same bytes were seen."""
    for side in (CLIENT, SERVER):
        for why, loss in LOSSES.items() if told.tcp.gaps else ():
            gaps = [gap for gap in told.tcp.gaps if gap.side is side and gap.why == why]
            if sized := [gap for gap in gaps if gap.size]:
                yield Finding(
                    loss.code,
                    Status.UNKNOWN,
                    f"{_bytes(sized)} of the {side.word} {loss.words}",
                    side=side,
                    evidence=tuple(gap.at for gap in sized),
                    advice=loss.advice,
                )
        disputed = told.tcp.sides[side].disagreements
        if disputed:
            yield Finding(
                "bytes-disputed",
                Status.UNKNOWN,
                f"the {side.word} sent {plural(len(disputed), 'segment')} over bytes sent before with other "
                "content; the first version is told here, and which one the other side took is not known",
                side=side,
                evidence=disputed,
                advice="find who sent the second version: a middlebox, an injected packet, damage behind a "
                "checksum offload",
            )


def _bytes(gaps: Sequence[Gap]) -> str:
    size = sum(gap.size or 0 for gap in gaps)
    places = f" in {len(gaps)} places" if len(gaps) > 1 else ""
    return f"{plural(size, 'byte')}{places}"


def traffic(summary: Summary, names: Sequence[str]) -> Iterator[Finding]:
    """What the whole capture shows besides its connections.

    Args:
        summary: what transport only counted.
        names: of the capture files, in the order of their frames' file indexes.
    """
    if summary.unanswered:
        yield _counted(summary.unanswered, "were never answered", code="connections-unanswered")
    if summary.refused:
        yield _counted(summary.refused, "were refused with a reset", code="connections-refused")
    if summary.without_tls:
        yield Finding(
            "connections-without-tls",
            Status.UNKNOWN,
            f"{plural(summary.without_tls, 'more connection')} on other ports than an HSM's showed no TLS and "
            f"{'is' if summary.without_tls == 1 else 'are'} counted only",
            observed=str(summary.without_tls),
            advice="name the ports of the HSM (--port) to look at nothing else",
        )
    if summary.joined_late:
        yield Finding(
            "connections-joined-late",
            Status.UNKNOWN,
            f"{plural(summary.joined_late, 'more connection')} on other ports than an HSM's began before the capture, "
            f"no key opens their TLS, and they are counted only",
            observed=str(summary.joined_late),
            advice="name the ports of the HSM (--port), where every connection is told; capture from their beginning",
        )
    if summary.given_up:
        yield Finding(
            "connections-given-up",
            Status.UNKNOWN,
            f"{plural(summary.given_up, 'connection')} with the longest silence ended early here, because more "
            "were open at once than are followed",
            observed=str(summary.given_up),
            advice="name fewer ports (--port), or split the capture by time",
        )
    for (one, other), connections in sorted(summary.copied.items()):
        yield Finding(
            "captures-overlap",
            Status.UNKNOWN,
            f"{names[one]} and {names[other]} hold the same packets of "
            f"{plural(connections, 'connection')}: two points of capture of the same traffic, told as one; "
            "times and retransmissions are a mixture of both",
            observed=str(connections),
            advice="compare the two points with each other: hsm-analyzer compare FILE FILE",
        )


def _counted(number: int, what: str, *, code: str) -> Finding:
    return Finding(
        code,
        Status.UNKNOWN,
        f"{plural(number, 'more connection attempt')} {what} and are counted only: "
        "a port scan, a SYN flood or a service that is down",
        observed=str(number),
        advice="look at who sends them: tcpdump -r FILE 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn'",
    )
