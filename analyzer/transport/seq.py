"""Sequence numbers: 32 bits that wrap (RFC 9293 section 3.4)."""

from __future__ import annotations

MASK = 0xFFFF_FFFF
HALF = 0x8000_0000


def distance(of: int, since: int) -> int:
    """How far `of` lies after `since`, negative where before: the shorter way round the circle."""
    ahead = of - since
    if -HALF <= ahead < HALF:
        return ahead  # nearly always, in half the time
    return (ahead + HALF & MASK) - HALF
