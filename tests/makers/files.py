"""Capture files byte by byte: every form that pcap and pcapng may take."""

from __future__ import annotations

import struct
from collections.abc import Iterable

ETHERNET = 1
# time in nanoseconds, the frame
Record = tuple[int, bytes]

MICROSECONDS, NANOSECONDS, KUZNETZOV = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


def pcap(
    records: Iterable[Record],
    *,
    magic: int = NANOSECONDS,
    order: str = "<",
    link_type: int = ETHERNET,
    snap: int = 262_144,
) -> bytes:
    """A pcap file; frames are cut at `snap`."""
    unit = 1 if magic == NANOSECONDS else 1000
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, link_type)]
    for time, data in records:
        seconds, rest = divmod(time, 1_000_000_000)
        kept = data[:snap]
        parts.append(struct.pack(f"{order}IIII", seconds, rest // unit, len(kept), len(data)))
        if magic == KUZNETZOV:  # interface index, protocol, packet type, padding
            parts.append(struct.pack(f"{order}IHBB", 2, 0x0800, 0, 0))
        parts.append(kept)
    return b"".join(parts)


class Pcapng:
    """Writes a pcapng section's blocks one after another; `bytes()` gives the file so far."""

    def __init__(self, order: str = "<", *, options: bytes = b"") -> None:
        self.order = order
        self._parts: list[bytes] = []
        self.section(order, options=options)

    def __bytes__(self) -> bytes:
        return b"".join(self._parts)

    def block(self, kind: int, body: bytes) -> Pcapng:
        """Any block."""
        body += bytes(-len(body) % 4)
        total = 12 + len(body)
        self._parts.append(self._pack("II", kind, total) + body + self._pack("I", total))
        return self

    def section(self, order: str, *, options: bytes = b"") -> Pcapng:
        """A section header: what follows is in byte order `order`."""
        self.order = order
        return self.block(0x0A0D0D0A, self._pack("IHHq", 0x1A2B3C4D, 1, 0, -1) + options)

    def interface(
        self, link_type: int = ETHERNET, *, snap: int = 0, options: bytes = b""
    ) -> Pcapng:
        """An interface description."""
        return self.block(1, self._pack("HHI", link_type, 0, snap) + options)

    def packet(
        self,
        units: int,
        data: bytes,
        *,
        interface: int = 0,
        wire: int | None = None,
        options: bytes = b"",
    ) -> Pcapng:
        """An enhanced packet, `units` of its interface's resolution after 1970."""
        head = self._pack(
            "5I",
            interface,
            units >> 32,
            units & 0xFFFF_FFFF,
            len(data),
            len(data) if wire is None else wire,
        )
        return self.block(6, head + data + bytes(-len(data) % 4) + options)

    def simple_packet(self, data: bytes, *, wire: int | None = None) -> Pcapng:
        """A simple packet: no time, of the first interface."""
        return self.block(3, self._pack("I", len(data) if wire is None else wire) + data)

    def obsolete_packet(
        self, units: int, data: bytes, *, interface: int = 0, options: bytes = b""
    ) -> Pcapng:
        """A packet block as it was before 2012, with a drop count."""
        head = self._pack(
            "HHIIII", interface, 7, units >> 32, units & 0xFFFF_FFFF, len(data), len(data)
        )
        return self.block(2, head + data + bytes(-len(data) % 4) + options)

    def secrets(self, text: bytes, kind: int = 0x544C534B) -> Pcapng:
        """A decryption secrets block with a TLS key log."""
        return self.block(10, self._pack("II", kind, len(text)) + text)

    def names(self, *records: tuple[bytes, str]) -> Pcapng:
        """A name resolution block: address bytes and name."""
        body = b"".join(
            self.option(1 if len(address) == 4 else 2, address + name.encode() + b"\0")
            for address, name in records
        )
        return self.block(4, body + bytes(4))

    def option(self, code: int, value: bytes) -> bytes:
        """An option of a block (or a record of a name resolution block)."""
        return self._pack("HH", code, len(value)) + value + bytes(-len(value) % 4)

    def _pack(self, form: str, *values: int) -> bytes:
        return struct.pack(self.order + form, *values)
