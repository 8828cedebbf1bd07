"""Real TLS sessions, wrapped in every form that is looked for, come out byte for byte."""

from __future__ import annotations

import os
import ssl
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import BadUsage
from analyzer.session.framing import Framing, FramingLimits, parse_framing
from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side
from tests.makers.vendor import Wrap, chunks, frame_span, records, self_signed, tls_session

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

BARE = Wrap()
FORMS = {
    "bare": BARE,
    "4-byte header per record, big-endian length": Wrap(4, 0, 4, "big"),
    "4-byte header per record, little-endian length": Wrap(4, 0, 4, "little"),
    "2-byte header per record, big-endian length": Wrap(2, 0, 2, "big", 2),
    "3-byte header per record, little-endian length": Wrap(3, 0, 3, "little", 3),
    "8-byte header per record, big-endian length": Wrap(8, 4, 4, "big"),
    "16-byte header per record, little-endian length": Wrap(16, 2, 2, "little", 16),
    "12-byte header per record": Wrap(12),
    "1-byte header per record": Wrap(1),
    "4-byte header per message, big-endian length": Wrap(4, 0, 4, "big", unit="message"),
    "2-byte header per message, little-endian length": Wrap(2, 0, 2, "little", unit="message"),
    "6-byte header per message, big-endian length": Wrap(6, 2, 4, "big", 4, unit="message"),
    "24-byte header per message, little-endian length": Wrap(
        24, 8, 4, "little", 24, unit="message"
    ),
}
CUT = {
    "4-byte header per message, big-endian length": Wrap(4, 0, 4, "big", longest=100),
    "2-byte header per message, little-endian length": Wrap(2, 0, 2, "little", 2, longest=37),
    "8-byte header per message, little-endian length": Wrap(
        8, 4, 4, "little", unit="message", longest=64
    ),
    "3-byte header per message, big-endian length": Wrap(3, 0, 3, "big", longest=3),
    "4-byte header per message, little-endian length": Wrap(4, 2, 2, "little", longest=1),
}
VENDOR = (b"SERVER VERSION 2.09.07.02\0", b"client sdk Pkcs11:5.2-1-bionic\0\1\2\3")


class Wrapped:
    """A session's flights wrapped in one form, with vendor bytes before and between."""

    def __init__(
        self, wrap, version=TLS12, *, refused=False, before=(b"", b""), between=b"", foreign=b""
    ):
        self.tls = [b"", b""]
        self.plain = [b"", b""]
        self.vendor = [[], []]
        for side, flights in enumerate(tls_session(version, refused=refused)):
            self._add_vendor(side, before[side])
            for number, (message, places) in enumerate(wrap.wrapped(flights)):
                if number and between and wrap.width:
                    self._add_vendor(side, wrap.message(between))
                if number and foreign:
                    self._add_vendor(side, foreign)
                at = 0
                for start, end in places:
                    self._add_vendor(side, message[at:start])
                    self.tls[side] += message[start:end]
                    self.plain[side] += message[start:end]
                    at = end
                self._add_vendor(side, message[at:])

    def _add_vendor(self, side, data):
        if not data:
            return
        start = len(self.plain[side])
        self.plain[side] += data
        if self.vendor[side] and sum(self.vendor[side][-1]) == start:
            start, length = self.vendor[side].pop()
            self.vendor[side].append((start, length + len(data)))
        else:
            self.vendor[side].append((start, len(data)))


def run(framing, events):
    out = [lower for event in events for lower in framing.feed(event)]
    return out + list(framing.finish())


def bytes_of(events):
    sides = [b"", b""]
    for event in events:
        if isinstance(event, Chunk):
            sides[event.side] += event.data
    return sides


def skipped_of(framing):
    return [
        [(entry.offset, entry.length) for entry in framing.skipped if entry.side is side]
        for side in Side
    ]


