"""Every link type and tunnel gives the innermost connection's segment; scapy's dissection says the same."""

from __future__ import annotations

import io

import pytest

from analyzer.capture import Capture
from analyzer.capture.items import Segment
from analyzer.stream import CLIENT
from tests.makers.files import Pcapng, pcap
from tests.makers.packets import packet
from tests.makers.segments import Conversation
from tests.makers.streams import PORTS
from tests.makers.wrapping import WRAPPINGS, Wrapping, path_of

ENDPOINTS = {
    "IPv4": (("10.0.0.1", 40000), ("10.0.0.2", 2223)),
    "IPv6": (("2001:db8:7::1", 40000), ("2001:db8:7::2", 2223)),
}


def segments(version: str) -> list[Segment]:
    client, server = ENDPOINTS[version]
    talk = Conversation(client=client, server=server).open()
    talk.data(CLIENT, b"x" * 100)
    talk.data(CLIENT, b"y")
    talk.close()
    if version == "IPv6":
        return [segment._replace(ip_id=0) for segment in talk.segments]
    return talk.segments


def read(file: bytes, reader: str) -> list:
    return list(Capture(io.BytesIO(file), name="x", ports=PORTS, reader=reader))


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize("version", ENDPOINTS)
@pytest.mark.parametrize(
    ("wrapping", "reader"),
    [
        pytest.param(wrapping, reader, id=f"{wrapping.name}-{reader}")
        for wrapping in WRAPPINGS
        for reader in ("fast", "scapy")
        if reader == "fast" or wrapping.scapy
    ],
)
def test_the_innermost_segment_comes_out(wrapping: Wrapping, version: str, reader: str, form: str):
    sent = segments(version)
    frames = [(segment.at.began, wrapping.around(packet(segment))) for segment in sent]
    if form == "pcap":
        file = pcap(frames, link_type=wrapping.link_type)
    else:
        pcapng = Pcapng().interface(wrapping.link_type)
        for time, data in frames:
            pcapng.packet(time // 1000, data)
        file = bytes(pcapng)
    expected = [segment._replace(path=path_of(wrapping, packet(segment))) for segment in sent]
    assert read(file, reader) == expected


@pytest.mark.parametrize("version", ENDPOINTS)
@pytest.mark.parametrize(
    "wrapping", [each for each in WRAPPINGS if each.scapy], ids=lambda wrapping: wrapping.name
)
def test_a_frame_cut_anywhere_tells_what_is_missing(wrapping: Wrapping, version: str):
    """From where the TCP header is whole, the segment with the missing bytes counted; before, nothing."""
    sent = segments(version)[3]
    whole = wrapping.around(packet(sent))
    header = whole.index(sent.payload)
    time = sent.at.began
    for length in range(len(whole)):
        file = pcap([(time, whole)], link_type=wrapping.link_type, snap=length)
        kept = sent.payload[: max(0, length - header)]
        expected = [
            sent._replace(
                payload=kept,
                missing=len(sent.payload) - len(kept),
                at=sent.at._replace(first=1, last=1),
                path=path_of(wrapping, packet(sent)),
            )
        ]
        for reader in ("fast", "scapy") if length % 9 == 0 else ("fast",):
            capture = Capture(io.BytesIO(file), name="x", ports=PORTS, reader=reader)
            assert list(capture) == (expected if length >= header else []), (reader, length)
            if length < header:
                assert sum(capture.skipped.values()) == 1
