"""SARIF 2.1.0 (OASIS), for code-scanning pages: a result a failed or unknown finding, a rule a code.

A capture has no lines, so every region is line 1 and the frames stand in the message and in the
properties. A fingerprint says what it is about (code, level, side, server, what was observed) and not when,
so the same trouble in the next capture is the same alert.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any, TypeAlias
from urllib.parse import quote

from analyzer import __version__
from analyzer.report.model import Connection, Report
from analyzer.report.text import safe_text
from analyzer.report.words import frame_numbers, frames_text
from analyzer.stream import Span, file_of
from analyzer.verdict.finding import Cause, Finding, Status

Json: TypeAlias = dict[str, Any]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "hsmAnalyzer/v1"

# Section 3.27.9 and 3.27.10: what could not be decided is `open`, and only a `fail` has a level.
_FAILED = {"kind": "fail", "level": "error"}
_OPEN = {"kind": "open", "level": "none"}


def dumps(report: Report) -> str:
    """The report as SARIF text, ASCII only."""
    return json.dumps(as_sarif(report), indent=2, ensure_ascii=True) + "\n"


def as_sarif(report: Report) -> Json:
    """The report as one SARIF run."""
    results = list(_results(report))
    rules = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = rules.index(result["ruleId"])
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "hsm-analyzer",
                        "version": __version__,
                        "rules": [_rule(code) for code in rules],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "artifacts": [{"location": _location(source.name)} for source in report.inputs],
                "invocations": [
                    {
                        "executionSuccessful": not report.broken,
                        "toolExecutionNotifications": list(_notifications(report)),
                    }
                ],
                "results": results,
            }
        ],
    }


def _rule(code: str) -> Json:
    return {"id": code, "name": code, "shortDescription": {"text": code.replace("-", " ")}}


def _results(report: Report) -> Iterator[Json]:
    for finding in report.findings:
        if finding.status is not Status.PASS:
            yield _finding(finding, report, None)
    for connection in report.connections:
        if connection.cause is not None:
            yield _cause(connection.cause, report, connection)
        for finding in connection.findings:
            if finding.status is not Status.PASS:
                yield _finding(finding, report, connection)


def _notifications(report: Report) -> Iterator[Json]:
    """What could not be read is the run's news, not a finding about the connections."""
    for number, source in enumerate(report.inputs):
        told = [source.refused] if source.refused else []
        told += [f"{each.why} (at byte {each.offset})" for each in source.damage]
        for words in told:
            yield {
                "level": "error" if source.refused else "warning",
                "message": {"text": safe_text(f"{source.name}: {words}")},
                "locations": [_place(report, number)],
            }
    for broken in report.broken:
        yield {"level": "error", "message": {"text": safe_text(broken.what)}}


def _cause(cause: Cause, report: Report, connection: Connection) -> Json:
    words = _sentence(connection, cause.summary, cause.evidence, cause.advice)
    about = (cause.code, str(connection.conversation.tcp.server), cause.summary)
    properties = {"confidence": cause.confidence.value, "frames": frame_numbers(cause.evidence)}
    return _result(words, about, properties, _place_of(connection, report)) | _FAILED


def _finding(finding: Finding, report: Report, connection: Connection | None) -> Json:
    words = _sentence(connection, finding.message, finding.evidence, finding.advice)
    server = "" if connection is None else str(connection.conversation.tcp.server)
    about = (finding.code, finding.status.value, str(finding.level), str(finding.side), server)
    properties = {
        "status": finding.status.value,
        "confidence": finding.confidence.value,
        "frames": frame_numbers(finding.evidence),
        "expected": safe_text(finding.expected),
        "observed": safe_text(finding.observed),
    }
    place = _place_of(connection, report)
    result = _result(words, (*about, finding.observed), properties, place)
    return result | (_FAILED if finding.status is Status.FAIL else _OPEN)


def _sentence(
    connection: Connection | None, said: str, evidence: Sequence[Span], advice: str
) -> str:
    where = ""
    if connection is not None:
        told = connection.conversation
        where = f"Connection {told.stream}, {told.tcp.client} to {told.tcp.server}: "
    frames = f" ({frames_text(evidence)})" if evidence else ""
    return f"{where}{said}{frames}{f'. {advice}' if advice else ''}"


def _result(words: str, about: tuple[str, ...], properties: Json, place: Json) -> Json:
    fingerprint = hashlib.sha256("\0".join(about).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": about[0],
        "message": {"text": _plain(words)},
        "locations": [place],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
        "properties": properties,
    }


def _plain(words: str) -> str:
    """A message text without embedded links, which SARIF writes `[text](target)` (section 3.11.6)."""
    return safe_text(words, 2000).replace("[", "\\[").replace("]", "\\]")


def _place_of(connection: Connection | None, report: Report) -> Json:
    return _place(
        report, 0 if connection is None else file_of(connection.conversation.tcp.span.first)
    )


def _place(report: Report, number: int) -> Json:
    if number >= len(report.inputs):
        return {"physicalLocation": {"artifactLocation": {"uri": "stdin"}}}
    location = _location(report.inputs[number].name) | {"index": number}
    return {"physicalLocation": {"artifactLocation": location, "region": {"startLine": 1}}}


def _location(name: str) -> Json:
    """A URI reference: relative stays relative, so that the same file has the same name on every machine."""
    if name == "-":
        return {"uri": "stdin"}
    path = PurePath(name)
    text = quote(path.as_posix(), errors="surrogatepass")
    return {"uri": f"file://{text}" if path.is_absolute() else text}
