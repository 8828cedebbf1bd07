"""Offloads, padding, damage: what a host's own capture shows, and what nobody should send."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture import Capture
from analyzer.capture.items import IcmpError, Segment
from analyzer.stream import CLIENT, SERVER
from tests.makers.files import Pcapng, pcap
from tests.makers.packets import ethernet, frame, ipv4, ipv6, packet, tcp
from tests.makers.reading import capture_of, items_of
from tests.makers.segments import Conversation
from tests.makers.wrapping import WRAPPINGS

READERS = pytest.mark.parametrize("reader", ["fast", "scapy"])
V6 = {"client": ("fd00::1", 40000), "server": ("fd00::2", 2223)}


def data(payload: bytes = b"payload", **ends) -> Segment:
    made = Conversation(**ends).data(CLIENT, payload)
    return made._replace(ip_id=0) if ends else made


def read(frame_bytes: bytes, reader: str, **changes):
    made = data()
    return items_of(pcap([(made.at.began, frame_bytes)], **changes), reader=reader)


@READERS
@pytest.mark.parametrize("size", [1, 7, 1460, 60_000])
def test_a_giant_with_ip_length_0_is_as_long_as_its_frame(size: int, reader: str):
    sent = data(bytes(size))
    whole = ipv4(sent.key[:8], 6, tcp(sent), ttl=sent.ttl, ip_id=sent.ip_id, total=0)
    [found] = read(bytes(12) + b"\x08\0" + whole, reader)
    assert found == sent


@READERS
def test_a_giant_with_ip_length_0_that_was_cut_misses_the_rest(reader: str):
    sent = data(bytes(1000))
    whole = ipv4(sent.key[:8], 6, tcp(sent), ttl=sent.ttl, ip_id=sent.ip_id, total=0)
    [found] = read(bytes(12) + b"\x08\0" + whole, reader, snap=154)
    assert (len(found.payload), found.missing) == (100, 900)


@READERS
def test_an_ipv6_giant_with_length_0_is_as_long_as_its_frame(reader: str):
    sent = data(bytes(50_000), **V6)
    whole = packet(sent)
    [found] = read(bytes(12) + b"\x86\xdd" + whole[:4] + bytes(2) + whole[6:], reader)
    assert found == sent


@READERS
def test_padding_is_no_payload(reader: str):
    for sent in (data(b""), data(b"x"), data(b"", **V6)):
        for padding in (0, 1, 6, 64):
            [found] = read(bytes(12) + frame(sent)[12:] + b"\xaa" * padding, reader)
            assert found == sent


@READERS
def test_checksums_are_not_looked_at(reader: str):
    sent = data()
    whole = bytearray(frame(sent))
    whole[24:26] = whole[50:52] = b"\xde\xad"
    assert read(bytes(whole), reader) == [sent]


@READERS
@pytest.mark.parametrize("total", [1, 19, 20, 39])
def test_an_ip_length_below_the_headers_is_broken(total: int, reader: str):
    sent = data()
    whole = ethernet(ipv4(sent.key[:8], 6, tcp(sent), total=total))
    capture = capture_of(pcap([(0, whole)]), reader=reader)
    assert list(capture) == []
    assert sum(capture.skipped.values()) == 1


@READERS
@pytest.mark.parametrize("offset", [0, 1, 4, 15])
def test_a_tcp_header_length_out_of_range_is_broken(offset: int, reader: str):
    sent = data()
    raw = bytearray(frame(sent))
    raw[46] = offset << 4
    capture = capture_of(pcap([(0, bytes(raw))]), reader=reader)
    assert list(capture) == []
    assert sum(capture.skipped.values()) == 1


@READERS
def test_an_ip_length_beyond_the_frame_misses_the_rest(reader: str):
    sent = data(b"x" * 50)
    whole = ethernet(
        ipv4(sent.key[:8], 6, tcp(sent), ttl=sent.ttl, ip_id=sent.ip_id, total=20 + 20 + 50 + 11)
    )
    [found] = read(whole, reader)
    assert found == sent._replace(missing=11)


@READERS
def test_tunnels_in_tunnels_end_somewhere(reader: str):
    for depth, expected in ((8, 1), (9, 0), (200, 0)):
        inner = packet(data())
        for _ in range(depth):
            inner = ipv4(bytes(8), 4, inner)
        assert len(read(ethernet(inner), reader)) == expected


def test_labels_tags_and_frames_in_each_other_without_end_are_passed_over():
    for piece in (
        b"\x00\x00\x11\x40" + bytes(4) + bytes(12) + b"\x88\x47",  # MPLS, pseudowire, Ethernet
        b"\0\1\x81\0",  # tag in tag
        bytes(12) + b"\x65\x58",  # Ethernet in Ethernet
        b"\xaa\xaa\3\0\0\0\0\x10",  # SNAP in SNAP
    ):
        kind = {22: b"\x88\x47", 4: b"\x81\0", 14: b"\x65\x58", 8: b"\0\x10"}[len(piece)]
        whole = bytes(12) + kind + piece * 20_000
        capture = capture_of(pcap([(0, whole)], snap=1 << 20))
        assert list(capture) == []
        assert +capture.skipped == {"not IP": 1}


def test_tunnel_headers_that_lie_are_passed_over():
    udp = bytes.fromhex("c35012b500000000")
    for port, header in (
        (2152, bytes.fromhex("36ff0000000000010000 00 85") + b"\xff" * 8),
        (2152, bytes.fromhex("36ff0000000000010000 00 85") + b"\0" * 8),
        (2152, bytes.fromhex("30ff000000000001")),
        (6081, bytes.fromhex("3f00 6558 000000 00")),
        (4789, bytes.fromhex("0800 0000 000001 00")),
        (4789, bytes.fromhex("0000 0000 000001 00") + bytes(40)),
    ):
        whole = ethernet(ipv4(bytes(8), 17, udp[:2] + port.to_bytes(2, "big") + udp[4:] + header))
        for reader in ("fast", "scapy"):
            assert read(whole, reader) == []
    for header in ("0001 0800", "4000 0800 00000000", "b000 88be", "1000 22eb", "2000 0800"):
        for reader in ("fast", "scapy"):
            assert read(ethernet(ipv4(bytes(8), 47, bytes.fromhex(header))), reader) == []


def quoted(sent: Segment, size: int = 8) -> bytes:
    """The beginning of a packet, as an ICMP error quotes it."""
    return packet(sent)[: (20 if len(sent.key) == 12 else 40) + size]


ROUTER, CLIENT4 = bytes([198, 51, 100, 1]), bytes([10, 0, 0, 1])


@READERS
@pytest.mark.parametrize(
    ("kind", "code", "rest", "description", "mtu"),
    [
        (3, 0, bytes(4), "destination unreachable: network unreachable", None),
        (3, 1, bytes(4), "destination unreachable: host unreachable", None),
        (3, 3, bytes(4), "destination unreachable: port unreachable", None),
        (3, 4, b"\0\0\x05\x14", "destination unreachable: fragmentation needed", 1300),
        (
            3,
            13,
            bytes(4),
            "destination unreachable: communication administratively prohibited",
            None,
        ),
        (3, 99, bytes(4), "destination unreachable", None),
        (11, 0, bytes(4), "time exceeded", None),
    ],
)
def test_icmp_errors_name_the_connection_they_quote(
    kind: int, code: int, rest: bytes, description: str, mtu: int | None, reader: str
):
    sent = data()
    message = bytes([kind, code, 0, 0]) + rest + quoted(sent)
    [error] = read(ethernet(ipv4(ROUTER + CLIENT4, 1, message)), reader)
    assert error == IcmpError(sent.key, "198.51.100.1", kind, code, 4, description, mtu, error.at)
    assert error.at.first == 1


@READERS
@pytest.mark.parametrize(
    ("kind", "code", "rest", "description", "mtu"),
    [
        (
            1,
            1,
            bytes(4),
            "destination unreachable: communication administratively prohibited",
            None,
        ),
        (1, 4, bytes(4), "destination unreachable: port unreachable", None),
        (2, 0, b"\0\0\x05\0", "packet too big", 1280),
        (3, 0, bytes(4), "time exceeded", None),
    ],
)
def test_icmpv6_errors_name_the_connection_they_quote(
    kind: int, code: int, rest: bytes, description: str, mtu: int | None, reader: str
):
    sent = data(**V6)
    message = bytes([kind, code, 0, 0]) + rest + quoted(sent, 60)
    router = bytes.fromhex("20010db8") + bytes(11) + b"\1"
    [error] = read(ethernet(ipv6(router + sent.key[:16], 58, message)), reader)
    assert error == IcmpError(sent.key, "2001:db8::1", kind, code, 6, description, mtu, error.at)


@READERS
def test_icmp_that_is_no_error_or_of_others_is_passed_over(reader: str):
    udp = ipv4(bytes(8), 17, bytes(8))
    other = packet(data(client=("10.0.0.1", 5), server=("10.0.0.2", 443)))[:28]
    for message in (
        b"\x08\0\0\0" + bytes(60),  # echo
        b"\x03\x01\0\0\0\0\0\0" + udp,
        b"\x03\x01\0\0\0\0\0\0" + other,
        b"\x03\x01\0\0\0\0\0\0",
        b"\x03",
        b"",
    ):
        assert read(ethernet(ipv4(ROUTER + CLIENT4, 1, message)), reader) == []


CONVERSATION = Conversation().open()
CONVERSATION.data(CLIENT, b"request" * 10)
CONVERSATION.data(SERVER, b"response" * 10)
PACKETS = [packet(segment) for segment in CONVERSATION.segments]


@given(st.sampled_from(WRAPPINGS), st.sampled_from(PACKETS), st.data())
@settings(max_examples=400, deadline=None)
def test_no_damage_raises_in_either_reader(wrapping, inside: bytes, draw: st.DataObject):
    whole = bytearray(wrapping.around(inside))
    for _ in range(draw.draw(st.integers(1, 6))):
        whole[draw.draw(st.integers(0, len(whole) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(whole)))
    file = pcap([(0, bytes(whole)[:cut])], link_type=wrapping.link_type)
    for reader in ("fast", "scapy"):
        capture = capture_of(file, ports=None, reader=reader)
        assert len(list(capture)) + sum(capture.skipped.values()) == 1


@given(st.binary(max_size=400), st.sampled_from(sorted({each.link_type for each in WRAPPINGS})))
@settings(max_examples=200, deadline=None)
def test_noise_raises_in_neither_reader(noise: bytes, link_type: int):
    file = pcap([(0, noise)], link_type=link_type)
    for reader in ("fast", "scapy"):
        capture = capture_of(file, ports=None, reader=reader)
        assert len(list(capture)) + sum(capture.skipped.values()) == 1


def whole_files() -> list[bytes]:
    records = [(segment.at.began, frame(segment)) for segment in CONVERSATION.segments]
    pcapng = Pcapng().secrets(b"CLIENT_RANDOM 00 00").interface(options=b"\x09\0\1\0\x09\0\0\0")
    for time, each in records:
        pcapng.packet(time, each, options=b"\1\0\3\0abc\0\0\0\0\0")
    pcapng.names((bytes(4), "name")).section(">").interface().simple_packet(records[0][1])
    return [pcap(records), pcap(records, order=">"), bytes(pcapng)]


@pytest.mark.parametrize("form", [0, 1, 2], ids=["pcap", "pcap-big", "pcapng"])
def test_a_file_with_any_bytes_changed_is_read_or_refused(form: int):
    whole = whole_files()[form]
    chance = random.Random(form)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(4, len(damaged))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        capture = Capture(io.BytesIO(bytes(damaged)), name="it", ports=None)
        items = list(capture)
        assert len(items) <= 40
        assert capture.frames <= 12
