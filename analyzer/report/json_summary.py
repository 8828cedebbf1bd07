"""The `summary` of the JSON report: what all connections come to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from analyzer.report.json_values import Json, frame_json, milliseconds
from analyzer.report.model import Packed, Report
from analyzer.report.words import iso_time, outcomes
from analyzer.verdict.comparison.series import Series
from analyzer.verdict.comparison.showing import Showing
from analyzer.verdict.finding import SLOTS, Status


def summary_pieces(report: Report) -> Iterator[str]:
    """The summary as text, piece by piece: where every client has an address of its own, its table is long."""
    # In a string every quote has a backslash before it, so these words stand in the text but once.
    before, words, after = json.dumps(summary_json(report, rows=False)).partition('"shown": [')
    yield before + words
    for place, row in enumerate(report.shown):
        yield f"{', ' if place else ''}{json.dumps(_showing(row))}"
    yield after


def summary_json(report: Report, *, rows: bool = True) -> Json:
    """Counts, the table of certificates (with its `rows`), the series of failures."""
    slots: Counter[tuple[str, Status]] = Counter()
    causes: Counter[str] = Counter()
    if isinstance(report.connections, Packed):
        for kind in (each.kind for each in report.connections.briefs):
            slots.update(kind.statuses)
            causes.update([kind.cause] if kind.cause else ())
    else:
        slots.update((f.code, f.status) for c in report.connections for f in c.findings)
        causes.update(c.cause.code for c in report.connections if c.cause is not None)
    return {
        "connections": len(report.connections),
        "outcomes": dict(sorted(outcomes(report).items())),
        "slots": {code: {status.value: slots[code, status] for status in Status} for code in SLOTS},
        "causes": dict(sorted(causes.items())),
        "shown": [_showing(row) for row in report.shown] if rows else [],
        "series": [_series(one) for one in report.series],
        "usual_ms": {stage: milliseconds(took) for stage, took in report.usual.items()},
    }


def _series(one: Series) -> Json:
    return {
        "cause": one.code,
        "client": one.client,
        "server": one.server,
        "connections": one.count,
        "streams": list(one.streams),
        "first": iso_time(one.first.began),
        "last": iso_time(one.last.began),
        "period_ms": milliseconds(one.period_ns),
        "lost": one.lost,
    }


def _showing(row: Showing) -> Json:
    return {
        "slot": row.slot,
        "address": row.address,
        "hsm": row.hsm or None,
        "cluster": row.cluster or None,
        "sha256": row.certificate.sha256,
        "subject": row.certificate.subject,
        "serial": row.certificate.serial,
        "status": row.status.value,
        "first": iso_time(row.first.began),
        "first_frame": frame_json(row.first),
        "last": iso_time(row.last.began),
        "last_frame": frame_json(row.last),
        "connections": row.connections,
        "streams": list(row.streams),
    }
