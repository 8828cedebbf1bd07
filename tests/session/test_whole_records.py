"""A chunk that is one whole record is taken apart once: what is told is the same as if it were fed as bytes."""

from __future__ import annotations

from itertools import accumulate, pairwise, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.session.framing import Framing, FramingLimits
from analyzer.session.scan import sealed_record
from analyzer.stream import CLIENT, SERVER, Chunk, Gap, Side
from analyzer.tls.layer import TlsLayer
from analyzer.tls.secrets import Secrets
from tests.makers.framings import FORMS, TLS12, TLS13, skipped_of
from tests.makers.tls_levels import at
from tests.makers.tls_memory import ended
from tests.makers.vendor import records, tls_session

WIRES = {version: ended(version).wire for version in (TLS12, TLS13)}


def cut(side, messages, data):
    """The bytes as chunks, most of which are messages; some bytes are missing."""
    whole = b"".join(messages)
    borders = {0, *accumulate(map(len, messages))}
    borders |= data.draw(st.sets(st.integers(0, len(whole)), max_size=3), label="cuts")
    borders -= data.draw(st.sets(st.sampled_from(sorted(borders)[1:-1]), max_size=3), label="joins")
    lost = data.draw(st.sets(st.integers(1, 12), max_size=2), label="lost")
    for number, (start, end) in enumerate(pairwise(sorted(borders))):
        if number in lost:
            yield Gap(side, end - start, at(number + 1), "never arrived")
        else:
            yield Chunk(side, whole[start:end], at(number + 1))


def whole(event):
    return sealed_record(event.data, event.at) if isinstance(event, Chunk) else None


@pytest.mark.parametrize("version", [TLS12, TLS13])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_level_tells_the_same(version, data):
    wire = WIRES[version]
    client, server = (
        list(cut(s, records(b), data))
        for s, b in zip(Side, (wire.client, wire.server), strict=True)
    )
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    one, other = TlsLayer(secrets), TlsLayer(secrets)
    for event in data.draw(st.sampled_from([client + server, server + client])):
        record = whole(event)
        told = [*other.feed_record(event, record)] if record else [*other.feed(event)]
        assert told == [*one.feed(event)]
    assert [*one.finish()] == [*other.finish()]
    assert one.counts == other.counts
    assert one.first_records == other.first_records


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_framing_passes_on_the_same(name, data):
    flights = tls_session(TLS12)
    client, server = (
        list(cut(side, [message for message, _ in FORMS[name].wrapped(flights[side])], data))
        for side in Side
    )
    one, other = (Framing(limits=FramingLimits(settled=500)) for _ in range(2))
    passed = 0
    for event in client + server:
        if whole(event) and other.passes(event.side, event.data):
            out = [event]
            passed += 1
        else:
            out = [*other.feed(event)]
        assert out == [*one.feed(event)]
    assert [*one.finish()] == [*other.finish()]
    assert one.name == other.name
    assert skipped_of(one) == skipped_of(other)
    assert not passed or name == "bare"


RECORD = b"\x17\x03\x03\0\x20" + bytes(32)


def followed(name):
    """The framing of a whole session in that form, both sides at a border."""
    framing = Framing(limits=FramingLimits(settled=100))
    flights = [
        [message for message, _ in FORMS[name].wrapped(flight)] for flight in tls_session(TLS12)
    ]
    for messages in zip_longest(*flights, fillvalue=b""):
        for side in Side:
            framing.feed(Chunk(side, messages[side], at(1)))
    assert framing.name == name
    return framing


@pytest.mark.parametrize("name", FORMS)
def test_records_are_passed_on_where_nothing_is_wrapped_around_them(name):
    assert not Framing().passes(CLIENT, RECORD)
    assert followed(name).passes(CLIENT, RECORD) is (name == "bare")


@pytest.mark.parametrize(
    "before",
    [
        Chunk(CLIENT, RECORD[:3], at(2)),
        Chunk(CLIENT, RECORD[:10], at(2)),
        Chunk(CLIENT, b"no record at all", at(2)),
        Gap(CLIENT, None, at(2), "never arrived"),
    ],
)
def test_no_record_is_passed_on_where_none_may_begin(before):
    framing = followed("bare")
    framing.feed(before)
    assert not framing.passes(CLIENT, RECORD)
    assert framing.passes(SERVER, RECORD)


@pytest.mark.parametrize(("size", "more"), [(3, 0), (10, 1), (37, 2), (None, 1)])
def test_a_level_takes_one_as_bytes_where_none_may_begin(size, more):
    """Behind a part of another record, or behind a loss, where a border has to be found first."""
    wire = WIRES[TLS13]
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    one, other = TlsLayer(secrets), TlsLayer(secrets)
    before = (
        Gap(CLIENT, None, at(2), "lost") if size is None else Chunk(CLIENT, RECORD[:size], at(2))
    )
    for event in (Chunk(CLIENT, wire.client, at(1)), before):
        assert [*one.feed(event)] == [*other.feed(event)]
    chunk = Chunk(CLIENT, RECORD, at(3))
    assert [*one.feed(chunk)] == [*other.feed_record(chunk, sealed_record(RECORD, at(3)))]
    junk = Chunk(CLIENT, b"no record at all", at(4))
    assert [*one.feed(junk)] == [*other.feed(junk)]
    assert [*one.finish()] == [*other.finish()]
    assert one.counts == other.counts
    assert other.counts[CLIENT].records == len(records(wire.client)) + more


@pytest.mark.parametrize(
    "data",
    [
        b"\x17\x03\x03\0\x01",
        b"\x17\x03\x03\0\0",
        b"\x17\x03\x03\0\x02x",
        b"\x17\x03\x03\0\x02xyz",
        b"\x17\x03\x05\0\x02xy",
        b"\x16\x03\x03\0\x02xy",
        b"\x17\x03\x03" + (0x4801).to_bytes(2) + bytes(0x4801),
    ],
)
def test_what_is_no_whole_record_of_application_data_is_told_from_one(data):
    assert sealed_record(data, at(1)) is None
    assert sealed_record(b"\x17\x03\x01\0\x02xy", at(1)) == (23, 0x0301, b"xy", at(1))
