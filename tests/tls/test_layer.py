"""What a level makes of its bytes, however they are cut, ordered and odd."""

from __future__ import annotations

import ssl
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.stream import CLIENT, SERVER, Chunk, Closed, Gap, Side
from analyzer.tls.events import Alert, CipherChange, Keyed, Message, Sealed
from analyzer.tls.layer import TlsLayer, TlsLimits
from analyzer.tls.messages import Certificate, ClientHello
from analyzer.tls.secrets import Secrets
from tests.makers.tls_levels import Told, at, run_level, segments
from tests.makers.tls_memory import TLS12, TLS13, ended, stream
from tests.makers.tls_writer import RANDOMS, TLS12_MUTUAL, Writer, steps, vector, written
from tests.makers.tls_writer import TLS13 as WRITTEN13

WIRES = {version: ended(version).wire for version in (TLS12, TLS13)}


def secrets_of(wire) -> Secrets:
    secrets = Secrets()
    secrets.add_key_log(wire.key_log)
    return secrets


def facts(told: Told) -> dict:
    """What was told, without the frames and without the order of the two sides."""
    return {
        "messages": [told.messages(side) for side in Side],
        "bodies": [[m.body for m in told.of(Message, side)] for side in Side],
        "data": [told.data(side) for side in Side],
        "alerts": [[(a.level, a.code, a.encrypted) for a in told.of(Alert, side)] for side in Side],
        "changes": [len(told.of(CipherChange, side)) for side in Side],
        "keyed": [[(k.epoch, k.source) for k in told.of(Keyed, side)] for side in Side],
        "proofs": told.proofs,
        "malformed": told.malformed,
        "sealed": told.sealed,
        "counts": told.layer.counts,
    }


