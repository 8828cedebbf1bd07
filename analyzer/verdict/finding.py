"""A finding: one statement about a connection (or the whole capture) with its evidence."""

from __future__ import annotations

import enum
from typing import NamedTuple

from analyzer.stream import Side, Span
from analyzer.values import ByValue, dataclass


class Status(ByValue, enum.StrEnum):
    """The answer of a check. Unknown is never a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


class Confidence(ByValue, enum.StrEnum):
    """How sure a statement is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


# The codes of the four certificate slots are a contract: other programs read them.
SLOTS = (
    "outer-server-certificate",
    "outer-client-certificate",
    "inner-server-certificate",
    "inner-client-certificate",
)


class Difference(NamedTuple):
    """A field in which a presented certificate differs from the expected one it nearly is."""

    field: str
    expected: str
    presented: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        code: stable, lower-case with hyphens; the four of `SLOTS` are a contract.
        level: 0 outer, 1 inner, None where it is about TCP or the whole capture. side: whose, or None.
        message: one sentence a tired engineer understands.
        expected, observed: side by side, short; "" where they do not apply.
        evidence: the frames that show it.
        advice: the next step, "" where none is known. limitations: what the capture cannot show.
        notes: further facts that do not change the status (weak key, X.509 v1, expires soon).
        differences: where the observed is nearly the expected, only the fields that differ.
        kind: of a slot's finding, which of `codes.KINDS`; "" for others.
    """

    code: str
    status: Status
    message: str
    level: int | None = None
    side: Side | None = None
    expected: str = ""
    observed: str = ""
    evidence: tuple[Span, ...] = ()
    confidence: Confidence = Confidence.CERTAIN
    advice: str = ""
    limitations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a connection did not reach an established inner session: one entry of the catalogue."""

    code: str
    summary: str
    confidence: Confidence
    advice: str
    evidence: tuple[Span, ...] = ()
    alternatives: tuple[str, ...] = ()
    decide: tuple[str, ...] = ()
    limitations: tuple[str, ...] = ()
