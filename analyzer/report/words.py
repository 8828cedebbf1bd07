"""The words, times and numbers that all faces of the report share."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.report.model import Connection, Input, Packed, Report
from analyzer.stream import Side, Span, file_of, number_of
from analyzer.verdict.finding import SLOTS, Finding, Status

SECOND = 1_000_000_000

# What a pipe or a file gets: wide enough for the two levels side by side.
PLAIN_WIDTH = 120

# How a reader says it; the level is known from the first word of the code.
SLOT_TITLES = {code: code.removesuffix("-certificate").replace("-", " ") for code in SLOTS}

LEVEL_TITLES = {0: "outer", 1: "inner"}

OUTCOME_WORDS = {
    "established": "established",
    "failed": "FAILED",
    "unfinished": "unfinished: it stops without a refusal",
    "unseen": "cannot be told from this capture",
}

STAGE_WORDS = {
    "none": "no TCP connection",
    "tcp": "TCP connected, no TLS seen",
    "outer-hello": "outer ClientHello sent",
    "outer-certificates": "outer certificates shown",
    "outer-established": "outer TLS established",
    "inner-hello": "inner ClientHello sent",
    "inner-certificates": "inner certificates shown",
    "inner-established": "inner TLS established",
}


def level_title(level: int | None) -> str:
    """`outer`, `inner`, `level 2` ...; "" where a statement has no level."""
    return "" if level is None else LEVEL_TITLES.get(level, f"level {level}")


def direction(side: Side, epoch: str) -> str:
    """`client, handshake`; only the side where no hello told what its records are sealed with."""
    return f"{side.word}, {epoch}" if epoch else side.word


def iso_time(nanoseconds: int) -> str:
    """UTC as ISO 8601 with nanoseconds: `2026-11-24T02:56:24.123456789Z`."""
    seconds, rest = divmod(nanoseconds, SECOND)
    return f"{to_the_second(seconds)}.{rest:09d}Z"


@functools.lru_cache(maxsize=64)
def to_the_second(seconds: int) -> str:
    """The part of `iso_time` that dozens of times of one connection have in common."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  UTC; without the zone its text takes half the time


def iso_date(moment: datetime | None) -> str | None:
    """A certificate's date: `2026-11-24T02:56:24Z`; None where it could not be read."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def frame_numbers(spans: Iterable[Span]) -> list[int]:
    """The first and last frame of each span, numbered as Wireshark does, each once and in order."""
    return [number_of(frame) for frame in sorted({end for s in spans for end in s[:2]})]


def frames_text(spans: Sequence[Span]) -> str:
    """`frame 6`, `frames 6-8, 12`; "" for no span. Frames of a second file say so: `2:6`."""
    parts = []
    for span in dict.fromkeys(spans):
        first, last = _frame_text(span.first), _frame_text(span.last)
        parts.append(first if first == last else f"{first}-{last}")
    if not parts:
        return ""
    several = len(parts) > 1 or spans[0].first != spans[0].last
    return f"frame{'s' if several else ''} {', '.join(parts)}"


def _frame_text(frame: int) -> str:
    number = str(number_of(frame))
    return f"{file_of(frame) + 1}:{number}" if file_of(frame) else number


def differing(finding: Finding) -> tuple[str, ...]:
    """Where a certificate is nearly the expected one: `key: RSA 2048 ... instead of RSA 2048 ...`."""
    told = [row for row in finding.differences if row.field != "SHA-256"] or finding.differences
    return tuple(f"{row.field}: {row.presented} instead of {row.expected}" for row in told)


def slot_findings(connection: Connection) -> tuple[Finding, ...]:
    """The findings about the four certificate slots, in the order of `SLOTS`."""
    told = (f for f in connection.findings if f.code in SLOTS)
    return tuple(sorted(told, key=lambda f: SLOTS.index(f.code)))


def other_findings(connection: Connection) -> tuple[Finding, ...]:
    """The findings about anything else, what failed first."""
    order = (Status.FAIL, Status.UNKNOWN, Status.PASS)
    told = (f for f in connection.findings if f.code not in SLOTS)
    return tuple(sorted(told, key=lambda f: order.index(f.status)))


def passed_over(source: Input) -> list[tuple[str, int]]:
    """Why frames of a capture were passed over, and how many."""
    return [(why, count) for why, count in sorted(source.skipped.items()) if count]


def remedies(connection: Connection) -> tuple[str, ...]:
    """What would open what stayed sealed, outermost level first, each once."""
    sealed = (s for session in connection.conversation.sessions for s in session.sealed)
    return tuple(dict.fromkeys(s.remedy for s in sealed if s.remedy))


def outcomes(report: Report) -> Counter[str]:
    """How many connections ended how."""
    if isinstance(report.connections, Packed):
        return Counter(each.kind.outcome for each in report.connections.briefs)
    return Counter(c.conversation.outcome for c in report.connections)


def headline(report: Report) -> str:
    """What the capture comes to, in one line."""
    total, others = len(report.connections), report.left_out
    if not total:
        return f"{_connections(others)}, no failure seen" if others else "no connection found"
    counts = outcomes(report)
    told = ", ".join(f"{counts[word]} {word}" for word in OUTCOME_WORDS if counts[word])
    return f"{_connections(total)}: {told}{f'; {others} more not shown' if others else ''}"


def _connections(count: int) -> str:
    return f"{count} connection{'s' if count > 1 else ''}"


_ENDINGS = {
    "fin": "closed (FIN)",
    "reset": "reset (RST)",
    "timeout": "given up as idle",
    "open": "still open where the capture ends",
}


def when(connection: Connection) -> str:
    """When a connection was, in which frames, how long it took and how it ended."""
    tcp = connection.conversation.tcp
    seconds = (tcp.span.ended - tcp.span.began) / SECOND
    by = f" by the {tcp.ended_by_side.word}" if tcp.ended_by_side is not None else ""
    return (
        f"{iso_time(tcp.span.began)}, {frames_text((tcp.span,))}, {seconds:.6f} s, "
        f"{_ENDINGS.get(tcp.ended_by, tcp.ended_by)}{by}"
    )


def wireshark_line(connection: Connection, report: Report) -> str:
    """A line to paste: this connection in Wireshark, by addresses, which hold in any file."""
    tcp = connection.conversation.tcp
    first = tcp.span.first
    name = report.inputs[file_of(first)].name if file_of(first) < len(report.inputs) else "-"
    family = "ipv6" if ":" in tcp.client.address else "ip"
    wanted = (
        f"{family}.addr=={tcp.client.address} && tcp.port=={tcp.client.port} && "
        f"{family}.addr=={tcp.server.address} && tcp.port=={tcp.server.port}"
    )
    from shlex import quote  # noqa: PLC0415  one face asks for it

    source = "" if name == "-" else f" -r {quote(name)} -g {number_of(first)}"
    return f"wireshark{source} -Y '{wanted}'"
