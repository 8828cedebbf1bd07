"""The ceilings of transport: what one capture may make it hold, and for how long."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from analyzer.values import dataclass

SECOND = 1_000_000_000

_LEAST_HELD = 4


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """Ceilings and times; all times are capture time, never the clock's.

    Attributes:
        held_bytes: out-of-order bytes held per direction before the hole in front is given up.
        unsettled_segments, unsettled_bytes: how much is held back, per direction, until it is known who
            the client is and where a direction begins whose SYN was not captured.
        remembered: segments per direction that repeats are compared with.
        remembered_in_all: the same for all open connections where every port is looked at; each gets at least 8.
            In the same measure fewer segments are held back unsettled, at least 4.
        linger_ns: silence after the end of a connection before it is released. Late repeats fall in it.
        lingering: ended connections that may linger at once.
        idle_ns: silence after which an unfinished connection is given up (`timeout`).
        unanswered_ns: the same for a connection that was never open.
        connections: connections open at once; beyond it those that were never open, then the longest idle
            ones, are given up.
        half_open: connections that are only a SYN, remembered at once; the oldest are given up beyond it.
        listed: connections that came to nothing (SYN unanswered or refused, SYN-ACK unanswered) that are told
            one by one; beyond it they are only counted (`Flows.summary`).
        ignored: connections of which nothing more is wanted whose segments are recognised as theirs.
        afterlife: released connections whose stray segments are recognised as theirs.
    """

    held_bytes: int = 16 << 20
    unsettled_segments: int = 16
    unsettled_bytes: int = 64 << 10
    remembered: int = 64
    remembered_in_all: int = 16_384
    linger_ns: int = 2 * SECOND
    lingering: int = 300
    idle_ns: int = 3600 * SECOND
    unanswered_ns: int = 180 * SECOND
    connections: int = 20_000
    half_open: int = 250_000
    listed: int = 1_000
    ignored: int = 100_000
    afterlife: int = 10_000

    def among(self, connections: int) -> TransportLimits:
        """Those of one of so many open connections."""
        share = max(8, self.remembered_in_all // (2 * connections + 1))
        return self if share >= self.remembered else _remembering(self, share)


@cache
def _remembering(limits: TransportLimits, segments: int) -> TransportLimits:
    held = max(_LEAST_HELD, limits.unsettled_segments * segments // limits.remembered)
    held = min(held, limits.unsettled_segments)
    return replace(limits, remembered=segments, unsettled_segments=held)
