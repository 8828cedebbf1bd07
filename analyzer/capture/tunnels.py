"""Tunnels: the packet in an IP payload that is not TCP.

VPC Traffic Mirroring sends VXLAN, a Gateway Load Balancer GENEVE; the others are met between a client
and its HSM, or on the way of a mirrored port to the capture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from analyzer.capture.link import IPV4, IPV6, TRANSPARENT_ETHERNET

# What it is (an EtherType), where it begins, and the tunnel's name.
Inner: TypeAlias = tuple[int, int, str]


def inside(protocol: int, data: bytes) -> Inner | None:
    """The packet in the payload `data` of an IP packet of `protocol`, None where there is none."""
    decode = PROTOCOLS.get(protocol)
    return decode(data) if decode else None


def _udp(data: bytes) -> Inner | None:
    if len(data) < 8:
        return None
    decode = UDP_PORTS.get(_number(data, 2, 2)) or UDP_PORTS.get(_number(data, 0, 2))
    return decode(data) if decode else None


def _vxlan(data: bytes) -> Inner | None:
    """RFC 7348 section 5: UDP, a header of 8 bytes, Ethernet."""
    if len(data) < 16 or not data[8] & 0x08:
        return None
    return TRANSPARENT_ETHERNET, 16, f"VXLAN {_number(data, 12, 3)}"


def _geneve(data: bytes) -> Inner | None:
    """RFC 8926 section 3.4: UDP, a header of 8 bytes, options in words of 4 bytes, any EtherType."""
    if len(data) < 16 or data[8] >> 6:
        return None
    start = 16 + (data[8] & 0x3F) * 4
    return _number(data, 10, 2), start, f"GENEVE {_number(data, 12, 3)}"


def _gtp(data: bytes) -> Inner | None:
    """3GPP TS 29.281 section 5: version 1, message type 255 carries a user's packet."""
    if len(data) < 16 or data[8] >> 4 != 3 or data[9] != 255:
        return None
    start = 16
    if data[8] & 7:  # sequence number, N-PDU number and the type of the first extension header
        start, following = 20, _number(data, 19, 1)
        while following:
            size = _number(data, start, 1) * 4
            if not size:
                return None
            start += size
            following = _number(data, start - 1, 1)
    ethertype = {4: IPV4, 6: IPV6}.get(_number(data, start, 1) >> 4)
    return (ethertype, start, f"GTP-U {_number(data, 12, 4)}") if ethertype else None


def _gre(data: bytes) -> Inner | None:
    """RFC 2784, RFC 2890: a key and a sequence number may follow; ERSPAN has protocol numbers of its own."""
    if len(data) < 4 or data[1] & 7 or data[0] & 0x40:
        return None  # another version (PPTP), or the source routes that RFC 2784 took away
    checksum, key, sequence = data[0] & 0x80, data[0] & 0x20, data[0] & 0x10
    protocol = _number(data, 2, 2)
    start = 4 + 4 * bool(checksum) + 4 * bool(key) + 4 * bool(sequence)
    if protocol == _ERSPAN_III:
        session = _number(data, start + 2, 2) & 0x3FF
        subheader = 8 if _number(data, start + 11, 1) & 1 else 0
        return TRANSPARENT_ETHERNET, start + 12 + subheader, f"ERSPAN III {session}"
    if protocol == _ERSPAN and sequence:
        return TRANSPARENT_ETHERNET, start + 8, f"ERSPAN II {_number(data, start + 2, 2) & 0x3FF}"
    if protocol == _ERSPAN:  # type I has no header, and no sequence number in GRE's
        return TRANSPARENT_ETHERNET, start, "ERSPAN I"
    name = f"GRE {_number(data, 8 if checksum else 4, 4)}" if key else "GRE"
    return protocol, start, name


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


# draft-foschiano-erspan-03 section 4
_ERSPAN, _ERSPAN_III = 0x88BE, 0x22EB

# 8472 is Linux's VXLAN from before IANA gave it a port.
UDP_PORTS: dict[int, Callable[[bytes], Inner | None]] = {
    2152: _gtp,
    4789: _vxlan,
    6081: _geneve,
    8472: _vxlan,
}

# IP protocol numbers (IANA).
PROTOCOLS: dict[int, Callable[[bytes], Inner | None]] = {
    4: lambda _: (IPV4, 0, "IP-in-IP"),  # RFC 2003
    17: _udp,
    41: lambda _: (IPV6, 0, "6in4"),  # RFC 4213; inside IPv6 RFC 2473
    47: _gre,
    97: lambda _: (TRANSPARENT_ETHERNET, 2, "EtherIP"),  # RFC 3378
}
