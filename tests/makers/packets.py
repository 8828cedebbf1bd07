"""Segments as packets: TCP in IPv4 or IPv6 in Ethernet, every length and checksum right."""

from __future__ import annotations

import struct

from analyzer.capture.items import Segment

MACS = bytes.fromhex("02000000000b 02000000000a")


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(segment: Segment) -> bytes:
    """The segment with the TCP checksum of its IP packet."""
    *_, ports = struct.unpack(f">{len(segment.key) - 4}s4s", segment.key)
    options = segment.options + bytes(-len(segment.options) % 4)
    header = struct.pack(
        ">4sIIBBHHH",
        ports,
        segment.seq,
        segment.ack,
        (20 + len(options)) << 2,
        segment.flags & 0xFF,
        segment.window,
        0,
        0,
    )
    data = header + options + segment.payload
    pseudo = segment.key[:-4] + struct.pack(">II", len(data), 6)
    return data[:16] + struct.pack(">H", checksum(pseudo + data)) + data[18:]


def ipv4(
    addresses: bytes,
    protocol: int,
    payload: bytes,
    *,
    ttl: int = 64,
    ip_id: int = 0,
    **changes: int,
) -> bytes:
    """One packet; `total`, `fragment` override the fields of these names."""
    total = changes.get("total", 20 + len(payload))
    fragment = changes.get("fragment", 0x4000)
    header = struct.pack(
        ">BBHHHBBH8s", 0x45, 0, total, ip_id, fragment, ttl, protocol, 0, addresses
    )
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(addresses: bytes, protocol: int, payload: bytes, *, ttl: int = 64) -> bytes:
    """One packet without extension headers."""
    return struct.pack(">IHBB32s", 6 << 28, len(payload), protocol, ttl, addresses) + payload


def packet(segment: Segment) -> bytes:
    """The IP packet of a segment."""
    addresses = segment.key[:-4]
    if len(addresses) == 8:
        return ipv4(addresses, 6, tcp(segment), ttl=segment.ttl, ip_id=segment.ip_id)
    return ipv6(addresses, 6, tcp(segment), ttl=segment.ttl)


def ethertype(ip_packet: bytes) -> bytes:
    """That of an IP packet."""
    return b"\x08\x00" if ip_packet[0] >> 4 == 4 else b"\x86\xdd"


def ethernet(ip_packet: bytes) -> bytes:
    """The packet in an Ethernet frame, padded to the least length."""
    return (MACS + ethertype(ip_packet) + ip_packet).ljust(60, b"\0")


def frame(segment: Segment) -> bytes:
    """The Ethernet frame of a segment."""
    return ethernet(packet(segment))
