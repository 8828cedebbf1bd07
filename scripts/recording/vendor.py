"""What lies between the two TLS levels: vendor messages, and headers around the inner TLS bytes.

Nobody publishes CloudHSM's form; these are the forms that public logs make likely. A form turns a flight
of the inner TLS into messages and, at the other end, messages into TLS bytes again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

Receive = Callable[[int], bytes]  # exactly so many bytes


def records(flight: bytes) -> Iterator[bytes]:
    """The TLS records of a flight."""
    at = 0
    while at < len(flight):
        size = 5 + int.from_bytes(flight[at + 3 : at + 5])
        yield flight[at : at + size]
        at += size


class Form(Protocol):
    """How inner TLS bytes travel.

    Attributes:
        framing: how a report begins to call it, "" where no TLS can be recognised in it.
    """

    @property
    def framing(self) -> str: ...

    def messages(self, flight: bytes) -> Iterator[bytes]:
        """The messages that carry a flight of TLS records."""

    def take(self, receive: Receive) -> bytes:
        """The TLS bytes of the next message."""


@dataclass(frozen=True)
class Bare:
    """TLS records as they are."""

    framing: str = "bare"

    def messages(self, flight: bytes) -> Iterator[bytes]:
        yield flight

    def take(self, receive: Receive) -> bytes:
        head = receive(5)
        return head + receive(int.from_bytes(head[3:5]))


@dataclass(frozen=True)
class Header:
    """A header of `size` bytes with the payload's length in it, before each record or each flight.

    Attributes:
        at, width: where the length stands and how many bytes it has.
        unit: `record`: a message a record; `message`: a message a flight.
    """

    size: int = 4
    at: int = 0
    width: int = 4
    order: Literal["big", "little"] = "big"
    unit: Literal["record", "message"] = "record"

    @property
    def framing(self) -> str:
        return f"{self.size}-byte header per {self.unit}, {self.order}-endian length"

    def messages(self, flight: bytes) -> Iterator[bytes]:
        for part in records(flight) if self.unit == "record" else (flight,):
            header = bytearray(range(0x61, 0x61 + self.size))
            header[self.at : self.at + self.width] = len(part).to_bytes(self.width, self.order)
            yield bytes(header) + part

    def take(self, receive: Receive) -> bytes:
        header = receive(self.size)
        return receive(int.from_bytes(header[self.at : self.at + self.width], self.order))


@dataclass(frozen=True)
class OwnRecordHeaders:
    """The records' own headers are taken off and an own one stands there: kind and little-endian length.

    TLS cannot be recognised in it any more, only certificates can.
    """

    framing: str = ""

    def messages(self, flight: bytes) -> Iterator[bytes]:
        for record in records(flight):
            yield struct.pack("<HHI", 0x2023, record[0] ^ 0x5A, len(record) - 5) + record[5:]

    def take(self, receive: Receive) -> bytes:
        _, kind, size = struct.unpack("<HHI", receive(8))
        return struct.pack(">BHH", kind ^ 0x5A, 0x0303, size) + receive(size)


# --- vendor messages ----------------------------------------------------------------------------------

_VENDOR = struct.Struct("<IHHI")  # length of the body, command, status, request number

# (who sends it, command, body): what a client's log tells of, "Version handshake with server succeeded"
VERSION_EXCHANGE = (
    ("client", 0x0101, b"\x02\x00\x03\x00"),
    ("server", 0x8101, b"\x02\x00\x03\x00" + b"2.09.07.02".ljust(16, b"\0")),
    ("client", 0x0102, b"Pkcs11:5.2-1-bionic:0123456789abcdef"),
    ("server", 0x8102, b"\0\0\0\0"),
)
# "Discarding HSM response because it does not match a pending request"
UNASKED = (0x8110, b"partition state\0\0\0\x01")


def vendor_message(command: int, body: bytes, number: int = 1) -> bytes:
    """A vendor message of our making: 12 bytes of header, then the body."""
    return _VENDOR.pack(len(body), command, 0, number) + body


def take_vendor_message(receive: Receive) -> tuple[int, bytes]:
    """Command and body of the next vendor message."""
    size, command, _, _ = _VENDOR.unpack(receive(_VENDOR.size))
    return command, receive(size)
