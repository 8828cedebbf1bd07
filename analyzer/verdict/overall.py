"""The verdict over all connections, and why it is no pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from analyzer.verdict.finding import SLOTS, Status

if TYPE_CHECKING:
    from analyzer.verdict.brief import Brief

# A storm of reconnects fails a thousand times in the same way; what differs is told up to here.
_REASONS = 12
_STREAMS = 5

_FAILING = frozenset({*SLOTS, "key-not-proven", "handshake-altered"})

# The slots that every connection fills; the inner client's only where it is asked for.
USUAL_SLOTS = SLOTS[:3]

_STAGE_WORDS = {
    "none": "before TCP was connected",
    "tcp": "before any TLS",
    "outer-hello": "after the outer ClientHello",
    "outer-certificates": "after the outer certificates",
    "outer-established": "after the outer TLS was established",
    "inner-hello": "after the inner ClientHello",
    "inner-certificates": "after the inner certificates",
    "inner-established": "after the inner TLS was established",
}


def overall(connections: Sequence[Brief]) -> tuple[Status, tuple[str, ...]]:
    """`fail` if any connection, slot or proof of a key failed, `pass` if all is shown, else `unknown`; and why."""
    if not connections:
        return Status.UNKNOWN, ("no connection was found",)
    failed = _counted(
        (each.stream, clause) for each in connections for clause in each.kind.failures
    )
    if failed:
        return Status.FAIL, failed
    unsure = _counted((each.stream, clause) for each in connections for clause in each.kind.doubts)
    return (Status.UNKNOWN, unsure) if unsure else (Status.PASS, ())


# Of a finding: its code, status and message.
Said: TypeAlias = tuple[str, Status, str]


def failures(outcome: str, stage: str, said: Sequence[Said]) -> Iterator[str]:
    """What failed in one connection, one clause each."""
    if outcome == "failed":
        yield f"failed {_STAGE_WORDS[stage]}"
    for code, status, message in said:
        if code in _FAILING and status is Status.FAIL:
            yield _clause(code, message)


def doubts(outcome: str, stage: str, broken: str, said: Sequence[Said]) -> Iterator[str]:
    """What of one connection is not shown, one clause each."""
    if broken:
        yield "the analyzer itself failed on this connection"
    if outcome == "unfinished":
        yield f"stops without a refusal {_STAGE_WORDS[stage]}"
    elif outcome != "established":
        yield "whether it was established cannot be told from this capture"
    slots = {code: (status, message) for code, status, message in said if code in SLOTS}
    for code in SLOTS:
        if code in slots:
            status, message = slots[code]
            if status is not Status.PASS:
                yield _clause(code, message)
        elif code in USUAL_SLOTS:
            yield f"{_title(code)}: nothing is expected for it"


def _clause(code: str, message: str) -> str:
    return f"{_title(code)}: {message}" if code in SLOTS else message


def _title(code: str) -> str:
    return code.removesuffix("-certificate").replace("-", " ")


def _counted(told: Iterator[tuple[int, str]]) -> tuple[str, ...]:
    """Each clause once, with the connections it is true of."""
    streams: dict[str, list[int]] = {}
    for stream, clause in told:
        streams.setdefault(clause, []).append(stream)
    reasons = [f"{_connections(of)}: {clause}" for clause, of in islice(streams.items(), _REASONS)]
    more = len(streams) - _REASONS
    return (*reasons, f"and {more} more reasons") if more > 0 else tuple(reasons)


def _connections(streams: Sequence[int]) -> str:
    if len(streams) == 1:
        return f"connection {streams[0]}"
    if len(streams) <= _STREAMS:
        return f"connections {', '.join(map(str, streams))}"
    first = ", ".join(map(str, streams[: _STREAMS - 2]))
    return f"{len(streams)} connections ({first} and others)"
