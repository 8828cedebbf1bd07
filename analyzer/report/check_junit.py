"""What `check` found as JUnit XML: a suite a capture, a case a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.report.check import Check, RuleResult
from analyzer.report.junit import ERROR, FAILURE, SKIPPED, Case, Suite, write
from analyzer.report.words import frames_text
from analyzer.verdict.finding import Status
from analyzer.verdict.regression.check import Difference

_RESULTS = {Status.PASS: "", Status.FAIL: FAILURE, Status.UNKNOWN: SKIPPED}
_SECOND = 1_000_000_000

# A CI page is read: so many connections of a rule are told, the rest is counted (the JSON has all).
_SHOWN = 50


def dumps(checks: Sequence[Check]) -> str:
    """All checks as one XML document."""
    return write(map(_suite, checks))


def _suite(check: Check) -> Suite:
    began = [c.conversation.tcp.span.began for c in check.report.connections]
    properties = (("sha256", check.sha256),) if check.sha256 else ()
    return Suite(check.name, tuple(_cases(check)), min(began, default=None), properties)


def _cases(check: Check) -> Iterator[Case]:
    yield _capture(check)
    for result in check.rules:
        yield _rule(check.name, result)
    if check.unmatched:
        details = tuple(
            f"connection {c.conversation.stream}, {c.conversation.tcp.client} to "
            f"{c.conversation.tcp.server}, {c.conversation.outcome}"
            for c in check.unmatched[:_SHOWN]
        )
        message = f"no rule is for {len(check.unmatched)} connections"
        yield Case(check.name, "every connection has a rule", FAILURE, message, details)


def _capture(check: Check) -> Case:
    refused = [source.refused for source in check.report.inputs if source.refused]
    if refused:
        return Case(check.name, "the capture can be read", ERROR, refused[0], tuple(refused[1:]))
    notes = tuple(f"note: {note}" for note in check.notes)
    if check.whole:
        details = (*map(_words, check.whole), *notes)
        return Case(
            check.name, "the capture can be read", SKIPPED, check.whole[0].observed, details
        )
    return Case(check.name, "the capture can be read", details=notes)


def _rule(name: str, result: RuleResult) -> Case:
    details = list(map(_words, result.count))
    wrong = [checked for checked in result.checked if checked.differences]
    for checked in wrong[:_SHOWN]:
        told = checked.connection.conversation
        details.append(f"connection {told.stream}, {told.tcp.client} to {told.tcp.server}:")
        details += [f"  {_words(difference)}" for difference in checked.differences]
    if len(wrong) > _SHOWN:
        details.append(f"{len(wrong) - _SHOWN} more connections differ")
    details += [
        f"allowed: {code}, met {times} times ({reason})" for code, reason, times in result.allowed
    ]
    first = [*result.count, *(d for each in result.checked for d in each.differences)]
    worst = next((d for d in first if d.status is result.status), None)
    spans = [checked.connection.conversation.tcp.span for checked in result.checked]
    return Case(
        name,
        result.rule.name,
        _RESULTS[result.status],
        "" if worst is None else _words(worst),
        tuple(details),
        sum(span.ended - span.began for span in spans) / _SECOND,
    )


def _words(difference: Difference) -> str:
    where = f" ({frames_text(difference.evidence)})" if difference.evidence else ""
    unknown = "cannot be told; " if difference.status is Status.UNKNOWN else ""
    return (
        f"{difference.key}: {unknown}expected {difference.expected}, "
        f"observed {difference.observed}{where}"
    )
