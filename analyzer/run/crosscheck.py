"""Our facts beside another dissector's: the outer level on the capture, the inner one on our export of it.

No tshark decrypts a TLS inside another, so the inner level is compared on a capture of its own
(`run.export`), where it is the outermost.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from analyzer.report.model import Connection
from analyzer.run.tshark import Row
from analyzer.session.facts import Session
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import HANDSHAKE_TYPES, alert_name, version_name
from analyzer.tls.suites import suite_name
from analyzer.verdict.finding import Finding, Status

Ends: TypeAlias = tuple[str, int, str, int]

_SERVER_HELLO = 2
_NUMBERS = {name: number for number, name in HANDSHAKE_TYPES.items()}
# The same message on the wire under a name of its own, and those that are no handshake messages.
_NUMBERS["hello_retry_request"] = _SERVER_HELLO
_SIDES = (CLIENT, SERVER)


@dataclass(slots=True)
class Seen:
    """What one dissector says of one TLS level of one connection. Pairs are `(client's, server's)`.

    Attributes:
        version, suite: of the (last) ServerHello, None before one.
        messages: handshake message types in order. certificates: SHA-256 in order.
        alerts: codes in order.
    """

    version: int | None = None
    suite: int | None = None
    messages: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    certificates: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    alerts: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))


def by_connection(rows: Sequence[Row]) -> dict[Ends, list[Seen]]:
    """What the rows tell, by the ends of the connection; several where its addresses and ports came again."""
    streams: dict[str, tuple[Ends, Seen]] = {}
    for row in rows:
        source, target = _end(row, "src"), _end(row, "dst")
        stream = next(iter(row.of("tcp.stream")), "")
        types = [int(each) for each in row.of("tls.handshake.type")]
        if stream not in streams:
            # The first TLS frame is the ClientHello's, unless the directions come one after the other.
            from_server = bool(types) and types[0] == _SERVER_HELLO
            client, server = (target, source) if from_server else (source, target)
            streams[stream] = ((*client, *server), Seen())
        ends, seen = streams[stream]
        side = CLIENT if source == ends[:2] else SERVER
        _take(seen, side, types, row)
    found: dict[Ends, list[Seen]] = {}
    for ends, seen in streams.values():
        found.setdefault(ends, []).append(seen)
    return found


def _take(seen: Seen, side: Side, types: Sequence[int], row: Row) -> None:
    if _SERVER_HELLO in types and side is SERVER:
        version = row.of("tls.handshake.extensions.supported_version") or row.of(
            "tls.handshake.version"
        )
        seen.version = int(version[-1], 0)
        seen.suite = int(row.of("tls.handshake.ciphersuite")[-1], 0)
    seen.messages[side].extend(types)
    seen.certificates[side].extend(
        hashlib.sha256(bytes.fromhex(der.replace(":", ""))).hexdigest()
        for der in row.of("tls.handshake.certificate")
    )
    seen.alerts[side].extend(int(code) for code in row.of("tls.alert_message.desc"))


def _end(row: Row, which: str) -> tuple[str, int]:
    # The innermost packet's, where there are tunnels: it comes last.
    address = (row.of(f"ipv6.{which}") or row.of(f"ip.{which}"))[-1]
    port = row.of(f"tcp.{'srcport' if which == 'src' else 'dstport'}")[-1]
    return str(ipaddress.ip_address(address)), int(port)


def ours(sessions: Sequence[Session], level: int) -> Seen:
    """The same of our facts: every handshake of the level."""
    seen = Seen()
    for session in sessions:
        if session.level != level:
            continue
        if session.version is not None:
            seen.version, seen.suite = session.version, session.suite
        for side in _SIDES:
            for message in session.messages:
                if message.side is side and message.type in _NUMBERS:
                    seen.messages[side].append(_NUMBERS[message.type])
            chain = session.certificates[side] or ()
            seen.certificates[side].extend(shown.certificate.sha256 for shown in chain)
            seen.alerts[side].extend(alert.code for alert in session.alerts if alert.side is side)
    return seen


def compare(
    connections: Sequence[Connection],
    level: int,
    other: dict[Ends, list[Seen]],
    engine: str,
) -> Iterator[Finding]:
    """One finding a connection and level: agreed, or what differs and how.

    Args:
        other: what the second opinion says, by the ends of the connection; entries are used up.
        engine: its name and version, for the words.
    """
    for connection in connections:
        told = connection.conversation
        own = ours(told.sessions, level)
        at = next((s.span for s in told.sessions if s.level == level and s.span), None)
        if at is None:
            continue
        tcp = told.tcp
        ends = (tcp.client.address, tcp.client.port, tcp.server.address, tcp.server.port)
        candidates = other.get(ends, [])
        theirs = candidates.pop(0) if candidates else None
        yield _judged(f"connection {told.stream}", level, at, own, theirs, engine)


def _judged(
    name: str, level: int, at: Span, own: Seen, theirs: Seen | None, engine: str
) -> Finding:
    if theirs is None:
        return Finding(
            "crosscheck-one-sided",
            Status.UNKNOWN,
            f"{name}: {engine} sees no TLS here",
            level=level,
            evidence=(at,),
        )
    differing = [
        (what, show(own), show(theirs)) for what, show in _QUESTIONS if show(own) != show(theirs)
    ]
    if not differing:
        return Finding(
            "crosscheck-agreement",
            Status.PASS,
            f"{name}: {engine} agrees",
            level=level,
            evidence=(at,),
        )
    return Finding(
        "crosscheck-disagreement",
        Status.FAIL,
        f"{name}: {engine} says otherwise about {', '.join(what for what, _, _ in differing)}",
        level=level,
        observed="; ".join(f"{what}: {mine}" for what, mine, _ in differing),
        expected="; ".join(f"{what}: {its}" for what, _, its in differing),
        evidence=(at,),
        advice="Look at these frames in Wireshark, and report the capture if this program is wrong.",
    )


def _both(pair: tuple[Sequence[object], Sequence[object]]) -> str:
    return "; ".join(f"{side.word} {', '.join(map(str, pair[side])) or 'none'}" for side in _SIDES)


_QUESTIONS: tuple[tuple[str, Callable[[Seen], str]], ...] = (
    ("version", lambda s: "none" if s.version is None else version_name(s.version)),
    ("cipher suite", lambda s: "none" if s.suite is None else suite_name(s.suite)),
    ("messages", lambda s: _both(s.messages)),
    ("certificates", lambda s: _both(s.certificates)),
    (
        "alerts",
        lambda s: "; ".join(
            f"{side.word} {', '.join(map(alert_name, s.alerts[side])) or 'none'}" for side in _SIDES
        ),
    ),
)
