"""Who failed, and how often: by HSM, by client, by certificate, by hour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from analyzer.report.model import Report, briefs_of
from analyzer.report.words import iso_time, outcomes
from analyzer.stream import CLIENT, SERVER
from analyzer.verdict.brief import Brief
from analyzer.verdict.finding import Status

SCHEMA = "hsm-analyzer/summary/1"

Json: TypeAlias = dict[str, Any]

_HOUR = len("2026-11-24T02")
_SHOWN = ("outer", "inner")


def summary(report: Report) -> Json:
    """The counts, as plain values; of each kind those with the most failures first."""
    briefs = briefs_of(report.connections)
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "reasons": list(report.reasons),
        "files": len(report.inputs),
        "unread": [source.name for source in report.inputs if source.refused],
        "connections": len(report.connections),
        "outcomes": dict(sorted(outcomes(report).items())),
        "causes": _causes(briefs),
        "by": {word: _rows(briefs, keys) for word, keys in _KINDS.items()},
    }


def _rows(connections: Iterable[Brief], keys: Callable[[Brief], Iterable[str]]) -> list[Json]:
    groups: dict[str, list[Brief]] = defaultdict(list)
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


def _failed(connection: Brief) -> bool:
    kind = connection.kind
    return kind.outcome == "failed" or any(status is Status.FAIL for _, status in kind.statuses)


def _causes(connections: Iterable[Brief]) -> dict[str, int]:
    counted = Counter(each.kind.cause for each in connections if each.kind.cause)
    return dict(sorted(counted.items()))


def _server(connection: Brief) -> Iterator[str]:
    yield connection.server.address


def _client(connection: Brief) -> Iterator[str]:
    yield connection.client.address


def _hour(connection: Brief) -> Iterator[str]:
    yield iso_time(connection.span.began)[:_HOUR] + ":00Z"


def _certificates(connection: Brief) -> Iterator[str]:
    """The leaf of each slot, by slot, fingerprint and name."""
    for word, level in zip(_SHOWN, connection.kind.levels, strict=True):
        for side in (SERVER, CLIENT):
            for leaf in (level.leaves[side] or ()) if level else ():
                yield f"{word} {side.word} {leaf.sha256} {leaf.subject}"


_KINDS: dict[str, Callable[[Brief], Iterable[str]]] = {
    "hsm": _server,
    "client": _client,
    "certificate": _certificates,
    "hour": _hour,
}