@pytest.mark.parametrize("version", [TLS12, TLS13])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_cuts_and_the_order_of_directions_change_nothing(version, data):
    wire = WIRES[version]
    sides = []
    for side, whole in ((CLIENT, wire.client), (SERVER, wire.server)):
        cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=30), label=side.word)
        borders = sorted({0, len(whole), *cuts})
        sides.append(
            [
                Chunk(side, whole[start:end], at(number + 1))
                for number, (start, end) in enumerate(pairwise(borders))
            ]
        )
    events = []
    while sides[0] or sides[1]:
        from_server = not sides[0] or (sides[1] and data.draw(st.booleans()))
        events.append(sides[bool(from_server)].pop(0))
    events += [Closed(side, "fin", at(100)) for side in Side]
    expected = run_level(stream(wire.flights), secrets_of(wire))
    assert facts(run_level(events, secrets_of(wire))) == facts(expected)


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_single_bytes_are_enough(version):
    wire = WIRES[version]
    events = [
        Chunk(side, data[place : place + 1], at(1))
        for side, data in ((SERVER, wire.server), (CLIENT, wire.client))
        for place in range(len(data))
    ]
    expected = run_level(stream(wire.flights, end="fin"), secrets_of(wire))
    told = run_level([*events, *(Closed(side, "fin", at(1)) for side in Side)], secrets_of(wire))
    assert facts(told) == facts(expected)


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("lines_at", ["the hello", "the middle", "the end"])
def test_a_key_log_that_grows_while_it_is_read_opens_what_waited(version, lines_at):
    wire = WIRES[version]
    events = stream(wire.flights)
    growing = Secrets()
    lines = wire.key_log.splitlines(keepends=True)
    places = {"the hello": 1, "the middle": len(events) // 2, "the end": len(events) - 3}
    layer = TlsLayer(growing)
    told = []
    for number, event in enumerate(events):
        if number >= places[lines_at] and lines:
            growing.add_key_log(lines.pop(0))
        told += layer.feed(event)
    for line in lines:
        growing.add_key_log(line)
    told += layer.finish()
    expected = run_level(events, secrets_of(wire))
    assert facts(Told(told, layer)) == facts(expected)


def test_what_waits_for_keys_is_bounded_and_then_stays_sealed():
    wire = WIRES[TLS13]
    layer = TlsLayer(Secrets(), TlsLimits(hold=2000))
    largest = 0
    told = []
    for event in stream(wire.flights):
        told += layer.feed(event)
        largest = max(largest, layer.held_bytes)
    sealed = [event for event in told if isinstance(event, Sealed)]
    assert {event.side for event in sealed} == set(Side)
    assert largest < 2 * (2000 + (1 << 14))


@pytest.mark.parametrize("size", [1, 4, 5, 100, 1000])
def test_messages_may_be_cut_over_records_anywhere(size):
    class Cutting(Writer):
        def _record(self, side, kind, body):
            for start in range(0, len(body), size):
                super()._record(side, kind, body[start : start + size])

    for version in (WRITTEN13, 0x0303):
        made = Cutting(version).write(steps("C client_hello, S server_hello"))
        told = run_level(made.events, Secrets())
        assert told.messages(CLIENT) == ["client_hello"]
        assert told.messages(SERVER) == ["server_hello"]
        assert told.malformed == []
    whole = written(0x0303)
    cut = Cutting(0x0303).write([step for step in TLS12_MUTUAL if step[1] != "application_data"])
    secrets = secrets_of(cut)
    assert run_level(cut.events, secrets).proofs == run_level(whole.events, secrets).proofs


def test_records_of_no_bytes_are_passed_over():
    class Empty(Writer):
        def _record(self, side, kind, body):
            super()._record(side, kind, body)
            if self._on[side] and kind == 23:
                super()._record(side, kind, b"")

    for version in (WRITTEN13, 0x0303):
        made = Empty(version).write(_mutual(version))
        told = run_level(made.events, secrets_of(made))
        assert told.data(CLIENT) == told.data(SERVER) == b"data of a side"
        assert told.malformed == []
        assert told.sealed == []


def _mutual(version):
    from tests.makers.tls_writer import TLS13_MUTUAL

    return TLS13_MUTUAL if version == WRITTEN13 else TLS12_MUTUAL


@pytest.mark.parametrize("size", [339_629, (1 << 20) - 20])
def test_a_certificate_message_of_many_records_is_one_message(size):
    told = _with_certificate(size)
    [message] = [m for m in told.of(Message, SERVER) if m.type == 11]
    assert isinstance(message.value, Certificate)
    assert [len(der) for der in message.value.chain] == [size - 10]
    assert message.at.last - message.at.first + 1 == -(-size // 16384)
    assert told.malformed == []


def test_a_message_over_the_ceiling_is_told_and_passed_over():
    told = _with_certificate((1 << 20) + 1)
    assert told.malformed == ["a handshake message of 1048577 bytes is over the ceiling"]
    assert told.messages(SERVER) == ["server_hello", "server_hello_done"]


def _with_certificate(size):
    """A server's flight whose Certificate has `size` bytes with its header."""
    writer = Writer(0x0303)
    writer.write(steps("C client_hello, S server_hello"))
    events = writer.written.events[:-2]
    body = vector(3, vector(3, bytes(size - 10)))
    data = b"\x0b" + len(body).to_bytes(3, "big") + body
    for start in range(0, len(data), 16384):
        part = data[start : start + 16384]
        events.append(Chunk(SERVER, b"\x16\3\3" + vector(2, part), at(len(events) + 1)))
    events.append(Chunk(SERVER, b"\x16\3\3\0\4\x0e\0\0\0", at(len(events) + 1)))
    return run_level(events, Secrets())


# RFC 5246 appendix E.2: message type, version, three lengths, suites of three bytes, challenge
SSLV2_HELLO = bytes.fromhex("01 0301 0009 0000 0010 00002f 0700c0 010080") + b"challenge_random"


def test_a_client_hello_in_the_form_of_ssl_2_is_recognised():
    data = (0x8000 | len(SSLV2_HELLO)).to_bytes(2, "big") + SSLV2_HELLO
    told = run_level([Chunk(CLIENT, data, at(1))], Secrets())
    [message] = told.of(Message)
    assert isinstance(message.value, ClientHello)
    assert message.value.versions == (0x0301,)
    assert message.value.suites == (0x002F,)
    assert message.value.random == b"challenge_random".rjust(32, b"\0")
    assert told.malformed == []


def test_unknown_extensions_are_kept():
    wire = WIRES[TLS13]
    told = run_level(stream(wire.flights), secrets_of(wire))
    kept = told.message(CLIENT, "client_hello").value.extensions
    assert set(kept) >= {10, 13, 43, 45, 51}
    assert all(isinstance(value, bytes) for value in kept.values())


def test_bytes_that_are_no_records_are_told_once_and_read_no_further():
    events = [Chunk(CLIENT, b"GET / HTTP/1.0\r\n\r\n", at(1)), Chunk(CLIENT, b"more" * 99, at(2))]
    told = run_level([*events, Closed(CLIENT, "fin", at(3))], Secrets())
    assert told.malformed == ["no record header: 47 45 54 20 2f"]
    assert told.of(Message) == []


def test_alerts_are_told_in_every_phase():
    phases = {
        "before the server's hello": "C client_hello, S alert",
        "between the hellos and the keys": "C client_hello, S server_hello, C alert",
        "behind the handshake": "",
    }
    for version in (0x0303, WRITTEN13):
        for phase, script in phases.items():
            whole = [*_mutual(version), (SERVER, "alert")]
            made = written(version, steps(script) if script else whole)
            told = run_level(made.events, secrets_of(made))
            [alert] = told.of(Alert)
            sealed = phase == "behind the handshake" or (
                version == WRITTEN13 and phase == "between the hellos and the keys"
            )
            assert (alert.level, alert.code, alert.encrypted) == (1, 0, sealed), (version, phase)


def test_a_gap_is_passed_on_with_its_side():
    wire = WIRES[TLS12]
    events = stream(wire.flights)
    gap = Gap(SERVER, None, at(3), "snapped")
    told = run_level([*events[:-2], gap, *events[-2:]], secrets_of(wire))
    assert [(event.side, event.why) for event in told.of(Gap)] == [(SERVER, "snapped")]


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("size", [1, 7, 100, 1448])
def test_what_is_gathered_changes_nothing_and_no_frame(version, size):
    wire = WIRES[version]
    cut = [
        Chunk(event.side, data, at(10_000 * number + place))
        for number, event in enumerate(stream(wire.flights))
        if isinstance(event, Chunk)
        for place, data in enumerate(segments(event.data, size))
    ]
    fed = run_level(cut, secrets_of(wire), gathers=False)
    assert run_level(cut, secrets_of(wire)).events == fed.events
    assert len(fed.events) > 20
    assert not fed.sealed


def test_no_event_shows_plaintext_or_secrets():
    wire = WIRES[TLS13]
    told = run_level(stream(wire.flights), secrets_of(wire))
    shown = repr(told.events)
    assert "request " not in shown
    assert RANDOMS[0].hex() not in shown
    for line in wire.key_log.decode().splitlines():
        if not line.startswith("#"):
            assert line.split()[2] not in shown
            assert repr(bytes.fromhex(line.split()[2]))[2:-1] not in shown


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_raises(version, data):
    wire = WIRES[version]
    events = []
    for event in stream(wire.flights):
        if isinstance(event, Chunk) and data.draw(st.integers(0, 9)) == 0:
            kind = data.draw(st.sampled_from(["flip", "cut", "lose", "repeat"]))
            place = data.draw(st.integers(0, len(event.data) - 1))
            changed = bytearray(event.data)
            changed[place] ^= 1 << data.draw(st.integers(0, 7))
            if kind == "flip":
                events.append(event._replace(data=bytes(changed)))
            elif kind == "cut":
                events.append(event._replace(data=event.data[:place]))
            elif kind == "lose":
                size = data.draw(st.sampled_from([None, len(event.data), 0]))
                events.append(Gap(event.side, size, event.at, "not captured"))
            else:
                events += [event, event]
        else:
            events.append(event)
    told = run_level(events, secrets_of(wire))
    assert told.layer.counts
