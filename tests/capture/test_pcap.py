"""pcap files: every magic, cut and damaged anywhere, walked through any window."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture import window
from analyzer.stream import CLIENT, SERVER
from tests.makers.files import KUZNETZOV, MICROSECONDS, NANOSECONDS, pcap
from tests.makers.packets import frame, ipv4
from tests.makers.reading import (
    capture_of,
    items_of,
    needs_tshark,
    records_of,
    told_by_tshark,
    told_by_us,
)
from tests.makers.segments import Conversation, span

MAGICS = [
    pytest.param(magic, order, id=f"{name}-{'little' if order == '<' else 'big'}")
    for name, magic in (("us", MICROSECONDS), ("ns", NANOSECONDS), ("kuznetzov", KUZNETZOV))
    for order in "<>"
]


def talk(count: int = 6) -> Conversation:
    """A few segments with nanoseconds in their times, other traffic between them."""
    conversation = Conversation(step=1_000_123).open()
    for number in range(count):
        conversation.data((CLIENT, SERVER)[number % 2], bytes([number]) * (10 + number))
    return conversation.close()


def noise() -> bytes:
    """A UDP packet of no interest."""
    return (
        bytes(12)
        + b"\x08\x00"
        + ipv4(bytes(8), 17, struct.pack(">HHHH", 53, 53, 108, 0) + bytes(100))
    )


def mixed(conversation: Conversation) -> list[tuple[int, bytes]]:
    return [
        record
        for time, data in records_of(conversation.segments)
        for record in ((time - 1, noise()), (time, data))
    ]


def renumbered(conversation: Conversation) -> list:
    """Its segments as every second frame of a file."""
    return [
        segment._replace(at=span(2 * number, segment.at.began))
        for number, segment in enumerate(conversation.segments, 1)
    ]


@pytest.mark.parametrize("reader", ["fast", "scapy"])
@pytest.mark.parametrize(("magic", "order"), MAGICS)
def test_every_magic_is_read_with_its_times(magic: int, order: str, reader: str):
    conversation = talk()
    capture = capture_of(pcap(mixed(conversation), magic=magic, order=order), reader=reader)
    expected = renumbered(conversation)
    if magic != NANOSECONDS:
        expected = [s._replace(at=span(s.at.first, s.at.began // 1000 * 1000)) for s in expected]
    assert list(capture) == expected
    assert capture.format == "pcap"
    assert capture.frames == 2 * len(expected)
    assert sum(capture.skipped.values()) == len(expected)
    assert capture.damage == []


@needs_tshark
@pytest.mark.parametrize(("magic", "order"), MAGICS)
def test_numbers_and_times_are_tsharks(magic: int, order: str, tmp_path: Path):
    file = pcap(mixed(talk()), magic=magic, order=order)
    (tmp_path / "it").write_bytes(file)
    theirs = told_by_tshark(tmp_path / "it")
    assert told_by_us(items_of(file)) == theirs
    assert len(theirs) == 12


def test_the_upper_bits_of_the_link_type_tell_of_frame_check_sequences():
    conversation = talk()
    frames = [(time, data + b"FCS!") for time, data in records_of(conversation.segments)]
    assert items_of(pcap(frames, link_type=0x2400_0001)) == conversation.segments


def test_a_file_that_ends_early_gives_all_frames_before_and_says_where():
    conversation = talk()
    records = mixed(conversation)
    whole = pcap(records)
    ends = [24]
    for _, data in records:
        ends.append(ends[-1] + 16 + len(data))
    expected = renumbered(conversation)
    for size in range(24, len(whole)):
        capture = capture_of(whole[:size])
        there = sum(1 for end in ends[1:] if end <= size)
        assert list(capture) == expected[: there // 2]
        assert capture.frames == there
        if size in ends:
            assert capture.damage == []
        else:
            [damage] = capture.damage
            assert damage.why == f"the file ends within frame {there + 1}"
            assert damage.offset == ends[there]


def test_a_file_that_ends_in_its_header_is_damaged():
    for size in range(4, 24):
        capture = capture_of(pcap([])[:size])
        assert list(capture) == []
        assert [damage.why for damage in capture.damage] == ["the file ends within the file header"]


def test_a_nonsense_length_ends_the_walk_but_keeps_what_came_before():
    conversation = talk()
    records = records_of(conversation.segments)
    file = bytearray(pcap(records))
    at = 24 + sum(16 + len(data) for _, data in records[:3])
    struct.pack_into("<I", file, at + 8, 0x7FFF_FFFF)
    capture = capture_of(bytes(file))
    assert list(capture) == conversation.segments[:3]
    assert [(each.why, each.offset) for each in capture.damage] == [
        ("frame 4: a length of 2147483647 bytes", at)
    ]


def test_a_frame_larger_than_the_window_is_read():
    conversation = Conversation().open()
    conversation.data(CLIENT, b"small")
    giant = frame(conversation.segments[-1]) + bytes(3 << 20)
    records = records_of(conversation.segments)
    records.insert(3, (records[0][0], giant))
    items = items_of(pcap(records, snap=1 << 24))
    assert [item.payload for item in items] == [b"", b"", b"", b"small", b"small"]


class Trickle(io.RawIOBase):
    """Gives at most so many bytes a read, as a pipe does."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._rest = io.BytesIO(data)
        self._sizes = sizes
        self._turn = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self._sizes[self._turn % len(self._sizes)])
        self._turn += 1
        data = self._rest.read(size)
        buffer[: len(data)] = data
        return len(data)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_how_the_bytes_arrive_changes_nothing(sizes: list[int], big: bool):
    conversation = talk()
    file = pcap(mixed(conversation), order=">" if big else "<")
    assert items_of(Trickle(file, sizes)) == renumbered(conversation)


@pytest.mark.parametrize("size", [1, 16, 40, 111, 128, 1 << 12])
def test_any_window_gives_the_same(size: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(window, "_SIZE", size)
    conversation = talk(60)
    assert items_of(pcap(mixed(conversation))) == renumbered(conversation)
