"""Bytes that have come and wait for others."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from analyzer.stream import Side, Span
from analyzer.transport.hello import HELLO_PREFIX, hello_sender


class Piece(NamedTuple):
    """Bytes of one segment that wait for those before them; `data` is None where the snap length cut them."""

    offset: int
    end: int
    data: bytes | None
    at: Span


end_of = attrgetter("end")


def sender_of(pieces: Iterable[Piece]) -> Side | None:
    """Who sent these, the first of a side: a ClientHello's or a ServerHello's sender."""
    prefix = b""
    at = None
    for piece in pieces:
        if piece.data is None or len(prefix) >= HELLO_PREFIX or at not in (None, piece.offset):
            break
        prefix += piece.data
        at = piece.end
    return hello_sender(prefix)
