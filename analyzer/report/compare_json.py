"""Two captures compared, for other programs: schema "hsm-analyzer/compare/1". Additions only."""

from __future__ import annotations

import json

from analyzer import __version__
from analyzer.report.compare import Change, Comparison, Counted, Timing
from analyzer.report.json_values import Json, connection_json
from analyzer.report.model import Report
from analyzer.report.vantage import Between, Pair, Vantage
from analyzer.report.words import frame_numbers

SCHEMA = "hsm-analyzer/compare/1"


def dumps(comparison: Comparison) -> str:
    """The comparison as JSON text, ASCII only."""
    told = {
        "schema": SCHEMA,
        "tool": {"name": "hsm-analyzer", "version": __version__},
        "kind": comparison.kind,
        "inputs": [_inputs(report) for report in (comparison.first, comparison.second)],
        "changes": [_change(change) for change in comparison.changes],
        "timings": [_timing(timing) for timing in comparison.timings],
        "vantage": None if comparison.vantage is None else _vantage(comparison.vantage),
    }
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def _inputs(report: Report) -> Json:
    return {
        "names": [source.name for source in report.inputs],
        "connections": len(report.connections),
        "verdict": report.verdict.value,
    }


def _change(change: Change) -> Json:
    return {
        "about": change.about,
        "key": change.key,
        "before": _counted(change.before),
        "after": _counted(change.after),
        "frames": frame_numbers(change.evidence),
    }


def _counted(values: Counted) -> list[Json]:
    return [{"value": value, "connections": count} for value, count in values]


def _timing(timing: Timing) -> Json:
    return {
        "key": timing.key,
        "before_ms": timing.before,
        "after_ms": timing.after,
        "connections": list(timing.counts),
        "notable": timing.notable,
    }


def _vantage(told: Vantage) -> Json:
    clock = told.clock
    return {
        "clock": None
        if clock is None
        else {
            "offset_ns": clock.offset,
            "one_way_delay_ns": clock.delay,
            "samples": {"client": clock.samples[0], "server": clock.samples[1]},
        },
        "near_client": None if told.near_client is None else ("first", "second")[told.near_client],
        "pairs": [_pair(pair) for pair in told.pairs],
        "only": {
            name: [connection_json(connection) for connection in lone]
            for name, lone in zip(("first", "second"), told.only, strict=True)
        },
    }


def _pair(pair: Pair) -> Json:
    return {
        "first": connection_json(pair.first),
        "second": connection_json(pair.second),
        "rewritten": pair.rewritten,
        "between": [_between(each) for each in pair.between],
    }


def _between(each: Between) -> Json:
    return {
        "key": each.key,
        "side": None if each.side is None else each.side.word,
        "first": each.first,
        "second": each.second,
        "means": each.means,
    }
