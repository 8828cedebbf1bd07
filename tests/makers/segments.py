"""TCP segments by script: a conversation of two sides, as a capture would hold it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from analyzer.capture.items import ACK, FIN, PSH, RST, SYN, Segment
from analyzer.stream import CLIENT, SERVER, Side, Span

MS = 1_000_000
START = 1_700_000_000_000_000_000
SYN_OPTIONS = bytes.fromhex("020405b4 0402080a0000000100000000 01030307")
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(195))
SERVER_HELLO = bytes.fromhex("160303007a020000760303") + bytes(range(117))


def key(source: str, sport: int, target: str, dport: int) -> bytes:
    addresses = (ipaddress.ip_address(each).packed for each in (source, target))
    return b"".join(addresses) + sport.to_bytes(2, "big") + dport.to_bytes(2, "big")


def span(number: int, at: int | None = None) -> Span:
    began = START + number * MS if at is None else at
    return Span(number, number, began, began)


@dataclass
class Conversation:
    """Writes segments one after another; sequence numbers, acknowledgments and frames follow by themselves.

    Every method appends to `segments` and returns the new segment.
    """

    client_isn: int = 1000
    server_isn: int = 5000
    client: tuple[str, int] = ("10.0.0.1", 40000)
    server: tuple[str, int] = ("10.0.0.2", 2223)
    step: int = MS
    clock: int = START
    frame: int = 0
    segments: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.next = [self.client_isn, self.server_isn]
        self.ip_ids = [100, 200]

    def send(self, side: Side, flags: int, payload: bytes = b"", **changes) -> Segment:
        """One segment of `side`; `changes` override its fields (the numbering goes on as if they did not)."""
        ends = (self.client, self.server)
        self.frame += 1
        self.clock += self.step
        self.ip_ids[side] = (self.ip_ids[side] + 1) & 0xFFFF
        segment = Segment(
            key=key(*ends[side], *ends[side.peer]),
            seq=self.next[side],
            ack=self.next[side.peer] if flags & ACK else 0,
            flags=flags,
            window=64000,
            payload=payload,
            missing=0,
            at=span(self.frame, self.clock),
            ttl=64 - side,
            ip_id=self.ip_ids[side],
            options=SYN_OPTIONS if flags & SYN else b"",
            path=(),
        )._replace(**changes)
        length = len(payload) + segment.missing + bool(flags & SYN) + bool(flags & FIN)
        self.next[side] = (self.next[side] + length) & 0xFFFF_FFFF
        self.segments.append(segment)
        return segment

    def open(self) -> Conversation:
        self.send(CLIENT, SYN)
        self.send(SERVER, SYN | ACK)
        self.send(CLIENT, ACK)
        return self

    def data(self, side: Side, payload: bytes, **changes) -> Segment:
        return self.send(side, PSH | ACK, payload, **changes)

    def ack(self, side: Side, **changes) -> Segment:
        return self.send(side, ACK, **changes)

    def fin(self, side: Side, payload: bytes = b"", **changes) -> Segment:
        return self.send(side, FIN | ACK, payload, **changes)

    def reset(self, side: Side, **changes) -> Segment:
        return self.send(side, RST, **changes)

    def again(self, segment: Segment, **changes) -> Segment:
        """Send `segment` once more, as a new packet."""
        side = SERVER if segment.key == self.server_key else CLIENT
        self.frame += 1
        self.clock += self.step
        self.ip_ids[side] = (self.ip_ids[side] + 1) & 0xFFFF
        repeat = segment._replace(at=span(self.frame, self.clock), ip_id=self.ip_ids[side])
        self.segments.append(repeat._replace(**changes))
        return self.segments[-1]

    def wait(self, nanoseconds: int) -> None:
        self.clock += nanoseconds

    def close(self) -> Conversation:
        self.fin(CLIENT)
        self.fin(SERVER)
        self.ack(CLIENT)
        return self

    @property
    def client_key(self) -> bytes:
        return key(*self.client, *self.server)

    @property
    def server_key(self) -> bytes:
        return key(*self.server, *self.client)
