"""Why a connection did not reach an established inner session."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.session.facts import Conversation
from analyzer.verdict.expectations import Expectations
from analyzer.verdict.finding import Cause, Confidence, Finding, Status


def diagnose(
    told: Conversation,
    findings: Sequence[Finding],
    expected: Expectations,  # noqa: ARG001  what the contract hands over
) -> Cause | None:
    """Why `told` is not established; None where it is."""
    if told.outcome == "established":
        return None
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    return Cause(
        "undiagnosed",
        f"the connection is {told.outcome} at stage {told.stage}; why is not known",
        Confidence.POSSIBLE,
        failed[0].advice if failed else "",
        evidence=(told.tcp.span,),
        alternatives=tuple(finding.message for finding in failed),
    )
