"""DER as far as this program reads it itself: the headers of elements (X.690 sections 8.1, 10.1).

For what no parser is asked: certificates that may be broken, names compared byte by byte, keys of unknown
kinds. One-byte tags only, which is all that X.509 has.
"""

from __future__ import annotations

from collections.abc import Iterator

SEQUENCE, SET, OBJECT_IDENTIFIER = 0x30, 0x31, 0x06


def contents(data: bytes | bytearray, at: int = 0) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end; the end may lie behind `data`.

    Raises:
        ValueError: not even its header is there.
    """
    if at + 2 > len(data):
        raise ValueError("an element's header ends behind the data")
    length = data[at + 1]
    start = at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
        if start > len(data):
            raise ValueError("an element's header ends behind the data")
    return start, start + length


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and contents of the elements that `data` is made of.

    Raises:
        ValueError: the last one ends behind the data.
    """
    at = 0
    while at < len(data):
        start, end = contents(data, at)
        if end > len(data):
            raise ValueError("an element ends behind the data")
        yield data[at], data[start:end]
        at = end


def children(data: bytes) -> list[bytes]:
    """The elements inside the one that `data` begins with, with their headers.

    Raises:
        ValueError: one of them has no whole header.
    """
    at, end = contents(data)
    found = []
    while at < end:
        _, stop = contents(data, at)
        found.append(data[at:stop])
        at = stop
    return found


def wrapped(tag: int, body: bytes) -> bytes:
    """An element."""
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body
