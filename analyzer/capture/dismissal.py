"""The second look: frames of no interest that are not ordinary IPv4 ones, dropped without an object made.

Tags, IPv6, ARP, UDP, and what VXLAN and GENEVE carry: three frames in a hundred of a busy host, all of those that
VPC Traffic Mirroring sends. `ip.Decoder` says the same of them in three microseconds each; here one half is enough.
"""

from __future__ import annotations

import struct
from collections import Counter

from analyzer.capture import link
from analyzer.capture.tunnels import UDP_PORTS

# IP protocol numbers (IANA).
TCP, UDP = 6, 17
# Version 4 and a header of five words.
IPV4 = 0x45

# Link type -> where its EtherType stands, and what that announces. Others leave it to the decoder.
_ETHERTYPES = {1: (12, 14), 113: (14, 16), 276: (0, 20)}
_ETHERTYPE = struct.Struct(">H")

# Version and header length, total length, fragment field, protocol, ports; the size up to the end of a TCP header.
_IPV4 = struct.Struct(">BxHxxHxB10xHH")
_IPV4_TCP = 40
_PROTOCOL_AT = 9
_WHOLE = frozenset({0, 0x4000})  # "don't fragment" is set or not
# Version, payload length, next header, ports.
_IPV6 = struct.Struct(">B3xHB33xHH")
_IPV6_TCP = 60

# The same of a packet that carries VXLAN over IPv4, from its EtherType on: version and header length, fragment field,
# protocol, port, flags; the EtherType inside, and what _IPV4 has. This one struct takes nearly all of what VPC
# Traffic Mirroring sends, in half the time of the steps below.
_VXLAN = struct.Struct(">HB5xHxB12xH4xB19xHB5xHxB10xHH")
_VXLAN_AT = 28  # behind the headers of IPv4 and UDP
_VXLAN_PORTS = frozenset({4789, 8472})
_GENEVE_PORT = 6081
_TUNNEL_HEADER = 8

# Tags and tunnels in each other; what is deeper is left to the decoder.
_DEEPEST = 6


class Dismissal:
    """Says which frames of one link type the decoder need not see.

    Args:
        link_type: see `link.LINK_TYPES`.
        ports: wanted TCP ports, None for all.
        skipped: counts what is dismissed, by the reasons that `ip.Decoder` gives.
    """

    def __init__(self, link_type: int, ports: frozenset[int] | None, skipped: Counter[str]) -> None:
        self._ethertype, self._ip = _ETHERTYPES.get(link_type, (0, 0))
        self._wanted: frozenset[int] | range = range(1 << 16) if ports is None else ports
        self._skipped = skipped

    def dismisses(self, buffer: bytearray, start: int, end: int) -> bool:
        """Whether the frame between `start` and `end` holds nothing wanted; it is counted then. In doubt it does."""
        if not self._ip:
            return False
        ip = start + self._ip
        in_vxlan = buffer[ip + _PROTOCOL_AT] == UDP and self._is_dull_vxlan(buffer, ip, end)
        why = "other ports" if in_vxlan else self._why(buffer, start + self._ethertype, ip, end)
        if why:
            self._skipped[why] += 1
        return why != ""

    def _is_dull_vxlan(self, buffer: bytearray, ip: int, end: int) -> bool:
        """Whether the packet at `ip` is one of those that _VXLAN is for, and of no interest."""
        wanted = self._wanted
        kind, first, piece, protocol, port, flags, inner, version, fragment, tcp, source, target = (
            _VXLAN.unpack_from(buffer, ip - 2)
        )
        return (
            port in _VXLAN_PORTS
            and tcp == TCP
            and source not in wanted
            and target not in wanted
            and inner == kind == link.IPV4
            and first == version == IPV4
            and fragment in _WHOLE
            and piece in _WHOLE
            and protocol == UDP
            and flags & 0x08 != 0
            and ip + _VXLAN_AT + _TUNNEL_HEADER + 14 + _IPV4_TCP <= end
            and self._ethertype + 2 == self._ip
        )

    def _why(self, buffer: bytearray, place: int, at: int, end: int) -> str:
        """Why there is nothing wanted behind the EtherType at `place`, "" where that takes the decoder to tell.

        Args:
            at: where what it announces begins.
        """
        for _ in range(_DEEPEST):
            if at > end:
                return ""
            (ethertype,) = _ETHERTYPE.unpack_from(buffer, place)
            if ethertype in link.VLAN_TAGS:
                place, at = at + 2, at + 4
                continue
            if ethertype == link.TRANSPARENT_ETHERNET:
                place, at = at + 12, at + 14
                continue
            if ethertype == link.IPV4:
                first, total, fragment, protocol, source, target = _IPV4.unpack_from(buffer, at)
                size, data = _IPV4_TCP, at + 20
                if first != IPV4 or fragment not in _WHOLE:
                    return ""
                packet = at + total
            elif ethertype == link.IPV6:
                first, length, protocol, source, target = _IPV6.unpack_from(buffer, at)
                size, data = _IPV6_TCP, at + 40
                if first >> 4 != 6:
                    return ""
                packet = data + length
            else:
                return (
                    "" if ethertype in link.NESTED or ethertype <= link.LARGEST_LENGTH else "not IP"
                )
            end = min(end, packet)  # padding may follow
            if at + size > end:
                return ""
            if protocol == TCP:
                dull = source not in self._wanted and target not in self._wanted
                return "other ports" if dull else ""
            if protocol != UDP:
                return ""
            if source not in UDP_PORTS and target not in UDP_PORTS:
                return "not TCP"
            header = data + 8
            if target in _VXLAN_PORTS and buffer[header] & 0x08:
                place, at = header + _TUNNEL_HEADER + 12, header + _TUNNEL_HEADER + 14
            elif target == _GENEVE_PORT and not buffer[header] >> 6:
                place, at = header + 2, header + _TUNNEL_HEADER + (buffer[header] & 0x3F) * 4
            else:
                return ""
        return ""
