"""JUnit XML, as CI servers read it: a suite a capture, a case a statement.

A mismatch is a failure, what cannot be read an error, what the capture cannot tell is skipped: a test
that did not run is no pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from analyzer import __version__
from analyzer.report.model import Connection, Input, Report
from analyzer.report.text import safe_text
from analyzer.report.words import OUTCOME_WORDS, frames_text, iso_time, slot_findings
from analyzer.stream import file_of
from analyzer.values import dataclass
from analyzer.verdict.finding import Finding, Status

_SECOND = 1_000_000_000
_LIMIT = 4000

# What a case can come to beside passed: the element's name.
FAILURE = "failure"
ERROR = "error"
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        result: "" for passed, else `FAILURE`, `ERROR` or `SKIPPED`.
        message: one line. details: lines under it.
        seconds: how long what it is about took in the capture.
    """

    group: str
    name: str
    result: str = ""
    message: str = ""
    details: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one capture.

    Attributes:
        began: the capture's first frame, nanoseconds since 1970; None where it is not known.
        properties: beside the tool's version, which every suite carries.
    """

    name: str
    cases: tuple[Case, ...]
    began: int | None = None
    properties: tuple[tuple[str, str], ...] = ()


def dumps(report: Report) -> str:
    """The report as JUnit XML: per connection whether it was established, and each certificate slot."""
    return write(suites(report))


def suites(report: Report) -> Iterator[Suite]:
    """One suite an input."""
    for number, source in enumerate(report.inputs):
        own = [c for c in report.connections if file_of(c.conversation.tcp.span.first) == number]
        cases = [_readable(source), *(case for c in own for case in _cases(c))]
        began = min((c.conversation.tcp.span.began for c in own), default=None)
        properties = (("format", source.format), ("frames", str(source.frames)))
        yield Suite(source.name, tuple(cases), began, properties)


def write(told: Iterable[Suite]) -> str:
    """The suites as one XML document."""
    root = ET.Element("testsuites", name="hsm-analyzer")
    for suite in told:
        root.append(_suite(suite))
    for total in ("tests", "failures", "errors"):  # Jenkins' schema knows no sum of the skipped
        root.set(total, str(sum(int(child.get(total, "0")) for child in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _readable(source: Input) -> Case:
    if source.refused:
        return Case("capture", "can be read", ERROR, source.refused)
    if source.damage:
        damage = tuple(f"{each.why} (at byte {each.offset})" for each in source.damage)
        return Case("capture", "can be read", SKIPPED, damage[0], damage)
    return Case("capture", "can be read")


def _cases(connection: Connection) -> Iterator[Case]:
    told = connection.conversation
    group = f"{told.tcp.server}"
    name = f"stream {told.stream} from {told.tcp.client}"
    seconds = (told.tcp.span.ended - told.tcp.span.began) / _SECOND
    result, message, details = _outcome(connection)
    yield Case(group, f"{name}: established", result, message, details, seconds)
    for finding in slot_findings(connection):
        yield _of_slot(finding, group, name)


def _outcome(connection: Connection) -> tuple[str, str, tuple[str, ...]]:
    told = connection.conversation
    if told.broken:
        return ERROR, f"the analyzer itself failed: {told.broken}", ()
    if told.outcome == "established":
        return "", "", ()
    result = FAILURE if told.outcome == "failed" else SKIPPED
    cause = connection.cause
    if cause is None:
        return result, OUTCOME_WORDS[told.outcome], ()
    details = (
        f"confidence: {cause.confidence.value}",
        *(f"do: {advice}" for advice in (cause.advice,) if advice),
        *(f"or: {other}" for other in cause.alternatives),
        *(f"to decide: {step}" for step in cause.decide),
        *(f"limits: {limit}" for limit in cause.limitations),
        *(f"evidence: {frames}" for frames in (frames_text(cause.evidence),) if frames),
    )
    return result, cause.summary, details


def _of_slot(finding: Finding, group: str, name: str) -> Case:
    result = {Status.PASS: "", Status.FAIL: FAILURE, Status.UNKNOWN: SKIPPED}[finding.status]
    rows = (
        ("presented", finding.observed),
        ("expected", finding.expected),
        ("do", finding.advice),
        ("limits", "; ".join(finding.limitations)),
        ("evidence", frames_text(finding.evidence)),
    )
    details = tuple(f"{label}: {words}" for label, words in rows if words)
    return Case(group, f"{name}: {finding.code}", result, finding.message, details)


def _suite(suite: Suite) -> ET.Element:
    results = [case.result for case in suite.cases]
    element = ET.Element(
        "testsuite",
        name=safe_text(suite.name),
        tests=str(len(results)),
        failures=str(results.count(FAILURE)),
        errors=str(results.count(ERROR)),
        skipped=str(results.count(SKIPPED)),
        time=f"{sum(case.seconds for case in suite.cases):.6f}",
    )
    if suite.began is not None:
        element.set("timestamp", iso_time(suite.began)[:19])
    properties = ET.SubElement(element, "properties")
    for name, value in (("tool", f"hsm-analyzer {__version__}"), *suite.properties):
        ET.SubElement(properties, "property", name=safe_text(name), value=safe_text(value))
    for case in suite.cases:
        element.append(_case(case))
    return element


def _case(case: Case) -> ET.Element:
    element = ET.Element(
        "testcase",
        classname=safe_text(case.group),
        name=safe_text(case.name),
        time=f"{case.seconds:.6f}",
    )
    if case.result:
        result = ET.SubElement(element, case.result, message=safe_text(case.message))
        if case.result != SKIPPED:
            result.set("type", case.result)
        result.text = _lines(case.message, *case.details)
    elif case.details:
        ET.SubElement(element, "system-out").text = _lines(*case.details)
    return element


def _lines(*lines: str) -> str:
    return "\n".join(safe_text(line, _LIMIT) for line in lines)
