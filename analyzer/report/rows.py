"""One row of plain words a connection: what tables of every kind show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from analyzer.report.model import Connection
from analyzer.report.words import iso_time, slot_findings
from analyzer.session.facts import Session
from analyzer.stream import CLIENT, SERVER, Side, file_of, number_of
from analyzer.tls.constants import alert_name, version_name
from analyzer.tls.suites import suite_name
from analyzer.verdict.finding import SLOTS

Cell: TypeAlias = str | int | float | None

_MILLISECOND = 1_000_000


def row(connection: Connection) -> dict[str, Cell]:
    """The connection's facts by column name; the order of the columns is the same for all."""
    return {name: cell(connection) for name, cell in COLUMNS.items()}


def _of_level(level: int, fact: Callable[[Session], Cell]) -> Callable[[Connection], Cell]:
    def cell(connection: Connection) -> Cell:
        session = connection.conversation.at_level(level)
        return None if session is None else fact(session)

    return cell


def _version(session: Session) -> str | None:
    return None if session.version is None else version_name(session.version)


def _suite(session: Session) -> str | None:
    return None if session.suite is None else suite_name(session.suite)


def _alerts(session: Session) -> str:
    return "; ".join(f"{alert.side.word}: {alert_name(alert.code)}" for alert in session.alerts)


def _leaf(side: Side, fact: str) -> Callable[[Session], str | None]:
    def cell(session: Session) -> str | None:
        chain = session.certificates[side]
        return None if not chain else str(getattr(chain[0].certificate, fact))

    return cell


def _slot(code: str) -> Callable[[Connection], str | None]:
    def cell(connection: Connection) -> str | None:
        return next((f.status.value for f in slot_findings(connection) if f.code == code), None)

    return cell


def _rtt(connection: Connection) -> float | None:
    rtt = connection.conversation.tcp.rtt_ns
    return None if rtt is None else rtt / _MILLISECOND


_LEVEL_COLUMNS: tuple[tuple[str, Callable[[Session], Cell]], ...] = (
    ("outcome", lambda s: s.outcome),
    ("version", _version),
    ("cipher_suite", _suite),
    ("server_name", lambda s: s.server_name),
    ("history", lambda s: s.history),
    ("alerts", _alerts),
    ("server_subject", _leaf(SERVER, "subject")),
    ("server_sha256", _leaf(SERVER, "sha256")),
    ("client_subject", _leaf(CLIENT, "subject")),
    ("client_sha256", _leaf(CLIENT, "sha256")),
)

COLUMNS: dict[str, Callable[[Connection], Cell]] = {
    "input": lambda c: file_of(c.conversation.tcp.span.first),
    "stream": lambda c: c.conversation.stream,
    "client_address": lambda c: c.conversation.tcp.client.address,
    "client_port": lambda c: c.conversation.tcp.client.port,
    "server_address": lambda c: c.conversation.tcp.server.address,
    "server_port": lambda c: c.conversation.tcp.server.port,
    "first_frame": lambda c: number_of(c.conversation.tcp.span.first),
    "last_frame": lambda c: number_of(c.conversation.tcp.span.last),
    "start": lambda c: iso_time(c.conversation.tcp.span.began),
    "end": lambda c: iso_time(c.conversation.tcp.span.ended),
    "outcome": lambda c: c.conversation.outcome,
    "stage": lambda c: c.conversation.stage,
    "cause": lambda c: None if c.cause is None else c.cause.code,
    "cause_summary": lambda c: None if c.cause is None else c.cause.summary,
    "tcp_handshake": lambda c: c.conversation.tcp.opening,
    "rtt_ms": _rtt,
    "ended_by": lambda c: c.conversation.tcp.ended_by,
    **{code.replace("-", "_"): _slot(code) for code in SLOTS},
    **{f"outer_{name}": _of_level(0, fact) for name, fact in _LEVEL_COLUMNS},
    **{f"inner_{name}": _of_level(1, fact) for name, fact in _LEVEL_COLUMNS},
}
