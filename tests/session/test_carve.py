"""Certificates in plaintext that no TLS could be made of, wherever chunks cut them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analyzer.session.carve import CarveLimits, Carver
from analyzer.session.certificates import parse_certificate
from analyzer.session.facts import Carved
from analyzer.stream import CLIENT, SERVER, Chunk, Gap, Span
from tests.makers.vendor import frame_span, self_signed

FIRST, SECOND = self_signed("first")[0], self_signed("second", small=True)[0]


def carved(*events, limits=None):
    carver = Carver(0, limits)
    for event in events:
        carver.feeds[event.side](event)
    return carver.finish()


def expected(der, offset, first, last, side=SERVER):
    return Carved(side, 0, offset, parse_certificate(der), Span(first, last, first, last))


@given(st.lists(st.integers(1, 1800), max_size=12), st.sampled_from([1, 100, 1 << 14]))
def test_each_is_told_with_its_place_and_its_frames(cuts, together):
    data = b"vendor 0\x82\x01\x01" + FIRST + b"0\x82" + SECOND + b"\x30\x82\x01"
    borders = sorted({0, *(cut % len(data) for cut in cuts), len(data)})
    pieces = list(pairwise(borders))
    chunks = [Chunk(SERVER, data[a:b], frame_span(n)) for n, (a, b) in enumerate(pieces, 1)]

    def frame(at):
        return next(n for n, (start, end) in enumerate(pieces, 1) if start <= at < end)

    told = carved(*chunks, limits=CarveLimits(together=together))
    assert told == [
        expected(der, at, frame(at), frame(at + len(der) - 1))
        for der in (FIRST, SECOND)
        for at in [data.index(der)]
    ]


def test_none_goes_on_across_a_gap():
    ends = Chunk(SERVER, FIRST[:300], frame_span(1)), Chunk(SERVER, FIRST[300:], frame_span(3))
    assert len(carved(*ends)) == 1
    assert carved(ends[0], Gap(SERVER, 0, frame_span(2), "snapped"), ends[1]) == []


def test_places_count_the_bytes_that_a_gap_lacks():
    gap = Gap(CLIENT, 20, frame_span(2), "never arrived")
    events = [Chunk(CLIENT, b"abc", frame_span(1)), gap, Chunk(CLIENT, FIRST, frame_span(3))]
    assert carved(*events) == [expected(FIRST, 23, 3, 3, CLIENT)]


def test_what_a_whole_record_of_application_data_holds_is_no_certificate():
    header = b"\x17\x03\x03" + len(FIRST).to_bytes(2)
    after = Chunk(SERVER, SECOND, frame_span(2))
    told = carved(Chunk(SERVER, header + FIRST, frame_span(1)), after)
    assert told == [expected(SECOND, 5 + len(FIRST), 2, 2)]


def test_a_certificate_behind_what_only_begins_like_such_a_record_is_found():
    header = b"\x17\x03\x03" + len(FIRST).to_bytes(2)
    chunk = Chunk(SERVER, header + FIRST + b"\0", frame_span(1))
    assert carved(chunk) == [expected(FIRST, 5, 1, 1)]


def test_the_ceilings_hold():
    chunks = [Chunk(SERVER, FIRST, frame_span(n)) for n in range(1, 6)]
    assert len(carved(*chunks, limits=CarveLimits(found=3))) == 3
    assert len(carved(*chunks, limits=CarveLimits(searched=2 * len(FIRST)))) == 2
