"""Connections that went alike, so that a reconnect storm is told once."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.report.model import Connection, Packed
from analyzer.report.words import slot_findings


def alike(connections: Sequence[Connection]) -> list[Sequence[Connection]]:
    """The connections in groups of equal outcome, server, cause and slots; first ones first."""
    groups: dict[object, list[int]] = {}
    for place, connection in enumerate(connections):
        groups.setdefault(_kind(connection), []).append(place)
    if isinstance(connections, Packed):
        return [connections.at(places) for places in groups.values()]
    return [tuple(connections[place] for place in places) for places in groups.values()]


def _kind(connection: Connection) -> object:
    told = connection.conversation
    return (
        told.outcome,
        told.stage,
        told.tcp.server,
        bool(told.broken),
        connection.cause and (connection.cause.code, connection.cause.confidence),
        tuple((f.code, f.status, f.observed) for f in slot_findings(connection)),
    )
