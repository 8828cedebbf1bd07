"""Whether the server asked for a client certificate cannot be told from a flight with a hole."""

from dataclasses import replace

from analyzer.session.origins import Origins
from analyzer.session.stack import Stack
from analyzer.stream import CLIENT, SERVER, Chunk, Gap
from analyzer.tls.secrets import Secrets
from tests.makers.vendor import frame_span, tls_session
from tests.verdict.recorded import recorded


def session(*server: Chunk | Gap):
    """The level 0 of a real TLS 1.2 handshake whose server's bytes come as given."""
    told = recorded("tls12-in-tls12")[0]
    flights, _ = tls_session()
    stack = Stack(0, Secrets(), Origins())
    for number, flight in enumerate(flights):
        stack.feed(Chunk(CLIENT, flight, frame_span(1 + number)))
    for event in server:
        stack.feed(event)
    [level] = stack.conversation(replace(told.tcp)).sessions
    return level


def server_flight() -> bytes:
    return tls_session()[1][0]


def record_ends(flight: bytes) -> list[int]:
    ends = [0]
    while ends[-1] < len(flight):
        start = ends[-1]
        ends.append(start + 5 + int.from_bytes(flight[start + 3 : start + 5]))
    return ends


def test_a_whole_flight_without_a_request_did_not_ask():
    assert session(Chunk(SERVER, server_flight(), frame_span(100))).certificate_request is False


def test_a_hole_before_the_end_of_the_flight_leaves_it_open():
    flight = server_flight()
    hello, certificate = record_ends(flight)[1:3]
    told = session(
        Chunk(SERVER, flight[:hello], frame_span(100)),
        Gap(SERVER, certificate - hello, frame_span(101), "never arrived"),
        Chunk(SERVER, flight[certificate:], frame_span(102)),
    )
    assert "server_hello_done" in {message.type for message in told.messages}
    assert told.certificate_request is None


def test_a_hole_behind_the_flight_changes_nothing():
    told = session(
        Chunk(SERVER, server_flight(), frame_span(100)),
        Gap(SERVER, 1000, frame_span(101), "never arrived"),
    )
    assert told.certificate_request is False
