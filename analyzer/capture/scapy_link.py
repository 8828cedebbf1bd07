"""From a frame to its TCP segment by scapy: link types unknown to `link`, and the second opinion on all frames.

scapy finds the layers; what they hold is told in the same values as `ip.Decoder` tells it. Slow, and
imported at the first frame only.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from analyzer.capture import icmp
from analyzer.capture.fragments import Fragments
from analyzer.capture.items import SYN, IcmpError, Segment
from analyzer.stream import Span

# IP protocol numbers (IANA).
_ICMP, _TCP, _FRAGMENT, _ICMPV6 = 1, 6, 44, 58
_EXTENSIONS = frozenset({0, 43, _FRAGMENT, 51, 60, 135, 139, 140})

_LARGEST = 65_535
_DEEPEST_TUNNEL = 8

# What defines the layers that lead to IP, and binds them to each other.
_MODULES = (
    "scapy.layers.l2",
    "scapy.layers.inet",
    "scapy.layers.inet6",
    "scapy.layers.ppp",
    "scapy.layers.vxlan",
    "scapy.layers.dot11",
    "scapy.layers.pflog",
    "scapy.layers.sixlowpan",
    "scapy.contrib.erspan",
    "scapy.contrib.etherip",
    "scapy.contrib.geneve",
    "scapy.contrib.gtp",
    "scapy.contrib.mpls",
)

# Bindings that scapy lacks: layer, its field, value, what follows.
_BINDINGS = (
    *(
        (layer, field, value, following)
        for layer, field in (("Ether", "type"), ("Dot1Q", "type"), ("Dot1AD", "type"), ("CookedLinux", "proto"))
        for value, following in (
            (0x8847, "MPLS"),
            (0x8848, "MPLS"),
            (0x8864, "PPPoE"),
            (0x88A8, "Dot1AD"),
            (0x9100, "Dot1AD"),
            (0x9200, "Dot1AD"),
            (0x9300, "Dot1AD"),
        )
    ),
    ("GRE", "proto", 0x8848, "MPLS"),
    # AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS.
    *(
        (layer, "type", family, "IPv6")
        for layer in ("Loopback", "LoopbackOpenBSD")
        for family in (24, 28, 30)
    ),
)  # fmt: skip

# Numbers that scapy does not know of link types that it knows.
_SAME_AS = {14: 101}  # DLT_RAW of OpenBSD


@cache
def _layers() -> dict[str, Any]:
    """Scapy's layer classes by name, with all bindings in place."""
    layers: dict[str, Any] = {}
    for module in _MODULES:
        layers |= vars(importlib.import_module(module))
    bind = importlib.import_module("scapy.packet").bind_bottom_up
    for layer, field, value, following in _BINDINGS:
        bind(layers[layer], layers[following], {field: value})
    return layers


@cache
def _link_layer(link_type: int) -> Any:
    """Scapy's class for frames of this type, None where it has none."""
    _layers()
    link_type = _SAME_AS.get(link_type, link_type)
    return importlib.import_module("scapy.config").conf.l2types.num2layer.get(link_type)


class _Packet(NamedTuple):
    """What an IP header says of its payload.

    Attributes:
        addresses: source and destination.
        protocol: of the payload.
        payload: the layer.
        size: of the payload on the wire.
        ttl, ip_id: see `Segment`.
        at: its frames.
    """

    addresses: bytes
    protocol: int
    payload: Any
    size: int
    ttl: int
    ip_id: int
    at: Span


