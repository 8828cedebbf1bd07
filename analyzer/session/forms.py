"""The ways TLS bytes may be wrapped in the plaintext of the level below: bare, or behind headers.

    bare:     record record record
    header:   header(record) header(record record) header(first part of a record) header(its rest)

A header has a constant size; its length field, where one is recognised, says how many bytes of payload
follow, so records may be cut anywhere. Nothing public says which form a CloudHSM uses, so what fits the
bytes is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

from analyzer.errors import BadUsage
from analyzer.session.scan import RECORD_HEADER, record_size
from analyzer.values import dataclass

# C structs of message headers; 32 bytes hold an id, a session, a type, flags and a length with room left.
LARGEST_HEADER = 32
# A vendor message that claims more is taken for bytes of another form.
LARGEST_PAYLOAD = 1 << 20
# Where messages cut even a hello's first bytes, only headers up to this size are looked for.
_SMALL_HEADER = 8
# A hello is looked for by its first bytes, so that many of them are expected in one piece.
SMALLEST_PART = 7

_PINNED = re.compile(r"(record|message):(\d{1,2})(be|le)?")
_ORDERS: dict[str | None, Literal["big", "little"] | None] = {
    "be": "big",
    "le": "little",
    None: None,
}


@dataclass(frozen=True, slots=True)
class Form:
    """What stands before the TLS bytes.

    Attributes:
        size: bytes of the header, 0 = bare.
        at, width, order: where in the header its length field begins, its bytes (0 = none recognised)
            and their order.
        counts: how many bytes of the header the length includes.
    """

    size: int = 0
    at: int = 0
    width: int = 0
    order: Literal["big", "little"] = "big"
    counts: int = 0

    def payload(self, data: bytes | bytearray, at: int) -> int | None:
        """How many bytes the header at `at` announces; None where it cannot be a header."""
        field = at + self.at
        length = int.from_bytes(data[field : field + self.width], self.order)
        payload = length - self.counts
        # An empty message is one, but a field of zeros is more likely no header at all.
        return payload if length and 0 <= payload <= LARGEST_PAYLOAD else None

    def messages(self, data: bytes | bytearray, at: int) -> Iterator[tuple[int, int]]:
        """Where the payloads of the messages from the header at `at` on begin and end, while headers follow."""
        while at + self.size <= len(data):
            payload = self.payload(data, at)
            if payload is None:
                return
            at += self.size + payload
            yield at - payload, at

    def payloads(self, data: bytes | bytearray, at: int, size: int) -> bytes:
        """Up to `size` payload bytes from the header at `at` on, as far as they are there; later headers taken out."""
        if not self.width:
            return bytes(data[at + self.size : at + self.size + size])
        joined = b""
        for start, end in self.messages(data, at):
            if start == end or len(joined) >= size:
                break
            joined += data[start : min(end, start + size - len(joined))]
        return joined

    def name(self, unit: str) -> str:
        """In words: `4-byte header per record, big-endian length`. `unit`: `record` or `message`."""
        if not self.size:
            return "bare"
        length = f", {self.order}-endian length" if self.width else ""
        return f"{self.size}-byte header per {unit}{length}"


@dataclass(frozen=True, slots=True)
class Pin:
    """What the user knows of the form.

    Attributes:
        unit: `bare`, `record`, `message` or `none`.
        size: bytes of the header.
        order: byte order of its length field, None for a header whose length, if any, is not used.
    """

    unit: str
    size: int = 0
    order: Literal["big", "little"] | None = None

    def allows(self, form: Form) -> bool:
        """Whether `form` is one of those that the user means."""
        return (form.size, form.order if form.width else None) == (self.size, self.order)


def parse_framing(text: str) -> Pin:
    """The user's word for how the inner TLS lies in the outer plaintext.

    | text | meaning |
    |---|---|
    | `bare` | nothing but TLS records, perhaps with other messages between them |
    | `record:N`, `message:N` | a header of N bytes (1 to 32) before each record / each message |
    | `record:Nbe`, `message:Nbe` | ... with a big-endian length field somewhere in it |
    | `record:Nle`, `message:Nle` | ... with a little-endian one (N is at least 2 for both) |
    | `none` | there is no inner TLS: do not look |

    Raises:
        BadUsage: for anything else.
    """
    if text in {"bare", "none"}:
        return Pin(text)
    match = _PINNED.fullmatch(text)
    if match:
        unit, size, order = match[1], int(match[2]), _ORDERS[match[3]]
        if (2 if order else 1) <= size <= LARGEST_HEADER:
            return Pin(unit, size, order)
    raise BadUsage(
        f"not a framing: {text!r} (bare, none, or e.g. record:4, record:4be, message:2le; "
        f"headers have 1 to {LARGEST_HEADER} bytes)"
    )


_WIDTHS = (4, 2, 3)  # the likelier first
BYTE_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")


def forms_before(data: bytes, at: int, record: int) -> Iterator[Form]:
    """The forms whose header may end at `at`, where a record of `record` bytes begins, or its first part."""
    largest = min(LARGEST_HEADER, at)
    for distance in range(2, largest + 1):
        for width in (width for width in _WIDTHS if width <= distance):
            field = data[at - distance : at - distance + width]
            for order in BYTE_ORDERS:
                length = int.from_bytes(field, order)
                if not 0 < length <= LARGEST_PAYLOAD + LARGEST_HEADER:
                    continue
                for size in range(distance, largest + 1):
                    for counts in {0, distance - width, distance, size}:
                        form = Form(size, size - distance, width, order, counts)
                        if _may_hold(form, data, at, record, length - counts):
                            yield form


def _may_hold(form: Form, data: bytes, at: int, record: int, payload: int) -> bool:
    """Whether a message of `payload` bytes at `at` can hold a record of `record` bytes, or its first part."""
    end = at + payload
    if payload < SMALLEST_PART or end > len(data):
        return False
    at += record
    while at + RECORD_HEADER <= end:
        size = record_size(data, at)
        if size is None:
            return False
        at += size
    if at == end:
        return True
    # The last record goes on in the next message, so there must be one.
    rest = form.payload(data, end)
    return rest is not None and end + form.size + rest <= len(data)


@cache
def small_forms() -> tuple[Form, ...]:
    """Every form with a length field in a small header, in the order of `preference`."""
    return tuple(
        sorted(
            (
                Form(size, at, width, order, counts)
                for size in range(2, _SMALL_HEADER + 1)
                for width in _WIDTHS
                for at in range(size - width + 1)
                for order in BYTE_ORDERS
                for counts in {0, size - at - width, size - at, size}
            ),
            key=preference,
        )
    )


def preference(form: Form) -> tuple[int, ...]:
    """Sorts forms that fit the same bytes equally well, the one to be told first.

    A recognised length before none, small headers before large ones, lengths of 4 and 2 bytes before 3,
    at an edge of the header before inside it, big-endian before little-endian.
    """
    return (
        not form.width,
        form.size,
        _WIDTHS.index(form.width) if form.width else 0,
        0 < form.at < form.size - form.width,
        form.order == "little",
        form.at,
        form.counts,
    )
