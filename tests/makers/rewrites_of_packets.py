"""Rewritings of IP and TCP: what networks, hosts and taps do to packets."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Callable, Sequence

from analyzer.capture.items import ACK, FIN, SYN, URG
from tests.makers.files import pcap
from tests.makers.packets import ethernet, ipv4, ipv6
from tests.makers.rewrites import Files, Packet, Variant
from tests.makers.rewrites_of_files import plain

Change = Callable[[list[Packet]], list[Packet]]
MASK = 0xFFFF_FFFF


def _of(change: Change) -> Callable[[Sequence[Packet], bytes], Files]:
    """The packets changed, in one plain file, each at the time of its place."""

    def make(packets: Sequence[Packet], _: bytes) -> Files:
        changed = change(list(packets))
        start = packets[0].time
        return [plain([each._replace(time=start + n * 50_000) for n, each in enumerate(changed)])]

    return make


def _opening(packets: list[Packet]) -> int:
    """How many packets the handshake takes."""
    return next(number for number, each in enumerate(packets) if each.payload)


def _each(change: Callable[[Packet], Sequence[Packet]]) -> Change:
    return lambda packets: [new for each in packets for new in change(each)]


def _split(size: int) -> Change:
    """Segments of at most so many bytes."""

    return _each(lambda packet: packet.pieces(size))


def _merge(packets: list[Packet]) -> list[Packet]:
    """What GRO makes of them: all segments in a row of one side are one."""
    merged: list[Packet] = []
    for each in packets:
        last = merged[-1] if merged else None
        if (
            last
            and last.side == each.side
            and last.payload
            and each.payload
            and each.seq == (last.seq + len(last.payload)) & MASK
        ):
            merged[-1] = last.changed(
                payload=last.payload + each.payload, flags=each.flags, ack=each.ack
            )
        else:
            merged.append(each)
    return merged


def _without_acks(packets: list[Packet]) -> list[Packet]:
    start = _opening(packets)
    return packets[:start] + [p for p in packets[start:] if p.payload or p.flags & FIN]


def _giants(packets: list[Packet]) -> list[Packet]:
    return _merge(_without_acks(packets))


def _reversed_in_groups(size: int) -> Change:
    def change(packets: list[Packet]) -> list[Packet]:
        start = _opening(packets)
        rest = packets[start:]
        groups = [rest[at : at + size][::-1] for at in range(0, len(rest), size)]
        return packets[:start] + [each for group in groups for each in group]

    return change


def _shuffled(packets: list[Packet]) -> list[Packet]:
    small = _split(100)(packets)
    start = _opening(small)
    rest = small[start:]
    random.Random(7).shuffle(rest)
    return small[:start] + rest


def _all_backwards(packets: list[Packet]) -> list[Packet]:
    return packets[::-1]


def _delayed(side: int) -> Change:
    return lambda packets: (
        [p for p in packets if p.side != side] + [p for p in packets if p.side == side]
    )


def _again_later(packets: list[Packet]) -> list[Packet]:
    """Every segment is sent again, three packets later."""
    out: list[Packet] = []
    for number, each in enumerate(packets):
        out.append(each)
        if number >= 3 and packets[number - 3].payload:
            out.append(packets[number - 3].changed(ip_id=40_000 + number))
    return out


def _overlapping(filler: bytes | None) -> Change:
    """Segments reach 20 bytes back, over bytes already sent: the same, or other ones."""

    def change(packets: list[Packet]) -> list[Packet]:
        before = [b"", b""]
        out = []
        for each, is_new in _new(packets):
            known = before[each.side][-20:] if is_new else b""
            if known:
                lead = known if filler is None else filler * len(known)
                out.append(each.changed(seq=each.seq - len(lead), payload=lead + each.payload))
            else:
                out.append(each)
            if is_new:
                before[each.side] += each.payload
        return out

    return change


def _new(packets: list[Packet]) -> list[tuple[Packet, bool]]:
    """Each packet, and whether it has data that its side sends for the first time and in order."""
    following: dict[int, int] = {}
    out = []
    for each in packets:
        is_new = bool(each.payload) and following.get(each.side, each.seq) == each.seq
        if is_new:
            following[each.side] = (each.seq + len(each.payload)) & MASK
        out.append((each, is_new))
    return out


def _wrapping_around(packets: list[Packet]) -> list[Packet]:
    """Both sides' sequence numbers pass 2**32 in the handshake."""
    first = [next(p.seq for p in packets if p.side == side) for side in (0, 1)]
    shift = [(0xFFFF_FF00 - first[0]) & MASK, (0xFFFF_FC00 - first[1]) & MASK]
    return [
        p.changed(
            seq=p.seq + shift[p.side] & MASK,
            ack=(p.ack + shift[1 - p.side] & MASK) if p.flags & ACK else 0,
        )
        for p in packets
    ]


