"""pcapng blocks but for the packets of the fast loop (draft-ietf-opsawg-pcapng section 4)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterable, Iterator

from analyzer.capture.glance import Glance
from analyzer.capture.items import Comment, Item, KeyLogBlock, NameRecord
from analyzer.capture.reading import Reading
from analyzer.capture.window import Window
from analyzer.stream import UNTIMED, Span, new_tuple
from analyzer.values import dataclass

# Block types (section 11.1).
SECTION, INTERFACE, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
_PACKET, _SIMPLE_PACKET, _NAMES, _SECRETS = 2, 3, 4, 10
# Blocks without a packet that Wireshark numbers as frames all the same: systemd journal entries, custom
# blocks (to copy and not to copy), events of Sysdig.
_NUMBERED = frozenset({9, 0xBAD, 0x4000_0BAD, 0x204, 0x216, 0x221})

_BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_SECOND = 1_000_000_000
_LATEST = (1 << 63) - 1  # nanoseconds, in the year 2262; what lies beyond is a damaged time

# Options (sections 3.5, 4.2), name records (4.5), secrets (4.7).
_COMMENT, _TIME_RESOLUTION, _TIME_OFFSET = 1, 9, 14
_ADDRESS_SIZES = {1: 4, 2: 16}
_TLS_KEY_LOG = 0x544C534B


def byte_order(window: Window) -> str | None:
    """That of the section header block at the window's position, None where it is damaged."""
    magic = bytes(window.buffer[window.position + 8 : window.position + 12])
    return _BYTE_ORDERS.get(magic)


@dataclass(frozen=True, slots=True)
class Interface:
    """What the frames of one interface need.

    Attributes:
        units: time units in a second. scale: nanoseconds in one, 0 where that is no whole number.
        offset: seconds to add to each time.
        snap_length: where simple packet blocks were cut, 0 for nowhere.
    """

    glance: Glance
    units: int = 1_000_000
    offset: int = 0
    snap_length: int = 0
    scale: int = 1_000

    def span(self, frame: int, time: int) -> Span:
        """The span of one frame whose block says `time`."""
        nanoseconds = time * self.scale if self.scale else time * _SECOND // self.units
        if self.offset:
            nanoseconds += self.offset * _SECOND
        if not 0 <= nanoseconds <= _LATEST:
            nanoseconds = 0 if nanoseconds < 0 else _LATEST
        return new_tuple(Span, (frame, frame, nanoseconds, nanoseconds))


class Section:
    """What a section header block begins: a byte order, and interfaces counted from 0."""

    def __init__(self, order: str, reading: Reading) -> None:
        self.order = order
        self._reading = reading
        self._interfaces: list[Interface] = []
        self._readers: dict[int, Callable[[bytes], Iterable[Item]]] = {
            SECTION: lambda body: self.comments(body[16:], None),
            INTERFACE: self._add_interface,
            _PACKET: self._packet,
            _SIMPLE_PACKET: self._simple_packet,
            _NAMES: self._names,
            _SECRETS: self._secrets,
        }

    def interface(self, index: int) -> Interface:
        """By its number; one whose frames are passed over where no block described it."""
        if 0 <= index < len(self._interfaces):
            return self._interfaces[index]
        return Interface(self._reading.blind_glance("undescribed interface"))

    def items(self, block: int, body: bytes) -> Iterator[Item]:
        """What a block of another type than `ENHANCED_PACKET` holds; unknown ones hold nothing."""
        if block in _NUMBERED:
            self._reading.frames += 1
            self._reading.skipped["no packet"] += 1
        read = self._readers.get(block)
        try:
            if read:
                yield from read(body)
        except struct.error:
            self._reading.skipped["broken block"] += 1

    def comments(self, options: bytes, frame: int | None) -> Iterator[Comment]:
        """The comments among a block's options."""
        for code, value in self._options(options):
            if code == _COMMENT:
                comment = Comment(value.decode("utf-8", "replace"), frame)
                self._reading.note(comment)
                yield comment

    def _options(self, options: bytes) -> Iterator[tuple[int, bytes]]:
        """Code and value, as far as they make sense."""
        at = 0
        while at + 4 <= len(options):
            code, length = struct.unpack_from(f"{self.order}HH", options, at)
            at += 4
            if code == 0 or at + length > len(options):
                return
            yield code, options[at : at + length]
            at += length + -length % 4

    def _add_interface(self, body: bytes) -> Iterable[Item]:
        link_type, snap_length = struct.unpack_from(f"{self.order}HxxI", body)
        units, offset = 1_000_000, 0
        for code, value in self._options(body[8:]):
            if code == _TIME_RESOLUTION and value:
                base, exponent = (2, value[0] & 0x7F) if value[0] & 0x80 else (10, value[0])
                units = base**exponent
            elif code == _TIME_OFFSET and len(value) == 8:
                (offset,) = struct.unpack(f"{self.order}q", value)
        glance = self._reading.glance(self.order, link_type)
        scale = 0 if _SECOND % units else _SECOND // units
        self._interfaces.append(Interface(glance, units, offset, snap_length, scale))
        return self.comments(body[8:], None)

    def _packet(self, body: bytes) -> Iterator[Item]:
        """The packet block of before 2012: drops where the enhanced one has half an interface."""
        index, _, high, low, captured, wire = struct.unpack_from(f"{self.order}HHIIII", body)
        yield from self._frame(
            self.interface(index), high << 32 | low, body[20 : 20 + captured], wire
        )
        yield from self.comments(body[20 + captured + -captured % 4 :], self._frame_number)

    def _simple_packet(self, body: bytes) -> Iterator[Item]:
        """Of the section's first interface, without a time."""
        (wire,) = struct.unpack_from(f"{self.order}I", body)
        interface = self.interface(0)
        captured = min(wire, interface.snap_length or wire)
        yield from self._frame(interface, None, body[4 : 4 + captured], wire)

    def _frame(
        self, interface: Interface, time: int | None, data: bytes, wire: int
    ) -> Iterator[Item]:
        self._reading.frames += 1
        number = self._frame_number
        if time is None:
            at = Span(number, number, UNTIMED, UNTIMED)
        else:
            at = interface.span(number, time)
        item = interface.glance.decode(data, wire, at)
        if item is not None:
            yield item

    @property
    def _frame_number(self) -> int:
        return self._reading.shift + self._reading.frames

    def _names(self, body: bytes) -> Iterator[NameRecord]:
        at = 0
        while at + 4 <= len(body):
            kind, length = struct.unpack_from(f"{self.order}HH", body, at)
            value = body[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
            size = _ADDRESS_SIZES.get(kind)
            if kind == 0:
                return
            if size and len(value) >= size:
                address = str(ipaddress.ip_address(value[:size]))
                for name in filter(None, value[size:].split(b"\0")):
                    record = NameRecord(address, name.decode("utf-8", "replace"))
                    self._reading.note(record)
                    yield record

    def _secrets(self, body: bytes) -> Iterator[KeyLogBlock]:
        kind, length = struct.unpack_from(f"{self.order}II", body)
        if kind == _TLS_KEY_LOG:
            yield KeyLogBlock(body[8 : 8 + length])
