"""What the second look drops, the decoder would have dropped: whatever the frame, whatever is broken in it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.capture.dismissal import Dismissal
from analyzer.capture.ip import Decoder
from analyzer.capture.link import LINK_TYPES
from analyzer.stream import CLIENT, Span
from tests.makers.packets import ipv4, ipv6, packet
from tests.makers.segments import Conversation
from tests.makers.streams import PORTS
from tests.makers.wrapping import WRAPPINGS, Wrapping

AT = Span(1, 1, 0, 0)
V6 = {"client": ("fd00::1", 40000), "server": ("fd00::2", 443)}
WANTED = packet(Conversation().data(CLIENT, b"wanted"))
OTHERS = {
    "tcp": packet(Conversation(server=("10.0.0.2", 443)).data(CLIENT, b"other")),
    "tcp6": packet(Conversation(**V6).data(CLIENT, b"other")),
    "udp": ipv4(bytes(8), 17, b"\xc0\0\0\x35\0\x1c\0\0" + bytes(20)),
    "udp6": ipv6(bytes(32), 17, b"\xc0\0\0\x35\0\x1c\0\0" + bytes(20)),
}
OURS = [wrapping for wrapping in WRAPPINGS if wrapping.link_type in LINK_TYPES]
WRAPPED = pytest.mark.parametrize("wrapping", OURS, ids=lambda each: each.name)


def dismissed(link_type: int, frame: bytes) -> tuple[bool, Counter[str]]:
    """As in a window, in which other bytes lie around the frame."""
    skipped: Counter[str] = Counter()
    before, behind = WANTED, WANTED + bytes(256)
    buffer = bytearray(before + frame + behind)
    dismissal = Dismissal(link_type, PORTS, skipped)
    return dismissal.dismisses(buffer, len(before), len(before) + len(frame)), skipped


def decoded(link_type: int, frame: bytes) -> tuple[object, Counter[str]]:
    skipped: Counter[str] = Counter()
    decoder = Decoder(PORTS, skipped)
    found = decoder.frame(link_type, frame, len(frame), AT)
    return found, skipped


@WRAPPED
def test_a_wanted_segment_is_never_dropped(wrapping: Wrapping):
    assert dismissed(wrapping.link_type, wrapping.around(WANTED)) == (False, Counter())


@pytest.mark.parametrize("kind", OTHERS)
@WRAPPED
def test_what_is_dropped_is_counted_as_by_the_decoder(wrapping: Wrapping, kind: str):
    frame = wrapping.around(OTHERS[kind])
    dropped, skipped = dismissed(wrapping.link_type, frame)
    if dropped:
        assert (None, skipped) == decoded(wrapping.link_type, frame)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    "name",
    ["ethernet", "802.1q", "qinq", "sll", "sll2", "vxlan", "vxlan-8472", "geneve-ethernet", "geneve-ip", "vxlan-in-geneve"],
)  # fmt: skip
def test_what_a_busy_host_or_a_mirror_sends_is_dropped(name: str, kind: str):
    [wrapping] = [each for each in OURS if each.name == name]
    dropped, _ = dismissed(wrapping.link_type, wrapping.around(OTHERS[kind]))
    assert dropped


def test_arp_is_dropped_as_no_ip():
    frame = bytes(12) + bytes.fromhex("0806 0001 0800 06 04 0001") + bytes(20)
    assert dismissed(1, frame) == (True, Counter({"not IP": 1}))


@settings(max_examples=400)
@given(
    st.sampled_from(OURS),
    st.sampled_from([WANTED, *OTHERS.values()]),
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 255)), max_size=3),
    st.integers(0, 200),
)
def test_of_any_broken_frame_nothing_wanted_is_dropped(
    wrapping: Wrapping, inner: bytes, changes: list[tuple[int, int]], cut: int
):
    frame = bytearray(wrapping.around(inner))
    for place, value in changes:
        if place < len(frame):
            frame[place] = value
    whole = bytes(frame[: len(frame) - cut] if cut < len(frame) else frame)
    dropped, _ = dismissed(wrapping.link_type, whole)
    if dropped:
        assert decoded(wrapping.link_type, whole)[0] is None
