"""Floods and scans pass in bounded memory, also with the collector switched off."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import pytest

from analyzer.capture.items import ACK, SYN, Segment
from analyzer.transport import Flows, TransportLimits
from tests.makers.segments import MS, START, key, span
from tests.makers.streams import PORTS

LIMITS = TransportLimits(connections=200, half_open=1_000, listed=20, afterlife=100)
SERVER = ("10.0.0.2", 2223)


def attempts(count: int, *, answered: bool) -> Iterator[Segment]:
    for number in range(count):
        client = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 40_000)
        at = span(2 * number + 1, START + number * MS // 10)
        syn = Segment(
            key(*client, *SERVER), number, 0, SYN, 64_000, b"", 0, at, 64, number & 0xFFFF, b"", ()
        )
        yield syn
        if answered:
            yield syn._replace(key=key(*SERVER, *client), seq=7, ack=number + 1, flags=SYN | ACK)


def peak(count: int, *, answered: bool) -> tuple[int, Flows]:
    """Bytes at most allocated while so many connections come and go."""
    flows = Flows(PORTS, LIMITS)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for segment in attempts(count, answered=answered):
            flows.feed(segment)
        return tracemalloc.get_traced_memory()[1], flows
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("answered", [False, True], ids=["unanswered", "no-final-ack"])
def test_six_times_the_half_open_connections_need_no_more_memory(answered: bool):
    few, _ = peak(2_000, answered=answered)
    many, flows = peak(12_000, answered=answered)
    assert many < 1.2 * few
    list(flows.finish())
    assert flows.summary.connections == 12_000
    assert flows.summary.unanswered == 12_000 - LIMITS.listed
