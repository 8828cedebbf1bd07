"""Rewritings of the file around the frames, and of what lies between a frame and its IP packet."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import struct
import sys
from collections.abc import Callable, Sequence

from tests.makers.files import KUZNETZOV, MICROSECONDS, NANOSECONDS, Pcapng, pcap
from tests.makers.packets import ethernet
from tests.makers.rewrites import Files, Packet, Variant
from tests.makers.wrapping import WRAPPINGS


def plain(packets: Sequence[Packet]) -> bytes:
    """The packets in Ethernet in pcap with nanoseconds."""
    return pcap([(each.time, ethernet(each.data)) for each in packets])


def _pcap(magic: int, order: str) -> Callable[[Sequence[Packet], bytes], Files]:
    return lambda packets, _: [
        pcap([(p.time, ethernet(p.data)) for p in packets], magic=magic, order=order)
    ]


def _fill(pcapng: Pcapng, packets: Sequence[Packet], units: int = 10**6) -> Pcapng:
    for each in packets:
        pcapng.packet(each.time * units // 10**9, ethernet(each.data))
    return pcapng


def _pcapng(order: str) -> Callable[[Sequence[Packet], bytes], Files]:
    return lambda packets, _: [bytes(_fill(Pcapng(order).interface(), packets))]


def _resolution(value: int, units: int, offset: int) -> Callable[[Sequence[Packet], bytes], Files]:
    def make(packets: Sequence[Packet], _: bytes) -> Files:
        pcapng = Pcapng()
        options = pcapng.option(9, bytes([value])) + pcapng.option(14, struct.pack("<q", offset))
        pcapng.interface(options=options + bytes(4))
        moved = [p._replace(time=p.time - offset * 10**9) for p in packets]
        return [bytes(_fill(pcapng, moved, units))]

    return make


def _sections(packets: Sequence[Packet], _: bytes) -> Files:
    pcapng = Pcapng("<").interface()
    for number, each in enumerate(packets):
        if number % 9 == 8:
            pcapng.section("<>"[number // 9 % 2]).interface(link_type=147)
            pcapng.interface()
        pcapng.packet(each.time // 1000, ethernet(each.data), interface=int(number > 7))
    return [bytes(pcapng)]


LINKS = [each for each in WRAPPINGS if each.name in {"ethernet", "sll", "raw-101", "null", "sll2"}]


def _interfaces(packets: Sequence[Packet], _: bytes) -> Files:
    pcapng = Pcapng(">")
    for link in LINKS:
        pcapng.interface(link.link_type)
    for number, each in enumerate(packets):
        index = number % len(LINKS)
        pcapng.packet(each.time // 1000, LINKS[index].around(each.data), interface=index)
    return [bytes(pcapng)]


def _obsolete(packets: Sequence[Packet], _: bytes) -> Files:
    pcapng = Pcapng().interface()
    for each in packets:
        pcapng.obsolete_packet(each.time // 1000, ethernet(each.data))
    return [bytes(pcapng)]


def _simple(packets: Sequence[Packet], _: bytes) -> Files:
    pcapng = Pcapng().interface()
    for each in packets:
        pcapng.simple_packet(ethernet(each.data))
    return [bytes(pcapng)]


def _annotated(packets: Sequence[Packet], _: bytes) -> Files:
    option = Pcapng().option
    pcapng = Pcapng(options=option(1, b"a section") + option(4, b"dumpcap")).interface()
    for number, each in enumerate(packets):
        pcapng.packet(
            each.time // 1000,
            ethernet(each.data),
            options=option(1, b"frame %d" % number) + bytes(4),
        )
        pcapng.block(0xBAD, struct.pack("<I", 32473) + b"custom")
        pcapng.block(5, bytes(12))
    pcapng.names(
        (packets[0].data[12:16], "client.example"), (packets[0].data[16:20], "hsm.example")
    )
    return [bytes(pcapng)]


def _secrets_first(packets: Sequence[Packet], keys: bytes) -> Files:
    return [bytes(_fill(Pcapng().secrets(keys).interface(), packets))]


def _secrets_last(packets: Sequence[Packet], keys: bytes) -> Files:
    return [bytes(_fill(Pcapng().interface(), packets).secrets(keys))]


def _secrets_in_a_comment(packets: Sequence[Packet], keys: bytes) -> Files:
    pcapng = Pcapng()
    return [bytes(_fill(pcapng.interface(options=pcapng.option(1, keys)), packets))]


def _other_traffic(packets: Sequence[Packet], _: bytes) -> Files:
    """Among frames of no interest, some of them broken."""
    others = (
        ethernet(b"\x45" + bytes(8) + b"\x11" + bytes(40)),
        ethernet(
            b"\x45\0\0\x28" + bytes(5) + b"\x06" + bytes(10) + b"\x01\xbb\x9c\x40" + bytes(16)
        ),
        bytes(12) + b"\x08\x06" + bytes(28),
        b"",
        bytes(12) + b"\x86\xdd" + b"\x60" + bytes(50),
    )
    records = []
    for number, each in enumerate(packets):
        records += [(each.time, others[number % len(others)]), (each.time, ethernet(each.data))]
    return [pcap(records)]


def _compressed(compress: Callable[[bytes], bytes]) -> Callable[[Sequence[Packet], bytes], Files]:
    return lambda packets, _: [compress(plain(packets))]


def _zstd(data: bytes) -> bytes:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return importlib.import_module(name).compress(data)


def _lz4(data: bytes) -> bytes:
    return importlib.import_module("lz4.frame").compress(data)


def _wrapped(
    around: Callable[[bytes], bytes], link: int
) -> Callable[[Sequence[Packet], bytes], Files]:
    def make(packets: Sequence[Packet], _: bytes) -> Files:
        # The length of an IEEE 802.3 frame is at most 1500.
        small = [piece for each in packets for piece in each.pieces(1400)]
        return [pcap([(each.time, around(each.data)) for each in small], link_type=link)]

    return make


def _ring(packets: Sequence[Packet], _: bytes) -> Files:
    """Three files of a ring buffer, given in the order of their reused names."""
    third = len(packets) // 3
    parts = packets[third : 2 * third], packets[2 * third :], packets[:third]
    return [plain(part) for part in parts]


def _per_side(packets: Sequence[Packet], _: bytes) -> Files:
    return [plain([each for each in packets if each.side == side]) for side in (1, 0)]


# What tshark 4.0 makes nothing of: the other byte order's address family, DLT_RAW of OpenBSD, ...
TSHARK_CANNOT = {"null-other-order", "raw-14", "raw-12", "erspan-1", "ppp-hdlc", "qinq-9100"}

FILES = (
    *(
        Variant(f"pcap-{name}-{'little' if order == '<' else 'big'}", _pcap(magic, order))
        for name, magic in (("us", MICROSECONDS), ("ns", NANOSECONDS), ("kuznetzov", KUZNETZOV))
        for order in "<>"
    ),
    Variant("pcapng-little", _pcapng("<")),
    Variant("pcapng-big", _pcapng(">")),
    Variant("pcapng-nanoseconds", _resolution(9, 10**9, 0)),
    Variant("pcapng-binary-fractions-and-offset", _resolution(0x80 | 24, 1 << 24, 1_000_000_000)),
    Variant("pcapng-sections", _sections),
    Variant("pcapng-interfaces-of-five-link-types", _interfaces),
    Variant("pcapng-obsolete-packets", _obsolete),
    Variant("pcapng-simple-packets", _simple, times=False, tshark="segments"),
    Variant("pcapng-comments-names-custom-blocks", _annotated),
    Variant("pcapng-secrets-first", _secrets_first, embedded=True),
    Variant("pcapng-secrets-last", _secrets_last, embedded=True),
    Variant("pcapng-secrets-in-a-comment", _secrets_in_a_comment, embedded=True),
    Variant("among-other-traffic", _other_traffic),
    Variant("gzip", _compressed(gzip.compress)),
    Variant("zstd", _compressed(_zstd)),
    Variant("lz4", _compressed(_lz4)),
    Variant("bzip2", _compressed(bz2.compress), tshark=""),
    Variant("xz", _compressed(lzma.compress), tshark=""),
    Variant("ring-buffer", _ring, tshark=""),
    Variant("a-file-a-direction", _per_side, tshark=""),
)

LINK_TYPES_AND_TUNNELS = tuple(
    Variant(
        each.name,
        _wrapped(each.around, each.link_type),
        tshark="" if each.name in TSHARK_CANNOT else "tls",
        scapy=each.scapy,
    )
    for each in WRAPPINGS
)