def _syn_late(packets: list[Packet]) -> list[Packet]:
    start = _opening(packets)
    return packets[start : start + 1] + packets[:start] + packets[start + 1 :]


def _data_on_syn(packets: list[Packet]) -> list[Packet]:
    """TCP Fast Open: the SYN carries the ClientHello's first bytes, which come again."""
    start = _opening(packets)
    return [packets[0].changed(payload=packets[start].payload[:100]), *packets[1:]]


def _port_reused(packets: list[Packet]) -> list[Packet]:
    """The connection twice over the same ports, with new sequence numbers."""
    again = [
        p.changed(
            seq=p.seq + 0x2345_6789 & MASK,
            ack=(p.ack + 0x2345_6789 & MASK) if p.flags & ACK else 0,
        )
        for p in packets
    ]
    return packets + again


def _simultaneous(packets: list[Packet]) -> list[Packet]:
    """Both sides send a SYN, both answer it."""
    syn, answer = packets[0], packets[1]
    return [
        syn,
        answer.changed(flags=SYN, ack=0),
        syn.changed(flags=SYN | ACK, ack=answer.seq + 1 & MASK),
        answer,
        *packets[2:],
    ]


def _half_closed(packets: list[Packet]) -> list[Packet]:
    """The server's FIN, and what comes after it, is not there."""
    return [p for p in packets if not (p.side == 1 and p.flags & FIN and not p.payload)]


def _keep_alives(packets: list[Packet]) -> list[Packet]:
    """Before each packet with data an empty or one-byte keep-alive of its side."""
    out = []
    sent: set[int] = set()
    for number, (each, is_new) in enumerate(_new(packets)):
        if is_new and each.side in sent:
            probe = (b"\0", b"")[number % 2]
            out.append(each.changed(seq=each.seq - 1 & MASK, payload=probe, flags=ACK))
        out.append(each)
        if is_new:
            sent.add(each.side)
    return out


def _zero_windows(packets: list[Packet]) -> list[Packet]:
    return [
        p.changed(window=0) if not p.payload and not p.flags & (SYN | FIN) else p for p in packets
    ]


def _urgent(packets: list[Packet]) -> list[Packet]:
    return [p.changed(flags=p.flags | URG) if p.payload else p for p in packets]


def _no_opening(packets: list[Packet]) -> list[Packet]:
    return packets[_opening(packets) :]


def _twice_seen(packets: list[Packet]) -> list[Packet]:
    return [each for each in packets for _ in range(2)]


def _bad_checksums(packets: list[Packet]) -> list[Packet]:
    return [
        p._replace(data=p.data[:10] + b"\0\0" + p.data[12:36] + b"\xde\xad" + p.data[38:])
        for p in packets
    ]


def _length_0(packets: Sequence[Packet], _: bytes) -> Files:
    """Captured before segmentation: the IP total length is 0."""
    giants = _giants(list(packets))
    return [
        pcap([(p.time, bytes(12) + b"\x08\0" + p.data[:2] + b"\0\0" + p.data[4:]) for p in giants])
    ]


def _fragmented(
    order: Callable[[list[bytes]], list[bytes]],
) -> Callable[[Sequence[Packet], bytes], Files]:
    def make(packets: Sequence[Packet], _: bytes) -> Files:
        records = []
        for number, each in enumerate(packets):
            body = each.data[20:]
            edges = [*range(0, len(body), 256), len(body)]
            pieces = [
                ipv4(
                    each.data[12:20],
                    6,
                    body[low:high],
                    ttl=each.data[8],
                    ip_id=number + 1,
                    fragment=low // 8 | (0x2000 if high < len(body) else 0),
                )
                for low, high in itertools.pairwise(edges)
            ]
            records += [(each.time, ethernet(piece)) for piece in order(pieces)]
        return [pcap(records)]

    return make


