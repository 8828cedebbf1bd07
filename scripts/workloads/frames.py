"""Plain bytes to Ethernet frames, by struct: fast enough for millions of them."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from scripts.workloads.sessions import CLIENT, SERVER, Send

FIN, SYN, PSH, ACK = 1, 2, 8, 16

ETHERNET = bytes.fromhex("0a0000000001 0a0000000002")
_IPV4_TYPE, _IPV6_TYPE, VLAN = b"\x08\x00", b"\x86\xdd", b"\x81\x00\x00\x64"
_TCP, _UDP = 6, 17
_IPV4 = struct.Struct(">BBHHHBBH8s")
_IPV6 = struct.Struct(">IHBB32s")
_TCP_HEADER = struct.Struct(">HHIIBBHHH")
_UDP_HEADER = struct.Struct(">HHHH")
_TIMESTAMPS = struct.Struct(">HBBII")
_VXLAN_PORT = 4789

# MSS 1460, SACK permitted, timestamps, window scale 7.
_SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 000003e8 00000000 01 030307")


Ports: TypeAlias = tuple[int, int]  # source, destination


class Path:
    """One direction between two IPv4 addresses, with the IP identifications that its packets get."""

    def __init__(self, source: bytes, target: bytes) -> None:
        self._addresses = source + target
        self._sum = sum(struct.unpack(">4H", self._addresses)) + 0x4500 + 0x4000 + 0x4000
        self._id = 0

    def tcp(
        self, ports: Ports, numbers: tuple[int, int], flags: int, payload: bytes, options: bytes
    ) -> bytes:
        """`numbers`: sequence and acknowledgment number."""
        header = 20 + len(options)
        return b"".join(
            (
                self._ip(_TCP, header + len(payload)),
                tcp_header(ports, numbers, flags, header),
                options,
                payload,
            )
        )

    def udp(self, ports: Ports, payload: bytes) -> bytes:
        size = 8 + len(payload)
        return self._ip(_UDP, size) + _UDP_HEADER.pack(*ports, size, 0) + payload

    def _ip(self, protocol: int, size: int) -> bytes:
        self._id = (self._id + 1) & 0xFFFF
        size += 20
        check = self._sum + protocol + size + self._id
        check = (check & 0xFFFF) + (check >> 16)
        check = (check & 0xFFFF) + (check >> 16) ^ 0xFFFF
        return (
            ETHERNET
            + _IPV4_TYPE
            + _IPV4.pack(0x45, 0, size, self._id, 0x4000, 64, protocol, check, self._addresses)
        )


def tcp_header(ports: Ports, numbers: tuple[int, int], flags: int, size: int) -> bytes:
    """Of `size` bytes with its options. The checksum stays 0, as behind a card that fills it in."""
    seq, ack = numbers
    return _TCP_HEADER.pack(
        *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, size << 2, flags, 0xFFFF, 0, 0
    )


def ipv6(protocol: int, addresses: bytes, payload: bytes) -> bytes:
    """A frame with an IPv6 packet."""
    return (
        ETHERNET
        + _IPV6_TYPE
        + _IPV6.pack(0x60000000, len(payload), protocol, 64, addresses)
        + payload
    )


def in_vxlan(frames: Iterable[tuple[int, bytes]], network: int) -> Iterator[tuple[int, bytes]]:
    """Every frame inside a VXLAN packet (RFC 7348), as VPC Traffic Mirroring sends them."""
    path = Path(bytes((10, 200, 0, 1)), bytes((10, 200, 0, 2)))
    header = struct.pack(">II", 0x08000000, network << 8)
    for time, frame in frames:
        yield time, path.udp((49152 + len(frame) % 1000, _VXLAN_PORT), header + frame)


def tcp_frames(
    sends: Iterable[Send],
    client: tuple[bytes, int],
    server: tuple[bytes, int],
    *,
    mss: int,
    disorder: float,
    rng: random.Random,
) -> Iterator[bytes]:
    """The frames of one TCP connection that carries `sends`, from SYN to the last ACK.

    Every second segment is acknowledged.

    Args:
        client, server: address and port.
        disorder: the share of segments that come twice, or change places with the next one.
    """
    paths = Path(client[0], server[0]), Path(server[0], client[0])
    ports = (client[1], server[1]), (server[1], client[1])
    seqs = [rng.getrandbits(32), rng.getrandbits(32)]
    clock = 1000

    def frame(side: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
        options = options or _TIMESTAMPS.pack(0x0101, 8, 10, clock, clock)
        ack = seqs[1 - side] if flags & ACK else 0
        made = paths[side].tcp(ports[side], (seqs[side], ack), flags, payload, options)
        seqs[side] += len(payload) + bool(flags & (SYN | FIN))
        return made

    yield frame(CLIENT, SYN, options=_SYN_OPTIONS)
    yield frame(SERVER, SYN | ACK, options=_SYN_OPTIONS)
    yield frame(CLIENT, ACK)
    for side, data in sends:
        held = b""
        for number, start in enumerate(range(0, len(data), mss)):
            last = start + mss >= len(data)
            clock += 1
            segment = frame(side, ACK | PSH * last, data[start : start + mss])
            chance = rng.random()
            if not held and not last and chance < disorder / 2:
                held = segment
            else:
                yield segment
                if held:
                    yield held
                    held = b""
                elif chance > 1 - disorder / 2:
                    yield segment
            if number & 1:
                yield frame(1 - side, ACK)
        if held:
            yield held
    for side in (CLIENT, SERVER):
        yield frame(side, FIN | ACK)
    yield frame(CLIENT, ACK)
