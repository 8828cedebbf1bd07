"""Sequence numbers: 32 bits that wrap (RFC 9293 section 3.4)."""

from __future__ import annotations

MASK = 0xFFFF_FFFF


def distance(of: int, since: int) -> int:
    """How far `of` lies after `since`, negative where before: the shorter way round the circle."""
    return ((of - since + 0x8000_0000) & MASK) - 0x8000_0000
