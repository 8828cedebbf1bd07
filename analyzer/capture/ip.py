"""From a network packet to its TCP segment: IPv4, IPv6, fragments, tunnels, ICMP errors.

The complete path: it takes every frame that the fast loops do not know at a glance. What lies in a
tunnel comes back here.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import NamedTuple

from analyzer.capture import icmp, tunnels
from analyzer.capture.fragments import Fragments
from analyzer.capture.items import SYN, IcmpError, Segment
from analyzer.capture.link import IPV4, IPV6, behind, network
from analyzer.stream import Span

# IP protocol numbers (IANA).
_HOP_BY_HOP, _ICMP, _TCP, _ROUTING, _FRAGMENT = 0, 1, 6, 43, 44
_AUTHENTICATION, _ICMPV6, _DESTINATION, _MOBILITY, _HIP, _SHIM6 = 51, 58, 60, 135, 139, 140
# Those whose second byte is their length in words of 8 bytes, the first not counted (RFC 6564).
_EXTENSIONS = frozenset({_HOP_BY_HOP, _ROUTING, _DESTINATION, _MOBILITY, _HIP, _SHIM6})
_READ = frozenset({_TCP, _ICMP, _ICMPV6, *tunnels.PROTOCOLS})

_DEEPEST_TUNNEL = 8

# Version and header length, total length, identification, fragment, TTL, protocol, addresses.
_IPV4 = struct.Struct(">BxHHHBB2x8s")
# Version, payload length, next header, hop limit, addresses.
_IPV6 = struct.Struct(">B3xHBB32s")
# Ports, sequence and acknowledgment number, header length, flags, window.
_TCP_HEADER = struct.Struct(">4sIIBBH")


class _Packet(NamedTuple):
    """An IP packet whose payload is looked at.

    Attributes:
        addresses: source and destination.
        ttl, ip_id, path: see `Segment`.
        at: its frames.
    """

    addresses: bytes
    ttl: int
    ip_id: int
    path: tuple[str, ...]
    at: Span


class Decoder:
    """Frames to what they hold of the wanted connections.

    Nothing here raises: a broken packet is counted.

    Args:
        ports: wanted TCP ports, None for all.
        skipped: counts what was passed over, by reason.
    """

    def __init__(self, ports: frozenset[int] | None, skipped: Counter[str]) -> None:
        self._ports = ports
        self._skipped = skipped
        self._fragments = Fragments()

    def frame(self, link_type: int, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame of a link type in `link.LINK_TYPES` holds.

        `wire` is the frame's length on the wire, of which `data` was captured.
        """
        place = network(link_type, data)
        return self._packet(place, data, wire, at, ()) if place else self._skip("not IP")

    def finish(self) -> None:
        """The capture has ended: count what waited for more frames."""
        self._fragments.finish()
        if self._fragments.dropped:
            self._skipped["incomplete fragments"] += self._fragments.dropped

    def _skip(self, why: str) -> Segment | None:
        """Count what is passed over; gives None."""
        self._skipped[why] += 1
        return None

    def _packet(
        self, place: tuple[int, int], data: bytes, wire: int, at: Span, path: tuple[str, ...]
    ) -> Segment | IcmpError | None:
        ethertype, start = place
        if ethertype == IPV4:
            return self._ipv4(data, start, wire, at, path)
        if ethertype == IPV6:
            return self._ipv6(data, start, wire, at, path)
        return self._skip("not IP")

    def _ipv4(
        self, data: bytes, start: int, wire: int, at: Span, path: tuple[str, ...]
    ) -> Segment | IcmpError | None:
        """RFC 791 section 3.1."""
        if len(data) < start + 20:
            return self._skip("broken IP header")
        first, total, ip_id, fragment, ttl, protocol, addresses = _IPV4.unpack_from(data, start)
        header = (first & 15) * 4
        if first >> 4 != 4 or header < 20:
            return self._skip("broken IP header")
        # Captured where the kernel leaves the cutting to the network card (TSO) the length can be 0.
        size = max(0, (total or wire - start) - header)
        start += header
        payload = data[start : start + size]
        if fragment & 0x3FFF and protocol in _READ:
            key = b"%b%c%c%c" % (addresses, ip_id >> 8, ip_id & 0xFF, protocol)
            offset, last = (fragment & 0x1FFF) * 8, not fragment & 0x2000
            whole = self._fragments.add(key, offset, payload, last=last, at=at)
            if whole is None:
                return None
            payload, at = whole
            size = len(payload)
        return self._transport(protocol, payload, size, _Packet(addresses, ttl, ip_id, path, at))

    def _ipv6(
        self, data: bytes, start: int, wire: int, at: Span, path: tuple[str, ...]
    ) -> Segment | IcmpError | None:
        """RFC 8200 sections 3 and 4."""
        if len(data) < start + 40 or data[start] >> 4 != 6:
            return self._skip("broken IP header")
        _, length, protocol, hops, addresses = _IPV6.unpack_from(data, start)
        start += 40
        size = length or max(0, wire - start)  # TSO and jumbograms have 0
        payload = data[start : start + size]
        position = 0
        while protocol in _EXTENSIONS or protocol in {_FRAGMENT, _AUTHENTICATION}:
            if len(payload) < position + 8:
                return self._skip("broken IP header")
            following, extent = payload[position], payload[position + 1]
            if protocol == _FRAGMENT:
                word = int.from_bytes(payload[position + 2 : position + 4], "big")
                key = addresses + payload[position + 4 : position + 8]
                position += 8
                if word & 0xFFF9:
                    piece = payload[position:]
                    whole = self._fragments.add(key, word & 0xFFF8, piece, last=not word & 1, at=at)
                    if whole is None:
                        return None
                    payload, at = whole
                    size, position = len(payload), 0
            else:
                position += (extent + 2) * 4 if protocol == _AUTHENTICATION else (extent + 1) * 8
            protocol = following
        packet = _Packet(addresses, hops, 0, path, at)
        return self._transport(protocol, payload[position:], size - position, packet)

    def _transport(
        self, protocol: int, data: bytes, size: int, packet: _Packet
    ) -> Segment | IcmpError | None:
        """What an IP payload holds; `size` is its length on the wire, of which `data` was captured."""
        if protocol == _TCP:
            return self._segment(data, size, packet)
        if protocol in {_ICMP, _ICMPV6}:
            error = icmp.error(packet.addresses, data, packet.at)
            return error if error and self._wanted(error.key[-4:]) else self._skip("not TCP")
        inner = tunnels.inside(protocol, data)
        if inner is None:
            return self._skip("not TCP")
        if len(packet.path) == _DEEPEST_TUNNEL:
            return self._skip("tunnels too deep")
        ethertype, start, name = inner
        place = behind(ethertype, data, start)
        if place is None:
            return self._skip("not IP")
        return self._packet(place, data, size, packet.at, (*packet.path, name))

    def _wanted(self, ports: bytes) -> bool:
        return (
            self._ports is None
            or int.from_bytes(ports[:2], "big") in self._ports
            or int.from_bytes(ports[2:], "big") in self._ports
        )

    def _segment(self, data: bytes, size: int, packet: _Packet) -> Segment | None:
        """RFC 9293 section 3.1."""
        if len(data) < 20:
            return self._skip("broken TCP header")
        ports, seq, ack, offset, flags, window = _TCP_HEADER.unpack_from(data)
        if not self._wanted(ports):
            return self._skip("other ports")
        header = (offset >> 4) * 4
        if header < 20 or header > size:
            return self._skip("broken TCP header")
        payload = data[header:]
        missing = size - header - len(payload)
        options = data[20:header] if flags & SYN else b""
        addresses, ttl, ip_id, path, at = packet
        key = addresses + ports
        return Segment(
            key, seq, ack, flags, window, payload, missing, at, ttl, ip_id, options, path
        )
