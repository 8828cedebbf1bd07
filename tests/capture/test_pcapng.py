"""pcapng files: sections, interfaces, times, every kind of block, damage."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analyzer.capture import window
from analyzer.capture.items import Comment, KeyLogBlock, NameRecord, Segment
from analyzer.stream import CLIENT
from tests.makers.files import Pcapng
from tests.makers.packets import ethernet, frame, packet
from tests.makers.reading import (
    capture_of,
    items_of,
    needs_tshark,
    told_by_tshark,
    told_by_us,
)
from tests.makers.segments import Conversation, span

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
SECOND = 1_000_000_000


def segments(count: int = 4) -> list[Segment]:
    """Of whole microseconds."""
    talk = Conversation().open()
    for number in range(count):
        talk.data(CLIENT, b"data %d" % number)
    return talk.segments


def filled(pcapng: Pcapng, sent: list[Segment], *, interface: int = 0) -> Pcapng:
    for segment in sent:
        pcapng.packet(segment.at.began // 1000, frame(segment), interface=interface)
    return pcapng


def at(segment: Segment, number: int, time: int | None = None) -> Segment:
    """The segment as frame `number`."""
    return segment._replace(at=span(number, segment.at.began if time is None else time))


def agrees_with_tshark(file: bytes, directory: Path) -> None:
    path = directory / "it"
    path.write_bytes(file)
    assert told_by_us(items_of(file)) == told_by_tshark(path) != []


@ORDERS
@needs_tshark
def test_enhanced_packets_are_read_in_both_byte_orders(order: str, tmp_path: Path):
    sent = segments()
    file = bytes(filled(Pcapng(order).interface(), sent))
    capture = capture_of(file)
    assert list(capture) == sent
    assert (capture.format, capture.frames, capture.damage) == ("pcapng", 7, [])
    agrees_with_tshark(file, tmp_path)


@needs_tshark
def test_sections_may_differ_in_byte_order_and_interfaces(tmp_path: Path):
    sent = segments()
    pcapng = filled(Pcapng("<").interface(), sent[:2])
    pcapng.section(">").interface(101)
    for segment in sent[2:4]:
        pcapng.packet(segment.at.began // 1000, packet(segment))
    pcapng.section("<").interface(link_type=147).interface()
    filled(pcapng, sent[4:], interface=1)
    assert items_of(bytes(pcapng)) == sent
    agrees_with_tshark(bytes(pcapng), tmp_path)


@ORDERS
@needs_tshark
def test_interfaces_of_different_link_types_are_told_apart(order: str, tmp_path: Path):
    sent = segments(20)
    pcapng = Pcapng(order)
    sll = b"\0\0\0\1\0\6" + bytes(8) + b"\x08\0"
    null = struct.pack("<I", 2)
    forms = (
        (1, ethernet),
        (101, bytes),
        (113, lambda data: sll + data),
        (0, lambda data: null + data),
        (276, lambda data: b"\x08\0" + bytes(18) + data),
    )
    for link_type, _ in forms:
        pcapng.interface(link_type)
    for number, segment in enumerate(sent):
        interface = (number * 7) % len(forms)
        pcapng.packet(
            segment.at.began // 1000, forms[interface][1](packet(segment)), interface=interface
        )
    assert items_of(bytes(pcapng)) == sent
    assert items_of(bytes(pcapng), reader="scapy") == sent
    agrees_with_tshark(bytes(pcapng), tmp_path)


RESOLUTIONS = {
    6: 10**6,
    9: 10**9,
    3: 10**3,
    0: 1,
    0x80 | 10: 1 << 10,
    0x80 | 20: 1 << 20,
    12: 10**12,  # tshark 4.0 multiplies picoseconds beyond 64 bits
}


@ORDERS
@needs_tshark
def test_every_resolution_and_offset_gives_the_time(order: str, tmp_path: Path):
    [first, *_] = segments()
    pcapng = Pcapng(order)
    expected = []
    for resolution, units in RESOLUTIONS.items():
        for offset in (0, 1_600_000_000, -3600):
            options = pcapng.option(9, bytes([resolution]))
            options += pcapng.option(14, struct.pack(f"{order}q", offset)) + bytes(4)
            pcapng.interface(options=options)
            pcapng.packet(1_000_000 * units + units // 8, frame(first), interface=len(expected))
            fraction = (units // 8) * SECOND // units
            expected.append((1_000_000 + offset) * SECOND + fraction)
    assert [segment.at.began for segment in items_of(bytes(pcapng))] == expected
    (tmp_path / "it").write_bytes(bytes(pcapng))
    theirs = [time for _, time, _, _ in told_by_tshark(tmp_path / "it")]
    assert theirs[:-3] == expected[:-3]


@pytest.mark.parametrize("time", [0, (1 << 64) - 1])
@pytest.mark.parametrize("offset", [0, -(1 << 63), (1 << 63) - 1])
@pytest.mark.parametrize("resolution", [0, 0xFF, 6])
def test_damaged_times_stay_times(time: int, offset: int, resolution: int):
    pcapng = Pcapng()
    options = pcapng.option(9, bytes([resolution])) + pcapng.option(14, struct.pack("<q", offset))
    pcapng.interface(options=options).packet(time, frame(segments()[0]))
    [segment] = items_of(bytes(pcapng))
    assert 0 <= segment.at.began < 1 << 63


@ORDERS
@needs_tshark
def test_simple_and_obsolete_packets_count_as_frames(order: str, tmp_path: Path):
    sent = segments()
    pcapng = Pcapng(order).interface()
    pcapng.simple_packet(frame(sent[0]))
    pcapng.obsolete_packet(sent[1].at.began // 1000, frame(sent[1]))
    filled(pcapng, sent[2:3])
    pcapng.simple_packet(frame(sent[3]))
    file = bytes(filled(pcapng, sent[4:]))
    untimed = {1, 4}
    assert items_of(file) == [
        at(segment, number, 0 if number in untimed else None)
        for number, segment in enumerate(sent, 1)
    ]
    (tmp_path / "it").write_bytes(file)
    ours = [(number, length, seq) for number, _, length, seq in told_by_us(items_of(file))]
    assert ours == [(n, length, seq) for n, _, length, seq in told_by_tshark(tmp_path / "it")]


def test_simple_packets_are_cut_at_their_interfaces_snap_length():
    [*_, last] = segments()
    data = frame(last._replace(payload=b"z" * 200))
    pcapng = Pcapng().interface(snap=100).simple_packet(data[:100], wire=len(data))
    [segment] = items_of(bytes(pcapng))
    assert (segment.payload, segment.missing) == (b"z" * 46, 154)


@ORDERS
def test_comments_are_kept_with_their_frame(order: str):
    sent = segments()
    option = Pcapng(order).option
    pcapng = Pcapng(order, options=option(1, b"of the section") + option(4, b"dumpcap"))
    pcapng.interface(options=option(2, b"eth0") + option(1, "für die Schnittstelle".encode()))
    pcapng.packet(
        sent[0].at.began // 1000,
        frame(sent[0]),
        options=option(1, b"first") + option(2, bytes(4)) + option(1, b"second") + bytes(4),
    )
    pcapng.packet(
        sent[1].at.began // 1000, b"not IP at all, and short", options=option(1, b"third")
    )
    pcapng.obsolete_packet(sent[2].at.began // 1000, frame(sent[2]), options=option(1, b"fourth"))
    assert items_of(bytes(pcapng)) == [
        Comment("of the section", None),
        Comment("für die Schnittstelle", None),
        Comment("first", 1),
        Comment("second", 1),
        at(sent[0], 1),
        Comment("third", 2),
        at(sent[2], 3),
        Comment("fourth", 3),
    ]


@ORDERS
def test_secrets_come_out_wherever_they_stand(order: str):
    sent = segments()
    pcapng = Pcapng(order).secrets(b"CLIENT_RANDOM before").interface()
    filled(pcapng, sent).secrets(b"CLIENT_RANDOM behind")
    pcapng.secrets(b"wireguard", kind=0x57474B4C)
    assert items_of(bytes(pcapng)) == [
        KeyLogBlock(b"CLIENT_RANDOM before"),
        *sent,
        KeyLogBlock(b"CLIENT_RANDOM behind"),
    ]


@ORDERS
def test_name_resolution_is_kept(order: str):
    pcapng = Pcapng(order).interface()
    pcapng.names(
        (bytes([10, 0, 0, 2]), "hsm-1.cluster.internal"),
        (bytes.fromhex("20010db8") + bytes(11) + b"\1", "hsm-2"),
        (bytes([10, 0, 0, 3]), "one\0other"),
    )
    assert items_of(bytes(pcapng)) == [
        NameRecord("10.0.0.2", "hsm-1.cluster.internal"),
        NameRecord("2001:db8::1", "hsm-2"),
        NameRecord("10.0.0.3", "one"),
        NameRecord("10.0.0.3", "other"),
    ]


CUSTOM = struct.pack("<I", 32473) + b"anything"


def test_blocks_of_no_interest_are_passed_over():
    sent = segments()
    pcapng = Pcapng().interface()
    for number, segment in enumerate(sent):
        pcapng.block([0x207, 0xBAE, 5, 7, 0x0A0D0A0D, 0x80000001, 11][number], CUSTOM)
        filled(pcapng, [segment])
    assert items_of(bytes(pcapng)) == sent


@needs_tshark
def test_numbers_are_tsharks_with_custom_blocks_between(tmp_path: Path):
    sent = segments()
    pcapng = Pcapng().interface()
    for segment in sent:
        pcapng.block(0xBAD, CUSTOM)
        pcapng.block(0x40000BAD, CUSTOM)
        pcapng.block(0x80000001, CUSTOM)
        pcapng.block(9, b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=x\n")
        filled(pcapng, [segment])
    capture = capture_of(bytes(pcapng))
    assert [item.at.first for item in capture] == [4, 8, 12, 16, 20, 24, 28]
    assert (capture.frames, capture.skipped["no packet"]) == (28, 21)
    agrees_with_tshark(bytes(pcapng), tmp_path)


def test_frames_of_an_interface_nobody_described_are_counted():
    sent = segments()
    pcapng = filled(Pcapng().interface(), sent[:2])
    filled(pcapng, sent[2:4], interface=5)
    filled(pcapng, sent[4:])
    capture = capture_of(bytes(pcapng))
    assert list(capture) == [s for s in sent if s not in sent[2:4]]
    assert capture.skipped["undescribed interface"] == 2
    assert capture.frames == len(sent)


@ORDERS
def test_broken_blocks_of_every_kind_are_counted_and_the_walk_goes_on(order: str):
    sent = segments()
    for kind in (1, 2, 3, 4, 10):
        pcapng = filled(Pcapng(order).interface(), sent[:3])
        pcapng.block(kind, b"")
        filled(pcapng, sent[3:])
        capture = capture_of(bytes(pcapng))
        assert list(capture) == sent
        assert capture.skipped["broken block"] == (kind != 4)


@ORDERS
def test_a_packet_longer_than_its_block_ends_the_walk(order: str):
    sent = segments()
    pcapng = filled(Pcapng(order).interface(), sent[:3])
    size = len(bytes(pcapng))
    pcapng.block(6, struct.pack(f"{order}5I", 0, 0, 0, 5000, 5000) + bytes(60))
    filled(pcapng, sent[3:])
    capture = capture_of(bytes(pcapng))
    assert list(capture) == sent[:3]
    assert [(each.why, each.offset) for each in capture.damage] == [
        ("the block after frame 3: a length of 5000 bytes", size)
    ]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (b"\x06\0\0\0\x08\0\0\0" + bytes(40), "a block length of 8 bytes"),
        (b"\x06\0\0\0\x21\0\0\0" + bytes(40), "a block length of 33 bytes"),
        (b"\x06\0\0\0\xf0\xff\xff\xff" + bytes(40), "a block length of 4294967280 bytes"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0" + bytes(40), "a section in no byte order"),
    ],
)
def test_nonsense_ends_the_walk_but_keeps_what_came_before(damage: bytes, why: str):
    sent = segments()
    file = bytes(filled(Pcapng().interface(), sent))
    capture = capture_of(file + damage)
    assert list(capture) == sent
    assert [(each.why, each.offset) for each in capture.damage] == [
        (f"the block after frame {len(sent)}: {why}", len(file))
    ]


@ORDERS
def test_a_file_cut_anywhere_gives_all_frames_before(order: str):
    sent = segments()
    pcapng = Pcapng(order).secrets(b"SECRET").interface(options=Pcapng(order).option(1, b"x"))
    ends = []
    for segment in sent:
        ends.append(len(bytes(pcapng)))
        filled(pcapng, [segment])
    whole = bytes(pcapng)
    for size in range(4, len(whole)):
        capture = capture_of(whole[:size])
        found = [item for item in capture if isinstance(item, Segment)]
        there = sum(1 for end in [*ends[1:], len(whole)] if end <= size)
        assert found == sent[:there]
        assert len(capture.damage) <= 1
        if capture.damage:
            assert capture.damage[0].why == f"the file ends within the block after frame {there}"


@pytest.mark.parametrize("size", [1, 16, 28, 60, 111, 128, 1 << 10])
def test_any_window_gives_the_same(size: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(window, "_SIZE", size)
    sent = segments(40)
    pcapng = Pcapng(options=Pcapng().option(1, b"x" * 50)).interface()
    for number, segment in enumerate(sent):
        filled(pcapng, [segment])
        if number % 3 == 0:
            pcapng.block(0xBAD, bytes(number * 4))
        if number % 11 == 10:
            pcapng.section("<>"[number % 2]).interface(27).interface()
            filled(pcapng, [])
    assert [s.seq for s in items_of(bytes(pcapng)) if isinstance(s, Segment)] == [
        s.seq for number, s in enumerate(sent) if number <= 10
    ]
