"""Real TLS sessions, wrapped in every form that is looked for, come out byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.session.framing import Framing, FramingLimits
from analyzer.stream import CLIENT, Side
from tests.makers.framings import (
    CUT,
    FORMS,
    TLS12,
    TLS13,
    VENDOR,
    Wrapped,
    bytes_of,
    interleaved,
    run,
    skipped_of,
)
from tests.makers.vendor import chunks


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
