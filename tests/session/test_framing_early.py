"""Bare records are told from the client's second send on, both sides' in order; no other form is taken for them."""

from __future__ import annotations

import ssl
from itertools import count, zip_longest

import pytest

from analyzer.session.framing import Framing, FramingLimits
from analyzer.stream import CLIENT, SERVER, Chunk, Side
from tests.makers.framings import BARE, CUT, FORMS, VENDOR, bytes_of, run
from tests.makers.vendor import Wrap, frame_span, tls_session

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def in_turns(
    wrap: Wrap,
    version: ssl.TLSVersion,
    before: tuple[bytes, bytes] = VENDOR,
    *,
    whole: bool = False,
) -> tuple[list[Chunk], list[bytes]]:
    """A session as it passes, flight for flight; and the TLS bytes of either side.

    Args:
        before: what either side sends first.
        whole: a flight of several messages is one chunk, else each message is.
    """
    frames = count(1)
    flights = tls_session(version)
    events = [Chunk(side, before[side], frame_span(next(frames))) for side in Side if before[side]]
    for turn in zip_longest(*flights):
        for side, flight in zip(Side, turn, strict=True):
            messages = [message for message, _ in wrap.wrapped([flight])] if flight else []
            sent = [b"".join(messages)] if whole and messages else messages
            events += [Chunk(side, data, frame_span(next(frames))) for data in sent]
    return events, [b"".join(sent) for sent in flights]


@pytest.mark.parametrize("before", [(b"", b""), VENDOR], ids=["at once", "behind vendor bytes"])
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_bare_records_are_told_from_the_clients_second_send_on_in_order_of_time(version, before):
    events, _ = in_turns(BARE, version, before, whole=True)
    hello, answer, second, *rest = [event for event in events if event.data not in before]
    framing = Framing()
    fed = iter(events)
    told: list[Chunk] = []
    while not told:
        event = next(fed)
        told = list(framing.feed(event))
    assert event == second
    assert told == [hello, answer, second]
    assert [framing.feed(event) for event in rest] == [[event] for event in rest]
    assert framing.skipped_bytes == tuple(map(len, before))


# A hello whose first bytes are cut is found by the messages before it alone.
CASES = [
    (name, before)
    for name in FORMS | CUT
    for before in ("nothing", "vendor bytes", "vendor messages")
    if name not in CUT or before != "vendor bytes"
]


@pytest.mark.parametrize(
    ("version", "whole"),
    [(TLS12, False), (TLS13, True)],
    ids=["message by message", "flight by flight"],
)
@pytest.mark.parametrize(("name", "before"), CASES)
def test_every_form_is_told_as_it_is_when_all_bytes_are_looked_at(name, before, version, whole):
    wrap = (FORMS | CUT)[name]
    vendor = {
        "nothing": (b"", b""),
        "vendor bytes": VENDOR,
        "vendor messages": (wrap.message(VENDOR[CLIENT]), wrap.message(VENDOR[SERVER])),
    }[before]
    events, tls = in_turns(wrap, version, vendor, whole=whole)
    all_at_once = FramingLimits(settled=1 << 20, alone=1 << 20)
    framings = Framing(), Framing(limits=all_at_once)
    client_first = sorted(events, key=lambda event: event.side)
    told = run(framings[0], events), run(framings[1], client_first)
    assert [bytes_of(out) for out in told] == [tls, tls]
    assert framings[0].name == framings[1].name == name
    assert framings[0].skipped == framings[1].skipped


@pytest.mark.parametrize("order", [CLIENT, SERVER], ids=["client's first", "server's first"])
def test_what_was_held_is_told_by_time_whichever_direction_came_first(order):
    events, _ = in_turns(FORMS["4-byte header per record, big-endian length"], TLS12)
    arriving = sorted(events, key=lambda event: event.side is not order)
    told = run(Framing(), arriving)
    times = [event.at.ended for event in told]
    assert times == sorted(times)