def interleaved(wrapped, order="alternating", cuts=((), ())):
    client, server = (chunks(side, wrapped.plain[side], cuts[side]) for side in Side)
    if order == "client first":
        return client + server
    if order == "server first":
        return server + client
    return [event for pair in zip_longest(client, server) for event in pair if event]


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("order", ["alternating", "client first", "server first"])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_inner_bytes_and_its_name(name, order, version):
    wrapped = Wrapped(FORMS[name], version)
    framing = Framing()
    out = run(framing, interleaved(wrapped, order))
    assert bytes_of(out) == wrapped.tls
    assert framing.found
    assert framing.name == name
    assert skipped_of(framing) == wrapped.vendor


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("name", CUT)
def test_records_cut_by_headers_are_put_together(name, version):
    wrapped = Wrapped(CUT[name], version)
    framing = Framing()
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert framing.name == name
    assert (
        skipped_of(framing)[CLIENT][: len(wrapped.vendor[CLIENT])] == wrapped.vendor[CLIENT][:1024]
    )


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("name", FORMS)
def test_vendor_bytes_before_the_hellos_are_skipped(name, version):
    wrapped = Wrapped(FORMS[name], version, before=VENDOR)
    framing = Framing()
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert framing.name == name
    assert skipped_of(framing) == wrapped.vendor


@pytest.mark.parametrize("name", FORMS)
def test_vendor_messages_of_the_same_form_stand_between_and_inside_flights(name):
    wrap = FORMS[name]
    before = tuple(wrap.message(text) for text in VENDOR)
    wrapped = Wrapped(wrap, before=before, between=b"session 7 keep-alive")
    framing = Framing()
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert framing.name == name
    assert skipped_of(framing) == wrapped.vendor


@pytest.mark.parametrize("name", FORMS)
def test_vendor_bytes_of_another_form_between_records_are_skipped(name):
    wrapped = Wrapped(FORMS[name], before=VENDOR, foreign=b"\xff\xfe<status>ok</status>")
    framing = Framing()
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert skipped_of(framing) == wrapped.vendor


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("name", FORMS)
def test_a_refused_handshake_is_found_by_hello_and_alert(name, version):
    wrapped = Wrapped(FORMS[name], version, refused=True)
    framing = Framing()
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert skipped_of(framing) == wrapped.vendor


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("name", FORMS | CUT)
def test_one_direction_is_enough(name, side):
    wrapped = Wrapped((FORMS | CUT)[name])
    framing = Framing()
    out = run(framing, chunks(side, wrapped.plain[side], range(0, 5000, 700)))
    expected = [b"", b""]
    expected[side] = wrapped.tls[side]
    assert bytes_of(out) == expected
    assert framing.name == name


any_form = st.sampled_from(list((FORMS | CUT).values()))
cuts = st.lists(st.integers(0, 1 << 16), max_size=40)
orders = st.sampled_from(["alternating", "client first", "server first"])


