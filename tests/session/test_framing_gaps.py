"""While bytes come, are missing and end, the framing gives what it can and says what it passed over."""

from __future__ import annotations

import pytest

from analyzer.session.framing import Framing, FramingLimits
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side
from tests.makers.framings import (
    BARE,
    CUT,
    FORMS,
    TLS12,
    TLS13,
    Wrapped,
    bytes_of,
    interleaved,
    run,
    skipped_of,
)
from tests.makers.vendor import chunks, frame_span, records, tls_session


def test_bytes_are_given_as_soon_as_both_sides_have_settled_and_at_once_from_then_on():
    wrapped = Wrapped(FORMS["4-byte header per record, big-endian length"])
    framing = Framing(limits=FramingLimits(settled=500))
    out = []
    for event in interleaved(wrapped, cuts=(range(0, 4000, 100), range(0, 6000, 100))):
        out += framing.feed(event)
        if framing.found and event.side is SERVER:
            break
    assert bytes_of(out)[CLIENT].startswith(wrapped.tls[CLIENT][:184])
    assert len(bytes_of(out)[SERVER]) > 400


def test_a_record_in_one_chunk_after_the_start_is_passed_on_whole():
    flights = tls_session(TLS12)
    framing = Framing(limits=FramingLimits(settled=100))
    for number, (client, server) in enumerate(zip(*flights, strict=True)):
        framing.feed(Chunk(CLIENT, client, frame_span(number)))
        framing.feed(Chunk(SERVER, server, frame_span(number)))
    (record,) = records(flights[CLIENT][-1])
    again = Chunk(CLIENT, record, frame_span(99))
    assert framing.feed(again) == [again]


@pytest.mark.parametrize("name", FORMS)
def test_after_a_gap_the_next_record_is_found(name):
    wrap = FORMS[name]
    flights = tls_session(TLS12)
    messages = [m for m, _ in wrap.wrapped(flights[SERVER])]
    first, lost, rest = messages[:2], messages[2], messages[3:]
    events = [
        *chunks(CLIENT, Wrapped(wrap).plain[CLIENT], ()),
        *chunks(SERVER, b"".join(first) + lost[:20], ()),
        Gap(SERVER, len(lost) - 30, frame_span(1500), "never arrived"),
        *chunks(SERVER, lost[-10:] + b"".join(rest), ()),
    ]
    framing = Framing()
    out = [event for event in run(framing, events) if event.side is SERVER]
    gap = next(at for at, event in enumerate(out) if isinstance(event, Gap))
    assert out[gap].why == "never arrived"
    after = bytes_of(out[gap:])[SERVER]
    following = b"".join(message[wrap.size :] for message in rest)
    # Where all missing bytes are of one record its end follows them, and the size says so.
    begun = wrap.size + 5 <= 20
    within = (len(lost) - 30, lost[-10:] + following) if begun else (None, following)
    assert (out[gap].size, after) == within


@pytest.mark.parametrize("name", FORMS)
def test_after_a_gap_of_unknown_size_the_next_record_is_looked_for(name):
    wrap = FORMS[name]
    flights = tls_session(TLS12)
    messages = [m for m, _ in wrap.wrapped(flights[SERVER])]
    first, lost, rest = messages[:2], messages[2], messages[3:]
    events = [
        *chunks(CLIENT, Wrapped(wrap).plain[CLIENT], ()),
        *chunks(SERVER, b"".join(first) + lost[:20], ()),
        Gap(SERVER, None, frame_span(1500), "never arrived"),
        *chunks(SERVER, lost[-10:] + b"".join(rest), ()),
    ]
    framing = Framing()
    out = [event for event in run(framing, events) if event.side is SERVER]
    gap = next(at for at, event in enumerate(out) if isinstance(event, Gap))
    assert (out[gap].size, out[gap].why) == (None, "never arrived")
    after = bytes_of(out[gap:])[SERVER]
    assert after == b"".join(message[wrap.size :] for message in rest)
    tail = [entry for entry in framing.skipped if entry.side is SERVER][-len(rest) :]
    assert framing.name == name
    assert all(entry.offset + entry.length <= len(b"".join(messages)) for entry in tail)


def test_ends_are_passed_on_when_tls_was_found():
    wrapped = Wrapped(BARE, refused=True)
    ends = [Closed(side, "fin", frame_span(5000 + side)) for side in Side]
    out = run(Framing(), interleaved(wrapped) + ends)
    assert [[e for e in out if e.side is side][-1] for side in Side] == ends


def test_the_end_of_a_side_that_never_spoke_tls_is_told_too():
    client = Wrapped(BARE).tls[CLIENT]
    end = Closed(SERVER, "reset", frame_span(9))
    out = run(Framing(), [*chunks(CLIENT, client, ()), *chunks(SERVER, b"go away", ()), end])
    assert bytes_of(out) == [client, b""]
    assert out[-1] == end


def test_a_hello_that_fills_several_records_is_found():
    (hello, *rest), _ = tls_session(TLS13)
    body = hello[5:]
    parts = [body[at : at + 50] for at in range(0, len(body), 50)]
    cut = b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts)
    stream = b"version 2.3;" + cut + b"".join(rest)
    framing = Framing()
    out = run(framing, chunks(CLIENT, stream, ()))
    assert bytes_of(out)[CLIENT] == stream[12:]


def test_the_server_hello_may_come_much_later_in_the_file_than_all_of_the_client():
    wrap = FORMS["4-byte header per message, big-endian length"]
    flights = tls_session(TLS12)
    bulk = wrap.message(records(flights[CLIENT][-1])[0])
    wrapped = Wrapped(wrap)
    client = wrapped.plain[CLIENT] + bulk * 100
    framing = Framing()
    out = run(framing, [*chunks(CLIENT, client, ()), *chunks(SERVER, wrapped.plain[SERVER], ())])
    assert bytes_of(out)[SERVER] == wrapped.tls[SERVER]
    assert bytes_of(out)[CLIENT] == wrapped.tls[CLIENT] + bulk[4:] * 100


def test_the_list_of_skipped_bytes_is_bounded_and_the_count_is_not():
    wrapped = Wrapped(CUT["4-byte header per message, little-endian length"])
    framing = Framing(limits=FramingLimits(listed=10))
    run(framing, interleaved(wrapped))
    assert [len(side) for side in skipped_of(framing)] == [10, 10]
    assert framing.skipped_bytes == tuple(4 * len(tls) for tls in wrapped.tls)
