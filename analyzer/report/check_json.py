"""What `check` found, for other programs: schema "hsm-analyzer/check/1". Additions only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from analyzer import __version__
from analyzer.report.check import Check, RuleResult
from analyzer.report.model import Connection
from analyzer.report.words import frame_numbers
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import Difference

SCHEMA = "hsm-analyzer/check/1"

Json: TypeAlias = dict[str, Any]


def dumps(checks: Sequence[Check]) -> str:
    """All checks as JSON text, ASCII only."""
    statuses = {check.status for check in checks}
    worst = next((s for s in (Status.FAIL, Status.UNKNOWN) if s in statuses), Status.PASS)
    told = {
        "schema": SCHEMA,
        "tool": {"name": "hsm-analyzer", "version": __version__},
        "status": worst.value,
        "captures": [_check(check) for check in checks],
    }
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def _check(check: Check) -> Json:
    return {
        "name": check.name,
        "sha256": check.sha256 or None,
        "status": check.status.value,
        "differences": [_difference(difference) for difference in check.whole],
        "rules": [_rule(result) for result in check.rules],
        "unmatched": [_connection(connection) for connection in check.unmatched],
        "notes": list(check.notes),
    }


def _rule(result: RuleResult) -> Json:
    return {
        "name": result.rule.name,
        "status": result.status.value,
        "differences": [_difference(difference) for difference in result.count],
        "connections": [
            _connection(checked.connection)
            | {"differences": [_difference(difference) for difference in checked.differences]}
            for checked in result.checked
        ],
        "allowed": [
            {"code": code, "reason": reason, "times": times}
            for code, reason, times in result.allowed
        ],
    }


def _connection(connection: Connection) -> Json:
    told = connection.conversation
    return {
        "stream": told.stream,
        "client": {"address": told.tcp.client.address, "port": told.tcp.client.port},
        "server": {"address": told.tcp.server.address, "port": told.tcp.server.port},
        "outcome": told.outcome,
    }


def _difference(difference: Difference) -> Json:
    return {
        "key": difference.key,
        "status": difference.status.value,
        "expected": difference.expected,
        "observed": difference.observed,
        "frames": frame_numbers(difference.evidence),
    }
