"""Segments that bring nothing and ask for an answer."""

from __future__ import annotations

from analyzer.capture.items import FIN, Segment
from analyzer.transport.half import Half
from analyzer.transport.seq import MASK


def is_keep_alive(half: Half, segment: Segment) -> bool:
    """Whether `segment` only asks whether the peer is there: at most one byte, and that an old one (RFC 9293 3.8.4)."""
    return (
        segment.seq == (half.next - 1) & MASK
        and half.settled
        and len(segment.payload) + segment.missing <= 1
        and not segment.flags & FIN
        and half.peer.tally.zero_since is None
    )