@given(any_form, st.sampled_from([TLS12, TLS13]), st.tuples(cuts, cuts), orders, st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_chopping_and_direction_order_change_nothing(wrap, version, cuts, order, vendor):
    before = tuple(wrap.message(text) for text in VENDOR) if vendor else (b"", b"")
    wrapped = Wrapped(wrap, version, before=before)
    framing = Framing()
    out = run(framing, interleaved(wrapped, order, cuts))
    assert bytes_of(out) == wrapped.tls
    assert framing.skipped_bytes == tuple(
        sum(length for _, length in wrapped.vendor[side]) for side in Side
    )


@given(any_form, st.integers(0, 3), st.integers(1, 600), orders)
@settings(max_examples=25, deadline=None)
def test_small_ceilings_change_when_bytes_come_but_not_which(wrap, growth, step, order):
    wrapped = Wrapped(wrap)
    framing = Framing(limits=FramingLimits(settled=600 << growth, alone=1200 << growth))
    whole = range(0, max(map(len, wrapped.plain)), step)
    out = run(framing, interleaved(wrapped, order, (whole, whole)))
    assert bytes_of(out) == wrapped.tls


def test_every_byte_comes_with_the_frames_that_carried_it():
    wrapped = Wrapped(FORMS["8-byte header per record, big-endian length"], before=VENDOR)
    events = interleaved(wrapped, cuts=(range(0, 4000, 7), range(0, 6000, 11)))
    carried = [{}, {}]
    for event in events:
        carried[event.side].setdefault(event.at, b"")
        carried[event.side][event.at] += event.data
    framing = Framing()
    out = run(framing, events)
    assert bytes_of(out) == wrapped.tls
    for event in out:
        assert event.data in carried[event.side][event.at]
    for entry in framing.skipped:
        covered = [at for at in carried[entry.side] if entry.at.first <= at.first <= entry.at.last]
        assert sum(len(carried[entry.side][at]) for at in covered) >= entry.length


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


# What must not be taken for TLS.


def system_binaries(wanted):
    libraries = sorted(Path("/usr/lib").rglob("*.so*"), key=lambda path: path.name)
    data = bytearray()
    for path in libraries:
        if path.is_file() and len(data) < wanted:
            data += path.read_bytes()[:500_000]
    return bytes(data)


def certificates():
    der, key = self_signed()
    return (ssl.DER_cert_to_PEM_cert(der).encode() + der + key) * 200


def sealed_records():
    """The bulk of a session without its hellos."""
    flights = tls_session(TLS12)[SERVER]
    return b"".join(flights[2:]) * 100


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(os.urandom(4_000_000), id="random"),
        pytest.param(bytes(2_000_000), id="zeros"),
        pytest.param(system_binaries(6_000_000), id="binaries"),
        pytest.param(certificates(), id="certificates"),
        pytest.param(sealed_records(), id="sealed"),
        pytest.param(b"\x16\x03\x03\x02\x00\x01\x00\x01\xfc" * 20_000, id="hello starts"),
        pytest.param(b"\x16\x03\x03" * 50_000, id="record starts"),
        pytest.param(b"GET /status HTTP/1.1\r\nHost: hsm\r\n\r\n" * 9_000, id="text"),
    ],
)
def test_other_data_is_not_taken_for_tls_and_is_skipped_whole(data):
    framing = Framing()
    events = [
        Chunk(side, data[at : at + 16_000], frame_span(at + 1))
        for at in range(0, len(data), 16_000)
        for side in Side
    ]
    assert run(framing, events) == []
    assert not framing.found
    assert framing.name == ""
    assert skipped_of(framing) == [[(0, len(data))], [(0, len(data))]]


def test_an_alert_alone_is_no_tls():
    framing = Framing()
    assert run(framing, chunks(SERVER, b"\x15\x03\x03\x00\x02\x02\x28", ())) == []


# What the user may say.


@pytest.mark.parametrize(
    ("pinned", "name"),
    [
        ("bare", "bare"),
        ("record:4be", "4-byte header per record, big-endian length"),
        ("message:2le", "2-byte header per message, little-endian length"),
        ("record:12", "12-byte header per record"),
    ],
)
def test_the_pinned_form_is_followed(pinned, name):
    wrapped = Wrapped(FORMS[name])
    framing = Framing(pinned)
    assert bytes_of(run(framing, interleaved(wrapped))) == wrapped.tls
    assert framing.name == name


def test_a_pinned_form_that_does_not_fit_finds_nothing():
    wrapped = Wrapped(FORMS["4-byte header per record, big-endian length"])
    framing = Framing("message:8le")
    assert run(framing, interleaved(wrapped)) == []
    assert not framing.found
    assert framing.skipped_bytes == tuple(map(len, wrapped.plain))


def test_none_does_not_look():
    wrapped = Wrapped(BARE)
    framing = Framing("none")
    assert run(framing, interleaved(wrapped)) == []
    assert framing.skipped_bytes == tuple(map(len, wrapped.plain))


@pytest.mark.parametrize(
    "text",
    ["", "Bare", "record", "record:", "record:0", "record:33", "record:1be", "message:4xe", "4be"],
)
def test_what_is_no_framing_is_refused(text):
    with pytest.raises(BadUsage, match="not a framing"):
        parse_framing(text)
