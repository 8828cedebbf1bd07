"""The course of a connection in time: TCP, and the flights of every TLS level in one list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from analyzer.report.text import safe_text
from analyzer.report.timing_words import span_words
from analyzer.report.words import frames_text, level_title
from analyzer.session.facts import Conversation, MessageSeen, Session
from analyzer.stream import CLIENT, SERVER, Side, Span
from analyzer.tls.constants import alert_name
from analyzer.tls.events import Alert
from analyzer.values import dataclass

_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000

# More flights than a handshake has are application data or a loop; the ends are what matters.
_SHOWN = 30
_LAST = 5

_OPENINGS = {
    "complete": "SYN, SYN-ACK, ACK",
    "syn-only": "SYN, no answer",
    "refused": "SYN, refused by RST",
    "no-final-ack": "SYN, SYN-ACK, no ACK",
    "simultaneous": "SYN from both sides",
    "unseen": "the capture starts after the TCP handshake",
}


@dataclass(frozen=True, slots=True)
class Flight:
    """What one side sent at one level without a break: names in order, `*` behind encrypted ones.

    Attributes:
        level: None for TCP.
        sealed: records that stayed closed; `what` says why.
        since_ns: capture time from which it was sent again and again, `at` being the last time; 0: sent once.
    """

    side: Side
    level: int | None
    what: tuple[str, ...]
    at: Span
    sealed: bool = False
    since_ns: int = 0


def flights(told: Conversation) -> list[Flight]:
    """Everything worth a line, in capture order."""
    parts = [_opening(told), *_unanswered(told), *_ending(told)]
    for session in told.sessions:
        parts.extend(_of_level(session))
    return sorted(parts, key=_place)


def with_sealed(told: Conversation) -> list[Flight]:
    """The flights, and where a side's records are closed from there on."""
    parts = flights(told)
    for session in told.sessions:
        parts += [
            Flight(s.side, session.level, (f"sealed: {s.detail}",), s.at, sealed=True)
            for s in session.sealed
        ]
    return sorted(parts, key=_place)


def shortened(told: Sequence[Flight]) -> list[Flight | None]:
    """The flights, with None where those of a long middle are left out."""
    if len(told) <= _SHOWN:
        return list(told)
    return [*told[: _SHOWN - _LAST], None, *told[-_LAST:]]


def table(told: Conversation) -> Table:
    """The flights as a table: time since the first frame, frames, direction, level, messages."""
    rows = Table.grid(padding=(0, 2))
    for style in ("dim", "dim", "", "", ""):
        rows.add_column(style=style, no_wrap=style == "dim")
    began = told.tcp.span.began
    for flight in shortened(flights(told)):
        if flight is None:
            rows.add_row("...", "", "", "", "")
            continue
        arrow = "client ->" if flight.side is CLIENT else "<- server"
        indent = "  " * (0 if flight.level is None else flight.level + 1)
        rows.add_row(
            f"+{(flight.at.began - began) / _SECOND:.6f}",
            frames_text((flight.at,)),
            arrow,
            level_title(flight.level) or "TCP",
            Text(indent + safe_text(", ".join(flight.what))),
        )
    return rows


def _place(flight: Flight) -> tuple[int, int, int]:
    return (flight.at.began, flight.at.first, -1 if flight.level is None else flight.level)


def _opening(told: Conversation) -> Flight:
    tcp = told.tcp
    words = _OPENINGS.get(tcp.opening, tcp.opening)
    if tcp.syns > 1:
        words = f"{tcp.syns} times {words}"
    if tcp.rtt_ns is not None:
        words = f"{words} (round trip {tcp.rtt_ns / _MILLISECOND:.3f} ms)"
    first = Span(tcp.span.first, tcp.span.first, tcp.span.began, tcp.span.began)
    return Flight(CLIENT, None, (words,), first)


def _unanswered(told: Conversation) -> Iterator[Flight]:
    """What a side sent again until its last segment; what was acknowledged in the end is only counted (`took`)."""
    for side in (CLIENT, SERVER):
        facts = told.tcp.sides[side]
        if facts.unanswered_ns and facts.last is not None:
            words = (
                f"{facts.unacknowledged} bytes sent again for {span_words(facts.unanswered_ns)}, "
                "never acknowledged"
            )
            since = facts.last.began - facts.unanswered_ns
            yield Flight(side, None, (words,), facts.last, since_ns=since)


def _ending(told: Conversation) -> Iterator[Flight]:
    for side in (CLIENT, SERVER):
        facts = told.tcp.sides[side]
        for word, at in (("FIN", facts.fin), ("RST", facts.reset)):
            if at is not None:
                yield Flight(side, None, (word,), at)


def _of_level(session: Session) -> Iterator[Flight]:
    alerts = {(alert.side, alert.at): alert for alert in session.alerts}
    for side, run in groupby(session.messages, key=lambda message: message.side):
        messages = list(run)
        at = messages[0].at
        for message in messages:
            at = at.to(message.at)
        names = tuple(_name(message, alerts.get((side, message.at))) for message in messages)
        yield Flight(side, session.level, names, at)


def _name(message: MessageSeen, alert: Alert | None) -> str:
    if message.type == "alert" and alert is not None:
        name = f"alert {alert_name(alert.code)}"
    else:
        name = message.type
    return f"{name}*" if message.encrypted and message.type != "application_data" else name
