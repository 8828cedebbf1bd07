"""Other data is not taken for TLS, and a form that the user names is the only one that is tried."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from analyzer.errors import BadUsage
from analyzer.session.framing import Framing, parse_framing
from analyzer.stream import SERVER, Chunk, Side
from tests.makers.framings import (
    BARE,
    FORMS,
    TLS12,
    Wrapped,
    bytes_of,
    interleaved,
    run,
    skipped_of,
)
from tests.makers.vendor import chunks, frame_span, self_signed, tls_session


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
