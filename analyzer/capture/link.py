"""From a frame to its network packet: link types, VLAN tags, MPLS labels, PPPoE."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# EtherTypes (IEEE 802 numbers, IANA). Other networks' protocol numbers are translated to them.
IPV4, IPV6, TRANSPARENT_ETHERNET = 0x0800, 0x86DD, 0x6558
VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200, 0x9300})
_MPLS = frozenset({0x8847, 0x8848})
_PPPOE_SESSION = 0x8864
_PPP_PROTOCOLS = {0x0021: IPV4, 0x0057: IPV6}
LARGEST_LENGTH = 1500  # below, an EtherType is the length of an IEEE 802.2 frame
_SNAP = b"\xaa\xaa\x03\x00\x00\x00"

# Ethertype and offset of a network packet; the EtherType may be one that nobody here decodes.
Place: TypeAlias = tuple[int, int]


def network(link_type: int, data: bytes) -> Place | None:
    """The network packet in a frame of a link type in `LINK_TYPES`, None where it has none."""
    return LINK_TYPES[link_type](data)


def behind(ethertype: int, data: bytes, at: int) -> Place | None:
    """The network packet in what `ethertype` announced at `at`: tags, labels, inner Ethernet passed over."""
    # A turn passes over four bytes or more: it ends with the data, behind which all numbers are 0.
    while True:
        if ethertype == TRANSPARENT_ETHERNET:
            ethertype, at = _number(data, at + 12), at + 14
        elif ethertype in VLAN_TAGS:  # IEEE 802.1Q, also one in another
            ethertype, at = _number(data, at + 2), at + 4
        elif ethertype in _MPLS:
            at = _behind_labels(data, at)
            if data[at : at + 1] >= b"\x10" or at >= len(data):
                return _by_version(data, at)
            # A pseudowire: a control word that begins with 0, then Ethernet (RFC 4448).
            ethertype, at = TRANSPARENT_ETHERNET, at + 4
        elif ethertype == _PPPOE_SESSION:  # RFC 2516: a header of 6 bytes, then as PPP
            return _ppp(data, at + 6)
        elif ethertype <= LARGEST_LENGTH and data[at : at + 6] == _SNAP:
            ethertype, at = _number(data, at + 6), at + 8
        else:
            return ethertype, at


# EtherTypes behind which `behind` looks further; no other one leads to IP.
NESTED = frozenset({TRANSPARENT_ETHERNET, _PPPOE_SESSION}) | VLAN_TAGS | _MPLS


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _behind_labels(data: bytes, at: int) -> int:
    """RFC 3032: labels of 4 bytes, the last of which has the bottom bit set."""
    while at + 4 <= len(data) and not data[at + 2] & 1:
        at += 4
    return at + 4


def _by_version(data: bytes, at: int = 0) -> Place | None:
    ethertype = {4: IPV4, 6: IPV6}.get(data[at] >> 4) if len(data) > at else None
    return (ethertype, at) if ethertype else None


def _ppp(data: bytes, at: int = 0) -> Place | None:
    if (
        data[at : at + 2] == b"\xff\x03"
    ):  # RFC 1662: address and control, where they are not left out
        at += 2
    ethertype = _PPP_PROTOCOLS.get(_number(data, at))
    return (ethertype, at + 2) if ethertype else None


def _null(data: bytes) -> Place | None:
    """A 4-byte address family in the capturing host's byte order; AF_INET6 differs between systems."""
    return _by_version(data, 4)


# LINKTYPE values (tcpdump.org/linktypes.html), and the DLT values some systems write in their place.
LINK_TYPES: dict[int, Callable[[bytes], Place | None]] = {
    0: _null,  # NULL
    1: lambda data: behind(_number(data, 12), data, 14),  # ETHERNET
    9: _ppp,  # PPP
    12: _by_version,  # DLT_RAW
    14: _by_version,  # DLT_RAW of OpenBSD
    50: _ppp,  # PPP_HDLC
    101: _by_version,  # RAW
    108: _null,  # LOOP
    113: lambda data: behind(_number(data, 14), data, 16),  # LINUX_SLL
    228: _by_version,  # IPV4
    229: _by_version,  # IPV6
    276: lambda data: behind(_number(data, 0), data, 20),  # LINUX_SLL2
}
