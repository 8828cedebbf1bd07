"""What `check` found, for other programs: schema "hsm-analyzer/check/1". Additions only."""

from __future__ import annotations

import json
from collections.abc import Sequence

from analyzer import __version__
from analyzer.report.check import Check, RuleResult
from analyzer.report.json_values import Json, connection_json
from analyzer.report.words import frame_numbers
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import Difference

SCHEMA = "hsm-analyzer/check/1"


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
        "unmatched": [connection_json(connection) for connection in check.unmatched],
        "notes": list(check.notes),
    }


def _rule(result: RuleResult) -> Json:
    return {
        "name": result.rule.name,
        "status": result.status.value,
        "differences": [_difference(difference) for difference in result.count],
        "connections": [
            connection_json(checked.connection)
            | {"differences": [_difference(difference) for difference in checked.differences]}
            for checked in result.checked
        ],
        "allowed": [
            {"code": code, "reason": reason, "times": times}
            for code, reason, times in result.allowed
        ],
    }


def _difference(difference: Difference) -> Json:
    return {
        "key": difference.key,
        "status": difference.status.value,
        "expected": difference.expected,
        "observed": difference.observed,
        "frames": frame_numbers(difference.evidence),
    }
