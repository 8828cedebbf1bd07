"""Who failed, and how often: by HSM, by client, by certificate, by hour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from analyzer.report.model import Connection, Report
from analyzer.report.words import iso_time, outcomes
from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.finding import Status

SCHEMA = "hsm-analyzer/summary/1"

Json: TypeAlias = dict[str, Any]

_HOUR = len("2026-11-24T02")
_SHOWN = (("outer", 0), ("inner", 1))


def summary(report: Report) -> Json:
    """The counts, as plain values; of each kind those with the most failures first."""
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "reasons": list(report.reasons),
        "files": len(report.inputs),
        "unread": [source.name for source in report.inputs if source.refused],
        "connections": len(report.connections),
        "outcomes": dict(sorted(outcomes(report).items())),
        "causes": _causes(report.connections),
        "by": {word: _rows(report.connections, keys) for word, keys in _KINDS.items()},
    }


def _rows(
    connections: Iterable[Connection], keys: Callable[[Connection], Iterable[str]]
) -> list[Json]:
    groups: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        for key in keys(connection):
            groups[key].append(connection)
    rows = [
        {
            "name": name,
            "connections": len(group),
            "failed": sum(_failed(connection) for connection in group),
            "causes": _causes(group),
        }
        for name, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["failed"], row["name"]))


def _failed(connection: Connection) -> bool:
    return connection.conversation.outcome == "failed" or any(
        finding.status is Status.FAIL for finding in connection.findings
    )


def _causes(connections: Iterable[Connection]) -> dict[str, int]:
    counted = Counter(c.cause.code for c in connections if c.cause is not None)
    return dict(sorted(counted.items()))


def _server(connection: Connection) -> Iterator[str]:
    yield connection.conversation.tcp.server.address


def _client(connection: Connection) -> Iterator[str]:
    yield connection.conversation.tcp.client.address


def _hour(connection: Connection) -> Iterator[str]:
    yield iso_time(connection.conversation.tcp.span.began)[:_HOUR] + ":00Z"


def _certificates(connection: Connection) -> Iterator[str]:
    """The leaf of each slot, by slot, fingerprint and name."""
    for word, level in _SHOWN:
        session = connection.conversation.at_level(level)
        for side in (SERVER, CLIENT):
            chain = session.certificates[side] if session else None
            if chain:
                leaf = chain[0].certificate
                yield f"{word} {side.word} {leaf.sha256} {leaf.subject}"


_KINDS: dict[str, Callable[[Connection], Iterable[str]]] = {
    "hsm": _server,
    "client": _client,
    "certificate": _certificates,
    "hour": _hour,
}
