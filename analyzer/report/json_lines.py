"""The report as lines of JSON: one connection a line as it ends, the rest of the report in the last line.

Every line is an object with `schema` and `kind`. `kind` is `connection` (then the keys of a connection in
the JSON report follow) or `end` (those of the report, without `connections`). A reader that sees no
`end` line knows that the run was cut short.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from analyzer.report.json_connection import connection_json
from analyzer.report.json_report import SCHEMA, without_connections
from analyzer.report.json_values import Json
from analyzer.report.model import Connection, Packed, Report


def connection_line(connection: Connection) -> str:
    """One connection as a line with its line break."""
    return _line({"schema": SCHEMA, "kind": "connection"} | connection_json(connection))


def end_line(report: Report) -> str:
    """What the report says besides its connections, as a line with its line break."""
    told = without_connections(report)
    del told["connections"]
    return _line({"schema": SCHEMA, "kind": "end"} | told)


def pieces(report: Report) -> Iterator[str]:
    """All lines of a report that is complete."""
    connections = report.connections
    written = connections.written("jsonl") if isinstance(connections, Packed) else None
    yield from map(connection_line, connections) if written is None else written
    yield end_line(report)


def dumps(report: Report) -> str:
    """All lines as one text."""
    return "".join(pieces(report))


def _line(told: Json) -> str:
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n"
