"""IP fragments, in any order and with any overlaps, give the segment they were cut from; others cost nothing."""

from __future__ import annotations

import itertools
import random
import resource
import struct
import tracemalloc

import pytest

from analyzer.capture.fragments import Fragments
from analyzer.capture.items import Segment
from analyzer.stream import CLIENT, Span
from tests.makers.files import pcap
from tests.makers.packets import ethernet, ipv4, packet, tcp
from tests.makers.reading import capture_of
from tests.makers.segments import Conversation

READERS = pytest.mark.parametrize("reader", ["fast", "scapy"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])


def segment(version: int, payload: bytes = bytes(range(200))) -> Segment:
    ends = (
        {"client": ("10.0.0.1", 40000), "server": ("10.0.0.2", 2223)}
        if version == 4
        else {"client": ("fd00::1", 40000), "server": ("fd00::2", 2223)}
    )
    made = Conversation(**ends).data(CLIENT, payload)
    return made if version == 4 else made._replace(ip_id=0)


def fragment(sent: Segment, offset: int, piece: bytes, *, more: bool, ident: int = 77) -> bytes:
    """One fragment of a TCP segment, in an Ethernet frame."""
    addresses = sent.key[:-4]
    if len(addresses) == 8:
        field = offset // 8 | (0x2000 if more else 0)
        return ethernet(ipv4(addresses, 6, piece, ttl=sent.ttl, ip_id=sent.ip_id, fragment=field))
    head = struct.pack(">BBHI", 6, 0, offset | more, ident)
    return ethernet(
        struct.pack(">IHBB32s", 6 << 28, 8 + len(piece), 44, sent.ttl, addresses) + head + piece
    )


def cut(sent: Segment, *places: int) -> list[bytes]:
    data = tcp(sent)
    edges = [0, *places, len(data)]
    return [
        fragment(sent, low, data[low:high], more=high < len(data))
        for low, high in itertools.pairwise(edges)
    ]


def read(frames: list[bytes], reader: str = "fast", step: int = 1_000_000):
    start = 1_700_000_000_000_000_000
    file = pcap([(start + step * number, data) for number, data in enumerate(frames)])
    capture = capture_of(file, reader=reader)
    return list(capture), capture.skipped


@READERS
@VERSIONS
def test_fragments_in_any_order_give_the_segment_with_the_span_of_their_frames(
    version: int, reader: str
):
    sent = segment(version)
    for order in itertools.permutations(cut(sent, 24, 88)):
        [found], _ = read(list(order), reader)
        assert found._replace(at=sent.at) == sent
        assert (found.at.first, found.at.last) == (1, 3)
        assert found.at.ended - found.at.began == 2_000_000


@READERS
@VERSIONS
def test_the_smallest_fragments_give_the_segment(version: int, reader: str):
    sent = segment(version)
    frames = cut(sent, *range(8, 216, 8))
    random.Random(3).shuffle(frames)
    [found], _ = read(frames, reader)
    assert found._replace(at=sent.at) == sent


@READERS
def test_of_an_overlap_the_first_bytes_are_kept(reader: str):
    sent = segment(4)
    data = tcp(sent)
    evil = fragment(sent, 24, b"\xee" * 200, more=False)
    frames = [
        fragment(sent, 0, data[:64], more=True),
        evil,
        fragment(sent, 64, data[64:], more=False),
    ]
    [found], _ = read(frames, reader)
    assert found.payload == data[20:64] + b"\xee" * (224 - 64)
    same = [fragment(sent, 24, data[24:64], more=True), fragment(sent, 24, b"\xee" * 40, more=True)]
    [found], _ = read([*same, *cut(sent, 24, 64)], reader)
    assert found.payload == sent.payload


@READERS
@VERSIONS
def test_what_never_gets_whole_is_counted(version: int, reader: str):
    sent = segment(version)
    items, skipped = read(cut(sent, 24, 88)[:2], reader)
    assert items == []
    assert skipped["incomplete fragments"] == 2


def test_a_datagram_waits_as_long_as_a_host_would():
    sent = segment(4)
    first, second = cut(sent, 88)
    assert len(read([first, second], step=29_000_000_000)[0]) == 1
    items, skipped = read([first, second], step=31_000_000_000)
    assert (items, skipped["incomplete fragments"]) == ([], 2)


def test_datagrams_are_told_apart_by_their_identification():
    one = segment(4)
    other = segment(4, b"z" * 200)._replace(ip_id=5)
    frames = [each for pair in zip(cut(one, 88), cut(other, 88), strict=True) for each in pair]
    found, _ = read(frames)
    assert [each.payload for each in found] == [one.payload, other.payload]


def test_a_first_fragment_with_all_is_no_fragment():
    """IPv6 atomic fragments (RFC 6946)."""
    sent = segment(6)
    [found], _ = read([fragment(sent, 0, tcp(sent), more=False)])
    assert found._replace(at=sent.at) == sent


def test_a_fragmented_tunnel_is_put_together_before_it_is_looked_into():
    sent = segment(4)
    outer = bytes([192, 0, 2, 1, 192, 0, 2, 2])
    inner = packet(sent)
    frames = [
        ethernet(ipv4(outer, 4, inner[:80], ip_id=9, fragment=0x2000)),
        ethernet(ipv4(outer, 4, inner[80:], ip_id=9, fragment=80 // 8)),
    ]
    for reader in ("fast", "scapy"):
        [found], _ = read(frames, reader)
        assert found._replace(at=sent.at) == sent._replace(path=("IP-in-IP",))


def test_a_flood_of_fragments_is_held_in_bounded_memory():
    fragments = Fragments()
    tracemalloc.start()
    for number in range(60_000):
        at = Span(number, number, number, number)
        fragments.add(number.to_bytes(12, "big"), 0, b"12345678", last=False, at=at)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
    fragments.finish()
    assert fragments.dropped == 60_000


def test_overlapping_fragments_without_end_cost_no_more_than_others():
    """Quadratic work would take minutes."""
    fragments = Fragments()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for number in range(100_000):
        at = Span(number, number, number, number)
        piece = bytes(8 * (1 + number % 3))
        fragments.add(b"one", 8 + number * 8 % 60_000, piece, last=False, at=at)
        fragments.add(b"one", 60_000, bytes(16), last=True, at=at)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 30
