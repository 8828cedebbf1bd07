"""Connections that are gone, as far as a late segment asks for them."""

from __future__ import annotations

from collections import OrderedDict

from analyzer.transport.facts import reversed_key

# Two sequence numbers and a file in one int: 170 bytes a connection, where tuples by both its keys took 410.
_BITS = 33  # of a sequence number plus one, 0 for none
_FIELD = (1 << _BITS) - 1


class Released:
    """The last connections that are gone, by their keys (see `Segment.key`).

    Args:
        most: so many; the oldest are forgotten.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._gone: OrderedDict[bytes, int] = OrderedDict()

    def add(
        self, key: bytes, other_key: bytes, file: int, first_seq: int | None, other: int | None
    ) -> None:
        """One is gone whose last frame is in this file.

        Args:
            key, other_key: of its two directions. first_seq, other: where they began, None where that is not known.
        """
        gone = self._gone
        gone.pop(other_key, None)
        one = 0 if first_seq is None else first_seq + 1
        two = 0 if other is None else other + 1
        gone[key] = (file << _BITS | two) << _BITS | one
        gone.move_to_end(key)
        if len(gone) > self._most:
            gone.popitem(last=False)

    def forget(self) -> None:
        """Nothing more comes."""
        self._gone.clear()

    def find(self, key: bytes) -> tuple[int, int | None] | None:
        """The file of the last frame, and where this direction began; None where no such connection is known."""
        if not self._gone:
            return None
        known = self._gone.get(key)
        if known is not None:
            seq = known & _FIELD
        else:
            known = self._gone.get(reversed_key(key))
            if known is None:
                return None
            seq = known >> _BITS & _FIELD
        return known >> 2 * _BITS, seq - 1 if seq else None
