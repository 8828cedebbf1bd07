"""Ways a packet reaches a capture: link types, tags, labels and tunnels around one IP packet.

Built by scapy, so that what `analyzer.capture` reads was not written by its own ideas of a header.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II, ERSPAN_III, ERSPAN_PlatformSpecific
    from scapy.contrib.etherip import EtherIP
    from scapy.contrib.geneve import GENEVE, GeneveOptions
    from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
    from scapy.contrib.mpls import MPLS, EoMCW
    from scapy.layers.inet import IP, UDP
    from scapy.layers.inet6 import (
        IPv6,
        IPv6ExtHdrDestOpt,
        IPv6ExtHdrHopByHop,
        IPv6ExtHdrRouting,
    )
    from scapy.layers.l2 import (
        GRE,
        LLC,
        SNAP,
        CookedLinux,
        CookedLinuxV2,
        Dot1AD,
        Dot1Q,
        Dot3,
        Ether,
    )
    from scapy.layers.ppp import PPP, PPPoE
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Packet, Raw

ETHER = Ether(src="02:00:00:00:00:0a", dst="02:00:00:00:00:0b")
OUTER = IP(src="192.0.2.1", dst="192.0.2.2", id=7)
OUTER6 = IPv6(src="2001:db8::1", dst="2001:db8::2")
# The options of a Gateway Load Balancer: endpoint, attachment, flow cookie (all of class 0x0108).
AMAZON = [
    GeneveOptions(classid=0x0108, type=1, data=bytes(8)),
    GeneveOptions(classid=0x0108, type=2, data=bytes(8)),
    GeneveOptions(classid=0x0108, type=3, data=b"\1\2\3\4"),
]


@dataclass(frozen=True)
class Wrapping:
    """How to wrap an IP packet.

    Attributes:
        link_type: of the frames. around: makes a frame of an IP packet.
        path: the tunnels that a reader must tell.
        scapy: whether scapy's own dissection finds the packet again.
    """

    name: str
    link_type: int
    around: Callable[[bytes], bytes]
    path: tuple[str, ...] = ()
    scapy: bool = True


def _type(packet: bytes) -> int:
    return 0x86DD if packet[0] >> 4 == 6 else 0x0800


def _inner(packet: bytes) -> Packet:
    """The packet in an Ethernet frame of its own."""
    inner = Ether(src="02:00:00:00:01:0a", dst="02:00:00:00:01:0b", type=_type(packet))
    return inner / Raw(packet)


def _ether(packet: bytes) -> bytes:
    return bytes(Ether(src=ETHER.src, dst=ETHER.dst, type=_type(packet)) / Raw(packet))


def _tagged(*tags: Packet) -> Callable[[bytes], bytes]:
    """Ethernet with tags; the last one names the packet."""

    def around(packet: bytes) -> bytes:
        frame = ETHER.copy()
        for tag in tags:
            frame /= tag.copy()
        frame.lastlayer().type = _type(packet)
        return bytes(frame / Raw(packet))

    return around


def _in(*layers: Packet) -> Callable[[bytes], bytes]:
    """Ethernet, the layers, then the packet."""

    def around(packet: bytes) -> bytes:
        frame = ETHER.copy()
        for layer in layers:
            frame /= layer.copy()
        return bytes(frame / Raw(packet))

    return around


def _with_ether(*layers: Packet) -> Callable[[bytes], bytes]:
    """Ethernet, the layers, an inner Ethernet frame with the packet."""
    wrap = _in(*layers)
    return lambda packet: wrap(bytes(_inner(packet)))


def _snap(packet: bytes) -> bytes:
    return bytes(
        Dot3(src=ETHER.src, dst=ETHER.dst)
        / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
        / SNAP(code=_type(packet))
        / Raw(packet)
    )


def _geneve_ip(packet: bytes) -> bytes:
    return _in(OUTER, UDP(sport=60001, dport=6081), GENEVE(proto=_type(packet), options=AMAZON))(
        packet
    )


def _gre(**fields: int) -> Callable[[bytes], bytes]:
    return lambda packet: _in(OUTER, GRE(proto=_type(packet), **fields))(packet)


def _in_ip(packet: bytes) -> bytes:
    outer = OUTER.copy()
    outer.proto = 41 if packet[0] >> 4 == 6 else 4
    return _in(outer)(packet)


def _in_ip6(packet: bytes) -> bytes:
    outer = OUTER6.copy()
    outer.nh = 41 if packet[0] >> 4 == 6 else 4
    return _in(outer)(packet)


def _vxlan(vni: int = 4711, port: int = 4789) -> tuple[Packet, ...]:
    return (OUTER, UDP(sport=50000, dport=port), VXLAN(vni=vni, flags=8))


def _ppp(packet: bytes) -> bytes:
    return bytes(PPP(proto=0x57 if packet[0] >> 4 == 6 else 0x21) / Raw(packet))


def _pppoe(packet: bytes) -> bytes:
    ether = Ether(src=ETHER.src, dst=ETHER.dst, type=0x8864)
    return bytes(ether / PPPoE(sessionid=3) / Raw(_ppp(packet)))


NULL_FAMILIES = {4: 2, 6: 30}


def _null(order: str) -> Callable[[bytes], bytes]:
    return lambda packet: struct.pack(f"{order}I", NULL_FAMILIES[packet[0] >> 4]) + packet


def _extended(packet: bytes) -> bytes:
    """IPv6 with a chain of extension headers; IPv4 with options that do nothing."""
    if packet[0] >> 4 == 6:
        outer = IPv6(packet)
        chain = IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting() / IPv6ExtHdrDestOpt() / Raw(packet[40:])
        chain.lastlayer().underlayer.nh = packet[6]
        head = IPv6(src=outer.src, dst=outer.dst, hlim=outer.hlim)
        return _ether(bytes(head / chain))
    head = bytearray(packet[:20])
    head[0] = 0x46
    head[2:4] = (int.from_bytes(packet[2:4], "big") + 4).to_bytes(2, "big")
    return _ether(bytes(head) + bytes(3) + b"\0" + packet[20:])


WRAPPINGS = (
    Wrapping("ethernet", 1, _ether),
    Wrapping("ethernet-padded", 1, lambda packet: _ether(packet) + bytes(18)),
    Wrapping("802.1q", 1, _tagged(Dot1Q(vlan=7))),
    Wrapping("qinq", 1, _tagged(Dot1AD(vlan=100), Dot1Q(vlan=7))),
    Wrapping("qinq-8100", 1, _tagged(Dot1Q(vlan=100), Dot1Q(vlan=7))),
    Wrapping("qinq-9100", 1, _tagged(Dot1AD(vlan=100), Dot1Q(vlan=7))),
    Wrapping("snap", 1, _snap),
    Wrapping("mpls", 1, _in(MPLS(label=1000, s=0), MPLS(label=16, s=1))),
    Wrapping(
        "mpls-pseudowire", 1, _with_ether(MPLS(label=1000, s=1), EoMCW(zero=0, reserved=0, seq=1))
    ),
    Wrapping("pppoe", 1, _pppoe),
    Wrapping("ppp", 9, _ppp),
    Wrapping("ppp-hdlc", 50, lambda packet: b"\xff\x03" + _ppp(packet)),
    Wrapping("sll", 113, lambda p: bytes(CookedLinux(proto=_type(p), pkttype=4) / Raw(p))),
    Wrapping(
        "sll-802.1q",
        113,
        lambda p: bytes(CookedLinux(proto=0x8100) / Dot1Q(vlan=7, type=_type(p)) / Raw(p)),
    ),
    Wrapping("sll2", 276, lambda p: bytes(CookedLinuxV2(proto=_type(p)) / Raw(p))),
    Wrapping("raw-101", 101, lambda packet: packet),
    Wrapping("raw-12", 12, lambda packet: packet),
    Wrapping("raw-14", 14, lambda packet: packet),
    Wrapping("null", 0, _null("<")),
    Wrapping("null-other-order", 0, _null(">"), scapy=False),
    Wrapping("loop", 108, _null(">")),
    Wrapping("extended", 1, _extended),
    Wrapping("vxlan", 1, _with_ether(*_vxlan()), ("VXLAN 4711",)),
    Wrapping("vxlan-8472", 1, _with_ether(*_vxlan(port=8472)), ("VXLAN 4711",)),
    Wrapping(
        "vxlan-over-ipv6",
        1,
        _with_ether(OUTER6, UDP(sport=50000, dport=4789), VXLAN(vni=5, flags=8)),
        ("VXLAN 5",),
    ),
    Wrapping("geneve-ip", 1, _geneve_ip, ("GENEVE 0",)),
    Wrapping(
        "geneve-ethernet",
        1,
        _with_ether(OUTER, UDP(sport=60001, dport=6081), GENEVE(vni=99, proto=0x6558)),
        ("GENEVE 99",),
    ),
    Wrapping(
        "vxlan-in-geneve",
        1,
        lambda packet: _geneve_ip(_with_ether(*_vxlan(vni=8))(packet)[14:]),
        ("GENEVE 0", "VXLAN 8"),
    ),
    Wrapping("gre", 1, _gre(), ("GRE",)),
    Wrapping(
        "gre-key-sequence",
        1,
        _gre(key_present=1, key=77, seqnum_present=1, sequence_number=3, chksum_present=1),
        ("GRE 77",),
    ),
    Wrapping("gre-ethernet", 1, _with_ether(OUTER, GRE(proto=0x6558)), ("GRE",)),
    Wrapping("erspan-1", 1, _with_ether(OUTER, GRE(proto=0x88BE), ERSPAN_I()), ("ERSPAN I",)),
    Wrapping(
        "erspan-2",
        1,
        _with_ether(
            OUTER,
            GRE(proto=0x88BE, seqnum_present=1, sequence_number=9),
            ERSPAN_II(session_id=12),
        ),
        ("ERSPAN II 12",),
    ),
    Wrapping(
        "erspan-3",
        1,
        _with_ether(
            OUTER,
            GRE(proto=0x22EB, seqnum_present=1, sequence_number=9),
            ERSPAN_III(session_id=13),
        ),
        ("ERSPAN III 13",),
    ),
    Wrapping(
        "erspan-3-platform",
        1,
        _with_ether(
            OUTER,
            GRE(proto=0x22EB, seqnum_present=1, sequence_number=9),
            ERSPAN_III(session_id=13, o=1),
            ERSPAN_PlatformSpecific(),
        ),
        ("ERSPAN III 13",),
    ),
    Wrapping(
        "gtp-u",
        1,
        _in(OUTER, UDP(sport=2152, dport=2152), GTP_U_Header(teid=0x1234, gtp_type=255)),
        (f"GTP-U {0x1234}",),
    ),
    Wrapping(
        "gtp-u-extension",
        1,
        _in(
            OUTER,
            UDP(sport=2152, dport=2152),
            GTP_U_Header(teid=5, gtp_type=255, E=1, next_ex=0x85),
            GTPPDUSessionContainer(type=1, QFI=9),
        ),
        ("GTP-U 5",),
    ),
    Wrapping("ip-in-ip", 1, _in_ip, ("in IP",)),
    Wrapping("ip-in-ipv6", 1, _in_ip6, ("in IP",)),
    Wrapping("etherip", 1, _with_ether(OUTER, EtherIP()), ("EtherIP",)),
)


def path_of(wrapping: Wrapping, packet: bytes) -> tuple[str, ...]:
    """The tunnels that a reader must tell of this packet so wrapped."""
    inside = "6in4" if packet[0] >> 4 == 6 else "IP-in-IP"
    return tuple(inside if name == "in IP" else name for name in wrapping.path)
