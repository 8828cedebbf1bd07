"""ICMP errors that quote a TCP packet (RFC 792, RFC 1191, RFC 4443)."""

from __future__ import annotations

import ipaddress

from analyzer.capture.items import IcmpError
from analyzer.stream import Span

_TCP = 6

_UNREACHABLE_V4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    13: "communication administratively prohibited",
}
_UNREACHABLE_V6 = {
    0: "no route",
    1: "communication administratively prohibited",
    2: "beyond scope of source address",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address failed ingress policy",
    6: "reject route",
}
# ICMP type -> words, per version.
_TYPES = (
    {
        3: "destination unreachable",
        4: "source quench",
        11: "time exceeded",
        12: "parameter problem",
    },
    {1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem"},
)


def error(addresses: bytes, data: bytes, at: Span) -> IcmpError | None:
    """The error in an ICMP message, None where it is none or quotes no TCP packet.

    Args:
        addresses: source and destination of the message itself.
        data: the message.
        at: its frame.
    """
    v6 = len(addresses) == 32
    if len(data) < 8 + 20 or data[0] not in _TYPES[v6]:
        return None
    quoted = _quoted_key(data[8:])
    if quoted is None:
        return None
    kind, code = data[0], data[1]
    description = _TYPES[v6][kind]
    detail = (
        (_UNREACHABLE_V6 if v6 else _UNREACHABLE_V4).get(code) if kind == (1 if v6 else 3) else None
    )
    mtu = None
    if v6 and kind == 2:
        mtu = int.from_bytes(data[4:8], "big")
    elif not v6 and (kind, code) == (3, 4):
        mtu = int.from_bytes(data[6:8], "big") or None
    return IcmpError(
        key=quoted,
        source=str(ipaddress.ip_address(addresses[: len(addresses) // 2])),
        kind=kind,
        code=code,
        version=6 if v6 else 4,
        description=f"{description}: {detail}" if detail else description,
        mtu=mtu,
        at=at,
    )


def _quoted_key(packet: bytes) -> bytes | None:
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        if packet[9] == _TCP and len(packet) >= header + 4:
            return packet[12:20] + packet[header : header + 4]
    elif packet[0] >> 4 == 6 and len(packet) >= 44 and packet[6] == _TCP:
        return packet[8:40] + packet[40:44]
    return None
