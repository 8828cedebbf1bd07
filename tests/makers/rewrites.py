"""A recording rewritten: what else the same connection could have looked like to whoever captured it.

A `Variant` makes capture files of the IP packets of a real recording. What happened between client and
HSM is the same in all of them, so the report's facts must be.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from analyzer.capture import Capture
from analyzer.capture.items import FIN, PSH, Segment
from tests.makers.packets import checksum

Files = list[bytes]


class Packet(NamedTuple):
    """One TCP segment of a recording, as an IPv4 packet with every header it had.

    Attributes:
        time: nanoseconds. data: from the IP header on.
        side: 0 for the first sender, who is the client.
    """

    time: int
    data: bytes
    side: int

    @property
    def header(self) -> int:
        """Bytes before the payload."""
        return 20 + (self.data[32] >> 4) * 4

    @property
    def payload(self) -> bytes:
        return self.data[self.header :]

    @property
    def seq(self) -> int:
        return int.from_bytes(self.data[24:28], "big")

    @property
    def ack(self) -> int:
        return int.from_bytes(self.data[28:32], "big")

    @property
    def flags(self) -> int:
        return self.data[33]

    def changed(
        self,
        *,
        seq: int | None = None,
        ack: int | None = None,
        flags: int | None = None,
        window: int | None = None,
        payload: bytes | None = None,
        ip_id: int | None = None,
        time: int | None = None,
    ) -> Packet:
        """With other fields; lengths and checksums follow."""
        head = bytearray(self.data[: self.header])
        body = self.payload if payload is None else payload
        for at, form, value in (
            (4, ">H", ip_id),
            (24, ">I", seq),
            (28, ">I", ack),
            (33, ">B", flags),
            (34, ">H", window),
        ):
            if value is not None:
                struct.pack_into(form, head, at, value & (0xFFFF_FFFF if form == ">I" else 0xFFFF))
        struct.pack_into(">H", head, 2, len(head) + len(body))
        head[10:12] = head[36:38] = bytes(2)
        struct.pack_into(">H", head, 10, checksum(bytes(head[:20])))
        pseudo = bytes(head[12:20]) + struct.pack(">II", len(head) - 20 + len(body), 6)
        struct.pack_into(">H", head, 36, checksum(pseudo + bytes(head[20:]) + body))
        return Packet(self.time if time is None else time, bytes(head) + body, self.side)

    def pieces(self, size: int) -> list[Packet]:
        """Segments of at most `size` bytes."""
        payload = self.payload
        if len(payload) <= size:
            return [self]
        return [
            self.changed(
                seq=self.seq + at & 0xFFFF_FFFF,
                payload=payload[at : at + size],
                flags=self.flags if at + size >= len(payload) else self.flags & ~(FIN | PSH),
            )
            for at in range(0, len(payload), size)
        ]


def recorded(path: Path) -> list[Packet]:
    """The packets of a recording with Ethernet frames, in their order."""
    with path.open("rb") as file:
        raw = file.read()
    order = "<" if raw[:4] in {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"} else ">"
    unit = 1 if raw[:4] in {b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"} else 1000
    assert struct.unpack_from(f"{order}I", raw, 20) == (1,)
    packets: list[Packet] = []
    at = 24
    while at < len(raw):
        seconds, fraction, captured, wire = struct.unpack_from(f"{order}IIII", raw, at)
        data = raw[at + 30 : at + 16 + captured]
        at += 16 + captured
        assert captured == wire
        if data[0] != 0x45 or data[9] != 6:
            continue
        data = data[: int.from_bytes(data[2:4], "big")]
        client = packets[0].data[12:16] if packets else data[12:16]
        time = seconds * 1_000_000_000 + fraction * unit
        packets.append(Packet(time, data, int(data[12:16] != client)))
    return packets


@dataclass(frozen=True)
class Variant:
    """One way of rewriting.

    Attributes:
        make: capture files from the packets of a recording.
        embedded: the file carries the key log.
        tshark: `tls` if tshark must see the same certificates, `segments` if it must see the same
            segments (its TLS loses its way), "" if it cannot read this.
        scapy: whether scapy can dissect it.
        times: whether times are kept.
        addresses: whether addresses are kept. copies: how many connections come of it.
        also: codes of findings that there must be besides.
    """

    name: str
    make: Callable[[Sequence[Packet], bytes], Files]
    embedded: bool = False
    tshark: str = "tls"
    scapy: bool = True
    times: bool = True
    addresses: bool = True
    copies: int = 1
    also: tuple[str, ...] = ()


def segments_of(files: Sequence[bytes], reader: str = "fast") -> list[Segment]:
    """Every segment in the files."""
    return [
        item
        for file in files
        for item in Capture(io.BytesIO(file), name="it", ports=None, reader=reader)
        if isinstance(item, Segment)
    ]
