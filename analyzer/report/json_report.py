"""The report for other programs: schema "hsm-analyzer/report/1" (see `report.schema`).

Additions are allowed, nothing is renamed or removed. It is written out by hand and not dumped from the
facts' classes, so those can change without breaking anyone. The same report gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from analyzer import __version__
from analyzer.report.json_connection import connection_json, connection_text, finding_json
from analyzer.report.json_summary import summary_json, summary_pieces
from analyzer.report.json_values import Json
from analyzer.report.model import Connection, Input, Packed, Report
from analyzer.stream import number_of

SCHEMA = "hsm-analyzer/report/1"


def dumps(report: Report, *, der: bool = False) -> str:
    """The report as JSON text, ASCII only, ending in a line break; see `as_json`."""
    return "".join(pieces(report, der=der))


def pieces(report: Report, *, der: bool = False) -> Iterator[str]:
    """The same text piece by piece, each connection a line.

    Indented JSON comes from an encoder in Python, which took a quarter of all the time that a reconnect
    storm needs; the one in C writes lines.
    """
    before = "{"
    for key, value in _head(report).items():
        yield f'{before}\n"{key}": '
        before = ","
        if key == "connections":
            yield from _lines(_texts(report.connections, der=der))
        else:
            yield json.dumps(value)
    yield ',\n"summary": '
    yield from summary_pieces(report)
    yield "\n}\n"


def _lines(items: Iterable[str]) -> Iterator[str]:
    before = "["
    for item in items:
        yield f"{before}\n{item}"
        before = ","
    yield "[]" if before == "[" else "\n]"


def _texts(connections: Sequence[Connection], *, der: bool) -> Iterable[str]:
    written = connections.written("json") if isinstance(connections, Packed) and not der else None
    return map(partial(connection_text, der=der), connections) if written is None else written


def as_json(report: Report, *, der: bool = False) -> Json:
    """The report as plain values; with `der` every certificate carries its DER in hex."""
    connections = [connection_json(connection, der=der) for connection in report.connections]
    return without_connections(report) | {"connections": connections}


def without_connections(report: Report) -> Json:
    """The report in its order of keys, with no connection among them yet."""
    return _head(report) | {"summary": summary_json(report)}


def _head(report: Report) -> Json:
    """What comes before the summary, with no connection among it yet."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "hsm-analyzer", "version": __version__},
        "verdict": report.verdict.value,
        "reasons": list(report.reasons),
        "inputs": [_input(source) for source in report.inputs],
        "connections": [],
        "findings": [finding_json(finding) for finding in report.findings],
    }


def _input(source: Input) -> Json:
    return {
        "name": source.name,
        "format": source.format,
        "frames": source.frames,
        "bytes": source.bytes,
        "skipped": dict(sorted(source.skipped.items())),
        "damage": [{"why": damage.why, "offset": damage.offset} for damage in source.damage],
        "names": [{"address": each.address, "name": each.name} for each in source.names],
        "comments": [
            {"frame": each.frame and number_of(each.frame), "text": each.text}
            for each in source.comments
        ],
        "refused": source.refused or None,
    }