class ScapyDecoder:
    """Frames to what they hold of the wanted connections (a `glance.FrameDecoder`).

    Args:
        ports: wanted TCP ports, None for all.
        skipped: counts what was passed over, by reason.
    """

    def __init__(self, ports: frozenset[int] | None, skipped: Counter[str]) -> None:
        self._ports = ports
        self._skipped = skipped
        self._fragments = Fragments()

    def frame(self, link_type: int, data: bytes, wire: int, at: Span) -> Segment | IcmpError | None:
        """What a frame holds; `wire` is its length on the wire, of which `data` was captured."""
        link_layer = _link_layer(link_type)
        if link_layer is None:
            return self._skip(f"link type {link_type}")
        try:
            return self._walk(link_layer(data), wire, at)
        except Exception:  # noqa: BLE001 - of a broken packet a layer of scapy's may raise anything
            return self._skip("scapy failed")

    def finish(self) -> None:
        """The capture has ended: count what waited for more frames."""
        self._fragments.finish()
        if self._fragments.dropped:
            self._skipped["incomplete fragments"] += self._fragments.dropped

    def _skip(self, why: str) -> Segment | None:
        """Count what is passed over; gives None."""
        self._skipped[why] += 1
        return None

    def _walk(self, layer: Any, wire: int, at: Span) -> Segment | IcmpError | None:
        """Layer by layer inwards, until TCP or nothing more that leads to it."""
        known = _layers()
        # The enclosing packet's payload: its length on the wire, and what was captured of it.
        size, held = wire, len(layer.original)
        packet: _Packet | None = None
        path: tuple[str, ...] = ()
        name = ""  # of the tunnel behind `packet`
        while layer:
            if isinstance(layer, known["IP"] | known["IPv6"]):
                if packet:
                    path = (*path, name or ("IP-in-IP" if layer.version == 4 else "6in4"))
                    name = ""
                if len(path) > _DEEPEST_TUNNEL:
                    return self._skip("tunnels too deep")
                read = self._ipv4 if isinstance(layer, known["IP"]) else self._ipv6
                packet = read(layer, size - (held - len(layer.original)), at)
                if packet is None:
                    return None
                layer, at = packet.payload, packet.at
                size, held = packet.size, len(layer.original)
                if packet.protocol in {_ICMP, _ICMPV6}:
                    error = icmp.error(packet.addresses, layer.original, at)
                    return error if error and self._wanted(error.key) else self._skip("not TCP")
            elif isinstance(layer, known["TCP"]) and packet and packet.protocol == _TCP:
                return self._segment(layer, packet, path)
            else:
                name = _tunnel(layer) or name
                layer = layer.payload
        return self._skip("not TCP" if packet else "not IP")

    def _ipv4(self, layer: Any, room: int, at: Span) -> _Packet | None:
        """RFC 791; `room` is what the packet can take on the wire, where its length is 0."""
        raw, header = layer.original, layer.ihl * 4
        if len(raw) < 20 or header < 20:
            self._skip("broken IP header")
            return None
        addresses, protocol = raw[12:20], layer.proto
        size = max(0, (layer.len or room) - header)
        if layer.flags.MF or layer.frag:
            whole = self._fragments.add(
                addresses + raw[4:6] + raw[9:10],
                layer.frag * 8,
                raw[header : header + size],
                last=not layer.flags.MF,
                at=at,
            )
            if whole is None:
                return None
            payload, at = whole
            size = len(payload)
            total = header + size if header + size <= _LARGEST else 0
            head = raw[:2] + total.to_bytes(2, "big") + raw[4:6] + bytes(2) + raw[8:header]
            layer = _layers()["IP"](head + payload)
        return _Packet(addresses, protocol, layer.payload, size, layer.ttl, layer.id, at)

    def _ipv6(self, layer: Any, room: int, at: Span) -> _Packet | None:
        """RFC 8200, with its extension headers; `room` as in `_ipv4`."""
        raw = layer.original
        if len(raw) < 40:
            self._skip("broken IP header")
            return None
        size = layer.plen or max(0, room - 40)
        if not layer.plen:
            layer = _sized_ipv6(raw[:40], layer.nh, raw[40:])
        hops, protocol, layer = layer.hlim, layer.nh, layer.payload
        while protocol in _EXTENSIONS and hasattr(layer, "nh"):
            following = layer.payload
            if protocol == _FRAGMENT and (layer.m or layer.offset):
                whole = self._fragments.add(
                    raw[8:40] + layer.original[4:8],
                    layer.offset * 8,
                    layer.original[8:],
                    last=not layer.m,
                    at=at,
                )
                if whole is None:
                    return None
                payload, at = whole
                size, following = len(payload), _sized_ipv6(raw[:40], layer.nh, payload).payload
            else:
                size -= len(layer.original) - len(following.original)
            protocol, layer = layer.nh, following
        return _Packet(raw[8:40], protocol, layer, size, hops, 0, at)

    def _segment(self, layer: Any, packet: _Packet, path: tuple[str, ...]) -> Segment | None:
        """RFC 9293 section 3.1."""
        data = layer.original
        if len(data) < 20:
            return self._skip("broken TCP header")
        if not self._wanted(data[:4]):
            return self._skip("other ports")
        header = layer.dataofs * 4
        if header < 20 or header > packet.size:
            return self._skip("broken TCP header")
        payload = data[header : packet.size]
        flags = int(layer.flags) & 0xFF
        return Segment(
            key=packet.addresses + data[:4],
            seq=layer.seq,
            ack=layer.ack,
            flags=flags,
            window=layer.window,
            payload=payload,
            missing=packet.size - header - len(payload),
            at=packet.at,
            ttl=packet.ttl,
            ip_id=packet.ip_id,
            options=data[20:header] if flags & SYN else b"",
            path=path,
        )

    def _wanted(self, key: bytes) -> bool:
        """Whether one of the two ports that `key` ends with is."""
        return (
            self._ports is None
            or int.from_bytes(key[-4:-2], "big") in self._ports
            or int.from_bytes(key[-2:], "big") in self._ports
        )


def _sized_ipv6(head: bytes, protocol: int, payload: bytes) -> Any:
    """An IPv6 packet whose length field tells the length of `payload`, as far as it can."""
    size = min(len(payload), _LARGEST)
    head = head[:4] + size.to_bytes(2, "big") + bytes([protocol]) + head[7:]
    return _layers()["IPv6"](head + payload)


def _tunnel(layer: Any) -> str:
    """The tunnel that `layer` begins, in the words of `tunnels`, "" for none."""
    describe = _TUNNELS.get(type(layer).__name__)
    return describe(layer) if describe else ""


_TUNNELS: dict[str, Callable[[Any], str]] = {
    "VXLAN": lambda layer: f"VXLAN {layer.vni}",
    "GENEVE": lambda layer: f"GENEVE {layer.vni}",
    "GTP_U_Header": lambda layer: f"GTP-U {layer.teid}",
    "GRE": lambda layer: f"GRE {layer.key}" if layer.key_present else "GRE",
    "ERSPAN_I": lambda _: "ERSPAN I",
    "ERSPAN_II": lambda layer: f"ERSPAN II {layer.session_id}",
    "ERSPAN_III": lambda layer: f"ERSPAN III {layer.session_id}",
    "EtherIP": lambda _: "EtherIP",
}