def _addresses6(packet: Packet) -> bytes:
    prefix = bytes.fromhex("20010db8") + bytes(8)
    return prefix + packet.data[12:16] + prefix + packet.data[16:20]


def _ipv6(packets: Sequence[Packet], _: bytes) -> Files:
    return [pcap([(p.time, ethernet(ipv6(_addresses6(p), 6, p.data[20:]))) for p in packets])]


def _ipv6_extended(packets: Sequence[Packet], _: bytes) -> Files:
    """Hop-by-hop, destination options and routing headers that do nothing, before TCP."""
    chain = b"\x3c\0\x01\x04" + bytes(4) + b"\x2b\0\x01\x04" + bytes(4) + b"\x06\0\0\0" + bytes(4)
    return [
        pcap([(p.time, ethernet(ipv6(_addresses6(p), 0, chain + p.data[20:]))) for p in packets])
    ]


def _ipv6_fragmented(packets: Sequence[Packet], _: bytes) -> Files:
    records = []
    for number, each in enumerate(packets):
        body = each.data[20:]
        for low in range(0, len(body), 512):
            more = low + 512 < len(body)
            head = struct.pack(">BBHI", 6, 0, low | more, number)
            records.append(
                (each.time, ethernet(ipv6(_addresses6(each), 44, head + body[low : low + 512])))
            )
    return [pcap(records)]


def _with_icmp(packets: Sequence[Packet], _: bytes) -> Files:
    """A router complains about one segment's size; the host sends on."""
    quoted = next(p for p in packets if len(p.payload) > 500)
    message = b"\x03\x04\0\0\0\0\x05\x14" + quoted.data[:28]
    error = ipv4(bytes([198, 51, 100, 1]) + quoted.data[12:16], 1, message)
    records = [(p.time, ethernet(p.data)) for p in packets]
    place = packets.index(quoted) + 1
    return [pcap([*records[:place], (quoted.time, ethernet(error)), *records[place:]])]


PACKETS = (
    Variant("fragmented", _fragmented(list)),
    Variant("fragmented-last-first", _fragmented(lambda pieces: pieces[::-1])),
    Variant("ipv6", _ipv6, addresses=False),
    Variant("ipv6-extension-headers", _ipv6_extended, addresses=False),
    Variant("ipv6-fragmented", _ipv6_fragmented, addresses=False),
    Variant("icmp-fragmentation-needed", _with_icmp),
    Variant("ip-length-0", _length_0),
    Variant("bad-checksums", _of(_bad_checksums)),
    Variant("giants", _of(_giants)),
    Variant("segments-of-100-bytes", _of(_split(100))),
    Variant("segments-of-1-byte", _of(_split(1))),
    Variant("swapped-neighbours", _of(_reversed_in_groups(2)), tshark="segments"),
    Variant("reversed-in-groups-of-7", _of(_reversed_in_groups(7)), tshark="segments"),
    Variant("shuffled", _of(_shuffled), tshark="segments"),
    Variant("all-backwards", _of(_all_backwards), tshark="segments"),
    Variant("client-delayed-as-a-whole", _of(_delayed(0)), tshark="segments"),
    Variant("server-delayed-as-a-whole", _of(_delayed(1)), tshark="segments"),
    Variant("everything-sent-again", _of(_again_later)),
    Variant("everything-captured-twice", _of(_twice_seen)),
    Variant("overlaps-with-the-same-bytes", _of(_overlapping(None)), tshark="segments"),
    Variant(
        "overlaps-with-other-bytes",
        _of(_overlapping(b"\xee")),
        tshark="segments",
        also=("bytes-disputed", "bytes-disputed"),
    ),
    Variant("sequence-numbers-wrap", _of(_wrapping_around)),
    Variant("data-before-the-syn", _of(_syn_late), tshark="segments"),
    Variant("data-on-the-syn", _of(_data_on_syn), tshark="segments"),
    Variant("port-reused", _of(_port_reused), copies=2),
    Variant("simultaneous-open", _of(_simultaneous), tshark="segments"),
    Variant("half-closed", _of(_half_closed)),
    Variant("keep-alives", _of(_keep_alives), tshark="segments"),
    Variant("zero-windows", _of(_zero_windows)),
    Variant("urgent-data", _of(_urgent), tshark="segments"),
    Variant("opening-not-captured", _of(_no_opening)),
    Variant("without-pure-acknowledgments", _of(_without_acks)),
)
